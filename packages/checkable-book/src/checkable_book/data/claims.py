"""What each claim of a paper rests on: evidence of a named kind, computed and never typed.

A claim (a row of ``published_claims.csv``) says in its ``check`` how its value
follows from the data: a query, or the address of a cell. Of which kind the
evidence is follows from what the answer of that query depends on
(:mod:`checkable_book.data.lineage`) against where the claim stands, from
another claim that says the same (``same_as``), from what sources beyond the
paper say (``outside_facts.csv``), and from a second reading of the paper
(``second_reading.csv``). All but the claims may be absent.

The kinds are worked out by one view in SQL, which the page's own database runs too.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

import pandas as pd

from checkable_book.book import Book, current_book
from checkable_book.data.addresses import NUMBERS, CellAddress, query_behind
from checkable_book.data.database import Database, Scalar, database_of, digest_of_rows, new_database
from checkable_book.data.description import CLAIMS, EVIDENCE
from checkable_book.data.lineage import QueryLineage, place_in_paper, row_places, rows_read
from checkable_book.data.package import package_of, row_place, table_names, table_records
from checkable_book.dependencies import record_dependency
from checkable_book.errors import DataError

FACTS, READING, SECTIONS = "outside_facts", "second_reading", "sections"
#: Tables that are no sources of evidence: what the claims themselves say, and what was read to confirm it.
NO_SOURCES = frozenset({CLAIMS, READING, FACTS, EVIDENCE, "check_results", "check_lineage", "check_cells"})
#: Tables of queries and of words about them, which derived values and claims may not read.
_QUERY_TABLES = frozenset({"numbers", "numerals_allowed", "queries", "rules", "sentences", "views", "what_ifs"})
#: Tables that say nothing of the world, but of the edition.
_OWN_TABLES = _QUERY_TABLES | {"codecheck_rules", "glossary"}

#: The kinds that warn, worst first, and those that support, strongest first; a claim gets the first that applies.
WARNING = ("differs", "contradicted", "differs_outside")
SUPPORTING = (
    "confirmed_outside", "recomputed", "partly_confirmed_outside", "agrees_elsewhere", "transcribed_twice", "settled",
)  # fmt: skip
KINDS = (*SUPPORTING, *WARNING, "not_checkable")
#: The kinds as a reader wants them at a glance.
GROUPS = {
    "outside": ("confirmed_outside", "partly_confirmed_outside"),
    "elsewhere": ("recomputed", "agrees_elsewhere"),
    "copied": ("transcribed_twice", "settled"),
    "warning": WARNING,
    "open": ("not_checkable",),
}
#: What a claim may be: a statement, which can be true or false, or what was only copied, such as a mention of a name.
STATEMENT, TRANSCRIPTION = ROLES = ("statement", "transcription")
_OPTIONAL = {
    CLAIMS: ("section", "place", "unit", "check", "same_as", "needed", "published_term", "kind", "paragraph", "role"),
    FACTS: ("fact", "claim", "outside_value", "status"),
    READING: ("target", "settled", "value", "difference"),
}
_VALUES = {CLAIMS: ("published_value",), FACTS: ("outside_value",), READING: ("value", "settled")}


@dataclass(frozen=True)
class CheckLineage:
    """What the check of a claim rests on.

    Parameters
    ----------
    query : the query that is asked.
    tables : the tables that it reads.
    basis : the kind of evidence that it gives where it gives the published value; empty where it gives no value.
    cells : the addresses of the cells that it looks up, where those are of one row.

    Examples
    --------
    >>> CheckLineage("SELECT COUNT(*) FROM gardens", ("gardens",), "recomputed", ()).basis
    'recomputed'
    """

    query: str
    tables: tuple[str, ...]
    basis: str
    cells: tuple[str, ...]


def evaluate_claims(chapter: str = "", naming: str = "", book: Book | None = None) -> pd.DataFrame:
    """Return the claims with the evidence for each.

    Parameters
    ----------
    chapter : the chapter whose sections make the claims; all of them by default.
    naming : a regular expression found in the name, section, first statement or check of each; any by default.

    Returns
    -------
    The rows of ``published_claims.csv`` (``role`` filled in) with four more columns: ``query`` (of
    the check), ``found_value`` (what it gives; empty without one), ``evidence``
    (one of :data:`KINDS`) and ``against`` (the claims or outside facts that say
    otherwise or, for confirmed ones, that agree; ``;`` between them). No rows
    where the book has no claims.

    Raises
    ------
    DataError : a check that cannot be used.
    """
    book = book or current_book()
    found = _chosen_claims(book, chapter, naming)
    record_dependency("result", f"claims:{chapter}:{naming}", _digest(found))
    return found.reset_index(drop=True)


def all_claims(book: Book) -> pd.DataFrame:
    """Return what :func:`evaluate_claims` gives of all claims, without recording that the page depends on all of them.

    Examples
    --------
    >>> "evidence" in all_claims(current_book())
    True
    """
    found: pd.DataFrame = book.remember("evaluated claims", lambda: evaluate_over(database_of(book)))
    return found


def claims_digest(asked: str, book: Book | None = None) -> str:
    """Return a digest of claims with their evidence; ``asked`` is the chapter and what they name, a colon between."""
    chapter, _, naming = asked.partition(":")
    return _digest(_chosen_claims(book or current_book(), chapter, naming))


def claim_records(book: Book | None = None) -> list[dict[str, str]]:
    """Return the claims as rows of text, columns that the book leaves out empty."""
    empty = dict.fromkeys(_OPTIONAL[CLAIMS], "")
    return [{**empty, **row, "role": row.get("role") or STATEMENT} for row in table_records(CLAIMS, book)]


def count_by_evidence(found: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return the number of statements by kind of evidence (columns) for each value of column ``by`` (rows), in order.

    Transcriptions, which state nothing, do not count.
    """
    found = found[found["role"] == STATEMENT]
    counted = found.groupby([by, "evidence"], sort=False).size().unstack(fill_value=0)
    return counted.reindex(columns=list(KINDS), fill_value=0).loc[list(dict.fromkeys(found[by]))]


