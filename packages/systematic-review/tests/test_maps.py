"""The trend and the map of keywords are as defined, the same every time, and readable elsewhere."""

import csv
from pathlib import Path

import igraph
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from systematic_review import figures, keyword_map, protocol, publication_trend, records, screening, vos_layout
from systematic_review.errors import ReviewError

THESAURUS = Path(__file__).parent / "samples" / "thesaurus.csv"
SCRIPT = "<script>alert('x')</script>"


def works(*keywords: str, years: list | None = None) -> pd.DataFrame:
    frame = records.typed_table(
        {"id": str(place), "keywords": words, "year": year}
        for place, (words, year) in enumerate(zip(keywords, years or [2020] * len(keywords), strict=True))
    )
    return frame.assign(sources="pubmed", records=frame["id"])


def strengths(linked: pd.DataFrame) -> dict:
    return {(row.a, row.b): row.strength for row in linked.itertuples()}


def test_association_strength_is_that_computed_by_hand() -> None:
    """Three works, abc, ab and ad: links ab 2, ac 1, ad 1, bc 1; sums a 4, b 3, c 2, d 1; 2 m = 10."""
    linked = keyword_map.count_links([["a", "b", "c"], ["b", "a"], ["a", "d"]])
    assert linked[["a", "b", "together"]].to_numpy().tolist() == [
        ["a", "b", 2],
        ["a", "c", 1],
        ["a", "d", 1],
        ["b", "c", 1],
    ]
    assert strengths(linked) == {
        ("a", "b"): pytest.approx(10 * 2 / (4 * 3)),
        ("a", "c"): pytest.approx(10 * 1 / (4 * 2)),
        ("a", "d"): pytest.approx(10 * 1 / (4 * 1)),
        ("b", "c"): pytest.approx(10 * 1 / (3 * 2)),
    }


def test_fractional_counting_gives_each_keyword_one_link_a_work() -> None:
    linked = keyword_map.count_links([["a", "b", "c"], ["b", "a"], ["a", "d"]], fractional=True)
    assert dict(zip(zip(linked["a"], linked["b"], strict=True), linked["together"], strict=True)) == {
        ("a", "b"): 1.5,
        ("a", "c"): 0.5,
        ("a", "d"): 1.0,
        ("b", "c"): 0.5,
    }
    # a is in three works with others, b in two, c and d in one each.
    sums = pd.concat([linked.groupby("a")["together"].sum(), linked.groupby("b")["together"].sum()])
    assert sums.groupby(level=0).sum().to_dict() == {"a": 3, "b": 2, "c": 1, "d": 1}


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(documents=st.lists(st.lists(st.sampled_from("abcdef"), unique=True), max_size=8), fractional=st.booleans())
def test_links_by_chance_have_strength_one_in_sum(documents: list, fractional: bool) -> None:
    linked = keyword_map.count_links(documents, fractional=fractional)
    total = pd.concat([linked.set_index("a")["together"], linked.set_index("b")["together"]]).groupby(level=0).sum()
    expected = [total[row.a] * total[row.b] / total.sum() for row in linked.itertuples()]
    assert (linked["strength"] * expected).sum() == pytest.approx(linked["together"].sum())


def test_synonyms_in_both_languages_are_one_keyword() -> None:
    found = keyword_map.work_keywords(
        works("Smart Cities; Kota  cerdas; Kebijakan; Drones"), keyword_map.read_thesaurus(THESAURUS)
    )
    assert found == [["smart city", "policy", "drones"]]


def test_no_synonym_leads_to_another() -> None:
    thesaurus = keyword_map.read_thesaurus(THESAURUS)
    assert [label for label, kept in thesaurus.items() if kept in thesaurus] == []


def test_a_thesaurus_of_vosviewer_is_read(tmp_path: Path) -> None:
    path = tmp_path / "thesaurus.txt"
    path.write_text("label\treplace by\nA\tb\nstudy\t\n", encoding="utf-8")
    assert keyword_map.work_keywords(works("a; Study; c"), keyword_map.read_thesaurus(path)) == [["b", "c"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,other\na,b\n", "row 1, column label: found name, other, expected a column label"),
        ("label,replace by\na,b\nA,c\n", "row 3.*'a' again"),
        ("label,replace by\n,\n\na,b\nA,c\n", "row 5.*'a' again"),
        ("label,replace by\na,b,c\n", "row 2: found 3 cells, expected 2"),
    ],
)
def test_a_thesaurus_that_cannot_be_used_is_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "thesaurus.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReviewError, match=message):
        keyword_map.read_thesaurus(path)


TWO_TOPICS = works(
    *["a; b; c"] * 4,
    *["x; y; z"] * 3,
    "c; x",
    "rare",
    years=[2015, 2016, 2017, 2018, 2020, 2020, 2020, None, 2021],
)


