"""The tables that any book has: its files, its derived values, its terms, the works it cites, its checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
from markupsafe import Markup as Safe

from checkable_book.book import current_book
from checkable_book.data.claims import count_readers
from checkable_book.data.overrides import QUERY_TABLES
from checkable_book.data.package import SHOWN_ROWS, load_table, package_of, record_table, rest_id
from checkable_book.errors import DataError
from checkable_book.render.i18n import format_number, translate
from checkable_book.render.output import CellOutput, render_template
from checkable_book.render.table import (
    LONG,
    Cell,
    build_table,
    column_titles,
    mark_english,
    table_size,
)
from checkable_book.render.values import (
    CellText,
    cell_value,
    derived_names,
    find_value,
    query_of_value,
    query_value,
    text_cell,
)
from checkable_book.text import allow_breaks


def data_files(language: str = "en") -> CellOutput:
    """Return the files of the data with what each holds, its rows and its place in the paper."""
    rows: list[list[Cell]] = []
    package = package_of()
    for name, table in package.tables.items():
        described = table.description
        rows.append(
            [
                table.path.name,
                _described_text(described, "description", language, name),
                query_value(f'SELECT COUNT(*) FROM "{name}"', language=language),
                _described_text(described["sources"][0], "title", language, f"{name}/sources"),
            ]
        )
    heads = column_titles(["file", "meaning", "rows", "source"], language)
    return build_table("files", heads, rows, language, numeric=(2,), sources=tuple(package.tables))


def full_table(name: str, language: str = "en") -> CellOutput:
    """Return a table as its file has it, each row with the identifier that numbers lead to.

    Each cell says how many derived values and checks of claims read it. Of a table with more than
    :data:`~checkable_book.data.package.SHOWN_ROWS` rows, the first are shown.
    """
    table = package_of().table(name)
    record_table(table)
    columns = [str(column) for column in table.frame]
    codes = current_book().languages
    languages = [next((code for code in codes if column.endswith(f"_{code}")), "") for column in columns]
    book = current_book()
    read = book.remember("readers of cells", lambda: count_readers(book))
    long = len(table.frame) > LONG
    choosable = [place for place, column in enumerate(columns) if long and table.frame[column].nunique() < LONG / 2]
    cells = table.cells[:SHOWN_ROWS]
    shown = build_table(
        name,
        columns,
        cells,
        language,
        ids=table.row_ids[:SHOWN_ROWS],
        languages=languages,
        filters=tuple(choosable),
        keys=columns if choosable else (),
        values=[[cells[place] for place in choosable] for cells in table.cells] if choosable else (),
        sources=(name,),
        whole=True,
        readers=[[read[name, row, column] for column in columns] for row in range(len(cells))],
    )
    summary = f"{table.path.name}: {table_size(len(table.cells), len(columns), language)}"
    page = render_template(
        "full_table.html",
        name=name,
        file=table.path.relative_to(package_of().folder).as_posix(),
        file_name=table.path.name,
        summary=summary,
        table=Safe(shown.html),
        fixed=name in QUERY_TABLES,
        rest=rows_left_out(len(table.cells), language),
        rest_id=rest_id(name),
        open=not long,
    )
    return CellOutput(page, shown.plain)


def rows_left_out(rows: int, language: str = "en") -> str:
    """Return what a page says of a table with more rows than it shows; nothing where it shows them all.

    Examples
    --------
    >>> rows_left_out(50_000).partition(".")[0]
    'The first 1,000 of 50,000 rows'
    >>> rows_left_out(1_000)
    ''
    """
    if rows <= SHOWN_ROWS:
        return ""
    numbers = {"shown": format_number(SHOWN_ROWS, language), "rows": format_number(rows, language)}
    return translate("rows_left_out", language, **numbers)


def column_subset(name: str, heads: Mapping[str, str], language: str = "en") -> CellOutput:
    """Return columns of a table for a chapter, as the language writes numbers, each of which leads to its row.

    Parameters
    ----------
    heads : the columns to print, in order, each with the title that it gets.

    Raises
    ------
    DataError : no such table or column.
    """
    frame = load_table(name)
    if unknown := [column for column in heads if column not in frame]:
        shown = package_of().book.shown_path(package_of().table(name).path)
        known = ", ".join(map(str, frame))
        raise DataError(f"{shown}: found a request for column {unknown[0]!r}, expected one of {known}")
    numeric = tuple(place for place, column in enumerate(heads) if pd.api.types.is_numeric_dtype(frame[column]))
    rows: list[list[Cell]] = [
        [
            "" if pd.isna(row[column])
            else cell_value(name, row, column, language) if place in numeric
            else text_cell(name, row, str(column), language)
            for place, column in enumerate(heads)
        ]
        for row in frame.to_dict("records")
    ]  # fmt: skip
    return build_table(f"{name}-columns", [*heads.values()], rows, language, numeric=numeric, sources=(name,))


def derived_value_table(language: str = "en") -> CellOutput:
    """Return every derived value with its meaning, the rows it reads and its query; one row a value."""
    found = [find_value(name, language) for name in derived_names()]
    folded = Safe('<details class="query"><summary>{}</summary><code lang="en">{}</code></details>')
    rows: list[list[Cell]] = [
        [
            value.name,
            value,
            Safe('<span data-origin-of="{}">{}</span>').format(value.name, allow_breaks(value.origin))
            + folded.format(translate("query", language), allow_breaks(query_of_value(value.name))),
        ]
        for value in found
    ]
    heads = column_titles(["name", "value", "computed_from"], language)
    table = build_table("numbers", heads, rows, language, numeric=(1,), ids=[value.row for value in found])
    return CellOutput(f'<div data-anchors="numbers">{table.html}</div>', table.plain)


def glossary(frame: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return the terms and abbreviations, one row each: the term, written out, and what it means."""
    rows = _cells("glossary", frame, ["term", "name", "meaning"], language)
    ids = _row_ids("glossary", frame)
    heads = column_titles(["term", "written_out", "meaning_of_term"], language)
    table = build_table("glossary", heads, rows, language, ids=ids, sources=("glossary",))
    return CellOutput(f'<div data-anchors="terms">{table.html}</div>', table.plain)


