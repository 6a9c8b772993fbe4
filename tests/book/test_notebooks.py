"""The reference notebooks: in step with the chapters, executed, and sensitive to the data.

The build of the tests executes every cell; its outputs are compared with the references.
"""

import ast
import copy
import re
from pathlib import Path

import pytest

from checkable_book import project
from checkable_book.verify import reference_notebooks, site_checks
from whole_book import HIGHER, SPEED, Book

CHAPTERS = reference_notebooks.chapters()


def test_references_hold_the_cells_of_their_chapters_all_executed() -> None:
    assert reference_notebooks.out_of_step() == []


def test_an_unexecuted_cell_is_noticed() -> None:
    for chapter in CHAPTERS:
        assert reference_notebooks.unexecuted(reference_notebooks.read(chapter)) != []


def test_a_stray_or_missing_reference_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference_notebooks, "chapters", lambda: CHAPTERS[1:])
    assert reference_notebooks.out_of_step() == [
        f"tests/reference/en/{CHAPTERS[0].stem}.ipynb: there is no such chapter"
    ]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_glued_name_is_used_and_every_used_name_glued(chapter: Path) -> None:
    used = set(re.findall(r"\{glue:\}`([^`]+)`", chapter.read_text(encoding="utf-8")))
    code = "\n".join(
        source for kind, source in reference_notebooks.cells(reference_notebooks.read(chapter)) if kind == "code"
    )
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    glued = [ast.literal_eval(name) for call in calls if ast.unparse(call.func) == "values.glue" for name in call.args]
    assert sorted(glued) == sorted(used)


def test_every_output_of_the_build_is_that_of_its_reference(book: Book) -> None:
    """The build executes every cell; each output is compared with the stored one (nbval does so on request)."""
    executed = site_checks.executed(book.site)
    assert len(executed) == len(CHAPTERS)
    for chapter in CHAPTERS:
        assert reference_notebooks.differences(chapter, executed[reference_notebooks.name(chapter)]) == []


def test_a_difference_can_be_read_line_by_line() -> None:
    lines = [
        line for path in project.references().glob("*/*.ipynb") for line in path.read_text(encoding="utf-8").split("\n")
    ]
    assert max(map(len, lines)) < 5000


def test_a_changed_output_is_named(book: Book) -> None:
    chapter = next(chapter for chapter in CHAPTERS if reference_notebooks.name(chapter) == "en/introduction")
    spoilt = copy.deepcopy(site_checks.executed(book.site)["en/introduction"])
    cell = next(cell for cell in spoilt.cells if "charts.internet_use" in cell.source)
    html = cell.outputs[0].data["text/html"]
    cell.outputs[0].data["text/html"] = html.replace(SPEED, HIGHER)
    [line] = reference_notebooks.differences(chapter, spoilt)
    assert "charts.internet_use" in line
    assert reference_notebooks.differences(chapter, None) != []


def test_nbval_notices_a_changed_cell_of_the_data(book: Book) -> None:
    with book.edited("data/internet_use.csv", SPEED, HIGHER):
        result = book.run("pytest", "--nbval", "tests/reference/en/introduction.ipynb", "-q")
    assert result.returncode == 1
    assert HIGHER in result.stdout
