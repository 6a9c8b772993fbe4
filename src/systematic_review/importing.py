"""Read what databases and reference managers export into one table of records.

Files are split into records here, line by line, so that an export of any
length takes little memory; each record is then read by a library: RIS by
rispy, BibTeX by bibtexparser, PubMed's format by nbib, CSV by Python's own
reader. A record that a library cannot read becomes a row of the rejects, with
its file, its place and the reason: records in = records + rejects.

Where a record was found (``source``) is told by names: of the sub-folder that
the file lies in, or else of the file, without a number at its end
(``pubmed.nbib``, ``google_scholar_2.csv``, ``sage/part-01.ris``). It is part of
a record's identifier.
"""

from __future__ import annotations

import ast
import csv
import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pandas as pd

from systematic_review import protocol, records
from systematic_review.errors import ReviewError
from systematic_review.records import plain

if TYPE_CHECKING:
    from bibtexparser.model import Entry

Fields = dict[str, str]

#: Folders beside the exports that hold what people decided, and what was computed.
RESERVED = {"decisions", "results", protocol.FILE}

_CHUNK = 5_000  # records held in memory at a time
_SUFFIXES = {".ris", ".bib", ".nbib", ".csv", ".tsv", ".txt"}
_RIS_TAG = re.compile(r"^\ufeff?\s{0,3}([A-Z][A-Z0-9]) {1,3}- ?(.*)$")
_COUNT = re.compile(r"^\d+\.\s*$")
_NBIB_TAG = re.compile(r"^\ufeff?PMID ?- ")
_BIB_ENTRY = re.compile(r"^\s*@\s*(\w+)\s*[{(]")
_BIB_MARK = re.compile(r"(?<!\\)[{}]|@\s*\w+\s*\{|^\s*@\s*\w+\s*\(")
_BIB_KEYED = re.compile(r"@\w+\s*\{\s*[^\s,{}]+\s*,|\s+@\w+\s*\{\s*[^\s,{}]+\s*,\s*$")
_YEAR = re.compile(r"(?<!\d)(1[5-9]|20)\d\d(?!\d)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029\ufeff\ufffe\uffff]")

#: The names that each column has in CSV files: Publish or Perish, Semantic
#: Scholar, Covidence, Rayyan, ASReview and our own. The first that is filled counts.
CSV_NAMES: dict[str, tuple[str, ...]] = {
    "title": ("title", "primary title"),
    "authors": ("authors", "author", "first authors"),
    "year": ("year", "published year", "publication year", "publicationdate"),
    "journal": ("journal", "source title", "venue", "source"),
    "volume": ("volume",),
    "number": ("issue", "number"),
    "pages": ("pages", "startpage"),
    "doi": ("doi", "externalids.doi", "externalids"),
    "abstract": ("abstract", "notes abstract"),
    "keywords": ("keywords", "author keywords"),
    "type": ("type", "publicationtypes", "publication type"),
    "language": ("language",),
    "access": ("access", "isopenaccess"),
    "url": ("url", "articleurl", "fulltexturl", "ref url"),
}
_TYPES = {
    "jour": "article",
    "ejour": "article",
    "journal article": "article",
    "journalarticle": "article",
    "conf": "conference",
    "cpaper": "conference",
    "inproceedings": "conference",
    "chap": "chapter",
    "incollection": "chapter",
    "thes": "thesis",
    "phdthesis": "thesis",
    "mastersthesis": "thesis",
    "rprt": "report",
    "techreport": "report",
    # These say nothing of the work: Publish or Perish names the form of what was found.
    "misc": "",
    "gen": "",
    "html": "",
    "pdf": "",
    "citation": "",
}
_LANGUAGES = {
    "eng": "en",
    "english": "en",
    "ind": "id",
    "in": "id",
    "indonesian": "id",
    "bahasa indonesia": "id",
    "msa": "ms",
    "may": "ms",
    "malay": "ms",
    "tha": "th",
    "thai": "th",
}


@dataclass(frozen=True)
class Imported:
    """What came of a folder of exports: ``records`` and ``rejects``, one row each."""

    records: pd.DataFrame
    rejects: pd.DataFrame


