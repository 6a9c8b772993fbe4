"""The tables of the book: data frames to accessible HTML tables.

Every table has a caption for screen readers, header cells with a scope, an
identifier for each row and, in each cell, the name of its column, by which the
style sheet turns rows into cards on a phone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup as Safe

from smartcity_review import data, numbers
from smartcity_review.markup import Markup, render
from smartcity_review.messages import number, text
from smartcity_review.numbers import Value


@dataclass(frozen=True)
class Item:
    """One entry of a list inside a cell, with the identifier that links lead to."""

    id: str
    text: str


#: From how many rows on a whole table is folded, and can be searched.
_LONG = 20

Cell = str | list[Item] | Value  # a string that is marked as safe keeps its markup


def internet_use(frame: pd.DataFrame, language: str = "en", id: str = "internet-use") -> Markup:
    """Return Table 1: population, adoption (percent) and speed (Mbps), one row a country.

    ``frame`` holds ``internet_use.csv``.
    """
    rows = [
        [row["country"], *(numbers.cell("internet_use", row, column, language) for column in frame.columns[1:])]
        for row in frame.to_dict("records")
    ]
    titles = [
        text("country", language),
        f"{text('population', language)} ({text('persons', language)})",
        f"{text('internet_adoption', language)} (%)",
        f"{text('internet_speed', language)} ({text('mbps', language)})",
    ]
    return _table(id, titles, rows, language, numeric=(1, 2, 3), sources=("internet_use",))


def eligibility_criteria(frame: pd.DataFrame, language: str = "en") -> Markup:
    """Return Table 2: the criteria, one row each, with what includes and excludes a record."""
    rows = [
        [row["name"], row["inclusion"], row["exclusion"] or text("none_given", language)]
        for row in _localised(frame, language)
    ]
    return _table(
        "eligibility-criteria",
        _titles(["criterion", "inclusion", "exclusion"], language),
        rows,
        language,
        sources=("eligibility_criteria",),
    )


def record_sources(frame: pd.DataFrame, language: str = "en") -> Markup:
    """Return the records found in each database (Figure 1), with their sum in the last row."""
    rows = [
        [row["source"], numbers.cell("record_sources", row, "records", language)] for row in frame.to_dict("records")
    ]
    total = int(frame["records"].sum())
    origin = f"record_sources.csv, {text('total', language)}"
    rows.append([text("total", language), Value(total, number(total, language), origin, "derived-sources_total")])
    return _table(
        "record-sources",
        _titles(["source", "records"], language),
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
                for row in _localised(part, language)
            ],
        ]
        for country, part in frame.groupby("country", sort=False)
    ]
    return _table("definitions", _titles(["country", "emphasis"], language), rows, language, sources=("definitions",))


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
    return _table(f"policies-{_slug(country)}", titles, rows, language, sources=("policies",))


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
    return _table(
        "initiatives", [text("dimension", language), *countries], rows, language, sources=("initiatives", "dimensions")
    )


def explore_initiatives(frame: pd.DataFrame, dimensions: pd.DataFrame, language: str = "en") -> Markup:
    """Return every initiative as a row of its own, to search, choose, sort and save (Table 4)."""
    names = {row["dimension"]: row["name"] for row in _localised(dimensions, language)}
    rows = [
        [row["initiative"], names[row["dimension"]], row["country"], row["position"]]
        for row in _localised(frame, language)
    ]
    keys = frame[data.key_columns("initiatives")].to_numpy().tolist()
    ids = [data.row_id("initiatives", key) for key in keys]
    titles = _titles(["initiative", "dimension", "country", "position"], language)
    return _table(
        "initiatives",
        titles,
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
        for row in _localised(frame, language)
    ]
    ids = [data.row_id("policies", key) for key in frame[data.key_columns("policies")].to_numpy().tolist()]
    titles = _titles(["instrument", "country", "kind", "identifier", "year", "role"], language)
    return _table("policies", titles, rows, language, ids=ids, filters=(1, 2), years=4, sources=("policies",))


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
    return _table(
        "policy-cycle", [text("stage", language), *countries], rows, language, sources=("policy_cycle", "policy_stages")
    )


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
    return _table("cited-works", titles, rows, language, sources=("cited_works", "sections"))


def glossary(frame: pd.DataFrame, language: str = "en") -> Markup:
    """Return the terms and abbreviations, one row each: the term, written out, and what it means."""
    rows = [[row["term"], row["name"], row["meaning"]] for row in _localised(frame, language)]
    ids = [data.row_id("glossary", [term]) for term in frame["term"]]
    titles = _titles(["term", "written_out", "meaning_of_term"], language)
    return _table("glossary", titles, rows, language, ids=ids, filters=(), sources=("glossary",))


def outside_facts(frame: pd.DataFrame, language: str = "en") -> Markup:
    """Return what sources beyond the paper say, one row a fact, with its status."""
    rows = [
        [
            row["paper_says"],
            row["outside_says"],
            _english(row["outside_source"], language),
            text(f"status_{row['status']}", language),
        ]
        for row in _localised(frame, language)
    ]
    titles = _titles(["paper_says", "outside_says", "source", "status"], language)
    return _table("outside-facts", titles, rows, language, sources=("outside_facts",))


def claims(found: pd.DataFrame, language: str = "en") -> Markup:
    """Return claims with their verdicts, one row a claim.

    ``found`` holds rows of :func:`smartcity_review.claims.verdicts`.
    """
    headings = {row["section"]: row["title"] for row in _localised(data.load("sections"), language)}
    rows = [
        [
            row["statement"],
            headings[row["section"]],
            _evidence(row["published_value"], row["unit"], language),
            _evidence(row["reproduced_value"], row["unit"], language),
            text(f"verdict_{row['verdict']}", language),
            _basis(row, language),
        ]
        for row in _localised(found, language)
    ]
    titles = _titles(["claim", "section", "published", "reproduced_value", "verdict", "basis"], language)
    return _table(
        "claims",
        titles,
        rows,
        language,
        ids=[f"claim-{claim}" for claim in found["claim"]],
        filters=(1, 4) if len(rows) > _LONG else (),
        sources=("published_claims", "outside_facts", "sections"),
    )


def _evidence(value: str, unit: str, language: str) -> str:
    """Return a value of a claim as the page's language writes it; its words are the data's own, which are English."""
    written = numbers.written(value, unit, language) if value else ""
    return _english(written, language) if re.search(r"[^\W\d]{2}", written) else written


def _english(words: str, language: str) -> str:
    """Return English words for a page in ``language``, marked as such where that is another."""
    return words if language == "en" else Safe('<span lang="en">{}</span>').format(words)


def _basis(row: dict[str, str], language: str) -> str:
    """Return what a verdict rests on: the check, what speaks against the claim, or what would be needed."""
    parts = [_place(row["place"], language)]
    for name, code in (("check", row["check"]), ("against", row["against"].replace(";", ", "))):
        if code:
            marked = Safe('<code lang="en">{}</code>').format(code)
            parts.append(Safe(text(f"{name}_basis", language, **{name: "{}"})).format(marked))
    if row["verdict"] == "not_checkable":
        parts.append(text("needed_basis", language, needed=text(f"needed_{row['needed']}", language)))
    return Safe("; ").join(parts)


def _place(place: str, language: str) -> str:
    """Return a place of the paper (``text``, ``Figure 2 (all articles)``) in the page's language."""
    kind, _, rest = place.partition(" ")
    number_of, _, which = rest.partition(" (")
    label = f"{text(f'place_{kind.lower()}', language)} {number_of}".strip()
    return f"{label} ({text('place_' + which.rstrip(')').replace(' ', '_'), language)})" if which else label


