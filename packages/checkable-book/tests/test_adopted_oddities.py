"""What real books hold: paired pages, pages that fail, long numbers, values in the text, pages that are missing."""

import json
import shutil
from pathlib import Path

import pytest

from small_book import Run, run

_HEAD = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n"
_BIRDS = '```{code-cell}\nimport csv\nbirds = int(list(csv.reader(open("birds.csv")))[1][1])\n```\n'
_NESTED = _BIRDS.replace("birds.csv", "../birds.csv")
_PAGES = {
    "index.md": f"{_HEAD}# Birds\n\n{_BIRDS}\nThere are {{eval}}`birds` of 31 kinds.\n",
    "sums.md": f"""{_HEAD}# Sums

{_BIRDS}
```{{code-cell}}
import hashlib
print(hashlib.md5(open("birds.csv", "rb").read()).hexdigest())
```

```{{code-cell}}
print(10**31 + birds, hex(0xDEADBEEF00 + birds))
```

```{{code-cell}}
%%writefile out.txt
birds
```

```{{code-cell}}
from myst_nb import glue
glue("glued", birds * 2, display=False)
```

There are {{glue:text}}`glued` wings.

```{{code-cell}}
object()
```
""",
    "fails.md": f"{_HEAD}# Fails\n\n{_BIRDS}\n```{{code-cell}}\nbirds + 1\n```\n\n```{{code-cell}}\n1 / 0\n```\n",
    "area.md": "# Areas\n\nText.\n",
    "area/cell-biology.md": f"{_HEAD}# Cells\n\n{_NESTED}\n```{{code-cell}}\nbirds\n```\n",
    "paired.md": f"{_HEAD}# Pair\n\n```{{code-cell}}\n1 + 1\n```\n",
    "marked.md": f"\ufeff{_HEAD}# Mark\n\n{_BIRDS}\n```{{code-cell}}\nbirds\n```\n",
}
_NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Pair\n"]},
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": ["2 + 2"]},
    ],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    "nbformat": 4,
    "nbformat_minor": 4,
}
_CONTENTS = "format: jb-book\nroot: index\nchapters:\n" + "".join(
    f"  - file: {name}\n" for name in ("sums", "fails", "area/cell-biology", "./area", "paired", "marked", "nowhere")
)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a book that was adopted, with the steps outputs and numerals; not to be changed."""
    folder = tmp_path_factory.mktemp("odd") / "birds"
    for name, text in _PAGES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "birds.csv").write_text("kind,number\nall,9\n", encoding="utf-8")
    (folder / "paired.ipynb").write_text(json.dumps(_NOTEBOOK, indent=1), encoding="utf-8")
    execution = "execute:\n  execute_notebooks: inline\n  allow_errors: true\n"
    (folder / "_config.yml").write_text(f"title: Birds\n{execution}", encoding="utf-8")
    (folder / "_toc.yml").write_text(_CONTENTS, encoding="utf-8")
    done = run(folder, "checkable-book", "adopt", "outputs", "numerals")
    assert done.code == 0, done.said
    return folder


@pytest.fixture
def birds(odd: Path, tmp_path: Path) -> Path:
    """Return the folder of a copy."""
    return Path(shutil.copytree(odd, tmp_path / "birds"))


def told(done: Run) -> list[str]:
    return [line.strip() for line in done.said.splitlines() if line.startswith("        ") and "left out" not in line]


def test_an_odd_book_verifies_and_says_what_it_did_not_look_at(odd: Path) -> None:
    done = run(odd, "checkable-book", "verify")
    assert done.code == 0, done.said
    assert told(done) == []
    assert "left out: _toc.yml: names nowhere, which has no file" in done.said
    assert "7 of 7 pages, 1 numbers" in done.said
    assert not (odd / "_build").exists()


def test_what_only_looks_like_noise_is_compared(birds: Path) -> None:
    (birds / "birds.csv").write_text("kind,number\nall,8\n", encoding="utf-8")
    found = told(run(birds, "checkable-book", "verify"))
    places = [line.partition(": ")[0] for line in found]
    assert places == [
        "index.md:14",
        "sums.md:14",
        "sums.md:19",
        "sums.md:33",
        "fails.md:14",
        "area/cell-biology.md:14",
        "marked.md:14",
    ]
    assert found[0] == "index.md:14: {eval}: found '8', expected '9' (birds)"
    moved = run(birds, "checkable-book", "refresh").said.splitlines()
    assert len(moved) == len(found)
    assert run(birds, "jb", "build", ".").code == 0
    done = run(birds, "checkable-book", "verify")
    assert done.code == 0, done.said
    assert "6 pages in _build" in done.said


def test_a_renamed_page_keeps_its_numbers(birds: Path) -> None:
    text = (birds / "index.md").read_text(encoding="utf-8")
    (birds / "start.md").write_text(text, encoding="utf-8")
    (birds / "index.md").unlink()
    contents = (birds / "_toc.yml").read_text(encoding="utf-8")
    (birds / "_toc.yml").write_text(contents.replace("root: index", "root: start"), encoding="utf-8")
    done = run(birds, "checkable-book", "verify", "--quick")
    assert [line for line in told(done) if "typed" in line] == []
    assert run(birds, "checkable-book", "refresh").code == 0
    assert "start,31,1" in (birds / "checkable-book" / "typed_numbers.csv").read_text(encoding="utf-8")
    assert run(birds, "checkable-book", "verify", "--quick").code == 0


def test_an_interrupted_adoption_switches_nothing_on_and_a_step_can_be_switched_off(birds: Path) -> None:
    before = (birds / "_config.yml").read_text(encoding="utf-8")
    (birds / "_toc.yml").write_text(_CONTENTS + "  - file: [", encoding="utf-8")
    assert run(birds, "checkable-book", "adopt", "data").code == 1
    assert (birds / "_config.yml").read_text(encoding="utf-8") == before
    (birds / "_toc.yml").write_text(_CONTENTS, encoding="utf-8")
    assert run(birds, "checkable-book", "adopt", "freshness").code == 0
    assert "checkable_book.adoption.extension" in (birds / "_config.yml").read_text(encoding="utf-8")
    assert run(birds, "checkable-book", "adopt", "--off", "freshness").code == 0
    assert (birds / "_config.yml").read_text(encoding="utf-8") == before


def test_a_build_that_warns_or_reads_in_parallel_executes_what_is_stale_alone(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text(
        'project = "Birds"\nextensions = ["myst_nb"]\nhtml_theme_options = {"nothing": 1}\n', encoding="utf-8"
    )
    pages = [f"page{number}" for number in range(6)]
    listed = "\n".join(pages)
    (tmp_path / "index.md").write_text(f"# Birds\n\n```{{toctree}}\n{listed}\n```\n", encoding="utf-8")
    for name in pages:
        (tmp_path / f"{name}.md").write_text(f"{_HEAD}# {name}\n\n```{{code-cell}}\n1 + 1\n```\n", encoding="utf-8")
    assert run(tmp_path, "checkable-book", "adopt", "freshness").code == 0
    build = ("-m", "sphinx", "-j", "2", ".", "_build/html")
    first, again = run(tmp_path, "python", *build), run(tmp_path, "python", *build)
    assert first.said.count("Executed notebook") == len(pages)
    assert "not safe for parallel" not in first.said
    assert "Executed notebook" not in again.said
    (tmp_path / "page3.md").write_text(f"{_HEAD}# More\n\n```{{code-cell}}\n1 + 2\n```\n", encoding="utf-8")
    assert run(tmp_path, "python", *build).said.count("Executed notebook") == 1
