"""The colours of a book's groups: every table with the columns ``colour`` and ``colour_dark`` gives each row its own.

A row's colour is the variable ``--KEY`` of the style sheet, the colour of the
upper edge of a column of the class ``KEY``, and on a dark page takes the place of
the colour for light ones in charts. Imported by every build, so it must not
import pandas.
"""

from __future__ import annotations

import csv
import json
import re

from checkable_book import project


def stylesheet() -> str:
    """Return the style sheet for all groups.

    Examples
    --------
    >>> "--" in stylesheet()
    True
    """
    lines = []
    for key, light, dark in _groups():
        lines += [
            f":root {{ --{key}: {light}; }}",
            f'html[data-theme="dark"] {{ --{key}: {dark}; }}',
            f".column.{key} {{ border-top-color: var(--{key}); }}",
            f'html[data-theme="dark"] .chart-view [fill="{light}"] {{ fill: {dark}; }}',
            f'html[data-theme="dark"] .chart-view [stroke="{light}"] {{ stroke: {dark}; }}',
        ]
    return "".join(f"{line}\n" for line in lines)


def _groups() -> list[tuple[str, str, str]]:
    """Return the key of each group and its colours on light and on dark pages."""
    path = project.data() / "datapackage.json"
    groups = []
    for resource in json.loads(path.read_text(encoding="utf-8"))["resources"] if path.exists() else []:
        names = [field["name"] for field in resource["schema"]["fields"]]
        if {"colour", "colour_dark"} <= set(names):
            with open(project.data() / resource["path"], encoding="utf-8", newline="") as stream:
                for row in csv.DictReader(stream):
                    key = re.sub(r"[^a-z0-9]+", "-", row[resource["schema"]["primaryKey"][0]].lower()).strip("-")
                    groups.append((key, row["colour"], row["colour_dark"]))
    return groups
