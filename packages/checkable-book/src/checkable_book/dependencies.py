"""What a page depends on, recorded while its cells run, with a digest of what was loaded.

A build gives each page a file to write to (:data:`TRACE_VARIABLE`). Each line
of it is a dependency: its kind, its name, and the digest of the content that
the page really saw. A page is stale once a digest is another one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeGuard
from urllib.parse import unquote

from checkable_book.book import Book, current_book
from checkable_book.errors import DataError

#: The environment variable that names the file to record dependencies in; unset outside a build.
TRACE_VARIABLE = "CHECKABLE_BOOK_TRACE"
#: The digest of a file that changed while it was used: it is never equal to one that is computed.
CHANGED_MEANWHILE = "changed meanwhile"


@dataclass(frozen=True)
class Dependency:
    """One thing that a page depends on.

    ``kind`` is ``file`` (``name`` is its path in the book), ``listing`` (the
    names in a folder), ``modules`` (those of them that can be imported),
    ``table`` (a table of the data), ``data`` (all of it),
    ``process`` (another program that a cell started: nobody sees what it reads),
    ``input file`` and ``input listing`` (what tables that the book's own code
    adds were made from) or ``result`` (what something asked for: a value, a
    count of rows, the rows of a view, claims).

    Examples
    --------
    >>> Dependency("table", "visits", "0a1b").kind
    'table'
    """

    kind: str
    name: str
    digest: str


def record_dependency(kind: str, name: str, digest: str) -> None:
    """Record that this page depends on something; outside a build nothing is recorded.

    Examples
    --------
    >>> record_dependency("table", "visits", "0a1b")
    """
    target = os.environ.get(TRACE_VARIABLE)
    if target:
        _append(target, Dependency(kind, name, digest))


def record_file(path: Path, book: Book | None = None) -> None:
    """Record that this page depends on a file of the book, as it is now."""
    if os.environ.get(TRACE_VARIABLE):
        book = book or current_book()
        if path.is_relative_to(book.root):
            record_dependency("file", path.relative_to(book.root).as_posix(), digest_of_file(path))


def record_result_once(kind: str, name: str, digest: str) -> None:
    """Record a dependency once for each page, however often it is asked."""
    target = os.environ.get(TRACE_VARIABLE)
    if target and (kind, name) not in _recorded_results.setdefault(target, set()):
        _recorded_results[target].add((kind, name))
        record_dependency(kind, name, digest)


def record_once(path: Path, book: Book) -> None:
    """Record once for each page that it depends on a file, however often it is asked."""
    target = os.environ.get(TRACE_VARIABLE)
    if target and path not in _recorded_files.setdefault(target, set()):
        _recorded_files[target].add(path)
        record_file(path, book)


def record_folder(path: Path, book: Book | None = None) -> None:
    """Record that this page depends on every file below a folder, and on which files there are."""
    if os.environ.get(TRACE_VARIABLE):
        book = book or current_book()
        for folder, _, files in os.walk(path):
            record_dependency("listing", Path(folder).relative_to(book.root).as_posix(), digest_of_listing(folder))
            for name in files:
                record_file(Path(folder) / name, book)


def record_opened_files(book: Book, *, processes: bool = True) -> None:
    """Record from now on, in this process, every file of the book that is opened and every folder that is listed.

    Python tells of both through its audit hooks, whichever library asks.

    Parameters
    ----------
    processes : whether programs that are started count too; the build itself starts kernels.
    """
    _started_count[:] = [processes]
    if not _hooked:
        _system_folders()  # now: within the hook, the lock of what is asked might be held already
        sys.addaudithook(_on_audit_event)
    _hooked[:] = [book]


def record_modules(book: Book) -> None:
    """Record the modules that this process has imported, but for installed ones, and that were not recorded yet."""
    target = os.environ.get(TRACE_VARIABLE)
    if not target:
        return
    seen = _recorded_modules.setdefault(target, set())
    inside = f"{book.root}{os.sep}"
    for name, module in list(sys.modules.items()):
        if name in seen or name in {"__main__", "__mp_main__"}:
            continue
        seen.add(name)
        file = getattr(module, "__file__", None)
        if not file:
            continue
        file = os.path.abspath(file)  # without the ".." that a cell may have put into the path of Python
        path = Path(file)
        if file in _written.get(target, ()):
            continue
        if file.startswith(inside):
            if book.owns_file(file):
                relative = path.relative_to(book.root).as_posix()
                _append(target, Dependency("file", relative, digest_of_file(path, unchanged_since=_STARTED)))
        elif not file.startswith(_system_prefixes()) and not _NO_SOURCES & set(path.parts) and path.is_file():
            _append(target, Dependency("file", path.as_posix(), digest_of_file(path, unchanged_since=_STARTED)))


@contextmanager
def recording_to(path: Path) -> Iterator[None]:
    """Let this process, and those that it starts, record dependencies in a file for a while."""
    before = os.environ.get(TRACE_VARIABLE)
    os.environ[TRACE_VARIABLE] = str(path)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(TRACE_VARIABLE, None)
        else:
            os.environ[TRACE_VARIABLE] = before


@contextmanager
def dependencies_of(book: Book) -> Iterator[list[Dependency]]:
    """Lend a list that holds, after the block, what of the book the block read or imported."""
    found: list[Dependency] = []
    busy = getattr(_inside, "busy", False)
    record_opened_files(book, processes=_started_count[0])
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace.txt"
        trace.touch()
        _inside.busy = False
        try:
            with recording_to(trace):
                yield found
                record_modules(book)
        finally:
            _inside.busy = busy
        found += read_dependencies(trace)


def read_dependencies(path: Path) -> list[Dependency]:
    """Return what was recorded in a file, in order, each once."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return list(dict.fromkeys(Dependency(*json.loads(line)) for line in lines))


