"""The reference notebooks: in step with the chapters, executed, and sensitive to the data.

nbval itself compares every output with a new execution, in the same test run.
"""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from conftest import Book
from smartcity_review import notebooks
from smartcity_review.paths import REFERENCES

CHAPTERS = notebooks.chapters()


def cells(notebook: nbformat.NotebookNode) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_reference_holds_the_cells_of_its_chapter_all_executed(chapter: Path) -> None:
    reference = nbformat.read(notebooks.reference(chapter), as_version=4)
    assert cells(reference) == cells(notebooks.read(chapter)), "refresh with python -m smartcity_review.notebooks"
    assert unexecuted(reference) == []


def unexecuted(notebook: nbformat.NotebookNode) -> list[str]:
    """Return the code cells without a count or without an output; each of ours has one."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    return [cell.id for cell in code if cell.execution_count is None or not cell.outputs]


def test_an_unexecuted_cell_is_noticed() -> None:
    assert unexecuted(notebooks.read(CHAPTERS[0])) != []


def test_every_reference_has_a_chapter() -> None:
    expected = {notebooks.reference(chapter) for chapter in CHAPTERS}
    assert set(REFERENCES.glob("*/*.ipynb")) == expected


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_glued_name_is_used_and_every_used_name_glued(chapter: Path) -> None:
    used = set(re.findall(r"\{glue:\}`([^`]+)`", chapter.read_text(encoding="utf-8")))
    code = "\n".join(source for kind, source in cells(notebooks.read(chapter)) if kind == "code")
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    glued = [ast.literal_eval(name) for call in calls if ast.unparse(call.func) == "numbers.glue" for name in call.args]
    assert sorted(glued) == sorted(used)


def test_nbval_notices_a_changed_cell_of_the_data(book: Book) -> None:
    with book.edited("data/internet_use.csv", "37.85", "37.86"):
        result = book.run("pytest", "tests/reference/en/introduction.ipynb", "-q")
    assert result.returncode == 1
    assert "37.86" in result.stdout
    assert book.run("pytest", "tests/reference/en/definitions.ipynb", "-q").returncode == 0
