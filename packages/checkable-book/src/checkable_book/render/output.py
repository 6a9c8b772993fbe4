"""Outputs of notebook cells: HTML for the page, plain text beside it."""

from __future__ import annotations

from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup as Safe

from checkable_book.render.i18n import text_direction

# Escapes whatever comes from data, so that markup in a CSV is shown as text.
_TEMPLATES = Environment(
    loader=PackageLoader(__package__),
    autoescape=select_autoescape(["html", "svg", "xml"]),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
)


_TEMPLATES.filters["text_direction"] = text_direction


@dataclass(frozen=True)
class CellOutput:
    """An output with two faces: ``html`` for a page, ``plain`` for a terminal or a diff.

    Examples
    --------
    >>> print(CellOutput("<b>4</b>", "4"))
    4
    """

    html: str
    plain: str

    def __repr__(self) -> str:
        return self.plain

    def _repr_html_(self) -> str:
        return self.html


def render_template(template: str, **values: object) -> str:
    r"""Return the package's Jinja ``template`` filled with ``values``, escaped where it is HTML or XML.

    Examples
    --------
    >>> render_template("group.html", title="<b>", columns=2)
    '<tr role="row" class="group"><th role="rowheader" scope="rowgroup" colspan="2">&lt;b&gt;</th></tr>\n'
    """
    return _TEMPLATES.get_template(template).render(**values)


def mark_recomputed(output: CellOutput, name: str) -> CellOutput:
    """Return an output that says that all of it is computed again under a name, since no table holds its numbers.

    The setting ``checkable_book_recomputed`` names what computes it.

    Examples
    --------
    >>> mark_recomputed(CellOutput("<p>4 gardens</p>", "4 gardens"), "survey").html
    '<div data-recomputed="survey"><p>4 gardens</p></div>'
    """
    return CellOutput(render_template("recomputed.html", name=name, html=Safe(output.html)), output.plain)


def text_line(text: str) -> CellOutput:
    """Return a line of text.

    Examples
    --------
    >>> text_line("There are 4 gardens.").plain
    'There are 4 gardens.'
    """
    return CellOutput(render_template("line.html", line=text), text)
