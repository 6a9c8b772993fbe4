"""Rules propose, two reviewers decide, and files go to the screening tools and back."""

import re
from pathlib import Path

import pandas as pd
import pytest
import rispy
from hypothesis import given, settings
from hypothesis import strategies as st

from systematic_review import deduplication, importing, protocol, records, screening, screening_tools
from systematic_review.errors import ReviewError

PROTOCOL = protocol.read_protocol(Path(__file__).parent / "samples" / "exports")
CRITERIA = list(PROTOCOL.criteria)


def works(*rows: dict) -> pd.DataFrame:
    frame = records.typed_table(rows).drop(columns=["file", "position", "raw", "source"])
    return frame.assign(sources=[row.get("sources", "pubmed") for row in rows], records=frame["id"])


FEW = works(*({"id": name, "title": f"Title {name}", "year": 2020, "authors": "One, A; Two, B"} for name in "abcd"))


def decisions(text: str) -> pd.DataFrame:
    rows = [[*cells, ""][:4] for cells in (line.split() for line in text.strip().splitlines())]
    return pd.DataFrame(rows, columns=screening.DECISIONS, dtype="str")


def proposals(**work: object) -> dict[str, str]:
    return (
        screening.propose_criteria(works({"id": "x", **work}), PROTOCOL.rules)
        .set_index("criterion")["proposal"]
        .to_dict()
    )


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("criteria: [a]", "criteria: found"),
        ("criterion: {}", "found criterion, expected criteria, languages, sources, stages"),
        ("criteria: {a: {rule: {between: 1}}}", "criteria, a, rule: found between, expected first and last"),
        ("criteria: {a: b", "expected YAML"),
    ],
)
def test_a_protocol_that_cannot_be_used_is_told_in_one_line(tmp_path: Path, written: str, message: str) -> None:
    (tmp_path / "protocol.yml").write_text(written, encoding="utf-8")
    with pytest.raises(ReviewError, match=message) as told:
        protocol.read_protocol(tmp_path)
    assert len(str(told.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("year", "proposal"), [(2013, "fails"), (2014, "meets"), (2024, "meets"), (2025, "fails"), (None, "unknown")]
)
def test_years_are_proposed_by_the_window(year: int | None, proposal: str) -> None:
    assert proposals(year=year)["publication_years"] == proposal


@pytest.mark.parametrize(
    ("title", "abstract", "proposal"),
    [
        ("Smart-city policies in Ireland", "", "meets"),
        ("Kebijakan kota cerdas di Finland", "", "meets"),
        ("Smart cities", "The governance of cities in Southeast Asia.", "meets"),
        ("Smart cities in Spain", "A study of governance.", "fails"),
        ("Smart cities in Spain", "", "unknown"),
    ],
)
def test_topics_are_proposed_in_both_languages(title: str, abstract: str, proposal: str) -> None:
    assert proposals(title=title, abstract=abstract)["topic"] == proposal


def test_a_rule_never_decides() -> None:
    settled = screening.settle_works(FEW, decisions(""), no_resolutions(), PROTOCOL)
    assert settled["decision"].tolist() == [""] * len(FEW)
    assert set(screening.propose_criteria(FEW, PROTOCOL.rules)["proposal"]) <= {"meets", "fails", "unknown"}


def no_resolutions() -> pd.DataFrame:
    return pd.DataFrame(columns=screening.RESOLUTIONS, dtype="str")


def test_kappa_is_that_of_a_textbook_table() -> None:
    """Both include 20, both exclude 15, Ann alone includes 5, Ben alone includes 10."""
    answers = [("include", "include")] * 20 + [("include", "exclude")] * 5
    answers += [("exclude", "include")] * 10 + [("exclude", "exclude")] * 15
    rows = [
        (str(place), reviewer, decision, "topic" if decision == "exclude" else "")
        for place, pair in enumerate(answers)
        for reviewer, decision in zip(("Ann", "Ben"), pair, strict=True)
    ]
    found = screening.measure_agreement(pd.DataFrame(rows, columns=screening.DECISIONS)).set_index("criterion")
    row = found.loc["decision"]
    # Observed 35 of 50; by chance 0.5 * 0.6 + 0.5 * 0.4 = 0.5.
    assert (row["records"], row["agreed"], row["percent"]) == (50, 35, 70)
    assert row["kappa"] == pytest.approx(0.4)
    # Cells 0.4, 0.1, 0.2, 0.3; rows 0.5, 0.5; columns 0.6, 0.4:
    # same = 0.4 (1 - 1.1 * 0.6)^2 + 0.3 (1 - 0.9 * 0.6)^2, apart = 0.6^2 (0.1 * 1.1^2 + 0.2 * 0.9^2),
    # and the variance is (same + apart - (0.4 - 0.5 * 0.6)^2) / (50 * 0.5^2).
    variance = (0.4 * 0.34**2 + 0.3 * 0.46**2 + 0.36 * (0.1 * 1.1**2 + 0.2 * 0.9**2) - 0.01) / 12.5
    assert row["low"] == pytest.approx(0.4 - 1.959964 * variance**0.5)
    assert row["high"] == pytest.approx(0.4 + 1.959964 * variance**0.5)
    assert found.loc["topic", "kappa"] == pytest.approx(0.4)


def test_kappa_says_nothing_where_all_answers_are_one() -> None:
    found = screening.measure_agreement(decisions("a Ann include\na Ben include\nb Ann include\nb Ben include"))
    assert found.loc[0, "percent"] == 100
    assert pd.isna(found.loc[0, "kappa"])


def test_kappa_of_reviewers_who_never_agree_is_none_beyond_chance() -> None:
    found = screening.measure_agreement(
        decisions("a Ann include\na Ben exclude topic\nb Ann include\nb Ben exclude topic")
    )
    assert found.loc[0, "percent"] == 0
    assert found.loc[0, ["kappa", "low", "high"]].tolist() == [0, 0, 0]


def test_records_that_one_reviewer_saw_do_not_count_for_agreement() -> None:
    found = screening.measure_agreement(decisions("a Ann include\na Ben exclude topic\nb Ann include\nc Ben include"))
    assert found["records"].tolist() == [1, 1]


def test_one_reviewer_agrees_with_nobody() -> None:
    assert screening.measure_agreement(decisions("a Ann include")).empty


def test_conflicts_are_listed_and_resolutions_settle_them() -> None:
    said = decisions(
        """
        a Ann include
        a Ben include
        b Ben exclude topic
        b Ann include
        c Ann exclude topic
        c Ben exclude access
        d Ann include
        """
    )
    assert screening.find_conflicts(said).to_numpy().tolist() == [
        ["b", "screening", "Ann: include; Ben: exclude (topic)"]
    ]
    settled = screening.settle_works(FEW, said, no_resolutions(), PROTOCOL)[screening.RESOLUTIONS]
    # The reason that stands first in Table 2 counts: access before topic.
    assert settled.to_numpy().tolist() == [
        ["a", "include", ""],
        ["b", "", ""],
        ["c", "exclude", "access"],
        ["d", "", ""],
    ]
    resolved = pd.DataFrame([("b", "exclude", "topic")], columns=screening.RESOLUTIONS)
    assert screening.settle_works(FEW, said, resolved, PROTOCOL)[screening.RESOLUTIONS].to_numpy().tolist()[1] == [
        "b",
        "exclude",
        "topic",
    ]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (",Ann,include,", "row 2, column record: found '', expected a record's id"),
        ("a,Ann,maybe,", "row 2, column decision: found 'maybe', expected include or exclude"),
        ("a,Ann,exclude,", "row 2, column reason: found '', expected one of work_type"),
        ("a,Ann,include,topic", "row 2, column reason: found 'topic', expected no reason to include"),
        (
            "a,Ann,include,\na,Ann,include,",
            "row 3: found a second decision on a by Ann (include), after a by Ann (include) in ",
        ),
        ("a,Ann,include,,x", "row 2: found 5 cells, expected 4"),
        ("a,,include,", "row 2, column reviewer: found '', expected a reviewer's name"),
        (",,,\n\na,Ann,maybe,", "row 4, column decision: found 'maybe'"),
    ],
)
def test_a_decision_that_cannot_be_used_is_told_in_one_line(tmp_path: Path, rows: str, message: str) -> None:
    path = tmp_path / "screening_ann.csv"
    path.write_text(f"record,reviewer,decision,reason\n{rows}\n", encoding="utf-8")
    with pytest.raises(ReviewError, match=re.escape(message)) as error:
        screening.read_decisions(tmp_path, FEW, PROTOCOL)
    assert len(str(error.value).splitlines()) == 1


