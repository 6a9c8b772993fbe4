"""Named values for the prose, each of which knows the query that gives it.

A name is that of a derived value (a row of ``numbers.csv``), the address of a
cell (``table/key/column``), or a query itself (``query:SELECT ...``). With
`` words`` behind it, the value is spelled out.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from markupsafe import Markup as Safe

from checkable_book.book import Book, current_book
from checkable_book.data.addresses import (
    NUMBERS,
    CellAddress,
    address_query,
    cell_query,
    derived_values,
    find_cell,
    view_address,
)
from checkable_book.data.database import Database, Scalar, database_of
from checkable_book.data.description import CLAIMS, EVIDENCE
from checkable_book.data.lineage import rows_read
from checkable_book.data.package import cell_text, package_of, row_id, row_place
from checkable_book.dependencies import digest_of_bytes, record_dependency
from checkable_book.errors import DataError
from checkable_book.render.cell_notes import describe_cell
from checkable_book.render.i18n import format_date, format_number, format_period, translate, translate_count
from checkable_book.render.numerals import contains_numeral, spell_number
from checkable_book.render.output import render_template
from checkable_book.text import allow_breaks

#: What stands before a query that is a name of its own.
QUERY = "query:"
_WORDS = " words"
_NAMED_ROWS = 4  # rows that the origin of a value names, before it counts them
#: Columns of text, whatever the type of what they hold.
_NUMBERS_AS_TEXT = {"published_value", "outside_value"}


@dataclass(frozen=True)
class Value:
    """A value of the prose: what it is, how it reads, and where it comes from.

    Parameters
    ----------
    value : the value itself.
    text : how the language of the page writes it.
    origin : file, row and column, or what the value means and the rows that it is computed from.
    name : its name, by which it is computed again.
    table, row : the table whose page holds its row, and the identifier of that row; empty where it has none.
    unit : the unit by which it is written, where its name does not tell that.
    """

    value: str | int | float
    text: str
    origin: str
    name: str
    table: str = ""
    row: str = ""
    unit: str = ""

    def __repr__(self) -> str:
        return self.text

    def __html__(self) -> Safe:
        return Safe(self._repr_html_())

    def _repr_html_(self) -> str:
        machine = cell_text(self.value)
        return render_template("value.html", machine=machine, **self.__dict__)


@dataclass(frozen=True)
class CellText:
    """A text of the data as a page prints it: where it holds a numeral, it says which cell it is."""

    text: str
    address: str
    language: str

    def __repr__(self) -> str:
        return self.text

    def __str__(self) -> str:
        return self.text

    def __html__(self) -> Safe:
        if not contains_numeral(self.text, self.language):
            return allow_breaks(self.text)
        return Safe('<span data-cell="{}">{}</span>').format(self.address, allow_breaks(self.text))


def glue(*names: str, language: str = "en") -> None:
    """Glue the named values, so that the prose can print them.

    A chapter calls this once, with every name that it uses; the prose then
    writes ``{glue:}`name```. A name with `` words`` behind it is spelled out.
    """
    from myst_nb import glue as glue_output  # only a notebook needs it

    for name in names:
        glue_output(name, find_value(name, language), display=False)


def find_value(name: str, language: str = "en", book: Book | None = None) -> Value:
    """Return the value called ``name``.

    Raises
    ------
    DataError : no such cell, no such derived value, or a query that cannot be used.
    """
    book = book or current_book()
    plain, spelled = split_name(name)
    found = _value_called(plain, language, book)
    record_dependency("result", f"value:{language}:{plain}", _digest(found))
    if not spelled:
        return found
    if not isinstance(found.value, int | float) or isinstance(found.value, bool):
        raise DataError(f"numbers: found {plain!r}, which is no number, expected one to spell out")
    return replace(found, text=spell_number(found.value, language), name=name)


def split_name(name: str) -> tuple[str, bool]:
    """Return a name without `` words`` behind it, and whether it had that."""
    return name.removesuffix(_WORDS), name.endswith(_WORDS)


def value_digest(name: str, language: str = "en", book: Book | None = None) -> str:
    """Return a digest of a value, its text and its origin, by which a page knows that it has changed."""
    return _digest(_value_called(name, language, book or current_book()))


def query_of_value(name: str, language: str = "en", book: Book | None = None) -> str:
    """Return the query behind a name.

    Raises
    ------
    DataError : no such cell and no such derived value.
    """
    book = book or current_book()
    plain, _ = split_name(name)
    if plain.startswith(QUERY):
        return plain.removeprefix(QUERY)
    if plain in derived_values(book):
        return derived_values(book)[plain]["query"]
    cell = find_cell(plain, book, language)
    query = cell_query(cell, book) if cell else address_query(plain, book)
    if query is None:
        raise DataError(_unknown_name(plain, language, book))
    return query


def format_value_over(database: Database, name: str, language: str = "en") -> str:
    """Return how the value called ``name`` reads over another database, which may hold changed data.

    Raises
    ------
    DataError : no such value there.
    """
    book = database.package.book
    plain, spelled = split_name(name)
    query = query_of_value(plain, language, book)
    found = database.query_scalar(query, f"numbers, {name}").scalar
    if found is None:
        raise DataError(f"numbers: found no value {name!r}, expected one")
    derived = derived_values(book).get(plain)
    cell = None if derived or plain.startswith(QUERY) else find_cell(plain, book, language)
    if spelled:
        return spell_number(float(found) if isinstance(found, float) else int(found), language)
    if cell is None:
        return format_scalar(found, str(derived["unit"]) if derived else "", language)
    kind = _type_of(cell, book)
    unit = package_of(book).table(cell.table).field(cell.column).get("unit", "")
    if cell.column == "published_value":
        unit = database.query_scalar(cell_query(replace(cell, column="unit"), book), f"numbers, {name}").scalar or ""
    if cell.column in _NUMBERS_AS_TEXT:
        found = _number_in(found)
    return format_scalar(found, str(unit), language, kind)


def cell_value(
    table: str, row: Mapping[Hashable, Any], column: str, language: str = "en", book: Book | None = None
) -> Value:
    """Return a cell as a value that leads to its row.

    Parameters
    ----------
    row : the row, with the columns of ``table``.
    """
    book = book or current_book()
    held = package_of(book).table(table)
    key = tuple(cell_text(row[part]) for part in held.key_columns)
    described = held.field(column)
    found = _scalar(row[column])
    if column in _NUMBERS_AS_TEXT:
        found = _number_in(found)
    unit = _unit_of_cell(row, column, described)
    origin = f"{held.path.name}, {translate('row', language)} {' / '.join(key)}, " + (
        f"{translate('column', language)} {column}" + (f" ({translate_unit(unit, language)})" if unit else "")
    )
    text = format_scalar(found, unit, language, described["type"])
    address = CellAddress(table, key, column).text
    known = describe_cell(address, language, book)
    value = Value(found, text, f"{known} {origin}" if known else origin, address, table, row_id(table, key, book))
    if known:
        record_dependency("result", f"value:{language}:{address}", _digest(value))
    return value


def view_cell_value(
    view: str, row: Mapping[Hashable, Any], keys: int, column: str, language: str = "en", book: Book | None = None
) -> Value:
    """Return a cell of a view as a value that leads to the view's query.

    Parameters
    ----------
    keys : how many of the view's first columns name the row.
    """
    book = book or current_book()
    name = view_address(view, {str(key): cell for key, cell in row.items()}, keys, column, book)
    found = _scalar(row[column])
    place = " / ".join(str(row[part]) for part in database_of(book).columns_of(view)[:keys])
    meaning = _meaning(database_of(book).views[view], language, book)
    origin = f"{meaning} ({translate('row', language)} {place}, {translate('column', language)} {column})"
    return Value(found, format_scalar(found, "", language), origin, name, "views", row_id("views", [view], book))


def query_value(query: str, unit: str = "", language: str = "en", meaning: str = "", book: Book | None = None) -> Value:
    """Return what a query gives as a value that names the rows that it read; its name is the query itself.

    Raises
    ------
    DataError : the query cannot be used.
    """
    found = _queried_value(query, unit, language, meaning, book or current_book())
    record_dependency("result", f"value:{language}:{QUERY}{query}", _digest(found))
    return found


def text_cell(
    table: str, row: Mapping[Any, Any], column: str, language: str = "en", book: Book | None = None
) -> CellText:
    """Return a cell as text, in the page's language where the table holds it in several (``note`` for ``note_en``)."""
    held = package_of(book).table(table)
    name = f"{column}_{language}" if f"{column}_{language}" in held.frame else column
    key = tuple(cell_text(row[part]) for part in held.key_columns)
    number = held.row_number(key)
    if number is None or name not in held.frame:
        raise DataError(f"data: found a request for {table}/{'/'.join(key)}/{column}, expected a cell of {table}")
    described = held.field(name)
    found = held.frame[name].iloc[number]
    written = cell_text(found)
    unit = _unit_of_cell(held.frame.iloc[number].to_dict(), name, described)
    text = format_scalar(_scalar(found), unit, language, described["type"]) if written else ""
    return CellText(text, CellAddress(table, key, name).text, language)


