"""The Sphinx extension: checked data, fresh pages, numbered tables, no foreign host.

``_config.yml`` names it, ``checkable_book.sphinx_ext.extension``, among the extensions.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from itertools import pairwise
from logging import WARNING, Handler, LogRecord, getLogger
from pathlib import Path
from time import sleep
from typing import Any

from docutils import nodes
from markdown_it import MarkdownIt
from mdit_py_plugins.front_matter import front_matter_plugin
from myst_nb.core.execute import ExecutionError
from myst_nb.ext.glue.roles import PasteRoleAny
from myst_nb.sphinx_ import Parser
from nbclient.exceptions import CellExecutionError
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.jinja2glue import SphinxFileSystemLoader
from sphinx.search import SearchLanguage
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from checkable_book import dependencies, project
from checkable_book.errors import DataError
from checkable_book.render import book_metadata, i18n
from checkable_book.render.output import render
from checkable_book.sphinx_ext import (
    assembled_book,
    bibliography,
    editions,
    kernels,
    metadata_tags,
    multilingual,
    postprocess_html,
    staleness,
)
from checkable_book.sphinx_ext.autolink import LinkNames, LinkTerms

# The scripts of our own, by what a page must hold to need them.
_SCRIPTS = {
    'class="chart"': "charts.js",
    "data-filters=": "tables.js",
    'class="whole"': "rows.js",
    'id="ask-form"': "query.js",
    'class="value"': "values.js",
    "<h2": "language.js",
}
_LABELS = ("try-value", "try-rows")  # what those scripts say before the words of all are loaded
_STATIC = Path(__file__).parents[1] / "render" / "static"
_CHECKED = "checked.txt"  # beside the site: which data was last found right, and by which run
_THEME = Path(__file__).parent / "theme"
_LOGGER = logging.getLogger(__name__)


class TableFigure(nodes.figure):
    """A table of the paper, numbered as there."""


class SupplementFigure(nodes.figure):
    """A table that this edition adds, numbered apart from the paper's."""


_TABLES = {"table": TableFigure, "supplement": SupplementFigure}


class Chapters(Parser):
    """Reads chapters as MyST-NB does; a cell that fails is told in one line, and ends the build once all are read."""

    def parse(self, inputstring: str, document: nodes.document) -> None:
        """Parse a chapter, which executes its cells."""
        try:
            super().parse(inputstring, document)
        except ExecutionError as error:
            if not isinstance(error.__cause__, CellExecutionError):
                raise
            _LOGGER.error(kernels.failure(Path(self.env.doc2path(self.env.docname)), error.__cause__))
            document.attributes.pop("nb_renderer", None)  # which MyST-NB would have taken away itself
            self.env.app.checkable_book_failed = True


def _stop_where_cells_failed(app: Sphinx, env: BuildEnvironment) -> None:
    if getattr(app, "checkable_book_failed", False):
        editions.wait(app, None)  # whose cells may fail too
        raise SystemExit(1)


class Glued(PasteRoleAny):
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


class MarkEnglish(SphinxTransform):
    """Say of the words in italics, outside an English edition, that they are English, as is the custom there."""

    default_priority = 900

    def apply(self, **kwargs: Any) -> None:
        """Mark each emphasis, as docutils understands it."""
        if self.config.language != "en":
            for words in self.document.findall(nodes.emphasis):
                words["classes"].append("language-en")


class ShareAnchors(SphinxTransform):
    """Give each section the identifier that it has in the first edition too, so that readers can change over."""

    default_priority = 20

    def apply(self, **kwargs: Any) -> None:
        """Put the first edition's identifier before the section's own."""
        twin = project.chapters() / multilingual.first() / f"{Path(self.env.docname).name}.md"
        if self.config.language == multilingual.first() or not twin.exists():
            return
        self.env.note_dependency(str(twin))
        headings = [nodes.make_id(title) for title in _headings(twin.read_text(encoding="utf-8"))]
        sections = list(self.document.findall(nodes.section))
        if sections and len(sections) != len(headings):  # there are none where a cell failed
            first = twin.relative_to(project.root()).as_posix()
            _LOGGER.warning(
                f"found {len(sections)} headings, expected {len(headings)}, as in {first}", location=self.env.docname
            )
        for section, id in zip(sections, headings, strict=False):
            if id not in section["ids"]:
                section["ids"].insert(0, id)
                self.document.ids[id] = section


