"""What each claim of a paper rests on: evidence of a named kind, computed and never typed.

A claim (a row of ``published_claims.csv``) says in its ``check`` how its value
follows from the data: a query, or a cell's address. Of which kind the evidence
is follows from what that query reads against where the claim stands, from
another claim that says the same (``same_as``), and from what sources beyond the
paper say (``outside_facts.csv``).

Where a row of the data stands in the paper is told by the description of its
table (``place``, as in ``Table 1``), or by the row's own ``section`` for what
is read from running text.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections import Counter
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from functools import cache

import pandas as pd
import sqlglot
from sqlglot import expressions

from checkable_book import data, dependencies, project
from checkable_book.data import database
from checkable_book.errors import DataError

CLAIMS, FACTS, READING = "published_claims", "outside_facts", "second_reading"

#: The kinds that warn, worst first, and those that support, strongest first; a claim gets the first that applies.
WARNING = ("differs", "contradicted", "differs_outside")
SUPPORTING = ("recomputed", "agrees_elsewhere", "confirmed_outside", "partly_confirmed_outside", "transcribed_twice")
KINDS = (*SUPPORTING, *WARNING, "not_checkable")
#: The kinds as a reader wants them at a glance.
GROUPS = {
    "elsewhere": SUPPORTING[:-1],
    "copied": SUPPORTING[-1:],
    "warning": WARNING,
    "open": ("not_checkable",),
}

_COMPUTING = (
    expressions.Count, expressions.Sum, expressions.Avg, expressions.Min, expressions.Max,
    expressions.Add, expressions.Sub, expressions.Mul, expressions.Div,
    expressions.GT, expressions.GTE, expressions.LT, expressions.LTE, expressions.NEQ,
)  # fmt: skip
#: What looks for words or lists names computes nothing, whatever it counts on the way.
_FINDING = (expressions.Like, expressions.Glob, expressions.GroupConcat)


@dataclass(frozen=True)
class Basis:
    """What the check of a claim reads: its query, the tables, the rows' places, and how it treats them.

    Examples
    --------
    >>> Basis(query="SELECT COUNT(*) FROM rules", tables=("rules",), rows=2, computes=True).tables
    ('rules',)
    """

    query: str = ""
    tables: tuple[str, ...] = ()
    places: frozenset[str] = field(default_factory=frozenset)
    rows: int = 0  # of the table of which most are read
    computes: bool = False
    cells: tuple[str, ...] = ()  # the addresses of those read, where they are of one row a table

    def kind(self, place: str) -> str:
        """Return the kind of evidence that this is for a claim that stands at ``place``."""
        if self.rows > 1 and self.computes:
            return "recomputed"
        return "transcribed_twice" if self.places <= {place} else "agrees_elsewhere"


def verdicts(chapter: str = "", naming: str = "") -> pd.DataFrame:
    """Return the claims with the evidence for each.

    Parameters
    ----------
    chapter : the chapter whose sections make the claims; all of them by default.
    naming : a regular expression found in the name, section, English statement or check of each; any by default.

    Returns
    -------
    The rows of ``published_claims.csv`` with four more columns: ``query`` (of
    the check), ``found_value`` (what it gives; empty without one), ``evidence``
    (one of :data:`KINDS`) and ``against`` (the claims or outside facts that say
    otherwise or, for confirmed ones, that agree; ``;`` between them).

    Raises
    ------
    DataError : a check that cannot be used.

    Examples
    --------
    >>> set(verdicts()["evidence"]) <= set(KINDS)
    True
    """
    found = _of(chapter, naming)
    dependencies.note("result", f"claims:{chapter}:{naming}={_hashed(found)}")
    return found.reset_index(drop=True)


def fingerprint(noted: str) -> str:
    """Return a hash of claims with their evidence, by which a page knows that they have changed.

    ``noted`` is the chapter and what they name, with a colon between.

    Examples
    --------
    >>> len(fingerprint(":"))
    16
    """
    chapter, _, naming = noted.partition(":")
    return _hashed(_of(chapter, naming))


def _of(chapter: str, naming: str) -> pd.DataFrame:
    found = judged(database.shared())
    if chapter:
        sections = data.peek("sections")
        found = found[found["section"].isin(sections.loc[sections["chapter"] == chapter, "section"])]
    if not naming:
        return found
    said = found["claim"] + " " + found["section"] + " " + found["statement_en"] + " " + found["check"]
    return found[said.str.contains(naming)]


def totals(found: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return the number of claims by kind of evidence (columns) for each value of column ``by`` (rows), in order.

    Examples
    --------
    >>> list(totals(verdicts(), "section")) == list(KINDS)
    True
    """
    counted = found.groupby([by, "evidence"], sort=False).size().unstack(fill_value=0)
    return counted.reindex(columns=list(KINDS), fill_value=0).loc[list(dict.fromkeys(found[by]))]


