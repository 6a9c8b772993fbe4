"""Read what databases and tools export into one table of records.

The forms are those of :mod:`systematic_review.formats`. A record that cannot
be read becomes a row of the rejects, with its file, its place and the reason:
records in = records + rejects. A file that cannot be read at all is told in
the table of files, and the others are read.

Where a record was found (``source``) is told by names: of the sub-folder that
the file lies in, or else of the file, without a number at its end
(``pubmed.nbib``, ``google_scholar_2.csv``, ``sage/part-01.ris``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pandas as pd

from systematic_review import formats, protocol, records
from systematic_review.errors import ReviewError, Unreadable
from systematic_review.formats.normalize import CONTROL, Fields, normalize_fields
from systematic_review.records import normalize_text

#: Folders beside the exports that hold what people decided, what an earlier
#: version of the review found, and what was computed.
RESERVED = {"decisions", "earlier", "results", protocol.FILE}
#: What is told of each file: its form, the encoding where that had to be guessed,
#: how many records it holds and how many of its pieces were rejected, which
#: columns of it were not used, and whether it could not be read at all, and why.
FILES = ["file", "source", "form", "encoding", "records", "rejected", "unused_columns", "unreadable"]

_CHUNK = 5_000  # records held in memory at a time
#: Without any of these a piece says nothing of a work.
_TELLING = ("title", "authors", "doi", "pmid", "abstract", "journal")


@dataclass(frozen=True)
class Imported:
    r"""What came of a folder of exports: ``records`` and ``rejects``, one row each, and a row a file in ``files``.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "sage.csv").write_text("Title,Year\nOn Kerbs,2019\n,\n")
    ...     read_file(Path(folder) / "sage.csv").files[["form", "records", "rejected"]].to_numpy().tolist()
    [['table', 1, 0]]
    """

    records: pd.DataFrame
    rejects: pd.DataFrame
    files: pd.DataFrame


def read_folder(folder: Path) -> Imported:
    r"""Return every record of the exports in ``folder``, and what could not be read.

    Returns
    -------
    Frames with the columns :data:`records.COLUMNS`, :data:`records.REJECTS` and
    :data:`FILES`, in the order of the files' names and of the records in them.

    Raises
    ------
    ReviewError : the folder holds no export.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "sage.ris").write_text("TY  - JOUR\nTI  - On Kerbs\nPY  - 2019\nER  - \n")
    ...     found = read_folder(Path(folder))
    >>> found.records[["source", "title", "year"]].to_numpy().tolist(), len(found.rejects)
    ([['sage', 'On Kerbs', 2019]], 0)
    """
    told: list[dict[str, object]] = []
    return _collect_records(read_rows(folder, told), told)


def read_file(path: Path, found_in: str | None = None) -> Imported:
    r"""Return every record of one export, as :func:`read_folder` does for a folder.

    ``found_in`` says the source where the file's name does not.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "sage.csv").write_text("Title,Year\nOn Kerbs,2019\n")
    ...     read_file(Path(folder) / "sage.csv").records["title"].tolist()
    ['On Kerbs']
    """
    told: list[dict[str, object]] = []
    return _collect_records(_rows_of_files([path], path.parent, told, found_in), told)


def _collect_records(read: Iterator[dict[str, object]], told: list[dict[str, object]]) -> Imported:
    good: list[dict[str, object]] = []
    bad: list[dict[str, object]] = []
    for row in read:
        (bad if "reason" in row else good).append(row)
    return Imported(
        records.typed_table(good), records.typed_table(bad, records.REJECTS), pd.DataFrame(told, columns=FILES)
    )


def convert_folder(
    folder: Path,
    into: Path,
    rejects: Path,
    advance: Callable[[int], None] = lambda done: None,
    files_read: Path | None = None,
) -> None:
    r"""Write what :func:`read_folder` returns to CSV files, in bounded memory.

    Parameters
    ----------
    into, rejects, files_read : the files for records, rejects and what is told
        of each export; written whole or not at all.
    advance : told how many records were read since it was last told.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as name:
    ...     folder = Path(name)
    ...     _ = (folder / "sage.csv").write_text("Title,Year\nOn Kerbs,2019\n")
    ...     _ = convert_folder(folder, folder / "out" / "records.csv", folder / "out" / "rejects.csv")
    ...     sorted(path.name for path in (folder / "out").iterdir())
    ['records.csv', 'rejects.csv']
    """
    told: list[dict[str, object]] = []
    with records.open_replacing(into) as good, records.open_replacing(rejects) as bad:
        records.append_rows(records.typed_table([]), good, header=True)
        records.append_rows(records.typed_table([], records.REJECTS), bad, header=True)
        found = read_rows(folder, told)
        while chunk := list(islice(found, _CHUNK)):
            records.append_rows(records.typed_table(row for row in chunk if "reason" not in row), good, header=False)
            refused = (row for row in chunk if "reason" in row)
            records.append_rows(records.typed_table(refused, records.REJECTS), bad, header=False)
            advance(len(chunk))
        if files_read is not None:
            records.write_table(pd.DataFrame(told, columns=FILES), files_read)


def list_exports(folder: Path) -> list[Path]:
    """Return the exports in ``folder`` and its sub-folders, sorted by name.

    Left out are hidden files, Markdown notes, and the protocol and the folders
    ``decisions``, ``earlier`` and ``results`` in ``folder`` itself.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("scopus.csv", "pubmed.nbib"):
    ...         _ = (Path(folder) / name).write_text("")
    ...     [path.name for path in list_exports(Path(folder))]
    ['pubmed.nbib', 'scopus.csv']
    """
    if not folder.is_dir():
        raise ReviewError(f"{folder}: found no such folder, expected one that holds exports")
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.suffix.lower() != ".md"
        and not any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)
        and not RESERVED.intersection(path.relative_to(folder).parts[:1])
    ]
    if not found:
        raise ReviewError(f"{folder}: found no export, expected files as databases save them (RIS, CSV, nbib ...)")
    return found


def source_of_file(path: Path, folder: Path) -> str:
    """Return where the records of a file were found, by its folder's or its own name.

    Examples
    --------
    >>> [source_of_file(Path(name), Path("in")) for name in ("in/Google Scholar 2.csv", "in/sage/part-01.ris")]
    ['google_scholar', 'sage']
    """
    inside = path.relative_to(folder).parts
    name = inside[0] if len(inside) > 1 else re.sub(r"[\s_.-]*(part)?[\s_.()-]*\d+\)?$", "", path.stem)
    return normalize_text(name or path.stem).replace(" ", "_") or "unknown"


def read_rows(folder: Path, told: list[dict[str, object]] | None = None) -> Iterator[dict[str, object]]:
    r"""Yield each record of ``folder`` as a row of the records, or of the rejects (with a ``reason``).

    What is to be told of each file joins ``told`` once the file is read.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "sage.csv").write_text("Title,Year\nOn Kerbs,2019\n")
    ...     [row["title"] for row in read_rows(Path(folder))]
    ['On Kerbs']
    """
    return _rows_of_files(list_exports(folder), folder, told if told is not None else [])


def _rows_of_files(
    paths: list[Path], folder: Path, told: list[dict[str, object]], found_in: str | None = None
) -> Iterator[dict[str, object]]:
    taken: dict[str, int] = {}
    for path in paths:
        name = path.relative_to(folder).as_posix()
        origin = found_in or source_of_file(path, folder)
        about: dict[str, object] = {**dict.fromkeys(FILES, ""), "file": name, "source": origin}
        good = bad = 0
        try:
            with formats.open_export(path) as export:
                for position, (raw, fields) in enumerate(export.pieces, start=1):
                    reason = fields if isinstance(fields, str) else _record_fault(raw, fields)
                    if isinstance(fields, str) or reason:
                        bad += 1
                        shown = records.UNDECODED.sub("\ufffd", CONTROL.sub(" ", raw))
                        yield {"file": name, "position": position, "reason": reason, "raw": shown}
                        continue
                    good += 1
                    clean = normalize_fields(fields)
                    yield {
                        **clean,
                        "id": records.identify_record(origin, clean, taken),
                        "source": origin,
                        "file": name,
                        "position": position,
                        "raw": CONTROL.sub(" ", raw),
                    }
                about |= {"form": export.form, "encoding": export.encoding}
                about["unused_columns"] = "; ".join(dict.fromkeys(export.unused))
            if good + bad == 0:
                raise Unreadable("holds no record")
        except GeneratorExit:
            raise
        except Unreadable as error:
            about["unreadable"] = _shorten(str(error))
        except OSError as error:
            about["unreadable"] = f"cannot be opened ({error.strerror or error})"
        except Exception as error:  # a parser that stumbles over one file stops no other
            about["unreadable"] = f"cannot be read ({_shorten(f'{type(error).__name__}: {error}')})"
        if about["unreadable"]:
            bad += 1
            yield {
                "file": name,
                "position": good + bad,
                "reason": about["unreadable"],
                "raw": _printable_start(path),
            }
        told.append(about | {"records": good, "rejected": bad})


def _shorten(text: str) -> str:
    text = " ".join(CONTROL.sub(" ", text).split())
    return text if len(text) <= 400 else f"{text[:400]}…"


def _record_fault(raw: str, fields: Fields) -> str:
    if records.UNDECODED.search(raw):
        return "holds bytes that the encoding of its file does not know"
    return "" if any(fields.get(name) for name in _TELLING) else "no title, author or DOI"


def _printable_start(path: Path) -> str:
    """Return how a text begins that cannot be read; nothing of what is no text."""
    try:
        with path.open("rb") as file:
            start = file.read(20_000)
    except OSError:
        return ""
    return "" if b"\0" in start or start.startswith(b"%PDF") else CONTROL.sub(" ", start.decode("utf-8", "replace"))
