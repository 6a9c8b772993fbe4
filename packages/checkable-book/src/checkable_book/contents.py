"""The one list of pages: what ``_toc.yml`` names, as sphinx-external-toc reads it.

Build, refresh, verification, PDF, EPUB and archive all take the pages from
here, in their order: Markdown and notebooks, in any folder, nested, from
globs and parts. Files that the contents do not name are no pages.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from sphinx.util.matching import patfilter
from sphinx_external_toc.api import Document, FileItem, GlobItem, SiteMap, UrlItem
from sphinx_external_toc.parsing import MalformedError, parse_toc_data

from checkable_book.book import Book, current_book
from checkable_book.errors import DataError
from checkable_book.text import line_place

CONTENTS = "_toc.yml"
#: The endings of files that can be pages.
SUFFIXES = (".md", ".ipynb", ".rst", ".txt")
#: Those of texts without cells.
TEXTS = {".rst", ".txt"}
#: The folder that holds the chapters of each language, where a book has several.
CHAPTERS = "chapters"


@dataclass(frozen=True)
class Page:
    """A page of the book.

    Parameters
    ----------
    docname : its path without its ending, as Sphinx names it.
    path : its file.
    language : the language of the edition that it is built in.
    part : the caption of the part that it stands in, in the book's first language; empty before all parts.
    level : how deep it stands below the front page, which has 0.

    Examples
    --------
    >>> Page("chapters/en/index", Path("chapters/en/index.md"), "en", "", 0).name
    'en/index'
    """

    docname: str
    path: Path
    language: str
    part: str
    level: int

    @property
    def name(self) -> str:
        """Its name in messages, and of its reference notebook: the document's, without the folder of chapters."""
        return self.docname.removeprefix(f"{CHAPTERS}/")

    @property
    def html_name(self) -> str:
        """Its path in the built edition."""
        return f"{self.docname}.html"


@dataclass(frozen=True)
class Part:
    """A part of the contents: its caption, empty where chapters stand before all parts, and its pages."""

    caption: str
    pages: list[Page]


def pages_of(language: str = "", book: Book | None = None) -> list[Page]:
    """Return the pages of an edition in the order of the contents; those of the first language by default.

    Raises
    ------
    DataError : no contents, or contents that cannot be read.
    """
    book = book or current_book()
    chosen = language or book.first_language
    return book.remember(("pages", chosen), lambda: list(_read_pages(book, chosen)))


def all_pages(book: Book | None = None) -> list[Page]:
    """Return the pages of all editions, the first language first."""
    book = book or current_book()
    return [page for language in book.languages for page in pages_of(language, book)]


def parts_of(language: str = "", book: Book | None = None) -> list[Part]:
    """Return the parts of an edition with their pages, in order."""
    parts: list[Part] = []
    for page in pages_of(language, book):
        if not parts or parts[-1].caption != page.part:
            parts.append(Part(page.part, []))
        parts[-1].pages.append(page)
    return parts


def contents_text(language: str, captions: dict[str, str], book: Book | None = None) -> str:
    """Return ``_toc.yml`` for the edition in another language: the same pages, under translated captions.

    Parameters
    ----------
    captions : the captions of parts in that language, by those in the first one.
    """
    book = book or current_book()
    data = _read_contents(book)
    first = f"{CHAPTERS}/{book.first_language}/"

    def translate(part: Any) -> Any:
        if isinstance(part, list):
            return [translate(one) for one in part]
        if not isinstance(part, dict):
            return part
        found = {}
        for key, value in part.items():
            if key in {"root", "file", "glob"} and isinstance(value, str):
                value = value.replace(first, f"{CHAPTERS}/{language}/", 1) if value.startswith(first) else value
            elif key in {"caption", "title"} and isinstance(value, str):
                value = captions.get(value, value)
            found[key] = translate(value)
        return found

    return str(yaml.safe_dump(translate(data), allow_unicode=True, sort_keys=False))


def captions_of(book: Book | None = None) -> list[str]:
    """Return the captions and titles that the contents themselves hold, in order."""
    found: list[str] = []

    def collect(part: Any) -> None:
        if isinstance(part, list):
            for one in part:
                collect(one)
        elif isinstance(part, dict):
            found.extend(str(part[key]) for key in ("caption", "title") if isinstance(part.get(key), str))
            for value in part.values():
                collect(value)

    collect(_read_contents(book or current_book()))
    return list(dict.fromkeys(found))


