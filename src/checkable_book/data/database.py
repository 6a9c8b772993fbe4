"""The data as a SQLite database in memory, and the queries over it.

Every number of the book and every check of a claim is a query: one statement
that reads the data's tables and nothing else, gives one cell, and gives the
same each time. A cell's address, ``table/key/column``, is short for one.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import sqlglot
from sqlglot import expressions

from checkable_book import data, dependencies, project
from checkable_book.errors import DataError

#: What a query gives: text, a number, or nothing.
Scalar = str | int | float | None

_TYPES = {"integer": "INTEGER", "number": "REAL", "string": "TEXT"}
_STEPS = 20_000_000  # of SQLite's virtual machine: a limit that is the same on every machine
_EACH = 100_000
#: Functions that give something else each time, or reach out of the database.
_REFUSED = {
    "changes", "current_date", "current_time", "current_timestamp", "date", "datetime", "fts3_tokenizer",
    "julianday", "last_insert_rowid", "load_extension", "random", "randomblob", "sqlite_version",
    "sqlite_source_id", "strftime", "time", "timediff", "total_changes", "unixepoch",
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What a query gave, and what it read: pairs of a table and a column.

    Examples
    --------
    >>> sorted(ask("SELECT MAX(rule) FROM rules", "here").reads)
    [('rules', 'rule')]
    """

    value: Scalar
    reads: frozenset[tuple[str, str]]

    @property
    def tables(self) -> list[str]:
        """The tables that were read, in the order of the data's description."""
        read = {table for table, _ in self.reads}
        return [name for name in data.names() if name in read]


def connect(folder: Path | None = None) -> sqlite3.Connection:
    """Return the validated data of a folder as a new database: typed columns, primary and foreign keys, views.

    A table that describes views (columns ``view`` and ``query``) gives the
    database each of them under its name.

    Raises
    ------
    DataError : the data breaks its description, or a view is no query.

    Examples
    --------
    >>> from contextlib import closing
    >>> with closing(connect()) as connection:
    ...     connection.execute("SELECT COUNT(*) > 0 FROM rules").fetchone()
    (1,)
    """
    return _filled({name: data.peek(name, folder) for name in data.names(folder)}, folder)


def ask(query: str, place: str, folder: Path | None = None) -> Answer:
    """Return what a query over the book's data gives.

    Parameters
    ----------
    query : one SQL statement that gives one cell.
    place : where it stands, as in ``data/numbers.csv, row 7``, for messages.

    Raises
    ------
    DataError : it is no statement, writes, reads anything but the data, calls a function whose
        result may change, takes too long, or gives more or less than one cell.

    Examples
    --------
    >>> ask("SELECT 1 + 1", "here").value
    2
    """
    return run(_shared(folder or project.data()), query, place)


def run(connection: sqlite3.Connection, query: str, place: str) -> Answer:
    """Return what a query gives in a given database; see :func:`ask`.

    Examples
    --------
    >>> run(shared(), "SELECT 6 * 7", "here").value
    42
    """
    cells, reads = rows(connection, query, place, limit=2)
    if len(cells) != 1 or len(cells[0]) != 1:
        found = "more than one row" if len(cells) > 1 else f"{len(cells[0])} columns" if cells else "no row"
        raise DataError(f"{place}: found a query that gives {found}, expected one cell: {_short(query)}")
    return Answer(cells[0][0], reads)


