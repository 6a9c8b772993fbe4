"""Accessible HTML tables from rows of cells: what every table of a book has in common.

Every table has a caption for screen readers, header cells with a scope, an
identifier for each row and, in each cell, the name of its column, by which the
style sheet turns rows into cards on a phone.

A number in a table says where it comes from: a :class:`~checkable_book.render.values.Value`
and a :class:`~checkable_book.render.values.CellText` name their cell or query;
a table made of a frame names the table of the data whose rows it repeats.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup as Safe
from markupsafe import escape

from checkable_book.data.package import as_text, cell_text
from checkable_book.errors import DataError
from checkable_book.render.entity_pages import entity_pages, link_to_page
from checkable_book.render.i18n import format_number, translate, translate_count
from checkable_book.render.output import CellOutput, render_template
from checkable_book.render.values import CellText, Value, format_scalar
from checkable_book.text import allow_breaks, unbroken_parts

#: From how many rows on a table is folded, and can be searched.
LONG = 20
#: The widths for which the style sheet has a layout, in rem: a column of text is 43 wide, with its margin 58.
_WIDTHS = (20, 28, 36, 43, 58, 99)
#: How wide a letter and a bold one are at most on average, in em, and the padding of a cell.
_LETTER, _BOLD, _PADDING = 0.58, 0.64, 1.2
#: From how many letters on a text wants lines of so many em, lest it become a pillar of single words.
_LINES = {20: 6.5, 60: 11.0, 160: 15.0}


@dataclass(frozen=True)
class Item:
    """One entry of a list inside a cell, with the identifier that links lead to.

    Examples
    --------
    >>> Item("visits-pond-walk", "Pond Walk").text
    'Pond Walk'
    """

    id: str
    text: str | CellText


#: What a cell may hold; a string that is marked as safe keeps its markup.
Cell = str | list[Item] | Value | CellText


def build_table(
    id: str,
    titles: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    language: str,
    numeric: tuple[int, ...] = (),
    ids: Sequence[str] | None = None,
    languages: Sequence[str] | None = None,
    filters: tuple[int, ...] = (),
    years: int | None = None,
    sources: tuple[str, ...] = (),
    readers: Sequence[Sequence[int]] = (),
    columns_of: Sequence[str] = (),
    whole: bool = False,
    keys: Sequence[str] = (),
    values: Sequence[Sequence[str]] = (),
    subjects: Mapping[str, tuple[str, Collection[str]]] | None = None,
) -> CellOutput:
    r"""Return the HTML table and its plain twin; the first column heads each row.

    Parameters
    ----------
    ids : identify the rows; by their place unless given.
    languages : the languages of the columns, where they are not that of the page.
    filters : the columns by whose values a reader can choose rows.
    years : the column in which years can be chosen from and to.
    sources : the tables and views of the data that the table comes from.
    readers : how much reads each cell.
    columns_of : the columns of the sources that the columns repeat, by their names there.
    whole : whether the table repeats every row of its one source, in order, as the file writes it.
    keys : what the columns are called in addresses, in every language alike; by their titles unless given.
    values : of each row what it holds in the columns of ``filters``, in every language alike.
    subjects : what readers can choose rows by beside the columns: by the key of each its name and the identifiers of
        its rows.

    Examples
    --------
    >>> shown = build_table("gardens", ["Garden", "Opened"], [["Pond Walk", "2004"]], "en", numeric=(1,))
    >>> shown.plain
    'Garden | Opened\nPond Walk | 2004'
    """
    columns = [
        {
            "title": title,
            "head": allow_breaks(title),
            "numeric": place in numeric,
            "language": other if other != language else "",
        }
        for place, (title, other) in enumerate(zip(titles, languages or [""] * len(titles), strict=True))
    ]
    links = entity_pages(language)
    linked = [
        [link_to_page(cell, links) if not place and isinstance(cell, str) else cell for place, cell in enumerate(row)]
        for row in rows
    ]
    ids = ids or [f"{id}-row-{place}" for place in range(1, len(rows) + 1)]
    named = subjects or {}
    about = [" ".join(key for key, (_, rows_of) in named.items() if row_id in rows_of) for row_id in ids]
    marked = [
        {
            "id": row_id,
            "cells": [_cell_html(cell) for cell in cells],
            "about": about[place],
            "chosen_by": json.dumps(list(values[place]), ensure_ascii=False) if values else "",
        }
        for place, (row_id, cells) in enumerate(zip(ids, linked, strict=True))
    ]
    page = render_template(
        "table.html",
        id=id,
        least=least_width(titles, [[_plain_cell(cell) for cell in row] for row in linked], numeric),
        columns=columns,
        rows=marked,
        stubs=1,
        summary=f"{'; '.join(titles)}: {table_size(len(rows), len(titles), language)}",
        filters=" ".join(map(str, filters)),
        years=years,
        sources=" ".join(sources),
        columns_of=json.dumps(list(columns_of), ensure_ascii=False) if columns_of else "",
        whole=whole,
        readers=readers,
        keys=" ".join(keys),
        subjects=json.dumps({key: name for key, (name, _) in named.items()}, ensure_ascii=False) if named else "",
        words=_script_messages(language),
    )
    flat = [[_plain_cell(cell) for cell in row] for row in linked]
    return CellOutput(page, "\n".join(" | ".join(row) for row in [list(titles), *flat]))


def least_width(titles: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[int] = ()) -> int:
    """Return how much room a table needs so that no word in it is cut, as one of the widths of the style sheet.

    Examples
    --------
    >>> least_width(["Garden", "Opened"], [["Pond Walk", "2004"]], numeric=(1,))
    20
    >>> least_width([f"Column{number}" for number in range(40)], [])
    99
    """
    width = 0.0
    for place, title in enumerate(titles):
        cells = [row[place] for row in rows]
        head = max(map(len, unbroken_parts(title)), default=0) * _BOLD
        words = max((len(word) for cell in cells for word in unbroken_parts(cell)), default=0)
        longest = max(map(len, cells), default=0)
        body = longest * _LETTER if place in numeric else words * (_LETTER if place else _BOLD)
        room = 0.0 if place in numeric else max((em for letters, em in _LINES.items() if longest > letters), default=0)
        width += max(head, body, room) + _PADDING
    for step in _WIDTHS[:-1]:
        if width * (0.9 if step < _WIDTHS[-2] else 0.8) <= step:
            return step
    return _WIDTHS[-1]


def frame_table(
    frame: pd.DataFrame, id: str, titles: Sequence[str], language: str = "en", sources: tuple[str, ...] = ()
) -> CellOutput:
    r"""Return any frame as it stands, for the data behind a chart.

    Its numbers are looked for in the rows of its ``sources``: those columns
    that have the name of a column there must repeat one of their rows.

    Examples
    --------
    >>> frame_table(pd.DataFrame({"garden": ["Pond Walk"], "opened": [2004]}), "gardens", ["Garden", "Opened"]).plain
    'Garden | Opened\nPond Walk | 2,004'
    """
    if len(titles) != frame.shape[1]:
        raise DataError(f"table {id}: found {len(titles)} titles, expected {frame.shape[1]}, one a column")
    rows = [[_frame_cell(cell, language) for cell in row] for row in frame.itertuples(index=False)]
    numeric = tuple(place for place, column in enumerate(frame) if _is_numeric(frame[column]))
    names = [str(column) for column in frame]
    return build_table(id, titles, rows, language, numeric=numeric, sources=sources, columns_of=names)


def _is_numeric(column: pd.Series) -> bool:
    """Return whether a column holds numbers, all of one kind or not."""
    return pd.api.types.is_numeric_dtype(column) or (
        column.dtype == object
        and pd.api.types.infer_dtype(column).startswith(("mixed-integer-float", "integer", "float"))
    )


def localized_records(frame: pd.DataFrame, language: str) -> list[dict[str, str]]:
    """Return rows as text, with each per-language column under its plain name.

    Examples
    --------
    >>> localized_records(pd.DataFrame({"garden": ["A"], "note_en": ["old"], "note_id": ["tua"]}), "id")
    [{'garden': 'A', 'note_en': 'old', 'note': 'tua'}]
    """
    suffix = f"_{language}"
    rows = as_text(frame).to_dict("records")
    return [{str(column).removesuffix(suffix): cell for column, cell in row.items()} for row in rows]


def column_titles(keys: Sequence[str], language: str) -> list[str]:
    """Return the words for the titles of columns.

    Examples
    --------
    >>> column_titles(["evidence"], "en")
    ['Evidence']
    """
    return [translate(key, language) for key in keys]


def table_size(rows: int, columns: int, language: str) -> str:
    """Return the size of a table in words.

    Examples
    --------
    >>> table_size(3, 2, "en")
    '3 rows, 2 columns'
    """
    return ", ".join(
        translate_count(key, count, language)
        for key, count in (("number_of_rows", rows), ("number_of_columns", columns))
    )


def join_years(start: object, end: object) -> str:
    """Return a year or a period as the prose writes it; empty where there is none. Cells of the data stay cells.

    Examples
    --------
    >>> join_years(2019, 2025), join_years(2018, None), join_years(None, None)
    ('2019–2025', '2018', '')
    """
    if not str(start or ""):
        return ""
    if not str(end or ""):
        return Safe("{}").format(start) if isinstance(start, CellText) else str(start)
    return Safe("{}–{}").format(start, end) if isinstance(start, CellText) else f"{start}–{end}"


def mark_english(words: str | CellText, language: str) -> str:
    """Return English words for a page in ``language``, marked as such where that is another.

    Examples
    --------
    >>> mark_english("old", "en"), mark_english("old", "id")
    ('old', Markup('<span lang="en">old</span>'))
    """
    if language == "en":
        return words if isinstance(words, str) else Safe("{}").format(words)
    return Safe('<span lang="en">{}</span>').format(words)


def _script_messages(language: str) -> str:
    """Return what the script that filters tables says, as JSON."""
    return json.dumps(
        {
            name: translate(f"table_{name}", language)
            for name in ("search", "all", "from", "to", "shown", "save", "about", "nothing")
        }
    )


def _frame_cell(cell: object, language: str) -> str:
    if cell_text(cell) == "":
        return ""
    if isinstance(cell, bool) or type(cell).__name__ == "bool_":
        return format_scalar(bool(cell), language=language)
    if isinstance(cell, int | float) or pd.api.types.is_number(cell):
        return format_number(float(cell) if pd.api.types.is_float(cell) else int(cell), language)  # type: ignore[arg-type]
    if isinstance(cell, pd.Timestamp):
        return format_scalar(cell_text(cell), language=language, kind="date")
    return str(cell)


def _cell_html(cell: Cell) -> Safe:
    if isinstance(cell, list):
        entries = Safe("").join(Safe('<li id="{}">{}</li>').format(item.id, item.text) for item in cell)
        return Safe("<ol>{}</ol>").format(entries)
    return allow_breaks(cell) if type(cell) is str else escape(cell)


def _plain_cell(cell: Cell) -> str:
    if isinstance(cell, list):
        return " / ".join(item.text.striptags() if isinstance(item.text, Safe) else str(item.text) for item in cell)
    return cell.striptags() if isinstance(cell, Safe) else str(cell)
