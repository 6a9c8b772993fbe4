"""What is known of the paper and of this edition, from ``data/paper.yml``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from checkable_book import project
from checkable_book.errors import DataError
from checkable_book.render.i18n import text
from checkable_book.render.output import Markup, render

_PAPER = (
    "title", "authors", "language", "licence", "journal", "volume", "issue", "year", "month",
    "issn_print", "issn_online", "doi",
)  # fmt: skip
_EDITION = ("description", "version", "released", "address", "text_licence", "code_licence")
_SAID = ("title", "editors")  # in each language
_PLACE = ("volume", "issue", "year", "issn_print", "issn_online")  # what the place in a journal is made of


def citation_path() -> Path:
    """Return where the citation of this edition is kept, in Citation File Format.

    Examples
    --------
    >>> citation_path().name
    'CITATION.cff'
    """
    return project.root() / "CITATION.cff"


@lru_cache
def known() -> dict[str, dict[str, Any]]:
    """Return ``paper.yml``: under ``paper`` and ``edition``, ``None`` where a field is not known.

    Raises
    ------
    DataError : no such file, no YAML, or a field that is not there at all.

    Examples
    --------
    >>> sorted(known())
    ['edition', 'paper']
    """
    fields = project.read_yaml(project.data() / "paper.yml")
    codes = dict.fromkeys(["en", *project.languages()])
    wanted = {"paper": _PAPER, "edition": [*_EDITION, *(f"{kind}_{code}" for kind in _SAID for code in codes)]}
    for part, keys in wanted.items():
        found = fields.get(part)
        known_keys = found if isinstance(found, dict) else {}
        missing = [key for key in keys if key not in known_keys]
        if part == "edition":  # what is said of the book itself is known; only its address may come later
            missing += [key for key in keys if key in known_keys and known_keys[key] is None and key != "address"]
        if missing:
            raise DataError(f"data/paper.yml: found no {part}.{missing[0]}, expected it")
    return fields


def title(language: str = "en") -> str:
    """Return the title of this edition.

    Examples
    --------
    >>> short_title() in title()
    True
    """
    return str(known()["edition"][f"title_{language}"])


def short_title(language: str = "en") -> str:
    """Return the title without what kind of edition it is, for places with little room.

    Examples
    --------
    >>> len(short_title()) <= len(title())
    True
    """
    return title(language).rpartition(":")[0] or title(language)


def description() -> str:
    """Return what this edition is, in a sentence, for machines.

    Examples
    --------
    >>> len(description().split()) > 3
    True
    """
    return str(known()["edition"]["description"])


def editors(language: str = "en") -> str:
    """Return who made this edition.

    Examples
    --------
    >>> editors() in citation()
    True
    """
    return str(known()["edition"][f"editors_{language}"])


def published(between: str) -> str:
    """Return the year and the month of the paper as far as they are known, as in ``2025-04``.

    Examples
    --------
    >>> published("-").count("-") <= 1
    True
    """
    paper = known()["paper"]
    month = f"{between}{paper['month']:02}" if paper["month"] else ""
    return f"{paper['year']}{month}" if paper["year"] else ""


def paper_address() -> str:
    """Return the address of the paper, by its DOI; empty where that is not known.

    Examples
    --------
    >>> paper_address() in ("", f"https://doi.org/{known()['paper']['doi']}")
    True
    """
    doi = known()["paper"]["doi"]
    return f"https://doi.org/{doi}" if doi else ""


def paper_reference(language: str = "en") -> Markup:
    """Return the reference to the paper, with what is missing shown as missing.

    Examples
    --------
    >>> paper_reference().plain.endswith(str(known()["paper"]["doi"]))
    True
    """
    paper = known()["paper"]
    lead = ". ".join(filter(None, [paper["authors"] and "; ".join(paper["authors"]), paper["title"]]))
    lead = lead or text("title_and_authors_missing", language)
    journal, doi = paper["journal"], paper["doi"]
    place = text("journal_place", language, **paper) if all(map(paper.get, _PLACE)) else str(paper["year"] or "")
    page = render("paper_reference.html", lead=lead, journal=journal, place=place, doi=doi)
    plain = ". ".join(filter(None, [lead, ", ".join(filter(None, [journal, place])), doi and f"doi:{doi}"]))
    return Markup(page, plain)


def citation() -> str:
    """Return how to cite this edition and, as far as it is known, the paper: Citation File Format 1.2.0.

    Examples
    --------
    >>> citation().splitlines()[0]
    'cff-version: 1.2.0'
    """
    paper, edition = known()["paper"], known()["edition"]
    people = [{"name": name} for name in paper["authors"] or [text("authors_missing")]]
    article = {
        "type": "article",
        "title": paper["title"] or text("title_missing"),
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
        "message": text("citation_message"),
        "type": "software",
        "title": title(),
        "version": edition["version"],
        "date-released": edition["released"],
        "authors": [{"name": editors()}],
        "license": [edition["code_licence"], edition["text_licence"]],
        "references": [{key: value for key, value in article.items() if value}],
    }
    return yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=1000)
