"""Other values for cells of the data, as a reader may ask for them: written as text, tried on a database of their own.

Several changes stand in one text, commas between them, each a cell's address,
a colon and the value: ``table/key/column:value``. Characters that part the text
stand in it as ``~`` and their code, as ``~2C`` for a comma. Changes that name a
row that is not there add it.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from checkable_book import data
from checkable_book.data import database
from checkable_book.errors import DataError


@dataclass(frozen=True)
class Change:
    """A cell and the value that it is given; the key is the row's own, before any change.

    Examples
    --------
    >>> Change("visits", ("Old Orchard", "2022"), "visits", "14000").key
    ('Old Orchard', '2022')
    """

    table: str
    key: tuple[str, ...]
    column: str
    value: str

    @property
    def address(self) -> str:
        """The cell's address."""
        return "/".join([self.table, *self.key, self.column])


def parse(text: str) -> list[Change]:
    """Return the changes that a text asks for.

    Raises
    ------
    DataError : no such table or column, or a key of other parts.

    Examples
    --------
    >>> parse("")
    []
    """
    found = []
    for part in filter(None, text.split(",")):
        address, _, value = part.partition(":")
        table, *key, column = map(_plain, address.split("/"))
        if table not in data.names() or len(key) != len(data.key_columns(table)) or column not in data.peek(table):
            raise DataError(f"changes: found {part!r}, expected table/key/column:value")
        found.append(Change(table, tuple(key), column, _plain(value)))
    return found


def write(changes: list[Change]) -> str:
    """Return the text that asks for changes; :func:`parse` reads it.

    Examples
    --------
    >>> write([Change("visits", ("Old Orchard", "2022"), "visits", "14000")])
    'visits/Old Orchard/2022/visits:14000'
    """
    return ",".join(
        "/".join(map(_escaped, [change.table, *change.key, change.column])) + ":" + _escaped(change.value)
        for change in changes
    )


def tried(changes: list[Change]) -> sqlite3.Connection:
    """Return a new database of the book's data with changes made, and with its evidence.

    Raises
    ------
    sqlite3.IntegrityError : the changes break a key, or leave out what is required.

    Examples
    --------
    >>> connection = tried([])
    >>> connection.execute("SELECT COUNT(*) FROM rules").fetchone() == (data.count("rules"),)
    True
    >>> connection.close()
    """
    from checkable_book.data import evidence  # which asks the database itself

    connection = database.connect()
    rows: dict[tuple[str, tuple[str, ...]], dict[str, database.Scalar]] = {}
    for change in changes:
        rows.setdefault((change.table, change.key), {})[change.column] = _typed(change)
    for (table, key), cells in rows.items():
        known = database.row_keys(table)
        if "/".join(key) in known:
            names = ", ".join(f'"{column}" = ?' for column in cells)
            place = known.index("/".join(key)) + 1
            connection.execute(f'UPDATE "{table}" SET {names} WHERE rowid = ?', (*cells.values(), place))
        else:
            row = {**dict(zip(data.key_columns(table), key, strict=True)), **cells}
            names, marks = ", ".join(f'"{column}"' for column in row), ", ".join("?" * len(row))
            connection.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(row.values()))
    evidence.ensure(connection)
    return connection


def _typed(change: Change) -> database.Scalar:
    fields = data.describe(change.table)["schema"]["fields"]
    kind = next(field["type"] for field in fields if field["name"] == change.column)
    if change.value == "":
        return None
    return int(change.value) if kind == "integer" else float(change.value) if kind == "number" else change.value


def _plain(text: str) -> str:
    return re.sub(r"~([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), text)


def _escaped(text: str) -> str:
    return re.sub(r"[~/:,]", lambda found: f"~{ord(found[0]):02X}", text)
