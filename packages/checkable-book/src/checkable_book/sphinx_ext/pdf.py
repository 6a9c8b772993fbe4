"""The book as one PDF, set as a report: the built chapters put together (:mod:`assembled_book`), printed by Chromium.

Chromium cannot ask on which page a place is. So the book is printed, the pages
of its places are read from what was printed, put into the contents, the
references to the appendix and the running heads, and the book is printed again.
Long tables and the data of the charts stand in an appendix.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from html import unescape
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from babel.dates import format_date
from bs4 import BeautifulSoup
from bs4.element import Tag

from checkable_book.book import Book, current_book
from checkable_book.errors import DataError
from checkable_book.files import write_bytes_whole
from checkable_book.render import book_metadata
from checkable_book.render.i18n import translate
from checkable_book.render.output import render_template
from checkable_book.render.table import LONG
from checkable_book.sphinx_ext import assembled_book, group_colours_css, multilingual, vendor

#: Width and height of the text on a page in print.css, in pixels.
AREA = [180 / 25.4 * 96, 264 / 25.4 * 96]
#: Where the appendix begins.
APPENDIX = "appendix"

_DATE = re.compile(rb"/(?:Creation|Mod)Date \(D:(\d{14}[^)]*)\)")
_DOUBLED = [re.compile(rb"(/Title \()(.{3,}?)\2(\))"), re.compile(rb"(/Title <FEFF)([0-9A-F]{12,}?)\2(>)")]
_HEAD = re.compile(r"<[^>]*\sdata-head=[^>]*>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_PAGE = re.compile(r'(<span class="page" data-of="([^"]*)">)\d*')
_FLOATS = Path(__file__).parents[1] / "render" / "static" / "print_floats.js"
_STYLE = Path(__file__).parents[1] / "render" / "static" / "print.css"
_COLUMNS = 5  # more of them are too narrow on paper to be read down
_ROUNDS = 4  # the second print is the last unless the numbers themselves move a line


def find_chromium() -> str | None:
    """Return the path of a browser to print with: what ``CHROMIUM`` names, or one of the system, or ``None``."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
    found = next((path for name in names if (path := shutil.which(name))), None)
    return found or next((str(path) for path in _usual_places() if path.is_file()), None)


def pdf_path(site: Path, language: str, book: Book | None = None) -> Path:
    """Return where the PDF of a language is kept in the site."""
    return multilingual.edition_folder(site, language, book or current_book()) / f"book-{language}.pdf"


def require_printer() -> str:
    """Return the browser to print with.

    Raises
    ------
    DataError : there is none, or what drives it is not installed.
    """
    missing = [name for name in ("playwright", "pypdf", "pikepdf") if find_spec(name) is None]
    if missing:  # of an extra, which building does without
        names = " ".join(missing)
        raise DataError(f"pdf: found no {' and no '.join(missing)}, expected the extra 'pdf' (pip install {names})")
    browser = find_chromium()
    if browser is None or not Path(browser).is_file():
        found = f"{browser}, which is no file" if browser else "no Chromium"
        raise DataError(f"pdf: found {found}, expected Chromium (apt-get install chromium, or set CHROMIUM)")
    return browser


def write_pdf(site: Path, language: str, book: Book | None = None) -> Path:
    """Print the built book to :func:`pdf_path`, whole or not at all.

    Raises
    ------
    DataError : there is nothing to print with, or the book is not built.
    """
    book = book or current_book()
    browser = require_printer()
    from playwright.sync_api import Error, sync_playwright

    written = print_document(site, language, book)
    with tempfile.TemporaryDirectory() as folder:
        try:
            with sync_playwright() as playwright:
                opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
                printed = _print_until_settled(opened, Path(folder) / "print.html", written)
                opened.close()
        except Error as error:
            reason = " ".join(str(error).split())[:200]
            raise DataError(f"pdf: found a browser that does not print ({reason}), expected a PDF") from None
    settled = set_dates(count_elements(remove_doubled_titles(printed)), assembled_book.release_time(book))
    return write_bytes_whole(pdf_path(site, language, book), compress_objects(settled))


def _print_until_settled(browser: Any, file: Path, written: str) -> bytes:
    """Print until the pages that are named are those where the places are."""
    with _open_page(browser, file, written) as page:
        page.evaluate(_FLOATS.read_text(encoding="utf-8"), AREA)
        settled = page.content()
    places: dict[str, int] = {}
    for _ in range(_ROUNDS):
        with _open_page(browser, file, fill_page_numbers(settled, places)) as page:
            printed: bytes = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
        found = places_on_pages(printed)
        if found == places:
            break
        places = found
    return printed