def translate_unit(unit: str, language: str = "en") -> str:
    """Return a unit of the data in words; a unit that has no message stands as it is.

    Examples
    --------
    >>> translate_unit("percent"), translate_unit("percent", "id")
    ('percent', 'persen')
    """
    try:
        return translate(f"unit_{unit.replace(' ', '_')}", language)
    except DataError:
        return unit


def format_cell(cell: str, unit: str, language: str = "en") -> str:
    """Return the text of a cell as a language writes it: a number or a date by its unit, other text as it is.

    Examples
    --------
    >>> format_cell("34711.5", "persons"), format_cell("34711.5", "persons", "id"), format_cell("Pond Walk", "")
    ('34,711.5', '34.711,5', 'Pond Walk')
    """
    return format_scalar(_number_in(cell), unit, language)


def format_scalar(value: Scalar, unit: str = "", language: str = "en", kind: str = "") -> str:
    """Return a value as a language writes it: numbers, years, months, days, yes and no; text as it is.

    Examples
    --------
    >>> format_scalar(2004, "year"), format_scalar(1, kind="boolean"), format_scalar("2021-02-03", kind="date")
    ('2004', 'yes', 'February 3, 2021')
    """
    if value is None:
        return ""
    if kind == "boolean" or isinstance(value, bool):
        return translate("yes" if value else "no", language)
    if isinstance(value, str):
        if kind == "date":
            return format_date(value, language)
        return format_period(value, language) if unit in {"year", "month"} else value
    return format_number(value, language, grouped=unit != "year" and kind != "year")


