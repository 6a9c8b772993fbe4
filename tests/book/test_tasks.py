"""What readers come for, done as they would on a phone, with every tap counted."""

import io
from collections.abc import Callable

import pypdf
import pytest
from playwright.sync_api import Locator, Page

from checkable_book.book import current_book
from whole_book import CHROMIUM, Opened, chapters_address

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium, or set CHROMIUM")

LANGUAGES = current_book().languages
PHONE = 844


class Reader:
    """Somebody with a phone: taps what is there, and counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def tap(self, target: Locator) -> None:
        target.tap()
        self.taps += 1
        self.page.wait_for_load_state()

    def opened(self, address: str) -> "Reader":
        self.page.goto(address)
        return self


@pytest.fixture
def reader(visit: Callable[..., Opened]) -> Reader:
    page, _ = visit("about:blank", 390, has_touch=True, reduced_motion="reduce")
    page.set_viewport_size({"width": 390, "height": PHONE})
    return Reader(page)


def in_view(target: Locator) -> bool:
    box = target.bounding_box()
    return box is not None and 0 <= box["y"] < PHONE


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_official_sees_in_two_taps_what_each_country_does_about_waste_and_in_a_third_the_law(
    reader: Reader, address: str, language: str
) -> None:
    page = reader.opened(f"{address}{chapters_address(language)}/index.html").page
    road = page.locator("article a[href*=for_your_city]").first
    assert in_view(road), "the way in stands on the first screen"
    reader.tap(road)
    reader.tap(page.locator(".choose-one a[href$='#topic-waste']"))
    shown = page.locator("table.data-table:visible").first
    words = shown.locator("tbody tr").all_inner_texts()
    assert shown.locator("tbody th").all_inner_texts() == ["Malaysia", "Thailand", "Indonesia"]
    assert all("waste" in row.lower() or "limbah" in row.lower() or "sampah" in row.lower() for row in words)
    assert page.locator("#topic-transport, section#transport").locator("visible=true").count() == 0
    assert reader.taps <= 3
    reader.tap(shown.locator("a[href*='explorer.html#policies-']").first)
    page.wait_for_url("**/explorer.html#policies-malaysia-solid-waste*")
    law = page.locator("tr:target")
    assert in_view(law)
    assert "2007" in law.inner_text()
    assert reader.taps == 3


@pytest.mark.parametrize("topic", ["waste", "transport", "governance", "living", "people", "economy"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_topic_prints_on_one_sheet(reader: Reader, address: str, language: str, topic: str) -> None:
    page = reader.opened(f"{address}{chapters_address(language)}/for_your_city.html#topic-{topic}").page
    sheets = pypdf.PdfReader(io.BytesIO(page.pdf(format="A4", margin=dict.fromkeys(("top", "bottom"), "8mm")))).pages
    assert len(sheets) == 1
    assert ("Act 672" in sheets[0].extract_text()) is (topic == "waste")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_choice_shows_goes_along_to_the_other_language(reader: Reader, address: str, language: str) -> None:
    page = reader.opened(f"{address}{chapters_address(language)}/for_your_city.html#topic-waste").page
    tables = page.locator("table.data-table:visible").count()
    reader.tap(page.locator("a.language-switch"))
    page.wait_for_url("**/for_your_city.html#topic-waste")
    assert page.locator("html").get_attribute("lang") != language
    page.locator("table.data-table:visible").first.wait_for()
    shown = "[...document.querySelectorAll('table.data-table')].filter((one) => one.checkVisibility()).length"
    page.wait_for_function(f"(count) => {shown} === count", arg=tables)


@pytest.mark.parametrize("language", LANGUAGES)
def test_roads_by_who_one_is_stand_on_the_first_two_screens(reader: Reader, address: str, language: str) -> None:
    page = reader.opened(f"{address}{chapters_address(language)}/index.html").page
    boxes = [road.bounding_box() or {} for road in page.locator(".roads a").all()]
    assert len(boxes) >= 4
    assert all(box["y"] + box["height"] < 2 * PHONE for box in boxes)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("country", ["malaysia", "thailand", "indonesia"])
def test_a_country_fits_twelve_screens_and_opens_with_what_is_found(
    reader: Reader,
    address: str,
    language: str,
    country: str,
    say: Callable[[str], None],
) -> None:
    page = reader.opened(f"{address}{chapters_address(language)}/country_{country}.html").page
    screens = page.evaluate("document.documentElement.scrollHeight / innerHeight")
    say(f"{language}, {country}: {screens:.1f} phone screens")
    assert screens <= 12
    assert in_view(page.locator(".in-short"))
    assert page.locator("article a.value, article data.value").count() > 10


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reviewer_goes_from_a_conclusion_to_what_speaks_against_it_in_two_taps(
    reader: Reader, address: str, language: str
) -> None:
    page = reader.opened(f"{address}{chapters_address(language)}/main_conclusions.html").page
    row = page.locator("table.data-table").last.locator("tr").filter(has_text="Thailand").first
    against = row.locator("a[href*='claims.html#claim-']").last
    name = (against.get_attribute("href") or "").partition("#")[2]
    reader.tap(against)
    page.wait_for_url(f"**/claims.html#{name}")
    assert in_view(page.locator("tr:target"))
    assert reader.taps <= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reviewer_sees_in_one_tap_on_a_number_how_sure_it_is(reader: Reader, address: str, language: str) -> None:
    page = reader.opened(f"{address}{chapters_address(language)}/introduction.html").page
    reader.tap(page.locator("a.value[data-name='internet_use/Indonesia/internet_speed_mbps']").first)
    said = page.locator("#value-note").inner_text()
    known = {"en": ("Printed in the paper", "partly confirmed"), "id": ("Tercetak", "dikonfirmasi sebagian")}
    assert all(words in said for words in known[language]), said
    assert said.index("internet_use.csv") > said.index(known[language][0])  # the sentence comes first
    assert reader.taps == 1
