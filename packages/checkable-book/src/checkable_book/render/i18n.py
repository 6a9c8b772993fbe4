"""The messages of each language of the book, and how each writes numbers, dates and periods."""

from __future__ import annotations

import gettext
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date as babel_date
from babel.dates import format_skeleton
from babel.messages.pofile import PoFileError, read_po

from checkable_book.book import Book, current_book
from checkable_book.dependencies import record_once
from checkable_book.errors import DataError
from checkable_book.text import plain_number

_OWN = Path(__file__).parents[1] / "locales"
_CATALOGUE = Path("LC_MESSAGES") / "checkable_book.po"
_WORDS = "locales/words.yml"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_COUNTS = (*range(201), 1000, 10**6)  # among them is one of each plural form of any language


@dataclass(frozen=True)
class Catalogue:
    """The messages of one language, by key; a message that counts has a form for each plural of the language."""

    language: str
    messages: dict[str, str | tuple[str, ...]]
    plural_rule: str = "(n != 1)"

    def message(self, key: str, count: int = 1) -> str | None:
        """Return the message called ``key`` in the form for ``count``; ``None`` where there is none.

        Examples
        --------
        >>> Catalogue("pl", {"rows": ("wiersz", "wiersze", "wierszy")}, "n==1 ? 0 : n<5 ? 1 : 2").message("rows", 3)
        'wiersze'
        """
        found = self.messages.get(key)
        if isinstance(found, tuple):
            return found[gettext.c2py(self.plural_rule)(count)]
        return found


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
    return _fill_in(key, language, 1, values)


def translate_count(key: str, count: int, language: str = "en", /, **values: object) -> str:
    """Return the message called ``key`` in the plural form for ``count``, which it calls ``{count}``.

    Raises
    ------
    DataError : as :func:`translate`.

    Examples
    --------
    >>> translate_count("number_of_rows", 1), translate_count("number_of_rows", 1200)
    ('1 row', '1,200 rows')
    """
    return _fill_in(key, language, count, {"count": format_number(count, language), **values})


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
    for key, message in _catalogue(book, first).messages.items():
        if message == phrase:
            return translate(key, language)
    raise DataError(f"{_WORDS}: found no words {phrase!r} in {first!r}, expected them with their translation")


def select_messages(starts: tuple[str, ...], language: str, *, whole: bool = False) -> dict[str, str | dict[str, str]]:
    """Return the messages whose keys start so (or are those, where ``whole``), with their placeholders.

    A message that counts is given by plural category, as ``Intl.PluralRules`` of a browser names them.

    Examples
    --------
    >>> select_messages(("number_of_rows",), "en")["number_of_rows"]
    {'other': '{count} rows', 'one': '{count} row'}
    """
    catalogue = _catalogue(current_book(), language)
    return {
        key: _by_category(catalogue, key) if isinstance(message, tuple) else message
        for key, message in catalogue.messages.items()
        if (key in starts if whole else key.startswith(starts))
    }


def message_files(book: Book | None = None) -> list[Path]:
    """Return the files that messages come from, that of the last word first: the book's own, then the machinery's."""
    book = book or current_book()
    own = [book.root / _WORDS]
    for folder in (book.root / "locales", _OWN):
        own += [folder / language / _CATALOGUE for language in book.languages]
    return [path for path in own if path.exists()]


def check_messages(book: Book) -> None:
    """Read the messages of each language of the book.

    Raises
    ------
    DataError : a catalogue or the book's own words cannot be read.
    """
    for language in book.languages:
        _catalogue(book, language)


def language_name(language: str) -> str:
    """Return what a language calls itself.

    Examples
    --------
    >>> language_name("en"), language_name("id"), language_name("fr")
    ('English', 'Bahasa Indonesia', 'Français')
    """
    named = _catalogue(current_book(), language).message("language_name")
    return named or str(Locale.parse(language).get_display_name(language)).capitalize()


def text_direction(language: str) -> str:
    """Return which way the script of a language runs: ``ltr`` or ``rtl``.

    Examples
    --------
    >>> text_direction("id"), text_direction("ar")
    ('ltr', 'rtl')
    """
    try:
        return str(Locale.parse(language, sep="_" if "_" in language else "-").text_direction)
    except (UnknownLocaleError, ValueError):
        return "ltr"


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
    return frozenset(_listed_words("number_words", language))


def ambiguous_number_words(language: str) -> frozenset[str]:
    """Return the number words of a language that are as often something else, and are not looked for."""
    return frozenset(_listed_words("number_words_ambiguous", language))