def derived_names(book: Book | None = None) -> list[str]:
    """Return the names of all derived values."""
    return list(derived_values(book))


def describe_rows_read(database: Database, query: str, language: str = "en") -> list[str]:
    """Return which rows of each table a query reads: by their keys where they are few."""
    package = database.package
    result = database.execute(query, "query")
    if EVIDENCE in result.tables_read:  # which rests on all claims
        names = [name for name in package.tables if name in result.tables_read]
        return [package.table(name).path.name for name in names or [CLAIMS] if name in package.tables]
    rows: dict[str, dict[int, None]] = {}
    for (table, _), numbers in rows_read(database, query).items():
        rows.setdefault(table, {}).update(dict.fromkeys(numbers))
    told = []
    for table, found in rows.items():
        held = package.table(table)
        if len(found) == len(held.frame):
            which = translate_count("rows_all", len(found), language)
        elif len(found) > _NAMED_ROWS:
            which = translate_count("rows_some", len(found), language, all=format_number(len(held.frame), language))
        else:
            which = ", ".join(" / ".join(held.keys[number]) for number in found)
        told.append(f"{held.path.name}: {which}")
    return told


def _unit_of_cell(row: Mapping[Any, Any], column: str, described: Mapping[str, Any]) -> str:
    """Return the unit of a cell: of a published value, that which its row names."""
    unit = row.get("unit", "") if column == "published_value" else described.get("unit", "")
    return cell_text(unit)


def _value_called(plain: str, language: str, book: Book) -> Value:
    if plain.startswith(QUERY):
        return _queried_value(plain.removeprefix(QUERY), "", language, "", book)
    if plain in derived_values(book):
        return _derived_value(plain, language, book)
    return _addressed_value(plain, language, book)


def _digest(value: Value) -> str:
    # How a query's value is written, and what it means, is said where it is asked for.
    shown = () if value.name.startswith(QUERY) else (value.text, value.origin)
    return digest_of_bytes(repr((value.value, *shown)).encode())


