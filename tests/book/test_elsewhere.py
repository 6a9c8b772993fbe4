"""Running and publishing elsewhere: Jupyter, Binder, the development container, GitHub."""

import json
import subprocess
import sys

import jupytext
import pytest
from jupytext.config import load_jupytext_config, notebook_formats

from checkable_book.book import current_book
from checkable_book.contents import Page
from checkable_book.verify import reference_notebooks

ROOT = current_book().root


@pytest.mark.parametrize("page", reference_notebooks.executable_pages(), ids=lambda page: page.name)
def test_jupyter_saves_a_chapter_as_it_was(page: Page) -> None:
    """What JupyterLab does with jupytext: read under the project's configuration, write under the same."""
    chapter = page.path
    config = load_jupytext_config(str(chapter))
    assert notebook_formats(jupytext.read(chapter, config=config), config, str(chapter))[0]["extension"] == ".md"
    text = chapter.read_text(encoding="utf-8")
    saved = jupytext.writes(jupytext.reads(text, "md:myst", config=config), "md:myst", config=config)
    assert saved == text


def test_jupyter_leaves_nothing_that_counts() -> None:
    assert ".ipynb_checkpoints/" in (ROOT / ".gitignore").read_text(encoding="utf-8")


def test_binder_and_the_container_install_jupyter_beside_the_pins() -> None:
    wanted = (ROOT / ".binder" / "requirements.txt").read_text(encoding="utf-8").split()
    assert wanted[:2] == ["-r", "../requirements.txt"]
    assert wanted[2].startswith("jupyterlab==")
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    assert ".binder/requirements.txt" in container["postCreateCommand"]
    assert container["forwardPorts"] == [8888]
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    [schema] = [line.partition("==")[2] for line in pins if line.startswith("jsonschema==")]
    assert int(schema.split(".")[0]) >= 4  # JupyterLab's server needs 4.18


def test_the_workflow_keeps_its_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    files = [str(path) for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
    result = subprocess.run([*command, *files], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
