"""Outputs of notebook cells: HTML for the page, plain text beside it."""

from __future__ import annotations

from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

# Escapes whatever comes from data, so that markup in a CSV is shown as text.
_TEMPLATES = Environment(
    loader=PackageLoader(__package__),
    autoescape=select_autoescape(["html", "svg", "xml"]),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
)


@dataclass(frozen=True)
class Markup:
    """An output with two faces: ``html`` for a page, ``plain`` for a terminal or a diff.

    Examples
    --------
    >>> print(Markup("<b>4</b>", "4"))
    4
    """

    html: str
    plain: str

    def __repr__(self) -> str:
        return self.plain

    def _repr_html_(self) -> str:
        return self.html


def render(template: str, **values: object) -> str:
    r"""Return the package's Jinja ``template`` filled with ``values``, escaped where it is HTML or XML.

    Examples
    --------
    >>> render("group.html", title="<b>", columns=2)
    '<tr role="row" class="group"><th role="rowheader" scope="rowgroup" colspan="2">&lt;b&gt;</th></tr>\n'
    """
    return _TEMPLATES.get_template(template).render(**values)


def line(said: str, source: str) -> Markup:
    """Return a line of text whose numbers come from the file or folder ``source`` of the data.

    Examples
    --------
    >>> line("There are 4 gardens.", "gardens").plain
    'There are 4 gardens.'
    """
    return Markup(render("line.html", line=said, source=source), said)