def rows(
    connection: sqlite3.Connection, query: str, place: str, limit: int
) -> tuple[list[tuple[Any, ...]], frozenset[tuple[str, str]]]:
    """Return up to ``limit`` rows of a query and what it read.

    Examples
    --------
    >>> rows(shared(), "SELECT 1 AS one, 2 AS two", "here", 5)[0]
    [(1, 2)]
    """
    reads: set[tuple[str, str]] = set()
    refused: list[str] = []
    steps = 0

    def allow(action: int, first: str | None, second: str | None, *rest: object) -> int:
        if action in {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE}:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ and first and not first.startswith("sqlite_"):
            reads.add((first, second or ""))  # without a column where rows are only counted
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and second not in _REFUSED:
            return sqlite3.SQLITE_OK
        refused.append(f"the function {second}" if action == sqlite3.SQLITE_FUNCTION else "something else than a query")
        return sqlite3.SQLITE_DENY

    def tick() -> bool:
        nonlocal steps
        steps += _EACH
        return steps > _STEPS

    connection.set_authorizer(allow)
    connection.set_progress_handler(tick, _EACH)
    try:
        found = connection.execute(query).fetchmany(limit)
    except sqlite3.Error as error:
        why = refused[0] if refused else "a query that takes too long" if steps > _STEPS else str(error)
        raise DataError(f"{place}: found {why}, expected one query over the data: {_short(query)}") from None
    finally:
        connection.set_authorizer(None)
        connection.set_progress_handler(None, 0)
    return found, frozenset(reads)


def view(name: str, **cells: str) -> pd.DataFrame:
    """Return a view of the data, a row of ``views.csv``, as a data frame: all of its rows, or those with these cells.

    Raises
    ------
    DataError : no such view.

    Examples
    --------
    >>> view(next(iter(views()))).empty
    False
    """
    described = views()
    if name not in described:
        raise DataError(f"data: found a request for view {name!r}, expected one of {', '.join(described)}")
    noted = "/".join([name, *(f"{column}={cell}" for column, cell in cells.items())])
    found = _viewed(noted)
    dependencies.note("result", f"view:{noted}={_hashed(found)}")
    return found


def view_fingerprint(noted: str) -> str:
    """Return a hash of rows of a view, by which a page knows that they have changed; ``noted`` is view/column=cell.

    Examples
    --------
    >>> len(view_fingerprint(next(iter(views()))))
    16
    """
    return _hashed(_viewed(noted))


def _viewed(noted: str) -> pd.DataFrame:
    name, *cells = noted.split("/")
    found = frame(f'SELECT * FROM "{name}"', f"view {name}")
    for column, _, cell in (part.partition("=") for part in cells):
        found = found[found[column].astype(str) == cell]
    return found.reset_index(drop=True)


def _hashed(found: pd.DataFrame) -> str:
    return hashlib.sha256(found.to_csv().encode()).hexdigest()[:16]


def views() -> dict[str, dict[str, str]]:
    """Return the rows of ``views.csv`` by the names of the views; none where there is no such table.

    Examples
    --------
    >>> all("query" in row for row in views().values())
    True
    """
    return {row["view"]: row for row in data.records("views")} if "views" in data.names() else {}


def frame(query: str, place: str) -> pd.DataFrame:
    """Return all rows of a query as a data frame.

    Examples
    --------
    >>> frame("SELECT 1 AS one UNION SELECT 2", "here")["one"].tolist()
    [1, 2]
    """
    connection = _shared(project.data())
    found, _ = rows(connection, query, place, limit=100_000)
    names = [
        column[0] for column in connection.execute(f"SELECT * FROM ({query.rstrip().rstrip(';')}) LIMIT 0").description
    ]
    return pd.DataFrame(found, columns=names)


def query_of(short: str) -> str:
    """Return the query that is meant: one as it stands, a derived value's by its name, or a cell's by its address.

    Examples
    --------
    >>> query_of("SELECT 1")
    'SELECT 1'
    """
    return _derived(project.data()).get(short) or address_query(short) or short


@lru_cache
def _derived(folder: Path) -> dict[str, str]:
    return {row["name"]: row["query"] for row in data.records("numbers", folder)} if "numbers" in data.names() else {}


