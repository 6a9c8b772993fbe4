"""The data as a SQLite database in memory, and the one gate for every query over it.

Every number of the book and every check of a claim is a query: one statement
that reads the data's tables and nothing else, gives one cell, and gives the
same each time. The SQLite is apsw's, of the version that the page's own
database has, so that both compute the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import apsw
import pandas as pd

from checkable_book.book import Book, current_book
from checkable_book.data.description import CLAIMS, EVIDENCE
from checkable_book.data.package import DataPackage, Table, as_text, package_of
from checkable_book.dependencies import (
    Dependency,
    dependencies_of,
    digest_of_bytes,
    record_dependency,
    record_result_once,
)
from checkable_book.errors import DataError

#: What a query gives: text, a number, or nothing.
Scalar = str | int | float | None

#: The types of columns in SQLite. ``INT``, unlike ``INTEGER``, never makes a key the number of its row.
_SQL_TYPES = {
    "integer": "INT",
    "year": "INT",
    "boolean": "INT",
    "number": "REAL",
    "string": "TEXT",
    "date": "TEXT",
}
#: The functions that a query may call. They give the same on every machine; others read clocks, chance or files, or
#: end in the last digit as the machine's own library has it (logarithms, powers).
ALLOWED_FUNCTIONS = {
    "abs", "avg", "ceil", "ceiling", "char", "coalesce", "concat", "concat_ws", "count", "cume_dist", "dense_rank",
    "first_value", "floor", "format", "glob", "group_concat", "hex", "if", "ifnull", "iif", "instr", "lag",
    "last_value", "lead", "length", "like", "likelihood", "likely", "lower", "ltrim", "max", "min", "mod", "nth_value",
    "ntile", "nullif", "octet_length", "percent_rank", "printf", "quote", "rank", "replace", "round", "row_number",
    "rtrim", "sign", "sqrt", "string_agg", "substr", "substring", "sum", "total", "trim", "trunc", "unicode",
    "unlikely", "upper",
}  # fmt: skip
_EVIDENCE_NAMED = re.compile(rf"\b{EVIDENCE}\b", re.IGNORECASE)
_PROGRESS_INTERVAL = 100_000
_MAX_STEPS = 20_000_000  # of SQLite's virtual machine: a limit that is the same on every machine
_MAX_ROWS = 100_000
_MAX_BYTES = 10_000_000  # of one value
_SHOWN = 200  # characters of a query that a message shows


@dataclass(frozen=True)
class QueryResult:
    """What a query gave and what it read.

    Parameters
    ----------
    columns : the names of the columns that it gives.
    rows : the rows that it gives.
    columns_read : pairs of a table and a column that it reads; no column where rows are only counted.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    columns_read: frozenset[tuple[str, str]]

    @property
    def tables_read(self) -> set[str]:
        """The names of the tables that were read."""
        return {table for table, _ in self.columns_read}

    @property
    def scalar(self) -> Scalar:
        """The one cell of the result."""
        value: Scalar = self.rows[0][0]
        return value


