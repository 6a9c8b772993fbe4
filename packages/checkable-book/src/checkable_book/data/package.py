"""The tables of the book: read as ``data/datapackage.json`` describes them, and checked while they are read.

frictionless reads each file once, with the dialect, the encoding, the missing
values and the types of its description. What it reads is what the rest of the
book sees. What a description says and this book cannot keep is refused in a line.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import accumulate, zip_longest
from pathlib import Path
from typing import Any

import frictionless
import numpy as np
import pandas as pd
from frictionless.resources import TableResource

from checkable_book.book import Book, current_book
from checkable_book.data.description import (
    DESCRIPTION,
    TYPES,
    Row,
    combined_digest,
    description_faults,
    read_description,
)
from checkable_book.dependencies import (
    digest_of_bytes,
    is_left_over,
    not_recorded,
    record_dependency,
    record_result_once,
)
from checkable_book.errors import DataError
from checkable_book.text import plain_number, slug

#: Rows of a table that a page shows; the rest is in the file and in the database of the page.
SHOWN_ROWS = 1_000
_LARGEST = 2**63 - 1  # what SQLite and data frames hold
_FAULTS = 200  # lines of one file that are told, before the rest is counted


@dataclass(frozen=True)
class Table:
    """A table as it was read.

    Parameters
    ----------
    name : its name in the description.
    description : its resource in ``datapackage.json``, the schema in full.
    path : its file.
    digest : of the bytes that were read.
    frame : its rows as a data frame, one row a record; missing cells are missing values.
    cells : its cells as the file writes them, a list a row.
    """

    name: str
    description: dict[str, Any]
    path: Path
    digest: str
    frame: pd.DataFrame
    cells: list[list[str]] = field(repr=False)

    @property
    def fields(self) -> list[dict[str, Any]]:
        """The descriptions of its columns."""
        found: list[dict[str, Any]] = self.description["schema"]["fields"]
        return found

    @property
    def key_columns(self) -> list[str]:
        """The columns of its primary key."""
        return list(self.description["schema"]["primaryKey"])

    @cached_property
    def lines(self) -> list[int]:
        """The line of the file on which each row starts, for messages: a cell may go over several."""
        sizes = ("".join(row).count("\n") + 1 for row in [[one["name"] for one in self.fields], *self.cells])
        return list(accumulate(sizes, initial=1))[1:]

    @cached_property
    def records(self) -> list[dict[str, str]]:
        """Its rows as text; missing cells are empty."""
        rows: list[dict[str, str]] = as_text(self.frame).to_dict("records")  # type: ignore[assignment]
        return rows

    @cached_property
    def keys(self) -> list[tuple[str, ...]]:
        """The key of each row, as text."""
        return [tuple(row[column] for column in self.key_columns) for row in self.records]

    @cached_property
    def row_ids(self) -> list[str]:
        """The identifier of each row on the page that prints the table; each is another one."""
        plain = ["-".join([self.name, *map(slug, key)]) for key in self.keys]
        counts = Counter(plain)
        return [
            name if counts[name] == 1 and all(map(slug, key)) else f"{name.rstrip('-')}-{_short_digest(key)}"
            for name, key in zip(plain, self.keys, strict=True)
        ]

    def field(self, column: str) -> dict[str, Any]:
        """Return the description of a column."""
        return next(one for one in self.fields if one["name"] == column)

    def row_number(self, key: tuple[str, ...]) -> int | None:
        """Return the number of the row with a key, from 0 on; ``None`` where there is none."""
        return self._rows_by_key.get(key)

    @cached_property
    def _rows_by_key(self) -> dict[tuple[str, ...], int]:
        return {key: number for number, key in enumerate(self.keys)}


class DataPackage:
    """All tables of a book, read and checked.

    Raises
    ------
    DataError : one line a fault: file, row, column, what was found, what was expected.
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self.folder = book.data_folder
        self.description, self.description_digest = read_description(book)
        faults = list(description_faults(self.description, book))
        if faults:
            raise DataError("\n".join(faults))
        tables: dict[str, Table] = {}
        with not_recorded():
            for resource in self.description["resources"]:
                table, found = _read_table(self, resource)
                faults += found
                tables[table.name] = table
        faults += _foreign_key_faults(self, tables)
        if faults:
            raise DataError("\n".join(faults))
        self.tables = tables
        self.digest = combined_digest(self.description_digest, [table.digest for table in tables.values()])

    def place(self, name: str, number: int, column: str = "") -> str:
        """Return where a row of a table stands (:func:`row_place`)."""
        table = self.tables[name]
        place = f"{self.book.shown_path(table.path)}:{table.lines[number]}"
        return f"{place}: column {column}" if column else place

    def table(self, name: str) -> Table:
        """Return a table.

        Raises
        ------
        DataError : no such table.
        """
        if name not in self.tables:
            raise DataError(f"data: found a request for table {name!r}, expected one of {', '.join(self.tables)}")
        return self.tables[name]

    @property
    def undescribed_files(self) -> list[Path]:
        """The files in ``data/`` itself that no table describes and that the book does not know by another way."""
        known = {table.path for table in self.tables.values()}
        known |= {self.folder / name for name in (DESCRIPTION, "README.md", "paper.yml")}
        published = self.published_files
        return [
            path
            for path in sorted(self.folder.iterdir())
            if path.is_file()
            and not is_left_over(path.name)
            and path not in known
            and path.suffix != ".bib"
            and path not in published
        ]

    @property
    def published_files(self) -> list[Path]:
        """The files that the description asks to publish beside the tables: its ``published``, a list of paths."""
        return [self.folder / str(path) for path in self.description.get("published") or []]


