"""The charts of the book: data frames to drawings on a canvas (:mod:`checkable_book.render.chart` shows them).

The title of each is what it finds; where it compares, the data decides which title stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from checkable_book import data
from checkable_book.data.database import quote_literal
from checkable_book.render import chart
from checkable_book.render.canvas import (
    LINE,
    Canvas,
    LiveBinding,
    bars,
    densest_interval,
    fit_lines,
    piecewise_scale,
    spread_labels,
    text_width,
)
from checkable_book.render.i18n import format_number, translate
from checkable_book.render.output import CellOutput
from checkable_book.render.table import Cell, build_table, frame_table, join_years
from checkable_book.render.values import cell_value, query_value, text_cell, view_cell_value
from smartcity_review import tables

_SMALL = 12
_NEUTRAL = "#8a8a8a"
#: Charts on which the marks of the countries lie among one another.
_MIXED = {"rankings", "by_year"}
#: Measures that count what the paper lists.
_COUNTS = {"initiatives", "policies"}
#: The query for the number of stages at which each country has an approach of its own.
_DIFFERENT_APPROACHES = (
    "SELECT COUNT(*) FROM (SELECT stage FROM policy_cycle GROUP BY stage HAVING COUNT(DISTINCT approach_en) = COUNT(*))"
)


def internet_use(frame: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return population, adoption and speed as small multiples, a bar a country (Table 1)."""
    panels = (
        ("population", "population", "persons"),
        ("internet_adoption_percent", "internet_adoption", "percent_of_population"),
        ("internet_speed_mbps", "internet_speed", "mbps"),
    )

    def draw(canvas: Canvas) -> None:
        gap = 28
        width = (canvas.width - 2 * gap) / 3 if canvas.wide else canvas.width
        for place, (column, title, unit) in enumerate(panels):
            x, y = (place * (width + gap), 0.0) if canvas.wide else (0.0, canvas.height + (26 if place else 0))
            canvas.words(x, y + 14, translate(title, language), bold=True)
            canvas.words(x, y + 14 + LINE, translate(unit, language), small=True, faint=True)
            rows = _bars(frame, column, translate(title, language), language, "internet_use")
            bars(canvas, x, y + 44, width, rows, float(frame[column].max()))

    orderly = frame.sort_values("population", ascending=False)["internet_speed_mbps"].is_monotonic_increasing
    rows = "; ".join(
        translate(
            "alt_internet_use_row",
            language,
            country=row["country"],
            population=format_number(row["population"], language),
            adoption=format_number(row["internet_adoption_percent"], language),
            speed=format_number(row["internet_speed_mbps"], language),
        )
        for row in frame.to_dict("records")
    )
    return _draw(
        draw,
        "internet_use",
        "_orderly" if orderly else "",
        translate("alt_internet_use", language, rows=rows),
        tables.internet_use(frame, language, id="internet-use-data"),
        ("internet_use",),
        language,
    )


