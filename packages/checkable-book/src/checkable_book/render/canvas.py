"""A canvas that a chart is drawn on: marks and words at places in pixels, as one Vega-Lite specification.

A chart that places its own words knows where they are, so that none is cut by
the frame or lies on another, whatever font a reader has. Nothing is measured
by the program that draws: :func:`text_width` errs on the wide side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import altair as alt

#: The parameter of a chart by which a reader lets one of its groups step forward, on all charts of a page.
CHOSEN = "chosen"
_READABLE = 0.65  # how faint words of a group may be that stands back
#: The widths that charts are drawn at, in pixels: for a column of text, and for a phone.
WIDE, NARROW = 640, 320
#: The size of words on a chart, and from line to line, in pixels.
SIZE, LINE = 13, 17
SMALL = 12
#: The layer of the years and steps along the edges, by which to read places; no mark says them.
TICKS = "ticks"
_FAINT = 0.78
#: What of a mark follows a reader's values, as :class:`Canvas` says.
LiveBinding = dict[str, list[Any]]
_NARROW_LETTERS, _BROAD_LETTERS = set("fijlrtI.,:;'|()[]- "), set("mwMW%@—")


class Canvas:
    """What is drawn at one width; marks lie below words.

    Each mark may say what it stands for (``said``: to screen readers and where
    it is pointed at), belong to a ``group``, which a reader can let step
    forward, and lead somewhere (``href``). What it shows may follow the values
    that a reader tries: ``follows`` names, for a place (``x``, ``x2``, ``y``),
    a query, where 0 stands and how far 1 reaches; for ``words`` and ``said``,
    a text with ``{}`` for each value and the queries of those; for a ``fill``,
    a query and the colours of 0 and 1.

    Examples
    --------
    >>> page = Canvas(320)
    >>> page.lines(0, 12, "Pond Walk and the Old Orchard behind it", 120) > 12
    True
    >>> page.wide
    False
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.height = 0.0
        self._bars: list[dict[str, Any]] = []
        self._lines: dict[tuple[str, float, str, float, bool], list[dict[str, Any]]] = {}
        self._points: list[dict[str, Any]] = []
        self._words: dict[tuple[Any, int, Any], list[dict[str, Any]]] = {}
        self._ticks: list[dict[str, Any]] = []

    @property
    def wide(self) -> bool:
        """Whether there is room for columns."""
        return self.width >= WIDE

    def bar(
        self, x: float, y: float, width: float, height: float, colour: str = "currentColor", strength: float = 1,
        **properties: Any,
    ) -> None:  # fmt: skip
        """Draw a rectangle; ``strength`` is its opacity."""
        self._bars.append(
            {
                "x": _round_coordinate(x),
                "y": _round_coordinate(y),
                "x2": _round_coordinate(x + width),
                "y2": _round_coordinate(y + height),
                "fill": colour,
                "strength": strength,
            }
            | _mark_properties(properties)
        )
        self._grow_to(y + height)

    def point(self, x: float, y: float, colour: str, shape: str = "circle", size: int = 90, **properties: Any) -> None:
        """Draw a mark of a shape that Vega knows."""
        self._points.append(
            {"x": _round_coordinate(x), "y": _round_coordinate(y), "fill": colour, "shape": shape, "size": size}
            | _mark_properties(properties)
        )
        self._grow_to(y + 8)

    def line(
        self, places: Sequence[tuple[float, float]], colour: str = "currentColor", width: float = 2,
        dash: str = "1 0", strength: float = 1, follows: Sequence[LiveBinding] = (), **properties: Any,
    ) -> None:  # fmt: skip
        """Draw a line from place to place, each of which may follow what a reader tries; ``dash`` is as SVG has it."""
        alike = self._lines.setdefault((colour, width, dash, strength, bool(properties.get("said"))), [])
        line = alike[-1]["line"] + 1 if alike else 0
        rows = [
            {"x": _round_coordinate(x), "y": _round_coordinate(y), "n": n, "line": line} | _mark_properties(properties)
            for n, (x, y) in enumerate(places)
        ]
        for row, asked in zip(rows, follows, strict=False):
            row["follows"] = asked
        alike += rows
        self._grow_to(max(y for _, y in places))

    def words(
        self, x: float, y: float, words: str, *, bold: bool = False, small: bool = False, faint: bool = False,
        align: str = "left", colour: str = "currentColor", group: str = "", follows: LiveBinding | None = None,
        part_of: str = "",
    ) -> None:  # fmt: skip
        """Write one line; ``y`` is where its letters stand, and ``part_of`` the text of which it is a line."""
        row = {
            "x": _round_coordinate(x),
            "y": _round_coordinate(y),
            "words": words,
            "fill": colour,
            "strength": _FAINT if faint else 1,
        }
        key = (align, SMALL if small else SIZE, "bold" if bold else "normal")
        self._words.setdefault(key, []).append(
            row | _mark_properties({"group": group, "follows": follows, "of": part_of})
        )
        self._grow_to(y + 5)

    def tick(self, x: float, y: float, words: str) -> None:
        """Write a year or a step by which places along an edge are read; ``x`` is its middle."""
        self._ticks.append({"x": _round_coordinate(x), "y": _round_coordinate(y), "words": words})
        self._grow_to(y + 5)

    def lines(self, x: float, y: float, words: str, width: float, **style: Any) -> float:
        """Write a text in lines of at most so many pixels; return where the line after it would stand."""
        lines = fit_lines(words, width, SMALL if style.get("small") else SIZE)
        for line in lines:
            self.words(x, y, line, part_of=words if len(lines) > 1 else "", **style)
            y += LINE
        return y

    def chart(self) -> alt.TopLevelMixin:
        """Return the canvas as it stands."""
        layers: list[alt.Chart] = []
        for telling in (False, True):  # those that say nothing are grounds for the others
            rows = [row for row in self._bars if bool(row.get("said")) is telling]
            if rows:
                layers.append(
                    _base(rows)
                    .mark_rect(cornerRadius=2, aria=telling)
                    .encode(x2="x2:Q", y2="y2:Q", fill=_as_is(alt.Fill, "fill"), fillOpacity=_strength())
                )
        for (colour, width, dash, strength, telling), rows in self._lines.items():
            mark = alt.Chart(alt.InlineData(values=rows)).mark_line(
                stroke=colour,
                strokeWidth=width,
                strokeDash=[int(length) for length in dash.split()],
                strokeOpacity=strength,
                aria=telling,
            )
            layers.append(
                mark.encode(
                    x=_x(),
                    y=_y(),
                    order="n:Q",
                    detail="line:N",
                    opacity=_opacity_of_choice(),
                    **_tooltip_channels(rows),
                )
            )
        for telling in (False, True):
            rows = [row for row in self._points if bool(row.get("said")) is telling]
            if rows:
                layers.append(
                    _base(rows)
                    .mark_point(filled=True, opacity=1, aria=telling)
                    .encode(
                        fill=_as_is(alt.Fill, "fill"),
                        shape=_as_is(alt.Shape, "shape"),
                        size=alt.Size("size:Q", scale=None, legend=None),
                    )
                )
        for (align, size, weight), rows in self._words.items():
            mark = alt.Chart(alt.InlineData(values=rows)).mark_text(
                align=align, baseline="alphabetic", fontSize=size, fontWeight=weight, aria=False
            )
            filled = {"fill": _as_is(alt.Fill, "fill"), "fillOpacity": _strength()}
            layers.append(mark.encode(x=_x(), y=_y(), text="words:N", opacity=_opacity_of_choice(_READABLE), **filled))
        if self._ticks:
            mark = alt.Chart(alt.InlineData(values=self._ticks), name=TICKS).mark_text(
                align="center",
                baseline="alphabetic",
                fontSize=SMALL,
                fill="currentColor",
                fillOpacity=_FAINT,
                aria=False,
            )
            layers.append(mark.encode(x=_x(), y=_y(), text="words:N"))
        return alt.layer(*layers).properties(
            width=self.width,
            height=round(self.height) + 4,
            padding=0,
            autosize=alt.AutoSizeParams(type="none"),
        )

    def _grow_to(self, y: float) -> None:
        self.height = max(self.height, y)