def digest_of_bytes(content: bytes) -> str:
    """Return the digest of a content.

    Examples
    --------
    >>> len(digest_of_bytes(b"garden"))
    32
    """
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def digest_of_file(path: Path, *, unchanged_since: float | None = None) -> str:
    """Return the digest of a file's content; the empty text where there is no such file.

    Parameters
    ----------
    unchanged_since : a time, in seconds; of a file that changed after it, the digest is :data:`CHANGED_MEANWHILE`,
        since what was loaded may have been something else.
    """
    try:
        if unchanged_since is not None and _changed_at(path) > unchanged_since:
            return CHANGED_MEANWHILE
        with open(path, "rb") as stream:
            return digest_of_bytes(stream.read())
    except OSError:
        return ""


def digest_of_listing(folder: str | Path) -> str:
    """Return the digest of the names in a folder; hidden ones and what programs leave there do not count."""
    try:
        names = sorted(name for name in os.listdir(folder) if not is_left_over(name))
    except OSError:
        return ""
    return digest_of_bytes("\0".join(names).encode("utf-8", "surrogateescape"))


def digest_of_modules(folder: str | Path) -> str:
    """Return the digest of the names in a folder that can be imported."""
    try:
        with os.scandir(folder) as entries:
            names = [one.name for one in entries if one.name.endswith((".py", ".pyd", ".so")) or _is_package(one)]
    except OSError:
        return ""
    return digest_of_bytes("\0".join(sorted(names)).encode("utf-8", "surrogateescape"))


def _is_package(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir() and os.path.isfile(os.path.join(entry.path, "__init__.py"))


def is_left_over(name: str) -> bool:
    """Return whether a file or folder is hidden or left by a program: locks, backups, bytecode, the build.

    Examples
    --------
    >>> [is_left_over(name) for name in (".DS_Store", ".~lock.a.csv#", "a.csv~", "~$a.xlsx", "a.csv")]
    [True, True, True, True, False]
    """
    ends = ("~", ".bak", ".orig", ".part", ".pyc", ".swp", ".tmp")
    starts = (".", "~$", "#")
    return name.startswith(starts) or name.endswith(ends) or name in {"__pycache__", "_build", "Thumbs.db"}


def files_of(folder: Path) -> list[Path]:
    """Return the files below a folder, in order, without what :func:`is_left_over` names."""
    found: list[Path] = []
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_left_over(name))
        found += [Path(parent) / name for name in files if not is_left_over(name)]
    return sorted(found)


