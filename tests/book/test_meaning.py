"""A small, plausible change of a cell changes what the book can show: what a claim's check gives, or a rule.

Stored prints, hashes and the second reading do not count here.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from checkable_book import data
from checkable_book.book import current_book
from checkable_book.data import claims, database, rules
from checkable_book.errors import DataError

#: The tables whose cells say something of the paper; the others are the edition's own words and queries.
TABLES = [
    name
    for name in data.table_names()
    if data.describe_table(name).get("place")
    or name in {"prisma_flow", "policies", "cited_works", "citations", "figures"}
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


@dataclass(frozen=True)
class Asked:
    """A check of a claim, or a rule: its query, the tables that it reads, and what it gives of the data as it is."""

    name: str
    query: str
    tables: frozenset[str]
    given: object


def answer(held: database.Database, name: str, query: str) -> tuple[object, frozenset[str]]:
    try:
        found = held.execute(query, name, max_rows=1000, keep=False)
    except DataError as error:
        return str(error), frozenset()
    return found.rows, frozenset(found.tables_read)


def asked(held: database.Database) -> list[Asked]:
    queries = {f"rule {rule['rule']}": rule["query"] for rule in rules.rule_records()}
    queries |= {
        f"claim {row['claim']}": row["query"] for row in claims.evaluate_claims().to_dict("records") if row["query"]
    }
    found = []
    for name, query in queries.items():
        given, tables = answer(held, name, query)
        found.append(Asked(name, query, tables, given))
    return found


def noticed(held: database.Database, table: str, row: int, column: str, value: object, known: list[Asked]) -> bool:
    """Say whether a changed cell is noticed; a cell of a key that is taken changes places with the one that has it."""
    connection = held.connection
    [(kept,)] = connection.execute(f'SELECT "{column}" FROM "{table}" WHERE rowid = ?', (row,)).fetchall()
    changes = [(value, row)]
    rest = [name for name in data.key_columns(table) if name != column]
    same_key = "".join(f' AND t."{name}" = own."{name}"' for name in rest)
    taken = connection.execute(
        f'SELECT t.rowid FROM "{table}" t, "{table}" own WHERE own.rowid = ? AND t."{column}" = ?{same_key}',
        (row, value),
    ).fetchone()
    if column in data.key_columns(table) and taken:
        changes = [("kept apart", row), (kept, taken[0]), (value, row)]
    change = f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?'
    for step in changes:
        connection.execute(change, step)
    try:
        touched = [ask for ask in known if table in ask.tables]
        return any(answer(held, ask.name, ask.query)[0] != ask.given for ask in touched)
    finally:
        for step in [("kept apart", row), (value, taken[0])] if len(changes) > 1 else []:
            connection.execute(change, step)
        connection.execute(change, (kept, row))


def test_a_changed_cell_changes_evidence_or_breaks_a_rule(say: Callable[[str], None]) -> None:
    held = database.new_database(current_book())
    connection = held.connection
    known = asked(held)
    seen: Counter[str] = Counter()
    missed: dict[str, list[str]] = defaultdict(list)
    for table in TABLES:
        for field in data.describe_table(table)["schema"]["fields"]:
            column = field["name"]
            kind = kind_of(column, field)
            values = (
                [value for (value,) in connection.execute(f'SELECT "{column}" FROM "{table}" ORDER BY rowid')]
                if kind
                else []
            )
            for row, value in enumerate(values, start=1):
                if value is None:
                    continue
                seen[kind] += 1
                if not noticed(held, table, row, column, other(column, value, values), known):
                    missed[kind].append(f"{table}, row {row}, {column}")
    for kind, cells in sorted(seen.items()):
        say(f"{kind}: {cells} cells, {100 * (cells - len(missed[kind])) / cells:.1f}% noticed by meaning")
        for cell in missed[kind]:
            say(f"    nothing checks {cell}")
    held.close()
    assert missed["number"] == missed["year"] == []
    for kind, cells in seen.items():
        assert len(missed[kind]) <= 0.1 * cells, kind
