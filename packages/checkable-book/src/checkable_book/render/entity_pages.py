"""The chapters that hold all that is known of one name, and the links that lead to them from wherever it stands.

Such a chapter says ``look_up: true`` at its head; its title is the name.
Imported by every build, so it must not import pandas.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup as Safe

from checkable_book.book import Book, current_book
from checkable_book.contents import pages_of
from checkable_book.dependencies import digest_of_bytes, not_recorded, record_result_once

_HEAD = re.compile(r"\A---\n(.*?)^---$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


def entity_pages(language: str) -> dict[str, str]:
    """Return the name of each such page (:attr:`checkable_book.contents.Page.docname`), by its title in a language."""
    with not_recorded():  # the names alone count, not the rest of each chapter
        found = find_entity_pages(language, current_book())
    record_result_once("result", f"entities:{language}", entity_digest(found))
    return found


def find_entity_pages(language: str, book: Book) -> dict[str, str]:
    """Return such pages without recording that a page depends on them."""
    found = {}
    for page in pages_of(language, book):
        if page.path.suffix == ".md":
            title = _title(page.path, page.path.stat().st_mtime_ns)
            if title:
                found[title] = page.docname
    return found


def entity_digest(pages: dict[str, str]) -> str:
    """Return a digest of such pages, by which a page that links to them knows that they changed."""
    return digest_of_bytes(repr(sorted(pages.items())).encode())


def has_mark(chapter: str, mark: str) -> bool:
    r"""Return whether a chapter, given as its text, says ``mark: true`` at its head.

    Examples
    --------
    >>> has_mark("---\nlook_up: true\n---\n# Title", "look_up"), has_mark("# Title", "look_up")
    (True, False)
    """
    head = _HEAD.match(chapter)
    return head is not None and f"{mark}: true" in head[1].splitlines()


def link_to_page(words: str, pages: dict[str, str]) -> str:
    """Return words as they are, with a link where they are a title among ``pages``.

    The link names the page; the build puts its address there.

    Examples
    --------
    >>> link_to_page("Pond Walk", {"Pond Walk": "chapters/en/pond_walk"})
    Markup('<a class="look-up" data-link="page:chapters/en/pond_walk" href="#">Pond Walk</a>')
    """
    page = pages.get(words)
    return Safe('<a class="look-up" data-link="page:{}" href="#">{}</a>').format(page, words) if page else words


@lru_cache
def _title(path: Path, changed: int) -> str:
    text = path.read_text(encoding="utf-8")
    title = _TITLE.search(text) if has_mark(text, "look_up") else None
    return title[1].strip() if title else ""
