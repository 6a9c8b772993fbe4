"""What the book's chapter on the review works on: the authors' exports where there are any, else the cited works.

Nobody decided on the cited works, so all of them wait in the flow, and nothing
that is shown of them says anything of the records that the paper collected.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from checkable_book import data, project, uses
from checkable_book.errors import DataError
from checkable_book.show import chart, table
from checkable_book.show.markup import Markup, render
from checkable_book.show.words import number, text
from smartcity_review import exports
from systematic_review import deduplication, flow, importing, maps, protocol, screening
from systematic_review.errors import ReviewError
from systematic_review.figures import Figure

#: What figures and tables of the corpus name as the source of their numbers.
SOURCE = "review"


@dataclass(frozen=True)
class Corpus:
    """The tables of a review, as its steps return them.

    ``published`` says whether these are the authors' own exports, and so what
    the paper's counts can be checked against.
    """

    published: bool
    records: pd.DataFrame
    rejects: pd.DataFrame
    pairs: pd.DataFrame
    works: pd.DataFrame
    settled: pd.DataFrame


@lru_cache
def load() -> Corpus:
    """Return the corpus, with every step of the review done on it.

    Raises
    ------
    DataError : an export or a decision that cannot be used, in one line.
    """
    uses.note("folder", exports.FOLDER)
    uses.note("data", "cited_works")
    try:
        return _reviewed(exports.folder())
    except ReviewError as error:
        raise DataError(str(error)) from None


def _reviewed(folder: Path) -> Corpus:
    published = exports.present()
    read = (
        importing.read_folder(folder)
        if published
        else importing.read_file(project.data() / "references.bib", "cited_works")
    )
    decided = folder / "decisions"
    agreed = protocol.read(folder)
    pairs = deduplication.pairs(read.records)
    same = deduplication.read_decisions(decided / "duplicates.csv", read.records)
    works = deduplication.merge(read.records, deduplication.groups(read.records, pairs, same))
    told = screening.read(decided, works, agreed)
    settled = screening.settle(works, told.decisions, told.resolutions, agreed)
    return Corpus(published, read.records, read.rejects, pairs, works, settled)


def standing(language: str = "en") -> Markup:
    """Return what the chapter stands on today: the authors' exports, or the cited works and what those are not."""
    corpus = load()
    found = {"records": number(len(corpus.records), language), "rejects": number(len(corpus.rejects), language)}
    return _line(text("review_stands_on_exports" if corpus.published else "review_stands_on_works", language, **found))


def published_flow(language: str = "en") -> Markup:
    """Return the flow as the paper publishes it (Figure 1)."""
    stages, by = data.load("prisma_flow")[["stage", "records"]], data.load("record_sources")
    drawn = flow.diagram(stages, by, language=language)
    counted = {
        "identified": "identified",
        "duplicates": "duplicates_removed",
        "excluded": "excluded",
        "studies": "included",
    }
    follows = {count: f"prisma_flow/{stage}/records" for count, stage in counted.items()} | {"screened": "screened"}
    follows |= {source: f"record_sources/{source}/records" for source in by["source"]}
    return chart.picture(drawn.svg, drawn.plain, ("prisma_flow", "record_sources"), language, drawn.note, follows)


def recounted_flow(language: str = "en") -> Markup:
    """Return the PRISMA flow of the corpus, its identities checked."""
    corpus, agreed = load(), protocol.read(exports.folder())
    counted = (
        flow.counts(corpus.records, corpus.works, corpus.settled, agreed),
        flow.sources(corpus.records, agreed),
        flow.exclusions(corpus.settled),
    )
    flow.check(*counted)
    return _shown(flow.diagram(*counted, language, agreed), language)


def trend(language: str = "en") -> Markup:
    """Return the publications of the corpus by year and stage."""
    corpus = load()
    counted = maps.trend(corpus.records, corpus.works, corpus.settled)
    return _shown(maps.trend_chart(counted, language), language, widths=(560, 240))


def keyword_maps(language: str = "en") -> Markup:
    """Return the map of the corpus' keywords, and the same by mean year; a line where its records carry none."""
    corpus = load()
    thesaurus = exports.folder() / "decisions" / "thesaurus.csv"
    synonyms = maps.read_thesaurus(thesaurus if thesaurus.exists() else None)
    items, linked = maps.keyword_map(maps.mapped(corpus.works, corpus.settled), synonyms)
    if items.empty:
        return _line(text("review_no_keywords", language))
    drawn = [_shown(maps.map_chart(items, linked, language, overlay=overlay), language) for overlay in (False, True)]
    return Markup("\n".join(part.html for part in drawn), "\n".join(part.plain for part in drawn))


def proposals(language: str = "en") -> Markup:
    """Return what the rules propose, one row a criterion of Table 2: works that meet it, fail it, or cannot be told."""
    rules = protocol.read(exports.folder()).rules
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
    return flow.sources(load().records, protocol.read(exports.folder()))


def years() -> pd.DataFrame:
    """Return the records identified and the works included by year: columns ``stage``, ``year`` and ``records``."""
    corpus = load()
    counted = maps.trend(corpus.records, corpus.works, corpus.settled)
    whole = counted[(counted["source"] == "") & counted["stage"].isin(["identified", "included"])]
    return whole[["stage", "year", "publications"]].rename(columns={"publications": "records"})


def _shown(
    figure: Figure, language: str, sources: tuple[str, ...] = (SOURCE,), widths: tuple[int, int] | None = None
) -> Markup:
    """Return a figure of the review as the book shows it, a chart at two widths where they are given."""
    if figure.chart is None:
        return chart.picture(figure.svg, figure.plain, sources, language, figure.note)
    id = "review-" + "-".join(figure.title.lower().split())
    shown = table.plain(figure.table, id, [str(title) for title in figure.table], language, sources)
    drawn: Any = figure.chart
    wide, narrow = [drawn.properties(width=width) for width in widths] if widths else (drawn, None)
    return chart.show(wide, figure.title, figure.description, shown, sources, language, narrow=narrow)


def _line(line: str) -> Markup:
    return Markup(render("corpus_line.html", line=line, source=SOURCE), line)


#: What computes the numbers of the corpus' outputs again, for the audit of numerals.
RECOMPUTED = {
    SOURCE: lambda language: "\n".join(
        part(language).plain for part in (recounted_flow, trend, keyword_maps, proposals, standing)
    )
}
