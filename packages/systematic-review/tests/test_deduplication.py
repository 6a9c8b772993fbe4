"""Records of one work are found, explained, overruled and merged."""

import re
from pathlib import Path

import pandas as pd
import pytest
import sqlglot

from systematic_review import deduplication, importing, records
from systematic_review.errors import ReviewError

SAMPLES = Path(__file__).parent / "samples"


def table(*rows: dict) -> pd.DataFrame:
    return records.typed_table({"source": "a", "year": 2020, **row} for row in rows)


@pytest.fixture(scope="module")
def labelled() -> tuple[pd.DataFrame, list[list[str]]]:
    read = pd.read_csv(SAMPLES / "labelled.csv", dtype={"year": "Int64"})
    read["id"] = [f"{work}-{place}" for place, work in enumerate(read["work"])]
    return records.typed_table(read.to_dict("records")), read.groupby("work")["id"].agg(list).tolist()


@pytest.fixture(scope="module")
def compared(labelled: tuple) -> pd.DataFrame:
    return deduplication.find_pairs(labelled[0])


def test_spellings_of_one_work_are_found_and_works_alike_are_kept_apart(
    labelled: tuple, compared: pd.DataFrame
) -> None:
    found, works = labelled
    grouped = deduplication.group_records(found, compared)
    quality = deduplication.measure_quality(grouped, works)
    assert quality["recall"] >= 0.95
    assert quality["precision"] >= 0.99
    assert quality["true"] + quality["missed"] == sum(len(work) * (len(work) - 1) // 2 for work in works)


def test_the_order_of_records_changes_no_pair(labelled: tuple, compared: pd.DataFrame) -> None:
    found, _ = labelled
    shuffled = found.sample(frac=1, random_state=1).reset_index(drop=True)
    pd.testing.assert_frame_equal(compared, deduplication.find_pairs(shuffled))


def test_a_pair_says_on_what_it_rests(compared: pd.DataFrame) -> None:
    pair = compared[(compared["record_a"] == "jones-6") & (compared["record_b"] == "jones-7")].iloc[0]
    assert pair["same"]
    assert [pair[name] for name in ("title", "authors", "journal", "year", "place", "doi", "abstract")] == [
        "equal",
        "equal",
        "equal or abbreviated",
        "one apart",
        "same volume and page",
        "equal",
        "",
    ]


def test_the_score_is_the_sum_of_the_evidence(compared: pd.DataFrame) -> None:
    bits = {
        (name, level): weight for name, (_, levels) in deduplication.COMPARISONS.items() for level, _, weight in levels
    }
    for row in compared.to_dict("records"):
        evidence = sum(bits[name, row[name]] for name in deduplication.COMPARISONS if row[name])
        assert row["score"] == pytest.approx(deduplication.PRIOR + evidence, abs=0.01)


def test_more_likeness_is_never_less_evidence_than_none() -> None:
    for name, (_, levels) in deduplication.COMPARISONS.items():
        weights = [weight for _, _, weight in levels]
        assert max(weights) == weights[0], name
        assert weights[0] > 0 > weights[-1], name


def test_conditions_are_put_in_functions_that_spark_has_too() -> None:
    """Splink translates them with sqlglot; Spark names these functions so."""
    known = {"ABS", "ARRAY_INTERSECT", "COALESCE", "CONTAINS", "GREATEST", "LEAST", "LENGTH", "LEVENSHTEIN", "SIZE"}
    known |= {"STARTSWITH", "AND", "OR", "ARRAY_CONTAINS", "ARRAY_JOIN", "FILTER", "NOT"}
    conditions = [condition for _, levels in deduplication.COMPARISONS.values() for _, condition, _ in levels]
    for condition in (*conditions, *deduplication.BLOCKS):
        if condition != "ELSE":
            translated = sqlglot.transpile(condition, read="duckdb", write="spark")[0]
            assert set(re.findall(r"([A-Z_]+) ?\(", translated)) <= known, translated


def test_one_or_no_record_has_no_pairs() -> None:
    for rows in ([], [{"id": "a", "title": "Alone"}]):
        found = table(*rows)
        grouped = deduplication.group_records(found, deduplication.find_pairs(found))
        assert len(deduplication.merge_records(found, grouped)) == len(rows)


ENDS = [
    (("di Kota Bandung", "di Kota Malang"), False),
    (("di Kota Bandung", "di Kota Solo"), False),
    (("di Jakarta Utara", "di Jakarta Barat"), False),
    (("di Kota Bandung", "di Kota Bandumg"), True),
    (("di Kota Bandung", "Kota Bandung"), True),
    (("e-government", "egovernment"), True),
    (("policy", "policies"), True),
]


def test_titles_that_differ_in_a_word_are_left_to_people() -> None:
    alike = {"authors": "Wijaya, A; Putra, B", "journal": "Jurnal Kebijakan", "volume": "3", "number": "1"}
    alike["abstract"] = "Penelitian ini membahas implementasi kebijakan smart city."
    title = "Implementasi kebijakan smart city dalam pelayanan publik"
    cases = [tuple({"title": f"{title} {end}"} for end in ends) for ends, _ in ENDS]
    for (ends, expected), same in zip(ENDS, told(cases, alike), strict=True):
        assert same == expected, ends


ARTICLE = {
    "title": "Kerbs, lamps and kiosks in an invented city",
    "authors": "Moreau, L; Duarte, R",
    "journal": "Journal of Kerbs",
    "volume": "4",
    "number": "1",
    "pages": "11-19",
}


#: Pairs of records as they differ from :data:`ARTICLE`, and whether they are one work.
CASES = [
    ({}, {"journal": "J Kerbs", "pages": "11-9"}, True),
    ({"title": ARTICLE["title"] + " part I"}, {"title": ARTICLE["title"] + " part II", "pages": "21-29"}, False),
    ({}, {"title": "Erratum: " + ARTICLE["title"], "pages": "99"}, False),
    ({}, {"title": "Retraction of " + ARTICLE["title"], "pages": "99", "year": 2021}, False),
    ({}, {"title": ARTICLE["title"] + " [Erratum appears in J Kerbs. 2021;5:99]"}, True),
    ({"title": "Editorial"}, {"title": "Editorial", "number": "2", "pages": "101-103"}, False),
    ({"title": "Special issue on kerbs"}, {"title": "Special issue on kerbs", "volume": "5", "pages": "1"}, False),
    # A translation that is printed elsewhere is another work; a title in two languages is not.
    ({}, {"title": "Trotoar, lampu dan kios di kota rekaan", "journal": "Jurnal Trotoar", "pages": "50-60"}, False),
    ({}, {"title": "Trotoar, lampu dan kios di kota rekaan"}, True),
    ({}, {"authors": "Lia, M; Rui, D", "title": ARTICLE["title"].upper()}, True),
]


def told(cases: list[tuple[dict, dict]], alike: dict) -> list[bool]:
    """Return for pairs of records, compared all at once, whether each is taken for one work."""
    rows = [
        {"id": f"{place:02}-{side}", **alike, **record}
        for place, pair in enumerate(cases)
        for side, record in zip("ab", pair, strict=True)
    ]
    pairs = deduplication.find_pairs(table(*rows))
    same = pairs[pairs["same"]]
    found = set(zip(same["record_a"], same["record_b"], strict=True))
    return [(f"{place:02}-a", f"{place:02}-b") in found for place in range(len(cases))]


def test_parts_errata_editorials_and_translations_stay_apart() -> None:
    found = told([case[:2] for case in CASES], ARTICLE)
    for case, same in zip(CASES, found, strict=True):
        assert same == case[2], case


FORMS = [
    {"journal": "bioRxiv"},
    {"journal": "arXiv preprint arXiv:2001.00001"},
    {"journal": "", "doi": "10.48550/arxiv.1"},
]


def test_a_preprint_and_its_article_are_listed_for_a_person_to_say() -> None:
    bare = {**ARTICLE, "volume": "", "number": "", "pages": "", "year": 2018}
    preprints = [{"id": f"preprint-{place}", **bare, **form} for place, form in enumerate(FORMS)]
    pairs = deduplication.find_pairs(table({"id": "article", **ARTICLE, "doi": "10.5555/x"}, *preprints))
    beside = pairs[pairs["record_a"] == "article"]
    assert sorted(beside["record_b"]) == [row["id"] for row in preprints]
    assert set(beside["kind"]) == {deduplication.PREPRINT}
    assert not beside["same"].any()
    alike = pairs[pairs["record_a"] != "article"]
    assert set(alike["kind"]) == {""}
    assert alike["same"].any()


def test_a_record_without_a_title_is_joined_by_an_identifier_or_by_a_person() -> None:
    untitled = {**ARTICLE, "title": ""}
    pairs = deduplication.find_pairs(
        table(
            {"id": "article", **ARTICLE, "pmid": "91"},
            {"id": "bare", **untitled},
            {"id": "known", **untitled, "pmid": "91"},
        )
    ).set_index(["record_a", "record_b"])
    assert pairs.loc[("article", "known"), ["same", "kind"]].tolist() == [True, ""]
    for pair in (("article", "bare"), ("bare", "known")):
        assert pairs.loc[pair, ["same", "kind"]].tolist() == [False, deduplication.UNTITLED]
        assert pairs.loc[pair, "score"] > deduplication.SAME


def test_no_block_holds_more_than_its_bound_whatever_is_common() -> None:
    found = table(
        *(
            {
                "id": str(place),
                "title": f"A series of texts on kerbs, number {place}",
                "abstract": "The editors of this journal welcome letters.",
                "authors": f"Author{place % 7}, A",
                "volume": "1",
                "pages": "1",
            }
            for place in range(400)
        )
    )
    compared = deduplication.comparison_columns(found)
    for place in range(len(deduplication.BLOCKED_BY)):
        sizes = compared[f"block_{place}"].value_counts()
        assert sizes.empty or sizes.max() <= deduplication.LARGEST_BLOCK


def test_many_records_are_compared_in_parts_and_give_the_same_pairs(
    labelled: tuple, compared: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, _ = labelled
    monkeypatch.setattr(deduplication, "_MANY", 1)
    monkeypatch.setattr(deduplication, "_PARTS", 2)
    said: list[int] = []
    pd.testing.assert_frame_equal(deduplication.find_pairs(found, said.append), compared)
    assert said == [50, 100]


def test_records_without_titles_are_not_taken_for_each_other() -> None:
    found = table(*({"id": str(place), "authors": f"Author{place}, A"} for place in range(5)))
    assert not deduplication.find_pairs(found)["same"].any()


def decided(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=deduplication.DECISIONS, dtype="str")


def scored(*rows: tuple[str, str]) -> pd.DataFrame:
    columns = ["record_a", "record_b", "score", "same"]
    return pd.DataFrame([(a, b, 9.0 - place, True) for place, (a, b) in enumerate(rows)], columns=columns)


def test_a_person_overrules_the_score() -> None:
    found = table(*({"id": name} for name in "abcd"))
    pairs = scored(("a", "b"))
    assert deduplication.group_records(found, pairs).tolist() == ["a", "a", "c", "d"]
    decisions = decided(("a", "b", "different"), ("c", "d", "same"))
    assert deduplication.group_records(found, pairs, decisions).tolist() == ["a", "b", "c", "c"]


def test_records_held_apart_are_not_joined_through_a_third() -> None:
    found = table(*({"id": name} for name in "abc"))
    pairs = scored(("a", "b"), ("b", "c"))
    assert deduplication.group_records(found, pairs).nunique() == 1
    assert deduplication.group_records(found, pairs, decided(("a", "c", "different"))).tolist() == ["a", "a", "c"]


def test_decisions_that_contradict_each_other_are_told() -> None:
    found = table(*({"id": name} for name in "abc"))
    decisions = decided(("a", "b", "same"), ("b", "c", "same"), ("a", "c", "different"))
    with pytest.raises(ReviewError, match="found b and c both same and different"):
        deduplication.group_records(found, scored(), decisions)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,b,perhaps", r"row 2, column decision: found 'perhaps', expected same or different"),
        (",,\n\na,b,perhaps", r"row 4, column decision: found 'perhaps', expected same or different"),
        ("a,b,same,c", r"row 2: found 4 cells, expected 3"),
    ],
)
def test_a_decision_that_cannot_be_used_is_told(tmp_path: Path, row: str, message: str) -> None:
    path = tmp_path / "duplicates.csv"
    path.write_text(f"record_a,record_b,decision\n{row}\n", encoding="utf-8")
    with pytest.raises(ReviewError, match=message):
        deduplication.read_decisions(path, table({"id": "a"}, {"id": "b"}))


