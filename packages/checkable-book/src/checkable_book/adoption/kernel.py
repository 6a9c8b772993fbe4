"""The kernel of an adopted book's pages: it records what each opened, imported and asked of the network.

It takes the name of the ordinary one, ``python3``, so that what a page says of
its kernel (launch buttons, downloads) stays what it was.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from checkable_book.adoption.book import FOLDER, AdoptedBook
from checkable_book.book import FOLDER_VARIABLE, current_book, use_book
from checkable_book.dependencies import (
    files_of,
    record_file,
    record_modules,
    record_opened_files,
    record_result_once,
)
from checkable_book.errors import DataError
from checkable_book.sphinx_ext import fork_kernels, kernel_main

_BACKEND = "MPLBACKEND"
#: Libraries that open files without Python being told: a page that imports one depends on all data of the book.
OPENING_ALONE = {
    "duckdb", "fiona", "h5py", "netCDF4", "polars", "pyarrow", "pyogrio", "pyreadstat", "rasterio", "tables",
    "zarr",
}  # fmt: skip
#: Another, which other libraries import for themselves: it counts where a page names it.
_OPENING_ALONE_NAMED = "lxml"
#: The kind of the dependency that says that a kernel recorded what its page read.
RECORDED = "kernel"
#: The endings of databases, which one database may attach unseen.
_DATABASES = {".db", ".sqlite", ".sqlite3"}
#: The endings of data files.
DATA_SUFFIXES = {
    ".csv", ".db", ".dta", ".duckdb", ".feather", ".gpkg", ".h5", ".hdf5", ".json", ".nc", ".npy", ".npz", ".parquet",
    ".rds", ".sas7bdat", ".sav", ".shp", ".sqlite", ".tif", ".tsv", ".txt", ".xls", ".xlsx", ".xml", ".zip",
}  # fmt: skip


def announce_kernel(book: AdoptedBook, *, forked: bool) -> None:
    """Let the kernels that this process starts under the ordinary name be those that record."""
    folder = Path(__file__).parent / ("kernelspecs_forked" if forked else "kernelspecs")
    known = [one for one in os.environ.get("JUPYTER_PATH", "").split(os.pathsep) if one]
    others = [one for one in known if Path(one).parent != folder.parent]
    os.environ["JUPYTER_PATH"] = os.pathsep.join([str(folder), *others])
    os.environ[FOLDER_VARIABLE] = str(book.root)
    os.environ[fork_kernels.RECORDER_VARIABLE] = __name__


def start_server(libraries: str) -> None:
    """Start the process that kernels are forked from; it imports libraries, given with commas between them."""
    os.environ[fork_kernels.PRELOAD_VARIABLE] = libraries
    backend = os.environ.get(_BACKEND)
    os.environ.setdefault(_BACKEND, "module://matplotlib_inline.backend_inline")  # which a kernel sets too late there
    try:
        fork_kernels.start_server()
    finally:
        if backend is None:
            del os.environ[_BACKEND]


def start_recording() -> None:
    """Record the files that this process opens from now on, below the book's folder and elsewhere."""
    with suppress(DataError):
        if folder := os.environ.get(FOLDER_VARIABLE):
            use_book(AdoptedBook(Path(folder)))
        record_opened_files(current_book())
        sys.addaudithook(_on_event)


def record_modules_after_cells(shell: Any) -> None:
    """Let a shell record the modules that its cells have imported, and what libraries may have read unseen."""
    shell.events.register("post_run_cell", partial(_after_cell, shell))


def _after_cell(shell: Any, *_: object) -> None:
    with suppress(DataError, OSError):
        book = current_book()
        record_result_once(RECORDED, "", "")
        record_modules(book)
        if not _told and (OPENING_ALONE & set(sys.modules) or _names_library(shell.user_ns)):
            _told.append(True)
            for path in files_of(book.root):
                if path.suffix.lower() in DATA_SUFFIXES and not path.is_relative_to(book.root / FOLDER):
                    record_file(path, book)


def _names_library(names: dict[str, Any]) -> bool:
    """Return whether a page has a name for the library, or for a part of it."""
    modules = (getattr(value, "__module__", None) or getattr(value, "__name__", "") for value in list(names.values()))
    return any(str(module).partition(".")[0] == _OPENING_ALONE_NAMED for module in modules)


def _on_event(event: str, arguments: tuple[object, ...]) -> None:
    if event == "sqlite3.connect/handle" and not _attaching:
        _attaching.append(True)
        with suppress(DataError, OSError):
            for path in files_of(current_book().root):
                if path.suffix.lower() in _DATABASES:
                    record_file(path)
    if event in {"urllib.Request", "socket.getaddrinfo"} and str(arguments[0]) not in _HERE:
        record_result_once("network", str(arguments[0])[:200], "")


_HERE = {"localhost", "127.0.0.1", "::1", "None", ""}
_told: list[bool] = []
_attaching: list[bool] = []


def main() -> None:
    """Start a kernel of its own, with the arguments of Jupyter."""
    kernel_main.run_kernel(start_recording, record_modules_after_cells)
