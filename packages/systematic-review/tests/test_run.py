"""A run goes from exports to figures, goes on where it stopped, and changes nothing the second time."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from systematic_review import deduplication, importing, keyword_map, pipeline, records
from systematic_review.__main__ import main
from systematic_review.errors import ReviewError

SAMPLES = Path(__file__).parent / "samples" / "exports"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = shutil.copytree(SAMPLES, tmp_path_factory.mktemp("run") / "review")
    pipeline.run_review(folder)
    return folder


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    """Return a copy of a finished run that a test may spoil."""
    return shutil.copytree(finished, tmp_path / "review")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "results").iterdir())}


def steps(folder: Path) -> dict[str, bool]:
    """Run again; return which steps were done before."""
    done: dict[str, bool] = {}
    pipeline.run_review(folder, report=lambda place, total, name, before: done.update({name: before}))
    return done


def test_a_run_gives_every_figure_and_says_from_what(finished: Path) -> None:
    results = contents(finished)
    for name in ("records.csv", "works.csv", "flow.csv", "trend.csv", "keywords-map.txt", "keywords.graphml"):
        assert results[name], name
    assert "of the records screened await a decision." in results["flow.en.svg"].decode()
    for name in ("flow.en.svg", "flow.id.svg", "trend.en.svg", "keywords.en.svg", "keywords-by-year.id.svg"):
        assert results[name].startswith(b"<svg"), name
        assert b"currentColor" not in results[name]
    manifest = json.loads(results["manifest.json"])
    exports = {path.relative_to(SAMPLES).as_posix() for path in importing.list_exports(SAMPLES)}
    assert set(manifest["inputs"]) == exports | {"protocol.yml"}
    assert {"splink", "pandas", "rispy", "python"} <= set(manifest["environment"])
    counts = manifest["counts"]
    assert counts["identified"] == 18
    assert counts["identified"] - counts["duplicates_removed"] == counts["screened"] == counts["undecided"]
    assert [name for name in results if name.endswith(".part")] == []


def test_a_second_run_changes_no_byte_and_does_nothing(folder: Path) -> None:
    before = contents(folder)
    times = {path: path.stat().st_mtime_ns for path in (folder / "results").iterdir()}
    assert all(steps(folder).values())
    assert contents(folder) == before
    assert {path: path.stat().st_mtime_ns for path in (folder / "results").iterdir()} == times


def test_a_run_elsewhere_gives_the_same_results(finished: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(SAMPLES, tmp_path / "other")
    pipeline.run_review(folder, tmp_path / "elsewhere")
    assert not (folder / "results").exists()
    again = {path.name: path.read_bytes() for path in (tmp_path / "elsewhere").iterdir()}
    assert again == contents(finished)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (importing, "read_rows"),
        (deduplication, "merge_records"),
        (records, "append_rows"),
        (keyword_map, "draw_map"),
    ],
)
def test_a_run_that_breaks_off_is_finished_by_the_next(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: object, name: str
) -> None:
    folder = shutil.copytree(SAMPLES, tmp_path / "review")
    whole = getattr(module, name)
    calls = 0

    def broken(*arguments: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if calls == {"append_rows": 5, "draw_map": 2}.get(name, 1):
            raise KeyboardInterrupt
        return whole(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(module, name, broken)
        with pytest.raises(KeyboardInterrupt):
            pipeline.run_review(folder)
    left = contents(folder)
    assert [name for name in left if name.endswith((".part", ".graphml.graphml"))] == []
    for name_left, content in left.items():
        if name_left != "manifest.json":
            assert content == contents(finished)[name_left], f"{name_left} is not whole"
    pipeline.run_review(folder)
    assert contents(folder) == contents(finished)


def test_a_process_that_is_killed_leaves_nothing_half(finished: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(SAMPLES, tmp_path / "review")
    code = (
        "import os, sys; from pathlib import Path; from systematic_review import pipeline, deduplication\n"
        "deduplication.merge_records = lambda *found: os._exit(9)\n"
        "pipeline.run_review(Path(sys.argv[1]))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(folder)]).returncode == 9
    assert set(steps(folder).items()) >= {("import", True), ("find duplicates", True), ("merge", False)}
    assert contents(folder) == contents(finished)


def test_what_was_spoiled_or_lost_is_made_anew(folder: Path) -> None:
    before = contents(folder)
    (folder / "results" / "works.csv").write_text("spoiled", encoding="utf-8")
    (folder / "results" / "flow.en.svg").unlink()
    (folder / "results" / "manifest.json").write_text("{", encoding="utf-8")
    pipeline.run_review(folder)
    assert contents(folder) == before


def test_only_what_follows_from_a_change_is_done_again(folder: Path) -> None:
    work = records.read_table(folder / "results" / "works.csv")["id"][0]
    (folder / "decisions").mkdir()
    for reviewer in ("ann", "ben"):
        (folder / "decisions" / f"screening_{reviewer}.csv").write_text(
            f"record,reviewer,decision,reason\n{work},{reviewer},exclude,topic\n", encoding="utf-8"
        )
    done = steps(folder)
    assert [name for name, before in done.items() if not before] == ["screen", "flow", "trend and map"]
    counts = json.loads((folder / "results" / "manifest.json").read_text(encoding="utf-8"))["counts"]
    assert counts["excluded"] == 1
    assert records.read_cells(folder / "results" / "flow-exclusions.csv")["reason"].tolist() == ["topic"]


def test_a_person_s_word_on_duplicates_counts(folder: Path) -> None:
    counts = pipeline.run_review(folder)
    pairs = records.read_cells(folder / "results" / "pairs.csv")
    best = pairs.iloc[0]
    (folder / "decisions").mkdir()
    (folder / "decisions" / "duplicates.csv").write_text(
        f"record_a,record_b,decision\n{best['record_a']},{best['record_b']},different\n", encoding="utf-8"
    )
    assert pipeline.run_review(folder)["duplicates_removed"] == counts["duplicates_removed"] - 1


def test_a_new_export_is_taken_in_and_decisions_stay(folder: Path) -> None:
    before = records.read_table(folder / "results" / "records.csv")
    (folder / "scopus.ris").write_text("TY  - JOUR\nTI  - A new record\nER  - \n", encoding="utf-8")
    assert pipeline.run_review(folder)["identified"] == len(before) + 1
    assert set(before["id"]) < set(records.read_table(folder / "results" / "records.csv")["id"])


def decide(folder: Path, text: str, name: str = "screening.csv") -> None:
    (folder / "decisions").mkdir(exist_ok=True)
    (folder / "decisions" / name).write_text(f"record,reviewer,decision,reason\n{text}\n", encoding="utf-8")


def test_a_search_that_is_repeated_loses_no_decision_and_tells_what_changed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    works = records.read_table(folder / "results" / "works.csv")
    decide(folder, "\n".join(f"{work},{who},include," for work in works["id"] for who in ("Ann", "Ben")))
    assert pipeline.run_review(folder)["included"] == len(works)
    export = folder / "google_scholar.csv"
    lines = export.read_text(encoding="utf-8").splitlines()
    again = [lines[0], *(line.replace('"20', '"19').replace("2024-", "2025-") for line in reversed(lines[2:]))]
    lost = lines[1]
    export.write_text(
        "\n".join([*again, lost.replace("digital", "wooden").replace("Digital", "Wooden")]), encoding="utf-8"
    )
    assert main(["run", str(folder)]) == 0
    told = capsys.readouterr()
    assert "since the run before: 1 records new, 1 vanished" in told.out
    changed = records.read_cells(folder / "results" / "changes.csv")
    assert changed["change"].tolist() == ["new", "vanished"]
    counts = json.loads((folder / "results" / "manifest.json").read_text(encoding="utf-8"))["counts"]
    # The work that the record vanished from is in other sources too, or its decisions are listed.
    orphans = records.read_cells(folder / "results" / "orphaned-decisions.csv")
    assert counts["included"] + len(orphans) // 2 == len(works)
    assert pipeline.run_review(folder) == counts
    assert records.read_cells(folder / "results" / "changes.csv")["change"].tolist() == ["new", "vanished"]


def test_decisions_that_no_longer_fit_are_counted_and_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work = records.read_table(folder / "results" / "works.csv")["id"][0]
    decide(folder, f"sage-0123456789,Ann,include,\nsage-0123456788,Ann,include,\n{work},Ann,include,")
    assert main(["run", str(folder)]) == 0
    told = capsys.readouterr()
    assert told.err.startswith("2 decisions no longer fit and do not count: ")
    assert "1 work waits for another reviewer" in told.out
    assert records.read_cells(folder / "results" / "orphaned-decisions.csv")["record"].tolist() == [
        "sage-0123456789",
        "sage-0123456788",
    ]


def test_a_review_that_is_brought_up_to_date_draws_the_flow_of_one(folder: Path) -> None:
    works = records.read_table(folder / "results" / "works.csv")["id"]
    decide(folder, "\n".join(f"{works[place]},{who},include," for place in (0, 1) for who in ("Ann", "Ben")))
    assert main(["update", str(folder)]) == 0
    new = "TY  - JOUR\nTI  - {}\nAU  - Moreau, L\nPY  - 2025\nER  - \n"
    (folder / "scopus.ris").write_text(new.format("Kerbs anew") + new.format("Lamps anew"), encoding="utf-8")
    counts = pipeline.run_review(folder)
    assert (counts["identified"], counts["screened"], counts["included"]) == (2, 2, 0)
    found = records.read_table(folder / "results" / "records.csv")
    fresh = found.loc[found["source"] == "scopus", "id"]
    decide(folder, f"{fresh.iloc[0]},Ann,include,\n{fresh.iloc[0]},Ben,include,", "screening_new.csv")
    assert pipeline.run_review(folder)["included"] == 1
    drawn = (folder / "results" / "flow.en.svg").read_text(encoding="utf-8")
    assert "With 2 studies of the previous version, the review includes 3." in drawn
    assert "previous version" in drawn
    assert main(["update", str(folder)]) == 0
    assert len(records.read_cells(folder / "earlier" / "studies.csv")) == 3


def test_works_go_to_each_tool_and_decisions_come_back(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "protocol.yml").write_text("stages: {title_abstract: {reviewers: 1}, full_text: {}}\n", encoding="utf-8")
    for tool in ("covidence", "rayyan", "asreview", "zotero"):
        assert main(["export", str(folder), "--to", tool]) == 0
    works = records.read_table(folder / "results" / "works.csv")
    assert f"{len(works)} works written for zotero" in capsys.readouterr().out

    # Rayyan gives every record back, with decisions in its notes and in its own order of columns.
    sent = records.read_cells(folder / "results" / "export" / "rayyan.csv")
    sent["notes"] += ' | RAYYAN-INCLUSION: {"Ann"=>"Included"}'
    back = folder.parent / "articles.csv"
    sent[["key", "title", "year", "authors", "doi", "notes"]].to_csv(back, index=False)
    assert main(["import", str(folder), str(back), "--from", "rayyan"]) == 0
    assert f"{len(works)} decisions taken in from rayyan" in capsys.readouterr().out
    assert pipeline.run_review(folder)["sought"] == len(works)
    assert main(["export", str(folder), "--to", "asreview", "--stage", "full_text"]) == 0

    # ASReview's labels of one person, of full texts; one record is not of this review.
    labelled = records.read_cells(folder / "results" / "export" / "asreview.csv").assign(asreview_label="0")
    stray = labelled.iloc[[0]].assign(review_id="", title="A stranger", doi="")
    pd.concat([labelled, stray]).to_csv(folder.parent / "dataset.csv", index=False)
    for person in ("Ann", "Ben"):
        arguments = ["--from", "asreview", "--reviewer", person, "--stage", "full_text"]
        assert main(["import", str(folder), str(folder.parent / "dataset.csv"), *arguments]) == 0
        assert "1 rows are of no work of this review" in capsys.readouterr().err
    assert pipeline.run_review(folder)["excluded_full_text"] == len(works)
    assert main(["import", str(folder), str(folder.parent / "dataset.csv"), "--from", "asreview"]) == 1
    assert "--reviewer NAME is missing" in capsys.readouterr().err


def test_covidence_s_lists_settle_both_stages(folder: Path) -> None:
    works = records.read_table(folder / "results" / "works.csv")
    listed = pd.DataFrame({"Title": works["title"], "Accession Number": works["id"], "Notes": ""})
    (folder / "protocol.yml").unlink()
    cut = {
        "irrelevant": listed[:2],
        "excluded": listed[2:3].assign(Notes="Exclusion reason: far away;"),
        "included": listed[3:5],
    }
    for name, part in cut.items():
        path = folder.parent / f"review_7_{name}_csv_20261124.csv"
        part.to_csv(path, index=False)
        assert main(["import", str(folder), str(path), "--from", "covidence"]) == 0
    counts = pipeline.run_review(folder)
    assert (counts["excluded"], counts["excluded_full_text"], counts["included"]) == (2, 1, 2)
    drawn = (folder / "results" / "flow.en.svg").read_text(encoding="utf-8")
    assert '>far away </tspan><tspan class="flow-count" font-weight="bold" data-count="far away">(n = 1)<' in drawn


def test_the_protocol_to_begin_with_is_written_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "review")]) == 0
    assert main(["init", str(tmp_path / "review")]) == 1
    assert "found a protocol already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "decisions/duplicates.csv",
            "record_a,record_b,decision\nx,y,alike\n",
            r"row 2, column decision: found 'alike'",
        ),
        ("decisions/screening.csv", "record,reviewer\n", r"row 1, column decision: found record, reviewer"),
        (
            "decisions/Screening_A.csv",
            "",
            r"Screening_A\.csv: found .*, expected duplicates\.csv, removed\.csv, screening\*\.csv",
        ),
        (
            "decisions/resolution.csv",
            "",
            r"resolution\.csv: found .*, expected .*resolutions\*\.csv, studies\.csv, thesaurus\.csv",
        ),
        ("decisions/screening_a.xlsx", "", r"screening_a\.xlsx: cannot be read as a spreadsheet"),
        ("decisions/thesaurus.csv", "a\n", r"row 1, column label: found a, expected a column label"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, message: str
) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    assert main(["run", str(folder)]) == 1
    error = capsys.readouterr().err
    assert re.search(message, error)
    assert len(error.splitlines()) == 1


def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_done(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (folder / "wos.csv").write_text("Title,Colour\nOne,grey\n", encoding="utf-8")
    assert main(["run", str(folder)]) == 3
    told = capsys.readouterr()
    assert "identified 19; rejected 1" in told.out
    assert "wos.csv: columns not used: Colour" in told.out
    assert told.err == "broken.csv: not read: found columns a, b, expected one with the records' titles\n"
    assert (folder / "results" / "flow.en.svg").exists()


def test_the_command_says_what_it_does_and_what_came_of_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1/7 import (done before)"
    assert any(line.startswith("identified 18; rejected 0; duplicates removed ") for line in lines)


def test_an_interruption_is_told_in_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(deduplication, "find_pairs", interrupted)
    (folder / "results" / "pairs.csv").unlink()
    assert main(["run", str(folder)]) == 130
    error = capsys.readouterr().err
    assert error.startswith("interrupted: what was done is kept")
    assert len(error.splitlines()) == 1


def test_an_interruption_while_libraries_load_is_told_in_one_line(tmp_path: Path) -> None:
    code = (
        "import sys; from systematic_review.__main__ import main\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'pandas': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "sys.exit(main(['run', sys.argv[1]]))"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (130, "interrupted\n")


def test_notes_and_hidden_files_beside_decisions_are_left_alone(folder: Path) -> None:
    (folder / "decisions").mkdir()
    for name in ("README.md", ".screening.csv"):
        (folder / "decisions" / name).write_text("a note", encoding="utf-8")
    (folder / "decisions" / "thesaurus.csv").write_text("label,replace by\na,b\n", encoding="utf-8")
    pipeline.run_review(folder)
    inputs = json.loads((folder / "results" / "manifest.json").read_text(encoding="utf-8"))["inputs"]
    assert [name for name in inputs if name.startswith("decisions")] == ["decisions/thesaurus.csv"]


def test_what_a_killed_process_had_begun_is_removed(folder: Path) -> None:
    (folder / "results" / "tmpabc123.systematic-review.part").write_text("half", encoding="utf-8")
    pipeline.run_review(folder)
    assert not (folder / "results" / "tmpabc123.systematic-review.part").exists()


def test_a_run_that_fails_leaves_no_results_of_another(folder: Path) -> None:
    before = contents(folder)
    (folder / "decisions").mkdir()
    sheet = folder / "decisions" / "screening.csv"
    sheet.write_text("record,reviewer,decision,reason\nnowhere,Ann,perhaps,\n", encoding="utf-8")
    with pytest.raises(ReviewError, match="found 'perhaps'"):
        pipeline.run_review(folder)
    left = contents(folder)
    assert "works.csv" in left
    assert {"screened.csv", "flow.csv", "flow.en.svg", "trend.csv", "keywords.en.svg"}.isdisjoint(left)
    assert set(json.loads(left["manifest.json"])) == {"begun", "steps"}
    sheet.unlink()
    pipeline.run_review(folder)
    assert contents(folder) == before


@pytest.mark.parametrize("manifest", [b"[]", b"null", b'{"steps":null}', b'{"steps":{"import":[]}}', b"\xff\xfe\xfa"])
def test_a_manifest_that_is_not_whole_counts_as_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch, manifest: bytes
) -> None:
    (folder / "results" / "manifest.json").write_bytes(manifest)
    monkeypatch.setattr(pipeline, "_make_steps", lambda *arguments: [])
    monkeypatch.setattr(pipeline, "_read_counts", lambda output: {})
    pipeline.run_review(folder)
    assert json.loads((folder / "results" / "manifest.json").read_text(encoding="utf-8"))["steps"] == {}


def test_results_do_not_lie_among_the_exports(folder: Path) -> None:
    with pytest.raises(ReviewError, match="among the exports"):
        pipeline.run_review(folder, folder / "covidence")
