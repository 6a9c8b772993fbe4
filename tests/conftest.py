"""What the tests share, and how those of several processes keep out of each other's way."""

import fcntl
import functools
import gzip
import http.server
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright
from xdist.scheduler import LoadScopeScheduling

from checkable_book.book import Book, current_book, use_book
from checkable_book.sphinx_ext import kernels
from whole_book import CHROMIUM, BookCopy, Opened, visiting

kernels.announce_kernel()  # nbval starts its kernels by name
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the programs that tests start would compile the packages each time

collect_ignore_glob = ["conftest.py"]  # which holds no examples to run

#: Fixtures that build a book or start a browser; a test without them is quick unless its file is named below.
SLOW_FIXTURES = {
    "address", "adopted", "book", "browser", "built", "built_once", "chromium", "finished",
    "here", "laid_down", "plain", "spoilt",
    "visit",
}  # fmt: skip
SLOW_MARKS = {"all_cells", "another_copy", "scale"}
SLOW_FILES = {
    "test_build.py",
    "test_own_edition.py",
    "test_docs.py",
    "test_screening_page.py",
    "test_deduplication.py",
    "test_run.py",
    "test_mutations.py",
    "test_meaning.py",
    "test_new.py",
}

#: Files that change and build the whole book, and so belong to one process.
_CHANGING = {"tests/book/test_build.py", "tests/smartcity_review/test_corpus.py"}
_SMALL = "packages/checkable-book/tests"
#: Whose turn it is: first what takes longest.
_ORDER = ["changing", _SMALL, "tests/book", "tests", "packages", "src"]
_TOGETHER = {"changing", _SMALL}  # what takes its turn in one process: the small book is built once