@contextmanager
def not_recorded() -> Iterator[None]:
    """Open files for a while without recording them: what is taken from them is recorded in another way."""
    before = getattr(_inside, "busy", False)
    _inside.busy = True
    try:
        yield
    finally:
        _inside.busy = before


_hooked: list[Book] = []
_started_count = [True]  # whether programs that this process starts are dependencies
_inside = threading.local()
#: When this process may have begun to import modules of the book.
_STARTED = time.time()
_recorded_modules: dict[str, set[str]] = {}
_recorded_results: dict[str, set[tuple[str, str]]] = {}
_recorded_files: dict[str, set[Path]] = {}
_READS = {"open", "sqlite3.connect"}
_CHANGES = {"os.rename", "os.remove", "os.truncate"}
#: What starts another program, which reads what nobody sees: the page is executed by every build.
_STARTS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.startfile", "pty.spawn"}
#: Programs that libraries start to learn of the machine, and that read nothing of a book.
_ASK_THE_SYSTEM = {"cc", "fc-list", "gcc", "ldconfig", "lscpu", "nvidia-smi", "objdump", "sysctl", "uname"}
#: What installs packages: which ones there are, every page depends on.
_INSTALLS = re.compile(r"\s*(?:\S*python[\d.]* -m )?(?:pip[\d.]*|conda|mamba|uv pip) install [^;&|<>`$]*")
#: The files that each page has written: what it reads there afterwards is its own.
_written: dict[str, set[str]] = {}
_OTHERS = {*_CHANGES, *_STARTS}
_LISTS = {"os.listdir", "os.scandir", "os.walk", "glob.glob"}


def _on_audit_event(event: str, arguments: tuple[object, ...]) -> None:
    """Record what the interpreter is about to open or to list."""
    if (event not in _READS and event not in _LISTS and event not in _OTHERS) or not _hooked:
        return
    target = os.environ.get(TRACE_VARIABLE)
    if not target or getattr(_inside, "busy", False):
        return
    if event in _CHANGES or (event == "open" and (not _is_reading(arguments) or "+" in str(arguments[1]))):
        for named in arguments[:2] if event == "os.rename" else arguments[:1]:
            _refuse_change(named)
        if event == "open" and not set(str(arguments[1])) & set("ar"):
            _written.setdefault(target, set()).add(
                os.path.abspath(os.fsdecode(arguments[0])) if _is_path(arguments[0]) else ""
            )
        if event != "open" or not _is_reading(arguments):
            return
    _inside.busy = True
    try:
        if event in _STARTS:
            installs = _INSTALLS.fullmatch(_command_line(arguments))
            if _started_count[0] and not installs and Path(str(arguments[0])).name not in _ASK_THE_SYSTEM:
                _append(target, Dependency("process", str(arguments[0])[:100], ""))
        elif event == "os.listdir" and sys._getframe(1).f_code.co_filename.startswith("<frozen importlib"):
            _record_modules_in(target, arguments[0] if arguments[0] is not None else ".")
        elif event in _LISTS:
            _record_path(target, arguments[0] if arguments[0] is not None else ".", listing=True)
        else:
            _record_path(target, arguments[0])
    except (OSError, ValueError, DataError):
        pass  # nothing that is recorded may disturb what is recorded
    finally:
        _inside.busy = False


def _changed_at(path: Path) -> float:
    """Return when a file was changed; POSIX notes it in a time that nobody can set."""
    status = path.stat()
    return status.st_ctime if os.name == "posix" else status.st_mtime


def _refuse_change(named: object) -> None:
    """Refuse that a page changes the data that other pages are made from.

    Raises
    ------
    DataError : the file is one of the data.
    """
    if isinstance(named, str | bytes | os.PathLike):
        book = _hooked[0]
        path = Path(os.path.abspath(os.fsdecode(named)))
        if path.is_relative_to(book.data_folder) and not is_left_over(path.name):
            raise DataError(f"{book.shown_path(path)}: found a cell that changes it, expected one that reads it")


