"""What the page's own database is made from: ``_static/book-data.js``, which a page loads once a reader asks.

It stands in a script since a page that is opened as a file may load no other
kind. It holds the tables with their description, the views, the queries of
numbers and claims, and the words that the scripts say, in every language.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_skeleton

from checkable_book import project
from checkable_book.render import i18n

#: Tables of queries, and columns by which the build works out the evidence: what a page is given may not change them.
_QUERIES = ("views", "numbers", "rules", "queries", "what_ifs")
_FIXED = {"published_claims": ("check", "place", "section")}
_VARIABLE = "checkableBookData"


def write(site: Path) -> None:
    """Write the script into the static files of an edition, unless it is there and nothing that it says has changed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     (Path(folder) / "_static").mkdir()
    ...     write(Path(folder))
    ...     [path.name for path in Path(folder, "_static").rglob("*.js")]
    ['book-data.js']
    """
    path = site / "_static" / "book-data.js"
    mark = f"/* {_hash_of_sources()} */\n"
    if path.exists() and path.read_text(encoding="utf-8").startswith(mark):
        return
    text = json.dumps(content(), ensure_ascii=False, separators=(",", ":"), sort_keys=False)
    path.write_text(f"{mark}window.{_VARIABLE} = {text};\n", encoding="utf-8")


def content() -> dict[str, Any]:
    """Return all that the page's database and its scripts need.

    Examples
    --------
    >>> sorted(content())
    ['added', 'claims', 'kinds', 'languages', 'numbers', 'rules', 'tables', 'views']
    """
    from checkable_book import data  # these import pandas, which a build without changes need not wait for
    from checkable_book.data import evidence, rules

    claims = data.records(evidence.CLAIMS) if evidence.CLAIMS in data.names() else []
    numbers = data.records("numbers") if "numbers" in data.names() else []
    return {
        "languages": {code: _writing(code) for code in project.languages()},
        "tables": {name: _table(name) for name in data.names()},
        "views": _views(),
        "added": _added(),
        "numbers": {
            row["name"]: {"query": row["query"], "unit": row["unit"], **_reads(row["query"])} for row in numbers
        },
        "claims": {row["claim"]: _claim(row) for row in claims},
        "kinds": {"warning": evidence.WARNING, "supporting": evidence.SUPPORTING, "all": evidence.KINDS},
        "rules": rules.rules(),
    }


def _writing(language: str) -> dict[str, Any]:
    """Return how a language writes numbers and months, and the words of the scripts."""
    symbols = Locale.parse(language).number_symbols["latn"]
    months = [format_skeleton("yMMMM", date(2000, month, 1), locale=language) for month in range(1, 13)]
    return {
        "decimal": symbols["decimal"],
        "group": symbols["group"],
        "months": [month.replace("2000", "{year}") for month in months],
        "words": i18n.chosen(("live_", "evidence_", "unit_"), language)
        | i18n.chosen(("yes", "no", "chapter_claims", "found_value", "evidence", "query"), language, whole=True),
    }


def _table(name: str) -> dict[str, Any]:
    from checkable_book import data
    from checkable_book.data import database

    described = data.describe(name)
    schema = described["schema"]
    frame = data.peek(name)
    fixed = [field["name"] for field in schema["fields"]] if name in _QUERIES else list(_FIXED.get(name, ()))
    return {
        "meaning": {
            code: described["description" if code == "en" else f"description_{code}"] for code in project.languages()
        },
        "create": database.definition(name),
        "key": schema["primaryKey"],
        "fields": [
            {name: field.get(name, "") for name in ("name", "type", "unit")} | field.get("constraints", {})
            for field in schema["fields"]
        ],
        "foreign": [
            {"columns": key["fields"], "table": key["reference"]["resource"] or name, "to": key["reference"]["fields"]}
            for key in schema.get("foreignKeys", [])
        ],
        "fixed": fixed,
        "rows": json.loads(frame.to_json(orient="values", double_precision=15)),
    }


def _views() -> dict[str, dict[str, Any]]:
    """Return the columns of each view, and the columns of the tables that it reads, of all rows."""
    from checkable_book import data
    from checkable_book.data import database

    found: dict[str, dict[str, Any]] = {}
    for name in database.views():
        _, read = database.rows(database.shared(), f'SELECT * FROM "{name}"', f"view {name}", 1)
        tables: dict[str, dict[str, Any]] = {}
        for table, column in sorted(read):
            if table in data.names():
                tables.setdefault(table, {"columns": [], "rows": None})["columns"] += [column] if column else []
        found[name] = {"columns": database.view_columns(name), "reads": tables}
    return found


def _added() -> dict[str, dict[str, Any]]:
    """Return the tables that the book's own code adds to the data's."""
    from checkable_book import data
    from checkable_book.data import database

    connection = database.shared()
    found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    return {
        name: {"create": create, "rows": connection.execute(f'SELECT * FROM "{name}"').fetchall()}
        for name, create in found
        if name not in data.names() and name != "evidence"
    }


def _claim(row: dict[str, str]) -> dict[str, Any]:
    """Return what stays of a claim whatever values a reader tries: its check, its place, what the check rests on."""
    from checkable_book.data import evidence

    place = evidence.place_of(row)
    if not row["check"]:
        return {"place": place}
    checked = evidence.basis(row["check"], f"claim {row['claim']}")
    rests = {"kind": checked.kind(place), "cells": checked.cells, "tables": checked.tables}
    return {"place": place, "query": checked.query, **rests}


def _reads(query: str) -> dict[str, Any]:
    """Return which columns of which rows of each table a query reads; ``null`` for all rows."""
    from checkable_book.data import database, evidence

    if "evidence" in query:
        evidence.ensure()
    found: dict[str, dict[str, Any]] = {}
    for (table, column), keys in database.cells(query).items():
        part = found.setdefault(table, {"columns": [], "rows": None})
        if column:
            part["columns"].append(column)
        known = database.row_keys(table)
        if len(keys) < len(known):
            part["rows"] = [known.index(key) for key in keys]
    return {"reads": found}


def _hash_of_sources() -> str:
    """Return a hash of all that the script is made from: the data, the words, and the code that writes it."""
    code = Path(__file__).parents[1]
    paths = [*sorted(project.data().glob("*.*")), *i18n.files(), *sorted(code.glob("data/*.py")), Path(__file__)]
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]
