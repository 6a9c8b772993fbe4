"""Short texts that more than one part of the machinery writes: identifiers and plain numbers."""

from __future__ import annotations

import re
from decimal import Decimal


def slug(text: str) -> str:
    """Return a text as part of an identifier: its Latin letters and digits, without accents.

    Examples
    --------
    >>> slug("Plan 4.0"), slug("東京")
    ('plan-4-0', '')
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


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
