"""An adopted book: which kind it is, which steps are on, and which pages it has."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from checkable_book.book import CONFIG, Book, current_book
from checkable_book.contents import CONTENTS, Page, missing_pages, pages_of
from checkable_book.errors import DataError
from checkable_book.text import line_place
from checkable_book.verify.reference_notebooks import code_cell_lines

if TYPE_CHECKING:
    from sphinx.project import Project

#: The configuration of a plain Sphinx project.
SPHINX_CONFIG = "conf.py"
#: The name of the block in the configuration, of either kind.
BLOCK = "checkable_book"
#: The folder of the book that holds what the steps compare with. Its name cannot be imported, so it hides no module.
FOLDER = "checkable-book"
#: The steps, in the order of their worth, and what each does.
STEPS = {
    "outputs": "compares what each executed page prints and draws with a reference that you keep in version control",
    "numerals": "tells of each number that is typed into the text from now on; those of today are a baseline",
    "freshness": "executes a page again whenever a file or a module that it read has changed, and no other page",
    "kernels": "starts the pages' kernels from a process that has imported your libraries, where that is faster",
    "data": "checks the data files against descriptions that are proposed from what they hold",
    "offline": "sets formulas as MathML, and lists what pages load from other hosts",
}


@dataclass(frozen=True)
class Settings:
    """What the block in the configuration says.

    Parameters
    ----------
    steps : the steps that are on.
    numerals : the pages whose typed numbers are looked at; all of them where empty.
    tolerance : by how much numbers of outputs may differ, relatively; by page, under ``""`` for all others.
    preload : the modules that the process imports from which kernels are forked.
    data : the folders, from the book's own, that hold data files.

    Examples
    --------
    >>> Settings.parse({"steps": ["outputs"], "tolerance": 1e-9}, str).tolerance_of("intro")
    1e-09
    """

    steps: tuple[str, ...] = ("outputs",)
    numerals: tuple[str, ...] = ()
    tolerance: Mapping[str, float] = field(default_factory=dict)
    preload: tuple[str, ...] = ()
    data: tuple[str, ...] = ()

    def tolerance_of(self, docname: str) -> float:
        """Return the tolerance for the numbers that a page prints."""
        return self.tolerance.get(docname, self.tolerance.get("", 0.0))

    @classmethod
    def parse(cls, block: object, place: Callable[..., str]) -> Self:
        """Return the settings of a block as a configuration file holds it.

        Parameters
        ----------
        place : what gives the place of a name of the block, or of the block.

        Raises
        ------
        DataError : a name or a value that there is none of.
        """
        if not isinstance(block, dict):
            raise DataError(f"{place()}: {BLOCK}: found {str(block)[:60]!r}, expected names with a value each")
        if unknown := set(block) - set(cls.__dataclass_fields__):
            known = ", ".join(cls.__dataclass_fields__)
            name = sorted(map(str, unknown))[0]
            raise DataError(f"{place(name)}: {BLOCK}: found {name!r}, expected one of {known}")
        read: dict[str, Any] = {}
        for name in ("steps", "numerals", "preload", "data"):
            if name in block:
                listed = block[name] if isinstance(block[name], list | tuple) else [block[name]]
                read[name] = tuple(str(one) for one in listed if one is not None)
        for step in read.get("steps", ()):
            if step not in STEPS:
                raise DataError(f"{place('steps')}: {BLOCK}, steps: found {step!r}, expected one of {', '.join(STEPS)}")
        if (given := block.get("tolerance")) is not None:
            by_page = given if isinstance(given, dict) else {"": given}
            try:
                read["tolerance"] = {str(page): float(value) for page, value in by_page.items()}
            except (TypeError, ValueError):
                raise DataError(
                    f"{place('tolerance')}: {BLOCK}, tolerance: found {given!r}, expected a number, or one a page"
                ) from None
        return cls(**read)

    def as_block(self) -> dict[str, Any]:
        """Return what a configuration file holds, without what is empty."""
        block: dict[str, Any] = {"steps": list(self.steps)}
        for name in ("numerals", "preload", "data"):
            if getattr(self, name):
                block[name] = list(getattr(self, name))
        if self.tolerance:
            given = dict(self.tolerance)
            block["tolerance"] = given[""] if set(given) == {""} else given
        return block


class AdoptedBook(Book):
    """Another author's book in a folder.

    Parameters
    ----------
    root : the folder that holds ``_config.yml`` and ``_toc.yml``, or ``conf.py``.
    """

    may_lack_pages = True

    @cached_property
    def is_sphinx(self) -> bool:
        """Whether it is a plain Sphinx project, and no Jupyter Book."""
        return not ((self.root / CONFIG).is_file() and (self.root / CONTENTS).is_file())

    @property
    def config_file(self) -> str:
        """The name of its configuration."""
        return SPHINX_CONFIG if self.is_sphinx else CONFIG

    @cached_property
    def config(self) -> dict[str, Any]:
        """What its configuration holds: the mapping of ``_config.yml``, or the names that ``conf.py`` sets."""
        if not self.is_sphinx:
            return self.read_yaml(self.root / CONFIG)
        from sphinx.config import eval_config_file
        from sphinx.errors import ConfigError
        from sphinx.util.tags import Tags

        try:
            return eval_config_file(str(self.root / SPHINX_CONFIG), Tags())
        except (ConfigError, OSError) as error:
            reason = str(error).strip().splitlines()[-1]
            lines = re.findall(rf'{re.escape(SPHINX_CONFIG)}", line (\d+)', str(error))
            place = f"{SPHINX_CONFIG}:{lines[-1] if lines else 1}"
            raise DataError(f"{place}: found {reason}, expected a configuration that can be read") from None

    @property
    def sphinx_config(self) -> dict[str, Any]:
        """What Sphinx is configured with."""
        return self.config if self.is_sphinx else super().sphinx_config

    @cached_property
    def languages(self) -> list[str]:
        """Its one language."""
        return [str(self.sphinx_config.get("language") or "en")]

    @cached_property
    def markdown_extensions(self) -> list[str]:
        """The syntax extensions of MyST that its Markdown is read with."""
        return list(self.config.get("myst_enable_extensions") or []) if self.is_sphinx else super().markdown_extensions

    @property
    def settings(self) -> Settings:
        """Which steps are on, and how.

        Raises
        ------
        DataError : a block that cannot be read.
        """
        found: Settings = self.remember(
            "settings", lambda: Settings.parse(self.config.get(BLOCK, {"steps": []}), self.block_place)
        )
        return found

    def choose_settings(self, settings: Settings) -> None:
        """Work with other settings, before they stand in the configuration."""
        self.forget()
        self.remember("settings", lambda: settings)

    def block_place(self, *names: str) -> str:
        """Return the file and the line of a name in the block, or of the block."""
        path = self.root / self.config_file
        if not self.is_sphinx:
            return self.key_place(path, BLOCK, *names)
        return line_place(SPHINX_CONFIG, path.read_text(encoding="utf-8-sig"), f"{BLOCK} =")

    @property
    def is_checkable(self) -> bool:
        """Whether it was made with the machinery, which checks it whole without being asked."""
        named = self.sphinx_config.get("extensions") or []
        return "checkable_book.sphinx_ext" in [*named, *self._more_extensions()]

    def _more_extensions(self) -> list[str]:
        found = self.config.get("sphinx") or {}
        return list(found.get("extra_extensions") or []) if isinstance(found, dict) and not self.is_sphinx else []

    @property
    def is_adopted(self) -> bool:
        """Whether its configuration holds the block."""
        return BLOCK in self.config

    def require_adopted(self) -> None:
        """Refuse a book whose configuration does not hold the block.

        Raises
        ------
        DataError : it does not.
        """
        if not self.is_adopted:
            raise DataError(f"{self.config_file}:1: found no block {BLOCK}; checkable-book adopt writes it")

    @property
    def folder(self) -> Path:
        """The folder of what the steps compare with."""
        return self.root / FOLDER

    @property
    def data_folder(self) -> Path:
        """The folder whose files no page may change: an adopted book's pages go on writing wherever they do."""
        return self.folder

    @property
    def reference_folder(self) -> Path:
        """The folder of the reference outputs."""
        return self.folder / "outputs"

    @property
    def pages(self) -> list[Page]:
        """Its pages: those that the contents name, where they are, or that Sphinx finds."""
        return pages_of("", self) if not self.is_sphinx else self.remember("sphinx pages", self._sphinx_pages)

    @property
    def missing_pages(self) -> list[str]:
        """Pages that the contents name and that have no file."""
        return [] if self.is_sphinx else missing_pages(self)

    @property
    def excluded_patterns(self) -> list[str]:
        """The files of a Sphinx project that are no pages: those that it names, templates, and what it copies."""
        named = ("exclude_patterns", "templates_path", "html_extra_path", "html_static_path")
        return [str(one) for name in named for one in self.config.get(name) or ()]

    @property
    def other_documents(self) -> list[str]:
        """Files that Sphinx would build though the contents do not name them."""
        if self.is_sphinx or self.config.get("only_build_toc_files"):
            return []
        from sphinx.project import Project

        excluded = [*map(str, self.config.get("exclude_patterns") or []), "_build", "**.ipynb_checkpoints"]
        named = {page.docname for page in self.pages}
        project = Project(self.root, dict.fromkeys((".md", ".ipynb", ".rst"), ""))
        return sorted(_discover_documents(project, excluded, ["**"]) - named)

    def _sphinx_pages(self) -> list[Page]:
        from sphinx.project import Project

        config = self.config
        given = config.get("source_suffix") or [".rst"]
        suffixes = {given} if isinstance(given, str) else set(given)
        suffixes |= {".md", ".ipynb", *self.notebook_formats} if "myst_nb" in config.get("extensions", ()) else set()
        excluded = ["_build", *self.excluded_patterns]
        project = Project(self.root, dict.fromkeys(sorted(suffixes), ""))
        found = sorted(_discover_documents(project, excluded, config.get("include_patterns", ["**"])))
        return [
            Page(name, Path(project.doc2path(name, absolute=True)), self.first_language, "", name.count("/"))
            for name in found
        ]


