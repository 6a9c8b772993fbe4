"""The built site: its links, its weight, and that it asks no other host for anything."""

import copy
import gzip
import re
import shutil
from functools import cache
from pathlib import Path
from urllib.parse import urldefrag

import pytest
from bs4 import BeautifulSoup

from checkable_book.book import current_book
from checkable_book.render import book_metadata
from checkable_book.sphinx_ext import postprocess_html
from checkable_book.verify import site_checks
from whole_book import BookCopy

PAGE_LIMIT = 400_000  # bytes, compressed


@cache
def parsed(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def pages(book: BookCopy) -> list[Path]:
    found = book.pages()
    assert found
    return found


def references(page: Path) -> list[str]:
    """Return every address that a page links to or loads."""
    attributes = (("a", "href"), ("link", "href"), ("script", "src"), ("img", "src"), ("source", "src"))
    return [tag[name] for kind, name in attributes for tag in parsed(page).find_all(kind, attrs={name: True})]


def test_links_identifiers_and_hosts_are_in_order(book: BookCopy, pages: list[Path]) -> None:
    assert sorted(site_checks.built_pages(book.site).values()) == sorted(pages)
    assert site_checks.page_faults(book.site) == []


def test_each_fault_in_a_page_is_named(book: BookCopy, tmp_path: Path) -> None:
    faults = {
        '<a href="nowhere.html">x</a>': "en/conclusions: nowhere.html leads to no file",
        '<a href="methods.html#nowhere">x</a>': "en/conclusions: methods.html#nowhere leads to no anchor",
        '<p id="twice"></p><p id="twice"></p>': "en/conclusions: the identifier twice stands 2 times",
        '<img src="https://example.org/x.png">': "https://example.org/x.png is loaded from another host",
    }
    copied = shutil.copytree(book.site, tmp_path / "site")
    page = copied / "chapters" / "en" / "conclusions.html"
    spoilt = page.read_text(encoding="utf-8").replace("</article>", f"{''.join(faults)}</article>")
    page.write_text(spoilt, encoding="utf-8")
    found = site_checks.page_faults(copied)
    assert len(found) == len(faults)
    assert all(any(fault in line for line in found) for fault in faults.values()), found


def test_links_of_the_chart_of_initiatives_lead_to_rows_of_the_explorer(book: BookCopy) -> None:
    folder = book.site / "chapters" / "en"
    drawn = {link["xlink:href"] for link in parsed(folder / "dimensions.html").select(".chart-view a")}
    assert len(drawn) == 18
    for address in drawn:
        path, anchor = urldefrag(address)
        assert path.startswith("explorer.html?initiatives.dimension=")
        assert parsed(folder / "explorer.html").find(id=anchor), address


def test_notes_in_the_margin_are_numbered_at_what_they_are_about(pages: list[Path]) -> None:
    numbered = 0
    for page in pages:
        notes = parsed(page).select("aside.margin.numbered")
        for note in parsed(page).select("aside.margin:not(.numbered)"):  # on the whole chapter
            assert note.find_previous("h2") not in parsed(page).select("article h2"), page
        marks = parsed(page).select("a.note-mark")
        assert [mark["href"].lstrip("#") for mark in marks] == [note["id"] for note in notes], page
        assert [int(mark["data-note"]) for mark in marks] == list(range(1, len(notes) + 1)), page
        for mark, note in zip(marks, notes, strict=True):
            assert note.select_one(".sidebar-title").get_text() in mark["aria-label"]
            assert mark.find_parent(["p", "figcaption", "caption"]) is not None
            assert mark in note.find_all_previous("a"), page
        numbered += len(notes)
    assert numbered > 40  # in all languages


def test_only_pages_with_charts_load_the_charts_script(pages: list[Path]) -> None:
    with_charts = {page.stem for page in pages if parsed(page).find(class_="chart")}
    assert with_charts == {page.stem for page in pages if any("charts.js" in address for address in references(page))}
    assert "methods" not in with_charts


def test_tables_have_captions_and_scopes(pages: list[Path]) -> None:
    tables = [table for page in pages for table in parsed(page).find_all("table", class_="data-table")]
    assert len(tables) > 10
    for table in tables:
        assert table.caption.get_text(strip=True)
        assert {header.get("scope") for header in table.find_all("th")} == {"col", "row"}


@pytest.mark.parametrize(("language", "label"), [("en", "Table"), ("id", "Tabel")])
def test_the_tables_of_the_paper_keep_its_numbers(book: BookCopy, language: str, label: str) -> None:
    printed = {
        figure["id"]: figure.find(class_="caption-number").get_text(strip=True)
        for page in book.chapters(language).glob("*.html")
        for figure in parsed(page).find_all("figure")
        if figure["id"].startswith("table-")
    }
    assert printed == {
        "table-internet-use": f"{label} 1",
        "table-eligibility": f"{label} 2",
        "table-definitions": f"{label} 3",
        "table-initiatives": f"{label} 4",
        "table-policy-cycle": f"{label} 5",
    }


def test_pages_are_light(pages: list[Path]) -> None:
    for page in pages:
        assert len(gzip.compress(page.read_bytes())) < PAGE_LIMIT, page.name


def test_each_page_says_what_it_is_about_and_offers_its_notebook(pages: list[Path]) -> None:
    for page in pages:
        description = parsed(page).select_one("meta[name=description]")
        assert 40 < len(description["content"]) <= 205, page.name
        notebooks = [address for address in references(page) if address.endswith(".ipynb")]
        assert [Path(address).stem for address in notebooks] == [page.stem]


def test_each_page_allows_scripts_of_its_own_only(pages: list[Path]) -> None:
    for page in pages:
        policy = parsed(page).select_one('meta[http-equiv="Content-Security-Policy"]')["content"]
        assert "default-src 'none'" in policy
        scripts = re.search(r"script-src ([^;]+)", policy).group(1)
        assert re.fullmatch(r"'self' 'wasm-unsafe-eval'( 'sha256-[\w+/=]+')*", scripts), page.name


def test_the_way_in_is_there(book: BookCopy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (book.site / "robots.txt").read_text(encoding="utf-8").startswith("User-agent: *")
    assert "This page does not exist" in (book.site / "404.html").read_text(encoding="utf-8")
    assert "Halaman ini tidak ada" in (book.site / "id" / "404.html").read_text(encoding="utf-8")
    assert not (book.site / "sitemap.xml").exists()  # the address of the site is not known
    shutil.copytree(book.site, tmp_path, dirs_exist_ok=True)
    known = copy.deepcopy(book_metadata.known_metadata())
    known["edition"]["address"] = "https://example.org/book/"
    monkeypatch.setattr(book_metadata, "known_metadata", lambda book=None: known)
    postprocess_html.write_landing_page(tmp_path, current_book())
    sitemap = (tmp_path / "sitemap.xml").read_text(encoding="utf-8")
    for page in ("chapters/en/methods.html", "id/chapters/id/methods.html"):
        assert f"<loc>https://example.org/book/{page}</loc>" in sitemap
    assert "Sitemap: https://example.org/book/sitemap.xml" in (tmp_path / "robots.txt").read_text(encoding="utf-8")
