"""Small pieces of markup that tables and lists of a book are put together from; texts in them are escaped."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup as Safe

from checkable_book.data.description import EVIDENCE
from checkable_book.render.output import CellOutput


def small_note(words: object) -> Safe:
    """Return words that stand small and grey below what they belong to.

    Examples
    --------
    >>> small_note("as of 2004")
    Markup(' <small class="how-sure">as of 2004</small>')
    """
    return Safe(' <small class="how-sure">{}</small>').format(words)


def paragraphs(texts: Iterable[object]) -> Safe:
    """Return texts as a paragraph each.

    Examples
    --------
    >>> paragraphs(["Pond Walk", "Rose Court"])
    Markup('<p>Pond Walk</p> <p>Rose Court</p>')
    """
    return Safe(" ").join(Safe("<p>{}</p>").format(text) for text in texts)


def link_words(words: object, target: str, place: str = "") -> Safe:
    """Return words that lead to a page or a table of the book.

    Parameters
    ----------
    target : ``page:`` and the name of a page, or ``table:`` and that of a table.
    place : what is asked of the page (``?name=value``) or the place in it (``#identifier``).

    Examples
    --------
    >>> link_words("Pond Walk", "page:chapters/en/gardens", "#pond")
    Markup('<a data-link="page:chapters/en/gardens" href="#pond">Pond Walk</a>')
    """
    return Safe('<a data-link="{}" href="{}">{}</a>').format(target, place or "#", words)


def claim_link(claim: str, words: object) -> Safe:
    """Return words, small and grey, that lead to a claim where the book lists it with its evidence.

    Examples
    --------
    >>> claim_link("most-visited", "recomputed")
    Markup('<a class="how-sure" data-link="table:evidence" href="#claim-most-visited">recomputed</a>')
    """
    return Safe('<a class="how-sure" data-link="table:{}" href="#claim-{}">{}</a>').format(EVIDENCE, claim, words)


def note_lines(texts: Iterable[object]) -> CellOutput:
    """Return texts as small lines of their own, as below a heading.

    Examples
    --------
    >>> note_lines(["as of 2004"]).plain
    'as of 2004'
    """
    lines = [Safe('<p class="how-sure">{}</p>').format(text) for text in texts]
    return CellOutput(Safe("\n").join(lines), "\n".join(line.striptags() for line in lines))