def grouped(counted: pd.DataFrame) -> pd.DataFrame:
    """Return such numbers of claims by group of kinds (columns, :data:`GROUPS`).

    Examples
    --------
    >>> counted = totals(verdicts(), "section")
    >>> int(grouped(counted).to_numpy().sum()) == int(counted.to_numpy().sum())
    True
    """
    return pd.DataFrame({name: counted[list(kinds)].sum(axis=1) for name, kinds in GROUPS.items()})


def judged(connection: sqlite3.Connection, *, strict: bool = True) -> pd.DataFrame:
    """Return all claims with their evidence over a given database, which may be a changed one.

    Parameters
    ----------
    strict : whether a check that gives nothing stops; else its claim has no value found.

    Examples
    --------
    >>> judged(database.shared())["claim"].is_unique
    True
    """
    claims = data.records(CLAIMS) if CLAIMS in data.names() else []
    if not claims:
        return pd.DataFrame()
    published = {row["claim"]: row["published_value"] for row in claims}
    places = {row["claim"]: place_of(row) for row in claims}
    agreeing, contradicting = _same_elsewhere(claims, published, places)
    outside = _outside()
    read_twice = _read_twice()
    asked = [_asked(connection, number, row, strict=strict) for number, row in enumerate(claims, start=2)]
    # Two places agree where each is known to say so: by its own check, or by both readers.
    known = {
        row["claim"]
        for row, (checked, found_value) in zip(claims, asked, strict=True)
        if (found_value and same(found_value, row["published_value"])) or _confirms(read_twice, row, checked.cells)
    }
    rows = []
    for row, (checked, found_value) in zip(claims, asked, strict=True):
        claim, value = row["claim"], row["published_value"]
        agreed = [other for other in agreeing.get(claim, []) if {claim, other} <= known]
        facts = outside.get(claim, [])
        denying = [fact for fact, said, _ in facts if not same(said, value)]
        kinds = set()
        if found_value:
            kind = checked.kind(places[claim])
            if not same(found_value, value):
                kind = "contradicted" if kind == "agrees_elsewhere" else "differs"
            elif kind == "transcribed_twice" and not _confirms(read_twice, row, checked.cells):
                kind = ""
            kinds.add(kind)
        if contradicting.get(claim):
            kinds.add("contradicted")
        if agreed:
            kinds.add("agrees_elsewhere")
        if denying:
            kinds.add("differs_outside")
        kinds |= {
            "confirmed_outside" if status == "confirmed" else "partly_confirmed_outside"
            for _, said, status in facts
            if same(said, value)
        }
        if not found_value and _confirms(read_twice, row, ()):
            kinds.add("transcribed_twice")
        verdict = next((kind for kind in (*WARNING, *SUPPORTING) if kind in kinds), "not_checkable")
        named = {
            "contradicted": contradicting.get(claim, []),
            "differs_outside": denying,
            "agrees_elsewhere": agreed,
        }.get(verdict, [fact for fact, said, _ in facts if same(said, value)] if "outside" in verdict else [])
        rows.append(
            {**row, "query": checked.query, "found_value": found_value, "evidence": verdict, "against": ";".join(named)}
        )
    return pd.DataFrame(rows)