def test_rows_that_wait_are_no_decisions(tmp_path: Path) -> None:
    path = tmp_path / "screening.csv"
    path.write_text("record,reviewer,decision,reason,title\na,Ann,,,x\nb,Ann,include,,y\n", encoding="utf-8")
    assert screening.read_decisions(tmp_path, FEW, PROTOCOL).decisions["record"].tolist() == ["b"]


def test_decisions_are_read_whatever_their_case_and_blanks(tmp_path: Path) -> None:
    path = tmp_path / "screening.csv"
    path.write_text("record,reviewer,decision,reason\n a ,Ann ,Exclude, topic\nb,Ann,INCLUDE,,\n", encoding="utf-8")
    found = screening.read_decisions(tmp_path, FEW, PROTOCOL).decisions[screening.DECISIONS]
    assert found.to_numpy().tolist() == [["a", "Ann", "exclude", "topic"], ["b", "Ann", "include", ""]]


def test_decisions_on_records_that_are_one_work_count_once_where_they_agree(tmp_path: Path) -> None:
    one = FEW.head(1).assign(records="a; b")
    path = tmp_path / "screening.csv"
    path.write_text("record,reviewer,decision,reason\na,Ann,include,\nb,Ann,include,\n", encoding="utf-8")
    found = screening.read_decisions(tmp_path, one, PROTOCOL)
    assert found.decisions[screening.DECISIONS].to_numpy().tolist() == [["a", "Ann", "include", ""]]
    path.write_text("record,reviewer,decision,reason\na,Ann,include,\nb,Ann,exclude,topic\n", encoding="utf-8")
    torn = screening.read_decisions(tmp_path, one, PROTOCOL)
    assert torn.decisions.empty
    assert torn.orphans[["row", "record", "why"]].to_numpy().tolist() == [
        [2, "a", "contradicts b, which is the same work"],
        [3, "b", "contradicts a, which is the same work"],
    ]


