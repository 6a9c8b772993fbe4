"""What is put beside and into the finished pages: data, pictures, notebooks, the security policy, the landing page.

A page is changed only where its content asks for it, so that a second build
changes nothing. Every file is written whole or not at all.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from sphinx.application import Sphinx

from checkable_book.book import Book
from checkable_book.contents import CHAPTERS, all_pages, pages_of
from checkable_book.files import write_bytes_whole, write_text_whole
from checkable_book.render import book_metadata, i18n
from checkable_book.render.output import render_template
from checkable_book.render.viewer import viewers_folder
from checkable_book.sphinx_ext import (
    browser_database,
    group_colours_css,
    links,
    multilingual,
    search_index,
    theme_trimming,
    unused_css,
)

_CHART = re.compile(r'<div class="(?:chart|flow)" id="([^"]+)".*?(<svg.*?</svg>)', re.DOTALL)  # the first, wide one
_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL)
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
_HTML_TAG = re.compile(r"<html(?=[ >])")
_LOGO = re.compile(r'<div class="sidebar-primary-item">(?=\s*<a class="navbar-brand)')
#: The name of the cell that says what a downloaded notebook needs.
NEEDS = "what-this-needs"
_LABELS = [
    f"label_{name}"
    for name in ("hidden", "main", "page", "menu", "contents", "heading", "image", "table", "term", "code")
]
_CHARSET = '<meta charset="utf-8" />'
#: Pages of Sphinx's own, and the landing page.
_OWN_PAGES = {"404", "genindex", "index", "py-modindex", "search"}


def finish(app: Sphinx, book: Book, cache: Path) -> None:
    """Put everything in place that belongs to an edition.

    Parameters
    ----------
    cache : a folder for what may be used again by the next build.
    """
    site, language = Path(app.outdir), str(app.config.language)
    _copy_data(site, book)
    _copy_notebooks(app, book)
    _write_vega(site)
    _copy_viewers(site, book)
    browser_database.write_database(site, book)
    own = [site / f"{page}.html" for page in sorted(app.env.found_docs)]
    _write_pictures(site / "_static" / "charts", own)
    write_text_whole(site / "_static" / "colours.css", group_colours_css.stylesheet(book))
    _write_social_card(site, language)
    _write_not_found(site, language)
    theme_trimming.drop_icon_font(site / "_static")
    theme_trimming.replace_plural_rule(site / "_static")
    pages = [*own, *(site / f"{name}.html" for name in sorted(_OWN_PAGES - {"index"}))]
    pages += [site / "index.html"] if site / "index.html" not in pages else []
    written = [page for page in dict.fromkeys(pages) if page.is_file()]
    for page in written:
        text = page.read_text(encoding="utf-8")
        lighter = theme_trimming.remove_unused_scripts(text, searches=page.name == "search.html")
        write_text_whole(page, with_policy(make_accessible(lighter, language)))
    search_index.write_index(site, own, language, book, cache.with_name("search"))
    unused_css.purge_unused_css(site, written, cache)


def withdrawn_files(app: Sphinx, book: Book, excluded: Iterable[str]) -> list[str]:
    """Return the files of the site that belong to no page any more: pages, sources, notebooks, data, images."""
    site, env = Path(app.outdir), app.env
    pages = {*env.found_docs, *_OWN_PAGES}
    images = {f"_images/{name}" for _, name in env.images.values()}
    downloads = {f"_downloads/{name}" for _, name in env.dlfiles.values()}
    data = {f"data/{path.relative_to(book.data_folder).as_posix()}" for path in published_data(book)}
    notebooks = {notebook_name(page) for page in env.found_docs if executed_notebook(app, page).exists()}
    left_out = set(excluded)
    sources = {f"_sources/{page}" for page in env.found_docs}

    def belongs(name: str) -> bool:
        top = name.partition("/")[0]
        if top in left_out:
            return True
        if top == "_sources":
            return any(name[:at] in sources for at, sign in enumerate(name) if sign == ".")
        if top in {"_images", "_downloads", "data", "notebooks"}:
            return name in {"_images": images, "_downloads": downloads, "data": data, "notebooks": notebooks}[top]
        if name.endswith(".html") and not top.startswith("_"):
            return name.removesuffix(".html") in pages
        return True

    found = (path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file())
    return sorted(name for name in found if not belongs(name) and not _is_extra(app, name))


def policy(page: str) -> str:
    """Return the Content-Security-Policy of a page: itself alone, and its own inline scripts by their hashes.

    WebAssembly may be compiled, for the database that a reader can ask for, which
    may run in a worker made of the page's own script; no text is evaluated.
    Styles are allowed inline, because the charts and the theme's icons set them on
    single elements.

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
        "font-src 'self'; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'self'"
    )