def test_a_decision_on_a_record_that_is_gone_is_listed_and_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "duplicates.csv"
    path.write_text("record_a,record_b,decision\na,nowhere,same\na,b,different\n", encoding="utf-8")
    lost: list[dict] = []
    kept = deduplication.read_decisions(path, table({"id": "a"}, {"id": "b"}), lost)
    assert kept.to_numpy().tolist() == [["a", "b", "different"]]
    assert [(row["row"], row["record"]) for row in lost] == [(2, "nowhere")]


def test_decisions_are_read_whatever_their_case_and_blanks(tmp_path: Path) -> None:
    path = tmp_path / "duplicates.csv"
    path.write_text("record_a,record_b,decision\n a,b ,Same \n", encoding="utf-8")
    found = deduplication.read_decisions(path, table({"id": "a"}, {"id": "b"}))
    assert found.to_numpy().tolist() == [["a", "b", "same"]]


def test_a_work_keeps_all_its_sources_and_what_any_record_knows() -> None:
    found = table(
        {"id": "one", "source": "sage", "title": "A title", "abstract": "short", "year": None},
        {"id": "two", "source": "pubmed", "title": "A TITLE", "abstract": "longer abstract", "doi": "10.5555/x"},
        {"id": "three", "source": "sage", "title": "Another"},
    )
    works = deduplication.merge_records(found, deduplication.group_records(found, scored(("one", "two"))))
    assert works["id"].tolist() == ["one", "three"]
    first = works.iloc[0]
    assert first["title"] == "A title"
    assert first["abstract"] == "longer abstract"
    assert first["doi"] == "10.5555/x"
    assert first["year"] == 2020
    assert first["sources"] == "pubmed; sage"
    assert first["records"] == "one; two"