def group_counts(counted: pd.DataFrame) -> pd.DataFrame:
    """Return numbers of claims by kind as numbers by group of kinds (columns, :data:`GROUPS`)."""
    return pd.DataFrame({name: counted[list(kinds)].sum(axis=1) for name, kinds in GROUPS.items()})


def evaluate_over(database: Database, *, strict: bool = True) -> pd.DataFrame:
    """Return all claims with their evidence over a given database, which may hold changed data.

    Parameters
    ----------
    strict : whether a check that cannot be asked stops; else its claim has no value found.
    """
    book = database.package.book
    claims = claim_records(book)
    if not claims:
        return pd.DataFrame()
    fill_evidence(database, strict=strict)
    columns = "claim, kind, found, against"
    rows = {row[0]: row for row in database.connection.execute(f"SELECT {columns} FROM evidence_of_claims")}
    lineages = check_lineages(book)
    return pd.DataFrame(
        [
            {
                **row,
                "query": lineages[row["claim"]].query,
                "found_value": rows[row["claim"]][2] or "",
                "evidence": rows[row["claim"]][1],
                "against": rows[row["claim"]][3] or "",
            }
            for row in claims
        ]
    )


def fill_evidence(database: Database, *, strict: bool = True) -> None:
    """Ask every check and put the outcome, and the evidence that follows, into the database.

    The tables ``check_results``, ``check_lineage`` and ``check_cells`` hold what
    the view ``evidence_of_claims`` reads; ``evidence`` holds what it gives.
    """
    database.evidence_is_filled = True
    book = database.package.book
    claims = claim_records(book)
    lineages = check_lineages(book)
    connection = database.connection
    for statement in evidence_definitions(book):
        connection.execute(statement)
    for table in ("check_results", "check_lineage", "check_cells", EVIDENCE):
        connection.execute(f"DELETE FROM {table}")
    for row in claims:
        lineage = lineages[row["claim"]]
        rests_on = (row["claim"], place_in_paper(row), lineage.basis)
        connection.execute("INSERT INTO check_lineage VALUES (?, ?, ?)", rests_on)
        connection.executemany(
            "INSERT INTO check_cells VALUES (?, ?)", [(row["claim"], cell) for cell in lineage.cells]
        )
        if lineage.query:
            found: Scalar = None
            try:
                found = database.query_scalar(lineage.query, f"claim {row['claim']}", forbidden=NO_SOURCES).scalar
            except DataError:
                if strict:
                    raise
            connection.execute("INSERT INTO check_results VALUES (?, ?)", (row["claim"], found))
    connection.execute(f"INSERT INTO {EVIDENCE} SELECT claim, section, kind, role FROM evidence_of_claims")
    database.forget_results()


