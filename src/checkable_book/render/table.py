"""Accessible HTML tables from rows of cells: what every table of a book has in common.

Every table has a caption for screen readers, header cells with a scope, an
identifier for each row and, in each cell, the name of its column, by which the
style sheet turns rows into cards on a phone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup as Safe

from checkable_book import data
from checkable_book.render import entity_pages
from checkable_book.render.i18n import number, text
from checkable_book.render.output import Markup, render
from checkable_book.render.values import Value

#: From how many rows on a table is folded, and can be searched.
LONG = 20


@dataclass(frozen=True)
class Item:
    """One entry of a list inside a cell, with the identifier that links lead to.

    Examples
    --------
    >>> Item("visits-pond-walk", "Pond Walk").text
    'Pond Walk'
    """

    id: str
    text: str


#: What a cell may hold; a string that is marked as safe keeps its markup.
Cell = str | list[Item] | Value


def table(
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
    readers: Sequence[Sequence[int]] = (),
) -> Markup:
    r"""Return the HTML table and its plain twin; the first column heads each row.

    ``ids`` identify the rows (by their place unless given), ``languages`` the
    columns that are not in the language of the page, ``filters`` the columns
    by whose values a reader can choose rows, ``years`` the column in which years
    can be chosen from and to, ``sources`` the tables of the
    data that the numbers come from, ``readers`` how much reads each cell.

    Examples
    --------
    >>> shown = table("gardens", ["Garden", "Opened"], [["Pond Walk", "2004"]], "en", numeric=(1,))
    >>> shown.plain
    'Garden | Opened\nPond Walk | 2004'
    """
    summary = text("table_summary", language, rows=number(len(rows), language), columns=number(len(titles), language))
    columns = [
        {"title": title, "numeric": place in numeric, "language": other if other != language else ""}
        for place, (title, other) in enumerate(zip(titles, languages or [""] * len(titles), strict=True))
    ]
    links = entity_pages.chapters(language)
    rows = [
        [
            entity_pages.linked(cell, links) if not place and isinstance(cell, str) else cell
            for place, cell in enumerate(row)
        ]
        for row in rows
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
        readers=readers,
        words=_script_words(language),
    )
    flat = [
        [" / ".join(item.text for item in cell) if isinstance(cell, list) else _plain(cell) for cell in row]
        for row in rows
    ]
    return Markup(page, "\n".join(" | ".join(row) for row in [titles, *flat]))


def plain(
    frame: pd.DataFrame, id: str, titles: list[str], language: str = "en", sources: tuple[str, ...] = ()
) -> Markup:
    r"""Return any frame as it stands, for the data behind a chart.

    Examples
    --------
    >>> plain(pd.DataFrame({"garden": ["Pond Walk"], "opened": [2004]}), "gardens", ["Garden", "Opened"]).plain
    'Garden | Opened\nPond Walk | 2,004'
    """
    rows = [
        [number(cell, language) if isinstance(cell, int | float) else str(cell) for cell in row]
        for row in frame.itertuples(index=False)
    ]
    numeric = tuple(place for place, column in enumerate(frame) if pd.api.types.is_numeric_dtype(frame[column]))
    return table(id, titles, rows, language, numeric=numeric, sources=sources)


def localised(frame: pd.DataFrame, language: str) -> list[dict[str, str]]:
    """Return rows as text, with each per-language column under its plain name.

    Examples
    --------
    >>> localised(pd.DataFrame({"garden": ["A"], "note_en": ["old"], "note_id": ["tua"]}), "id")
    [{'garden': 'A', 'note_en': 'old', 'note': 'tua'}]
    """
    suffix = f"_{language}"
    rows = data.as_text(frame).to_dict("records")
    return [{str(column).removesuffix(suffix): cell for column, cell in row.items()} for row in rows]


def titles(keys: list[str], language: str) -> list[str]:
    """Return the words for the titles of columns.

    Examples
    --------
    >>> titles(["evidence"], "en")
    ['Evidence']
    """
    return [text(key, language) for key in keys]


def years(start: object, end: object) -> str:
    """Return a year or a period as the prose writes it; empty where there is none.

    Examples
    --------
    >>> years(2019, 2025), years(2018, None), years(None, None)
    ('2019–2025', '2018', '')
    """
    if not start:
        return ""
    return f"{start}–{end}" if end else f"{start}"


def english(words: str, language: str) -> str:
    """Return English words for a page in ``language``, marked as such where that is another.

    Examples
    --------
    >>> english("old", "en"), english("old", "id")
    ('old', Markup('<span lang="en">old</span>'))
    """
    return words if language == "en" else Safe('<span lang="en">{}</span>').format(words)


def _script_words(language: str) -> str:
    """Return what the script that filters tables says, as JSON."""
    return json.dumps(
        {name: text(f"table_{name}", language) for name in ("search", "all", "from", "to", "shown", "save")}
    )


def _plain(cell: Cell) -> str:
    return cell.striptags() if isinstance(cell, Safe) else str(cell)
