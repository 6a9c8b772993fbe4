"""Groups side by side: a column each, with the same few things said of all of them."""

from __future__ import annotations

from collections.abc import Sequence

from checkable_book.render.entity_pages import entity_pages, link_to_page
from checkable_book.render.output import CellOutput, render_template
from checkable_book.render.values import CellText, Value
from checkable_book.text import slug


def comparison_columns(
    groups: dict[str, Sequence[tuple[str | CellText, str | CellText | Value]]],
    language: str = "en",
    sources: tuple[str, ...] = (),
) -> CellOutput:
    """Return groups side by side; on a phone they stand below one another.

    Parameters
    ----------
    groups : by the name of a group, the pairs of a term and what is said of it.
    sources : the tables of the data that this comes from.

    Examples
    --------
    >>> comparison_columns({"Gardens": [("Pond Walk", "2004")]}).plain
    'Gardens: Pond Walk: 2004'
    """
    pages = entity_pages(language)
    shown = [{"key": slug(name), "title": link_to_page(name, pages), "rows": rows} for name, rows in groups.items()]
    plain = [f"{name}: " + "; ".join(f"{term}: {said}" for term, said in rows) for name, rows in groups.items()]
    return CellOutput(render_template("columns.html", columns=shown, sources=sources), "\n".join(plain))
