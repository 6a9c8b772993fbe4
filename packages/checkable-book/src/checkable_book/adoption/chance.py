"""Which cells of a page depend on chance: what they print may be the same in two runs, and another in the third."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

#: What draws lots without a seed being of use, or tells the time.
_UNSEEDED = {
    "monotonic", "now", "perf_counter", "process_time", "time_ns", "timeit", "today", "token_bytes", "token_hex",
    "token_urlsafe", "urandom", "utcnow", "uuid1", "uuid4",
}  # fmt: skip
#: Generators that are seeded by what they are made with.
_GENERATORS = {"Random", "RandomState", "default_rng", "SeedSequence"}
#: What seeds the generators of a module for the rest of the page.
_SEEDS = {"manual_seed", "seed", "set_seed", "set_random_seed"}
#: Modules that draw lots.
_MODULES = {"random", "secrets"}
_MAGICS = re.compile(r"^\s*%{1,2}time", re.MULTILINE)


def cells_of_chance(sources: Sequence[str], varying: set[int]) -> set[int]:
    """Return the places of a page's cells that depend on chance, where two runs have shown that some do.

    Chance spreads with names: from a cell that draws lots, or whose output
    differed, to all cells that use what it has assigned or defined. A cell that
    draws lots after a seed was set does not depend on chance.

    Parameters
    ----------
    sources : the programs of the cells, in order.
    varying : the places of those whose outputs differed.

    Examples
    --------
    >>> cells_of_chance(["import random", "a = random.random()", "b = 2", "a > 0.5"], {1})
    {1, 3}
    >>> cells_of_chance(["import random", "random.seed(1); a = random.random()", "now()", "a > 0.5"], {2})
    {2}
    """
    found: set[int] = set()
    spread: set[str] = set()
    lots: set[str] = set()
    seeded = False
    for place, source in enumerate(sources) if varying else ():
        cell = _Cell(source)
        seeded = seeded or cell.sets_seed
        lots |= cell.lots
        draws = (cell.draws_lots or bool(cell.used & lots)) and not seeded
        if place in varying or cell.tells_time or draws or cell.used & spread:
            found.add(place)
            spread |= cell.given
    return found


class _Cell:
    """What the program of a cell does with names."""

    def __init__(self, source: str) -> None:
        self.used: set[str] = set()
        self.given: set[str] = set()
        #: Names of what draws lots, which the cell imports.
        self.lots: set[str] = set()
        self.sets_seed = self.draws_lots = False
        self.tells_time = bool(_MAGICS.search(source))
        lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
        try:
            tree = ast.parse("\n".join(lines))
        except SyntaxError:
            self.used = set(re.findall(r"[^\W\d]\w*", source))
            return
        harmless: set[int] = set()
        for name, call in _calls(tree):
            given = bool(call.args or call.keywords)
            self.sets_seed |= name in _SEEDS and given
            self.tells_time |= name in _UNSEEDED or (name == "time" and not given)
            self.draws_lots |= name in _GENERATORS and not given
            if given and name in _GENERATORS | _SEEDS:
                harmless |= {id(part) for part in ast.walk(call.func)}
        for node in ast.walk(tree):
            if id(node) not in harmless:
                self._read_names(node)

    def _read_names(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name):
            (self.used if isinstance(node.ctx, ast.Load) else self.given).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            self.given.add(node.name)
        elif isinstance(node, ast.Import):
            self.lots |= {one.asname or one.name for one in node.names if _MODULES & set(one.name.split("."))}
        elif isinstance(node, ast.ImportFrom):
            from_lots = bool(_MODULES & set((node.module or "").split(".")))
            drawing = {one.asname or one.name for one in node.names if from_lots or one.name in _MODULES}
            self.lots |= drawing - _GENERATORS
        elif isinstance(node, ast.Attribute):
            self.draws_lots |= node.attr in _MODULES
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            self.given |= {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls of a program, each with the name of the function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            yield function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", ""), node
