"""What explains a numeral of a text by the text alone: a name that the data holds, the number of a table, an allowance.

An allowance (a row of ``numerals_allowed.csv``) names a phrase, the page on
which it may stand, and the reason. It is more than a bare number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pybtex.database import BibliographyData, Entry, parse_file
from pybtex.scanner import PybtexSyntaxError

from checkable_book.book import Book
from checkable_book.contents import Page
from checkable_book.data.addresses import derived_values
from checkable_book.data.claims import claim_records
from checkable_book.data.description import CLAIMS
from checkable_book.data.package import package_of, row_place, table_records
from checkable_book.errors import DataError
from checkable_book.render import book_metadata, i18n
from checkable_book.render.i18n import translate
from checkable_book.render.numerals import contains_numeral, find_numerals, numeral_value, terms_with_numbers
from checkable_book.sphinx_ext.bibliography import decode_latex
from checkable_book.verify import prose_assertions
from checkable_book.verify.glued_names import unit_of_value
from checkable_book.verify.value_marks import CLOSE, OPEN

ALLOWED = "numerals_allowed"
#: The place of an allowance that holds on every page.
EVERYWHERE = "every page"
#: The place of an allowance that holds in the notes of the bibliography, wherever they are shown.
NOTES = "bibliography"
#: The tables of queries, whose meanings may hold an allowed phrase; a place by its name.
TABLES_OF_QUERIES = ("numbers", "rules", "views")
#: Fields of a bibliography that say nothing of the world; what they hold is the work's own.
_CITATION_FIELDS = {
    "address", "author", "booktitle", "chapter", "date", "day", "doi", "edition", "editor", "eid", "eprint",
    "institution", "isbn", "issn", "issue", "journal", "key", "location", "month", "number", "numpages",
    "organization", "pages", "publisher", "school", "series", "url", "urldate", "volume", "year",
}  # fmt: skip
#: The scales that units name, in the order of their words in messages.
_SCALES = ("thousand", "million", "billion", "trillion")
_YEAR = re.compile(r"1\d{3}|20\d{2}|2100")
_ISSN = re.compile(r"\d{4}-\d{3}[\dX]")


@dataclass(frozen=True)
class Allowance:
    """A phrase with a number that needs no source: where it may stand, and why, in each language that says so."""

    phrase: str
    place: str
    reasons: tuple[tuple[str, str], ...]

    def reason(self, language: str) -> str:
        """Return the reason in a language, or else in the first that gives one."""
        said = dict(self.reasons)
        return said.get(language) or next(iter(said.values()), "")


class Explanations:
    """What explains numerals by their text, for one book."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.names = _names_with_numbers(book)
        self.titles = {normalize(book_metadata.title(code, book)) for code in book.languages}
        self.terms = {code: terms_with_numbers(code) for code in book.languages}
        self.allowances = read_allowances(book)
        self.assertions = prose_assertions.assertions(book)
        self.labels = _labels_of_the_paper(book)
        self.used: set[Allowance] = set()

    def spans(self, text: str, language: str, page: Page | None, place: str = "") -> list[tuple[int, int, str]]:
        """Return the parts of a text that explain the numerals in them, each with the kind of explanation."""
        plain = normalize(text)
        found: list[tuple[int, int, str]] = []
        for match in self._label_pattern(language).finditer(plain):
            if match.group(1) and self._is_label(match):
                found.append((*match.span(), "structural"))
        found += [(*span, "name") for name in self.names if name in plain for span in _find_all(name, plain)]
        lower = plain.lower()
        if len(lower) == len(plain):  # what the machinery itself calls things
            terms = (term for term in self.terms[language] if term in lower)
            found += [(*span, "name") for term in terms for span in _find_all(term, lower)]
        found += self._scales(plain, language)
        for allowance in self.allowances:
            if (holds_on(allowance, page) or allowance.place == place) and allowance.phrase in plain:
                spans = _find_all(allowance.phrase, plain)
                if spans:
                    self.used.add(allowance)
                found += [(*span, "allowed") for span in spans]
        for row in self.assertions:
            says = normalize(row.get(f"says_{language}", ""))
            if says and says in plain and (page is None or prose_assertions.is_page(row["chapter"], page)):
                found += [(*span, "asserted") for span in _find_all(says, plain)]
        return found

    def _scales(self, text: str, language: str) -> Iterator[tuple[int, int, str]]:
        """Yield where the word of a unit (``million``) stands behind a value that has it (:func:`mark_value`)."""
        words = i18n.scale_words(language)
        for match in re.finditer(rf"{OPEN}([^{CLOSE}]*){CLOSE}\s+({'|'.join(words)})\b" if words else r"(?!)", text):
            scale = _SCALES[words.index(match[2])]
            name = match[1].removesuffix(" words")
            unit = derived_values(self.book).get(name, {}).get("unit", "") or name.rpartition("/")[2]
            if scale in unit:
                yield match.start(2), match.end(2), "computed"

    def explain(self, text: str, language: str, page: Page | None, place: str = "") -> Iterator[tuple[str, str]]:
        """Yield the numerals of a text, each with the kind of its explanation, as far as the text alone tells."""
        numerals = find_numerals(text, language)
        if not numerals:
            return
        spans = self.spans(text, language, page, place)
        if normalize(text).strip() in self.titles:  # a title that is nothing but a number stands there alone
            spans.append((0, len(text), "name"))
        marked = [found.span() for found in re.finditer(f"{OPEN}[^{CLOSE}]*{CLOSE}", text)]
        for found in numerals:
            if any(start <= found.start() < end for start, end in marked):
                continue
            inside = (kind for start, end, kind in spans if start <= found.start() and found.end() <= end)
            yield found.group(), next(inside, "unexplained")

    def wrong_scales(self, text: str) -> list[str]:
        """Return the signs right behind a value that scale it: a percent sign of no percentage, a k, M or the like."""
        found = []
        for match in re.finditer(rf"{OPEN}([^{CLOSE}]*){CLOSE}(\s?%|(?:k|K|M|B|T|bn|mn|rb|jt)(?!\w))", text):
            if match[2].strip() != "%" or "percent" not in unit_of_value(match[1], self.book):
                found.append(match[2].strip())
        return found

    def _label_pattern(self, language: str) -> re.Pattern[str]:
        words = "|".join(map(re.escape, label_words(self.book, language)))
        number = r"S?\d+"
        return re.compile(
            rf"\b({words})\s+({number})(?:\s*(?:-|–|,|to|and|sampai|dan)\s*({number}))*\b" if words else r"(?!)()"
        )

    def _is_label(self, match: re.Match[str]) -> bool:
        numbers = re.findall(r"S?\d+", match.group())
        return all(number in self.labels for number in numbers)