def read_folder(folder: Path) -> Imported:
    """Return every record of the exports in ``folder``, and what could not be read.

    Returns
    -------
    Frames with the columns :data:`records.COLUMNS` and :data:`records.REJECTS`,
    in the order of the files' names and of the records in them.

    Raises
    ------
    ReviewError : the folder holds no export, or a CSV file has no column of titles.
    """
    return _imported(rows(folder))


def read_file(path: Path, found_in: str | None = None) -> Imported:
    """Return every record of one export, as :func:`read_folder` does for a folder.

    ``found_in`` says the source where the file's name does not.
    """
    return _imported(_rows([path], path.parent, found_in))


def _imported(read: Iterator[dict[str, object]]) -> Imported:
    good: list[dict[str, object]] = []
    bad: list[dict[str, object]] = []
    for row in read:
        (bad if "reason" in row else good).append(row)
    return Imported(records.table(good), records.table(bad, records.REJECTS))


def convert(folder: Path, into: Path, rejects: Path, advance: Callable[[int], None] = lambda done: None) -> None:
    """Write what :func:`read_folder` returns to two CSV files, in bounded memory.

    Parameters
    ----------
    into, rejects : the files for records and rejects; written whole or not at all.
    advance : told how many records were read since it was last told.
    """
    with records.replacing(into) as good, records.replacing(rejects) as bad:
        records.append(records.table([]), good, header=True)
        records.append(records.table([], records.REJECTS), bad, header=True)
        found = rows(folder)
        while chunk := list(islice(found, _CHUNK)):
            records.append(records.table(row for row in chunk if "reason" not in row), good, header=False)
            refused = (row for row in chunk if "reason" in row)
            records.append(records.table(refused, records.REJECTS), bad, header=False)
            advance(len(chunk))


def files(folder: Path) -> list[Path]:
    """Return the exports in ``folder`` and its sub-folders, sorted by name.

    Left out are hidden files, Markdown notes, and the protocol and the folders
    ``decisions`` and ``results`` in ``folder`` itself.
    """
    if not folder.is_dir():
        raise ReviewError(f"{folder}: found no such folder, expected one that holds exports")
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.suffix.lower() != ".md"
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and not RESERVED.intersection(path.relative_to(folder).parts[:1])
    ]
    if not found:
        raise ReviewError(f"{folder}: found no export, expected files {', '.join(sorted(_SUFFIXES))}")
    return found


def source(path: Path, folder: Path) -> str:
    """Return where the records of a file were found, by its folder's or its own name.

    Examples
    --------
    >>> source(Path("in/Google Scholar 2.csv"), Path("in")), source(Path("in/sage/part-01.ris"), Path("in"))
    ('google_scholar', 'sage')
    """
    inside = path.relative_to(folder).parts
    name = inside[0] if len(inside) > 1 else re.sub(r"[\s_.-]*(part)?[\s_.()-]*\d+\)?$", "", path.stem)
    return plain(name or path.stem).replace(" ", "_") or "unknown"


def rows(folder: Path) -> Iterator[dict[str, object]]:
    """Yield each record of ``folder`` as a row of the records, or of the rejects (with a ``reason``)."""
    return _rows(files(folder), folder)


def _rows(paths: list[Path], folder: Path, found_in: str | None = None) -> Iterator[dict[str, object]]:
    taken: dict[str, int] = {}
    for path in paths:
        name = path.relative_to(folder).as_posix()
        for position, (raw, fields) in enumerate(_read_file(path, name), start=1):
            reason = fields if isinstance(fields, str) else _fault(raw, fields)
            if isinstance(fields, str) or reason:
                shown = records.UNDECODED.sub("\ufffd", _CONTROL.sub(" ", raw))
                yield {"file": name, "position": position, "reason": reason, "raw": shown}
                continue
            origin = found_in or source(path, folder)
            yield {
                **_tidied(fields),
                "id": records.identify(origin, raw, taken),
                "source": origin,
                "file": name,
                "position": position,
                "raw": _CONTROL.sub(" ", raw),
            }


