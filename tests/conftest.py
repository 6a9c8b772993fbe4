"""What the tests share."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from checkable_book import project
from checkable_book.build import kernels

kernels.announce()  # nbval starts its kernels by name


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
