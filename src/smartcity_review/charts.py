"""The charts of the book: data frames to Altair charts, shown as any chart is (:mod:`checkable_book.show.chart`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import altair as alt
import pandas as pd

from checkable_book import data
from checkable_book.show import chart, table
from checkable_book.show.chart import said, wrapped
from checkable_book.show.markup import Markup
from checkable_book.show.words import number, text
from smartcity_review import tables

_WIDTH = 300


def internet_use(frame: pd.DataFrame, language: str = "en") -> Markup:
    """Return population, adoption and speed as small multiples, a bar a country (Table 1)."""
    country = alt.Y("country:N", sort=None, title=None)
    colour = alt.Color("country:N", scale=_colours(), legend=None)
    panels = []
    for column, title, unit in (
        ("population", "population", "persons"),
        ("internet_adoption_percent", "internet_adoption", "percent_of_population"),
        ("internet_speed_mbps", "internet_speed", "mbps"),
    ):
        shown = frame.assign(label=[number(value, language) for value in frame[column].astype(object)])
        shown["said"] = said(shown, "country", "label", before=text(title, language))
        bars = alt.Chart(shown[["country", column, "label", "said"]].astype({column: float})).encode(
            y=country,
            description="said:N",
            opacity=_chosen(),
            x=alt.X(
                f"{column}:Q",
                title=None,
                axis=None,
                scale=alt.Scale(domainMin=0, domainMax=float(frame[column].max()) * 1.3),
            ),
            tooltip=[
                alt.Tooltip("country:N", title=text("country", language)),
                alt.Tooltip("label:N", title=text(title, language)),
            ],
        )
        panels.append(
            (
                bars.mark_bar().encode(color=colour)
                + bars.mark_text(align="left", dx=4, aria=False).encode(text="label:N")
            ).properties(
                width=_WIDTH - 70,
                height=78,
                title=alt.TitleParams(f"{text(title, language)} ({text(unit, language)})", aria=False, anchor="start"),
            )
        )
    rows = "; ".join(
        text(
            "alt_internet_use_row",
            language,
            country=row["country"],
            population=number(row["population"], language),
            adoption=number(row["internet_adoption_percent"], language),
            speed=number(row["internet_speed_mbps"], language),
        )
        for row in frame.to_dict("records")
    )
    return _show(
        alt.vconcat(*panels, spacing=18),
        text("chart_internet_use", language),
        text("alt_internet_use", language, rows=rows),
        tables.internet_use(frame, language, id="internet-use-data"),
        ("internet_use",),
        language,
        [
            chart.Live(
                f"SELECT country, {column} FROM internet_use",
                list(zip(frame["country"], strict=True)),
                {column: column},
                {"label": column},
            )
            for column in ("population", "internet_adoption_percent", "internet_speed_mbps")
        ],
    )


def initiatives(frame: pd.DataFrame, dimensions: pd.DataFrame, language: str = "en") -> Markup:
    """Return the number of initiatives by dimension and country as a heatmap (Table 4).

    Each cell links to its list in the explorer.
    """
    names = dict(zip(dimensions["dimension"], dimensions[f"name_{language}"], strict=True))
    counted = frame.groupby(["dimension", "country"], sort=False).size().reset_index(name="initiatives")
    keys = counted[["dimension", "country"]].to_numpy().tolist()
    counted["list"] = [
        _explored(names[dimension], country, data.row_id("initiatives", [dimension, country, 1]), language)
        for dimension, country in zip(counted["dimension"], counted["country"], strict=True)
    ]
    counted["dimension"] = counted["dimension"].map(names)
    counted["said"] = said(counted, "dimension", "country", "initiatives")
    countries = list(_countries()["country"])
    base = alt.Chart(counted).encode(
        x=_country_columns(countries),
        y=alt.Y(
            "dimension:N",
            sort=list(names.values()),
            title=None,
            axis=alt.Axis(domain=False, ticks=False, labelLimit=160),
        ),
        href="list:N",
        description="said:N",
        opacity=_chosen(),
        tooltip=[
            alt.Tooltip("dimension:N", title=text("dimension", language)),
            alt.Tooltip("country:N", title=text("country", language)),
            alt.Tooltip("initiatives:Q", title=text("number_of_initiatives", language)),
        ],
    )
    middle = (int(counted["initiatives"].min()) + int(counted["initiatives"].max())) / 2
    drawn = base.mark_rect(cornerRadius=3, stroke="white", strokeWidth=2).encode(
        color=alt.Color("initiatives:Q", scale=alt.Scale(scheme="blues", domainMin=0), legend=None)
    ) + base.mark_text(fontSize=14, fontWeight="bold", aria=False).encode(
        text="initiatives:Q",
        color=alt.condition(alt.datum.initiatives > middle, alt.value("#ffffff"), alt.value("#10243a")),
    )
    wide = counted.pivot(index="dimension", columns="country", values="initiatives").loc[
        list(names.values()), countries
    ]
    rows = "; ".join(
        text("alt_initiatives_row", language, dimension=name, counts=", ".join(f"{c} {n}" for c, n in row.items()))
        for name, row in wide.iterrows()
    )
    return _show(
        drawn.properties(width=_WIDTH - 60, height=6 * 38),
        text("number_of_initiatives", language),
        text("alt_initiatives", language, rows=rows),
        table.plain(wide.reset_index(), "initiatives-counts", [text("dimension", language), *countries], language),
        ("initiatives", "dimensions"),
        language,
        [
            chart.Live(
                "SELECT dimension, country, COUNT(*) AS initiatives FROM initiatives GROUP BY dimension, country",
                keys,
                {"initiatives": "initiatives"},
                {"initiatives": "initiatives"},
            )
        ],
    )


def policies_timeline(frame: pd.DataFrame, language: str = "en") -> Markup:
    """Return the dated laws and policies as a timeline, one line each, by country.

    A bar marks a period, a point a single year; shapes tell the countries
    apart where colour does not. Undated ones are left out.
    """
    instrument = "instrument_" + language if f"instrument_{language}" in frame else "instrument"
    dated = frame[frame["year_start"].notna()].sort_values(["year_start", "country", "instrument"]).copy()
    dated["name"] = [wrapped(name.partition(" (")[0], 34) for name in dated[instrument]]
    dated["years"] = [
        table.years(start, None if pd.isna(end) else end)
        for start, end in zip(dated["year_start"], dated["year_end"], strict=True)
    ]
    dated["kind"] = [text(f"kind_{kind}", language) for kind in dated["kind"]]
    first = int(dated["year_start"].min()) // 10 * 10
    last = int(dated[["year_start", "year_end"]].max().max())
    dated["said"] = said(dated, "years", "name", "country")
    columns = ["country", "name", "years", "kind", "year_start", "year_end", "said"]
    base = alt.Chart(dated[columns].astype({"year_start": float, "year_end": float})).encode(
        description="said:N",
        opacity=_chosen(),
        y=alt.Y(
            "name:N",
            sort=list(dated["name"]),
            title=None,
            axis=alt.Axis(
                labelLimit=0,
                labelExpr="split(datum.label, '\\n')",
                grid=True,
                gridOpacity=0.4,
                domain=False,
                ticks=False,
            ),
        ),
        x=alt.X(
            "year_start:Q",
            title=None,
            axis=alt.Axis(format="d", tickCount=6, grid=False),
            scale=alt.Scale(domain=[first, last + 1], nice=False),
        ),
        color=alt.Color("country:N", scale=_colours(), legend=alt.Legend(orient="top", title=None)),
        shape=alt.Shape(
            "country:N",
            scale=_shapes(),
            legend=alt.Legend(orient="top", title=None),
        ),
        tooltip=[
            alt.Tooltip("name:N", title=text("instrument", language)),
            alt.Tooltip("country:N", title=text("country", language)),
            alt.Tooltip("kind:N", title=text("kind", language)),
            alt.Tooltip("years:N", title=text("year", language)),
        ],
    )
    periods = base.transform_filter("isValid(datum.year_end)").mark_rule(strokeWidth=3).encode(x2="year_end:Q")
    drawn = periods + base.mark_point(filled=True, size=80)
    rows = "; ".join(
        f"{row.years} {row.name} ({row.country})".replace("\n", " ") for row in dated[columns].itertuples(index=False)
    )
    titles = [text(key, language) for key in ("year", "instrument", "country", "kind")]
    return _show(
        drawn.properties(width=_WIDTH - 110, height=38 * len(dated)),
        text("instrument", language),
        text("alt_timeline", language, rows=rows),
        table.plain(dated[["years", "name", "country", "kind"]], "timeline-data", titles, language),
        ("policies",),
        language,
    )


def policy_cycle(frame: pd.DataFrame, stages: pd.DataFrame, language: str = "en") -> Markup:
    """Return the approach of each country at each stage as a matrix (Table 5)."""
    names = dict(zip(stages["stage"], stages[f"name_{language}"], strict=True))
    approaches = frame[["stage", "country", f"approach_{language}"]].set_axis(["stage", "country", "approach"], axis=1)
    approaches["stage"] = approaches["stage"].map(names)
    approaches["said"] = said(approaches, "stage", "country", "approach")
    approaches["lines"] = [wrapped(approach, 16) for approach in approaches["approach"]]
    countries = list(dict.fromkeys(frame["country"]))
    base = alt.Chart(approaches).encode(
        description="said:N",
        opacity=_chosen(),
        x=_country_columns(countries),
        y=alt.Y(
            "stage:N",
            sort=list(names.values()),
            title=None,
            axis=alt.Axis(domain=False, ticks=False, labelExpr="split(datum.label, ' ')"),
        ),
        tooltip=[
            alt.Tooltip("stage:N", title=text("stage", language)),
            alt.Tooltip("country:N", title=text("country", language)),
            alt.Tooltip("approach:N", title=text("approach", language)),
        ],
    )
    drawn = base.mark_rect(cornerRadius=3, fillOpacity=0.12, strokeWidth=1.5).encode(
        fill=alt.Fill("country:N", scale=_colours(), legend=None),
        stroke=alt.Stroke("country:N", scale=_colours(), legend=None),
    ) + base.mark_text(lineBreak="\n", fontSize=10, baseline="middle", aria=False).encode(text="lines:N")
    rows = "; ".join(f"{row.stage}, {row.country}: {row.approach}" for row in approaches.itertuples())
    wide = approaches.pivot(index="stage", columns="country", values="approach").loc[list(names.values()), countries]
    return _show(
        drawn.properties(width=_WIDTH - 20, height=5 * 72),
        text("stage", language),
        text("alt_policy_cycle", language, rows=rows),
        table.plain(wide.reset_index(), "policy-cycle-approaches", [text("stage", language), *countries], language),
        ("policy_cycle", "policy_stages"),
        language,
    )


def rankings(ranked: pd.DataFrame, language: str = "en") -> Markup:
    """Return how the order of the countries changes from measure to measure, a line a country.

    ``ranked`` holds the view ``rankings``, its measures named as in the words.
    """
    shown = ranked.assign(
        measure=[text(measure, language) for measure in ranked["measure"]],
        label=[number(int(v) if v == int(v) else v, language) for v in ranked["value"]],
    )
    shown["said"] = said(shown, "measure", "country", "label")
    shown["lines"] = [wrapped(measure, 11) for measure in shown["measure"]]
    last = int(shown["rank"].max())
    base = alt.Chart(shown).encode(
        opacity=_chosen(),
        description="said:N",
        x=alt.X(
            "lines:N",
            sort=list(dict.fromkeys(shown["lines"])),
            title=None,
            axis=alt.Axis(
                labelExpr="split(datum.label, '\\n')",
                labelFontSize=9,
                labelAngle=0,
                labelPadding=24,  # room for three lines
                orient="top",
                domain=False,
                ticks=False,
            ),
        ),
        y=alt.Y(
            "rank:Q",
            title=text("rank", language),
            axis=alt.Axis(values=list(range(1, last + 1)), format="d", grid=False),
            scale=alt.Scale(reverse=True, domain=[0.6, last + 0.4]),
        ),
        color=alt.Color("country:N", scale=_colours(), legend=alt.Legend(orient="bottom", title=None)),
        tooltip=[
            alt.Tooltip("country:N", title=text("country", language)),
            alt.Tooltip("measure:N", title=text("measure", language)),
            alt.Tooltip("label:N", title=text("value", language)),
            alt.Tooltip("rank:Q", title=text("rank", language)),
        ],
    )
    drawn = base.mark_line(strokeWidth=2) + base.mark_point(filled=True, size=120).encode(
        shape=alt.Shape("country:N", scale=_shapes(), legend=alt.Legend(orient="bottom", title=None))
    )
    listed = shown[["measure", "country", "label", "rank"]]
    rows = "; ".join(f"{row.measure}: {row.rank} {row.country} ({row.label})" for row in listed.itertuples(index=False))
    titles = [text(key, language) for key in ("measure", "country", "value", "rank")]
    return _show(
        drawn.properties(width=_WIDTH + 30, height=150),
        text("chart_rankings", language),
        text("alt_rankings", language, rows=rows),
        table.plain(listed, "rankings-data", titles, language),
        ("rankings",),
        language,
        [
            chart.Live(
                "SELECT measure, country, value, rank FROM rankings",
                ranked[["measure", "country"]].to_numpy().tolist(),
                {"value": "value", "rank": "rank"},
                {"label": "value"},
            )
        ],
    )


def internet_users(users: pd.DataFrame, language: str = "en") -> Markup:
    """Return the number of internet users in millions, a bar a country."""
    shown = users.assign(label=[number(value, language) for value in users["internet_users_millions"]])
    shown["said"] = said(shown, "country", "label")
    base = alt.Chart(shown).encode(
        opacity=_chosen(),
        description="said:N",
        y=alt.Y("country:N", sort=None, title=None),
        x=alt.X(
            "internet_users_millions:Q",
            title=None,
            axis=None,
            scale=alt.Scale(domainMin=0, domainMax=float(users["internet_users_millions"].max()) * 1.3),
        ),
        tooltip=[
            alt.Tooltip("country:N", title=text("country", language)),
            alt.Tooltip("label:N", title=text("internet_users_millions", language)),
        ],
    )
    bars = base.mark_bar().encode(color=alt.Color("country:N", scale=_colours(), legend=None))
    rows = "; ".join(f"{row.country} {row.label}" for row in shown.itertuples())
    titles = [text(key, language) for key in ("country", "internet_users_millions")]
    return _show(
        (bars + base.mark_text(align="left", dx=4, aria=False).encode(text="label:N")).properties(
            width=_WIDTH - 70, height=78
        ),
        text("internet_users_millions", language),
        text("alt_internet_users", language, rows=rows),
        table.plain(users, "internet-users-data", titles, language),
        ("internet_users",),
        language,
        [
            chart.Live(
                "SELECT country, internet_users_millions FROM internet_users",
                list(zip(users["country"], strict=True)),
                {"internet_users_millions": "internet_users_millions"},
                {"label": "internet_users_millions"},
            )
        ],
    )


def instruments_by_year(counted: pd.DataFrame, language: str = "en") -> Markup:
    """Return the number of dated instruments by the end of each year, a stepped line a country."""
    drawn = (
        alt.Chart(counted.assign(said=counted["country"]))
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            opacity=_chosen(),
            description="said:N",
            x=alt.X("year:Q", title=None, axis=alt.Axis(format="d", tickCount=6, grid=False)),
            y=alt.Y("instruments:Q", title=text("number_of_instruments", language), axis=alt.Axis(tickCount=5)),
            color=alt.Color("country:N", scale=_colours(), legend=alt.Legend(orient="top", title=None)),
            strokeDash=alt.StrokeDash(
                "country:N",
                scale=alt.Scale(
                    domain=list(_countries()["country"]),
                    range=[list(map(int, dash.split())) for dash in _countries()["dash"]],
                ),
                legend=alt.Legend(orient="top", title=None),
            ),
            tooltip=[
                alt.Tooltip("country:N", title=text("country", language)),
                alt.Tooltip("year:Q", title=text("year", language), format="d"),
                alt.Tooltip("instruments:Q", title=text("number_of_instruments", language)),
            ],
        )
    )
    steps = counted[counted.groupby("country")["instruments"].diff().fillna(counted["instruments"]) > 0]
    rows = "; ".join(f"{row.country} {row.year}: {row.instruments}" for row in steps.itertuples())
    titles = [text(key, language) for key in ("year", "country", "number_of_instruments")]
    return _show(
        drawn.properties(width=_WIDTH - 40, height=160),
        text("number_of_instruments", language),
        text("alt_instruments_by_year", language, rows=rows),
        table.plain(steps.astype({"year": str}), "instruments-data", titles, language),
        ("instruments_by_year",),
        language,
        [
            chart.Live(
                "SELECT year, country, instruments FROM instruments_by_year",
                counted[["year", "country"]].to_numpy().tolist(),
                {"instruments": "instruments"},
            )
        ],
    )


def _explored(dimension: str, country: str, row: str, language: str) -> str:
    """Return the address of a list in the explorer; without scripts it leads to the list's first row."""
    chosen = {text("dimension", language): dimension, text("country", language): country}
    return f"explorer.html?{urlencode({f'initiatives.{name}': value for name, value in chosen.items()})}#{row}"