def test_the_map_holds_frequent_keywords_in_their_clusters() -> None:
    items, linked = keyword_map.build_map(TWO_TOPICS, {})
    assert list(items) == keyword_map.VOSVIEWER
    assert items["label"].tolist() == ["c", "a", "b", "x", "y", "z"]
    assert items["weight<Occurrences>"].tolist() == [5, 4, 4, 4, 3, 3]
    clusters = items.groupby("cluster")["label"].agg(sorted).tolist()
    assert clusters == [["a", "b", "c"], ["x", "y", "z"]]
    by_label = items.set_index("label")
    assert by_label.loc["a", "score<Avg. pub. year>"] == 2016.5
    assert by_label.loc["c", "score<Avg. pub. year>"] == 2016.5  # the work without a year does not count
    assert by_label.loc["c", "weight<Links>"] == 3
    assert by_label.loc["c", "weight<Total link strength>"] == 9
    assert set(linked["a"]) | set(linked["b"]) == set(items["label"])


def test_the_same_works_give_the_same_map() -> None:
    first, second = keyword_map.build_map(TWO_TOPICS, {}), keyword_map.build_map(TWO_TOPICS, {})
    for one, other in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(one, other)
    assert figures.draw_figure(keyword_map.draw_map(*first)) == figures.draw_figure(keyword_map.draw_map(*second))


def test_works_without_keywords_give_an_empty_map(tmp_path: Path) -> None:
    items, linked = keyword_map.build_map(works("", ""))
    assert items.empty
    assert linked.empty
    keyword_map.write_map(items, linked, tmp_path)
    assert "0 keywords" in keyword_map.draw_map(items, linked).as_text


def test_the_files_of_a_map_are_read_elsewhere(tmp_path: Path) -> None:
    items, linked = keyword_map.build_map(TWO_TOPICS, {})
    keyword_map.write_map(items, linked, tmp_path)
    with (tmp_path / "keywords-map.txt").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["label"] for row in rows] == items["label"].tolist()
    assert list(rows[0]) == keyword_map.VOSVIEWER
    network = [line.split("\t") for line in (tmp_path / "keywords-network.txt").read_text().splitlines()]
    labels = {row["id"]: row["label"] for row in rows}
    assert {(labels[a], labels[b]): float(weight) for a, b, weight in network} == {
        (row.a, row.b): row.together for row in linked.itertuples()
    }
    graph = igraph.Graph.Read_GraphML(str(tmp_path / "keywords.graphml"))
    assert graph.vs["label"] == items["label"].tolist()
    assert graph.es["strength"] == pytest.approx(linked["strength"].tolist())
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "keyword-links.csv",
        "keywords-map.txt",
        "keywords-network.txt",
        "keywords.csv",
        "keywords.graphml",
    ]


def trend() -> pd.DataFrame:
    found = records.typed_table(
        {"id": str(place), "source": source, "year": year}
        for place, (source, year) in enumerate([("sage", 2020), ("pubmed", 2020), ("sage", 2021), ("sage", None)])
    )
    merged = found.assign(sources=["pubmed; sage", "", "sage", "sage"], records="").drop(index=1)
    settled = pd.DataFrame(
        [("0", "include", ""), ("2", "exclude", "topic"), ("3", "", "")], columns=screening.RESOLUTIONS
    )
    return publication_trend.count_publications(found, merged, settled)


def test_the_trend_counts_records_and_works_by_source() -> None:
    rows = {(row.stage, row.source, row.year): row.publications for row in trend().itertuples()}
    assert rows == {
        ("identified", "", 2020): 2,
        ("identified", "", 2021): 1,
        ("identified", "pubmed", 2020): 1,
        ("identified", "sage", 2020): 1,
        ("identified", "sage", 2021): 1,
        ("screened", "", 2020): 1,
        ("screened", "", 2021): 1,
        ("screened", "pubmed", 2020): 1,
        ("screened", "sage", 2020): 1,
        ("screened", "sage", 2021): 1,
        ("included", "", 2020): 1,
        ("included", "pubmed", 2020): 1,
        ("included", "sage", 2020): 1,
    }


def test_the_trend_is_said_in_words_and_as_a_table() -> None:
    chart = publication_trend.draw_trend(trend())
    assert "Records identified: 3 from 2020 to 2021, most in 2020 (2)" in chart.description
    assert ["2020", "Works included", 1] in chart.table.to_numpy().tolist()
    assert list(publication_trend.count_by_year_and_source(trend(), protocol.Protocol({"pubmed": "PubMed"}))) == [
        "Year",
        "PubMed",
        "sage",
    ]


