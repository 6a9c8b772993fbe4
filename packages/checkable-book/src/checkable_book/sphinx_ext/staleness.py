"""When a page is stale: what it depended on is recorded while it is executed, and compared before the next build.

A page keeps the digests of what it really loaded
(:mod:`checkable_book.dependencies`), taken before or while it was loaded. So an
edit at any moment of a build makes another digest, and the next build executes
the page again. Results (a value, the rows of a view, claims) are computed again
only where the data has changed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from checkable_book.book import Book
from checkable_book.data.description import DESCRIPTION, digest_of_data, digest_of_table, read_description
from checkable_book.dependencies import (
    CHANGED_MEANWHILE,
    Dependency,
    digest_of_bytes,
    digest_of_file,
    digest_of_listing,
    digest_of_modules,
    files_of,
)
from checkable_book.errors import DataError
from checkable_book.render import entity_pages, i18n

_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True)
class PageDependencies:
    """What a page depends on since it was executed.

    Parameters
    ----------
    source : the digest of its source, taken before it was read.
    layout : the digest of what every page depends on (:meth:`Fingerprints.layout`).
    recorded : what was recorded while it was executed.
    """

    source: str
    layout: str
    recorded: tuple[Dependency, ...]


class Fingerprints:
    """The digests of a book's files during one build; each file is read once."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._files: dict[str, str] = {}
        self._data: str | None = None
        self._changed: bool | None = None

    def file(self, name: str) -> str:
        """Return the digest of a file of the book, by its path in it."""
        if name not in self._files:
            self._files[name] = digest_of_file(self.book.root / name)
        return self._files[name]

    def layout(self) -> str:
        """Return the digest of what every page depends on: descriptions, messages, templates, installed packages."""
        data = self.book.data_folder
        always = [data / DESCRIPTION, data / "paper.yml", *i18n.message_files(self.book)]
        return _digest_of_files(
            [*always, *(_PACKAGE / "render").glob("templates/*"), *_module_files("data", "render")]
        ) + (installed_packages())

    def data(self) -> str:
        """Return the digest of the tables and their description, as a data package has it."""
        if self._data is None:
            self._data = digest_of_data(self.book)
        return self._data

    def is_stale(self, page: PageDependencies, source: Path) -> bool:
        """Return whether a page must be executed again."""
        if page.source != digest_of_file(source) or page.layout != self.layout_once():
            return True
        results, data_unchanged = [], True
        for dependency in page.recorded:
            if dependency.kind == "result":
                results.append(dependency)
            elif dependency.kind == "data":
                data_unchanged &= dependency.digest == self.data()
            elif dependency.kind.startswith("input "):
                data_unchanged &= self._current_digest(dependency) == dependency.digest
            elif self._current_digest(dependency) != dependency.digest:
                return True
        if data_unchanged:
            results = [one for one in results if not one.name.startswith(_FROM_DATA)]
        return any(_digest_of_result(self.book, one.name) != one.digest for one in results)

    def layout_once(self) -> str:
        """Return :meth:`layout`, worked out once."""
        if "\0layout" not in self._files:
            self._files["\0layout"] = self.layout()
        return self._files["\0layout"]

    def _current_digest(self, dependency: Dependency) -> str:
        if dependency.digest == CHANGED_MEANWHILE:
            return ""
        if dependency.kind == "process":
            return "run again"  # what another program reads, nobody sees
        if dependency.kind in {"file", "input file"}:
            return self.file(dependency.name)
        if dependency.kind in {"listing", "input listing"}:
            return digest_of_listing(self.book.root / dependency.name)
        if dependency.kind == "modules":
            return digest_of_modules(self.book.root / dependency.name)
        if dependency.kind == "table":
            return digest_of_table(self.book, dependency.name)
        return dependency.digest


#: The results that can change only where the data does.
_FROM_DATA = ("rows:", "view:", "claims:", "value:", "query:", "description")


def page_layout_digest(site: Path, book: Book) -> str:
    """Return a digest of what stands around the content of every page, and of what writes it, in whichever module."""
    static = filter(
        Path.is_file, (_PACKAGE / "render" / "static").glob("*")
    )  # folders hold what no page loads by itself
    around = [
        *static,
        *(_PACKAGE / "sphinx_ext").glob("theme/*"),
        *_module_files("sphinx_ext"),
        *i18n.message_files(book),
    ]
    made = sorted(path.name for ending in ("epub", "pdf") for path in site.glob(f"*.{ending}"))
    glossary = book.data_folder / "glossary.csv"
    entities = [entity_pages.entity_digest(entity_pages.find_entity_pages(code, book)) for code in book.languages]
    return " ".join([_digest_of_files([*around, book.data_folder / "paper.yml", glossary]), *entities, *made])


@cache
def installed_packages() -> str:
    """Return a digest of Python's version and of the packages that are installed, with theirs."""
    names = {
        name
        for folder in sys.path
        if folder.endswith(("site-packages", "dist-packages")) and os.path.isdir(folder)
        for name in os.listdir(folder)
        if name.endswith((".dist-info", ".egg-info"))
    }
    return digest_of_bytes("\0".join([sys.version, *sorted(names)]).encode())


def data_stamp(book: Book) -> str:
    """Return a digest of every file of the data."""
    return _digest_of_files(files_of(book.data_folder), book.data_folder)


def _module_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in (_PACKAGE / folder).glob("*.py")]


def _digest_of_files(paths: Iterable[Path], base: Path | None = None) -> str:
    parts = sorted(f"{path.relative_to(base) if base else path.name}\0{digest_of_file(path)}" for path in paths)
    return digest_of_bytes("\0".join(parts).encode())


def _digest_of_result(book: Book, name: str) -> str:
    """Return the digest of a result, computed again; empty where it cannot be."""
    return book.remember(("result", name), lambda: _compute_result(book, name))


def _compute_result(book: Book, name: str) -> str:
    kind, _, rest = name.partition(":")
    try:
        if kind == "entities":
            return entity_pages.entity_digest(entity_pages.find_entity_pages(rest, book))
        if kind == "description":
            return read_description(book)[1]
        return _compute_result_of_data(book, kind, rest)
    except DataError:
        return ""


def _compute_result_of_data(book: Book, kind: str, rest: str) -> str:
    # These import pandas, which a build without changes need not wait for.
    from checkable_book.data import claims, database, package
    from checkable_book.render import values

    if kind == "rows":
        return str(len(package.peek_table(rest, book)))
    if kind == "view":
        return database.view_digest(rest, book)
    if kind == "query":
        return database.query_digest(rest, book)
    if kind == "claims":
        return claims.claims_digest(rest, book)
    language, _, value = rest.partition(":")
    return values.value_digest(value, language, book)
