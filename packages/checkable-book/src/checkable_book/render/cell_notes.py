"""What is known of a cell, said as a sentence: where it is printed, what the claim on it rests on, what others say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checkable_book.book import Book
from checkable_book.data.addresses import CellAddress, find_cell
from checkable_book.data.claims import FACTS, SUPPORTING, WARNING, all_claims
from checkable_book.data.description import CLAIMS
from checkable_book.data.package import table_names, table_records
from checkable_book.dependencies import not_recorded
from checkable_book.errors import DataError
from checkable_book.render.i18n import translate

_ORDER = (*WARNING, *SUPPORTING, "not_checkable")


def describe_cell(address: str, language: str, book: Book) -> str:
    """Return what is known of a cell: where it is printed, on what the claim rests that it answers, what others say.

    Of several claims on it the one that warns most speaks; nothing is said of a cell that no claim is on.
    """
    held = book.remember("claims on cells", lambda: _claims_on_cells(book)).get(address)
    if held is None:
        return ""
    said = translate(
        "cell_known",
        language,
        place=place_in_words(held, language),
        evidence=translate(f"evidence_{held['evidence']}", language),
    )
    said = f"{said[:1].upper()}{said[1:]}"
    facts = book.remember("facts on claims", lambda: _facts_on_claims(book)).get(str(held["claim"]))
    if facts is None:
        return said
    told = facts.get(f"outside_says_{language}") or facts.get("outside_says") or ""
    status = translate(f"status_{facts['status']}", language) if facts.get("status") else ""
    return f"{said} {translate('cell_elsewhere', language, said=told, status=status)}" if told and status else said


def place_in_words(row: Mapping[Any, Any], language: str) -> str:
    """Return the place of a claim in the paper (``text``, ``Figure 2 (all articles)``) in the page's language."""
    place = str(row.get("place") or "text")
    kind, _, rest = place.partition(" ")
    number_of, _, which = rest.partition(" (")
    try:
        label = f"{translate(f'place_{kind.lower()}', language)} {number_of}".strip()
        return f"{label} ({translate('place_' + which.rstrip(')').replace(' ', '_'), language)})" if which else label
    except DataError:  # a place that has no words stands as the data has it
        return place


def _claims_on_cells(book: Book) -> dict[str, Mapping[Any, Any]]:
    """Return the claim on each cell that warns most, or else is best supported, by the address of the cell."""
    if CLAIMS not in table_names(book):
        return {}
    try:
        with not_recorded():  # whoever prints a note notes it as a result
            rows = all_claims(book).to_dict("records")
    except DataError:  # told where the claims are checked; the cell itself is as it is
        return {}
    found: dict[str, Mapping[Any, Any]] = {}
    for row in sorted(rows, key=lambda one: _ORDER.index(one["evidence"])):
        cell = find_cell(row["check"], book) if row.get("check") else None
        if cell is not None:
            found.setdefault(cell.text, row)
    for row in rows:
        found[CellAddress(CLAIMS, (str(row["claim"]),), "published_value").text] = row
    return found


def _facts_on_claims(book: Book) -> dict[str, Mapping[str, str]]:
    with not_recorded():
        rows = table_records(FACTS, book) if FACTS in table_names(book) else []
    return {row["claim"]: row for row in reversed(rows) if row.get("claim")}
