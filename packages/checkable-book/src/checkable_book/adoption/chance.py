"""Which cells of a page depend on chance: what they print may be the same in two runs, and another in the third."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

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

    Chance spreads with names, statement by statement: from what draws lots, to
    what is assigned from it, to the cells that use that. A name that is assigned
    anew from something else is free of it. What draws lots after a seed was set
    does not depend on chance; a seed of one module counts for all.

    Parameters
    ----------
    sources : the programs of the cells, in order.
    varying : the places of those whose outputs differed.

    Examples
    --------
    >>> cells_of_chance(["import random", "a = random.random()", "b = 2", "a > 0.5", "a = 1", "a"], {1})
    {1, 3}
    >>> cells_of_chance(["import random", "random.seed(1); a = random.random()", "now()", "a > 0.5"], {2})
    {2}
    """
    page = _Page()
    found = set()
    for place, source in enumerate(sources) if varying else ():
        if page.read_cell(source, place in varying):
            found.add(place)
    return found


class _Page:
    """What of a page's names depends on chance, from cell to cell."""

    def __init__(self) -> None:
        self.tainted: set[str] = set()
        #: Names of modules and functions that draw lots, until a seed is set.
        self.lots: set[str] = set()
        #: Names of modules, functions and classes that are imported: calling them changes none of them.
        self.imported: set[str] = set()
        self.is_seeded = False

    def read_cell(self, source: str, varies: bool) -> bool:
        """Follow the names of a cell; return whether it depends on chance."""
        lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
        try:
            tree = ast.parse("\n".join(lines))
        except SyntaxError:
            words = set(re.findall(r"[^\W\d]\w*", source))
            return varies or bool(words & (self.tainted | self.lots)) or bool(_MAGICS.search(source))
        by_chance = self._read_statements(tree.body) or bool(_MAGICS.search(source))
        if varies and not by_chance:  # for a reason that the program does not show
            self.tainted |= {name for statement in tree.body for name in _assigned_names(statement)}
        return varies or by_chance

    def _read_statements(self, statements: Sequence[ast.stmt]) -> bool:
        found = False
        for statement in statements:
            found |= self._read_statement(statement)
        return found

    def _read_statement(self, statement: ast.stmt) -> bool:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            self._read_import(statement)
            return False
        if isinstance(statement, ast.For | ast.AsyncFor):
            self._assign_names(_names_in(statement.target), self._is_by_chance(statement.iter))
            inside = self._read_statements([*statement.body, *statement.body, *statement.orelse])
            return inside or self._is_by_chance(statement.iter)
        if isinstance(statement, ast.If | ast.While):
            if self._is_by_chance(statement.test):
                self.tainted |= set(_assigned_names(statement))
                return True
            return self._read_statements([*statement.body, *statement.orelse])
        if isinstance(statement, ast.With | ast.AsyncWith | ast.Try):
            parts = [*statement.body]
            if isinstance(statement, ast.Try):
                parts += [one for handler in statement.handlers for one in handler.body]
                parts += [*statement.orelse, *statement.finalbody]
            return self._read_statements(parts)
        by_chance = self._is_by_chance(statement)
        if isinstance(statement, ast.AugAssign):
            self.tainted |= set(_assigned_names(statement)) if by_chance else set()
        elif by_chance and isinstance(statement, ast.Expr):
            self.tainted |= _changed_objects(statement.value, self.lots) - self.imported
        else:
            self._assign_names(_assigned_names(statement), by_chance)
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return False  # it does nothing yet
        return by_chance

    def _assign_names(self, names: Iterable[str], by_chance: bool) -> None:
        self.tainted = self.tainted | set(names) if by_chance else self.tainted - set(names)

    def _read_import(self, statement: ast.Import | ast.ImportFrom) -> None:
        self.imported |= {(one.asname or one.name).partition(".")[0] for one in statement.names}
        if isinstance(statement, ast.Import):
            drawing = {one.asname or one.name for one in statement.names if _MODULES & set(one.name.split("."))}
        else:
            from_lots = bool(_MODULES & set((statement.module or "").split(".")))
            drawing = {one.asname or one.name for one in statement.names if from_lots or one.name in _MODULES}
        self.lots |= drawing - _GENERATORS

    def _is_by_chance(self, part: ast.AST) -> bool:
        """Return whether a part of a program draws lots, tells the time, or uses what depends on chance."""
        harmless: set[int] = set()
        tells, draws, sets_seed = False, False, False
        for name, call in _find_calls(part):
            given = bool(call.args or call.keywords)
            tells |= name in _UNSEEDED or (name in _GENERATORS | {"time"} and not given)
            sets_seed |= name in _SEEDS and given
            if given and name in _GENERATORS | _SEEDS:
                harmless |= {id(inner) for inner in ast.walk(call.func)}
        nodes = [node for node in ast.walk(part) if id(node) not in harmless]
        own = _own_names(part)
        used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)} - own
        # np.random.rand(), and not rng.random().
        paths = (node.value for node in nodes if isinstance(node, ast.Attribute))
        draws |= any(isinstance(path, ast.Attribute) and path.attr in _MODULES for path in paths)
        draws |= bool(used & self.lots)
        self.is_seeded |= sets_seed and not tells and not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
        return tells or (draws and not self.is_seeded) or bool(used & self.tainted)


def _assigned_names(statement: ast.AST) -> Iterator[str]:
    """Yield the names of the page that a statement gives something to: none that its parts have for themselves."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
        return
    own = _own_names(statement)
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id not in own:
            yield node.id
        elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield from (inner.id for inner in ast.walk(node.value) if isinstance(inner, ast.Name))


def _names_in(target: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def _own_names(part: ast.AST) -> set[str]:
    """Return the names that comprehensions, functions and lambdas in a part of a program have for themselves."""
    found: set[str] = set()
    for node in ast.walk(part):
        if isinstance(node, ast.comprehension):
            found |= _names_in(node.target)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            found |= {one.arg for one in (*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs)}
            if not isinstance(node, ast.Lambda):
                stored = (one for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
                found |= {one.id for one in stored}
    return found


def _changed_objects(value: ast.AST, lots: set[str]) -> set[str]:
    """Return the names of objects that an expression may change.

    ``draws.append(...)`` may change ``draws``, and ``random.shuffle(deck)`` its argument.
    """
    found = set()
    for _, call in _find_calls(value):
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            found.add(call.func.value.id)
        if _names_in(call.func) & lots or "shuffle" in ast.dump(call.func):
            found |= {one.id for one in call.args if isinstance(one, ast.Name)}
    return found


def _find_calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls of a program, each with the name of the function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            yield function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", ""), node