def find_book(folder: Path | None = None) -> AdoptedBook:
    """Return the Jupyter Book or the Sphinx project in a folder or around it, adopted or not.

    Raises
    ------
    DataError : there is none.
    """
    folder = (folder or Path(os.getcwd())).resolve()
    for candidate in (folder, *folder.parents):
        if (candidate / CONFIG).is_file() and (candidate / CONTENTS).is_file():
            return AdoptedBook(candidate)
        if (candidate / SPHINX_CONFIG).is_file() and _is_sphinx_config(candidate / SPHINX_CONFIG):
            return AdoptedBook(candidate)
    raise DataError(
        f"{folder}: found no book, expected {CONFIG} with {CONTENTS}, "
        f"or {SPHINX_CONFIG} of a Sphinx project with MyST-NB"
    )


def adopted_book(folder: Path | None = None) -> AdoptedBook | None:
    """Return the adopted book in a folder or around it; ``None`` where there is none.

    Raises
    ------
    DataError : an adopted book whose configuration cannot be read.
    """
    try:
        book = find_book(folder)
    except DataError:
        return None  # what is wrong is told by what reads the book
    if not _BLOCK_LINE.search((book.root / book.config_file).read_text(encoding="utf-8", errors="replace")):
        return None
    return book if book.is_adopted else None


