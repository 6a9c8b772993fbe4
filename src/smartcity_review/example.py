"""A worked example of the review: a made-up corpus with decisions, which says nothing about the paper.

Of the records that the paper collected none is published, and nobody decided on
the works that it cites. So that a reader sees what the steps of the review give,
they run on invented records, and every figure says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial

from checkable_book import dependencies, project
from checkable_book.render.i18n import number, text
from checkable_book.render.output import Markup, line
from checkable_book.render.table import Cell, english, table, titles
from smartcity_review import corpus
from smartcity_review.corpus import Corpus
from systematic_review import flow, importing, maps, screening
from systematic_review.figures import Figure

#: The folder of the made-up corpus, below the data, and what its figures name as the source of their numbers.
FOLDER = "review_example"


@lru_cache
def load() -> Corpus:
    """Return the made-up corpus, with every step of the review done on it.

    Raises
    ------
    DataError : an export or a decision that cannot be used, in one line.
    """
    dependencies.note("folder", FOLDER)
    folder = project.data() / FOLDER
    return corpus.reviewed(folder, lambda: importing.read_folder(folder / "exports"))


def says(key: str, language: str = "en") -> Markup:
    """Return the words called ``key``, with the counts of the example filled in."""
    held = load()
    counted = flow.of(flow.counts(held.records, held.works, held.settled, held.agreed))
    mapped, _ = maps.keyword_map(held.works)
    found = {
        "records": len(held.records),
        "sources": held.records["source"].nunique(),
        "duplicates": len(held.records) - len(held.works),
        "works": len(held.works),
        "included": counted.new,
        "pairs": int(held.pairs["same"].sum()),
        "conflicts": len(screening.conflicts(held.decisions)),
        "waiting": int((held.settled["waits"] != "").sum()),
        "keywords": len(mapped),
    }
    return line(text(key, language, **{name: number(count, language) for name, count in found.items()}), FOLDER)


def both_stages(language: str = "en") -> Markup:
    """Return the PRISMA flow of the example, from records to full texts."""
    return corpus.drawn_flow(load(), language, FOLDER, text("example_remark", language))


def duplicates(language: str = "en") -> Markup:
    """Return the pairs of records that were found to be one work, with the evidence for it, one row each."""
    held = load()
    records = held.records.set_index("id")
    rows: list[list[Cell]] = []
    for a, b, bits in held.pairs.loc[held.pairs["same"], ["record_a", "record_b", "score"]].itertuples(index=False):
        found_in = [held.agreed.source(str(records.loc[id, "source"]), language) for id in (a, b)]
        title = english(str(records.loc[a, "title"]), language)
        rows.append([title, ", ".join(found_in), number(float(bits), language)])
    heads = titles(["example_title", "example_found_in", "example_bits"], language)
    return table("example-duplicates", heads, rows, language, numeric=(2,), sources=(FOLDER,))


def agreement(language: str = "en") -> Markup:
    """Return how far the reviewers agree on including and excluding, one row a stage."""
    agreed = screening.agreement(load().decisions)
    rows: list[list[Cell]] = [
        [
            text(f"example_stage_{row['stage']}", language),
            *(number(row[name], language) for name in ("records", "agreed")),
            *(number(round(row[name], 2), language) for name in ("percent", "kappa")),
            "–".join(number(round(row[end], 2), language) for end in ("low", "high")),
        ]
        for row in agreed[agreed["criterion"] == "decision"].to_dict("records")
    ]
    keys = ["stage", "example_judged", "example_agreed", "example_percent", "example_kappa", "example_interval"]
    numeric = tuple(range(1, len(keys)))
    return table("example-agreement", titles(keys, language), rows, language, numeric=numeric, sources=(FOLDER,))


def trend(language: str = "en") -> Markup:
    """Return the publications of the example by year and stage."""
    held = load()
    counted = maps.trend(held.records, held.works, held.settled)
    return _charted(partial(maps.trend_chart, counted, language), language)


def keyword_map(language: str = "en") -> Markup:
    """Return the map of the keywords of all works of the example: those included have too few in common."""
    return _charted(partial(maps.map_chart, *maps.keyword_map(load().works), language), language)


def _charted(draw: Callable[..., Figure], language: str) -> Markup:
    """Return a chart that says of itself, above and inside, that its records are made up."""

    def said(width: int) -> Figure:
        figure = draw(width=width)
        return replace(figure, title=f"{figure.title} ({text('example_made_up', language)})")

    return corpus.charted(said, language, FOLDER, text("example_remark", language))


_LINES = ("example_standing", "example_pairs", "example_outcome", "example_mapped")


def outputs(language: str) -> list[Markup]:
    """Return every output of the example, likewise."""
    figures = [part(language) for part in (both_stages, duplicates, agreement, trend, keyword_map)]
    return [*(says(key, language) for key in _LINES), *figures]


def _computed(outputs: list[Markup]) -> str:
    from checkable_book.verify import number_audit  # only the audit needs it

    return number_audit.computed(outputs)


#: What computes the numbers of the review's outputs again, for the audit of numerals.
RECOMPUTED = {
    corpus.SOURCE: lambda language: _computed(corpus.outputs(language)),
    FOLDER: lambda language: _computed(outputs(language)),
}
