"""What each page says of itself to machines: citation and Open Graph tags, and JSON-LD.

All of it is written from ``data/paper.yml``. Imported by every build, so it
must not import pandas.
"""

from __future__ import annotations

import json
import textwrap
from typing import Any

from bs4 import BeautifulSoup

from checkable_book.render import book_metadata
from checkable_book.render.output import render_template

#: The licences that this edition is under, and where each is described.
LICENCES = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "MIT": "https://spdx.org/licenses/MIT",
}


def licence_address(name: str) -> str:
    """Return where a licence, named as in SPDX, is described."""
    return LICENCES.get(name, f"https://spdx.org/licenses/{name}")


def describe_article(*, with_context: bool = True) -> dict[str, Any]:
    """Return the paper as a schema.org ``ScholarlyArticle``; what is not known is left out."""
    paper = book_metadata.known_metadata()["paper"]
    described: dict[str, Any] = {
        "@type": "ScholarlyArticle",
        "name": paper["title"],
        "author": [{"@type": "Person", "name": name} for name in paper["authors"] or []],
        "license": paper["licence"],
        "datePublished": book_metadata.publication_date("-"),
        "isPartOf": ", ".join(
            f"{said}{paper[key]}"
            for said, key in (("", "journal"), ("volume ", "volume"), ("issue ", "issue"))
            if paper[key]
        ),
        "identifier": book_metadata.paper_address(),
    }
    context = {"@context": "https://schema.org"} if with_context else {}
    return context | {key: value for key, value in described.items() if value}


def describe_dataset() -> dict[str, Any]:
    """Return the data of this edition as a schema.org ``Dataset``."""
    made = book_metadata.known_metadata()["edition"]
    described = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": book_metadata.title(),
        "description": book_metadata.description(),
        "version": made["version"],
        "datePublished": str(made["released"]),
        "license": licence_address(made["text_licence"]),
        "creator": {"@type": "Organization", "name": book_metadata.editors()},
        "isBasedOn": book_metadata.paper_address(),
    }
    return {key: value for key, value in described.items() if value}


def head_tags(title: str, body: str, picture: str, language: str = "en") -> str:
    """Return what a page says of itself to machines: citation and Open Graph tags, and JSON-LD.

    The citation tags are those that indexes of scholarly works read (Highwire
    Press); they describe the paper, with what is known of it. The description
    of the page is what it says in short, or the start of its text.

    Parameters
    ----------
    picture : the address of the picture that stands for the page where a link to it is shared.
    """
    paper = book_metadata.known_metadata()["paper"]
    parts = [*([describe_article()] if paper["title"] or paper["doi"] else []), describe_dataset()]
    return render_template(
        "head.html",
        citation={
            "citation_title": paper["title"],
            "citation_language": paper["language"],
            "citation_journal_title": paper["journal"],
            "citation_volume": paper["volume"],
            "citation_issue": paper["issue"],
            "citation_publication_date": book_metadata.publication_date("/"),
            "citation_issn": paper["issn_online"],
            "citation_doi": paper["doi"],
        },
        authors=paper["authors"] or [],
        description=_summary_text(body),
        graph={
            "og:type": "article",
            "og:title": title,
            "og:site_name": book_metadata.title(language),
            "og:locale": language,
            "og:image": picture,
            "og:image:alt": book_metadata.short_title(language),
        },
        described=[json.dumps(part, ensure_ascii=False).replace("<", "\\u003c") for part in parts],
    )


def _summary_text(body: str) -> str:
    """Return what a page says in short, or else its first paragraph, as plain text, cut at a word if it is long."""
    for text in (body[: body.rfind("</p>", 0, 50_000)], body):  # a long table takes seconds to read
        page = BeautifulSoup(text, "html.parser")
        first = page.select_one(".in-short > p") or page.select_one("section > p")
        if first:
            break
    if first and first.strong and first.find_parent(class_="in-short"):
        first.strong.decompose()  # the words "in short"
    return textwrap.shorten(first.get_text(), 200, placeholder=" …") if first else ""