def _queried_value(query: str, unit: str, language: str, meaning: str, book: Book) -> Value:
    database = database_of(book)
    found = database.query_scalar(query, "query").scalar
    if found is None:
        raise DataError(f"query: found no value, expected one: {query[:200]}")
    rows = "; ".join(describe_rows_read(database, query, language))
    origin = f"{meaning} ({rows})" if meaning and rows else meaning or rows
    return Value(found, format_scalar(found, unit, language), origin, f"{QUERY}{query}", unit=unit)


def _derived_value(name: str, language: str, book: Book) -> Value:
    row = derived_values(book)[name]
    place = row_place(NUMBERS, list(derived_values(book)).index(name), "query", book)
    database = database_of(book)
    found = database.query_scalar(row["query"], place).scalar
    if found is None:
        raise DataError(f"{place}: found no value, expected one")
    rows = "; ".join(describe_rows_read(database, row["query"], language))
    origin = f"{_meaning(row, language, book)} ({rows})" if rows else _meaning(row, language, book)
    return Value(
        found, format_scalar(found, row["unit"], language), origin, name, NUMBERS, row_id(NUMBERS, [name], book)
    )


def _meaning(row: Mapping[str, str], language: str, book: Book) -> str:
    """Return what a derived value or a view means, in a language, or in the first of the book."""
    found = row.get(f"meaning_{language}") or row.get(f"meaning_{book.first_language}") or row.get("meaning") or ""
    return found.rstrip(".")


def _addressed_value(address: str, language: str, book: Book) -> Value:
    """Return a cell by its address; a column that stands in each language is named without its ending."""
    cell = find_cell(address, book, language)
    if cell is None:
        if address_query(address, book) is not None:
            return _view_value(address, language, book)
        raise DataError(_unknown_name(address, language, book))
    table = package_of(book).table(cell.table)
    number = table.row_number(cell.key)
    row = table.frame.iloc[number or 0].to_dict()
    if cell_text(row[cell.column]) == "":
        place = row_place(cell.table, number or 0, cell.column, book)
        raise DataError(f"{place}: found an empty cell {address!r}, expected a value")
    return cell_value(cell.table, row, cell.column, language, book)


def _view_value(address: str, language: str, book: Book) -> Value:
    view, _, rest = address.partition("/")
    query = address_query(address, book) or ""
    found = database_of(book).query_scalar(query, f"numbers, {address}").scalar
    if found is None:
        raise DataError(f"numbers: found no value {address!r}, expected one")
    *place, column = rest.split("/")
    meaning = _meaning(database_of(book).views[view], language, book)
    origin = f"{meaning} ({translate('row', language)} {' / '.join(place)}, {translate('column', language)} {column})"
    return Value(found, format_scalar(found, "", language), origin, address, "views", row_id("views", [view], book))


def _unknown_name(name: str, language: str, book: Book) -> str:
    """Return a line on a name that is none, with what was expected in its place."""
    tables = package_of(book).tables
    source = name.partition("/")[0]
    if "/" not in name:
        known = ", ".join(derived_values(book)) or "no derived value (data/numbers.csv)"
        return f"numbers: found the name {name!r}, expected table/row/column or one of {known}"
    if source in database_of(book).views:
        return f"numbers: found no cell {name!r} in view {source}, expected {source}/KEY/COLUMN"
    if source not in tables:
        return f"numbers: found {name!r}, expected a table of the data, a key and a column"
    table = tables[source]
    column = name.rpartition("/")[2]
    if not {column, f"{column}_{language}"} & set(table.frame):
        return f"numbers: found {name!r}, expected {source}/{'/'.join(table.key_columns)}/COLUMN"
    return f"numbers: found no cell {name!r} in {book.shown_path(table.path)}, expected one"


def _type_of(cell: CellAddress, book: Book) -> str:
    return str(package_of(book).table(cell.table).field(cell.column)["type"])


def _scalar(cell: Any) -> str | int | float:
    """Return a cell of a data frame as a plain Python value; days as text."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, pd.Timestamp):
        return cell.date().isoformat()
    if isinstance(cell, bool) or type(cell).__name__ == "bool_":
        return bool(cell)
    return float(cell) if isinstance(cell, float) else int(cell)


def _number_in(cell: Any) -> Any:
    """Return text that holds nothing but a number as that number."""
    if isinstance(cell, str):
        for kind in (int, float):
            with suppress(ValueError):
                if str(kind(cell)) == cell:
                    return kind(cell)
    return cell
