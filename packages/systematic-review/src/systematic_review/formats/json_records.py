"""Records in JSON: Publish or Perish, CSL (Zotero), OpenAlex and Semantic Scholar."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any

from systematic_review.formats import tabular
from systematic_review.formats.normalize import Piece, Unreadable
from systematic_review.records import normalize_text


def read_json_records(file: IO[str]) -> Iterator[Piece]:
    """Yield the records of a list in JSON, also one a line, or inside of an object (``results``, ``data``, ``items``).

    Raises
    ------
    Unreadable : it is broken, or holds no list of records.

    Examples
    --------
    >>> from io import StringIO
    >>> [fields["title"] for _, fields in read_json_records(StringIO('[{"title": "On Kerbs", "year": 2019}]'))]
    ['On Kerbs']
    """
    text = file.read().lstrip("\ufeff")
    try:
        found = json.loads(text)
    except ValueError as error:
        try:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError:
            raise Unreadable(f"is broken JSON ({error})") from None
    if isinstance(found, dict):
        found = next(
            (part for name in ("results", "data", "items", "works") if isinstance(part := found.get(name), list)),
            [found],
        )
    entries = [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
    if not any(_has_title(entry) for entry in entries):
        raise Unreadable("is JSON without a list of records that have titles")
    for entry in entries:
        raw = json.dumps(entry, ensure_ascii=False)
        try:
            row = _flatten_entry(entry)
            yield raw, tabular.map_fields(row, set(row))
        except Exception as error:  # whatever a tool may have put there, the record is kept as a reject
            yield raw, f"cannot be read as a record in JSON ({type(error).__name__}: {error})"


def _has_title(entry: dict[str, Any]) -> bool:
    return any(normalize_text(str(name)) in tabular.NAMES["title"] for name in entry)


def _flatten_entry(entry: dict[str, Any]) -> dict[str, str]:
    """Return an entry as the row of a table: people and lists in one cell, names of nested values joined."""
    row: dict[str, str] = {}

    def take(name: str, value: Any) -> None:
        if value in (None, "", [], {}):
            return
        if name in {"author", "authors", "authorships"} and isinstance(value, list):
            row["authors"] = "; ".join(filter(None, map(_person_name, value)))
        elif name == "abstract inverted index" and isinstance(value, dict):
            places = [(place, word) for word, places in value.items() for place in places]
            row["abstract"] = " ".join(word for _, word in sorted(places))
        elif name == "issued" and isinstance(value, dict):
            row["issued"] = str(next(iter(next(iter(value.get("date-parts") or [[]]), [])), value.get("raw", "")))
        elif isinstance(value, dict):
            if name in {"externalids", "journal"}:
                row.setdefault(name, json.dumps(value))
            for part, inner in value.items():
                take(f"{name} {normalize_text(str(part))}", inner)
        elif isinstance(value, list):
            parts = [part.get("display_name") or part.get("name") if isinstance(part, dict) else part for part in value]
            row.setdefault(name, "; ".join(str(part) for part in parts if part not in (None, "")))
        else:
            row.setdefault(name, str(value))

    for name, value in entry.items():
        take(normalize_text(str(name)), value)
    return row


def _person_name(person: Any) -> str:
    if not isinstance(person, dict):
        return str(person)
    if person.get("family"):
        return f"{person['family']}, {person.get('given', '')}".strip(", ")
    inner = person.get("author") or {}
    return str(
        person.get("name") or person.get("literal") or person.get("display_name") or inner.get("display_name") or ""
    )