def bars(
    canvas: Canvas, x: float, y: float, width: float, rows: Sequence[dict[str, Any]], most: float, thick: int = 10
) -> float:
    """Draw a bar a row, its name above it on the left, its value on the right; return where the next would begin.

    Parameters
    ----------
    rows : each with ``name``, ``value``, ``label`` (the value in words), ``colour``,
        and what :class:`Canvas` lets a mark tell; ``asked``, the query of its
        value, where it follows what a reader tries, and ``asked_most``, that of ``most``.
    most : the value of a bar of the whole width.

    Examples
    --------
    >>> page = Canvas(320)
    >>> row = {"name": "Pond Walk", "value": 5, "label": "5", "colour": "#333366"}
    >>> bars(page, 0, 20, 300, [row, row], most=5) - bars(page, 0, 20, 300, [row], most=5) > 20
    True
    """
    for row in rows:
        told: dict[str, Any] = {key: row[key] for key in ("said", "group", "href") if key in row}
        group = str(row.get("group", ""))
        label: LiveBinding | None = None
        if asked := row.get("asked"):
            label = {"words": ["{}", asked]}
            part = f"SELECT 1.0 * ({asked}) / ({row['asked_most']})"
            said = str(row.get("said", "")).replace(row["label"], "{}")
            told["follows"] = {"x2": [part, x, width], "said": [said, asked]}
        canvas.words(x, y + SIZE, row["name"], group=group)
        canvas.words(x + width, y + SIZE, row["label"], bold=True, align="right", group=group, follows=label)
        canvas.bar(x, y + LINE + 2, width, thick, strength=0.1)
        canvas.bar(x, y + LINE + 2, width * row["value"] / most if most else 0, thick, row["colour"], **told)
        y += LINE + thick + 14
    return y


