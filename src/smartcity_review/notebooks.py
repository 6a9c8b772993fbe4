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

from smartcity_review import kernels
from smartcity_review.paths import CHAPTERS, REFERENCES, ROOT


def chapters() -> list[Path]:
    """Return the sources of all chapters that hold code, in every language."""
    return sorted(path for path in CHAPTERS.glob("*/*.md") if "{code-cell}" in path.read_text(encoding="utf-8"))


def reference(chapter: Path) -> Path:
    """Return the path of a chapter's reference notebook."""
    return (REFERENCES / chapter.relative_to(CHAPTERS)).with_suffix(".ipynb")


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
    notebook.metadata.pop("language_info", None)
    return notebook


def out_of_step() -> list[str]:
    """Return a line for each reference that is not that of its chapter, or not executed whole."""
    faults = []
    expected = {reference(chapter): chapter for chapter in chapters()}
    for path in sorted({*REFERENCES.glob("*/*.ipynb"), *expected}):
        name = path.relative_to(ROOT)
        if path not in expected:
            faults.append(f"{name}: there is no such chapter")
        elif not path.exists():
            faults.append(f"{name}: missing; smartcity-review refresh writes it")
        else:
            kept = nbformat.read(path, as_version=4)
            if cells(kept) != cells(read(expected[path])):
                faults.append(f"{name}: its cells are not those of {expected[path].relative_to(ROOT)}")
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
        and (
            cell.execution_count is None or not (cell.outputs or cell.source.startswith("from smartcity_review import"))
        )
    ]


def refresh() -> None:
    """Execute every chapter, then write all the references; nothing is written if one fails."""
    kernels.announce()
    executed = {}
    for place, chapter in enumerate(chapters(), start=1):
        print(f"[{place}/{len(chapters())}] {chapter.relative_to(ROOT)}", file=sys.stderr)
        executed[reference(chapter)] = nbformat.writes(execute(chapter)) + "\n"
    for path, text in executed.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
