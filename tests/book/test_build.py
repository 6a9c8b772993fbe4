"""The build: strict, fresh, and stopped in one line by wrong data or an unknown name."""

import re
import shutil
from html import unescape
from pathlib import Path
from subprocess import CompletedProcess

import pandas as pd
import pytest

from checkable_book import data
from checkable_book.book import current_book
from whole_book import HIGHER, SPEED, BookCopy


def executed(built: CompletedProcess[str]) -> set[str]:
    """Return the chapters that a build executed."""
    return set(re.findall(r"(\w+)\.md: Executed notebook", built.stdout + built.stderr))


def test_the_strict_build_gives_every_chapter(built_once: BookCopy) -> None:
    for chapter in (current_book().root / "chapters").glob("*/*.md"):
        assert (built_once.chapters(chapter.parent.name) / f"{chapter.stem}.html").exists()


def test_nothing_is_executed_where_nothing_changed(built_once: BookCopy) -> None:
    built = built_once.build()
    assert built.returncode == 0
    assert executed(built) == set()


def test_a_changed_cell_updates_the_pages_that_use_it_and_no_other(changeable: BookCopy) -> None:
    page = changeable.site / "chapters" / "en" / "introduction.html"
    twin = changeable.chapters("id") / "introduction.html"
    assert SPEED in page.read_text(encoding="utf-8")
    assert SPEED.replace(".", ",") in twin.read_text(encoding="utf-8")
    with changeable.edited("data/internet_use.csv", SPEED, HIGHER):
        built = changeable.build()
    assert built.returncode == 0, built.stdout + built.stderr
    text = page.read_text(encoding="utf-8")
    assert HIGHER in text
    assert SPEED not in text
    assert HIGHER.replace(".", ",") in twin.read_text(encoding="utf-8")
    # It shows in four places, each country's page ranks it, and it turns the evidence for the claim on it, whose
    # totals show in three more.
    shown, totals = {"introduction", "beyond", "data", "country_thailand"}, {"index", "claims"}
    shown |= {"country_malaysia", "country_indonesia"}
    assert executed(built) == shown | totals | {"verification"}


@pytest.mark.parametrize("editions", [["en"], pytest.param(["en", "id"], marks=pytest.mark.another_copy)])
def test_a_country_more_in_the_data_builds_strictly_without_a_change_of_code(
    tmp_path: Path, editions: list[str]
) -> None:
    added = "L'Atlantide"  # as it is written, an apostrophe ends no query
    ignored = shutil.ignore_patterns("_build", ".git", ".venv", "*cache*", "__pycache__", "*.egg-info")
    copy = BookCopy(shutil.copytree(current_book().root, tmp_path / "project", ignore=ignored))
    if "id" not in editions:
        (copy.root / "_config.id.yml").unlink()
    for name in data.table_names():
        frame = data.as_text(data.peek_table(name))
        if "country" not in frame:
            continue
        twin = frame[frame["country"] == "Malaysia"].assign(country=added)
        for column in frame.columns[frame.columns.str.contains("_en$|_id$|^instrument$|^identifier$")]:
            twin[column] = [f"Atlantis {cell}" if cell else "" for cell in twin[column]]
        if name == "places":
            twin["place"] = "Atlantis " + twin["place"]
        if name == "countries":
            twin = twin.assign(name_id=added, colour="#7a3b8f", shape="diamond", dash="8 2")
        pd.concat([frame, twin]).to_csv(copy.root / "data" / f"{name}.csv", index=False)
    built = copy.build()
    assert built.returncode == 0, built.stdout + built.stderr
    for edition in editions:
        for page in ("introduction", "dimensions", "policies", "discussion", "beyond", "explorer"):
            shown = (copy.chapters(edition) / f"{page}.html").read_text(encoding="utf-8")
            assert added in unescape(shown), (edition, page)
    buttons = (copy.site / "chapters" / "en" / "beyond.html").read_text(encoding="utf-8")
    assert f'data-choice="{added}"' in unescape(buttons)
