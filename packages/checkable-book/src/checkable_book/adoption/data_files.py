"""The data files of an adopted book: a description proposed from what they hold, and checked from then on.

The description is a data package (``datapackage.json``, as Frictionless has it)
in the folder of what the steps compare with. What a column means, only the
author knows: it is ``""`` until it is described, and counted as such.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from checkable_book.adoption.book import AdoptedBook
from checkable_book.dependencies import files_of
from checkable_book.errors import DataError
from checkable_book.files import write_text_whole

#: The file of the description, in the folder of what the steps compare with.
DESCRIPTION = "datapackage.json"
#: How a line ends that says why a table could not be described.
NOT_DESCRIBED = ": not described"
#: The endings of tables that are described.
TABLES = {".csv", ".tsv", ".tab"}
#: The endings of other data, which is listed.
OTHERS = {".parquet", ".xlsx", ".xls", ".dta", ".sav", ".rds", ".h5", ".nc", ".sqlite", ".db", ".feather"}
#: What may stand for no value.
_MISSING = ("NA", "N/A", "NaN", "nan", "null", "None", "-")
#: What a column is taken for where a cell of it is no longer what its first ones were.
_WIDER = {"integer": "number"}
#: What is proposed for what Frictionless takes a column for; two numbers with a comma may be one with decimals.
_PROPOSED = {kind: {"type": kind} for kind in ("integer", "number", "boolean", "date", "datetime", "time", "year")}
_PROPOSED["geopoint"] = {"type": "number", "decimalChar": ","}
_FIRST_ROWS = 1000  # from which types are proposed; all rows are checked then
#: How a file begins that stands for one kept elsewhere.
_POINTER = b"version https://git-lfs"
#: The types of a column that may be a key.
_KEYS = {"string", "integer", "date", "year"}
_COLUMN = re.compile(r"^[^\n]*?:\d+: column ([^\n]*?): found ")


def data_files(book: AdoptedBook) -> list[Path]:
    """Return the data files below the folders that the settings name, or below the book's own."""
    folders = [book.root / name for name in book.settings.data] or [book.root]
    for folder in folders:
        if not folder.is_dir():
            place = book.block_place("data")
            raise DataError(f"{place}: checkable_book, data: found {folder.name!r}, expected a folder")
    found = {path for folder in folders for path in files_of(folder) if path.suffix.lower() in TABLES | OTHERS}
    return sorted(path for path in found if book.folder not in path.parents and book.owns_file(path))


def propose_description(book: AdoptedBook) -> list[str]:
    """Describe the tables that no description is of, and columns that are new; return a line for each file.

    What an author has written in the description stays as it is.
    """
    described = read_description(book)
    moved = []
    for path in data_files(book):
        name = book.shown_path(path)
        if path.suffix.lower() not in TABLES:
            continue
        try:
            if name not in described:
                described[name] = _propose(path, book)
                taken = {one["name"] for key, one in described.items() if key != name}
                described[name]["name"] = _free_name(described[name]["name"], taken)
                moved.append(f"{name}: {len(described[name]['schema']['fields'])} columns described by their types")
            elif "dialect" not in described[name] and _has_other_columns(described[name], name, path.read_bytes()):
                moved += _take_columns(described[name], _propose(path, book))
        except DataError as error:
            moved.append(f"{error}{NOT_DESCRIBED}")
    if moved or not (book.folder / DESCRIPTION).is_file():
        package = {"name": re.sub(r"[^a-z0-9]+", "-", book.root.name.lower()).strip("-") or "book"} | _read_package(
            book
        )
        others = [one for one in package.get("resources", []) if one.get("path") not in described]
        held: dict[str, Any] = package | {"resources": [*others, *described.values()]}
        write_text_whole(book.folder / DESCRIPTION, json.dumps(held, indent=1, ensure_ascii=False) + "\n")
    return moved


def _free_name(name: str, taken: set[str]) -> str:
    """Return a name of a resource that no other has."""
    names = (f"{name or 'table'}-{number}" if number > 1 else name or "table" for number in count(1))
    return next(one for one in names if one not in taken)


def _read_package(book: AdoptedBook) -> dict[str, Any]:
    """Return the whole description as it stands; nothing where there is none."""
    path = book.folder / DESCRIPTION
    return dict(json.loads(path.read_text(encoding="utf-8-sig"))) if path.is_file() else {}


def read_description(book: AdoptedBook) -> dict[str, dict[str, Any]]:
    """Return the description of each table by its path in the book.

    Raises
    ------
    DataError : a file that is no data package, a line for each fault.
    """
    path = book.folder / DESCRIPTION
    shown = book.shown_path(path)
    if not path.is_file():
        return {}
    import frictionless

    try:
        described = json.loads(path.read_text(encoding="utf-8-sig"))
        frictionless.Package.from_descriptor(described)
    except frictionless.FrictionlessException as error:
        reasons = [reason.note for reason in error.reasons] or [error.error.note]
        raise DataError(
            "\n".join(f"{shown}:1: found {reason}, expected a data package" for reason in reasons)
        ) from None
    except Exception as error:  # Frictionless does not foresee every shape
        line, reason = getattr(error, "lineno", 1), " ".join(f"{type(error).__name__}: {error}".split())[:100]
        raise DataError(f"{shown}:{line}: found no data package ({reason}), expected one") from None
    tables = [
        resource
        for resource in described["resources"]
        if isinstance(resource.get("schema"), dict) and resource["schema"].get("fields") and resource.get("path")
    ]
    return {str(resource["path"]): resource for resource in tables}


