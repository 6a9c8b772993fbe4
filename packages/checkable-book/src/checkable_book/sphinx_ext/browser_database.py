"""What the page's own database is made from: ``_static/book-data.js``, which a page loads once a reader asks.

It stands in a script since a page that is opened as a file may load no other
kind. It holds the tables with their description, the views, the queries of
numbers and claims, and the messages of the scripts, in every language.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_skeleton

from checkable_book import data
from checkable_book.book import Book
from checkable_book.dependencies import digest_of_bytes, digest_of_file, files_of
from checkable_book.files import write_text_whole
from checkable_book.render import i18n
from checkable_book.sphinx_ext import staleness

#: Columns by which the build works out the evidence: what a page is given may not change them.
_FIXED = {"published_claims": ("check", "place", "section")}
_VARIABLE = "checkableBookData"
#: Integers beyond it are no exact numbers in JavaScript.
_EXACT = 2**53 - 1
_SPELLED = 1000  # numbers that a page can write in words, from 0 on


def write_database(site: Path, book: Book) -> None:
    """Write the script into the static files of an edition, unless it is there and nothing that it says has changed."""
    path = site / "_static" / "book-data.js"
    mark = f"/* {_digest_of_sources(book)} */\n"
    if path.exists() and path.read_text(encoding="utf-8").startswith(mark):
        return
    text = json.dumps(database_content(book), ensure_ascii=False, separators=(",", ":"), sort_keys=False)
    write_text_whole(path, f"{mark}window.{_VARIABLE} = {text};\n")


def database_content(book: Book) -> dict[str, Any]:
    """Return all that the page's database and its scripts need."""
    # These import pandas, which a build without changes need not wait for.
    from checkable_book.data import claims, rules
    from checkable_book.data.addresses import NUMBERS
    from checkable_book.data.database import database_of

    database = database_of(book)
    numbers = data.table_records(NUMBERS, book)
    lineages = claims.check_lineages(book)
    return {
        "languages": {code: _language(code) for code in book.languages},
        "tables": {name: _table(book, name) for name in data.table_names(book)},
        "views": _views(database),
        "added": _added_tables(database),
        "numbers": {
            row["name"]: {
                "query": row["query"],
                "unit": row["unit"],
                "reads": _columns_and_rows_read(database, row["query"]),
            }
            for row in numbers
        },
        "claims": {
            name: {"query": lineage.query, "tables": lineage.tables} if lineage.query else {}
            for name, lineage in lineages.items()
        },
        "evidence": _evidence(book, lineages),
        "rules": rules.rule_records(book),
    }


def _language(language: str) -> dict[str, Any]:
    """Return how a language writes numbers, months and days, and the messages of the scripts."""
    from checkable_book.render.numerals import spell_number

    decimal, group = i18n.number_symbols(language)
    months = [format_skeleton("yMMMM", date(2000, month, 1), locale=language) for month in range(1, 13)]
    days = [format_date(date(2000, month, 22), "long", locale=language) for month in range(1, 13)]
    return {
        "decimal": decimal,
        "group": group,
        "months": [month.replace("2000", "{year}") for month in months],
        "spelled": [spell_number(number, language) for number in range(_SPELLED)],
        "days": [day.replace("2000", "{year}").replace("22", "{day}") for day in days],
        "words": i18n.select_messages(("live_", "evidence_", "unit_"), language)
        | i18n.select_messages(("yes", "no", "found_value", "evidence", "query"), language, whole=True),
    }


def _table(book: Book, name: str) -> dict[str, Any]:
    from checkable_book.data.database import sql_rows, table_definition
    from checkable_book.data.overrides import QUERY_TABLES

    table = data.package_of(book).table(name)
    description = table.description
    fixed = [one["name"] for one in table.fields] if name in QUERY_TABLES else list(_FIXED.get(name, ()))
    keys = ("name", "type", "unit")
    return {
        "meaning": {
            code: description.get(f"description_{code}") or description["description"] for code in book.languages
        },
        "create": table_definition(table),
        "key": table.key_columns,
        "fields": [{key: one.get(key, "") for key in keys} | (one.get("constraints") or {}) for one in table.fields],
        "foreign": [
            {"columns": key["fields"], "table": key["reference"]["resource"] or name, "to": key["reference"]["fields"]}
            for key in table.description["schema"].get("foreignKeys") or []
        ],
        "fixed": fixed,
        "rows": [[_exact_json_cell(cell) for cell in row] for row in sql_rows(table)],
    }


def _exact_json_cell(cell: Any) -> Any:
    """Return a cell as JSON holds it; an integer that JavaScript would round stands in a text, marked as an integer."""
    if isinstance(cell, int) and abs(cell) > _EXACT:
        return {"integer": str(cell)}
    return cell


def _views(database: Any) -> dict[str, dict[str, Any]]:
    """Return the columns of each view, and the columns of the tables that it reads, of all rows."""
    from checkable_book.data.database import quote_identifier

    found: dict[str, dict[str, Any]] = {}
    for name, row in database.views.items():
        result = database.execute(f"SELECT * FROM {quote_identifier(name)}", f"view {name}")
        tables: dict[str, dict[str, Any]] = {}
        for table, column in sorted(result.columns_read):
            if table in database.package.tables:
                tables.setdefault(table, {"columns": [], "rows": None})["columns"] += [column] if column else []
        found[name] = {"columns": list(result.columns), "query": row["query"], "reads": tables}
    return found


def _added_tables(database: Any) -> dict[str, dict[str, Any]]:
    """Return the tables that the book's own code adds to the data's."""
    from checkable_book.data.database import quote_identifier

    found = {}
    for name in database.added_tables:
        [(create,)] = database.connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchall()
        rows = database.connection.execute(f"SELECT * FROM {quote_identifier(name)}").fetchall()
        found[name] = {"create": create, "rows": [[_exact_json_cell(cell) for cell in row] for row in rows]}
    return found


def _evidence(book: Book, lineages: dict[str, Any]) -> dict[str, Any]:
    """Return the statements of the evidence, which the page runs as the build does, and what each check rests on."""
    from checkable_book.data import claims
    from checkable_book.data.lineage import place_in_paper

    places = {row["claim"]: place_in_paper(row) for row in claims.claim_records(book)}
    return {
        "kinds": list(claims.KINDS),
        "definitions": claims.evidence_definitions(book) if lineages else [],
        "lineage": [[name, places[name], lineage.basis] for name, lineage in lineages.items()],
        "cells": [[name, cell] for name, lineage in lineages.items() for cell in lineage.cells],
    }


def _columns_and_rows_read(database: Any, query: str) -> dict[str, Any]:
    """Return which columns of which rows of each table a query reads; ``null`` for all rows."""
    from checkable_book.data.lineage import rows_read

    found: dict[str, dict[str, Any]] = {}
    for (table, column), rows in rows_read(database, query).items():
        part = found.setdefault(table, {"columns": [], "rows": None})
        if column:
            part["columns"].append(column)
        if len(rows) < len(database.package.table(table).frame):
            part["rows"] = list(rows)
    return found


def _digest_of_sources(book: Book) -> str:
    """Return a digest of all that the script is made from: the data, the messages, and the code that writes it."""
    code = Path(__file__).parents[1]
    own = [path for path in files_of(book.root / "src") if path.suffix == ".py"]  # it may add tables
    paths = [*i18n.message_files(book), *own, *sorted((code / "data").glob("*.py")), Path(__file__)]
    parts = [staleness.data_stamp(book), *map(digest_of_file, paths)]
    return digest_of_bytes("".join(parts).encode())[:16]
