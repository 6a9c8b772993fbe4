"""How a chart is shown: a static picture for every reader, its specification, its data as a table.

Nothing of it is random, and nothing is loaded from another host.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence

import altair as alt
import pandas as pd
import vl_convert
from markupsafe import Markup as Safe

from checkable_book import data
from checkable_book.render.canvas import CHOSEN, NARROW, WIDE, Sheet
from checkable_book.render.i18n import text
from checkable_book.render.output import Markup, render

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"
#: What Vega says of a title inside a drawing, in English whatever the page.
_TITLED = re.compile(r' role="graphics-symbol" aria-roledescription="title" aria-label="[^"]*"')
#: Where a line may end: after an element of a drawing that holds no text.
_ENDED = re.compile(r"(?:</g>|</text>|/>)(?=<)")
_VEGA_BASE = "https://vega.github.io/vega-datasets/"  # what vl-convert puts before a link inside the page


def show(
    chart: alt.TopLevelMixin,
    title: str,
    description: str,
    table: Markup,
    sources: tuple[str, ...],
    language: str = "en",
    choices: Sequence[str] = (),
    *,
    unit: str = "",
    narrow: alt.TopLevelMixin | None = None,
) -> Markup:
    """Return how a chart is shown: static SVG, specification, and its data as a table.

    Parameters
    ----------
    choices : the groups of which a reader can let one step forward; the chart's
        marks look at the parameter :data:`~checkable_book.render.canvas.CHOSEN`.
    title, unit, description : what the chart finds, what it measures, and the long text alternative.
    table : the data of the chart, for those who do not see it.
    sources : the tables of the data that the chart is drawn from.
    narrow : the same chart as it is drawn where there is no room for columns.

    Returns
    -------
    Output whose identifier is hashed from the specification: the same data
    gives the same bytes.

    Examples
    --------
    >>> from checkable_book.render.table import plain
    >>> frame = pd.DataFrame({"year": [2020, 2021], "visits": [5, 8]})
    >>> points = alt.Chart(frame).mark_point().encode(x="year:O", y="visits:Q")
    >>> shown = show(points, "Visits rise", "Two years.", plain(frame, "visits", ["Year", "Visits"]), ())
    >>> "Visits rise" in shown.html, shown.html.count("<svg")
    (True, 1)
    """
    specifications = [_specification(drawn) for drawn in (chart, narrow) if drawn is not None]
    id = "chart-" + hashlib.sha256("".join(specifications).encode()).hexdigest()[:12]
    variants = []
    for name, specification in zip(("wide", "narrow") if narrow else ("only",), specifications, strict=True):
        svg = vl_convert.vegalite_to_svg(specification)
        variants.append(
            {
                "name": name,
                "svg": Safe(_own_ids(svg, id if name != "narrow" else f"{id}-narrow")),
                "spec": Safe(specification.replace("<", "\\u003c")),
            }
        )
    page = render(
        "chart.html",
        id=id,
        title=title,
        unit=unit,
        description=description,
        variants=variants,
        table=Safe(table.html),
        data_label=text("data_table", language),
        download=text("download", language),
        sources=sources,
        downloads=[source for source in sources if source in data.names()],
        choices=list(choices),
        highlight=text("highlight", language),
        everyone=text("everyone", language),
    )
    return Markup(page, f"{title}. {description}\n{table.plain}")


def draw(
    drawing: Callable[[Sheet], None],
    title: str,
    unit: str,
    description: str,
    table: Markup,
    sources: tuple[str, ...],
    language: str = "en",
    choices: Sequence[str] = (),
) -> Markup:
    """Return how a chart is shown that ``drawing`` puts on a sheet, once for a column of text and once for a phone.

    The other parameters are those of :func:`show`.

    Examples
    --------
    >>> from checkable_book.render.table import plain
    >>> table = plain(pd.DataFrame({"garden": ["Pond Walk"], "visits": [5]}), "visits", ["Garden", "Visits"])
    >>> drawn = draw(lambda page: page.words(0, 12, "Pond Walk"), "One garden", "visits", "A word.", table, ())
    >>> drawn.html.count("<svg")
    2
    """
    wide, narrow = Sheet(WIDE), Sheet(NARROW)
    for sheet in (wide, narrow):
        drawing(sheet)
    return show(wide.chart(), title, description, table, sources, language, choices, unit=unit, narrow=narrow.chart())


def _specification(chart: alt.TopLevelMixin) -> str:
    """Return the specification of a chart in the looks that all charts share."""
    configured = chart.configure(
        background="transparent",
        font=_FONT,
        view=alt.ViewConfig(stroke=None),
        # Text takes the colour of the page around it, in light and in dark.
        # What Vega says of axes, legends and titles is English, and marks say it all.
        axis=alt.AxisConfig(
            aria=False,
            labelFontSize=13,
            titleFontSize=13,
            labelColor="currentColor",
            titleColor="currentColor",
            gridColor="#888888",
            gridOpacity=0.35,
        ),
        legend=alt.LegendConfig(aria=False, labelFontSize=13, labelColor="currentColor"),
        text=alt.MarkConfig(color="currentColor"),
        title=alt.TitleConfig(
            aria=False, fontSize=14, subtitleFontSize=13, color="currentColor", subtitleColor="currentColor"
        ),
    )
    specification = configured.to_dict()
    specification.pop("description", None)
    specification["params"] = [*specification.get("params", []), {"name": CHOSEN, "value": ""}]
    return json.dumps(specification, sort_keys=True, ensure_ascii=False, indent=0)  # a line each, as diffs want it


def picture(
    svg: str,
    plain: str,
    sources: tuple[str, ...],
    language: str = "en",
    note: str = "",
    follows: Mapping[str, str] | None = None,
    narrow: str = "",
) -> Markup:
    """Return how a picture is shown that is drawn already: the SVG, a note below it, and downloads.

    Parameters
    ----------
    svg : the picture, with its own title and description; shown where a column has room for it.
    narrow : the same as it is drawn for a phone.
    plain : the same in words.
    sources : where its numbers come from; tables of the data are offered for download.
    follows : the names of the book's values that its counts (``data-count``) show, where they follow a reader's values.


    Examples
    --------
    >>> picture('<svg viewBox="0 0 1 1"></svg>', "A dot.", ("visits",)).plain
    'A dot.'
    """
    drawn = re.search(r'viewBox="0 0 (\d+)', svg)
    id = "picture-" + hashlib.sha256(svg.encode()).hexdigest()[:12]
    page = render(
        "picture.html",
        id=id,
        svg=Safe(svg),
        wide=drawn is not None and int(drawn[1]) > WIDE,
        narrow=Safe(narrow),
        note=note,
        follows=json.dumps(follows, ensure_ascii=False) if follows else "",
        download=text("download", language),
        sources=sources,
        downloads=[source for source in sources if source in data.names()],
    )
    return Markup(page, "\n".join(filter(None, [plain, note])))


def said(frame: pd.DataFrame, *columns: str, before: str = "") -> list[str]:
    """Return what a screen reader says of each mark: the values of ``columns``, in order.

    Examples
    --------
    >>> said(pd.DataFrame({"year": [2020], "visits": [5]}), "year", "visits", before="Pond Walk")
    ['Pond Walk, 2020, 5']
    """
    rows = frame[list(columns)].astype(str).to_numpy().tolist()
    return [", ".join(filter(None, [before, *row])).replace("\n", " ") for row in rows]


def _own_ids(svg: str, id: str) -> str:
    """Keep the identifiers inside one SVG apart from others, its links on the page, its title a text, a mark a line."""
    svg = _ENDED.sub("\\g<0>\n", _TITLED.sub("", svg))
    return svg.replace('id="', f'id="{id}-').replace("url(#", f"url(#{id}-").replace(_VEGA_BASE, "")
