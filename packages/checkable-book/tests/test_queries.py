"""Queries: one statement that reads the data and nothing else, gives one cell, and gives the same each time."""

from pathlib import Path

import pytest

from checkable_book import data
from checkable_book.data import addresses, claims, database, lineage, rules
from checkable_book.errors import DataError
from checkable_book.render import book_tables, values
from checkable_book.verify import explain
from small_book import SmallBook, with_tables


def fault(query: str) -> str:
    with pytest.raises(DataError) as caught:
        database.query_scalar(query, "here")
    [line] = str(caught.value).splitlines()
    assert line.startswith("here: found ")
    return line


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM visits",
        "UPDATE visits SET visits = 0",
        "INSERT INTO gardens VALUES ('a', 1, 2)",
        "DROP TABLE gardens",
        "CREATE TABLE mine (one)",
        "PRAGMA table_info(gardens)",
        "PRAGMA writable_schema = 1",
        "ATTACH ':memory:' AS other",
        "VACUUM",
        "SELECT sql FROM sqlite_master",
    ],
)
def test_what_is_no_query_over_the_data_is_refused(here: SmallBook, query: str) -> None:
    before = database.query_scalar("SELECT COUNT(*) || SUM(visits) FROM visits", "here")
    assert "found something else than a query" in fault(query)
    assert database.query_scalar("SELECT COUNT(*) || SUM(visits) FROM visits", "here") == before


@pytest.mark.parametrize(
    ("query", "function"),
    [
        ("SELECT random() FROM gardens LIMIT 1", "random"),
        ("SELECT date('now')", "date"),
        ("SELECT strftime('%Y', 'now')", "strftime"),
        ("SELECT CURRENT_TIMESTAMP", "current_timestamp"),
        ("SELECT hex(randomblob(4))", "randomblob"),
        ("SELECT load_extension('x')", "load_extension"),
    ],
)
def test_a_function_that_gives_something_else_each_time_is_refused(here: SmallBook, query: str, function: str) -> None:
    assert f"the function {function}" in fault(query)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("SELECT 1; SELECT 2", "more than one statement"),
        ("SELECT garden FROM gardens", "a query that gives more than one row"),
        ("SELECT garden FROM gardens WHERE opened > 3000", "a query that gives no row"),
        ("SELECT garden, opened FROM gardens LIMIT 1", "a query that gives 2 columns"),
        ("SELECT COUNT(*) FROM gardenz", "no such table: gardenz"),
        ("SELECT SUM(visit) FROM visits", "no such column: visit"),
        ("SELEKT 1", 'near "SELEKT"'),
        ("", "a query that gives no row"),
        (
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n",
            "a query that takes too long",
        ),
    ],
)
def test_a_query_that_cannot_be_used_is_named(here: SmallBook, query: str, found: str) -> None:
    assert found in fault(query)


def test_a_query_says_what_it_reads(here: SmallBook) -> None:
    query = "SELECT SUM(visits) FROM visits WHERE garden = 'Pond Walk'"
    answer = database.database_of().query_scalar(query, "here")
    assert answer.scalar == 12075 + 15960 + 17440
    assert answer.columns_read == {("visits", "visits"), ("visits", "garden")}
    read = lineage.rows_read(database.database_of(), query)
    keys = data.package_of().table("visits").keys
    assert [keys[row] for row in read["visits", "visits"]] == [("Pond Walk", str(year)) for year in (2021, 2022, 2023)]


def test_a_cells_address_is_short_for_a_query(here: SmallBook) -> None:
    assert addresses.address_query("visits/Pond Walk/2022/visits") == (
        'SELECT "visits" FROM "visits" WHERE "garden" = \'Pond Walk\' AND "year" = \'2022\''
    )
    assert values.find_value("visits/Pond Walk/2022/visits").text == "15,960"
    assert values.find_value("visits/Pond Walk/2022/visits", "id").text == "15.960"
    assert values.find_value("gardens/Pond Walk/opened").text == "2004"  # a year is not grouped


def test_a_derived_value_is_a_query_by_name(here: SmallBook) -> None:
    value = values.find_value("visits_total", "id")
    assert (value.value, value.text, value.row) == (323385, "323.385", "numbers-visits-total")
    assert value.origin == "Kunjungan ke semua taman dalam semua tahun (visits.csv: semua 12 baris)"
    assert values.find_value("gardens words").text == "four"
    assert values.find_value("gardens words", "id").text == "empat"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("visit_total", "numbers: found the name 'visit_total', expected table/row/column or one of gardens, area_"),
        ("gardens/Pond Walks/opened", "numbers: found no cell 'gardens/Pond Walks/opened' in data/gardens.csv"),
        ("gardens/Pond Walk/open", "numbers: found 'gardens/Pond Walk/open', expected gardens/garden/COLUMN"),
        ("gardenz/Pond Walk/opened", "numbers: found 'gardenz/Pond Walk/opened', expected a table of the data, a key"),
    ],
)
def test_an_unknown_number_is_named(here: SmallBook, name: str, line: str) -> None:
    with pytest.raises(DataError) as caught:
        values.find_value(name)
    assert str(caught.value).startswith(line)


def test_a_view_is_a_table_that_follows_from_others(here: SmallBook, tmp_path: Path) -> None:
    assert database.view_names() == []
    bad = "view,query,meaning_en\nbusy,SELECT garden FROM gardenz,Busy\n"
    with_tables(here, tmp_path / "bad", {"views": bad})
    with pytest.raises(DataError, match=r"data/views\.csv:2: column query: found "):
        database.database_of()
    good = 'view,query,meaning_en\nbusy,"SELECT garden, SUM(visits) AS visits FROM visits GROUP BY garden",Busy\n'
    with_tables(here, tmp_path / "good", {"views": good})
    assert database.load_view("busy").set_index("garden").loc["Pond Walk", "visits"] == 45475
    assert database.query_scalar("SELECT MAX(visits) FROM busy", "here") == 132460
    with pytest.raises(DataError, match="found a request for view 'quiet', expected one of busy"):
        database.load_view("quiet")


