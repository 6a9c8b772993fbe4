"""Load the data of the book, validated against ``data/datapackage.json``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import Any

import frictionless
import pandas as pd

from checkable_book import dependencies, project
from checkable_book.errors import DataError

#: The frames that were asked for as rows of text, with those rows.
_as_records: dict[str, tuple[pd.DataFrame, list[dict[str, str]]]] = {}
_DTYPES = {"integer": "Int64", "number": "float64", "string": "str"}


def load(name: str, folder: Path | None = None) -> pd.DataFrame:
    """Return the table ``name`` as a typed data frame, one row a CSV row.

    The whole data package is validated first (once a process and folder), so
    a frame that is returned keeps its description and its keys.

    Parameters
    ----------
    name : the file's name without ``.csv``, as in ``datapackage.json``.
    folder : the folder of the data; the book's own by default.

    Returns
    -------
    Columns as ``datapackage.json`` describes them: integers as ``Int64``,
    numbers as ``float64``, text as ``str``; empty cells are missing values.

    Raises
    ------
    DataError : no such table, or the data breaks its description.

    Examples
    --------
    >>> load("no such table")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    checkable_book.errors.DataError: data: found a request for table 'no such table', expected one of ...
    """
    frame = peek(name, folder).copy()
    dependencies.note("data", name)
    return frame


def peek(name: str, folder: Path | None = None) -> pd.DataFrame:
    """Return the table as :func:`load` does, for reading only, without noting that the page uses all of it.

    Examples
    --------
    >>> len(peek("numbers")) == len(load("numbers"))
    True
    """
    frames = _load_all(folder or project.data())
    if name not in frames:
        raise DataError(f"data: found a request for table {name!r}, expected one of {', '.join(frames)}")
    return frames[name]


def count(name: str) -> int:
    """Return the number of rows of a table, and note that the page shows no more of it.

    Examples
    --------
    >>> count("rules") == len(load("rules"))
    True
    """
    rows = len(peek(name))
    dependencies.note("result", f"rows:{name}={rows}")
    return rows


def records(name: str, folder: Path | None = None) -> list[dict[str, str]]:
    """Return the rows of a table as text, missing cells empty, without noting that the page uses all of it.

    Examples
    --------
    >>> records("rules")[0].keys() >= {"rule", "query"}
    True
    """
    frame = peek(name, folder)
    if name not in _as_records or _as_records[name][0] is not frame:
        _as_records[name] = (frame, as_text(frame).to_dict("records"))  # type: ignore[assignment]
    return [dict(row) for row in _as_records[name][1]]


def check(folder: Path | None = None) -> None:
    """Validate every file in ``folder`` against its ``datapackage.json``.

    Types, required cells, ranges, categories, primary and foreign keys are
    frictionless's work; what a schema cannot hold is in ``rules.csv``
    (:mod:`checkable_book.data.rules`).

    Raises
    ------
    DataError : one line a fault: file, row, column, found, expected.

    Examples
    --------
    >>> check()  # raises where a file breaks its description
    """
    chosen = folder or project.data()
    faults = list(_description_faults(chosen)) or list(_schema_faults(_package(chosen)))
    if faults:
        raise DataError("\n".join(faults))


def key_columns(name: str, folder: Path | None = None) -> list[str]:
    """Return the primary key's columns of table ``name``.

    Examples
    --------
    >>> key_columns("rules")
    ['rule']
    """
    return list(describe(name, folder)["schema"]["primaryKey"])


def row_id(name: str, key: Iterable[object]) -> str:
    """Return the identifier of a row on the page that prints the data, for links.

    Examples
    --------
    >>> row_id("laws", ["A country", "Plan 4.0"])
    'laws-a-country-plan-4-0'
    """
    return "-".join([name, *(slug(str(part)) for part in key)])


def slug(text: str) -> str:
    """Return a text as part of an identifier.

    Examples
    --------
    >>> slug("Plan 4.0")
    'plan-4-0'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def describe(name: str, folder: Path | None = None) -> dict[str, Any]:
    """Return the description of table ``name``: its resource in ``datapackage.json``.

    Examples
    --------
    >>> describe("rules")["schema"]["primaryKey"]
    ['rule']
    """
    described = _described(folder or project.data())
    for resource in described:
        if resource["name"] == name:
            return resource
    known = ", ".join(resource["name"] for resource in described)
    raise DataError(f"data: found a request for table {name!r}, expected one of {known}")


