"""Groups side by side: a column each, with the same few things said of all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from checkable_book.render import entity_pages
from checkable_book.render.output import Markup, render


def columns(told: dict[str, Sequence[tuple[str, str]]], language: str = "en", sources: tuple[str, ...] = ()) -> Markup:
    """Return groups side by side; on a phone they stand below one another.

    Parameters
    ----------
    told : by the name of a group, the pairs of what is told and what is told of it.
    sources : the tables of the data that this comes from.

    Examples
    --------
    >>> columns({"Gardens": [("Pond Walk", "2004")]}).plain
    'Gardens: Pond Walk: 2004'
    """
    pages = entity_pages.chapters(language)
    shown = [
        {
            "key": re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"),
            "title": entity_pages.linked(name, pages),
            "rows": rows,
        }
        for name, rows in told.items()
    ]
    plain = [f"{name}: " + "; ".join(f"{term}: {said}" for term, said in rows) for name, rows in told.items()]
    return Markup(render("columns.html", columns=shown, sources=sources), "\n".join(plain))
