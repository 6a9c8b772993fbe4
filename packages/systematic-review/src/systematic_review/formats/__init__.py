"""The forms in which databases and tools export records, a family a module.

- :mod:`~systematic_review.formats.tagged`: a tag a line: RIS, PubMed's nbib, Web of Science, EndNote's ``.enw``.
- :mod:`~systematic_review.formats.ovid`: Ovid's own texts.
- :mod:`~systematic_review.formats.labelled`: a label a line: CENTRAL, RefWorks, CNKI, NoteExpress.
- :mod:`~systematic_review.formats.bibtex`: BibTeX.
- :mod:`~systematic_review.formats.tabular`: a row a record: CSV, tab-delimited text, Excel's and LibreOffice's sheets.
- :mod:`~systematic_review.formats.xml_records`: XML of EndNote, PubMed, ICTRP, ClinicalTrials.gov and arXiv.
- :mod:`~systematic_review.formats.json_records`: JSON of databases, registers and tools.
- :mod:`~systematic_review.formats.normalize`: what all of them have in common: people, years, DOIs, mark-up.

Each reads a file piece by piece and gives every piece as its text and its
:data:`~systematic_review.formats.normalize.Fields`, or instead of these the reason
why it cannot be read. What is in a file, not how it is called, tells its form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import IO

from systematic_review import records
from systematic_review.errors import Unreadable
from systematic_review.formats import bibtex, json_records, labelled, ovid, tabular, tagged, xml_records
from systematic_review.formats.normalize import Piece

#: What a librarian may have put among the exports that is none, by how such a file begins.
_OTHERS = {
    b"%PDF": "is a PDF: save the search as RIS, CSV or the database's own format instead",
    b"Rar!": "is a packed archive: unpack it first",
    b"\x1f\x8b": "is a packed archive: unpack it first",
    b"7z\xbc\xaf": "is a packed archive: unpack it first",
}
_HEAD = 200  # lines that tell what a file holds
_NONE = (
    "holds no record in a form known here: RIS, BibTeX, PubMed, Web of Science, Ovid, CENTRAL, RefWorks, CNKI, "
    "EndNote (XML or .enw), JSON, or a table with a column of titles"
)


@dataclass
class Export(xml_records.Form):
    """One file: its ``form`` and ``pieces``, the ``unused`` columns of a table, and the ``encoding`` that was guessed.

    Examples
    --------
    >>> Export("RIS", iter([("TY  - JOUR", {"title": "On Kerbs"})])).unused
    []
    """

    form: str = "XML"
    pieces: Iterator[Piece] = field(default_factory=lambda: iter(()))
    unused: list[str] = field(default_factory=list)
    encoding: str = ""


@contextmanager
def open_export(path: Path) -> Iterator[Export]:
    r"""Open an export and say what it is; its pieces are read while it is open.

    Raises
    ------
    Unreadable : it is empty, or in no form known here.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "export.txt"
    ...     _ = path.write_text("TY  - JOUR\nTI  - On Kerbs\nER  - \n")
    ...     with open_export(path) as export:
    ...         export.form, len(list(export.pieces))
    ('RIS', 1)
    """
    with path.open("rb") as file:
        head = file.read(8)
    for mark, told in _OTHERS.items():
        if head.startswith(mark):
            raise Unreadable(told)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")):
        unused: list[str] = []
        yield Export("spreadsheet", tabular.read_sheet_rows(path, unused), unused)
        return
    encoding = records.detect_encoding(path)
    errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
    with path.open(encoding=encoding, errors=errors, newline="") as text:
        if not any(line.strip("\ufeff \t\r\n") for line in text):
            raise Unreadable("empty file")
        text.seek(0)
        export = _read_pieces(path, text)
        export.encoding = "" if encoding.startswith("utf") else encoding
        yield export


def _read_pieces(path: Path, file: IO[str]) -> Export:
    unused: list[str] = []
    lines = tagged.read_lines(file)
    head = list(islice(lines, _HEAD))
    first = next((line.strip("\ufeff \n") for line in head if line.strip("\ufeff \n")), "")
    if path.suffix.lower() not in {".csv", ".tsv"} or not tabular.is_header(head):
        ris = any(tagged.RIS_BEGINS.match(line) for line in head)
        for line in head:  # the first line that only one form has tells it
            for form, (known, read) in _FORMS.items():
                if known.match(line) and not (ris and form == "Ovid"):  # Ovid numbers its records in RIS too
                    return Export(form, read(chain(head, lines)))
        if any(tagged.RIS.match(line) for line in head):  # records that lost their first lines
            return Export("RIS", tagged.read_ris(chain(head, lines)))
        if re.match(r"<!doctype|<html", first, re.IGNORECASE):
            raise Unreadable("is a web page: export the records from the database instead")
        if re.match(r"<[?!\w]", first):
            export = Export()
            export.pieces = xml_records.read_xml(path, export)
            return export
        if first[:1] in {"{", "["}:
            file.seek(0)
            return Export("JSON", json_records.read_json_records(file))
    # Cells may hold line ends of their own, so that the reader of tables takes lines as they are.
    file.seek(0)
    if not tabular.is_header(head):
        if path.suffix.lower() in {".csv", ".tsv"}:
            found = ", ".join(tabular.column_names(head)) or "none"
            raise Unreadable(f"found columns {found}, expected one with the records' titles")
        raise Unreadable(_NONE)
    return Export("table", tabular.read_text_rows(file, unused), unused)


#: The forms in which each line has a tag, by how a line looks that only they have.
_FORMS: dict[str, tuple[re.Pattern[str], Callable[[Iterator[str]], Iterator[Piece]]]] = {
    "PubMed": (tagged.PUBMED, tagged.read_pubmed),
    "Web of Science": (tagged.WEB_OF_SCIENCE, tagged.read_web_of_science),
    "EndNote": (tagged.REFER, tagged.read_refer),
    "RIS": (tagged.RIS_BEGINS, tagged.read_ris),
    "Ovid": (re.compile(rf"{ovid.BEGINS.pattern}|^\ufeff?VN\s{{1,2}}- Ovid"), ovid.read_ovid),
    "CENTRAL": (labelled.CENTRAL.begins, labelled.read_central),
    "RefWorks": (labelled.REFWORKS.begins, labelled.read_refworks),
    "CNKI": (labelled.CNKI.begins, labelled.read_cnki),
    "NoteExpress": (labelled.NOTEEXPRESS.begins, labelled.read_noteexpress),
    "BibTeX": (bibtex.ENTRY, bibtex.read_bibtex),
}
