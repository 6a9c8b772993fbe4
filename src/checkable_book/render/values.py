"""Named values for the prose, each of which knows the query that gives it."""

from __future__ import annotations

import sqlite3
from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from num2words import num2words

from checkable_book import data, dependencies
from checkable_book.data import database, evidence
from checkable_book.errors import DataError
from checkable_book.render import i18n
from checkable_book.render.output import render

#: The table of derived values: name, query, unit, meaning in each language.
TABLE = "numbers"
#: How many rows are named before they are counted.
_NAMED = 4
#: Columns of text, whatever the type of what they hold.
_TYPED_AS_TEXT = {"published_value", "outside_value"}


@dataclass(frozen=True)
class Value:
    """A value of the prose: what it is, how it reads, and where it comes from.

    ``origin`` names file, row and column, or what the value means and the
    tables that it is computed from; ``row`` identifies that row on the page
    that prints the data; ``name`` is what the page's own database knows it by.

    Examples
    --------
    >>> value(derived_names()[0]).name == derived_names()[0]
    True
    """

    value: str | int | float
    text: str
    origin: str
    row: str
    name: str = ""

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return render("value.html", value=self.value, text=self.text, origin=self.origin, row=self.row, name=self.name)


def glue(*names: str, language: str = "en") -> None:
    """Glue the named values, so that the prose can print them.

    A chapter calls this once, with every name that it uses; the prose then
    writes ``{glue:}`name```. A name with `` words`` behind it is spelled out.

    Examples
    --------
    >>> glue()  # what no name is given for is not there for the prose
    """
    from myst_nb import glue as glue_output  # only a notebook needs it

    for name in names:
        glue_output(name, value(name, language), display=False)


def value(name: str, language: str = "en") -> Value:
    """Return the value called ``name``.

    Parameters
    ----------
    name : either the address of a cell, ``table/row/column`` (with the row's
        key, its parts joined by ``/``); or the name of a derived value, a row
        of ``numbers.csv``; either may end in `` words``.

    Raises
    ------
    DataError : no such cell and no such derived value, or a query that cannot be used.

    Examples
    --------
    >>> value(f"{derived_names()[0]} words").name
    'countries words'
    """
    address, spelled = name.removesuffix(" words"), name.endswith(" words")
    found = _addressed(address, language) if "/" in address else _derived(address, language)
    dependencies.note("result", f"{name}={fingerprint(name)}")
    return replace(found, text=num2words(found.value, lang=language), name=f"{found.name} words") if spelled else found


def fingerprint(name: str) -> str:
    """Return the plain value called ``name``, by which a page knows that it has changed.

    Examples
    --------
    >>> fingerprint(derived_names()[0]) == str(value(derived_names()[0]).value)
    True
    """
    address = name.removesuffix(" words")
    query = query_of(address)
    if "evidence" in query:
        evidence.ensure()
    return repr(database.ask(query, f"numbers, {address}").value)


def said(name: str, connection: sqlite3.Connection, language: str = "en") -> str:
    """Return how the value called ``name`` reads over another database, which may hold changed data.

    Raises
    ------
    DataError : no such value there.

    Examples
    --------
    >>> said(derived_names()[0], database.shared()) == value(derived_names()[0]).text
    True
    """
    address = name.removesuffix(" words")
    query, derived = query_of(address, language), _table().get(address)
    found = database.run(connection, query, f"numbers, {name}").value
    if found is None:
        raise DataError(f"numbers: found no value {name!r}, expected one")
    table, column = address.partition("/")[0], address.rpartition("/")[2]
    measure = ""
    if derived:
        measure = derived["unit"]
    elif column == "published_value":
        claim = database.address_query(f"{address.removesuffix(column)}unit") or ""
        measure = str(database.run(connection, claim, f"numbers, {name}").value or "")
    elif table in data.names():
        measure = data.unit(table, column)
    found = _scalar(found, numeric=column in _TYPED_AS_TEXT)
    return num2words(found, lang=language) if name != address else _written(found, measure, language)


def query_of(name: str, language: str = "en") -> str:
    """Return the query behind a name: that of a derived value, or of a cell (in ``language`` where it has languages).

    Raises
    ------
    DataError : no such cell and no such derived value.

    Examples
    --------
    >>> "SELECT" in query_of(derived_names()[0]).upper()
    True
    """
    if name in _table():
        return str(_table()[name]["query"])
    query = database.address_query(name) or database.address_query(f"{name}_{language}")
    if query is None:
        known = ", ".join(_table())
        raise DataError(f"numbers: found the name {name!r}, expected table/row/column or one of {known}")
    return query


def cell(table: str, row: dict[Hashable, Any], column: str, language: str = "en") -> Value:
    """Return a cell as a value that leads to its row.

    Parameters
    ----------
    row : the row, with the columns of ``table``.

    Examples
    --------
    >>> row = data.load("rules").iloc[0].to_dict()
    >>> cell("rules", row, "rule").text == row["rule"]
    True
    """
    key = [str(row[part]) for part in data.key_columns(table)]
    found = _scalar(row[column], numeric=column in _TYPED_AS_TEXT)
    measure = row["unit"] if column == "published_value" else data.unit(table, column)
    measure = "" if pd.isna(measure) else str(measure)
    origin = f"{table}.csv, {i18n.text('row', language)} {' / '.join(key)}, " + (
        f"{i18n.text('column', language)} {column}" + (f" ({unit_text(measure, language)})" if measure else "")
    )
    name = "/".join([table, *key, column])
    return Value(found, _written(found, measure, language), origin, data.row_id(table, key), name)


