"""The data files of an adopted book: a description proposed from what they hold, and checked from then on.

The description is a data package (``datapackage.json``, as Frictionless has it)
in the folder of what the steps compare with. What a column means, only the
author knows: it is ``""`` until it is described, and counted as such.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from checkable_book.adoption.book import AdoptedBook
from checkable_book.dependencies import files_of
from checkable_book.errors import DataError
from checkable_book.files import write_text_whole

#: The file of the description, in the folder of what the steps compare with.
DESCRIPTION = "datapackage.json"
#: The endings of tables that are described, and what parts their cells.
DELIMITERS = {".csv": ",", ".tsv": "\t"}
#: The endings of other data, which is listed.
OTHERS = {".parquet", ".xlsx", ".xls", ".dta", ".sav", ".rds", ".h5", ".nc", ".sqlite", ".db", ".feather"}
_SHOWN = 3  # wrong cells of a column that are told
_MISSING = {"", "NA", "N/A", "NaN", "nan", "null"}


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10


#: The types of columns, the narrowest first, and what tells a cell of one.
TYPES: dict[str, Callable[[str], object]] = {
    "integer": re.compile(r"[-+]?\d+").fullmatch,
    "number": re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:inf|INF|Infinity)").fullmatch,
    "boolean": re.compile(r"true|false|True|False|TRUE|FALSE").fullmatch,
    "date": _is_date,
    "string": lambda text: True,
}


def data_files(book: AdoptedBook) -> list[Path]:
    """Return the data files below the folders that the settings name, or below the book's own."""
    folders = [book.root / name for name in book.settings.data] or [book.root]
    for folder in folders:
        if not folder.is_dir():
            place = book.block_place("data")
            raise DataError(f"{place}: checkable_book, data: found {folder.name!r}, expected a folder")
    found = {path for folder in folders for path in files_of(folder) if path.suffix.lower() in {*DELIMITERS, *OTHERS}}
    return sorted(path for path in found if book.folder not in path.parents and book.owns_file(path))


def propose_description(book: AdoptedBook) -> list[str]:
    """Describe the tables that no description is of, and columns that are new; return a line for each file.

    What an author has written in the description stays as it is.
    """
    described = read_description(book)
    moved = []
    for path in data_files(book):
        name = book.shown_path(path)
        if path.suffix.lower() not in DELIMITERS or name in described:
            continue
        try:
            described[name] = _propose(path, book)
        except DataError as error:
            moved.append(f"{error}: not described")
            continue
        moved.append(f"{name}: {len(described[name]['schema']['fields'])} columns described by their types")
    for name in [name for name in described if not (book.root / name).is_file()]:
        del described[name]
        moved.append(f"{name}: gone")
    if moved or not (book.folder / DESCRIPTION).is_file():
        package = {"name": re.sub(r"[^a-z0-9]+", "-", book.root.name.lower()).strip("-") or "book"}
        held: dict[str, Any] = package | {"resources": list(described.values())}
        write_text_whole(book.folder / DESCRIPTION, json.dumps(held, indent=1, ensure_ascii=False) + "\n")
    return moved


def read_description(book: AdoptedBook) -> dict[str, dict[str, Any]]:
    """Return the description of each table by its path in the book.

    Raises
    ------
    DataError : a file that is no data package.
    """
    path = book.folder / DESCRIPTION
    if not path.is_file():
        return {}
    try:
        resources = json.loads(path.read_text(encoding="utf-8-sig"))["resources"]
        for resource in resources:
            for field in resource["schema"]["fields"]:
                if field.get("type", "string") not in TYPES:
                    raise DataError(
                        f"{book.shown_path(path)}:1: found type {field['type']!r} of {resource['path']}, column "
                        f"{field['name']}; expected one of {', '.join(TYPES)}"
                    )
        return {str(resource["path"]): resource for resource in resources}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        line = getattr(error, "lineno", 1)
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:100]
        raise DataError(f"{book.shown_path(path)}:{line}: found no data package ({reason}), expected one") from None