def _fault(raw: str, fields: Fields) -> str:
    if records.UNDECODED.search(raw):
        return "holds bytes that the encoding of its file does not know"
    return "" if any(fields.get(name) for name in ("title", "authors", "doi")) else "no title, author or DOI"


def _read_file(path: Path, name: str) -> Iterator[tuple[str, Fields | str]]:
    """Yield each record of a file: its text, and its fields or why it cannot be read."""
    if path.suffix.lower() not in _SUFFIXES:
        yield "", f"no export format has the suffix {path.suffix!r}"
        return
    encoding = records.encoding(path)
    errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
    with path.open(encoding=encoding, errors=errors, newline="") as file:
        if not any(line.strip() for line in file):
            yield "", "empty file"
            return
        file.seek(0)
        if path.suffix.lower() in {".csv", ".tsv"}:
            yield from _csv(file, name)
            return
        # Databases name their files as they like: what is in them tells the format.
        lines = _lines(file)
        head = list(islice(lines, 200))
        text = chain(head, lines)
        if any(_NBIB_TAG.match(line) for line in head):
            yield from _nbib(text)
        elif any(_RIS_TAG.match(line) for line in head):
            yield from _ris(text)
        elif any(_BIB_ENTRY.match(line) for line in head):
            yield from _bibtex(text)
        else:
            yield "".join(head), "holds no record in RIS, BibTeX or PubMed's format"


def _lines(file: IO[str]) -> Iterator[str]:
    """Yield the lines of a file, whatever ends them, each ended by a line feed."""
    for line in file:
        for part in line.rstrip("\r\n").split("\r"):
            yield part + "\n"


def _ris(lines: Iterator[str]) -> Iterator[tuple[str, Fields | str]]:
    """Split RIS at ``TY`` and ``ER``; dialects that leave ``ER`` out or blanks short are read too."""
    held: list[str] = []
    inside = False
    for line in lines:
        tag = _RIS_TAG.match(line)
        if tag and tag[1] == "TY":
            if any(part.strip() for part in held):
                yield _ris_record(held, inside)
            held, inside = [], True
        if not inside and _COUNT.match(line):  # some programs number the records
            continue
        if tag:
            line = f"{tag[1]}  - {tag[2]}\n"
        held.append(line)
        if tag and tag[1] == "ER":
            yield _ris_record(held, inside)
            held, inside = [], False
    if any(part.strip() for part in held):
        yield _ris_record(held, inside)


def _ris_record(lines: list[str], begun: bool) -> tuple[str, Fields | str]:
    import rispy

    raw = "".join(lines)
    if not begun:
        return raw, "text outside a record: no line TY before it"
    if not lines[-1].startswith("ER  -"):
        lines = [*lines, "ER  - \n"]
    try:
        (entry,) = rispy.loads("".join(lines))
    except Exception as error:  # whatever rispy stumbles over, the record is kept as a reject
        return raw, f"rispy: {type(error).__name__}: {error}"

    def first(*names: str) -> str:
        found = next((entry[name] for name in names if entry.get(name)), "")
        return "; ".join(map(str, found)) if isinstance(found, list) else str(found)

    start, end = first("start_page"), first("end_page")
    return raw, {
        "title": first("title", "primary_title", "short_title"),
        "authors": _people(entry.get("authors") or entry.get("first_authors") or entry.get("secondary_authors") or []),
        "year": first("year", "publication_year", "date"),
        # JO and JF are the journal; T2 is it too, unless the record says both.
        "journal": first("alternate_title3", "journal_name", "secondary_title", "alternate_title1", "alternate_title2"),
        "volume": first("volume"),
        "number": first("number"),
        "pages": f"{start}-{end}" if start and end and end not in start else start,
        "doi": first("doi"),
        "abstract": first("abstract", "notes_abstract"),
        "keywords": first("keywords"),
        "type": first("type_of_reference"),
        "language": first("language"),
        "url": next(iter(entry.get("urls") or []), ""),
    }


