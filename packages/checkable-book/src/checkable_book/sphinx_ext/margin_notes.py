"""The notes in the margin, numbered on each page, with a mark at what each is about.

The number is drawn by the style sheet, so that no text of the page holds it.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx

from checkable_book.render.i18n import translate
from checkable_book.render.output import render_template


def number_margin_notes(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Mark, on a page that is about to be written as HTML, what each note in the margin is about.

    That is the paragraph before the note, or the caption of the figure or the table before it.
    """
    if app.builder.format != "html":
        return
    number = 0
    for note in list(doctree.findall(nodes.sidebar)):
        place = _place_of_mark(note)
        if "margin" not in note["classes"] or place is None:
            continue
        number += 1
        name = f"margin-note-{number}"
        note["ids"].append(name)
        note["classes"].append("numbered")
        title = note.next_node(nodes.title)
        told = translate("margin_note", str(app.config.language), title=title.astext() if title else "")
        place += nodes.raw("", render_template("note_mark.html", name=name, number=number, told=told), format="html")


def _place_of_mark(note: nodes.sidebar) -> nodes.Element | None:
    """Return where the mark of a note stands: at the end of the paragraph or the caption before it, if there is one."""
    siblings = note.parent.children
    before = siblings[: siblings.index(note)]
    while before and isinstance(before[-1], nodes.sidebar):  # several notes on one thing
        before = before[:-1]
    if not before:
        return None
    if isinstance(before[-1], nodes.paragraph):
        return before[-1]
    return before[-1].next_node(nodes.caption) if isinstance(before[-1], nodes.Element) else None
