"""Each cell of the small book's tables is watched: a changed one is told without a build."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from checkable_book.book import Book, use_book
from checkable_book.errors import DataError
from checkable_book.verify.checks import prints_differently
from small_book import SmallBook

#: The tables that a page prints whole; the queries of derived values are compared as outputs of cells.
PRINTED = ("gardens", "visits", "rules")


def changed(cell: str) -> str:
    """Return another value of the same kind."""
    if re.fullmatch(r"-?\d+", cell):
        return str(int(cell) + 1)
    if re.fullmatch(r"-?\d+\.\d+", cell):
        return f"{float(cell) + 0.25}"
    return f"{cell} x"


def changed_tables(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the text of a CSV file with each of its cells changed in turn, and which cell that is."""
    header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
    for row, cells in enumerate(rows):
        for column, name in enumerate(header):
            other = [list(kept) for kept in rows]
            other[row][column] = changed(cells[column])
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows([header, *other])
            yield text.getvalue(), f"row {row + 2}, column {name}"


def is_noticed(root: Path, table: str) -> bool:
    """Return whether the book cannot be read any more, or prints the table differently than its reference."""
    book = Book(root)
    use_book(book)
    try:
        return prints_differently(table, "en", book)
    except DataError:
        return True
    finally:
        use_book(None)


@pytest.fixture(scope="module")
def kept(built: SmallBook, tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    """Return a copy of the built book with its references, that a test may change."""
    book = built.copy(tmp_path_factory.mktemp("kept") / "gardens")
    assert book.run("checkable-book", "refresh").code == 0
    return book


def test_no_table_is_noticed_where_nothing_changed(kept: SmallBook) -> None:
    for name in PRINTED:
        assert not is_noticed(kept.root, name)


def test_every_changed_cell_is_noticed(kept: SmallBook) -> None:
    unseen = []
    for name in PRINTED:
        path = kept.root / "data" / f"{name}.csv"
        whole = path.read_text(encoding="utf-8")
        for text, cell in changed_tables(path):
            path.write_text(text, encoding="utf-8")
            if not is_noticed(kept.root, name):
                unseen.append(f"{name}, {cell}")
        path.write_text(whole, encoding="utf-8")
    assert unseen == []
