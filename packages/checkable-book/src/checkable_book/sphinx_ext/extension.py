"""The Sphinx extension: checked data, fresh pages, numbered tables, no foreign host.

``_config.yml`` names it, ``checkable_book.sphinx_ext``, as the last of its extensions.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import sphinx.cmd.build
import yaml
from docutils import nodes
from markdown_it import MarkdownIt
from mdit_py_plugins.front_matter import front_matter_plugin
from myst_nb.core.execute import ExecutionError
from myst_nb.ext.glue.roles import PasteRoleAny
from myst_nb.sphinx_ import Parser
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from sphinx import search
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.jinja2glue import SphinxFileSystemLoader
from sphinx.search import SearchLanguage
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from checkable_book.book import CONFIG, Book, current_book, use_book
from checkable_book.contents import all_pages, pages_of
from checkable_book.data.description import EVIDENCE
from checkable_book.files import write_text_whole
from checkable_book.render import book_metadata, i18n
from checkable_book.render.output import render_template
from checkable_book.render.viewer import VIEWERS
from checkable_book.source_faults import configuration_faults, data_faults, list_faults
from checkable_book.sphinx_ext import (
    assembled_book,
    bibliography,
    kernels,
    links,
    mathml,
    metadata_tags,
    multilingual,
    postprocess_html,
    sidebar,
    site_manifest,
    staleness,
    termination,
)
from checkable_book.sphinx_ext.autolink import link_terms_and_names
from checkable_book.sphinx_ext.glued_titles import flatten_glued_titles
from checkable_book.sphinx_ext.margin_notes import number_margin_notes
from checkable_book.sphinx_ext.page_dependencies import DependencyTracker
from checkable_book.sphinx_ext.prose_marks import RemoveReservedClasses

# The scripts of our own, by what a page must hold to need them.
_SCRIPTS = {
    'class="chart"': "charts.js",
    "data-filters=": "tables.js",
    'class="whole"': "rows.js",
    'id="ask-form"': "query.js",
    'class="viewer"': "viewers.js",
    'class="value"': "values.js",
    "<h2": "language.js",
}
_LABELS = ("try-value", "try-rows", "not-loaded")  # what those scripts say before the messages of all are loaded
_STATIC = Path(__file__).parents[1] / "render" / "static"
_THEME = Path(__file__).parent / "theme"
_OPEN_FILES = 256  # a kernel alone opens dozens
_CHECKED = "checked.txt"  # beside the site: which data was last found right
_LOGGER = logging.getLogger(__name__)


class TableFigure(nodes.figure):
    """A table of the paper, numbered as there."""


class SupplementFigure(nodes.figure):
    """A table that this edition adds, numbered apart from the paper's."""


_TABLES = {"table": TableFigure, "supplement": SupplementFigure}


class ChapterParser(Parser):
    """Reads chapters as MyST-NB does; a cell that fails is told in one line, and ends the build once all are read."""

    def parse(self, inputstring: str, document: nodes.document) -> None:
        """Parse a chapter, which executes its cells."""
        try:
            super().parse(inputstring, document)
        except (ExecutionError, CellExecutionError, CellTimeoutError, DeadKernelError, RuntimeError) as error:
            cause = error.__cause__ if isinstance(error, ExecutionError) else error
            if type(error) is RuntimeError and "kernel" not in str(error).lower():
                raise
            path = Path(self.env.doc2path(self.env.docname))
            _LOGGER.error(kernels.describe_failure(path, cause or error, current_book()))
            document.attributes.pop("nb_renderer", None)  # which MyST-NB would have taken away itself
            self.env.app.checkable_book.failed = True


class GlueRole(PasteRoleAny):
    """Prints a glued value; where there is none of that name, its name instead of a gap."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return what stands in the prose, and the warning where nothing was found."""
        found, messages = super().run()
        return found or [nodes.strong(text=f"[{self.text}?]")], messages


