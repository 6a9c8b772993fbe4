"""The book for e-readers: the built chapters (:mod:`assembled_book`) as an EPUB 3, a file each.

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
from urllib.parse import unquote
from uuid import NAMESPACE_URL, uuid5

from babel.dates import format_date
from bs4.element import Tag

from checkable_book.book import Book, current_book
from checkable_book.dependencies import digest_of_bytes
from checkable_book.files import write_bytes_whole
from checkable_book.render import book_metadata
from checkable_book.render.i18n import translate
from checkable_book.render.output import render_template
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


#: The kinds of pictures that an EPUB may hold, by their endings.
_PICTURES = {
    ".gif": "image/gif", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".png": "image/png", ".svg": "image/svg+xml",
    ".webp": "image/webp",
}  # fmt: skip


def epub_path(site: Path, language: str, book: Book | None = None) -> Path:
    """Return where the EPUB of a language is kept in the site."""
    return multilingual.edition_folder(site, language, book or current_book()) / f"book-{language}.epub"


def write_epub(site: Path, language: str, book: Book | None = None) -> Path:
    """Write the built book to :func:`epub_path`, whole or not at all.

    Raises
    ------
    DataError : the book is not built.
    """
    book = book or current_book()
    time = assembled_book.release_time(book).timetuple()[:6]
    return write_bytes_whole(epub_path(site, language, book), pack_epub(dict(_files(site, language, book)), time))


def pack_epub(files: dict[str, bytes], time: tuple[int, ...]) -> bytes:
    """Return the files as an EPUB, which says first what it is; all bear the same time.

    Examples
    --------
    >>> pack_epub({}, (2025, 4, 1, 0, 0, 0))[30:58]
    b'mimetypeapplication/epub+zip'
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in {"mimetype": _TYPE.encode(), **files}.items():
            entry = zipfile.ZipInfo(name, time)  # type: ignore[arg-type]
            entry.create_system = 3  # on every system alike
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=9)
    return packed.getvalue()


def _files(site: Path, language: str, book: Book) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each file but the first."""
    parts = assembled_book.assemble_parts(site, language, "epub", book)
    chapters = [chapter for part in parts for chapter in part.chapters]
    places = {chapter.name: {str(tag["id"]) for tag in chapter.content.find_all(id=True)} for chapter in chapters}
    names = {chapter.page.docname: chapter.name for chapter in chapters}
    pictures: dict[str, bytes] = {}

    def address(name: str, anchor: str) -> str:
        return f"{name}.xhtml#{anchor}" if anchor in places[name] else f"{name}.xhtml"

    for chapter in chapters:
        assembled_book.relink(chapter, names, address)
        pictures |= _take_pictures(chapter, multilingual.page_file(site, chapter.page, book))
        _open_folds(chapter.content)
        _make_xml(chapter.content)
    released = assembled_book.release_time(book)
    about = {
        "language": language,
        "title": book_metadata.title(language, book),
        "editors": book_metadata.editors(language, book),
        "licence": book_metadata.known_metadata(book)["edition"]["text_licence"],
        "source": book_metadata.paper_address(book),
        "identifier": uuid5(NAMESPACE_URL, f"{book_metadata.title(book=book)} {language}").urn,
        "changed": released.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "released": format_date(released, "long", locale=language),
        "contents": translate("contents", language),
    }
    contents = [
        {
            "caption": part.caption,
            "chapters": [
                {
                    "name": chapter.name,
                    "title": chapter.title,
                    "sections": list(assembled_book.chapter_sections(chapter)),
                }
                for chapter in part.chapters
            ],
        }
        for part in parts
    ]
    items = [{"name": chapter.name, "properties": _properties(chapter.content)} for chapter in chapters]
    held = [{"name": name, "type": _PICTURES[Path(name).suffix.lower()]} for name in pictures]
    reference = book_metadata.paper_reference(language, book).html
    texts = {
        "META-INF/container.xml": render_template("epub_container.xml"),
        "EPUB/package.opf": render_template("epub_package.xml", pages=items, pictures=held, **about),
        "EPUB/contents.xhtml": render_template("epub_contents.xml", parts=contents, **about),
        "EPUB/cover.xhtml": render_template("epub_cover.xml", reference=reference, **about),
        "EPUB/style.css": group_colours_css.stylesheet(book) + _STYLE.read_text(encoding="utf-8"),
    }
    for chapter in chapters:
        content = _NOT_XML.sub("", chapter.content.decode_contents(formatter="minimal"))
        texts[f"EPUB/{chapter.name}.xhtml"] = render_template(
            "epub_chapter.xml", language=language, title=chapter.title, content=content
        )
    yield from ((name, text.encode()) for name, text in texts.items())
    yield from ((f"EPUB/{name}", content) for name, content in pictures.items())


def _take_pictures(chapter: assembled_book.Chapter, page: Path) -> dict[str, bytes]:
    """Return the pictures of a chapter by their names in the EPUB; of one that is not at hand the words stay."""
    taken: dict[str, bytes] = {}
    for image in chapter.content.select("img"):
        path = (page.parent / unquote(str(image.get("src", "")).partition("?")[0])).resolve()
        image["alt"] = str(image.get("alt") or "")
        for name in [name for name in image.attrs if name not in {"alt", "class", "src", "title", "width", "height"}]:
            del image[name]
        if path.suffix.lower() not in _PICTURES or not path.is_file():
            image.name = "span"
            image.string = str(image["alt"])
            image.attrs = {}
            continue
        content = path.read_bytes()
        name = f"pictures/picture-{digest_of_bytes(content)[:16]}{path.suffix.lower()}"
        taken[name] = content
        image["src"] = name
    return taken


def _properties(content: Tag) -> str:
    """Return what a chapter holds beside text, as the package of an EPUB names it."""
    held = [name for name, found in (("svg", content.svg), ("mathml", content.math)) if found is not None]
    return " ".join(held)


def _open_folds(content: Tag) -> None:
    """Show what a screen folds: the data below each chart."""
    for fold in content.select("details"):
        fold.name = "div"
        del fold["open"]
        if fold.summary:
            fold.summary.name = "p"


def _make_xml(content: Tag) -> None:
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
