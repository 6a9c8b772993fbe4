"""What the data must keep beyond its description: the rules of ``rules.csv``, a query each.

A rule's query gives the rows that break it, one column in words that names
each; a rule that gives no row is kept.
"""

from __future__ import annotations

from checkable_book.book import Book, current_book
from checkable_book.data.database import database_of
from checkable_book.data.lineage import QueryLineage
from checkable_book.data.package import row_place, table_records
from checkable_book.errors import DataError

TABLE = "rules"
_MOST = 100  # rows that break a rule, before the rest is left out


def broken_rules(book: Book | None = None) -> list[str]:
    """Return a line for each row that breaks a rule, with the rule in words.

    Raises
    ------
    DataError : a rule that is no query over the data.
    """
    book = book or current_book()
    faults = []
    for number, rule in enumerate(rule_records(book)):
        place = row_place(TABLE, number, "query", book)
        found = database_of(book).execute(rule["query"], place, max_rows=_MOST)
        meaning = rule.get(f"meaning_{book.first_language}") or rule.get("meaning_en") or rule["query"]
        faults += [f"data: rule {rule['rule']}: found {row[0]}, expected: {meaning}" for row in found.rows]
    return faults


def rules_that_cannot_break(book: Book | None = None) -> list[str]:
    """Return a line for each rule that no change of the data breaks, so that it demands nothing."""
    book = book or current_book()
    faults = []
    for number, rule in enumerate(rule_records(book)):
        place = row_place(TABLE, number, "query", book)
        lineage = QueryLineage(database_of(book), f"SELECT COUNT(*) FROM ({rule['query'].rstrip().rstrip(';')})", place)
        if not lineage.can_move():
            faults.append(f"{place}: found a rule that no change of the data breaks, expected one that can be broken")
    return faults


def rule_records(book: Book | None = None) -> list[dict[str, str]]:
    """Return the rules: ``rule``, ``query`` and its meaning in each language; none where there is no such table."""
    return table_records(TABLE, book)


def check_rules(book: Book | None = None) -> None:
    """Stop where a rule is broken.

    Raises
    ------
    DataError : one line a fault.
    """
    if faults := broken_rules(book):
        raise DataError("\n".join(faults))
