"""The description of the data: ``datapackage.json``, what it must say, and the digests of what it describes.

Every build imports this, so it must import neither pandas nor frictionless.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from checkable_book.book import Book
from checkable_book.dependencies import digest_of_bytes
from checkable_book.errors import DataError

DESCRIPTION = "datapackage.json"
#: The table of the evidence for the claims; it is filled once a query asks for it.
EVIDENCE = "evidence"
#: The table of the claims.
CLAIMS = "published_claims"
#: The columns of the tables that the machinery knows by their name, for users and for the check alike.
_KNOWN_TABLES = Path(__file__).with_name("known_tables.csv")
#: The types that a column may have, and the type of its column in a data frame.
TYPES = {
    "integer": "Int64",
    "number": "float64",
    "string": "str",
    "boolean": "boolean",
    "date": "datetime64[s]",
    "year": "Int64",
}
#: Names that SQLite gives to the number of a row.
_ROW_NUMBER_NAMES = {"rowid", "oid", "_rowid_"}

Row = dict[str, Any]


def read_description(book: Book) -> tuple[dict[str, Any], str]:
    """Return ``datapackage.json`` with every schema and dialect in full, and its digest.

    A table's schema or dialect may be the path of a file of its own, and a
    foreign key may be written as a text or a list: here they are mappings and lists.

    Raises
    ------
    DataError : no such file, or no description.
    """
    path = book.data_folder / DESCRIPTION
    described, digest = _read_json(book, path)
    if not isinstance(described, dict) or not isinstance(described.get("resources"), list):
        raise DataError(f"{book.shown_path(path)}: found no resources, expected a list of the tables")
    shown = book.shown_path(path)
    for place, resource in enumerate(described["resources"], start=1):
        if not isinstance(resource, dict):
            raise DataError(f"{shown}, table number {place}: found {str(resource)[:60]!r}, expected a description")
        for part in ("schema", "dialect"):
            if isinstance(resource.get(part), str):
                resource[part], more = _read_json(book, book.data_folder / resource[part])
                digest = digest_of_bytes((digest + more).encode())
        schema = resource.get("schema")
        if isinstance(schema, dict):
            if isinstance(schema.get("primaryKey"), str):
                schema["primaryKey"] = [schema["primaryKey"]]
            for key in schema.get("foreignKeys") or []:
                _spell_out_foreign_key(key)
    return described, digest


def _spell_out_foreign_key(key: Any) -> None:
    if isinstance(key, dict):
        if isinstance(key.get("fields"), str):
            key["fields"] = [key["fields"]]
        reference = key.get("reference")
        if isinstance(reference, dict):
            reference.setdefault("resource", "")
            if isinstance(reference.get("fields"), str):
                reference["fields"] = [reference["fields"]]


def _read_json(book: Book, path: Path) -> tuple[Any, str]:
    shown = book.shown_path(path)
    try:
        content = path.read_bytes()
    except OSError:
        raise DataError(f"{shown}: found no such file, expected it") from None
    try:
        return json.loads(content.decode("utf-8-sig")), digest_of_bytes(content)
    except UnicodeDecodeError:
        raise DataError(f"{shown}: found bytes that are not UTF-8, expected UTF-8") from None
    except json.JSONDecodeError as error:
        raise DataError(f"{shown}:{error.lineno}: found no JSON ({error.msg}), expected it") from None
    except RecursionError:
        raise DataError(f"{shown}: found JSON that is nested too deeply, expected a description") from None


def description_faults(description: Row, book: Book) -> Iterator[str]:
    """Yield a line for each thing that a description lacks and the book needs, or says and the book cannot keep."""
    shown = book.shown_path(book.data_folder / DESCRIPTION)
    if faults := list(_shape_faults(shown, description)):
        yield from faults
        return
    names: set[str] = set()
    resources = description["resources"]
    for place, resource in enumerate(resources, start=1):
        name = resource.get("name") or f"number {place}"
        where = f"{shown}, table {name}"
        schema: Row = resource.get("schema") if isinstance(resource.get("schema"), dict) else {}
        fields: list[Any] = schema.get("fields") if isinstance(schema.get("fields"), list) else []  # type: ignore[assignment]
        sources = resource.get("sources")
        source = sources[0] if isinstance(sources, list) and sources and isinstance(sources[0], dict) else {}
        wanted = {key: resource.get(key) for key in ("name", "path", "title", "description")}
        wanted |= {
            "sources": source.get("title"),
            "schema.fields": fields,
            "schema.primaryKey": schema.get("primaryKey"),
        }
        yield from (f"{where}: found no {key}, expected it" for key, said in wanted.items() if not said)
        if not re.fullmatch(r"[a-z_][a-z0-9_]*", str(name)) and resource.get("name"):
            yield f"{where}: found the name {name!r}, expected lower-case letters, digits and _"
        if name in names:
            yield f"{where}: found the name twice, expected a name for each table"
        names.add(str(name))
        yield from _path_faults(book, where, resource)
        yield from _dialect_faults(where, resource)
        yield from _field_faults(where, fields)
        yield from _known_table_faults(where, str(name), fields, book)
        keys = schema.get("primaryKey") or []
        columns = {one.get("name") for one in fields if isinstance(one, dict)}
        if keys and (not isinstance(keys, list) or not set(map(str, keys)) <= columns):
            yield f"{where}: found the primary key {keys!r}, expected a list of its columns"
        yield from _foreign_key_description_faults(where, schema, columns, resources, resource)


#: The shape of what the book reads of a description; the rest may be anything.
_TEXT, _TEXTS = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
_SHAPE = {
    "properties": {
        "resources": {
            "items": {
                "properties": {
                    "name": _TEXT,
                    "title": _TEXT,
                    "description": _TEXT,
                    "encoding": _TEXT,
                    "format": {"enum": ["csv", "tsv", "txt"]},
                    "schema": {
                        "type": "object",
                        "properties": {
                            "fields": {
                                "type": "array",
                                "items": {
                                    "properties": {
                                        "name": _TEXT,
                                        "type": _TEXT,
                                        "unit": _TEXT,
                                        "constraints": {
                                            "type": "object",
                                            "properties": {"pattern": {"type": "string", "format": "regex"}},
                                        },
                                        **{part: _TEXTS for part in ("missingValues", "trueValues", "falseValues")},
                                    }
                                },
                            },
                            "missingValues": _TEXTS,
                            "primaryKey": _TEXTS,
                            "foreignKeys": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "properties": {
                                        "fields": _TEXTS,
                                        "reference": {
                                            "type": "object",
                                            "properties": {"resource": _TEXT, "fields": _TEXTS},
                                        },
                                    },
                                },
                            },
                            # What would be left aside unread:
                            "uniqueKeys": False,
                            "fieldsMatch": {"enum": ["exact"]},
                        },
                    },
                }
            }
        }
    }
}


def _shape_faults(shown: str, description: Row) -> Iterator[str]:
    """Yield a line for each part of a description that has another shape than the standard gives it."""
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(_SHAPE, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for error in sorted(validator.iter_errors(description), key=lambda one: list(map(str, one.absolute_path))):
        place, wanted = "/".join(map(str, error.absolute_path)), error.validator_value
        if error.validator == "enum":
            wanted = " or ".join(map(str, error.validator_value))
        elif error.validator not in {"type", "format"}:
            wanted = "nothing there, for the book does not read it"
        yield f"{shown}, {place}: found {str(error.instance)[:60]!r}, expected {wanted}"


def _path_faults(book: Book, where: str, resource: Row) -> Iterator[str]:
    path = resource.get("path")
    if path is None:
        return
    if not isinstance(path, str) or "://" in path:
        yield f"{where}: found the path {path!r}, expected one file of data/"
        return
    file = (book.data_folder / path).resolve()
    if not file.is_relative_to(book.data_folder.resolve()):
        yield f"{where}: found the path {path!r}, expected a file below data/"
    elif file.suffix.lower() not in {".csv", ".tsv", ".txt", ".tab"}:
        yield f"{where}: found the path {path!r}, expected a CSV file (.csv, .tsv, .tab or .txt)"
    elif any(part.startswith(".") for part in Path(path).parts):
        yield f"{where}: found the path {path!r}, expected no hidden file"
    for part in ("data", "compression"):
        if resource.get(part) not in (None, "", "no"):
            yield f"{where}: found {part}, expected a table in a plain file"


def _dialect_faults(where: str, resource: Row) -> Iterator[str]:
    dialect = resource.get("dialect")
    if dialect is None:
        return
    if not isinstance(dialect, dict):
        yield f"{where}: found the dialect {dialect!r}, expected names with a value each"
        return
    known = {
        "comment", "commentChar", "commentRows", "csv", "csvddfVersion", "delimiter", "doubleQuote", "escapeChar",
        "header", "headerCase", "headerJoin", "headerRows", "lineTerminator", "nullSequence", "quoteChar",
        "skipBlankRows", "skipInitialSpace", "title", "type",
    }  # fmt: skip
    inner = dialect.get("csv", {})
    if not isinstance(inner, dict):
        yield f"{where}, dialect, csv: found {inner!r}, expected names with a value each"
        inner = {}
    for name in sorted({*dialect, *inner} - known - {"$schema", "profile", "name"}):
        yield f"{where}, dialect: found {name!r}, expected one of {', '.join(sorted(known))}"
    if False in (dialect.get("header"), inner.get("header")):
        yield f"{where}, dialect: found a file without a header, expected the names of the columns in its first row"


def _field_faults(where: str, fields: list[Any]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for place, one in enumerate(fields, start=1):
        if not isinstance(one, dict) or not isinstance(one.get("name"), str) or not one["name"].strip():
            yield f"{where}, column number {place}: found no name, expected one"
            continue
        column = f"{where}, column {one['name']}"
        if one.get("type") not in TYPES:
            yield f"{column}: found the type {one.get('type')!r}, expected one of {', '.join(TYPES)}"
        if not one.get("description"):
            yield f"{column}: found no description, expected one"
        yield from _format_faults(column, one)
        name = one["name"]
        if name != name.strip():
            yield f"{column}: found a space at an end of the name {name!r}, expected none"
        if "/" in name:
            yield f"{column}: found '/' in the name, expected another sign (it parts the address of a cell)"
        if name.casefold() in _ROW_NUMBER_NAMES:
            yield f"{column}: found a name that SQLite gives to the number of a row, expected another"
        if name.casefold() in seen:
            other = seen[name.casefold()]
            yield f"{column}: found a name that differs from {other!r} by capitals at most, expected another"
        seen.setdefault(name.casefold(), name)


def _known_table_faults(where: str, name: str, fields: list[Any], book: Book) -> Iterator[str]:
    """Yield a line for each column that a table of this name needs and does not have, in any language of the book."""
    columns = {one.get("name") for one in fields if isinstance(one, dict)}
    for row in known_columns():
        if row["table"] != name or row["required"] != "yes":
            continue
        wanted = {row["column"].replace("{language}", code) for code in book.languages}
        plain = {row["column"].removesuffix("_{language}")}  # one for all languages
        if missing := sorted(wanted - columns):
            # Words about a row may stand in one language for all; what chapters say is compared with each of them.
            if "{language}" in row["column"] and row["table"] != "sentences" and (wanted | plain) & columns:
                continue
            yield f"{where}: found no column {missing[0]}, expected it ({row['meaning'].rstrip('.')})"


@cache
def known_columns() -> list[dict[str, str]]:
    """Return the columns of the tables that the machinery knows: ``table``, ``column``, ``required``, ``meaning``."""
    with open(_KNOWN_TABLES, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _format_faults(column: str, one: Row) -> Iterator[str]:
    """Yield a line for what a column says of how its values are written and the book does not read."""
    written, kind = one.get("format", "default"), one.get("type")
    if kind == "date" and (not isinstance(written, str) or written == "any" or (
        written != "default" and not all(part in written for part in ("%d", "%m")))):  # fmt: skip
        yield f"{column}: found the format {written!r}, expected default or a pattern with day, month and year"
    if kind != "date" and written != "default":
        yield f"{column}: found the format {written!r}, expected default"
    if kind != "number" and (one.get("groupChar") or one.get("decimalChar")):
        yield f"{column}: found groupChar or decimalChar, expected them of a number alone"
    constraints = one.get("constraints") or {}
    for name in ("minimum", "maximum"):
        if kind in {"integer", "number", "year"} and isinstance(constraints.get(name), str):
            try:
                float(constraints[name])
            except ValueError:
                yield f"{column}: found the {name} {constraints[name]!r}, expected a number"


def _foreign_key_description_faults(
    where: str, schema: Row, columns: set[Any], resources: list[Row], resource: Row
) -> Iterator[str]:
    tables = {one.get("name"): one for one in resources}
    for key in schema.get("foreignKeys") or []:
        fields, reference = (key.get("fields"), key.get("reference")) if isinstance(key, dict) else (None, None)
        if (
            not isinstance(fields, list)
            or not isinstance(reference, dict)
            or not isinstance(reference.get("fields"), list)
        ):
            yield f"{where}: found the foreign key {str(key)[:60]!r}, expected fields and a reference with its fields"
            continue
        if len(fields) != len(reference["fields"]):
            counts = f"{len(fields)} columns to {len(reference['fields'])}"
            yield f"{where}: found a foreign key of {counts}, expected as many"
        if unknown := [name for name in fields if name not in columns]:
            yield f"{where}: found a foreign key of column {unknown[0]!r}, expected one of its columns"
        target = reference.get("resource") or resource.get("name")
        if target not in tables:
            yield f"{where}: found a foreign key to table {target!r}, expected one of {', '.join(map(str, tables))}"
            continue
        known = {one.get("name") for one in (tables[target].get("schema") or {}).get("fields") or []}
        if unknown := [name for name in reference["fields"] if name not in known]:
            yield f"{where}: found a foreign key to column {unknown[0]!r}, expected a column of table {target}"


def digest_of_data(book: Book) -> str:
    """Return the digest of the data as its files are now, without reading more of it than its bytes."""

    def digest() -> str:
        description, own = read_description(book)
        return combined_digest(own, [digest_of_table(book, str(one.get("name"))) for one in description["resources"]])

    return book.remember("digest of data", digest)


def digest_of_table(book: Book, name: str) -> str:
    """Return the digest of a table's file as it is now; empty where there is no such table."""

    def digest() -> str:
        description, _ = read_description(book)
        found: Row = next((one for one in description["resources"] if one.get("name") == name), {})
        path = book.data_folder / str(found.get("path"))
        return digest_of_bytes(path.read_bytes()) if path.is_file() else ""

    try:
        return book.remember(("digest of table", name), digest)
    except DataError:
        return ""


def combined_digest(description: str, tables: list[str]) -> str:
    """Return the digest of the data, from those of its description and of each table."""
    return digest_of_bytes("".join([description, *tables]).encode())
