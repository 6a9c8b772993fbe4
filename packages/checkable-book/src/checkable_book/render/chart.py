"""How a chart is shown: a static picture for every reader, its specification, its data as a table.

Nothing of it is random, and nothing is loaded from another host.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
from markupsafe import Markup as Safe

from checkable_book.data.package import cell_text, package_of
from checkable_book.errors import DataError
from checkable_book.render.canvas import CHOSEN, NARROW, WIDE, Canvas
from checkable_book.render.i18n import translate
from checkable_book.render.output import CellOutput, render_template

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"
#: What Vega says of a title inside a drawing, in English whatever the page.
_TITLED = re.compile(r' role="graphics-symbol" aria-roledescription="title" aria-label="[^"]*"')
#: Where a line may end: after an element of a drawing that holds no text.
_ENDED = re.compile(r"(?:</g>|</text>|/>)(?=<)")
_VEGA_BASE = "https://vega.github.io/vega-datasets/"  # what vl-convert puts before a link inside the page
#: The looks that all charts share; what an author sets of a chart goes before them. Text and rules take the colour
#: of the page around them, in light and in dark. What Vega says of axes, legends and titles is English, and marks
#: say it all.
_CONFIGURATION: dict[str, Any] = {
    "background": "transparent",
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {
        "aria": False,
        "labelFontSize": 13,
        "titleFontSize": 13,
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "gridColor": "#888888",
        "gridOpacity": 0.35,
        "labelLimit": 0,
    },
    "header": {"labelColor": "currentColor", "titleColor": "currentColor", "labelFontSize": 13, "labelLimit": 0},
    "legend": {
        "aria": False,
        "labelFontSize": 13,
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "labelLimit": 0,
    },
    "rule": {"color": "currentColor"},
    "text": {"color": "currentColor"},
    "title": {
        "aria": False,
        "fontSize": 14,
        "subtitleFontSize": 13,
        "color": "currentColor",
        "subtitleColor": "currentColor",
    },
}


def show(
    chart: alt.TopLevelMixin,
    title: str,
    description: str,
    table: CellOutput,
    sources: tuple[str, ...],
    language: str = "en",
    choices: Sequence[str] = (),
    *,
    unit: str = "",
    narrow: alt.TopLevelMixin | None = None,
) -> CellOutput:
    """Return how a chart is shown: static SVG, specification, and its data as a table.

    Parameters
    ----------
    choices : the groups of which a reader can let one step forward; the chart's
        marks look at the parameter :data:`~checkable_book.render.canvas.CHOSEN`.
    title, unit, description : what the chart finds, what it measures, and the long text alternative.
    table : the data of the chart, for those who do not see it; the verification compares the marks with it.
    sources : the tables of the data that the chart is drawn from.
    narrow : the same chart as it is drawn where there is no room for columns.

    Returns
    -------
    Output whose identifier is hashed from the specification: the same data
    gives the same bytes.

    Raises
    ------
    DataError : the chart reads its data from an address, which a page must not do.

    Examples
    --------
    >>> from checkable_book.render.table import frame_table
    >>> frame = pd.DataFrame({"year": [2020, 2021], "visits": [5, 8]})
    >>> points = alt.Chart(frame).mark_point().encode(x="year:O", y="visits:Q")
    >>> shown = show(points, "Visits rise", "Two years.", frame_table(frame, "visits", ["Year", "Visits"]), ())
    >>> "Visits rise" in shown.html, shown.html.count("<svg")
    (True, 1)
    """
    specifications = [write_specification(drawn) for drawn in (chart, narrow) if drawn is not None]
    id = "chart-" + hashlib.sha256("".join(specifications).encode()).hexdigest()[:12]
    names = ("wide", "narrow") if narrow is not None else ("only",)
    variants = [
        {
            "name": name,
            "svg": Safe(draw_svg(specification, id if name != "narrow" else f"{id}-narrow")),
            "spec": Safe(specification.replace("<", "\\u003c")),
        }
        for name, specification in zip(names, specifications, strict=True)
    ]
    plain_title = title.striptags() if isinstance(title, Safe) else title
    page = render_template(
        "chart.html",
        id=id,
        title=title,
        plain_title=plain_title,
        unit=unit,
        description=description,
        variants=variants,
        table=Safe(table.html),
        data_label=translate("data_table", language),
        download=translate("download", language),
        sources=sources,
        downloads=_files_of(sources),
        choices=list(choices),
        highlight=translate("highlight", language) if choices else "",
        everyone=translate("everyone", language) if choices else "",
    )
    return CellOutput(page, f"{plain_title}. {description}\n{table.plain}")


def show_drawing(
    draw: Callable[[Canvas], None],
    title: str,
    unit: str,
    description: str,
    table: CellOutput,
    sources: tuple[str, ...],
    language: str = "en",
    choices: Sequence[str] = (),
) -> CellOutput:
    """Return how a chart is shown that ``draw`` puts on a canvas, once for a column of text and once for a phone.

    The other parameters are those of :func:`show`.

    Examples
    --------
    >>> from checkable_book.render.table import frame_table
    >>> table = frame_table(pd.DataFrame({"garden": ["Pond Walk"], "visits": [5]}), "visits", ["Garden", "Visits"])
    >>> drawn = show_drawing(lambda page: page.words(0, 12, "Pond Walk"), "One garden", "visits", "A word.", table, ())
    >>> drawn.html.count("<svg")
    2
    """
    wide, narrow = Canvas(WIDE), Canvas(NARROW)
    for canvas in (wide, narrow):
        draw(canvas)
    return show(wide.chart(), title, description, table, sources, language, choices, unit=unit, narrow=narrow.chart())


def show_picture(
    svg: str,
    plain: str,
    sources: tuple[str, ...],
    language: str = "en",
    note: str = "",
    follows: Mapping[str, str] | None = None,
    narrow: str = "",
) -> CellOutput:
    """Return how a picture is shown that is drawn already: the SVG, a note below it, and downloads.

    Parameters
    ----------
    svg : the picture, with its own title and description; shown where a column has room for it.
    narrow : the same as it is drawn for a phone.
    plain : the same in words.
    sources : the tables of the data that are offered for download.
    follows : the names of the book's values that its counts (``data-count``) show.

    Examples
    --------
    >>> show_picture('<svg viewBox="0 0 1 1"></svg>', "A dot.", ("visits",)).plain
    'A dot.'
    """
    drawn = re.search(r'viewBox="0 0 (\d+)', svg)
    page = render_template(
        "picture.html",
        id="picture-" + hashlib.sha256(svg.encode()).hexdigest()[:12],
        svg=Safe(svg),
        wide=drawn is not None and int(drawn[1]) > WIDE,
        narrow=Safe(narrow),
        note=note,
        follows=json.dumps(follows, ensure_ascii=False) if follows else "",
        download=translate("download", language),
        sources=sources,
        downloads=_files_of(sources),
    )
    return CellOutput(page, "\n".join(filter(None, [plain, note])))


def fill_title(key: str, language: str, **values: object) -> str:
    """Return the message called ``key`` with values filled in that keep where they come from.

    Examples
    --------
    >>> fill_title("rows_some", "en", count=2, all=3)
    Markup('2 of 3 rows')
    """
    marks = {name: f"\0{place}\0" for place, name in enumerate(values)}
    written = Safe("{}").format(translate(key, language, **marks))
    for place, value in enumerate(values.values()):
        written = Safe(str(written).replace(f"\0{place}\0", str(Safe("{}").format(value))))
    return written


def describe_marks(frame: pd.DataFrame, *columns: str, before: str = "") -> list[str]:
    """Return what a screen reader says of each mark: the values of ``columns``, in order; missing ones are left out.

    Examples
    --------
    >>> describe_marks(pd.DataFrame({"year": [2020], "visits": [5]}), "year", "visits", before="Pond Walk")
    ['Pond Walk, 2020, 5']
    """
    rows = frame[list(columns)].astype(object).to_numpy().tolist()
    return [", ".join(filter(None, [before, *map(cell_text, row)])).replace("\n", " ") for row in rows]


def write_specification(chart: alt.TopLevelMixin) -> str:
    """Return the specification of a chart in the looks that all charts share, under those that its author set."""
    try:
        specification = chart.to_dict()
    except alt.MaxRowsError:
        raise DataError("chart: found more rows than a page can draw, expected at most 5000") from None
    _refuse_addresses(specification)
    specification.pop("description", None)
    own = specification.get("config") or {}
    own.pop("view", None) if own.get("view") == {"continuousHeight": 300, "continuousWidth": 300} else None
    specification["config"] = _merge(_CONFIGURATION, own)
    specification["params"] = [*specification.get("params", []), {"name": CHOSEN, "value": ""}]
    return json.dumps(specification, sort_keys=True, ensure_ascii=False, indent=0)  # a line each, as diffs want it


def draw_svg(specification: str, id: str) -> str:
    """Return the drawing of a specification, with identifiers of its own, a mark a line."""
    import vl_convert  # whose threads a process that is forked should not have (verify.parallel)

    svg = vl_convert.vegalite_to_svg(specification)
    svg = _ENDED.sub("\\g<0>\n", _TITLED.sub("", svg))
    return svg.replace('id="', f'id="{id}-').replace("url(#", f"url(#{id}-").replace(_VEGA_BASE, "")


def _files_of(sources: Sequence[str]) -> list[str]:
    """Return the files of those sources that are tables, as they are published."""
    package = package_of()
    tables = [package.tables[source] for source in sources if source in package.tables]
    return [table.path.relative_to(package.folder).as_posix() for table in tables]


def _merge(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in own.items():
        held = merged.get(key)
        merged[key] = _merge(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return merged


def _refuse_addresses(part: Any) -> None:
    if isinstance(part, dict):
        data = part.get("data")
        if isinstance(data, dict) and "url" in data:
            raise DataError(
                f"chart: found a chart whose data is an address ({str(data['url'])[:80]}), expected a data frame"
            )
        for value in part.values():
            _refuse_addresses(value)
    elif isinstance(part, list):
        for value in part:
            _refuse_addresses(value)
