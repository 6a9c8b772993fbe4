"""The paper's tables, charts and named numbers: what they give from the data."""

import json
import re
from itertools import pairwise

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from checkable_book import data
from checkable_book.book import Book
from checkable_book.data import database
from checkable_book.errors import DataError
from checkable_book.render import values
from checkable_book.render.output import CellOutput
from smartcity_review import charts, review_outputs, tables
from whole_book import change_cells

SCRIPT = "<script>alert('x')</script>"


def soup(output: CellOutput) -> BeautifulSoup:
    return BeautifulSoup(output.html, "html.parser")


def every_chart() -> list[CellOutput]:
    dimensions, stages = data.load_table("dimensions"), data.load_table("policy_stages")
    return [
        charts.internet_use(data.load_table("internet_use")),
        charts.initiatives(data.load_table("initiatives"), dimensions),
        charts.policies_timeline(data.load_table("policies")),
        charts.policy_cycle(data.load_table("policy_cycle"), stages),
    ]


def test_table_1_holds_each_cell_of_its_frame() -> None:
    table = soup(tables.internet_use(data.load_table("internet_use")))
    cells = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in table.tbody.find_all("tr")]
    assert cells == [
        ["Malaysia", "34,711,004", "96.8", "36.34"],
        ["Thailand", "71,754,000", "85.3", "37.85"],
        ["Indonesia", "276,386,000", "77.0", "17.27"],
    ]


def test_table_4_holds_every_initiative_once() -> None:
    initiatives = data.load_table("initiatives")
    table = soup(tables.initiatives(initiatives, data.load_table("dimensions")))
    assert sorted(item.get_text() for item in table.find_all("li")) == sorted(initiatives["initiative_en"])


def test_the_sources_table_ends_with_their_sum(own_book: Book) -> None:
    change_cells(own_book, "record_sources", lambda rows: rows.assign(records=range(100, 100 * len(rows) + 100, 100)))
    rows = data.load_table("record_sources")
    assert tables.record_sources(rows).plain.splitlines()[-1] == f"Total | {rows['records'].sum():,}"


def test_text_from_data_is_shown_as_text() -> None:
    use = data.load_table("internet_use").assign(country=SCRIPT)
    sources = pd.DataFrame({"source": [SCRIPT], "records": [1]})
    outputs = [
        tables.internet_use(use),
        tables.record_sources(sources),
        charts.internet_use(use),
    ]
    for output in outputs:
        page = soup(output)
        assert [script for script in page.find_all("script") if script.get("type") != "application/json"] == []
        assert SCRIPT in page.get_text()
    assert SCRIPT not in values.Value(1, SCRIPT, SCRIPT, SCRIPT)._repr_html_()


@pytest.mark.parametrize("chart", every_chart(), ids=["internet use", "initiatives", "timeline", "policy cycle"])
def test_a_chart_stands_without_scripts_and_hosts(chart: CellOutput) -> None:
    page = soup(chart)
    view = page.find(class_="chart-view")
    assert view.svg
    assert view["role"] == "img"
    assert len(view["aria-label"]) > 80
    assert page.find(class_="chart-data").table.tbody.tr
    assert "http" not in re.sub(r'xmlns[^"]*"[^"]*"|"\$schema": "[^"]*"', "", chart.html)
    assert json.loads(page.find("script").string)["$schema"].startswith("https://vega.github.io/schema/vega-lite/")


def test_charts_are_the_same_every_time() -> None:
    assert [chart.html for chart in every_chart()] == [chart.html for chart in every_chart()]


def test_a_chart_changes_with_its_data() -> None:
    use = data.load_table("internet_use")
    changed = use.assign(internet_speed_mbps=[36.34, 37.85, 17.28])
    assert charts.internet_use(use).html != charts.internet_use(changed).html


def title(chart: CellOutput) -> str:
    return soup(chart).find(class_="chart-title").get_text()