def _is_path(named: object) -> TypeGuard[str | bytes | os.PathLike[str]]:
    return isinstance(named, str | bytes | os.PathLike)


def _command_line(arguments: tuple[object, ...]) -> str:
    """Return what a shell is asked to do, or the arguments of a program."""
    given = arguments[1] if len(arguments) > 1 else ""
    words = [given] if isinstance(given, str | bytes) else list(given) if isinstance(given, list | tuple) else []
    texts = [os.fsdecode(word) for word in words if _is_path(word)]
    return texts[-1] if len(texts) == 3 and texts[1] == "-c" else " ".join(texts)


def _record_modules_in(target: str, named: object) -> None:
    """Record which modules there are in a folder of the book that the import system looks through."""
    path = Path(os.path.abspath(os.fsdecode(named))) if _is_path(named) else None
    if path is not None and path.is_relative_to(_hooked[0].root):
        name = path.relative_to(_hooked[0].root).as_posix()
        _append(target, Dependency("modules", name, digest_of_modules(path)))


def _is_reading(arguments: tuple[object, ...]) -> bool:
    mode, flags = arguments[1], arguments[2]
    if isinstance(mode, str):
        return "+" in mode or not set(mode) & set("wax")
    return not (isinstance(flags, int) and flags & (os.O_WRONLY | os.O_TRUNC))


def _record_path(target: str, named: object, *, listing: bool = False) -> None:
    if isinstance(named, bytes):
        named = os.fsdecode(named)
    if not isinstance(named, str | os.PathLike):
        return
    book = _hooked[0]
    text = os.fspath(named)
    if text.startswith("file:"):  # a database by its address
        text = unquote(text.removeprefix("file:").partition("?")[0])
    path = Path(os.path.abspath(text))
    if not listing and str(path) in _written.get(target, ()):
        return
    inside = path.resolve() if not path.is_relative_to(book.root) else path
    if not inside.is_relative_to(book.root):
        if not listing and not _is_of_the_system(inside) and inside.is_file():
            _append(target, Dependency("file", inside.as_posix(), digest_of_file(inside)))
    elif inside == book.root and listing:
        _append(target, Dependency("listing", ".", digest_of_listing(inside)))
    elif not _NO_SOURCES & set(inside.relative_to(book.root).parts):
        name = inside.relative_to(book.root).as_posix()
        if listing or inside.is_dir():
            _append(target, Dependency("listing", name, digest_of_listing(inside)))
        else:
            _append(target, Dependency("file", name, digest_of_file(inside)))


#: Folders of a book that hold no sources.
_NO_SOURCES = {"_build", "site-packages", "__pycache__", ".git", ".venv"}


@cache
def _system_folders() -> tuple[Path, ...]:
    """Return the folders whose files belong to the system, to Python, to the machinery, to caches, or for a while."""
    home = Path.home()
    named: list[str | Path] = [sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), tempfile.gettempdir()]
    named += ["/bin", "/dev", "/etc", "/lib", "/lib64", "/opt", "/proc", "/run", "/sbin", "/sys", "/usr"]
    named += [os.environ.get("SYSTEMROOT") or sys.prefix, os.environ.get("APPDATA") or sys.prefix]
    named += [home / name for name in (".cache", ".config", ".ipython", ".jupyter", ".local")]
    return (Path(__file__).resolve().parent, *(Path(one).resolve() for one in named))


@cache
def _system_prefixes() -> tuple[str, ...]:
    return tuple(f"{folder}{os.sep}" for folder in _system_folders())


def _is_of_the_system(path: Path) -> bool:
    return bool(_NO_SOURCES & set(path.parts)) or any(map(path.is_relative_to, _system_folders()))


def _append(target: str, dependency: Dependency) -> None:
    line = json.dumps([dependency.kind, dependency.name, dependency.digest], ensure_ascii=False)
    with open(target, "a", encoding="utf-8") as stream:
        stream.write(f"{line}\n")