def address_query(address: str) -> str | None:
    """Return the query that a cell's address is short for; ``None`` where it is no address of the data.

    Examples
    --------
    >>> address_query("no such/thing") is None
    True
    """
    parts = address.split("/")
    if len(parts) >= 3 and parts[0] in views():
        return _view_query(*parts)
    if len(parts) < 3 or parts[0] not in data.names():
        return None
    table, *key, column = parts
    keys = data.key_columns(table)
    if len(key) != len(keys) or column not in data.peek(table):
        return None
    where = " AND ".join(f'"{name}" = {quoted(value)}' for name, value in zip(keys, key, strict=True))
    return f'SELECT "{column}" FROM "{table}" WHERE {where}'


def _view_query(name: str, *parts: str) -> str | None:
    """Return the query for a cell of a view; as many of its first columns as the address has values are its key."""
    *key, column = parts
    columns = view_columns(name)
    if column not in columns[len(key) :]:
        return None
    where = " AND ".join(f'"{part}" = {quoted(value)}' for part, value in zip(columns, key, strict=False))
    return f'SELECT "{column}" FROM "{name}" WHERE {where}'


def view_columns(name: str) -> list[str]:
    """Return the names of a view's columns.

    Examples
    --------
    >>> view_columns(next(iter(views()))) == list(view(next(iter(views()))).columns)
    True
    """
    described = _shared(project.data()).execute(f'SELECT * FROM "{name}" LIMIT 0').description
    return [column[0] for column in described]


def cells(query: str, place: str = "query", folder: Path | None = None) -> dict[tuple[str, str], list[str]]:
    """Return the rows that a query reads: for each table and column, the keys of the rows, their parts joined by ``/``.

    Where a part of the query selects from one table and filters its rows, only
    those rows count; elsewhere all rows of the table do.

    Examples
    --------
    >>> read = cells("SELECT COUNT(*) FROM rules WHERE query <> ''")
    >>> len(read["rules", "query"]) == len(row_keys("rules"))
    True
    """
    connection = _shared(folder or project.data())
    answer = run(connection, query, place)
    chosen: dict[str, set[int] | None] = {}
    tree = sqlglot.parse_one(query, dialect="sqlite")
    for part in tree.find_all(expressions.Select):
        source = part.args.get("from_") or part.args.get("from")
        if source is None:
            continue
        names = [table.name for table in part.find_all(expressions.Table) if table.parent_select is part]
        filtered = _row_numbers(connection, part, names[0]) if len(names) == 1 and not part.args.get("joins") else None
        for name in names:
            known = chosen.get(name, set())
            chosen[name] = None if filtered is None or known is None else known | filtered
    found: dict[tuple[str, str], list[str]] = {}
    for table, column in sorted(answer.reads):
        if table in data.names(folder):
            keys = row_keys(table, folder)
            wanted = chosen.get(table)
            found[table, column] = [
                key for place_, key in enumerate(keys, start=1) if wanted is None or place_ in wanted
            ]
    return found


def row_keys(table: str, folder: Path | None = None) -> list[str]:
    """Return the key of each row of a table, its parts joined by ``/``, in order.

    Examples
    --------
    >>> row_keys("rules") == data.peek("rules")["rule"].tolist()
    True
    """
    return list(_row_keys(table, folder or project.data()))


@lru_cache
def _row_keys(table: str, folder: Path) -> tuple[str, ...]:
    keys = data.as_text(data.peek(table, folder)[data.key_columns(table, folder)])
    return tuple("/".join(key) for key in keys.to_numpy().tolist())


