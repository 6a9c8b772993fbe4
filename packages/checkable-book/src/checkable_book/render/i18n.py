"""The messages of each language of the book, and how each writes numbers, dates and periods."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date as babel_date
from babel.dates import format_skeleton

from checkable_book.book import Book, current_book
from checkable_book.dependencies import record_once
from checkable_book.errors import DataError
from checkable_book.text import plain_number

_OWN = Path(__file__).with_name("words.yml")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def translate(key: str, language: str = "en", /, **values: object) -> str:
    """Return the message called ``key`` in ``language``, with ``values`` filled in.

    Raises
    ------
    DataError : neither the book's messages nor the machinery's hold it in that language, or it asks for a value
        that is not given.

    Examples
    --------
    >>> translate("download")
    'Download'
    """
    message = _catalogue(current_book()).get(key, {}).get(language)
    if message is None:
        raise DataError(f"locales/words.yml: found no words for {key!r} in {language!r}, expected them")
    try:
        return str(message).format(**values)
    except (KeyError, IndexError, ValueError) as error:
        known = ", ".join(f"{{{name}}}" for name in values) or "none"
        raise DataError(
            f"locales/words.yml, {key}, {language}: found the placeholder {error}, expected one of {known}"
        ) from None


def translate_phrase(phrase: str, language: str, book: Book | None = None) -> str:
    """Return a phrase of the book's first language in another; in that language it is its own translation.

    Raises
    ------
    DataError : neither the book's messages nor the machinery's hold it.
    """
    book = book or current_book()
    first = book.first_language
    if language == first:
        return phrase
    for key, messages in _catalogue(book).items():
        if messages.get(first) == phrase:
            return translate(key, language)
    raise DataError(f"locales/words.yml: found no words {phrase!r} in {first!r}, expected them with their translation")


def select_messages(starts: tuple[str, ...], language: str, *, whole: bool = False) -> dict[str, str]:
    """Return the messages whose keys start so (or are those, where ``whole``), with their placeholders."""
    return {
        key: str(messages[language])
        for key, messages in _catalogue(current_book()).items()
        if language in messages and (key in starts if whole else key.startswith(starts))
    }


def message_files(book: Book | None = None) -> list[Path]:
    """Return the files that messages come from: the book's own, which come first, and the machinery's."""
    own = (book or current_book()).root / "locales" / "words.yml"
    return [*([own] if own.exists() else []), _OWN]


def language_name(language: str) -> str:
    """Return what a language calls itself.

    Examples
    --------
    >>> language_name("en"), language_name("id"), language_name("fr")
    ('English', 'Bahasa Indonesia', 'Français')
    """
    named = _read_messages(_OWN, current_book()).get("language_name", {})
    return named.get(language) or str(Locale.parse(language).get_display_name(language)).capitalize()


def format_number(value: float, language: str = "en", *, grouped: bool = True) -> str:
    """Return a number as a language writes it, with all the digits that it has.

    From 1e-7 up to 1e16 no number has an exponent; zero has no sign.

    Parameters
    ----------
    grouped : whether thousands are parted; not so for years.

    Examples
    --------
    >>> format_number(34711004), format_number(77.0), format_number(34711004, "id")
    ('34,711,004', '77.0', '34.711.004')
    >>> format_number(0.00001), format_number(1.5e16), format_number(2.5e-9)
    ('0.00001', '1.5 × 10¹⁶', '2.5 × 10⁻⁹')
    """
    decimal, group = number_symbols(language)
    digits, _, exponent = (str(value) if isinstance(value, int) else plain_number(float(value))).partition("e")
    sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    whole, _, rest = digits.partition(".")
    if grouped:
        whole = f"{int(whole):,}".replace(",", group)
    power = f" × 10{str(int(exponent)).translate(_SUPERSCRIPTS)}" if exponent else ""
    return f"{sign}{whole}{decimal if rest else ''}{rest}{power}"


def format_period(value: str, language: str = "en") -> str:
    """Return a month (``2018-04``) or a period of years (``2019-2025``, ``2019-20``) as a language writes it.

    Examples
    --------
    >>> format_period("2018-04"), format_period("2019-2025"), format_period("2019-20")
    ('April 2018', '2019–2025', '2019–20')
    """
    first, _, second = value.partition("-")
    if len(first) == 4 and first.isdecimal() and second.isdecimal() and len(second) == 2 and 1 <= int(second) <= 12:
        return format_skeleton("yMMMM", date(int(first), int(second), 1), locale=language)
    return value.replace("-", "–")


def format_date(value: str, language: str = "en") -> str:
    """Return a day (``2021-02-03``) as a language writes it in full.

    Examples
    --------
    >>> format_date("2021-02-03"), format_date("2021-02-03", "id")
    ('February 3, 2021', '3 Februari 2021')
    """
    return babel_date(date.fromisoformat(value), "long", locale=language)


@lru_cache
def number_symbols(language: str) -> tuple[str, str]:
    """Return the decimal sign of a language and the sign between its thousands.

    Examples
    --------
    >>> number_symbols("en"), number_symbols("id")
    (('.', ','), (',', '.'))
    """
    try:
        symbols = Locale.parse(language).number_symbols["latn"]
    except (UnknownLocaleError, ValueError, KeyError):
        return ".", ","
    return str(symbols["decimal"]), str(symbols["group"])


def additional_number_words(language: str) -> frozenset[str]:
    """Return the number words of a language that are no cardinals and ordinals: fractions, multiples, round numbers."""
    return _number_message("number_words", language)


def ambiguous_number_words(language: str) -> frozenset[str]:
    """Return the number words of a language that are as often something else, and are not looked for."""
    return _number_message("number_words_ambiguous", language)


def scale_words(language: str) -> list[str]:
    """Return the words of a language for a thousand, a million, a billion and a trillion; perhaps none."""
    found = str(_read_messages(_OWN, None).get("scale_words", {}).get(language, ""))
    return [word.strip() for word in found.split(",") if word.strip()]


def number_word_patterns(language: str) -> str:
    """Return a pattern of phrases that state a number with an ambiguous word, as in ``only one``; perhaps empty."""
    return str(_read_messages(_OWN, None).get("number_word_patterns", {}).get(language, ""))


def own_messages(language: str) -> dict[str, str]:
    """Return the machinery's own messages in a language, with their placeholders."""
    return {key: str(found[language]) for key, found in _read_messages(_OWN, None).items() if language in found}


def _number_message(key: str, language: str) -> frozenset[str]:
    found = str(_read_messages(_OWN, None).get(key, {}).get(language, ""))
    return frozenset(word.strip() for word in found.split(",") if word.strip())


def _catalogue(book: Book) -> dict[str, dict[str, Any]]:
    for path in message_files(book)[:-1]:
        record_once(path, book)
    return book.remember(
        "messages",
        lambda: {
            key: found for path in reversed(message_files(book)) for key, found in _read_messages(path, book).items()
        },
    )


@lru_cache
def _read_messages(path: Path, book: Book | None) -> dict[str, dict[str, Any]]:
    found = (book or Book(path.parent)).read_yaml(path)
    for key, messages in found.items():
        if not isinstance(messages, dict):
            shown = book.shown_path(path) if book else path.name
            raise DataError(f"{shown}, {key}: found {str(messages)[:60]!r}, expected the words in each language")
    return found