def test_every_row_that_cannot_be_used_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "screening_a.csv").write_text(
        "record,reviewer,decision,reason\na,Ann,maybe,\nb,Ann,exclude,\n", encoding="utf-8"
    )
    with pytest.raises(ReviewError) as told:
        screening.read_decisions(tmp_path, FEW, PROTOCOL)
    assert [line.split(", ")[1] for line in str(told.value).splitlines()] == ["row 2", "row 3"]


def test_decisions_that_no_longer_fit_are_listed_and_stop_nothing(tmp_path: Path) -> None:
    (tmp_path / "screening_a.csv").write_text(
        "record,reviewer,decision,reason\nnowhere,Ann,include,\nb,Ann,include,\n", encoding="utf-8"
    )
    found = screening.read_decisions(tmp_path, FEW, PROTOCOL)
    assert found.decisions["record"].tolist() == ["b"]
    assert found.orphans[["file", "row", "record", "why"]].to_numpy().tolist() == [
        ["screening_a.csv", 2, "nowhere", "no such record is there"]
    ]


def test_a_decision_follows_its_work_whatever_the_record_is_called_now(tmp_path: Path) -> None:
    """After the record has gained a DOI, and its file another name."""
    before = {"title": "On kerbs", "authors": "One, A", "year": 2020}
    old = records.identify_record("scopus", before, {})
    now = records.typed_table([{**before, "doi": "10.5555/x", "source": "wos"}, {"title": "On lamps", "source": "wos"}])
    now["id"] = [records.identify_record("wos", row, {}) for row in now.to_dict("records")]
    merged = deduplication.merge_records(now, pd.Series(now["id"].to_numpy(), index=now["id"]))
    (tmp_path / "screening.csv").write_text(f"record,reviewer,decision,reason\n{old},Ann,include,\n", encoding="utf-8")
    found = screening.read_decisions(tmp_path, merged, PROTOCOL)
    assert found.orphans.empty
    assert found.decisions["record"].tolist() == [now["id"][0]]


