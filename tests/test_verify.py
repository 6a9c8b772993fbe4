"""The one command, and what it stands on: the audit of numerals and the verdicts."""

import filecmp
import json
import os
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from rocrate.rocrate import ROCrate

from conftest import Book
from smartcity_review import claims, data, languages, numerals, research_object, verify
from smartcity_review.paths import ROOT


def test_the_quick_verification_passes_and_reports(book: Book) -> None:
    result = book.run("smartcity-review", "verify", "--quick")
    assert result.returncode == 0, result.stdout + result.stderr
    report = json.loads((book.root / "verification.json").read_text(encoding="utf-8"))
    assert report["passed"] is True
    assert [check["check"] for check in report["checks"]] == list(verify.QUICK)
    assert sum(check["seconds"] for check in report["checks"]) < 10


def test_a_changed_cell_fails_with_the_line_that_matters(book: Book) -> None:
    with book.edited("data/internet_use.csv", "37.85", "38.85"):
        result = book.run("smartcity-review", "verify", "--quick", "--skip", "hashes")
    assert result.returncode == 1
    assert "data/internet_use.csv: prints otherwise than in the reference notebook" in result.stdout
    with book.edited("data/internet_use.csv", "37.85", "38.85"):
        result = book.run("smartcity-review", "verify", "--quick")
    assert result.stderr == (
        "verification failed: hashes: data/internet_use.csv: changed since SHA256SUMS was written\n"
    )


def test_wrong_data_fails_without_a_traceback(book: Book) -> None:
    with book.edited("data/prisma_flow.csv", ",39", ",40"):
        result = book.run("smartcity-review", "verify", "--quick", "--skip", "hashes")
    assert result.returncode == 1
    assert "expected 1629 - 115 - 1475 = 39" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_unknown_check_is_refused(book: Book) -> None:
    result = book.run("smartcity-review", "verify", "--skip", "everything")
    assert result.returncode == 2
    assert "invalid choice: 'everything'" in result.stderr


def test_every_claim_has_a_computed_verdict() -> None:
    found = claims.verdicts()
    assert len(found) >= 120
    assert found["claim"].is_unique
    assert found["statement_en"].is_unique
    assert set(found["verdict"]) == set(claims.VERDICTS)
    assert "verdict" not in data.load("published_claims")
    uncheckable = found[found["verdict"] == "not_checkable"]
    assert (uncheckable["needed"] != "").all()


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("sources-total", "differs"),
        ("population-affects-speed", "differs"),
        ("figure-number-used-articles", "differs"),
        ("lrt-country-table-4", "contradicted"),
        ("mscf-year-introduction", "contradicted"),
        ("overall-approach-thailand", "contradicted"),
        ("communications-act-number", "differs_outside"),
        ("mscf-pillars", "differs_outside"),
        ("records-identified", "reproduced"),
        ("adoption-higher-than-indonesia", "reproduced"),
        ("peak-years-all-articles", "not_checkable"),
    ],
)
def test_known_slips_get_their_verdict(claim: str, verdict: str) -> None:
    found = claims.verdicts().set_index("claim")
    assert found.loc[claim, "verdict"] == verdict


def test_a_check_that_does_not_exist_is_named() -> None:
    frame = data.load("published_claims")
    frame.loc[frame["claim"] == "records-identified", "check"] = "guess 1629"
    with (
        data.replaced("published_claims", frame),
        pytest.raises(data.DataError, match="guess"),
    ):
        claims.verdicts()


def test_every_check_is_used() -> None:
    used = {check.split()[0] for check in data.load("published_claims")["check"].dropna()}
    assert used == set(claims.CHECKS)


def test_every_numeral_of_the_sources_and_the_pages_is_explained(book: Book) -> None:
    for found in (numerals.sources(), numerals.pages(book.site)):
        assert len(found) > 10
        assert [numeral for numeral in found if numeral.kind == "unexplained"] == []


def test_the_allow_list_is_short_reasoned_and_used(book: Book) -> None:
    entries = numerals.allowed()
    assert len(entries) < 15
    text = " ".join(page.read_text(encoding="utf-8") for page in languages.pages(book.site))
    for entry in entries:
        assert len(entry["reason"]) > 10
        assert entry["text"] in text


