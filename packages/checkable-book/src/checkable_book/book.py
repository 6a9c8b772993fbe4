"""A book: its folder, its configuration, its languages, and what is worked out from its files.

A :class:`Book` is read from a folder that holds ``_config.yml``. Everything
that takes long to work out (tables, the database, the contents) is kept in the
book itself, so that two books in one process never mix.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from functools import cached_property
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, TypeVar

import yaml

from checkable_book.errors import DataError

#: The book's configuration; that of another language is ``_config.LANGUAGE.yml``.
CONFIG = "_config.yml"
#: The environment variable that names the book's folder to the processes that a build starts.
FOLDER_VARIABLE = "CHECKABLE_BOOK_FOLDER"

#: The safe loader, in C where there is one, which is ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SHOWN = 60  # characters of a wrong value that a message shows

T = TypeVar("T")


class Book:
    """A book in a folder.

    Parameters
    ----------
    root : the folder that holds ``_config.yml``.

    Examples
    --------
    >>> book = current_book()
    >>> book.data_folder.relative_to(book.root).as_posix()
    'data'
    """

    #: Whether the contents may name pages that have no file, which a build then leaves out.
    may_lack_pages = False

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._kept: dict[Hashable, Any] = {}

    @property
    def data_folder(self) -> Path:
        """The folder of the data and its description."""
        return self.root / "data"

    @property
    def reference_folder(self) -> Path:
        """The folder of the executed reference notebooks."""
        return self.root / "tests" / "reference"

    @cached_property
    def config(self) -> dict[str, Any]:
        """The content of ``_config.yml``."""
        return self.read_yaml(self.root / CONFIG)

    def config_of(self, language: str) -> dict[str, Any]:
        """Return what the edition in another language configures differently: ``_config.LANGUAGE.yml``."""
        return self.read_yaml(self.root / f"_config.{language}.yml")

    @cached_property
    def languages(self) -> list[str]:
        """The codes of the book's languages; the first is the one that ``jb build`` builds."""
        first = str(self.sphinx_config.get("language") or "en")
        return [first, *sorted(path.suffixes[0][1:] for path in self.root.glob("_config.*.yml"))]

    @property
    def first_language(self) -> str:
        """The language that ``jb build`` builds."""
        return self.languages[0]

    @property
    def sphinx_config(self) -> dict[str, Any]:
        """What ``_config.yml`` hands to Sphinx as it is: its ``sphinx: config:``."""
        found = self.config.get("sphinx") or {}
        return (found.get("config") or {}) if isinstance(found, dict) else {}

    @cached_property
    def markdown_extensions(self) -> list[str]:
        """The syntax extensions of MyST that the book's Markdown is read with."""
        from jupyter_book.config import PATH_YAML_DEFAULT

        parse = self.config.get("parse") or {}
        if "myst_enable_extensions" not in parse:
            parse = self.read_yaml(PATH_YAML_DEFAULT)["parse"]
        named = [*(self.sphinx_config.get("myst_enable_extensions") or []), *(parse["myst_enable_extensions"] or [])]
        return list(dict.fromkeys(named))

    @property
    def notebook_formats(self) -> dict[str, Any]:
        """What reads notebooks of other endings than MyST-NB knows, by the ending: its ``nb_custom_formats``."""
        return dict(self.sphinx_config.get("nb_custom_formats") or {})

    def import_setting(self, name: str) -> Any:
        """Return what a setting of Sphinx names as ``module:attribute``; ``None`` where it is not set.

        Raises
        ------
        DataError : there is no such module or attribute.
        """
        setting = str(self.sphinx_config.get(name) or "")
        module, _, attribute = setting.partition(":")
        if not module:
            return None
        try:
            return getattr(import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise DataError(
                f"{self.setting_place(name)}: found {setting!r}, expected module:attribute ({error})"
            ) from None

    def setting_place(self, name: str) -> str:
        """Return the place of a setting of Sphinx in ``_config.yml``, with its name."""
        return f"{self.key_place(self.root / CONFIG, 'sphinx', 'config', name)}: {name}"

    def recomputed_outputs(self) -> dict[str, Callable[[str], str]]:
        """Return the functions that compute an output's text again in a language, by the source that the output names.

        For outputs that come from no table of the data; the setting
        ``checkable_book_recomputed`` names the mapping.
        """
        return self.import_setting("checkable_book_recomputed") or {}

    def owns_file(self, file: str | Path) -> bool:
        """Return whether a file is the book's own source: below its folder, not installed, built or hidden."""
        path = Path(file)
        if not path.is_relative_to(self.root):
            return False
        inside = path.relative_to(self.root).parts
        return not any(part in {"_build", "site-packages", "__pycache__"} or part.startswith(".") for part in inside)

    def shown_path(self, path: Path) -> str:
        """Return a path as messages name it: from the book's folder on, where it is inside."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.as_posix()

    def remember(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what ``make`` gives, made once for this book and kept under ``key``."""
        if key not in self._kept:
            self._kept[key] = make()
        kept: T = self._kept[key]
        return kept

    def forget(self) -> None:
        """Drop everything that was worked out, so that changed files are read again."""
        for kept in self._kept.values():
            if hasattr(kept, "close"):
                kept.close()
        self._kept.clear()
        for name in ("config", "languages", "markdown_extensions"):
            self.__dict__.pop(name, None)

    def key_place(self, path: Path, *keys: str) -> str:
        """Return a YAML file with the line of the last of nested keys that is there, as editors understand it.

        Examples
        --------
        >>> book = current_book()
        >>> book.key_place(book.data_folder / "paper.yml", "no such key")
        'data/paper.yml:1'
        """
        line = 0
        try:
            node = yaml.compose(path.read_text(encoding="utf-8-sig"), _LOADER)
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            node = None
        for wanted in keys:
            held = node.value if isinstance(node, yaml.MappingNode) else []
            found = next((pair for pair in held if pair[0].value == wanted), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        return f"{self.shown_path(path)}:{line + 1}"

    def read_yaml(self, path: Path) -> dict[str, Any]:
        """Return the mapping that a YAML file holds; an empty file gives an empty one.

        Raises
        ------
        DataError : no such file, or no YAML mapping.
        """
        shown = self.shown_path(path)
        try:
            found = yaml.load(path.read_text(encoding="utf-8-sig"), _LOADER) or {}
        except OSError:
            raise DataError(f"{shown}: found no such file, expected it") from None
        except UnicodeDecodeError:
            raise DataError(f"{shown}:1: found bytes that are not UTF-8, expected UTF-8") from None
        except yaml.MarkedYAMLError as error:
            row = error.problem_mark.line + 1 if error.problem_mark else 1
            raise DataError(f"{shown}:{row}: found {error.problem}, expected YAML") from None
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise DataError(f"{shown}:1: found {_first_line(error)}, expected YAML") from None
        if not isinstance(found, dict):
            raise DataError(f"{shown}:1: found {str(found)[:_SHOWN]!r}, expected names with a value each")
        return found


def current_book() -> Book:
    """Return the book of this process: the one chosen by :func:`use_book`, or the one around the working directory.

    Raises
    ------
    DataError : there is no book here.
    """
    if _chosen:
        return _chosen[0]
    folder = Path(os.getcwd())
    for candidate in (folder, *folder.parents):
        if candidate in _found:
            return _found[candidate]
        if (candidate / CONFIG).is_file():
            return _found.setdefault(candidate, Book(candidate))
    raise DataError(f"{folder}: found no book, expected {CONFIG} here or in a folder above")


def use_book(book: Book | None) -> None:
    """Make a book the one that :func:`current_book` returns; with ``None`` the working directory decides again."""
    _chosen[:] = [book] if book else []


def installed_distribution() -> metadata.Distribution:
    """Return the installed distribution that this package came in."""
    return metadata.distribution(metadata.packages_distributions()[__package__][0])


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:_SHOWN] or type(error).__name__


#: The one place where a process keeps books: cells of a notebook have no book to pass along.
_chosen: list[Book] = []
_found: dict[Path, Book] = {}
