"""The reference notebooks: in step with the chapters, executed, and sensitive to the data.

The build of the tests executes every cell; its outputs are compared with the references.
"""

import ast
import copy
import re
import shutil

import pytest

from checkable_book.book import Book, current_book
from checkable_book.contents import Page
from checkable_book.verify import reference_notebooks, site_checks
from whole_book import HIGHER, SPEED, BookCopy, edit

PAGES = reference_notebooks.executable_pages()


def test_references_hold_the_cells_of_their_chapters_all_executed() -> None:
    assert reference_notebooks.outdated_references() == []


def test_an_unexecuted_cell_is_noticed() -> None:
    for page in PAGES:
        assert reference_notebooks.unexecuted_cells(reference_notebooks.read_source(page)) != []


def test_a_stray_or_missing_reference_is_noticed(own_book: Book) -> None:
    shutil.copytree(PAGES[0].path.parents[2] / "tests" / "reference", own_book.reference_folder)
    edit(own_book, "_toc.yml", "      - file: chapters/en/methods\n", "")
    assert reference_notebooks.outdated_references(own_book) == [
        f"tests/reference/{language}/methods.ipynb: there is no such chapter; checkable-book refresh takes it out"
        for language in own_book.languages
    ]
    (own_book.reference_folder / "en" / "data.ipynb").unlink()
    assert any("en/data.ipynb: missing" in line for line in reference_notebooks.outdated_references(own_book))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_glued_name_is_used_and_every_used_name_glued(page: Page) -> None:
    used = set(re.findall(r"\{glue:\}`([^`]+)`", page.path.read_text(encoding="utf-8")))
    cells = reference_notebooks.cell_sources(reference_notebooks.read_source(page))
    calls = [
        node for kind, source in cells if kind == "code" for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
    ]  # fmt: skip
    glued = [ast.literal_eval(name) for call in calls if ast.unparse(call.func) == "values.glue" for name in call.args]
    assert sorted(glued) == sorted(used)


def test_every_output_of_the_build_is_that_of_its_reference(book: BookCopy) -> None:
    """The build executes every cell; each output is compared with the stored one (nbval does so on request)."""
    executed = site_checks.executed_notebooks(book.site)
    assert len(executed) == len(PAGES)
    for page in PAGES:
        assert reference_notebooks.output_differences(page, executed[page.name]) == []


def test_a_difference_can_be_read_line_by_line() -> None:
    kept = current_book().reference_folder.glob("*/*.ipynb")
    lines = [line for path in kept for line in path.read_text(encoding="utf-8").split("\n")]
    assert max(map(len, lines)) < 5000


def test_a_changed_output_is_named(book: BookCopy) -> None:
    page = next(page for page in PAGES if page.name == "en/introduction")
    spoilt = copy.deepcopy(site_checks.executed_notebooks(book.site)["en/introduction"])
    cell = next(cell for cell in spoilt.cells if "charts.internet_use" in cell.source)
    html = cell.outputs[0].data["text/html"]
    cell.outputs[0].data["text/html"] = html.replace(SPEED, HIGHER)
    [line] = reference_notebooks.output_differences(page, spoilt)
    assert "charts.internet_use" in line
    assert reference_notebooks.output_differences(page, None) != []


def test_nbval_notices_a_changed_cell_of_the_data(book: BookCopy) -> None:
    with book.edited("data/internet_use.csv", SPEED, HIGHER):
        result = book.run("pytest", "--nbval", "tests/reference/en/introduction.ipynb", "-q")
    assert result.returncode == 1
    assert HIGHER in result.stdout