def spread_labels(places: Sequence[float], distance: float) -> list[float]:
    """Return places moved as little as it takes to keep a distance, the order kept, the first and last as anchors.

    Examples
    --------
    >>> spread_labels([10, 12, 40], 16)
    [3.0, 19.0, 40.0]
    """
    order = sorted(range(len(places)), key=lambda n: places[n])
    blocks: list[list[int]] = []
    centres: list[float] = []
    for n in order:
        blocks.append([n])
        centres.append(float(places[n]))
        while len(blocks) > 1 and centres[-1] - centres[-2] < distance * (len(blocks[-1]) + len(blocks[-2])) / 2:
            joined = blocks[-2] + blocks[-1]
            blocks[-2:] = [joined]
            centres[-2:] = [sum(places[m] for m in joined) / len(joined)]
    moved = [0.0] * len(places)
    for block, centre in zip(blocks, centres, strict=True):
        for at, n in enumerate(block):
            moved[n] = centre + (at - (len(block) - 1) / 2) * distance
    return moved


def densest_interval(years: list[int]) -> tuple[int, int]:
    """Return the shortest span of values into which two thirds of them fall, the first of several.

    Examples
    --------
    >>> densest_interval([1990, 2018, 2019, 2019, 2020, 2021])
    (2018, 2020)
    """
    ordered, part = sorted(years), -(-2 * len(years) // 3)
    return min(zip(ordered, ordered[part - 1 :], strict=False), key=lambda span: span[1] - span[0])


def piecewise_scale(first: int, since: int, until: int, last: int, left: float, right: float) -> Callable[[int], float]:
    """Return where a year stands: those of the crowd take most of the room, the others are drawn together.

    Examples
    --------
    >>> place = piecewise_scale(1990, 2018, 2021, 2025, 0, 700)
    >>> place(2021) - place(2018) > place(2018) - place(1990)
    True
    """
    before, after = (0.22 if first < since else 0), (0.2 if until < last else 0)
    marks = [(first, 0.0), (since, before), (until, 1 - after), (last, 1.0)]

    def place(year: int) -> float:
        for (start, low), (end, high) in pairwise(marks):
            if start <= year <= end and start < end:
                return left + (low + (high - low) * (year - start) / (end - start)) * (right - left)
        return left

    return place


def mix_colours(first: str, second: str, part: float) -> str:
    """Return the colour so far on the way from one to another.

    Examples
    --------
    >>> mix_colours("#000000", "#ffffff", 0.5)
    '#808080'
    """
    part = min(max(part, 0), 1)
    light, dark = (bytes.fromhex(colour[1:]) for colour in (first, second))
    return "#" + "".join(f"{int(a + (b - a) * part + 0.5):02x}" for a, b in zip(light, dark, strict=True))


def text_width(words: str, size: float = SIZE) -> float:
    """Return about how many pixels a line is wide; in most fonts it is narrower.

    Examples
    --------
    >>> 60 < text_width("Governance") < 90
    True
    """
    ems = sum(
        0.42 if letter in _NARROW_LETTERS else 0.98 if letter in _BROAD_LETTERS else 0.72 if letter.isupper() else 0.63
        for letter in words
    )
    return ems * size


def fit_lines(words: str, width: float, size: float = SIZE) -> list[str]:
    """Return a text in lines of at most so many pixels, whole words each.

    Examples
    --------
    >>> fit_lines("one two three", 60)
    ['one two', 'three']
    """
    lines: list[str] = []
    for word in words.split():
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _round_coordinate(value: float) -> float:
    return round(float(value), 1)


def _mark_properties(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a mark, with a group in any case, since every mark is asked for it."""
    return {"group": ""} | {key: value for key, value in properties.items() if value}


def _base(rows: list[dict[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=rows)).encode(
        x=_x(), y=_y(), opacity=_opacity_of_choice(), **_tooltip_channels(rows)
    )


def _tooltip_channels(rows: list[dict[str, Any]]) -> dict[str, Any]:
    channels: dict[str, Any] = {}
    if any(row.get("said") for row in rows):
        channels |= {"description": alt.Description("said:N"), "tooltip": alt.Tooltip("said:N")}
    if any(row.get("href") for row in rows):
        channels["href"] = alt.Href("href:N")
    return channels


def _x() -> alt.X:
    return alt.X("x:Q", scale=None, axis=None)


def _y() -> alt.Y:
    return alt.Y("y:Q", scale=None, axis=None)


def _as_is(channel: Any, field: str) -> Any:
    return channel(f"{field}:N", scale=None, legend=None)


def _strength() -> alt.FillOpacity:
    return alt.FillOpacity("strength:Q", scale=None, legend=None)


def _opacity_of_choice(faint: float = 0.15) -> Any:
    """Return the opacity that lets the group step forward that the reader has chosen for the page."""
    others = f"{CHOSEN} && datum.group && datum.group !== {CHOSEN}"
    return alt.condition(others, alt.value(faint), alt.value(1))