def names(folder: Path | None = None) -> list[str]:
    """Return the names of all tables, in the order of ``datapackage.json``.

    Examples
    --------
    >>> {"numbers", "rules"} <= set(names())
    True
    """
    return list(_package(folder or project.data()).resource_names)


def unit(name: str, column: str, folder: Path | None = None) -> str:
    """Return the unit of a column (``"persons"``, ``"Mbps"``), or ``""`` where it has none.

    Examples
    --------
    >>> unit("rules", "query")
    ''
    """
    fields = describe(name, folder)["schema"]["fields"]
    return next((field.get("unit", "") for field in fields if field["name"] == column), "")


def parse(name: str, text: str) -> pd.DataFrame:
    """Return the text of a CSV file as the typed frame of table ``name``.

    Raises
    ------
    ValueError : a cell that cannot be of its column's type.

    Examples
    --------
    >>> rules = load("rules")
    >>> parse("rules", rules.to_csv(index=False)).equals(rules)
    True
    """
    types = {field["name"]: _DTYPES[field["type"]] for field in describe(name)["schema"]["fields"]}
    return pd.read_csv(StringIO(text), dtype=types, keep_default_na=False, na_values=[""])


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``frame`` with every cell as text; missing ones are empty.

    Examples
    --------
    >>> as_text(pd.DataFrame({"year": pd.array([2020, None], dtype="Int64")}))["year"].tolist()
    ['2020', '']
    """
    return frame.astype(object).where(frame.notna(), "").astype(str)


@contextmanager
def replaced(name: str, frame: pd.DataFrame, folder: Path | None = None) -> Iterator[None]:
    """Let :func:`load` give ``frame`` for table ``name`` for a while, unvalidated.

    For checks that ask what a changed cell would change.

    Examples
    --------
    >>> with replaced("rules", load("rules").head(1)):
    ...     len(load("rules"))
    1
    """
    frames = _load_all(folder or project.data())
    kept = frames[name]
    frames[name] = frame
    try:
        yield
    finally:
        frames[name] = kept


def constraints(described: dict[str, Any]) -> str:
    """Return the constraints of a column, as its description has them, in words.

    Examples
    --------
    >>> constraints({"required": True, "minimum": 0, "enum": ["a", "b"]})
    'required; minimum 0; enum a, b'
    """
    return "; ".join(
        name if value is True else f"{name} {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in described.items()
    )


def package_description() -> str:
    """Return what the description of the data says of all of it.

    Examples
    --------
    >>> package_description().endswith(".")
    True
    """
    return str(_description(project.data()).get("description", ""))


@lru_cache
def _description(folder: Path) -> dict[str, Any]:
    path = folder / "datapackage.json"
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise DataError(f"{_shown(path)}: found no such file, expected it") from None
    except json.JSONDecodeError as error:
        raise DataError(f"{_shown(path)}, row {error.lineno}: found no JSON ({error.msg}), expected it") from None
    if not isinstance(described, dict) or not isinstance(described.get("resources"), list):
        raise DataError(f"{_shown(path)}: found no resources, expected a list of the tables")
    return described


def _described(folder: Path) -> list[dict[str, Any]]:
    resources: list[dict[str, Any]] = _description(folder)["resources"]
    return resources


def _description_faults(folder: Path) -> Iterator[str]:
    """Yield a line for each thing that a table's description lacks, and the book needs."""
    shown = _shown(folder / "datapackage.json")
    for place, resource in enumerate(_described(folder), start=1):
        name = resource.get("name", f"number {place}")
        schema = resource.get("schema") or {}
        fields = schema.get("fields") or []
        wanted = {key: resource.get(key) for key in ("name", "path", "title", "description")}
        wanted |= {"sources": (resource.get("sources") or [{}])[0].get("title"), "schema.fields": fields}
        wanted |= {"schema.primaryKey": schema.get("primaryKey")}
        yield from (f"{shown}, table {name}: found no {key}, expected it" for key, said in wanted.items() if not said)
        for field in fields:
            column = f"{shown}, table {name}, column {field.get('name')}"
            if field.get("type") not in _DTYPES:
                yield f"{column}: found the type {field.get('type')!r}, expected one of {', '.join(_DTYPES)}"
            if not field.get("description"):
                yield f"{column}: found no description, expected one"
        keys = schema.get("primaryKey") or []
        if not isinstance(keys, list) or not set(keys) <= {field.get("name") for field in fields}:
            yield f"{shown}, table {name}: found the primary key {keys!r}, expected a list of its columns"


