"""What a number, a cell or a claim rests on, in words for a terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from checkable_book.book import Book, current_book
from checkable_book.contents import pages_of
from checkable_book.data.claims import check_lineages, evaluate_claims
from checkable_book.data.database import Database, database_of
from checkable_book.data.description import EVIDENCE
from checkable_book.data.lineage import rows_read
from checkable_book.render.values import find_value, query_of_value

_SHOWN = 6  # rows of a table that are named, before the rest is counted


def explain(name: str, book: Book | None = None) -> str:
    """Return what ``name`` rests on: query, rows read, value, pages that use it, claims that rest on the same cells.

    Parameters
    ----------
    name : a claim, a derived value, or a cell's address.

    Raises
    ------
    DataError : there is no such name.
    """
    book = book or current_book()
    found = evaluate_claims(book=book)
    row = found[found["claim"] == name] if len(found) else found
    return _explain_claim(row.to_dict("records")[0], book) if len(row) else _explain_number(name, book)


def describe_reads(database: Database, query: str) -> list[str]:
    """Return a line for each table that a query reads: its columns and rows."""
    chosen: dict[str, tuple[list[str], tuple[int, ...]]] = {}
    for (table, column), rows in rows_read(database, query).items():
        chosen.setdefault(table, ([], rows))[0].append(column or "rows")
    lines = []
    for table, (columns, rows) in chosen.items():
        held = database.package.table(table)
        names = ["/".join(held.keys[row]) for row in rows]
        shown = "; ".join(names[:_SHOWN])
        more = f" and {len(names) - _SHOWN} more rows" if len(names) > _SHOWN else ""
        lines.append(f"{held.path.name}, {', '.join(columns)}: {shown}{more}")
    return lines


def pages_that_print(name: str, book: Book | None = None) -> list[str]:
    """Return the pages whose prose prints a value, in the language that the book is first built in."""
    pattern = re.compile(rf"\{{glue:\w*\}}`{re.escape(name)}(?: words)?`")
    book = book or current_book()
    prefix = f"{book.first_language}/"
    return [
        page.name.removeprefix(prefix)
        for page in pages_of("", book)
        if pattern.search(page.path.read_text(encoding="utf-8"))
    ]


def _explain_claim(row: Mapping[Any, Any], book: Book) -> str:
    statement = row.get(f"statement_{book.first_language}") or row.get("statement_en") or ""
    lines = [
        f"claim {row['claim']}: {statement}",
        f"where: section {row['section']}, {row['place']}"
        + (f", paragraph {row['paragraph']}" if row.get("paragraph") else ""),
        f"published: {row['published_value']} {row['unit']}".rstrip(),
    ]
    if row["query"]:
        reads = describe_reads(database_of(book), row["query"])
        lines += [f"query: {row['query']}", *(f"reads: {line}" for line in reads)]
        lines.append(f"gives: {row['found_value'] or 'nothing'}")
    lines.append(f"evidence: {row['evidence'].replace('_', ' ')}" + (f" ({row['against']})" if row["against"] else ""))
    if row["evidence"] == "not_checkable":
        lines.append(f"needed: {row['needed']}")
    return "\n".join(lines)


def _explain_number(name: str, book: Book) -> str:
    value = find_value(name, book.first_language, book)
    query = query_of_value(name, book.first_language, book)
    database = database_of(book)
    over_evidence = EVIDENCE in database.execute(query, name).tables_read
    own = set() if over_evidence else _cells(database, query)
    resting = [
        claim
        for claim, lineage in check_lineages(book).items()
        if lineage.query and own & _cells(database, lineage.query)
    ]
    lines = [f"{name}: {value.text}", f"meaning: {value.origin}", f"query: {query}"]
    lines += [f"reads: {line}" for line in describe_reads(database, query)]
    lines.append(f"pages: {', '.join(pages_that_print(name, book)) or 'none'}")
    lines.append(f"claims: {', '.join(resting) or 'none'}")
    return "\n".join(lines)


def _cells(database: Database, query: str) -> set[tuple[str, str, int]]:
    """Return the cells that a query reads and that are no part of a key."""
    return {
        (table, column, row)
        for (table, column), rows in rows_read(database, query).items()
        if column and column not in database.package.table(table).key_columns
        for row in rows
    }
