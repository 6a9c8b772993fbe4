"""The built book as one: its parts and chapters without what needs a screen, for paper and for e-readers.

The numbers of tables and figures, the links between chapters and the vector
figures are those of the pages. Left out are the explorer, the page that takes
queries, the pages that are looked up, and the data row by row, which would
only make the whole long.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import yaml
from bs4 import BeautifulSoup
from bs4.element import Tag

from checkable_book import project
from checkable_book.errors import DataError
from checkable_book.render import book_metadata, entity_pages
from checkable_book.sphinx_ext import multilingual

_LEFT_OUT = {"ask", "data", "explorer"}
_SCREEN_ONLY = (
    ".headerlink, .cell_input, details.hide, details.query, .chart-narrow, .flow-narrow, .choices, .download, "
    "script, style"
)


@dataclass(frozen=True)
class Chapter:
    """A chapter: the name of its file, its title, and its content, which whoever asked may change.

    Examples
    --------
    >>> article = BeautifulSoup("<article><h2>Gardens</h2></article>", "html.parser").article
    >>> Chapter("index", "Gardens", article).content.h2.get_text()
    'Gardens'
    """

    name: str
    title: str
    content: Tag


@dataclass(frozen=True)
class Part:
    """A part of the book; its caption is empty where chapters stand before all parts.

    Examples
    --------
    >>> Part("", []).chapters
    []
    """

    caption: str
    chapters: list[Chapter]


def parts(site: Path, language: str, command: str) -> list[Part]:
    """Return the parts of the built book in the order of its contents, those without a chapter left out.

    Raises
    ------
    DataError : the book is not built; told in the name of ``command``.
    """
    folder = multilingual.chapters(site, language)
    if not folder.is_dir():
        raise DataError(f"{command}: found no built book, expected one in _build/html (jb build .)")
    left_out = {*_LEFT_OUT, *entity_pages.chapters(language).values(), *_on_the_site_alone(language)}
    found = []
    for caption, names in _contents(language):
        kept = [_chapter(folder / f"{name}.html") for name in names if name not in left_out]
        if kept:
            found.append(Part(caption, kept))
    return found


def sections(chapter: Chapter) -> Iterator[dict[str, str]]:
    """Yield the identifier and the title of each section right below the chapter.

    Examples
    --------
    >>> html = '<article><section><section id="old"><h2>Old</h2></section></section></article>'
    >>> list(sections(Chapter("index", "Gardens", BeautifulSoup(html, "html.parser").article)))
    [{'id': 'old', 'title': 'Old'}]
    """
    for section in chapter.content.select(":scope > section > section[id]"):
        heading = section.find(re.compile("^h[1-6]$"))
        if isinstance(heading, Tag):
            yield {"id": str(section["id"]), "title": heading.get_text(strip=True)}


def relink(chapter: Chapter, names: set[str], address: Callable[[str, str], str]) -> None:
    """Let each link inside the book lead to what ``address`` gives for a chapter and a place in it.

    Of a link to what is not among ``names`` only the words stay.

    Examples
    --------
    >>> article = BeautifulSoup('<p><a href="data.html#rules">rules</a></p>', "html.parser").p
    >>> relink(Chapter("index", "Gardens", article), {"data"}, lambda chapter, place: f"#{chapter}--{place}")
    >>> article.a["href"]
    '#data--rules'
    """
    for attribute in ("href", "xlink:href"):
        for tag in chapter.content.find_all("a", attrs={attribute: True}):
            target, _, anchor = str(tag[attribute]).partition("#")
            target = target.partition("?")[0]
            if "//" in target or target.startswith("mailto:"):
                continue
            name = Path(target).stem if target else chapter.name
            if name in names:
                tag[attribute] = address(name, anchor)
            else:
                tag.unwrap()


def released() -> datetime:
    """Return the time that what is made of the book bears: of ``SOURCE_DATE_EPOCH``, or of the day of the release.

    Examples
    --------
    >>> released().tzinfo is not None
    True
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch:
        return datetime.fromtimestamp(int(epoch), UTC)
    return datetime.combine(date.fromisoformat(book_metadata.known()["edition"]["released"]), datetime.min.time(), UTC)


def put(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all; return its path.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     put(Path(folder) / "book.epub", b"PK").read_bytes()
    b'PK'
    """
    part = path.with_suffix(".part")
    part.write_bytes(content)
    return part.replace(path)


def made(folder: Path) -> list[Path]:
    """Return the files that were made of a whole language, in the folder of its edition.

    Examples
    --------
    >>> made(Path("no edition"))
    []
    """
    return sorted(path for ending in ("epub", "pdf") for path in folder.glob(f"*.{ending}"))


def _on_the_site_alone(language: str) -> Iterator[str]:
    for path in (project.chapters() / language).glob("*.md"):
        if entity_pages.marked(path.read_text(encoding="utf-8"), "site_alone"):
            yield path.stem


def _contents(language: str) -> list[tuple[str, list[str]]]:
    """Return the caption of each part with the names of its chapters, before them that of the front page."""
    contents = yaml.safe_load(multilingual.contents(language))
    found = [("", [Path(contents["root"]).name])]
    for part in contents.get("parts") or [contents]:
        found.append((part.get("caption", ""), [Path(chapter["file"]).name for chapter in part["chapters"]]))
    return found


def _chapter(path: Path) -> Chapter:
    """Return a chapter without what needs a screen."""
    content = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").select_one("article")
    assert content is not None, path
    for part in content.select(_SCREEN_ONLY):
        part.decompose()
    for part in content.select("span.text_html, data"):
        part.unwrap()  # thousands of them, which say nothing without a screen
    title = content.h1.get_text(strip=True) if content.h1 else path.stem
    return Chapter(path.stem, title, content)