@lru_cache
def _package(folder: Path) -> frictionless.Package:
    path = folder / "datapackage.json"
    _description(folder)  # tells what is no JSON, with its row
    try:
        return frictionless.Package(str(path))
    except frictionless.FrictionlessException as error:
        reasons = "; ".join(reason.note for reason in error.reasons) or error.error.note
        raise DataError(f"{_shown(path)}: {reasons}") from None


@lru_cache
def _load_all(folder: Path) -> dict[str, pd.DataFrame]:
    check(folder)
    return _read(_package(folder))


def _read(package: frictionless.Package) -> dict[str, pd.DataFrame]:
    return {
        resource.name: parse(resource.name, Path(str(resource.normpath)).read_text(encoding="utf-8"))
        for resource in package.resources
    }


def _schema_faults(package: frictionless.Package) -> Iterable[str]:
    report = package.validate()
    for error in report.errors:  # faults of the description itself
        yield f"{_shown(Path(package.basepath or '.') / 'datapackage.json')}: {error.note}"
    for task in report.tasks:
        path = _shown(Path(package.basepath or ".") / (task.place or task.name))
        fields = {field.name: field for field in package.get_resource(task.name).schema.fields}
        for error in task.errors:
            row = getattr(error, "row_number", None)
            column = getattr(error, "field_name", None) or getattr(error, "label", None)
            cell = getattr(error, "cell", None)
            if isinstance(error, frictionless.errors.ForeignKeyError):
                column, cell = ", ".join(error.field_names), ", ".join(error.field_cells)
            place = path + (f", row {row}" if row else ", row 1" if "label" in error.type else "")
            place += f", column {column}" if column else ""
            found = f"found {cell!r}, " if cell is not None else ""
            if "label" in error.type:
                found = f"found the columns {', '.join(getattr(error, 'labels', []))}, "
                yield f"{place}: {found}expected {', '.join(fields)}"
                continue
            yield f"{place}: {found}expected {_expected(error, fields.get(column or ''))}"


def _expected(error: frictionless.Error, field: Any) -> str:
    """Say what would have been right, from the field's own description."""
    if isinstance(error, frictionless.errors.ForeignKeyError):
        return f"a value of {error.reference_name}.csv, column {', '.join(error.reference_field_names)}"
    if error.type == "primary-key":
        return f"a key that no other row has (it is {error.note})"
    if error.type in {"extra-cell", "missing-cell", "blank-row"}:
        return "a cell for each column"
    if field is None or error.type not in {"type-error", "constraint-error"}:
        return f"no {error.type.removesuffix('-error').replace('-', ' ')} fault ({error.note})"
    limits = constraints({name: value for name, value in field.constraints.items() if name != "required"})
    return f"{field.type} ({limits or 'not empty'})"


def _shown(path: Path) -> str:
    """Return ``path`` as a reader of the project would name it."""
    return f"{path.parent.name}/{path.name}"