def chapter_claims(found: pd.DataFrame, language: str = "en") -> Markup:
    """Return one line on the claims of a chapter: how many have which verdict, with a link to the first.

    ``found`` holds what :func:`smartcity_review.claims.verdicts` returns for the chapter.
    """
    counts = [
        f"{number(count, language)} {text(f'verdict_{verdict}', language)}"
        for verdict, count in found["verdict"].value_counts().items()
    ]
    line = text("chapter_claims", language, counts="; ".join(counts))
    return Markup(
        render(
            "chapter_claims.html", line=line, first=found["claim"].iloc[0], link=text("chapter_claims_link", language)
        ),
        line,
    )


def claim_totals(counted: pd.DataFrame, titles: dict[str, str], language: str = "en") -> Markup:
    """Return the number of claims by verdict, one row for each of ``titles``, and their total.

    ``counted`` holds what :func:`smartcity_review.claims.totals` returns.
    """
    total = text("total", language)
    names = [*(titles[str(key)] for key in counted.index), total]
    counts = [*counted.to_numpy().tolist(), counted.sum().tolist()]
    rows = [
        [name, *(number(count, language) for count in [*row, sum(row)])]
        for name, row in zip(names, counts, strict=True)
    ]
    heads = [text("section", language), *(text(f"verdict_{name}", language) for name in counted), total]
    return _table(
        "claim-totals",
        heads,
        rows,
        language,
        numeric=tuple(range(1, len(heads))),
        sources=("published_claims", "sections"),
    )


