"""The map that a reader explores in VOSviewer Online: the network of the picture, loaded only when asked for."""

import json
import re
from collections.abc import Callable

import pytest

from checkable_book.render import i18n
from systematic_review import vosviewer
from whole_book import CHROMIUM, BookCopy, Opened, axe_found

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium, or set CHROMIUM")

LANGUAGES = ["en", "id"]
VIEWER = re.compile(r"/viewers/")


def page_uri(book: BookCopy, language: str) -> str:
    return (book.chapters(language) / "worked_example.html").as_uri()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reader_opens_the_map_by_keyboard_and_closes_it(
    book: BookCopy, visit: Callable[..., Opened], language: str
) -> None:
    page, complaints = visit(page_uri(book, language), width=390)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    button = page.get_by_role("button", name=i18n.translate("explore_map", language))
    assert button.get_attribute("aria-expanded") == "false"
    button.focus()
    assert [url for url in asked if VIEWER.search(url)] == []
    page.keyboard.press("Enter")
    region = page.get_by_role("region", name=i18n.translate("explore_map", language))
    given = json.loads(page.locator(".viewer > script").text_content() or "")["network"]
    counts = "|".join(str(len(given[part])) for part in ("items", "links"))
    region.get_by_text(re.compile(r": \d+.*: \d+")).first.wait_for()
    assert "|".join(re.findall(r"\d+", region.inner_text())[:2]) == counts
    assert len([url for url in asked if VIEWER.search(url)]) == 1
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
    assert region.evaluate("region => region === document.activeElement")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    close = page.get_by_role("button", name=i18n.translate("viewer_close", language), exact=True)
    assert close.get_attribute("aria-expanded") == "true"
    close.press("Enter")
    assert page.locator(".viewer-place").inner_html() == ""
    assert button.is_visible()
    assert complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_network_is_that_of_the_picture(book: BookCopy, language: str) -> None:
    text = (book.chapters(language) / "worked_example.html").read_text(encoding="utf-8")
    found = re.search(r'<div class="viewer".*?<script type="application/json">(.*?)</script>', text, re.DOTALL)
    assert found
    given = json.loads(found[1])["network"]
    chart = text[: found.start()].rpartition('<div class="chart"')[2]
    for spec in re.findall(r'class="chart-spec"[^>]*>(.*?)</script>', chart, re.DOTALL):
        data = json.loads(spec)["datasets"].values()
        circles = next(rows for rows in data if "works" in rows[0])
        lines = next(rows for rows in data if "x2" in rows[0])
        assert [(item["label"], item["x"], item["y"], str(item["cluster"])) for item in given["items"]] == [
            (row["label"], row["x"], row["y"], row["cluster"]) for row in circles
        ]
        place = {item["id"]: (item["x"], item["y"]) for item in given["items"]}
        assert [(*place[link["source_id"]], *place[link["target_id"]]) for link in given["links"]] == [
            (row["x"], row["y"], row["x2"], row["y2"]) for row in lines
        ]


def test_the_script_is_beside_each_edition_and_the_page_tells_its_weight(book: BookCopy) -> None:
    for language, folder in (("en", book.site), ("id", book.site / "id")):
        script = folder / "_static" / "viewers" / "vosviewer.js"
        assert script.read_bytes() == vosviewer.SCRIPT.read_bytes()
        assert script.with_suffix(".LICENSE").is_file()
        megabytes = i18n.format_number(round(script.stat().st_size / 1e6, 1), language)
        text = (book.chapters(language) / "worked_example.html").read_text(encoding="utf-8")
        assert i18n.translate("viewer_weight", language, megabytes=megabytes) in text


def test_without_scripts_only_the_picture_is_seen(book: BookCopy, visit: Callable[..., Opened]) -> None:
    page = visit(page_uri(book, "en"), java_script_enabled=False)[0]
    assert not page.locator(".viewer").is_visible()
    assert page.locator(".chart-wide svg").last.is_visible()


def test_what_cannot_be_loaded_is_told_and_can_be_tried_again(
    book: BookCopy, address: str, visit: Callable[..., Opened]
) -> None:
    page, _ = visit(f"{address}chapters/en/worked_example.html")
    page.route(VIEWER, lambda route: route.abort())
    button = page.get_by_role("button", name=i18n.translate("explore_map"))
    button.click()
    page.get_by_text(i18n.translate("viewer_not_loaded")).wait_for()
    assert button.get_attribute("aria-expanded") == "false"
    page.unroute(VIEWER)
    button.click()
    page.locator(".viewer-place canvas").first.wait_for()


def test_the_button_bars_nobody(book: BookCopy, visit: Callable[..., Opened]) -> None:
    assert axe_found(visit(page_uri(book, "en"))[0]) == []