class Database:
    """A database of a book's data: typed tables, keys, views, and tables that the book's own code adds.

    Parameters
    ----------
    package : the tables of the book.
    added : tables that come from no file, by name.
    """

    def __init__(self, package: DataPackage, added: dict[str, pd.DataFrame]) -> None:
        self.package = package
        self.connection = apsw.Connection(":memory:")
        self.connection.limit(apsw.SQLITE_LIMIT_LENGTH, _MAX_BYTES)
        self.connection.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)
        self._results: dict[tuple[str, int, frozenset[str]], QueryResult] = {}
        self.evidence_is_filled = False
        self._added = tuple(added)
        with self.connection:
            for table in package.tables.values():
                self.connection.execute(table_definition(table))
            for table in package.tables.values():
                self._insert(table.name, sql_rows(table))
            for name, frame in added.items():
                columns = ", ".join(f"{quote_identifier(str(column))} {_sql_type(frame[column])}" for column in frame)
                self.connection.execute(f"CREATE TABLE {quote_identifier(name)} ({columns})")
                self._insert(name, _plain_rows(frame))
            columns = "claim TEXT PRIMARY KEY, section TEXT, kind TEXT, role TEXT"
            self.connection.execute(f"CREATE TABLE {EVIDENCE} ({columns})")
        self._modules = {name for (name,) in self.connection.execute("SELECT name FROM pragma_module_list")}
        self.views: dict[str, dict[str, str]] = {}
        for place, row in enumerate(_view_rows(package)):
            self._create_view(row, package.place("views", place, "query"))

    @property
    def added_tables(self) -> tuple[str, ...]:
        """The names of the tables that the book's own code adds."""
        return self._added

    def close(self) -> None:
        """Close the database."""
        self.connection.close()

    def _names_evidence(self, query: str) -> bool:
        """Return whether a query, or a view that it may read, names the table of the evidence."""
        if CLAIMS not in self.package.tables:
            return False
        texts, left = [query], dict(self.views)
        for text in texts:  # which grows by the views that each names
            named = [name for name in left if re.search(rf"\b{name}\b", text, re.IGNORECASE)]
            texts += [left.pop(name)["query"] for name in named]
        return any(_EVIDENCE_NAMED.search(text) for text in texts)

    def execute(
        self,
        query: str,
        place: str,
        *,
        max_rows: int = _MAX_ROWS,
        forbidden: frozenset[str] = frozenset(),
        keep: bool = True,
    ) -> QueryResult:
        """Return what a query gives, up to a number of rows, and what it reads.

        Parameters
        ----------
        query : one SQL statement.
        place : where it stands, as in ``data/numbers.csv:7``, for messages.
        max_rows : how many rows are wanted.
        forbidden : tables that it may not read.
        keep : whether the result may be kept, and given again.

        Raises
        ------
        DataError : it is no statement, writes, reads anything but the data, calls a function that is
            not among :data:`ALLOWED_FUNCTIONS`, takes too long, or gives too much.
        """
        asked = (query, max_rows, forbidden)
        if keep and asked in self._results:
            return self._results[asked]
        if not self.evidence_is_filled and self._names_evidence(query):
            self._fill_evidence(query)
        found = self._run(query, place, max_rows, forbidden)
        if keep:
            self._results[asked] = found
        return found

    def query_scalar(self, query: str, place: str, *, forbidden: frozenset[str] = frozenset()) -> QueryResult:
        """Return the result of a query that gives one cell.

        Raises
        ------
        DataError : as :meth:`execute`, or the query gives more or less than one cell.
        """
        found = self.execute(query, place, max_rows=2, forbidden=forbidden)
        if len(found.rows) != 1 or len(found.columns) != 1:
            what = (
                "more than one row"
                if len(found.rows) > 1
                else f"{len(found.columns)} columns"
                if found.rows
                else "no row"
            )
            raise DataError(f"{place}: found a query that gives {what}, expected one cell: {shorten_query(query)}")
        return found

    def columns_of(self, name: str) -> list[str]:
        """Return the names of the columns of a table or view."""
        return [row[0] for row in self.connection.execute("SELECT name FROM pragma_table_info(?)", (name,))]

    def forget_results(self) -> None:
        """Drop the results that were kept, since the rows have changed."""
        self._results.clear()

    @contextmanager
    def rows_changed(self) -> Iterator[apsw.Connection]:
        """Lend the connection for changes that are taken back at the end."""
        connection = self.connection
        connection.execute("SAVEPOINT changed")
        kept, self._results = self._results, {}
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK TO changed")
            connection.execute("RELEASE changed")
            self._results = kept

    @contextmanager
    def cell_overridden(self, table: str, row: int, column: str, value: Scalar) -> Iterator[None]:
        """Change one cell for a while; ``row`` counts from 0."""
        with self.rows_changed() as connection:
            connection.execute(
                f"UPDATE {quote_identifier(table)} SET {quote_identifier(column)} = ? WHERE rowid = ?", (value, row + 1)
            )
            yield

    def _insert(self, name: str, rows: list[list[Scalar]]) -> None:
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self.connection.executemany(f"INSERT INTO {quote_identifier(name)} VALUES ({marks})", rows)

    def _create_view(self, row: dict[str, str], place: str) -> None:
        name, query = row["view"], row["query"]
        if name in self.package.tables or name in self._added or name == EVIDENCE:
            raise DataError(f"{place}: found a view with the name of a table, {name!r}, expected another")
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise DataError(f"{place}: found the name {name!r}, expected letters, digits and _")
        found = self._run(query, place, _MAX_ROWS, frozenset())
        if len(found.rows) >= _MAX_ROWS:
            raise DataError(
                f"{place}: found a view of {_MAX_ROWS} rows or more, expected fewer: {shorten_query(query)}"
            )
        if len(set(found.columns)) < len(found.columns):
            raise DataError(f"{place}: found a column twice, expected a name for each: {shorten_query(query)}")
        self.connection.execute(f"CREATE VIEW {quote_identifier(name)} AS\n{query.rstrip().rstrip(';')}\n")
        self.views[name] = row

    def _fill_evidence(self, query: str) -> None:
        from checkable_book.data import claims  # which asks this database

        claims.fill_evidence(self)

    def _run(self, query: str, place: str, max_rows: int, forbidden: frozenset[str]) -> QueryResult:
        gate = _Gate(self._modules, forbidden)
        connection = self.connection
        cursor = connection.cursor()
        cursor.exec_trace = gate.begin_statement
        connection.authorizer = gate.authorize
        connection.set_progress_handler(gate.count_steps, _PROGRESS_INTERVAL)
        try:
            rows = []
            for found in cursor.execute(query):
                rows.append(found)
                if len(rows) >= max_rows:
                    break
            columns = gate.columns
        except (apsw.Error, MemoryError, OverflowError, UnicodeError, ValueError) as error:
            raise DataError(f"{place}: found {gate.reason(error)}, expected one query over the data: "
                            f"{shorten_query(query)}") from None  # fmt: skip
        finally:
            cursor.close(True)
            connection.authorizer = None
            connection.set_progress_handler(None)
        return QueryResult(columns, rows, frozenset(gate.reads))