def view_cell(view: str, row: dict[Hashable, Any], keys: int, column: str, language: str = "en") -> Value:
    """Return a cell of a view as a value that leads to the view's query.

    Parameters
    ----------
    keys : how many of the view's first columns name the row.

    Examples
    --------
    >>> name = next(iter(database.views()))
    >>> row = database.view(name).iloc[0].to_dict()
    >>> view_cell(name, row, 1, next(iter(row))).value == next(iter(row.values()))
    True
    """
    found = _scalar(row[column], numeric=False)
    name = "/".join([view, *(str(row[part]) for part in database.view_columns(view)[:keys]), column])
    place = " / ".join(name.split("/")[1:-1])
    meaning = database.views()[view][f"meaning_{language}"].rstrip(".")
    origin = f"{meaning} ({i18n.text('row', language)} {place}, {i18n.text('column', language)} {column})"
    return Value(found, _written(found, "", language), origin, data.row_id("views", [view]), name)


def unit_text(measure: str, language: str = "en") -> str:
    """Return a unit of the data in words.

    Examples
    --------
    >>> unit_text("percent"), unit_text("percent", "id")
    ('percent', 'persen')
    """
    return i18n.text(f"unit_{measure.replace(' ', '_')}", language)


def written(cell: str, measure: str, language: str = "en") -> str:
    """Return the text of a cell as ``language`` writes it: a number or a date by its unit, other text as it is.

    Examples
    --------
    >>> written("34711.5", "persons"), written("34711.5", "persons", "id"), written("Pond Walk", "")
    ('34,711.5', '34.711,5', 'Pond Walk')
    """
    return _written(_scalar(cell, numeric=True), measure, language)


def derived_names() -> list[str]:
    """Return the names of all derived values.

    Examples
    --------
    >>> set(derived_names()) == set(data.peek("numbers")["name"])
    True
    """
    return list(_table())


def _table() -> dict[str, dict[str, str]]:
    if TABLE not in data.names():
        return {}
    return {str(row["name"]): row for row in data.records(TABLE)}


def _derived(name: str, language: str) -> Value:
    query = query_of(name)
    row = _table()[name]
    if "evidence" in query:
        evidence.ensure()
    answer = database.ask(query, f"data/{TABLE}.csv, row {list(_table()).index(name) + 2}, column query")
    if answer.value is None:
        raise DataError(
            f"data/{TABLE}.csv, row {list(_table()).index(name) + 2}, column query: found no value, expected one"
        )
    origin = f"{row[f'meaning_{language}']} ({'; '.join(_rows_read(query, answer.tables, language))})"
    text = _written(answer.value, str(row["unit"]), language)
    return Value(answer.value, text, origin, f"numbers-{data.slug(name)}", name)


def _rows_read(query: str, tables: Sequence[str], language: str) -> list[str]:
    """Return which rows of each table a query reads: by their keys where they are few."""
    if "evidence" in query:  # which rests on all claims
        return [f"{table}.csv" for table in tables or [evidence.CLAIMS]]
    rows: dict[str, list[str]] = {}
    for (table, _), keys in database.cells(query).items():
        rows[table] = list(dict.fromkeys([*rows.get(table, []), *keys]))
    told = []
    for table, keys in rows.items():
        count = i18n.number(len(keys), language)
        if len(keys) == data.count(table):
            which = i18n.text("rows_all", language, count=count)
        elif len(keys) > _NAMED:
            which = i18n.text("rows_some", language, count=count, all=i18n.number(data.count(table), language))
        else:
            which = ", ".join(key.replace("/", " / ") for key in keys)
        told.append(f"{table}.csv: {which}")
    return told


def _addressed(address: str, language: str) -> Value:
    """Return a cell by its address; a column a language is named without its ending."""
    table, *key, column = address.split("/")
    if table not in data.names():
        raise DataError(f"numbers: found {address!r}, expected a table of the data, a key and a column")
    frame = data.peek(table)
    keys = data.key_columns(table)
    if column not in frame:
        column = f"{column}_{language}"
    if len(key) != len(keys) or column not in frame:
        raise DataError(f"numbers: found {address!r}, expected {table}/{'/'.join(keys)}/COLUMN")
    for name, wanted in zip(keys, key, strict=True):
        frame = frame[frame[name].astype(str) == wanted]
    row = {} if frame.empty else frame.to_dict("records")[0]
    if pd.isna(row.get(column)):
        raise DataError(f"numbers: found no cell {address!r} in data/{table}.csv, expected one")
    return cell(table, row, column, language)


def _written(found: str | float, measure: str, language: str) -> str:
    if isinstance(found, str):
        return i18n.period(found, language) if measure in {"year", "month"} else found
    return i18n.number(found, language, grouped=measure != "year")


def _scalar(cell: Any, *, numeric: bool) -> str | int | float:
    """Return a plain Python value; text that holds nothing but a number becomes one where ``numeric``."""
    if not isinstance(cell, str):
        return float(cell) if isinstance(cell, float) else int(cell)
    for kind in (int, float) if numeric else ():
        with suppress(ValueError):
            if str(kind(cell)) == cell:
                return kind(cell)
    return cell
