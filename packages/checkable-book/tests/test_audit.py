"""The verification tells every falsehood of a list, one by one, and lets every right thing of another pass.

The lists are ``audited/falsehoods.yml`` and ``audited/right_things.yml``: what is found
later is added there. All of a list stands in one book, on a chapter of its own, so that
one build serves; each falsehood has a sign of its own by which it must be told.
"""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from checkable_book.book import Book, use_book
from checkable_book.data import claims, rules
from checkable_book.errors import DataError
from checkable_book.verify import prose_assertions
from small_book import SmallBook, with_tables

LISTS = Path(__file__).with_name("audited")
FALSEHOODS: dict[str, list[dict[str, str]]] = yaml.safe_load((LISTS / "falsehoods.yml").read_text(encoding="utf-8"))
RIGHT: dict[str, list[dict[str, str]]] = yaml.safe_load((LISTS / "right_things.yml").read_text(encoding="utf-8"))
#: What the cells of the lists use.
IMPORTS = """\
import altair as alt
import pandas as pd
from IPython.display import HTML, Markdown
from checkable_book import data
from checkable_book.render import chart, table, values
gardens = data.load_table("gardens")
bars = alt.Chart(gardens).mark_bar().encode(x="area_hectares:Q", y="garden:N")
drawn = table.frame_table(gardens, "drawn", ["Garden", "Opened", "Hectares"], sources=("gardens",))
values.glue("area_total", "gardens words", language={language!r})
"""


def entries(kind: str, language: str = "") -> list[Any]:
    return [pytest.param(one, id=one["name"]) for one in FALSEHOODS[kind + ("_" + language if language else "")]]