def _nbib(lines: Iterator[str]) -> Iterator[tuple[str, Fields | str]]:
    held: list[str] = []
    for line in lines:
        if _NBIB_TAG.match(line):
            if any(part.strip() for part in held):
                yield _nbib_record("".join(held))
            held = []
        held.append(line)
    if any(part.strip() for part in held):
        yield _nbib_record("".join(held))


def _nbib_record(raw: str) -> tuple[str, Fields | str]:
    import nbib

    try:
        (entry,) = nbib.read(raw.replace("\t", " ").rstrip() + "\n")
    except Exception as error:  # whatever nbib stumbles over, the record is kept as a reject
        return raw, f"nbib: {type(error).__name__}: {str(error).strip() or 'not one record'}"
    doi = re.search(r"^(?:LID|AID) ?- (\S+) \[doi\]", raw, re.MULTILINE)  # which nbib passes over
    terms = [*entry.get("keywords", []), *(term["descriptor"] for term in entry.get("descriptors", []))]
    return raw, {
        "title": entry.get("title", ""),
        "authors": _people(
            [person.get("author") or person.get("author_abbreviated", "") for person in entry.get("authors", [])]
        ),
        "year": str(entry.get("publication_date", "")),
        "journal": entry.get("journal", "") or entry.get("journal_abbreviated", ""),
        "volume": str(entry.get("journal_volume", "")),
        "number": str(entry.get("journal_issue", "")),
        "pages": str(entry.get("pages", "")),
        "doi": doi[1] if doi else "",
        "abstract": entry.get("abstract", ""),
        "keywords": "; ".join(dict.fromkeys(terms)),
        "type": next(iter(entry.get("publication_types", [])), ""),
        "language": entry.get("language", ""),
        "access": "open" if entry.get("pmcid") else "",
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{entry['pubmed_id']}/" if entry.get("pubmed_id") else "",
    }


def _bibtex(lines: Iterator[str]) -> Iterator[tuple[str, Fields | str]]:
    """Read BibTeX entry by entry; strings that one entry defines are known to all that follow."""
    strings = ""
    for raw in _bibtex_blocks(lines):
        entry = _BIB_ENTRY.match(raw)
        kind = entry[1].lower() if entry else "comment"
        if kind in {"comment", "preamble"}:
            continue
        found = list(_bibtex_records(raw, strings))
        if kind == "string" and not found:
            strings += raw.rstrip() + "\n"
        elif not found:
            yield raw, "bibtexparser: no complete entry"
        yield from found


def _bibtex_blocks(lines: Iterator[str]) -> Iterator[str]:
    """Split BibTeX where an entry begins outside the braces of another.

    Inside of them an entry begins only where a line begins with its kind and
    key (and holds no more, if it is indented): the entry before was not closed
    then. Braces between entries count for nothing.
    """
    held: list[str] = []
    depth = 0
    for line in lines:
        cut = 0
        if _BIB_KEYED.match(line):
            depth = 0
        for mark in _BIB_MARK.finditer(line):
            if depth == 0 and "@" in mark[0]:
                yield "".join([*held, line[cut : mark.start()]])
                held, cut = [], mark.start()
            if mark[0].endswith("{") and (depth or "@" in mark[0]):
                depth += 1
            elif mark[0] == "}":
                depth = max(depth - 1, 0)
        held.append(line[cut:])
    yield "".join(held)


def _bibtex_records(raw: str, strings: str) -> Iterator[tuple[str, Fields | str]]:
    """Yield all that bibtexparser finds in the text of one entry: mostly that, or what it failed on."""
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import DuplicateFieldKeyBlock, Entry, ParsingFailedBlock

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # the rejects say it
    known = strings.count("\n")
    # It takes an @ at the head of a line for another entry, even inside of a field.
    entry = re.sub(r"(?<=\S)\s*\n\s*@", " @", raw)
    blocks = [
        block
        for block in parse_string(strings + entry).blocks
        if isinstance(block, Entry | ParsingFailedBlock) and (block.start_line or 0) >= known
    ]
    for block in blocks:
        text = raw if len(blocks) == 1 else block.raw or raw
        if isinstance(block, Entry):
            yield text[: text.rfind("}") + 1] or text, _bibtex_fields(block)  # what follows the entry is a comment
        elif isinstance(block, DuplicateFieldKeyBlock):
            twice = ", ".join(sorted(block.duplicate_keys))
            yield text, f"bibtexparser: found field {twice} twice, expected it once"
        elif isinstance(block, ParsingFailedBlock):
            yield text, f"bibtexparser: {str(block.error).partition(chr(10))[0] or 'no complete entry'}"


