"""Exports with a row a record: CSV, tab-delimited text, and the sheets of Excel and LibreOffice.

Columns are known by their names, which :data:`NAMES` lists for each database
and tool; which columns of a file were not used is told.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from systematic_review import records
from systematic_review.errors import Unreadable
from systematic_review.formats import normalize, ovid
from systematic_review.formats.normalize import Fields, Piece
from systematic_review.records import normalize_text
from systematic_review.workbook import read_workbook

#: The names that each of our columns has in others' tables, in lower case and
#: without punctuation; the first that is filled counts.
NAMES: dict[str, tuple[str, ...]] = {
    "title": (
        "title",
        "document title",
        "item title",
        "article title",
        "primary title",
        "display name",
        "ti",
        "study title",
        "public title",
        "scientific title",
        "official title",
        "cnki title",
    ),
    "authors": (
        "authors",
        "author",
        "first authors",
        "author names",
        "author s",
        "authorships author display name",
        "author full names",
        "author names display name",
        "au",
        "af",
        "authorstring",
        "authorlist author",
        "cnki author",
        "inventors",
        "editors",
        "editor",
        "sponsor",
        "primary sponsor",
        "sponsor collaborators",
    ),
    "year": (
        "year",
        "published year",
        "publication year",
        "pubyear",
        "publicationdate",
        "publication date",
        "date published",
        "py",
        "yr",
        "dp",
        "cnki year",
        "cnki pubtime",
        "first posted",
        "date registration",
        "study first posted",
        "start date",
        "issued",
        "date",
    ),
    "journal": (
        "journal",
        "source title",
        "publication title",
        "journal book",
        "venue",
        "container title",
        "primary location source display name",
        "primary location display name",
        "host venue display name",
        "journaltitle",
        "journalinfo journal title",
        "parenttitle",
        "cnki source",
        "jn",
        "so",
        "secondary title",
        "journal name",
        "alternate title3",
        "jf",
        "jo",
        "t2",
        "proceedings title",
        "conference name",
        "book title",
        "book series title",
        "source register",
        "source",
    ),
    "volume": (
        "volume",
        "journal volume",
        "biblio volume",
        "vl",
        "vo",
        "journalvolume",
        "journalinfo volume",
        "cnki volume",
        "cnki roll",
    ),
    "number": (
        "issue",
        "number",
        "issue number",
        "journal issue",
        "biblio issue",
        "is",
        "ip",
        "journalinfo issue",
        "cnki period",
    ),
    "pages": (
        "pages",
        "pagination",
        "page",
        "page range",
        "pageinfo",
        "pg",
        "cnki pagecount",
        "article number",
        "art no",
        "ar",
    ),
    "doi": ("doi", "item doi", "di", "do", "doi link", "externalids doi", "externalids", "ids doi", "cnki doi"),
    "pmid": ("pmid", "pubmed id", "medline pmid", "pm", "externalids pubmed", "ids pmid"),
    "accession": (
        "ut unique wos id",
        "ut unique id",
        "ut",
        "eid",
        "lens id",
        "publication id",
        "openalex id",
        "id",
        "paperid",
        "pmcid",
        "pmc id",
        "accession number",
        "document identifier",
        "pui",
        "nct number",
        "trialid",
        "trial id",
        "main id",
        "an",
        "ui",
        "itemid",
    ),
    "abstract": (
        "abstract",
        "abstract note",
        "notes abstract",
        "ab",
        "abstract text",
        "abstracttext",
        "brief summary",
        "cnki summary",
        "summary",
    ),
    "keywords": (
        "author keywords",
        "keywords",
        "keywords display name",
        "manual tags",
        "automatic tags",
        "de",
        "index keywords",
        "keywords plus",
        "ieee terms",
        "mesh terms",
        "keywordlist keyword",
        "cnki keyword",
        "kw",
        "conditions",
        "condition",
        "emtree drug index terms major focus",
    ),
    "type": (
        "document type",
        "publication type",
        "publicationtypes",
        "item type",
        "content type",
        "type",
        "dt",
        "reference type",
        "type of reference",
        "pubtypelist pubtype",
        "pubtype",
        "typename",
        "cnki srcdatabase",
        "pt",
    ),
    "language": ("language", "language of original document", "article language", "la", "lg", "languages"),
    "access": (
        "access",
        "open access",
        "isopenaccess",
        "open access is oa",
        "is oa",
        "open access status",
        "open access colour",
        "open access designations",
        "oa",
    ),
    "url": (
        "url",
        "articleurl",
        "article url",
        "fulltexturl",
        "link",
        "pdf link",
        "source url",
        "source urls",
        "primary location landing page url",
        "external url",
        "ref url",
        "study url",
        "web address",
        "cnki url",
        "ur",
    ),
}
#: First and last page, where they have columns of their own.
_PAGES = (
    ("startpage", "start page", "page start", "biblio first page", "bp", "firstpage"),
    ("endpage", "end page", "page end", "biblio last page", "ep", "lastpage"),
)
#: What these say is read beside columns of their own: whose export it is, and where a record was printed.
_ASIDE = {"orn", "vn", "db", "so"}
_USED = _ASIDE | {name for names in NAMES.values() for name in names} | {name for names in _PAGES for name in names}
_OPEN = re.compile(r"true|y|yes|open|.*\b(?:open access|gold|green|hybrid|bronze|diamond)\b.*", re.IGNORECASE)
_SEARCHED = 20  # rows among which the columns' names are looked for, since some tell of the search before


def column_names(head: Iterable[str]) -> list[str]:
    r"""Return the names in the first row of a table that is not empty.

    Examples
    --------
    >>> column_names(["Title;Year\n", "On Kerbs;2019\n"])
    ['Title', 'Year']
    """
    try:
        return next(
            ([cell.strip() for cell in row] for row in records.parse_csv_lines(head) if any(map(str.strip, row))), []
        )
    except csv.Error:
        return []


def is_header(head: list[str]) -> bool:
    r"""Return whether the names of a table's columns, one of them of titles, stand in one of its first lines.

    Examples
    --------
    >>> is_header(["Exported from somewhere\n", "Title,Year\n"]), is_header(["one,two\n"])
    (True, False)
    """
    for place in range(min(len(head), _SEARCHED)):
        if not head[place].strip():
            continue
        names = column_names(head[place : place + 1]) or column_names(head[place:])
        if _has_titles(names) and (len(names) > 1 or place == 0):
            return True
    return False


def _has_titles(names: Iterable[str]) -> bool:
    return any(_known_column(name) in NAMES["title"] for name in names)


def _known_column(column: str) -> str:
    column = column.strip().lstrip("\ufeff")
    # CNKI names its columns in English and Chinese: "Title-题名".
    bilingual = re.fullmatch(r"([A-Za-z]{2,20})-(?:DOI|URL|[^\x00-\x7f]{1,20})", column)
    return f"cnki {bilingual[1].lower()}" if bilingual else normalize_text(column)


def read_text_rows(file: IO[str], unused: list[str]) -> Iterator[Piece]:
    r"""Yield the rows of a CSV or tab-delimited file; the names of columns with cells nobody read join ``unused``.

    Examples
    --------
    >>> unused: list[str] = []
    >>> [fields["title"] for _, fields in read_text_rows(iter(["Title,Shelf\n", "On Kerbs,4\n"]), unused)], unused
    (['On Kerbs'], ['Shelf'])
    """
    held: list[str] = []
    above = list(islice(file, _SEARCHED))
    start = next((place for place in range(len(above)) if is_header(above[place : place + 1])), 0)
    told = above[:1] if start and re.match(r'\ufeff?"?sep=', above[0], re.IGNORECASE) else []

    def lines() -> Iterator[str]:
        for line in chain(told, above[start:], file):
            held.append(line.replace("\0", ""))
            yield held[-1]

    reader: Any = records.parse_csv_lines(lines())
    try:
        header: list[str] = next(reader, [])
        while not _has_titles(header):
            header = next(reader)
    except StopIteration:
        return
    except csv.Error as error:
        raise Unreadable(f"row 1: found {str(error)!r}, expected the names of columns") from None
    names = [_known_column(column) for column in header]
    filled: set[str] = set()
    while True:
        held.clear()
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:  # with all the lines that a cell took in which was not closed
            loose = list(csv.reader(held, delimiter=reader.dialect.delimiter)) if "expected after" in str(error) else []
            if len(loose) == 1 and len(loose[0]) == len(names):  # quotation marks in a cell that were not doubled
                yield _row_cells(names, loose[0], filled)
            else:
                yield "".join(held), f"a quotation mark is not closed ({error})"
            continue
        if not any(cell.strip() for cell in cells):
            continue
        # Spreadsheets leave empty cells out at the end of a row, or add some.
        while len(cells) > len(names) and not cells[-1].strip():
            cells.pop()
        surplus = len(cells) - len(names)
        funding = max((place for place, name in enumerate(names) if name.startswith("funding text")), default=0)
        if surplus > 0 and funding:  # Scopus leaves further texts on funding out of the header
            del cells[funding + 1 : funding + 1 + surplus]
        if len(cells) > len(names):
            yield "".join(held), f"found {len(cells)} cells, expected {len(names)} as in the header"
            continue
        yield _row_cells(names, cells, filled)
    _note_unused(header, names, filled, unused)


def read_sheet_rows(path: Path, unused: list[str]) -> Iterator[Piece]:
    """Yield the rows of a workbook's first sheet that has a column of titles.

    Raises
    ------
    Unreadable : it is no workbook, or none of its sheets has such a column.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "export.xlsx"
    ...     _ = path.write_text("no workbook")
    ...     try:
    ...         list(read_sheet_rows(path, []))
    ...     except Unreadable as error:
    ...         print(str(error).partition(" (")[0])
    cannot be read as a spreadsheet
    """
    sheets = read_workbook(path)
    for cells in sheets.values():
        for place, header in enumerate(cells[:_SEARCHED]):
            if _has_titles(header):
                yield from _sheet_rows(header, cells[place + 1 :], unused)
                return
    raise Unreadable(f"none of its sheets ({', '.join(sheets)}) has a column with the records' titles")


def _sheet_rows(header: list[str], rows: list[list[str]], unused: list[str]) -> Iterator[Piece]:
    names = [_known_column(column) for column in header]
    filled: set[str] = set()
    for row in rows:
        if any(cell.strip() for cell in row):
            yield _row_cells(names, row, filled)
    _note_unused(header, names, filled, unused)


def _row_cells(names: list[str], cells: list[str], filled: set[str]) -> Piece:
    raw = ",".join(cells)
    row: dict[str, str] = {}
    for name, cell in zip(names, cells, strict=False):
        if cell.strip():
            filled.add(name)
            row.setdefault(name, cell)
    try:
        return raw, map_fields(row, set(names))
    except Exception as error:  # whatever a tool may have put into its cells, the record is kept as a reject
        return raw, f"cannot be read as a row of a table ({type(error).__name__}: {error})"


def _note_unused(header: list[str], names: list[str], filled: set[str], unused: list[str]) -> None:
    unused.extend(
        column.strip() for column, name in zip(header, names, strict=True) if name in filled and name not in _USED
    )


def map_fields(row: Mapping[str, str], names: set[str]) -> Fields:
    """Return what a row says, by our columns.

    Parameters
    ----------
    row : its cells that are filled, by the names of their columns as in :data:`NAMES`.
    names : all columns that the table has.

    Examples
    --------
    >>> said = map_fields({"article title": "On Kerbs", "source title": "Streets"}, {"article title", "source title"})
    >>> {name: cell for name, cell in said.items() if cell}
    {'title': 'On Kerbs', 'journal': 'Streets'}
    """
    # Our own exports and Scopus' name the database "source"; Publish or Perish calls the journal so.
    row = {name: cell[1:] if re.match(r"'+[=+@-]", cell) else cell for name, cell in row.items()}
    if names & set(NAMES["journal"][:-1]):
        row.pop("source", None)
    # An "id" is a name of the work in OpenAlex alone, and a row's number elsewhere.
    if not row.get("id", "").startswith("https://openalex.org/"):
        row.pop("id", None)
    found = {column: next((row[name].strip() for name in known if name in row), "") for column, known in NAMES.items()}
    start, end = (next((row[name].strip() for name in known if name in row), "") for known in _PAGES)
    if start or not found["pages"]:
        found["pages"] = normalize.format_pages(start, end) if start else found["pages"]
    elif end and "-" not in found["pages"]:
        found["pages"] = normalize.format_pages(found["pages"], end)
    if {"item title", "content type"} <= names:  # Springer sets nothing between its authors
        found["authors"] = re.sub(r"(?<=[a-z.])(?<!Mc)(?<!Mac)(?<!De)(?<!Le)(?=[A-Z][a-z])", "; ", found["authors"])
    found["authors"] = normalize.format_people(normalize.split_people(found["authors"]))
    if "vn" in names and names & {"orn", "db"}:  # Ovid's CSV
        people = [name for name in re.split(r"\n+", row.get("au", "")) if name.strip()]
        if len(people) > 1:
            found["authors"] = normalize.format_people(people)
        journal = row.get("jn", "") or row.get("jt", "")
        ours = {**found, "journal": journal, "accession": row.get("an", "") or row.get("ui", "")}
        found = ovid.complete_fields(ours, [row.get("so", "")], row.get("db", ""))
    if found["accession"] and found["accession"] in {row.get("nct number"), row.get("trialid")}:
        found["type"] = "trial registration"
    rayyan = {"key", "pmc id", "notes"} <= names
    for column in ("keywords", "type"):
        parts = normalize.parse_list(found[column])
        if parts is None and "|" in found[column]:
            parts = found[column].split("|")
        if parts is None and column == "keywords" and ";" not in found[column] and rayyan:
            parts = found[column].split(",")
        found[column] = found[column] if parts is None else "; ".join(part.strip() for part in parts)
    # Semantic Scholar: a journal with its volume and pages, and identifiers by the name of their registry.
    journal, identifiers = normalize.parse_literal(found["journal"]), normalize.parse_literal(found["doi"])
    if isinstance(journal, dict):
        found["journal"] = normalize.join_surrogates(journal.get("name") or row.get("venue") or "")
        for column in ("volume", "pages"):
            found[column] = found[column] or normalize.join_surrogates(journal.get(column) or "")
    if isinstance(identifiers, dict):
        found["doi"] = normalize.join_surrogates(identifiers.get("DOI") or "")
        found["pmid"] = found["pmid"] or normalize.join_surrogates(identifiers.get("PubMed") or "")
    found["doi"] = normalize.find_doi(found["doi"], found["url"], row.get("citation", ""))
    if "citation" in row and not found["volume"]:  # PubMed's CSV: "J Urban Gadg. 2021 Jan 1;6(1):21-29. doi: …"
        placed = re.search(r";\s{0,3}(\w{1,20})?(?:\(([^()]{0,60})\))?:([\w-]+)", row["citation"])
        for column, part in zip(("volume", "number", "pages"), placed.groups() if placed else (), strict=False):
            found[column] = found[column] or part or ""
    # Embase tells all of it in one cell: "Cancer (2004) 102:4 (253-258). Date of Publication: ...".
    if placed := re.match(r"(.{1,300}?) \(((?:19|20)\d\d)\) (\w+)(?::(\w+))? \(([\w-]+)\)", found["journal"]):
        found["journal"] = placed[1]
        for column, place in {"year": 2, "volume": 3, "number": 4, "pages": 5}.items():
            found[column] = found[column] or placed[place] or ""
    if found["access"]:
        closed = found["access"].lower() in {"false", "no", "closed", "restricted"}
        found["access"] = "restricted" if closed else "open" if _OPEN.fullmatch(found["access"]) else found["access"]
    return found