def _asked(connection: sqlite3.Connection, number: int, claim: dict[str, str], *, strict: bool) -> tuple[Basis, str]:
    """Return what a claim's check reads, and what it gives as text; empty without a check or a value."""
    if not claim["check"]:
        return Basis(), ""
    place = f"data/{CLAIMS}.csv, row {number}, column check"
    checked = basis(claim["check"], place)
    found = None
    with nullcontext() if strict else suppress(DataError):
        found = database.run(connection, checked.query, place).value
    return checked, "" if found is None else str(found)


def basis(check: str, place: str) -> Basis:
    """Return what a check reads; it is a query, or a cell's address.

    Raises
    ------
    DataError : it is neither, or reads nothing of the data.

    Examples
    --------
    >>> basis("SELECT COUNT(*) FROM rules", "here").tables
    ('rules',)
    """
    return _basis(check, place, project.data())


def readers() -> Counter[tuple[str, str, str]]:
    """Return how many derived values and checks of claims read each cell, by table, key and column.

    What a value says of the evidence for all claims is not counted: it rests on everything.

    Examples
    --------
    >>> all(count > 0 for count in readers().values())
    True
    """
    queries = [
        row[column]
        for table, column in ((CLAIMS, "check"), ("numbers", "query"))
        for row in (data.records(table) if table in data.names() else [])
        if row[column] and "evidence" not in row[column]
    ]
    return Counter(
        (table, key, column)
        for query in queries
        for (table, column), keys in database.cells(database.query_of(query)).items()
        for key in keys
    )


def check() -> None:
    """Stop where a check or a derived value is no query that can be used, or a claim names another that is not there.

    Raises
    ------
    DataError : one line a fault, with file and row.

    Examples
    --------
    >>> check()  # raises where a check is no query that can be used
    """
    faults = []
    for table, column in ((CLAIMS, "check"), ("numbers", "query")):
        for place, row in enumerate(data.records(table) if table in data.names() else [], 2):
            if row[column] and "evidence" not in row[column]:
                where = f"data/{table}.csv, row {place}, column {column}"
                try:
                    basis(row[column], where)
                except DataError as error:
                    faults.append(str(error))
    faults += _unknown(CLAIMS, "same_as") + _unknown(FACTS, "claim")
    if faults:
        raise DataError("\n".join(faults))


def _unknown(table: str, column: str) -> list[str]:
    """Return a line for each name of a claim in a column that no claim bears."""
    if not {table, CLAIMS} <= set(data.names()):
        return []
    names = {row["claim"] for row in data.records(CLAIMS)}
    return [
        f"data/{table}.csv, row {place}, column {column}: found {row[column]!r}, expected the name of a claim"
        for place, row in enumerate(data.records(table), 2)
        if row[column] and row[column] not in names
    ]


def ensure(connection: sqlite3.Connection | None = None) -> None:
    """Put the evidence into the database as the table ``evidence``, so that numbers can count it.

    Into the book's own by default; a given one may hold changed data.

    Examples
    --------
    >>> ensure()
    >>> database.ask("SELECT COUNT(*) FROM evidence", "here").value == len(verdicts())
    True
    """
    strict = connection is None
    connection = connection or database.shared()
    known = connection.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = 'evidence'").fetchone()[0]
    if not known:
        judgement = judged(connection, strict=strict)
        connection.execute("CREATE TABLE evidence (claim TEXT PRIMARY KEY, section TEXT, kind TEXT)")
        rows = judgement[["claim", "section", "evidence"]].to_numpy().tolist() if len(judgement) else []
        connection.executemany("INSERT INTO evidence VALUES (?, ?, ?)", rows)


def place_of(claim: dict[str, str]) -> str:
    """Return where a claim stands: ``Table 1``, ``Figure 2``, or the section of the text.

    Examples
    --------
    >>> {place_of(claim) for claim in data.records(CLAIMS)} != {""}
    True
    """
    return f"text:{claim['section']}" if claim["place"] == "text" else claim["place"].partition(" (")[0]


