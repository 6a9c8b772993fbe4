"""The table of records: its columns, its identifiers, and how it is stored.

Text cells are never missing but may be empty; years may be missing. Several
authors or keywords in one cell are separated by ``"; "``, an author is written
``Family, Given``.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

import pandas as pd

from systematic_review.errors import ReviewError, Unreadable
from systematic_review.workbook import read_workbook

#: What is known of a record. ``id`` identifies it, ``source`` is where it was
#: found, ``pmid`` and ``accession`` are its numbers in PubMed and in the
#: database, ``file`` and ``position`` (from 1) where it stood in the export, and
#: ``raw`` the text that it was read from.
COLUMNS = [
    "id",
    "source",
    "title",
    "authors",
    "year",
    "journal",
    "volume",
    "number",
    "pages",
    "doi",
    "pmid",
    "accession",
    "abstract",
    "keywords",
    "type",
    "language",
    "access",
    "url",
    "file",
    "position",
    "raw",
]
REJECTS = ["file", "position", "reason", "raw"]

#: What Python keeps of bytes that it cannot decode.
UNDECODED = re.compile(r"[\udc80-\udcff]")

_ASCII_WORDS = re.compile(r"[a-z0-9]+")
_HIGH = re.compile(rb"[\x80-\xff]")
_ROWS = re.compile(rb"[\x80-\xff]{3,}")
_SAMPLE = 50_000  # bytes that tell an encoding
#: What chardet calls encodings, and Python's name for the one that programs on Windows write.
_LATIN = {
    "windows-1252": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-15": "cp1252",
    "windows-1250": "cp1250",
    "iso-8859-2": "iso8859-2",
    "windows-1254": "cp1254",
    "iso-8859-9": "cp1254",
    "windows-1257": "cp1257",
    "iso-8859-13": "cp1257",
}
_SCRIPTS = {
    "windows-1251": "cp1251",
    "koi8-r": "koi8_r",
    "koi8-u": "koi8_u",
    "windows-1253": "cp1253",
    "iso-8859-7": "cp1253",
    "windows-1255": "cp1255",
    "windows-1256": "cp1256",
    "tis-620": "cp874",
    "cp874": "cp874",
}
_SIGNS = {
    "gb18030": "gb18030",
    "big5": "big5",
    "big5-hkscs": "big5hkscs",
    "cp949": "cp949",
    "euc-kr": "cp949",
    "cp932": "cp932",
    "shift_jis": "cp932",
    "euc-jp": "euc_jp",
}
#: How files end that are not whole yet.
PART = ".systematic-review.part"
_INTEGERS = {"year", "position"}
#: A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV Injection").
_FORMULA = re.compile(r"^(?='*[=+\-@\t])")
_NEUTRALISED = re.compile(r"^'(?='*[=+\-@\t])")
#: So does what follows a semicolon, a tab or a line's end, where it splits cells at those.
_INNER_FORMULA = re.compile(r"(?<=[;\t\n])(?='*[=+\-@])")
_INNER_NEUTRALISED = re.compile(r"(?<=[;\t\n])'(?='*[=+\-@])")


def typed_table(rows: Iterable[Mapping[str, object]], columns: list[str] = COLUMNS) -> pd.DataFrame:
    """Return ``rows`` as a typed frame: integers as ``Int64``, everything else as text.

    Examples
    --------
    >>> frame = typed_table([{"id": "a", "year": 2020}, {"id": "b"}], ["id", "title", "year"])
    >>> frame["title"].tolist(), frame["year"].isna().tolist()
    (['', ''], [False, True])
    """
    frame = pd.DataFrame(list(rows), columns=columns)
    integers = {column: "Int64" for column in columns if column in _INTEGERS}
    texts = [column for column in columns if column not in _INTEGERS]
    frame[texts] = frame[texts].astype(object).fillna("")
    return frame.astype({column: "str" for column in texts} | integers)


def identify_record(source: str, fields: Mapping[str, object], taken: dict[str, int]) -> str:
    """Return the identifier of a record: its source and ten digits of the hash of what names the work.

    A record keeps its identifier when a search is repeated, when files are
    added or sorted anew, and whatever the day of the export changes:
    citations, ranks, dates. Where a source holds the same work again, a number
    is added; ``taken`` counts what was given before.

    Examples
    --------
    >>> taken: dict[str, int] = {}
    >>> [identify_record("sage", {"title": "On Kerbs", "year": 2019}, taken) for _ in range(2)]
    ['sage-ca3e76c8b4', 'sage-ca3e76c8b4-2']
    """
    name = f"{source}-{next(iter(work_fingerprints(fields)))}"
    taken[name] = taken.get(name, 0) + 1
    return name if taken[name] == 1 else f"{name}-{taken[name]}"


def work_fingerprints(fields: Mapping[str, object]) -> list[str]:
    """Return what names a work, each as ten digits of a hash, the surest first.

    These are its DOI, its number in PubMed and in the database, and its title
    with first author and year; where none is known, all else that is. What was
    decided on a record is found again by any of them, after the record has
    gained a DOI, or its file another name.

    Examples
    --------
    >>> named = {"title": "On Kerbs", "authors": "Sari, A; Tono, B", "year": 2019}
    >>> work_fingerprints(named) == work_fingerprints({"title": "On kerbs.", "authors": "Sari, Ani", "year": 2019})
    True
    >>> work_fingerprints(named | {"doi": "10.5555/x"})[1:] == work_fingerprints(named)
    True
    """
    known = {name: str(fields.get(name) or "") for name in ("doi", "pmid", "accession", "title", "authors")}
    year = fields.get("year")
    year = "" if year is None or pd.isna(year) else str(year)  # type: ignore[call-overload]
    told = [f"{name}:{known[name].lower()}" for name in ("doi", "pmid", "accession") if known[name]]
    if title := normalize_text(known["title"]).replace(" ", ""):
        first, comma, _ = known["authors"].split(";")[0].partition(",")
        author = normalize_text(first)
        # The last word of a name without a comma is what it was called by before bodies kept their names.
        authors = [author] if comma or " " not in author else [author.split()[-1], author]
        told += [f"title:{title}|{name}|{year}" for name in authors]
    if not told:
        rest = (str(fields.get(name) or "") for name in ("authors", "journal", "volume", "pages", "abstract", "url"))
        told = ["rest:" + "|".join([year, *map(normalize_text, rest)])]
    return [hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:10] for text in told]


def normalize_text(text: str) -> str:
    """Return ``text`` in lower case without accents, punctuation and repeated blanks.

    Examples
    --------
    >>> normalize_text("Café-Cities:  a Review")
    'cafe cities a review'
    """
    folded = text.casefold()
    if folded.isascii():  # most is, and takes a tenth of the time so
        return " ".join(_ASCII_WORDS.findall(folded))
    decomposed = unicodedata.normalize("NFKD", folded)
    kept = "".join(
        letter if letter.isalnum() else "" if unicodedata.combining(letter) else " " for letter in decomposed
    )
    return " ".join(kept.split())


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write ``frame`` as CSV, whole or not at all, so that a spreadsheet takes no cell for a formula.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_table(typed_table([{"id": "a", "title": "=1+1"}], ["id", "title"]), Path(folder) / "records.csv")
    ...     print((Path(folder) / "records.csv").read_text().strip())
    id,title
    a,'=1+1
    """
    with open_replacing(path) as file:
        append_rows(frame, file, header=True)


