"""The data of this book: its sizes, its printed values, its description and its rules."""

from collections.abc import Callable

import pandas as pd
import pytest

from checkable_book import data
from checkable_book.book import Book
from checkable_book.data import claims, rules
from checkable_book.errors import DataError
from whole_book import change_cells, edit


def fault(book: Book) -> str:
    with pytest.raises(DataError) as caught:
        data.load_table("internet_use", book)
    return str(caught.value).splitlines()[0]


def test_the_data_keeps_its_description() -> None:
    data.check_data()


def test_an_unknown_country_is_named(own_book: Book) -> None:
    edit(own_book, "data/policies.csv", "Malaysia,", "Singapore,")
    assert fault(own_book) == (
        "data/policies.csv:2: column country: found 'Singapore', expected a value of countries.csv, column country"
    )


def test_the_rules_of_the_data_are_kept() -> None:
    assert len(rules.rule_records()) > 5
    assert rules.broken_rules() == []


Change = Callable[[pd.DataFrame], pd.DataFrame]


def masked(column: str, where: Callable[[pd.DataFrame], "pd.Series[bool]"], value: str) -> Change:
    """Return a change of the cells of a column in some rows."""
    return lambda rows: rows.assign(**{column: rows[column].mask(where(rows), value)})


@pytest.mark.parametrize(
    ("table", "change", "rule"),
    [
        ("prisma_flow", masked("records", lambda rows: rows["stage"] == "included", "40"), "flow_adds_up"),
        ("initiatives", lambda rows: rows.assign(position=["9", *rows["position"][1:]]), "initiatives_numbered"),
        ("policies", masked("year_end", lambda rows: rows["year_start"] != "", "1900"), "periods_end_after_they_begin"),
        ("citations", lambda rows: rows[rows["work"] != "shin2019"], "every_work_is_cited_somewhere"),
        ("policy_cycle", lambda rows: rows[1:], "every_country_at_every_stage"),
    ],
)
def test_a_broken_rule_is_named(own_book: Book, table: str, change: Change, rule: str) -> None:
    change_cells(own_book, table, change)
    assert any(f"rule {rule}:" in line for line in rules.broken_rules(own_book))


def test_a_flow_that_does_not_add_up_is_told_with_what_was_expected(own_book: Book) -> None:
    edit(own_book, "data/prisma_flow.csv", ",39,", ",40,")
    [line] = rules.broken_rules(own_book)
    assert line.startswith("data: rule flow_adds_up: found prisma_flow, included 40, expected: included = identified")


def test_every_initiative_and_law_has_a_topic_and_every_topic_is_of_one() -> None:
    """No foreign key says so of initiatives: a reader may try another country for one (``what_ifs.csv``)."""
    for table, topics in (("initiatives", "initiative_topics"), ("policies", "policy_topics")):
        keys = data.key_columns(table)
        rows, named = (set(data.load_table(name)[keys].itertuples(index=False, name=None)) for name in (table, topics))
        assert rows == named
    assert set(data.load_table("initiative_topics")["topic"]) | {"every_field"} == set(
        data.load_table("topics")["topic"]
    )


def test_what_would_be_needed_is_said_exactly_where_only_the_print_speaks() -> None:
    found = claims.evaluate_claims()
    alone = found["evidence"].isin([*claims.GROUPS["copied"], "not_checkable"]) & (found["role"] == claims.STATEMENT)
    assert found[alone & (found["needed"] == "")]["claim"].tolist() == []
    assert found[~alone & (found["needed"] != "")]["claim"].tolist() == []
