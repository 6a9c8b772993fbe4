"""What the book's chapter on the review works on: the authors' exports where there are any, else the cited works.

Nobody decided on the cited works, so all of them wait in the flow, and nothing
that is shown of them says anything of the records that the paper collected.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from smartcity_review import charts, data, freshness, tables
from smartcity_review.data import DataError
from smartcity_review.markup import Markup, render
from smartcity_review.messages import number, text
from smartcity_review.paths import DATA, EXPORTS
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


def exports(folder: Path = EXPORTS) -> list[Path]:
    """Return the exports that there are; none is no fault."""
    try:
        return importing.files(folder)
    except ReviewError:
        return []


@lru_cache
def load(folder: Path = EXPORTS) -> Corpus:
    """Return the corpus, with every step of the review done on it.

    Raises
    ------
    DataError : an export or a decision that cannot be used, in one line.
    """
    freshness.note("exports", folder.name)
    try:
        return _reviewed(folder)
    except ReviewError as error:
        raise DataError(str(error)) from None


def _reviewed(folder: Path) -> Corpus:
    published = bool(exports(folder))
    read = importing.read_folder(folder) if published else importing.read_file(DATA / "references.bib", "cited_works")
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
    stages, by = data.load("prisma_flow"), data.load("record_sources")
    return _shown(flow.diagram(stages, by, language=language), language, ("prisma_flow", "record_sources"))


def recounted_flow(language: str = "en") -> Markup:
    """Return the PRISMA flow of the corpus, its identities checked."""
    corpus, agreed = load(), protocol.read(EXPORTS)
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
    return _shown(maps.trend_chart(counted, language), language)


def keyword_maps(language: str = "en") -> Markup:
    """Return the map of the corpus' keywords, and the same by mean year; a line where its records carry none."""
    corpus = load()
    thesaurus = EXPORTS / "decisions" / "thesaurus.csv"
    synonyms = maps.read_thesaurus(thesaurus if thesaurus.exists() else None)
    items, linked = maps.keyword_map(maps.mapped(corpus.works, corpus.settled), synonyms)
    if items.empty:
        return _line(text("review_no_keywords", language))
    drawn = [_shown(maps.map_chart(items, linked, language, overlay=overlay), language) for overlay in (False, True)]
    return Markup("\n".join(part.html for part in drawn), "\n".join(part.plain for part in drawn))


def proposals(language: str = "en") -> Markup:
    """Return what the rules propose, one row a criterion of Table 2: works that meet it, fail it, or cannot be told."""
    rules = protocol.read(EXPORTS).rules
    proposed = screening.propose(load().works, rules)
    names = data.load("eligibility_criteria").set_index("criterion")[f"name_{language}"]
    counted = pd.crosstab(proposed["criterion"], proposed["proposal"])
    counted = counted.reindex(index=list(rules), columns=["meets", "fails", "unknown"], fill_value=0)
    counted.index = [names[str(criterion)] for criterion in counted.index]
    titles = [text(key, language) for key in ("criterion", "review_meets", "review_fails", "review_unknown")]
    return tables.plain(counted.rename_axis("criterion").reset_index(), "review-proposals", titles, language, (SOURCE,))


def recount() -> dict[str, int]:
    """Return the records at each stage of the flow and from each source, from the authors' exports alone."""
    corpus = load()
    stages = flow.counts(corpus.records, corpus.works, corpus.settled).set_index("stage")["records"]
    by = flow.sources(corpus.records, protocol.read(EXPORTS)).set_index("source")["records"]
    return {
        **{f"prisma_flow/{stage}": int(records) for stage, records in stages.items()},
        **{f"record_sources/{source}": int(records) for source, records in by.items()},
    }


def years(stage: str) -> list[int]:
    """Return the years of the records identified, or of the works included, of the authors' exports."""
    corpus = load()
    kept = corpus.settled.loc[corpus.settled["decision"] == "include", "record"]
    frame = corpus.records if stage == "identified" else corpus.works[corpus.works["id"].isin(kept)]
    return sorted(int(year) for year in frame["year"].dropna())


def _shown(figure: Figure, language: str, sources: tuple[str, ...] = (SOURCE,)) -> Markup:
    """Return a figure of the review as the book shows it."""
    if figure.chart is None:
        return charts.picture(figure.svg, figure.plain, sources, language, figure.note)
    id = "review-" + "-".join(figure.title.lower().split())
    table = tables.plain(figure.table, id, [str(title) for title in figure.table], language, sources)
    return charts.show(figure.chart, figure.title, figure.description, table, sources, language)


def _line(line: str) -> Markup:
    return Markup(render("corpus_line.html", line=line, source=SOURCE), line)