def package_of(book: Book | None = None) -> DataPackage:
    """Return the tables of a book, read once.

    Raises
    ------
    DataError : the data breaks its description.
    """
    book = book or current_book()
    found = book.remember("data package", lambda: DataPackage(book))
    record_result_once("data", "package", found.digest)
    return found


def load_table(name: str, book: Book | None = None) -> pd.DataFrame:
    """Return a table as a typed data frame, one row a CSV row.

    All tables are checked first, so a frame that is returned keeps its
    description and its keys.

    Parameters
    ----------
    name : the table's name in ``datapackage.json``.

    Returns
    -------
    Columns as ``datapackage.json`` describes them: integers and years as
    ``Int64``, numbers as ``float64``, text as ``str``, yes and no as
    ``boolean``, dates as ``datetime64[s]``; empty cells are missing values.

    Raises
    ------
    DataError : no such table, or the data breaks its description.

    Examples
    --------
    >>> load_table("no such table")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    checkable_book.errors.DataError: data: found a request for table 'no such table', expected one of ...
    """
    table = package_of(book).table(name)
    record_table(table)
    return table.frame.copy()


def record_table(table: Table) -> None:
    """Record that the page depends on a whole table."""
    record_dependency("table", table.name, table.digest)


def row_place(name: str, number: int, column: str = "", book: Book | None = None) -> str:
    """Return where a row of a table stands, as editors understand it.

    Parameters
    ----------
    number : the number of the row, from 0 on.
    column : the column of a cell of it.

    Examples
    --------
    >>> row_place("numbers", 0, "query")
    'data/numbers.csv:2: column query'
    """
    return package_of(book).place(name, number, column)


def peek_table(name: str, book: Book | None = None) -> pd.DataFrame:
    """Return a table as :func:`load_table` does, for reading only, and record no dependency on all of it."""
    return package_of(book).table(name).frame


def count_rows(name: str, book: Book | None = None) -> int:
    """Return the number of rows of a table, and record that the page depends on no more of it."""
    rows = len(peek_table(name, book))
    record_dependency("result", f"rows:{name}", str(rows))
    return rows


def table_records(name: str, book: Book | None = None) -> list[dict[str, str]]:
    """Return the rows of a table as text, missing cells empty; no rows where the book has no such table."""
    package = package_of(book)
    return [dict(row) for row in package.tables[name].records] if name in package.tables else []


def table_names(book: Book | None = None) -> list[str]:
    """Return the names of all tables, in the order of ``datapackage.json``."""
    return list(package_of(book).tables)


def check_data(book: Book | None = None) -> None:
    """Read and check every table.

    Raises
    ------
    DataError : one line a fault.
    """
    package_of(book)


def describe_table(name: str, book: Book | None = None) -> dict[str, Any]:
    """Return the description of a table: its resource in ``datapackage.json``."""
    return package_of(book).table(name).description


def key_columns(name: str, book: Book | None = None) -> list[str]:
    """Return the columns of a table's primary key."""
    return package_of(book).table(name).key_columns


