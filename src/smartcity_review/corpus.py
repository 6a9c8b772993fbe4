"""What the book's chapter on the review works on: the authors' exports where there are any, else the cited works.

Nobody decided on the cited works, so all of them wait in the flow, and nothing
that is shown of them says anything of the records that the paper collected.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from checkable_book import data, dependencies, project
from checkable_book.errors import DataError
from checkable_book.render import chart, table
from checkable_book.render.i18n import number, text
from checkable_book.render.output import Markup, line
from smartcity_review import exports
from systematic_review import boxes, deduplication, flow, importing, maps, protocol, screening
from systematic_review.errors import ReviewError
from systematic_review.figures import Figure
from systematic_review.protocol import Protocol

#: What figures and tables of the corpus name as the source of their numbers.
SOURCE = "review"


@dataclass(frozen=True)
class Corpus:
    """What a review agreed on, and its tables, as its steps return them."""

    agreed: Protocol
    records: pd.DataFrame
    rejects: pd.DataFrame
    pairs: pd.DataFrame
    works: pd.DataFrame
    decisions: pd.DataFrame
    settled: pd.DataFrame
    synonyms: dict[str, str]


@lru_cache
def load() -> Corpus:
    """Return the corpus, with every step of the review done on it.

    Raises
    ------
    DataError : an export or a decision that cannot be used, in one line.
    """
    dependencies.note("folder", exports.FOLDER)
    dependencies.note("data", "cited_works")
    folder = exports.folder()
    cited = partial(importing.read_file, project.data() / "references.bib", "cited_works")
    return reviewed(folder, partial(importing.read_folder, folder) if exports.present() else cited)


def reviewed(folder: Path, imported: Callable[[], importing.Imported]) -> Corpus:
    """Return what is ``imported``, with every step of the review done on it as the protocol in ``folder`` has it.

    Raises
    ------
    DataError : an export or a decision that cannot be used, in one line.
    """
    try:
        return _reviewed(folder, imported())
    except ReviewError as error:
        raise DataError(str(error)) from None


def _reviewed(folder: Path, read: importing.Imported) -> Corpus:
    decided = folder / "decisions"
    agreed = protocol.read(folder)
    pairs = deduplication.pairs(read.records)
    same = deduplication.read_decisions(decided / "duplicates.csv", read.records)
    works = deduplication.merge(read.records, deduplication.groups(read.records, pairs, same))
    told = screening.read(decided, works, agreed)
    settled = screening.settle(works, told.decisions, told.resolutions, agreed)
    synonyms = maps.read_thesaurus(decided / "thesaurus.csv")
    return Corpus(agreed, read.records, read.rejects, pairs, works, told.decisions, settled, synonyms)


def standing(language: str = "en") -> Markup:
    """Return what the chapter stands on today: the authors' exports, or the cited works and what those are not."""
    corpus = load()
    found = {"records": number(len(corpus.records), language), "rejects": number(len(corpus.rejects), language)}
    key = "review_stands_on_exports" if exports.present() else "review_stands_on_works"
    return line(text(key, language, **found), SOURCE)


def published_flow(language: str = "en") -> Markup:
    """Return the flow as the paper publishes it (Figure 1)."""
    stages, by = data.load("prisma_flow")[["stage", "records"]], data.load("record_sources")
    drawn = flow.diagram(stages, by, language=language)
    counted = (("identified", "identified"), ("duplicates", "duplicates_removed"), ("excluded", "excluded"))
    follows = {count: f"prisma_flow/{stage}/records" for count, stage in (*counted, ("studies", "included"))}
    follows |= {"screened": "screened"}
    follows |= {source: f"record_sources/{source}/records" for source in by["source"]}
    sources = ("prisma_flow", "record_sources")
    return chart.picture(drawn.svg, drawn.plain, sources, language, drawn.note, follows, drawn.narrow)


def recounted_flow(language: str = "en") -> Markup:
    """Return the PRISMA flow of the corpus, its identities checked."""
    return drawn_flow(load(), language)