def table_faults(path: Path, description: dict[str, Any], book: AdoptedBook) -> tuple[int, list[str]]:
    """Return how many rows a table has, and a line for each thing that is not as its description says."""
    shown = book.shown_path(path)
    fields = description["schema"]["fields"]
    key = description["schema"].get("primaryKey") or []
    key = [key] if isinstance(key, str) else list(key)
    faults: list[str] = []
    wrong: dict[str, int] = {}
    seen: dict[tuple[str, ...], int] = {}
    count = 0
    with _rows(path, shown) as (header, rows):
        names = [field["name"] for field in fields]
        if header != names:
            missing, new = [n for n in names if n not in header], [n for n in header if n not in names]
            what = f"no column {', '.join(missing)}" if missing else f"the column {', '.join(new)}" if new else "others"
            return 0, [f"{shown}:1: found {what}, expected the columns {', '.join(names)}"]
        kinds = [(field["name"], field.get("type", "string"), _is_required(field)) for field in fields]
        tests = [TYPES[kind] for _, kind, _ in kinds]
        places = [names.index(name) for name in key if name in names]
        for line, row in rows:
            count += 1
            if len(row) != len(names):
                faults.append(f"{shown}:{line}: found {len(row)} cells, expected {len(names)}")
                continue
            for cell, (name, kind, required), test in zip(row, kinds, tests, strict=True):
                if cell in _MISSING:
                    fault = required and f"found an empty cell in column {name}, expected {kind}"
                else:
                    fault = not test(cell) and f"found {cell[:60]!r} in column {name}, expected {kind}"
                if fault:
                    wrong[name] = wrong.get(name, 0) + 1
                    if wrong[name] <= _SHOWN:
                        faults.append(f"{shown}:{line}: {fault}")
            if places:
                held = tuple(row[place] for place in places)
                if held in seen:
                    faults.append(
                        f"{shown}:{line}: found the key {'/'.join(held)} of row {seen[held]}, expected another"
                    )
                seen.setdefault(held, line)
    faults += [
        f"{shown}:1: found {number - _SHOWN} more wrong cells in column {name}, expected none"
        for name, number in wrong.items()
        if number > _SHOWN
    ]
    return count, faults


def undescribed(description: dict[str, Any]) -> int:
    """Return how many columns of a table the author has not described yet."""
    return sum(not str(field.get("description") or "").strip() for field in description["schema"]["fields"])


def _propose(path: Path, book: AdoptedBook) -> dict[str, Any]:
    shown = book.shown_path(path)
    with _rows(path, shown) as (header, rows):
        left = [list(TYPES) for _ in header]
        empty = [False] * len(header)
        values: set[str] = set()
        count = 0
        for _, row in rows:
            count += 1
            if len(row) == len(header):
                values.add(row[0])
                for place, cell in enumerate(row):
                    if cell in _MISSING:
                        empty[place] = True
                    else:
                        while not TYPES[left[place][0]](cell):
                            left[place].pop(0)
    fields = []
    for name, kinds, has_empty in zip(header, left, empty, strict=True):
        field: dict[str, Any] = {"name": name, "type": kinds[0] if count else "string", "description": ""}
        fields.append(field if has_empty or not count else field | {"constraints": {"required": True}})
    schema: dict[str, Any] = {"fields": fields}
    if header and count == len(values) and not empty[0] and fields[0]["type"] in {"string", "integer", "date"}:
        schema["primaryKey"] = [header[0]]
    name = re.sub(r"[^a-z0-9]+", "-", shown.lower()).strip("-")
    return {"name": name, "path": shown, "description": "", "schema": schema}


@contextmanager
def _rows(path: Path, shown: str) -> Iterator[tuple[list[str], Iterator[tuple[int, list[str]]]]]:
    """Lend the header of a table and its rows, each with its line; what is no table is told in one line."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, delimiter=DELIMITERS[path.suffix.lower()], strict=True)
            header = next(reader, None)
            if not header:
                raise DataError(f"{shown}:1: found no row of names, expected one")
            yield header, ((reader.line_num, row) for row in reader if row)
    except UnicodeDecodeError:
        raise DataError(f"{shown}:1: found bytes that are not UTF-8, expected UTF-8") from None
    except csv.Error as error:
        raise DataError(f"{shown}:1: found {error}, expected cells with commas between them") from None


def _is_required(field: dict[str, Any]) -> bool:
    return bool((field.get("constraints") or {}).get("required"))
