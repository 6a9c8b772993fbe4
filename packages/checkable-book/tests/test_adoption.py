"""Other authors' books: three small ones, in the layouts met, are adopted, and what goes wrong is told."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from checkable_book.adoption.book import AdoptedBook, Settings, find_book
from checkable_book.adoption.configuration import write_settings
from checkable_book.errors import DataError
from small_book import SRC, Run, SmallBook, environment, run

BOOKS = Path(__file__).parent / "adopted"
#: The books, and what of them holds the pages.
LAYOUTS = {"flat": ".", "parts": ".", "project": "docs"}
Copied = Callable[[str], Path]


@pytest.fixture(scope="session")
def adopted(tmp_path_factory: pytest.TempPathFactory) -> Copied:
    """Return what gives the folder of a fresh copy of a book that was adopted once."""
    made: dict[str, Path] = {}

    def copy(name: str) -> Path:
        if name not in made:
            folder = Path(shutil.copytree(BOOKS / name, tmp_path_factory.mktemp("adopted") / name))
            done = run(folder / LAYOUTS[name], "checkable-book", "adopt")
            assert done.code == 0, done.said
            made[name] = folder
        return Path(shutil.copytree(made[name], tmp_path_factory.mktemp("copy") / name)) / LAYOUTS[name]

    return copy


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def verified(folder: Path, *options: str) -> Run:
    return run(folder, "checkable-book", "verify", *options)


def faults(done: Run) -> list[str]:
    """Return the faults that a run told, a line each."""
    lines = [line.strip() for line in done.said.splitlines() if line.startswith("        ")]
    return [line for line in lines if not line.startswith("left out")]


@pytest.mark.parametrize("name", LAYOUTS)
def test_an_adopted_book_verifies_and_no_chapter_is_touched(adopted: Copied, name: str) -> None:
    folder = adopted(name)
    whole = verified(folder)
    assert whole.code == 0, whole.said
    assert faults(whole) == []
    assert not (folder / "_build").exists()  # its own build is the author's affair
    for path in (BOOKS / name).rglob("*.*"):
        if path.is_file() and path.name not in {"_config.yml", "conf.py"} and "__pycache__" not in path.parts:
            here = folder / path.relative_to(BOOKS / name / LAYOUTS[name])
            assert here.read_bytes() == path.read_bytes()


def test_the_configuration_keeps_every_line_it_had(adopted: Copied) -> None:
    for name, file in (("flat", "_config.yml"), ("parts", "_config.yml"), ("project", "conf.py")):
        before = (BOOKS / name / LAYOUTS[name] / file).read_text(encoding="utf-8")
        after = (adopted(name) / file).read_text(encoding="utf-8")
        assert after.startswith(before)
        assert "steps" in after.removeprefix(before)


def test_a_run_says_what_it_did_not_look_at(adopted: Copied) -> None:
    flat, parts = verified(adopted("flat"), "--quick").said, verified(adopted("parts"), "--quick").said
    assert "2 of 4 pages, 2 executed, 5 cells" in flat
    assert "rain.md:30: depends on chance, and is not compared" in flat
    assert "guide/long.md: not executed" in parts


def test_what_a_csv_and_a_helper_change_is_told_with_file_and_line(adopted: Copied) -> None:
    flat, parts = adopted("flat"), adopted("parts")
    edit(flat / "rain.csv", "186.2", "156.2")
    told = faults(verified(flat))
    assert [line for line in told if line.startswith("rain.md:16: ")]  # the table
    assert [line for line in told if line.startswith("rain.md:23: ") and "found 'wettest: 156.2 mm'" in line]
    assert [line for line in told if line.startswith("plots.ipynb:") and "of the pixels" in line]
    edit(parts / "guide" / "growth_helper.py", "RATE = 0.02", "RATE = 0.03")
    edit(parts / "guide" / "deep" / "start.csv", "20", "21")
    told = faults(verified(parts))
    assert [line.partition(": ")[0] for line in told] == ["guide/model.md:18", "guide/deep/run.md:10"]


def test_an_output_changed_behind_the_books_back_is_told(adopted: Copied) -> None:
    folder = adopted("project")
    edit(folder / "checkable-book" / "outputs" / "tides.json", "4.25 metres", "4.75 metres")
    told = faults(verified(folder))
    assert told == [
        "tides.md:10: stdout: found '4.25 metres at most', expected '4.75 metres at most' "
        '(print(max(heights), "metres at most"))'
    ]


def test_a_build_that_shows_something_else_than_the_reference_is_told(adopted: Copied) -> None:
    folder = adopted("parts")
    assert run(folder, "jb", "build", ".").code == 0
    assert verified(folder, "--quick").code == 0
    # The cache keeps the number of the old data, and the build says nothing.
    edit(folder / "guide" / "growth_helper.py", "RATE = 0.02", "RATE = 0.03")
    assert run(folder, "checkable-book", "refresh").code == 0
    assert run(folder, "jb", "build", ".").code == 0
    told = faults(verified(folder, "--quick"))
    assert len(told) == 2
    assert told[0].startswith("guide/model.md:18: text/plain: found '121.89")
    assert "in _build; build the page anew" in told[0]


def test_a_cell_that_draws_lots_and_drew_the_same_twice_is_no_fault(adopted: Copied) -> None:
    folder = adopted("project")
    page = folder / "tides.md"
    edit(page, "# Measurements", "# Measurements\n\n```{code-cell}\nimport os\nfull = 1\nprint(full)\n```")
    assert run(folder, "checkable-book", "refresh").code == 0
    reference = folder / "checkable-book" / "outputs" / "tides.json"
    for path in (page, reference):  # as if it had drawn a one both times
        edit(path, "full = 1", "full = os.urandom(8).hex()")
    whole = verified(folder)
    assert whole.code == 0, whole.said
    assert "left out: tides.md:10: differs from run to run, unlike when its reference was taken" in whole.said
    assert "tides.md:10" in run(folder, "checkable-book", "refresh").said
    assert "left out: tides.md:10: depends on chance, and is not compared" in verified(folder, "--quick").said


def test_what_depends_on_the_order_of_sets_or_on_drawn_names_is_found(adopted: Copied) -> None:
    folder = adopted("project")
    cells = (
        "print(list({'north', 'south', 'east', 'west', 'up', 'down', 'in', 'out'}))",
        "import random\nlots = [random.random()]",
        "lots",
        "len(lots) > 0",
        "print(2)",
    )
    page = folder / "tides.md"
    edit(page, "# Measurements", "# Measurements\n" + "".join(f"\n```{{code-cell}}\n{cell}\n```\n" for cell in cells))
    assert run(folder, "checkable-book", "refresh").code == 0
    said = verified(folder)
    assert said.code == 0, said.said
    lines = re.findall(r"tides\.md:(\d+): depends on chance", said.said)
    assert lines == ["10", "19", "23"]  # and not the last


def test_an_edited_cell_needs_a_new_reference_and_refresh_says_what_moved(adopted: Copied) -> None:
    folder = adopted("project")
    edit(folder / "tides.md", "max(heights)", "min(heights)")
    assert faults(verified(folder, "--quick")) == [
        "tides.md:10: found another program than in the reference; checkable-book refresh takes it"
    ]
    moved = run(folder, "checkable-book", "refresh")
    assert moved.said.splitlines() == ['tides.md:10: another program (print(min(heights), "metres at most"))']
    assert verified(folder, "--quick").code == 0
    assert run(folder, "checkable-book", "refresh").said == "nothing moved\n"


def test_a_cell_that_fails_is_told_and_other_pages_are_compared(adopted: Copied) -> None:
    folder = adopted("parts")
    edit(folder / "guide" / "deep" / "start.csv", "20", "twenty")
    told = faults(verified(folder))
    assert told == [
        "guide/deep/run.md:10: found ValueError: could not convert string to float: 'twenty', "
        "expected cells that run to the end"
    ]
    kept = (folder / "checkable-book" / "outputs" / "guide" / "deep" / "run.json").read_bytes()
    refreshed = run(folder, "checkable-book", "refresh")
    assert refreshed.code == 1
    assert told[0] in refreshed.said
    assert (folder / "checkable-book" / "outputs" / "guide" / "deep" / "run.json").read_bytes() == kept


def test_stored_outputs_of_a_page_that_is_not_executed_are_compared(adopted: Copied) -> None:
    folder = adopted("flat")
    edit(folder / "_config.yml", "execute_notebooks: force", "execute_notebooks: 'off'")
    notebook = json.loads((folder / "plots.ipynb").read_text(encoding="utf-8"))
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["seen once\n"]}]
    (folder / "plots.ipynb").write_text(json.dumps(notebook, indent=1), encoding="utf-8")
    assert run(folder, "checkable-book", "refresh").code == 0
    assert verified(folder).code == 0
    edit(folder / "plots.ipynb", "seen once", "seen twice")
    told = faults(verified(folder, "--quick"))
    assert len(told) == 1
    assert "found 'seen twice', expected 'seen once'" in told[0]


def test_forked_kernels_are_measured_and_left_off_where_an_output_is_another(adopted: Copied) -> None:
    folder = adopted("flat")
    measured = run(folder, "checkable-book", "adopt", "kernels").said
    assert measured.count("s with ordinary kernels") == 2
    assert ("kernels: on, forked from a process that imports matplotlib.pyplot, pandas" in measured) != (
        "kernels: left off, since they do not pay here" in measured
    )
    page = (folder / "rain.md").read_text(encoding="utf-8")
    head, mark, rest = page.partition("```{code-cell}")
    told = "```{code-cell}\nimport sys\nprint('pandas' in sys.modules)\n```\n\n"
    (folder / "rain.md").write_text(f"{head}{told}{mark}{rest}", encoding="utf-8")
    assert run(folder, "checkable-book", "refresh").code == 0
    measured = run(folder, "checkable-book", "adopt", "kernels").said
    assert "kernels: left off, since with them an output is another one here" in measured
    assert find_book(folder).settings.steps == ("outputs",)


CONFIGURATIONS = {
    "empty": "",
    "plain": "title: A\n",
    "comments": "# A comment\ntitle: A  # and one here\n\nsphinx:\n  # ours\n  config:\n    a: 1\n",
    "flow": "sphinx:\n  extra_extensions: [one, two]  # kept\n  config: {}\n",
    "listed": "sphinx:\n  extra_extensions:\n  - one\n  # two\n  - two\n\n  config:\n    a: 1\nhtml:\n  b: 2\n",
    "nothing": "sphinx:\ntitle: A\n",
    "no end": "title: A",
    "spread": "sphinx:\n  extra_extensions: [\n    one,\n    two,\n  ]\n",
}


@pytest.mark.parametrize("text", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_whatever_a_configuration_holds_is_kept(tmp_path: Path, text: str) -> None:
    (tmp_path / "_config.yml").write_text(text, encoding="utf-8")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n", encoding="utf-8")
    book = AdoptedBook(tmp_path)
    for steps in (("outputs",), ("outputs", "freshness"), ("outputs",)):
        write_settings(book, Settings(steps=steps))
        assert book.settings.steps == steps
    after = (tmp_path / "_config.yml").read_text(encoding="utf-8")
    assert after.count("checkable_book:") == 1
    for line in filter(None, (line.partition("]")[0].strip() for line in text.splitlines())):
        assert line in after or line == "sphinx:"  # which held nothing
    held = yaml.safe_load(after)
    del held["checkable_book"]
    kept = {name: value for name, value in (yaml.safe_load(text) or {}).items() if value is not None}
    extensions = (held.get("sphinx") or {}).get("extra_extensions")
    if extensions and "[" in text:  # where the list stands in a line, the extension stays in it
        extensions.remove("checkable_book.adoption.extension")
    assert held == kept


def test_comments_stand_where_they_stood(tmp_path: Path) -> None:
    block = "checkable_book:\n  # mine\n  steps:\n  - outputs  # all\n  # loose\n  tolerance: 1e-9  # as small\n"
    text = f"title: A\n\n{block}# my last line\n\nhtml:\n  b: 2\n"
    (tmp_path / "_config.yml").write_text(text, encoding="utf-8")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n", encoding="utf-8")
    book = AdoptedBook(tmp_path)
    write_settings(book, Settings(steps=("outputs", "numerals"), tolerance={"": 1e-9}))
    after = (tmp_path / "_config.yml").read_text(encoding="utf-8")
    for line in ("# mine", "- outputs  # all", "# loose", "# as small", "# my last line", "html:"):
        assert line in after
    assert book.settings.steps == ("outputs", "numerals")


def test_a_linked_configuration_stays_linked_and_one_in_another_encoding_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "shared.yml").write_text("title: A\n", encoding="utf-8")
    (tmp_path / "shared.yml").chmod(0o640)
    (tmp_path / "_config.yml").symlink_to(tmp_path / "shared.yml")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n", encoding="utf-8")
    write_settings(AdoptedBook(tmp_path), Settings())
    assert (tmp_path / "_config.yml").is_symlink()
    assert (tmp_path / "shared.yml").stat().st_mode & 0o777 == 0o640
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "conf.py").write_bytes(
        '# -*- coding: latin-1 -*-\nproject = "Fläche"\nextensions = ["myst_nb"]\n'.encode("latin-1")
    )
    write_settings(AdoptedBook(folder), Settings())
    assert 'project = "Fläche"' in (folder / "conf.py").read_text(encoding="latin-1")


def test_a_configuration_that_cannot_be_changed_with_certainty_is_left(tmp_path: Path) -> None:
    text = "sphinx: {config: {a: 1}}\n"
    (tmp_path / "_config.yml").write_text(text, encoding="utf-8")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"add checkable_book\.adoption\.extension to sphinx"):
        write_settings(AdoptedBook(tmp_path), Settings(steps=("freshness",)))
    assert (tmp_path / "_config.yml").read_text(encoding="utf-8") == text


def test_mistakes_of_the_block_are_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n", encoding="utf-8")
    for block, told in {
        "steps: [output]": "_config.yml:2: checkable_book, steps: found 'output', expected one of outputs, numerals",
        "step: [outputs]": "_config.yml:2: checkable_book: found 'step', expected one of steps",
        "tolerance: small": "_config.yml:2: checkable_book, tolerance: found 'small', expected a number",
    }.items():
        (tmp_path / "_config.yml").write_text(f"checkable_book:\n  {block}\n", encoding="utf-8")
        done = verified(tmp_path, "--quick")
        assert done.code == 1
        assert told in done.said
        assert "Traceback" not in done.said


def test_there_is_one_line_where_there_is_no_book(tmp_path: Path) -> None:
    done = run(tmp_path, "checkable-book", "adopt")
    assert done.code == 1
    assert done.said.startswith(f"{tmp_path}: found no book, expected _config.yml with _toc.yml, or conf.py")


def test_a_book_of_checkable_book_itself_is_not_adopted(laid_down: SmallBook) -> None:
    before = (laid_down.root / "_config.yml").read_bytes()
    for command, told in (("adopt", "found a book of checkable-book"), ("status", "found no block checkable_book")):
        done = laid_down.run("checkable-book", command)
        assert done.code == 1
        assert told in done.said
    assert (laid_down.root / "_config.yml").read_bytes() == before


def test_the_kinds_of_books_are_told_apart(adopted: Copied) -> None:
    assert not find_book(adopted("flat")).is_sphinx
    assert find_book(adopted("project") / "_static").is_sphinx
    names = [page.docname for page in find_book(adopted("parts")).pages]
    assert names == ["index", "guide/model", "guide/deep/run", "guide/long"]


def test_a_typed_number_is_told_and_those_of_before_are_a_baseline(adopted: Copied) -> None:
    folder = adopted("flat")
    taken = run(folder, "checkable-book", "adopt", "numerals")
    assert "typed_numbers.csv: 8 numbers typed in 4 of 4 pages (8 new, 0 gone)" in taken.said
    assert verified(folder, "--quick").code == 0
    edit(folder / "intro.md", "In 2024 the gauge", "The gauge of the valley")  # another sentence, a number less
    assert verified(folder, "--quick").code == 0
    edit(folder / "notes.md", "12 kilometres long", "13 kilometres long, and 200 metres deep")
    edit(folder / "plots.ipynb", "Four months, drawn", "Four months and 161 days, drawn")
    told = faults(verified(folder, "--quick"))
    assert [line.partition(", in ")[0] for line in told] == [
        "plots.ipynb:10: found the number '161' typed",
        "notes.md:7: found the number '13' typed",
        "notes.md:10: found the number '200' typed once more (lines 7, 10)",
    ]
    assert run(folder, "checkable-book", "refresh").said.splitlines() == [
        "intro: '2024' is typed no longer, 1 times",
        "notes: '12' is typed no longer, 1 times",
    ]
    edit(folder / "intro.md", "The gauge of the valley", "In 2024 the gauge")
    assert "intro.md:3: found the number '2024' typed" in verified(folder, "--quick").said


def test_a_number_typed_into_a_text_of_sphinx_is_told(adopted: Copied) -> None:
    folder = adopted("project")
    assert run(folder, "checkable-book", "adopt", "numerals").code == 0
    edit(folder / "about.rst", "2 piers.", "2 piers.\n\n.. list-table:: Ships\n\n   * - 4711 ships")
    assert faults(verified(folder, "--quick"))[0].startswith(
        "about.rst:8: found the number '4711' typed, in '4711 ships'"
    )


def test_numbers_are_looked_at_in_the_pages_that_the_author_chose(adopted: Copied) -> None:
    folder = adopted("parts")
    assert run(folder, "checkable-book", "adopt", "numerals", "--page", "guide/model").code == 0
    edit(folder / "index.md", "in two chapters", "in 77 chapters")
    quick = verified(folder, "--quick")
    assert quick.code == 0
    assert "left out: 3 pages whose typed numbers are not looked at" in quick.said
    edit(folder / "guide" / "model.md", "The rate is 2 per cent", "The rate is 77 per cent")
    assert "guide/model.md:16: found the number '77' typed" in verified(folder, "--quick").said
    wrong = run(folder, "checkable-book", "adopt", "numerals", "--page", "model")
    assert wrong.said.splitlines()[-1].startswith("adopt: found 'model', expected a page: index, guide/model")


def test_candidates_name_the_cells_and_outputs_with_the_value(adopted: Copied) -> None:
    folder = adopted("flat")
    said = run(folder, "checkable-book", "explain", "--candidates", "rain").said
    assert said.splitlines() == [
        "rain.md:14: '186.2': rain.md:16, output of rain; rain.md:23, output of rain[\"millimetres\"].sum(); "
        "rain.csv:5, column millimetres",
        "1 numbers typed, 1 with a candidate",
    ]


def executed(done: Run) -> set[str]:
    """Return the pages that a build executed, by their file."""
    return {Path(path).name for path in re.findall(r"(\S+): Executed notebook", done.said)}


def test_pages_are_fresh_by_what_they_opened_and_imported(adopted: Copied) -> None:
    folder = adopted("parts")
    assert run(folder, "checkable-book", "adopt", "freshness").code == 0
    assert executed(run(folder, "jb", "build", ".")) == {"model.md", "run.md"}
    assert executed(run(folder, "jb", "build", ".")) == set()
    for file, old, new, pages in (
        ("guide/deep/start.csv", "20", "21", {"run.md"}),
        ("guide/growth_helper.py", "RATE = 0.02", "RATE = 0.03", {"model.md", "run.md"}),
        ("index.md", "A model of growth", "A model", set()),
    ):
        edit(folder / file, old, new)
        quick = verified(folder, "--quick").said
        assert quick.count(f"{file} has changed; the next build executes it") == len(pages), quick
        assert executed(run(folder, "jb", "build", ".")) == pages
    # The reference is of the old data; the build shows the new, for MyST-NB's cache is not asked.
    told = faults(verified(folder, "--quick"))
    assert [line.partition(": ")[0] for line in told] == ["guide/model.md:18", "guide/deep/run.md:10"]
    assert "found '134.39" in told[0]


def test_what_a_page_writes_itself_installs_or_looks_through_makes_it_not_stale(adopted: Copied) -> None:
    folder = adopted("project")
    assert run(folder, "checkable-book", "adopt", "freshness").code == 0
    program = (
        "from pathlib import Path\nPath('own.txt').write_text(str(id({})))\nprint(Path('own.txt').read_text() > '')\n"
        "Path('own_module.py').write_text('NUMBER = 7')\nimport own_module\nprint(own_module.NUMBER)"
    )
    edit(folder / "tides.md", "# Measurements", f"# Measurements\n\n```{{code-cell}}\n{program}\n```")
    edit(folder / "tides.md", "# Measurements", "# Measurements\n\n```{code-cell}\n!pip install pandas\n```")
    build = [sys.executable, "-m", "sphinx", "-b", "html", ".", "_build/html"]

    def built() -> set[str]:
        done = subprocess.run(build, cwd=folder, env=environment(), capture_output=True, text=True)
        return executed(Run(done.returncode, done.stdout + done.stderr))

    assert built() == {"tides.md"}
    assert "7" in (folder / "_build" / "html" / "tides.html").read_text(encoding="utf-8")
    assert built() == set()
    (folder / "chapter.md").write_text("# Another\n", encoding="utf-8")
    assert built() == set()
    (folder / "tide_helper.py").write_text("", encoding="utf-8")  # which a cell may import from now on
    assert built() == {"tides.md"}


def test_a_plain_sphinx_project_is_fresh_too(adopted: Copied) -> None:
    folder = adopted("project")
    assert run(folder, "checkable-book", "adopt", "freshness").code == 0
    build = [sys.executable, "-m", "sphinx", "-b", "html", ".", "_build/html"]

    def built() -> set[str]:
        done = subprocess.run(build, cwd=folder, env=environment(), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return executed(Run(0, done.stdout + done.stderr))

    assert built() == {"tides.md"}
    assert built() == set()
    edit(folder / "tides.json", "4.25", "4.5")
    assert built() == {"tides.md"}
    assert "4.5 metres at most" in (folder / "_build" / "html" / "tides.html").read_text(encoding="utf-8")
    assert built() == set()


def test_nothing_of_ours_is_on_a_page(adopted: Copied) -> None:
    folder = adopted("flat")
    edit(folder / "rain.md", "print(time.time_ns())\nobject()", "print(1)")
    assert run(folder, "jb", "build", ".").code == 0
    before = {path: path.read_bytes() for path in (folder / "_build" / "html").rglob("*.*") if path.is_file()}
    shutil.rmtree(folder / "_build")
    for step in ("numerals", "freshness", "kernels"):
        assert run(folder, "checkable-book", "adopt", step).code == 0
    assert run(folder, "jb", "build", ".").code == 0
    after = {path: path.read_bytes() for path in (folder / "_build" / "html").rglob("*.*") if path.is_file()}
    assert before.keys() == after.keys()
    other = {path.name for path in before if without_runs(before[path]) != without_runs(after[path])}
    assert other == set()


def without_runs(content: bytes) -> bytes:
    """Return a file without what differs from run to run: identifiers of cells, the hash of the configuration."""
    return re.sub(rb'"id": "[0-9a-f]{8}"|(config|tags): [0-9a-f]{32}', b"", content)


def test_data_is_described_by_what_it_holds_and_checked_from_then_on(adopted: Copied) -> None:
    folder = adopted("flat")
    (folder / "raw").mkdir()
    (folder / "raw" / "wind.xlsx").write_bytes(b"")
    taken = run(folder, "checkable-book", "adopt", "data").said
    assert "rain.csv: 3 columns described by their types" in taken
    quick = verified(folder, "--quick").said
    assert "1 of 2 files, 4 rows" in quick
    assert "left out: raw/wind.xlsx: not described yet" in quick
    assert "left out: 3 columns whose meaning is not described yet" in quick
    table = folder / "rain.csv"
    description = folder / "checkable-book" / "datapackage.json"
    edit(description, '"description": ""', '"description": "The gauge of the valley"')
    assert run(folder, "checkable-book", "adopt", "data").code == 0
    assert "The gauge of the valley" in description.read_text(encoding="utf-8")
    package = json.loads(description.read_text(encoding="utf-8"))
    package["resources"][0]["schema"]["fields"][1]["constraints"]["minimum"] = 0  # the author's own
    description.write_text(json.dumps(package), encoding="utf-8")
    text = table.read_text(encoding="utf-8")
    for broken, told in {
        text.replace("80.4", "eighty"): "rain.csv:3: column millimetres: found 'eighty', expected number",
        text.replace("80.4", ""): "rain.csv:3: column millimetres: found '', expected number",
        text.replace("80.4", "-1"): "rain.csv:3: column millimetres: found '-1', expected number (minimum 0)",
        text.replace("days", "nights"): "rain.csv:1: column days: found the columns month, millimetres, nights",
        text.replace(",12", ""): "rain.csv:3: column days: found '', expected a cell for each column",
        text.replace("April", "March"): "rain.csv:5: expected a key that no other row has",
    }.items():
        table.write_text(broken, encoding="utf-8")
        told_here = [line for line in faults(verified(folder, "--quick")) if line.startswith("rain.csv")]
        assert len(told_here) == 1, told
        assert told_here[0].startswith(told)
    table.unlink()
    assert "rain.csv:1: found no file, expected the described one" in verified(folder, "--quick").said


def test_tables_are_described_as_publishers_leave_them(adopted: Copied) -> None:
    folder = adopted("flat")
    (folder / "german.csv").write_bytes("Ort;Fläche\nKöln;2,5\nMünchen;3,75\n\n".encode("cp1252"))
    (folder / "late.csv").write_text("row,level,note\n1,2,a\n2,2.5,NA\n3,x,b\n", encoding="utf-8")
    (folder / "ragged.csv").write_text("a,b\n1,2,3\n", encoding="utf-8")
    taken = run(folder, "checkable-book", "adopt", "data").said
    assert "ragged.csv:2: found '3', expected a cell for each column: not described" in taken
    quick = verified(folder, "--quick")
    assert quick.code == 0, quick.said
    assert "3 of 4 files, 9 rows" in quick.said
    assert "left out: ragged.csv: not described yet" in quick.said
    described = json.loads((folder / "checkable-book" / "datapackage.json").read_text(encoding="utf-8"))["resources"]
    german, late, _ = described
    assert (german["encoding"], german["dialect"]) == ("cp1252", {"csv": {"delimiter": ";"}})
    assert [(one["type"], one.get("decimalChar")) for one in german["schema"]["fields"]] == [
        ("string", None),
        ("number", ","),
    ]
    assert [one["type"] for one in late["schema"]["fields"]] == ["integer", "string", "string"]
    assert late["schema"]["missingValues"] == ["", "NA"]
    (folder / "german.csv").write_bytes("Ort;Fläche\nKöln;weit\nMünchen;3,75\n".encode("cp1252"))
    assert faults(verified(folder, "--quick")) == [
        "german.csv:2: column Fläche: found 'weit', expected number (not empty)"
    ]
    for wrong, told in {
        '{"resources": 3}': "datapackage.json:1: found 3 is not of type 'array' at property 'resources'",
        "[]": "datapackage.json:1: found",
        "{": "datapackage.json:1: found no data package (JSONDecodeError",
    }.items():
        (folder / "checkable-book" / "datapackage.json").write_text(wrong, encoding="utf-8")
        assert told in faults(verified(folder, "--quick"))[0]


def test_offline_formulas_need_no_script_and_what_is_foreign_is_listed(adopted: Copied) -> None:
    folder = adopted("parts")
    assert run(folder, "checkable-book", "adopt", "offline").code == 0
    edit(folder / "index.md", "in two chapters", "in two chapters ($\\newcommand{\\E}{y} x$, $\\cancelto{0}{\\E}$)")
    done = run(folder, "jb", "build", ".")
    assert done.code == 0, done.said
    kept = (folder / "_build" / "html" / "index.html").read_text(encoding="utf-8")
    assert "\\(\\cancelto{0}{\\E}\\)" in kept  # as the book had it, since it cannot be converted
    assert 'style="display:none">\\(\\newcommand{\\E}{y} x\\)' in kept  # what it needs
    assert "mathjax@3" in kept
    assert kept.count("<math") == 1
    page = (folder / "_build" / "html" / "guide" / "model.html").read_text(encoding="utf-8")
    assert "<math" in page
    assert 'id="equation-growth"' in page
    assert "mathjax@3" not in page
    assert 'src="https://cdn.example.org/plot.js"' in page  # the book's own, which it keeps
    quick = verified(folder, "--quick")
    assert quick.code == 0, quick.said
    assert "left out: script https://cdn.example.org/plot.js, loaded by 4 pages" in quick.said


def test_the_status_says_in_ten_lines_what_is_checked_and_what_is_stale(adopted: Copied) -> None:
    folder = adopted("parts")
    for step in ("numerals", "freshness", "data"):
        assert run(folder, "checkable-book", "adopt", step).code == 0
    assert run(folder, "jb", "build", ".").code == 0
    edit(folder / "guide" / "deep" / "start.csv", "20", "21")
    edit(folder / "index.md", "in two chapters", "in 77 chapters")
    said = run(folder, "checkable-book", "status").said.splitlines()
    assert len(said) <= 10
    assert said[1] == "outputs    3 of 3 pages with code compared, 4 cells, 0 of them not"
    assert "numerals   4 of 4 pages, 2 numbers of before: 1 FAULTS" in said
    assert "freshness  4 pages recorded, 2 stale: index (its source has changed), guide/deep/run" in "\n".join(said)
    assert said[-2].startswith("off        kernels, offline")
    assert said[-1].startswith("next       index.md:3: found the number '77' typed")


def test_pytest_runs_the_quick_verification_a_test_a_check(adopted: Copied) -> None:
    folder = adopted("project")
    program = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"]

    def tested(*options: str) -> Run:
        done = subprocess.run([*program, *options], cwd=folder, env=environment(), capture_output=True, text=True)
        return Run(done.returncode, done.stdout + done.stderr)

    assert "2 passed" in tested("--checkable-book").said
    assert "no tests ran" in tested().said
    edit(folder / "tides.md", "max(heights)", "min(heights)")
    failed = tested("--checkable-book")
    assert failed.code == 1
    assert "tides.md:10: found another program than in the reference" in failed.said
    assert "1 failed, 1 passed" in failed.said


def test_the_plug_in_the_hook_and_the_action_name_what_is_there() -> None:
    package = SRC.parent
    points = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    assert import_module(points["pytest11"]["checkable-book"]).pytest_addoption
    hooks = yaml.safe_load((package.parents[1] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [hook["entry"] for hook in hooks] == ["checkable-book verify --quick"]


def test_the_action_verifies_and_comments_what_moved(adopted: Copied, tmp_path: Path) -> None:
    action = yaml.safe_load((SRC.parent / "action.yml").read_text(encoding="utf-8"))
    steps = {step["name"].partition(" ")[0]: step["run"] for step in action["runs"]["steps"]}
    folder = adopted("project")
    edit(folder / "tides.json", "4.25", "4.5")
    said = tmp_path / "said.txt"
    (tmp_path / "gh").write_text(f'#!/bin/sh\necho "$@" >> {said}\n', encoding="utf-8")
    (tmp_path / "gh").chmod(0o755)
    for name in ("output.txt", "summary.md"):
        (tmp_path / name).touch()
    given = environment() | {
        "PATH": f"{tmp_path}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_OUTPUT": str(tmp_path / "output.txt"),
        "NUMBER": "7",
    }
    for name in ("Build", "Comment"):
        subprocess.run(["bash", "-euo", "pipefail", "-c", steps[name]], cwd=folder, env=given, check=True)
    comment = (tmp_path / "comment.md").read_text(encoding="utf-8")
    assert "FAILED  outputs" in comment
    assert (
        "tides.md:10: stdout: found '4.5 metres at most', expected '4.25 metres at most'"
        in comment.partition("moved")[2]
    )
    assert (tmp_path / "output.txt").read_text(encoding="utf-8") == "code=1\n"
    assert f"pr comment 7 --edit-last --body-file {tmp_path}/comment.md" in said.read_text(encoding="utf-8")