def scale_words_of(text: str, language: str) -> set[str]:
    """Return the words of the scales that a unit or a query names, in the singular and the plural.

    Examples
    --------
    >>> sorted(scale_words_of("internet_users_millions", "en"))
    ['million', 'millions']
    """
    found = {word for scale, word in zip(_SCALES, i18n.scale_words(language), strict=False) if scale in text.lower()}
    return found | ({f"{word}s" for word in found} if language == "en" else set())


def normalize(text: str) -> str:
    """Return a text with plain quotation marks and spaces, sign by sign, so that places in it stay what they are.

    Examples
    --------
    >>> normalize("Asia’s")
    "Asia's"
    """
    return text.translate(_PLAIN)


_PLAIN = str.maketrans(
    {
        "\u2019": "'",
        "\u2018": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u00a0": " ",
        "\u202f": " ",
        "\n": " ",
        "\t": " ",
        "\u2013": "-",
        "\u2011": "-",
    }
)


def read_allowances(book: Book) -> list[Allowance]:
    """Return the allowances: ``text``, ``place`` and the reason of each row.

    Raises
    ------
    DataError : an allowance without place or reason, of a bare number, or for a page that there is not.
    """
    rows = table_records(ALLOWED, book)
    if not rows:
        return []
    if "place" not in rows[0]:
        path = book.shown_path(package_of(book).table(ALLOWED).path)
        raise DataError(f"{path}:1: found no column place, expected one that names the page of each phrase")
    faults, found = [], []
    for number, row in enumerate(rows):
        where = row_place(ALLOWED, number, book=book)
        phrase, place = normalize(row["text"]), row["place"]
        said = {code: row.get(f"reason_{code}") or row.get("reason", "") for code in [*book.languages, "en"]}
        reasons = tuple((code, reason) for code, reason in said.items() if reason)
        if not any(sign.isalpha() for sign in _without_numerals(phrase)):
            faults.append(f"{where}: column text: found {phrase!r}, expected a phrase with words around the number")
        known = {EVERYWHERE, NOTES, *TABLES_OF_QUERIES}
        if not place or (place not in known and not prose_assertions.find_pages(place, book)):
            faults.append(
                f"{where}: column place: found {place!r}, expected the name of a page or one of "
                f"{', '.join(sorted(known))}"
            )
        if place == EVERYWHERE and not _is_proper_name(phrase):
            faults.append(
                f"{where}: column place: found {EVERYWHERE!r}, expected a page (the phrase is no proper name)"
            )
        if not reasons or any(len(reason.split()) < 2 for _, reason in reasons):
            short = min((reason for _, reason in reasons), key=len, default="")
            faults.append(f"{where}: found the reason {short!r}, expected words that say why it needs no source")
        found.append(Allowance(phrase, place, reasons))
    if faults:
        raise DataError("\n".join(faults))
    return found


