"""The executed reference notebooks, which nbval compares every output against.

They are plain JSON, taken from the notebooks that a build executed, so that a
refresh executes no more than the build did.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import nbformat

from checkable_book.book import Book, current_book
from checkable_book.contents import Page, all_pages
from checkable_book.dependencies import is_left_over, not_recorded, record_once
from checkable_book.errors import DataError
from checkable_book.files import write_text_whole

_GLUED = "application/papermill.record/"
#: Where MyST-NB keeps the line of each cell.
_SOURCE_MAP = "source_map"
#: The line of a notebook's file that begins a code cell.
_CODE_CELL = re.compile(r'"cell_type":\s*"code"')


def executable_pages(book: Book | None = None) -> list[Page]:
    """Return the pages of the contents that hold code to execute, in every language."""
    return [page for page in all_pages(book) if is_executable(page)]


def is_executable(page: Page) -> bool:
    """Return whether a page holds code that a build executes."""
    if page.path.suffix == ".ipynb":
        notebook = read_source(page)
        return any(cell.cell_type == "code" and cell.source.strip() for cell in notebook.cells)
    return page.path.suffix == ".md" and "{code-cell}" in page.path.read_text(encoding="utf-8")


def reference_path(page: Page, book: Book | None = None) -> Path:
    """Return the path of a page's reference notebook."""
    return (book or current_book()).reference_folder / f"{page.name}.ipynb"


def read_source(page: Page) -> nbformat.NotebookNode:
    """Return a page as MyST-NB reads it, as a notebook without outputs; cells are named by their place.

    Raises
    ------
    DataError : a source that cannot be read.
    """
    return read_source_with_lines(page)[0]


def read_source_with_lines(page: Page) -> tuple[nbformat.NotebookNode, list[int]]:
    """Return a page as :func:`read_source` does, and the line on which each cell begins; no line of other formats.

    Raises
    ------
    DataError : a source that cannot be read.
    """
    record_once(page.path, current_book())
    notebook, text = _read_notebook(page)
    places = notebook.metadata.pop(_SOURCE_MAP, [])
    for place, cell in enumerate(notebook.cells):
        cell.id = f"cell-{place}"
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
    # Of a code cell it is the line behind its first, counted from zero; of a text the first, before empty lines.
    lines = text.split("\n")
    found = []
    for cell, line in zip(notebook.cells, places, strict=False):
        if cell.cell_type != "code":
            line += next((more for more, text in enumerate(lines[line:]) if text.strip()), 0) + 1
        found.append(line)
    return notebook, found


def code_cell_lines(page: Page) -> list[int]:
    """Return the line of a page's source on which each of its code cells begins; none where a format tells none.

    Raises
    ------
    DataError : a source that cannot be read.
    """
    if page.path.suffix == ".ipynb":
        lines = page.path.read_text(encoding="utf-8-sig", errors="replace").split("\n")
        return [place for place, line in enumerate(lines, start=1) if _CODE_CELL.search(line)]
    notebook, places = read_source_with_lines(page)
    return [line for cell, line in zip(notebook.cells, places, strict=False) if cell.cell_type == "code"]


def _read_notebook(page: Page) -> tuple[nbformat.NotebookNode, str]:
    """Return a page as a notebook, of Markdown with the line of each cell as MyST-NB keeps it, and its text."""
    from myst_nb.core.config import NbParserConfig, custom_formats_converter
    from myst_nb.core.read import create_nb_reader, read_myst_markdown_notebook
    from myst_parser.config.main import MdParserConfig

    try:
        with not_recorded():
            text = page.path.read_text(encoding="utf-8-sig")
            formats = custom_formats_converter(current_book().notebook_formats)
            config = NbParserConfig(custom_formats=formats)
            reader = create_nb_reader(page.path.as_posix(), MdParserConfig(), config, text)
            # Markdown without the header of a notebook has no reader.
            read = reader.read if reader else partial(read_myst_markdown_notebook, add_source_map=True, path=page.path)
            notebook: nbformat.NotebookNode = read(text)
            return notebook, text
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:160]
        line = found[1] if (found := re.search(r"at line (\d+)", reason)) else "1"
        place = f"{current_book().shown_path(page.path)}:{line}"
        raise DataError(f"{place}: found a source that cannot be read ({reason}), expected a notebook") from None


def outdated_references(book: Book | None = None) -> list[str]:
    """Return a line for each reference that is missing, is not that of its page, or was not executed whole."""
    book = book or current_book()
    faults = []
    expected = {reference_path(page, book): page for page in executable_pages(book)}
    for path in sorted({*_kept_references(book), *expected}):
        name = book.shown_path(path)
        if path not in expected:
            faults.append(f"{name}: there is no such chapter; checkable-book refresh takes it out")
            continue
        if not path.exists():
            faults.append(f"{name}: missing; checkable-book refresh writes it")
            continue
        try:
            kept = nbformat.read(path, as_version=4)
        except Exception:
            faults.append(f"{name}: found no notebook; checkable-book refresh writes it")
            continue
        if cell_sources(kept) != cell_sources(read_source(expected[path])):
            faults.append(f"{name}: its cells are not those of {book.shown_path(expected[path].path)}")
        faults += [f"{name}, {cell}: not executed" for cell in unexecuted_cells(kept)]
    return faults


