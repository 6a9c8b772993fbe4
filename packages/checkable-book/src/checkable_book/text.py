"""Short texts that more than one part of the machinery writes: identifiers, plain numbers, where lines may break."""

from __future__ import annotations

import re
from decimal import Decimal

from markupsafe import Markup as Safe
from markupsafe import escape

_LONG_WORD = re.compile(r"\S{13,}")
_JOINT = re.compile(r"(?<=\w[_/=?&:])(?=\w)|(?<=[a-z]\.)(?=[a-z])|(?<=\w)(?=[(]\w)")
_GAP = re.compile(r"\s+|(?<=-)|\x00")


def slug(text: str) -> str:
    """Return a text as part of an identifier: its Latin letters and digits, without accents.

    Examples
    --------
    >>> slug("Plan 4.0"), slug("東京")
    ('plan-4-0', '')
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def line_place(shown: str, text: str, part: str) -> str:
    r"""Return a file with the line on which a part of its text starts, as editors understand it; else the file alone.

    Examples
    --------
    >>> line_place("en/index.md", "# Ponds\n\nOld.", "Old."), line_place("en/index.md", "# Ponds", "New.")
    ('en/index.md:3', 'en/index.md')
    """
    before, found, _ = text.partition(part)
    return f"{shown}:{before.count(chr(10)) + 1}" if found and part else shown


def squeeze_spaces(text: str) -> str:
    """Return a text with single spaces.

    Examples
    --------
    >>> squeeze_spaces(" old   ponds")
    'old ponds'
    """
    return " ".join(text.split())


def plain_number(value: float) -> str:
    """Return a number with the digits that it has, without an exponent from 1e-7 up to 1e16.

    Examples
    --------
    >>> plain_number(0.00001), plain_number(77.0), plain_number(1.5e16), plain_number(-0.0)
    ('0.00001', '77.0', '1.5e+16', '0.0')
    """
    if value == 0:
        return "0.0"
    if not 1e-7 <= abs(value) < 1e16:
        return repr(value)
    digits = format(Decimal(repr(value)), "f")
    return digits if "." in digits else f"{digits}.0"


def allow_breaks(text: str) -> Safe:
    """Return a text, escaped, in which names and addresses may break behind their joints: ``_``, ``/``, a full stop.

    Examples
    --------
    >>> allow_breaks("the column area_in_hectares")
    Markup('the column area_<wbr>in_<wbr>hectares')
    """
    return Safe("<wbr>").join(escape(part) for part in _marked_joints(text).split("\x00"))


def unbroken_parts(text: str) -> list[str]:
    """Return the parts of a text inside of which no line breaks.

    Examples
    --------
    >>> unbroken_parts("well-kept area_in_hectares")
    ['well-', 'kept', 'area_', 'in_', 'hectares']
    """
    return [part for part in _GAP.split(_marked_joints(text)) if part]


def _marked_joints(text: str) -> str:
    return _LONG_WORD.sub(lambda word: _JOINT.sub("\x00", word[0]), text)