def holds_on(allowance: Allowance, page: Page | None) -> bool:
    """Return whether an allowance holds on a page; on no page in particular, where it holds everywhere."""
    if allowance.place == EVERYWHERE:
        return True
    return page is not None and prose_assertions.is_page(allowance.place, page)


def label_words(book: Book, language: str) -> list[str]:
    """Return the words before the number of a table or a figure: those of the settings, and of the paper."""
    formats = _merged_formats(book, language).values()
    words = {str(form).partition("%s")[0].strip() for form in formats}
    for key in ("place_table", "place_figure"):
        try:
            words.add(translate(key, language))
        except DataError:
            continue
    words |= {"Table", "Tables", "Figure", "Figures", "Fig."} if language == "en" else set()
    return sorted((word for word in words if word), key=len, reverse=True)


class Bibliography:
    """The works of the book's bibliographies, by which their list and their citations are checked."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.entries: dict[str, Entry] = {}
        for path in bibliography_files(book):
            self.entries.update(read_bibliography(path, book).entries.items())

    def find(self, text: str) -> Entry | None:
        """Return the work that a rendered entry shows; ``None`` where there is none, or more than one."""
        plain = squeeze(text)
        found = [entry for entry in self.entries.values() if (title := self._title(entry)) and squeeze(title) in plain]
        if len(found) != 1:
            narrower = [entry for entry in found or self.entries.values() if self._fits(entry, plain)]
            found = narrower or found
        return max(found, key=lambda entry: len(self._title(entry)), default=None)

    def explain(
        self, text: str, language: str, explanations: Explanations, page: Page | None
    ) -> Iterator[tuple[str, str]]:
        """Yield the numerals of a rendered entry or citation, each with its kind: its own work must hold them."""
        entry = self.find(text)
        by_text = iter(explanations.explain(text, language, page, NOTES))
        numerals = find_numerals(text, language)
        if entry is None:
            yield from by_text
            return
        own = {
            numeral_value(found.group(), "en")
            for name in [*entry.fields, *entry.persons]
            if name.lower() in _CITATION_FIELDS
            for found in find_numerals(self._field(entry, name), "en")
        }
        title = _span(normalize(text), normalize(self._title(entry)))
        notes = [_span(normalize(text), normalize(self._field(entry, name))) for name in entry.fields if _is_note(name)]
        for found in numerals:
            _, kind = next(by_text)
            at = found.start()
            if kind == "unexplained" and not any(start <= at < end for start, end in notes):
                in_title = title[0] <= at < title[1]
                if (in_title and (_YEAR.fullmatch(found.group()) or not found.group()[0].isdigit())) or (
                    not in_title and {numeral_value(found.group(), code) for code in ("en", language)} & own
                ):
                    kind = "citation"
            yield found.group(), kind

    def _title(self, entry: Entry) -> str:
        return self._field(entry, "title") if "title" in entry.fields else ""

    def _fits(self, entry: Entry, plain: str) -> bool:
        year = self._field(entry, "year") if "year" in entry.fields else ""
        people = entry.persons.get("author") or entry.persons.get("editor") or []
        names = [squeeze(decode_latex(" ".join(person.last_names))) for person in people]
        return (not year or squeeze(year) in plain) and bool(names) and names[0] in plain

    def _field(self, entry: Entry, name: str) -> str:
        if name in entry.persons:
            return " ".join(map(str, entry.persons[name]))
        return decode_latex(str(entry.fields.get(name, "")))


def bibliography_files(book: Book) -> list[Path]:
    """Return the bibliographies that the configuration names."""
    named = book.config.get("bibtex_bibfiles") or book.sphinx_config.get("bibtex_bibfiles") or []
    files = [book.root / str(name) for name in ([named] if isinstance(named, str) else named)]
    return [path for path in files if path.is_file()]


def read_bibliography(path: Path, book: Book) -> BibliographyData:
    """Return a bibliography.

    Raises
    ------
    DataError : a file that cannot be read, or a field that an address must not hold.
    """
    shown = book.shown_path(path)
    try:
        found = parse_file(str(path))
    except (PybtexSyntaxError, UnicodeDecodeError) as error:
        raise DataError(f"{shown}: found {' '.join(str(error).split())[:160]}, expected BibTeX") from None
    for key, entry in found.entries.items():
        address = str(entry.fields.get("url", "")).strip()
        if address and not address.lower().startswith(("http://", "https://", "ftp://")):
            raise DataError(f"{shown}, {key}: found the address {address[:60]!r}, expected https://...")
    return found


def squeeze(text: str) -> str:
    """Return the letters and digits of a text, in small letters.

    Examples
    --------
    >>> squeeze("Smart Cities: A Review")
    'smartcitiesareview'
    """
    return "".join(sign for sign in normalize(text).casefold() if sign.isalnum())


def _is_note(name: str) -> bool:
    return name.lower() not in _CITATION_FIELDS and name.lower() != "title"


def _span(text: str, part: str) -> tuple[int, int]:
    at = text.find(part) if part else -1
    return (at, at + len(part)) if at >= 0 else (-1, -1)


def _find_all(part: str, text: str) -> list[tuple[int, int]]:
    """Return where a phrase stands in a text, whole words each."""
    before = r"(?<!\w)" if part[0].isalnum() else ""
    after = r"(?!\w)" if part[-1].isalnum() else ""
    return [found.span() for found in re.finditer(before + re.escape(part) + after, text)]


def _without_numerals(phrase: str) -> str:
    found = find_numerals(phrase, "en")
    for match in reversed(found):
        phrase = phrase[: match.start()] + phrase[match.end() :]
    return phrase


def _is_proper_name(phrase: str) -> bool:
    return any(word[:1].isupper() for word in phrase.split())


def _merged_formats(book: Book, language: str) -> dict[str, str]:
    formats = dict(book.sphinx_config.get("numfig_format") or {"figure": "Fig. %s", "table": "Table %s"})
    if language != book.first_language and language in book.languages:
        other = book.config_of(language).get("sphinx") or {}
        formats |= (other.get("config") or {}).get("numfig_format") or {}
    return formats


def _labels_of_the_paper(book: Book) -> set[str]:
    """Return the numbers of tables and figures that the data places something in."""
    places = [str(table.description.get("place") or "") for table in package_of(book).tables.values()]
    if CLAIMS in package_of(book).tables:
        places += [row["place"] for row in claim_records(book)]
    return {number for place in places for number in re.findall(r"\d+", place.partition("(")[0])}


def _names_with_numbers(book: Book) -> list[str]:
    """Return the names with numbers in them that the data and the metadata hold, the longest first."""
    held: list[str] = []
    for table in package_of(book).tables.values():
        for one in table.fields:
            if one.get("holds") == "names":
                held += [row[one["name"]] for row in table.records]
        held += [table.name, table.path.name, *(one["name"] for one in table.fields)]
        held += ["-".join(key) for key in table.keys if len(key) == 1 and not re.search(r"\s", key[0])]
    for path in bibliography_files(book):  # what a work is called, where its only numbers are years
        titles = [
            decode_latex(str(one.fields.get("title", ""))) for one in read_bibliography(path, book).entries.values()
        ]
        held += [part for part in titles if all(_YEAR.fullmatch(digits) for digits in re.findall(r"[\d.,]*\d", part))]
    metadata = book_metadata.known_metadata(book)
    paper, edition = metadata["paper"], metadata["edition"]
    held += [str(paper[key]) for key in ("title", "doi", "issn_print", "issn_online") if paper[key]]
    held += [str(value) for key, value in edition.items() if key.startswith("title_") and value]
    held += [book_metadata.short_title(code, book) for code in book.languages]
    for code in book.languages:
        if all(paper.get(key) for key in ("volume", "issue", "year")):
            try:
                held.append(translate("journal_place", code, **paper))
            except DataError:
                continue
    if paper["volume"] and paper["issue"] and paper["year"]:
        held += [f"volume {paper['volume']}, {word} {paper['issue']}, {paper['year']}" for word in ("issue", "nomor")]
    codes = [*book.languages]
    return sorted(
        {
            normalize(name)
            for name in held
            if any(contains_numeral(name, code) for code in codes) and not _is_bare(name)
        },
        key=len,
        reverse=True,
    )


def _is_bare(name: str) -> bool:
    """Return whether a name is nothing but numbers, which would explain those numbers everywhere; an ISSN is a name."""
    return not any(sign.isalpha() for sign in _without_numerals(name)) and not _ISSN.fullmatch(name)
