"""The terms of the glossary, and the names that have a page of their own, linked where a chapter first uses them.

Imported by every build, so it must not import pandas.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.transforms import SphinxTransform

from checkable_book import project
from checkable_book.render import entity_pages
from checkable_book.render.output import render


class LinkTerms(SphinxTransform):
    """Link the first use of each term in a chapter's prose to the glossary, written out on hover."""

    default_priority = 950

    def apply(self, **kwargs: Any) -> None:
        """Replace each first use by its link."""
        if self.env.docname.endswith("/glossary"):
            return
        language = str(self.config.language)
        left = {row["term"]: row[f"name_{language}"] for row in _terms()}
        for prose in list(self.document.findall(nodes.Text)):
            if _is_prose(prose):
                parts = list(_linked(str(prose), left))
                if len(parts) > 1:
                    prose.parent.replace(prose, parts)


class LinkNames(SphinxTransform):
    """Link the first use of each name in a chapter's prose to the page that holds all that is known of it."""

    default_priority = 951

    def apply(self, **kwargs: Any) -> None:
        """Replace each first use by its link."""
        language, own = str(self.config.language), self.env.docname.rpartition("/")[2]
        pages = entity_pages.chapters(language)
        left = {title: page for title, page in pages.items() if page != own}
        for prose in list(self.document.findall(nodes.Text)):
            if left and _is_prose(prose):
                pattern = "|".join(rf"\b{re.escape(title)}\b" for title in sorted(left, key=len, reverse=True))
                found = re.search(pattern, str(prose))
                if found:
                    name = found.group()
                    html = str(entity_pages.linked(name, pages))
                    del left[name]
                    before, after = str(prose)[: found.start()], str(prose)[found.end() :]
                    parts = [nodes.Text(before), nodes.raw("", html, format="html"), nodes.Text(after)]
                    prose.parent.replace(prose, parts)


def _terms() -> list[dict[str, str]]:
    path = project.data() / "glossary.csv"
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _is_prose(text: nodes.Text) -> bool:
    """Say whether a text stands in a paragraph, and not in a link or in code."""
    around = []
    parent = text.parent
    while parent is not None and not isinstance(parent, nodes.document):
        around.append(parent.__class__.__name__)
        parent = parent.parent
    return "paragraph" in around and not {"reference", "pending_xref", "literal", "caption", "raw"} & set(around)


def _linked(text: str, left: dict[str, str]) -> Iterator[nodes.Node]:
    """Yield the parts of a text, with a link for each term in ``left``, which is then taken out of it."""
    at = 0
    for word in re.finditer(r"\w+(?!\w| \d)", text):  # not in a name with a number, as PRISMA 2020
        term = word.group()
        if term in left:
            yield nodes.Text(text[at : word.start()])
            name = left.pop(term)
            html = render("term.html", id=f"glossary-{term.lower()}", term=term, name=name)
            yield nodes.raw("", html, format="html")
            at = word.end()
    yield nodes.Text(text[at:])
