"""What the build needs from us: checked data, fresh pages, numbered tables, no foreign host."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from smartcity_review import edition, freshness, kernels, messages, page_head, publish

# The scripts of our own, by what a page must hold to need them.
_SCRIPTS = {'class="chart"': "charts.js", "data-filters=": "tables.js", 'class="value"': "values.js"}
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
    app.add_transform(NumberTables)
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
    app.connect("build-finished", _finish)
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


def _is_foreign(script: Any) -> bool:
    return (
        "//" in str(script.filename or "")
        or "thebe" in f"{script.filename} {script.attributes.get('body', '')}".lower()
    )


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        publish.finish(Path(app.outdir))
