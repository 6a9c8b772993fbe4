"""How a paper's claims and the evidence for them are shown: a table, totals, a line for a chapter, a chart."""

from __future__ import annotations

import re

import pandas as pd
from markupsafe import Markup as Safe

from checkable_book import data
from checkable_book.data import database, evidence
from checkable_book.render import book_metadata, chart, values
from checkable_book.render.canvas import LINE, Follows, Sheet, fitted
from checkable_book.render.i18n import number, text
from checkable_book.render.output import Markup, render
from checkable_book.render.table import LONG, english, localised, table, titles

_SOURCES = ("published_claims", "outside_facts", "second_reading", "sections")
_WORDS = re.compile(r"[^\W\d]{2}")
_COLOURS = {"elsewhere": "#3182bd", "copied": "#8fb8d8", "warning": "#d95f0e", "open": "#8a8a8a"}


def claims(found: pd.DataFrame, language: str = "en") -> Markup:
    """Return claims with the evidence for each, one row a claim, the query behind a fold.

    ``found`` holds rows of :func:`checkable_book.data.evidence.verdicts`.

    Examples
    --------
    >>> claims(evidence.verdicts().head(1)).plain.splitlines()[0]
    'Claim | Section | Published | What the data gives | Evidence | On what it rests'
    """
    headings = {row["section"]: row["title"] for row in localised(data.peek("sections"), language)}
    rows = [
        [
            row["statement"],
            headings[row["section"]],
            _published(row, language),
            _found(row, language),
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

    Examples
    --------
    >>> chapter_claims(evidence.verdicts()).plain.partition(":")[0]
    "The paper's claims in this part"
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

    Examples
    --------
    >>> totals(evidence.totals(evidence.verdicts(), "section")).html.count("<table")
    1
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
    """Return the number of claims by section, a row each: with support, with a warning, not checkable.

    ``counted`` holds what :func:`checkable_book.data.evidence.totals` returns for sections.

    Examples
    --------
    >>> totals_chart(evidence.totals(evidence.verdicts(), "section")).html.count("<svg")
    2
    """
    headings = _headings(counted, language)
    grouped = evidence.grouped(counted)
    most = int(grouped.to_numpy().max())

    def drawing(sheet: Sheet) -> None:
        left = 210 if sheet.wide else 0
        width = (sheet.width - left) / len(evidence.GROUPS)
        room = (width - 8) / (1.12 if sheet.wide else 1)  # bold is wider
        heads = {name: fitted(text(f"evidence_of_{name}", language), room) for name in evidence.GROUPS}
        for at, head in enumerate(heads.values()):
            for line, words in enumerate(head):
                sheet.words(left + at * width, 14 + line * LINE, words, bold=sheet.wide, small=not sheet.wide)
        y: float = max(map(len, heads.values())) * LINE + 10
        for row, heading in enumerate(headings):
            below = sheet.lines(0, y + 14, heading, (left or sheet.width) - 8)
            y = y if sheet.wide else below - LINE + 8
            for at, (name, kinds) in enumerate(evidence.GROUPS.items()):
                count, x, per = int(grouped[name].iloc[row]), left + at * width, (width - 42) / most
                told = f"{heading}, {text(f'evidence_of_{name}', language)}, "
                asked = _counting(str(counted.index[row]), kinds)
                bar: Follows = {"x2": [asked, x, per], "said": [told + "{}", asked]}
                label: Follows = {"x": [asked, x + 6, per], "words": ["{}", asked]}
                sheet.bar(x, y + 3, count * per, 13, _COLOURS[name], said=f"{told}{count}", follows=bar)
                sheet.words(x + count * per + 6, y + 14, number(count, language), faint=not count, follows=label)
            y = max(below - 4, y + 26) if sheet.wide else y + 26

    names = {str(kind): text(f"evidence_{kind}", language) for kind in counted}
    named = counted.set_axis(headings).rename(columns=names)
    rows = "; ".join(
        text(
            "alt_claims_row", language, section=section, counts=", ".join(f"{n} {kind}" for kind, n in row.items() if n)
        )
        for section, row in named.iterrows()
    )
    shares = {name: number(int(grouped[name].sum()), language) for name in evidence.GROUPS}
    return chart.draw(
        drawing,
        text("find_claims", language, **shares, total=number(int(counted.to_numpy().sum()), language)),
        text("number_of_claims", language),
        text("alt_claims", language, rows=rows),
        totals(counted, language),
        _SOURCES,
        language,
    )


def _counting(section: str, kinds: tuple[str, ...]) -> str:
    """Return the query that counts the claims of a section with evidence of some kinds."""
    listed = ", ".join(map(database.quoted, kinds))
    return f"SELECT COUNT(*) FROM evidence WHERE section = {database.quoted(section)} AND kind IN ({listed})"


def _headings(counted: pd.DataFrame, language: str) -> list[str]:
    named = {row["section"]: row["title"] for row in localised(data.peek("sections"), language)}
    return [named[str(section)] for section in counted.index]


def _published(row: dict[str, str], language: str) -> str:
    """Return what is published: the paper's own term, where one is given, and beside it our value.

    Our words for it are English; they say no more where the paper speaks the page's language.
    """
    value = _value(row["published_value"], row["unit"], language)
    printed, spoken = row.get("published_term", ""), book_metadata.known()["paper"]["language"]
    if not printed:
        return value
    quoted = Safe("<q{}>{}</q>").format(_spoken(spoken, language), printed)
    if spoken == language != "en" and _WORDS.search(value) and row["published_value"] not in {"yes", "no"}:
        return quoted
    return quoted + Safe(' <span class="ours">({}: {})</span>').format(text("our_words", language), value)


def _spoken(spoken: str | None, language: str) -> Safe:
    """Return the attribute that names the language of a quotation, where it is known to be another than the page's."""
    return Safe(' lang="{}"').format(spoken) if spoken not in {None, language} else Safe("")


def _value(value: str, unit: str, language: str) -> str:
    """Return a value of a claim as the page's language writes it; its words are the data's own, which are English."""
    if value in {"yes", "no"}:
        return text(value, language)
    written = values.written(value, unit, language) if value else ""
    return english(written, language) if _WORDS.search(written) else written


def _found(row: dict[str, str], language: str) -> str:
    """Return what the data gives: of a cell that stands in each language, the page's."""
    twin = f"{row['check'].removesuffix('_en')}_{language}"
    if row["check"].endswith("_en") and row["found_value"] and database.address_query(twin):
        return values.value(twin, language).text
    return _value(row["found_value"], row["unit"], language)


def _basis(row: dict[str, str], language: str) -> str:
    """Return what the evidence rests on: the query, what speaks for or against the claim, or what would be needed."""
    place = _place(row["place"], language)
    if row.get("paragraph"):
        place += ", " + text("place_paragraph", language, n=row["paragraph"])
    parts = [Safe("{}").format(place)]
    if row["against"]:
        marked = Safe('<code lang="en">{}</code>').format(row["against"].replace(";", ", "))
        agrees = row["evidence"] in evidence.SUPPORTING
        parts.append(Safe(text("agrees_basis" if agrees else "against_basis", language, against="{}")).format(marked))
    if row["evidence"] == "not_checkable" or (row["needed"] and row["evidence"] == "transcribed_twice"):
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
