"""The tables of the paper, and those that this edition adds to them: data frames to accessible HTML tables."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from checkable_book import data
from checkable_book.render import values
from checkable_book.render.comparison_columns import columns
from checkable_book.render.i18n import number, text
from checkable_book.render.output import Markup
from checkable_book.render.table import Cell, Item, english, localised, table, titles, years
from checkable_book.render.values import Value


def internet_use(frame: pd.DataFrame, language: str = "en", id: str = "internet-use") -> Markup:
    """Return Table 1: population, adoption (percent) and speed (Mbps), one row a country.

    ``frame`` holds ``internet_use.csv``.
    """
    rows = [
        [row["country"], *(values.cell("internet_use", row, column, language) for column in frame.columns[1:])]
        for row in frame.to_dict("records")
    ]
    titles = [
        text("country", language),
        f"{text('population', language)} ({text('persons', language)})",
        f"{text('internet_adoption', language)} (%)",
        f"{text('internet_speed', language)} ({text('mbps', language)})",
    ]
    return table(id, titles, rows, language, numeric=(1, 2, 3), sources=("internet_use",))


def eligibility_criteria(frame: pd.DataFrame, language: str = "en") -> Markup:
    """Return Table 2: the criteria, one row each, with what includes and excludes a record."""
    rows = [
        [row["name"], row["inclusion"], row["exclusion"] or text("none_given", language)]
        for row in localised(frame, language)
    ]
    return table(
        "eligibility-criteria",
        titles(["criterion", "inclusion", "exclusion"], language),
        rows,
        language,
        sources=("eligibility_criteria",),
    )


def record_sources(frame: pd.DataFrame, language: str = "en") -> Markup:
    """Return the records found in each database (Figure 1), with their sum in the last row."""
    rows = [
        [row["source"], values.cell("record_sources", row, "records", language)] for row in frame.to_dict("records")
    ]
    total = int(frame["records"].sum())
    origin = f"record_sources.csv, {text('total', language)}"
    name = "sources_total"
    found = Value(total, number(total, language), origin, f"numbers-{data.slug(name)}", name)
    rows.append([text("total", language), found])
    return table(
        "record-sources",
        titles(["source", "records"], language),
        rows,
        language,
        numeric=(1,),
        sources=("record_sources",),
    )


def definitions(frame: pd.DataFrame, language: str = "en") -> Markup:
    """Return Table 3: what each country's definition stresses, one row a country."""
    rows: list[list[Cell]] = [
        [
            str(country),
            [
                Item(_slug("definitions", country, row["position"]), row["emphasis"])
                for row in localised(part, language)
            ],
        ]
        for country, part in frame.groupby("country", sort=False)
    ]
    return table("definitions", titles(["country", "emphasis"], language), rows, language, sources=("definitions",))


def policies(frame: pd.DataFrame, country: str, language: str = "en") -> Markup:
    """Return the laws, policies and bodies of one country, dated ones first by year."""
    chosen = frame[frame["country"] == country].sort_values("year_start", kind="stable", na_position="last")
    rows = [
        [
            row["instrument"],
            text(f"kind_{row['kind']}", language),
            row["identifier"],
            years(row["year_start"], row["year_end"]),
            row["role"],
        ]
        for row in localised(chosen, language)
    ]
    heads = titles(["instrument", "kind", "identifier", "year", "role"], language)
    return table(f"policies-{_slug(country)}", heads, rows, language, sources=("policies",))


def initiatives(frame: pd.DataFrame, dimensions: pd.DataFrame, language: str = "en") -> Markup:
    """Return Table 4: the numbered initiatives, one row a dimension, one column a country.

    Each list has the identifier ``initiatives-DIMENSION-COUNTRY`` on its first
    entry's row, so that the heatmap can lead to it.
    """
    countries = list(dict.fromkeys(frame["country"]))
    rows: list[list[Cell]] = []
    for dimension in localised(dimensions, language):
        part = frame[frame["dimension"] == dimension["dimension"]]
        cells: list[Cell] = [dimension["name"]]
        for country in countries:
            cells.append(
                [
                    Item(_slug("initiatives", row["dimension"], country, row["position"]), row["initiative"])
                    for row in localised(part[part["country"] == country], language)
                ]
            )
        rows.append(cells)
    return table(
        "initiatives", [text("dimension", language), *countries], rows, language, sources=("initiatives", "dimensions")
    )


def explore_initiatives(frame: pd.DataFrame, dimensions: pd.DataFrame, language: str = "en") -> Markup:
    """Return every initiative as a row of its own, to search, choose, sort and save (Table 4)."""
    names = {row["dimension"]: row["name"] for row in localised(dimensions, language)}
    rows = [
        [row["initiative"], names[row["dimension"]], row["country"], row["position"]]
        for row in localised(frame, language)
    ]
    keys = frame[data.key_columns("initiatives")].to_numpy().tolist()
    ids = [data.row_id("initiatives", key) for key in keys]
    heads = titles(["initiative", "dimension", "country", "position"], language)
    return table(
        "initiatives",
        heads,
        rows,
        language,
        numeric=(3,),
        ids=ids,
        filters=(1, 2),
        sources=("initiatives", "dimensions"),
    )


