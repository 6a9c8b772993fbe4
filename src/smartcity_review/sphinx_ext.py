"""What the build needs from us: checked data, fresh pages, numbered tables, no foreign host."""

from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

from docutils import nodes
from markdown_it import MarkdownIt
from mdit_py_plugins.front_matter import front_matter_plugin
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.search import SearchLanguage
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from smartcity_review import edition, freshness, kernels, languages, messages, page_head, publish
from smartcity_review.markup import render
from smartcity_review.paths import CHAPTERS
from smartcity_review.terms import LinkTerms

# The scripts of our own, by what a page must hold to need them.
_SCRIPTS = {
    'class="chart"': "charts.js",
    "data-filters=": "tables.js",
    'class="value"': "values.js",
    "<h2": "language.js",
}
_FIRST = next(iter(languages.NAMES))  # the language that jb build is asked for
_STATIC = Path(__file__).parent / "static"
_LOGGER = logging.getLogger(__name__)


class TableFigure(nodes.figure):
    """A table of the paper, numbered as there."""


class SupplementFigure(nodes.figure):
    """A table that this edition adds, numbered apart from the paper's."""


_TABLES = {"table": TableFigure, "supplement": SupplementFigure}


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
    """Say of the words in italics, outside the English edition, that they are English, as is the custom there."""

    default_priority = 900

    def apply(self, **kwargs: Any) -> None:
        """Mark each emphasis, as docutils understands it."""
        if self.config.language != "en":
            for words in self.document.findall(nodes.emphasis):
                words["classes"].append("language-en")


class ShareAnchors(SphinxTransform):
    """Give each section the identifier that it has in the English edition too, so that readers can change over."""

    default_priority = 20

    def apply(self, **kwargs: Any) -> None:
        """Put the English identifier before the section's own."""
        twin = CHAPTERS / "en" / f"{Path(self.env.docname).name}.md"
        if self.config.language == "en" or not twin.exists():
            return
        self.env.note_dependency(str(twin))
        headings = [nodes.make_id(title) for title in _headings(twin.read_text(encoding="utf-8"))]
        for section, id in zip(self.document.findall(nodes.section), headings, strict=True):
            if id not in section["ids"]:
                section["ids"].insert(0, id)
                self.document.ids[id] = section


def _headings(text: str) -> list[str]:
    """Return the headings of a chapter's source, in order."""
    tokens = MarkdownIt().use(front_matter_plugin).parse(text)
    return [inline.content for token, inline in pairwise(tokens) if token.type == "heading_open"]


class IndonesianSearch(SearchLanguage):
    """Search without stemming: Sphinx has no stemmer for Indonesian, and would take the English one."""

    lang = "id"
    language_name = "Indonesian"


def _visit_table(writer: Any, node: nodes.figure) -> None:
    writer.visit_figure(node)


