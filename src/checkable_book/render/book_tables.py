"""The tables that any book has: its files, its derived values, its terms, the works it cites, its checks."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from pathlib import Path

import pandas as pd
from markupsafe import Markup as Safe

from checkable_book import data, project
from checkable_book.data import database, evidence
from checkable_book.errors import DataError
from checkable_book.render import values
from checkable_book.render.i18n import number, text
from checkable_book.render.output import Markup, render
from checkable_book.render.table import LONG, Cell, english, localised, table, titles


def files(language: str = "en") -> Markup:
    """Return the files of the data with what each holds, its rows and its place in the paper.

    Examples
    --------
    >>> files().plain.splitlines()[0]
    'File | What it holds | Rows | Source'
    """
    rows = []
    for name in data.names():
        description = data.describe(name)
        rows.append(
            [
                f"{name}.csv",
                description["description" if language == "en" else f"description_{language}"],
                number(data.count(name), language),
                description["sources"][0]["title" if language == "en" else f"title_{language}"],
            ]
        )
    heads = titles(["file", "meaning", "rows", "source"], language)
    return table("files", heads, rows, language, numeric=(2,), sources=(*data.names(),))


def whole(name: str, language: str = "en") -> Markup:
    """Return table ``name`` as its file has it, each row with the identifier that numbers lead to.

    Each cell says how many derived values and checks of claims read it.

    Examples
    --------
    >>> whole("numbers").plain.splitlines()[0]
    'name | query | unit | meaning_en | meaning_id'
    """
    frame = data.load(name)
    keys = [frame.columns.get_loc(column) for column in data.key_columns(name)]
    cells = data.as_text(frame).to_numpy().tolist()
    ids = [data.row_id(name, [row[key] for key in keys]) for row in cells]
    languages = [column[-2:] if column[-3:] in {"_en", "_id"} else "" for column in map(str, frame.columns)]
    read = _readers(project.data())
    long = len(frame) > LONG
    choosable = [place for place, column in enumerate(frame) if long and frame[column].nunique() < LONG / 2]
    shown = table(
        name,
        [str(column) for column in frame],
        cells,
        language,
        ids=ids,
        languages=languages,
        filters=tuple(choosable),
        sources=(name,),
        readers=[[read[name, key, str(column)] for column in frame] for key in database.row_keys(name)],
    )
    summary = (
        f"{name}.csv: {text('table_summary', language, rows=number(len(cells), language), columns=frame.shape[1])}"
    )
    page = render("whole.html", name=name, file=f"{name}.csv", summary=summary, table=Safe(shown.html), open=not long)
    return Markup(page, shown.plain)


@lru_cache
def _readers(folder: Path) -> Counter[tuple[str, str, str]]:
    return evidence.readers()


def printed(name: str, heads: dict[str, str], language: str = "en") -> Markup:
    """Return columns of table ``name`` for a chapter, as the language writes numbers, each of which leads to its row.

    Parameters
    ----------
    heads : the columns to print, in order, each with the title that it gets.

    Raises
    ------
    DataError : no such table or column.

    Examples
    --------
    >>> printed("rules", {"rule": "Rule"}).plain.splitlines()[0]
    'Rule'
    """
    frame = data.load(name)
    if unknown := [column for column in heads if column not in frame]:
        raise DataError(
            f"data/{name}.csv: found a request for column {unknown[0]!r}, expected one of {', '.join(map(str, frame))}"
        )
    numeric = [place for place, column in enumerate(heads) if pd.api.types.is_numeric_dtype(frame[column])]
    rows = [
        [
            "" if pd.isna(row[column])
            else values.cell(name, row, column, language) if place in numeric
            else str(row[column])
            for place, column in enumerate(heads)
        ]
        for row in frame.to_dict("records")
    ]  # fmt: skip
    return table(f"{name}-printed", [*heads.values()], rows, language, numeric=(*numeric,), sources=(name,))


def derived(language: str = "en") -> Markup:
    """Return every derived value with its meaning, the tables it reads and its query; one row a value.

    Examples
    --------
    >>> derived().plain.splitlines()[0]
    'Name | Value | computed from'
    """
    names = values.derived_names()
    found = [values.value(name, language) for name in names]
    folded = Safe('<details class="query"><summary>{}</summary><code lang="en">{}</code></details>')
    rows: list[list[Cell]] = [
        [
            name,
            value,
            Safe("{}").format(value.origin) + folded.format(text("query", language), values.query_of(name)),
        ]
        for name, value in zip(names, found, strict=True)
    ]
    heads = titles(["name", "value", "computed_from"], language)
    ids = [value.row for value in found]
    return table("numbers", heads, rows, language, numeric=(1,), ids=ids, sources=(*data.names(),))


def glossary(frame: pd.DataFrame, language: str = "en") -> Markup:
    """Return the terms and abbreviations, one row each: the term, written out, and what it means.

    Examples
    --------
    >>> glossary(data.load("glossary")).plain.splitlines()[0]
    'Term | Written out | Meaning'
    """
    rows = [[row["term"], row["name"], row["meaning"]] for row in localised(frame, language)]
    ids = [data.row_id("glossary", [term]) for term in frame["term"]]
    heads = titles(["term", "written_out", "meaning_of_term"], language)
    return table("glossary", heads, rows, language, ids=ids, filters=(), sources=("glossary",))


def cited_works(frame: pd.DataFrame, citations: pd.DataFrame, sections: pd.DataFrame, language: str = "en") -> Markup:
    """Return the cited works, by their keys: as cited, what for, where, and whether they are identified.

    Examples
    --------
    >>> cited_works(data.load("cited_works"), data.load("citations"), data.load("sections")).plain.splitlines()[0]
    'Work as cited | Cited for | Sections | Identified | Note'
    """
    headings = {row["section"]: row["title"] for row in localised(sections, language)}
    cited_in = citations.groupby("work")["section"].agg(list).to_dict()
    rows = [
        [
            f"{row['authors']} ({row['year']})",
            row["cited_for"],
            "; ".join(headings[section] for section in cited_in.get(row["key"], [])),
            text(f"identified_{row['identified']}", language),
            row["note"],
        ]
        for row in localised(frame.sort_values("key"), language)
    ]
    heads = titles(["work", "cited_for", "sections", "identified", "note"], language)
    return table("cited-works", heads, rows, language, sources=("cited_works", "citations", "sections"))


def outside_facts(frame: pd.DataFrame, language: str = "en") -> Markup:
    """Return what sources beyond the paper say, one row a fact, with its status.

    Examples
    --------
    >>> outside_facts(data.load("outside_facts")).plain.splitlines()[0]
    'The paper says | The other source says | Source | Status of the source'
    """
    rows = [
        [
            row["paper_says"],
            row["outside_says"],
            english(row["outside_source"], language),
            text(f"status_{row['status']}", language),
        ]
        for row in localised(frame, language)
    ]
    heads = titles(["paper_says", "outside_says", "source", "status"], language)
    return table("outside-facts", heads, rows, language, sources=("outside_facts",))


def codecheck_rules(rules: pd.DataFrame, outcomes: list[str], language: str = "en") -> Markup:
    """Return the CODECHECK rules, one row each: which, what it asks, and what it has come to.

    Parameters
    ----------
    rules : ``codecheck_rules.csv``.
    outcomes : the outcome of each row, as :func:`checkable_book.verify.ro_crate.group_outcome` gives it.

    Examples
    --------
    >>> codecheck_rules(data.load("codecheck_rules"), ["kept"] * data.count("codecheck_rules")).html.count("<table")
    1
    """
    rows = [
        [row["rule"], row["asked"], text(f"rule_{outcome}", language)]
        for row, outcome in zip(localised(rules, language), outcomes, strict=True)
    ]
    heads = titles(["rule", "asked", "outcome"], language)
    return table("codecheck-rules", heads, rows, language, sources=("codecheck_rules",))


def checks(rows: list[list[str]], language: str = "en") -> Markup:
    """Return the outcome of checks, one row each: the check, what it examined, its faults.

    Examples
    --------
    >>> checks([["hashes", "3 files", ""]]).plain.splitlines()[-1]
    'hashes | 3 files | '
    """
    heads = titles(["check", "examined", "outcome"], language)
    return table("checks", heads, rows, language, sources=("verification",))
