"""A notebook kernel that records what its page depends on: the program behind the kernel specifications."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any


def start_recording() -> None:
    """Record the files of the book that this process opens from now on, and its modules after each cell."""
    from checkable_book.book import FOLDER_VARIABLE, Book, current_book, use_book
    from checkable_book.dependencies import record_opened_files
    from checkable_book.errors import DataError

    try:
        if folder := os.environ.get(FOLDER_VARIABLE):
            use_book(_same_book(Path(folder)) or Book(Path(folder)))
        record_opened_files(current_book())
    except DataError:
        pass  # a notebook outside a book


def record_modules_after_cells(shell: Any) -> None:
    """Let a shell record the modules of the book that its cells have imported."""
    from checkable_book.book import current_book
    from checkable_book.dependencies import record_modules
    from checkable_book.errors import DataError

    def record(*_: object) -> None:
        with suppress(DataError):
            record_modules(current_book())

    shell.events.register("post_run_cell", record)


def _same_book(folder: Path) -> Any:
    from checkable_book.book import current_book
    from checkable_book.errors import DataError

    try:
        book = current_book()
    except DataError:
        return None
    return book if book.root == folder.resolve() else None


def run_kernel(start_recording: Callable[[], None], record_after_cells: Callable[[Any], None]) -> None:
    """Run a kernel with the arguments of Jupyter, with what records as it starts and after each of its cells."""
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    app.log_level = "ERROR"  # which kernels in a build must not add to
    app.initialize(sys.argv[1:])
    start_recording()
    record_after_cells(app.shell)
    app.start()


if __name__ == "__main__":
    run_kernel(start_recording, record_modules_after_cells)
