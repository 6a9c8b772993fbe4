"""The tables of the paper, and those that this edition adds to them: data frames to accessible HTML tables."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup as Safe

from checkable_book import data
from checkable_book.data.database import load_view
from checkable_book.render.claims import link_claims
from checkable_book.render.comparison_columns import comparison_columns
from checkable_book.render.entity_pages import link_to_page
from checkable_book.render.i18n import translate
from checkable_book.render.output import CellOutput
from checkable_book.render.phrases import link_words, note_lines
from checkable_book.render.table import Cell, Item, build_table, column_titles, join_years, mark_english
from checkable_book.render.values import CellText, Value, cell_value, find_value, text_cell, view_cell_value


def internet_use(frame: pd.DataFrame, language: str = "en", id: str = "internet-use") -> CellOutput:
    """Return Table 1: population, adoption (percent) and speed (Mbps), one row a country.

    ``frame`` holds ``internet_use.csv``.
    """
    rows: list[list[Cell]] = [
        [row["country"], *(cell_value("internet_use", row, str(column), language) for column in frame.columns[1:])]
        for row in frame.to_dict("records")
    ]
    titles = [
        translate("country", language),
        f"{translate('population', language)} ({translate('persons', language)})",
        f"{translate('internet_adoption', language)} (%)",
        f"{translate('internet_speed', language)} ({translate('mbps', language)})",
    ]
    return build_table(id, titles, rows, language, numeric=(1, 2, 3), sources=("internet_use",))


def eligibility_criteria(frame: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return Table 2: the criteria, one row each, with what includes and excludes a record."""
    rows: list[list[Cell]] = []
    for row in frame.to_dict("records"):
        name, inclusion, exclusion = (
            text_cell("eligibility_criteria", row, column, language) for column in ("name", "inclusion", "exclusion")
        )
        rows.append([name, inclusion, exclusion if exclusion.text else translate("none_given", language)])
    titles = column_titles(["criterion", "inclusion", "exclusion"], language)
    return build_table("eligibility-criteria", titles, rows, language, sources=("eligibility_criteria",))


