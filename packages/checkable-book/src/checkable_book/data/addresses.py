"""Short names for queries: the address of a cell (``table/key/column``), and the names of derived values.

A key of several columns stands in the address part by part. A key may hold a
``/`` itself: an address is matched against the rows that there are.
"""

from __future__ import annotations

from dataclasses import dataclass

from checkable_book.book import Book, current_book
from checkable_book.data.database import database_of, quote_identifier, quote_literal
from checkable_book.data.package import package_of, table_records

#: The table of derived values: name, query, unit, meaning in each language.
NUMBERS = "numbers"


@dataclass(frozen=True)
class CellAddress:
    """A cell of a table, by the key of its row.

    Examples
    --------
    >>> CellAddress("visits", ("Old Orchard", "2022"), "visits").text
    'visits/Old Orchard/2022/visits'
    """

    table: str
    key: tuple[str, ...]
    column: str

    @property
    def text(self) -> str:
        """The address as a chapter writes it."""
        return "/".join([self.table, *self.key, self.column])


def find_cell(address: str, book: Book | None = None, language: str = "") -> CellAddress | None:
    """Return the cell of a table that an address names; ``None`` where it names none.

    Parameters
    ----------
    language : where the table has no such column, that of this language is meant (``note`` for ``note_en``).
    """
    package = package_of(book)
    name, _, rest = address.partition("/")
    table = package.tables.get(name)
    if table is None:
        return None
    columns = [one["name"] for one in table.fields]
    size = len(table.key_columns)
    for key, wanted in _ways_to_split_address(rest, size):
        for column in (wanted, f"{wanted}_{language}"):
            if column in columns and table.row_number(key) is not None:
                return CellAddress(name, key, column)
    return None


def address_query(address: str, book: Book | None = None) -> str | None:
    """Return the query that the address of a cell is short for; ``None`` where it names no cell of a table or view."""
    cell = find_cell(address, book)
    if cell is not None:
        return cell_query(cell, book)
    return _view_query(address, book)


def cell_query(cell: CellAddress, book: Book | None = None) -> str:
    """Return the query for a cell of a table."""
    keys = package_of(book).table(cell.table).key_columns
    return _lookup(cell.table, cell.column, dict(zip(keys, cell.key, strict=True)))


def derived_values(book: Book | None = None) -> dict[str, dict[str, str]]:
    """Return the rows of ``numbers.csv`` by name; none where there is no such table."""
    book = book or current_book()
    return book.remember("derived values", lambda: {row["name"]: row for row in table_records(NUMBERS, book)})


def query_behind(name: str, book: Book | None = None) -> str:
    """Return the query that is meant: that of a derived value, of the address of a cell, or the text itself."""
    derived = derived_values(book)
    return derived[name]["query"] if name in derived else address_query(name, book) or name


def view_address(view: str, row: dict[str, object], keys: int, column: str, book: Book | None = None) -> str:
    """Return the address of a cell of a view, whose first ``keys`` columns name the row."""
    columns = database_of(book).columns_of(view)[:keys]
    return "/".join([view, *(str(row[part]) for part in columns), column])


def _view_query(address: str, book: Book | None) -> str | None:
    database = database_of(book)
    name, _, rest = address.partition("/")
    if name not in database.views:
        return None
    columns = database.columns_of(name)
    for size in range(1, len(columns)):
        for key, column in _ways_to_split_address(rest, size):
            if column in columns[size:]:
                query = _lookup(name, column, dict(zip(columns, key, strict=False)))
                if rest.count("/") == size or database.execute(query, "address", max_rows=1).rows:
                    return query
    return None


def _ways_to_split_address(rest: str, size: int) -> list[tuple[tuple[str, ...], str]]:
    """Return the ways to read a key of so many parts and a column out of a text, the plain one first."""
    parts = rest.split("/")
    if len(parts) < size + 1:
        return []
    found = []
    for name_parts in range(1, len(parts) - size + 1):
        column = "/".join(parts[-name_parts:])
        found += [(key, column) for key in _groupings(parts[:-name_parts], size)]
    return found


def _groupings(parts: list[str], size: int) -> list[tuple[str, ...]]:
    if size == 1:
        return [("/".join(parts),)]
    return [
        ("/".join(parts[:end]), *rest)
        for end in range(1, len(parts) - size + 2)
        for rest in _groupings(parts[end:], size - 1)
    ]


def _lookup(source: str, column: str, key: dict[str, str]) -> str:
    where = " AND ".join(f"{quote_identifier(name)} = {quote_literal(value)}" for name, value in key.items())
    return f"SELECT {quote_identifier(column)} FROM {quote_identifier(source)} WHERE {where}"
