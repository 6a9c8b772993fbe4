"""Marks in a text where a value is printed, so that the words around it can be checked without the value."""

from __future__ import annotations

import re

#: Signs that no text holds, before and behind the name of a value.
OPEN, CLOSE = "\ue000", "\ue001"


def mark_value(name: str) -> str:
    """Return what stands in a text for a value that is printed there, so that the words behind it can be checked."""
    return f"{OPEN}{name}{CLOSE}"


def drop_marks(text: str) -> str:
    """Return a text without the names of values (:func:`mark_value`).

    Examples
    --------
    >>> drop_marks(mark_value("area_total") + " hectares")
    '  hectares'
    """
    return re.sub(f"{OPEN}[^{CLOSE}]*{CLOSE}", " ", text)


def show_marks(text: str) -> str:
    """Return a text with the names of values (:func:`mark_value`) as a reader may see them.

    Examples
    --------
    >>> show_marks(mark_value("area_total") + " hectares")
    '{area_total} hectares'
    """
    return text.replace(OPEN, "{").replace(CLOSE, "}")
