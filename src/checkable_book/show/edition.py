"""What is known of the paper and of this edition, from ``data/paper.yml``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from checkable_book import project
from checkable_book.show.markup import Markup, render
from checkable_book.show.words import text


def citation_path() -> Path:
    """Return where the citation of this edition is kept, in Citation File Format."""
    return project.root() / "CITATION.cff"


@lru_cache
def known() -> dict[str, dict[str, Any]]:
    """Return ``paper.yml``: under ``paper`` and ``edition``, ``None`` where a field is not known."""
    fields: dict[str, dict[str, Any]] = yaml.safe_load((project.data() / "paper.yml").read_text(encoding="utf-8"))
    return fields


def title(language: str = "en") -> str:
    """Return the title of this edition."""
    return str(known()["edition"][f"title_{language}"])


def short_title(language: str = "en") -> str:
    """Return the title without what kind of edition it is, for places with little room."""
    return title(language).rpartition(":")[0] or title(language)


def description() -> str:
    """Return what this edition is, in a sentence, for machines."""
    return str(known()["edition"]["description"])


def editors(language: str = "en") -> str:
    """Return who made this edition."""
    return str(known()["edition"][f"editors_{language}"])


def paper_reference(language: str = "en") -> Markup:
    """Return the reference to the paper, with what is missing shown as missing."""
    paper = known()["paper"]
    lead = ". ".join(filter(None, [paper["authors"] and "; ".join(paper["authors"]), paper["title"]]))
    lead = lead or text("title_and_authors_missing", language)
    place = text("journal_place", language, **paper)
    page = render("paper_reference.html", lead=lead, journal=paper["journal"], place=place, doi=paper["doi"])
    return Markup(page, f"{lead}. {paper['journal']}, {place}. doi:{paper['doi']}")


def citation() -> str:
    """Return how to cite this edition and, as far as it is known, the paper: Citation File Format 1.2.0."""
    paper, edition = known()["paper"], known()["edition"]
    people = [{"name": name} for name in paper["authors"] or [text("authors_missing")]]
    fields = {
        "cff-version": "1.2.0",
        "message": text("citation_message"),
        "type": "software",
        "title": title(),
        "version": edition["version"],
        "date-released": edition["released"],
        "authors": [{"name": editors()}],
        "license": [edition["code_licence"], edition["text_licence"]],
        "references": [
            {
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
        ],
    }
    return yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=1000)
