"""The prose of sources: each number that a reader sees is found, and no other; MyST-NB's own reader reads pages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from checkable_book.adoption.book import AdoptedBook
from checkable_book.book import use_book
from checkable_book.contents import Page, pages_of
from checkable_book.errors import DataError
from checkable_book.verify.reference_notebooks import code_cell_lines, read_source
from checkable_book.verify.source_prose import (
    ProseText,
    line_of_numeral,
    prose_of_markdown,
    source_lines,
    source_texts,
)

#: Of these texts a reader sees the numbers from 101 on, and none of those from 901 on.
TEXTS = Path(__file__).parent / "prose"
_FORMATS = "sphinx: {config: {nb_custom_formats: {.Rmd: [jupytext.reads, {fmt: Rmd}]}}}\n"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[AdoptedBook]:
    """Return a book without pages, the book of this process for the length of a test."""
    (tmp_path / "_config.yml").write_text(_FORMATS, encoding="utf-8")
    (tmp_path / "_toc.yml").write_text("{format: jb-book, root: page}\n", encoding="utf-8")
    made = AdoptedBook(tmp_path)
    use_book(made)
    yield made
    use_book(None)


def write(book: AdoptedBook, name: str, text: str) -> Page:
    """Return a page that holds a text."""
    path = book.root / name
    path.write_text(text, encoding="utf-8")
    return Page(path.stem, path, "en", "", 0)


@pytest.mark.parametrize("name", ["page.md", "page.rst"])
def test_each_number_that_a_reader_sees_is_found_and_no_other(book: AdoptedBook, name: str) -> None:
    text = (TEXTS / name).read_text(encoding="utf-8")
    shown = set(re.findall(r"\b1\d\d\b", text))
    assert len(shown) > 20
    assert len(set(re.findall(r"9\d\d", text))) > 20
    page = write(book, name, text)
    blocks = [block for block in source_texts(page) if not block.is_formula]
    assert set(re.findall(r"(?<![\w.])\d{3}\b", " ".join(block.text for block in blocks))) == shown
    lines = text.split("\n")
    for block in blocks:
        for numeral in re.findall(r"(?<![\w.])\d{3}\b", block.text):
            line = line_of_numeral(numeral, block, source_lines(page))
            assert line
            assert numeral in lines[line - 1]


def test_a_number_is_told_on_its_own_line_whatever_stands_elsewhere(book: AdoptedBook) -> None:
    program = "```python\nprint('the ponds are 12 metres deep')\n```\n"
    text = f"# Title\n\n{program}\n- one\n\n  the ponds are 12 metres deep\n\n"
    page = write(book, "page.md", text + "::::{note}\n:::{tip} Tip 12\nthe ponds are 12 metres deep\n:::\n::::\n")
    found = [line_of_numeral("12", block, source_lines(page)) for block in source_texts(page) if "12" in block.text]
    assert found == [9, 12, 13]


def test_what_a_page_includes_is_read_with_it(book: AdoptedBook) -> None:
    (book.root / "more.md").write_text("Included 12.\n", encoding="utf-8")
    for name, include in (("a.md", "```{include} more.md\n```\n"), ("b.rst", ".. include:: more.md\n")):
        assert [block.text for block in source_texts(write(book, name, include))] == ["Included 12."]


def test_a_fence_that_is_not_closed_hides_nothing_of_other_cells(book: AdoptedBook) -> None:
    cells = ["One\n\n```python\nx = 2", "three\n\n:::{note} Four\nfive", "six"]
    blocks = prose_of_markdown([ProseText(cell) for cell in cells])
    assert [block.text for block in blocks] == ["One", "three", "Four", "five", "six"]


def test_the_header_that_myst_nb_names_is_read(book: AdoptedBook) -> None:
    (book.root / "program.py").write_text("x = 1\ny = 2", encoding="utf-8")
    page = write(
        book,
        "page.md",
        "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n# Title\n\n- item\n\n"
        "  ```{code-cell}\n  no = 1\n  ```\n\n```{code-cell}\n:load: program.py\n```\n\n"
        "```{code-cell} ipython3\n:tags: [a]\nx + y\n```\n",
    )
    cells = [cell.source for cell in read_source(page).cells if cell.cell_type == "code"]
    assert cells == ["x = 1\ny = 2", "x + y"]
    assert code_cell_lines(page) == [15, 19]


def test_a_page_in_another_format_is_a_page(book: AdoptedBook) -> None:
    write(book, "page.Rmd", "# Title 7\n\n```{python}\nx = 1\n```\n")
    (page,) = pages_of("", book)
    assert [cell.cell_type for cell in read_source(page).cells] == ["markdown", "code"]
    assert [block.text for block in source_texts(page)] == ["Title 7"]


def test_a_source_that_cannot_be_read_is_told_with_its_line(book: AdoptedBook) -> None:
    page = write(book, "page.md", "# Title\n\n+++ {not json}\n\ntext\n")
    with pytest.raises(DataError, match=r"^page\.md:3: found a source that cannot be read \(MystMetadata"):
        read_source(page)