def write_new_table(frame: pd.DataFrame, path: Path) -> None:
    """Write ``frame`` as CSV or, by the file's suffix, for Excel; a file that is there already is not touched.

    Raises
    ------
    ReviewError : there is such a file, or its suffix is neither ``.csv`` nor ``.xlsx``.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("sheet.csv", "sheet.xlsx"):
    ...         write_new_table(pd.DataFrame({"record": ["sage-1"]}), Path(folder) / name)
    ...         print(read_cells(Path(folder) / name, ["record"]).to_numpy().tolist())
    [['sage-1']]
    [['sage-1']]
    """
    if path.exists():
        raise ReviewError(f"{path}: found it there already, expected a new file, so that no decision is written over")
    if path.suffix.lower() == ".csv":
        write_table(frame, path)
    elif path.suffix.lower() == ".xlsx":
        write_workbook({"sheet": frame}, path)
    else:
        raise ReviewError(f"{path}: found suffix {path.suffix!r}, expected .csv or .xlsx")


def write_workbook(sheets: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write frames as the sheets of a workbook for Excel, cells as text or numbers and never as formulas.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_workbook({"works": pd.DataFrame({"title": ["=1+1"]})}, Path(folder) / "works.xlsx")
    ...     read_cells(Path(folder) / "works.xlsx")["title"].tolist()
    ['=1+1']
    """
    from datetime import datetime

    import xlsxwriter

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}{PART}")
    try:
        with xlsxwriter.Workbook(
            str(part),
            {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True},
        ) as book:
            # The same tables give the same file, whenever it is written.
            book.set_properties({"created": datetime(2000, 1, 1)})
            bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
            for name, frame in sheets.items():
                page = book.add_worksheet(name[:31])
                page.freeze_panes(1, 0)
                page.write_row(0, 0, [str(column) for column in frame], bold)
                for place, cells in enumerate(
                    frame.astype(object).where(frame.notna(), "").to_numpy().tolist(), start=1
                ):
                    page.write_row(place, 0, [str(cell)[:32_767] for cell in cells], wrapped)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_rows(rows: Iterable[Mapping[str, str]], columns: list[str], path: Path) -> None:
    """Write rows of text as :func:`write_table` writes a frame; what a row lacks is empty.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_rows([{"record": "a", "note": "=1+1"}], ["record", "note"], Path(folder) / "sheet.csv")
    ...     print((Path(folder) / "sheet.csv").read_text().strip())
    record,note
    a,'=1+1
    """
    with open_replacing(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_neutralize_formula(row.get(column, "")) for column in columns] for row in rows)


def append_rows(frame: pd.DataFrame, file: IO[str], *, header: bool) -> None:
    """Add the rows of ``frame`` to an open CSV file.

    Examples
    --------
    >>> import sys
    >>> append_rows(typed_table([{"id": "a", "title": "On Kerbs"}], ["id", "title"]), sys.stdout, header=True)
    id,title
    a,On Kerbs
    """
    texts = frame.select_dtypes(include=["str", "object"]).columns
    safe = frame.copy()
    for column in texts:
        safe[column] = pd.Series([_neutralize_formula(cell) for cell in frame[column]], index=frame.index, dtype=object)
    safe.to_csv(file, index=False, header=header, lineterminator="\n")


def read_cells(path: Path, required: Iterable[str] = ()) -> pd.DataFrame:
    r"""Return a CSV file that :func:`write_table` wrote, or that a person saved from a spreadsheet, cell by cell.

    Rows that are wholly empty are left out.

    Raises
    ------
    ReviewError : no such file, not readable as CSV, a required column is missing
        or there twice, or a row has more or fewer cells than there are columns.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "saved.csv"
    ...     _ = path.write_text("record;decision\nsage-1;include\n")
    ...     read_cells(path, ["record"]).to_dict("records")
    [{'record': 'sage-1', 'decision': 'include'}]
    """
    columns, found = _split_rows(path, required)
    cells = zip(*(row for _, row in found), strict=True) if found else ([] for _ in columns)
    return pd.DataFrame(
        {name: pd.Series(list(column), dtype="str") for name, column in zip(columns, cells, strict=True)}
    )


def read_numbered_rows(path: Path, required: Iterable[str] = ()) -> list[tuple[int, dict[str, str]]]:
    r"""Return what :func:`read_cells` returns row by row, each with its number in the file, empty rows counted.

    Raises
    ------
    ReviewError : as :func:`read_cells`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "saved.csv"
    ...     _ = path.write_text("record,decision\n\nsage-1,include\n")
    ...     read_numbered_rows(path)
    [(3, {'record': 'sage-1', 'decision': 'include'})]
    """
    columns, found = _split_rows(path, required)
    return [(place, dict(zip(columns, row, strict=True))) for place, row in found]


#: The suffixes of files that people keep tables in.
TABLE_SUFFIXES = (".csv", ".xlsx", ".ods", ".xls")


def find_table(folder: Path, name: str) -> Path:
    """Return the table called ``name`` in a folder, whatever program keeps it; as CSV where there is none.

    Raises
    ------
    ReviewError : there are two of that name.

    Examples
    --------
    >>> find_table(Path("no such folder"), "duplicates").name
    'duplicates.csv'
    """
    there = [path for suffix in TABLE_SUFFIXES if (path := folder / f"{name}{suffix}").exists()]
    if len(there) > 1:
        raise ReviewError(f"{folder}: found {', '.join(path.name for path in there)}, expected one of them")
    return there[0] if there else folder / f"{name}.csv"


def _sheet_cells(path: Path, required: Iterable[str]) -> list[tuple[int, list[str]]]:
    """Return the rows of the first sheet of a workbook that has the columns required, each with its number."""
    wanted = set(required)
    try:
        sheets = read_workbook(path)
    except Unreadable as error:
        raise ReviewError(f"{path}: {error}") from None
    for rows in sheets.values():
        filled = [(place, cells) for place, cells in enumerate(rows, start=1) if any(map(str.strip, cells))]
        if filled and wanted <= {cell.strip() for cell in filled[0][1]}:
            return [(place, [_restore_cell(cell) for cell in cells]) for place, cells in filled]
    raise ReviewError(f"{path}: found no sheet with the columns {', '.join(sorted(wanted))}, expected one")


def _split_rows(path: Path, required: Iterable[str]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the columns of a table, and the cells of each row that is not empty beside its number."""
    found: list[tuple[int, list[str]]] = []
    required = list(required)
    place = 0
    try:
        if path.suffix.lower() in TABLE_SUFFIXES[1:] and path.exists():
            return _even_rows(path, required, _sheet_cells(path, required))
        with path.open(encoding=detect_encoding(path), newline="") as file:
            for place, cells in enumerate(parse_csv_lines(file), start=1):
                if any(cell.strip() for cell in cells):
                    found.append((place, [_restore_cell(cell) for cell in cells]))
    except FileNotFoundError:
        raise ReviewError(f"{path}: found no such file, expected a CSV file") from None
    except UnicodeDecodeError as error:
        raise ReviewError(f"{path}: found {str(error)!r}, expected a CSV file") from None
    except csv.Error as error:
        raise ReviewError(f"{path}, row {place + 1}: found {str(error)!r}, expected a CSV file") from None
    if not found:
        raise ReviewError(f"{path}: found an empty file, expected a CSV file")
    return _even_rows(path, required, found)


def _even_rows(
    path: Path, required: Iterable[str], found: list[tuple[int, list[str]]]
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    head, columns = found[0]
    columns = [column.strip() for column in _drop_surplus(columns, 0)]
    for column in required:
        if columns.count(column) != 1:
            raise ReviewError(
                f"{path}, row {head}, column {column}: found {', '.join(columns)}, expected a column {column}"
                + (" once" if column in columns else "")
            )
    even = [(place, _drop_surplus(cells, len(columns))) for place, cells in found[1:]]
    for place, cells in even:
        if len(cells) != len(columns):
            raise ReviewError(f"{path}, row {place}: found {len(cells)} cells, expected {len(columns)}")
    return columns, even


def _drop_surplus(cells: list[str], columns: int) -> list[str]:
    """Return a row without the empty cells that spreadsheets add after its last column."""
    count = len(cells)
    while count > columns and not cells[count - 1].strip():
        count -= 1
    return cells[:count]


def parse_csv_lines(lines: Iterable[str]) -> Iterator[list[str]]:
    r"""Return the rows of a CSV file from its lines; a first line ``sep=;`` says what separates their cells.

    It is strict: a quotation mark that is not closed raises :class:`csv.Error`
    rather than take the rows that follow into its cell.

    Examples
    --------
    >>> list(parse_csv_lines(["sep=;\n", "title;year\n", '"Kerbs; and more";2019\n']))
    [['title', 'year'], ['Kerbs; and more', '2019']]
    """
    csv.field_size_limit(2**31 - 1)  # an abstract of megabytes is still a cell; Windows takes no more
    left = iter(lines)
    head = next(left, "")
    told = re.fullmatch(r'\ufeff?"?sep=(.)"?[\r\n]*', head, re.IGNORECASE)
    return csv.reader(
        left if told else chain([head], left), delimiter=told[1] if told else detect_separator(head), strict=True
    )


def read_table(path: Path) -> pd.DataFrame:
    """Return records or works that :func:`write_table` wrote, with the types of :func:`typed_table`.

    Raises
    ------
    ReviewError : as :func:`read_cells`, or a year or position that is not a whole number.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_table(typed_table([{"id": "a", "title": "On Kerbs", "year": 2019}]), Path(folder) / "records.csv")
    ...     read_table(Path(folder) / "records.csv")["year"].tolist()
    [2019]
    """
    frame = read_cells(path, ["id", "title"])
    for column in _INTEGERS & set(frame):
        try:
            frame[column] = pd.to_numeric(frame[column].replace("", None)).astype("Int64")
        except (ValueError, TypeError):
            raise ReviewError(f"{path}, column {column}: found text, expected whole numbers") from None
    return frame


def detect_encoding(path: Path) -> str:
    """Return the encoding of a file: by its mark, UTF-8 where it is that, or else the likeliest by its letters.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "export.ris"
    ...     _ = path.write_bytes("TI  - Élan à São Paulo".encode("cp1252"))
    ...     detect_encoding(path)
    'cp1252'
    """
    sample: list[bytes] = []
    with path.open("rb") as file:
        start = file.read(4)
        for mark, name in (
            (codecs.BOM_UTF8, "utf-8-sig"),
            (codecs.BOM_UTF16_LE, "utf-16"),
            (codecs.BOM_UTF16_BE, "utf-16"),
        ):
            if start.startswith(mark):
                return name
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        beyond = wrong = size = 0
        while block := file.read(1 << 20):
            if file.tell() == len(block) and block[:1000].count(0) > len(block[:1000]) / 4:  # UTF-16 without its mark
                return "utf-16-le" if block[1:2] == b"\0" else "utf-16-be"
            text = decoder.decode(block)
            beyond += len(text) - len(text.encode("ascii", "ignore"))
            wrong += len(UNDECODED.findall(text))
            if size < _SAMPLE:
                sample += [line[:2000] for line in block.splitlines() if _HIGH.search(line)]
                size = sum(map(len, sample))
    # A few broken bytes do not make a file in UTF-8 one in another encoding.
    return "utf-8" if wrong * 5 <= beyond else guess_encoding(b"\n".join(sample)[: 2 * _SAMPLE])


def guess_encoding(sample: bytes) -> str:
    """Return the likeliest encoding of text that is not UTF-8, of those that programs for references write.

    Letters beyond ASCII stand in rows of many in other scripts, and between
    others in Latin ones; chardet knows which letters follow each other in which
    language.

    Examples
    --------
    >>> guess_encoding("Городская среда".encode("cp1251")), guess_encoding("Środki w Łodzi".encode("cp1250"))
    ('cp1251', 'cp1250')
    """
    import chardet

    guesses = chardet.detect_all(sample, ignore_threshold=True)
    latin = sum(map(len, _ROWS.findall(sample))) * 2 <= len(_HIGH.findall(sample))
    signs = [guess for guess in guesses[:2] if str(guess["encoding"]).lower() in _SIGNS and guess["confidence"] > 0.2]
    known = _SIGNS if signs else _LATIN if latin else _SCRIPTS
    return next((name for guess in guesses if (name := known.get(str(guess["encoding"]).lower()))), "cp1252")


def detect_separator(head: str) -> str:
    """Return what separates the cells of a CSV file, by its first line: a comma, or a semicolon or tab.

    Spreadsheets write semicolons where the comma is the decimal sign.

    Examples
    --------
    >>> detect_separator("title;year;doi"), detect_separator("title,year")
    (';', ',')
    """
    return max(",;\t", key=head.count)


@contextmanager
def open_replacing(path: Path, *, binary: bool = False) -> Iterator[IO[Any]]:
    """Open a file beside ``path`` that takes its place when all is written, or is removed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with open_replacing(Path(folder) / "flow.svg") as file:
    ...         _ = file.write("<svg/>")
    ...     [path.name for path in Path(folder).iterdir()]
    ['flow.svg']
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    form: dict[str, Any] = {"mode": "wb"} if binary else {"mode": "w", "encoding": "utf-8", "newline": ""}
    # Hidden, so that what a process leaves that is killed is no file of people's.
    with NamedTemporaryFile(**form, dir=path.parent, prefix=".", suffix=PART, delete=False) as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            file.close()
            os.unlink(file.name)
            raise
    os.chmod(file.name, 0o644)  # temporary files are private
    os.replace(file.name, path)


def _neutralize_formula(cell: object) -> object:
    """Return text so that it is no formula, with line feeds for whatever ends its lines."""
    if not isinstance(cell, str):
        return cell
    lines = cell.replace("\r\n", "\n").replace("\r", "\n")
    return _INNER_FORMULA.sub("'", _FORMULA.sub("'", lines, count=1))


def _restore_cell(cell: str) -> str:
    """Return a cell as it was before :func:`_neutralize_formula`."""
    return _INNER_NEUTRALISED.sub("", _NEUTRALISED.sub("", cell, count=1))
