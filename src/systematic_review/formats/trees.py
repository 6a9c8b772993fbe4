"""Exports in XML and JSON: EndNote's XML; Publish or Perish, CSL (Zotero), OpenAlex and Semantic Scholar in JSON."""

from __future__ import annotations

import json as standard
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

from systematic_review.formats import tables, tidy
from systematic_review.formats.tidy import Piece, Unreadable
from systematic_review.records import plain

#: Where each column stands in a record of EndNote's XML.
_PATHS = {
    "title": ("titles/title",),
    "year": ("dates/year", "dates/pub-dates/date"),
    "journal": ("periodical/full-title", "titles/secondary-title", "periodical/abbr-1"),
    "volume": ("volume",),
    "number": ("number",),
    "pages": ("pages",),
    "abstract": ("abstract",),
    "language": ("language",),
    "url": ("urls/related-urls/url", "urls/web-urls/url", "urls/pdf-urls/url"),
    "accession": ("accession-num",),
}


def xml(path: Path) -> Iterator[Piece]:
    """Yield the records of EndNote's XML.

    Raises
    ------
    Unreadable : it is broken, or XML of another kind.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "endnote.xml"
    ...     record = "<record><titles><title>On Kerbs</title></titles></record>"
    ...     _ = path.write_text(f"<xml><records>{record}</records></xml>")
    ...     [fields["title"] for _, fields in xml(path)]
    ['On Kerbs']
    """
    count = 0
    try:
        for _, element in ElementTree.iterparse(path):
            if element.tag != "record":
                continue
            count += 1
            yield ElementTree.tostring(element, encoding="unicode"), _endnote(element)
            element.clear()
    except ElementTree.ParseError as error:
        if not count:
            raise Unreadable(f"is broken XML ({error})") from None
        yield "", f"the file breaks off: broken XML ({error})"
        return
    if not count:
        raise Unreadable("is XML of another kind than EndNote's: export the records as RIS or EndNote XML")


def _endnote(record: ElementTree.Element) -> tidy.Fields:
    def texts(path: str) -> list[str]:
        found = ("".join(element.itertext()).strip() for element in record.findall(path))
        return [text for text in found if text]

    fields = {column: next((text for path in paths for text in texts(path)), "") for column, paths in _PATHS.items()}
    kind = record.find("ref-type")
    return fields | {
        "authors": tidy.people(texts("contributors/authors/author") or texts("contributors/secondary-authors/author")),
        "keywords": "; ".join(texts("keywords/keyword")),
        "doi": tidy.doi(*texts("electronic-resource-num"), *texts("urls/related-urls/url")),
        "type": kind.get("name", "") if kind is not None else "",
    }


def json(file: IO[str]) -> Iterator[Piece]:
    """Yield the records of a list in JSON, also one a line, or inside of an object (``results``, ``data``, ``items``).

    Raises
    ------
    Unreadable : it is broken, or holds no list of records.

    Examples
    --------
    >>> from io import StringIO
    >>> [fields["title"] for _, fields in json(StringIO('[{"title": "On Kerbs", "year": 2019}]'))]
    ['On Kerbs']
    """
    text = file.read().lstrip("\ufeff")
    try:
        found = standard.loads(text)
    except ValueError as error:
        try:
            found = [standard.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError:
            raise Unreadable(f"is broken JSON ({error})") from None
    if isinstance(found, dict):
        found = next(
            (part for name in ("results", "data", "items", "works") if isinstance(part := found.get(name), list)),
            [found],
        )
    entries = [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
    if not any(_titled(entry) for entry in entries):
        raise Unreadable("is JSON without a list of records that have titles")
    for entry in entries:
        raw = standard.dumps(entry, ensure_ascii=False)
        try:
            row = _flat(entry)
            yield raw, tables.fields(row, set(row))
        except Exception as error:  # whatever a tool may have put there, the record is kept as a reject
            yield raw, f"cannot be read as a record in JSON ({type(error).__name__}: {error})"


def _titled(entry: dict[str, Any]) -> bool:
    return any(plain(str(name)) in tables.NAMES["title"] for name in entry)


def _flat(entry: dict[str, Any]) -> dict[str, str]:
    """Return an entry as the row of a table: people and lists in one cell, names of nested values joined."""
    row: dict[str, str] = {}

    def take(name: str, value: Any) -> None:
        if value in (None, "", [], {}):
            return
        if name in {"author", "authors", "authorships"} and isinstance(value, list):
            row["authors"] = "; ".join(filter(None, map(_person, value)))
        elif name == "abstract inverted index" and isinstance(value, dict):
            places = [(place, word) for word, places in value.items() for place in places]
            row["abstract"] = " ".join(word for _, word in sorted(places))
        elif name == "issued" and isinstance(value, dict):
            row["issued"] = str(next(iter(next(iter(value.get("date-parts") or [[]]), [])), value.get("raw", "")))
        elif isinstance(value, dict):
            if name in {"externalids", "journal"}:
                row.setdefault(name, standard.dumps(value))
            for part, inner in value.items():
                take(f"{name} {plain(str(part))}", inner)
        elif isinstance(value, list):
            parts = [part.get("display_name") or part.get("name") if isinstance(part, dict) else part for part in value]
            row.setdefault(name, "; ".join(str(part) for part in parts if part not in (None, "")))
        else:
            row.setdefault(name, str(value))

    for name, value in entry.items():
        take(plain(str(name)), value)
    return row


def _person(person: Any) -> str:
    if not isinstance(person, dict):
        return str(person)
    if person.get("family"):
        return f"{person['family']}, {person.get('given', '')}".strip(", ")
    inner = person.get("author") or {}
    return str(
        person.get("name") or person.get("literal") or person.get("display_name") or inner.get("display_name") or ""
    )