def drawn_flow(corpus: Corpus, language: str, source: str = SOURCE, remark: str = "") -> Markup:
    """Return the flow of a corpus, its identities checked, with a remark below it."""
    counted = (
        flow.counts(corpus.records, corpus.works, corpus.settled, corpus.agreed),
        flow.sources(corpus.records, corpus.agreed, language),
        flow.exclusions(corpus.settled),
    )
    flow.check(*counted)
    figure = flow.diagram(*counted, language, corpus.agreed, remark)
    return chart.picture(figure.svg, figure.plain, (source,), language, figure.note, narrow=figure.narrow)


def trend(language: str = "en") -> Markup:
    """Return the publications of the corpus by year and stage."""
    corpus = load()
    counted = maps.trend(corpus.records, corpus.works, corpus.settled)
    return charted(partial(maps.trend_chart, counted, language), language)


def keyword_maps(language: str = "en") -> Markup:
    """Return the map of the corpus' keywords, and the same by mean year; a line where its records carry none."""
    corpus = load()
    items, linked = maps.keyword_map(maps.mapped(corpus.works, corpus.settled), corpus.synonyms)
    if items.empty:
        return line(text("review_no_keywords", language), SOURCE)
    drawn = [
        charted(partial(maps.map_chart, items, linked, language, overlay=overlay), language)
        for overlay in (False, True)
    ]
    return Markup("\n".join(part.html for part in drawn), "\n".join(part.plain for part in drawn))


def proposals(language: str = "en") -> Markup:
    """Return what the rules propose, one row a criterion of Table 2: works that meet it, fail it, or cannot be told."""
    rules = load().agreed.rules
    proposed = screening.propose(load().works, rules)
    names = data.load("eligibility_criteria").set_index("criterion")[f"name_{language}"]
    counted = pd.crosstab(proposed["criterion"], proposed["proposal"])
    counted = counted.reindex(index=list(rules), columns=["meets", "fails", "unknown"], fill_value=0)
    counted.index = [names[str(criterion)] for criterion in counted.index]
    titles = [text(key, language) for key in ("criterion", "review_meets", "review_fails", "review_unknown")]
    return table.plain(counted.rename_axis("criterion").reset_index(), "review-proposals", titles, language, (SOURCE,))


def stages() -> pd.DataFrame:
    """Return the records at each stage of the flow: columns ``stage`` and ``records``."""
    corpus = load()
    return flow.counts(corpus.records, corpus.works, corpus.settled)


def sources() -> pd.DataFrame:
    """Return the records from each source: columns ``source`` and ``records``."""
    return flow.sources(load().records, load().agreed)


def years() -> pd.DataFrame:
    """Return the records identified and the works included by year: columns ``stage``, ``year`` and ``records``."""
    corpus = load()
    counted = maps.trend(corpus.records, corpus.works, corpus.settled)
    whole = counted[(counted["source"] == "") & counted["stage"].isin(["identified", "included"])]
    return whole[["stage", "year", "publications"]].rename(columns={"publications": "records"})


#: How wide a chart is drawn, where there is room and on a phone.
_WIDTHS = 560, 240


def charted(draw: Callable[..., Figure], language: str, source: str = SOURCE, remark: str = "") -> Markup:
    """Return a chart of the review, which ``draw`` gives for a ``width``, as the book shows it, a remark inside."""
    wide, narrow = (draw(width=width) for width in _WIDTHS)
    id = "review-" + data.slug(wide.unit)
    twin = table.plain(wide.table, id, [str(title) for title in wide.table], language, (source,))
    head = alt.TitleParams(boxes.wrapped(remark, _WIDTHS[1], 14), anchor="start", fontWeight="normal")
    charts: list[Any] = [wide.chart, narrow.chart]
    drawn, phone = (one.properties(title=head) if remark else one for one in charts)
    return chart.show(drawn, wide.title, wide.description, twin, (source,), language, unit=wide.unit, narrow=phone)


def outputs(language: str) -> list[Markup]:
    """Return every output of the corpus, whose numbers the audit of numerals computes again."""
    return [part(language) for part in (recounted_flow, trend, keyword_maps, proposals, standing)]