def _headings(text: str) -> list[str]:
    """Return the headings of a chapter's source, in order."""
    tokens = MarkdownIt().use(front_matter_plugin).parse(text)
    return [inline.content for token, inline in pairwise(tokens) if token.type == "heading_open"]


class PlainSearch(SearchLanguage):
    """Search without stemming in a language that Sphinx has no stemmer for: it would take the English one."""

    lang = "id"
    language_name = "Indonesian"


def _visit_table(writer: Any, node: nodes.figure) -> None:
    writer.visit_figure(node)


def _depart_table(writer: Any, node: nodes.figure) -> None:
    writer.body.append("</figure>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("checkable_book.sphinx_ext.editions")
    kernels.announce()
    if not (Path(app.doctreedir) / "environment.pickle").exists():
        kernels.warm_up()  # a first build executes every page
    app.add_source_parser(Chapters, override=True)
    app.add_role_to_domain("glue", "", Glued(), override=True)
    for name, kind in _TABLES.items():
        app.add_enumerable_node(kind, name, html=(_visit_table, _depart_table))
    for transform in (NumberTables, MarkEnglish, ShareAnchors, LinkTerms, LinkNames):
        app.add_transform(transform)
    app.add_search_language(PlainSearch)
    app.connect("config-inited", lambda app, config: bibliography.register(str(config.language)))
    # Pages are written anew, though not executed, when what stands around their content changes.
    app.add_config_value("checkable_book_tables", "", "")
    app.add_config_value("checkable_book_recomputed", "", "")
    app.add_config_value("checkable_book_frame", staleness.frame(Path(app.outdir)), "html")
    app.checkable_book_warnings = _Warnings(app)  # type: ignore[attr-defined]
    getLogger("sphinx").addHandler(app.checkable_book_warnings)  # type: ignore[attr-defined]
    app.connect("build-finished", _keep_warned, priority=100)  # the wait for the other editions may end the build
    app.connect("builder-inited", _add_static)
    app.connect("env-get-outdated", _stale_pages)
    app.connect("env-before-read-docs", _check_data)
    app.connect("env-before-read-docs", _note_begun)
    app.connect("env-before-read-docs", _drop_what_was_made)
    app.connect("env-updated", _pages_that_offered)
    app.connect("env-before-read-docs", _purge_all)
    app.connect("source-read", _start_trace)
    app.connect("doctree-read", _end_trace)
    app.connect("doctree-read", _warn_of_bare_outputs)
    app.connect("env-updated", _stop_where_cells_failed)
    app.connect("env-updated", _pages_to_write_again)
    app.connect("build-finished", _written, priority=100)
    app.connect("env-purge-doc", _forget)
    app.connect("env-merge-info", _merge)
    app.connect("html-page-context", _keep_to_this_site, priority=900)
    app.connect("html-page-context", _offer_downloads, priority=900)
    app.connect("html-page-context", _offer_languages)
    app.connect("build-finished", _finish)
    app.connect("build-finished", _show_the_way_in, priority=700)  # which names the pages of all editions
    return {"version": "1", "env_version": 1, "parallel_read_safe": False, "parallel_write_safe": True}


def _check_data(app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
    """Stop the build with one line a fault, and no traceback, where the data is wrong.

    A file that no page lists may break it too, so the data is looked at whenever
    it has changed: by the first edition, for which the others wait.
    """
    if multilingual.EDITION_VARIABLE in os.environ:
        if pages:
            kernels.warm_up()
            _wait_for_check(_site(app).parent / _CHECKED)
        return
    path, stamp = _site(app).parent / _CHECKED, staleness.data_stamp()
    if pages or _checked(path)[0] != stamp:
        kernels.warm_up()
        # These import pandas, which a build without changes need not wait for.
        from checkable_book import data
        from checkable_book.data import evidence, rules

        faults = _told(book_metadata.known) + (_told(data.check) or _told(rules.check) + _told(evidence.check))
        for line in dict.fromkeys(faults):
            _LOGGER.error(line)
        if faults:
            raise SystemExit(1)
    path.write_text(f"{stamp} {os.environ[multilingual.RUN_VARIABLE]}", encoding="utf-8")


def _site(app: Sphinx) -> Path:
    """Return the folder of the whole site, which is that of the first edition."""
    outdir = Path(app.outdir)
    return outdir if app.config.language == multilingual.first() else outdir.parent


def _checked(path: Path) -> tuple[str, str]:
    """Return the stamp of the data that was last found right, and by which run."""
    stamp, _, run = (path.read_text(encoding="utf-8") if path.exists() else "").partition(" ")
    return stamp, run


def _wait_for_check(path: Path) -> None:
    """Wait until the first edition has found the data right in this run; where it has not, it ends this process."""
    first = os.getppid()
    while _checked(path)[1] != os.environ[multilingual.RUN_VARIABLE]:
        if os.getppid() != first:
            raise SystemExit(1)
        sleep(0.05)


def _purge_all(app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
    """Forget all pages that are read anew before the first is, so that a label that has moved is not there twice."""
    for page in pages:
        app.emit("env-purge-doc", env, page)
        env.clear_doc(page)


def _told(check: Callable[[], object]) -> list[str]:
    """Return what a check finds wrong, a line each."""
    try:
        check()
    except DataError as error:
        return str(error).splitlines()
    return []


def _drop_what_was_made(app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
    """Take back PDF and EPUB where a page is read again: none is offered that is older than its pages."""
    made = assembled_book.made(Path(app.outdir)) if pages else []
    for path in made:
        path.unlink()
    app.checkable_book_dropped = bool(made)  # type: ignore[attr-defined]


def _pages_that_offered(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Let every page be written again that offered what is gone."""
    return sorted(env.found_docs) if getattr(app, "checkable_book_dropped", False) else []


def _unfinished(app: Sphinx) -> Path:
    """Return the file that is there while pages are written, and after where that was broken off."""
    return Path(app.doctreedir) / "unfinished"


def _pages_to_write_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Let every page be written again where one may have been left half written."""
    broken_off = _unfinished(app).exists()
    _unfinished(app).touch()
    return sorted(env.found_docs) if broken_off else []


def _written(app: Sphinx, error: Exception | None) -> None:
    if error is None:
        _unfinished(app).unlink(missing_ok=True)


def _add_static(app: Sphinx) -> None:
    app.config.html_static_path.append(str(_STATIC))
    templates = getattr(app.builder, "templates", None)
    if templates:  # not among the settings, whose hash would differ with the place of the package
        templates.loaders.append(SphinxFileSystemLoader(str(_THEME)))
    app.add_css_file("icons.css")
    app.add_css_file("colours.css")
    app.add_css_file("book.css")


# Freshness. Sphinx reads a page again when its source changes; what a page
# computes also changes with the data and the helpers. While a page is read, its
# kernel writes what it uses to a file; the hash of those files is kept with the
# environment, and a page whose hash has changed is read, and so executed, again.


def _known(env: BuildEnvironment) -> dict[str, staleness.Known]:
    if not hasattr(env, "checkable_book_known"):
        env.checkable_book_known = {}  # type: ignore[attr-defined]
    known: dict[str, staleness.Known] = env.checkable_book_known  # type: ignore[attr-defined]
    return known


def _to_read_again(app: Sphinx) -> Path:
    """Return the file that names the pages to read again whatever has changed.

    While a build runs, those are all that it reads, since what is kept of them may be half written where it is
    broken off; after it, those that warned, until they do not.
    """
    return Path(app.doctreedir) / "read_again.txt"


def _note_to_read_again(app: Sphinx, pages: Iterable[str]) -> None:
    assembled_book.put(_to_read_again(app), "".join(f"{page}\n" for page in sorted(pages)).encode())


def _note_begun(app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
    if pages:
        _note_to_read_again(app, pages)


class _Warnings(Handler):
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


def _stale_pages(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    path = _to_read_again(app)
    again = path.read_text(encoding="utf-8").split() if path.exists() else []
    # Where a chapter is gone, the page that lists it must say so; Sphinx would look for it in what it kept.
    again += [page for page, listed in env.toctree_includes.items() if removed & set(listed)]
    return [
        page
        for page, known in _known(env).items()
        if page in env.found_docs and (page in again or staleness.is_stale(known))
    ]


def _start_trace(app: Sphinx, page: str, source: list[str]) -> None:
    handle, path = tempfile.mkstemp(prefix="uses-", suffix=".txt")
    os.close(handle)
    os.environ[dependencies.TRACE_VARIABLE] = path


def _end_trace(app: Sphinx, doctree: nodes.document) -> None:
    trace = Path(os.environ.pop(dependencies.TRACE_VARIABLE))
    noted = trace.read_text(encoding="utf-8").splitlines()
    trace.unlink()
    _known(app.env)[app.env.docname] = staleness.known(noted)


def _warn_of_bare_outputs(app: Sphinx, doctree: nodes.document) -> None:
    """Warn of outputs that name no source: their numbers would not be explained, and Altair's own scripts not run."""
    outputs = [node for node in doctree.findall(nodes.container) if "cell_output" in node["classes"]]
    for shown in (raw for output in outputs for raw in output.findall(nodes.raw)):
        markup = shown.astext()
        if "altair-viz" in markup:
            _LOGGER.warning("found a chart that the page's policy blocks, expected chart.show(...)", location=shown)
        elif "<table" in markup and "data-source" not in markup:
            _LOGGER.warning("found a table that names no source, expected table.plain(...)", location=shown)


def _forget(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    _known(env).pop(page, None)


def _merge(app: Sphinx, env: BuildEnvironment, pages: Iterable[str], other: BuildEnvironment) -> None:
    _known(env).update({page: _known(other)[page] for page in pages if page in _known(other)})


def _keep_to_this_site(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Drop the scripts of other hosts (thebe, MathJax); load our own only where they have work."""
    labels: Any = {f"data-{name}": i18n.text(name.replace("-", "_"), str(app.config.language)) for name in _LABELS}
    app.add_js_file("loader.js", loading_method="defer", **labels)
    for mark, script in _SCRIPTS.items():
        if mark in context.get("body", ""):
            app.add_js_file(script, loading_method="defer")
    picture = "_static/social-card.png"  # a full address where it is known, as those who show it want
    address = book_metadata.known()["edition"]["address"]
    picture = f"{address.rstrip('/')}/{picture}" if address else context["pathto"](picture, resource=True)
    context["metatags"] = context.get("metatags", "") + metadata_tags.head(
        context.get("title", ""), context.get("body", ""), picture, str(app.config.language)
    )
    context["script_files"] = [script for script in context["script_files"] if not _is_foreign(script)]


def _offer_downloads(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Offer a page's executed notebook and, once made, PDF and EPUB; drop the buttons with scripts in their markup."""
    language = str(app.config.language)
    offers = [(f"notebooks/{page.removeprefix('chapters/')}.ipynb", ".ipynb", "download_notebook", "fas fa-code")]
    offers += [
        (path.name, path.suffix, f"download_{path.suffix[1:]}", "fas fa-file-pdf")
        for path in assembled_book.made(Path(app.outdir))
    ]
    for group in context.get("header_buttons", []):
        if group.get("label") == "download-buttons":
            group["buttons"] = [button for button in group["buttons"] if button["type"] == "link"]
            group["buttons"] += [
                {
                    "type": "link",
                    "url": context["pathto"](target, resource=True),
                    "text": shown,
                    "tooltip": i18n.text(tooltip, language),
                    "icon": icon,
                    "label": tooltip.replace("_", "-"),
                }
                for target, shown, tooltip, icon in offers
            ]


def _offer_languages(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Tell the page's template where the page is in the other languages; pages of Sphinx's own have the same name."""
    own, site = str(app.config.language), _site(app)
    here = Path(app.builder.get_outfilename(page)).parent  # type: ignore[attr-defined]
    name = page.removeprefix(f"chapters/{own}/")
    context["other_languages"] = [
        {
            "code": code,
            "name": i18n.language_name(code),
            "label": i18n.text("other_language", code, language=i18n.language_name(code)),
            "address": Path(
                os.path.relpath(
                    (multilingual.edition(site, code) if name == page else multilingual.chapters(site, code))
                    / f"{name}.html",
                    here,
                )
            ).as_posix(),
        }
        for code in project.languages()
        if code != own
    ]
    for other in context["other_languages"]:
        context["metatags"] = context.get("metatags", "") + render("alternate.html", **other)


def _is_foreign(script: Any) -> bool:
    return (
        "//" in str(script.filename or "")
        or "thebe" in f"{script.filename} {script.attributes.get('body', '')}".lower()
    )


def _keep_warned(app: Sphinx, error: Exception | None) -> None:
    pages = app.checkable_book_warnings.pages  # type: ignore[attr-defined]
    getLogger("sphinx").removeHandler(app.checkable_book_warnings)  # type: ignore[attr-defined]
    if error is None:
        _note_to_read_again(app, pages)


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        postprocess_html.finish(Path(app.outdir), str(app.config.language), Path(app.doctreedir) / "styles")


def _show_the_way_in(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html" and app.config.language == multilingual.first():
        postprocess_html.write_way_in(Path(app.outdir))
