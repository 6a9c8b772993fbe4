"""The documentation is a checkable book itself: it builds strictly, verifies, and lists what the code reads."""

import csv
import shutil
from pathlib import Path

from checkable_book.data import claims
from checkable_book.data.description import known_columns
from small_book import SRC, SmallBook
from test_own_edition import BLOCK, typed

DOCS = SRC.parent / "docs"


def test_the_documentation_verifies(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("_build", "verification.json")
    book = SmallBook(Path(shutil.copytree(DOCS, tmp_path / "docs", ignore=ignored)))
    verified = book.run("checkable-book", "verify")
    assert verified.code == 0, verified.said


def test_the_guide_to_a_book_that_exists_does_what_it_says(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SRC.parent / "tests" / "adopted" / "flat", tmp_path / "flat"))
    text = (DOCS / "chapters" / "en" / "existing.md").read_text(encoding="utf-8")
    blocks = list(BLOCK.finditer(text))
    assert len(blocks) >= 10
    for block in blocks:
        commands = block["commands"].splitlines()
        for command in commands:
            done = typed(command, folder)
            if block["told"] and command == commands[-1]:
                assert done.code == 1, command
                assert block["told"] in done.said
                assert "Traceback" not in done.said
            else:
                assert done.code == 0, f"{command}\n{done.said}"


def test_the_reference_lists_the_columns_that_the_code_knows() -> None:
    with open(DOCS / "data" / "known_tables.csv", encoding="utf-8", newline="") as stream:
        assert list(csv.DictReader(stream)) == known_columns()


def test_the_evidence_has_the_kinds_that_the_code_gives() -> None:
    with open(DOCS / "data" / "evidence_kinds.csv", encoding="utf-8", newline="") as stream:
        listed = [row["kind"] for row in csv.DictReader(stream)]
    assert len(listed) == len(claims.KINDS)
