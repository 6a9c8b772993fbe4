"""Whether forked kernels pay for a book: measured on the book itself."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from checkable_book.adoption.book import AdoptedBook
from checkable_book.adoption.executed_build import ExecutedPage, run_build
from checkable_book.contents import Page
from checkable_book.verify.reference_notebooks import read_source

#: Forked kernels must take this share of the time of ordinary ones, or less, to be switched on.
WORTH = 0.9
_PAIRS = 2
_LONG = 120  # seconds of a build that is measured once


def imported_libraries(pages: list[Page]) -> tuple[str, ...]:
    """Return the installed libraries that the pages' cells import; modules of the book itself are no part of it.

    What such a module reads when it is imported would be read once, before all
    pages, and no page would know that it depends on it.
    """
    found: dict[str, None] = {}
    for page in pages:
        for cell in read_source(page).cells:
            if cell.cell_type == "code":
                found |= dict.fromkeys(_imported(cell.source))
    return tuple(sorted(filter(_is_installed, found)))


@dataclass(frozen=True)
class TimedBuild:
    """A build that was measured: its seconds, and what each page gave."""

    seconds: float
    pages: dict[str, ExecutedPage]


def measure_kernels(book: AdoptedBook, preload: tuple[str, ...]) -> Iterator[tuple[TimedBuild, TimedBuild]]:
    """Yield, pair by pair, a build with ordinary kernels and one with forked ones."""
    with TemporaryDirectory(prefix="checkable-book-") as folder:
        for pair in range(_PAIRS):
            builds = []
            for kind in ("ordinary", "forked"):
                place = Path(folder) / f"{kind}-{pair}"
                place.mkdir()
                started = time.perf_counter()
                built = run_build(book, place, kernels=kind, preload=preload)
                builds.append(TimedBuild(time.perf_counter() - started, built))
            yield builds[0], builds[1]
            if builds[0].seconds > _LONG:
                return


def _imported(source: str) -> Iterator[str]:
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def _is_installed(name: str) -> bool:
    try:
        found = find_spec(name.partition(".")[0])
    except (ImportError, ValueError):
        return False
    return bool(found and found.origin and "site-packages" in found.origin)
