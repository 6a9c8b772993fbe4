"""The build: strict, fresh, and stopped in one line by wrong data or an unknown name."""

import re
from subprocess import CompletedProcess

import pytest

from conftest import Book
from smartcity_review import languages
from smartcity_review.paths import CHAPTERS


def executed(built: CompletedProcess[str]) -> set[str]:
    """Return the chapters that a build executed."""
    return set(re.findall(r"(\w+)\.md: Executed notebook", built.stdout + built.stderr))


def test_the_strict_build_gives_every_chapter(book: Book) -> None:
    for chapter in CHAPTERS.glob("*/*.md"):
        assert (languages.chapters(book.site, chapter.parent.name) / f"{chapter.stem}.html").exists()


def test_nothing_is_executed_where_nothing_changed(book: Book) -> None:
    built = book.build()
    assert built.returncode == 0
    assert executed(built) == set()


def test_a_changed_cell_updates_the_pages_that_use_it_and_no_other(book: Book) -> None:
    page = book.site / "chapters" / "en" / "introduction.html"
    twin = languages.chapters(book.site, "id") / "introduction.html"
    assert "37.85" in page.read_text(encoding="utf-8")
    assert "37,85" in twin.read_text(encoding="utf-8")
    with book.edited("data/internet_use.csv", "37.85", "38.96"):
        built = book.build()
        assert built.returncode == 0, built.stdout + built.stderr
        text = page.read_text(encoding="utf-8")
        assert "38.96" in text
        assert "37.85" not in text
        assert "38,96" in twin.read_text(encoding="utf-8")
    users = executed(built)
    assert users >= {"introduction", "beyond", "claims", "data", "verification"}
    assert "references" not in users  # it prints nothing of that file
    assert executed(book.build()) == users  # the old value is back
    assert "37.85" in page.read_text(encoding="utf-8")


def test_a_changed_helper_updates_the_pages_that_import_it(book: Book) -> None:
    with book.edited("src/smartcity_review/flow.py", "PRISMA 2020 flow", "PRISMA  2020 flow"):
        assert executed(book.build()) == {"methods", "rerunning"}
    assert executed(book.build()) == {"methods", "rerunning"}


def test_a_changed_style_is_put_in_place_without_execution(book: Book) -> None:
    with book.edited("src/smartcity_review/static/book.css", "0.45rem 0.6rem", "0.46rem 0.6rem"):
        assert executed(book.build()) == set()
        assert "0.46rem" in (book.site / "_static" / "book.css").read_text(encoding="utf-8")
    assert executed(book.build()) == set()
    assert "0.46rem" not in (book.site / "_static" / "book.css").read_text(encoding="utf-8")


def test_wrong_data_stops_the_build_in_one_line(book: Book) -> None:
    with book.edited("data/prisma_flow.csv", ",39", ",40"):
        built = book.build()
    output = built.stdout + built.stderr
    assert built.returncode != 0
    assert "data/prisma_flow.csv, row 5, column records: found 40, expected 1629 - 115 - 1475 = 39" in output
    assert "Traceback" not in output
    assert book.build().returncode == 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{glue:}`source_gap`", "{glue:}`source_gaps`", "source_gaps"),
        ("{numref}`table-eligibility`", "{numref}`table-eligible`", "table-eligible"),
        ("[publication trend](publication_trend)", "[publication trend](publications)", "publications"),
        ("{cite:p}`higgins2008`", "{cite:p}`higgins1908`", "higgins1908"),
        ('data.load("record_sources")', 'data.load("record_source")', "record_source"),
    ],
    ids=["glue key", "cross-reference", "link", "citation", "failing cell"],
)
def test_an_unknown_name_fails_the_build(book: Book, old: str, new: str, message: str) -> None:
    with book.edited("chapters/en/methods.md", old, new):
        built = book.build()
    assert built.returncode != 0
    assert message in built.stdout + built.stderr
