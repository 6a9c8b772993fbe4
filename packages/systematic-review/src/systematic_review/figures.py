"""A figure of the review: what is drawn, what it says, and the data behind it.

Whoever shows it decides how: the command writes its SVG to a file, a book puts
it on a page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import altair as alt
import pandas as pd
import vl_convert

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"


@dataclass(frozen=True)
class Figure:
    """One figure.

    ``title`` and ``description`` are its short and long text alternative,
    ``table`` its data under titles in its language, ``unit`` what it measures,
    where the title says what it finds, ``note`` what stands below
    it; it is either a ``chart`` or, already drawn, an ``svg``, and the same
    ``narrow``, for a phone.

    Examples
    --------
    >>> print(Figure("Works by year", "Two years.", pd.DataFrame({"Year": [2020, 2021], "Works": [3, 5]})).as_text)
    Works by year. Two years.
    2020 | 3
    2021 | 5
    """

    title: str
    description: str
    table: pd.DataFrame
    chart: alt.TopLevelMixin | None = None
    unit: str = ""
    svg: str = ""
    narrow: str = ""
    note: str = ""

    @property
    def as_text(self) -> str:
        """The figure in words, its data a row a line."""
        rows = [" | ".join(map(str, row)) for row in self.table.itertuples(index=False)]
        return "\n".join([f"{self.title}. {self.description}", *rows, *filter(None, [self.note])])


def draw_figure(figure: Figure) -> str:
    """Return the figure as SVG for paper: text has no page around it whose colour it could take.

    Examples
    --------
    >>> draw_figure(Figure("A line", "", pd.DataFrame(), svg='<svg stroke="currentColor"/>'))
    '<svg stroke="#1a1a1a"/>'
    """
    svg = figure.svg
    if figure.chart is not None:
        configured = figure.chart.configure(font=_FONT, view=alt.ViewConfig(stroke=None), background="white")
        svg = vl_convert.vegalite_to_svg(configured.to_dict())
    return svg.replace("currentColor", "#1a1a1a")


def describe_marks(frame: pd.DataFrame, columns: Iterable[str]) -> list[str]:
    """Return what a screen reader says of each mark: the values of ``columns``, in order.

    Examples
    --------
    >>> describe_marks(pd.DataFrame({"year": [2020, 2021], "works": [3, 5]}), ["year", "works"])
    ['2020, 3', '2021, 5']
    """
    return [", ".join(row) for row in frame[list(columns)].astype(str).to_numpy().tolist()]
