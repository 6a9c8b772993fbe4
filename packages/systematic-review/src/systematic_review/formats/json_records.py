"""Records in JSON: of Publish or Perish, Zotero (CSL), EPPI, and of what databases and registers answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import IO, Any

from systematic_review.errors import Unreadable
from systematic_review.formats import tabular
from systematic_review.formats.normalize import Piece
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
    except RecursionError:
        raise Unreadable("is JSON with lists or objects too deep in each other") from None
    except ValueError as error:
        try:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            raise Unreadable(f"is broken JSON ({error})") from None
    entries = [entry for entry in _find_entries(found) if isinstance(entry, dict)]
    if not any(_has_title(entry) for entry in entries):
        raise Unreadable("is JSON without a list of records that have titles")
    for entry in entries:
        try:
            raw = json.dumps(entry, ensure_ascii=False)
            row = _flatten_entry(_trial_entry(entry) if "protocolSection" in entry else entry)
            yield raw, tabular.map_fields(row, set(row))
        except Exception as error:  # whatever a tool may have put there, the record is kept as a reject
            yield str(entry)[:10_000], f"cannot be read as a record in JSON ({type(error).__name__}: {error})"


#: Where records stand in an object, from the outside in: of OpenAlex, Crossref, Europe PMC, EPPI, ClinicalTrials.gov.
_LISTS = ("results", "data", "items", "works", "references", "studies", "result", "message", "resultlist", "hits")


def _find_entries(found: Any) -> list[Any]:
    """Return the list of records in what a file holds, or that as the one record."""
    if isinstance(found, list):
        return found
    if not isinstance(found, dict):
        return []
    inside = {str(name).lower(): part for name, part in found.items()}
    for name in _LISTS:
        part = inside.get(name)
        if isinstance(part, list) or (isinstance(part, dict) and name in _LISTS[-4:]):
            return _find_entries(part)
    return [found]


def _trial_entry(study: dict[str, Any]) -> dict[str, Any]:
    """Return a study of ClinicalTrials.gov in the words of its CSV."""

    def part(*path: str) -> Any:
        inner: Any = study["protocolSection"]
        for name in path:
            inner = inner.get(name) if isinstance(inner, dict) else None
        return inner or ""

    number = part("identificationModule", "nctId")
    sponsor = part("sponsorCollaboratorsModule", "leadSponsor", "name")
    return {
        "Study Title": part("identificationModule", "briefTitle") or part("identificationModule", "officialTitle"),
        "NCT Number": number,
        "Study URL": f"https://clinicaltrials.gov/study/{number}",
        "Brief Summary": part("descriptionModule", "briefSummary"),
        "Conditions": part("conditionsModule", "conditions"),
        "Sponsor": f"{sponsor}," if sponsor else "",
        "First Posted": part("statusModule", "studyFirstPostDateStruct", "date"),
    }


def _has_title(entry: dict[str, Any]) -> bool:
    return "protocolSection" in entry or any(normalize_text(str(name)) in tabular.NAMES["title"] for name in entry)


def _flatten_entry(entry: dict[str, Any]) -> dict[str, str]:
    """Return an entry as the row of a table: people and lists in one cell, names of nested values joined."""
    row: dict[str, str] = {}

    def take(name: str, value: Any) -> None:
        if value in (None, "", [], {}):
            return
        if name in {"author", "authors", "authorships", "authorlist author"} and isinstance(value, list):
            row["authors"] = "; ".join(filter(None, map(_person_name, value)))
        elif name == "authorstring":
            row.setdefault("authors", str(value).rstrip("."))
        elif name == "authors" and "ItemId" in entry:  # EPPI: "Sari Ani ; Tono Budi ; "
            people = (" ".join(person.split()) for person in str(value).split(";"))
            row["authors"] = "; ".join(re.sub(r"^(\S+) (?=\S)", r"\1, ", person) for person in people if person)
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
    if row.get("subtitle") and row.get("title") and row["subtitle"] not in row["title"]:  # Crossref
        row["title"] = f"{row['title']}: {row.pop('subtitle')}"
    return row


def _person_name(person: Any) -> str:
    if not isinstance(person, dict):
        return str(person)
    if person.get("family"):
        return f"{person['family']}, {person.get('given', '')}".strip(", ")
    inner = person.get("author") or {}
    if person.get("literal") or (person.get("name") and "sequence" in person):  # a body, in CSL and in Crossref
        return f"{person.get('literal') or person['name']},"
    if person.get("fullName"):  # Europe PMC
        return str(person["fullName"])
    return str(
        person.get("name")
        or person.get("collectiveName")
        or person.get("display_name")
        or inner.get("display_name")
        or ""
    )
