"""The house: which package may use which, and no word of this paper in the machinery."""

import json
import re
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

import smartcity_review
from checkable_book import data
from checkable_book.book import current_book
from checkable_book.data import claims
from checkable_book.data.description import CLAIMS

ROOT = current_book().root
MACHINERY = [ROOT / "packages" / name for name in ("checkable-book", "systematic-review")]
#: Tables that the machinery itself knows, whatever the book.
ITS_OWN = {
    CLAIMS, claims.FACTS, claims.READING, "citations", "cited_works", "codecheck_rules", "glossary",
    "numbers", "numerals_allowed", "queries", "rules", "sections", "sentences", "views", "what_ifs",
}  # fmt: skip


def test_the_packages_use_each_other_as_planned_and_in_no_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_logo=True, no_cache=True) == 0


def paper_words() -> list[str]:
    """Return the words that name this paper: countries, dimensions, tables and files of its data."""
    names = data.load_table("countries")["country"].tolist()
    for column in ("name_en", "name_id"):
        names += data.load_table("dimensions")[column].tolist()
    tables = [name for name in data.table_names() if name not in ITS_OWN]
    # A table of one common word is looked for as a file or between quotation marks.
    names += [name if "_" in name else f"{name}.csv" for name in tables]
    return [*names, "smartcity_review", "smartcity-review"]


@pytest.mark.parametrize("folder", MACHINERY, ids=lambda path: path.name)
def test_the_machinery_names_no_paper(folder: Path) -> None:
    pattern = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in paper_words()), re.IGNORECASE)
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            text = path.read_text(encoding="utf-8", errors="replace")
            text = re.sub("bahasa indonesia", "", text, flags=re.IGNORECASE)
            if folder.name == "systematic-review":
                text = text.replace("dimensions.csv", "")  # what Dimensions, the database, calls its export
            found += [f"{path.relative_to(ROOT)}: {word}" for word in sorted(set(pattern.findall(text)))]
    assert found == []


def test_the_paper_keeps_to_its_room() -> None:
    package = ROOT / "src" / "smartcity_review"
    assert {path.suffix for path in package.iterdir() if path.is_file()} <= {".py", ".typed"}
    text = "\n".join(path.read_text(encoding="utf-8") for path in package.glob("*.py"))
    assert re.search(r"import sphinx|from sphinx|</|addEventListener", text) is None


def test_every_country_has_its_colour_from_the_data() -> None:
    described = json.loads((current_book().data_folder / "datapackage.json").read_text(encoding="utf-8"))["resources"]
    for resource in described:
        names = [field["name"] for field in resource["schema"]["fields"]]
        if "country" in names and resource["name"] != "countries":
            keys = [key["reference"]["resource"] for key in resource["schema"].get("foreignKeys", [])]
            assert "countries" in keys, resource["name"]


def called() -> set[str]:
    """Return what the cells of the chapters call, as ``module.function``."""
    texts = [path.read_text(encoding="utf-8") for path in (current_book().root / "chapters").glob("*/*.md")]
    cells = re.findall(r"```\{code-cell\}.*?```", "\n".join(texts), re.DOTALL)
    return set(re.findall(r"\b(\w+\.\w+)\(", "\n".join(cells)))


def test_chapters_call_every_public_name_of_the_papers_helpers() -> None:
    listed = set()
    for room, names in re.findall(r":mod:`~smartcity_review\.(\w+)`:(.*?);", smartcity_review.__doc__ or "", re.DOTALL):
        listed |= {f"{room}.{name}" for name in re.findall(r"``(\w+)``", names)}
    assert len(listed) > 35
    assert sorted(listed - called()) == []