TEAM = protocol.Protocol(
    criteria={"population": {}, "design": {}},
    kinds={"letters": "other"},
    stages=(
        protocol.Stage("title_abstract", 1, ("population", "design"), reasoned=False),
        protocol.Stage("full_text", 2, ("design", "population")),
    ),
)


def staged(text: str) -> pd.DataFrame:
    rows = [line.split(" ") for line in text.strip().splitlines()]
    return pd.DataFrame(
        [[record, who, said, reason, stage] for stage, record, who, said, reason in ([*row, ""][:5] for row in rows)],
        columns=[*screening.DECISIONS, "stage"],
        dtype="str",
    )


def test_both_stages_decide_with_as_many_reviewers_as_the_protocol_says() -> None:
    many = works(*({"id": name, "sources": "letters" if name == "g" else "pubmed"} for name in "abcdefgh"))
    said = staged(
        """title_abstract a Ann exclude
title_abstract b Ann include
title_abstract c Ann include
title_abstract d Ben include
title_abstract e Cem include
title_abstract f Ann include
full_text b Ann include
full_text b Cem include
full_text c Ann exclude population
full_text c Ben exclude design
full_text d Ann not_retrieved
full_text d Ben not_retrieved
full_text e Ann include
full_text e Ben exclude design
full_text f Ann include
full_text g Ann include"""
    )
    found = screening.settle_works(many, said, no_resolutions(), TEAM).set_index("record")
    assert found[["decision", "reason", "stage", "waits"]].apply("|".join, axis=1).to_dict() == {
        "a": "exclude||title_abstract|",
        "b": "include||full_text|",
        "c": "exclude|design|full_text|",
        "d": "not_retrieved||full_text|",
        "e": "||full_text|a resolution",
        "f": "||full_text|another reviewer",
        "g": "||full_text|another reviewer",
        "h": "||title_abstract|a first reviewer",
    }
    assert found["route"].to_dict()["g"] == screening.OTHER
    assert screening.count_waiting(found) == {
        ("title_abstract", "a first reviewer"): 1,
        ("full_text", "another reviewer"): 2,
        ("full_text", "a resolution"): 1,
    }
    resolved = pd.DataFrame(
        [("e", "exclude", "population", "full_text")], columns=[*screening.RESOLUTIONS, "stage"], dtype="str"
    )
    settled = screening.settle_works(many, said, resolved, TEAM).set_index("record")
    assert settled.loc["e", ["decision", "reason", "waits"]].tolist() == ["exclude", "population", ""]


def test_names_of_files_or_a_column_tell_the_stage(tmp_path: Path) -> None:
    head = "record,reviewer,decision,reason"
    (tmp_path / "screening_ann.csv").write_text(f"{head}\na,Ann,include,\nb,Ann,exclude,\n", encoding="utf-8")
    (tmp_path / "screening_ann_fulltext.csv").write_text(f"{head}\na,Ann,not retrieved,\n", encoding="utf-8")
    (tmp_path / "screening_ben.csv").write_text(f"{head},stage\na,Ben,exclude,x,Full text\n", encoding="utf-8")
    (tmp_path / "resolutions_full_text.csv").write_text("record,decision,reason\na,exclude,x\n", encoding="utf-8")
    found = screening.read_decisions(tmp_path, FEW, protocol.Protocol())
    assert [stage.name for stage in found.stages] == ["title_abstract", "full_text"]
    assert found.decisions[["record", "reviewer", "stage", "decision"]].to_numpy().tolist() == [
        ["a", "Ann", "title_abstract", "include"],
        ["b", "Ann", "title_abstract", "exclude"],
        ["a", "Ann", "full_text", "not_retrieved"],
        ["a", "Ben", "full_text", "exclude"],
    ]
    assert found.resolutions["stage"].tolist() == ["full_text"]


