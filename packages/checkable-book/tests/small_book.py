"""A small book, as ``checkable-book new`` lays it down, that tests may change, build and verify."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import warm
from checkable_book.book import Book, use_book

SRC = Path(__file__).parents[1] / "src"
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Run:
    """What a command gave: its exit code, and what it said without colours."""

    code: int
    said: str

    @property
    def executed(self) -> set[str]:
        """The chapters that a build executed, as in ``en/index``."""
        return set(re.findall(r"(\w+/\w+)\.md: Executed notebook", self.said))

    @property
    def told(self) -> str:
        """The lines that tell what is wrong, whole lines each."""
        return "\n".join(line for line in self.said.splitlines() if "MdParserConfig" not in line)


@dataclass(frozen=True)
class SmallBook:
    """A book in a folder of its own."""

    root: Path

    @property
    def site(self) -> Path:
        return self.root / "_build" / "html"

    def page(self, name: str) -> str:
        """Return a built page, as in ``en/index``."""
        language = name.partition("/")[0]
        folder = self.site / ("" if language == "en" else language) / "chapters"
        return (folder / f"{name}.html").read_text(encoding="utf-8")

    def run(self, *command: str, src: Path = SRC) -> Run:
        """Run a program of this environment in the book's folder, with the machinery in ``src``."""
        return run(self.root, *command, src=src)

    def build(self, *, strict: bool = True, src: Path = SRC) -> Run:
        return self.run("jb", "build", ".", *(["-W", "-n", "--keep-going"] if strict else []), src=src)

    def start_build(self) -> subprocess.Popen[str]:
        """Start a build as a program of its own, whose lines can be read while it runs."""
        return subprocess.Popen(
            [BIN / "jb", "build", "."],
            cwd=self.root,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def copy(self, target: Path, *, built: bool = True) -> "SmallBook":
        """Return a copy of the book, with its build where wanted."""
        ignored = shutil.ignore_patterns("verification*", *([] if built else ["_build"]))
        return SmallBook(Path(shutil.copytree(self.root, target, ignore=ignored)))

    def edit(self, path: str, old: str, new: str) -> None:
        """Change a file for good."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{path} holds no {old!r} to change"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    @contextmanager
    def edited(self, *edits: tuple[str, str, str]) -> Iterator[None]:
        """Change files for a while."""
        with ExitStack() as stack:
            for path, old, new in edits:
                file = self.root / path
                stack.callback(file.write_text, file.read_text(encoding="utf-8"), encoding="utf-8")
                self.edit(path, old, new)
            yield


def environment(src: Path = SRC) -> dict[str, str]:
    """Return the environment of a program that is to use the machinery in ``src``."""
    return os.environ | {"PYTHONPATH": str(src), "NO_COLOR": "1", "COLUMNS": "500"}


def run(folder: Path, *command: str, src: Path = SRC) -> Run:
    """Run a program of this environment in a folder, with the machinery as it stands here."""
    if command[0] in warm.PROGRAMS and src == SRC:
        code, said = warm.run(command[0], list(command[1:]), str(folder), environment(src))
    else:
        program = [str(BIN / command[0]), *command[1:]]
        done = subprocess.run(program, cwd=folder, env=environment(src), capture_output=True, text=True)
        code, said = done.returncode, done.stdout + done.stderr
    return Run(code, re.sub(r"\x1b\[[0-9;]*m", "", said))


_FORM = {"sources": [{"title": "A test"}], "profile": "tabular-data-resource", "format": "csv"}


def describe_table(book: SmallBook, name: str, columns: dict[str, str], key: str) -> None:
    """Add a table to the description of the book's data."""
    path = book.root / "data" / "datapackage.json"
    described = json.loads(path.read_text(encoding="utf-8"))
    fields = [{"name": column, "type": kind, "description": f"Its {column}."} for column, kind in columns.items()]
    about = {"name": name, "path": f"{name}.csv", "title": name, "description": f"The {name}."}
    schema = {"fields": fields, "primaryKey": [key]}
    described["resources"].append({**about, **_FORM, "schema": schema})
    path.write_text(json.dumps(described), encoding="utf-8")


def with_tables(book: SmallBook, target: Path, tables: dict[str, str]) -> None:
    """Take a copy of the book with more tables, all of text, for this process' book; the first column is the key."""
    copy = book.copy(target)
    for name, text in tables.items():
        describe_table(copy, name, dict.fromkeys(text.partition("\n")[0].split(","), "string"), text.partition(",")[0])
        (copy.root / "data" / f"{name}.csv").write_text(text, encoding="utf-8")
    use_book(Book(copy.root))