def flow_scenarios(scenarios: pd.DataFrame, language: str = "en") -> Markup:
    """Return the published flow beside what it would be under other readings, one row a scenario.

    ``scenarios`` holds what :func:`smartcity_review.analysis.flow_scenarios` returns.
    """
    rows = [
        [
            text(f"scenario_{row['scenario']}", language),
            *(number(row[column], language) for column in scenarios.columns[1:]),
        ]
        for row in scenarios.to_dict("records")
    ]
    keys = ["scenario", "identified_records", *scenarios.columns[2:]]
    return _table(
        "flow-scenarios",
        _titles(keys, language),
        rows,
        language,
        numeric=tuple(range(1, len(keys))),
        sources=("prisma_flow", "record_sources"),
    )


def dimension_shares(shares: pd.DataFrame, dimensions: pd.DataFrame, language: str = "en") -> Markup:
    """Return the share of each dimension in a country's initiatives, in percent, one row a dimension.

    ``shares`` holds what :func:`smartcity_review.analysis.dimension_shares` returns.
    """
    names = {row["dimension"]: row["name"] for row in _localised(dimensions, language)}
    rows = [
        [names[str(dimension)], *(number(share, language) for share in row)]
        for dimension, row in zip(shares.index, shares.to_numpy().tolist(), strict=True)
    ]
    titles = [text("dimension", language), *(f"{country} (%)" for country in shares)]
    return _table("dimension-shares", titles, rows, language, numeric=(1, 2, 3), sources=("initiatives", "dimensions"))


def deduplication_quality(found: pd.DataFrame, language: str = "en") -> Markup:
    """Return what each engine finds on each labelled set, one row each.

    ``found`` holds what :func:`smartcity_review.analysis.deduplication_quality` returns.
    """
    keys = ["labelled_set", "engine", "records", "precision_percent", "recall_percent", "f1_percent"]
    rows = [
        [
            text("all_sets", language) if row[keys[0]] == "all" else _english(str(row[keys[0]]), language),
            text("this_project", language) if row[keys[1]] == "this project" else str(row[keys[1]]),
            *(number(row[key], language) for key in keys[2:]),
        ]
        for row in found.to_dict("records")
    ]
    numeric = tuple(range(2, len(keys)))
    return _table(
        "deduplication-quality",
        _titles(keys, language),
        rows,
        language,
        numeric=numeric,
        sources=("deduplication_quality",),
    )


def checks(rows: list[list[str]], language: str = "en") -> Markup:
    """Return the outcome of checks, one row each: the check, what it examined, its faults."""
    titles = _titles(["check", "examined", "outcome"], language)
    return _table("checks", titles, rows, language, sources=("verification",))


def codecheck_rules(rules: pd.DataFrame, language: str = "en") -> Markup:
    """Return the CODECHECK rules, one row each: which, what it asks, and whether it is kept or waits for a checker.

    ``rules`` holds ``codecheck_rules.csv``.
    """
    rows = [
        [row["rule"], row["asked"], text(f"kept_by_{row['kept_by']}", language)] for row in _localised(rules, language)
    ]
    titles = _titles(["rule", "asked", "outcome"], language)
    return _table("codecheck-rules", titles, rows, language, sources=("codecheck_rules",))


def files(language: str = "en") -> Markup:
    """Return the files of the data with what each holds, its rows and its place in the paper."""
    rows = []
    for name in data.names():
        description = data.describe(name)
        rows.append(
            [
                f"{name}.csv",
                description["description" if language == "en" else f"description_{language}"],
                number(len(data.load(name)), language),
                description["sources"][0]["title" if language == "en" else f"title_{language}"],
            ]
        )
    titles = _titles(["file", "meaning", "rows", "source"], language)
    return _table("files", titles, rows, language, numeric=(2,), sources=(*data.names(),))