class _Gate:
    """What one query may do, and what it does."""

    def __init__(self, modules: set[str], forbidden: frozenset[str]) -> None:
        self.modules = modules
        self.forbidden = forbidden
        self.reads: set[tuple[str, str]] = set()
        self.columns: tuple[str, ...] = ()
        self.refused: list[str] = []
        self.steps = 0
        self.statements = 0

    def begin_statement(self, cursor: apsw.Cursor, statement: str, bindings: Any) -> bool:
        self.statements += 1
        if self.statements > 1:
            self.refused.append("more than one statement")
            return False
        self.columns = tuple(name for name, *_ in cursor.get_description())
        return True

    def authorize(self, action: int, first: str | None, second: str | None, *_: object) -> int:
        if action in {apsw.SQLITE_SELECT, apsw.SQLITE_RECURSIVE}:
            return apsw.SQLITE_OK
        if action == apsw.SQLITE_READ:
            table = first or ""
            if table in self.forbidden:
                return self._refuse(f"a query that reads {table}, which is no source of evidence")
            if table.startswith("sqlite_") or table in self.modules:
                return self._refuse("something else than a query")
            self.reads.add((table, second or ""))
            return apsw.SQLITE_OK
        if action == apsw.SQLITE_FUNCTION:
            if (second or "").lower() in ALLOWED_FUNCTIONS:
                return apsw.SQLITE_OK
            return self._refuse(f"the function {second}")
        return self._refuse("something else than a query")

    def count_steps(self) -> bool:
        self.steps += _PROGRESS_INTERVAL
        return self.steps > _MAX_STEPS

    def reason(self, error: Exception) -> str:
        """Return why the query was refused."""
        if self.refused:
            return self.refused[0]
        if self.steps > _MAX_STEPS:
            return "a query that takes too long"
        if isinstance(error, apsw.TooBigError | MemoryError | OverflowError):
            return "a query that gives too much"
        return " ".join(str(error).split()).removeprefix("SQLError: ") or type(error).__name__

    def _refuse(self, what: str) -> int:
        self.refused.append(what)
        return int(apsw.SQLITE_DENY)


