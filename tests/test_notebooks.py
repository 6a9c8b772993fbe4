"""The reference notebooks: in step with the chapters, executed, and sensitive to the data.

nbval itself compares every output with a new execution, in the same test run.
"""

import ast
import re
from pathlib import Path

import pytest

from conftest import Book
from smartcity_review import notebooks

CHAPTERS = notebooks.chapters()


def test_references_hold_the_cells_of_their_chapters_all_executed() -> None:
    assert notebooks.out_of_step() == []


def test_an_unexecuted_cell_is_noticed() -> None:
    for chapter in CHAPTERS:
        assert notebooks.unexecuted(notebooks.read(chapter)) != []


def test_a_stray_or_missing_reference_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebooks, "chapters", lambda: CHAPTERS[1:])
    assert notebooks.out_of_step() == [f"tests/reference/en/{CHAPTERS[0].stem}.ipynb: there is no such chapter"]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_glued_name_is_used_and_every_used_name_glued(chapter: Path) -> None:
    used = set(re.findall(r"\{glue:\}`([^`]+)`", chapter.read_text(encoding="utf-8")))
    code = "\n".join(source for kind, source in notebooks.cells(notebooks.read(chapter)) if kind == "code")
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    glued = [ast.literal_eval(name) for call in calls if ast.unparse(call.func) == "numbers.glue" for name in call.args]
    assert sorted(glued) == sorted(used)


def test_nbval_notices_a_changed_cell_of_the_data(book: Book) -> None:
    with book.edited("data/internet_use.csv", "37.85", "37.86"):
        result = book.run("pytest", "tests/reference/en/introduction.ipynb", "-q")
    assert result.returncode == 1
    assert "37.86" in result.stdout
    assert book.run("pytest", "tests/reference/en/definitions.ipynb", "-q").returncode == 0