def test_a_stage_that_the_protocol_does_not_have_is_told(tmp_path: Path) -> None:
    (tmp_path / "screening_full_text.csv").write_text(
        "record,reviewer,decision,reason\na,Ann,include,\n", encoding="utf-8"
    )
    one = protocol.Protocol(stages=(protocol.Stage(reviewers=1),))
    with pytest.raises(ReviewError, match="row 2, column stage: found 'full_text', expected screening"):
        screening.read_decisions(tmp_path, FEW, one)


def test_agreement_of_more_than_two_is_krippendorff_s_alpha() -> None:
    """Four reviewers, of whom some decide on each work; the example is worked out by hand.

    Works a to e have answers (1, 1), (1, 0), (0, 0), (0, 0, 0) and one alone, which does not count.
    Nine answers, three of them 1: expected 2 * 3 * 6 = 36; differing pairs: 2 * 1 * 1 / 1 = 2 on b.
    """
    said = staged(
        """title_abstract a Ann exclude
title_abstract a Ben exclude
title_abstract b Ann exclude
title_abstract b Cem include
title_abstract c Dan include
title_abstract c Cem include
title_abstract d Ann include
title_abstract d Ben include
title_abstract d Cem include
title_abstract e Dan exclude
full_text a Ann include
full_text a Ben include"""
    )
    found = screening.measure_agreement(said).set_index(["stage", "criterion"])
    row = found.loc[("title_abstract", "decision")]
    assert (row["reviewers"], row["records"], row["agreed"]) == (4, 4, 3)
    assert row["alpha"] == pytest.approx(1 - 8 * 2 / 36)
    assert pd.isna(row["kappa"])
    assert found.loc[("full_text", "decision"), "reviewers"] == 2


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("stages: {full_text: {}}", "stages: found full_text, expected screening alone, or title_abstract and full"),
        ("stages: {screening: {reviewers: 0}}", "stages, screening, reviewers: found 0, expected a number from 1"),
        ("stages: {screening: {reasons: some}}", "reasons: found 'some', expected optional, required or shown"),
        ("stages: {screening: {criteria: [x]}}", "criteria: found .'x'., expected a list of"),
        ("stages: {screening: {people: 2}}", "found people, expected reviewers, reasons and criteria"),
        ("sources: {a: {kind: shop}}", "sources, a: found .*, expected name and kind"),
    ],
)
def test_a_part_of_a_protocol_that_cannot_be_used_is_told(tmp_path: Path, written: str, message: str) -> None:
    (tmp_path / "protocol.yml").write_text(written, encoding="utf-8")
    with pytest.raises(ReviewError, match=message) as told:
        protocol.read_protocol(tmp_path)
    assert len(str(told.value).splitlines()) == 1


def test_the_protocol_to_begin_with_is_one_that_can_be_used(tmp_path: Path) -> None:
    path = protocol.write_template(tmp_path / "new" / "review")
    found = protocol.read_protocol(path.parent)
    assert [(stage.name, stage.reviewers, stage.reasoned) for stage in found.stages] == [
        ("title_abstract", 2, False),
        ("full_text", 2, True),
    ]
    assert all(set(names) == {"en", "id"} for names in found.criteria.values())
    with pytest.raises(ReviewError, match="found a protocol already"):
        protocol.write_template(path.parent)