def _turn(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    return "changing" if file in _CHANGING else next(turn for turn in _ORDER[1:] if file.startswith(turn))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept-pictures", action="store_true", help="take the pictures of pages anew")
    parser.addoption("--keep-screenshots", action="store_true", help="keep what was seen, in _build/screenshots")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is quick, and let what builds come first: while one process builds the whole book, others need not."""
    items.sort(key=lambda item: _ORDER.index(_turn(item.nodeid)))
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        asked_for = {mark.name for mark in item.iter_markers()} & SLOW_MARKS
        if not used & SLOW_FIXTURES and not asked_for and item.path.name not in SLOW_FILES:
            item.add_marker(pytest.mark.quick)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Let one process take the tests of a file after each other."""

    class ByWhatIsShared(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            turn = _turn(nodeid)
            return turn if turn in _TOGETHER else nodeid.partition("::")[0]

    config.option.loadscopereorder = False  # in their turn
    return ByWhatIsShared(config, log)


@contextmanager
def _locked(name: str, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Hold a lock that the processes of a run share."""
    path = Path(tempfile.gettempdir()) / f"checkable-book-tests-{os.getuid()}-{name}"
    with path.open("w") as file:
        fcntl.flock(file, how)
        yield


#: Set while a test runs: what it starts is part of it, and would wait for it in vain.
_RUNNING = "CHECKABLE_BOOK_TEST_RUNS"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let no other test run beside one that measures time."""
    if _RUNNING in os.environ:
        return (yield)
    how = fcntl.LOCK_EX if item.get_closest_marker("alone") else fcntl.LOCK_SH
    with ExitStack() as stack:
        with _locked("door", how):  # so that those that come later wait behind one that waits to be alone
            stack.enter_context(_locked("room", how))
        os.environ[_RUNNING] = item.nodeid
        stack.callback(os.environ.pop, _RUNNING)
        return (yield)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what tests measured, and what a quick run left out."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    for report in reports:
        for name, line in getattr(report, "user_properties", []):
            if name == "said" and report.when == "call":
                terminalreporter.write_line(line)
    if terminalreporter.config.option.markexpr == "quick":
        terminalreporter.write_line(
            "left out: what builds a book, starts a browser, or puts many records or changes to the test"
        )


@pytest.fixture
def say(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Return what prints a line at the end of the run, whichever process the test runs in."""
    return lambda line: record_property("said", line)


@pytest.fixture
def own_book(tmp_path: Path) -> Iterator[Book]:
    """Return a copy of the book's sources, as this process's book, whose files a test may change (:func:`edit`)."""
    root, copied = current_book().root, tmp_path / "own"
    copied.mkdir()
    for path in [*root.glob("_*.yml"), *(root / name for name in ("chapters", "data", "locales"))]:
        (shutil.copytree if path.is_dir() else shutil.copy)(path, copied / path.name)
    book = Book(copied)
    use_book(book)
    yield book
    use_book(None)


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> BookCopy:
    """Return a copy of the project, strictly built, once for all processes (:func:`changeable` changes it)."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "built_once"
    with _locked("book"):
        if not folder.exists():
            ignored = shutil.ignore_patterns("_build", ".git", ".venv", "*cache*", "__pycache__", "*.egg-info")
            copy = BookCopy(shutil.copytree(current_book().root, folder / "project", ignore=ignored))
            built = copy.build()
            (folder / "said.txt").write_text(built.stdout + built.stderr, encoding="utf-8")
            if built.returncode == 0:
                shutil.copytree(copy.root, folder / "kept")
    assert (folder / "kept").exists(), (folder / "said.txt").read_text(encoding="utf-8")
    return BookCopy(folder / "project")


@pytest.fixture
def changeable(built_once: BookCopy) -> Iterator[BookCopy]:
    """Return that copy, which a test may change and build; it is put back as it was built, at its own place."""
    yield built_once
    shutil.rmtree(built_once.root)
    shutil.copytree(built_once.root.parent / "kept", built_once.root)


@pytest.fixture(scope="session")
def book(built_once: BookCopy, tmp_path_factory: pytest.TempPathFactory) -> BookCopy:
    """Return this process's own copy of the built project; a build there would start from nothing."""
    return BookCopy(shutil.copytree(built_once.root.parent / "kept", tmp_path_factory.mktemp("book") / "project"))


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"  # other hosts are out of reach
    quiet = ["--disable-gpu", "--disable-background-networking", "--font-render-hinting=none"]
    opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *quiet, alone])
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def keep(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Return what keeps a screenshot under a name for a person to look at, where that is asked for."""
    if not request.config.getoption("keep_screenshots"):
        return lambda page, name: None
    return lambda page, name: page.screenshot(path=current_book().root / "_build" / "screenshots" / f"{name}.png")


@functools.cache
def compressed(content: bytes) -> bytes:
    return gzip.compress(content)


@pytest.fixture(scope="session")
def address(book: BookCopy) -> Iterator[str]:
    """Serve the site from a sub-folder of a host, as most hosts do."""

    class Compressing(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            file = Path(self.translate_path(self.path))
            content = file.read_bytes() if file.is_file() else b""
            self.send_response(200 if file.is_file() else 404)
            self.send_header("Content-Type", self.guess_type(str(file)))
            if file.suffix in {".html", ".css", ".js", ".svg"}:
                content = compressed(content)
                self.send_header("Content-Encoding", "gzip")
            if file.suffix in {".css", ".js"}:
                self.send_header("Cache-Control", "max-age=600")  # as GitHub Pages says
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: Any) -> None:
            pass

    class Calm(http.server.ThreadingHTTPServer):
        def handle_error(self, *arguments: Any) -> None:
            pass  # a browser that leaves a page breaks off what it asked for

    served = book.site.parent / "served"
    (served / "some").mkdir(parents=True)
    (served / "some" / "folder").symlink_to(book.site)
    server = Calm(("127.0.0.1", 0), functools.partial(Compressing, directory=served))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/some/folder/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Return a function that opens an address, as :func:`whole_book.visiting` says."""
    with visiting(browser) as opened:
        yield opened