def cell_sources(notebook: nbformat.NotebookNode) -> list[tuple[str, str]]:
    """Return the kind and the source of each cell."""
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def unexecuted_cells(notebook: nbformat.NotebookNode) -> list[str]:
    """Return the code cells without an execution count, but for empty ones and those that their page skips.

    Examples
    --------
    >>> unexecuted_cells(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import math", id="cell-0")]))
    ['cell-0']
    """
    return [
        cell.id
        for cell in notebook.cells
        if cell.cell_type == "code"
        and cell.execution_count is None
        and cell.source.strip()
        and "skip-execution" not in cell.metadata.get("tags", [])
    ]


def output_differences(page: Page, executed: nbformat.NotebookNode | None, book: Book | None = None) -> list[str]:
    """Return a line for each cell of an executed page whose output is not that of the reference."""
    path = reference_path(page, book)
    if executed is None:
        return [f"{page.name}: found no executed notebook in the build, expected one"]
    if not path.exists():
        return []  # told by outdated_references
    kept = nbformat.read(path, as_version=4)
    faults = []
    code = [[cell for cell in notebook.cells if cell.cell_type == "code"] for notebook in (executed, kept)]
    if len(code[0]) != len(code[1]):
        return [f"{page.name}: found {len(code[0])} code cells, expected {len(code[1])}, as in the reference"]
    for place, (made, expected) in enumerate(zip(*code, strict=True), start=1):
        if _outputs(made) != _outputs(expected):
            first = made.source.strip().splitlines()[-1] if made.source.strip() else ""
            faults.append(f"{page.name}, code cell {place} ({first}): its output is not that of the reference")
    return faults


def refresh_references(executed: Mapping[str, nbformat.NotebookNode], book: Book | None = None) -> list[str]:
    """Write the references from executed pages; return a line for each output that is not what it was.

    Parameters
    ----------
    executed : the notebooks of a build by the name of their page, as
        :func:`checkable_book.verify.site_checks.executed_notebooks` gives them.

    Raises
    ------
    DataError : a page that the build did not execute.
    """
    from checkable_book.sphinx_ext import postprocess_html  # with Sphinx, which takes long to import

    book = book or current_book()
    moved = []
    expected = {reference_path(page, book): page for page in executable_pages(book)}
    for path in _kept_references(book):
        if path not in expected:
            path.unlink()
            moved.append(f"{path.relative_to(book.reference_folder).with_suffix('').as_posix()}: taken out")
    for path, page in expected.items():
        if page.name not in executed:
            raise DataError(f"{page.name}: found no executed notebook in the build, expected one")
        notebook = executed[page.name]
        notebook.cells = [cell for cell in notebook.cells if cell.id != postprocess_html.NEEDS]
        for place, cell in enumerate(notebook.cells):
            cell.id = f"cell-{place}"
        written = nbformat.writes(notebook) + "\n"
        kept = path.read_text(encoding="utf-8") if path.exists() else ""
        if kept != written:
            write_text_whole(path, written)
            moved += [f"{page.name}: {line}" for line in _moved_outputs(kept, notebook)]
    return moved


def plain_outputs(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Return the plain text of each output, by the name of a glued value or by the last line of its cell."""
    texts: dict[str, str] = {}
    for cell in notebook.cells:
        for output in cell.outputs if cell.cell_type == "code" else []:
            bundle = output_data(output.get("data", {}))
            last = cell.source.strip().splitlines()[-1] if cell.source.strip() else cell.id
            key = output.get("metadata", {}).get("scrapbook", {}).get("name") or last
            texts[key] = texts.get(key, "") + str(bundle.get("text/plain", output.get("text", "")))
    return texts


def output_data(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of an output by kind, glued values like others."""
    return {
        kind.removeprefix(_GLUED): "".join(data) if isinstance(data, list) else data for kind, data in bundle.items()
    }


def _outputs(cell: nbformat.NotebookNode) -> list[object]:
    """Return the outputs of a cell, by what can be compared: kinds, streams and data."""
    return [
        (output.output_type, output.get("name", ""), output.get("text", ""), output_data(output.get("data", {})))
        for output in cell.outputs
    ]


def _kept_references(book: Book) -> list[Path]:
    return sorted(
        path
        for path in book.reference_folder.rglob("*.ipynb")
        if not any(is_left_over(part) for part in path.relative_to(book.reference_folder).parts)
    )


def _moved_outputs(kept: str, notebook: nbformat.NotebookNode) -> list[str]:
    """Return what an executed page says differently than before: values by name, tables and charts line by line."""
    if not kept:
        return ["new"]
    before, after = plain_outputs(nbformat.reads(kept, as_version=4)), plain_outputs(notebook)
    lines = []
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key, ""), after.get(key, "")
        if old == new:
            continue
        if "\n" not in old + new:
            lines.append(f"{key}: {old or 'nothing'} -> {new or 'nothing'}")
        else:
            compared = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0)
            lines += [f"{key}: {line}" for line in list(compared)[2:] if line[:1] in "+-"]
    return lines
