"""The Sphinx extension of an adopted book: fresh pages, faster kernels, formulas that need no script.

It does what the steps that are on say, and nothing else: no page gets a style,
a script or a mark of ours.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.ext import mathjax
from sphinx.util import logging

from checkable_book.adoption import kernel
from checkable_book.adoption.book import AdoptedBook, Settings
from checkable_book.book import use_book
from checkable_book.dependencies import Dependency
from checkable_book.errors import DataError
from checkable_book.sphinx_ext import kernels, mathml
from checkable_book.sphinx_ext.page_dependencies import DependencyTracker
from checkable_book.sphinx_ext.staleness import Fingerprints, installed_packages

_LOGGER = logging.getLogger(__name__)
#: Modes in which MyST-NB may take outputs from an earlier run of the same program, whatever the data is now.
CACHED = {"cache", "lazy"}


class AdoptedFingerprints(Fingerprints):
    """The digests of an adopted book's files during one build."""

    def layout(self) -> str:
        """Return the digest of what every page depends on: the installed packages."""
        return installed_packages()


class AdoptedTracker(DependencyTracker):
    """Keeps what each page of an adopted book depends on; one whose kernel recorded nothing is always stale."""

    def __init__(self, app: Sphinx, book: AdoptedBook) -> None:
        super().__init__(app, book)
        self.fingerprints = AdoptedFingerprints(book)

    def end_build(self, app: Sphinx, error: Exception | None) -> None:
        """Forget the pages that warned: Sphinx does not read them again either."""
        self.warnings.pages.clear()
        super().end_build(app, error)

    def end_page(self, app: Sphinx, doctree: nodes.document) -> None:
        """Keep what the page depended on."""
        super().end_page(app, doctree)
        page = app.env.docname
        about = getattr(app.env, "nb_metadata", {}).get(page, {})
        kept = self.pages.get(page)
        if kept and about.get("exec_data") and not any(one.kind == kernel.RECORDED for one in kept.recorded):
            unseen = Dependency("process", "a kernel of another kind", "")
            self.pages[page] = replace(kept, recorded=(*kept.recorded, unseen))


class AdoptedBuild:
    """One build of an adopted book."""

    def __init__(self, app: Sphinx) -> None:
        self.app = app
        self.tracker: DependencyTracker | None = None
        self.book: AdoptedBook | None = None
        self.settings = Settings(steps=())
        self.pages_with_mathjax: set[str] = set()

    def begin(self, app: Sphinx, config: Config) -> None:
        """Read which steps are on, and set up what they need."""
        self.book = AdoptedBook(Path(app.srcdir))
        try:
            self.settings = self.book.settings
        except DataError as error:
            _LOGGER.error(str(error))
            raise SystemExit(1) from None
        use_book(self.book)
        steps = self.settings.steps
        if "freshness" in steps and config.nb_execution_mode in CACHED:
            _LOGGER.info("checkable-book: executes stale pages itself, without the cache of MyST-NB")
            config.nb_execution_mode = "force"
        if "freshness" in steps or "kernels" in steps:
            forked = "kernels" in steps and kernels.can_fork()
            kernel.announce_kernel(self.book, forked=forked)
        if "offline" in steps and config.html_math_renderer in (None, "mathjax"):
            # Not before: of two renderers, Sphinx takes the one that is not MathJax.
            mathml.FormulaRenderer(keep=self.keep_for_mathjax).register(app)
            config.html_math_renderer = mathml.NAME

    def keep_for_mathjax(self, writer: Any, node: nodes.Element) -> None:
        """Write a formula that cannot be converted as the book had it, for the script of MathJax."""
        self.pages_with_mathjax.add(str(writer.builder.current_docname))
        if isinstance(node, nodes.math):
            mathjax.html_visit_math(writer, node)
        elif isinstance(node, nodes.math_block):
            mathjax.html_visit_displaymath(writer, node)

    def add_mathjax(self, app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
        """Let a page load MathJax, as before, where a formula of it was kept."""
        if page in self.pages_with_mathjax:
            app.config.html_math_renderer = "mathjax"
            mathjax.install_mathjax(app, page, template, context, doctree)
            app.config.html_math_renderer = mathml.NAME

    def prepare(self, app: Sphinx) -> None:
        """Begin to track what the pages depend on."""
        if self.book and "freshness" in self.settings.steps:
            self.tracker = AdoptedTracker(app, self.book)

    def before_pages(self, app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
        """Start the process that kernels are forked from, where pages are read that need them."""
        if pages and self.book and "kernels" in self.settings.steps and kernels.can_fork():
            kernel.start_server(",".join(self.settings.preload))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    build = AdoptedBuild(app)
    app.setup_extension("myst_nb")
    app.add_config_value("checkable_book", None, "")  # of a Sphinx project; read from the file like that of others
    app.connect("config-inited", build.begin, priority=10)
    app.connect("builder-inited", build.prepare, priority=600)  # after MyST-NB
    app.connect("env-before-read-docs", build.before_pages)
    app.connect("html-page-context", build.add_mathjax)
    app.connect("env-get-outdated", lambda *a: build.tracker.stale_pages(*a) if build.tracker else [])
    app.connect("env-before-read-docs", lambda *a: build.tracker.begin_build(*a) if build.tracker else None)
    app.connect("source-read", lambda *a: build.tracker.begin_page(*a) if build.tracker else None)
    app.connect("doctree-read", lambda *a: build.tracker.end_page(*a) if build.tracker else None)
    app.connect("env-purge-doc", lambda *a: build.tracker.forget_page(*a) if build.tracker else None)
    app.connect("env-merge-info", lambda *a: build.tracker.merge_pages(*a) if build.tracker else None)
    app.connect("build-finished", lambda *a: build.tracker.end_build(*a) if build.tracker else None, priority=100)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