def column_unit(name: str, column: str, book: Book | None = None) -> str:
    """Return the unit of a column (``"persons"``, ``"Mbps"``); years have ``"year"``, others perhaps none (``""``)."""
    fields = package_of(book).table(name).fields
    found = next((one for one in fields if one["name"] == column), {})
    return str(found.get("unit") or ("year" if found.get("type") == "year" else ""))


def rest_id(name: str) -> str:
    """Return the identifier of the place, on the page that prints a table, that names the rows it leaves out.

    Examples
    --------
    >>> rest_id("visits")
    'visits-rest'
    """
    return f"{name}-rest"


def row_id(name: str, key: Iterable[object], book: Book | None = None) -> str:
    """Return the identifier of a row on the page that prints the data, for links."""
    table = package_of(book).table(name)
    wanted = tuple(map(str, key))
    number = table.row_number(wanted)
    if number is not None and number >= SHOWN_ROWS:
        return rest_id(name)
    return table.row_ids[number] if number is not None else "-".join([name, *map(slug, wanted)])


def parse_table(name: str, text: str, book: Book | None = None) -> pd.DataFrame:
    """Return the text of a file as the data frame of a table, read as its description says.

    Raises
    ------
    DataError : the text breaks the description.
    """
    package = package_of(book)
    table = package.table(name)
    encoding = table.description.get("encoding") or "utf-8"
    frame, _, faults = _read_frame(table.description, package.book.shown_path(table.path), text.encode(encoding))
    if faults:
        raise DataError("\n".join(faults))
    return frame


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with every cell as text, as a CSV file would hold it; missing cells are empty.

    Examples
    --------
    >>> frame = pd.DataFrame({"year": pd.array([2020, None], dtype="Int64"), "open": pd.array([True, None], "boolean")})
    >>> as_text(frame).to_numpy().tolist()
    [['2020', 'true'], ['', '']]
    """
    return pd.DataFrame(
        {column: pd.Series(map(cell_text, frame[column]), index=frame.index, dtype="str") for column in frame},
        index=frame.index,
    )


def cell_text(cell: object) -> str:
    """Return a cell as a CSV file would hold it; a missing one is empty.

    Examples
    --------
    >>> cell_text(0.00001), cell_text(True), cell_text(pd.Timestamp("2021-02-03")), cell_text(pd.NA)
    ('0.00001', 'true', '2021-02-03', '')
    """
    if cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool | np.bool_):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return plain_number(cell)
    if isinstance(cell, pd.Timestamp):
        return cell.date().isoformat()
    return str(cell)


def describe_constraints(constraints: dict[str, Any]) -> str:
    """Return the constraints of a column in words.

    Examples
    --------
    >>> describe_constraints({"required": True, "minimum": 0, "enum": ["a", "b"]})
    'required; minimum 0; enum a, b'
    """
    return "; ".join(
        name if value is True else f"{name} {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in constraints.items()
    )


@contextmanager
def table_replaced(name: str, frame: pd.DataFrame, book: Book | None = None) -> Iterator[None]:
    """Let a table hold other rows for a while, for tests of what prints it."""
    package = package_of(book)
    kept = package.tables[name]
    cells = as_text(frame).to_numpy().tolist()
    package.tables[name] = Table(name, kept.description, kept.path, kept.digest, frame, cells)
    try:
        yield
    finally:
        package.tables[name] = kept


def _read_table(package: DataPackage, resource: Row) -> tuple[Table, list[str]]:
    path = package.folder / resource["path"]
    shown = package.book.shown_path(path)
    empty = Table(resource["name"], resource, path, "", pd.DataFrame(), [])
    try:
        content = path.read_bytes()
    except OSError:
        return empty, [f"{shown}: found no such file, expected it (table {resource['name']})"]
    frame, cells, faults = _read_frame(resource, shown, content)
    return Table(resource["name"], resource, path, digest_of_bytes(content), frame, cells), faults


def read_rows(
    resource: Row, shown: str, content: bytes, *, exact: bool = True
) -> tuple[list[list[Any]], list[list[str]], list[str]]:
    r"""Return what a file of a table holds by its description: its rows, the cells as written, a line for each fault.

    Parameters
    ----------
    resource : the description, as a data package has it; its ``path`` tells what parts cells where no dialect does.
    shown : the file as messages name it.
    exact : whether an empty line is a fault, and a number that other programs read otherwise or SQLite cannot hold.

    Examples
    --------
    >>> gardens = {"name": "gardens", "path": "gardens.csv", "schema": {"fields": [{"name": "area", "type": "number"}]}}
    >>> read_rows(gardens, "gardens.csv", b"area\n2.5\nwide\n")[2]
    ["gardens.csv:3: column area: found 'wide', expected number (not empty)"]
    """
    rows: list[list[Any]] = []
    cells: list[list[str]] = []
    faults: list[str] = []
    encoding = resource.get("encoding") or "utf-8"
    try:
        content.decode(encoding)
    except LookupError:
        return [], [], [f"{shown}: found the encoding {encoding!r}, expected one that Python knows"]
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        return [], [], [f"{shown}:{row}: found bytes that are not {encoding}, expected {encoding}"]
    schema = resource["schema"]
    fields = {one["name"]: one for one in schema["fields"]}
    dialect = resource.get("dialect")
    if dialect is None and Path(resource["path"]).suffix.lower() in {".tsv", ".tab"}:
        dialect = {"delimiter": "\t"}
    try:
        own = TableResource(
            name=resource["name"],
            data=content.removeprefix(b"\xef\xbb\xbf") if encoding.lower().replace("_", "-") == "utf-8" else content,
            scheme="buffer",
            format="csv",
            encoding=encoding,
            schema=frictionless.Schema.from_descriptor(_own_schema(schema)),
            dialect=frictionless.Dialect.from_descriptor(dialect or {}),
        )
        with own.open() as opened:  # type: ignore[no-untyped-call]
            labels = [label or f"field{place}" for place, label in enumerate(opened.labels, start=1)]
            if labels != list(fields):
                pairs = zip_longest(fields, labels)
                wrong = next(wanted or found for wanted, found in pairs if wanted != found)
                columns = f"found the columns {', '.join(labels)}, expected {', '.join(fields)}"
                return [], [], [f"{shown}:1: column {wrong}: {columns}"]
            line = 2 + "".join(labels).count("\n")
            for row in opened.row_stream:
                written = ["" if cell is None else str(cell) for cell in row.cells]
                if not exact and not any(written):  # an empty line, which pandas passes over too
                    line += 1
                    continue
                found = row.to_list()
                told = [_error_line(f"{shown}:{line}", error, fields) for error in _own_errors(row.errors)]
                told += _cell_faults(f"{shown}:{line}", fields, written, found) if exact else ()
                faults += told
                rows.append(found)
                cells.append(written[: len(fields)] + [""] * (len(fields) - len(written)))
                line += 1 + "".join(written).count("\n")
    except frictionless.FrictionlessException as error:
        reasons = "; ".join(reason.note for reason in error.reasons) or error.error.note
        return [], [], [f"{shown}: found a file that cannot be read as described ({_one_line(reasons)})"]
    if len(faults) > _FAULTS:
        faults = [*faults[:_FAULTS], f"{shown}: found {len(faults) - _FAULTS} faults more"]
    return rows, cells, faults


def _read_frame(resource: Row, shown: str, content: bytes) -> tuple[pd.DataFrame, list[list[str]], list[str]]:
    """Return a table by its description: the frame, the cells as they are written, and a line for each fault."""
    rows, cells, faults = read_rows(resource, shown, content)
    fields = resource["schema"]["fields"]
    if faults:  # what was read of it still tells which keys there are
        names = [one["name"] for one in fields] if rows else []
        return pd.DataFrame(rows, columns=names, dtype=object), cells, faults
    series = {
        one["name"]: pd.Series([_typed_value(row[place], one["type"]) for row in rows], dtype=TYPES[one["type"]])
        for place, one in enumerate(fields)
    }
    return pd.DataFrame(series, columns=list(series)), cells, []


def _own_schema(schema: Row) -> Row:
    """Return a schema without what is checked here: keys between tables, and what only the book knows of columns."""
    known = {"name", "type", "format", "constraints", "trueValues", "falseValues", "decimalChar", "groupChar"}
    known |= {"bareNumber", "missingValues"}
    fields = [{key: value for key, value in one.items() if key in known} for one in schema["fields"]]
    return {
        "fields": fields,
        "primaryKey": schema.get("primaryKey") or [],
        "missingValues": schema.get("missingValues", [""]),
    }


def _typed_value(value: Any, kind: str) -> Any:
    if value is None:
        return None if kind == "string" else pd.NA if kind != "number" else math.nan
    if kind == "number":
        return float(value) + 0.0  # SQLite keeps no negative zero
    return value


def _cell_faults(where: str, fields: dict[str, Row], written: list[str], found: list[Any]) -> Iterator[str]:
    """Yield a line for each number that another program would read otherwise, or cannot hold."""
    for (name, one), text, value in zip(fields.items(), written, found, strict=False):
        if value is None or one["type"] not in {"integer", "number", "year"}:
            continue
        here = f"{where}: column {name}: found {text!r}, expected"
        if any(unicodedata.category(sign) in {"Nd", "Nl", "No"} and not sign.isascii() for sign in text):
            yield f"{here} {one['type']} in the digits 0 to 9"
        elif "_" in text and one.get("groupChar") != "_":
            yield f"{here} {one['type']} without _"
        elif one["type"] == "number" and not math.isfinite(float(value)):
            yield f"{here} a finite number"
        elif one["type"] == "number" and Decimal(repr(float(value))) != value:
            yield f"{here} a number of at most 15 digits; describe longer ones as string"
        elif one.get("groupChar") and not _is_grouped(text, one):
            yield f"{here} groups of three digits between {one['groupChar']}"
        elif one["type"] == "integer" and abs(value) > _LARGEST:
            yield f"{here} an integer of at most 19 digits; describe longer ones as string"


def _is_grouped(text: str, one: Row) -> bool:
    """Return whether the digits of a number are grouped by threes, or not at all."""
    group, point = re.escape(one["groupChar"]), re.escape(one.get("decimalChar") or ".")
    return bool(re.fullmatch(rf"\s*[-+]?(?:\d+|\d{{1,3}}(?:{group}\d{{3}})+)(?:{point}\d*)?\s*", text))


def _own_errors(errors: list[frictionless.Error]) -> list[frictionless.Error]:
    """Return the errors of a row; of one with another number of cells only that."""
    ragged = [error for error in errors if error.type in {"extra-cell", "missing-cell", "blank-row"}]
    return ragged or errors


def _error_line(where: str, error: frictionless.Error, fields: dict[str, Row]) -> str:
    """Return an error of frictionless as a line."""
    column = getattr(error, "field_name", None)
    cell = getattr(error, "cell", None)
    place = where + (f": column {column}" if column else "")
    found = f"found {_one_line(str(cell))!r}, " if cell is not None else ""
    return f"{place}: {found}expected {_expectation(error, fields.get(column or ''))}"


def _expectation(error: frictionless.Error, described: Row | None) -> str:
    """Return what would have been right, from the column's own description."""
    if error.type == "primary-key":
        return f"a key that no other row has (it is {error.note})"
    if error.type in {"extra-cell", "missing-cell", "blank-row"}:
        return "a cell for each column"
    if described is None or error.type not in {"type-error", "constraint-error"}:
        return f"no {error.type.removesuffix('-error').replace('-', ' ')} fault ({_one_line(error.note)})"
    given = described.get("constraints") or {}
    limits = describe_constraints({name: value for name, value in given.items() if name != "required"})
    kind = described.get("type", "any") + (
        f" written as {described['format']}" if described.get("format", "default") != "default" else ""
    )
    return f"{kind} ({limits or 'not empty'})"


def _foreign_key_faults(package: DataPackage, tables: dict[str, Table]) -> list[str]:
    """Return a line for each row whose foreign key names no row."""
    faults = []
    for table in tables.values():
        for key in table.description["schema"].get("foreignKeys") or []:
            target = tables[key["reference"]["resource"] or table.name]
            if table.frame.columns.empty or target.frame.columns.empty:  # not read
                continue
            known = set(_tuples(target, key["reference"]["fields"]))
            columns = ", ".join(key["fields"])
            wanted = f"{target.path.name}, column {', '.join(key['reference']['fields'])}"
            for number, values in enumerate(_tuples(table, key["fields"])):
                if all(values) and values not in known:
                    place = f"{package.book.shown_path(table.path)}:{table.lines[number]}: column {columns}"
                    faults.append(f"{place}: found {', '.join(values)!r}, expected a value of {wanted}")
    return faults


def _tuples(table: Table, columns: list[str]) -> list[tuple[str, ...]]:
    return [tuple(row[column] for column in columns) for row in table.records]


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


def _short_digest(key: tuple[str, ...]) -> str:
    return digest_of_bytes("/".join(key).encode())[:8]
