"""Which pages are read again: what each depended on is recorded while it is read, and compared by the next build."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from logging import WARNING, Handler, LogRecord, getLogger
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from checkable_book.book import Book
from checkable_book.dependencies import (
    CHANGED_MEANWHILE,
    TRACE_VARIABLE,
    Dependency,
    digest_of_file,
    read_dependencies,
    record_opened_files,
)
from checkable_book.files import write_text_whole
from checkable_book.sphinx_ext.staleness import Fingerprints, PageDependencies


class DependencyTracker:
    """Keeps what each page depends on, with the environment of Sphinx, and says which pages are stale."""

    def __init__(self, app: Sphinx, book: Book) -> None:
        self.app = app
        self.book = book
        self.fingerprints = Fingerprints(book)
        self.sources: dict[str, str] = {}
        self.trace: Path | None = None
        self.warnings = _PagesThatWarn(app)
        getLogger("sphinx").addHandler(self.warnings)
        record_opened_files(book, processes=False)

    @property
    def pages(self) -> dict[str, PageDependencies]:
        """What each page depends on, by its name."""
        env = self.app.env
        if not hasattr(env, "checkable_book_dependencies"):
            env.checkable_book_dependencies = {}  # type: ignore[attr-defined]
        found: dict[str, PageDependencies] = env.checkable_book_dependencies  # type: ignore[attr-defined]
        return found

    def stale_pages(
        self, app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
    ) -> list[str]:
        """Return the pages that must be read, and so executed, again."""
        path = self._to_read_again
        again = set(path.read_text(encoding="utf-8").splitlines()) if path.exists() else set()
        # Where a page is gone, the one that lists it must say so; Sphinx would look for it in what it kept.
        again |= {page for page, listed in env.toctree_includes.items() if removed & set(listed)}
        return [
            page
            for page in sorted(env.found_docs - added - changed)
            if page in again
            or page not in self.pages
            or self.fingerprints.is_stale(self.pages[page], Path(env.doc2path(page)))
        ]

    def begin_build(self, app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
        """Take the digests of the sources of all pages that are read, before the first is, and note that they are."""
        self.sources = {page: digest_of_file(Path(env.doc2path(page))) for page in pages}
        if pages:
            self._write_to_read_again(pages)

    def begin_page(self, app: Sphinx, page: str, source: list[str]) -> None:
        """Let this process and the kernel of a page record what the page depends on."""
        handle, name = tempfile.mkstemp(prefix="dependencies-", suffix=".txt")
        os.close(handle)
        self.trace = Path(name)
        os.environ[TRACE_VARIABLE] = name

    def end_page(self, app: Sphinx, doctree: nodes.document) -> None:
        """Keep what the page depended on."""
        if self.trace is None:
            return
        os.environ.pop(TRACE_VARIABLE, None)
        recorded = read_dependencies(self.trace)
        self.trace.unlink(missing_ok=True)
        self.trace = None
        page = app.env.docname
        source = Path(app.env.doc2path(page))
        own = self.book.shown_path(source)
        kept = [one for one in _unequal_as_changed(recorded) if one.name != own]
        self.pages[page] = PageDependencies(self.sources.get(page, ""), self.fingerprints.layout_once(), tuple(kept))

    def forget_page(self, app: Sphinx, env: BuildEnvironment, page: str) -> None:
        """Forget a page that is read again or gone."""
        self.pages.pop(page, None)

    def merge_pages(self, app: Sphinx, env: BuildEnvironment, pages: Iterable[str], other: BuildEnvironment) -> None:
        """Take over what another process read."""
        theirs = getattr(other, "checkable_book_dependencies", {})
        self.pages.update({page: theirs[page] for page in pages if page in theirs})

    def end_build(self, app: Sphinx, error: Exception | None) -> None:
        """Keep the names of the pages that warned: they are read again until they do not."""
        getLogger("sphinx").removeHandler(self.warnings)
        if error is None:
            self._write_to_read_again(self.warnings.pages)

    @property
    def _to_read_again(self) -> Path:
        """The file that names the pages to read again whatever has changed.

        During a build these are all pages that it reads, because an interrupted
        build may leave their cached doctrees incomplete; afterwards, the pages
        that emitted warnings.
        """
        return Path(self.app.doctreedir) / "read_again.txt"

    def _write_to_read_again(self, pages: Iterable[str]) -> None:
        write_text_whole(self._to_read_again, "".join(f"{page}\n" for page in sorted(pages)))


class _PagesThatWarn(Handler):
    """Keeps the names of the pages that warn during a build."""

    def __init__(self, app: Sphinx) -> None:
        super().__init__(WARNING)
        self.app = app
        self.pages: set[str] = set()

    def emit(self, record: LogRecord) -> None:
        """Note the pages that a warning is about; one that names none may be about any.

        A label that stands twice is told of one page with the name of the other: only both show it again.
        """
        if logging.is_suppressed_warning(
            getattr(record, "type", ""), getattr(record, "subtype", ""), self.app.config.suppress_warnings
        ):
            return
        location = getattr(record, "location", "") or ""
        if isinstance(location, nodes.Node):
            location = logging.get_node_location(location) or ""
        place = str(location[0] if isinstance(location, tuple) else location)
        found = self.app.env.found_docs if getattr(self.app, "env", None) else set()
        text = f"{place} {record.getMessage()}"
        named = {page for page in found if page == place or f"{page}." in text}
        self.pages |= named or set(found)


def _unequal_as_changed(recorded: Iterable[Dependency]) -> list[Dependency]:
    """Return dependencies, each once; what was seen with two contents was changed meanwhile."""
    digests: dict[tuple[str, str], set[str]] = {}
    for one in recorded:
        digests.setdefault((one.kind, one.name), set()).add(one.digest)
    return [
        Dependency(kind, name, found.pop() if len(found) == 1 else CHANGED_MEANWHILE)
        for (kind, name), found in digests.items()
    ]