def database_of(book: Book | None = None) -> Database:
    """Return the database of a book's data, made once.

    Raises
    ------
    DataError : the data breaks its description, or a view is no query.
    """
    book = book or current_book()
    added_tables(book)  # which records what they were made from
    return book.remember("database", lambda: new_database(book))


def new_database(book: Book) -> Database:
    """Return a new database of a book's data."""
    return Database(package_of(book), added_tables(book))


def added_tables(book: Book) -> dict[str, pd.DataFrame]:
    """Return the tables that the book's own code adds, by the function that ``checkable_book_tables`` names."""

    def make() -> tuple[dict[str, pd.DataFrame], list[Dependency]]:
        with dependencies_of(book) as inputs:
            function = book.import_setting("checkable_book_tables")
            found: dict[str, pd.DataFrame] = function() if function else {}
        return found, inputs if function else []

    tables, inputs = book.remember("added tables", make)
    for one in inputs:
        record_result_once(f"input {one.kind}", one.name, one.digest)
    return tables


def query_scalar(query: str, place: str, book: Book | None = None) -> Scalar:
    """Return the one cell that a query over the book's data gives.

    Parameters
    ----------
    query : one SQL statement.
    place : where it stands, as in ``data/numbers.csv:7``, for messages.

    Raises
    ------
    DataError : see :meth:`Database.query_scalar`.

    Examples
    --------
    >>> query_scalar("SELECT 1 + 1", "here")
    2
    """
    found = database_of(book).query_scalar(query, place)
    record_dependency("result", f"query:{query}", digest_of_rows(found.rows))
    return found.scalar


def query_frame(query: str, place: str, book: Book | None = None) -> pd.DataFrame:
    """Return all rows of a query as a data frame.

    Raises
    ------
    DataError : see :meth:`Database.execute`.

    Examples
    --------
    >>> query_frame("SELECT 1 AS one UNION SELECT 2", "here")["one"].tolist()
    [1, 2]
    """
    found = database_of(book).execute(query, place)
    record_dependency("result", f"query:{query}", digest_of_rows(found.rows))
    return _frame(found)


def load_view(name: str, book: Book | None = None, **cells: str) -> pd.DataFrame:
    """Return a view of the data, a row of ``views.csv``: all of its rows, or those with these cells.

    Raises
    ------
    DataError : no such view.
    """
    database = database_of(book)
    if name not in database.views:
        known = ", ".join(database.views) or "none"
        raise DataError(f"data: found a request for view {name!r}, expected one of {known}")
    asked = "/".join([name, *(f"{column}={cell}" for column, cell in cells.items())])
    found = _view_rows_asked(database, asked)
    record_dependency("result", f"view:{asked}", digest_of_rows(found.to_numpy().tolist()))
    return found


def view_digest(asked: str, book: Book | None = None) -> str:
    """Return a digest of rows of a view, by which a page knows that they changed; ``asked`` is view/column=cell."""
    return digest_of_rows(_view_rows_asked(database_of(book), asked).to_numpy().tolist())


def query_digest(query: str, book: Book | None = None) -> str:
    """Return a digest of what a query gives."""
    return digest_of_rows(database_of(book).execute(query, "query").rows)


def digest_of_rows(rows: Sequence[Sequence[Any]]) -> str:
    """Return a digest of rows of cells."""
    return digest_of_bytes(repr([tuple(row) for row in rows]).encode())


