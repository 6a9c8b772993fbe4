"""The trend of publications: their number by year, source and stage, and the chart of it."""

from __future__ import annotations

import altair as alt
import pandas as pd

from systematic_review.figures import Figure, describe_marks
from systematic_review.i18n import format_number, mark_message, translate
from systematic_review.protocol import Protocol

_STAGES = ["identified", "screened", "included"]
_NAMES = {
    "identified": mark_message("Records identified"),
    "screened": mark_message("Works screened"),
    "included": mark_message("Works included"),
}
#: The room for a year along an axis, in pixels.
_YEAR = 44


def count_publications(found: pd.DataFrame, works: pd.DataFrame, settled: pd.DataFrame) -> pd.DataFrame:
    """Return the number of publications by year, source and stage.

    Parameters
    ----------
    found, works, settled : records as imported, works as merged, decisions as settled.

    Returns
    -------
    Columns ``year``, ``source`` (empty: each work once, wherever it was found),
    ``stage`` (``identified`` counts records, ``screened`` and ``included`` works)
    and ``publications``. What has no year is left out.

    Examples
    --------
    >>> found = pd.DataFrame({"id": ["a", "b"], "source": ["sage", "scopus"], "year": [2020, 2020]})
    >>> works = pd.DataFrame({"id": ["a"], "sources": ["sage; scopus"], "year": [2020]})
    >>> counted = count_publications(found, works, pd.DataFrame({"record": ["a"], "decision": ["include"]}))
    >>> counted[counted["source"] == ""].to_numpy().tolist()
    [[2020, '', 'identified', 2], [2020, '', 'screened', 1], [2020, '', 'included', 1]]
    """
    included = works[works["id"].isin(settled.loc[settled["decision"] == "include", "record"])]
    parts = []
    for stage, frame in zip(_STAGES, (found.rename(columns={"source": "sources"}), works, included), strict=True):
        dated = frame.dropna(subset=["year"])[["year", "sources"]]
        each = dated.assign(source=dated["sources"].str.split("; ")).explode("source")
        whole = dated.assign(source="")
        parts.append(pd.concat([whole, each])[["year", "source"]].assign(stage=stage))
    counted = pd.concat(parts).value_counts().rename("publications").reset_index()
    counted["stage"] = pd.Categorical(counted["stage"], _STAGES)
    ordered = counted.sort_values(["stage", "source", "year"], ignore_index=True)
    return ordered.astype({"stage": "str", "source": "str", "year": "int64"})


def draw_trend(counted: pd.DataFrame, language: str = "en", width: int = 300) -> Figure:
    """Return publications by year as bars, a colour a stage, each work counted once.

    Parameters
    ----------
    counted : what :func:`count_publications` returns.
    width : of the bars, in pixels.

    Examples
    --------
    >>> counted = pd.DataFrame({"year": [2020, 2021], "source": "", "stage": "screened", "publications": [3, 5]})
    >>> draw_trend(counted).title
    '2021 has the most publications, 5 of 8'
    """
    whole = counted[counted["source"] == ""]
    stages = [stage for stage in _STAGES if stage in set(whole["stage"])]
    names = {stage: translate(_NAMES[stage], language) for stage in stages}
    shown = whole.assign(name=whole["stage"].map(names))[["year", "name", "publications"]]
    shown["said"] = describe_marks(shown, ["year", "name", "publications"])
    years = list(range(shown["year"].min(), shown["year"].max() + 1)) if len(shown) else []
    named = years[:: -(-len(years) * _YEAR // width) or 1]  # as many as stand side by side
    chart = (
        alt.Chart(shown)
        .mark_bar()
        .encode(
            description="said:N",
            x=alt.X(
                "year:O",
                title=translate("Year", language),
                scale=alt.Scale(domain=years),
                axis=alt.Axis(labelAngle=0, labelPadding=8, values=named),
            ),
            y=alt.Y(
                "publications:Q",
                title=translate("Publications", language),
                axis=alt.Axis(tickMinStep=1, format="d"),
            ),
            xOffset=alt.XOffset("name:N", sort=list(names.values())),
            color=alt.Color(
                "name:N",
                sort=list(names.values()),
                scale=alt.Scale(domain=list(names.values()), range=["#7f8c8d", "#9c4400", "#003a63"][-len(names) :]),
                legend=alt.Legend(orient="top", title=None, columns=1, labelLimit=0, rowPadding=6),
            ),
            tooltip=[
                alt.Tooltip("year:O", title=translate("Year", language)),
                alt.Tooltip("name:N", title=translate("Stage", language)),
                alt.Tooltip("publications:Q", title=translate("Publications", language)),
            ],
        )
        .properties(width=width, height=180)
    )
    stages_said = [
        translate(
            "{stage}: {total} from {first} to {last}, most in {peak} ({most})",
            language,
            stage=names[str(stage)],
            total=format_number(int(part["publications"].sum()), language),
            first=part["year"].min(),
            last=part["year"].max(),
            peak=", ".join(map(str, part.loc[part["publications"] == part["publications"].max(), "year"])),
            most=format_number(int(part["publications"].max()), language),
        )
        for stage, part in whole.groupby("stage", sort=False)
    ]
    titles = [translate("Year", language), translate("Stage", language), translate("Publications", language)]
    return Figure(
        _peak_year(whole, language),
        translate("Bar chart of publications by year. {stages}.", language, stages="; ".join(stages_said)),
        shown.drop(columns="said").astype({"year": "str"}).set_axis(titles, axis=1),
        chart,
        unit=translate("Publications", language),
    )


def _peak_year(whole: pd.DataFrame, language: str) -> str:
    """Return which year has most of the publications at the first stage, where one has."""
    first = whole[whole["stage"] == whole["stage"].iloc[0]] if len(whole) else whole
    most = first[first["publications"] == first["publications"].max()]
    if len(most) != 1:
        return translate("Publications by year and stage", language)
    values = {"most": int(most["publications"].iloc[0]), "total": int(first["publications"].sum())}
    said = {name: format_number(value, language) for name, value in values.items()}
    return translate(
        "{year} has the most publications, {most} of {total}", language, year=str(most["year"].iloc[0]), **said
    )


def count_by_year_and_source(counted: pd.DataFrame, protocol: Protocol, language: str = "en") -> pd.DataFrame:
    """Return publications by year (rows) and source (columns) at the first stage.

    ``counted`` holds what :func:`count_publications` returns.

    Examples
    --------
    >>> counted = pd.DataFrame({"year": [2020, 2021], "source": "sage", "stage": "identified", "publications": [3, 5]})
    >>> count_by_year_and_source(counted, Protocol({"sage": "Sage"})).to_numpy().tolist()
    [['2020', 3], ['2021', 5]]
    """
    found = counted[(counted["stage"] == _STAGES[0]) & (counted["source"] != "")]
    wide = found.pivot(index="year", columns="source", values="publications").fillna(0).astype("int64")
    wide.columns = pd.Index([protocol.source_name(str(source)) for source in wide.columns])
    return wide.reset_index(names=translate("Year", language)).astype({translate("Year", language): "str"})