DECISION = st.one_of(
    st.tuples(st.just("include"), st.just("")), st.tuples(st.just("exclude"), st.sampled_from(CRITERIA))
)
REVIEWER = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=1, max_size=12)
PROPERTY = settings(max_examples=50, deadline=None, derandomize=True, database=None)


def told(said: list[screening_tools.ImportedDecision]) -> list[list[str]]:
    return [[one.record, one.reviewer, one.decision, one.reason] for one in said]


@PROPERTY
@given(reviewer=REVIEWER, said=st.lists(st.none() | DECISION, min_size=4, max_size=4))
def test_rayyan_brings_back_what_was_taken_there(
    tmp_path_factory: pytest.TempPathFactory, reviewer: str, said: list
) -> None:
    path = tmp_path_factory.mktemp("rayyan") / "articles.csv"
    rows = [[record, reviewer, *one] for record, one in zip("abcd", said, strict=True) if one]
    screening_tools.write_rayyan(FEW, path, pd.DataFrame(rows, columns=screening.DECISIONS, dtype="str"))
    assert told(screening_tools.read_rayyan(path)[0]) == rows


def test_rayyan_s_own_export_is_read(tmp_path: Path) -> None:
    path = tmp_path / "articles.csv"
    note = (
        'record:a | RAYYAN-INCLUSION: {""Ann""=>""Included"", ""Ben""=>""Excluded"", ""Cem""=>""Maybe""} '
        '| RAYYAN-LABELS: x | RAYYAN-EXCLUSION-REASONS: topic,access | USER-NOTES: {""Ann""=>[""see""]}'
    )
    path.write_text(f'key,title,notes\nrayyan-1,Title a,"{note}"\n', encoding="utf-8")
    found, maybes = screening_tools.read_rayyan(path)
    assert maybes == 1
    assert told(found) == [["a", "Ann", "include", ""], ["a", "Ben", "exclude", "topic"]]


@PROPERTY
@given(said=st.lists(st.sampled_from(["", "include", "exclude"]), min_size=4, max_size=4))
def test_asreview_brings_back_what_was_taken_there(tmp_path_factory: pytest.TempPathFactory, said: list) -> None:
    path = tmp_path_factory.mktemp("asreview") / "dataset.csv"
    sent = pd.DataFrame({"record": list("abcd"), "reviewer": "Ann", "decision": said, "reason": ""}, dtype="str")
    screening_tools.write_asreview(FEW, path, sent)
    assert told(screening_tools.read_asreview(path, "Ann")) == sent[sent["decision"] != ""].to_numpy().tolist()


def test_asreview_s_own_labels_are_read(tmp_path: Path) -> None:
    path = tmp_path / "dataset.csv"
    path.write_text(
        "record_id,review_id,title,included,asreview_label,asreview_time\n0,a,x,,1.0,t\n1,b,y,,0.0,t\n2,c,z,1,,\n",
        encoding="utf-8",
    )
    found = screening_tools.read_asreview(path, "Ann")
    assert [(one.record, one.decision) for one in found] == [("a", "include"), ("b", "exclude")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("review_id,title\na,x\n", "expected a column asreview_label"),
        ("review_id,title,included\na,b,yes\n", "found 'yes'"),
    ],
)
def test_labels_that_cannot_be_read_are_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "dataset.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReviewError, match=message):
        screening_tools.read_asreview(path, "Ann")


