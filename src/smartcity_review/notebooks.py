"""The executed reference notebooks, which nbval compares every output against.

``python -m smartcity_review.notebooks`` executes the chapters and writes their
references to ``tests/reference/``. They are plain JSON, one line an output
line, so that the difference after a change shows which outputs moved.
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


if __name__ == "__main__":
    refresh()
