"""Ovid's own texts and what its CSV says of a source: records begin with their number, ``<1. >``.

There are two of them: with a tag a line (``TI  - ``), and with a label above
each field, which is indented. Ovid's RIS is RIS.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from systematic_review.formats import normalize
from systematic_review.formats.normalize import Fields, Piece

#: How a record begins.
BEGINS = re.compile(r"^\ufeff?\s{0,3}<\s*\d+\s*\.?\s*>\s*$")
_TAG = re.compile(r"^\s{0,3}([A-Z][A-Z0-9]{1,3})\s{0,3}-(?:\s+(.*))?$")
_VERSION = re.compile(r"^\s{0,3}VN\s{1,2}- Ovid")

#: The tags that each column has: the first that is filled counts.
_TAGS = {
    "title": ("TI", "BT"),
    "authors": ("FA", "AU", "AF", "CA", "FED", "ED"),
    "year": ("YR", "PY", "DP", "DG", "YP"),
    "journal": ("JT", "JN", "JA", "TA"),
    "volume": ("VO", "VI", "VL"),
    "number": ("IP", "NO"),
    "pages": ("PG",),
    "doi": ("DO", "DI"),
    "abstract": ("AB",),
    "keywords": ("KW", "KP", "MH", "SH", "HW", "DE", "ID"),
    "type": ("PT", "DT"),
    "language": ("LG", "LA"),
    "url": ("URL", "UR", "LK"),
    "accession": ("AN", "UI"),
}
_LABELS = {
    "title": ("title", "article title", "book title"),
    "authors": ("authors full name", "author full name", "authors", "author", "author name"),
    "year": ("year of publication", "publication year", "year", "date of publication", "publication date"),
    "journal": ("journal name", "journal", "journal title", "source title"),
    "volume": ("volume",),
    "number": ("issue", "issue part", "journal issue"),
    "pages": ("page", "pages", "pagination"),
    "doi": ("doi", "doi number", "digital object identifier"),
    "abstract": ("abstract",),
    "keywords": ("keyword", "keywords", "mesh subject headings", "subject headings", "key concepts"),
    "type": ("publication type", "document type"),
    "language": ("language",),
    "url": ("url", "link to the ovid full text or citation"),
    "accession": ("unique identifier", "accession number", "embase accession number"),
}


def read_ovid(lines: Iterator[str]) -> Iterator[Piece]:
    r"""Yield the records of Ovid's texts; one begins at its number or, in files without numbers, at its ``VN``.

    Examples
    --------
    >>> tagged = ["<1. >\n", "VN  - Ovid Technologies\n", "TI  - On Kerbs.\n", "SO  - Streets. 4(2):11-19, 2019 Mar.\n"]
    >>> [(fields["title"], fields["pages"]) for _, fields in read_ovid(tagged)]
    [('On Kerbs.', '11-19')]
    >>> labelled = ["<1>\n", "Title\n", "  On Kerbs.\n", "Authors\n", "  Sari A. Tono B.\n"]
    >>> [fields["authors"] for _, fields in read_ovid(labelled)]
    ['Sari, A.; Tono, B.']
    """
    held: list[str] = []
    version = False
    for line in lines:
        begins = bool(BEGINS.match(line))
        if begins or (version and _VERSION.match(line)):
            yield from _parse_record(held)
            held, version = [], False
        version = version or bool(_VERSION.match(line))
        held.append(line)
    yield from _parse_record(held)


def _parse_record(held: list[str]) -> Iterator[Piece]:
    body = [line.rstrip("\n") for line in held if line.strip("\ufeff \t\n") and not BEGINS.match(line)]
    if not body:
        return
    raw = "".join(held)
    tagged = any(_TAG.match(line) for line in body)
    entry, names = (_read_tags(body), _TAGS) if tagged else (_read_labels(body), _LABELS)
    fields = {
        column: next((values for tag in tags if any(map(str.strip, values := entry.get(tag, [])))), [])
        for column, tags in names.items()
    }
    if not any(fields[name] for name in ("title", "authors", "doi", "abstract")):
        yield raw, "no title, author or DOI"
        return
    source = entry.get("SO") or entry.get("source") or []
    database = " ".join([*entry.get("DB", []), *entry.get("database", [])])
    yield raw, complete_fields({name: _join_values(name, values) for name, values in fields.items()}, source, database)


def complete_fields(found: Fields, source: Iterable[str], database: str) -> Fields:
    """Return fields with what Ovid's source line says where they are empty, and MEDLINE's number as PubMed's.

    Examples
    --------
    >>> given = {"title": "On Kerbs", "year": "2019", "accession": "30999999"}
    >>> said = complete_fields(given, ["Streets. 4(2):11-19, 2019"], "Ovid MEDLINE(R)")
    >>> said["journal"], said["volume"], said["pmid"], said["accession"]
    ('Streets', '4', '30999999', '')
    """
    told = parse_source(" ".join(source))
    fields = {**found, **{name: found.get(name) or value for name, value in told.items()}}
    title = re.sub(
        r"[.\s]{0,3}\[(?:Article|Report|Miscellaneous|References)\][.\s]{0,3}$", ".", fields.get("title", "")
    )
    fields["title"] = title[1:].rstrip('".') if title[:1] == '"' and title.rstrip(".")[-1:] == '"' else title
    if not re.search(r"\d", fields.get("pages", "")):
        fields["pages"] = ""
    fields["doi"] = normalize.find_doi(fields.get("doi", ""), fields.get("url", ""))
    accession = fields.get("accession", "").strip().rstrip(".").rpartition(": ")[2]
    medline = bool(re.search(r"medline|pubmed", database, re.IGNORECASE)) and bool(re.fullmatch(r"\d{5,8}", accession))
    return fields | {"accession": "" if medline else accession, "pmid": accession if medline else ""}


def _read_tags(body: list[str]) -> dict[str, list[str]]:
    entry: dict[str, list[str]] = {}
    values: list[str] = []
    for line in body:
        if tag := _TAG.match(line):
            values = entry.setdefault(tag[1], [])
            values.append((tag[2] or "").strip())
        elif values:
            values[-1] = f"{values[-1]} {line.strip()}".strip()
    return entry


def _read_labels(body: list[str]) -> dict[str, list[str]]:
    entry: dict[str, list[str]] = {}
    values: list[str] = []
    for line in body:
        if not line[:1].isspace():
            values = entry.setdefault(" ".join(line.lower().rstrip(":").split()), [])
        else:
            values.append(line.strip())
    return entry


def _join_values(column: str, values: list[str]) -> str:
    if column == "authors":
        return normalize.format_people(name for value in values for name in split_authors(value))
    if column in {"keywords", "type", "language"}:
        return "; ".join(value.strip(" .;") for value in values)
    return " ".join(values) if column in {"title", "abstract"} else values[0] if values else ""


def split_authors(text: str) -> list[str]:
    """Return the people that Ovid names in one line, without their degrees and the numbers of their addresses.

    Examples
    --------
    >>> split_authors("Sari A. Tono B.C."), split_authors("Sari, Ani PhD 1,2; Tono, Budi MD")
    (['Sari A.', 'Tono B.C.'], ['Sari, Ani', 'Tono, Budi'])
    """
    text = re.sub(r"\[[^\[\]]*\]?", "", text)  # addresses of the authors
    bare = (_strip_person(name) for name in text.split(";"))
    if ";" in text or "," in text:
        return [name for name in bare if name]
    return [name.strip() for name in re.split(r"(?<=[A-Z]\.)\s+(?=[^\W\d_]{2})", text) if name.strip(" .")]


def _strip_person(name: str) -> str:
    name = re.sub(r"\bPh\.?\s?D\b.*$", "", name.strip())
    words = name.split()
    while len(words) > 1 and _DEGREE.fullmatch(words[-1]):
        words.pop()
    return " ".join(words).rstrip(" 0123456789,+*")


_DEGREE = re.compile(r"(?:MD|[BM]Sc|[BM]A|MPH|MB|RN|DrPH|[FM]RCP|PhD|\d+),?")
_JOURNAL = re.compile(
    r"\s*(.{1,300}?)(?:\.?\s?,?\s(?:vol(?:ume)?\.?\s?\d|\d+,\s)|[.;,:]\s?\(?\d|[.;]\s?(?:Vol|pp?)\b|\.\s{0,3}$)",
    re.IGNORECASE,
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|winter|spring|summer|autumn|fall)[a-z]{0,6}"
_DATED = re.compile(rf"[\s,]+(?:{_MONTH}(?:[-/]{_MONTH})?)?\s?(?:19|20)\d\d\s{{0,3}}$", re.IGNORECASE)
_VOLUME = re.compile(
    r"(?:\bvol(?:ume)?\.?\s?|[.;,]\s?|\d{4}\s?;\s?)(\d{1,4}[A-Za-z]{0,2})\b\s{0,3}(?:\(([^()]{1,40})\))?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\bno\.?\s?(\w{1,12})", re.IGNORECASE)
_PAGES = re.compile(
    r"\bpp?\.?\s?(\w{1,12}(?:\s?[-\u2013]\s?\w{1,12})?)|[)\d]\s?:\s?(\w{1,12}(?:\s?[-\u2013]\s?\w{1,12})?)"
)
_YEARS = re.compile(r"(?<![\d-])(?:19|20)\d\d(?![\d-])")


def parse_source(text: str) -> Fields:
    """Return the journal, year, volume, number and pages that a line of Ovid names.

    Examples
    --------
    >>> parse_source("Journal of Shade. Vol.4(2), 2019, pp. 11-19.")
    {'journal': 'Journal of Shade', 'year': '2019', 'volume': '4', 'number': '2', 'pages': '11-19'}
    >>> parse_source("Journal of Shade. 4(2) (pp 11-19), 2019.")["pages"]
    '11-19'
    """
    journal = _JOURNAL.match(text)
    name = journal[1].strip() if journal else ""
    dated = _DATED.search(name)
    rest = text[journal.end(1) :] if journal else text
    pages = _PAGES.search(rest)
    years = _YEARS.findall(
        f"{dated[0] if dated else ''} {rest[: pages.start()] + rest[pages.end() :] if pages else rest}"
    )
    volume = next((found for found in _VOLUME.finditer(rest) if not _YEARS.fullmatch(found[1])), None)
    number = volume[2] if volume and volume[2] and not volume[2].startswith("pp") else None
    stated = _NUMBER.search(rest)
    return {
        "journal": name[: dated.start()] if dated else name,
        "year": years[-1] if years else "",
        "volume": volume[1] if volume else "",
        "number": number or (stated[1] if stated else ""),
        "pages": (pages[1] or pages[2]).replace(" ", "") if pages else "",
    }