def same(one: str, other: str) -> bool:
    """Say whether two values are the same: as numbers where both are, else as text; a month is in its year.

    Examples
    --------
    >>> same("77", "77.0"), same("2018-04", "2018"), same("DEPA", "depa"), same("1", "2")
    (True, True, True, False)
    """
    try:
        return float(one) == float(other)
    except ValueError:
        months = one if re.fullmatch(r"\d{4}-\d{2}", one) else other
        if re.fullmatch(r"\d{4}-\d{2}", months):
            return one[:4] == other[:4] and (len(one) == 4 or len(other) == 4 or one == other)
        return one.casefold() == other.casefold()


def row_places(table: str) -> list[str]:
    """Return where each row of a table stands in the paper; empty where it is the edition's own.

    Examples
    --------
    >>> len(row_places("rules")) == data.count("rules")
    True
    """
    frame = data.peek(table)
    place = str(data.describe(table).get("place", ""))
    if "section" in frame and not place:
        return [f"text:{section}" for section in frame["section"]]
    return [place] * len(frame)


@cache
def _basis(check: str, place: str, folder: object) -> Basis:
    query = database.query_of(check)
    try:
        tree = sqlglot.parse_one(query, dialect="sqlite")
    except sqlglot.errors.ParseError:
        tree = None
    read = database.cells(query, place)
    if not read and not database.ask(query, place).reads:
        raise DataError(f"{place}: found a query that reads no table of the data, expected one that does")
    chosen: dict[str, set[str]] = {}
    for (table, _), keys in read.items():
        chosen.setdefault(table, set()).update(keys)
    places: set[str] = set()
    rows = 0
    for table, wanted in chosen.items():
        standing = dict(zip(database.row_keys(table), row_places(table), strict=True))
        places |= {standing[key] for key in wanted} - {""}
        rows = max(rows, len(wanted))
    computes = tree is not None and tree.find(*_COMPUTING) is not None and tree.find(*_FINDING) is None
    cells = tuple(
        f"{table}/{key}/{column}"
        for (table, column), keys in read.items()
        for key in keys
        if rows == 1 and column and column not in data.key_columns(table)
    )
    return Basis(query, tuple(chosen), frozenset(places), rows, computes, cells)


def _same_elsewhere(
    claims: list[dict[str, str]], published: dict[str, str], places: dict[str, str]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return, by claim, the claims elsewhere in the paper that say the same, and those that say something else."""
    agreeing: dict[str, list[str]] = {}
    contradicting: dict[str, list[str]] = {}
    for claim, other in ((row["claim"], row["same_as"]) for row in claims):
        if other:
            found = agreeing if same(published[claim], published[other]) else contradicting
            if found is contradicting or places[claim] != places[other]:
                found.setdefault(claim, []).append(other)
                found.setdefault(other, []).append(claim)
    return agreeing, contradicting


def _outside() -> dict[str, list[tuple[str, str, str]]]:
    """Return, by claim, the outside facts that could be read and give a value to compare: fact, value, status."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for row in data.records(FACTS) if FACTS in data.names() else []:
        if row["outside_value"] and row["status"] != "unconfirmed":
            found.setdefault(row["claim"], []).append((row["fact"], row["outside_value"], row["status"]))
    return found


def _read_twice() -> dict[str, str]:
    """Return what the second reader read, once settled, by what it is read for: a cell's address, or a claim."""
    if READING not in data.names():
        return {}
    rows = data.records(READING)
    return {row["target"]: row["settled"] or row["value"] for row in rows if row["target"]}


def _confirms(read: dict[str, str], claim: dict[str, str], cells: tuple[str, ...]) -> bool:
    """Say whether the second reader read the claim, or a cell that its check looks up, as it is published."""
    said = [read[target] for target in (f"claim:{claim['claim']}", *cells) if target in read]
    return any(same(value, claim["published_value"]) for value in said)


def _hashed(found: pd.DataFrame) -> str:
    columns = ["claim", "statement_en", "published_value", "found_value", "evidence", "against"]
    text = found[columns].to_csv(index=False) if len(found) else ""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
