"""The model of the chapters."""

RATE = 0.02


def grow(start, years):
    """Return what a quantity is after some years."""
    return start * (1 + RATE) ** years
