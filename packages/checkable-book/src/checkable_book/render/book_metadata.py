"""What is known of the paper and of this edition, from ``data/paper.yml``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from checkable_book.book import Book, current_book
from checkable_book.dependencies import record_once
from checkable_book.errors import DataError
from checkable_book.render.i18n import translate
from checkable_book.render.output import CellOutput, render_template

METADATA = "paper.yml"
_PAPER = (
    "title", "authors", "language", "licence", "journal", "volume", "issue", "year", "month",
    "issn_print", "issn_online", "doi",
)  # fmt: skip
#: What must be known of the edition; its address may come later.
_EDITION = ("description", "version", "released", "text_licence", "code_licence")
_OPTIONAL = ("address",)
_IN_EACH_LANGUAGE = ("title", "editors")
_PLACE = ("volume", "issue", "year", "issn_print", "issn_online")  # what the place in a journal is made of


def citation_path(book: Book | None = None) -> Path:
    """Return where the citation of this edition is kept, in Citation File Format."""
    return (book or current_book()).root / "CITATION.cff"


def known_metadata(book: Book | None = None) -> dict[str, dict[str, Any]]:
    """Return ``paper.yml``: under ``paper`` and ``edition``, ``None`` where a field is not known.

    Raises
    ------
    DataError : no such file, no YAML, a field of the edition that is missing, or one that is unknown.
    """
    book = book or current_book()
    record_once(book.data_folder / METADATA, book)
    return book.remember("metadata", lambda: _read_metadata(book))


def title(language: str = "", book: Book | None = None) -> str:
    """Return the title of this edition, in the book's first language by default."""
    book = book or current_book()
    return str(known_metadata(book)["edition"][f"title_{language or book.first_language}"])


def short_title(language: str = "", book: Book | None = None) -> str:
    """Return the title without what kind of edition it is, for places with little room."""
    whole = title(language, book)
    return whole.rpartition(":")[0] or whole


def description(book: Book | None = None) -> str:
    """Return what this edition is, in a sentence, for machines."""
    return str(known_metadata(book)["edition"]["description"])


def editors(language: str = "", book: Book | None = None) -> str:
    """Return who made this edition, in the book's first language by default."""
    book = book or current_book()
    return str(known_metadata(book)["edition"][f"editors_{language or book.first_language}"])


def publication_date(separator: str, book: Book | None = None) -> str:
    """Return the year and the month of the paper as far as they are known, as in ``2025-04``."""
    paper = known_metadata(book)["paper"]
    month = f"{separator}{int(paper['month']):02}" if paper["month"] else ""
    return f"{paper['year']}{month}" if paper["year"] else ""


def release_date(book: Book | None = None) -> date:
    """Return the day on which this edition was released."""
    return date.fromisoformat(str(known_metadata(book)["edition"]["released"]))


def paper_address(book: Book | None = None) -> str:
    """Return the address of the paper, by its DOI; empty where that is not known."""
    doi = known_metadata(book)["paper"]["doi"]
    return f"https://doi.org/{doi}" if doi else ""


def paper_reference(language: str = "en", book: Book | None = None) -> CellOutput:
    """Return the reference to the paper, with what is missing shown as missing."""
    paper = known_metadata(book)["paper"]
    lead = ". ".join(filter(None, [paper["authors"] and "; ".join(paper["authors"]), paper["title"]]))
    lead = lead or translate("title_and_authors_missing", language)
    journal, doi = paper["journal"], paper["doi"]
    place = translate("journal_place", language, **paper) if all(map(paper.get, _PLACE)) else str(paper["year"] or "")
    page = render_template("paper_reference.html", lead=lead, journal=journal, place=place, doi=doi)
    plain = ". ".join(filter(None, [lead, ", ".join(filter(None, [journal, place])), doi and f"doi:{doi}"]))
    return CellOutput(page, plain)


def citation(book: Book | None = None) -> str:
    """Return how to cite this edition and, as far as it is known, the paper: Citation File Format 1.2.0."""
    paper, edition = known_metadata(book)["paper"], known_metadata(book)["edition"]
    people = [{"name": name} for name in paper["authors"] or [translate("authors_missing")]]
    article = {
        "type": "article",
        "title": paper["title"] or translate("title_missing"),
        "authors": people,
        "journal": paper["journal"],
        "volume": paper["volume"],
        "issue": paper["issue"],
        "year": paper["year"],
        "month": paper["month"],
        "issn": paper["issn_online"],
        "doi": paper["doi"],
    }
    fields = {
        "cff-version": "1.2.0",
        "message": translate("citation_message"),
        "type": "software",
        "title": title(book=book),
        "version": edition["version"],
        "date-released": str(edition["released"]),
        "authors": [{"name": editors(book=book)}],
        "license": [edition["code_licence"], edition["text_licence"]],
        "references": [{key: value for key, value in article.items() if value}],
    }
    return str(yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=1000))


def _read_metadata(book: Book) -> dict[str, dict[str, Any]]:
    path = book.data_folder / METADATA
    place = partial(book.key_place, path)
    fields = book.read_yaml(path)
    required = {
        "paper": (),
        "edition": (*_EDITION, *(f"{kind}_{code}" for kind in _IN_EACH_LANGUAGE for code in book.languages)),
    }
    optional = {"paper": _PAPER, "edition": _OPTIONAL}
    found: dict[str, dict[str, Any]] = {}
    faults = [f"{place(name)}: found {name!r}, expected paper or edition" for name in fields if name not in required]
    for part, wanted in required.items():
        given = fields.get(part) or {}
        if not isinstance(given, dict):
            raise DataError(f"{place(part)}: found {str(given)[:60]!r} for {part}, expected names with a value each")
        faults += [
            f"{place(part, key)}: found no {part}.{key}, expected it" for key in wanted if given.get(key) in (None, "")
        ]
        known = {*wanted, *optional[part]}
        faults += [
            f"{place(part, key)}: found the field {part}.{key}, expected one of {', '.join(sorted(known))}"
            for key in given
            if key not in known and not str(key).startswith(tuple(f"{kind}_" for kind in _IN_EACH_LANGUAGE))
        ]
        found[part] = dict.fromkeys((*wanted, *optional[part])) | given
    faults += _value_faults(place, found)
    if faults:
        raise DataError("\n".join(faults))
    return found


def _value_faults(place: Callable[..., str], found: dict[str, dict[str, Any]]) -> list[str]:
    """Return a line for each field whose value is of another kind than it must be."""
    faults = []
    authors = found["paper"]["authors"]
    if authors is not None and (not isinstance(authors, list) or not all(isinstance(name, str) for name in authors)):
        faults.append(
            f"{place('paper', 'authors')}: found paper.authors {str(authors)[:60]!r}, expected a list of names"
        )
    try:
        date.fromisoformat(str(found["edition"]["released"]))
    except ValueError:
        if found["edition"]["released"] not in (None, ""):
            released = found["edition"]["released"]
            at = place("edition", "released")
            faults.append(f"{at}: found edition.released {str(released)[:60]!r}, expected a day, as in 2025-11-01")
    month = found["paper"]["month"]
    if month is not None and month not in range(1, 13):
        faults.append(
            f"{place('paper', 'month')}: found paper.month {str(month)[:60]!r}, expected a number from 1 to 12"
        )
    return faults
