"""Other values for cells of the data, as a reader may try them: written as text, tried on a database of their own.

Several overrides stand in one text, commas between them, each a cell's address,
a colon and the value: ``table/key/column:value``. Characters that part the text
stand in it as ``~`` and their code, as ``~2C`` for a comma. Overrides that name a
row that is not there add it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from checkable_book.book import Book, current_book
from checkable_book.data.claims import fill_evidence
from checkable_book.data.database import Database, Scalar, new_database, quote_identifier
from checkable_book.data.package import package_of
from checkable_book.errors import DataError

#: Tables of queries, which follow no override.
QUERY_TABLES = ("views", "numbers", "rules", "queries", "what_ifs")


@dataclass(frozen=True)
class Override:
    """A cell and the value that it is given; the key is the row's own, before any override.

    Examples
    --------
    >>> Override("visits", ("Old Orchard", "2022"), "visits", "14000").key
    ('Old Orchard', '2022')
    """

    table: str
    key: tuple[str, ...]
    column: str
    value: str


def parse_overrides(text: str, book: Book | None = None) -> list[Override]:
    """Return the overrides that a text asks for.

    Raises
    ------
    DataError : no such table or column, or a key of other parts.

    Examples
    --------
    >>> parse_overrides("")
    []
    """
    tables = package_of(book).tables
    found = []
    for part in filter(None, text.split(",")):
        address, _, value = part.partition(":")
        name, *key, column = map(_unescape, address.split("/"))
        table = tables.get(name)
        if table is None or len(key) != len(table.key_columns) or column not in table.frame:
            raise DataError(f"overrides: found {part!r}, expected table/key/column:value")
        found.append(Override(name, tuple(key), column, _unescape(value)))
    return found


def write_overrides(overrides: list[Override]) -> str:
    """Return the text that asks for overrides; :func:`parse_overrides` reads it.

    Examples
    --------
    >>> write_overrides([Override("visits", ("Old Orchard", "2022"), "visits", "14000")])
    'visits/Old Orchard/2022/visits:14000'
    """
    return ",".join(
        "/".join(map(_escape, [one.table, *one.key, one.column])) + ":" + _escape(one.value) for one in overrides
    )


def overridden_database(overrides: list[Override], book: Book | None = None) -> Database:
    """Return a new database of the book's data with other values, and with the evidence that follows.

    Raises
    ------
    apsw.ConstraintError : the overrides break a key, or leave out what is required.
    """
    book = book or current_book()
    package = package_of(book)
    database = new_database(book)
    rows: dict[tuple[str, tuple[str, ...]], dict[str, Scalar]] = {}
    for one in overrides:
        rows.setdefault((one.table, one.key), {})[one.column] = _typed_cell(
            package.table(one.table).field(one.column), one.value
        )
    for (name, key), cells in rows.items():
        table = package.table(name)
        row = table.row_number(key)
        if row is not None:
            names = ", ".join(f"{quote_identifier(column)} = ?" for column in cells)
            statement = f"UPDATE {quote_identifier(name)} SET {names} WHERE rowid = ?"
            database.connection.execute(statement, (*cells.values(), row + 1))
        else:
            keys = {
                column: _typed_cell(table.field(column), part)
                for column, part in zip(table.key_columns, key, strict=True)
            }
            whole = {**keys, **cells}
            names, marks = ", ".join(map(quote_identifier, whole)), ", ".join("?" * len(whole))
            database.connection.execute(
                f"INSERT INTO {quote_identifier(name)} ({names}) VALUES ({marks})", tuple(whole.values())
            )
    fill_evidence(database, strict=False)
    return database


def _typed_cell(described: dict[str, object], value: str) -> Scalar:
    kind = described["type"]
    if value == "":
        return None
    if kind in {"integer", "year"}:
        return int(value)
    if kind == "boolean":
        return 1 if value in {"true", "1"} else 0
    return float(value) if kind == "number" else value


def _unescape(text: str) -> str:
    return re.sub(r"~([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), text)


def _escape(text: str) -> str:
    return re.sub(r"[~/:,]", lambda found: f"~{ord(found[0]):02X}", text)
