"""The error that a user of the review can put right."""


class ReviewError(Exception):
    """An export, a decision or a protocol that cannot be used; the message is one line a fault.

    Examples
    --------
    >>> str(ReviewError("decisions.csv, row 2, column decision: found 'maybe', expected include or exclude"))
    "decisions.csv, row 2, column decision: found 'maybe', expected include or exclude"
    """
