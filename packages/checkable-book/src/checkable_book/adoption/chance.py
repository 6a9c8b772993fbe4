"""Which cells of a page depend on chance: what they print may be the same in two runs, and another in the third."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

#: What a program draws lots with, or takes the time from.
_SOURCES = re.compile(
    r"\b(?:random|rand|randn|randint|default_rng|urandom|uuid[14]|secrets|perf_counter|time_ns|timeit|now|today)\b"
    r"|\btime\.time\b|%time"
)


def cells_of_chance(sources: Sequence[str], varying: set[int]) -> set[int]:
    """Return the places of a page's cells that depend on chance, where two runs have shown that some do.

    Chance spreads with names: from a cell that draws lots, or whose output
    differed, to all cells that use what it has assigned or defined.

    Parameters
    ----------
    sources : the programs of the cells, in order.
    varying : the places of those whose outputs differed.

    Examples
    --------
    >>> cells_of_chance(["import random", "a = random.random()", "b = 2", "a > 0.5"], {1})
    {0, 1, 3}
    >>> cells_of_chance(["import random", "random.seed(1); a = random.random()", "a > 0.5"], set())
    set()
    """
    found: set[int] = set()
    spread: set[str] = set()
    for place, source in enumerate(sources) if varying else ():
        used, given = _used_and_assigned_names(source)
        if place in varying or _SOURCES.search(source) or used & spread:
            found.add(place)
            spread |= given
    return found


def _used_and_assigned_names(source: str) -> tuple[set[str], set[str]]:
    """Return the names that a program uses, and those that it gives something to; of modules only those of chance."""
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:
        words = set(re.findall(r"[^\W\d]\w*", source))
        return words, set()
    used: set[str] = set()
    given: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else given).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            given.add(node.name)
        elif isinstance(node, ast.ImportFrom) and _SOURCES.search(node.module or ""):
            given |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            given |= {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    return used, given
