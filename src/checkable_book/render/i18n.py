"""The words and number formats of each language of the book."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import format_decimal

from checkable_book import project
from checkable_book.errors import DataError


def text(key: str, language: str = "en", /, **values: object) -> str:
    """Return the words called ``key`` in ``language``, with ``values`` filled in.

    Raises
    ------
    DataError : neither the book's words nor the machinery's hold it in that language.

    Examples
    --------
    >>> text("download")
    'Download'
    """
    try:
        return _catalogue()[key][language].format(**values)
    except KeyError:
        raise DataError(f"locales/words.yml: found no words for {key!r} in {language!r}, expected them") from None


def translated(said: str, language: str) -> str:
    """Return words of the book's first language in another.

    Raises
    ------
    DataError : neither the book's words nor the machinery's hold them.

    Examples
    --------
    >>> translated(text("download"), "id") == text("download", "id")
    True
    """
    first = project.languages()[0]
    for key, others in _catalogue().items():
        if others.get(first) == said:
            return text(key, language)
    raise DataError(f"locales/words.yml: found no words {said!r} in {first!r}, expected them with their translation")


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


def files() -> list[Path]:
    """Return the files that words come from: the book's own, which come first, and the machinery's.

    Examples
    --------
    >>> {path.name for path in files()}
    {'words.yml'}
    """
    own = project.root() / "locales" / "words.yml"
    return [*([own] if own.exists() else []), Path(__file__).with_name("words.yml")]


def language_name(language: str) -> str:
    """Return what a language calls itself.

    Examples
    --------
    >>> language_name("en"), language_name("id"), language_name("fr")
    ('English', 'Bahasa Indonesia', 'Français')
    """
    named = _read(Path(__file__).with_name("words.yml"))["language_name"]
    return named.get(language) or str(Locale.parse(language).get_display_name(language)).capitalize()


def chosen(starts: tuple[str, ...], language: str, *, whole: bool = False) -> dict[str, str]:
    """Return the words whose keys start so (or are those, where ``whole``), with their places to fill in.

    Examples
    --------
    >>> chosen(("download",), "en", whole=True) == {"download": text("download")}
    True
    """
    return {
        key: said[language]
        for key, said in _catalogue().items()
        if language in said and (key in starts if whole else key.startswith(starts))
    }


def _catalogue() -> dict[str, dict[str, str]]:
    return _merged(tuple(files()))


@lru_cache
def _merged(paths: tuple[Path, ...]) -> dict[str, dict[str, str]]:
    return {key: said for path in reversed(paths) for key, said in _read(path).items()}


@lru_cache
def _read(path: Path) -> dict[str, dict[str, str]]:
    return project.read_yaml(path)
