"""Exports with a label a line that are neither RIS nor Ovid's: CENTRAL, RefWorks, CNKI and NoteExpress."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from systematic_review.formats import normalize
from systematic_review.formats.normalize import Fields, Piece


@dataclass(frozen=True)
class Dialect:
    """How a form begins a record, labels a line, and calls each column; ``people`` reads the names in one value.

    Examples
    --------
    >>> bool(CENTRAL.begins.match("Record #1 of 2")), CENTRAL.labels["authors"]
    (True, ('AU',))
    """

    begins: re.Pattern[str]
    label: re.Pattern[str]
    labels: dict[str, tuple[str, ...]]
    people: Callable[[str], list[str]] = lambda value: value.split(";")


CENTRAL = Dialect(
    re.compile(r"^\ufeff?Record #\d+ of \d+"),
    re.compile(r"^([A-Z]{2,3}): (.*)$"),
    {
        "title": ("TI",),
        "authors": ("AU",),
        "year": ("YR",),
        "journal": ("SO",),
        "volume": ("VL",),
        "number": ("NO",),
        "pages": ("PG",),
        "doi": ("DOI",),
        "abstract": ("AB",),
        "keywords": ("KY",),
        "type": ("PT",),
        "language": ("LA",),
        "url": ("US",),
        "pmid": ("PM",),
        "accession": ("ID",),
    },
)
REFWORKS = Dialect(
    re.compile(r"^\ufeff?RT [A-Z]\w+(?:[ ,]|$)"),
    re.compile(r"^([A-Z][A-Z0-9]) (.*)$"),
    {
        "title": ("T1",),
        "authors": ("A1", "A2"),
        "year": ("YR", "FD"),
        "journal": ("JF", "JO", "T2"),
        "volume": ("VO",),
        "number": ("IS",),
        "pages": ("SP",),
        "last page": ("OP",),
        "doi": ("DO",),
        "abstract": ("AB",),
        "keywords": ("K1",),
        "type": ("RT",),
        "language": ("LA",),
        "url": ("UL", "LK"),
        "accession": ("AN",),
    },
)
CNKI = Dialect(
    re.compile(r"^\ufeff?SrcDatabase-[^\x00-\x7f]+\s?:"),
    re.compile(r"^\ufeff?([A-Za-z]+)-(?:DOI|URL|[^\x00-\x7f]+)\s?:\s*(.*)$"),
    {
        "title": ("Title",),
        "authors": ("Author",),
        "year": ("Year", "PubTime"),
        "journal": ("Source",),
        "volume": ("Volume", "Roll"),
        "number": ("Period", "Issue"),
        "pages": ("PageCount", "Page"),
        "doi": ("DOI",),
        "abstract": ("Summary", "Abstract"),
        "keywords": ("Keyword",),
        "type": ("SrcDatabase",),
        "url": ("URL", "Link"),
    },
)
NOTEEXPRESS = Dialect(
    re.compile(r"^\ufeff?\{Reference Type\}\s?:"),
    re.compile(r"^\ufeff?\{([A-Za-z /()]+)\}\s?:\s*(.*)$"),
    {
        "title": ("Title",),
        "authors": ("Author",),
        "year": ("Year", "Date"),
        "journal": ("Journal", "Source", "Secondary Title"),
        "volume": ("Volume",),
        "number": ("Issue",),
        "pages": ("Pages",),
        "doi": ("DOI",),
        "abstract": ("Abstract",),
        "keywords": ("Keywords",),
        "type": ("Reference Type",),
        "language": ("Language",),
        "url": ("URL", "Link"),
        "accession": ("Accession Number",),
    },
)


def read_central(lines: Iterator[str]) -> Iterator[Piece]:
    r"""Yield the records of the text that the Cochrane Library exports.

    Examples
    --------
    >>> lines = ["Record #1 of 1\n", "ID: CN-01\n", "TI: On Kerbs\n", "PM: PUBMED 30999999\n"]
    >>> [(fields["title"], fields["pmid"]) for _, fields in read_central(lines)]
    [('On Kerbs', 'PUBMED 30999999')]
    """
    yield from _read_records(lines, CENTRAL)


def read_refworks(lines: Iterator[str]) -> Iterator[Piece]:
    r"""Yield the records of RefWorks' tagged text.

    Examples
    --------
    >>> lines = ["RT Journal Article\n", "A1 Sari,Ani\n", "T1 On Kerbs\n", "SP 11\n", "OP 19\n"]
    >>> [(fields["authors"], fields["pages"]) for _, fields in read_refworks(lines)]
    [('Sari, Ani', '11-19')]
    """
    yield from _read_records(lines, REFWORKS)


def read_cnki(lines: Iterator[str]) -> Iterator[Piece]:
    r"""Yield the records of the text that CNKI exports, whose labels are in English and Chinese.

    Examples
    --------
    >>> lines = ["SrcDatabase-来源库: 期刊\n", "Title-题名: 示例\n", "Author-作者: 张三;李四;\n"]
    >>> [fields["authors"] for _, fields in read_cnki(lines)]
    ['张三; 李四']
    """
    yield from _read_records(lines, CNKI)


def read_noteexpress(lines: Iterator[str]) -> Iterator[Piece]:
    r"""Yield the records of NoteExpress, as CNKI, Wanfang and VIP export them.

    Examples
    --------
    >>> lines = ["{Reference Type}: Journal Article\n", "{Title}: 示例\n", "{Author}: 张三;李四\n"]
    >>> [fields["title"] for _, fields in read_noteexpress(lines)]
    ['示例']
    """
    yield from _read_records(lines, NOTEEXPRESS)


def _read_records(lines: Iterator[str], dialect: Dialect) -> Iterator[Piece]:
    held: list[str] = []
    for line in lines:
        if dialect.begins.match(line):
            yield from _parse_record(held, dialect)
            held = []
        held.append(line)
    yield from _parse_record(held, dialect)


def _parse_record(held: list[str], dialect: Dialect) -> Iterator[Piece]:
    entry: dict[str, list[str]] = {}
    values: list[str] = []
    for line in held:
        if label := dialect.label.match(line.rstrip("\n")):
            values = entry.setdefault(label[1], [])
            values.append(label[2].strip())
        elif values and line.strip() and not dialect.begins.match(line):
            values[-1] = f"{values[-1]} {line.strip()}".strip()
    if not entry:
        if held and dialect.begins.match(held[0]):
            yield "".join(held), "holds no field of a record"
        return

    def first(column: str) -> list[str]:
        return next((values for name in dialect.labels.get(column, ()) if any(values := entry.get(name, []))), [])

    fields: Fields = {name: " ".join(first(name)) for name in dialect.labels if name != "last page"}
    fields["authors"] = normalize.format_people(part for value in first("authors") for part in dialect.people(value))
    fields["keywords"] = "; ".join(first("keywords"))
    if last := first("last page"):
        fields["pages"] = normalize.format_pages(fields["pages"], last[0])
    fields["doi"] = normalize.find_doi(fields["doi"])
    yield "".join(held), fields
