"""The colours of a book's groups: every table with the columns ``colour`` and ``colour_dark`` gives each row its own.

A row's colour is the variable ``--KEY`` of the style sheet, the colour of the
upper edge of a column of the class ``KEY``, and on a dark page takes the place of
the colour for light ones in charts. Imported by every build, so it must not
import pandas.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from checkable_book.book import Book
from checkable_book.data.description import DESCRIPTION, read_description
from checkable_book.text import slug

_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}|[a-z]{3,20}")


def stylesheet(book: Book) -> str:
    """Return the style sheet for all groups."""
    lines = []
    for key, light, dark in _groups(book):
        lines += [
            f":root {{ --{key}: {light}; }}",
            f'html[data-theme="dark"] {{ --{key}: {dark}; }}',
            f".column.{key} {{ border-top-color: var(--{key}); }}",
            f'html[data-theme="dark"] .chart-view [fill="{light}"] {{ fill: {dark}; }}',
            f'html[data-theme="dark"] .chart-view [stroke="{light}"] {{ stroke: {dark}; }}',
        ]
    return "".join(f"{line}\n" for line in lines)


def _groups(book: Book) -> Iterator[tuple[str, str, str]]:
    """Yield the key of each group and its colours on light and on dark pages."""
    if not (book.data_folder / DESCRIPTION).exists():
        return
    description, _ = read_description(book)
    for resource in description["resources"]:
        schema = resource.get("schema") or {}
        names = [one["name"] for one in schema.get("fields") or []]
        if {"colour", "colour_dark"} <= set(names):
            path = book.data_folder / resource["path"]
            with open(path, encoding=resource.get("encoding") or "utf-8-sig", newline="") as stream:
                for row in csv.DictReader(stream):
                    key, light, dark = slug(row[schema["primaryKey"][0]]), row["colour"], row["colour_dark"]
                    if key and _COLOUR.fullmatch(light) and _COLOUR.fullmatch(dark):
                        yield key, light, dark
