"""The readings of the paper, compared cell by cell; where they differ, what was settled stands with its reason."""

from collections import Counter
from collections.abc import Callable

from checkable_book import data
from checkable_book.data import addresses, claims, database
from checkable_book.data.description import CLAIMS

READING = data.table_records(claims.READING)


def held_value(target: str) -> str | None:
    """Return what the data holds: the published value of a claim, or a cell; ``None`` where it holds none."""
    if target.startswith("claim:"):
        rows = {row["claim"]: row["published_value"] for row in data.table_records(CLAIMS)}
        return rows.get(target.removeprefix("claim:"))
    query = addresses.address_query(target)
    return str(database.query_scalar(query, target) or "-") if query else None


def same(one: str, other: str) -> bool:
    """Return whether two texts say the same, as the evidence has it."""
    literals = [database.quote_literal(text) for text in (one, other)]
    connection = database.database_of().connection
    return bool(connection.execute(f"SELECT {claims.same_text(*literals)}").fetchone()[0])


def test_every_reading_leads_to_what_it_read() -> None:
    for row in READING:
        assert not row["target"] or held_value(row["target"]) is not None, row


def test_the_data_holds_what_both_read_or_what_was_settled() -> None:
    """What was settled may be either reading or neither: no side is asked for here."""
    for row in READING:
        held = held_value(row["target"]) if row["target"] else None
        if held is not None:
            agreed = row["settled"] if row["difference"] else row["value"]
            assert same(agreed or "-", held), (row["reading"], agreed, held)


def test_each_difference_keeps_both_readings_and_a_reason() -> None:
    for row in READING:
        if row["difference"]:
            assert row["reason_en"], row["reading"]
            assert row["reason_id"], row["reading"]
            assert row["first"] or row["value"], row["reading"]
        else:
            assert not row["settled"], row["reading"]
            assert not row["first"], row["reading"]


def test_settling_went_to_either_side(say: Callable[[str], None]) -> None:
    sides = Counter(
        "first" if same(row["settled"], row["first"]) else "second" if same(row["settled"], row["value"]) else "neither"
        for row in READING
        if row["difference"]
    )
    say(f"differences settled: {dict(sides)}")
    assert sides["second"]


def test_a_closed_question_has_an_answer_that_it_offers() -> None:
    for row in READING:
        if row["options"]:
            offered = [option.partition(" (")[0] for option in row["options"].split("; ")]
            assert row["value"] in offered, row["reading"]
            assert not row["first"] or row["first"] in offered, row["reading"]


def test_what_rests_on_settling_says_so() -> None:
    found = claims.evaluate_claims().set_index("claim")["evidence"]
    alike = {row["target"] for row in READING if not row["difference"]}
    settled = {row["target"] for row in READING if row["difference"]} - alike
    printed_once = {name for name, kind in found.items() if kind == "transcribed_twice"}
    assert not {f"claim:{name}" for name in printed_once} & settled
