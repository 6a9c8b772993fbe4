"""Sentences that compare are tied to their figures, and fail by name when these turn."""

from collections.abc import Callable

import pandas as pd
import pytest

from checkable_book.book import Book
from checkable_book.verify import prose_assertions
from whole_book import change_cells

Change = Callable[[pd.DataFrame], pd.DataFrame]


def test_every_sentence_stands_in_its_chapters_and_holds() -> None:
    assert len(prose_assertions.assertions()) >= 12
    assert prose_assertions.assertion_faults() == []


def with_cell(key: str, name: str, column: str, value: str) -> Change:
    """Return a change of one column where another holds a name."""
    return lambda rows: rows.assign(**{column: rows[column].mask(rows[key] == name, value)})


@pytest.mark.parametrize(
    ("table", "change", "named"),
    [
        ("internet_use", with_cell("country", "Thailand", "internet_speed_mbps", "31.85"), "the faster connection"),
        ("internet_use", with_cell("country", "Indonesia", "internet_adoption_percent", "99"), "The country with the"),
        (
            "policies",
            lambda rows: rows.assign(
                year_start=rows["year_start"].mask((rows["country"] == "Thailand") & (rows["kind"] == "act"), "1950")
            ),
            "Malaysia's acts are",
        ),
        (
            "initiatives",
            lambda rows: rows[(rows["dimension"] != "environment") | (rows["position"] == "1")],
            "the environment has the most",
        ),
    ],
)
def test_a_sentence_whose_figures_turn_is_named(own_book: Book, table: str, change: Change, named: str) -> None:
    change_cells(own_book, table, change)
    faults = prose_assertions.assertion_faults(own_book)
    assert any(named in fault and "no longer holds" in fault for fault in faults), faults