@contextmanager
def changed(table: str, row: int, column: str, value: Scalar) -> Iterator[sqlite3.Connection]:
    """Lend the book's database with one cell changed for a while; ``row`` counts from 1.

    Examples
    --------
    >>> with changed("rules", 1, "query", "SELECT 1") as connection:
    ...     connection.execute("SELECT query FROM rules LIMIT 1").fetchone()
    ('SELECT 1',)
    """
    connection = _shared(project.data())
    where = (f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', row)
    [(kept,)] = connection.execute(f'SELECT "{column}" FROM "{table}" WHERE rowid = ?', (row,)).fetchall()
    connection.execute("PRAGMA foreign_keys = OFF")
    try:
        connection.execute(where[0], (value, where[1]))
        yield connection
    finally:
        connection.execute(where[0], (kept, where[1]))


def shared() -> sqlite3.Connection:
    """Return the database of the book's data, which this process keeps.

    Examples
    --------
    >>> shared() is shared()
    True
    """
    return _shared(project.data())


def forget() -> None:
    """Let the next question read the data anew, for checks that change files.

    Examples
    --------
    >>> before = shared()
    >>> forget()
    >>> shared() is before
    False
    """
    while _kept:
        _kept.popitem()[1].close()
    _derived.cache_clear()
    _row_keys.cache_clear()


#: The databases that this process keeps, by the folder of their data.
_kept: dict[Path, sqlite3.Connection] = {}


def _shared(folder: Path) -> sqlite3.Connection:
    if folder not in _kept:
        _kept[folder] = connect(folder)
    return _kept[folder]


def _filled(frames: dict[str, pd.DataFrame], folder: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    for name in frames:
        connection.execute(definition(name, folder))
    for name, loaded in frames.items():
        values = loaded.astype(object).where(loaded.notna(), None).to_numpy().tolist()
        marks = ", ".join("?" * loaded.shape[1])
        connection.executemany(f'INSERT INTO "{name}" VALUES ({marks})', values)
    for name, frame in _added().items():
        frame.to_sql(name, connection, index=False)
    for name, loaded in frames.items():
        if {"view", "query"} <= set(loaded.columns):
            for place, row in enumerate(loaded.to_dict("records"), start=2):
                with _told(f"data/{name}.csv, row {place}, column query", str(row["query"])):
                    connection.execute(f'CREATE VIEW "{row["view"]}" AS {row["query"]}')
                    connection.execute(f'SELECT * FROM "{row["view"]}" LIMIT 1').fetchall()
    return connection


def _added() -> dict[str, pd.DataFrame]:
    """Return the tables that the book's own code adds, by the function that ``checkable_book_tables`` names."""
    function = project.named("checkable_book_tables")
    added: dict[str, pd.DataFrame] = function() if function else {}
    return added


def definition(name: str, folder: Path | None = None) -> str:
    """Return the statement that creates a table as the data's description has it.

    Examples
    --------
    >>> definition("rules").startswith('CREATE TABLE "rules"')
    True
    """
    schema = data.describe(name, folder)["schema"]
    parts = [
        f'"{field["name"]}" {_TYPES[field["type"]]}'
        + (" NOT NULL" if field.get("constraints", {}).get("required") else "")
        for field in schema["fields"]
    ]
    parts.append(f"PRIMARY KEY ({_names(schema['primaryKey'])})")
    parts += [
        f'FOREIGN KEY ({_names(key["fields"])}) REFERENCES "{key["reference"]["resource"] or name}" '
        f"({_names(key['reference']['fields'])})"
        for key in schema.get("foreignKeys", [])
    ]
    return f'CREATE TABLE "{name}" ({", ".join(parts)})'


@contextmanager
def _told(place: str, query: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise DataError(f"{place}: found {error}, expected a query over the data: {_short(query)}") from None


def _row_numbers(connection: sqlite3.Connection, part: expressions.Select, table: str) -> set[int] | None:
    """Return the numbers of the rows that a part of a query selects; ``None`` where it depends on what is around it."""
    where = part.args.get("where")
    if where is None:
        return None
    named = next(found for found in part.find_all(expressions.Table) if found.name == table)
    probe = expressions.select("rowid").from_(named.copy()).where(where.this.copy())
    with suppress(sqlite3.Error):
        return {row for (row,) in connection.execute(probe.sql(dialect="sqlite"))}
    return None


def _names(columns: list[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def quoted(value: str) -> str:
    """Return text as a query writes it.

    Examples
    --------
    >>> quoted("Côte d'Or")
    "'Côte d''Or'"
    """
    return "'" + value.replace("'", "''") + "'"


def _short(query: str) -> str:
    return re.sub(r"\s+", " ", query)[:200]
