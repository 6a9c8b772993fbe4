"""The executed reference notebooks, which nbval compares every output against.

They are plain JSON, taken from the notebooks that a build executed, so that a
refresh executes no more than the build did.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

import jupytext
import nbformat

from checkable_book import project
from checkable_book.sphinx_ext import postprocess_html


def chapters() -> list[Path]:
    """Return the sources of all chapters that hold code, in every language.

    Examples
    --------
    >>> {path.parent.name for path in chapters()} == set(project.languages())
    True
    """
    return sorted(
        path for path in project.chapters().glob("*/*.md") if "{code-cell}" in path.read_text(encoding="utf-8")
    )


def reference(chapter: Path) -> Path:
    """Return the path of a chapter's reference notebook.

    Examples
    --------
    >>> reference(chapters()[0]).suffix
    '.ipynb'
    """
    return (project.references() / chapter.relative_to(project.chapters())).with_suffix(".ipynb")


def read(chapter: Path) -> nbformat.NotebookNode:
    """Return a chapter as a notebook without outputs; cells are named by their place.

    Examples
    --------
    >>> read(chapters()[0]).nbformat
    4
    """
    notebook: nbformat.NotebookNode = jupytext.read(chapter)
    for place, cell in enumerate(notebook.cells):
        cell.id = f"cell-{place}"
    return notebook


def out_of_step() -> list[str]:
    """Return a line for each reference that is not that of its chapter, or not executed whole.

    Examples
    --------
    >>> out_of_step()
    []
    """
    faults = []
    expected = {reference(chapter): chapter for chapter in chapters()}
    for path in sorted({*project.references().glob("*/*.ipynb"), *expected}):
        name = path.relative_to(project.root())
        if path not in expected:
            faults.append(f"{name}: there is no such chapter")
        elif not path.exists():
            faults.append(f"{name}: missing; checkable-book refresh writes it")
        else:
            kept = nbformat.read(path, as_version=4)
            if cells(kept) != cells(read(expected[path])):
                faults.append(f"{name}: its cells are not those of {expected[path].relative_to(project.root())}")
            faults += [f"{name}, {cell}: not executed" for cell in unexecuted(kept)]
    return faults


def cells(notebook: nbformat.NotebookNode) -> list[tuple[str, str]]:
    """Return the kind and the source of each cell.

    Examples
    --------
    >>> {kind for kind, _ in cells(read(chapters()[0]))} == {"code", "markdown"}
    True
    """
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def unexecuted(notebook: nbformat.NotebookNode) -> list[str]:
    """Return the code cells without a count, or without an output where they do more than import.

    Examples
    --------
    >>> len(unexecuted(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])))
    1
    """
    return [
        cell.id
        for cell in notebook.cells
        if cell.cell_type == "code"
        and (cell.execution_count is None or not (cell.outputs or cell.source.startswith("from ")))
    ]


def name(chapter: Path) -> str:
    """Return the name of a chapter: its language and its file, as in ``en/index``.

    Examples
    --------
    >>> name(project.chapters() / "en" / "index.md")
    'en/index'
    """
    return chapter.relative_to(project.chapters()).with_suffix("").as_posix()


def differences(chapter: Path, executed: nbformat.NotebookNode | None) -> list[str]:
    """Return a line for each cell of an executed chapter whose output is not that of the reference.

    Examples
    --------
    >>> differences(chapters()[0], None)[0].partition(": ")[2]
    'found no executed notebook in the build, expected one'
    """
    kept_path = reference(chapter)
    if executed is None:
        return [f"{name(chapter)}: found no executed notebook in the build, expected one"]
    if not kept_path.exists():
        return []  # told by out_of_step
    kept = nbformat.read(kept_path, as_version=4)
    faults = []
    code = [[cell for cell in book.cells if cell.cell_type == "code"] for book in (executed, kept)]
    if len(code[0]) != len(code[1]):
        return [f"{name(chapter)}: found {len(code[0])} code cells, expected {len(code[1])}, as in the reference"]
    for place, (made, expected) in enumerate(zip(*code, strict=True), start=1):
        if _outputs(made) != _outputs(expected):
            first = made.source.strip().splitlines()[-1] if made.source.strip() else ""
            faults.append(f"{name(chapter)}, code cell {place} ({first}): its output is not that of the reference")
    return faults


def _outputs(cell: nbformat.NotebookNode) -> list[object]:
    """Return the outputs of a cell, by what can be compared: kinds, streams and data."""
    return [
        (output.output_type, output.get("name", ""), output.get("text", ""), _data(output.get("data", {})))
        for output in cell.outputs
    ]


def _data(bundle: dict[str, object]) -> dict[str, object]:
    prefix = "application/papermill.record/"
    return {
        kind.removeprefix(prefix): "".join(said) if isinstance(said, list) else said for kind, said in bundle.items()
    }


def refresh(executed: Mapping[str, nbformat.NotebookNode]) -> list[str]:
    """Write the references from executed chapters; return a line for each output that is not what it was.

    Parameters
    ----------
    executed : the notebooks of a build by name, as :func:`checkable_book.verify.site_checks.executed` gives them.
    """
    moved = []
    expected = {reference(chapter): chapter for chapter in chapters()}
    for path in project.references().glob("*/*.ipynb"):
        if path not in expected:
            path.unlink()
            moved.append(f"{path.parent.name}/{path.stem}: taken out")
    for path, chapter in expected.items():
        notebook = executed[name(chapter)]
        notebook.cells = [cell for cell in notebook.cells if cell.id != postprocess_html.NEEDS]
        for place, cell in enumerate(notebook.cells):
            cell.id = f"cell-{place}"
        written = nbformat.writes(notebook) + "\n"
        kept = path.read_text(encoding="utf-8") if path.exists() else ""
        if kept != written:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(written, encoding="utf-8")
            moved += [f"{name(chapter)}: {line}" for line in _moved(kept, notebook)]
    return moved


def _moved(kept: str, notebook: nbformat.NotebookNode) -> list[str]:
    """Return what an executed chapter says otherwise than before: values by name, tables and charts line by line."""
    if not kept:
        return ["new"]
    before, after = _said(nbformat.reads(kept, as_version=4)), _said(notebook)
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


def _said(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Return the plain text of each output, by the name of a glued value or by the last line of its cell."""
    said = {}
    for cell in notebook.cells:
        for output in cell.outputs if cell.cell_type == "code" else []:
            bundle = _data(output.get("data", {}))
            key = output.get("metadata", {}).get("scrapbook", {}).get("name") or cell.source.strip().splitlines()[-1]
            said[key] = str(bundle.get("text/plain", output.get("text", "")))
    return said