def view_names(book: Book | None = None) -> list[str]:
    """Return the names of the views; none where there is no ``views.csv``."""
    return list(database_of(book).views)


def source_frame(name: str, book: Book | None = None) -> pd.DataFrame:
    """Return the rows of a table or a view, without recording a dependency."""
    database = database_of(book)
    if name in database.views:
        return _view_rows_asked(database, name)
    return package_of(book).table(name).frame


def table_definition(table: Table) -> str:
    """Return the statement that creates a table as its description has it."""
    schema = table.description["schema"]
    parts = [
        f"{quote_identifier(one['name'])} {_SQL_TYPES[one['type']]}"
        + (" NOT NULL" if (one.get("constraints") or {}).get("required") else "")
        for one in schema["fields"]
    ]
    parts.append(f"PRIMARY KEY ({_column_list(schema['primaryKey'])})")
    parts += [
        f"FOREIGN KEY ({_column_list(key['fields'])}) REFERENCES "
        f"{quote_identifier(key['reference']['resource'] or table.name)} ({_column_list(key['reference']['fields'])})"
        for key in schema.get("foreignKeys") or []
    ]
    return f"CREATE TABLE {quote_identifier(table.name)} ({', '.join(parts)})"


def sql_rows(table: Table) -> list[list[Scalar]]:
    """Return the rows of a table as SQLite holds them: yes and no as 1 and 0, dates as text, missing cells as NULL."""
    frame = table.frame.copy()
    for one in table.fields:
        if one["type"] == "date":
            frame[one["name"]] = as_text(frame[[one["name"]]])[one["name"]].replace("", None).astype(object)
    return _plain_rows(frame)


def _sql_type(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_integer_dtype(column):
        return "INTEGER"
    return "REAL" if pd.api.types.is_float_dtype(column) else "TEXT"


def _plain_rows(frame: pd.DataFrame) -> list[list[Scalar]]:
    rows = frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
    return [[int(cell) if isinstance(cell, bool) else cell for cell in row] for row in rows]


def quote_identifier(name: str) -> str:
    """Return the name of a table or a column as a query writes it.

    Examples
    --------
    >>> quote_identifier('the "old" gardens')
    '"the ""old"" gardens"'
    """
    return '"' + name.replace('"', '""') + '"'


def quote_literal(value: str) -> str:
    """Return a text as a query writes it.

    Examples
    --------
    >>> quote_literal("Côte d'Or")
    "'Côte d''Or'"
    """
    return "'" + value.replace("'", "''") + "'"


def shorten_query(query: str) -> str:
    """Return a query in one line, cut where it is long, for messages."""
    return re.sub(r"\s+", " ", query).strip()[:_SHOWN]


def _view_rows(package: DataPackage) -> list[dict[str, str]]:
    table = package.tables.get("views")
    return table.records if table and {"view", "query"} <= set(table.frame.columns) else []


def _view_rows_asked(database: Database, asked: str) -> pd.DataFrame:
    name, *cells = asked.split("/")
    result = database.execute(f"SELECT * FROM {quote_identifier(name)}", f"view {name}")
    found = _frame(result)
    for column, _, cell in (part.partition("=") for part in cells):
        found = found[found[column].astype(str) == cell]
    return found.reset_index(drop=True)


def _frame(result: QueryResult) -> pd.DataFrame:
    """Return the rows of a result; a column of integers and other numbers keeps both, as the query gives them."""
    columns: dict[str, Any] = {}
    for place, name in enumerate(result.columns):
        cells = [row[place] for row in result.rows]
        mixed = {int, float} <= {type(cell) for cell in cells}
        columns[name] = pd.Series(cells, dtype=object if mixed else None)
    return pd.DataFrame(columns, columns=list(result.columns))


def _column_list(columns: list[str]) -> str:
    return ", ".join(map(quote_identifier, columns))
