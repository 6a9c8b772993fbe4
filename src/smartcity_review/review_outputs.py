"""What the book's chapter on the review works on: the authors' exports where there are any, else the cited works.

Nobody decided on the cited works, so all of them wait in the flow, and nothing
that is shown of them says anything of the records that the paper collected.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from checkable_book import data
from checkable_book.book import current_book
from checkable_book.dependencies import record_file, record_folder
from checkable_book.errors import DataError
from checkable_book.render import chart
from checkable_book.render.i18n import format_number, translate
from checkable_book.render.output import CellOutput, mark_recomputed, text_line
from checkable_book.render.table import frame_table
from checkable_book.render.viewer import offer_viewer
from checkable_book.text import slug
from smartcity_review import author_exports
from systematic_review import (
    flow,
    flow_layout,
    importing,
    keyword_map,
    publication_trend,
    screening,
    vosviewer,
)
from systematic_review.errors import ReviewError
from systematic_review.figures import Figure
from systematic_review.review import Review
from systematic_review.vosviewer import map_json

#: The keywords and the links of a map.
Map = tuple[pd.DataFrame, pd.DataFrame]
#: What figures and tables of the corpus name as the source of their numbers.
SOURCE = "review"


def load_corpus() -> Review:
    """Return the corpus, with every step of the review done on it.

    Raises
    ------
    DataError : an export or a decision that cannot be used, in one line.
    """
    book, folder = current_book(), author_exports.exports_folder()
    works = book.data_folder / "references.bib"
    record_folder(folder, book)
    record_file(works, book)
    cited = partial(importing.read_file, works, "cited_works")
    imported = partial(importing.read_folder, folder) if author_exports.has_exports() else cited
    return book.remember("corpus", lambda: run_review(folder, imported))


def run_review(folder: Path, imported: Callable[[], importing.Imported]) -> Review:
    """Return what is ``imported``, with every step of the review done on it as the protocol in ``folder`` has it.

    Raises
    ------
    DataError : an export or a decision that cannot be used, in one line.
    """
    review = Review(folder, imported)
    try:
        review.settled  # noqa: B018 - asks for every step, so that a mistake is told here
        review.synonyms  # noqa: B018
    except ReviewError as error:
        raise DataError(str(error)) from None
    return review


def records_at_hand(language: str = "en") -> CellOutput:
    """Return what the chapter stands on today: the authors' exports, or the cited works and what those are not."""
    corpus = load_corpus()
    found = {
        "records": format_number(len(corpus.records), language),
        "rejects": format_number(len(corpus.imported.rejects), language),
    }
    key = "review_stands_on_exports" if author_exports.has_exports() else "review_stands_on_works"
    return mark_recomputed(text_line(translate(key, language, **found)), SOURCE)


def published_flow(language: str = "en") -> CellOutput:
    """Return the flow as the paper publishes it (Figure 1)."""
    stages, by = data.load_table("prisma_flow")[["stage", "records"]], data.load_table("record_sources")
    drawn = flow.draw_diagram(stages, by, language=language)
    counted = (("identified", "identified"), ("duplicates", "duplicates_removed"), ("excluded", "excluded"))
    follows = {count: f"prisma_flow/{stage}/records" for count, stage in (*counted, ("studies", "included"))}
    follows |= {name: name for name in ("screened", "sources_total", "source_gap")}  # the last two stand in the note
    follows |= {source: f"record_sources/{source}/records" for source in by["source"]}
    sources = ("prisma_flow", "record_sources")
    return chart.show_picture(drawn.svg, drawn.as_text, sources, language, drawn.note, follows, drawn.narrow)


def recomputed_flow(language: str = "en") -> CellOutput:
    """Return the PRISMA flow of the corpus, its identities checked."""
    return show_flow(load_corpus(), language)


def show_flow(corpus: Review, language: str, source: str = SOURCE, remark: str = "") -> CellOutput:
    """Return the flow of a corpus, its identities checked, with a remark below it."""
    tables = corpus.flow_tables
    named = tables.name_sources(corpus.protocol, language)
    figure = flow.draw_diagram(tables.stages, named, tables.exclusions, language, corpus.protocol, remark)
    shown = chart.show_picture(figure.svg, figure.as_text, (), language, figure.note, narrow=figure.narrow)
    return mark_recomputed(shown, source)