def scale_words(language: str) -> list[str]:
    """Return the words of a language for a thousand, a million, a billion and a trillion; perhaps none."""
    return _listed_words("scale_words", language)


def number_word_patterns(language: str) -> str:
    """Return a pattern of phrases that state a number with an ambiguous word, as in ``only one``; perhaps empty."""
    return _catalogue(current_book(), language).message("number_word_patterns") or ""


def own_messages(language: str) -> dict[str, str]:
    """Return the machinery's own messages in a language that do not count, with their placeholders."""
    path = _OWN / language / _CATALOGUE
    found = _read_catalogue(path, path.as_posix()).messages if path.exists() else {}
    return {key: message for key, message in found.items() if isinstance(message, str)}


def _fill_in(key: str, language: str, count: int, values: dict[str, object]) -> str:
    catalogue = _catalogue(current_book(), language)
    message = catalogue.message(key, count)
    if message is None:
        place = f"{_WORDS} or locales/{language}/{_CATALOGUE.as_posix()}"
        raise DataError(f"{place}: found no words for {key!r} in {language!r}, expected them")
    try:
        return message.format(**values)
    except (KeyError, IndexError, ValueError) as error:
        known = ", ".join(f"{{{name}}}" for name in values) or "none"
        raise DataError(
            f"{_WORDS}, {key}, {language}: found the placeholder {error}, expected one of {known}"
        ) from None


def _by_category(catalogue: Catalogue, key: str) -> dict[str, str]:
    rule = Locale.parse(catalogue.language).plural_form
    found: dict[str, str] = {}
    for count in _COUNTS:
        found.setdefault(rule(count), catalogue.message(key, count) or "")
    return {"other": found[rule(_COUNTS[-1])]} | found


def _listed_words(key: str, language: str) -> list[str]:
    found = _catalogue(current_book(), language).message(key) or ""
    return [word.strip() for word in found.split(",") if word.strip()]


def _catalogue(book: Book, language: str) -> Catalogue:
    for path in book.remember("message files", lambda: [file for file in message_files(book) if book.owns_file(file)]):
        record_once(path, book)
    return book.remember(("messages", language), lambda: _merge_catalogues(book, language))


def _merge_catalogues(book: Book, language: str) -> Catalogue:
    """Return the machinery's messages, and over them those of the book: of its own catalogue, then of its words."""
    merged = Catalogue(language, {})
    for folder in (_OWN, book.root / "locales"):
        path = folder / language / _CATALOGUE
        if path.exists():
            found = _read_catalogue(path, book.shown_path(path))
            merged = Catalogue(language, merged.messages | found.messages, found.plural_rule)
    words = book.root / _WORDS
    own: dict[str, str | tuple[str, ...]] = {
        key: str(messages[language])
        for key, messages in (_read_words(words, book) if words.exists() else {}).items()
        if language in messages
    }
    return Catalogue(language, merged.messages | own, merged.plural_rule)


def _read_words(path: Path, book: Book) -> dict[str, dict[str, object]]:
    found = book.read_yaml(path)
    for key, messages in found.items():
        if not isinstance(messages, dict):
            found_words = str(messages)[:60]
            raise DataError(
                f"{book.shown_path(path)}, {key}: found {found_words!r}, expected the words in each language"
            )
    return found


@lru_cache
def _read_catalogue(path: Path, shown: str) -> Catalogue:
    """Return the messages of a gettext catalogue; those without a translation are left out."""
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
        language = path.parents[1].name
        messages = {
            str(message.id[0] if message.pluralizable else message.id): tuple(message.string)
            if message.pluralizable
            else str(message.string)
            for message in catalogue
            if message.id and not message.fuzzy and message.string and any(message.string)
        }
        gettext.c2py(catalogue.plural_expr)
    except PoFileError as error:
        raise DataError(f"{shown}:{error.lineno}: found {error.line.strip()!r}, expected a gettext catalogue") from None
    except (ValueError, LookupError, OSError) as error:
        raise DataError(f"{shown}: found {error}, expected a gettext catalogue") from None
    for key, forms in messages.items():
        if isinstance(forms, tuple) and not all(forms):
            found = sum(map(bool, forms))
            raise DataError(
                f"{shown}, {key}: found {found} plural forms, expected {catalogue.num_plurals}, as in Plural-Forms"
            )
    return Catalogue(language, messages, catalogue.plural_expr)
