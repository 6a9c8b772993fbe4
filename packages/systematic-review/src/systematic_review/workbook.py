"""Workbooks of Excel and LibreOffice, read in a process of their own: a broken one ends that process at most."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from systematic_review.errors import Unreadable

#: How many bytes the parts of a workbook may be unpacked, and how many seconds reading may take.
MOST_BYTES, MOST_SECONDS = 500_000_000, 300


def read_workbook(path: Path) -> dict[str, list[list[str]]]:
    """Return the cells of each sheet as text, by the sheet's name.

    Raises
    ------
    Unreadable : it is no workbook, a protected or a broken one, or one of unreasonable size.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "export.xlsx"
    ...     _ = path.write_text("no workbook")
    ...     try:
    ...         read_workbook(path)
    ...     except Unreadable as error:
    ...         print(str(error).partition(" (")[0])
    cannot be read as a spreadsheet
    """
    try:
        with ZipFile(path) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
    except (BadZipFile, ValueError, NotImplementedError):
        unpacked = 0  # a workbook of an older kind, or none, which the reader says
    if unpacked > MOST_BYTES:
        raise Unreadable(f"is a spreadsheet of {unpacked // 1_000_000} MB once unpacked: save it as CSV")
    command = [sys.executable, "-X", "utf8", "-m", "systematic_review.workbook", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=MOST_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Unreadable(f"cannot be read as a spreadsheet (not done after {MOST_SECONDS} seconds)") from None
    if done.returncode:
        told = done.stdout.strip() if done.returncode == 1 and done.stdout else "the reader of spreadsheets broke down"
        raise Unreadable(f"cannot be read as a spreadsheet ({' '.join(told.split())[:200]})")
    sheets: dict[str, list[list[str]]] = json.loads(done.stdout)
    return sheets


def cell_text(value: object) -> str:
    """Return a spreadsheet's cell as text: whole numbers without a decimal point, as they are shown.

    Examples
    --------
    >>> cell_text(2019.0), cell_text(0.5), cell_text("2019")
    ('2019', '0.5', '2019')
    """
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _print_sheets(path: Path) -> int:
    import python_calamine

    try:
        with path.open("rb") as file:  # what is in it, not its suffix, tells which kind of workbook it is
            book = python_calamine.CalamineWorkbook.from_filelike(file)
        sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except Exception as error:  # a document of another kind, a broken or a protected one
        print(error)
        return 1
    cells = {name: [[cell_text(cell) for cell in row] for row in rows] for name, rows in sheets.items()}
    json.dump(cells, sys.stdout, ensure_ascii=False)
    return 0


if __name__ == "__main__":
    sys.exit(_print_sheets(Path(sys.argv[1])))
