"""What the review's figures say, in each language that they are drawn in (``words.yml``)."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import yaml
from babel.numbers import format_decimal

#: The languages that figures are drawn in.
LANGUAGES = ("en", "id")


def translate(key: str, language: str = "en", /, **values: object) -> str:
    """Return the words called ``key`` in ``language``, with ``values`` filled in.

    Raises
    ------
    KeyError : ``words.yml`` holds no such words.

    Examples
    --------
    >>> translate("works")
    'Works'
    """
    return _read_catalogue()[key][language].format(**values)


def format_number(value: float, language: str = "en", *, grouped: bool = True) -> str:
    """Return ``value`` as ``language`` writes it, thousands separated unless it is a year (``grouped``).

    Examples
    --------
    >>> format_number(1629), format_number(1629, "id")
    ('1,629', '1.629')
    """
    return format_decimal(value, format="#,##0.###" if grouped else "0.0", locale=language)


@lru_cache
def _read_catalogue() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = yaml.safe_load((files(__package__) / "words.yml").read_text(encoding="utf-8"))
    return words
