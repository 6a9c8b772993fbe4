"""How a paper's claims and the evidence for them are shown: a table, totals, a line for a chapter, a chart."""

from __future__ import annotations

import re

import altair as alt
import pandas as pd
from markupsafe import Markup as Safe

from checkable_book import data
from checkable_book.data import evidence
from checkable_book.show import chart, numbers
from checkable_book.show.markup import Markup, render
from checkable_book.show.table import LONG, english, localised, table, titles
from checkable_book.show.words import number, text

_SOURCES = ("published_claims", "outside_facts", "second_reading", "sections")
#: Supporting kinds in blues, the stronger the darker; kinds that warn in reds.
_COLOURS = {
    "recomputed": "#08519c",
    "agrees_elsewhere": "#3182bd",
    "confirmed_outside": "#6baed6",
    "partly_confirmed_outside": "#9ecae1",
    "transcribed_twice": "#c6dbef",
    "differs": "#8c2d04",
    "contradicted": "#d95f0e",
    "differs_outside": "#fdae6b",
    "not_checkable": "#bdbdbd",
}


def claims(found: pd.DataFrame, language: str = "en") -> Markup:
    """Return claims with the evidence for each, one row a claim, the query behind a fold.

    ``found`` holds rows of :func:`checkable_book.data.evidence.verdicts`.
    """
    headings = {row["section"]: row["title"] for row in localised(data.peek("sections"), language)}
    rows = [
        [
            row["statement"],
            headings[row["section"]],
            _published(row, language),
            _value(row["found_value"], row["unit"], language),
            text(f"evidence_{row['evidence']}", language),
            _basis(row, language),
        ]
        for row in localised(found, language)
    ]
    return table(
        "claims",
        titles(["claim", "section", "published", "found_value", "evidence", "basis"], language),
        rows,
        language,
        ids=[f"claim-{claim}" for claim in found["claim"]],
        filters=(1, 4) if len(rows) > LONG else (),
        sources=_SOURCES,
    )


def chapter_claims(found: pd.DataFrame, language: str = "en") -> Markup:
    """Return one line on the claims of a chapter: how many rest on which kind of evidence, with a link to the first.

    ``found`` holds what :func:`checkable_book.data.evidence.verdicts` returns for the chapter.
    """
    counted = found["evidence"].value_counts()
    counts = "; ".join(
        f"{number(int(counted[kind]), language)} {text(f'evidence_{kind}', language)}"
        for kind in evidence.KINDS
        if kind in counted
    )
    line = text("chapter_claims", language, counts=counts)
    link = text("chapter_claims_link", language)
    return Markup(render("chapter_claims.html", line=line, first=found["claim"].iloc[0], link=link), line)


def totals(counted: pd.DataFrame, language: str = "en") -> Markup:
    """Return the number of claims by kind of evidence, one row a section, and their total.

    ``counted`` holds what :func:`checkable_book.data.evidence.totals` returns for sections.
    """
    total = text("total", language)
    names = [*_headings(counted, language), total]
    counts = [*counted.to_numpy().tolist(), counted.sum().tolist()]
    rows = [
        [name, *(number(count, language) for count in [*row, sum(row)])]
        for name, row in zip(names, counts, strict=True)
    ]
    heads = [text("section", language), *(text(f"evidence_{kind}", language) for kind in counted), total]
    numeric = tuple(range(1, len(heads)))
    return table("claim-totals", heads, rows, language, numeric=numeric, sources=_SOURCES)


