"""What the review's figures and pages say, in each language that there is a catalogue for.

Messages are written in English in the code, as gettext has it. A language is a
catalogue, ``locales/CODE/LC_MESSAGES/systematic_review.po``, with the plurals
that the language has; nothing else knows of it. Babel reads the catalogues as
they are, so that there is nothing to compile.
"""

from __future__ import annotations

from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from pathlib import Path

from babel.core import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal

from systematic_review.errors import ReviewError

#: The language that messages are written in.
SOURCE_LANGUAGE = "en"
#: Where the catalogues are, a folder a language.
LOCALES = Path(str(files(__package__) / "locales"))
_CATALOGUE = Path("LC_MESSAGES") / "systematic_review.po"


def list_languages() -> list[str]:
    """Return the codes of the languages that there is a catalogue for, English first.

    Examples
    --------
    >>> list_languages()
    ['en', 'id']
    """
    return [SOURCE_LANGUAGE, *sorted(path.parents[1].name for path in LOCALES.glob(f"*/{_CATALOGUE.as_posix()}"))]


def has_catalogue(language: object) -> bool:
    """Return whether messages can be said in a language.

    Examples
    --------
    >>> has_catalogue("id"), has_catalogue("xx")
    (True, False)
    """
    return language == SOURCE_LANGUAGE or (LOCALES / str(language) / _CATALOGUE).is_file()


def mark_message(message: str) -> str:
    """Return ``message`` as it is: what is translated later is marked so for those who extract messages.

    Examples
    --------
    >>> mark_message("Works")
    'Works'
    """
    return message


def translate(message: str, language: str = SOURCE_LANGUAGE, /, **values: object) -> str:
    """Return ``message`` in ``language``, with ``values`` filled in; in English where the catalogue has it not.

    Raises
    ------
    ReviewError : there is no catalogue for the language.

    Examples
    --------
    >>> translate("Works"), translate("Works", "id")
    ('Works', 'Karya')
    """
    return _read_catalogue(language).gettext(message).format(**values)


def translate_plural(one: str, many: str, count: int, language: str = SOURCE_LANGUAGE, /, **values: object) -> str:
    """Return the form of a message that ``language`` has for ``count``, which is filled in as ``{count}``.

    Raises
    ------
    ReviewError : there is no catalogue for the language.

    Examples
    --------
    >>> [translate_plural("{count} work waits", "{count} works wait", count) for count in (1, 1200)]
    ['1 work waits', '1,200 works wait']
    """
    form = _read_catalogue(language).ngettext(one, many, count)
    return form.format(count=format_number(count, language), **values)


def format_number(value: float, language: str = SOURCE_LANGUAGE, *, grouped: bool = True) -> str:
    """Return ``value`` as ``language`` writes it, thousands separated unless it is a year (``grouped``).

    Examples
    --------
    >>> format_number(1629), format_number(1629, "id")
    ('1,629', '1.629')
    """
    return format_decimal(value, format="#,##0.###" if grouped else "0.0", locale=language)


def text_direction(language: str) -> str:
    """Return ``ltr`` or ``rtl``: from where to where ``language`` is written.

    Examples
    --------
    >>> text_direction("id"), text_direction("ar")
    ('ltr', 'rtl')
    """
    return str(Locale.parse(language).text_direction)


@lru_cache
def _read_catalogue(language: str) -> NullTranslations:
    if language == SOURCE_LANGUAGE:
        return NullTranslations()
    path = LOCALES / language / _CATALOGUE
    if not has_catalogue(language):
        raise ReviewError(f"found language {language!r}, expected one of {', '.join(list_languages())}")
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language, abort_invalid=True)
    except (PoFileError, UnknownLocaleError, ValueError) as error:
        raise ReviewError(f"{path}: found {' '.join(str(error).split())}, expected a catalogue of gettext") from None
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