def write_chapter(book: SmallBook, language: str, prose: list[dict[str, str]], cells: list[dict[str, str]]) -> None:
    """Write a chapter that says each entry, as a paragraph or as a cell of its own, and put it into the contents."""
    folder = book.root / "chapters" / language
    head = (folder / "index.md").read_text(encoding="utf-8").partition("\n# ")[0]
    parts = [head, "# Benches", _cell(IMPORTS.format(language=language))]
    parts += [one["write"] for one in prose] + [_cell(one["write"]) for one in cells]
    (folder / "benches.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    (folder / "note.txt").write_text("Namely 4863.\n", encoding="utf-8")
    Image.new("RGB", (4, 4)).save(folder / "dot.png")
    contents = book.root / "_toc.yml"
    if "benches" not in contents.read_text(encoding="utf-8"):
        with open(contents, "a", encoding="utf-8") as stream:
            stream.write("  - file: chapters/en/benches\n")


def _cell(code: str) -> str:
    return f"```{{code-cell}}\n{code.strip()}\n```"


@pytest.fixture(scope="module")
def faults(laid_down: SmallBook, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return what the verification tells of a book that holds every falsehood."""
    book = laid_down.copy(tmp_path_factory.mktemp("false") / "gardens")
    twin = [{"write": heading} for one in FALSEHOODS["prose_en"] if (heading := _heading(one["write"]))]
    write_chapter(book, "en", FALSEHOODS["prose_en"], FALSEHOODS["cells"])
    write_chapter(book, "id", [*FALSEHOODS["prose_id"], *twin], FALSEHOODS["cells"])
    book.run("checkable-book", "refresh")  # warns of classes that only the build gives
    assert book.run("checkable-book", "verify").code == 1
    report = json.loads((book.root / "verification.json").read_text(encoding="utf-8"))
    return [fault for check in report["checks"] for fault in check["faults"]]


def _heading(text: str) -> str:
    return re.sub(r"\d+ ", "", text) if text.startswith("#") else ""


def is_told(entry: dict[str, str], page: str, faults: list[str]) -> bool:
    told = re.compile(rf"(?:{page}|chapters/{page}\.md:\d+): '[^']*{re.escape(entry['told'])}[^']*' is not explained")
    return any(told.match(fault) for fault in faults)


def test_the_lists_are_long_and_hold_nothing_twice() -> None:
    names = [(kind, one["name"]) for kind, ones in FALSEHOODS.items() for one in ones]
    assert len(set(names)) == len(names) >= 120
    right = [(kind, one["name"]) for kind, ones in RIGHT.items() for one in ones]
    assert len(set(right)) == len(right) >= 40


@pytest.mark.parametrize("entry", entries("prose", "en"))
def test_false_prose_is_told(entry: dict[str, str], faults: list[str]) -> None:
    assert is_told(entry, "en/benches", faults), entry["write"]


@pytest.mark.parametrize("entry", entries("prose", "id"))
def test_false_prose_of_another_language_is_told(entry: dict[str, str], faults: list[str]) -> None:
    assert is_told(entry, "id/benches", faults), entry["write"]


@pytest.mark.parametrize("entry", entries("cells"))
def test_false_outputs_are_told(entry: dict[str, str], faults: list[str]) -> None:
    assert is_told(entry, "en/benches", faults), entry["write"]


def test_right_things_pass(plain: SmallBook, tmp_path: Path) -> None:
    book = plain.copy(tmp_path / "gardens", built=False)
    write_chapter(book, "en", RIGHT["prose"], RIGHT["cells"])
    for entry in RIGHT["titles"]:
        book.edit(entry["file"], entry["old"], entry["new"])
    refreshed = book.run("checkable-book", "refresh")
    assert refreshed.code == 0, refreshed.said
    verified = book.run("checkable-book", "verify")
    report = json.loads((book.root / "verification.json").read_text(encoding="utf-8"))
    assert [fault for check in report["checks"] for fault in check["faults"]] == []
    assert verified.code == 0, verified.said


_CLAIMS = "claim,section,place,statement_en,statement_id,published_value,unit,check,same_as,needed\n"


def evidence_of(book: SmallBook, checks: list[dict[str, str]], target: Path) -> dict[str, str]:
    """Return the kind of evidence that each check gives, by its name; "refused" where it is no check at all."""
    found = {}
    for number, one in enumerate(checks):
        rows = io.StringIO()
        written = csv.writer(rows, lineterminator="\n")
        written.writerow(
            ["asked", "start", "text", "It says so.", "Begitu.", one["value"], "", one["check"], "", "more"]
        )
        written.writerow(["other", "start", "text", "It says so.", "Begitu.", one["value"], "", "", "", "more"])
        try:
            with_tables(book, target / str(number), {"published_claims": _CLAIMS + rows.getvalue()})
            found[one["name"]] = claims.evaluate_claims().set_index("claim").loc["asked", "evidence"]
        except DataError:
            found[one["name"]] = "refused"
    return found


def test_a_check_that_computes_nothing_is_no_evidence(here: SmallBook, tmp_path: Path) -> None:
    found = evidence_of(here, FALSEHOODS["checks"], tmp_path)
    assert {name: kind for name, kind in found.items() if kind not in {"not_checkable", "refused"}} == {}


def test_a_check_that_computes_is_evidence(here: SmallBook, tmp_path: Path) -> None:
    found = evidence_of(here, RIGHT["checks"], tmp_path)
    assert {name: kind for name, kind in found.items() if kind != "recomputed"} == {}


@pytest.mark.parametrize("entry", FALSEHOODS["sentences"], ids=lambda entry: entry["name"])
def test_a_sentence_whose_query_tests_nothing_is_told(here: SmallBook, tmp_path: Path, entry: dict[str, str]) -> None:
    says, query = entry["says"], entry["query"]
    here.edit("chapters/en/index.md", "This book is small", f"{says} This book is small")
    here.edit("chapters/id/index.md", "Buku ini", f"{says} Buku ini")
    rows = f'sentence,chapter,says_en,says_id,query\none,index,{says},{says},"{query}"\n'
    with_tables(here, tmp_path / "copy", {"sentences": rows})
    assert prose_assertions.assertion_faults() != []


@pytest.mark.parametrize("entry", FALSEHOODS["rules"], ids=lambda entry: entry["name"])
def test_a_rule_that_nothing_breaks_is_told(here: SmallBook, entry: dict[str, str]) -> None:
    with open(here.root / "data" / "rules.csv", "a", encoding="utf-8") as stream:
        stream.write(f"empty,{entry['query']},nothing,tidak ada\n")
    use_book(Book(here.root))
    assert len(rules.rules_that_cannot_break()) == 1