def internet_users(users: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return the number of internet users in millions, a bar a country."""
    column = "internet_users_millions"
    rows = _bars(users, column, "", language, "internet_users")
    top = users.sort_values(column, ascending=False)["country"].iloc[0]
    values = [float(value) for value in users[column]]
    more = max(values) > sum(values) - max(values)

    def draw(canvas: Canvas) -> None:
        bars(canvas, 0, 0, canvas.width, rows, float(users[column].max()), 14)

    titles = [translate(key, language) for key in ("country", column)]
    return _draw(
        draw,
        "internet_users",
        "_more" if more else "",
        translate("alt_internet_users", language, rows="; ".join(f"{row['name']} {row['label']}" for row in rows)),
        frame_table(users, "internet-users-data", titles, language, ("internet_users",)),
        ("internet_users",),
        language,
        country=top,
    )


def initiatives(frame: pd.DataFrame, dimensions: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return the number of initiatives by dimension and country as a matrix of bars (Table 4).

    Each cell links to its list in the explorer. The bars are grey: a longer list is no better result.
    """
    names = dict(zip(dimensions["dimension"], dimensions[f"name_{language}"], strict=True))
    countries = list(_countries()["country"])
    counted = frame.groupby(["dimension", "country"]).size().unstack(fill_value=0)
    counted = counted.reindex(index=list(names), columns=countries, fill_value=0)
    values = {str(key): {str(c): int(n) for c, n in row.items()} for key, row in counted.iterrows()}
    least, most = (end(end(row.values()) for row in values.values()) for end in (min, max))

    def draw_sum(canvas: Canvas, x: float, y: float, align: str, **of: str) -> None:
        total = sum(
            values[d][c] for d in values for c in countries if {"dimension": d, "country": c}.items() >= of.items()
        )
        words = "{}" if canvas.wide else translate("total", language) + " {}"
        style: dict[str, Any] = {"faint": True, "align": align, "group": of.get("country", "")}
        style["follows"] = {"words": [words, _count_query(**of)]}
        canvas.words(x, y, words.format(format_number(total, language)), **style)

    def draw(canvas: Canvas) -> None:
        left, right, high = (165, 64, 40) if canvas.wide else (0, 0, 34)
        width = (canvas.width - left - right) / len(countries)
        y = 0.0
        for at, country in enumerate(countries):
            canvas.words(left + (at + 0.5) * width, y + 14, country, bold=True, align="center", group=country)
        if canvas.wide:
            canvas.words(canvas.width, y + 14, translate("total", language), faint=True, align="right")
        y += 24 if canvas.wide else 30
        for dimension, name in names.items():
            draw_sum(canvas, canvas.width, y + (high / 2 + 3 if canvas.wide else 14), "right", dimension=dimension)
            canvas.words(0, y + (high / 2 + 3 if canvas.wide else 14), name)
            y += 0 if canvas.wide else LINE + 5
            for at, country in enumerate(countries):
                value = values[dimension][country]
                list_of = _explorer_address(dimension, country, data.row_id("initiatives", [dimension, country, 1]))
                counted_by = _count_query(dimension=dimension, country=country)
                x, per = left + at * width + 1.5, (width - 46) / most
                mark: dict[str, Any] = {
                    "said": f"{name}, {country}, {format_number(value, language)}",
                    "group": country,
                    "href": list_of if value else "",
                    "follows": {"said": [f"{name}, {country}, {{}}", counted_by]},
                }
                canvas.bar(x, y, width - 3, high - 3, strength=0.06, **mark)
                bar: LiveBinding = {"x2": [counted_by, x + 8, per]}
                canvas.bar(x + 8, y + high / 2 - 7, value * per, 11, _NEUTRAL, group=country, follows=bar)
                label: LiveBinding = {"x": [counted_by, x + 14, per], "words": ["{}", counted_by]}
                told = format_number(value, language)
                canvas.words(x + 14 + value * per, y + high / 2 + 3, told, bold=True, group=country, follows=label)
            y += high + (0 if canvas.wide else 6)
        if canvas.wide:
            canvas.words(0, y + 16, translate("total", language), faint=True)
        for at, country in enumerate(countries):
            draw_sum(canvas, left + (at + 0.5) * width, y + 16, "center", country=country)

    sums = counted.sum(axis=1)
    top = " / ".join(_lower_first(names[str(dimension)]) for dimension in sums.index[sums == sums.max()])
    cells = [
        [names[d], *(query_value(_count_query(dimension=d, country=c), language=language) for c in countries)]
        for d in values
    ]
    heads = [translate("dimension", language), *countries]
    numeric = tuple(range(1, len(heads)))
    rows = "; ".join(
        translate(
            "alt_initiatives_row",
            language,
            dimension=names[str(key)],
            counts=", ".join(f"{country} {format_number(int(n), language)}" for country, n in row.items()),
        )
        for key, row in counted.iterrows()
    )
    return _draw(
        draw,
        "initiatives",
        "_all" if least else "",
        translate("alt_initiatives", language, rows=rows),
        build_table(
            "initiatives-counts", heads, cells, language, numeric=numeric, sources=("initiatives", "dimensions")
        ),
        ("initiatives", "dimensions"),
        language,
        top=top,
    )


def policies_timeline(frame: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return the dated laws and policies as a timeline, a lane a country; the undated are named below its lane.

    A bar marks a period, a point a single year. The years into which two thirds
    of them fall take the most room.
    """
    column = "instrument_" + language if f"instrument_{language}" in frame else "instrument"
    named = frame.assign(name=[name.partition(" (")[0] for name in frame[column]])
    dated = named[named["year_start"].notna()].sort_values(["year_start", "country", "instrument"]).copy()
    dated["years"] = [
        join_years(start, None if pd.isna(end) else end)
        for start, end in zip(dated["year_start"], dated["year_end"], strict=True)
    ]
    dated["kind"] = [translate(f"kind_{kind}", language) for kind in dated["kind"]]
    starts = [int(year) for year in dated["year_start"]]
    first, last = min(starts) // 10 * 10, int(dated[["year_start", "year_end"]].max().max())
    since, until = densest_interval(starts)

    def draw(canvas: Canvas) -> None:
        left = 268 if canvas.wide else 0
        place = piecewise_scale(first, since, until, last, left + 8, canvas.width - (14 if canvas.wide else 10))
        y = 0.0
        for country in _listed_countries():
            lane = dated[dated["country"] == country["country"]]
            undated = named[(named["country"] == country["country"]) & named["year_start"].isna()]["name"]
            if lane.empty and undated.empty:
                continue
            group = str(country["country"])
            canvas.point(7, y + 11, country["colour"], country["shape"])
            canvas.words(20, y + 16, group, bold=True, group=group)
            y += 4 if canvas.wide else LINE + 6
            top = y + LINE + 2
            taken: list[float] = []
            for year in [since, until, first, last, *range(first, last, 10), *range(since, until, 2)]:
                half = text_width("0000", _SMALL) / 2
                at = max(half, min(place(year), canvas.width - half))
                if all(abs(at - other) >= 40 for other in taken):
                    taken.append(at)
                    canvas.tick(at, y + 12, str(year))
                    canvas.line([(place(year), top - 2), (place(year), top + 3)], width=1, strength=0.5)
            y = top + 4
            for row in lane.to_dict("records"):
                lines = fit_lines(row["name"], (left or canvas.width) - 8)
                canvas.lines(0, y + 14, row["name"], (left or canvas.width) - 8, group=group)
                middle = y + 9 if canvas.wide else y + len(lines) * LINE + 12
                start = place(int(row["year_start"]))
                end = start if pd.isna(row["year_end"]) else place(int(row["year_end"]))
                canvas.line([(left, middle), (canvas.width, middle)], width=1, strength=0.15)
                mark: dict[str, Any] = {
                    "said": f"{row['years']}, {row['name']}, {group}, {row['kind']}",
                    "group": group,
                }
                if end > start:
                    canvas.bar(start, middle - 4, end - start, 8, country["colour"], **mark)
                if end > start:
                    mark = {"group": group}  # the bar has said it
                canvas.point(start, middle, country["colour"], country["shape"], **mark)
                wide = text_width(row["years"], _SMALL)
                fits = end + 12 + wide <= canvas.width
                told_at = (end + 11, "left") if fits else (start - 11, "right")
                canvas.words(told_at[0], middle + 4, row["years"], small=True, align=told_at[1], group=group)
                y = (y if canvas.wide else y + 24) + len(lines) * LINE + 5
            canvas.bar(place(since) - 7, top, place(until) - place(since) + 14, y - top, strength=0.07)
            if len(undated):
                line = translate("undated", language, names="; ".join(undated))
                y = canvas.lines(0, y + 16, line, canvas.width - 4, small=True, faint=True, group=group)
            y += 12

    rows = "; ".join(f"{row.years} {row.name} ({row.country})" for row in dated.itertuples(index=False))
    cells: list[list[Cell]] = [
        [
            join_years(*(text_cell("policies", row, end, language) for end in ("year_start", "year_end"))),
            text_cell("policies", row, column, language),
            row["country"],
            row["kind"],
        ]
        for row in dated.to_dict("records")
    ]
    within = f"year_start BETWEEN {since} AND {until}"
    titles = [translate(key, language) for key in ("year", "instrument", "country", "kind")]
    return _draw(
        draw,
        "timeline",
        "" if since < until else "_year",
        translate("alt_timeline", language, rows=rows),
        build_table("timeline-data", titles, cells, language, sources=("policies",)),
        ("policies",),
        language,
        n=query_value(f"SELECT COUNT(*) FROM policies WHERE {within}", language=language),
        total=query_value("SELECT COUNT(year_start) FROM policies", language=language),
        first=query_value(f"SELECT MIN(year_start) FROM policies WHERE {within}", "year", language),
        last=query_value(f"SELECT MAX(year_start) FROM policies WHERE {within}", "year", language),
    )


def places(frame: pd.DataFrame, outlines: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return the places that the paper names on outlines of the countries, each with its name beside it.

    ``frame`` holds ``places.csv``, ``outlines`` ``outlines.csv``, both in degrees.
    """
    west, east = float(outlines["longitude"].min()) - 0.5, float(outlines["longitude"].max()) + 0.5
    north = float(outlines["latitude"].max())
    names = {row["place"]: text_cell("places", row, "named_as", language) for row in frame.to_dict("records")}
    southernmost = outlines.groupby("country")["latitude"].mean().idxmin()

    def draw(canvas: Canvas) -> None:
        scale = canvas.width / (east - west)

        def spot(longitude: float, latitude: float) -> tuple[float, float]:
            return (longitude - west) * scale, 24 + (north - latitude) * scale

        looks = {str(country["country"]): country for country in _listed_countries()}
        for group, look in looks.items():
            drawn = outlines[outlines["country"] == group]
            for _, part in drawn.groupby("part"):
                edge = [spot(x, y) for x, y in zip(part["longitude"], part["latitude"], strict=True)]
                canvas.line(edge, look["colour"], 1.2, group=group)
            below = group == southernmost
            edge_of = drawn["latitude"].min() if below else drawn["latitude"].max()
            x, y = spot(float(drawn["longitude"].mean()), float(edge_of))
            half = 0.6 * text_width(group)
            at = max(half, min(x, canvas.width - half))
            canvas.words(at, y + (18 if below else -6), group, bold=True, align="center", group=group)
        named = frame.sort_values("latitude", ascending=False).to_dict("records")
        points = [spot(row["longitude"], row["latitude"]) for row in named]
        for row, (x, y), label in zip(named, points, spread_labels([y for _, y in points], LINE), strict=True):
            group, look = row["country"], looks[row["country"]]
            canvas.line([(x, y), (x + 13, label)], width=1, strength=0.4)
            told = f"{row['place']}, {group}: {names[row['place']]}"
            canvas.point(x, y, look["colour"], look["shape"], 40, said=told, group=group)
            canvas.words(x + 16, label + 4, row["place"], group=group)

    rows = "; ".join(f"{row['place']} ({row['country']}): {names[row['place']]}" for row in frame.to_dict("records"))
    cells: list[list[Cell]] = [
        [
            row["place"],
            row["country"],
            names[row["place"]],
            *(cell_value("places", row, column, language) for column in ("longitude", "latitude")),
        ]
        for row in frame.to_dict("records")
    ]
    titles = [translate(key, language) for key in ("place", "country", "named_as", "longitude", "latitude")]
    return _draw(
        draw,
        "places",
        "",
        translate("alt_places", language, rows=rows),
        build_table("places-data", titles, cells, language, numeric=(3, 4), sources=("places",)),
        ("places", "outlines"),
        language,
    )


def policy_cycle(frame: pd.DataFrame, stages: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return the approach of each country at each stage as a matrix (Table 5)."""
    names = dict(zip(stages["stage"], stages[f"name_{language}"], strict=True))
    approaches = frame.set_index(["stage", "country"])[f"approach_{language}"]
    countries = [row for row in _listed_countries() if row["country"] in set(frame["country"])]

    def draw(canvas: Canvas) -> None:
        y, left = 0.0, 128
        width = (canvas.width - left) / len(countries)
        if canvas.wide:
            for at, country in enumerate(countries):
                group = str(country["country"])
                canvas.point(left + at * width + 14, y + 10, country["colour"], country["shape"])
                canvas.words(left + at * width + 26, y + 15, group, bold=True, group=group)
            y += 26
        for stage, name in names.items():
            cells = [str(approaches[stage, country["country"]]) for country in countries]
            if canvas.wide:
                wrapped = [fit_lines(cell, width - 24) for cell in cells]
                high = max(map(len, [*wrapped, fit_lines(name, left - 8)])) * LINE + 16
                canvas.lines(0, y + 21, name, left - 8)
            else:
                canvas.words(0, y + 15, name, bold=True)
                y += 24
            for at, (country, cell) in enumerate(zip(countries, cells, strict=True)):
                group = str(country["country"])
                mark = {"said": f"{name}, {group}, {cell}", "group": group}
                if canvas.wide:
                    canvas.bar(left + at * width + 2, y, width - 4, high - 4, country["colour"], 0.14, **mark)
                    canvas.lines(left + at * width + 12, y + 21, cell, width - 24, group=group)
                else:
                    high = len(fit_lines(cell, 206)) * LINE + 8
                    canvas.bar(0, y, canvas.width, high - 3, country["colour"], 0.14, **mark)
                    canvas.point(12, y + high / 2 - 1.5, country["colour"], country["shape"])
                    canvas.words(24, y + 15, group, group=group)
                    canvas.lines(108, y + 15, cell, 206, group=group)
                    y += high
            y += high if canvas.wide else 12

    different = [stage for stage in names if approaches[stage].is_unique]
    rows = "; ".join(
        f"{names[row['stage']]}, {row['country']}: {row[f'approach_{language}']}" for row in frame.to_dict("records")
    )
    named = [country["country"] for country in countries]
    held = {(row["stage"], row["country"]): row for row in frame.to_dict("records")}
    cells: list[list[Cell]] = [
        [name, *(text_cell("policy_cycle", held[stage, country], "approach", language) for country in named)]
        for stage, name in names.items()
    ]
    return _draw(
        draw,
        "policy_cycle",
        "_all" if len(different) == len(names) else "",
        translate("alt_policy_cycle", language, rows=rows),
        build_table("policy-cycle-approaches", [translate("stage", language), *named], cells, language),
        ("policy_cycle", "policy_stages"),
        language,
        n=query_value(_DIFFERENT_APPROACHES, language=language),
        total=query_value("SELECT COUNT(*) FROM policy_stages", language=language),
    )


def rankings(ranked: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return how the order of the countries changes from measure to measure, a line a country, named at its ends.

    ``ranked`` holds the view ``rankings``, its measures named as in the words. Counts of
    what the paper chose to list are left out: a longer list ranks nothing.
    """
    ranked = ranked[~ranked["measure"].isin(_COUNTS)]
    shown = ranked.assign(
        name=ranked["measure"],
        measure=[translate(measure, language) for measure in ranked["measure"]],
        label=[format_number(value, language) for value in ranked["value"].astype(object)],
    )
    # Countries of one rank stand side by side.
    shown["place"] = shown["rank"] + 0.6 * shown.groupby(["measure", "rank"]).cumcount()
    measures = list(dict.fromkeys(shown["measure"]))
    countries = [row for row in _listed_countries() if row["country"] in set(shown["country"])]
    longest = max(text_width(str(country["country"])) for country in countries)

    def draw(canvas: Canvas) -> None:
        side = 1.12 * longest + 30 if canvas.wide else longest / 2 + 2
        left = 0.0 if canvas.wide else 116.0
        across = canvas.width - left - 2 * side
        step = across / max(len(measures) - 1 if canvas.wide else len(countries) - 1, 1)
        heads = [fit_lines(measure, step - 6 if canvas.wide else left - 6, _SMALL) for measure in measures]
        ends = 2 * LINE + 4
        top = max(map(len, heads)) * LINE + 36 if canvas.wide else ends + 18

        along, (origin, per) = ("y", (top - 62, 62)) if canvas.wide else ("x", (left + side - step, step))

        def shift_row(row: Mapping[Any, Any], by: float = 0) -> dict[str, Any]:
            return {along: [_place_of(row["name"], row["country"]), origin + by, per]}

        def spot(at: int, place: float) -> tuple[float, float]:
            if canvas.wide:
                return side + at * step, top + (place - 1) * 62
            return left + side + (place - 1) * step, top + at * 62

        for at, head in enumerate(heads):
            x, y = spot(at, 1)
            for line, words in enumerate(head):
                if canvas.wide:
                    canvas.words(x, 14 + line * LINE, words, small=True, align="center")
                else:
                    canvas.words(0, y + 4 + (line - (len(head) - 1) / 2) * LINE, words, small=True)
        for country in countries:
            group, colour = str(country["country"]), country["colour"]
            own = shown[shown["country"] == group].to_dict("records")
            spots = [spot(measures.index(row["measure"]), row["place"]) for row in own]
            canvas.line(spots, colour, 2.5, country["dash"], follows=[shift_row(row) for row in own], group=group)
            for at, (row, (x, y)) in enumerate(zip(own, spots, strict=True)):
                rank, value = (_rank_query(column, row["name"], group) for column in ("rank", "value"))
                name = f"{row['measure']}, {group}"
                mark: dict[str, Any] = {"group": group, "said": f"{name}, {row['rank']} ({row['label']})"}
                mark["follows"] = shift_row(row) | {"said": [f"{name}, {{}} ({{}})", rank, value]}
                canvas.point(x, y, colour, country["shape"], 150, **mark)
                if canvas.wide:
                    style: dict[str, Any] = {"small": True, "faint": True, "align": "center", "group": group}
                    levels = [level for _, level in spots[max(at - 1, 0) : at + 2]]
                    alone = row["place"] == row["rank"]
                    by = -14 if alone and min(levels) >= y < max(levels) else 24  # away from its own line
                    canvas.words(
                        x, y + by, row["label"], follows=shift_row(row, by) | {"words": ["{}", value]}, **style
                    )
        for at, side_of in ((0, -1), (len(measures) - 1, 1)):
            there = shown[shown["measure"] == measures[at]].sort_values("place").to_dict("records")
            for n, row in enumerate(there):
                x, y = spot(at, row["place"])
                group = row["country"]
                if canvas.wide:
                    style = {"bold": True, "align": "left" if side_of > 0 else "right", "group": group}
                    canvas.words(x + side_of * 16, y + 4, group, follows=shift_row(row, 4), **style)
                else:
                    staggered = n % 2 * LINE if step < longest + 6 else 0
                    height = y + (-18 - staggered if side_of < 0 else 28 + staggered)
                    canvas.words(x, height, group, align="center", group=group, follows=shift_row(row))

    leaders = shown[shown["rank"] == 1].groupby("country")["measure"].nunique()
    always = [country for country, n in leaders.items() if n == len(measures)]
    listed = shown[["measure", "country", "label", "rank"]]
    cells: list[list[Cell]] = [
        [
            translate(row["measure"], language),
            row["country"],
            *(view_cell_value("rankings", row, 2, column, language) for column in ("value", "rank")),
        ]
        for row in ranked.to_dict("records")
    ]
    rows = "; ".join(f"{row.measure}: {row.rank} {row.country} ({row.label})" for row in listed.itertuples(index=False))
    titles = [translate(key, language) for key in ("measure", "country", "value", "rank")]
    return _draw(
        draw,
        "rankings",
        "_one" if always else "",
        translate("alt_rankings", language, rows=rows),
        build_table("rankings-data", titles, cells, language, numeric=(2, 3), sources=("rankings",)),
        ("rankings",),
        language,
        country=" / ".join(map(str, always)),
    )


def instruments_by_year(counted: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return the number of dated instruments by the end of each year, a stepped line a country, named at its end."""
    first, last, most = int(counted["year"].min()), int(counted["year"].max()), int(counted["instruments"].max())
    steps = counted[counted.groupby("country")["instruments"].diff().fillna(counted["instruments"]) > 0]
    ends = counted[counted["year"] == last].set_index("country")["instruments"]
    countries = [row for row in _listed_countries() if row["country"] in ends.index]
    labels = {str(country): f"{country} {format_number(int(n), language)}" for country, n in ends.items()}

    def draw(canvas: Canvas) -> None:
        right = canvas.width - 1.12 * max(map(text_width, labels.values())) - 18
        bottom = 214

        def spot(year: float, instruments: float) -> tuple[float, float]:
            across = (year - first) / max(last - first, 1) * (right - 26)
            return 26 + across, bottom - instruments / most * (bottom - 14)

        for value in range(0, most + 1, max(1, -(-most // 4))):
            _, y = spot(first, value)
            canvas.line([(26, y), (right, y)], width=1, strength=0.18)
            canvas.tick(12, y + 4, format_number(value, language))
        for year in range(-(-first // 10) * 10, last + 1, 10):
            x, _ = spot(year, 0)
            canvas.line([(x, bottom), (x, bottom + 5)], width=1, strength=0.5)
            canvas.tick(x, bottom + 20, str(year))
        heights = spread_labels([spot(last, float(ends[country["country"]]))[1] for country in countries], LINE)
        for country, height in zip(countries, heights, strict=True):
            group, colour = str(country["country"]), country["colour"]
            own = steps[steps["country"] == group].to_dict("records")
            corners = [spot(first, 0)]
            for before, row in zip([0, *(row["instruments"] for row in own)], own, strict=False):
                corners += [spot(row["year"], before), spot(row["year"], row["instruments"])]
            corners.append(spot(last, float(ends[group])))
            canvas.line(corners, colour, 2.5, country["dash"], group=group)
            for row in own:
                x, y = spot(row["year"], row["instruments"])
                mark = f"{group}, {row['year']}, {row['instruments']}"
                canvas.point(x, y, colour, country["shape"], 60, said=mark, group=group)
            canvas.words(right + 14, height + 4, labels[group], bold=True, group=group)

    top = [str(country) for country in ends.index[ends == ends.max()]]
    rows = "; ".join(f"{row.country} {row.year}: {row.instruments}" for row in steps.itertuples())
    titles = [translate(key, language) for key in ("year", "country", "number_of_instruments")]
    return _draw(
        draw,
        "by_year",
        "",
        translate("alt_instruments_by_year", language, rows=rows),
        frame_table(steps.astype({"year": str}), "instruments-data", titles, language, ("instruments_by_year",)),
        ("instruments_by_year",),
        language,
        country=" / ".join(top),
        n=query_value("SELECT MAX(instruments) FROM instruments_by_year", language=language),
        year=query_value("SELECT MAX(year) FROM instruments_by_year", "year", language),
    )


def _bars(frame: pd.DataFrame, column: str, title: str, language: str, source: str) -> list[dict[str, Any]]:
    """Return a bar a country of one column of a table or view."""
    colours = dict(zip(_countries()["country"], _countries()["colour"], strict=True))
    labels = [format_number(value, language) for value in frame[column].astype(object)]
    return [
        {
            "name": country,
            "label": label,
            "value": float(value),
            "colour": colours.get(country, "#777777"),
            "said": ", ".join(filter(None, [title, country, label])),
            "group": country,
            "asked": f"SELECT {column} FROM {source} WHERE country = {quote_literal(country)}",
            "asked_most": f"SELECT MAX({column}) FROM {source}",
        }
        for country, value, label in zip(frame["country"], frame[column], labels, strict=True)
    ]


def _count_query(**of: str) -> str:
    """Return the query that counts the initiatives of a dimension, a country, or both."""
    where = " AND ".join(f"{key} = {quote_literal(value)}" for key, value in of.items())
    return f"SELECT COUNT(*) FROM initiatives WHERE {where}"


def _rank_query(column: str, measure: str, country: str) -> str:
    """Return the query for the rank or the value of a country by a measure: a column of the view ``rankings``."""
    return (
        f"SELECT {column} FROM rankings WHERE measure = {quote_literal(measure)} AND country = {quote_literal(country)}"
    )


def _place_of(measure: str, country: str) -> str:
    """Return the query for where a country stands by a measure: its rank, or beside those that share it."""
    return (
        "SELECT r.rank + 0.6 * COUNT(b.country) FROM rankings r JOIN countries c USING (country) "
        "LEFT JOIN (SELECT s.*, d.rowid AS at FROM rankings s JOIN countries d USING (country)) b "
        "ON b.measure = r.measure AND b.rank = r.rank AND b.at < c.rowid "
        f"WHERE r.measure = {quote_literal(measure)} AND r.country = {quote_literal(country)}"
    )


def _explorer_address(dimension: str, country: str, row: str) -> str:
    """Return the address of a list in the explorer; without scripts it leads to the list's first row."""
    chosen = {"dimension": dimension, "country": country}
    return f"explorer.html?{urlencode({f'initiatives.{name}': value for name, value in chosen.items()})}#{row}"


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def _listed_countries() -> list[dict[str, Any]]:
    """Return the countries as rows."""
    return [{str(key): value for key, value in row.items()} for row in _countries().to_dict("records")]


def _countries() -> pd.DataFrame:
    """Return the countries in their order, each with its colour, shape and dash on every chart (``countries.csv``)."""
    return data.load_table("countries")


def _draw(
    draw: Callable[[Canvas], None],
    name: str,
    finding: str,
    description: str,
    shown: CellOutput,
    sources: tuple[str, ...],
    language: str,
    **values: object,
) -> CellOutput:
    """Show a chart under the words for what it finds; where countries lie mixed, a reader can let one step forward."""
    choices = list(_countries()["country"]) if name in _MIXED else []
    title = chart.fill_title(f"find_{name}{finding}", language, **values)
    unit = translate(f"measured_{name}", language)
    return chart.show_drawing(draw, title, unit, description, shown, sources, language, choices)