def _bibtex_fields(entry: Entry) -> Fields:
    from bibtexparser.library import Library
    from bibtexparser.middlewares import LatexDecodingMiddleware
    from bibtexparser.model import Entry

    for person in ("author", "editor"):  # braces around a whole name: an institution, whose words stay in order
        if person in entry:
            entry[person] = re.sub(r"(^|\band\s+)\{([^{}]*)\}(?=\s+and\b|\s*$)", r"\1\2,", str(entry[person]))
    # Decoding takes a millisecond a field, so only those are decoded that hold LaTeX.
    latex = [field for field in entry.fields if re.search(r"[\\{~]", str(field.value))]
    decoded = LatexDecodingMiddleware().transform(Library([Entry(entry.entry_type, entry.key, latex)]))
    texts = entry.fields_dict | decoded.entries[0].fields_dict
    fields = {name.lower(): str(field.value) for name, field in texts.items()}
    return {
        "title": fields.get("title", ""),
        "authors": _bibtex_people(fields.get("author") or fields.get("editor", "")),
        "year": fields.get("year") or fields.get("date", ""),
        "journal": next(
            (fields[name] for name in ("journal", "journaltitle", "booktitle", "institution") if name in fields), ""
        ),
        "volume": fields.get("volume", ""),
        "number": fields.get("number") or fields.get("issue", ""),
        "pages": fields.get("pages", ""),
        "doi": fields.get("doi", ""),
        "abstract": fields.get("abstract", ""),
        "keywords": fields.get("keywords", "").replace(",", ";"),
        "type": entry.entry_type,
        "language": fields.get("language") or fields.get("langid", ""),
        "url": fields.get("url", ""),
    }


def _bibtex_people(text: str) -> str:
    return _people(re.split(r"\s+and\s+", text))


def _csv(file: IO[str], name: str) -> Iterator[tuple[str, Fields | str]]:
    held: list[str] = []

    def lines() -> Iterator[str]:
        for line in file:
            held.append(line.replace("\0", ""))
            yield held[-1]

    reader = records.reader(lines())
    try:
        header = [column.strip().lstrip("\ufeff").lower().replace("_", " ") for column in next(reader, [])]
    except csv.Error as error:
        raise ReviewError(f"{name}, row 1: found {str(error)!r}, expected the names of columns") from None
    if "title" not in header and "primary title" not in header:
        raise ReviewError(f"{name}, row 1: found columns {', '.join(header) or 'none'}, expected one named Title")
    while True:
        held.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # with all the lines that a cell took in which was not closed
            yield "".join(held), f"csv: {error}"
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            yield "".join(held), f"found {len(cells)} cells, expected {len(header)} as in the header"
            continue
        # The same whatever separates the cells in the file, since identifiers are made of it.
        raw = ",".join(cells)
        try:
            fields = _csv_fields(dict(zip(header, cells, strict=True)))
        except Exception as error:  # whatever a tool may have put into its cells, the record is kept as a reject
            yield raw, f"csv: {type(error).__name__}: {error}"
            continue
        yield raw, fields


