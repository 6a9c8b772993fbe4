"""The tables of the book: data frames to accessible HTML tables.

Every table has a caption for screen readers, header cells with a scope, an
identifier for each row and, in each cell, the name of its column, by which the
style sheet turns rows into cards on a phone.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from smartcity_review import data
from smartcity_review.markup import Markup, render
from smartcity_review.messages import number, text


@dataclass(frozen=True)
class Item:
    """One entry of a list inside a cell, with the identifier that links lead to."""

    id: str
    text: str


Cell = str | list[Item]


def internet_use(frame: pd.DataFrame, language: str = "en", id: str = "internet-use") -> Markup:
    """Return Table 1: population, adoption (percent) and speed (Mbps), one row a country.

    ``frame`` holds ``internet_use.csv``.
    """
    rows = [
        [row["country"], *(number(row[column], language) for column in frame.columns[1:])]
        for row in frame.to_dict("records")
    ]
    titles = [
        text("country", language),
        f"{text('population', language)} ({text('persons', language)})",
        f"{text('internet_adoption', language)} (%)",
        f"{text('internet_speed', language)} ({text('mbps', language)})",
    ]
    return _table(id, titles, rows, language, numeric=(1, 2, 3))


def eligibility_criteria(frame: pd.DataFrame, language: str = "en") -> Markup:
    """Return Table 2: the criteria, one row each, with what includes and excludes a record."""
    rows = [
        [row["name"], row["inclusion"], row["exclusion"] or text("none_given", language)]
        for row in _localised(frame, language)
    ]
    return _table("eligibility-criteria", _titles(["criterion", "inclusion", "exclusion"], language), rows, language)


def record_sources(frame: pd.DataFrame, language: str = "en") -> Markup:
    """Return the records found in each database (Figure 1), with their sum in the last row."""
    rows = [[source, number(records, language)] for source, records in frame.itertuples(index=False)]
    rows.append([text("total", language), number(int(frame["records"].sum()), language)])
    return _table("record-sources", _titles(["source", "records"], language), rows, language, numeric=(1,))


def definitions(frame: pd.DataFrame, language: str = "en") -> Markup:
    """Return Table 3: what each country's definition stresses, one row a country."""
    rows: list[list[Cell]] = [
        [
            str(country),
            [
                Item(_slug("definitions", country, row["position"]), row["emphasis"])
                for row in _localised(part, language)
            ],
        ]
        for country, part in frame.groupby("country", sort=False)
    ]
    return _table("definitions", _titles(["country", "emphasis"], language), rows, language)


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
        for row in _localised(chosen, language)
    ]
    titles = _titles(["instrument", "kind", "identifier", "year", "role"], language)
    return _table(f"policies-{_slug(country)}", titles, rows, language)


def initiatives(frame: pd.DataFrame, dimensions: pd.DataFrame, language: str = "en") -> Markup:
    """Return Table 4: the numbered initiatives, one row a dimension, one column a country.

    Each list has the identifier ``initiatives-DIMENSION-COUNTRY`` on its first
    entry's row, so that the heatmap can lead to it.
    """
    countries = list(dict.fromkeys(frame["country"]))
    rows: list[list[Cell]] = []
    for dimension in _localised(dimensions, language):
        part = frame[frame["dimension"] == dimension["dimension"]]
        cells: list[Cell] = [dimension["name"]]
        for country in countries:
            cells.append(
                [
                    Item(_slug("initiatives", row["dimension"], country, row["position"]), row["initiative"])
                    for row in _localised(part[part["country"] == country], language)
                ]
            )
        rows.append(cells)
    return _table("initiatives", [text("dimension", language), *countries], rows, language)


def policy_cycle(frame: pd.DataFrame, stages: pd.DataFrame, language: str = "en") -> Markup:
    """Return Table 5: approach and assessment, one row a stage, one column a country."""
    countries = list(dict.fromkeys(frame["country"]))
    cells = {
        (row["stage"], row["country"]): f"{row['approach']}. {row['assessment']}."
        for row in _localised(frame, language)
    }
    rows = [
        [stage["name"], *(cells[stage["stage"], country] for country in countries)]
        for stage in _localised(stages, language)
    ]
    return _table("policy-cycle", [text("stage", language), *countries], rows, language)