def test_keywords_with_markup_are_shown_as_text(tmp_path: Path) -> None:
    evil = works(f"{SCRIPT}; b", f"{SCRIPT}; b")
    items, linked = keyword_map.build_map(evil, {})
    page = BeautifulSoup(figures.draw_figure(keyword_map.draw_map(items, linked)), "html.parser")
    assert page.find("script") is None
    assert SCRIPT in page.get_text()
    keyword_map.write_map(items, linked, tmp_path)
    assert "<script>" not in (tmp_path / "keywords.graphml").read_text(encoding="utf-8")


def test_a_chart_shows_the_most_frequent_keywords_of_many() -> None:
    many = works(*["; ".join(f"word {place}" for place in range(130))] * 2, "word 7; word 9", "word 9")
    items, linked = keyword_map.build_map(many, {})
    assert len(items) == 130
    first = keyword_map.draw_map(items, linked).table["Keyword"].tolist()
    assert len(first) == 100
    assert first[:2] == ["word 9", "word 7"]


def test_the_overlay_tells_mean_years() -> None:
    items, linked = keyword_map.build_map(TWO_TOPICS, {})
    overlay = keyword_map.draw_map(items, linked, overlay=True)
    assert figures.draw_figure(overlay) != figures.draw_figure(keyword_map.draw_map(items, linked))
    assert ["a", 4, 2, "1", "2016.5"] in overlay.table.to_numpy().tolist()


def test_spellings_of_one_keyword_are_one_keyword() -> None:
    many = works(
        "*Smart City; Governance",
        "smart-city; *governance.",
        "Smart city; death, sudden",
        "smart city,governance,kiosks",
        'Smart  City|"Governance"',
    )
    assert keyword_map.work_keywords(many, {}) == [
        ["smart city", "governance"],
        ["smart city", "governance"],
        ["smart city", "death, sudden"],
        ["smart city", "governance", "kiosks"],
        ["smart city", "governance"],
    ]


def test_a_thesaurus_holds_for_every_spelling() -> None:
    assert keyword_map.work_keywords(works("*Smart-Cities; b"), {"smart cities": "smart city"}) == [["smart city", "b"]]


def test_a_label_with_a_comma_stands_in_quotation_marks(tmp_path: Path) -> None:
    items, linked = keyword_map.build_map(works('death, sudden; the "city"', 'death, sudden; the "city"'))
    keyword_map.write_map(items, linked, tmp_path)
    lines = (tmp_path / "keywords-map.txt").read_text(encoding="utf-8").splitlines()
    assert [line.split("\t")[1] for line in lines] == ["label", '"death, sudden"', "the 'city'"]


def similarity(seed: int, count: int = 12) -> np.ndarray:
    """Return similarities of two loose groups, the same for the same seed."""
    chance = np.random.default_rng(seed)
    found = np.triu(chance.random((count, count)) * (chance.random((count, count)) < 0.6), 1) + np.diag(
        [0.3] * (count - 1), 1
    )
    found[: count // 2, count // 2 :] *= 0.1
    return found + found.T


def test_items_alike_to_each_other_stand_at_equal_distances() -> None:
    places = vos_layout.place_items(1 - np.eye(3))
    assert vos_layout._pairwise_distances(places)[np.triu_indices(3, 1)] == pytest.approx([1, 1, 1], abs=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_the_mean_distance_is_one_and_no_small_step_makes_the_map_better(seed: int) -> None:
    alike = similarity(seed)
    places = vos_layout.place_items(alike)
    assert vos_layout._pairwise_distances(places)[np.triu_indices(len(places), 1)].mean() == pytest.approx(1)
    best = vos_layout.layout_stress(alike, places)
    chance = np.random.default_rng(seed)
    for size in (0.5, 0.1, 0.01):
        moved = [
            vos_layout.layout_stress(alike, places + size * chance.standard_normal(places.shape)) for _ in range(40)
        ]
        assert min(moved) > best * (1 - 1e-6)


def test_a_layout_by_springs_is_worse_by_vosviewer_s_own_measure() -> None:
    alike = similarity(7)
    graph = igraph.Graph.Weighted_Adjacency(alike, mode="undirected")
    springs = np.array(graph.layout_fruchterman_reingold(weights="weight", seed=graph.layout_circle()).coords)
    assert vos_layout.layout_stress(alike, vos_layout.place_items(alike)) < vos_layout.layout_stress(alike, springs)


def test_parts_without_a_link_stay_on_one_map() -> None:
    alike = np.zeros((7, 7))
    for a, b in ((0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5)):
        alike[a, b] = alike[b, a] = 2.0
    distances = vos_layout._pairwise_distances(vos_layout.place_items(alike))
    assert np.isfinite(distances).all()
    assert distances[0, 1] < distances[0, 3]
    assert distances.max() < 5