def _chosen() -> Any:
    """Return the opacity that lets the country step forward that the reader has chosen for the page."""
    others = f"{chart.CHOSEN} && datum.country !== {chart.CHOSEN}"
    return alt.condition(others, alt.value(0.15), alt.value(1))


def _countries() -> pd.DataFrame:
    """Return the countries in their order, each with its colour, shape and dash on every chart (``countries.csv``)."""
    return data.load("countries")


def _show(
    drawn: alt.TopLevelMixin,
    title: str,
    description: str,
    shown: Markup,
    sources: tuple[str, ...],
    language: str,
    live: Sequence[chart.Live] = (),
) -> Markup:
    """Show a chart on which a reader can let one country step forward."""
    return chart.show(drawn, title, description, shown, sources, language, list(_countries()["country"]), live)


def _colours() -> alt.Scale:
    countries = _countries()
    return alt.Scale(domain=list(countries["country"]), range=list(countries["colour"]))


def _country_columns(countries: list[str]) -> alt.X:
    """Return the columns of a matrix, a country each."""
    axis = alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False)
    return alt.X("country:N", sort=countries, title=None, axis=axis)


def _shapes() -> alt.Scale:
    countries = _countries()
    return alt.Scale(domain=list(countries["country"]), range=list(countries["shape"]))
