"""The chapters that hold all that is known of one name, and the links that lead to them from wherever it stands.

Such a chapter says ``look_up: true`` at its head; its title is the name.
Imported by every build, so it must not import pandas.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup as Safe

from checkable_book import dependencies, project

_HEAD = re.compile(r"\A---\n(.*?)^---$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


def chapters(language: str) -> dict[str, str]:
    """Return the name of the file of each such chapter, by its title in a language.

    Examples
    --------
    >>> all(name in {path.stem for path in project.chapters().glob("en/*.md")} for name in chapters("en").values())
    True
    """
    found = {}
    for path in sorted((project.chapters() / language).glob("*.md")):
        title = _title(path, path.stat().st_mtime_ns)
        if title:
            found[title] = path.stem
            _note(os.environ.get(dependencies.TRACE_VARIABLE), f"{language}/{path.name}")
    return found


def marked(chapter: str, mark: str) -> bool:
    r"""Say whether a chapter, given as its text, says ``mark: true`` at its head.

    Examples
    --------
    >>> marked("---\nlook_up: true\n---\n# Title", "look_up"), marked("# Title", "look_up")
    (True, False)
    """
    head = _HEAD.match(chapter)
    return head is not None and f"{mark}: true" in head[1].splitlines()


def linked(words: str, pages: dict[str, str]) -> str:
    """Return words as they are, with a link where they are a title among ``pages``, as :func:`chapters` gives them.

    Examples
    --------
    >>> linked("Pond Walk", {"Pond Walk": "garden_pond_walk"})
    Markup('<a class="look-up" href="garden_pond_walk.html">Pond Walk</a>')
    """
    page = pages.get(words)
    return Safe('<a class="look-up" href="{}.html">{}</a>').format(page, words) if page else words


@lru_cache
def _title(path: Path, changed: int) -> str:
    text = path.read_text(encoding="utf-8")
    title = _TITLE.search(text) if marked(text, "look_up") else None
    return title[1].strip() if title else ""


@lru_cache
def _note(page: str | None, chapter: str) -> None:
    """Note once a page that it uses the title of a chapter."""
    dependencies.note("chapter", chapter)
