"""When a page is stale: what it used is noted while it is executed, and compared before the next build.

A page notes the tables that it loads, the modules that it has imported by then
and the results that it shows (:mod:`checkable_book.uses`). It is executed again
once one of those files has changed, or one of those results: a number, or a
chapter's claims. Results are asked for again only where the data has changed.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path

from checkable_book import project
from checkable_book.errors import DataError
from checkable_book.render import i18n
from checkable_book.sphinx_ext import assembled_book

_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Known:
    """What is known of a page since it was executed: its uses, a hash of the files among them, one of all data.

    Examples
    --------
    >>> known(["module json", "data rules"]).uses
    ('data rules', 'module json')
    """

    uses: tuple[str, ...]
    files: str
    data: str


def known(uses: Iterable[str]) -> Known:
    """Return what is known of a page that was executed just now.

    Examples
    --------
    >>> is_stale(known(["data rules"]))
    False
    """
    noted = tuple(sorted(set(uses)))
    return Known(noted, fingerprint(noted), data_stamp())


def is_stale(page: Known) -> bool:
    """Say whether a page must be executed again.

    Examples
    --------
    >>> is_stale(Known(("data rules",), "a hash of files that have changed since", data_stamp()))
    True
    """
    if fingerprint(page.uses) != page.files:
        return True
    if data_stamp() == page.data:
        return False
    results = [use.removeprefix("result ").rpartition("=") for use in page.uses if use.startswith("result ")]
    return any(_result(name) != value for name, _, value in results)


def fingerprint(uses: Iterable[str]) -> str:
    """Return a hash of the files behind ``uses``, as :func:`checkable_book.uses.note` writes them.

    The description of the data, the glossary and the words count as used by every page.

    Examples
    --------
    >>> fingerprint(["data rules"]) == fingerprint(["data numbers"])
    False
    """
    always = {project.data() / name for name in ("datapackage.json", "glossary.csv", "paper.yml")}
    used = {*chain.from_iterable(map(_files, uses))}
    return _hashed({*used, *always, *i18n.files(), *_PACKAGE.glob("render/templates/*")})


def data_stamp() -> str:
    """Return a hash of all of the data.

    Examples
    --------
    >>> len(data_stamp())
    64
    """
    return _hashed(path for path in project.data().rglob("*") if path.is_file())


def frame(site: Path) -> str:
    """Return a hash of what stands around the content of every page, and of what writes it, in whichever module.

    Examples
    --------
    >>> len(frame(Path("no site"))) >= 64
    True
    """
    static = filter(Path.is_file, _PACKAGE.glob("render/static/*"))  # folders hold what no page loads by itself
    around = [*static, *_PACKAGE.glob("sphinx_ext/theme/*"), *_PACKAGE.glob("sphinx_ext/*.py"), *i18n.files()]
    return _hashed([*around, project.data() / "paper.yml"]) + " ".join(path.name for path in assembled_book.made(site))


@lru_cache
def _result(name: str) -> str:
    # These import pandas, which a build without changes need not wait for.
    from checkable_book import data
    from checkable_book.data import database, evidence
    from checkable_book.render import values

    try:
        kind, _, rest = name.partition(":")
        if kind == "rows":
            return str(len(data.peek(rest)))
        if kind == "view":
            return database.view_fingerprint(rest)
        return evidence.fingerprint(rest) if kind == "claims" else values.fingerprint(name)
    except DataError:
        return ""


def _hashed(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for name, path in sorted((_place(path), path) for path in paths):
        digest.update(name.encode() + b"\0" + (path.read_bytes() if path.exists() else b"") + b"\0")
    return digest.hexdigest()


def _place(path: Path) -> str:
    """Return where a file is in the data, the book or this package: the same wherever those are."""
    bases = (project.data(), project.root(), _PACKAGE.parent)
    return next((path.relative_to(base).as_posix() for base in bases if path.is_relative_to(base)), path.name)


def _files(use: str) -> list[Path]:
    kind, _, name = use.partition(" ")
    if kind == "data":
        return [project.data() / f"{name}.csv"]
    if kind == "folder":
        return [path for path in (project.data() / name).rglob("*") if path.is_file()]
    if kind == "chapter":
        return [project.chapters() / name]
    return [_module(name)] if kind == "module" else []


def _module(name: str) -> Path:
    """Return the file of a module without importing the packages that it is in, which takes long."""
    package, *below = name.split(".")
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.origin:
        return Path(name)
    path = Path(spec.origin).parent.joinpath(*below) if below else Path(spec.origin)
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