def _depart_table(writer: Any, node: nodes.figure) -> None:
    writer.body.append("</figure>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension; ``_config.yml`` names it among ``extra_extensions``."""
    kernels.announce()
    if not (Path(app.doctreedir) / "environment.pickle").exists():
        kernels.warm_up()  # a first build executes every page
    for name, kind in _TABLES.items():
        app.add_enumerable_node(kind, name, html=(_visit_table, _depart_table))
    for transform in (NumberTables, MarkEnglish, ShareAnchors, LinkTerms):
        app.add_transform(transform)
    app.add_search_language(IndonesianSearch)
    # Pages are written anew, though not executed, when what stands around their content changes.
    app.add_config_value("smartcity_review_frame", freshness.frame(Path(app.outdir)), "html")
    app.connect("builder-inited", _add_static)
    app.connect("env-get-outdated", _stale_pages)
    app.connect("env-before-read-docs", _check_data)
    app.connect("source-read", _start_trace)
    app.connect("doctree-read", _end_trace)
    app.connect("env-purge-doc", _forget)
    app.connect("env-merge-info", _merge)
    app.connect("html-page-context", _keep_to_this_site, priority=900)
    app.connect("html-page-context", _offer_downloads, priority=900)
    app.connect("html-page-context", _offer_languages)
    app.connect("build-finished", _finish)
    app.connect("builder-inited", _start_other_editions)
    app.connect("build-finished", _wait_for_other_editions, priority=400)  # the sitemap names the pages of all
    return {"version": "1", "env_version": 1, "parallel_read_safe": False, "parallel_write_safe": True}


def _check_data(app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
    """Stop the build with one line a fault, and no traceback, where the data is wrong.

    Every file of the data is listed by a page, so a changed file always comes by here.
    """
    if not pages:
        return
    kernels.warm_up()
    from smartcity_review import data  # imports pandas, which a build without changes need not wait for

    try:
        data.check()
    except data.DataError as error:
        for line in str(error).splitlines():
            _LOGGER.error(line)
        raise SystemExit(1) from None


def _add_static(app: Sphinx) -> None:
    app.config.html_static_path.append(str(_STATIC))
    app.add_css_file("icons.css")
    app.add_css_file("book.css")


# Freshness. Sphinx reads a page again when its source changes; what a page
# computes also changes with the data and the helpers. While a page is read, its
# kernel writes what it uses to a file; the hash of those files is kept with the
# environment, and a page whose hash has changed is read, and so executed, again.


def _uses(env: BuildEnvironment) -> dict[str, tuple[list[str], str]]:
    if not hasattr(env, "smartcity_review_uses"):
        env.smartcity_review_uses = {}  # type: ignore[attr-defined]
    uses: dict[str, tuple[list[str], str]] = env.smartcity_review_uses  # type: ignore[attr-defined]
    return uses


def _stale_pages(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    return [
        page
        for page, (uses, known) in _uses(env).items()
        if page in env.found_docs and freshness.fingerprint(uses) != known
    ]


def _start_trace(app: Sphinx, page: str, source: list[str]) -> None:
    handle, path = tempfile.mkstemp(prefix="uses-", suffix=".txt")
    os.close(handle)
    os.environ[freshness.TRACE_VARIABLE] = path


def _end_trace(app: Sphinx, doctree: nodes.document) -> None:
    trace = Path(os.environ.pop(freshness.TRACE_VARIABLE))
    uses = sorted(set(trace.read_text(encoding="utf-8").splitlines()))
    trace.unlink()
    _uses(app.env)[app.env.docname] = (uses, freshness.fingerprint(uses))


def _forget(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    _uses(env).pop(page, None)


def _merge(app: Sphinx, env: BuildEnvironment, pages: Iterable[str], other: BuildEnvironment) -> None:
    _uses(env).update({page: _uses(other)[page] for page in pages if page in _uses(other)})


def _keep_to_this_site(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Drop the scripts of other hosts (thebe, MathJax); load our own only where they have work."""
    for mark, script in _SCRIPTS.items():
        if mark in context.get("body", ""):
            app.add_js_file(script, loading_method="defer")
    picture = "_static/social-card.png"  # a full address where it is known, as those who show it want
    address = edition.known()["edition"]["address"]
    picture = f"{address.rstrip('/')}/{picture}" if address else context["pathto"](picture, resource=True)
    context["metatags"] = context.get("metatags", "") + page_head.head(
        context.get("title", ""), context.get("body", ""), picture, str(app.config.language)
    )
    context["script_files"] = [script for script in context["script_files"] if not _is_foreign(script)]


def _offer_downloads(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Offer a page's executed notebook and, once printed, the PDF; drop the buttons with scripts in their markup."""
    language = str(app.config.language)
    offers = [(f"notebooks/{page.removeprefix('chapters/')}.ipynb", ".ipynb", "download_notebook", "fas fa-code")]
    offers += [(pdf.name, ".pdf", "download_pdf", "fas fa-file-pdf") for pdf in Path(app.outdir).glob("*.pdf")]
    for group in context.get("header_buttons", []):
        if group.get("label") == "download-buttons":
            group["buttons"] = [button for button in group["buttons"] if button["type"] == "link"]
            group["buttons"] += [
                {
                    "type": "link",
                    "url": context["pathto"](target, resource=True),
                    "text": shown,
                    "tooltip": messages.text(tooltip, language),
                    "icon": icon,
                    "label": tooltip.replace("_", "-"),
                }
                for target, shown, tooltip, icon in offers
            ]


def _offer_languages(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Tell the page's template where the page is in the other languages; pages of Sphinx's own have the same name."""
    own = str(app.config.language)
    site = Path(app.outdir) if own == _FIRST else Path(app.outdir).parent
    here = Path(app.builder.get_outfilename(page)).parent  # type: ignore[attr-defined]
    name = page.removeprefix(f"chapters/{own}/")
    context["other_languages"] = [
        {
            "code": code,
            "name": shown,
            "label": messages.text("other_language", code, language=shown),
            "address": Path(
                os.path.relpath(
                    (languages.edition(site, code) if name == page else languages.chapters(site, code))
                    / f"{name}.html",
                    here,
                )
            ).as_posix(),
        }
        for code, shown in languages.NAMES.items()
        if code != own
    ]
    for other in context["other_languages"]:
        context["metatags"] = context.get("metatags", "") + render("alternate.html", **other)


# The other editions are built by processes of their own meanwhile.


def _start_other_editions(app: Sphinx) -> None:
    app.smartcity_review_editions = {}  # type: ignore[attr-defined]
    if app.config.language != _FIRST or app.builder.name != "html":
        return
    for code in languages.NAMES:
        if code != _FIRST:
            process = languages.start(
                code,
                Path(app.outdir),
                strict=app.warningiserror or app.keep_going,
                keep_going=app.keep_going,
                nitpicky=app.config.nitpicky,
            )
            atexit.register(process.kill)  # where this build fails first
            app.smartcity_review_editions[code] = process  # type: ignore[attr-defined]


def _wait_for_other_editions(app: Sphinx, error: Exception | None) -> None:
    failed = []
    for code, process in app.smartcity_review_editions.items():  # type: ignore[attr-defined]
        said, _ = process.communicate()
        print(f"The edition in {languages.NAMES[code]}:\n{said}", flush=True)
        if process.returncode:
            failed.append(code)
    if failed and error is None:
        raise SystemExit(1)


def _is_foreign(script: Any) -> bool:
    return (
        "//" in str(script.filename or "")
        or "thebe" in f"{script.filename} {script.attributes.get('body', '')}".lower()
    )


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        publish.finish(Path(app.outdir), str(app.config.language))
