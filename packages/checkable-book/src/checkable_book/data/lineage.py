"""What the answer of a query rests on: the rows that it reads, and whether a change of them changes the answer.

That a query names a table says little: ``SELECT 7152 FROM gardens LIMIT 1``
does so too. So cells are changed, one after the other, and the query is asked
again; an answer that no change moves is a constant.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import apsw
import sqlglot
from sqlglot import expressions as sql

from checkable_book.data.database import Database, QueryResult, Scalar, quote_identifier
from checkable_book.data.description import EVIDENCE
from checkable_book.data.package import DataPackage
from checkable_book.errors import DataError

#: The parts of a query that compute; what looks for words or lists names computes nothing, whatever it counts.
_COMPUTING = (
    sql.Count, sql.Sum, sql.Avg, sql.Min, sql.Max, sql.Add, sql.Sub, sql.Mul, sql.Div, sql.Mod,
    sql.GT, sql.GTE, sql.LT, sql.LTE, sql.NEQ,
)  # fmt: skip
_FINDING = (sql.Like, sql.Glob, sql.GroupConcat)
#: The parts of a query that choose, order and compare rows.
_CHOOSING = (
    sql.Predicate, sql.Where, sql.Having, sql.Join, sql.Limit, sql.Offset, sql.Order, sql.Filter, sql.WindowSpec,
)  # fmt: skip
#: What joins the words of rows by a sign.
_JOINING = (sql.GroupConcat, sql.Concat, sql.ConcatWs)
#: Numbers that may multiply or divide beside powers of ten, and those that may be added.
_SCALES = {0, 2, 7, 12, 24, 60, 365}
_STEPS = {0, 1, 100}
_MOST_ROWS = 60  # of a table that are changed, one after the other, before the answer counts as unmoved by them
_MOST_VALUES = 4  # other values of a column that are tried in a row
_MOST_GROUPS = 12  # values of a column whose rows are taken out together

#: For each table and column that is read, the numbers of the rows, from 0 on.
RowsRead = dict[tuple[str, str], tuple[int, ...]]


@dataclass(frozen=True)
class Move:
    """A change of a row that changes an answer."""

    table: str
    row: int
    answer: Scalar


class QueryLineage:
    """What a query that gives one cell rests on.

    Parameters
    ----------
    database : the book's database.
    query : one SQL statement.
    place : where it stands, for messages.
    forbidden : tables that it may not read.

    Raises
    ------
    DataError : the query cannot be used.
    """

    def __init__(self, database: Database, query: str, place: str, forbidden: frozenset[str] = frozenset()) -> None:
        self.database = database
        self.query = query
        self.place = place
        self.result: QueryResult = database.query_scalar(query, place, forbidden=forbidden)
        self.answer: Scalar = self.result.scalar
        self.tree = parse_query(query)
        self.rows_read = rows_read(database, query, place)
        self._compared: dict[str, list[Scalar]] = {}

    @property
    def base_tables(self) -> list[str]:
        """The tables that it reads, by itself or through views."""
        known = {*self.database.package.tables, *self.database.added_tables, EVIDENCE}
        return sorted(self.result.tables_read & known)

    @property
    def computes(self) -> bool:
        """Whether the query computes something, rather than looking up a cell or finding words."""
        return self.tree is not None and self.tree.find(*_COMPUTING) is not None and self.tree.find(*_FINDING) is None

    def moves(self, rows: Iterable[tuple[str, int]]) -> Iterator[Move]:
        """Yield the first change of each row, of those given, that changes the answer into another value."""
        columns: dict[str, set[str]] = {}
        for table, column in self.result.columns_read:
            columns.setdefault(table, set()).update([column] if column else [])
        for table, row in rows:
            for answer in self._answers_after_changes(table, row, columns.get(table, set())):
                if answer is not None and answer != self.answer:
                    yield Move(table, row, answer)
                    break

    def check_dependence(self) -> None:
        """Make sure that the answer comes from the data.

        Raises
        ------
        DataError : no change of the data changes the answer, or the query holds a number that may be part of it.
        """
        if self.answer is None:
            return
        if self.tree is not None and (typed := typed_number(self.tree)):
            raise DataError(f"{self.place}: found {typed} in the query, expected a number that comes from the data")
        if not self.can_move():
            raise DataError(
                f"{self.place}: found a query that gives {self.answer!r} whatever the data holds, "
                "expected one whose answer depends on it"
            )

    def can_move(self) -> bool:
        """Return whether some change of the data changes the answer."""
        return self.moves_in_bulk(self.base_tables) or next(self.moves(self._rows_to_try()), None) is not None

    def _rows_to_try(self) -> Iterator[tuple[str, int]]:
        """Yield the rows that the query reads, then the others of the same tables, not too many of each."""
        tried: set[tuple[str, int]] = set()
        sizes = {table: self._size(table) for table in self.base_tables}
        for table, column in self.rows_read:
            for row in self.rows_read[table, column][:_MOST_ROWS]:
                if (table, row) not in tried:
                    tried.add((table, row))
                    yield table, row
        for table, size in sizes.items():
            for row in range(min(size, _MOST_ROWS)):
                if (table, row) not in tried:
                    tried.add((table, row))
                    yield table, row

    def _answers_after_changes(self, table: str, row: int, columns: set[str]) -> Iterator[Scalar]:
        name = quote_identifier(table)
        keys = self._key_columns(table)
        held = self._row(table, row)
        if held is None:
            return
        ordered = [*sorted(columns - set(keys)), *sorted(columns & set(keys))]
        for column in ordered[:1]:  # nearly every answer is moved by this, or never
            simple = _other_value(held.get(column))
            yield self._answer_after(_update(name, {column: simple}), [simple, row + 1])
        yield self._answer_after(f"DELETE FROM {name} WHERE rowid = ?", [row + 1])
        assignments: list[dict[str, Scalar]] = []
        for column in ordered:
            assignments += [{column: value} for value in self._other_values(table, column, held.get(column))]
        compared = {column: values for column in ordered if (values := self._compared_literals(column))}
        if compared:  # what several conditions ask for together
            for place in range(max(map(len, compared.values()))):
                assignments.append({column: values[place % len(values)] for column, values in compared.items()})
                for column in set(ordered) - set(compared) - set(keys):
                    for value in self._other_values(table, column, held.get(column))[:1]:
                        assignments.append({**assignments[-1], column: value})
        for assignment in assignments:
            yield self._answer_after(_update(name, assignment), [*assignment.values(), row + 1])

    def moves_in_bulk(self, tables: Iterable[str]) -> bool:
        """Return whether a change of all rows of one of these tables changes the answer into another value."""
        for table in sorted(tables):
            name = quote_identifier(table)
            columns = [column for read, column in self.result.columns_read if read == table and column]
            held = self._row(table, 0) or {}
            statements: list[tuple[str, list[Scalar]]] = []
            for column in columns:
                target = quote_identifier(column)
                changed = f"{target} + 1" if isinstance(held.get(column), int | float) else f"{target} || 'x'"
                statements.append((f"UPDATE OR IGNORE {name} SET {target} = {changed}", []))
            statements += [(f"DELETE FROM {name} WHERE rowid > 1", []), (f"DELETE FROM {name}", [])]
            for column in columns:
                for value in [*self._compared_literals(column), *self._other_values(table, column, held.get(column))]:
                    statement = f"UPDATE OR IGNORE {name} SET {quote_identifier(column)} = ?"
                    statements += [(statement, [value]), (f"{statement} WHERE rowid % 4", [value])]
            for column in columns:
                target = quote_identifier(column)
                query = f"SELECT DISTINCT {target} FROM {name} LIMIT {_MOST_GROUPS}"
                groups = [value for (value,) in self.database.connection.execute(query)]
                statements += [(f"DELETE FROM {name} WHERE {target} IS ?", [value]) for value in groups]
                statements += [(f"DELETE FROM {name} WHERE {target} IS NOT ?", [value]) for value in groups]
            for statement, values in statements:
                answer = self._answer_after(statement, values)
                if answer is not None and answer != self.answer:
                    return True
        return False

    def _answer_after(self, statement: str, values: list[Scalar]) -> Scalar:
        with self.database.rows_changed() as connection:
            try:
                connection.execute(statement, values)
                found = self.database.execute(self.query, self.place, max_rows=2, keep=False)
            except (apsw.Error, DataError):
                return None
            return found.scalar if len(found.rows) == 1 and len(found.columns) == 1 else None

    def _other_values(self, table: str, column: str, held: Scalar) -> list[Scalar]:
        """Return values that a cell does not hold: by its type, what the query compares it with, what others hold."""
        values: list[Scalar] = [_other_value(held)]
        if isinstance(held, int | float):
            values.append(held * 2 + 3)
        values += self._compared_literals(column)
        name, table_name = quote_identifier(column), quote_identifier(table)
        query = f"SELECT DISTINCT {name} FROM {table_name} WHERE {name} IS NOT ? LIMIT {_MOST_VALUES}"
        values += [value for (value,) in self.database.connection.execute(query, (held,))]
        return [value for value in dict.fromkeys(values) if value != held]

    def _compared_literals(self, column: str) -> list[Scalar]:
        """Return what the query compares a column of this name with, and numbers on either side of it."""
        if column in self._compared or self.tree is None:
            return self._compared.get(column, [])
        found: list[Scalar] = []
        for part in self.tree.find_all(
            sql.EQ, sql.NEQ, sql.GT, sql.GTE, sql.LT, sql.LTE, sql.In, sql.Like, sql.Between
        ):
            if any(one.name.casefold() == column.casefold() for one in part.find_all(sql.Column)):
                for literal in part.find_all(sql.Literal):
                    if literal.is_string:
                        found.append(literal.name.strip("%"))
                    else:
                        number = float(literal.name)
                        found += [_plain(number), _plain(number + 1), _plain(number - 1)]
        self._compared[column] = list(dict.fromkeys(found))[:12]
        return self._compared[column]

    def _row(self, table: str, row: int) -> dict[str, Scalar] | None:
        cursor = self.database.connection.execute(
            f"SELECT * FROM {quote_identifier(table)} WHERE rowid = ?", (row + 1,)
        )
        found = cursor.fetchone()
        return dict(zip(self.database.columns_of(table), found, strict=True)) if found else None

    def _size(self, table: str) -> int:
        [(count,)] = self.database.connection.execute(f"SELECT COUNT(*) FROM {quote_identifier(table)}").fetchall()
        return int(str(count))

    def _key_columns(self, table: str) -> list[str]:
        tables = self.database.package.tables
        return tables[table].key_columns if table in tables else []


def rows_read(database: Database, query: str, place: str = "query") -> RowsRead:
    """Return the rows that a query reads, by table and column.

    Where a part of the query selects from one table and filters its rows, only
    those rows count; elsewhere all rows of the table do. A query over the
    evidence reads no rows in this sense: it rests on all claims.
    """
    result = database.execute(query, place)
    if EVIDENCE in result.tables_read:
        return {}
    chosen = _filtered_rows(database, query, place)
    tables = database.package.tables
    found: RowsRead = {}
    for table, column in sorted(result.columns_read):
        if table in tables:
            wanted = chosen.get(table)
            found[table, column] = tuple(range(len(tables[table].frame))) if wanted is None else tuple(sorted(wanted))
    return found


def place_in_paper(row: dict[str, str]) -> str:
    """Return where what a row holds stands: ``Table 1``, ``Figure 2``, or the section of the text.

    Examples
    --------
    >>> place_in_paper({"place": "Table 1 (row 2)", "section": "results"}), place_in_paper({"section": "results"})
    ('Table 1', 'text:results')
    """
    place = row.get("place") or "text"
    return f"text:{row['section']}" if place == "text" else place.partition(" (")[0]


def row_places(package: DataPackage, table: str) -> list[str]:
    """Return where each row of a table stands in the paper; empty where it is the edition's own.

    The description of the table names its ``place`` (``Table 1``), or its rows name their ``section`` and,
    where they stand in a table or a figure of it, their ``place``.
    """
    if table not in package.tables:
        return []
    held = package.tables[table]
    place = str(held.description.get("place") or "")
    if not place and "section" in held.frame:
        return [place_in_paper(row) for row in held.records]
    return [place] * len(held.frame)


def parse_query(query: str) -> sql.Expression | None:
    """Return the tree of a query; ``None`` where it cannot be told."""
    try:
        return sqlglot.parse_one(query, dialect="sqlite")  # type: ignore[return-value]
    except (sqlglot.errors.SqlglotError, RecursionError):
        return None


def _filtered_rows(database: Database, query: str, place: str) -> dict[str, set[int] | None]:
    """Return the rows of each table that the parts of a query select; ``None`` for all of them."""
    tree = parse_query(query)
    chosen: dict[str, set[int] | None] = {}
    for part in tree.find_all(sql.Select) if tree is not None else []:
        source = part.args.get("from_") or part.args.get("from")
        if source is None:
            continue
        names = [table.name for table in part.find_all(sql.Table) if table.parent_select is part]
        alone = len(names) == 1 and not part.args.get("joins")
        filtered = _selected_rows(database, part, names[0], place) if alone else None
        for name in names:
            known = chosen.get(name, set())
            chosen[name] = None if filtered is None or known is None else known | filtered
    return chosen


def _selected_rows(database: Database, part: sql.Select, table: str, place: str) -> set[int] | None:
    """Return the numbers of the rows that a part of a query selects; ``None`` where its surroundings decide."""
    where = part.args.get("where")
    if where is None or table not in database.package.tables:
        return None
    named = next(found for found in part.find_all(sql.Table) if found.name == table)
    probe = sql.select("rowid").from_(named.copy()).where(where.this.copy())
    try:
        return {row - 1 for (row,) in database.execute(probe.sql(dialect="sqlite"), place).rows}
    except DataError:
        return None


def typed_number(tree: sql.Expression) -> str:
    """Return the first number of a query that its answer may be made of, as written; else the empty text.

    Numbers that rows are chosen by may stand there, and those that scale or step:
    powers of ten, hours, days and the like to multiply with, 0, 1 and 100 to add.

    Examples
    --------
    >>> typed_number(parse_query("SELECT COUNT(*) + 7141 FROM gardens"))
    '7141'
    >>> typed_number(parse_query("SELECT 100.0 * SUM(visits) / 12 - 100 FROM visits WHERE year = 2021"))
    ''
    """
    literals = list(tree.find_all(sql.Literal))
    chosen_by = "".join(str(literal.this) for literal in literals if literal.is_string and _chooses_or_places(literal))
    for literal in literals:
        if not _chooses_or_places(literal) and not _may_be_typed(literal, chosen_by):
            return literal.sql(dialect="sqlite")
    for call in tree.find_all(sql.Func):
        parts = [part for part in call.iter_expressions() if not isinstance(part, sql.DataType)]
        if (
            parts
            and not isinstance(call, (*_JOINING, sql.If, sql.Case))
            and all(isinstance(part, sql.Literal) for part in parts)
        ):
            return call.sql(dialect="sqlite")
    return ""


def _chooses_or_places(literal: sql.Expression) -> bool:
    """Return whether a literal chooses or orders rows, or says how many digits or signs are meant."""
    below: Any = literal
    part: Any = literal.parent
    while part is not None and not isinstance(part, sql.Select):
        if isinstance(part, _CHOOSING):
            return True
        if isinstance(part, sql.Round | sql.Substring) and below is not part.this:
            return True
        if isinstance(part, sql.If) and below is part.this:  # what a case compares with
            return True
        below, part = part, part.parent
    return False


def _may_be_typed(literal: sql.Expression, chosen_by: str) -> bool:
    """Return whether a literal is a word (its numbers among those that rows are chosen by), or only scales or steps."""
    parent = literal.parent
    while isinstance(parent, sql.Paren | sql.Neg):
        parent = parent.parent
    if literal.is_string:
        text = str(literal.this)
        if isinstance(parent, sql.Format) or (isinstance(parent, sql.Anonymous) and parent.name.lower() == "printf"):
            text = re.sub(r"%[-+ ,#0]*\d{0,2}(\.\d{0,2})?[a-zA-Z%]", "", text)
        return not any(sign.isnumeric() for sign in text) or text in chosen_by
    value = _number(literal)
    if isinstance(parent, sql.Mul | sql.Div | sql.IntDiv | sql.Mod):
        return value in _SCALES or math.log10(value or 10).is_integer()
    return value in (_STEPS if isinstance(parent, sql.Add | sql.Sub) else {0, 1})


def _number(literal: sql.Expression) -> float:
    try:
        return float(literal.sql(dialect="sqlite"))
    except ValueError:
        return float("nan")


def _other_value(held: Scalar) -> Scalar:
    """Return another value of the same type."""
    if isinstance(held, int | float):
        return held + 1
    return 1 if held is None else f"{held}x"


def _plain(number: float) -> Scalar:
    return int(number) if number == int(number) else number


def _update(table: str, assignment: dict[str, Scalar]) -> str:
    names = ", ".join(f"{quote_identifier(column)} = ?" for column in assignment)
    return f"UPDATE {table} SET {names} WHERE rowid = ?"