def twin_of(page: Page, language: str, book: Book | None = None) -> Page | None:
    """Return the page that says the same in another language; ``None`` where there is none."""
    book = book or current_book()
    wanted = page.docname.replace(f"{CHAPTERS}/{page.language}/", f"{CHAPTERS}/{language}/", 1)
    return next(
        (one for one in pages_of(language, book) if one.docname == wanted and one.docname != page.docname), None
    )


def page_of_file(path: Path, book: Book | None = None) -> Page | None:
    """Return the page of a file; ``None`` where the contents do not name it."""
    return next((page for page in all_pages(book) if page.path == path), None)


def missing_pages(book: Book) -> list[str]:
    """Return the pages that the contents name and that have no file, in order."""
    site = _site_map(book)
    items = (item for document in site.values() for subtree in document.subtrees for item in subtree.items)
    named = [str(item) for item in items if isinstance(item, FileItem)]
    return [name for name in dict.fromkeys([site.root.docname, *named]) if not source_of(_docname_of(name, book), book)]


def _read_contents(book: Book) -> dict[str, Any]:
    return book.read_yaml(book.root / CONTENTS)


def _site_map(book: Book) -> SiteMap:
    def make() -> SiteMap:
        try:
            return parse_toc_data(_read_contents(book))
        except MalformedError as error:
            raise DataError(f"{CONTENTS}:1: found {' '.join(str(error).split())[:200]}, expected contents") from None

    return book.remember("site map", make)


def _read_pages(book: Book, language: str) -> Iterator[Page]:
    site = _site_map(book)
    first = f"{CHAPTERS}/{book.first_language}/"
    seen: set[str] = set()

    def page(docname: str, part: str, level: int) -> Iterator[Page]:
        own = docname.replace(first, f"{CHAPTERS}/{language}/", 1) if docname.startswith(first) else docname
        if own in seen:
            return
        path = source_of(own, book)
        if path is None and book.may_lack_pages:
            return
        if path is None:
            wanted = f"{own}{SUFFIXES[0]} or {own}{SUFFIXES[1]}"
            place = line_place(CONTENTS, (book.root / CONTENTS).read_text(encoding="utf-8-sig"), own.rpartition("/")[2])
            raise DataError(f"{place}: found the page {own}, expected its file ({wanted})")
        seen.add(own)
        yield Page(own, path, language, part, level)

    def below(document: Document, part: str, level: int) -> Iterator[Page]:
        for subtree in document.subtrees:
            # Parts stand below the front page; what has a caption deeper down belongs to the part around it.
            caption = str(subtree.caption or "") if level == 0 else part
            for item in subtree.items:
                if isinstance(item, UrlItem):
                    continue
                names = _matching(book, str(item)) if isinstance(item, GlobItem) else [_docname_of(str(item), book)]
                for name in names:
                    yield from page(name, caption, level + 1)
                    if isinstance(item, FileItem) and str(item) in site:
                        yield from below(site[str(item)], caption, level + 1)

    yield from page(_docname_of(site.root.docname, book), "", 0)
    yield from below(site.root, "", 0)


def source_of(docname: str, book: Book) -> Path | None:
    """Return the file of a document; ``None`` where there is none."""
    candidates = (book.root / f"{docname}{suffix}" for suffix in sorted(_suffixes_of(book)))  # of two, as Sphinx does
    return next((path for path in candidates if path.is_file()), None)


def _suffixes_of(book: Book) -> tuple[str, ...]:
    return (*SUFFIXES, *book.notebook_formats)


def _docname_of(name: str, book: Book) -> str:
    """Return the document that the contents name, also as ``./intro.md``."""
    return posixpath.normpath(_without_suffix(name, book))


def _without_suffix(name: str, book: Book) -> str:
    return next((name.removesuffix(suffix) for suffix in _suffixes_of(book) if name.endswith(suffix)), name)


def _matching(book: Book, pattern: str) -> list[str]:
    """Return the documents that a glob matches, sorted, as Sphinx sorts them."""
    names = {
        path.relative_to(book.root).as_posix().removesuffix(suffix)
        for suffix in _suffixes_of(book)
        for path in book.root.rglob(f"*{suffix}")
        if book.owns_file(path)
    }
    return sorted(patfilter(names, _without_suffix(pattern, book)))