def with_policy(page: str) -> str:
    """Return a page with its policy before everything else."""
    bare = _POLICY.sub("", page)
    if _CHARSET not in bare:
        return bare
    return bare.replace(_CHARSET, f'<meta http-equiv="Content-Security-Policy" content="{policy(bare)}">{_CHARSET}', 1)


def make_accessible(page: str, language: str) -> str:
    """Return a page with what the theme and docutils leave wrong for screen readers put right.

    Labels that stand in English whatever the language are translated. Margin
    notes are notes, not landmarks of the page; the logo stands in a region; an
    entry of the bibliography is an item of its list. A page in a script that runs
    from right to left says so.
    """
    if i18n.text_direction(language) == "rtl":
        page = _HTML_TAG.sub('<html dir="rtl"', page, count=1)
    page = page.replace('<aside class="margin sidebar">', '<aside class="margin sidebar" role="note">')
    page = page.replace('role="doc-biblioentry"', 'role="listitem"')
    for label in _LABELS if language != "en" else ():
        said, wanted = i18n.translate(label), i18n.translate(label, language)
        for attribute in ("aria-label", "title"):
            page = page.replace(f'{attribute}="{said}"', f'{attribute}="{wanted}"')
    return _LOGO.sub('<div class="sidebar-primary-item" role="region" aria-label="Logo">', page)


def published_data(book: Book) -> list[Path]:
    """Return the files of the data that the site offers: the tables, their description, and what that publishes."""
    from checkable_book.data.description import DESCRIPTION, read_description

    described = book.data_folder / DESCRIPTION
    if not described.is_file():
        return []
    description, _ = read_description(book)
    names = [str(one.get("path")) for one in description["resources"]]
    names += map(str, description.get("published") or [])
    files = [book.data_folder / name for name in names]
    files += [described, *(book.data_folder / name for name in ("README.md", "paper.yml"))]
    files += sorted(book.data_folder.glob("*.bib"))
    return [path for path in dict.fromkeys(files) if path.is_file()]


def notebook_name(page: str) -> str:
    """Return the path in the site of the executed notebook of a page.

    Examples
    --------
    >>> notebook_name("chapters/en/index")
    'notebooks/en/index.ipynb'
    """
    return f"notebooks/{page.removeprefix(f'{CHAPTERS}/')}.ipynb"


def executed_notebook(app: Sphinx, page: str) -> Path:
    """Return where MyST-NB writes the notebook of a page as it was executed."""
    return Path(app.env.mystnb_config.output_folder) / f"{page}.ipynb"  # type: ignore[attr-defined]


def write_landing_page(site: Path, book: Book, icon: str = "") -> None:
    """Write the landing page, ``robots.txt`` and, where the address of the site is known, ``sitemap.xml``.

    The sitemap names the pages of every edition. A page of the book that is
    called ``index`` and stands at its root is the landing page itself.
    """
    editions = [
        {
            "code": code,
            "name": i18n.language_name(code),
            "title": book_metadata.short_title(code, book),
            "choose": i18n.translate("choose_language", code),
            "address": multilingual.page_file(site, pages_of(code, book)[0], book).relative_to(site).as_posix(),
        }
        for code in book.languages
    ]
    if pages_of("", book)[0].docname != "index":
        write_text_whole(
            site / "index.html", with_policy(render_template("landing.html", editions=editions, icon=icon))
        )
    address = book_metadata.known_metadata(book)["edition"]["address"]
    lines = ["User-agent: *", "Allow: /"]
    if address:
        pages = [multilingual.page_file(site, page, book) for page in all_pages(book)]
        places = [links.quote_path(page.relative_to(site).as_posix()) for page in pages if page.is_file()]
        entries = "".join(f"<url><loc>{address.rstrip('/')}/{place}</loc></url>\n" for place in places)
        write_text_whole(
            site / "sitemap.xml",
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n',
        )
        lines.append(f"Sitemap: {address.rstrip('/')}/sitemap.xml")
    write_text_whole(site / "robots.txt", "\n".join(lines) + "\n")


def _is_extra(app: Sphinx, name: str) -> bool:
    """Return whether a file comes from the folders that an author asks to copy beside the pages."""
    for extra in app.config.html_extra_path:
        path = Path(app.confdir or app.srcdir) / extra
        if (path / name).is_file() or (path.is_file() and path.name == name):
            return True
    return False


