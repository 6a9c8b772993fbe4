"""The data dictionary, ``data/README.md``.

Every word of it stands in ``data/datapackage.json``, so that the two cannot differ.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checkable_book.book import Book, current_book
from checkable_book.data.package import describe_constraints, package_of
from checkable_book.render.output import render_template


def dictionary_path(book: Book | None = None) -> Path:
    """Return where the dictionary is kept."""
    return (book or current_book()).data_folder / "README.md"


def dictionary_text(book: Book | None = None) -> str:
    """Return the dictionary as Markdown: one section a file, one row a column."""
    package = package_of(book)
    return render_template(
        "data_readme.md",
        description=str(package.description.get("description", "")),
        tables=[_describe(table.description) for table in package.tables.values()],
    )


def _describe(resource: dict[str, Any]) -> dict[str, Any]:
    schema = resource["schema"]
    return {
        "path": resource["path"],
        "description": resource["description"],
        "source": resource["sources"][0]["title"],
        "key": ", ".join(f"`{column}`" for column in schema["primaryKey"]),
        "links": [
            f"`{', '.join(key['fields'])}` refers to `{key['reference']['resource'] or resource['name']}.csv`."
            for key in schema.get("foreignKeys") or []
        ],
        "columns": [
            {"unit": "", **one, "constraints": describe_constraints(one.get("constraints") or {})}
            for one in schema["fields"]
        ],
    }