def check_lineages(book: Book) -> dict[str, CheckLineage]:
    """Return what the check of each claim rests on, over the data as the files have it.

    Raises
    ------
    DataError : one line a check that cannot be used.
    """

    def make() -> dict[str, CheckLineage]:
        database = new_database(book)
        found: dict[str, CheckLineage] = {}
        faults: list[str] = []
        for number, row in enumerate(claim_records(book)):
            try:
                place = row_place(CLAIMS, number, "check", book)
                found[row["claim"]] = (
                    _check_lineage(database, row, place) if row["check"] else CheckLineage("", (), "", ())
                )
            except DataError as error:
                faults += str(error).splitlines()
        database.close()
        if faults:
            raise DataError("\n".join(faults))
        return found

    return book.remember("lineages of checks", make)


def check_claims(book: Book | None = None) -> None:
    """Make sure that every check and every derived value can be used, and that names of claims are those of claims.

    Raises
    ------
    DataError : one line a fault, with file and row.
    """
    book = book or current_book()
    faults = [*_column_faults(book), *_value_faults(book)]
    if not faults:
        faults += _lines_of(lambda: check_lineages(book))
    faults += _derived_faults(book) + _unknown_claims(book, CLAIMS, "same_as") + _unknown_claims(book, FACTS, "claim")
    if faults:
        raise DataError("\n".join(faults))


def count_readers(book: Book | None = None) -> Counter[tuple[str, int, str]]:
    """Return how many derived values and checks of claims read each cell, by table, number of the row and column."""
    book = book or current_book()
    database = database_of(book)
    queries = [row["query"] for row in table_records(NUMBERS, book)]
    queries += [lineage.query for lineage in check_lineages(book).values() if lineage.query]
    return Counter(
        (table, row, column)
        for query in queries
        for (table, column), rows in rows_read(database, query).items()
        for row in rows
    )


def evidence_definitions(book: Book) -> list[str]:
    """Return the statements that create the tables of the checks' outcomes and the view of the evidence."""
    return [
        "CREATE TABLE IF NOT EXISTS check_results (claim TEXT PRIMARY KEY, found)",
        "CREATE TABLE IF NOT EXISTS check_lineage (claim TEXT PRIMARY KEY, place TEXT, basis TEXT)",
        "CREATE TABLE IF NOT EXISTS check_cells (claim TEXT, address TEXT)",
        "CREATE INDEX IF NOT EXISTS check_cells_of_claim ON check_cells (claim)",
        f"CREATE VIEW IF NOT EXISTS evidence_of_claims AS {_evidence_query(book)}",
    ]


