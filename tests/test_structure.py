"""The house: which package may use which, and no word of this paper in the machinery."""

import inspect
import json
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from importlinter.cli import lint_imports

import checkable_book
import smartcity_review
import systematic_review
from checkable_book import data, project
from checkable_book.data import evidence

ROOT = project.root()
MACHINERY = [ROOT / folder / name for folder in ("src", "tests") for name in ("checkable_book", "systematic_review")]
#: Tables that the machinery itself knows, whatever the book.
ITS_OWN = {
    evidence.CLAIMS, evidence.FACTS, evidence.READING, "citations", "cited_works", "codecheck_rules", "glossary",
    "numbers", "numerals_allowed", "queries", "rules", "sections", "sentences", "views", "what_ifs",
}  # fmt: skip


def test_the_packages_use_each_other_as_planned_and_in_no_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_logo=True, no_cache=True) == 0


def paper_words() -> list[str]:
    """Return the words that name this paper: countries, dimensions, tables and files of its data."""
    names = data.load("countries")["country"].tolist()
    for column in ("name_en", "name_id"):
        names += data.load("dimensions")[column].tolist()
    tables = [name for name in data.names() if name not in ITS_OWN]
    # A table of one common word is looked for as a file or between quotation marks.
    names += [name if "_" in name else f"{name}.csv" for name in tables]
    return [*names, "smartcity_review", "smartcity-review"]


@pytest.mark.parametrize("folder", MACHINERY, ids=lambda path: "/".join(path.parts[-2:]))
def test_the_machinery_names_no_paper(folder: Path) -> None:
    pattern = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in paper_words()), re.IGNORECASE)
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            text = path.read_text(encoding="utf-8", errors="replace")
            text = re.sub("bahasa indonesia", "", text, flags=re.IGNORECASE)
            if "systematic_review" in folder.parts:
                text = text.replace("dimensions.csv", "")  # what Dimensions, the database, calls its export
            found += [f"{path.relative_to(ROOT)}: {word}" for word in sorted(set(pattern.findall(text)))]
    assert found == []


def test_the_paper_keeps_to_its_room() -> None:
    package = ROOT / "src" / "smartcity_review"
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in package.glob("*.py"))
    assert lines <= 1300
    assert {path.suffix for path in package.iterdir() if path.is_file()} <= {".py", ".typed"}
    text = "\n".join(path.read_text(encoding="utf-8") for path in package.glob("*.py"))
    assert re.search(r"import sphinx|from sphinx|</|addEventListener", text) is None


def test_every_country_has_its_colour_from_the_data() -> None:
    described = json.loads((project.data() / "datapackage.json").read_text(encoding="utf-8"))["resources"]
    for resource in described:
        names = [field["name"] for field in resource["schema"]["fields"]]
        if "country" in names and resource["name"] != "countries":
            keys = [key["reference"]["resource"] for key in resource["schema"].get("foreignKeys", [])]
            assert "countries" in keys, resource["name"]


def called() -> set[str]:
    """Return what the cells of the chapters call, as ``module.function``."""
    texts = [path.read_text(encoding="utf-8") for path in project.chapters().glob("*/*.md")]
    cells = re.findall(r"```\{code-cell\}.*?```", "\n".join(texts), re.DOTALL)
    return set(re.findall(r"\b(\w+\.\w+)\(", "\n".join(cells)))


#: What Sphinx calls, or works on a whole built site, a browser, a repository or a terminal: their commands are tried
#: as the guides give them (test_own_edition.py, test_guide.py).
WITHOUT_EXAMPLE = {
    "build.editions.setup", "build.editions.wait", "build.epub.write", "build.interruption.listen",
    "build.kernels.ForkProvisioner", "build.kernels.warm_up", "build.languages.build", "build.languages.main",
    "build.languages.start",
    "build.page_weight.drop_evaluation", "build.page_weight.drop_icon_font", "build.pdf.document", "build.pdf.pages",
    "build.pdf.printer", "build.pdf.write", "build.publish.finish", "build.publish.write_way_in",
    "build.style_rules.lighten", "build.vendor.fetch", "build.whole.parts", "proof.archive.commit",
    "proof.archive.print_pdfs", "proof.archive.write", "proof.archive.write_epubs", "proof.notebooks.refresh",
    "proof.site.build", "proof.site.build_anew", "proof.verify.write_report", "run.main",
}  # fmt: skip
BY_SPHINX = ("build.extension.", "build.terms.")


def public(package: ModuleType) -> Iterator[tuple[str, object]]:
    """Yield the public functions and classes of a package, without its name before theirs."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".starter" in found.name or found.name.endswith("ahead"):
            continue
        module = import_module(found.name)
        for name, held in vars(module).items():
            defined_here = callable(held) and getattr(held, "__module__", "") == found.name
            if defined_here and not name.startswith("_"):
                yield f"{found.name.partition('.')[2]}.{name}", held


@pytest.mark.parametrize("package", [checkable_book, systematic_review], ids=lambda package: package.__name__)
def test_public_names_of_the_machinery_have_an_example(package: ModuleType) -> None:
    names = dict(public(package))
    assert len(names) > 100
    bare = {name for name, held in names.items() if ">>>" not in (inspect.getdoc(held) or "")}
    assert {name for name in bare - WITHOUT_EXAMPLE if not name.startswith(BY_SPHINX)} == set()
    assert WITHOUT_EXAMPLE & (set(names) - bare) == set()  # none is listed in vain


def test_chapters_call_every_public_name_of_the_papers_helpers() -> None:
    listed = set()
    for room, names in re.findall(r":mod:`~smartcity_review\.(\w+)`:(.*?);", smartcity_review.__doc__ or "", re.DOTALL):
        listed |= {f"{room}.{name}" for name in re.findall(r"``(\w+)``", names)}
    assert len(listed) > 35
    assert sorted(listed - called()) == []