def _csv_fields(row: dict[str, str]) -> Fields:
    # Our own exports name the database "source"; Publish or Perish calls the journal so.
    if "journal" in row:
        row = {name: cell for name, cell in row.items() if name != "source"}
    fields = {
        column: next((row[name].strip() for name in names if row.get(name, "").strip()), "")
        for column, names in CSV_NAMES.items()
    }
    fields = {column: cell[1:] if re.match(r"'+[=+@-]", cell) else cell for column, cell in fields.items()}
    if row.get("endpage") and fields["pages"] and "-" not in fields["pages"]:
        fields["pages"] = f"{fields['pages']}-{row['endpage']}"
    fields["authors"] = _people(_listed(fields["authors"]))
    for column in ("keywords", "type"):
        parts = _names(fields[column])
        fields[column] = fields[column] if parts is None else "; ".join(parts)
    # Semantic Scholar: a journal with its volume and pages, and identifiers by the name of their registry.
    journal, identifiers = _literal(fields["journal"]), _literal(fields["doi"])
    if isinstance(journal, dict):
        fields["journal"] = _joined(journal.get("name") or row.get("venue") or "")
        for column in ("volume", "pages"):
            fields[column] = fields[column] or _joined(journal.get(column) or "")
    if isinstance(identifiers, dict):
        fields["doi"] = _joined(identifiers.get("DOI") or "")
    fields["access"] = {"true": "open", "false": "restricted"}.get(fields["access"].lower(), fields["access"])
    return fields


def _listed(text: str) -> list[str]:
    """Return the parts of a cell that lists names, as each tool separates them."""
    names = _names(text)
    if names is not None:
        return names
    if ";" in text:
        return text.split(";")
    if re.search(r"\sand\s", text):
        return re.split(r",?\s+and\s+", text)
    parts = [part.strip() for part in text.split(",")]
    # "M Mergel, N Edelmann" lists two people, "Mergel, Ines" is one.
    return parts if len(parts) > 2 or all(" " in part for part in parts) else [text]


def _names(text: str) -> list[str] | None:
    """Return the names in a cell that holds a list in JSON or Python, or nothing where it is other text."""
    parts = _literal(text)
    if not isinstance(parts, list):
        return None
    named = (part.get("name") if isinstance(part, dict) else part for part in parts)
    return [_joined(name) for name in named if name not in (None, "")]


def _literal(text: str) -> Any:
    """Return what a cell says in JSON, or else in Python; nothing where it only looks like that."""
    if text[:1] not in {"[", "{"}:
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            continue
    return None


def _joined(value: object) -> str:
    """Return a value as text, in which escapes for the two halves of one character are that character."""
    return str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _people(names: list[str]) -> str:
    """Return names as ``Family, Given; Family, Given``."""
    tidy = (" ".join(re.sub(r"\u2026|\.\.\.|\bet al\b\.?", "", name).split()) for name in names)
    ordered = (_family_first(name).strip(" ,;") for name in tidy)
    return "; ".join(name for name in ordered if name and name != "others")


def _family_first(name: str) -> str:
    """Return a name family first, as far as its form tells which part that is.

    Examples
    --------
    >>> _family_first("M Mergel"), _family_first("Mergel I"), _family_first("Ines Mergel"), _family_first("Sukarno")
    ('Mergel, M', 'Mergel, I', 'Mergel, Ines', 'Sukarno')
    """
    parts = name.split(" ")
    if "," in name or len(parts) == 1:
        return name
    if re.fullmatch(r"(?:[A-Z]\.?-?){1,3}", parts[-1]):  # "Mergel I"
        return f"{' '.join(parts[:-1])}, {parts[-1]}"
    return f"{parts[-1]}, {' '.join(parts[:-1])}"


def _tidied(fields: Fields) -> dict[str, object]:
    """Return the fields with blanks joined, years as numbers, and types, languages and DOIs in one spelling."""
    clean = {name: " ".join(_CONTROL.sub(" ", value).split()) for name, value in fields.items()}
    year = _YEAR.search(clean.get("year", ""))
    doi = re.search(r"10\.\d{3,9}/\S+", clean.get("doi", ""))
    kind, language = clean.get("type", "").lower(), clean.get("language", "").lower()
    return clean | {
        "year": int(year[0]) if year else None,
        "keywords": re.sub(r"\s*;\s*", "; ", clean.get("keywords", "")).strip("; "),
        "pages": re.sub(r"\s*[-\u2013\u2014]+\s*", "-", clean.get("pages", "")),
        "doi": doi[0].lower().rstrip(".,;") if doi else "",
        "type": _TYPES.get(kind, kind),
        "language": _LANGUAGES.get(language, language.partition("-")[0]),
    }