class NumberTables(SphinxTransform):
    """Number as tables the captioned cell outputs whose name starts with ``table-`` or ``supplement-``."""

    default_priority = 10

    def apply(self, **kwargs: Any) -> None:
        """Replace each such figure by its kind of table, with the caption closed before the table."""
        for figure in list(self.document.findall(nodes.figure)):
            kind = _TABLES.get(" ".join(figure["names"]).partition("-")[0])
            if kind:
                caption, *content = figure.children
                end = nodes.raw("", "</figcaption>", format="html")
                table = kind("", caption, end, *content, **figure.attributes)
                table.source, table.line = figure.source, figure.line
                figure.replace_self(table)
                self.document.ids.update(dict.fromkeys(table["ids"], table))  # where cross-references look


class MarkEmphasisLanguage(SphinxTransform):
    """Mark emphasized words as those of the language that ``checkable_book_emphasis_language`` names, if any."""

    default_priority = 900

    def apply(self, **kwargs: Any) -> None:
        """Mark each emphasis, as docutils understands it."""
        if language := self.config.checkable_book_emphasis_language:
            for words in self.document.findall(nodes.emphasis):
                words["classes"].append(f"language-{language}")


class ShareAnchors(SphinxTransform):
    """Give each section the identifier that it has in the first edition too, so that readers can change over."""

    default_priority = 20

    def apply(self, **kwargs: Any) -> None:
        """Put the first edition's identifier before the section's own."""
        book = current_book()
        own = f"chapters/{self.config.language}/"
        if self.config.language == book.first_language or not self.env.docname.startswith(own):
            return
        twin = self.env.docname.replace(own, f"chapters/{book.first_language}/", 1)
        path = next((page.path for page in pages_of("", book) if page.docname == twin), None)
        if path is None or path.suffix != ".md":
            return
        self.env.note_dependency(str(path))
        headings = [nodes.make_id(title) for title in _headings(path.read_text(encoding="utf-8"))]
        sections = list(self.document.findall(nodes.section))
        if sections and len(sections) != len(headings):  # there are none where a cell failed
            _LOGGER.warning(
                "found %s headings, expected %s, as in %s",
                len(sections),
                len(headings),
                book.shown_path(path),
                location=self.env.docname,
            )
        for section, id in zip(sections, headings, strict=False):
            if id not in section["ids"]:
                section["ids"].insert(0, id)
                self.document.ids[id] = section


def _headings(text: str) -> list[str]:
    """Return the headings of a chapter's source, in order."""
    tokens = MarkdownIt().use(front_matter_plugin).parse(text)
    return [inline.content for token, inline in pairwise(tokens) if token.type == "heading_open"]


def _register_unstemmed_search(app: Sphinx, language: str) -> None:
    """Let Sphinx search without stemming in a language that it has no stemmer for: it would take the English one."""
    if language not in search.languages and language.partition("_")[0] not in search.languages:
        app.add_search_language(
            type("UnstemmedSearch", (SearchLanguage,), {"lang": language, "language_name": language})
        )