def test_a_view_that_is_asked_for_where_there_is_none_is_named(here: SmallBook) -> None:
    with pytest.raises(DataError, match="found a request for view 'quiet'"):
        database.load_view("quiet")


def test_rules_are_queries_for_what_breaks_them(here: SmallBook) -> None:
    assert rules.broken_rules() == []
    claims.check_claims()
    with database.database_of().cell_overridden("gardens", 3, "opened", 2022):
        assert rules.broken_rules() == [
            "data: rule no_visit_before_opening: found Pond Walk 2021, "
            "expected: a garden has no visits before the year it opened"
        ]
    assert rules.broken_rules() == []


_CLAIMS = """claim,section,place,statement_en,statement_id,published_value,unit,check,same_as,needed
total,start,text,There were 323385 visits.,Ada 323385 kunjungan.,323385,visits,SELECT SUM(visits) FROM visits,,
pond-opened,start,Table 1,Pond Walk opened in 2004.,Pond Walk dibuka pada 2004.,2004,year,gardens/Pond Walk/opened,,
orchard-opened,start,text,Old Orchard opened in 1979.,Old Orchard dibuka 1979.,1979,year,gardens/Old Orchard/opened,,
orchard-again,start,Table 2,Old Orchard opened in 1978.,Old Orchard dibuka pada 1978.,1978,year,,orchard-opened,
glass-area,start,text,The Glass House covers 0.75 hectares.,Glass House seluas 0.75 hektare.,0.75,hectares,,,sources
loved,start,text,People love the gardens.,Orang menyukai taman.,yes,,,,articles
"""
_FACTS = """fact,claim,outside_value,status
glass-guide,glass-area,0.75,confirmed
"""


def test_evidence_is_of_the_kind_that_follows_from_what_is_read(here: SmallBook, tmp_path: Path) -> None:
    assert claims.evaluate_claims().empty  # a book without claims
    with_tables(here, tmp_path / "claims", {"published_claims": _CLAIMS, "outside_facts": _FACTS})
    found = claims.evaluate_claims().set_index("claim")
    assert found["evidence"].to_dict() == {
        "total": "recomputed",
        "pond-opened": "not_checkable",  # a cell that was typed from where the claim stands, read once
        "orchard-opened": "differs",  # its own check weighs more than that another place contradicts it
        "orchard-again": "contradicted",
        "glass-area": "confirmed_outside",
        "loved": "not_checkable",
    }
    assert found.loc["glass-area", "against"] == "glass-guide"
    told = explain.explain("total")
    assert "evidence: recomputed" in told
    assert "gives: 323385" in told
    rests = explain.explain("visits_total")
    assert "pages: findings" in rests
    assert "claims: total" in rests


def test_a_check_that_is_no_query_is_named(here: SmallBook, tmp_path: Path) -> None:
    spoilt = _CLAIMS.replace("gardens/Pond Walk/opened", "guess 2004")
    with_tables(here, tmp_path / "claims", {"published_claims": spoilt})
    with pytest.raises(DataError, match=r"data/published_claims.csv:3: column check: found near \"guess\""):
        claims.check_claims()


def test_a_claim_that_names_none_is_told(here: SmallBook, tmp_path: Path) -> None:
    spoilt, facts = _CLAIMS.replace(",orchard-opened,", ",orchard-opend,"), _FACTS.replace("glass-area", "grass-area")
    with_tables(here, tmp_path / "claims", {"published_claims": spoilt, "outside_facts": facts})
    with pytest.raises(DataError) as caught:
        claims.check_claims()
    assert str(caught.value).splitlines() == [
        "data/published_claims.csv:5: column same_as: found 'orchard-opend', expected the name of a claim",
        "data/outside_facts.csv:2: column claim: found 'grass-area', expected the name of a claim",
    ]


def test_explain_says_what_a_number_rests_on(here: SmallBook) -> None:
    assert explain.explain("gardens/Pond Walk/opened").splitlines() == [
        "gardens/Pond Walk/opened: 2004",
        "meaning: gardens.csv, row Pond Walk, column opened (year)",
        'query: SELECT "opened" FROM "gardens" WHERE "garden" = \'Pond Walk\'',
        "reads: gardens.csv, garden, opened: Pond Walk",
        "pages: index",
        "claims: none",
    ]
    told = here.run("checkable-book", "explain", "visits_totals")
    assert told.code == 1
    assert told.said.startswith("numbers: found the name 'visits_totals', expected table/row/column or one of ")
    assert len(told.said.splitlines()) == 1


def test_each_cell_says_how_much_reads_it(here: SmallBook) -> None:
    counted = claims.count_readers()
    orchard = data.package_of().table("gardens").row_number(("Old Orchard",))
    assert counted["gardens", orchard, "area_hectares"] == sum(
        "area_hectares" in row["query"] for row in data.table_records("numbers")
    )
    assert counted["gardens", orchard, "opened"] == 0
    assert 'data-label="area_hectares" data-readers=' in book_tables.full_table("gardens").html


def test_the_frame_of_a_table_is_the_readers_own(here: SmallBook) -> None:
    frame = data.load_table("gardens")
    frame.loc[0, "opened"] = 1
    assert data.load_table("gardens").loc[0, "opened"] == 1962
