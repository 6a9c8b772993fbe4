"""What counts as a number in a text: digits of any script, number words of a language, Roman and other numerals.

Left out are words that are pronouns or adverbs as often as numbers: one, first,
once, both and their like. The page on verification says so.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from decimal import Decimal
from functools import cache

from num2words import num2words

from checkable_book.book import current_book
from checkable_book.render import i18n

#: Separators inside a number: points, commas, apostrophes and the spaces that languages put between thousands.
_SEPARATORS = "[.,'\u2019\u00a0\u202f\u2009]"
_ROMAN = r"(?=[IVXLCDM]*[IVX][IVXLCDM]*[IVX])M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
_NOT_ROMAN = {"CIV", "DIV", "DIX", "LIV", "MIX", "XXX"}
#: Letters set as signs of their own, and signs of no width inside a word: both hide words from a search for them.
_HIDING = (
    "[\uff21-\uff5a\U0001d400-\U0001d7cb\U0001f4af\U0001f51f]+|(?<=[A-Za-z])[\u00ad\u200b\u2060\ufeff](?=[A-Za-z])"
)
#: Keys of messages that are lists of words, and so no terms.
_LISTS = ("number_", "scale_")
_CARDINALS = [*range(2, 21), *range(30, 100, 10), *range(21, 30), 100, 1000, 10**6, 10**9, 10**12]
_ORDINALS = [*range(2, 21), 30, 40, 50, 100]


def find_numerals(text: str, language: str) -> list[re.Match[str]]:
    """Return the numerals of a text, in order.

    Examples
    --------
    >>> [found.group() for found in find_numerals("RM36.34 billion, half of XII, fifty ① and COVID-19", "en")]
    ['36.34', 'billion', 'half', 'XII', 'fifty', '①', '19']
    """
    return [found for found in numeral_pattern(language).finditer(text) if found.group() not in _NOT_ROMAN]


def contains_numeral(text: str, language: str) -> bool:
    """Return whether a text holds a numeral."""
    return any(True for found in numeral_pattern(language).finditer(text) if found.group() not in _NOT_ROMAN)


def numeral_pattern(language: str) -> re.Pattern[str]:
    """Return the pattern of a numeral in a language."""
    return current_book().remember(("numeral pattern", language), lambda: _compile_numeral_pattern(language))


def _compile_numeral_pattern(language: str) -> re.Pattern[str]:
    digits = rf"\d+(?:{_SEPARATORS}\d+)*"
    signs = f"(?!(?<=[mt])[²³]|(?<=[A-Za-z])[₀-₉])[{_number_signs()}]"  # m² is a unit, CO₂ a substance
    words = "|".join(
        sorted(
            (re.escape(word).replace(r"\ ", r"[\s\u00a0]+") for word in number_words(language)), key=len, reverse=True
        )
    )
    only_one = i18n.number_word_patterns(language)
    spelled = f"(?<![^\\W\\d_])(?:{words}{'|' + only_one if only_one else ''})(?![^\\W\\d_])" if words else r"(?!)"
    return re.compile(rf"{digits}|{signs}|{_HIDING}|(?<![\w-])(?-i:{_ROMAN})(?![\w-])|{spelled}", re.IGNORECASE)


def number_words(language: str) -> frozenset[str]:
    """Return the number words of a language: cardinals, ordinals, and what its messages add (fractions, multiples).

    Examples
    --------
    >>> {"fifty", "third", "half", "twice", "dozen"} <= number_words("en")
    True
    >>> {"seribu", "setengah", "ketiga"} <= number_words("id")
    True
    """
    return current_book().remember(("number words", language), lambda: _collect_number_words(language))


def _collect_number_words(language: str) -> frozenset[str]:
    words: set[str] = set()
    for numbers, kind in ((_CARDINALS, "cardinal"), (_ORDINALS, "ordinal")):
        for number in numbers:
            words |= _spellings(number, language, kind)
    words |= i18n.additional_number_words(language)
    left_out = i18n.ambiguous_number_words(language)
    return frozenset(word for word in words if word and word not in left_out)


def terms_with_numbers(language: str) -> list[str]:
    """Return the short messages of the machinery that hold a number word (``transcribed twice``), in lower case."""
    return current_book().remember(("terms with numbers", language), lambda: _find_terms_with_numbers(language))


def _find_terms_with_numbers(language: str) -> list[str]:
    messages = [message for key, message in i18n.own_messages(language).items() if not key.startswith(_LISTS)]
    short = [message.lower() for message in messages if len(message.split()) <= 6 and "{" not in message]
    return [message for message in short if contains_numeral(message, language)]


def spell_number(value: float, language: str) -> str:
    """Return a whole number in words.

    Examples
    --------
    >>> spell_number(4, "en"), spell_number(4, "id")
    ('four', 'empat')
    """
    try:
        return str(num2words(value, lang=language))
    except (NotImplementedError, OverflowError, TypeError):
        return i18n.format_number(value, language)


def numeral_value(numeral: str, language: str) -> Decimal | str:
    """Return what a numeral stands for, so that 34,711,004 and 34711004.0 are the same; words stay words.

    Examples
    --------
    >>> numeral_value("34,711,004", "en") == numeral_value("34.711.004", "id")
    True
    """
    decimal, _ = i18n.number_symbols(language)
    plain = "".join(sign for sign in numeral if sign.isdigit() or sign == decimal).replace(decimal, ".")
    try:
        return Decimal(plain).normalize()
    except ArithmeticError:
        return numeral.casefold()


def _spellings(number: int, language: str, kind: str) -> set[str]:
    try:
        spelled = str(num2words(number, lang=language, to=kind)).casefold()
    except (NotImplementedError, OverflowError, TypeError, IndexError, KeyError):
        return set()
    found = {spelled}
    # "one hundred", "satu juta": the word of the power stands alone too.
    if number >= 100 and " " in spelled:
        found.add(spelled.split()[-1])
    return found


@cache
def _number_signs() -> str:
    """Return the signs of Unicode that are numbers and no digits: fractions, superscripts, circled and Roman ones."""
    signs = [chr(code) for code in range(sys.maxunicode) if unicodedata.category(chr(code)) in {"No", "Nl"}]
    ranges: list[str] = []
    start = previous = ord(signs[0])
    for code in [*map(ord, signs[1:]), sys.maxunicode + 1]:
        if code != previous + 1:
            ranges.append(chr(start) if start == previous else f"{chr(start)}-{chr(previous)}")
            start = code
        previous = code
    return "".join(ranges)
