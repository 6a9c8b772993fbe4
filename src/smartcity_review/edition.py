"""What is known of the paper and of this edition, from ``data/paper.yml``."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml

from smartcity_review.markup import Markup, render
from smartcity_review.messages import text
from smartcity_review.paths import DATA


@lru_cache
def known() -> dict[str, dict[str, Any]]:
    """Return ``paper.yml``: under ``paper`` and ``edition``, ``None`` where a field is not known."""
    return yaml.safe_load((DATA / "paper.yml").read_text(encoding="utf-8"))


def paper_reference(language: str = "en") -> Markup:
    """Return the reference to the paper, with what is missing shown as missing."""
    paper = known()["paper"]
    lead = ". ".join(filter(None, [paper["authors"] and "; ".join(paper["authors"]), paper["title"]]))
    lead = lead or text("title_and_authors_missing", language)
    place = text("journal_place", language, **paper)
    page = render("paper_reference.html", lead=lead, journal=paper["journal"], place=place, doi=paper["doi"])
    return Markup(page, f"{lead}. {paper['journal']}, {place}. doi:{paper['doi']}")
