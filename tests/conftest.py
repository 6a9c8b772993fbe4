"""What the tests share."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from checkable_book import project
from checkable_book.build import kernels

kernels.announce()  # nbval starts its kernels by name

#: Fixtures that build a book or start a browser; a test without them is quick unless its file is named below.
SLOW_FIXTURES = {"book", "starter", "starter_book", "browser", "visit", "finished"}
SLOW_FILES = {"test_deduplication.py", "test_run.py", "test_mutations.py", "test_meaning.py", "test_new.py"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is quick; keep tests that share something built in one process."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        if not used & SLOW_FIXTURES and item.path.name not in SLOW_FILES:
            item.add_marker(pytest.mark.quick)
        if "book" in used:
            item.add_marker(pytest.mark.xdist_group("book"))
        elif item.path.parent.name in {"checkable_book", "systematic_review"} and used & SLOW_FIXTURES:
            item.add_marker(pytest.mark.xdist_group(item.path.parent.name))


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


@dataclass(frozen=True)
class Book:
    """A copy of the whole project, which tests may change and build."""

    root: Path

    @property
    def site(self) -> Path:
        return self.root / "_build" / "html"

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program of this environment with the copy's own package and data."""
        return subprocess.run(
            [str(Path(sys.executable).with_name(command[0])), *command[1:]],
            cwd=self.root,
            env=os.environ | {"PYTHONPATH": str(self.root / "src"), "NO_COLOR": "1"},
            capture_output=True,
            text=True,
        )

    def build(self) -> subprocess.CompletedProcess[str]:
        """Build strictly; what was read is in the output."""
        return self.run("jb", "build", ".", "-W", "-n", "--keep-going")

    @contextmanager
    def edited(self, path: str, old: str, new: str) -> Iterator[None]:
        """Change a file of the copy for a while."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{path} holds no {old!r} to change"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        try:
            yield
        finally:
            file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """Return a copy of the project, strictly built."""
    root = tmp_path_factory.mktemp("book") / "project"
    ignored = shutil.ignore_patterns("_build", ".git", ".venv", "*cache*", "__pycache__", "*.egg-info")
    copy = Book(shutil.copytree(project.root(), root, ignore=ignored))
    built = copy.build()
    assert built.returncode == 0, built.stdout + built.stderr
    return copy