def test_a_title_that_compares_follows_the_data(own_book: Book) -> None:
    def drawn() -> dict[str, str]:
        return {
            "internet use": title(charts.internet_use(data.load_table("internet_use"))),
            "initiatives": title(charts.initiatives(data.load_table("initiatives"), data.load_table("dimensions"))),
            "cycle": title(charts.policy_cycle(data.load_table("policy_cycle"), data.load_table("policy_stages"))),
            "rankings": title(charts.rankings(database.load_view("rankings"))),
        }

    found = drawn()
    assert found["internet use"] == "More people does not always mean a slower connection"
    assert found["initiatives"].startswith("Every country acts on every dimension")
    assert found["cycle"] == "At every stage the paper names a different approach for each country"
    assert found["rankings"] == "No country comes first by every measure"
    change_cells(own_book, "internet_use", lambda rows: rows.assign(internet_speed_mbps=["40.0", "30.0", "20.0"]))
    change_cells(
        own_book,
        "initiatives",
        lambda rows: rows[~((rows["dimension"] == "people") & (rows["country"] == "Indonesia"))],
    )
    change_cells(own_book, "policy_cycle", lambda rows: rows.assign(approach_en="one"))
    found = drawn()
    assert found["internet use"] == "The more people, the slower the connection"
    assert found["initiatives"].startswith("The longest lists are those of")
    assert found["cycle"].startswith("At 0 of")
    leader = database.load_view("rankings")
    leader = leader.assign(rank=[1 if country == "Thailand" else 2 for country in leader["country"]])
    assert title(charts.rankings(leader)) == "Thailand comes first by every measure"


def test_a_country_more_has_its_place_on_every_chart(own_book: Book) -> None:
    twin = data.load_table("countries")["country"].iloc[0]
    own = {"country": "Atlantis", "colour": "#7a3b8f", "colour_dark": "#b57bc9", "shape": "diamond", "dash": "8 2"}

    def with_twin(rows: pd.DataFrame) -> pd.DataFrame:
        added = rows[rows["country"] == twin]
        return pd.concat([rows, added.assign(**{name: own[name] for name in own if name in rows})], ignore_index=True)

    for name in ("countries", "internet_use", "initiatives", "policies", "policy_cycle"):
        change_cells(own_book, name, with_twin)
    dimensions, stages = data.load_table("dimensions"), data.load_table("policy_stages")
    drawn = [
        charts.internet_use(data.load_table("internet_use")),
        charts.internet_users(database.load_view("internet_users")),
        charts.initiatives(data.load_table("initiatives"), dimensions),
        charts.policies_timeline(data.load_table("policies")),
        charts.policy_cycle(data.load_table("policy_cycle"), stages),
        charts.rankings(database.load_view("rankings")),
        charts.instruments_by_year(database.load_view("instruments_by_year")),
    ]
    for chart in drawn:
        for svg in soup(chart).select(".chart-view svg"):
            assert "Atlantis" in svg.get_text()


def test_countries_are_apart_in_greyscale() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    colours = data.load_table("countries")["colour"]
    shades = sorted(map(lightness, colours))
    assert all(lighter - darker > 35 for darker, lighter in pairwise(shades))


def test_the_flow_draws_its_counts_and_the_gap_in_the_sources() -> None:
    drawn = review_outputs.published_flow()
    text = soup(drawn).get_text()
    for count in ("(n = 1,629)", "(n = 115)", "(n = 1,514)", "(n = 1,475)", "(n = 39)", "1,171", "458"):
        assert count in text, count


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("internet_use/Malaysia/population", "34,711,004"),
        ("internet_use/Indonesia/internet_adoption_percent", "77.0"),
        ("policies/Malaysia/Local Government Act/year_start", "1976"),
        ("outside_facts/malaysia-road-transport-act-year/outside_says_en", "1987"),
        ("published_claims/ascn-month/published_value", "April 2018"),
        ("sources_total", "1,171"),
        ("source_gap", "458"),
        ("screened", "1,514"),
        ("included_percent", "2.4"),
        ("population_ratio_thailand_malaysia", "2.1"),
        ("works_first_year", "2008"),
        ("countries words", "three"),
    ],
)
def test_a_named_value_reads_as_the_prose_writes_it(name: str, text: str) -> None:
    assert values.find_value(name).text == text


def test_a_value_names_its_file_row_and_column() -> None:
    html = values.find_value("internet_use/Malaysia/population")._repr_html_()
    assert html == (
        '<a class="value" data-name="internet_use/Malaysia/population" '
        'data-link="table:internet_use" href="#internet_use-malaysia" '
        'title="Printed in the paper (Table 1); read twice, not tested. Another source: The report&#39;s own figure '
        "was not seen; given to the single person where the others are rounded, so it probably has another source "
        '(unconfirmed). internet_use.csv, row Malaysia, column population (persons)">'
        '<data value="34711004">34,711,004</data></a>'
    )


@pytest.mark.parametrize(
    "name", ["internet_use/Singapore/population", "internet_use/Malaysia", "internet_use/Malaysia/area", "sources_sum"]
)
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="numbers: found"):
        values.find_value(name)
