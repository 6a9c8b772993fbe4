"""A book of one's own: laid down whole, built strictly, and passing its own tests.

That it verifies, and is the same wherever it is built, is tested with its archive (``test_archive.py``).
"""

import filecmp
import json
import subprocess
import sys
from pathlib import Path

import pytest

from checkable_book import scaffold
from checkable_book.errors import DataError
from small_book import SRC, SmallBook, run


def test_it_builds_strictly_in_two_languages(built: SmallBook) -> None:
    assert "4 gardens" not in built.page("en/index")  # spelled out
    assert '<data value="4">four</data>' in built.page("en/index")
    assert '<data value="4">empat</data>' in built.page("id/index")
    assert "14,50" in built.page("id/index") or "14,5" in built.page("id/index")
    for page in ("en/index", "id/index", "en/findings", "en/data"):
        assert "language-switch" in built.page(page) or 'hreflang="' in built.page(page)


def test_it_passes_its_own_tests_after_a_refresh(built: SmallBook) -> None:
    refreshed = built.run("checkable-book", "refresh")
    assert refreshed.code == 0, refreshed.said
    own = built.run("pytest", "-q", "-p", "no:cacheprovider")
    assert own.code == 0, own.said


def test_its_refresh_changes_nothing(built: SmallBook, laid_down: SmallBook) -> None:
    kept = [path.relative_to(laid_down.root) for path in laid_down.root.rglob("*") if path.is_file()]
    kept = [path for path in kept if path.parts[0] != "_build"]  # which is not laid down but made of it
    assert len(kept) > 30
    _, different, missing = filecmp.cmpfiles(built.root, laid_down.root, list(map(str, kept)), shallow=False)
    assert (different, missing) == ([], [])


def test_its_requirements_can_be_installed_from_where_the_machinery_came(laid_down: SmallBook) -> None:
    asked = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--no-build-isolation", "--quiet"]
    done = subprocess.run([*asked, "-r", "requirements.txt"], cwd=laid_down.root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_one_page_alone_is_refused_in_one_line(spoilt: SmallBook) -> None:
    refused = spoilt.run("jb", "build", "chapters/en/index.md")
    assert refused.code != 0
    assert "to build, expected the whole book (jb build .)" in refused.said
    assert "Traceback" not in refused.said


def test_its_title_is_written_everywhere_and_may_hold_anything(tmp_path: Path) -> None:
    title = 'Of 3 "gardens": a \\ & more'
    scaffold.create_book(tmp_path / "book", title)
    for file in ("_config.yml", "data/paper.yml", "data/datapackage.json"):
        assert json.dumps(title) in (tmp_path / "book" / file).read_text(encoding="utf-8")
    assert f"# {title}\n" in (tmp_path / "book" / "chapters" / "en" / "index.md").read_text(encoding="utf-8")


def test_a_book_in_one_language_holds_nothing_of_another(tmp_path: Path) -> None:
    scaffold.create_book(tmp_path / "book")
    assert not list((tmp_path / "book").glob("_config.*.yml"))
    assert not (tmp_path / "book" / "chapters" / "id").exists()
    held = [path for path in (tmp_path / "book" / "data").iterdir() if "_id" in path.read_text(encoding="utf-8")]
    assert held == []


@pytest.mark.parametrize(
    ("languages", "first"), [(["id"], "id"), (["id", "en"], "id"), (["en", "id"], "en")], ids=["id", "id,en", "en,id"]
)
def test_the_language_named_first_is_the_one_that_is_built_first(
    tmp_path: Path, languages: list[str], first: str
) -> None:
    scaffold.create_book(tmp_path / "book", languages=languages)
    assert f"root: chapters/{first}/index" in (tmp_path / "book" / "_toc.yml").read_text(encoding="utf-8")
    others = {path.suffixes[0][1:] for path in (tmp_path / "book").glob("_config.*.yml")}
    assert others == set(languages) - {first}


def test_a_folder_that_holds_something_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine", encoding="utf-8")
    refused = run(tmp_path, "checkable-book", "new", "mine")
    assert refused.code == 1
    assert refused.said == f"new: found something in {tmp_path / 'mine'}, expected a new or an empty folder\n"
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "notes.txt"]


def test_nothing_is_left_where_laying_down_fails(tmp_path: Path) -> None:
    def fail(part: Path) -> None:
        assert (part / "_config.yml").exists()
        raise DataError("no")

    with pytest.raises(DataError, match="no"):
        scaffold.create_book(tmp_path / "book", complete=fail)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("languages", [[""], ["en", "xx"], ["en", "en"], []])
def test_a_language_without_a_template_is_refused(tmp_path: Path, languages: list[str]) -> None:
    with pytest.raises(DataError, match="expected some of en, id, each once"):
        scaffold.create_book(tmp_path / "book", languages=languages)
    assert list(tmp_path.iterdir()) == []


def test_outside_a_book_commands_say_so_in_one_line(tmp_path: Path) -> None:
    lost = run(tmp_path, "checkable-book", "verify", "--quick")
    assert lost.code == 1
    assert lost.said == f"{tmp_path}: found no book, expected _config.yml here or in a folder above\n"


def test_the_template_is_packed_with_the_package() -> None:
    import tomllib

    packed = tomllib.loads((SRC.parent / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert "template/**/*" in packed["package-data"]["checkable_book"]
    hidden = [path for path in (SRC / "checkable_book" / "template").rglob(".*") if path.name != ".DS_Store"]
    assert hidden == []  # the pattern would leave them out