def _evidence_query(book: Book) -> str:
    """Return the query for the kind of evidence for each claim: columns claim, section, kind, found, against, role."""
    order = ", ".join(f"('{kind}', {place})" for place, kind in enumerate((*WARNING, *SUPPORTING)))
    return f"""
WITH
claim AS MATERIALIZED (
  SELECT rowid AS number, claim, {_column(book, CLAIMS, "section")}, {_column(book, CLAIMS, "same_as")},
    {_column(book, CLAIMS, "role")}, COALESCE(CAST(published_value AS TEXT), '') AS published
  FROM {CLAIMS}),
reading AS MATERIALIZED (
  {_columns(book, READING)}),
fact AS MATERIALIZED (
  SELECT * FROM ({_columns(book, FACTS)}) WHERE outside_value <> '' AND status <> 'unconfirmed'),
answer AS MATERIALIZED (
  SELECT c.number, c.claim, c.section, c.published, c.same_as, c.role, l.place, l.basis, CAST(r.found AS TEXT) AS found
  FROM claim c LEFT JOIN check_lineage l ON l.claim = c.claim LEFT JOIN check_results r ON r.claim = c.claim),
reading_of AS MATERIALIZED (
  SELECT c.claim, c.published, r.*, 1 AS itself FROM claim c JOIN reading r ON r.target = 'claim:' || c.claim
  UNION ALL
  SELECT c.claim, c.published, r.*, 0 FROM claim c JOIN check_cells k ON k.claim = c.claim
    JOIN reading r ON r.target = k.address),
read_alike AS MATERIALIZED (
  SELECT claim, itself FROM reading_of
  WHERE settled = '' AND difference = '' AND {same_text("value", "published")}),
read_settled AS MATERIALIZED (
  SELECT claim, itself FROM reading_of
  WHERE {same_text("COALESCE(NULLIF(settled, ''), value)", "published")}),
known AS MATERIALIZED (
  SELECT claim FROM answer WHERE found IS NOT NULL AND {same_text("found", "published")} UNION
  SELECT claim FROM read_alike),
known_settled AS MATERIALIZED (
  SELECT claim FROM known UNION SELECT claim FROM read_settled),
said_twice AS MATERIALIZED (
  SELECT a.claim, b.claim AS other, a.number AS first, b.number AS second,
    {same_text("a.published", "b.published")} AS agrees, a.place <> b.place AS elsewhere
  FROM answer a JOIN answer b ON b.claim = a.same_as WHERE a.same_as <> ''),
pair AS MATERIALIZED (
  SELECT claim, other, second AS number, agrees, elsewhere FROM said_twice UNION ALL
  SELECT other, claim, first, agrees, elsewhere FROM said_twice),
outside AS MATERIALIZED (
  SELECT f.fact, f.claim, CASE WHEN NOT {same_text("f.outside_value", "c.published")} THEN 'differs_outside'
    WHEN f.status = 'confirmed' THEN 'confirmed_outside' ELSE 'partly_confirmed_outside' END AS kind
  FROM fact f JOIN claim c ON c.claim = f.claim),
support (claim, kind) AS MATERIALIZED (
  SELECT claim, CASE
    WHEN NOT {same_text("found", "published")} THEN
      CASE WHEN basis = 'agrees_elsewhere' THEN 'contradicted' ELSE 'differs' END
    WHEN basis <> 'transcribed_twice' OR claim IN (SELECT claim FROM read_alike) THEN basis
    WHEN claim IN (SELECT claim FROM read_settled) THEN 'settled'
    ELSE '' END
  FROM answer WHERE found IS NOT NULL
  UNION SELECT claim, 'contradicted' FROM pair WHERE NOT agrees
  UNION SELECT claim, 'agrees_elsewhere' FROM pair WHERE agrees AND elsewhere
    AND claim IN (SELECT claim FROM known) AND other IN (SELECT claim FROM known)
  UNION SELECT claim, 'settled' FROM pair WHERE agrees AND elsewhere
    AND claim IN (SELECT claim FROM known_settled) AND other IN (SELECT claim FROM known_settled)
  UNION SELECT claim, kind FROM outside
  UNION SELECT claim, 'transcribed_twice' FROM answer
    WHERE found IS NULL AND claim IN (SELECT claim FROM read_alike WHERE itself)
  UNION SELECT claim, 'settled' FROM answer
    WHERE found IS NULL AND claim IN (SELECT claim FROM read_settled WHERE itself)),
kind_order (kind, place) AS (VALUES {order}),
verdict AS MATERIALIZED (
  SELECT a.claim, a.section, a.role, a.found,
    COALESCE((SELECT s.kind FROM support s JOIN kind_order o ON o.kind = s.kind
    WHERE s.claim = a.claim ORDER BY o.place LIMIT 1), 'not_checkable') AS kind
  FROM answer a)
SELECT v.claim, v.section, v.kind, v.found, CASE
  WHEN v.kind = 'contradicted' THEN (
    SELECT GROUP_CONCAT(other, ';' ORDER BY number) FROM pair p WHERE p.claim = v.claim AND NOT agrees)
  WHEN v.kind = 'agrees_elsewhere' THEN (
    SELECT GROUP_CONCAT(other, ';' ORDER BY number) FROM pair p WHERE p.claim = v.claim
    AND agrees AND elsewhere AND p.claim IN (SELECT claim FROM known) AND other IN (SELECT claim FROM known))
  WHEN v.kind = 'differs_outside' THEN
    (SELECT GROUP_CONCAT(fact, ';') FROM outside o WHERE o.claim = v.claim AND o.kind = 'differs_outside')
  WHEN v.kind LIKE '%confirmed_outside' THEN
    (SELECT GROUP_CONCAT(fact, ';') FROM outside o WHERE o.claim = v.claim AND o.kind <> 'differs_outside')
  WHEN v.kind = 'settled' THEN (
    SELECT GROUP_CONCAT(other, ';' ORDER BY number) FROM pair p WHERE p.claim = v.claim
    AND agrees AND elsewhere AND p.claim IN (SELECT claim FROM known_settled)
    AND other IN (SELECT claim FROM known_settled))
  END AS against, COALESCE(NULLIF(v.role, ''), '{STATEMENT}') AS role
FROM verdict v"""


