"""What the tests share."""

import functools
import gzip
import http.server
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from checkable_book import project
from checkable_book.build import kernels
from whole_book import CHROMIUM, Book, Opened, visiting

kernels.announce()  # nbval starts its kernels by name

collect_ignore_glob = ["conftest.py"]  # which holds no examples to run

#: Fixtures that build a book or start a browser; a test without them is quick unless its file is named below.
SLOW_FIXTURES = {"address", "book", "browser", "built", "finished", "here", "laid_down", "spoilt", "visit"}
SLOW_FILES = {"test_deduplication.py", "test_run.py", "test_mutations.py", "test_meaning.py", "test_new.py"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept-pictures", action="store_true", help="take the pictures of pages anew")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is quick."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        if not used & SLOW_FIXTURES and item.path.name not in SLOW_FILES:
            item.add_marker(pytest.mark.quick)


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
def data_copy(tmp_path: Path) -> Path:
    """Return a copy of the data that a test may spoil."""
    return shutil.copytree(project.data(), tmp_path / "data")


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """Return a copy of the project, strictly built."""
    root = tmp_path_factory.mktemp("book") / "project"
    ignored = shutil.ignore_patterns("_build", ".git", ".venv", "*cache*", "__pycache__", "*.egg-info")
    copy = Book(shutil.copytree(project.root(), root, ignore=ignored))
    built = copy.build()
    assert built.returncode == 0, built.stdout + built.stderr
    return copy


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"  # other hosts are out of reach
        quiet = ["--disable-gpu", "--disable-background-networking", "--font-render-hinting=none"]
        options = ["--no-sandbox", *quiet, alone]
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def address(book: Book) -> Iterator[str]:
    """Serve the site from a sub-folder of a host, as most hosts do."""

    class Compressing(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            file = Path(self.translate_path(self.path))
            content = file.read_bytes() if file.is_file() else b""
            self.send_response(200 if file.is_file() else 404)
            self.send_header("Content-Type", self.guess_type(str(file)))
            if file.suffix in {".html", ".css", ".js", ".svg"}:
                content = gzip.compress(content)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: Any) -> None:
            pass

    class Calm(http.server.ThreadingHTTPServer):
        def handle_error(self, *arguments: Any) -> None:
            pass  # a browser that leaves a page breaks off what it asked for

    served = book.site.parent / "served"
    shutil.copytree(book.site, served / "some" / "folder", dirs_exist_ok=True)
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
