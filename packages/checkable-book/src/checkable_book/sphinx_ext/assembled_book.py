"""Collects the built chapters, without interactive elements, for the PDF and the EPUB.

The numbers of tables and figures, the links between chapters and the vector
figures are those of the pages. Chapters that say ``site_alone: true`` at their
head, and pages that are looked up, are left out: they would only make the whole long.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from bs4 import BeautifulSoup
from bs4.element import Tag

from checkable_book.book import Book
from checkable_book.contents import Page, parts_of
from checkable_book.dependencies import digest_of_bytes
from checkable_book.errors import DataError
from checkable_book.render import book_metadata, entity_pages, i18n
from checkable_book.sphinx_ext import multilingual
from checkable_book.text import slug

_SCREEN_ONLY = (
    ".headerlink, .cell_input, details.hide, details.query, .chart-narrow, .flow-narrow, .choices, .viewer, .download, "
    "script, style, .tailored-footer, .prev-next-footer, .note-mark"
)


@dataclass(frozen=True)
class Chapter:
    """A chapter as a part of the whole.

    Parameters
    ----------
    name : what it is called in the whole; letters, digits and ``-``, each another one.
    page : the page that it comes from.
    title : its title.
    content : its content, which whoever asked may change.
    """

    name: str
    page: Page
    title: str
    content: Tag


@dataclass(frozen=True)
class AssembledPart:
    """A part of the book; its caption is empty where chapters stand before all parts."""

    caption: str
    chapters: list[Chapter]


def assemble_parts(site: Path, language: str, command: str, book: Book) -> list[AssembledPart]:
    """Return the parts of the built book in the order of its contents, those without a chapter left out.

    Raises
    ------
    DataError : the book is not built; told in the name of ``command``.
    """
    left_out = set(entity_pages.find_entity_pages(language, book).values())
    found = []
    for part in parts_of(language, book):
        chapters = []
        for page in part.pages:
            path = multilingual.page_file(site, page, book)
            if not path.is_file():
                raise DataError(f"{command}: found no built page {page.name}, expected it in _build/html (jb build .)")
            if page.docname not in left_out and not _is_for_the_site_alone(page):
                chapters.append(_read_chapter(page, path))
        if chapters:
            caption = i18n.translate_phrase(part.caption, language, book) if part.caption else ""
            found.append(AssembledPart(caption, chapters))
    return found


def chapter_sections(chapter: Chapter) -> Iterator[dict[str, str]]:
    """Yield the identifier and the title of each section right below the chapter."""
    for section in chapter.content.select(":scope > section > section[id]"):
        heading = section.find(re.compile("^h[1-6]$"))
        if isinstance(heading, Tag):
            yield {"id": str(section["id"]), "title": plain_text(heading)}


def plain_text(element: Tag) -> str:
    r"""Return the text of an element, its words apart as on the page.

    Examples
    --------
    >>> plain_text(BeautifulSoup("<h2>The <em>green</em> plan\nof</h2>", "html.parser").h2)
    'The green plan of'
    """
    return " ".join(element.get_text().split())


def relink(chapter: Chapter, chapters: dict[str, str], address: Callable[[str, str], str]) -> None:
    """Let each link inside the book lead to what ``address`` gives for a chapter and a place in it.

    Parameters
    ----------
    chapters : the names of the chapters by their pages; of a link to what is not among them only the words stay.
    """
    here = PurePosixPath(chapter.page.html_name).parent
    for attribute in ("href", "xlink:href"):
        for tag in chapter.content.find_all("a", attrs={attribute: True}):
            target, _, anchor = str(tag[attribute]).partition("#")
            target = unquote(target.partition("?")[0])
            if "//" in target or target.startswith(("mailto:", "data:")):
                continue
            docname = chapter.page.docname
            if target:
                docname = _normalize_path(here / target).removesuffix(".html")
            if docname in chapters:
                tag[attribute] = address(chapters[docname], unquote(anchor))
            else:
                tag.unwrap()


def release_time(book: Book) -> datetime:
    """Return the time that what is made of the book bears: of ``SOURCE_DATE_EPOCH``, or of the day of the release.

    Raises
    ------
    DataError : ``SOURCE_DATE_EPOCH`` is no number of seconds.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch:
        try:
            return datetime.fromtimestamp(int(epoch), UTC)
        except (ValueError, OverflowError, OSError):
            raise DataError(f"SOURCE_DATE_EPOCH: found {epoch[:60]!r}, expected a number of seconds") from None
    released: date = book_metadata.release_date(book)
    return datetime.combine(released, datetime.min.time(), UTC)


def made_files(folder: Path) -> list[Path]:
    """Return the files that were made of a whole language, in the folder of its edition."""
    return sorted(path for ending in ("epub", "pdf") for path in folder.glob(f"*.{ending}"))


def chapter_name(page: Page) -> str:
    """Return what a page is called in the whole: letters, digits and ``-``.

    Examples
    --------
    >>> chapter_name(Page("chapters/en/my chapter", Path("x.md"), "en", "", 1))
    'chapter-my-chapter'
    """
    plain = page.name.removeprefix(f"{page.language}/")
    name = slug(plain)
    exact = plain.isascii() and name == plain.replace(" ", "-").replace("_", "-").replace("/", "-").lower()
    return f"chapter-{name}" if exact else f"chapter-{name}-{digest_of_bytes(plain.encode())[:6]}".replace("--", "-")


def _is_for_the_site_alone(page: Page) -> bool:
    return page.path.suffix == ".md" and entity_pages.has_mark(page.path.read_text(encoding="utf-8"), "site_alone")


def _normalize_path(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts:
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _read_chapter(page: Page, path: Path) -> Chapter:
    """Return a chapter without what needs a screen."""
    content = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").select_one("article")
    if content is None:
        raise DataError(f"{page.name}: found a built page without an article, expected one (jb build .)")
    for part in content.select(_SCREEN_ONLY):
        part.decompose()
    for part in content.select("span.text_html, data, span[data-cell], span[data-origin-of]"):
        part.unwrap()  # thousands of them, which say nothing without a screen
    title = plain_text(content.h1) if content.h1 else page.docname.rpartition("/")[2]
    return Chapter(chapter_name(page), page, title, content)
