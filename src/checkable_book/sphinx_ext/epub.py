"""The book for e-readers: the built chapters (:mod:`whole`) as an EPUB 3, a file each.

Tables stay tables, charts are vector graphics with their text alternative and
their data below them. The same book gives the same bytes: entries are in order
and bear the time of the release.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from babel.dates import format_date
from bs4.element import Tag

from checkable_book.render import book_metadata
from checkable_book.render.i18n import text
from checkable_book.render.output import render
from checkable_book.sphinx_ext import assembled_book, group_colours_css, multilingual

_TYPE = "application/epub+zip"
_STYLE = Path(__file__).parents[1] / "render" / "static" / "epub.css"
#: Names of SVG that HTML reads without their capitals and XML does not.
_CAPITALS = {
    name.lower(): name
    for name in (
        "attributeName", "clipPath", "clipPathUnits", "foreignObject", "gradientTransform", "gradientUnits",
        "linearGradient", "markerHeight", "markerUnits", "markerWidth", "pathLength", "patternUnits",
        "preserveAspectRatio", "radialGradient", "refX", "refY", "spreadMethod", "startOffset", "textLength", "viewBox",
    )
}  # fmt: skip
#: What no XML may hold, however it is written.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def path(site: Path, language: str = "en") -> Path:
    """Return where the EPUB of a language is kept in the site.

    Examples
    --------
    >>> path(Path("html"), "en").name
    'book-en.epub'
    """
    return multilingual.edition(site, language) / f"book-{language}.epub"


def write(site: Path, language: str = "en") -> Path:
    """Write the built book to :func:`path`, whole or not at all.

    Raises
    ------
    DataError : the book is not built.
    """
    return assembled_book.put(path(site, language), packed(dict(_files(site, language))))


def packed(files: dict[str, str]) -> bytes:
    """Return the files as an EPUB, which says first what it is; none bears the time at which it was written.

    Examples
    --------
    >>> packed({})[30:58]
    b'mimetypeapplication/epub+zip'
    """
    whole_file = io.BytesIO()
    with zipfile.ZipFile(whole_file, "w") as archive:
        for name, content in {"mimetype": _TYPE, **files}.items():
            entry = zipfile.ZipInfo(name, assembled_book.released().timetuple()[:6])
            entry.create_system = 3  # on every system alike
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content.encode(), compresslevel=9)
    return whole_file.getvalue()


def _files(site: Path, language: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the content of each file but the first."""
    parts = assembled_book.parts(site, language, "epub")
    chapters = [chapter for part in parts for chapter in part.chapters]
    places = {chapter.name: {str(tag["id"]) for tag in chapter.content.find_all(id=True)} for chapter in chapters}

    def address(name: str, anchor: str) -> str:
        return f"{name}.xhtml#{anchor}" if anchor in places[name] else f"{name}.xhtml"

    for chapter in chapters:
        assembled_book.relink(chapter, set(places), address)
        _open(chapter.content)
        _as_xml(chapter.content)
    about = {
        "language": language,
        "title": book_metadata.title(language),
        "editors": book_metadata.editors(language),
        "licence": book_metadata.known()["edition"]["text_licence"],
        "source": book_metadata.paper_address(),
        "identifier": uuid5(NAMESPACE_URL, f"{book_metadata.title('en')} {language}").urn,
        "changed": assembled_book.released().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "released": format_date(assembled_book.released(), "long", locale=language),
        "contents": text("contents", language),
    }
    yield "META-INF/container.xml", render("epub_container.xml")
    pages = [{"name": chapter.name, "vector": chapter.content.svg is not None} for chapter in chapters]
    yield "EPUB/package.opf", render("epub_package.xml", pages=pages, **about)
    contents = [
        {
            "caption": part.caption,
            "chapters": [
                {"name": chapter.name, "title": chapter.title, "sections": list(assembled_book.sections(chapter))}
                for chapter in part.chapters
            ],
        }
        for part in parts
    ]
    yield "EPUB/contents.xhtml", render("epub_contents.xml", parts=contents, **about)
    yield "EPUB/cover.xhtml", render("epub_cover.xml", reference=book_metadata.paper_reference(language).html, **about)
    yield "EPUB/style.css", group_colours_css.stylesheet() + _STYLE.read_text(encoding="utf-8")
    for chapter in chapters:
        content = _NOT_XML.sub("", chapter.content.decode_contents(formatter="minimal"))
        yield (
            f"EPUB/{chapter.name}.xhtml",
            render("epub_chapter.xml", language=language, title=chapter.title, content=content),
        )


def _open(content: Tag) -> None:
    """Show what a screen folds: the data below each chart."""
    for fold in content.select("details"):
        fold.name = "div"
        del fold["open"]
        if fold.summary:
            fold.summary.name = "p"


def _as_xml(content: Tag) -> None:
    """Give SVG the names that XML knows it by, without roles and labels that its chart says once for the whole."""
    for drawing in content.select("svg"):
        drawing["xmlns"] = "http://www.w3.org/2000/svg"
        drawing["xmlns:xlink"] = "http://www.w3.org/1999/xlink"
        for tag in [drawing, *drawing.find_all(True)]:
            tag.name = _CAPITALS.get(tag.name, tag.name)
            tag.attrs = {
                _CAPITALS.get(name, name): value
                for name, value in tag.attrs.items()
                if tag is drawing or not (name == "role" or name.startswith(("aria-", "data-")))
            }