def test_merging_loses_no_record() -> None:
    found = importing.read_folder(SAMPLES / "exports").records
    works = deduplication.merge_records(found, deduplication.group_records(found, deduplication.find_pairs(found)))
    assert sorted("; ".join(works["records"]).split("; ")) == sorted(found["id"])
    assert len(works) == works["id"].nunique() < len(found)


def test_quality_counts_pairs() -> None:
    works = pd.Series(["a", "a", "a", "d", "d"], index=list("abcde"))
    quality = deduplication.measure_quality(works, [["a", "b"], ["c", "d", "e"]])
    # Found: ab, ac, bc, de; labelled: ab, cd, ce, de.
    assert quality == {"true": 2, "false": 2, "missed": 2, "precision": 0.5, "recall": 0.5, "f1": 0.5}


def pair_of(*rows: dict) -> dict:
    """Return what is found of two records; nothing where they are not compared or far apart."""
    pairs = deduplication.find_pairs(table(*({"id": name, **row} for name, row in zip("ab", rows, strict=True))))
    return pairs.iloc[0].to_dict() if len(pairs) else {}


SHADE = {
    "title": "Shade and heat in the parks of a capital",
    "authors": "Sari, A.; Tono, B.",
    "journal": "Journal of Shade",
}


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        ({"type": "thesis", "journal": "", "year": 2018}, deduplication.THESIS),
        ({"type": "tesis", "journal": "Universitas Contoh"}, deduplication.THESIS),
        ({"type": "conference abstract", "journal": "Heat", "volume": "9", "pages": "S1"}, deduplication.CONFERENCE),
        ({"type": "", "journal": "Abstracts of the meeting on heat", "year": 2019}, deduplication.CONFERENCE),
        ({"type": "preprint", "journal": "medRxiv", "year": 2019}, deduplication.PREPRINT),
    ],
)
def test_another_form_of_a_study_is_listed_and_never_joined(other: dict, kind: str) -> None:
    article = {**SHADE, "type": "article", "volume": "4", "pages": "11-19"}
    pair = pair_of(article, {**SHADE, **other})
    assert pair["kind"] == kind
    assert not pair["same"]


