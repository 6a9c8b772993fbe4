"""How a chart is shown: a static picture for every reader, its specification, its data as a table.

Nothing of it is random, and nothing is loaded from another host.
"""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import altair as alt
import pandas as pd
import vl_convert
from markupsafe import Markup as Safe

from checkable_book import data
from checkable_book.errors import DataError
from checkable_book.show.markup import Markup, render
from checkable_book.show.words import text

#: The parameter of a chart by which a reader lets one of its groups step forward, on all charts of a page.
CHOSEN = "chosen"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"
_VEGA_BASE = "https://vega.github.io/vega-datasets/"  # what vl-convert puts before a link inside the page


@dataclass(frozen=True)
class Live:
    """How the page can compute a dataset of a chart anew, once a reader has tried other values.

    ``query`` gives a row for each of ``rows``, whose cells are those of its
    first columns; ``fields`` takes the dataset's numbers from columns of the
    query, and ``labels`` their texts.
    """

    query: str
    rows: Sequence[Sequence[str]]
    fields: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)


def show(
    chart: alt.TopLevelMixin,
    title: str,
    description: str,
    table: Markup,
    sources: tuple[str, ...],
    language: str = "en",
    choices: Sequence[str] = (),
    live: Sequence[Live] = (),
) -> Markup:
    """Return how a chart is shown: static SVG, specification, and its data as a table.

    Parameters
    ----------
    choices : the groups of which a reader can let one step forward; the chart's
        marks look at the parameter :data:`CHOSEN`.
    live : the datasets that the page can compute anew; the others show the paper's values whatever a reader tries.
    title, description : the short and the long text alternative.
    table : the data of the chart, for those who do not see it.
    sources : the tables of the data that the chart is drawn from.

    Returns
    -------
    Output whose identifier is hashed from the specification: the same data
    gives the same bytes.
    """
    configured = chart.configure(
        background="transparent",
        font=_FONT,
        view=alt.ViewConfig(stroke=None),
        # Text takes the colour of the page around it, in light and in dark.
        # What Vega says of axes, legends and titles is English, and marks say it all.
        axis=alt.AxisConfig(
            aria=False,
            labelFontSize=11,
            labelColor="currentColor",
            titleColor="currentColor",
            gridColor="#888888",
            gridOpacity=0.35,
        ),
        legend=alt.LegendConfig(aria=False, labelColor="currentColor"),
        text=alt.MarkConfig(color="currentColor"),
        title=alt.TitleConfig(
            aria=False, fontSize=13, subtitleFontSize=11, color="currentColor", subtitleColor="currentColor"
        ),
    )
    specification = configured.to_dict()
    specification.pop("description", None)
    if choices:
        specification["params"] = [*specification.get("params", []), {"name": CHOSEN, "value": ""}]
    text_of_it = json.dumps(specification, sort_keys=True, ensure_ascii=False)
    id = "chart-" + hashlib.sha256(text_of_it.encode()).hexdigest()[:12]
    svg = vl_convert.vegalite_to_svg(specification)
    page = render(
        "chart.html",
        id=id,
        title=title,
        description=description,
        svg=Safe(_own_ids(svg, id)),
        spec=Safe(text_of_it.replace("<", "\\u003c")),
        live=Safe(_live(specification, live)),
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


def picture(svg: str, plain: str, sources: tuple[str, ...], language: str = "en", note: str = "") -> Markup:
    """Return how a picture is shown that is drawn already: the SVG, a note below it, and downloads.

    Parameters
    ----------
    svg : the picture, with its own title and description.
    plain : the same in words.
    sources : where its numbers come from; tables of the data are offered for download.
    """
    id = "picture-" + hashlib.sha256(svg.encode()).hexdigest()[:12]
    page = render(
        "picture.html",
        id=id,
        svg=Safe(svg),
        note=note,
        download=text("download", language),
        sources=sources,
        downloads=[source for source in sources if source in data.names()],
    )
    return Markup(page, "\n".join(filter(None, [plain, note])))


def said(frame: pd.DataFrame, *columns: str, before: str = "") -> list[str]:
    """Return what a screen reader says of each mark: the values of ``columns``, in order."""
    rows = frame[list(columns)].astype(str).to_numpy().tolist()
    return [", ".join(filter(None, [before, *row])).replace("\n", " ") for row in rows]


def wrapped(line: str, width: int) -> str:
    """Return a text in lines of at most so many characters, whole words each."""
    return "\n".join(textwrap.wrap(line, width, break_long_words=False))


def _live(specification: dict[str, Any], live: Sequence[Live]) -> str:
    """Return, as JSON for the page's script, which dataset each query computes; empty where there is none."""
    found = []
    for part in live:
        wanted = {*part.fields, *part.labels}
        named = [
            name
            for name, rows in specification["datasets"].items()
            if len(rows) == len(part.rows) and rows and wanted <= set(rows[0])
        ]
        if len(named) != 1:
            raise DataError(f"chart: found {len(named)} datasets with {', '.join(sorted(wanted))}, expected one")
        rows = [list(map(str, row)) for row in part.rows]
        found.append({"dataset": named[0], **asdict(part), "rows": rows})
    return json.dumps(found, ensure_ascii=False).replace("<", "\\u003c") if found else ""


def _own_ids(svg: str, id: str) -> str:
    """Keep the identifiers inside one SVG apart from the others on the page, and its links on the page."""
    return svg.replace('id="', f'id="{id}-').replace("url(#", f"url(#{id}-").replace(_VEGA_BASE, "")
