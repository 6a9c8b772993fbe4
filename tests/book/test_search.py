"""Finding: the search of the site and of its tables, in both languages, and what goes along between them.

The questions (``search_questions.csv``) and the pages that answer each were written before the search was built.
"""

import csv
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page

from checkable_book.book import current_book
from whole_book import CHROMIUM, BookCopy, Opened

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium, or set CHROMIUM")

QUESTIONS = list(
    csv.DictReader(Path(__file__).with_name("search_questions.csv").read_text(encoding="utf-8").splitlines())
)
FIRST = """(links) => links.slice(0, 3).map((link) => link.pathname.split("/").pop().replace(".html", ""))"""


def found(page: Page, site: str, language: str, question: str) -> list[str]:
    """Return the names of the first three pages that the search finds."""
    edition = "" if language == current_book().first_language else f"{language}/"
    page.goto(f"{site}{edition}search.html?q={quote(question)}")
    page.locator(".search-found").wait_for()
    names: list[str] = page.eval_on_selector_all("ul.search li a", FIRST)
    return names


def test_the_right_page_is_among_the_first_three(
    book: BookCopy, visit: Callable[..., Opened], say: Callable[[str], None]
) -> None:
    page, complaints = visit("about:blank")
    missed = {
        f"{asked['language']}: {asked['question']}": names
        for asked in QUESTIONS
        if not set(names := found(page, f"{book.site.as_uri()}/", asked["language"], asked["question"]))
        & set(asked["pages"].split())
    }
    say(f"search: {len(QUESTIONS) - len(missed)} of {len(QUESTIONS)} questions answered among the first three")
    assert len(QUESTIONS) >= 40
    assert len(missed) <= 0.1 * len(QUESTIONS), missed
    assert [line for line in complaints if not line.startswith("asked file:")] == []


def test_a_line_of_each_page_shows_what_was_found(address: str, visit: Callable[..., Opened]) -> None:
    page, complaints = visit("about:blank")
    found(page, address, "id", "persampahan")
    assert page.locator("ul.search mark").first.inner_text().lower() in {"sampah", "limbah", "persampahan"}
    assert "data-" not in page.locator("#search-results").inner_text()
    assert complaints == []


def test_the_search_says_where_nothing_is_found(address: str, visit: Callable[..., Opened]) -> None:
    page, _ = visit("about:blank")
    assert found(page, address, "en", "<b>xylophone</b>") == []
    assert page.locator(".search-found").inner_text() == "Nothing found on “<b>xylophone</b>”"


@pytest.mark.parametrize(
    ("language", "asked", "country", "least"),
    [
        ("id", "sampah", "Thailand", 1),
        ("id", "angkutan", "", 2),
        ("id", "Thailand limbah", "", 1),
        ("en", "rubbish", "", 8),
    ],
)
def test_a_table_is_searched_by_words_and_their_synonyms(
    address: str, visit: Callable[..., Opened], language: str, asked: str, country: str, least: int
) -> None:
    edition = "" if language == "en" else "id/"
    page, complaints = visit(f"{address}{edition}chapters/{language}/explorer.html?initiatives.country={country}")
    table = page.locator("table[data-name=initiatives]")
    page.locator(".table-filter input[type=search]").first.fill(asked)
    page.wait_for_function("() => window.checkableBook.terms")
    page.wait_for_timeout(100)
    assert table.locator("tbody tr:visible").count() >= least
    assert complaints == []


@pytest.mark.parametrize(("asked", "stranger"), [("bus", "business"), ("rail", "trail")])
def test_a_short_word_is_no_part_of_another(
    address: str, visit: Callable[..., Opened], asked: str, stranger: str
) -> None:
    page, _ = visit(f"{address}chapters/en/explorer.html?initiatives.search={asked}")
    page.wait_for_function("() => window.checkableBook.terms")
    page.wait_for_timeout(100)
    rows = page.locator("table[data-name=initiatives] tbody tr:visible").all_inner_texts()
    assert [row for row in rows if stranger in row and "transport" not in row.lower()] == []


def test_a_table_says_where_nothing_is_left(address: str, visit: Callable[..., Opened]) -> None:
    page, _ = visit(f"{address}id/chapters/id/explorer.html?initiatives.search=xylophone")
    page.wait_for_function("() => window.checkableBook.terms")
    assert "Tidak ada baris yang cocok" in page.locator(".table-count").first.inner_text()


def test_what_was_chosen_goes_along_to_the_other_language(address: str, visit: Callable[..., Opened]) -> None:
    page, _ = visit(
        f"{address}chapters/en/explorer.html?initiatives.dimension=environment&initiatives.country=Thailand"
    )
    shown = page.locator("table[data-name=initiatives] tbody tr:visible")
    count = shown.count()
    page.locator("a.language-switch").click()
    page.wait_for_url("**/id/chapters/id/explorer.html?*")
    assert 0 < shown.count() == count < 72
    assert page.locator(".table-filter select").first.input_value() == "environment"


def test_the_claims_on_a_country_are_those_that_its_page_counts(address: str, visit: Callable[..., Opened]) -> None:
    page, _ = visit(f"{address}id/chapters/id/country_thailand.html")
    row = page.locator("table").filter(has=page.locator("a[href*='claims.about']")).locator("tr").last
    told = row.locator("td.number").inner_text()
    row.locator("a[href*='claims.about']").click()
    page.wait_for_url("**/claims.html?claims.about=Thailand")
    assert str(page.locator("table[data-name=claims] tbody tr:visible").count()) == told