def own_book(folder: Path | None = None) -> Book:
    """Return the book in a folder or around it, which was made with the machinery.

    Raises
    ------
    DataError : there is no book, or one of another author that is not adopted yet.
    """
    try:
        found = find_book(folder)
    except DataError:
        return current_book()  # which says that there is none
    if not found.is_checkable:
        raise DataError(
            f"{found.config_file}:1: found a book that is not adopted yet, expected one that is (checkable-book adopt)"
        )
    return current_book()


def counted(number: int, noun: str) -> str:
    """Return a number of things.

    Examples
    --------
    >>> counted(1, "page"), counted(2, "page")
    ('1 page', '2 pages')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _discover_documents(project: Project, excluded: list[str], included: list[str]) -> set[str]:
    """Return the documents that Sphinx finds, without what it says of them, which a build says too."""
    logging.disable(logging.WARNING)
    try:
        return set(project.discover(excluded, included))
    finally:
        logging.disable(logging.NOTSET)


#: The block in a configuration, of either kind, also where the rest of it cannot be read.
_BLOCK_LINE = re.compile(rf"^{BLOCK}\s*[:=]", re.MULTILINE)


def line_of_cell(page: Page, number: int) -> int:
    """Return the line of a page's source on which its code cell with a number stands, counted from zero.

    Raises
    ------
    DataError : a source that cannot be read.
    """
    lines = code_cell_lines(page)
    return lines[number] if number < len(lines) else 1


def _is_sphinx_config(path: Path) -> bool:
    text = path.read_text(encoding="utf-8", errors="replace")
    return "myst_nb" in text or BLOCK in text
