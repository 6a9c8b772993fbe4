"""The terms of the glossary, and the names that have a page of their own, linked where a chapter first uses them.

Imported by every build, so it must not import pandas.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx

from checkable_book.book import Book, current_book
from checkable_book.render import entity_pages
from checkable_book.render.output import render_template

#: The table of the terms, and the name under which its page prints it.
GLOSSARY, TERMS = "glossary", "terms"


def link_terms_and_names(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Link, on a page that is about to be written as HTML, what it says first of each term and each name."""
    if app.builder.format != "html":
        return
    language, book = str(app.config.language), current_book()
    if not any(f'data-anchors="{TERMS}"' in raw.astext() for raw in doctree.findall(nodes.raw)):
        _link_first_uses(doctree, glossary_terms(book, language), _term_html)
    names = {name: target for name, target in entity_pages.find_entity_pages(language, book).items() if target != page}
    _link_first_uses(doctree, names, lambda name, target: str(entity_pages.link_to_page(name, {name: target})))


def glossary_terms(book: Book, language: str) -> dict[str, str]:
    """Return the terms of the glossary, each written out in a language; none where the book has no glossary."""
    path = book.data_folder / f"{GLOSSARY}.csv"
    if not path.exists():
        return {}
    with open(path, encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {row["term"]: row.get(f"name_{language}") or row.get("name") or "" for row in rows if row.get("term")}


def _term_html(term: str, name: str) -> str:
    anchor = re.sub(r"[^a-z0-9]+", "-", term.lower()).strip("-")
    return render_template("term.html", id=f"{GLOSSARY}-{anchor}", term=term, name=name)


def _link_first_uses(doctree: nodes.document, targets: dict[str, str], link: object) -> None:
    """Replace the first use of each word in the prose by its link."""
    left = {word: target for word, target in targets.items() if word}
    for prose in list(doctree.findall(nodes.Text)):
        if left and _is_prose(prose):
            parts = list(_parts(str(prose), left, link))
            if len(parts) > 1:
                prose.parent.replace(prose, parts)


def _parts(text: str, left: dict[str, str], link: object) -> Iterator[nodes.Node]:
    """Yield the parts of a text, with a link for each word in ``left``, which is then taken out of it."""
    pattern = "|".join(re.escape(word) for word in sorted(left, key=len, reverse=True))
    at = 0
    for found in re.finditer(
        rf"(?<!\w)(?:{pattern})(?!\w|-\w| \d)", text
    ):  # not in a name with a number, as PRISMA 2020
        word = found.group()
        if word in left:
            yield nodes.Text(text[at : found.start()])
            yield nodes.raw("", link(word, left.pop(word)), format="html")  # type: ignore[operator]
            at = found.end()
    yield nodes.Text(text[at:])


def _is_prose(text: nodes.Text) -> bool:
    """Return whether a text stands in a paragraph, and not in a link, in code or in the bibliography."""
    around = []
    parent = text.parent
    while parent is not None and not isinstance(parent, nodes.document):
        around.append(parent.__class__.__name__)
        parent = parent.parent
    return "paragraph" in around and not {
        "reference",
        "pending_xref",
        "literal",
        "caption",
        "citation",
        "raw",
    } & set(around)
