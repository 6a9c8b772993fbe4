"""Start notebook kernels: forks of one process that has imported the libraries, or ordinary ones.

Nearly all the time that a chapter takes would be spent starting Python, importing
pandas and checking the data. Where the system can fork, the standard library's
fork server does that once; each kernel is a fork of it, in a process of its own.
Elsewhere kernels are ordinary processes. Both record what their page depends on.
"""

from __future__ import annotations

import os
from pathlib import Path

from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from checkable_book.book import FOLDER_VARIABLE, Book
from checkable_book.errors import DataError

#: The kernel's name, as its folder below ``kernelspecs/`` has it.
NAME = "checkable-book"


def can_fork() -> bool:
    """Return whether kernels can be forked from a warm process here."""
    return hasattr(os, "fork") and hasattr(os, "getppid")


def announce_kernel() -> None:
    """Make the kernel known to Jupyter in this process and those it starts."""
    known = os.environ.get("JUPYTER_PATH", "")
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # its debugger need not warn of frozen modules
    folder = str(Path(__file__).parent / ("kernelspecs" if can_fork() else "kernelspecs_plain"))
    if folder not in known.split(os.pathsep):
        os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [folder, known]))


def warm_up(book: Book) -> None:
    """Start the fork server in the background, so that it is ready when the first kernel of this book is asked for."""
    os.environ[FOLDER_VARIABLE] = str(book.root)
    if can_fork():
        from checkable_book.sphinx_ext import fork_kernels

        fork_kernels.start_server()


def describe_failure(chapter: Path, error: BaseException, book: Book) -> str:
    r"""Return in one line why a chapter could not be executed: which cell, by its line, and what it did.

    Examples
    --------
    >>> from checkable_book.book import CONFIG, current_book
    >>> line = "-" * 18
    >>> error = CellExecutionError(f"{line}\n1 / 0\n{line}\n", "ZeroDivisionError", "division by zero")
    >>> describe_failure(current_book().root / CONFIG, error, current_book())
    '_config.yml: found ZeroDivisionError: division by zero, expected a cell that runs'
    """
    shown = book.shown_path(chapter)
    if isinstance(error, DeadKernelError):
        return f"{shown}: found a kernel that died, expected one that runs every cell"
    if isinstance(error, CellTimeoutError):
        seconds = str(error).partition(" timed out after ")[2].partition(" ")[0] or "the allowed"
        source = str(error).partition("The message was: ")[2].partition("Here is a preview of the cell contents:")[2]
        where = _line_of(chapter, _preview_of(str(error)) or source)
        limit = f"{seconds} seconds, expected it to end (execute: timeout)"
        return f"{shown}{where}: found a cell that takes more than {limit}"
    if isinstance(error, CellExecutionError):
        source = str(error).partition("-" * 18 + "\n")[2].partition("\n" + "-" * 18)[0].strip()
        said = " ".join(str(error.evalue).split())
        told = error.ename == DataError.__name__  # says itself what was found, and what was expected
        found = said if told else f"found {error.ename}: {said}, expected a cell that runs"
        return f"{shown}{_line_of(chapter, source)}: {found}"
    reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return f"{shown}: found {reason}, expected a page whose cells run"


def _line_of(chapter: Path, source: str) -> str:
    try:
        before, known, _ = chapter.read_text(encoding="utf-8").partition(source)
    except (OSError, UnicodeDecodeError):
        return ""
    return f":{before.count(chr(10)) + 1}" if source and known else ""


def _preview_of(message: str) -> str:
    """Return the first line of the cell that a message of nbclient previews."""
    lines = message.partition("-------------------\n")[2].splitlines()
    return lines[0].removeprefix("['").removesuffix("']").strip() if lines else ""