def explore_policies(frame: pd.DataFrame, language: str = "en") -> Markup:
    """Return every law, policy and body as a row of its own, to search, choose, sort and save."""
    rows = [
        [
            row["instrument"],
            row["country"],
            text(f"kind_{row['kind']}", language),
            row["identifier"],
            years(row["year_start"], row["year_end"]),
            row["role"],
        ]
        for row in localised(frame, language)
    ]
    ids = [data.row_id("policies", key) for key in frame[data.key_columns("policies")].to_numpy().tolist()]
    heads = titles(["instrument", "country", "kind", "identifier", "year", "role"], language)
    return table("policies", heads, rows, language, ids=ids, filters=(1, 2), years=4, sources=("policies",))


def policy_cycle(frame: pd.DataFrame, stages: pd.DataFrame, language: str = "en") -> Markup:
    """Return Table 5: approach and assessment, one row a stage, one column a country."""
    countries = list(dict.fromkeys(frame["country"]))
    cells = {
        (row["stage"], row["country"]): f"{row['approach']}. {row['assessment']}." for row in localised(frame, language)
    }
    rows = [
        [stage["name"], *(cells[stage["stage"], country] for country in countries)]
        for stage in localised(stages, language)
    ]
    return table(
        "policy-cycle", [text("stage", language), *countries], rows, language, sources=("policy_cycle", "policy_stages")
    )


def ways(frame: pd.DataFrame, stages: pd.DataFrame, language: str = "en") -> Markup:
    """Return the way of each country, a column each: its approach at every stage (Table 5)."""
    names = {row["stage"]: row["name"] for row in localised(stages, language)}
    told: dict[str, Sequence[tuple[str, str]]] = {
        country: [(names[row["stage"]], row["approach"]) for row in localised(part, language)]
        for country in data.load("countries")["country"]
        if len(part := frame[frame["country"] == country])
    }
    return columns(told, language, ("policy_cycle", "policy_stages"))


def flow_scenarios(scenarios: pd.DataFrame, language: str = "en") -> Markup:
    """Return the published flow beside what it would be under other readings, one row a scenario.

    ``scenarios`` holds the view ``flow_scenarios``.
    """
    rows: list[list[Cell]] = [
        [
            text(f"scenario_{row['scenario']}", language),
            *(values.view_cell("flow_scenarios", row, 1, str(column), language) for column in scenarios.columns[1:]),
        ]
        for row in scenarios.to_dict("records")
    ]
    keys = ["scenario", "identified_records", *scenarios.columns[2:]]
    return table(
        "flow-scenarios",
        titles(keys, language),
        rows,
        language,
        numeric=tuple(range(1, len(keys))),
        sources=("flow_scenarios",),
    )


def dimension_shares(shares: pd.DataFrame, dimensions: pd.DataFrame, language: str = "en") -> Markup:
    """Return the share of each dimension in a country's initiatives, in percent, one row a dimension.

    ``shares`` holds the view ``dimension_shares``.
    """
    countries = list(dict.fromkeys(shares["country"]))
    cells = {
        (row["dimension"], row["country"]): values.view_cell("dimension_shares", row, 2, "share_percent", language)
        for row in shares.to_dict("records")
    }
    rows: list[list[Cell]] = [
        [row["name"], *(cells[row["dimension"], country] for country in countries)]
        for row in localised(dimensions, language)
    ]
    heads = [text("dimension", language), *(f"{country} (%)" for country in countries)]
    numeric = tuple(range(1, len(heads)))
    return table("dimension-shares", heads, rows, language, numeric=numeric, sources=("dimension_shares", "dimensions"))


def deduplication_quality(found: pd.DataFrame, language: str = "en") -> Markup:
    """Return what each engine finds on each labelled set, one row each.

    ``found`` holds the view ``deduplication_rates``.
    """
    keys = ["labelled_set", "engine", "records", "precision_percent", "recall_percent", "f1_percent"]
    rows = [
        [
            text("all_sets", language) if row[keys[0]] == "all" else english(str(row[keys[0]]), language),
            text("this_project", language) if row[keys[1]] == "this project" else str(row[keys[1]]),
            *(number(row[key], language) for key in keys[2:]),
        ]
        for row in found.to_dict("records")
    ]
    numeric = tuple(range(2, len(keys)))
    return table(
        "deduplication-quality",
        titles(keys, language),
        rows,
        language,
        numeric=numeric,
        sources=("deduplication_rates",),
    )


def _slug(*parts: object) -> str:
    return "-".join(str(part).lower().replace(" ", "-") for part in parts)