@contextmanager
def _open_page(browser: Any, file: Path, written: str) -> Iterator[Any]:
    """Open a page as on paper, once its fonts are there."""
    file.write_text(written, encoding="utf-8")
    page = browser.new_page()
    page.emulate_media(media="print")
    page.goto(file.as_uri())
    page.evaluate("document.fonts.ready")
    yield page
    page.close()


def places_on_pages(printed: bytes) -> dict[str, int]:
    """Return the page of each place that a link in a printed PDF leads to, from 1 on."""
    from pypdf import PdfReader  # of an extra, which building does without

    reader = PdfReader(io.BytesIO(printed))
    found = {}
    for name, destination in reader.named_destinations.items():
        number = reader.get_destination_page_number(destination)
        if number is not None:
            found[name.lstrip("/")] = number + 1
    return found


def fill_page_numbers(written: str, places: dict[str, int]) -> str:
    """Return the book with the page of each place where one is named, and the running heads that follow from them.

    Examples
    --------
    >>> fill_page_numbers('<span class="page" data-of="end"></span>', {"end": 12})
    '<span class="page" data-of="end">12</span>'
    """
    written = _PAGE.sub(lambda found: f"{found[1]}{places.get(found[2], '')}", written)
    return written.replace("/* heads */", _running_head_styles(written, places), 1)


def remove_doubled_titles(printed: bytes) -> bytes:
    """Return a printed PDF whose outline says each title once: Chromium doubles those at the top of a page.

    Blanks keep everything in the file in its place.

    Examples
    --------
    >>> remove_doubled_titles(b"/Title (AimAim)")
    b'/Title (Aim)   '
    """
    for doubled in _DOUBLED:
        printed = doubled.sub(lambda found: found[1] + found[2] + found[3] + b" " * len(found[2]), printed)
    return printed


def count_elements(printed: bytes) -> bytes:
    """Return a PDF with its elements counted from nought; Chromium begins anywhere. Their order stays.

    Examples
    --------
    >>> count_elements(b"/ID (node00000061) /ID (node00000007) /Headers [(node00000061)]")
    b'/ID (node00000001) /ID (node00000000) /Headers [(node00000001)]'
    """
    element = re.compile(rb"node\d{8}")
    counted = {name: b"node%08d" % number for number, name in enumerate(sorted(set(element.findall(printed))))}
    return element.sub(lambda found: counted[found[0]], printed)


