"""The table of records: its columns, its identifiers, and how it is stored.

Text cells are never missing but may be empty; years may be missing. Several
authors or keywords in one cell are separated by ``"; "``, an author is written
``Family, Given``.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

import pandas as pd

from smartcity_review.data import DataError

#: What is known of a record. ``id`` identifies it, ``source`` is where it was
#: found, ``file`` and ``position`` (from 1) where it stood in the export, and
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

_INTEGERS = {"year", "position"}
#: A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV Injection").
_FORMULA = re.compile(r"^'*[=+\-@\t]")
_NEUTRALISED = re.compile(r"^'+[=+\-@\t]")


def table(rows: Iterable[Mapping[str, object]], columns: list[str] = COLUMNS) -> pd.DataFrame:
    """Return ``rows`` as a typed frame: integers as ``Int64``, everything else as text."""
    frame = pd.DataFrame(list(rows), columns=columns)
    integers = {column: "Int64" for column in columns if column in _INTEGERS}
    texts = [column for column in columns if column not in _INTEGERS]
    frame[texts] = frame[texts].astype(object).fillna("")
    return frame.astype({column: "str" for column in texts} | integers)


def identify(source: str, raw: str, taken: dict[str, int]) -> str:
    """Return the identifier of a record: its source and ten digits of the hash of its text.

    A record keeps its identifier when files are added, renamed or sorted
    anew, so that decisions still belong to it. Where the same text comes
    again, a number is added; ``taken`` counts what was given before.
    """
    digest = hashlib.sha256("\n".join(line.strip() for line in raw.split("\n")).encode()).hexdigest()[:10]
    name = f"{source}-{digest}"
    taken[name] = taken.get(name, 0) + 1
    return name if taken[name] == 1 else f"{name}-{taken[name]}"


def plain(text: str) -> str:
    """Return ``text`` in lower case without accents, punctuation and repeated blanks.

    Examples
    --------
    >>> plain("Café-Cities:  a Review")
    'cafe cities a review'
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(
        letter if letter.isalnum() else "" if unicodedata.combining(letter) else " " for letter in decomposed
    )
    return " ".join(kept.split())


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write ``frame`` as CSV, whole or not at all, so that a spreadsheet takes no cell for a formula."""
    with replacing(path) as file:
        append(frame, file, header=True)


def append(frame: pd.DataFrame, file: IO[str], *, header: bool) -> None:
    """Add the rows of ``frame`` to an open CSV file."""
    texts = frame.select_dtypes(include=["str", "object"]).columns
    safe = frame.copy()
    for column in texts:
        safe[column] = pd.Series([_neutral(cell) for cell in frame[column]], index=frame.index, dtype=object)
    safe.to_csv(file, index=False, header=header, lineterminator="\n")


def read(path: Path, required: Iterable[str] = ()) -> pd.DataFrame:
    """Return a CSV file that :func:`write` wrote, or that a person saved from a spreadsheet, cell by cell.

    Raises
    ------
    DataError : no such file, not readable as CSV, or a required column is missing.
    """
    try:
        with path.open(encoding=encoding(path), newline="") as file:
            head = file.readline()
            file.seek(0)
            frame = pd.read_csv(file, dtype="str", keep_default_na=False, sep=separator(head))
    except FileNotFoundError:
        raise DataError(f"{path}: found no such file, expected a CSV file") from None
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{path}: found {str(error).splitlines()[0]!r}, expected a CSV file") from None
    for column in required:
        if column not in frame:
            raise DataError(
                f"{path}, row 1, column {column}: found {', '.join(map(str, frame))}, expected a column {column}"
            )
    for name in frame:
        column = str(name)
        frame[column] = [cell[1:] if _NEUTRALISED.match(cell) else cell for cell in frame[column]]
        frame[column] = frame[column].astype("str")
    return frame


def read_table(path: Path) -> pd.DataFrame:
    """Return records or works that :func:`write` wrote, with the types of :func:`table`.

    Raises
    ------
    DataError : as :func:`read`, or a year or position that is not a whole number.
    """
    frame = read(path, ["id", "title"])
    for column in _INTEGERS & set(frame):
        try:
            frame[column] = pd.to_numeric(frame[column].replace("", None)).astype("Int64")
        except (ValueError, TypeError):
            raise DataError(f"{path}, column {column}: found text, expected whole numbers") from None
    return frame


def encoding(path: Path) -> str:
    """Return the encoding of a file: by its mark, UTF-8 where it is that, or else that of Western Windows."""
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
        beyond = wrong = 0
        while block := file.read(1 << 20):
            if file.tell() == len(block) and block[:1000].count(0) > len(block[:1000]) / 4:  # UTF-16 without its mark
                return "utf-16-le" if block[1:2] == b"\0" else "utf-16-be"
            text = decoder.decode(block)
            beyond += len(text) - len(text.encode("ascii", "ignore"))
            wrong += len(UNDECODED.findall(text))
    # A few broken bytes do not make a file in UTF-8 one in another encoding.
    return "utf-8" if wrong * 5 <= beyond else "cp1252"


def separator(head: str) -> str:
    """Return what separates the cells of a CSV file, by its first line: a comma, or a semicolon or tab.

    Spreadsheets write semicolons where the comma is the decimal sign, as in Indonesia.
    """
    return max(",;\t", key=head.count)


@contextmanager
def replacing(path: Path) -> Iterator[IO[str]]:
    """Open a file beside ``path`` that takes its place when all is written, or is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", encoding="utf-8", newline="", dir=path.parent, suffix=".part", delete=False) as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            os.unlink(file.name)
            raise
    os.chmod(file.name, 0o644)  # temporary files are private
    os.replace(file.name, path)


def _neutral(cell: object) -> object:
    """Return text so that it is no formula, with line feeds for whatever ends its lines."""
    if not isinstance(cell, str):
        return cell
    lines = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{lines}" if _FORMULA.match(lines) else lines