def cited_works(
    frame: pd.DataFrame, citations: pd.DataFrame, sections: pd.DataFrame, language: str = "en"
) -> CellOutput:
    """Return the cited works, by their keys: as cited, what for, where, and whether they are identified."""
    headings = {row["section"]: text_cell("sections", row, "title", language) for row in sections.to_dict("records")}
    cited_in = citations.groupby("work")["section"].agg(list).to_dict()
    rows: list[list[Cell]] = []
    for row in frame.sort_values("key").to_dict("records"):
        authors, year = (text_cell("cited_works", row, column, language) for column in ("authors", "year"))
        rows.append(
            [
                Safe("{} ({})").format(authors, year),
                text_cell("cited_works", row, "cited_for", language),
                Safe("; ").join(Safe("{}").format(headings[section]) for section in cited_in.get(row["key"], [])),
                translate(f"identified_{row['identified']}", language),
                text_cell("cited_works", row, "note", language),
            ]
        )
    heads = column_titles(["work", "cited_for", "sections", "identified", "note"], language)
    return build_table("cited-works", heads, rows, language, sources=("cited_works", "citations", "sections"))


def outside_facts(frame: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return what sources beyond the paper say, one row a fact, with its status."""
    rows: list[list[Cell]] = [
        [
            text_cell("outside_facts", row, "paper_says", language),
            text_cell("outside_facts", row, "outside_says", language),
            _outside_source(row, language),
            translate(f"status_{row['status']}", language),
        ]
        for row in frame.to_dict("records")
    ]
    heads = column_titles(["paper_says", "outside_says", "source", "status"], language)
    return build_table("outside-facts", heads, rows, language, sources=("outside_facts",))


def _outside_source(row: Mapping[Any, Any], language: str) -> Cell:
    """Return what a source is, and links to it; where the book keeps addresses and has none, that is said."""
    source = mark_english(text_cell("outside_facts", row, "outside_source", language), language)
    if "address" not in row:
        return source
    found = [] if pd.isna(row["address"]) else str(row["address"]).split("; ")
    links = [Safe('<a href="{}">{}</a>').format(one, urlsplit(one).hostname) for one in found if one]
    said = Safe(", ").join(links) if links else translate("no_address", language)
    return Safe("{} ({})").format(source, said)


def codecheck_rules(rules: pd.DataFrame, outcomes: Sequence[str], language: str = "en") -> CellOutput:
    """Return the CODECHECK rules, one row each: which, what it asks, and its status.

    Parameters
    ----------
    rules : ``codecheck_rules.csv``.
    outcomes : the status of each row, as :func:`checkable_book.verify.ro_crate.group_outcome` gives it.
    """
    rows: list[list[Cell]] = [
        [
            text_cell("codecheck_rules", row, "rule", language),
            text_cell("codecheck_rules", row, "asked", language),
            translate(f"rule_{outcome}", language),
        ]
        for row, outcome in zip(rules.to_dict("records"), outcomes, strict=True)
    ]
    heads = column_titles(["rule", "asked", "outcome"], language)
    return build_table("codecheck-rules", heads, rows, language, sources=("codecheck_rules",))


def check_outcomes(rows: Sequence[Sequence[str]], language: str = "en") -> CellOutput:
    """Return the outcome of checks, one row each: the check, what it examined, its faults."""
    heads = column_titles(["check", "examined", "outcome"], language)
    return build_table("checks", heads, rows, language)


def blind_spots(rows: Sequence[Sequence[Cell]], language: str = "en") -> CellOutput:
    """Return what no program can see, one row each, and why."""
    heads = column_titles(["blind_spot", "why"], language)
    return build_table("blind-spots", heads, rows, language)


def _cells(table: str, frame: pd.DataFrame, columns: Sequence[str], language: str) -> list[list[Cell]]:
    return [[text_cell(table, row, column, language) for column in columns] for row in frame.to_dict("records")]


def _row_ids(table: str, frame: pd.DataFrame) -> list[str]:
    held = package_of().table(table)
    keys = [tuple(str(row[column]) for column in held.key_columns) for row in frame.to_dict("records")]
    numbers = [held.row_number(key) for key in keys]
    return [held.row_ids[number] if number is not None else "" for number in numbers]


def _described_text(described: Mapping[str, str], key: str, language: str, address: str) -> CellText:
    """Return a text of the description of the data, in a language, or in the first that it has."""
    name = f"{key}_{language}" if described.get(f"{key}_{language}") else key
    return CellText(str(described.get(name, "")), f"datapackage:{address}/{name}", language)