class BookBuild:
    """One build of one edition: the book, the other editions that it started, and what it tracks."""

    def __init__(self, app: Sphinx) -> None:
        self.app = app
        self.failed = False
        self.book: Book = None  # type: ignore[assignment]
        self.tracker: DependencyTracker = None  # type: ignore[assignment]
        self.editions: list[multilingual.OtherEdition] = []
        self.stamp = ""
        self.repaired: list[str] = []
        self.outputs_dropped = False
        self.finished = False

    @property
    def language(self) -> str:
        """The language of the edition."""
        return str(self.app.config.language)

    @property
    def is_first(self) -> bool:
        """Whether this is the edition that the book builds first."""
        return not multilingual.is_other_edition()

    @property
    def site(self) -> Path:
        """The folder of the whole site, which is that of the first edition."""
        outdir = Path(self.app.outdir)
        return outdir if self.is_first else outdir.parent

    @property
    def other_folders(self) -> list[str]:
        """The folders of this edition's site that hold other editions."""
        return self.book.languages[1:] if self.is_first else []

    @property
    def is_html(self) -> bool:
        """Whether pages are built."""
        return self.app.builder.format == "html"

    def begin(self, app: Sphinx, config: Config) -> None:
        """Find the book, start the other editions, and end cleanly from here on."""
        if lines := system_faults(Path(app.srcdir)):
            raise SystemExit(_log_error("\n".join(lines)))
        if not (Path(app.srcdir) / CONFIG).is_file():
            raise SystemExit(_log_error(f"found {app.srcdir} to build, expected the whole book (jb build .)"))
        _tell_system_errors_in_lines()
        self.book = Book(Path(app.srcdir))
        use_book(self.book)
        kernels.announce_kernel()
        lines = configuration_faults(self.book) or list_faults(lambda: all_pages(self.book))
        if lines and self.is_first:
            raise SystemExit(_log_error("\n".join(lines)))
        _set_up_execution(config)
        config.external_toc_exclude_missing = True  # what the contents do not name is no page
        if config.html_math_renderer in (None, "mathjax"):
            config.html_math_renderer = mathml.NAME
        bibliography.register_styles(self.language)
        _register_unstemmed_search(app, self.language)
        if self.is_first:
            termination.end_with_parent()
            if Path(app.outdir).name == multilingual.SITE:
                self._start_editions(app, config)
            termination.end_cleanly()
        config.checkable_book_layout = staleness.page_layout_digest(Path(app.outdir), self.book)

    def _start_editions(self, app: Sphinx, config: Config) -> None:
        options = {
            "strict": bool(app.warningiserror or app.keep_going),
            "keep_going": bool(app.keep_going),
            "nitpicky": bool(config.overrides.get("nitpicky")),
        }
        for language in self.book.languages[1:]:
            edition = multilingual.start_edition(language, Path(app.outdir), self.book, options)
            self.editions.append(edition)
            atexit.register(edition.kill)  # where this build fails first

    def prepare(self, app: Sphinx) -> None:
        """Take away what is broken in the site, and put our static files and templates beside the theme's."""
        self.tracker = DependencyTracker(app, self.book)
        self.stamp = staleness.data_stamp(self.book)
        if self.is_html:
            self.repaired = site_manifest.remove_changed_files(
                Path(app.outdir), Path(app.doctreedir), self.other_folders, unfinished=self._unfinished.exists()
            )
        if not self.is_first:  # MyST-NB would write the executed notebooks into the site of the first edition
            folder = Path(app.doctreedir).parent / "jupyter_execute"
            app.env.mystnb_config = app.env.mystnb_config.copy(output_folder=str(folder))  # type: ignore[attr-defined]
        app.config.html_static_path.append(str(_STATIC))
        templates = getattr(app.builder, "templates", None)
        if templates:  # not among the settings, whose hash would differ with the place of the package
            templates.loaders.append(SphinxFileSystemLoader(str(_THEME)))
            contents = sidebar.SidebarContents(app)
            app.connect("html-page-context", contents.offer_contents, priority=400)  # before the theme's own
        for sheet in ("icons.css", "colours.css", "book.css"):
            app.add_css_file(sheet)
        if not (Path(app.doctreedir) / "environment.pickle").exists():
            kernels.warm_up(self.book)  # a first build executes every page

    def check_data(self, app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
        """Stop the build with one line a fault, and no traceback, where the data is wrong.

        A file that no page lists may break it too, so the data is looked at whenever
        it has changed: by the first edition, for which the others wait.
        """
        if not self.is_first:
            if pages:
                kernels.warm_up(self.book)
                multilingual.wait_for_data()
            return
        path = self.site.parent / _CHECKED
        checked = path.read_text(encoding="utf-8") if path.exists() else ""
        if pages or checked != self.stamp:
            kernels.warm_up(self.book)
            if faults := data_faults(self.book):
                for line in faults:
                    _LOGGER.error(line)
                raise SystemExit(1)
            write_text_whole(path, self.stamp)
        for edition in self.editions:
            edition.data_is_right()

    def drop_outputs(self, app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
        """Take back PDF and EPUB where a page is read again: none is offered that is older than its pages."""
        made = assembled_book.made_files(Path(app.outdir)) if pages else []
        for path in made:
            path.unlink()
        self.outputs_dropped = bool(made)

    def pages_to_write_again(self, app: Sphinx, env: BuildEnvironment) -> list[str]:
        """Return the pages that are written again though they are not read again."""
        again: set[str] = set()
        if self.outputs_dropped or self._unfinished.exists() or "searchindex.js" in self.repaired:
            again = set(env.found_docs)
        elif self.repaired:
            again = {page for page in env.found_docs if f"{page}.html" in self.repaired} or {str(app.config.root_doc)}
        self._unfinished.parent.mkdir(parents=True, exist_ok=True)
        self._unfinished.touch()
        return sorted(again)

    def stop_where_cells_failed(self, app: Sphinx, env: BuildEnvironment) -> None:
        """End the build once all pages are read, where a cell of one of them failed."""
        if self.failed:
            self.wait_for_editions(app, None)  # whose cells may fail too
            raise SystemExit(1)

    def finish(self, app: Sphinx, error: Exception | None) -> None:
        """Put everything in place that belongs to the pages, and take out what belongs to none."""
        if error is None and self.is_html:
            outdir = Path(app.outdir)
            postprocess_html.finish(app, self.book, Path(app.doctreedir) / "styles")
            site_manifest.remove_files(outdir, postprocess_html.withdrawn_files(app, self.book, self.other_folders))

    def wait_for_editions(self, app: Sphinx, error: Exception | None) -> None:
        """Wait for the other editions, and print what they said; stop where one failed and nothing else did."""
        failed = []
        for edition in self.editions:
            code, text = edition.wait()
            print(f"The edition in {i18n.language_name(edition.language)}:\n{text}", flush=True)
            if code:
                failed.append(edition.language)
        self.editions = []
        if failed and error is None:
            raise SystemExit(1)

    def end(self, app: Sphinx, error: Exception | None) -> None:
        """Write the way in, which names the pages of all editions, and the manifest of the site."""
        if error is not None or not self.is_html:
            return
        if self.is_first:
            icon = Path(str(app.config.html_favicon or "")).name
            postprocess_html.write_landing_page(Path(app.outdir), self.book, icon)
        site_manifest.write_manifest(Path(app.outdir), Path(app.doctreedir), self.other_folders)
        self._unfinished.unlink(missing_ok=True)

    @property
    def _unfinished(self) -> Path:
        """The file that is there while pages are written, and after where that was broken off."""
        return Path(self.app.doctreedir) / "unfinished"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    build = BookBuild(app)
    app.checkable_book = build  # type: ignore[attr-defined]
    app.setup_extension("myst_nb")
    app.setup_extension("sphinxcontrib.bibtex")
    app.add_source_parser(ChapterParser, override=True)
    app.add_role_to_domain("glue", "", GlueRole(), override=True)
    for name, kind in _TABLES.items():
        app.add_enumerable_node(kind, name, html=(_visit_table, _depart_table))
    mathml.FormulaRenderer().register(app)
    for transform in (RemoveReservedClasses, NumberTables, MarkEmphasisLanguage, ShareAnchors):
        app.add_transform(transform)
    app.add_config_value("checkable_book_tables", "", "")
    app.add_config_value("checkable_book_recomputed", "", "")
    app.add_config_value(VIEWERS, "", "")
    app.add_config_value("checkable_book_emphasis_language", "", "env")
    # Pages are written anew, though not executed, when what stands around their content changes.
    app.add_config_value("checkable_book_layout", "", "html")
    app.connect("config-inited", build.begin, priority=10)
    app.connect("builder-inited", build.prepare, priority=600)  # after MyST-NB
    app.connect("env-get-outdated", lambda *a: build.tracker.stale_pages(*a))
    app.connect("env-before-read-docs", build.check_data)
    app.connect("env-before-read-docs", lambda *a: build.tracker.begin_build(*a))
    app.connect("env-before-read-docs", build.drop_outputs)
    app.connect("env-before-read-docs", _purge_all)
    app.connect("source-read", lambda *a: build.tracker.begin_page(*a))
    app.connect("source-read", _refuse_cached_execution)
    app.connect("doctree-read", lambda *a: build.tracker.end_page(*a))
    app.connect("doctree-read", flatten_glued_titles, priority=600)  # after Sphinx kept them
    app.connect("doctree-read", links.note_anchors)
    app.connect("doctree-read", _warn_of_bare_outputs)
    app.connect("env-purge-doc", lambda *a: build.tracker.forget_page(*a) if build.tracker else None)
    app.connect("env-purge-doc", links.forget_anchors)
    app.connect("env-merge-info", lambda *a: build.tracker.merge_pages(*a))
    app.connect("env-updated", build.stop_where_cells_failed)
    app.connect("env-updated", links.pages_after_move)
    app.connect("env-updated", build.pages_to_write_again)
    app.connect("env-get-updated", links.pages_after_renaming, priority=900)  # after Sphinx has numbered everything
    app.connect("doctree-resolved", link_terms_and_names, priority=400)
    app.connect("doctree-resolved", links.resolve_links)
    app.connect("doctree-resolved", number_margin_notes, priority=600)
    app.connect("html-page-context", _add_metadata, priority=900)
    app.connect("html-page-context", _offer_downloads, priority=900)
    app.connect("html-page-context", _offer_languages)
    app.connect("build-finished", lambda *a: build.tracker.end_build(*a) if build.tracker else None, priority=100)
    app.connect("build-finished", build.finish)
    app.connect("build-finished", build.wait_for_editions, priority=600)
    app.connect("build-finished", build.end, priority=700)
    return {"version": "2", "env_version": 2, "parallel_read_safe": False, "parallel_write_safe": True}


def system_faults(folder: Path) -> list[str]:
    """Return a line for each thing about the system, the environment or the folder that a build cannot work with."""
    faults = []
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is not None and not (epoch.isdecimal() and len(epoch) < 12):
        faults.append(f"SOURCE_DATE_EPOCH: found {epoch!r}, expected seconds since 1970")
    if sys.flags.optimize > 1:
        faults.append("Python: found -OO or PYTHONOPTIMIZE=2, expected docstrings to be kept")
    if signs := sorted(set("*?[]") & set(str(folder))):
        faults.append(f"{folder}: found {signs[0]} in the path of the book, expected none of * ? [ ]")
    try:
        import resource  # on POSIX systems
    except ImportError:
        return faults
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if 0 <= limit < _OPEN_FILES:
        faults.append(f"system: found a limit of {limit} open files, expected {_OPEN_FILES} or more (ulimit -n)")
    return faults


def _tell_system_errors_in_lines() -> None:
    """Let what the system refuses end a build with one line, where Sphinx would print a traceback."""
    told = partial(_handle_exception, sphinx.cmd.build.handle_exception)
    for module in (sphinx.cmd.build, sys.modules.get("jupyter_book.sphinx")):
        if module is not None:
            module.handle_exception = told  # type: ignore[attr-defined]


def _handle_exception(otherwise: Callable[..., None], app: Any, arguments: Any, error: Any, stream: Any) -> None:
    if isinstance(error, OSError):
        where = error.filename or "system"
        print(f"{where}: found {error.strerror or error}, expected to read or write it", file=stream)
    else:
        otherwise(app, arguments, error, stream)


def _set_up_execution(config: Config) -> None:
    """Let every page that is read be executed: the extension knows when a page is stale, a cache does not."""
    if config.nb_execution_mode in {"auto", "cache", "lazy"}:
        config.nb_execution_mode = "force"
    config.nb_execution_raise_on_error = True


def _refuse_cached_execution(app: Sphinx, page: str, source: list[str]) -> None:
    """Refuse a page that asks for outputs of an earlier run."""
    path = Path(app.env.doc2path(page))
    try:
        metadata = _page_metadata(path, source[0])
    except Exception:  # told by the parser
        return
    for key in ("mystnb", "execution"):
        found = metadata.get(key)
        mode = str((found or {}).get("execution_mode") or "") if isinstance(found, dict) else ""
        if mode in {"auto", "cache", "lazy"}:
            _LOGGER.error(
                "%s: found execution_mode: %s, expected force or off (the build knows when a page is stale)",
                current_book().shown_path(path),
                mode,
            )
            raise SystemExit(1)


def _page_metadata(path: Path, text: str) -> dict[str, Any]:
    import json

    if path.suffix == ".ipynb":
        return dict(json.loads(text).get("metadata") or {})
    if not text.startswith("---\n"):
        return {}
    return dict(yaml.safe_load(text[4:].partition("\n---")[0]) or {})


def _visit_table(writer: Any, node: nodes.figure) -> None:
    writer.visit_figure(node)


def _depart_table(writer: Any, node: nodes.figure) -> None:
    writer.body.append("</figure>\n")


def _log_error(line: str) -> int:
    _LOGGER.error(line)
    return 1


def _purge_all(app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
    """Forget all pages that are read anew before the first is, so that a label that has moved is not there twice."""
    for page in pages:
        app.emit("env-purge-doc", env, page)
        env.clear_doc(page)


def _warn_of_bare_outputs(app: Sphinx, doctree: nodes.document) -> None:
    """Warn of outputs that name no source: their numbers would not be explained, and Altair's own scripts not run."""
    outputs = [node for node in doctree.findall(nodes.container) if "cell_output" in node["classes"]]
    for shown in (raw for output in outputs for raw in output.findall(nodes.raw)):
        markup = shown.astext()
        if "altair-viz" in markup:
            _LOGGER.warning("found a chart that the page's policy blocks, expected chart.show(...)", location=shown)
        elif "<table" in markup and 'class="data-table' not in markup:
            _LOGGER.warning("found a table that names no source, expected table.frame_table(...)", location=shown)


def _add_metadata(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Add what a page says of itself to machines; drop scripts of other hosts; load our own where they have work."""
    language = str(app.config.language)
    labels: Any = {f"data-{name}": i18n.translate(name.replace("-", "_"), language) for name in _LABELS}
    claims = links.address_resolver(app, page)(f"table:{EVIDENCE}", "#claim-")
    labels |= {"data-evidence": claims} if claims else {}
    app.add_js_file("loader.js", loading_method="defer", **labels)
    for mark, script in _SCRIPTS.items():
        if mark in context.get("body", ""):
            app.add_js_file(script, loading_method="defer")
    picture = "_static/social-card.png"  # a full address where it is known, as those who show it want
    address = book_metadata.known_metadata()["edition"]["address"]
    picture = f"{address.rstrip('/')}/{picture}" if address else context["pathto"](picture, resource=True)
    context["metatags"] = context.get("metatags", "") + metadata_tags.head_tags(
        context.get("title", ""), context.get("body", ""), picture, language
    )
    context["script_files"] = [script for script in context["script_files"] if not _is_foreign(script)]


def _offer_downloads(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Offer a page's executed notebook and, once made, PDF and EPUB; drop the buttons with scripts in their markup."""
    language = str(app.config.language)
    notebook = postprocess_html.notebook_name(page)
    offers = []
    if postprocess_html.executed_notebook(app, page).exists():
        offers.append((notebook, ".ipynb", "download_notebook", "fas fa-code"))
    offers += [
        (path.name, path.suffix, f"download_{path.suffix[1:]}", "fas fa-file-pdf")
        for path in assembled_book.made_files(Path(app.outdir))
    ]
    for group in context.get("header_buttons", []):
        if group.get("label") == "download-buttons":
            group["buttons"] = [button for button in group["buttons"] if button["type"] == "link"]
            group["buttons"] += [
                {
                    "type": "link",
                    "url": context["pathto"](target, resource=True),
                    "text": shown,
                    "tooltip": i18n.translate(tooltip, language),
                    "icon": icon,
                    "label": tooltip.replace("_", "-"),
                }
                for target, shown, tooltip, icon in offers
            ]


def _offer_languages(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Tell the page's template where the page is in the other languages; pages of Sphinx's own have the same name."""
    build: BookBuild = app.checkable_book  # type: ignore[attr-defined]
    own, book = build.language, build.book
    here = Path(app.builder.get_outfilename(page)).parent  # type: ignore[attr-defined]
    context["other_languages"] = []
    for code in book.languages:
        if code == own:
            continue
        twin = page.replace(f"chapters/{own}/", f"chapters/{code}/", 1)
        target = multilingual.edition_folder(build.site, code, book) / f"{twin}.html"
        context["other_languages"].append(
            {
                "code": code,
                "name": i18n.language_name(code),
                "label": i18n.translate("other_language", code, language=i18n.language_name(code)),
                "address": Path(os.path.relpath(target, here)).as_posix(),
            }
        )
    for other in context["other_languages"]:
        context["metatags"] = context.get("metatags", "") + render_template("alternate.html", **other)


def _is_foreign(script: Any) -> bool:
    return (
        "//" in str(script.filename or "")
        or "thebe" in f"{script.filename} {script.attributes.get('body', '')}".lower()
    )