def compress_objects(printed: bytes) -> bytes:
    """Return a PDF whose objects are compressed too: Chromium leaves the tags as plain text, most of the file.

    The same bytes give the same bytes.
    """
    import pikepdf  # of an extra, which building does without

    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(printed)) as document:
        document.save(written, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return written.getvalue()


def set_dates(printed: bytes, when: datetime) -> bytes:
    """Return a printed PDF as of another time, so that the same book gives the same bytes.

    The dates keep their length, and so everything in the file its place.

    Examples
    --------
    >>> from datetime import UTC
    >>> set_dates(b"/CreationDate (D:20300102030405+00'00')", datetime(2025, 11, 1, tzinfo=UTC))
    b"/CreationDate (D:20251101000000+00'00')"
    """
    written = when.strftime("%Y%m%d%H%M%S").encode()

    def put_date(found: re.Match[bytes]) -> bytes:
        rest = found[1][14:]
        return found[0].replace(found[1], written + re.sub(rb"\d", b"0", rest))

    return _DATE.sub(put_date, printed)


def print_document(site: Path, language: str, book: Book) -> str:
    """Return all chapters of a built language as one HTML page, without the pages of its places."""
    parts = assembled_book.assemble_parts(site, language, "pdf", book)
    names = {chapter.page.docname: chapter.name for part in parts for chapter in part.chapters}
    appendix: list[dict[str, str]] = []
    data: list[str] = []
    shown = []
    for part in parts:
        chapters = []
        for chapter in part.chapters:
            _prefix_identifiers(chapter)
            _merge_drawings(chapter)
            _locate_pictures(chapter, multilingual.page_file(site, chapter.page, book))
            assembled_book.relink(chapter, names, lambda name, anchor: f"#{name}--{anchor}" if anchor else f"#{name}")
            moved = list(_move_long_tables(chapter, language))
            data += _move_chart_data(chapter, language)
            sections = list(assembled_book.chapter_sections(chapter))
            _lower_headings(chapter, 1 if part.caption else 0)
            if moved and not sections:  # it is there for its table, and goes with it
                appendix.append(_with_tables(chapter, moved))
                continue
            appendix += moved
            chapters.append(
                {
                    "id": chapter.name,
                    "title": chapter.title,
                    "sections": sections,
                    "content": chapter.content.decode_contents(),
                }
            )
        if chapters:
            shown.append({"caption": part.caption, "chapters": chapters})
    return render_template(
        "print.html",
        language=language,
        title=book_metadata.title(language, book),
        editors=book_metadata.editors(language, book),
        released=format_date(book_metadata.release_date(book), "long", locale=language),
        reference=book_metadata.paper_reference(language, book).html,
        words={key: translate(key, language) for key in ("contents", "appendix", "data_of_charts")},
        style=_style(book_metadata.short_title(language, book), book),
        parts=shown,
        appendix_id=APPENDIX,
        appendix=appendix,
        data="".join(data),
    )


def _style(title: str, book: Book) -> str:
    """Return the style sheet with the fonts where they are, and the title as its running head."""
    sheet = _STYLE.read_text(encoding="utf-8").replace('url("vendor/', f'url("{vendor.FOLDER.as_uri()}/')
    head = f"/* heads */\n@page {{ @top-left {{ content: {_css_string(title)}; }} }}\n"
    return f"{group_colours_css.stylesheet(book)}{sheet}{head}"


def _running_head_styles(written: str, places: dict[str, int]) -> str:
    """Return the style of the numbers of pages that prints, in place of each, the title of its chapter.

    The first page is the cover; a page on which chapters begin bears the title of the last.
    """
    heads = [dict(_ATTRIBUTE.findall(tag)) for tag in _HEAD.findall(written)]
    starts = [(places[head["id"]], unescape(head["data-head"])) for head in heads if head["id"] in places]
    last = max(places.values(), default=1)
    titles = [next((title for start, title in reversed(starts) if start <= page), "") for page in range(1, last + 1)]
    symbols = " ".join(_css_string(title) for title in titles)
    return f"@counter-style heads {{ system: fixed; symbols: {symbols}; fallback: last-head; }}\n" + (
        f"@counter-style last-head {{ system: cyclic; symbols: {_css_string(titles[-1])}; }}"
    )


def _css_string(words: str) -> str:
    """Return words as a string of CSS inside a page."""
    return json.dumps(words, ensure_ascii=False).replace("<", "\\3c ")


def _locate_pictures(chapter: assembled_book.Chapter, page: Path) -> None:
    """Let pictures be found from wherever the whole is printed."""
    for image in chapter.content.select("img"):
        path = (page.parent / unquote(str(image.get("src", "")).partition("?")[0])).resolve()
        if path.is_file():
            image["src"] = path.as_uri()


def _merge_drawings(chapter: assembled_book.Chapter) -> None:
    """Let each chart be one picture, with its text: told mark by mark, the tags would weigh more than the drawing."""
    for tag in chapter.content.select('.chart-view[role="img"] svg *'):
        for attribute in ("role", "aria-label", "aria-roledescription"):
            del tag[attribute]


def _prefix_identifiers(chapter: assembled_book.Chapter) -> None:
    """Give everything in a chapter a name that holds in the whole."""
    for tag in chapter.content.find_all(True):
        for attribute in ("id", "for"):
            if tag.has_attr(attribute):
                tag[attribute] = f"{chapter.name}--{tag[attribute]}"
        for attribute in ("aria-labelledby", "aria-describedby"):
            if tag.has_attr(attribute):
                tag[attribute] = " ".join(f"{chapter.name}--{part}" for part in str(tag[attribute]).split())
        for attribute in ("marker-end", "clip-path", "fill", "stroke"):
            tag_value = str(tag.get(attribute, ""))
            if tag_value.startswith("url(#"):
                tag[attribute] = tag_value.replace("url(#", f"url(#{chapter.name}--")


def _move_long_tables(chapter: assembled_book.Chapter, language: str) -> Iterator[dict[str, str]]:
    """Move the long tables of a chapter out of it, under the title of the section of each; a line says where to."""
    for table in chapter.content.select("table"):
        if len(table.select("tbody tr")) <= LONG or table.find_parent(class_="chart-data"):
            continue
        moved = table.find_parent("figure") or table
        section = moved.find_parent("section")
        heading = section.find(re.compile("^h[1-6]$")) if isinstance(section, Tag) else None
        title = assembled_book.plain_text(heading) if isinstance(heading, Tag) else chapter.title
        place = f"{APPENDIX}--{moved.get('id') or chapter.name}"
        moved.replace_with(
            BeautifulSoup(
                render_template(
                    "in_appendix.html",
                    name=_number(moved) or title,
                    place=place,
                    told=translate("in_appendix", language),
                ),
                "html.parser",
            )
        )
        if len(table.select("thead th")) > _COLUMNS:
            _run_rows_in(table)
            for row in table.select("tbody tr"):
                _merge_equal_cells(row.find_all(["th", "td"], recursive=False))
        yield {"id": place, "title": title, "content": str(moved)}


def _with_tables(chapter: assembled_book.Chapter, moved: list[dict[str, str]]) -> dict[str, str]:
    """Return a chapter for the appendix, with its long tables in it again."""
    for part in chapter.content.select(".title, .in-appendix"):
        part.decompose()
    content = chapter.content.decode_contents() + "".join(part["content"] for part in moved)
    return {"id": chapter.name, "title": chapter.title, "content": content}


def _run_rows_in(table: Tag) -> None:
    """Let the rows of a table of many columns run in, under headings where a reader can choose rows by a column."""
    table["class"] = "run-in"
    rows = [row.find_all(["th", "td"], recursive=False) for row in table.select("tbody tr")]
    column = int(str(table.get("data-filters", "0")).partition(" ")[0])
    groups = [row[column].get_text() for row in rows]
    if not column or sum(one != other for one, other in pairwise(groups)) >= len(set(groups)):
        return  # the rows of a group do not stand together
    last = None
    for row, group in zip(rows, groups, strict=True):
        if group != last:
            heading = BeautifulSoup(render_template("group.html", title=group, columns=len(row)), "html.parser")
            row[0].parent.insert_before(heading)  # type: ignore[union-attr]
        last = group
        row[column].decompose()


def _merge_equal_cells(row: list[Tag]) -> None:
    """Say once, after both titles, what two cells side by side say, also where the first adds it in brackets."""
    for cell, after in pairwise(row[1:]):
        said, again = (" ".join(one.get_text().split()) for one in (cell, after))
        if again and (said == again or said.endswith(f": {again})")):
            after["data-label"] = f"{cell.get('data-label', '')} · {after.get('data-label', '')}"
            after.clear()
            after.extend(list(cell.contents))
            cell.clear()


def _move_chart_data(chapter: assembled_book.Chapter, language: str) -> Iterator[str]:
    """Move the data of the charts of a chapter out of it, each under the number or the title of its chart."""
    for data in chapter.content.select(".chart-data"):
        figure, chart, table = data.find_parent("figure"), data.find_parent(class_="chart"), data.table
        data.extract()
        name = _number(figure) if isinstance(figure, Tag) else ""
        title = chart.select_one(".chart-title") if isinstance(chart, Tag) else None
        if name:  # a chart without a number stands again where it has one
            yield render_template(
                "chart_data.html", name=name, title=title.get_text() if title else "", table=str(table)
            )


def _number(figure: Tag) -> str:
    """Return the number of a figure or a table, as in ``Table 3``; empty where it has none."""
    number = figure.select_one(".caption-number")
    return number.get_text(strip=True) if number else ""


def _lower_headings(chapter: assembled_book.Chapter, levels: int) -> None:
    """Lower the headings of a chapter below that of its part; let each be the place that its section is.

    A section may begin at the foot of the page before its heading.
    """
    for heading in chapter.content.find_all(re.compile("^h[1-5]$")):
        heading["class"] = "title" if heading.name == "h1" else "heading"
        heading.name = f"h{int(heading.name[1]) + levels}"
        if heading.parent and heading.parent.name == "section" and heading.parent.get("id"):
            heading["id"] = heading.parent["id"]
            del heading.parent["id"]
    title = chapter.content.find(class_="title")
    if isinstance(title, Tag):
        if title.get("id"):
            title.insert(0, Tag(name="span", attrs={"id": title["id"]}))
        title["id"] = chapter.name
        title["data-head"] = chapter.title


def _usual_places() -> Iterator[Path]:
    """Yield where browsers stand that are on no path: on Windows and macOS."""
    for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        if folder := os.environ.get(variable):
            yield Path(folder) / "Google" / "Chrome" / "Application" / "chrome.exe"
            yield Path(folder) / "Microsoft" / "Edge" / "Application" / "msedge.exe"
    yield Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    yield Path("/Applications/Chromium.app/Contents/MacOS/Chromium")
