"""Sentences that compare are tied to their figures, and fail by name when these turn."""

from contextlib import closing

import pytest

from checkable_book.data import database
from checkable_book.verify import prose_assertions


def test_every_sentence_stands_in_its_chapters_and_holds() -> None:
    assert len(prose_assertions.rows()) >= 12
    assert prose_assertions.faults() == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE internet_use SET internet_speed_mbps = 31.85 WHERE country = 'Thailand'", "the faster connection"),
        ("UPDATE internet_use SET internet_adoption_percent = 99 WHERE country = 'Indonesia'", "The country with the"),
        ("UPDATE policies SET year_start = 1950 WHERE country = 'Thailand' AND kind = 'act'", "Malaysia's acts are"),
        ("DELETE FROM initiatives WHERE dimension = 'environment' AND position > 1", "the environment has the most"),
    ],
)
def test_a_sentence_whose_figures_turn_is_named(change: str, named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(database.connect()) as turned:
        turned.execute("PRAGMA foreign_keys = OFF")
        turned.execute(change)
        monkeypatch.setattr(database, "_shared", lambda folder: turned)
        assert any(named in fault and "no longer holds" in fault for fault in prose_assertions.faults())