def _copy_data(site: Path, book: Book) -> None:
    """Put the published data beside the pages, for those who want the files themselves."""
    for path in published_data(book):
        target = site / "data" / path.relative_to(book.data_folder)
        write_bytes_whole(target, path.read_bytes())  # without its mode, which may forbid the next build to write


def _copy_notebooks(app: Sphinx, book: Book) -> None:
    """Offer the notebooks as this build executed them, which MyST-NB writes beside the folder of the pages.

    What changes by itself is taken out: random names of cells, and what the
    notebooks were executed with. The values that MyST-NB took out of the
    outputs, to put them into the prose, stand again in the cell that glued them.
    The first cell says what the notebook needs.
    """
    site, language = Path(app.outdir), str(app.config.language)
    message = "notebook_needs" if (book.root / "src").is_dir() else "notebook_needs_no_package"
    for page in sorted(app.env.found_docs):
        path = executed_notebook(app, page)
        if not path.exists():
            continue
        notebook = nbformat.read(path, as_version=4)
        notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
        glued = path.with_suffix(".glue.json")
        values = json.loads(glued.read_text(encoding="utf-8")) if glued.exists() else {}
        for place, cell in enumerate(notebook.cells):
            cell.id = f"cell-{place}"
            cell.metadata.pop("execution", None)
            if cell.cell_type == "code" and "glue(" in cell.source:
                names = glued_names(cell.source)
                own = [output for name, output in values.items() if name in names or not names]
                cell.outputs = [_plain_output(output) for output in own] + cell.outputs
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(i18n.translate(message, language), id=NEEDS))
        write_text_whole(site / notebook_name(page), nbformat.writes(notebook) + "\n")


def glued_names(source: str) -> set[str]:
    """Return the texts among the arguments of the calls of ``glue`` in a cell.

    Examples
    --------
    >>> sorted(glued_names('values.glue("gardens words", "area_total", language="en")'))
    ['area_total', 'gardens words']
    """
    import ast

    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic command
        return set()
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {
        argument.value
        for call in calls
        if ast.unparse(call.func).split(".")[-1] == "glue"
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def _plain_output(output: dict[str, Any]) -> nbformat.NotebookNode:
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
        write_text_whole(target, f'(() => {{"use strict";{bundle}}})();\n')


def _copy_viewers(site: Path, book: Book) -> None:
    """Put the scripts that readers can ask for, and their licences, where the script of the pages looks for them."""
    folder = viewers_folder(book)
    for path in sorted(folder.iterdir()) if folder else ():
        if path.suffix in {".js", ".LICENSE"}:
            write_bytes_whole(site / "_static" / "viewers" / path.name, path.read_bytes())


def _write_pictures(folder: Path, pages: Iterable[Path]) -> None:
    """Write each chart as SVG and PNG for download, under its identifier, which changes with the chart."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = dict(_drawings(pages))
    for old in folder.iterdir():
        if old.stem not in drawn:
            old.unlink()
    for id, svg in drawn.items():
        write_text_whole(folder / f"{id}.svg", svg)
        if not (folder / f"{id}.png").exists():
            import vl_convert

            paper = svg.replace(">", '><rect width="100%" height="100%" fill="white"/>', 1)
            write_bytes_whole(folder / f"{id}.png", vl_convert.svg_to_png(paper, scale=2))


def _drawings(pages: Iterable[Path]) -> Iterator[tuple[str, str]]:
    for page in pages:
        text = page.read_text(encoding="utf-8") if page.is_file() else ""
        if 'class="chart"' in text or 'class="flow"' in text:
            yield from _CHART.findall(text)


def _write_social_card(site: Path, language: str) -> None:
    """Draw the picture that stands for the book where a link to it is shared."""
    title = book_metadata.short_title(language)
    journal = str(book_metadata.known_metadata()["paper"]["journal"] or "").partition(":")[0]
    card = render_template("social_card.svg", title_lines=textwrap.wrap(title, 19), journal=journal)
    drawn = site / "_static" / "social-card.svg"
    picture = drawn.with_suffix(".png")
    if picture.exists() and drawn.exists() and drawn.read_text(encoding="utf-8") == card:
        return
    import vl_convert

    write_bytes_whole(picture, vl_convert.svg_to_png(card))
    write_text_whole(drawn, card)


def _write_not_found(site: Path, language: str) -> None:
    """Write ``404.html``, the page for an address that does not exist."""
    lost = render_template(
        "not_found.html",
        language=language,
        title=i18n.translate("not_found", language),
        line=i18n.translate("not_found_line", language),
        address=book_metadata.known_metadata()["edition"]["address"] or "/",
        book=book_metadata.title(language),
    )
    write_text_whole(site / "404.html", lost)
