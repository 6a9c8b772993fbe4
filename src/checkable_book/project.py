"""Where the book is, and what it is made of: its folders, its languages, its own package.

The book is the nearest folder, from the working directory upwards, that holds
a ``_config.yml``; a kernel runs in the folder of its chapter and so finds it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import yaml

from checkable_book.errors import DataError

#: The book's configuration; that of another language is ``_config.LANGUAGE.yml``.
CONFIG = "_config.yml"
#: The environment variable that names the book's folder to the process that kernels are forked from.
FOLDER_VARIABLE = "CHECKABLE_BOOK_FOLDER"

_chosen: list[Path] = []


def use(folder: Path) -> None:
    """Take the book in ``folder`` for the rest of this process, wherever it runs.

    Examples
    --------
    >>> use(root())  # as :func:`root` would find it from the working directory
    """
    _chosen[:] = [folder.resolve()]


def root() -> Path:
    """Return the folder of the book.

    Raises
    ------
    DataError : there is no book here.

    Examples
    --------
    >>> (root() / CONFIG).is_file()
    True
    """
    return _chosen[0] if _chosen else _nearest(os.getcwd())


def data() -> Path:
    """Return the folder of the data.

    Examples
    --------
    >>> (data() / "datapackage.json").is_file()
    True
    """
    return root() / "data"


def chapters() -> Path:
    """Return the folder of the chapters, which holds one a language.

    Examples
    --------
    >>> {path.name for path in chapters().iterdir() if path.is_dir()} == set(languages())
    True
    """
    return root() / "chapters"


def references() -> Path:
    """Return the folder of the executed reference notebooks.

    Examples
    --------
    >>> references().relative_to(root()).as_posix()
    'tests/reference'
    """
    return root() / "tests" / "reference"


def config(language: str = "") -> dict[str, Any]:
    """Return the configuration, or what the edition in another language sets otherwise.

    Examples
    --------
    >>> "sphinx" in config()
    True
    """
    path = root() / (f"_config.{language}.yml" if language else CONFIG)
    return _read(path, path.stat().st_mtime_ns)


def languages() -> list[str]:
    """Return the codes of the languages of the book, the one that ``jb build`` is asked for first.

    Examples
    --------
    >>> len(languages()) == len(set(languages())) > 0
    True
    """
    first = str(config().get("sphinx", {}).get("config", {}).get("language", "en"))
    return [first, *sorted(path.suffixes[0][1:] for path in root().glob("_config.*.yml"))]


def setting(name: str) -> str:
    """Return what ``_config.yml`` sets for Sphinx under a name; empty where it sets nothing.

    Examples
    --------
    >>> setting("no_such_setting")
    ''
    """
    return str(config().get("sphinx", {}).get("config", {}).get(name, ""))


def named(name: str) -> Any:
    """Return what a setting names as ``module:attribute``; ``None`` where it names nothing.

    Raises
    ------
    DataError : there is no such module or attribute.

    Examples
    --------
    >>> named("no_such_setting") is None
    True
    """
    module, _, attribute = setting(name).partition(":")
    if not module:
        return None
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise DataError(f"{CONFIG}, {name}: found {setting(name)!r}, expected module:attribute ({error})") from None


def recomputed() -> dict[str, Callable[[str], str]]:
    """Return, by the name under which outputs give their source, what computes their numbers again in a language.

    For outputs that come from no table of the data; ``checkable_book_recomputed`` names the mapping.

    Examples
    --------
    >>> all(map(callable, recomputed().values()))
    True
    """
    return named("checkable_book_recomputed") or {}


def distribution() -> metadata.Distribution:
    """Return the installed distribution that this package came in, whatever its name is.

    Examples
    --------
    >>> distribution().files is not None
    True
    """
    return metadata.distribution(metadata.packages_distributions()[__package__][0])


def owns(file: str) -> bool:
    """Say whether a module's file is the book's own code, whose change may change a page.

    Examples
    --------
    >>> owns(os.__file__)
    False
    """
    path = Path(file)
    return path.is_relative_to(root()) and "site-packages" not in path.parts


#: The safe loader, in C where there is one, which is ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> dict[str, Any]:
    """Return what a YAML file of the book holds.

    Raises
    ------
    DataError : no such file, or no YAML that names things.

    Examples
    --------
    >>> read_yaml(root() / CONFIG) == config()
    True
    """
    shown = path.relative_to(root()).as_posix() if path.is_relative_to(root()) else path.name
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), _LOADER) or {}
    except OSError:
        raise DataError(f"{shown}: found no such file, expected it") from None
    except yaml.MarkedYAMLError as error:
        row = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DataError(f"{shown}, row {row}: found {error.problem}, expected YAML") from None
    if not isinstance(found, dict):
        raise DataError(f"{shown}, row 1: found {str(found)[:60]!r}, expected names with a value each")
    return found


@lru_cache
def _read(path: Path, changed: int) -> dict[str, Any]:
    return read_yaml(path)


@lru_cache
def _nearest(folder: str) -> Path:
    for candidate in (Path(folder), *Path(folder).parents):
        if (candidate / CONFIG).is_file():
            return candidate
    raise DataError(f"{folder}: found no book, expected {CONFIG} here or in a folder above")
