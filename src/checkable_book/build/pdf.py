"""The book as one PDF: the built chapters put together and printed by Chromium.

The numbers of tables and figures, the links between chapters and the vector
figures are those of the pages; only what needs a screen is left out, with
the explorer, the page that takes queries, the pages that are looked up, and the data row by row, which would
only make the PDF long.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import yaml
from babel.dates import format_date
from bs4 import BeautifulSoup
from bs4.element import Tag

from checkable_book import project
from checkable_book.build import colours, languages
from checkable_book.errors import DataError
from checkable_book.show import edition, lookups
from checkable_book.show.markup import render
from checkable_book.show.words import text

_LEFT_OUT = {"ask", "data", "explorer"}
_SCREEN_ONLY = ".headerlink, .cell_input, details.hide, .chart-data, .chart-narrow, .choices, .download, script, style"
_DATE = re.compile(rb"/(?:Creation|Mod)Date \(D:(\d{14}[^)]*)\)")
_STYLE = Path(__file__).parents[1] / "show" / "static" / "print.css"


def chromium() -> str | None:
    """Return the path of Chromium: what ``CHROMIUM`` names, or the system's; ``None`` where there is none."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def path(site: Path, language: str = "en") -> Path:
    """Return where the PDF of a language is kept in the site."""
    return languages.edition(site, language) / f"book-{language}.pdf"


def write(site: Path, language: str = "en") -> Path:
    """Print the built book to :func:`path`, whole or not at all.

    Raises
    ------
    DataError : there is no Chromium, or the book is not built.
    """
    try:
        from playwright.sync_api import sync_playwright  # of an extra, which building does without
    except ImportError:
        raise DataError("pdf: found no playwright, expected the extra 'pdf' (pip install -e '.[pdf]')") from None
    browser = chromium()
    if browser is None:
        raise DataError("pdf: found no Chromium, expected one (apt-get install chromium, or set CHROMIUM)")
    folder = languages.chapters(site, language)
    if not folder.is_dir():
        raise DataError("pdf: found no built book, expected one in _build/html (jb build .)")
    page_file = folder / "print.html"
    page_file.write_text(document(folder, language), encoding="utf-8")
    try:
        with sync_playwright() as playwright:
            opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
            page = opened.new_page()
            page.goto(page_file.as_uri())
            printed = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
            opened.close()
    finally:
        page_file.unlink()
    target = path(site, language)
    whole = target.with_suffix(".part")
    whole.write_bytes(dated(printed, _released()))
    whole.replace(target)
    return target


def dated(printed: bytes, when: datetime) -> bytes:
    """Return a printed PDF as of another time, so that the same book gives the same bytes.

    The dates keep their length, and so everything in the file its place.

    Examples
    --------
    >>> dated(b"/CreationDate (D:20300102030405+00'00')", datetime(2025, 11, 1, tzinfo=UTC))
    b"/CreationDate (D:20251101000000+00'00')"
    """
    written = when.strftime("%Y%m%d%H%M%S").encode()

    def put(found: re.Match[bytes]) -> bytes:
        rest = found[1][14:]
        return found[0].replace(found[1], written + re.sub(rb"\d", b"0", rest))

    return _DATE.sub(put, printed)


def _released() -> datetime:
    """Return the time that a PDF bears: of ``SOURCE_DATE_EPOCH``, or of the day of the release."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch:
        return datetime.fromtimestamp(int(epoch), UTC)
    return datetime.combine(date.fromisoformat(edition.known()["edition"]["released"]), datetime.min.time(), UTC)


def document(folder: Path, language: str) -> str:
    """Return all chapters of a built language as one HTML page."""
    left_out = {*_LEFT_OUT, *lookups.chapters(language).values()}
    names = [name for name in _chapters(language) if name not in left_out]
    return render(
        "print.html",
        language=language,
        title=edition.title(language),
        editors=edition.editors(language),
        released=format_date(date.fromisoformat(edition.known()["edition"]["released"]), "long", locale=language),
        reference=edition.paper_reference(language).html,
        contents=text("contents", language),
        style=colours.stylesheet() + _STYLE.read_text(encoding="utf-8"),
        chapters=[_chapter(folder / f"{name}.html", names) for name in names],
    )


def _chapters(language: str) -> Iterator[str]:
    """Yield the names of the chapters in the order of the table of contents."""
    contents = yaml.safe_load((project.root() / "_toc.yml").read_text(encoding="utf-8"))
    parts = contents.get("parts") or [contents]
    for entry in [{"file": contents["root"]}, *(chapter for part in parts for chapter in part["chapters"])]:
        yield Path(entry["file"]).name


def _chapter(path: Path, names: list[str]) -> dict[str, str]:
    """Return a chapter's identifier, title and content, with identifiers and links that hold in the whole."""
    name = path.stem
    article = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").select_one("article")
    assert article is not None, path
    for part in article.select(_SCREEN_ONLY):
        part.decompose()
    for tag in article.find_all(True):
        for attribute in ("id", "for"):
            if tag.has_attr(attribute):
                tag[attribute] = f"{name}--{tag[attribute]}"
        for attribute in ("aria-labelledby", "aria-describedby"):
            if tag.has_attr(attribute):
                tag[attribute] = " ".join(f"{name}--{part}" for part in str(tag[attribute]).split())
        for attribute in ("marker-end", "clip-path", "fill", "stroke"):
            tag_value = str(tag.get(attribute, ""))
            if tag_value.startswith("url(#"):
                tag[attribute] = tag_value.replace("url(#", f"url(#{name}--")
        for attribute in ("href", "xlink:href"):
            if tag.has_attr(attribute):
                _relink(tag, attribute, name, names)
    title = article.h1.get_text(strip=True) if article.h1 else name
    return {"id": name, "title": title, "content": article.decode_contents()}


def _relink(tag: Tag, attribute: str, name: str, names: list[str]) -> None:
    """Let a link lead to its place in the whole; drop it where that is left out."""
    target, _, anchor = str(tag[attribute]).partition("#")
    target = target.partition("?")[0]
    if "//" in target:
        return
    chapter = Path(target).stem if target else name
    if chapter in names:
        tag[attribute] = f"#{chapter}--{anchor}" if anchor else f"#{chapter}"
    else:
        del tag[attribute]
