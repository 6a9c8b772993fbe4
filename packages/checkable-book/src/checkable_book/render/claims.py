"""How a paper's claims and the evidence for them are shown: a table, totals, a line for a chapter, a chart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup as Safe

from checkable_book.data.addresses import CellAddress, cell_query, find_cell
from checkable_book.data.claims import GROUPS, KINDS, STATEMENT, SUPPORTING, TRANSCRIPTION, WARNING, group_counts
from checkable_book.data.database import quote_literal
from checkable_book.data.description import CLAIMS, EVIDENCE
from checkable_book.data.package import package_of, table_names, table_records
from checkable_book.render import book_metadata, chart
from checkable_book.render.canvas import LINE, SMALL, Canvas, LiveBinding, fit_lines, text_width
from checkable_book.render.cell_notes import place_in_words
from checkable_book.render.i18n import format_number, translate
from checkable_book.render.output import CellOutput, render_template
from checkable_book.render.table import LONG, Cell, build_table, column_titles, mark_english
from checkable_book.render.values import (
    CellText,
    Value,
    cell_value,
    find_value,
    format_cell,
    query_value,
    text_cell,
)
from checkable_book.text import allow_breaks

_LETTERS = re.compile(r"[^\W\d]{2}")
_COLOURS = {
    "outside": "#08519c", "elsewhere": "#3182bd", "copied": "#8fb8d8", "warning": "#d95f0e", "open": "#8a8a8a",
}  # fmt: skip


def claim_table(
    found: pd.DataFrame, language: str = "en", subjects: Mapping[str, tuple[str, Iterable[str]]] | None = None
) -> CellOutput:
    """Return claims with the evidence for each, one row a claim, the query behind a fold.

    Parameters
    ----------
    found : rows of :func:`checkable_book.data.claims.evaluate_claims`.
    subjects : what readers can choose claims by: by the key of each its name and the names of its claims.
    """
    records = found.to_dict("records")
    rows: list[list[Cell]] = [
        [
            text_cell(CLAIMS, row, "statement", language),
            _section_title(str(row["section"]), language),
            _published_cell(row, language),
            _found_cell(row, language),
            translate(f"evidence_{row['evidence']}", language),
            _basis(row, language),
        ]
        for row in records
    ]
    columns = ["claim", "section", "published", "found_value", "evidence", "basis"]
    table = build_table(
        "claims",
        column_titles(columns, language),
        rows,
        language,
        ids=[f"claim-{row['claim']}" for row in records],
        filters=(1, 4) if len(rows) > LONG else (),
        sources=_sources(),
        keys=columns,
        values=[[str(row["section"]), str(row["evidence"])] for row in records],
        subjects={
            key: (name, {f"claim-{claim}" for claim in claims}) for key, (name, claims) in (subjects or {}).items()
        },
    )
    if len(rows) < len(table_records(CLAIMS)):
        return table
    return CellOutput(f'<div data-anchors="{EVIDENCE}">{table.html}</div>', table.plain)


def link_claims(names: Iterable[str]) -> Safe:
    """Return links to claims where the book lists them with their evidence, commas between.

    Examples
    --------
    >>> link_claims(["most-visited"])
    Markup('<a data-link="table:evidence" href="#claim-most-visited"><code lang="en">most-visited</code></a>')
    """
    link = Safe('<a data-link="table:{0}" href="#claim-{1}"><code lang="en">{1}</code></a>')
    return Safe(", ").join(link.format(EVIDENCE, name) for name in names)


def chapter_summary(found: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return one line on the claims of a chapter: how many there are, how many are contradicted, and where they stand.

    Parameters
    ----------
    found : what :func:`checkable_book.data.claims.evaluate_claims` returns for the chapter.
    """
    sections = list(dict.fromkeys(found["section"]))
    warned = found["claim"][found["evidence"].isin(WARNING)]
    counts = [query_value(_counting_query(sections, kinds), language=language) for kinds in (KINDS, WARNING)]
    line = Safe(translate("chapter_claims", language, total="{0}", warning="{1}")).format(*counts)
    first = warned.iloc[0] if len(warned) else found["claim"].iloc[0]
    page = render_template(
        "chapter_claims.html", line=line, first=first, link=translate("chapter_claims_link", language)
    )
    return CellOutput(page, line.striptags())


