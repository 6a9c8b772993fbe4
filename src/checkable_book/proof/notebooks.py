"""The executed reference notebooks, which nbval compares every output against.

They are plain JSON, one line an output line, so that the difference after a
change shows which outputs moved.
"""

from __future__ import annotations

import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

from checkable_book import project
from checkable_book.build import kernels


def chapters() -> list[Path]:
    """Return the sources of all chapters that hold code, in every language."""
    return sorted(
        path for path in project.chapters().glob("*/*.md") if "{code-cell}" in path.read_text(encoding="utf-8")
    )


def reference(chapter: Path) -> Path:
    """Return the path of a chapter's reference notebook."""
    return (project.references() / chapter.relative_to(project.chapters())).with_suffix(".ipynb")


def read(chapter: Path) -> nbformat.NotebookNode:
    """Return a chapter as a notebook without outputs; cells are named by their place."""
    notebook: nbformat.NotebookNode = jupytext.read(chapter)
    for place, cell in enumerate(notebook.cells):
        cell.id = f"cell-{place}"
    return notebook


def execute(chapter: Path) -> nbformat.NotebookNode:
    """Return a chapter as an executed notebook, without times or anything else that changes by itself."""
    notebook = read(chapter)
    client = NotebookClient(notebook, kernel_name=kernels.NAME, resources={"metadata": {"path": str(chapter.parent)}})
    client.record_timing = False
    client.execute()
    return plain(notebook)


def out_of_step() -> list[str]:
    """Return a line for each reference that is not that of its chapter, or not executed whole."""
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
    """Return the kind and the source of each cell."""
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def unexecuted(notebook: nbformat.NotebookNode) -> list[str]:
    """Return the code cells without a count, or without an output where they do more than import."""
    return [
        cell.id
        for cell in notebook.cells
        if cell.cell_type == "code"
        and (cell.execution_count is None or not (cell.outputs or cell.source.startswith("from ")))
    ]


def name(chapter: Path) -> str:
    """Return the name of a chapter: its language and its file, as in ``en/index``."""
    return chapter.relative_to(project.chapters()).with_suffix("").as_posix()


def plain(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return an executed notebook without what changes by itself: times, and what it was executed with."""
    notebook.metadata.pop("language_info", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    return notebook


def differences(chapter: Path, executed: nbformat.NotebookNode | None) -> list[str]:
    """Return a line for each cell of an executed chapter whose output is not that of the reference."""
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


def refresh() -> None:
    """Execute the chapters whose reference is not in step, then write these; nothing is written if one fails.

    In step is a reference that holds the chapter's cells and was executed
    with the data, the words and the code as they are now.
    """
    kernels.announce()
    executed = {}
    for place, chapter in enumerate(chapters(), start=1):
        print(f"[{place}/{len(chapters())}] {chapter.relative_to(project.root())}", file=sys.stderr)
        executed[reference(chapter)] = nbformat.writes(execute(chapter)) + "\n"
    for path, text in executed.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
