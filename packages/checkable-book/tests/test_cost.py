"""Books with very many rows and chapters: what a build and a verification take stays linear, in processor seconds.

Run with ``-m scale``; what was measured is printed.
"""

import resource
import subprocess
from pathlib import Path

import pytest

from small_book import BIN, SmallBook, describe_table, environment

#: A hundred times the rows, or sixteen times the chapters, may take this much more than the same multiple.
SLACK = 1.5
_CHAPTER = """# More

```{code-cell}
:tags: [remove-cell]
from checkable_book.render import values

values.glue("gardens/Pond Walk/area_hectares")
```

It has {glue:}`gardens/Pond Walk/area_hectares` hectares.
"""


def processor_seconds(book: SmallBook, *command: str) -> float:
    """Return what a program took of the processors, with all that it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [BIN / command[0], *command[1:]], cwd=book.root, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def with_rows(book: SmallBook, rows: int) -> None:
    """Put a table with many rows into the book, and print it on the page of the data."""
    columns = {"reading": "integer", "place": "string", "level": "number"}
    describe_table(book, "readings", columns, "reading")
    lines = [f"{row},place {row % 50},{row % 977 / 10}" for row in range(1, rows + 1)]
    (book.root / "data" / "readings.csv").write_text("\n".join(["reading,place,level", *lines, ""]), encoding="utf-8")
    page = book.root / "chapters" / "en" / "data.md"
    cell = '\n\n```{code-cell}\n:tags: [remove-input]\nbook_tables.full_table("readings")\n```\n'
    page.write_text(page.read_text(encoding="utf-8") + cell, encoding="utf-8")


def with_chapters(book: SmallBook, chapters: int) -> None:
    """Add chapters that glue a value each."""
    source = (book.root / "chapters" / "en" / "findings.md").read_text(encoding="utf-8")
    head = source.partition("# ")[0]
    contents = book.root / "_toc.yml"
    names = []
    for number in range(chapters):
        name = f"more_{number}"
        names.append(f"  - file: chapters/en/{name}")
        (book.root / "chapters" / "en" / f"{name}.md").write_text(head + _CHAPTER, encoding="utf-8")
    listed = contents.read_text(encoding="utf-8").rstrip()
    contents.write_text("\n".join([listed, *names, ""]), encoding="utf-8")


def measured(book: SmallBook, changed: str, old: str, new: str) -> dict[str, float]:
    """Return the processor seconds of a build, of one more, of one after a change, and of the verification."""
    build = ("jb", "build", ".")
    found = {"build": processor_seconds(book, *build), "again": processor_seconds(book, *build)}
    book.edit(changed, old, new)
    found["change"] = processor_seconds(book, *build)
    processor_seconds(book, "checkable-book", "refresh")
    found["verify"] = processor_seconds(book, "checkable-book", "verify")
    return found


@pytest.mark.scale
@pytest.mark.alone
def test_cost_is_linear_in_rows(laid_down_plain: SmallBook, tmp_path: Path) -> None:
    costs = {}
    for rows in (1_000, 10_000, 100_000):
        book = laid_down_plain.copy(tmp_path / str(rows), built=False)
        with_rows(book, rows)
        costs[rows] = measured(book, "data/gardens.csv", "0.75", "0.80")
        print(rows, costs[rows], (book.site / "chapters" / "en" / "data.html").stat().st_size)
    for what in ("build", "again", "change", "verify"):
        added = [costs[rows][what] - costs[1_000][what] for rows in (10_000, 100_000)]
        assert added[1] <= max(10 * added[0], costs[1_000][what]) * SLACK, (what, costs)
    size = (tmp_path / "100000" / "_build" / "html" / "chapters" / "en" / "data.html").stat().st_size
    assert size < 1_000_000


@pytest.mark.scale
@pytest.mark.alone
def test_cost_is_linear_in_chapters(laid_down_plain: SmallBook, tmp_path: Path) -> None:
    costs = {}
    for chapters in (30, 120, 480):
        book = laid_down_plain.copy(tmp_path / str(chapters), built=False)
        with_chapters(book, chapters)
        costs[chapters] = measured(book, "chapters/en/more_7.md", "It has", "It still has")
        print(chapters, costs[chapters])
    for what in ("build", "again", "change", "verify"):
        added = [costs[chapters][what] - costs[30][what] for chapters in (120, 480)]
        assert added[1] <= max(5 * added[0], costs[30][what]) * SLACK, (what, costs)