def table_faults(path: Path, description: dict[str, Any], book: AdoptedBook) -> tuple[int, list[str]]:
    """Return how many rows a table has, and a line for each thing that is not as its description says."""
    from checkable_book.data.package import read_rows  # with Frictionless, which takes long to import

    _, cells, faults = read_rows(description, book.shown_path(path), path.read_bytes(), exact=False)
    return len(cells), faults


def undescribed(description: dict[str, Any]) -> int:
    """Return how many columns of a table the author has not described yet."""
    return sum(not str(field.get("description") or "").strip() for field in description["schema"]["fields"])


def _has_other_columns(description: dict[str, Any], shown: str, content: bytes) -> bool:
    from checkable_book.data.package import read_rows

    _, _, faults = read_rows(description, shown, content, exact=False)
    return any(f"{shown}:1: column " in line and ": found the columns " in line for line in faults)


def _take_columns(description: dict[str, Any], proposed: dict[str, Any]) -> Iterator[str]:
    """Describe the columns that a table has now; what stands of the others stays. Yield a line for each that moved."""
    before = {field["name"]: field for field in description["schema"]["fields"]}
    after = {field["name"]: field for field in proposed["schema"]["fields"]}
    description["schema"]["fields"] = [before.get(name, field) for name, field in after.items()]
    key = description["schema"].get("primaryKey") or []
    if not set([key] if isinstance(key, str) else key) <= set(after):
        del description["schema"]["primaryKey"]
    yield from (f"{description['path']}: column {name} described by its type" for name in after if name not in before)
    yield from (f"{description['path']}: column {name} is gone" for name in before if name not in after)
    if set(before) == set(after):
        yield f"{description['path']}: the columns stand in another order"


def _propose(path: Path, book: AdoptedBook) -> dict[str, Any]:
    """Return a description of a table that its rows keep to.

    Raises
    ------
    DataError : a file that no description fits; the message is one line.
    """
    from checkable_book.data.package import read_rows

    shown, content = book.shown_path(path), path.read_bytes()
    if content.startswith(_POINTER):
        raise DataError(f"{shown}:1: found a pointer of Git LFS, expected the table (git lfs pull)")
    resource = _detect_description(path, shown, content)
    schema = resource["schema"]
    for _ in range(2 * len(schema["fields"]) + 1):
        _, cells, faults = read_rows(resource, shown, content, exact=False)
        wrong = {found[1] for line in faults if (found := _COLUMN.match(line))}
        if not faults:
            _propose_constraints(schema, cells)
            return resource
        if not wrong:
            break
        for field in schema["fields"]:
            if field["name"] in wrong:
                field["type"] = _WIDER.get(field["type"], "string")
                field.pop("decimalChar", None)
    raise DataError(faults[0])


def _detect_description(path: Path, shown: str, content: bytes) -> dict[str, Any]:
    """Return what Frictionless takes a table for by its first rows: its encoding, its dialect, its columns' types."""
    import frictionless

    detector = frictionless.Detector(field_confidence=1, sample_size=_FIRST_ROWS, field_missing_values=["", *_MISSING])
    try:
        found = frictionless.describe(path.name, basepath=str(path.parent), detector=detector).to_descriptor()
    except frictionless.FrictionlessException as error:
        raise DataError(f"{shown}:1: found {error.error.note}, expected a table") from None
    if not found.get("schema", {}).get("fields"):
        raise DataError(f"{shown}:1: found no row of names, expected one")
    resource: dict[str, Any] = {
        "name": re.sub(r"[^a-z0-9]+", "-", shown.lower()).strip("-"), "path": shown, "description": "",
    }  # fmt: skip
    resource |= {} if _is_utf8(content) else {"encoding": found.get("encoding", "utf-8")}
    resource |= {"dialect": found["dialect"]} if found.get("dialect") else {}
    fields = [
        {"name": one["name"], **_PROPOSED.get(one["type"], {"type": "string"})} for one in found["schema"]["fields"]
    ]
    fields = [{**one, "description": ""} for one in fields]
    missing = [
        sign for sign in _MISSING if re.search(rf"(?:^|[;,\t]){re.escape(sign)}(?:[;,\t\r\n]|$)".encode(), content)
    ]
    schema: dict[str, Any] = {"fields": fields}
    schema |= {"missingValues": ["", *missing]} if missing else {}
    return resource | {"schema": schema}


def _propose_constraints(schema: dict[str, Any], cells: list[list[str]]) -> None:
    """Add to a schema which columns have a value in each row, and the first column as a key where its values differ."""
    missing = set(schema.get("missingValues", [""]))
    columns = list(zip(*cells, strict=True))
    for field, column in zip(schema["fields"], columns, strict=False):
        if not missing & set(column):
            field["constraints"] = {"required": True}
    first = schema["fields"][0]
    if columns and len(set(columns[0])) == len(cells) and "constraints" in first and first["type"] in _KEYS:
        schema["primaryKey"] = [first["name"]]


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True
