"""The data of this book: its sizes, its printed values, its description and its rules."""

from contextlib import closing
from pathlib import Path

import pytest

from checkable_book import data
from checkable_book.data import database, rules
from checkable_book.errors import DataError


def edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{file} holds no {old!r} to change"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def fault(folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        data.load("internet_use", folder)
    return str(caught.value).splitlines()[0]


def test_the_data_keeps_its_description() -> None:
    data.check()


def test_an_unknown_country_is_named(data_copy: Path) -> None:
    edit(data_copy, "policies.csv", "Malaysia,", "Singapore,")
    assert fault(data_copy) == (
        "data/policies.csv, row 2, column country: found 'Singapore', expected a value of countries.csv, column country"
    )


def test_the_rules_of_the_data_are_kept() -> None:
    assert len(rules.rules()) > 5
    assert rules.broken() == []


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("UPDATE prisma_flow SET records = 40 WHERE stage = 'included'", "flow_adds_up"),
        ("UPDATE initiatives SET position = 9 WHERE rowid = 1", "initiatives_numbered"),
        ("UPDATE policies SET year_end = 1900 WHERE year_start IS NOT NULL", "periods_end_after_they_begin"),
        ("DELETE FROM citations WHERE work = 'shin2019'", "every_work_is_cited_somewhere"),
        (
            "DELETE FROM policy_cycle WHERE stage = 'evaluation' AND country = 'Thailand'",
            "every_country_at_every_stage",
        ),
    ],
)
def test_a_broken_rule_is_named(change: str, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(database.connect()) as spoilt:
        spoilt.execute("PRAGMA foreign_keys = OFF")
        spoilt.execute(change)
        monkeypatch.setattr(database, "shared", lambda: spoilt)
        assert any(f"rule {rule}:" in line for line in rules.broken())


def test_a_flow_that_does_not_add_up_is_told_with_what_was_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(database.connect()) as spoilt:
        spoilt.execute("UPDATE prisma_flow SET records = 40 WHERE stage = 'included'")
        monkeypatch.setattr(database, "shared", lambda: spoilt)
        [line] = rules.broken()
    assert line.startswith("data: rule flow_adds_up: found prisma_flow, included 40, expected: included = identified")
