"""The paper's tables, charts and named numbers: what they give from the data."""

import json
import re
from itertools import pairwise

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from checkable_book import data
from checkable_book.data import database
from checkable_book.errors import DataError
from checkable_book.render import values
from checkable_book.render.output import Markup
from smartcity_review import charts, corpus, tables

SCRIPT = "<script>alert('x')</script>"


def soup(output: Markup) -> BeautifulSoup:
    return BeautifulSoup(output.html, "html.parser")


def every_chart() -> list[Markup]:
    dimensions, stages = data.load("dimensions"), data.load("policy_stages")
    return [
        charts.internet_use(data.load("internet_use")),
        charts.initiatives(data.load("initiatives"), dimensions),
        charts.policies_timeline(data.load("policies")),
        charts.policy_cycle(data.load("policy_cycle"), stages),
    ]


def test_table_1_holds_each_cell_of_its_frame() -> None:
    table = soup(tables.internet_use(data.load("internet_use")))
    cells = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in table.tbody.find_all("tr")]
    assert cells == [
        ["Malaysia", "34,711,004", "96.8", "36.34"],
        ["Thailand", "71,754,000", "85.3", "37.85"],
        ["Indonesia", "276,386,000", "77.0", "17.27"],
    ]


def test_table_4_holds_every_initiative_once() -> None:
    initiatives = data.load("initiatives")
    table = soup(tables.initiatives(initiatives, data.load("dimensions")))
    assert sorted(item.get_text() for item in table.find_all("li")) == sorted(initiatives["initiative_en"])


def test_the_sources_table_ends_with_their_sum() -> None:
    table = tables.record_sources(pd.DataFrame({"source": ["A", "B"], "records": [1200, 3]}))
    assert table.plain.splitlines()[-1] == "Total | 1,203"


def test_text_from_data_is_shown_as_text() -> None:
    use = data.load("internet_use").assign(country=SCRIPT)
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
def test_a_chart_stands_without_scripts_and_hosts(chart: Markup) -> None:
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
    use = data.load("internet_use")
    changed = use.assign(internet_speed_mbps=[36.34, 37.85, 17.28])
    assert charts.internet_use(use).html != charts.internet_use(changed).html


def title(chart: Markup) -> str:
    return soup(chart).find(class_="chart-title").get_text()


def test_a_title_that_compares_follows_the_data() -> None:
    use = data.load("internet_use")
    assert title(charts.internet_use(use)) == "More people does not always mean a slower connection"
    orderly = use.assign(internet_speed_mbps=[40.0, 30.0, 20.0])
    assert title(charts.internet_use(orderly)) == "The more people, the slower the connection"
    initiatives, dimensions = data.load("initiatives"), data.load("dimensions")
    assert title(charts.initiatives(initiatives, dimensions)).startswith("Every country acts on every dimension")
    fewer = initiatives[~((initiatives["dimension"] == "people") & (initiatives["country"] == "Indonesia"))]
    assert title(charts.initiatives(fewer, dimensions)).startswith("The longest lists are those of")
    cycle, stages = data.load("policy_cycle"), data.load("policy_stages")
    assert (
        title(charts.policy_cycle(cycle, stages))
        == "At every stage the paper names a different approach for each country"
    )
    same = cycle.assign(approach_en=["one"] * len(cycle))
    assert title(charts.policy_cycle(same, stages)).startswith("At 0 of")
    ranked = database.view("rankings")
    assert title(charts.rankings(ranked)) == "No country comes first by every measure"
    leader = ranked.assign(rank=[1 if country == "Thailand" else 2 for country in ranked["country"]])
    assert title(charts.rankings(leader)) == "Thailand comes first by every measure"


def test_a_country_more_has_its_place_on_every_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    real = data.load("countries")
    added = real.iloc[[0]].assign(country="Atlantis", colour="#7a3b8f", shape="diamond", dash="8 2")
    monkeypatch.setattr(charts, "_countries", lambda: pd.concat([real, added], ignore_index=True))

    def more(frame: pd.DataFrame) -> pd.DataFrame:
        twin = frame[frame["country"] == real["country"].iloc[0]].assign(country="Atlantis")
        return pd.concat([frame, twin], ignore_index=True)

    dimensions, stages = data.load("dimensions"), data.load("policy_stages")
    drawn = [
        charts.internet_use(more(data.load("internet_use"))),
        charts.internet_users(more(database.view("internet_users"))),
        charts.initiatives(more(data.load("initiatives")), dimensions),
        charts.policies_timeline(more(data.load("policies"))),
        charts.policy_cycle(more(data.load("policy_cycle")), stages),
        charts.rankings(more(database.view("rankings"))),
        charts.instruments_by_year(more(database.view("instruments_by_year"))),
    ]
    for chart in drawn:
        for svg in soup(chart).select(".chart-view svg"):
            assert "Atlantis" in svg.get_text()


def test_countries_are_apart_in_greyscale() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    colours = data.load("countries")["colour"]
    shades = sorted(map(lightness, colours))
    assert all(lighter - darker > 35 for darker, lighter in pairwise(shades))


def test_the_flow_draws_its_counts_and_the_gap_in_the_sources() -> None:
    drawn = corpus.published_flow()
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
    assert values.value(name).text == text


def test_a_value_names_its_file_row_and_column() -> None:
    html = values.value("internet_use/Malaysia/population")._repr_html_()
    assert html == (
        '<a class="value" data-name="internet_use/Malaysia/population" href="data.html#internet_use-malaysia" '
        'title="internet_use.csv, row Malaysia, column population (persons)">'
        '<data value="34711004">34,711,004</data></a>'
    )


@pytest.mark.parametrize(
    "name", ["internet_use/Singapore/population", "internet_use/Malaysia", "internet_use/Malaysia/area", "sources_sum"]
)
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="numbers: found"):
        values.value(name)