@pytest.mark.parametrize(
    ("old", "new", "caught"),
    [
        ("<h1>Methods<a", "<h1>4321 Methods<a", "4321"),
        ('data-label="Records">', 'data-label="Records">7', "7915"),
        ("<title>", "<title>77 ", "77"),
        ('aria-label="Flow', 'aria-label="44', "4321"),
        ("It gathers information", "It gathers eleven kinds of information", "eleven"),
    ],
    ids=["heading", "table cell", "title", "alternative text", "number word"],
)
def test_a_typed_numeral_in_a_page_is_caught(book: Book, tmp_path: Path, old: str, new: str, caught: str) -> None:
    page = tmp_path / "chapters" / "en" / "methods.html"
    page.parent.mkdir(parents=True)
    text = (book.site / "chapters" / "en" / "methods.html").read_text(encoding="utf-8")
    if old.startswith("aria-label"):
        old, new = 'aria-labelledby="flow-', 'aria-label="4321 records" aria-labelledby="flow-'
    if old.startswith("data-label"):
        old, new = '<data value="915">915</data></a>', '<data value="915">915</data></a> 7915'
    assert old in text
    page.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert caught in [numeral.text for numeral in numerals.pages(tmp_path) if numeral.kind == "unexplained"]


def test_each_number_of_the_prose_leads_to_a_row_of_the_data(book: Book) -> None:
    links = 0
    for page in languages.pages(book.site):
        rows = BeautifulSoup((page.parent / "data.html").read_text(encoding="utf-8"), "html.parser")
        ids = {tag["id"] for tag in rows.find_all("tr", id=True)}
        for link in BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select("a.value"):
            links += 1
            assert link["href"].removeprefix("data.html#") in ids, (page.name, link["href"])
            assert ".csv" in link["title"]
    assert links > 100


def test_each_chart_offers_its_data_and_pictures(book: Book) -> None:
    charts = 0
    for page in languages.pages(book.site):
        for chart in BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select(".chart, .flow"):
            charts += 1
            files = [(page.parent / link["href"]).resolve() for link in chart.select(".download a")]
            tables = {".csv"} if chart["data-source"] != "review" else set()  # exports are not published
            assert {file.suffix for file in files} == {".svg", ".png"} | tables
            assert all(file.stat().st_size > 50 for file in files)
    assert charts >= 8


def test_the_crate_is_read_by_its_library_and_names_files_that_exist() -> None:
    crate = ROCrate(ROOT)
    files = {entity.id for entity in crate.data_entities}
    tables = {f"data/{name}.csv" for name in data.names()}
    chapters = {path.relative_to(ROOT).as_posix() for path in (ROOT / "chapters").rglob("*.md")}
    assert files == tables | chapters


def test_pages_describe_the_paper_and_the_data(book: Book) -> None:
    page = BeautifulSoup((book.site / "chapters/en/methods.html").read_text(encoding="utf-8"), "html.parser")
    described = [json.loads(tag.string) for tag in page.select('script[type="application/ld+json"]')]
    assert [part["@type"] for part in described] == ["ScholarlyArticle", "Dataset"]
    assert page.select_one('meta[name="citation_doi"]')["content"] == "10.22373/jai.v10i2"
    assert page.select_one('meta[name="citation_title"]') is None  # not known, so not said
    assert page.select_one('meta[property="og:title"]')["content"] == "Methods"


def test_codecheck_rules_are_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert research_object.broken_rules() == []
    spoilt = tmp_path / "codecheck.yml"
    spoilt.write_text("manifest:\n- file: nowhere.txt\npaper:\n  title: FIXME\n", encoding="utf-8")
    monkeypatch.setattr(research_object, "CODECHECK", spoilt)
    broken = " ".join(research_object.broken_rules())
    for rule in ("CFG-002", "CFG-006", "CFG-016", "CFG-023"):
        assert rule in broken


def test_two_builds_in_different_folders_are_the_same(book: Book, tmp_path: Path) -> None:
    twins = []
    for place in ("one", "a/deeper/two"):
        ignored = shutil.ignore_patterns("_build", "verification.json")
        twin = Book(Path(shutil.copytree(book.root, tmp_path / place, ignore=ignored)))
        os.environ["SOURCE_DATE_EPOCH"] = "1700000000"
        with twin.edited("data/paper.yml", "address: null", "address: https://example.org/book/"):
            assert twin.build().returncode == 0
        sitemap = (twin.site / "sitemap.xml").read_text(encoding="utf-8")
        assert "https://example.org/book/id/chapters/id/methods.html" in sitemap  # in a first build too
        twins.append(twin.site)
    files = sorted(path.relative_to(twins[0]) for path in twins[0].rglob("*") if path.is_file())
    assert len(files) > 50
    _, different, missing = filecmp.cmpfiles(*twins, [str(file) for file in files], shallow=False)
    assert [name for name in different if not name.endswith((".doctree", ".pickle"))] == []
    assert missing == []
