"""What the data must keep beyond its description: the rules of ``rules.csv``, a query each.

A rule's query gives the rows that break it, one column in words that names
each; a rule that gives no row is kept.
"""

from __future__ import annotations

from checkable_book import data
from checkable_book.data import database
from checkable_book.errors import DataError

TABLE = "rules"


def broken() -> list[str]:
    """Return a line for each row that breaks a rule, with the rule in words.

    Raises
    ------
    DataError : a rule that is no query over the data.

    Examples
    --------
    >>> broken()
    []
    """
    faults = []
    for place, rule in enumerate(rules(), start=2):
        found, _ = database.rows(database.shared(), rule["query"], f"data/{TABLE}.csv, row {place}, column query", 100)
        faults += [f"data: rule {rule['rule']}: found {row[0]}, expected: {rule['meaning_en']}" for row in found]
    return faults


def rules() -> list[dict[str, str]]:
    """Return the rules: ``rule``, ``query`` and its meaning in each language; none where there is no such table.

    Examples
    --------
    >>> [rule["rule"] for rule in rules()] == data.peek("rules")["rule"].tolist()
    True
    """
    return data.records(TABLE) if TABLE in data.names() else []


def check() -> None:
    """Stop where a rule is broken.

    Raises
    ------
    DataError : one line a fault.

    Examples
    --------
    >>> check()  # raises where a rule is broken
    """
    if faults := broken():
        raise DataError("\n".join(faults))
