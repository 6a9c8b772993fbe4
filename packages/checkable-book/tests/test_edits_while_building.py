"""An edit that is saved while a build runs, at whatever moment, is in the next build."""

from pathlib import Path

from small_book import SmallBook, describe_table

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


def test_edits_at_every_moment_of_a_build_are_in_the_next(plain: SmallBook, tmp_path: Path) -> None:
    book = with_beds(plain, tmp_path / "gardens")
    expected: dict[int, str] = {}
    with book.start_build() as build:
        assert build.stdout is not None
        told = (line for line in build.stdout if "chapters/en/" in line and "Executing" not in line)
        for place, _ in enumerate(told):  # each page is told when it is read, executed and written
            if place % 3 == 0 and len(expected) < MOMENTS:
                expected[len(expected)] = save_edit(book, len(expected))
    assert build.returncode == 0
    assert len(expected) == MOMENTS
    assert book.build().code == 0
    assert stale_pages(book, expected) == []
    assert book.build().executed == set()
