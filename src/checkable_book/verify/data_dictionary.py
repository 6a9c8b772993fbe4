"""The data dictionary, ``data/README.md``.

Every word of it stands in ``data/datapackage.json``, so that the two cannot differ.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checkable_book import data, project
from checkable_book.render.output import render


def path() -> Path:
    """Return where the dictionary is kept.

    Examples
    --------
    >>> path().relative_to(project.root()).as_posix()
    'data/README.md'
    """
    return project.data() / "README.md"


def text() -> str:
    """Return the dictionary as Markdown: one section a file, one row a column.

    Examples
    --------
    >>> text().startswith("# ")
    True
    """
    return render(
        "data_readme.md",
        description=data.package_description(),
        tables=[_table(data.describe(name)) for name in data.names()],
    )


def _table(resource: dict[str, Any]) -> dict[str, Any]:
    schema = resource["schema"]
    return {
        "path": resource["path"],
        "description": resource["description"],
        "source": resource["sources"][0]["title"],
        "key": ", ".join(f"`{column}`" for column in schema["primaryKey"]),
        "links": [
            f"`{', '.join(key['fields'])}` refers to `{key['reference']['resource'] or resource['name']}.csv`."
            for key in schema.get("foreignKeys", [])
        ],
        "columns": [
            {"unit": "", **field, "constraints": data.constraints(field.get("constraints", {}))}
            for field in schema["fields"]
        ],
    }