def test_an_abstract_in_the_same_place_is_the_same_record() -> None:
    printed = {**SHADE, "volume": "4", "pages": "S11-S12"}
    pair = pair_of({**printed, "type": "conference abstract"}, {**printed, "type": "article"})
    assert pair["same"]
    assert pair["kind"] == ""


@pytest.mark.parametrize("name", ["doi", "pmid"])
def test_a_number_that_names_a_work_joins_what_is_spelt_otherwise(name: str) -> None:
    number = {"doi": "10.5555/x", "pmid": "30999999"}[name]
    spelt = {**SHADE, "title": "Shade and heat in parks of the capital", "authors": "Sari Ani", name: number}
    assert pair_of({**SHADE, name: number}, spelt)["same"]
    other = {"doi": "10.5555/y", "pmid": "30999998"}[name]
    assert pair_of({**SHADE, name: number}, {**SHADE, name: other, "year": 2021}).get("same", False) is False


@pytest.mark.parametrize(
    "title",
    [
        "智慧城市政策的比较研究",
        "スマートシティ政策の比較に関する研究",
        "นโยบายเมืองอัจฉริยะในประเทศไทย",
        "스마트도시정책의비교연구",
    ],
)
def test_titles_in_scripts_without_blanks_are_compared(title: str) -> None:
    record = {"title": title, "authors": "张, 三", "journal": "学报"}
    assert pair_of(record, {**record, "title": f"{title}。"})["same"]
    assert not pair_of(record, {**record, "title": title[::-1], "authors": "李, 四"}).get("same", False)


def test_records_that_are_the_same_without_pages_are_one() -> None:
    assert pair_of(SHADE, SHADE)["same"]
    assert pair_of({"title": SHADE["title"]}, {"title": SHADE["title"]})["same"]


@pytest.mark.parametrize(
    "added",
    [
        "Ralat: {}",
        "{}: tanggapan",
        "{} (bagian kedua)",
        "Fe de erratas y corrección: {}",
        "{}: réponse",
        "Erwiderung: {}",
    ],
)
def test_errata_parts_and_replies_in_other_languages_are_works_of_their_own(added: str) -> None:
    article = {**SHADE, "volume": "4", "pages": "11-19"}
    assert not pair_of(article, {**SHADE, "title": added.format(SHADE["title"]), "volume": "5", "pages": "3"}).get(
        "same", False
    )
