"""What is put beside and into the finished pages: data, pictures, notebooks, the security policy, the way in.

The build calls :func:`finish` once the pages of an edition are written, and
:func:`write_way_in` once all editions are; a page is changed only where its
content asks for it, so that a second build changes nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat

from checkable_book import project
from checkable_book.render import book_metadata, i18n
from checkable_book.render.i18n import text
from checkable_book.render.output import render
from checkable_book.sphinx_ext import browser_database, group_colours_css, multilingual, theme_trimming, unused_css

_CHART = re.compile(r'<div class="(?:chart|flow)" id="([^"]+)".*?(<svg.*?</svg>)', re.DOTALL)  # the first, wide one
_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL)
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
_LOGO = re.compile(r'<div class="sidebar-primary-item">(?=\s*<a class="navbar-brand)')
#: The name of the cell that says what a downloaded notebook needs.
NEEDS = "what-this-needs"
_CHARSET = '<meta charset="utf-8" />'


def finish(site: Path, language: str, cache: Path) -> None:
    """Put everything in place that belongs to the edition in ``language`` below ``site``.

    ``cache`` is a folder for what may be used again by the next build.
    """
    _copy_folders(site, language)
    _write_vega(site)
    browser_database.write(site)
    _write_pictures(site / "_static" / "charts", site.glob(f"chapters/{language}/*.html"))
    (site / "_static" / "colours.css").write_text(group_colours_css.stylesheet(), encoding="utf-8")
    _write_social_card(site, language)
    _write_not_found(site, language)
    theme_trimming.drop_icon_font(site / "_static")
    theme_trimming.drop_evaluation(site / "_static")
    own = [*site.glob("*.html"), *site.glob(f"chapters/{language}/*.html")]  # the other edition finishes its own
    for page in own:
        written = page.read_text(encoding="utf-8")
        lighter = theme_trimming.lighter(written, searches=page.name == "search.html")
        finished = _with_policy(_accessible(lighter, language))
        if finished != written:
            page.write_text(finished, encoding="utf-8")
    unused_css.lighten(site, own, cache)


def policy(page: str) -> str:
    """Return the Content-Security-Policy of a page: itself alone, and its own inline scripts by their hashes.

    WebAssembly may be compiled, for the database that a reader can ask for;
    no text is evaluated. Styles are allowed inline, because the charts and the theme's icons set
    them on single elements.

    Examples
    --------
    >>> "default-src 'none'" in policy("<script>let a = 1;</script>")
    True
    """
    inline = {
        match["code"]
        for match in _SCRIPT.finditer(page)
        if "src=" not in match["attributes"] and "json" not in match["attributes"] and match["code"].strip()
    }
    hashes = sorted(base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in inline)
    scripts = " ".join(["'self'", "'wasm-unsafe-eval'", *(f"'sha256-{digest}'" for digest in hashes)])
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'"
    )


def _with_policy(page: str) -> str:
    bare = _POLICY.sub("", page)
    return bare.replace(_CHARSET, f'<meta http-equiv="Content-Security-Policy" content="{policy(bare)}">{_CHARSET}', 1)


def _accessible(page: str, language: str) -> str:
    """Put right what the theme and docutils leave wrong for screen readers.

    Labels that stand in English whatever the language are translated. Margin
    notes are notes, not landmarks of the page; the logo stands in a region; an
    entry of the bibliography is an item of its list.
    """
    page = page.replace('<aside class="margin sidebar">', '<aside class="margin sidebar" role="note">')
    page = page.replace('role="doc-biblioentry"', 'role="listitem"')
    for label in ("label_hidden", "label_main", "label_page"):
        page = page.replace(f'aria-label="{text(label)}"', f'aria-label="{text(label, language)}"')
    return _LOGO.sub('<div class="sidebar-primary-item" role="region" aria-label="Logo">', page)


def _copy_folders(site: Path, language: str) -> None:
    """Put the data and the executed notebooks beside the pages, for those who want the files themselves."""
    # Folders inside the data are not published: what is in them may not be ours to publish.
    (site / "data").mkdir(parents=True, exist_ok=True)
    for path in sorted(project.data().glob("*")):
        if path.is_file():
            shutil.copyfile(
                path, site / "data" / path.name
            )  # without its mode, which may forbid the next build to write
    _copy_notebooks(site, language)


def _copy_notebooks(site: Path, language: str) -> None:
    """Offer the notebooks as this build executed them, which MyST-NB writes beside the folder of the pages.

    What changes by itself is taken out: random names of cells, and what the
    notebooks were executed with. The values that MyST-NB took out of the
    outputs, to put them into the prose, stand again in the cell that glued them.
    The first cell says what the notebook needs.
    """
    executed = site.parent / "jupyter_execute"
    target = site / "notebooks" / language
    target.mkdir(parents=True, exist_ok=True)
    said = max(path.stat().st_mtime for path in [*i18n.files(), Path(__file__)])
    for path in sorted(executed.glob(f"chapters/{language}/*.ipynb")):
        kept = target / path.name
        if kept.exists() and kept.stat().st_mtime > max(path.stat().st_mtime, said):
            continue
        notebook = nbformat.read(path, as_version=4)
        notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
        glued = path.with_suffix(".glue.json")
        values = json.loads(glued.read_text(encoding="utf-8")) if glued.exists() else {}
        for place, cell in enumerate(notebook.cells):
            cell.id = f"cell-{place}"
            cell.metadata.pop("execution", None)
            if cell.cell_type == "code" and "glue(" in cell.source:
                cell.outputs = [_glued(output) for output in values.values()] + cell.outputs
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(text("notebook_needs", language), id=NEEDS))
        kept.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    if language != multilingual.first():
        shutil.rmtree(executed, ignore_errors=True)  # which here is inside the site


def _glued(output: dict[str, Any]) -> nbformat.NotebookNode:
    """Return a glued value as the cell gave it, under the kinds that only MyST-NB understands."""
    prefix = output["metadata"]["scrapbook"]["mime_prefix"]
    bundle = {f"{prefix}{kind}": said for kind, said in output["data"].items()}
    glued: nbformat.NotebookNode = nbformat.from_dict({**output, "data": bundle})
    return glued


def _write_vega(site: Path) -> None:
    """Put the one shared bundle of Vega where the charts' script looks for it."""
    target = site / "_static" / "vega.js"
    if not target.exists():
        import vl_convert

        # In a scope of its own: the bundle is a module whose short names would clash with other scripts'.
        bundle = vl_convert.javascript_bundle()  # type: ignore[call-arg]
        target.write_text(f'(() => {{"use strict";{bundle}}})();\n', encoding="utf-8")