def totals_chart(counted: pd.DataFrame, language: str = "en") -> Markup:
    """Return the number of claims by section (bars) and kind of evidence (parts of a bar).

    ``counted`` holds what :func:`checkable_book.data.evidence.totals` returns for sections.
    """
    headings = _headings(counted, language)
    names = {str(kind): text(f"evidence_{kind}", language) for kind in counted}
    wide = counted.set_axis(headings).rename(columns=names)
    long = wide.rename_axis("section").reset_index().melt("section", var_name="kind", value_name="claims")
    sections = dict(zip(headings, map(str, counted.index), strict=True))
    kinds = {name: kind for kind, name in names.items()}
    long["order"] = long["kind"].map({name: place for place, name in enumerate(names.values())})
    long["said"] = chart.said(long, "section", "kind", "claims")
    bars = (
        alt.Chart(long)
        .transform_filter("datum.claims > 0")  # the others are there for readers who try other values
        .mark_bar()
        .encode(
            description="said:N",
            y=alt.Y("section:N", sort=headings, title=None, axis=alt.Axis(labelLimit=240)),
            x=alt.X("claims:Q", title=text("number_of_claims", language), axis=alt.Axis(tickCount=5, grid=False)),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=list(names.values()), range=[_COLOURS[kind] for kind in names]),
                legend=alt.Legend(orient="top", title=None, columns=1, labelLimit=260),
            ),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("section:N", title=text("section", language)),
                alt.Tooltip("kind:N", title=text("evidence", language)),
                alt.Tooltip("claims:Q", title=text("number_of_claims", language)),
            ],
        )
        .properties(width=170, height=20 * len(wide))
    )
    rows = "; ".join(
        text(
            "alt_claims_row", language, section=section, counts=", ".join(f"{n} {kind}" for kind, n in row.items() if n)
        )
        for section, row in wide.iterrows()
    )
    return chart.show(
        bars,
        text("chart_claims", language),
        text("alt_claims", language, rows=rows),
        totals(counted, language),
        _SOURCES,
        language,
        live=[
            chart.Live(
                "SELECT section, kind, COUNT(*) AS claims FROM evidence GROUP BY section, kind",
                [(sections[s], kinds[k]) for s, k in zip(long["section"], long["kind"], strict=True)],
                {"claims": "claims"},
                {"claims": "claims"},
            )
        ],
    )


def _headings(counted: pd.DataFrame, language: str) -> list[str]:
    named = {row["section"]: row["title"] for row in localised(data.peek("sections"), language)}
    return [named[str(section)] for section in counted.index]


def _published(row: dict[str, str], language: str) -> str:
    """Return what is published: the paper's own term, where one is given, and beside it our value."""
    value = _value(row["published_value"], row["unit"], language)
    printed = row.get("published_term", "")
    if not printed:
        return value
    return Safe('<q>{}</q> <span class="ours">({}: {})</span>').format(printed, text("our_words", language), value)


def _value(value: str, unit: str, language: str) -> str:
    """Return a value of a claim as the page's language writes it; its words are the data's own, which are English."""
    if value in {"yes", "no"}:
        return text(value, language)
    written = numbers.written(value, unit, language) if value else ""
    return english(written, language) if re.search(r"[^\W\d]{2}", written) else written


def _basis(row: dict[str, str], language: str) -> str:
    """Return what the evidence rests on: the query, what speaks for or against the claim, or what would be needed."""
    parts = [Safe("{}").format(_place(row["place"], language))]
    if row["against"]:
        marked = Safe('<code lang="en">{}</code>').format(row["against"].replace(";", ", "))
        agrees = row["evidence"] in evidence.SUPPORTING
        parts.append(Safe(text("agrees_basis" if agrees else "against_basis", language, against="{}")).format(marked))
    if row["evidence"] == "not_checkable":
        needed = text(f"needed_{row['needed'] or 'reading'}", language)
        parts.append(Safe("{}").format(text("needed_basis", language, needed=needed)))
    said = Safe("; ").join(parts)
    if not row["query"]:
        return said
    folded = Safe('<details class="query"><summary>{}</summary><code lang="en">{}</code></details>')
    return said + folded.format(text("query", language), row["query"])


def _place(place: str, language: str) -> str:
    """Return a place of the paper (``text``, ``Figure 2 (all articles)``) in the page's language."""
    kind, _, rest = place.partition(" ")
    number_of, _, which = rest.partition(" (")
    label = f"{text(f'place_{kind.lower()}', language)} {number_of}".strip()
    return f"{label} ({text('place_' + which.rstrip(')').replace(' ', '_'), language)})" if which else label
