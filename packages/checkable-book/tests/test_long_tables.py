"""The page of a table with very many rows: it shows the first, and says what it leaves out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from checkable_book.book import current_book, use_book
from checkable_book.contents import Page
from checkable_book.data import package
from checkable_book.render import book_tables
from checkable_book.verify import number_audit
from checkable_book.verify.explanations import Bibliography, Explanations
from small_book import SmallBook, with_tables


@pytest.fixture(autouse=True)
def _working_directory_decides_again() -> Iterator[None]:
    yield
    use_book(None)


def test_a_long_table_shows_its_first_rows_and_says_what_it_leaves_out(laid_down: SmallBook, tmp_path: Path) -> None:
    rows = "\n".join(f"{number},a place" for number in range(1, 1501))
    with_tables(laid_down, tmp_path / "long", {"readings": f"reading,place\n{rows}\n"})
    book = current_book()
    shown = book_tables.full_table("readings").html
    assert shown.count('id="readings-') == 1001  # with the place that says what is left out
    assert package.row_id("readings", ["1000"]) == "readings-1000"
    assert package.row_id("readings", ["1001"]) == "readings-rest"  # a link there finds what is said of the rest
    assert 'id="readings-rest">The first 1,000 of 1,500 rows.' in shown

    def unexplained(html: str) -> list[str]:
        path = tmp_path / "data.html"
        path.write_text(f"<html><body><article>{html}</article></body></html>", encoding="utf-8")
        page = Page("chapters/en/data", path, "en", "", 0)
        audit = number_audit.PageAudit(page, path, Explanations(book), Bibliography(book), {}, book)
        return [numeral.text for numeral in audit.numerals() if numeral.kind == "unexplained"]

    assert unexplained(shown) == []
    assert unexplained(shown.replace("of 1,500 rows", "of 1,600 rows")) == ["1,000", "1,600"]
    assert unexplained(shown.replace("readings.csv: 1,500 rows", "readings.csv: 1,501 rows")) != []
    assert "7777" in unexplained(shown.replace(">1000</t", ">7777</t"))
