"""The book on paper: set as a report, and no heavier than it may be.

That it is the same every time, wherever it is printed, is tested with the archive
(``packages/checkable-book/tests/test_archive.py``).

They need Chromium (:mod:`test_browser`).
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pypdf import PageObject, PdfReader
from test_look import FAULTS

from checkable_book.book import current_book
from checkable_book.render import book_metadata, i18n
from checkable_book.sphinx_ext import pdf
from whole_book import BookCopy, Opened

pytestmark = pytest.mark.skipif(
    pdf.find_chromium() is None, reason="no Chromium: apt-get install chromium, or set CHROMIUM"
)

MOST_BYTES = 3_000_000
MOST_PAGES = 50
FULL_ENOUGH = 0.45  # of the height for text, from which on a page is not half empty


#: Print a language, and keep the page that it is printed from.
PRINT = """
import sys
from pathlib import Path
from checkable_book.book import current_book
from checkable_book.sphinx_ext import pdf
from checkable_book.verify import site_checks
document = pdf.print_document(site_checks.site_path(), sys.argv[1], current_book())
pdf.print_document = lambda *_: document
Path(sys.argv[2]).write_text(document, encoding="utf-8")
pdf.write_pdf(site_checks.site_path(), sys.argv[1])
"""


@dataclass(frozen=True)
class Printed:
    """A printed book: the page that it was printed from, its bytes, and what it holds."""

    language: str
    document: BeautifulSoup
    bytes: bytes
    reader: PdfReader
    places: dict[str, int]
    texts: list[str]
    filled: list[float]


@pytest.fixture(scope="module", params=current_book().languages)
def printed(request: pytest.FixtureRequest, book: BookCopy, tmp_path_factory: pytest.TempPathFactory) -> Printed:
    language = request.param
    document = tmp_path_factory.mktemp("printed") / "document.html"
    # A browser of its own, beside that of the tests.
    result = book.run("python", "-c", PRINT, language, str(document))
    assert result.returncode == 0, result.stderr
    path = pdf.pdf_path(book.site, language)
    written = path.read_bytes()
    path.unlink()
    reader = PdfReader(io.BytesIO(written))
    read = [text_and_share(page) for page in reader.pages]
    return Printed(
        language=language,
        document=BeautifulSoup(document.read_text(encoding="utf-8"), "html.parser"),
        bytes=written,
        reader=reader,
        places=pdf.places_on_pages(written),
        texts=[text for text, _ in read],
        filled=[share for _, share in read],
    )


def test_the_pdf_is_whole_and_tagged(printed: Printed, say: Callable[[str], None]) -> None:
    assert printed.bytes.startswith(b"%PDF")
    assert printed.bytes.rstrip().endswith(b"%%EOF")
    say(f"PDF ({printed.language}): {len(printed.bytes):,} bytes, {len(printed.reader.pages)} pages")
    assert len(printed.reader.pages) <= MOST_PAGES
    root = printed.reader.root_object
    assert root["/Lang"] == printed.language
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]["/K"]
    assert root["/Outlines"]["/First"]


def test_the_pdf_is_light(printed: Printed) -> None:
    assert len(printed.bytes) <= MOST_BYTES


def test_links_lead_to_places_of_the_whole(printed: Printed) -> None:
    ids = [tag["id"] for tag in printed.document.find_all(id=True)]
    assert len(ids) == len(set(ids))
    inside = {link["href"][1:] for link in printed.document.find_all("a", href=True) if link["href"].startswith("#")}
    assert inside - set(ids) == set()
    assert len(printed.document.select("figcaption .caption-number")) > 20


def test_contents_and_running_heads_name_the_pages_that_there_are(printed: Printed) -> None:
    heads = {tag["id"]: tag["data-head"] for tag in printed.document.select("[data-head]") if tag["id"] != "contents"}
    contents = printed.texts[1]
    for entry in printed.document.select(".contents li:not(.in-part)"):
        title, place = entry.a.get_text(), entry.a["href"][1:]
        number = printed.places[place]
        assert f"{title} {number}" in contents, title
        assert title in printed.texts[number - 1]
    for number, text in enumerate(printed.texts[2:], start=3):
        begun = [head for place, head in heads.items() if printed.places[place] <= number]
        assert text.startswith(f"{book_metadata.short_title(printed.language)} {begun[-1]} {number}"), number


def test_the_outline_says_each_title_once(printed: Printed) -> None:
    titles = [entry.title for entry in flat(printed.reader.outline)]
    assert i18n.translate("appendix", printed.language) in titles
    assert [title for title in titles if title[: len(title) // 2] == title[len(title) // 2 :]] == []


def test_no_page_of_the_chapters_is_half_empty(printed: Printed) -> None:
    body = range(3, printed.places[pdf.APPENDIX])
    found = {number: printed.filled[number - 1] for number in body}
    assert {number: share for number, share in found.items() if share < FULL_ENOUGH} == {}


def test_a_table_that_breaks_repeats_its_head(printed: Printed) -> None:
    table = printed.document.select_one('.appendix figure[id$="outside-facts"] table')
    head = " ".join(cell.get_text() for cell in table.select("thead th"))
    start = printed.places[table.find_parent("section").h2["id"]]
    assert head in printed.texts[start - 1]
    assert head in printed.texts[start]


def test_the_long_tables_stand_in_the_appendix(printed: Printed) -> None:
    for table in printed.document.select("table"):
        if table.find_parent(class_="appendix") is None:
            assert len(table.select("tbody tr:not(.group)")) <= pdf.LONG
    claims = printed.document.select('.appendix tr[id*="--claim-"]:not([id*="totals"])')
    assert len(claims) > 500


def test_the_words_of_every_chart_can_be_read_on_paper(
    printed: Printed, tmp_path: Path, visit: Callable[..., Opened]
) -> None:
    page_file = tmp_path / "print.html"
    page_file.write_text(str(printed.document), encoding="utf-8")
    page, _ = visit(page_file.as_uri(), round(pdf.AREA[0]))
    page.emulate_media(media="print")
    page.evaluate("document.fonts.ready")
    assert page.locator(".chart-view svg").count() > 5
    assert page.evaluate(FAULTS) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def flat(outline: list) -> list:
    return [entry for part in outline for entry in (flat(part) if isinstance(part, list) else [part])]


def text_and_share(page: PageObject) -> tuple[str, float]:
    """Return the text of a page, and how far down it goes, as a share of the height for it."""
    bottom, top = 15 / 25.4 * 72, float(page.mediabox.height) - 18 / 25.4 * 72
    ends: list[float] = []

    def note(text: str, at: list[float], inside: list[float], *_: object) -> None:
        y = at[5] + inside[5] * at[3]
        if text.strip() and bottom < y < top:
            ends.append(y)

    text = page.extract_text(visitor_text=note)
    return " ".join(text.split()), (top - min(ends, default=top)) / (top - bottom)