def same_text(one: str, other: str) -> str:
    """Return the SQL condition that two texts say the same: as numbers where both are, else as words.

    A month (``2018-04``) is the same as its year.
    """

    def number(value: str) -> str:
        return (
            f"CASE WHEN json_valid({value}) AND json_type({value}) IN ('integer', 'real') "
            f"THEN CAST({value} AS REAL) END"
        )

    month = "[0-9][0-9][0-9][0-9]-[0-9][0-9]"
    return (
        f"CASE WHEN {number(one)} IS NOT NULL AND {number(other)} IS NOT NULL THEN {number(one)} = {number(other)} "
        f"WHEN {one} GLOB '{month}' OR {other} GLOB '{month}' THEN SUBSTR({one}, 1, 4) = SUBSTR({other}, 1, 4) "
        f"AND (LENGTH({one}) = 4 OR LENGTH({other}) = 4 OR {one} = {other}) "
        f"ELSE LOWER({one}) = LOWER({other}) END"
    )


def _columns(book: Book, table: str) -> str:
    """Return the query for the columns of a table that may be absent, or lack some of them."""
    wanted = ", ".join(_column(book, table, column) for column in _OPTIONAL[table])
    return f"SELECT {wanted} FROM {table}" if table in table_names(book) else f"SELECT {wanted} WHERE 0"


def _column(book: Book, table: str, column: str) -> str:
    held = table in table_names(book) and column in package_of(book).table(table).frame
    return f"COALESCE(CAST({column} AS TEXT), '') AS {column}" if held else f"'' AS {column}"


def _check_lineage(database: Database, claim: dict[str, str], place: str) -> CheckLineage:
    """Return what a check rests on; it is a query, or the address of a cell."""
    book = database.package.book
    query = query_behind(claim["check"], book)
    lineage = QueryLineage(database, query, place, NO_SOURCES | _QUERY_TABLES)
    if not lineage.result.tables_read:
        raise DataError(f"{place}: found a query that reads no table of the data, expected one that does")
    lineage.check_dependence()
    tables = tuple(name for name in database.package.tables if name in lineage.result.tables_read)
    basis = _kind_of_evidence(lineage, place_in_paper(claim)) if lineage.answer is not None else ""
    return CheckLineage(
        query, tables or tuple(sorted(lineage.result.tables_read)), basis, _addresses_looked_up(lineage)
    )


def _kind_of_evidence(lineage: QueryLineage, place: str) -> str:
    """Return the kind of evidence that a check gives for a claim at a place, by where the cells stand that move it."""
    database = lineage.database
    places = {
        table: row_places(database.package, table)
        for table in lineage.result.tables_read
        if table in database.package.tables
    }

    def elsewhere(table: str, row: int) -> bool:
        found = places[table][row]
        # A table that stands nowhere in the paper is data of its own, which a check may compute from.
        return found != place if found else lineage.computes and table not in _OWN_TABLES

    read = dict.fromkeys((table, row) for (table, _), rows in lineage.rows_read.items() for row in rows)
    first = [(table, row) for table, row in read if elsewhere(table, row)]
    others = [
        (table, row)
        for table, found in places.items()
        for row in range(min(len(found), 25))
        if (table, row) not in read and elsewhere(table, row)
    ]
    added = [
        (table, row) for table in sorted(lineage.result.tables_read & set(database.added_tables)) for row in range(60)
    ]
    if read and all(places.get(table, {row: ""})[row] == place for table, row in read):
        return "transcribed_twice"  # all that it reads is what the claim itself says
    moves = lineage.moves([*first, *added, *others])
    moved = next(moves, None)
    if moved is None:
        whole = {
            table
            for table, found in places.items()
            if found and all(elsewhere(table, row) for row in range(len(found)))
        }
        if not lineage.moves_in_bulk(whole):
            return "transcribed_twice"
        return "recomputed" if lineage.computes else "agrees_elsewhere"
    if lineage.computes and (
        not _row_holds_answer(database, moved.table, moved.row, lineage.answer) or next(moves, None)
    ):
        return "recomputed"
    named = moved.table not in places or places[moved.table][moved.row]
    return "agrees_elsewhere" if named else "transcribed_twice"