def trend(language: str = "en") -> CellOutput:
    """Return the publications of the corpus by year and stage."""
    corpus = load_corpus()
    counted = publication_trend.count_publications(corpus.records, corpus.works, corpus.settled)
    return show_review_chart(partial(publication_trend.draw_trend, counted, language), language)


def keyword_maps(language: str = "en") -> CellOutput:
    """Return the map of the corpus' keywords, and the same by mean year; a line where its records carry none."""
    corpus = load_corpus()
    items, linked = keyword_map.build_map(keyword_map.works_on_map(corpus.works, corpus.settled), corpus.synonyms)
    if items.empty:
        return mark_recomputed(text_line(translate("review_no_keywords", language)), SOURCE)
    draw = partial(keyword_map.draw_map, items, linked, language)
    drawn = [
        show_review_chart(draw, language, explored=(items, linked)),  # where it can be coloured by mean year too
        show_review_chart(partial(draw, overlay=True), language),
    ]
    return CellOutput("\n".join(part.html for part in drawn), "\n".join(part.plain for part in drawn))


def proposals(language: str = "en") -> CellOutput:
    """Return what the rules propose, one row a criterion of Table 2: works that meet it, fail it, or cannot be told."""
    rules = load_corpus().protocol.rules
    proposed = screening.propose_criteria(load_corpus().works, rules)
    names = data.load_table("eligibility_criteria").set_index("criterion")[f"name_{language}"]
    counted = pd.crosstab(proposed["criterion"], proposed["proposal"])
    counted = counted.reindex(index=list(rules), columns=["meets", "fails", "unknown"], fill_value=0)
    counted.index = [names[str(criterion)] for criterion in counted.index]
    titles = [translate(key, language) for key in ("criterion", "review_meets", "review_fails", "review_unknown")]
    shown = frame_table(counted.rename_axis("criterion").reset_index(), "review-proposals", titles, language)
    return mark_recomputed(shown, SOURCE)


def records_by_stage() -> pd.DataFrame:
    """Return the records at each stage of the flow: columns ``stage`` and ``records``."""
    corpus = load_corpus()
    return flow.count_stages(corpus.records, corpus.works, corpus.settled)


def records_by_source() -> pd.DataFrame:
    """Return the records from each source: columns ``source`` and ``records``."""
    return flow.count_sources(load_corpus().records, load_corpus().protocol)


def records_by_year() -> pd.DataFrame:
    """Return the records identified and the works included by year: columns ``stage``, ``year`` and ``records``."""
    corpus = load_corpus()
    counted = publication_trend.count_publications(corpus.records, corpus.works, corpus.settled)
    whole = counted[(counted["source"] == "") & counted["stage"].isin(["identified", "included"])]
    return whole[["stage", "year", "publications"]].rename(columns={"publications": "records"})


#: How wide a chart is drawn, where there is room and on a phone.
_WIDTHS = 560, 240


def show_review_chart(
    draw: Callable[..., Figure],
    language: str,
    source: str = SOURCE,
    remark: str = "",
    explored: Map | None = None,
) -> CellOutput:
    """Return a chart of the review, which ``draw`` gives for a ``width``, as the book shows it, a remark inside.

    ``explored`` is the map that the chart shows: a reader can explore it in VOSviewer Online, which asks for three
    keywords.
    """
    wide, narrow = (draw(width=width) for width in _WIDTHS)
    id = "review-" + slug(wide.unit)
    twin = frame_table(wide.table, id, [str(title) for title in wide.table], language)
    head = alt.TitleParams(flow_layout.wrap_text(remark, _WIDTHS[1], 14), anchor="start", fontWeight="normal")
    charts: list[Any] = [wide.chart, narrow.chart]
    drawn, phone = (one.properties(title=head) if remark else one for one in charts)
    shown = chart.show(drawn, wide.title, wide.description, twin, (), language, unit=wide.unit, narrow=phone)
    if explored and len(explored[0]) >= map_json.FEWEST:
        label, note = (translate(key, language) for key in ("explore_map", "explore_map_note"))
        shown = offer_viewer(shown, vosviewer.SCRIPT, map_json.describe_map(*explored, language), label, note, language)
    return mark_recomputed(shown, source)


def outputs(language: str) -> list[CellOutput]:
    """Return every output of the corpus, which the audit of numbers computes again."""
    return [part(language) for part in (recomputed_flow, trend, keyword_maps, proposals, records_at_hand)]
