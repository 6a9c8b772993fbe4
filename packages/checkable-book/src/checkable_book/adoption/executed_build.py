"""A build that executes every page anew, as the book's own configuration says, and keeps what each page gave.

It runs as a program of its own, so that nothing of one build is left in the
next, and leaves the author's own build as it is.
"""

from __future__ import annotations

import glob
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from checkable_book.adoption.book import AdoptedBook
from checkable_book.contents import Page
from checkable_book.errors import DataError

if TYPE_CHECKING:
    from sphinx.application import Sphinx

#: The module that Sphinx loads in an adopted book where a step needs it.
EXTENSION = "checkable_book.adoption.extension"
_RESULT = "result.json"
_NOT_EXECUTED = "not_executed.json"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class ExecutedPage:
    """What a build gave for one page.

    Parameters
    ----------
    notebook : its cells with their outputs.
    executed : whether its cells were run; else the outputs are those that its source holds.
    failure : why it was not run to its end, in one line; empty where it was.
    values : what its text sets in with ``{eval}``: the expression and the value, in order.
    """

    notebook: nbformat.NotebookNode
    executed: bool
    failure: str
    values: tuple[tuple[str, str], ...] = ()


@contextmanager
def executed_pages(
    book: AdoptedBook, *, again: bool = False, only: list[Page] | None = None
) -> Iterator[dict[str, ExecutedPage]]:
    """Build a book from nothing in a folder that is taken away afterwards; lend what each page gave, by its name.

    Parameters
    ----------
    again : whether this is the run that shows what depends on chance: the order of Python's sets is another one then.
    only : the pages that are executed; all where there is none.

    Raises
    ------
    DataError : a build that does not get to its end.
    """
    with tempfile.TemporaryDirectory(prefix="checkable-book-") as folder:
        yield run_build(book, Path(folder), hash_seed=int(again), only=only)


def run_build(
    book: AdoptedBook,
    folder: Path,
    kernels: str = "ordinary",
    preload: tuple[str, ...] = (),
    hash_seed: int = 0,
    only: list[Page] | None = None,
) -> dict[str, ExecutedPage]:
    """Build a book from nothing in a folder; return what each page gave, by its name.

    Parameters
    ----------
    kernels : ``ordinary`` ones, or ones ``forked`` from a process that has imported libraries.
    preload : those libraries.
    hash_seed : what the order of Python's sets follows from; one and the same, so that it is the same in every run.
    only : the pages that are executed; all where there is none.
    """
    others = {page.docname for page in book.pages} - {page.docname for page in only or book.pages}
    (folder / _NOT_EXECUTED).write_text(json.dumps(sorted(others)), encoding="utf-8")
    command = [sys.executable, "-m", __name__, str(book.root), str(folder), kernels, ",".join(preload)]
    done = subprocess.run(
        command,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        cwd=book.root,
        env=_reproducible_environment(hash_seed),
    )
    result = folder / _RESULT
    if done.returncode or not result.is_file():
        lines = _COLOURS.sub("", done.stderr or done.stdout).strip().splitlines() or ["no word of why"]
        raise DataError(f"{book.config_file}:1: found a build that fails ({lines[-1]}), expected one of every page")
    told = json.loads(result.read_text(encoding="utf-8"))
    return {
        name: ExecutedPage(
            read_notebook(path),
            page["executed"],
            page["failure"],
            (*((one, value) for one, value in page["values"]), *glued_values(path)),
        )
        for name, page in told.items()
        if (path := folder / "jupyter_execute" / f"{name}.ipynb").is_file()
    }


def glued_values(path: Path) -> list[tuple[str, str]]:
    """Return what a page glues without showing it, by its name; MyST-NB keeps it beside the notebook."""
    beside = path.with_suffix(".glue.json")
    held = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    return [(f"glue {name}", _text_of(output.get("data", {}))) for name, output in sorted(held.items())]