def record_sources(frame: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return the records found in each database (Figure 1), with their sum in the last row."""
    rows: list[list[Cell]] = [
        [row["source"], cell_value("record_sources", row, "records", language)] for row in frame.to_dict("records")
    ]
    rows.append([translate("total", language), find_value("sources_total", language)])
    titles = column_titles(["source", "records"], language)
    return build_table("record-sources", titles, rows, language, numeric=(1,), sources=("record_sources",))


def definitions(frame: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return Table 3: what each country's definition stresses, one row a country."""
    rows: list[list[Cell]] = [
        [
            str(country),
            [
                Item(
                    _slug("definitions", country, row["position"]), text_cell("definitions", row, "emphasis", language)
                )
                for row in part.to_dict("records")
            ],
        ]
        for country, part in frame.groupby("country", sort=False)
    ]
    titles = column_titles(["country", "emphasis"], language)
    return build_table("definitions", titles, rows, language, sources=("definitions",))


def policies(frame: pd.DataFrame, country: str, language: str = "en") -> CellOutput:
    """Return the laws, policies and bodies of one country, dated ones first by year."""
    chosen = frame[frame["country"] == country].sort_values("year_start", kind="stable", na_position="last")
    rows = [_policy(row, language) for row in chosen.to_dict("records")]
    heads = column_titles(["instrument", "kind", "identifier", "year", "role"], language)
    return build_table(f"policies-{_slug(country)}", heads, rows, language, sources=("policies",))


def initiatives(frame: pd.DataFrame, dimensions: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return Table 4: the numbered initiatives, one row a dimension, one column a country.

    Each entry has the identifier ``initiatives-DIMENSION-COUNTRY-POSITION``, so that the chart can lead to it.
    """
    countries = list(dict.fromkeys(frame["country"]))
    rows: list[list[Cell]] = []
    for dimension in dimensions.to_dict("records"):
        part = frame[frame["dimension"] == dimension["dimension"]]
        cells: list[Cell] = [str(text_cell("dimensions", dimension, "name", language))]
        for country in countries:
            cells.append(
                [
                    Item(
                        _slug("initiatives", row["dimension"], country, row["position"]),
                        text_cell("initiatives", row, "initiative", language),
                    )
                    for row in part[part["country"] == country].to_dict("records")
                ]
            )
        rows.append(cells)
    titles = [translate("dimension", language), *countries]
    return build_table("initiatives", titles, rows, language, sources=("initiatives", "dimensions"))


def explore_initiatives(frame: pd.DataFrame, dimensions: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return every initiative as a row of its own, to search, choose, sort and save (Table 4)."""
    names = {
        row["dimension"]: str(text_cell("dimensions", row, "name", language)) for row in dimensions.to_dict("records")
    }
    records = frame.to_dict("records")
    rows: list[list[Cell]] = [
        [
            text_cell("initiatives", row, "initiative", language),
            names[row["dimension"]],
            row["country"],
            text_cell("initiatives", row, "position", language),
        ]
        for row in records
    ]
    heads = column_titles(["initiative", "dimension", "country", "position"], language)
    return build_table(
        "initiatives",
        heads,
        rows,
        language,
        numeric=(3,),
        ids=_row_ids("initiatives", frame),
        filters=(1, 2),
        keys=("initiative", "dimension", "country", "position"),
        values=[[row["dimension"], row["country"]] for row in records],
        sources=("initiatives", "dimensions"),
    )


def explore_policies(frame: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return every law, policy and body as a row of its own, to search, choose, sort and save."""
    rows: list[list[Cell]] = []
    for row in frame.to_dict("records"):
        name, *others = _policy(row, language)
        rows.append([name, row["country"], *others])
    keys = ["instrument", "country", "kind", "identifier", "year", "role"]
    values = [[row["country"], row["kind"]] for row in frame.to_dict("records")]
    heads = column_titles(keys, language)
    ids = _row_ids("policies", frame)
    return build_table(
        "policies",
        heads,
        rows,
        language,
        ids=ids,
        filters=(1, 2),
        years=4,
        sources=("policies",),
        keys=keys,
        values=values,
    )


def policy_cycle(frame: pd.DataFrame, stages: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return Table 5: approach and assessment, one row a stage, one column a country."""
    countries = list(dict.fromkeys(frame["country"]))
    cells = {
        (row["stage"], row["country"]): Safe("{}. {}.").format(
            *(text_cell("policy_cycle", row, column, language) for column in ("approach", "assessment"))
        )
        for row in frame.to_dict("records")
    }
    rows: list[list[Cell]] = [
        [
            str(text_cell("policy_stages", stage, "name", language)),
            *(cells[stage["stage"], country] for country in countries),
        ]
        for stage in stages.to_dict("records")
    ]
    titles = [translate("stage", language), *countries]
    return build_table("policy-cycle", titles, rows, language, sources=("policy_cycle", "policy_stages"))


def approaches(frame: pd.DataFrame, stages: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return the way of each country, a column each: its approach at every stage (Table 5)."""
    names = {row["stage"]: text_cell("policy_stages", row, "name", language) for row in stages.to_dict("records")}
    columns: dict[str, Sequence[tuple[str | CellText, str | CellText | Value]]] = {
        country: [
            (names[row["stage"]], text_cell("policy_cycle", row, "approach", language))
            for row in part.to_dict("records")
        ]
        for country in data.load_table("countries")["country"]
        if len(part := frame[frame["country"] == country])
    }
    return comparison_columns(columns, language, ("policy_cycle", "policy_stages"))


def stage_assessments(frame: pd.DataFrame, stage: str, language: str = "en") -> CellOutput:
    """Return how the paper assesses each country at one stage, a column a country (Table 5)."""
    columns: dict[str, Sequence[tuple[str | CellText, str | CellText | Value]]] = {
        row["country"]: [
            (
                text_cell("policy_cycle", row, "approach", language),
                text_cell("policy_cycle", row, "assessment", language),
            )
        ]
        for row in frame[frame["stage"] == stage].to_dict("records")
    }
    return comparison_columns(columns, language, ("policy_cycle",))


def flow_scenarios(scenarios: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return the published flow beside what it would be under other readings, one row a scenario.

    ``scenarios`` holds the view ``flow_scenarios``.
    """
    rows: list[list[Cell]] = [
        [
            translate(f"scenario_{row['scenario']}", language),
            *(view_cell_value("flow_scenarios", row, 1, str(column), language) for column in scenarios.columns[1:]),
        ]
        for row in scenarios.to_dict("records")
    ]
    keys = ["scenario", "identified_records", *scenarios.columns[2:]]
    numeric = tuple(range(1, len(keys)))
    titles = column_titles(keys, language)
    return build_table("flow-scenarios", titles, rows, language, numeric=numeric, sources=("flow_scenarios",))


def dimension_shares(shares: pd.DataFrame, dimensions: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return the share of each dimension in a country's initiatives, in percent, one row a dimension.

    ``shares`` holds the view ``dimension_shares``.
    """
    countries = list(dict.fromkeys(shares["country"]))
    cells = {
        (row["dimension"], row["country"]): view_cell_value("dimension_shares", row, 2, "share_percent", language)
        for row in shares.to_dict("records")
    }
    rows: list[list[Cell]] = [
        [
            str(text_cell("dimensions", row, "name", language)),
            *(cells[row["dimension"], country] for country in countries),
        ]
        for row in dimensions.to_dict("records")
    ]
    heads = [translate("dimension", language), *(f"{country} (%)" for country in countries)]
    numeric = tuple(range(1, len(heads)))
    sources = ("dimension_shares", "dimensions")
    return build_table("dimension-shares", heads, rows, language, numeric=numeric, sources=sources)


def list_lengths(lengths: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return the length of each country's list, as printed and with near-duplicates merged, one row a country.

    ``lengths`` holds the view ``list_lengths``.
    """
    keys = [str(column) for column in lengths.columns[1:]]
    rows: list[list[Cell]] = [
        [str(row["country"]), *(view_cell_value("list_lengths", row, 1, key, language) for key in keys)]
        for row in lengths.to_dict("records")
    ]
    titles = column_titles(["country", *keys], language)
    return build_table("list-lengths", titles, rows, language, numeric=(1, 2, 3, 4), sources=("list_lengths",))


def main_conclusions(frame: pd.DataFrame, strength: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return the main conclusions, a row each: verdict, strength, what stays open, and the chapter where to look.

    ``frame`` holds ``main_conclusions.csv``, ``strength`` the view ``conclusion_strength``.
    """
    found = {row["conclusion"]: row for row in strength.to_dict("records")}
    rows: list[list[Cell]] = [
        [
            text_cell("main_conclusions", row, "statement", language),
            translate(f"verdict_{found[row['conclusion']]['verdict']}", language),
            translate(f"strength_{found[row['conclusion']]['strength']}", language),
            text_cell("main_conclusions", row, "limit", language),
            _chapter_link(str(row["section"]), language),
        ]
        for row in frame.to_dict("records")
    ]
    heads = column_titles(["conclusion", "verdict", "strength", "limit", "where_to_look"], language)
    return build_table(
        "main-conclusions",
        heads,
        rows,
        language,
        ids=[f"conclusion-{name}" for name in frame["conclusion"]],
        sources=("main_conclusions", "conclusion_strength"),
    )


def conclusion_verdicts(*names: str, language: str = "en") -> CellOutput:
    """Return main conclusions, a line each: what the paper concludes, the verdict on it, and how strong it is."""
    strength = {row["conclusion"]: row for row in load_view("conclusion_strength").to_dict("records")}
    held = {row["conclusion"]: row for row in data.load_table("main_conclusions").to_dict("records")}
    lines = []
    for name in names:
        found = strength[name]
        verdict = translate(f"verdict_{found['verdict']}", language)
        place = f"page:chapters/{language}/main_conclusions"
        lines.append(
            Safe(translate("conclusion_line", language, statement="{0}", verdict="{1}", strength="{2}")).format(
                text_cell("main_conclusions", held[name], "statement", language),
                link_words(verdict, place, f"#conclusion-{name}"),
                translate(f"strength_{found['strength']}", language),
            )
        )
    return note_lines(lines)


def conclusion_evidence(
    frame: pd.DataFrame, strength: pd.DataFrame, claims: pd.DataFrame, language: str = "en"
) -> CellOutput:
    """Return what each main conclusion rests on, a row each: how much of each kind, and the claims, each a link.

    ``claims`` holds ``main_conclusion_claims.csv``; the others as for :func:`main_conclusions`.
    """
    keys = ["places_for", "claims_against", "confirmed_outside", "works"]
    found = {row["conclusion"]: row for row in strength.to_dict("records")}
    rows: list[list[Cell]] = [
        [
            text_cell("main_conclusions", row, "statement", language),
            *(view_cell_value("conclusion_strength", found[row["conclusion"]], 1, key, language) for key in keys[:-1]),
            view_cell_value("conclusion_strength", found[row["conclusion"]], 1, keys[-1], language)
            if found[row["conclusion"]][keys[-1]]
            else translate("none", language),
            _claim_links(claims[claims["conclusion"] == row["conclusion"]], language),
        ]
        for row in frame.to_dict("records")
    ]
    heads = column_titles(["conclusion", *keys, "claims_behind"], language)
    sources = ("main_conclusions", "conclusion_strength", "main_conclusion_claims")
    return build_table("conclusion-evidence", heads, rows, language, numeric=(1, 2, 3, 4), sources=sources)


def appraisal(frame: pd.DataFrame, tool: str, language: str = "en") -> CellOutput:
    """Return what was judged of each item of a tool, a row each, with the reason; ``frame`` holds ``appraisal.csv``."""
    chosen = frame[frame["tool"] == tool]
    rows: list[list[Cell]] = [
        [
            text_cell("appraisal", row, "title", language),
            text_cell("appraisal", row, "item", language),
            translate(f"judgement_{row['judgement']}", language),
            text_cell("appraisal", row, "reason", language),
        ]
        for row in chosen.to_dict("records")
    ]
    heads = column_titles(["appraised", "item", "judgement", "reason"], language)
    name = f"appraisal-{_slug(tool)}"
    return build_table(name, heads, rows, language, numeric=(1,), sources=("appraisal",))


def stage_instruments(
    coded: pd.DataFrame, policies: pd.DataFrame, stages: pd.DataFrame, language: str = "en"
) -> CellOutput:
    """Return the instruments that the paper names at each stage, a row a stage, a column a country.

    ``coded`` holds ``instrument_stages.csv``; each instrument stands with its year and the work cited for it.
    """
    countries = list(dict.fromkeys(coded["country"]))
    held = {(row["country"], row["instrument"]): row for row in policies.to_dict("records")}
    rows: list[list[Cell]] = []
    for stage in stages.to_dict("records"):
        cells: list[Cell] = [str(text_cell("policy_stages", stage, "name", language))]
        for country in countries:
            chosen = coded[(coded["stage"] == stage["stage"]) & (coded["country"] == country)]
            named = [_dated_instrument(held[country, name], language) for name in chosen["instrument"]]
            cells.append(Safe("; ").join(named) if named else translate("none_named", language))
        rows.append(cells)
    titles = [translate("stage", language), *countries]
    sources = ("instrument_stages", "policies", "policy_stages")
    return build_table("stage-instruments", titles, rows, language, sources=sources)


def proposed_tests(frame: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return what would test what the paper's text leaves open, one row a test."""
    keys = ["question", "data", "method", "decision"]
    rows: list[list[Cell]] = [
        [text_cell("proposed_tests", row, key, language) for key in keys] for row in frame.to_dict("records")
    ]
    heads = column_titles(["test_question", "test_data", "test_method", "test_decision"], language)
    return build_table("proposed-tests", heads, rows, language, sources=("proposed_tests",))


def deduplication_quality(found: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return what each engine finds on each labelled set, one row each.

    ``found`` holds the view ``deduplication_rates``.
    """
    keys = ["labelled_set", "engine", "records", "precision_percent", "recall_percent", "f1_percent"]
    rows: list[list[Cell]] = [
        [
            translate("all_sets", language) if row[keys[0]] == "all" else mark_english(str(row[keys[0]]), language),
            translate("this_project", language) if row[keys[1]] == "this project" else str(row[keys[1]]),
            *(view_cell_value("deduplication_rates", row, 2, key, language) for key in keys[2:]),
        ]
        for row in found.to_dict("records")
    ]
    titles = column_titles(keys, language)
    numeric = tuple(range(2, len(keys)))
    sources = ("deduplication_rates",)
    return build_table("deduplication-quality", titles, rows, language, numeric=numeric, sources=sources)


def _dated_instrument(row: dict[Hashable, Any], language: str) -> Safe:
    """Return an instrument with its year and the work cited for it, where the paper gives them."""
    cells = {
        column: text_cell("policies", row, column, language) for column in ("instrument", "year_start", "citation")
    }
    facts = [cells[column] for column in ("year_start", "citation") if cells[column].text]
    given = Safe(" ({})").format(Safe(", ").join(facts)) if facts else Safe("")
    return Safe("{}{}").format(cells["instrument"], given)


def _chapter_link(section: str, language: str) -> str:
    """Return a link to the chapter that mirrors a section, in the words of the section's title."""
    chapter = data.load_table("sections").set_index("section")["chapter"][section]
    title = str(text_cell("sections", {"section": section}, "title", language))
    return link_to_page(title, {title: f"chapters/{language}/{chapter}"})


def _claim_links(claims: pd.DataFrame, language: str) -> Safe:
    """Return links to claims, those against a conclusion last and marked."""
    sides = [link_claims(part["claim"]) for _, part in sorted(claims.groupby("side"), reverse=True)]
    return Safe("; {}: ").format(translate("against", language)).join(sides)


def _policy(row: dict, language: str) -> list[Cell]:  # type: ignore[type-arg]
    """Return the cells of a law, policy or body: its name, kind, identifier, years and role."""
    cell = {
        column: text_cell("policies", row, column, language)
        for column in ("instrument", "identifier", "year_start", "year_end", "role")
    }
    return [
        cell["instrument"],
        translate(f"kind_{row['kind']}", language),
        cell["identifier"],
        join_years(cell["year_start"] if str(cell["year_start"]) else "", cell["year_end"]),
        cell["role"],
    ]


def _row_ids(name: str, frame: pd.DataFrame) -> list[str]:
    return [data.row_id(name, key) for key in frame[data.key_columns(name)].to_numpy().tolist()]


def _slug(*parts: object) -> str:
    return "-".join(str(part).lower().replace(" ", "-") for part in parts)
