"""The book as one PDF, set as a report: the built chapters put together (:mod:`whole`) and printed by Chromium.

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
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from html import unescape
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

from babel.dates import format_date
from bs4 import BeautifulSoup
from bs4.element import Tag

from checkable_book.errors import DataError
from checkable_book.render import book_metadata
from checkable_book.render.i18n import text
from checkable_book.render.output import render
from checkable_book.render.table import LONG
from checkable_book.sphinx_ext import assembled_book, group_colours_css, multilingual, vendor

#: Width and height of the text on a page in print.css, in pixels.
AREA = [174 / 25.4 * 96, 259 / 25.4 * 96]
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


def chromium() -> str | None:
    """Return the path of Chromium: what ``CHROMIUM`` names, or the system's; ``None`` where there is none.

    Examples
    --------
    >>> chromium() is None or Path(chromium()).exists()
    True
    """
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def path(site: Path, language: str = "en") -> Path:
    """Return where the PDF of a language is kept in the site.

    Examples
    --------
    >>> path(Path("html"), "en").name
    'book-en.pdf'
    """
    return multilingual.edition(site, language) / f"book-{language}.pdf"


def printer() -> str:
    """Return the browser to print with.

    Raises
    ------
    DataError : there is no Chromium, or what drives it is not installed.
    """
    if find_spec("playwright") is None or find_spec("pypdf") is None:  # of an extra, which building does without
        raise DataError("pdf: found no playwright and pypdf, expected the extra 'pdf' (pip install playwright pypdf)")
    browser = chromium()
    if browser is None:
        raise DataError("pdf: found no Chromium, expected one (apt-get install chromium, or set CHROMIUM)")
    return browser


def write(site: Path, language: str = "en") -> Path:
    """Print the built book to :func:`path`, whole or not at all.

    Raises
    ------
    DataError : there is nothing to print with, or the book is not built.
    """
    browser = printer()
    from playwright.sync_api import sync_playwright

    written = document(site, language)
    page_file = multilingual.chapters(site, language) / "print.html"
    try:
        with sync_playwright() as playwright:
            opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
            printed = _printed(opened, page_file, written)
            opened.close()
    finally:
        page_file.unlink(missing_ok=True)
    return assembled_book.put(path(site, language), dated(named(once_titled(printed)), assembled_book.released()))


def _printed(browser: Any, file: Path, written: str) -> bytes:
    """Print until the pages that are named are those where the places are."""
    with _opened(browser, file, written) as page:
        page.evaluate(_FLOATS.read_text(encoding="utf-8"), AREA)
        settled = page.content()
    places: dict[str, int] = {}
    for _ in range(_ROUNDS):
        with _opened(browser, file, numbered(settled, places)) as page:
            printed: bytes = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
        found = pages(printed)
        if found == places:
            break
        places = found
    return printed


@contextmanager
def _opened(browser: Any, file: Path, written: str) -> Iterator[Any]:
    """Open a page as on paper, once its fonts are there."""
    file.write_text(written, encoding="utf-8")
    page = browser.new_page()
    page.emulate_media(media="print")
    page.goto(file.as_uri())
    page.evaluate("document.fonts.ready")
    yield page
    page.close()


def pages(printed: bytes) -> dict[str, int]:
    """Return the page of each place that a link in a printed PDF leads to, from 1 on."""
    from pypdf import PdfReader  # of an extra, which building does without

    reader = PdfReader(io.BytesIO(printed))
    found = {}
    for name, destination in reader.named_destinations.items():
        number = reader.get_destination_page_number(destination)
        if number is not None:
            found[name.lstrip("/")] = number + 1
    return found


def numbered(written: str, places: dict[str, int]) -> str:
    """Return the book with the page of each place where one is named, and the running heads that follow from them.

    Examples
    --------
    >>> numbered('<span class="page" data-of="end"></span>', {"end": 12})
    '<span class="page" data-of="end">12</span>'
    """
    written = _PAGE.sub(lambda found: f"{found[1]}{places.get(found[2], '')}", written)
    return written.replace("/* heads */", _heads(written, places), 1)


def once_titled(printed: bytes) -> bytes:
    """Return a printed PDF whose outline says each title once: Chromium doubles those at the top of a page.

    Blanks keep everything in the file in its place.

    Examples
    --------
    >>> once_titled(b"/Title (AimAim)")
    b'/Title (Aim)   '
    """
    for doubled in _DOUBLED:
        printed = doubled.sub(lambda found: found[1] + found[2] + found[3] + b" " * len(found[2]), printed)
    return printed


def named(printed: bytes) -> bytes:
    """Return a PDF with its elements counted from nought; Chromium begins anywhere. Their order stays.

    Examples
    --------
    >>> named(b"/ID (node00000061) /ID (node00000007) /Headers [(node00000061)]")
    b'/ID (node00000001) /ID (node00000000) /Headers [(node00000001)]'
    """
    element = re.compile(rb"node\d{8}")
    counted = {name: b"node%08d" % number for number, name in enumerate(sorted(set(element.findall(printed))))}
    return element.sub(lambda found: counted[found[0]], printed)


def dated(printed: bytes, when: datetime) -> bytes:
    """Return a printed PDF as of another time, so that the same book gives the same bytes.

    The dates keep their length, and so everything in the file its place.

    Examples
    --------
    >>> from datetime import UTC
    >>> dated(b"/CreationDate (D:20300102030405+00'00')", datetime(2025, 11, 1, tzinfo=UTC))
    b"/CreationDate (D:20251101000000+00'00')"
    """
    written = when.strftime("%Y%m%d%H%M%S").encode()

    def put(found: re.Match[bytes]) -> bytes:
        rest = found[1][14:]
        return found[0].replace(found[1], written + re.sub(rb"\d", b"0", rest))

    return _DATE.sub(put, printed)


def document(site: Path, language: str) -> str:
    """Return all chapters of a built language as one HTML page, without the pages of its places."""
    parts = assembled_book.parts(site, language, "pdf")
    names = {chapter.name for part in parts for chapter in part.chapters}
    appendix: list[dict[str, str]] = []
    data: list[str] = []
    shown = []
    for part in parts:
        chapters = []
        for chapter in part.chapters:
            _set_apart(chapter)
            _as_one(chapter)
            assembled_book.relink(chapter, names, lambda name, anchor: f"#{name}--{anchor}" if anchor else f"#{name}")
            moved = list(_long_tables(chapter, language))
            data += _chart_data(chapter, language)
            sections = list(assembled_book.sections(chapter))
            _head(chapter, 1 if part.caption else 0)
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
    return render(
        "print.html",
        language=language,
        title=book_metadata.title(language),
        editors=book_metadata.editors(language),
        released=format_date(date.fromisoformat(book_metadata.known()["edition"]["released"]), "long", locale=language),
        reference=book_metadata.paper_reference(language).html,
        words={key: text(key, language) for key in ("contents", "appendix", "data_of_charts")},
        style=_style(book_metadata.short_title(language)),
        parts=shown,
        appendix_id=APPENDIX,
        appendix=appendix,
        data="".join(data),
    )


def _style(title: str) -> str:
    """Return the style sheet with the fonts where they are, and the title as its running head."""
    sheet = _STYLE.read_text(encoding="utf-8").replace('url("vendor/', f'url("{vendor.FOLDER.as_uri()}/')
    return f"{group_colours_css.stylesheet()}{sheet}/* heads */\n@page {{ @top-left {{ content: {_css(title)}; }} }}\n"


def _heads(written: str, places: dict[str, int]) -> str:
    """Return the style of the numbers of pages that prints, in place of each, the title of its chapter.

    The first page is the cover; a page on which chapters begin bears the title of the last.
    """
    heads = [dict(_ATTRIBUTE.findall(tag)) for tag in _HEAD.findall(written)]
    starts = [(places[head["id"]], unescape(head["data-head"])) for head in heads if head["id"] in places]
    last = max(places.values(), default=1)
    titles = [next((title for start, title in reversed(starts) if start <= page), "") for page in range(1, last + 1)]
    symbols = " ".join(_css(title) for title in titles)
    return f"@counter-style heads {{ system: fixed; symbols: {symbols}; fallback: last-head; }}\n" + (
        f"@counter-style last-head {{ system: cyclic; symbols: {_css(titles[-1])}; }}"
    )


def _css(words: str) -> str:
    """Return words as a string of CSS inside a page."""
    return json.dumps(words, ensure_ascii=False).replace("<", "\\3c ")


def _as_one(chapter: assembled_book.Chapter) -> None:
    """Let each chart be one picture, with its text: told mark by mark, the tags would weigh more than the drawing."""
    for tag in chapter.content.select('.chart-view[role="img"] svg *'):
        for attribute in ("role", "aria-label", "aria-roledescription"):
            del tag[attribute]


def _set_apart(chapter: assembled_book.Chapter) -> None:
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


def _long_tables(chapter: assembled_book.Chapter, language: str) -> Iterator[dict[str, str]]:
    """Move the long tables of a chapter out of it, under the title of the section of each; a line says where to."""
    for table in chapter.content.select("table"):
        if len(table.select("tbody tr")) <= LONG or table.find_parent(class_="chart-data"):
            continue
        moved = table.find_parent("figure") or table
        section = moved.find_parent("section")
        heading = section.find(re.compile("^h[1-6]$")) if isinstance(section, Tag) else None
        title = heading.get_text(strip=True) if isinstance(heading, Tag) else chapter.title
        place = f"{APPENDIX}--{moved.get('id') or chapter.name}"
        moved.replace_with(
            BeautifulSoup(
                render(
                    "in_appendix.html", name=_number(moved) or title, place=place, told=text("in_appendix", language)
                ),
                "html.parser",
            )
        )
        if len(table.select("thead th")) > _COLUMNS:
            _run_in(table)
        yield {"id": place, "title": title, "content": str(moved)}


def _with_tables(chapter: assembled_book.Chapter, moved: list[dict[str, str]]) -> dict[str, str]:
    """Return a chapter for the appendix, with its long tables in it again."""
    for part in chapter.content.select(".title, .in-appendix"):
        part.decompose()
    content = chapter.content.decode_contents() + "".join(part["content"] for part in moved)
    return {"id": chapter.name, "title": chapter.title, "content": content}


def _run_in(table: Tag) -> None:
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
            heading = BeautifulSoup(render("group.html", title=group, columns=len(row)), "html.parser")
            row[0].parent.insert_before(heading)  # type: ignore[union-attr]
        last = group
        row[column].decompose()


def _chart_data(chapter: assembled_book.Chapter, language: str) -> Iterator[str]:
    """Move the data of the charts of a chapter out of it, each under the number or the title of its chart."""
    for data in chapter.content.select(".chart-data"):
        figure, chart, table = data.find_parent("figure"), data.find_parent(class_="chart"), data.table
        data.extract()
        name = _number(figure) if isinstance(figure, Tag) else ""
        title = chart.select_one(".chart-title") if isinstance(chart, Tag) else None
        if name:  # a chart without a number stands again where it has one
            yield render("chart_data.html", name=name, title=title.get_text() if title else "", table=str(table))


def _number(figure: Tag) -> str:
    """Return the number of a figure or a table, as in ``Table 3``; empty where it has none."""
    number = figure.select_one(".caption-number")
    return number.get_text(strip=True) if number else ""


def _head(chapter: assembled_book.Chapter, levels: int) -> None:
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
