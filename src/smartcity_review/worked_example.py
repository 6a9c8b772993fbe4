"""A worked example of the review: a made-up corpus with decisions, which says nothing about the paper.

Of the records that the paper collected none is published, and nobody decided on
the works that it cites. So that a reader sees what the steps of the review give,
they run on invented records, and every figure says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from checkable_book.book import current_book
from checkable_book.dependencies import record_folder
from checkable_book.render.i18n import format_number, translate
from checkable_book.render.output import CellOutput, mark_recomputed, text_line
from checkable_book.render.table import Cell, build_table, column_titles, mark_english
from smartcity_review import review_outputs
from systematic_review import flow, importing, publication_trend, screening
from systematic_review.figures import Figure
from systematic_review.keyword_map import build_map, draw_map
from systematic_review.review import Review

#: The folder of the made-up corpus, below the data, and what its figures name as the source of their numbers.
FOLDER = "review_example"


def load_example() -> Review:
    """Return the made-up corpus, with every step of the review done on it.

    Raises
    ------
    DataError : an export or a decision that cannot be used, in one line.
    """
    book = current_book()
    folder = book.data_folder / FOLDER
    record_folder(folder, book)
    imported = partial(importing.read_folder, folder / "exports")
    return book.remember("worked example", lambda: review_outputs.run_review(folder, imported))


def sentence(key: str, language: str = "en") -> CellOutput:
    """Return the words called ``key``, with the counts of the example filled in."""
    held = load_example()
    counted = flow.flow_from_stages(flow.count_stages(held.records, held.works, held.settled, held.protocol))
    mapped, _ = build_map(held.works)
    found = {
        "records": len(held.records),
        "sources": held.records["source"].nunique(),
        "duplicates": len(held.records) - len(held.works),
        "works": len(held.works),
        "included": counted.new_studies,
        "pairs": int(held.pairs["same"].sum()),
        "conflicts": len(screening.find_conflicts(held.decisions.decisions)),
        "waiting": int((held.settled["waits"] != "").sum()),
        "keywords": len(mapped),
    }
    written = {name: format_number(count, language) for name, count in found.items()}
    return mark_recomputed(text_line(translate(key, language, **written)), FOLDER)


def full_flow(language: str = "en") -> CellOutput:
    """Return the PRISMA flow of the example, from records to full texts."""
    return review_outputs.show_flow(load_example(), language, FOLDER, translate("example_remark", language))


def duplicates(language: str = "en") -> CellOutput:
    """Return the pairs of records that were found to be one work, with the evidence for it, one row each."""
    held = load_example()
    records = held.records.set_index("id")
    rows: list[list[Cell]] = []
    for a, b, bits in held.pairs.loc[held.pairs["same"], ["record_a", "record_b", "score"]].itertuples(index=False):
        found_in = [held.protocol.source_name(str(records.loc[id, "source"]), language) for id in (a, b)]
        title = mark_english(str(records.loc[a, "title"]), language)
        rows.append([title, ", ".join(found_in), format_number(float(bits), language)])
    heads = column_titles(["example_title", "example_found_in", "example_bits"], language)
    return mark_recomputed(build_table("example-duplicates", heads, rows, language, numeric=(2,)), FOLDER)


def agreement(language: str = "en") -> CellOutput:
    """Return how far the reviewers agree on including and excluding, one row a stage."""
    agreed = screening.measure_agreement(load_example().decisions.decisions)
    rows: list[list[Cell]] = [
        [
            translate(f"example_stage_{row['stage']}", language),
            *(format_number(row[name], language) for name in ("records", "agreed")),
            *(format_number(round(row[name], 2), language) for name in ("percent", "kappa")),
            "–".join(format_number(round(row[end], 2), language) for end in ("low", "high")),
        ]
        for row in agreed[agreed["criterion"] == "decision"].to_dict("records")
    ]
    keys = ["stage", "example_judged", "example_agreed", "example_percent", "example_kappa", "example_interval"]
    numeric = tuple(range(1, len(keys)))
    shown = build_table("example-agreement", column_titles(keys, language), rows, language, numeric=numeric)
    return mark_recomputed(shown, FOLDER)


def trend(language: str = "en") -> CellOutput:
    """Return the publications of the example by year and stage."""
    held = load_example()
    counted = publication_trend.count_publications(held.records, held.works, held.settled)
    return _show_example_chart(partial(publication_trend.draw_trend, counted, language), language)


def keyword_map(language: str = "en") -> CellOutput:
    """Return the map of the keywords of all works of the example: those included have too few in common."""
    built = build_map(load_example().works)
    return _show_example_chart(partial(draw_map, *built, language), language, built)


def _show_example_chart(
    draw: Callable[..., Figure], language: str, explored: review_outputs.Map | None = None
) -> CellOutput:
    """Return a chart that says of itself, above and inside, that its records are made up."""

    def draw_made_up(width: int) -> Figure:
        figure = draw(width=width)
        return replace(figure, title=f"{figure.title} ({translate('example_made_up', language)})")

    remark = translate("example_remark", language)
    return review_outputs.show_review_chart(draw_made_up, language, FOLDER, remark, explored)


_LINES = ("example_standing", "example_pairs", "example_outcome", "example_mapped")


def outputs(language: str) -> list[CellOutput]:
    """Return every output of the example, likewise."""
    figures = [part(language) for part in (full_flow, duplicates, agreement, trend, keyword_map)]
    return [*(sentence(key, language) for key in _LINES), *figures]


#: What computes the review's outputs again, for the audit of numbers.
RECOMPUTED = {review_outputs.SOURCE: review_outputs.outputs, FOLDER: outputs}
