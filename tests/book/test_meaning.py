"""A small, plausible change of a cell changes what the book can show: the evidence for a claim, or a rule.

Stored prints, hashes and the second reading do not count here: of the second
reading, only what it says of claims is asked, which no change touches.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable

from checkable_book import data
from checkable_book.data import database, evidence, rules

#: The tables whose cells say something of the paper; the others are the edition's own words and queries.
TABLES = [
    name
    for name in data.names()
    if data.describe(name).get("place") or name in {"prisma_flow", "policies", "cited_works", "citations", "statements"}
]
#: Kinds of cells, by the column's name or type; texts are left to the stored prints.
NAMES = {"instrument", "source", "authors", "identifier", "approach_term", "stage", "dimension", "country", "criterion"}
SECTIONS = {"section", "work"}


def kind_of(column: str, described: dict) -> str:
    """Return of which kind a column's cells are; empty for texts."""
    if described["type"] in {"integer", "number"}:
        return "year" if described.get("unit") == "year" or column.startswith("year") else "number"
    if column in {"country", "stage", "dimension", "identifier"}:
        return column
    return "name" if column in NAMES else ""


def other(column: str, value: object, values: list) -> object:
    """Return a plausible other value: the next number, another of the column's values, a name with a letter changed."""
    if isinstance(value, int | float):
        return value + 1
    rest = [candidate for candidate in dict.fromkeys(values) if candidate and candidate != value]
    if column in {"country", "stage", "dimension"} and rest:
        return rest[0]
    return f"{value}x"


def state(connection: sqlite3.Connection) -> tuple:
    judged = evidence.judged(connection)
    broken = [
        row
        for rule in rules.rules()
        for row in database.rows(connection, rule["query"], f"rule {rule['rule']}", 1000)[0]
    ]
    return tuple(judged["evidence"]), tuple(judged["found_value"]), tuple(map(tuple, broken))


def noticed(connection: sqlite3.Connection, table: str, row: int, column: str, value: object, before: tuple) -> bool:
    [(kept,)] = connection.execute(f'SELECT "{column}" FROM "{table}" WHERE rowid = ?', (row,)).fetchall()
    try:
        connection.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', (value, row))
    except sqlite3.IntegrityError:
        return True  # two rows of one key
    try:
        return state(connection) != before
    finally:
        connection.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', (kept, row))


def test_a_changed_cell_changes_evidence_or_breaks_a_rule(say: Callable[[str], None]) -> None:
    connection = database.connect()
    connection.execute("PRAGMA foreign_keys = OFF")
    before = state(connection)
    seen: Counter[str] = Counter()
    missed: dict[str, list[str]] = defaultdict(list)
    for table in TABLES:
        for field in data.describe(table)["schema"]["fields"]:
            column = field["name"]
            kind = kind_of(column, field)
            values = [value for (value,) in connection.execute(f'SELECT "{column}" FROM "{table}"')] if kind else []
            for row, value in enumerate(values, start=1):
                if value is None:
                    continue
                seen[kind] += 1
                if not noticed(connection, table, row, column, other(column, value, values), before):
                    missed[kind].append(f"{table}, row {row}, {column}")
    for kind, cells in sorted(seen.items()):
        say(f"{kind}: {cells} cells, {100 * (cells - len(missed[kind])) / cells:.1f}% noticed by meaning")
        for cell in missed[kind]:
            say(f"    nothing checks {cell}")
    assert missed["number"] == missed["year"] == []
    for kind, cells in seen.items():
        assert len(missed[kind]) <= 0.1 * cells, kind
