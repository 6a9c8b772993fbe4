"""An edit that is saved while a build runs, at whatever moment, is in the next build."""

import subprocess
import time
from pathlib import Path

import pytest

from small_book import BIN, SmallBook, describe_table, environment

MOMENTS = 20
_CHAPTER = """
# Bed {number}

```{{code-cell}}
from pathlib import Path
from checkable_book.render import values

values.glue("beds/bed {number}/plants")
print(Path("../../notes/bed_{number}.txt").read_text(encoding="utf-8"))
```

It holds {{glue:}}`beds/bed {number}/plants` plants, and old ones.
"""


def with_beds(laid_down: SmallBook, target: Path) -> SmallBook:
    """Return a copy of the book, not built, with a chapter for each moment: its own cell, text and file."""
    book = laid_down.copy(target, built=False)
    describe_table(book, "beds", {"bed": "string", "plants": "integer"}, "bed")
    rows = "".join(f"bed {number},{1000 + number}\n" for number in range(MOMENTS))
    (book.root / "data" / "beds.csv").write_text("bed,plants\n" + rows, encoding="utf-8")
    (book.root / "notes").mkdir()
    chapters = book.root / "chapters" / "en"
    head = (chapters / "index.md").read_text(encoding="utf-8").partition("\n# ")[0]
    for number in range(MOMENTS):
        (book.root / "notes" / f"bed_{number}.txt").write_text("old words", encoding="utf-8")
        (chapters / f"bed_{number}.md").write_text(head + _CHAPTER.format(number=number), encoding="utf-8")
    with open(book.root / "_toc.yml", "a", encoding="utf-8") as contents:
        contents.writelines(f"  - file: chapters/en/bed_{number}\n" for number in range(MOMENTS))
    return book


def save_edit(book: SmallBook, number: int) -> str:
    """Save an edit of one bed, of one of three kinds, and return what its page must say from then on."""
    if number % 3 == 0:
        book.edit("data/beds.csv", f"bed {number},{1000 + number}\n", f"bed {number},{3000 + number}\n")
        return f"{3000 + number:,}"
    if number % 3 == 1:
        book.edit(f"chapters/en/bed_{number}.md", "and old ones", f"and new ones {chr(97 + number)}")
        return f"and new ones {chr(97 + number)}"
    book.edit(f"notes/bed_{number}.txt", "old words", f"new words {chr(97 + number)}")
    return f"new words {chr(97 + number)}"


def stale_pages(book: SmallBook, expected: dict[int, str]) -> list[int]:
    return [number for number, text in expected.items() if text not in book.page(f"en/bed_{number}")]


@pytest.fixture(scope="module")
def bedded(plain: SmallBook, tmp_path_factory: pytest.TempPathFactory) -> tuple[SmallBook, float]:
    """Return a built book with beds, and how many seconds its build took."""
    book = with_beds(plain, tmp_path_factory.mktemp("beds") / "gardens")
    started = time.monotonic()
    done = subprocess.run([BIN / "jb", "build", "."], cwd=book.root, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return book, time.monotonic() - started


def test_edits_at_every_moment_of_a_build_are_in_the_next(bedded: tuple[SmallBook, float], tmp_path: Path) -> None:
    built, seconds = bedded
    book = built.copy(tmp_path / "gardens", built=False)
    build = subprocess.Popen(
        [BIN / "jb", "build", "."],
        cwd=book.root,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    started, expected, during = time.monotonic(), {}, 0
    for number in range(MOMENTS):
        time.sleep(max(0.0, started + seconds * (number + 0.5) / MOMENTS - time.monotonic()))
        during += build.poll() is None
        expected[number] = save_edit(book, number)
    assert build.wait() == 0
    assert during >= MOMENTS // 2  # the others came when the build was already over
    assert book.build().code == 0
    assert stale_pages(book, expected) == []
    assert book.build().executed == set()