def _write_pictures(folder: Path, pages: Iterable[Path]) -> None:
    """Write each chart as SVG and PNG for download, under its identifier, which changes with the chart."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn: dict[str, str] = {}
    for page in pages:
        drawn.update(_CHART.findall(page.read_text(encoding="utf-8")))
    for old in folder.iterdir():
        if old.stem not in drawn:
            old.unlink()
    for id, svg in drawn.items():
        if not (folder / f"{id}.png").exists():
            import vl_convert

            paper = svg.replace(">", '><rect width="100%" height="100%" fill="white"/>', 1)
            (folder / f"{id}.svg").write_text(svg, encoding="utf-8")
            (folder / f"{id}.png").write_bytes(vl_convert.svg_to_png(paper, scale=2))


def _write_social_card(site: Path, language: str) -> None:
    """Draw the picture that stands for the book where a link to it is shared."""
    title = book_metadata.short_title(language)
    lines = textwrap.wrap(title, 19)
    journal = str(book_metadata.known()["paper"]["journal"] or "").partition(":")[0]
    card = render("social_card.svg", title_lines=lines, journal=journal)
    drawn = site / "_static" / "social-card.svg"
    if drawn.exists() and drawn.read_text(encoding="utf-8") == card:
        return
    import vl_convert

    drawn.write_text(card, encoding="utf-8")
    drawn.with_suffix(".png").write_bytes(vl_convert.svg_to_png(card))


def _write_not_found(site: Path, language: str) -> None:
    """Write ``404.html``, the page for an address that does not exist."""
    lost = render(
        "not_found.html",
        language=language,
        title=text("not_found", language),
        line=text("not_found_line", language),
        address=book_metadata.known()["edition"]["address"] or "/",
        book=book_metadata.title(language),
    )
    (site / "404.html").write_text(lost, encoding="utf-8")


def write_way_in(site: Path) -> None:
    """Write the front door, ``robots.txt`` and, where the address of the site is known, ``sitemap.xml``.

    The sitemap names the pages of every edition that is there.
    """
    editions = [
        {
            "code": code,
            "name": i18n.language_name(code),
            "title": book_metadata.short_title(code),
            "choose": text("choose_language", code),
            "address": (multilingual.chapters(site, code) / "index.html").relative_to(site).as_posix(),
        }
        for code in project.languages()
    ]
    (site / "index.html").write_text(render("front_door.html", editions=editions), encoding="utf-8")
    address = book_metadata.known()["edition"]["address"]
    lines = ["User-agent: *", "Allow: /"]
    if address:
        pages = [page.relative_to(site).as_posix() for page in multilingual.pages(site)]
        entries = "".join(f"<url><loc>{address.rstrip('/')}/{page}</loc></url>\n" for page in pages)
        (site / "sitemap.xml").write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n',
            encoding="utf-8",
        )
        lines.append(f"Sitemap: {address.rstrip('/')}/sitemap.xml")
    (site / "robots.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
