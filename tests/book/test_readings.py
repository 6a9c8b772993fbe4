"""The two readings of the paper, compared cell by cell; where they differ, what was settled stands with its reason."""

from collections import Counter
from collections.abc import Callable

from checkable_book import data
from checkable_book.data import addresses, claims, database
from checkable_book.data.description import CLAIMS

READING = data.table_records(claims.READING)


def first_reading(target: str) -> str | None:
    """Return what the first reading holds: the published value of a claim, or a cell; ``None`` where it holds none."""
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
        assert not row["target"] or first_reading(row["target"]) is not None, row


def test_the_readings_agree_or_say_what_was_settled_and_why() -> None:
    for row in READING:
        first = first_reading(row["target"]) if row["target"] else None
        if first is not None and not same(row["value"], first):
            assert row["difference"], row["reading"]
            assert same(row["settled"] or "-", first), (row["reading"], row["value"], first)
        if row["settled"]:
            assert row["reason_en"], row["reading"]
            assert row["reason_id"], row["reading"]


def test_the_agreement_before_settling_is_high(say: Callable[[str], None]) -> None:
    compared = Counter(row["difference"] for row in READING if row["target"])
    whole = compared.total()
    shares = {kind: 100 * count / whole for kind, count in compared.items()}
    say(
        f"two readings of {whole} values: {shares['']:.1f}% identical, {shares['wording']:.1f}% alike but for wording, "
        f"{shares['disagreement']:.1f}% settled"
    )
    for row in READING:
        if row["target"] and not row["difference"]:
            assert same(row["value"], first_reading(row["target"]) or ""), row["reading"]
    assert shares["disagreement"] < 5
