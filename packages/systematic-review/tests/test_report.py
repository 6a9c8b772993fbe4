"""What a journal asks for is in one folder, and where a review stands is said."""

import json
import shutil
from pathlib import Path

import bibtexparser
import pandas as pd
import pytest
import rispy

from systematic_review import importing, pipeline, progress, records, report, screening
from systematic_review.__main__ import main

EXAMPLE = Path(report.__file__).parent / "example"
SEARCH = """  pubmed: {name: PubMed, platform: NLM, searched: 2026-11-30, hits: 9, strategy: "kerb*[tiab] AND cit*"}"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = shutil.copytree(EXAMPLE / "exports", tmp_path_factory.mktemp("report") / "review")
    shutil.copytree(EXAMPLE / "decisions", folder / "decisions")
    text = (EXAMPLE / "protocol.yml").read_text(encoding="utf-8")
    assert "  pubmed: PubMed\n" in text
    (folder / "protocol.yml").write_text(text.replace("  pubmed: PubMed", SEARCH), encoding="utf-8")
    assert main(["report", str(folder)]) == 0
    return folder


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    return shutil.copytree(finished, tmp_path / "review")


def table(folder: Path, name: str) -> pd.DataFrame:
    return records.read_cells(folder / "results" / "report" / f"{name}.csv")


def test_the_studies_go_out_in_every_form_with_the_same_fields(finished: Path) -> None:
    out = finished / "results" / "report"
    listed = table(finished, "included")
    assert len(listed) == 6
    ris = rispy.loads((out / "included.ris").read_text(encoding="utf-8"))
    bib = bibtexparser.parse_string((out / "included.bib").read_text(encoding="utf-8"))
    csl = json.loads((out / "included.csl.json").read_text(encoding="utf-8"))
    assert not bib.failed_blocks
    assert [entry["title"] for entry in ris] == listed["title"].tolist()
    assert [item["title"] for item in csl] == listed["title"].tolist()
    assert len(bib.entries) == 6
    kept = ["title", "authors", "year", "journal", "volume", "number", "pages", "doi"]
    for name in ("included.ris", "included.bib", "included.csl.json"):
        again = importing.read_file(out / name).records
        for column in kept:
            assert again[column].astype("str").tolist() == listed[column].tolist(), (name, column)


def test_what_was_left_out_stands_with_its_reason(finished: Path) -> None:
    assert sorted(table(finished, "excluded-full-texts")["reason"]) == [
        "No findings of its own",
        "No findings of its own",
        "Not of a city",
    ]
    assert len(table(finished, "not-retrieved")) == 2
    merged = table(finished, "duplicates")
    assert len(merged) >= 6
    assert (merged["title_a"] != "").all()
    assert {"title", "authors", "doi"} <= set(merged)
    overlap = table(finished, "source-overlap").set_index("source")
    assert (overlap.to_numpy() == overlap.to_numpy().T).all()
    alone = table(finished, "sources").set_index("source")
    assert int(alone.loc["PubMed", "works"]) == int(overlap.loc["PubMed", "PubMed"])


def test_searches_are_compared_with_what_was_imported(finished: Path, folder: Path) -> None:
    row = table(finished, "searches").set_index("source").loc["PubMed"]
    assert row[["platform", "searched", "hits", "imported", "difference", "strategy"]].tolist() == [
        "NLM",
        "2026-11-30",
        "9",
        "9",
        "0",
        "kerb*[tiab] AND cit*",
    ]
    path = folder / "protocol.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("hits: 9", "hits: 12"), encoding="utf-8")
    problems = progress.list_problems(pipeline.open_stored(folder))
    assert problems == ["pubmed: found 9 records in the exports, expected 12 hits of the protocol"]


def test_methods_and_checklist_say_what_is_known_and_no_more(finished: Path) -> None:
    text = (finished / "results" / "report" / "methods.en.md").read_text(encoding="utf-8")
    assert "PubMed (NLM), searched on 2026-11-30 (9 records)" in text
    assert "titles and abstracts: Cohen kappa 0.71 (16 works)" in text
    assert "This is not final: 2 works await a decision" in text
    indonesian = (finished / "results" / "report" / "methods.id.md").read_text(encoding="utf-8")
    assert "PubMed (NLM), ditelusuri pada 2026-11-30 (9 cantuman)" in indonesian
    assert "judul dan abstrak: Cohen kappa 0,71 (16 karya)" in indonesian
    items = table(finished, "prisma-checklist").set_index("item")
    assert len(items) == 42
    assert items.loc["16a", "says"] == "6 studies included"
    assert items.loc["6", "says"] == "PubMed: 2026-11-30"
    assert items.loc["14", "says"] == items.loc["14", "found_in"] == ""
    assert table(finished, "characteristics")[report.CHARACTERISTICS].eq("").all().all()


def test_the_same_input_gives_the_same_bytes(finished: Path, folder: Path) -> None:
    shutil.rmtree(folder / "results")
    assert main(["report", str(folder)]) == 0
    first, second = (
        {path.name: path.read_bytes() for path in (one / "results" / "report").iterdir()} for one in (finished, folder)
    )
    assert set(first) >= {"tables.xlsx", "flow.en.pptx", "flow.en.png", "flow-prisma2020.csv", "audit-trail.csv"}
    assert [name for name in first if first[name] != second[name]] == []


def test_the_audit_trail_holds_each_decision(finished: Path) -> None:
    trail = table(finished, "audit-trail")
    decided = pipeline.open_stored(finished).decisions
    assert len(trail) == len(decided.decisions) + len(decided.resolutions)
    assert set(trail["reviewer"]) == {"Ann", "Ben", ""}
    row = trail.iloc[0]
    kept = records.read_numbered_rows(finished / "decisions" / row["file"])
    cells = next(cells for place, cells in kept if place == int(row["row"]))
    assert cells["decision"] == row["decision"]


def test_status_says_what_waits_and_for_whom(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["status", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "full text: 1 work waits for a decision" in lines
    assert "full text: 1 work waits for Ben" in lines
    assert "full text: 1 work waits for a resolution (conflicts.csv)" in lines
    assert main(["check", str(folder)]) == 1
    waiting = records.read_cells(folder / "results" / "waiting.csv")
    settle = "".join(f"{record},include,,full_text\n" for record in waiting["record"])
    with (folder / "decisions" / "resolutions_last.csv").open("w", encoding="utf-8") as file:
        file.write("record,decision,reason,stage\n" + settle)
    doubtful = progress.doubtful_pairs(pipeline.open_stored(folder))
    pairs = doubtful[["record_a", "record_b"]].assign(decision="different")
    records.write_table(pairs, folder / "decisions" / "duplicates.csv")
    capsys.readouterr()
    assert main(["check", str(folder)]) == 0
    assert main(["status", str(folder)]) == 0
    assert capsys.readouterr().out == "finished: nothing waits, and nothing is wrong\n"


def test_kappa_is_that_of_each_pair_and_of_each_round() -> None:
    said = pd.DataFrame(
        [
            ("a", "Ann", "include", "pilot"),
            ("a", "Ben", "exclude", "pilot"),
            ("b", "Ann", "exclude", "pilot"),
            ("b", "Ben", "exclude", "pilot"),
            ("c", "Ann", "include", ""),
            ("c", "Cem", "include", ""),
            ("d", "Ann", "exclude", ""),
            ("d", "Cem", "exclude", ""),
        ],
        columns=["record", "reviewer", "decision", "round"],
    ).assign(reason="", stage="title_abstract")
    found = screening.measure_pairs(said).set_index(["round", "reviewer_a", "reviewer_b"])
    assert found.loc[("", "Ann", "Ben"), "agreed"] == 1
    assert found.loc[("", "Ann", "Cem"), "kappa"] == 1
    assert found.loc[("pilot", "Ann", "Ben"), "records"] == 2
    assert ("pilot", "Ann", "Cem") not in found.index
    assert ("", "Ben", "Cem") not in found.index


def test_a_pilot_is_told_by_its_file_or_a_column(tmp_path: Path) -> None:
    works = pd.DataFrame({"id": ["a", "b"], "records": ["a", "b"], "names": "", "sources": "sage"})
    head = "record,reviewer,decision,reason"
    (tmp_path / "screening_ann_pilot.csv").write_text(f"{head}\na,Ann,include,\n", encoding="utf-8")
    (tmp_path / "screening_ben.csv").write_text(
        f"{head},round\na,Ben,include,,Pilot\nb,Ben,include,,\n", encoding="utf-8"
    )
    found = screening.read_decisions(tmp_path, works, pipeline.protocol.Protocol()).decisions
    assert found[["record", "reviewer", "round"]].to_numpy().tolist() == [
        ["a", "Ann", "pilot"],
        ["a", "Ben", "pilot"],
        ["b", "Ben", ""],
    ]
