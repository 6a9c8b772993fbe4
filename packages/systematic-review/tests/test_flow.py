"""The flow is counted from records and decisions, adds up, and is drawn."""

import re
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from systematic_review import deduplication, flow, flow_layout, protocol, records, screening
from systematic_review.errors import ReviewError

PROTOCOL = protocol.read_protocol(Path(__file__).parent / "samples" / "exports")
SCRIPT = "<script>alert('x')</script>"


def stages(*counts: int) -> pd.DataFrame:
    return pd.DataFrame({"stage": ["identified", "duplicates_removed", "excluded", "included"], "records": counts})


def sources(**counts: int) -> pd.DataFrame:
    return pd.DataFrame({"source": list(counts), "records": list(counts.values())})


def reasons(**counts: int) -> pd.DataFrame:
    return pd.DataFrame({"reason": list(counts), "records": list(counts.values())})


REVIEW = st.lists(
    st.tuples(
        st.sampled_from(["pubmed", "sage", "google_scholar"]),
        st.integers(0, 6),
        st.sampled_from([("include", ""), ("exclude", "topic"), ("exclude", "access"), ("", "")]),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(rows=REVIEW)
def test_every_identity_holds_whatever_was_found_and_decided(rows: list) -> None:
    found = records.typed_table({"id": str(place), "source": source} for place, (source, _, _) in enumerate(rows))
    firsts: dict[int, str] = {}
    works_of = [firsts.setdefault(work, str(place)) for place, (_, work, _) in enumerate(rows)]
    works = deduplication.merge_records(found, pd.Series(works_of, index=found["id"]))
    said = {work: decision for (_, _, decision), work in zip(rows, works_of, strict=True)}
    settled = pd.DataFrame([(work, *said[work]) for work in works["id"]], columns=screening.RESOLUTIONS)
    tables = (
        flow.count_stages(found, works, settled),
        flow.count_sources(found, PROTOCOL),
        flow.count_exclusions(settled),
    )
    flow.check_flow(*tables)
    counted = flow.flow_from_stages(tables[0])
    assert counted.identified == len(rows)
    assert counted.records_screened == len({work for _, work, _ in rows})
    assert counted.records_pending == sum(decision == "" for decision, _ in said.values())
    by = flow.count_by_source(works, settled, PROTOCOL)
    assert by["works"].sum() >= counted.records_screened
    assert by["only_here"].sum() <= counted.records_screened


@pytest.mark.parametrize(
    ("counts", "by", "why", "message"),
    [
        ((10, 2, 3, 5), {"A": 9}, {"topic": 3}, "stage identified: found 10, expected the sum of the sources, 9"),
        ((10, 2, 3, 5), {"A": 10}, {"topic": 2}, "stage excluded: found 3, expected the sum of the reasons, 2"),
        ((10, 2, 4, 5), {"A": 10}, {"topic": 4}, "stage screened: found 8, expected at least excluded and included"),
        ((10, 2, -1, 5), {"A": 10}, {"topic": -1}, "negative"),
    ],
)
def test_a_flow_that_does_not_add_up_is_told(counts: tuple, by: dict, why: dict, message: str) -> None:
    with pytest.raises(ReviewError, match=message):
        flow.check_flow(stages(*counts), sources(**by), reasons(**why))
    flow.check_flow(stages(10, 2, 3, 5), sources(A=10), reasons(topic=3))


def test_reasons_are_drawn_under_the_records_excluded() -> None:
    plain = flow.draw_diagram(stages(10, 2, 3, 5), sources(A=10), reasons())
    drawn = flow.draw_diagram(stages(10, 2, 3, 5), sources(A=10), reasons(topic=2, publication_years=1), "en", PROTOCOL)
    text = " ".join(BeautifulSoup(drawn.svg, "html.parser").get_text(" ").split())
    assert "Topic (n = 2)" in text
    assert "Years of publication (n = 1)" in text
    assert height(drawn.svg) > height(plain.svg)
    assert "Topic | 2" in drawn.as_text


def height(html: str) -> int:
    return int(re.search(r'viewBox="0 0 480 (\d+)"', html)[1])


def test_boxes_of_the_flow_do_not_touch() -> None:
    drawn = flow.draw_diagram(stages(20, 2, 12, 6), sources(A=10, B=10), reasons(topic=5, access=4, study_design=3))
    boxes = [
        {name: float(box[name]) for name in ("x", "y", "width", "height")}
        for box in BeautifulSoup(drawn.svg, "html.parser").find_all("rect", class_="flow-box")
    ]
    assert len(boxes) == 5
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 :]:
            apart_x = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
            apart_y = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
            assert apart_x or apart_y
        assert one["y"] + one["height"] <= height(drawn.svg)


def test_what_waits_for_a_decision_is_said() -> None:
    waiting = flow.draw_diagram(stages(10, 2, 3, 4), sources(A=10), reasons(topic=3))
    assert "1 of the records screened awaits a decision." in waiting.as_text
    settled = flow.draw_diagram(stages(10, 2, 3, 5), sources(A=10), reasons(topic=3))
    assert "await" not in settled.as_text


@pytest.mark.parametrize("language", ["en", "id"])
def test_what_waits_stands_in_the_picture_too(language: str) -> None:
    drawn = flow.draw_diagram(stages(12_000, 2, 3, 4), sources(A=12_000), reasons(topic=3), language)
    picture = BeautifulSoup(drawn.svg, "html.parser").svg
    lines = picture.find_all("text", class_="flow-below")
    said = " ".join(line.get_text() for line in lines)
    assert ("await a decision" if language == "en" else "menunggu keputusan") in said
    assert said in picture.desc.get_text()
    lowest = max(float(box["y"]) + float(box["height"]) for box in picture.find_all("rect", class_="flow-box"))
    assert lowest + 13 <= float(lines[0]["y"])
    assert float(lines[-1]["y"]) < height(drawn.svg)
    settled = flow.draw_diagram(stages(10, 2, 3, 5), sources(A=10), reasons(topic=3), language).svg
    assert "flow-below" not in settled


def test_a_remark_stands_first_below_the_boxes_and_in_the_words() -> None:
    drawn = flow.draw_diagram(stages(10, 2, 3, 4), sources(A=10), reasons(topic=3), remark="Made up, all of it.")
    below = [line.get_text() for line in BeautifulSoup(drawn.svg, "html.parser").find_all("text", class_="flow-below")]
    assert below == ["Made up, all of it.", "1 of the records screened awaits a decision."]
    assert "Made up, all of it." in drawn.description


def test_a_source_has_a_name_in_each_language(tmp_path: Path) -> None:
    (tmp_path / "protocol.yml").write_text(
        "sources:\n  letters: {name: {en: Letters, id: Surat}, kind: other}\n  visits: {name: {}, kind: other}\n",
        encoding="utf-8",
    )
    agreed = protocol.read_protocol(tmp_path)
    found = pd.DataFrame({"source": ["letters", "pubmed", "visits"]})
    assert flow.count_sources(found, agreed)["source"].tolist() == ["Letters", "pubmed", "visits"]
    assert flow.count_sources(found, agreed, "id")["source"].tolist() == ["Surat", "pubmed", "visits"]
    assert agreed.source_name("letters", "fr") == "Letters"


def test_markup_in_a_source_is_shown_as_text() -> None:
    drawn = flow.draw_diagram(stages(1, 0, 0, 1), pd.DataFrame({"source": [SCRIPT], "records": [1]}), reasons())
    page = BeautifulSoup(drawn.svg, "html.parser")
    assert page.find("script") is None
    assert SCRIPT in page.get_text()


def test_the_diagram_is_named_and_described() -> None:
    page = BeautifulSoup(flow.draw_diagram(stages(10, 2, 3, 5), sources(A=10), reasons(topic=3)).svg, "html.parser")
    assert page.svg["role"] == "img"
    described = " ".join(page.find(id=name).get_text() for name in page.svg["aria-labelledby"].split())
    for count in ("10 ", "2 ", "8 ", "3 ", "5 "):
        assert count in described


@pytest.mark.parametrize("language", ["en", "id"])
def test_each_criterion_is_named_where_it_excludes(language: str) -> None:
    excluded = reasons(**dict.fromkeys(PROTOCOL.criteria, 1))
    drawn = flow.draw_diagram(stages(20, 0, len(excluded), 12), sources(A=20), excluded, language, PROTOCOL)
    assert all(f"{names[language]} | 1" in drawn.as_text for names in PROTOCOL.criteria.values())


def test_sources_that_do_not_add_up_to_what_was_identified_are_noted() -> None:
    assert flow.draw_diagram(stages(10, 2, 3, 5), sources(A=7)).note.startswith("The database counts printed")
    assert flow.draw_diagram(stages(10, 2, 3, 5), sources(A=10)).note == ""


FULL = {
    "identified": 40,
    "duplicates_removed": 5,
    "excluded": 10,
    "included": 6,
    "sought": 20,
    "not_retrieved": 2,
    "excluded_full_text": 9,
    "other_identified": 7,
    "other_duplicates": 1,
    "other_not_retrieved": 1,
    "other_excluded": 2,
    "other_included": 3,
    "previous": 12,
    "rejected": 4,
}
KINDS = pd.DataFrame(
    [
        ("A", 30, "database"),
        ("A register of trials with a name that is far too long for its box", 10, "register"),
        ("Websites", 7, "other"),
    ],
    columns=["source", "records", "kind"],
)
WHY = pd.DataFrame(
    [
        ("", 10, "title_abstract", "databases"),
        ("topic", 9, "full_text", "databases"),
        ("access", 2, "full_text", "other"),
    ],
    columns=["reason", "records", "stage", "route"],
)


def full(**changed: int) -> pd.DataFrame:
    counted = FULL | changed
    return pd.DataFrame({"stage": list(counted), "records": list(counted.values())})


def test_both_stages_and_other_methods_are_counted_and_add_up() -> None:
    flow.check_flow(full(), KINDS, WHY)
    counted = flow.flow_from_stages(full())
    assert (counted.records_screened, counted.records_pending, counted.reports_assessed, counted.reports_pending) == (
        35,
        5,
        18,
        3,
    )
    assert (
        counted.other_sought,
        counted.other_reports_assessed,
        counted.other_reports_pending,
        counted.new_studies,
    ) == (6, 5, 0, 9)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sought": 26}, "stage screened: found 35, expected at least excluded and sought, 10 . 26"),
        ({"included": 10}, "stage assessed: found 18, expected at least excluded and included, 9 . 10"),
        ({"other_included": 4}, "other methods: found 5 assessed, expected at least excluded and included, 2 . 4"),
        ({"other_identified": 8}, "expected the sum of the sources, 47"),
    ],
)
def test_full_texts_that_do_not_add_up_are_told(changed: dict, message: str) -> None:
    with pytest.raises(ReviewError, match=message):
        flow.check_flow(full(**changed), KINDS, WHY)


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("without", [(), ("previous",), ("other_identified",), ("previous", "other_identified")])
@pytest.mark.parametrize("drawing", ["svg", "narrow"])
def test_every_text_of_the_flow_fits_its_box_and_no_two_boxes_touch(
    language: str, without: tuple, drawing: str
) -> None:
    counted = full()
    alone = "other_identified" in without
    gone = [stage for stage in counted["stage"] if stage in without or (alone and stage.startswith("other"))]
    kinds = KINDS[KINDS["kind"] != "other"] if alone else KINDS
    drawn = flow.draw_diagram(counted[~counted["stage"].isin(gone)], kinds, WHY, language, PROTOCOL)
    picture = BeautifulSoup(getattr(drawn, drawing), "html.parser").svg
    wide, high = map(int, picture["viewbox"].split()[2:])
    rects = picture.find_all("rect", class_="flow-box")
    places = []
    for rect, words_in in zip(rects, [rect.find_next("text") for rect in rects], strict=True):
        x, y, width, height_of = (float(rect[name]) for name in ("x", "y", "width", "height"))
        lines: list[float] = []
        for part in words_in.find_all("tspan"):  # a count in bold stands behind the words of its line
            wide_part = flow_layout.text_width(part.get_text(), bold=part.get("class") is not None)
            if part.get("x") is None:
                lines[-1] += wide_part
            else:
                lines.append(float(part["x"]) - x - 10 + wide_part)
        assert all(line <= width - 20 for line in lines)
        assert float(words_in["y"]) + flow_layout.LINE * (len(lines) - 1) < y + height_of
        assert x + width <= wide
        assert y + height_of <= high
        places.append((x, y, x + width, y + height_of))
    for place, one in enumerate(places):
        for other in places[place + 1 :]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    for phase in picture.find_all("rect", class_="flow-phase"):
        assert flow_layout.text_width(phase.find_next("text").get_text()) < float(phase["height"])
    assert "Topic" in drawn.as_text or "Topik" in drawn.as_text
    assert drawing == "svg" or wide == 320  # as a phone has it, with no word smaller than elsewhere
