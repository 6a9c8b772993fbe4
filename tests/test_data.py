"""Loading: what the data must be, and how a fault in it is named."""

from pathlib import Path

import pytest

from smartcity_review import data
from smartcity_review.paths import DATA


def edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{file} holds no {old!r} to change"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def fault(folder: Path) -> str:
    with pytest.raises(data.DataError) as caught:
        data.load("internet_use", folder)
    return str(caught.value).splitlines()[0]


def test_the_data_keeps_its_description() -> None:
    data.check()


@pytest.mark.parametrize("name", data.names())
def test_every_table_loads_with_its_described_columns(name: str) -> None:
    described = [field["name"] for field in data.describe(name)["schema"]["fields"]]
    assert list(data.load(name).columns) == described
    assert len(data.load(name)) > 0


@pytest.mark.parametrize("name", data.names())
def test_every_column_says_what_it_means(name: str) -> None:
    for field in data.describe(name)["schema"]["fields"]:
        assert len(field["description"]) > 5, field["name"]


def test_the_printed_values_of_table_1_and_figure_1() -> None:
    """Pinned to the paper's own print, so that a slip in transcription is seen."""
    use = data.load("internet_use").set_index("country")
    assert use.loc["Malaysia"].tolist() == [34711004, 96.8, 36.34]
    assert use.loc["Thailand"].tolist() == [71754000, 85.3, 37.85]
    assert use.loc["Indonesia"].tolist() == [276386000, 77.0, 17.27]
    flow = data.load("prisma_flow").set_index("stage")["records"]
    assert flow.to_dict() == {"identified": 1629, "duplicates_removed": 115, "excluded": 1475, "included": 39}
    assert data.load("record_sources")["records"].tolist() == [139, 915, 67, 30, 20]


def test_the_lists_of_table_4_are_complete() -> None:
    initiatives = data.load("initiatives")
    assert len(initiatives) == 72
    for _, cell in initiatives.groupby(["dimension", "country"]):
        assert cell["position"].tolist() == list(range(1, len(cell) + 1))
    assert len(initiatives.groupby(["dimension", "country"])) == 18


def test_sizes_that_the_paper_gives() -> None:
    assert len(data.load("eligibility_criteria")) == 8
    assert len(data.load("policy_cycle")) == 15
    assert len(data.load("cited_works")) == 24
    assert len(data.load("published_claims")) > 120


def test_the_bibliography_holds_the_cited_works() -> None:
    from pybtex.database import parse_file

    entries = parse_file(DATA / "references.bib").entries
    works = data.load("cited_works").set_index("key")
    assert set(entries) == set(works.index)
    for key, entry in entries.items():
        marked = entry.fields.get("note", "").startswith(("Not identified", "Unsettled"))
        assert marked == (works.loc[key, "identified"] != "confirmed"), key
        assert entry.fields["year"] == str(works.loc[key, "year"]), key


def test_a_wrong_type_is_named(data_copy: Path) -> None:
    edit(data_copy, "internet_use.csv", "34711004", "many")
    assert fault(data_copy) == (
        "data/internet_use.csv, row 2, column population: found 'many', expected integer (minimum 1)"
    )


def test_a_missing_column_is_named(data_copy: Path) -> None:
    path = data_copy / "internet_use.csv"
    rows = [line.rsplit(",", 1)[0] for line in path.read_text().splitlines()]
    path.write_text("\n".join(rows) + "\n")
    assert fault(data_copy).startswith("data/internet_use.csv, row 1, column internet_speed_mbps: ")


def test_a_duplicate_key_is_named(data_copy: Path) -> None:
    edit(data_copy, "internet_use.csv", "Thailand", "Malaysia")
    assert fault(data_copy).startswith("data/internet_use.csv, row 3")
    assert "primary key" in fault(data_copy)


def test_an_unknown_country_is_named(data_copy: Path) -> None:
    edit(data_copy, "policies.csv", "Malaysia,", "Singapore,")
    assert fault(data_copy) == (
        "data/policies.csv, row 2, column country: found 'Singapore', "
        "expected string (enum Malaysia, Thailand, Indonesia)"
    )


def test_a_negative_count_is_named(data_copy: Path) -> None:
    edit(data_copy, "record_sources.csv", "139", "-139")
    assert fault(data_copy) == (
        "data/record_sources.csv, row 2, column records: found '-139', expected integer (minimum 0)"
    )


def test_a_flow_that_does_not_add_up_is_named(data_copy: Path) -> None:
    edit(data_copy, "prisma_flow.csv", ",39", ",40")
    assert fault(data_copy) == (
        "data/prisma_flow.csv, row 5, column records: found 40, expected 1629 - 115 - 1475 = 39"
    )


def test_a_work_that_is_not_cited_anywhere_is_named(data_copy: Path) -> None:
    edit(data_copy, "policies.csv", "simatupang2015", "nobody1999")
    assert fault(data_copy).startswith("data/policies.csv, row 2")
    assert "nobody1999" in fault(data_copy)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("published_claims.csv", ",abstract,", ",abstracts,"),
        ("published_claims.csv", ",gerakan-name-agenda,", ",gerakan-name-agendum,"),
        ("outside_facts.csv", ",road-transport-act-year,", ",road-transport-acts,"),
        ("policy_cycle.csv", "agenda_setting,Malaysia", "agenda_sitting,Malaysia"),
        ("initiatives.csv", "governance,Indonesia", "government,Indonesia"),
    ],
)
def test_a_key_that_leads_nowhere_is_named(data_copy: Path, file: str, old: str, new: str) -> None:
    edit(data_copy, file, old, new)
    assert "foreign key" in fault(data_copy)


def test_an_unknown_section_is_named(data_copy: Path) -> None:
    edit(data_copy, "cited_works.csv", ",methods,", ",kitchen,")
    assert fault(data_copy).startswith("data/cited_works.csv, row 18, column sections: found 'kitchen'")


def test_an_empty_required_cell_is_named(data_copy: Path) -> None:
    edit(data_copy, "record_sources.csv", "Sage,30", "Sage,")
    assert fault(data_copy).startswith("data/record_sources.csv, row 5, column records: ")


def test_a_missing_file_is_named(data_copy: Path) -> None:
    (data_copy / "policies.csv").unlink()
    assert "data/policies.csv" in fault(data_copy)


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(data.DataError, match="found a request for table 'recrods'"):
        data.load("recrods")
