"""The small book that the machinery is tested on."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from checkable_book.book import Book, use_book
from small_book import SmallBook, run


@pytest.fixture(scope="session")
def laid_down(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    """Return a new book in two languages, as it is laid down; not to be changed."""
    folder = tmp_path_factory.mktemp("laid") / "gardens"
    made = run(folder.parent, "checkable-book", "new", str(folder), "--languages", "en,id")
    assert made.code == 0, made.said
    return SmallBook(folder)


@pytest.fixture(scope="session")
def built(laid_down: SmallBook, tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    """Return the new book, strictly built; changes to it are taken back, and built again."""
    book = laid_down.copy(tmp_path_factory.mktemp("built") / "gardens")
    done = book.build()
    assert done.code == 0, done.said
    return book


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    """Return a new book in one language, strictly built; changes to it are taken back, and built again."""
    folder = tmp_path_factory.mktemp("plain") / "gardens"
    for command in (["checkable-book", "new", str(folder)], ["jb", "build", str(folder), "-W", "-n", "--keep-going"]):
        done = run(folder.parent, *command)
        assert done.code == 0, done.said
    return SmallBook(folder)


@pytest.fixture(scope="session")
def laid_down_plain(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    """Return a new book in one language, as it is laid down; not to be changed."""
    folder = tmp_path_factory.mktemp("laid_plain") / "gardens"
    made = run(folder.parent, "checkable-book", "new", str(folder))
    assert made.code == 0, made.said
    return SmallBook(folder)


@pytest.fixture
def spoilt(laid_down: SmallBook, tmp_path: Path) -> SmallBook:
    """Return a copy of the book, not built, that a test may spoil."""
    return laid_down.copy(tmp_path / "spoilt")


@pytest.fixture
def here(laid_down: SmallBook, tmp_path: Path) -> Iterator[SmallBook]:
    """Return a copy of the book that is the book of this process for the length of a test."""
    book = SmallBook(Path(shutil.copytree(laid_down.root, tmp_path / "here")))
    use_book(Book(book.root))
    yield book
    use_book(None)