def _row_holds_answer(database: Database, table: str, row: int, answer: Scalar) -> bool:
    """Return whether a row holds an answer as it is, so that the answer only repeats it."""
    tables = database.package.tables
    if table not in tables:
        return False
    return str(answer) in {str(cell) for cell in tables[table].frame.iloc[row].tolist()}


def _addresses_looked_up(lineage: QueryLineage) -> tuple[str, ...]:
    """Return the addresses of the cells that a check looks up, where it reads one row of each table."""
    package = lineage.database.package
    found = []
    for (table, column), rows in lineage.rows_read.items():
        held = package.table(table)
        if len(rows) != 1:
            return ()
        if column and column not in held.key_columns:
            found.append(CellAddress(table, held.keys[rows[0]], column).text)
    return tuple(found)


def _chosen_claims(book: Book, chapter: str, naming: str) -> pd.DataFrame:
    found = all_claims(book)
    if found.empty:
        return found
    if chapter:
        sections = {row["section"] for row in table_records(SECTIONS, book) if row.get("chapter") == chapter}
        found = found[found["section"].isin(sections)]
    if not naming:
        return found
    statement = f"statement_{book.first_language}" if f"statement_{book.first_language}" in found else "claim"
    words = found["claim"] + " " + found["section"] + " " + found[statement] + " " + found["check"]
    return found[words.str.contains(naming)]


def _column_faults(book: Book) -> list[str]:
    """Return a line for each column of the claims that cannot be done without."""
    if CLAIMS not in table_names(book):
        return []
    wanted = ("claim", "published_value", *(f"statement_{code}" for code in book.languages))
    table = package_of(book).table(CLAIMS)
    shown = book.shown_path(table.path)
    return [f"{shown}:1: found no column {name}, expected it" for name in wanted if name not in table.frame]


def _value_faults(book: Book) -> list[str]:
    """Return a line for each value to compare that looks like a number and is none that can be compared."""
    faults = []
    for name, columns in _VALUES.items():
        for number, row in enumerate(table_records(name, book)):
            for column in columns:
                value = row.get(column, "")
                here = f"found {value!r}, expected"
                wrong = []
                if any(unicodedata.category(sign) in {"Nd", "Nl", "No"} and not sign.isascii() for sign in value):
                    wrong.append(f"{here} digits from 0 to 9")
                with suppress(ValueError):
                    if not math.isfinite(float(value)):
                        wrong.append(f"{here} a finite number or words")
                faults += [f"{row_place(name, number, column, book)}: {line}" for line in wrong]
    return faults


def _derived_faults(book: Book) -> list[str]:
    """Return a line for each derived value that cannot be used or does not come from the data."""
    faults: list[str] = []
    if NUMBERS not in table_names(book):
        return faults
    database = database_of(book)
    for number, row in enumerate(table_records(NUMBERS, book)):
        place = row_place(NUMBERS, number, "query", book)

        def check(query: str = row["query"], place: str = place) -> None:
            lineage = QueryLineage(database, query, place, _QUERY_TABLES)
            if lineage.answer is None:
                raise DataError(f"{place}: found no value, expected one")
            lineage.check_dependence()

        faults += _lines_of(check)
    return faults


def _lines_of(check: object) -> list[str]:
    try:
        check()  # type: ignore[operator]
    except DataError as error:
        return str(error).splitlines()
    return []


def _unknown_claims(book: Book, table: str, column: str) -> list[str]:
    """Return a line for each name of a claim in a column that no claim bears."""
    if not {table, CLAIMS} <= set(table_names(book)):
        return []
    names = {row["claim"] for row in claim_records(book)}
    return [
        f"{row_place(table, number, column, book)}: found {row[column]!r}, expected the name of a claim"
        for number, row in enumerate(table_records(table, book))
        if row.get(column) and row[column] not in names
    ]


def _digest(found: pd.DataFrame) -> str:
    columns = [
        name
        for name in found
        if str(name).startswith("statement_")
        or name in {"claim", "published_value", "found_value", "evidence", "against"}
    ]
    return digest_of_rows(found[columns].to_numpy().tolist()) if len(found) else ""
