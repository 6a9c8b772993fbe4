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
from contextlib import ExitStack

import pandas as pd
import pytest

from checkable_book import data
from checkable_book.book import current_book
from checkable_book.errors import DataError
from checkable_book.render import book_tables
from checkable_book.verify import checks
from whole_book import BookCopy

COUNTRIES = ["Malaysia", "Thailand", "Indonesia"]

#: Printed whole by the data chapter; derived values are printed with their results.
PRINTED = [name for name in data.table_names() if name != "numbers"]

Rows = list[list[str]]


def rows_of(name: str) -> Rows:
    with open(current_book().data_folder / f"{name}.csv", encoding="utf-8", newline="") as stream:
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


def cells(name: str, chosen: str) -> Iterator[tuple[str, list[int]]]:
    """Yield the cells of a table to change: a column, and the lines of its file."""
    rows = rows_of(name)
    for column, field in enumerate(data.describe_table(name)["schema"]["fields"]):
        one_a_column = 1 + column % (len(rows) - 1)
        lines = [
            line
            for line in range(1, len(rows))
            if chosen == "all" or line == one_a_column or (field["type"] != "string" and rows[line][column])
        ]
        yield field["name"], lines


def parsed(name: str, rows: Rows) -> tuple[pd.DataFrame | None, set[int]]:
    """Return rows as the data is read; or nothing, and the lines that break its description."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    try:
        return data.parse_table(name, stream.getvalue()), set()
    except DataError as error:
        return None, {int(row) - 1 for row in re.findall(r"\.csv:(\d+): ", str(error))}


def printed(name: str, language: str) -> list[str]:
    """Return the rows of a table as the data chapter prints them."""
    return book_tables.full_table(name, language).html.partition("<tbody")[2].split("<tr")[1:]


def noticed_by(name: str, column: str, lines: list[int], before: dict[str, list[str]]) -> dict[int, str]:
    """Return what notices a change of each cell: the description, the print of its row in each language, or nothing.

    The cells of a column are changed together, each in a row of its own, unless that breaks the description.
    ``before`` holds the rows as they are printed in each language.
    """
    rows = rows_of(name)
    for line in lines:
        rows[line][rows[0].index(column)] = changed(rows[line][rows[0].index(column)])
    frame, broken = parsed(name, rows)
    if frame is None:
        told = broken & set(lines)
        rest = [[line for line in lines if line not in told]] if told else [[line] for line in lines]
        if len(lines) == 1:
            return dict.fromkeys(lines, "description")
        found = dict.fromkeys(told, "description")
        for some in filter(None, rest):
            found |= noticed_by(name, column, some, before)
        return found
    differing = set(lines)
    for language, kept in before.items():
        with data.table_replaced(name, frame):
            after = printed(name, language)
        assert len(after) == len(rows) - 1
        pairs = enumerate(zip(kept, after, strict=True), start=1)
        differing &= {line for line, (row, other) in pairs if row != other}
    return {line: "outputs" if line in differing else "" for line in lines}


def survey(chosen: str, say: Callable[[str], None]) -> None:
    """Change cells, print the share that is noticed and the speed, and demand all."""
    started = time.perf_counter()
    found = {}
    for name in PRINTED:
        before = {language: printed(name, language) for language in current_book().languages}
        for column, lines in cells(name, chosen):
            noticed = noticed_by(name, column, lines, before)
            found |= {f"{name}.csv, row {line + 1}, column {column}": by for line, by in noticed.items()}
    seconds = time.perf_counter() - started
    counted = Counter(found.values())
    missed = [what for what, by in found.items() if not by]
    share = 100 * (len(found) - len(missed)) / len(found)
    say(f"{len(found)} mutations, {share:.1f}% seen in print, {len(found) / seconds:.0f} a second, by {dict(counted)}")
    assert len(found) > 700
    assert missed == []


def test_every_number_and_every_column_is_watched(say: Callable[[str], None]) -> None:
    survey("some", say)


@pytest.mark.all_cells
def test_every_cell_and_every_row_is_watched(say: Callable[[str], None]) -> None:
    survey("all", say)
    for name in PRINTED:
        rows = rows_of(name)
        for line in range(1, len(rows)):
            frame, _ = parsed(name, rows[:line] + rows[line + 1 :])
            if frame is None:
                continue  # the description notices it
            with data.table_replaced(name, frame):
                missed = [
                    language for language in current_book().languages if not checks.prints_differently(name, language)
                ]
            assert missed == [], f"{name}.csv, row {line + 1} taken out"


def test_a_change_in_print_is_one_against_the_references() -> None:
    with data.table_replaced("internet_use", data.peek_table("internet_use").assign(internet_speed_mbps=1.0)):
        assert all(checks.prints_differently("internet_use", language) for language in current_book().languages)


def test_an_unchanged_table_is_not_noticed() -> None:
    for name in PRINTED:
        assert not any(checks.prints_differently(name, language) for language in current_book().languages)


def line_of(book: BookCopy, chapter: str, text: str) -> int:
    """Return the line of an English chapter on which a text stands first."""
    before, _, _ = (book.root / "chapters" / "en" / f"{chapter}.md").read_text(encoding="utf-8").partition(text)
    return before.count("\n") + 1


def test_changed_chapters_are_noticed_without_a_build(book: BookCopy) -> None:
    changes = [
        (
            "methods",
            "{glue:}`included_percent`",
            "{glue:}`included_percents`",
            "methods.ipynb: its cells are not those of",
        ),
        (
            "methods",
            "{glue:}`screened` to screen",
            "1,514 to screen",
            "chapters/en/methods.md:{line}: '1,514' is not explained",
        ),
        (
            "methods",
            "{glue:}`criteria words` criteria",
            "eight criteria",
            "chapters/en/methods.md:{line}: 'eight' is not explained",
        ),
        (
            "definitions",
            '\ntables.definitions(data.load_table("definitions"))\n',
            "\n",
            "definitions.ipynb: its cells are not those of",
        ),
    ]
    with ExitStack() as stack:
        for chapter, old, new, _ in changes:
            stack.enter_context(book.edited(f"chapters/en/{chapter}.md", old, new))
        places = [line_of(book, chapter, new) for chapter, _, new, _ in changes]
        result = book.run("python", "-m", "checkable_book", "verify", "--quick", "--skip", "documents")
    assert result.returncode == 1
    expected = [told.format(line=line) for line, (*_, told) in zip(places, changes, strict=True)]
    assert [told for told in expected if told not in result.stdout] == []
    assert result.stderr.startswith("verification failed: ")
    assert "Traceback" not in result.stderr