def cited_works(frame: pd.DataFrame, sections: pd.DataFrame, language: str = "en") -> Markup:
    """Return the cited works: as cited, what for, where, and whether they are identified."""
    headings = {row["section"]: row["title"] for row in _localised(sections, language)}
    rows = [
        [
            f"{row['authors']} ({row['year']})",
            row["cited_for"],
            "; ".join(headings[section] for section in row["sections"].split(";")),
            text(f"identified_{row['identified']}", language),
            row["note"],
        ]
        for row in _localised(frame, language)
    ]
    titles = _titles(["work", "cited_for", "sections", "identified", "note"], language)
    return _table("cited-works", titles, rows, language)


def outside_facts(frame: pd.DataFrame, language: str = "en") -> Markup:
    """Return what sources beyond the paper say, one row a fact, with its status."""
    rows = [
        [
            row["paper_says"],
            row["outside_says"],
            row["outside_source"],
            text(f"verdict_{row['verdict']}", language),
            text(f"status_{row['status']}", language),
        ]
        for row in _localised(frame, language)
    ]
    titles = _titles(["paper_says", "outside_says", "source", "verdict", "status"], language)
    return _table("outside-facts", titles, rows, language)


def files(language: str = "en") -> Markup:
    """Return the files of the data with what each holds, its rows and its place in the paper."""
    rows = []
    for name in data.names():
        description = data.describe(name)
        rows.append(
            [
                f"{name}.csv",
                description["description"],
                number(len(data.load(name)), language),
                description["sources"][0]["title"],
            ]
        )
    titles = _titles(["file", "meaning", "rows", "source"], language)
    return _table("files", titles, rows, language, numeric=(2,))


def years(start: object, end: object) -> str:
    """Return a year or a period as the prose writes it; empty where there is none."""
    if not start:
        return ""
    return f"{start}–{end}" if end else f"{start}"


def plain(frame: pd.DataFrame, id: str, titles: list[str], language: str = "en") -> Markup:
    """Return any frame as it stands, for the data behind a chart."""
    rows = [
        [number(cell, language) if isinstance(cell, int | float) else str(cell) for cell in row]
        for row in frame.itertuples(index=False)
    ]
    numeric = tuple(place for place, column in enumerate(frame) if pd.api.types.is_numeric_dtype(frame[column]))
    return _table(id, titles, rows, language, numeric=numeric)


def _localised(frame: pd.DataFrame, language: str) -> list[dict[str, str]]:
    """Return rows as text, with each per-language column under its plain name."""
    suffix = f"_{language}"
    rows = frame.astype(object).where(frame.notna(), "").astype(str).to_dict("records")
    return [{str(column).removesuffix(suffix): cell for column, cell in row.items()} for row in rows]


def _titles(keys: list[str], language: str) -> list[str]:
    return [text(key, language) for key in keys]


def _slug(*parts: object) -> str:
    return "-".join(str(part).lower().replace(" ", "-") for part in parts)


def _table(
    id: str,
    titles: list[str],
    rows: list[list[Cell]] | list[list[str]],
    language: str,
    numeric: tuple[int, ...] = (),
) -> Markup:
    """Return the HTML table and its plain twin; the first column heads each row."""
    summary = text("table_summary", language, rows=number(len(rows), language), columns=number(len(titles), language))
    columns = [{"title": title, "numeric": place in numeric} for place, title in enumerate(titles)]
    marked = [{"id": f"{id}-row-{place}", "cells": cells} for place, cells in enumerate(rows, start=1)]
    page = render("table.html", id=id, columns=columns, rows=marked, stubs=1, summary=f"{'; '.join(titles)}: {summary}")
    flat = [[cell if isinstance(cell, str) else " / ".join(item.text for item in cell) for cell in row] for row in rows]
    return Markup(page, "\n".join(" | ".join(row) for row in [titles, *flat]))