def test_covidence_gets_ris_and_brings_back_its_lists(tmp_path: Path) -> None:
    screening_tools.write_covidence(FEW, tmp_path / "records.ris")
    sent = rispy.loads((tmp_path / "records.ris").read_text(encoding="utf-8"))
    assert [entry["accession_number"] for entry in sent] == FEW["id"].tolist()
    again = importing.read_folder(tmp_path)
    assert again.rejects.empty
    assert again.records["title"].tolist() == FEW["title"].tolist()
    assert again.records["authors"].tolist() == FEW["authors"].tolist()
    path = tmp_path / "review_1_excluded_csv_20261124.csv"
    path.write_text(
        "Title,Authors,Accession Number,Covidence #,Notes,Tags\n"
        'Title a,,a,#1,"Exclusion reason: topic; Ann (2026-11-24): see",\nTitle b,,b,#2,,\n',
        encoding="utf-8",
    )
    found = [(one.record, one.stage, one.decision, one.reason) for one in screening_tools.read_covidence(path)]
    assert found == [
        ("a", "title_abstract", "include", ""),
        ("a", "full_text", "exclude", "topic"),
        ("b", "title_abstract", "include", ""),
        ("b", "full_text", "exclude", ""),
    ]
    with pytest.raises(ReviewError, match="found no list in the file's name"):
        screening_tools.read_covidence(tmp_path / "records.csv")


def test_covidence_takes_files_of_its_own_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screening_tools, "COVIDENCE_MOST", 3)
    paths = screening_tools.write_for_tool(FEW, "covidence", tmp_path)
    assert [path.name for path in paths] == ["covidence-1.ris", "covidence-2.ris"]
    assert [len(rispy.loads(path.read_text(encoding="utf-8"))) for path in paths] == [3, 1]
    assert [path.name for path in screening_tools.write_for_tool(FEW, "rayyan", tmp_path)] == ["rayyan.csv"]


def test_works_are_found_again_without_our_identifier() -> None:
    many = works(
        {"id": "a", "title": "On kerbs", "year": 2020, "doi": "10.5555/a"},
        {"id": "b", "title": "On lamps", "year": 2019, "authors": "One, A"},
        {"id": "c", "title": "On lamps", "year": 2021, "authors": "Two, B"},
        {"id": "d", "title": "On ferries", "year": 2021, "authors": "Two, B"},
    )
    many["names"] = ["; ".join(records.work_fingerprints(work)) for work in many.to_dict("records")]

    def find(**fields: object) -> str:
        said = screening_tools.ImportedDecision(
            2, "", {"title": "", "authors": "", "year": None, **fields}, "Ann", "include"
        )
        good, lost = screening_tools.match_decisions([said], many)
        assert len(good) + len(lost) == 1
        return good[0].record if good else ""

    assert find(title="Another title", doi="10.5555/a") == "a"
    assert find(title="On lamps.", authors="Two, Bea", year=2021) == "c"
    assert find(title="On lamps", year=2021) == ""  # two works are called so
    assert find(title="ON FERRIES", year=2022) == "d"
    assert find(title="On ferries", year=2010) == ""
    assert find() == ""


def test_reasons_are_told_in_the_protocol_s_words_or_told_as_unknown(tmp_path: Path) -> None:
    said = [
        screening_tools.ImportedDecision(2, "a", {}, "Ann", "exclude", reason)
        for reason in ("Topik", "topic", "wrong country")
    ]
    path = tmp_path / "reasons.csv"
    path.write_text("theirs,reason\nWrong country,topic\n", encoding="utf-8")
    found = screening_tools.map_reasons(said, PROTOCOL, screening_tools.read_reasons(path))
    assert [one.reason for one in found] == ["topic"] * 3
    with pytest.raises(ReviewError, match=r"found 'wrong country', expected criteria of the protocol \(work_type"):
        screening_tools.map_reasons(said, PROTOCOL, {})
    assert [one.reason for one in screening_tools.map_reasons(said, protocol.Protocol(), {})][2] == "wrong country"


def test_no_formula_goes_out(tmp_path: Path) -> None:
    evil = works({"id": "a", "title": "=cmd|'/c calc'!A0", "authors": "@One, A"})
    screening_tools.write_rayyan(evil, tmp_path / "rayyan.csv")
    screening_tools.write_asreview(evil, tmp_path / "asreview.csv")
    for name in ("rayyan.csv", "asreview.csv"):
        cells = pd.read_csv(tmp_path / name, dtype="str", keep_default_na=False).to_numpy().ravel()
        assert not [cell for cell in cells if cell[:1] in set("=+-@")]