def _text_of(data: dict[str, Any]) -> str:
    """Return what an output shows, as a text."""
    held = data.get("text/plain") or next(iter(data.values()), "")
    return "".join(held) if isinstance(held, list) else str(held)


def _reproducible_environment(hash_seed: int) -> dict[str, str]:
    return os.environ | {
        "PYTHONHASHSEED": str(hash_seed),
        "NO_COLOR": "1",
        "PYTHONUTF8": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def _build(root: Path, folder: Path, kernels: str, preload: str) -> None:
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    book = AdoptedBook(root)
    overrides = sphinx_overrides(book)
    if overrides.get("nb_execution_mode", book.sphinx_config.get("nb_execution_mode")) in {"cache", "lazy"}:
        overrides["nb_execution_mode"] = "force"  # what a cache holds may be older than the data
    excluded = overrides.get("nb_execution_excludepatterns", book.sphinx_config.get("nb_execution_excludepatterns"))
    others = json.loads((folder / _NOT_EXECUTED).read_text(encoding="utf-8"))
    patterns = [f"{glob.escape((root / name).as_posix())}.*" for name in others]
    overrides["nb_execution_excludepatterns"] = [*(excluded or []), *patterns]
    confdir = str(root) if book.is_sphinx else None
    if kernels == "forked":
        from checkable_book.adoption import kernel

        kernel.announce_kernel(book, forked=True)
        kernel.start_server(preload)
    with patch_docutils(confdir), docutils_namespace(), open(folder / "build.log", "w", encoding="utf-8") as log:
        app = Sphinx(
            str(root), confdir, str(folder / "dummy"), str(folder / "doctrees"), "dummy",
            confoverrides=overrides, status=log, warning=log, freshenv=True,
        )  # fmt: skip
        values = _record_values(app)
        app.build(force_all=True)
    collected: dict[str, Any] = getattr(app.env, "nb_metadata", {})
    told = {}
    for name in app.env.found_docs:
        run = collected.get(name, {}).get("exec_data")
        failed = bool(run) and not run["succeeded"]
        told[name] = {
            "executed": bool(run),
            "values": values.get(name, []),
            "failure": _last_line_of_traceback(str(run["traceback"] or "")) if failed else "",
        }
    (folder / _RESULT).write_text(json.dumps(told), encoding="utf-8")


def _record_values(app: Sphinx) -> dict[str, list[tuple[str, str]]]:
    """Note from now on what texts set in with ``{eval}``, by the page."""
    from myst_nb.ext import eval as evaluation

    found: dict[str, list[tuple[str, str]]] = {}
    retrieve = evaluation.retrieve_eval_data

    def note_value(document: Any, key: str) -> Any:
        data = retrieve(document, key)
        found.setdefault(app.env.docname, []).append((key, "\n".join(_text_of(one.data) for one in data)))
        return data

    evaluation.retrieve_eval_data = note_value
    return found


def sphinx_overrides(book: AdoptedBook) -> dict[str, Any]:
    """Return what Sphinx is given beside ``conf.py``: for a Jupyter Book all that ``jb build`` would give it."""
    if book.is_sphinx:
        extensions = [one for one in book.config.get("extensions", []) if one != EXTENSION]
        return {
            "extensions": extensions,
            "nb_execution_mode": book.config.get("nb_execution_mode", "auto"),
            "exclude_patterns": ["_build", *book.excluded_patterns],
        }
    from jupyter_book.config import get_final_config

    found, _ = get_final_config(
        user_yaml=book.root / "_config.yml",
        cli_config={"external_toc_path": "_toc.yml", "latex_individualpages": False},
        sourcedir=book.root,
    )
    found["extensions"] = [one for one in found["extensions"] if one != EXTENSION]
    return dict(found)


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Return a notebook as it stands in a file."""
    notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return notebook


def _last_line_of_traceback(traceback: str) -> str:
    lines = [line for line in (_COLOURS.sub("", one).strip() for one in traceback.splitlines()) if line]
    return lines[-1][:200] if lines else "a cell that fails"


if __name__ == "__main__":
    _build(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
