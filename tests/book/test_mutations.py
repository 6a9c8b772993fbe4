"""Every printed cell is compared: a small change anywhere makes a page print otherwise than its stored print.

The data chapter prints every cell, and the stored print is a copy of it, so this
proves that nothing moves unseen and nothing more; whether a change is noticed
by its meaning is asked in test_meaning.py. Every mutation is made in memory.
"""

import csv
import io
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from checkable_book import data, project
from checkable_book.proof import verify
from whole_book import Book

COUNTRIES = ["Malaysia", "Thailand", "Indonesia"]

#: Printed whole by the data chapter; derived values are printed with their results.
PRINTED = [name for name in data.names() if name != "numbers"]

Rows = list[list[str]]


def rows_of(name: str) -> Rows:
    with open(project.data() / f"{name}.csv", encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def changed(cell: str) -> str:
    """Return a cell with one small, plausible change."""
    if cell in COUNTRIES:
        return COUNTRIES[COUNTRIES.index(cell) - 1]
    digit = re.search(r"\d(?=\D*$)", cell)
    if digit:  # the last digit, one more
        return cell[: digit.start()] + str((int(digit.group()) + 1) % 10) + cell[digit.end() :]
    word = re.search(r"[A-Za-z]{2,}", cell)
    if word:  # the first word, one letter another
        return cell[: word.start()] + ("s" if word.group()[0] != "s" else "t") + cell[word.start() + 1 :]
    return f"{cell}x"


def cells(name: str, chosen: str) -> Iterator[tuple[str, Rows]]:
    """Yield each mutation of a table's cells: what was changed, and the rows after it."""
    rows = rows_of(name)
    types = [field["type"] for field in data.describe(name)["schema"]["fields"]]
    for line in range(1, len(rows)):
        for column, kind in enumerate(types):
            one_a_column = line == 1 + column % (len(rows) - 1)
            if chosen == "all" or one_a_column or (kind != "string" and rows[line][column]):
                mutated = [list(row) for row in rows]
                mutated[line][column] = changed(rows[line][column])
                yield f"{name}.csv, row {line + 1}, column {rows[0][column]}", mutated


def dropped(name: str) -> Iterator[tuple[str, Rows]]:
    """Yield each mutation that takes one row out."""
    rows = rows_of(name)
    for line in range(1, len(rows)):
        yield f"{name}.csv, row {line + 1} taken out", rows[:line] + rows[line + 1 :]


def noticed_by(name: str, rows: Rows) -> str:
    """Return which check of content notices the rows in both languages, empty if one does not."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    try:
        frame = data.parse(name, stream.getvalue())
    except ValueError:
        return "description"
    with data.replaced(name, frame):
        missed = [language for language in project.languages() if not verify.changed_outputs(name, language)]
        return "" if missed else "outputs"


def survey(mutations: list[tuple[str, str, Rows]], say: Callable[[str], None]) -> None:
    """Put all mutations before the checks, print the share that is noticed and the speed, and demand all."""
    for language in project.languages():
        verify.changed_outputs("sections", language)  # reads the references once
    started = time.perf_counter()
    found = {what: noticed_by(name, rows) for name, what, rows in mutations}
    seconds = time.perf_counter() - started
    counted = Counter(found.values())
    missed = [what for what, check in found.items() if not check]
    share = 100 * (len(found) - len(missed)) / len(found)
    say(f"{len(found)} mutations, {share:.1f}% seen in print, {len(found) / seconds:.0f} a second, by {dict(counted)}")
    assert missed == []


def test_every_number_and_every_column_is_watched(say: Callable[[str], None]) -> None:
    survey([(name, *mutation) for name in PRINTED for mutation in cells(name, "some")], say)


@pytest.mark.all_cells
def test_every_cell_and_every_row_is_watched(say: Callable[[str], None]) -> None:
    mutations = [(name, *mutation) for name in PRINTED for mutation in [*cells(name, "all"), *dropped(name)]]
    survey(mutations, say)


def test_an_unchanged_table_is_not_noticed() -> None:
    for name in PRINTED:
        assert not any(verify.changed_outputs(name, language) for language in project.languages())


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("{glue:}`screened`", "{glue:}`screening`", "methods.ipynb: its cells are not those of"),
        ("{glue:}`screened` to screen", "1,514 to screen", "en/methods: '1,514' is not explained"),
        ("{glue:}`criteria words` criteria", "eight criteria", "en/methods: 'eight' is not explained"),
        ('\ntables.record_sources(data.load("record_sources"))\n', "\n", "methods.ipynb: its cells are not those of"),
    ],
    ids=["renamed key", "typed number", "typed number word", "cell taken out"],
)
def test_a_changed_chapter_is_noticed_without_a_build(book: Book, old: str, new: str, line: str) -> None:
    with book.edited("chapters/en/methods.md", old, new):
        result = book.run("python", "-m", "checkable_book", "verify", "--quick", "--skip", "documents")
    assert result.returncode == 1
    assert line in result.stdout
    assert result.stderr.startswith("verification failed: ")
    assert "Traceback" not in result.stderr