def totals_table(counted: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return the number of statements by kind of evidence, one row a section, and their total.

    Parameters
    ----------
    counted : what :func:`checkable_book.data.claims.count_by_evidence` returns for sections.
    """
    total = translate("total", language)
    sections = [str(section) for section in counted.index]

    def counts(of: list[str]) -> list[Cell]:
        kinds = [*((str(kind),) for kind in counted), KINDS]
        return [query_value(_counting_query(of, kind), language=language) for kind in kinds]

    rows: list[list[Cell]] = [[_section_title(section, language), *counts([section])] for section in sections]
    rows.append([total, *counts(sections)])
    heads = [translate("section", language), *(translate(f"evidence_{kind}", language) for kind in counted), total]
    return build_table("claim-totals", heads, rows, language, numeric=tuple(range(1, len(heads))), sources=_sources())


def totals_chart(counted: pd.DataFrame, language: str = "en") -> CellOutput:
    """Return the number of statements by section, a row each: with support, with a warning, not checkable.

    Parameters
    ----------
    counted : what :func:`checkable_book.data.claims.count_by_evidence` returns for sections.
    """
    headings = [str(_section_title(str(section), language)) for section in counted.index]
    grouped = group_counts(counted)
    most = int(grouped.to_numpy().max())

    def draw(canvas: Canvas) -> None:
        left, y = 210 if canvas.wide else 0, 0.0
        width = (canvas.width - left) / len(GROUPS)
        columns = {name: left + at * width for at, name in enumerate(GROUPS)}
        titles = {name: translate(f"evidence_of_{name}", language) for name in GROUPS}
        room = (width - 8) / (1.12 if canvas.wide else 1)  # bold is wider
        heads = {name: fit_lines(title, room) for name, title in titles.items()}
        taken = max(len(heads[name]) for name in list(heads)[::2])  # a long word reaches below the next head
        for at, (name, head) in enumerate(heads.items()):
            start = 14 if canvas.wide or not at % 2 else 14 + taken * LINE
            for line, words in enumerate(head):
                x = min(columns[name], canvas.width - text_width(words, SMALL))
                canvas.words(x, start + line * LINE, words, bold=canvas.wide, small=not canvas.wide)
            y = max(y, start + len(head) * LINE - 4)
        per = (width - 42) / most
        for row, heading in enumerate(headings):
            below = canvas.lines(0, y + 14, heading, (left or canvas.width) - 8)
            y = y if canvas.wide else below - LINE + 8
            for name, kinds in GROUPS.items():
                count, x = int(grouped[name].iloc[row]), columns[name]
                said = f"{heading}, {titles[name]}, "
                asked = _counting_query([str(counted.index[row])], kinds)
                bar: LiveBinding = {"x2": [asked, x, per], "said": [said + "{}", asked]}
                label: LiveBinding = {"x": [asked, x + 6, per], "words": ["{}", asked]}
                written = format_number(count, language)
                canvas.bar(x, y + 3, count * per, 13, _COLOURS[name], said=f"{said}{written}", follows=bar)
                canvas.words(x + count * per + 6, y + 14, written, faint=not count, follows=label)
            y = max(below - 4, y + 22) if canvas.wide else y + 26

    names = {str(kind): translate(f"evidence_{kind}", language) for kind in counted}
    named = counted.set_axis(headings).rename(columns=names)
    rows = "; ".join(
        translate(
            "alt_claims_row",
            language,
            section=section,
            counts=", ".join(f"{format_number(int(n), language)} {kind}" for kind, n in row.items() if n),
        )
        for section, row in named.iterrows()
    )
    sections = [str(section) for section in counted.index]
    shares = {name: query_value(_counting_query(sections, kinds), language=language) for name, kinds in GROUPS.items()}
    return chart.show_drawing(
        draw,
        chart.fill_title(
            "find_claims", language, **shares, total=query_value(_counting_query(sections, KINDS), language=language)
        ),
        translate("number_of_claims", language),
        translate("alt_claims", language, rows=rows),
        totals_table(counted, language),
        _sources(),
        language,
    )


def _counting_query(sections: list[str], kinds: tuple[str, ...]) -> str:
    """Return the query that counts the statements of sections with evidence of some kinds."""
    where = f"role = {quote_literal(STATEMENT)} AND section IN ({', '.join(map(quote_literal, sections))})"
    if set(kinds) != set(KINDS):
        where += f" AND kind IN ({', '.join(map(quote_literal, kinds))})"
    return f"SELECT COUNT(*) FROM {EVIDENCE} WHERE {where}"


def _sources() -> tuple[str, ...]:
    wanted = (CLAIMS, "outside_facts", "second_reading", "sections")
    return tuple(name for name in wanted if name in table_names())


def _section_title(section: str, language: str) -> str | CellText:
    """Return the heading of a section of the paper; its name where the book has no table of sections."""
    if "sections" in table_names() and package_of().table("sections").row_number((section,)) is not None:
        return text_cell("sections", {"section": section}, "title", language)
    return section


def _published_cell(row: Mapping[Any, Any], language: str) -> Cell:
    """Return what is published: the paper's own term, where one is given, and beside it our value.

    Our words for it are English; they say no more where the paper speaks the page's language.
    """
    value = _published_value(row, language)
    if not row.get("published_term"):
        return value
    printed = text_cell(CLAIMS, row, "published_term", language)
    spoken = book_metadata.known_metadata()["paper"]["language"]
    quoted = Safe("<q{}>{}</q>").format(_language_attribute(spoken, language), printed)
    if spoken == language != "en" and _LETTERS.search(str(value)) and row["published_value"] not in {"yes", "no"}:
        return quoted
    return quoted + Safe(' <span class="ours">({}: {})</span>').format(translate("our_words", language), value)


def _published_value(row: Mapping[Any, Any], language: str) -> Cell:
    if row["published_value"] in {"yes", "no"}:
        return translate(str(row["published_value"]), language)
    if not row["published_value"]:
        return ""
    value = cell_value(CLAIMS, row, "published_value", language)
    return _english_words(value, language)


def _language_attribute(spoken: str | None, language: str) -> Safe:
    """Return the attribute that names the language of a quotation, where it is known to be another than the page's."""
    return Safe(' lang="{}"').format(spoken) if spoken not in {None, language} else Safe("")


def _english_words(value: Value, language: str) -> Cell:
    """Return a value of a claim; its words are the data's own, which are English."""
    if not _LETTERS.search(value.text):
        return value
    return mark_english(CellText(value.text, value.name, language), language)


def _found_cell(row: Mapping[Any, Any], language: str) -> Cell:
    """Return what the data gives: of a cell that stands in each language, the page's."""
    if not row["found_value"]:
        return ""
    if row["found_value"] in {"yes", "no"}:
        return translate(str(row["found_value"]), language)
    cell = find_cell(row["check"]) if row["check"] else None
    if cell is not None:
        twin = CellAddress(cell.table, cell.key, f"{cell.column.removesuffix('_en')}_{language}")
        if cell.column.endswith("_en") and twin.column in package_of().table(cell.table).frame:
            return find_value(twin.text, language)
    found = query_value(cell_query(cell) if cell else str(row["query"]), str(row["unit"]), language)
    text = format_cell(str(row["found_value"]), str(row["unit"]), language)
    if _LETTERS.search(text):
        return mark_english(CellText(text, found.name, language), language)
    return found


def _basis(row: Mapping[Any, Any], language: str) -> Safe:
    """Return what the evidence rests on: the query, what speaks for or against the claim, or what would be needed."""
    place: str = place_in_words(row, language)
    if row.get("paragraph"):
        paragraph = text_cell(CLAIMS, row, "paragraph", language)
        place = Safe("{}, {}").format(place, Safe(translate("place_paragraph", language, n="{}")).format(paragraph))
    parts = [Safe("{}").format(place)]
    if row["role"] == TRANSCRIPTION:
        parts.append(Safe("{}").format(translate("role_transcription", language)))
    if row["against"]:
        marked = Safe('<code lang="en">{}</code>').format(allow_breaks(row["against"].replace(";", ", ")))
        agrees = row["evidence"] in SUPPORTING
        message = translate("agrees_basis" if agrees else "against_basis", language, against="{}")
        parts.append(Safe(message).format(marked))
    if row["evidence"] == "not_checkable" or (row["needed"] and row["evidence"] in GROUPS["copied"]):
        needed = translate(f"needed_{row['needed'] or 'reading'}", language)
        parts.append(Safe("{}").format(translate("needed_basis", language, needed=needed)))
    said = Safe("; ").join(parts)
    if not row["query"]:
        return said
    folded = Safe('<details class="query"><summary>{}</summary><code lang="en">{}</code></details>')
    return said + folded.format(translate("query", language), allow_breaks(row["query"]))
