"""The pages of the small book in a real browser, opened as files: what its scripts let a reader do.

They need Chromium: the one that ``CHROMIUM`` names, or the system's.
"""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Playwright

from small_book import SmallBook

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium, or set CHROMIUM")

Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def open_page(built: SmallBook, playwright: Playwright) -> Iterator[Opener]:
    """Return what opens a page of the built book from its folder; whatever it complains of fails the test."""
    complaints: list[str] = []
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND"]
    )

    def opened(name: str, **context: object) -> Page:
        page = browser.new_context(**context).new_page()  # type: ignore[arg-type]
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        language, _, _ = name.partition("/")
        folder = built.site / ("" if language == "en" else language) / "chapters"
        page.goto((folder / f"{name}.html").as_uri())
        return page

    yield opened
    browser.close()
    assert complaints == []


def test_a_number_says_where_it_comes_from_and_leads_to_its_row(open_page: Opener) -> None:
    page = open_page("en/index", viewport={"width": 360, "height": 700}, has_touch=True)
    link = page.locator("a.value[data-name='gardens/Pond Walk/opened']").first
    link.tap()
    assert "gardens.csv" in (page.locator("#value-note").text_content() or "")
    link.tap()
    page.wait_for_url("**/data.html#gardens-pond-walk*")
    assert page.locator(":target").is_visible()


@pytest.mark.parametrize(
    ("language", "total", "told"), [("en", "20.5", "These are your values"), ("id", "20,5", "Ini nilai Anda")]
)
def test_a_value_of_the_readers_own_is_followed(open_page: Opener, language: str, total: str, told: str) -> None:
    page = open_page(f"{language}/index", has_touch=True)
    page.locator("a.value[data-name=area_total]").first.tap()
    page.locator("#value-try").tap()
    form = page.locator("#what-if-form")
    form.get_by_role("textbox").first.fill("12.5")
    form.get_by_role("textbox").first.press("Enter")
    page.locator(".what-if-said").filter(has_text=told).wait_for()
    assert page.locator("a.value[data-name=area_total]").first.text_content() == total
    page.locator("#what-if-bar > button").tap()
    assert page.locator(".tried").count() == 0


def test_the_other_language_is_one_link_away(open_page: Opener) -> None:
    page = open_page("en/findings")
    page.locator("a.language-switch").click()
    page.wait_for_url("**/id/chapters/id/findings.html*")
    assert page.evaluate("document.documentElement.lang") == "id"


def test_without_scripts_tables_charts_and_origins_are_there(open_page: Opener) -> None:
    page = open_page("en/findings", java_script_enabled=False)
    assert page.locator(".chart-view svg:visible").count() == 1
    assert page.locator("a.value").first.get_attribute("title")
    assert open_page("en/data", java_script_enabled=False).locator("table.data-table").first.is_visible()
