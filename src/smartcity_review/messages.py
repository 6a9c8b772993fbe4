"""The words and number formats of each language of the book."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from importlib.resources import files

import yaml
from babel.dates import format_skeleton
from babel.numbers import format_decimal


def text(key: str, language: str = "en", /, **values: object) -> str:
    """Return message ``key`` in ``language``, with ``values`` filled in.

    Raises
    ------
    KeyError : the catalogue ``messages.yml`` holds no such message.

    Examples
    --------
    >>> text("country")
    'Country'
    """
    return _catalogue()[key][language].format(**values)


def number(value: float, language: str = "en", *, grouped: bool = True) -> str:
    """Return ``value`` as ``language`` writes it, with the decimals it has.

    Parameters
    ----------
    grouped : whether thousands are separated; not so for years.

    Examples
    --------
    >>> number(34711004), number(77.0), number(34711004, "id")
    ('34,711,004', '77.0', '34.711.004')
    """
    decimals = len(repr(float(value)).partition(".")[2]) if isinstance(value, float) else 0
    pattern = ("#,##0" if grouped else "0") + ("." + "0" * decimals if decimals else "")
    return format_decimal(value, format=pattern, locale=language)


def period(value: str, language: str = "en") -> str:
    """Return a month (``2018-04``) or a period of years (``2019-2025``) as ``language`` writes it.

    Examples
    --------
    >>> period("2018-04"), period("2019-2025")
    ('April 2018', '2019–2025')
    """
    first, _, second = value.partition("-")
    if len(second) == 2:
        return format_skeleton("yMMMM", date(int(first), int(second), 1), locale=language)
    return value.replace("-", "–")


@lru_cache
def _catalogue() -> dict[str, dict[str, str]]:
    catalogue: dict[str, dict[str, str]] = yaml.safe_load(
        (files(__package__) / "messages.yml").read_text(encoding="utf-8")
    )
    return catalogue