def whole(name: str, language: str = "en") -> Markup:
    """Return table ``name`` as its file has it, each row with the identifier that numbers lead to."""
    frame = data.load(name)
    keys = [frame.columns.get_loc(column) for column in data.key_columns(name)]
    cells = data.as_text(frame).to_numpy().tolist()
    ids = [data.row_id(name, [row[key] for key in keys]) for row in cells]
    languages = [column[-2:] if column[-3:] in {"_en", "_id"} else "" for column in map(str, frame.columns)]
    long = len(frame) > _LONG
    choosable = [place for place, column in enumerate(frame) if long and frame[column].nunique() < _LONG / 2]
    table = _table(
        name,
        [str(column) for column in frame],
        cells,
        language,
        ids=ids,
        languages=languages,
        filters=tuple(choosable),
        sources=(name,),
    )
    summary = (
        f"{name}.csv: {text('table_summary', language, rows=number(len(cells), language), columns=frame.shape[1])}"
    )
    page = render("whole.html", file=f"{name}.csv", summary=summary, table=Safe(table.html), open=not long)
    return Markup(page, table.plain)


def derived(language: str = "en") -> Markup:
    """Return every derived value with what it is computed from, one row a value."""
    values = [numbers.value(name, language) for name in numbers.derived_names()]
    rows = [[name, str(value), value.origin] for name, value in zip(numbers.derived_names(), values, strict=True)]
    titles = _titles(["name", "value", "computed_from"], language)
    return _table(
        "derived", titles, rows, language, numeric=(1,), ids=[value.row for value in values], sources=(*data.names(),)
    )


def years(start: object, end: object) -> str:
    """Return a year or a period as the prose writes it; empty where there is none."""
    if not start:
        return ""
    return f"{start}–{end}" if end else f"{start}"


def plain(
    frame: pd.DataFrame, id: str, titles: list[str], language: str = "en", sources: tuple[str, ...] = ()
) -> Markup:
    """Return any frame as it stands, for the data behind a chart."""
    rows = [
        [number(cell, language) if isinstance(cell, int | float) else str(cell) for cell in row]
        for row in frame.itertuples(index=False)
    ]
    numeric = tuple(place for place, column in enumerate(frame) if pd.api.types.is_numeric_dtype(frame[column]))
    return _table(id, titles, rows, language, numeric=numeric, sources=sources)


def _localised(frame: pd.DataFrame, language: str) -> list[dict[str, str]]:
    """Return rows as text, with each per-language column under its plain name."""
    suffix = f"_{language}"
    rows = data.as_text(frame).to_dict("records")
    return [{str(column).removesuffix(suffix): cell for column, cell in row.items()} for row in rows]


def _words(language: str) -> str:
    """Return what the script that filters tables says, as JSON."""
    return json.dumps(
        {name: text(f"table_{name}", language) for name in ("search", "all", "from", "to", "shown", "save")}
    )


def _titles(keys: list[str], language: str) -> list[str]:
    return [text(key, language) for key in keys]


def _slug(*parts: object) -> str:
    return "-".join(str(part).lower().replace(" ", "-") for part in parts)


def _table(
    id: str,
    titles: list[str],
    rows: Sequence[Sequence[Cell]],
    language: str,
    numeric: tuple[int, ...] = (),
    ids: list[str] | None = None,
    languages: list[str] | None = None,
    filters: tuple[int, ...] = (),
    years: int | None = None,
    sources: tuple[str, ...] = (),
) -> Markup:
    """Return the HTML table and its plain twin; the first column heads each row.

    ``ids`` identify the rows (by their place unless given), ``languages`` the
    columns that are not in the language of the page, ``filters`` the columns
    by whose values a reader can choose rows, ``years`` the column in which years
    can be chosen from and to, ``sources`` the tables of the
    data that the numbers come from.
    """
    summary = text("table_summary", language, rows=number(len(rows), language), columns=number(len(titles), language))
    columns = [
        {"title": title, "numeric": place in numeric, "language": other if other != language else ""}
        for place, (title, other) in enumerate(zip(titles, languages or [""] * len(titles), strict=True))
    ]
    ids = ids or [f"{id}-row-{place}" for place in range(1, len(rows) + 1)]
    marked = [{"id": row_id, "cells": cells} for row_id, cells in zip(ids, rows, strict=True)]
    page = render(
        "table.html",
        id=id,
        columns=columns,
        rows=marked,
        stubs=1,
        summary=f"{'; '.join(titles)}: {summary}",
        filters=" ".join(map(str, filters)),
        years=years,
        sources=" ".join(sources),
        words=_words(language),
    )
    flat = [
        [" / ".join(item.text for item in cell) if isinstance(cell, list) else _plain(cell) for cell in row]
        for row in rows
    ]
    return Markup(page, "\n".join(" | ".join(row) for row in [titles, *flat]))


def _plain(cell: Cell) -> str:
    return cell.striptags() if isinstance(cell, Safe) else str(cell)
