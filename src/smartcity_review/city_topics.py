"""What a city works on: what each country does about a topic, by which law or plan, and how sure that is.

Which topics an initiative or a law belongs to is data (``initiative_topics.csv``, ``policy_topics.csv``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup as Safe

from checkable_book import data
from checkable_book.data.claims import KINDS, evaluate_claims
from checkable_book.data.database import quote_literal
from checkable_book.render.i18n import translate
from checkable_book.render.output import CellOutput
from checkable_book.render.phrases import claim_link, link_words, paragraphs, small_note
from checkable_book.render.table import Cell, Item, build_table, column_titles, join_years
from checkable_book.render.values import CellText, query_value, text_cell
from checkable_book.text import slug

#: The topic of what holds whatever a city works on.
EVERY_FIELD = "every_field"
_BODIES = {"agency", "company"}


def topic_summary(topic: str, language: str = "en") -> CellOutput:
    """Return what each country does about a topic, one row a country, with its laws and how sure its list is.

    The columns are the country, its initiatives (Table 4), the laws and plans
    behind them with their years and what other sources say of these, and how
    many of the entries rest on which evidence.
    """
    rows: list[list[Cell]] = []
    for country in data.load_table("countries")["country"]:
        found = _rows_of("initiatives", "initiative_topics", country, topic)
        rows.append([country, _initiatives(found, topic, language), list_laws(country, topic, language)])
        rows[-1].append(_certainty(found, language))
    heads = column_titles(["country", "what_it_does", "law_or_plan", "how_sure"], language)
    sources = ("initiatives", "initiative_topics", "policies", "policy_topics", "outside_facts", "published_claims")
    return build_table(f"topic-{topic}", heads, rows, language, sources=sources)


def every_field(language: str = "en") -> CellOutput:
    """Return what holds for every topic, one row a country: the frameworks and plans, and who coordinates."""
    rows: list[list[Cell]] = [
        [country, list_laws(country, EVERY_FIELD, language), _bodies(country, language)]
        for country in data.load_table("countries")["country"]
    ]
    heads = column_titles(["country", "framework_or_plan", "bodies"], language)
    return build_table("every-field", heads, rows, language, sources=("policies", "policy_topics", "outside_facts"))


def lessons(language: str = "en") -> CellOutput:
    """Return what the paper asks of each country, one row a country, each claim with the evidence for it."""
    asked = data.load_table("lessons")
    held = {row["claim"]: row for row in _claims_called(asked["claim"]).to_dict("records")}
    rows: list[list[Cell]] = []
    for country in data.load_table("countries")["country"]:
        items = [
            Item(
                f"lesson-{claim}",
                Safe("{} {}").format(
                    text_cell("published_claims", held[claim], "statement", language),
                    claim_link(claim, translate(f"evidence_{held[claim]['evidence']}", language)),
                ),
            )
            for claim in asked.loc[asked["country"] == country, "claim"]
        ]
        rows.append([country, items])
    heads = column_titles(["country", "paper_asks"], language)
    return build_table("lessons", heads, rows, language, sources=("lessons", "published_claims"))


def _rows_of(table: str, topics: str, country: str, topic: str) -> pd.DataFrame:
    """Return the rows of a table of one country that belong to a topic, in the order of the table."""
    named = data.load_table(topics)
    frame = data.load_table(table)
    keys = data.key_columns(table)
    chosen = named[(named["topic"] == topic) & (named["country"] == country)]
    wanted = set(chosen[keys].itertuples(index=False, name=None))
    return frame[[tuple(row) in wanted for row in frame[keys].itertuples(index=False, name=None)]]


def _initiatives(frame: pd.DataFrame, topic: str, language: str) -> Cell:
    if frame.empty:
        return translate("none_named", language)
    return [
        Item(
            f"{topic}-{data.row_id('initiatives', [row[key] for key in data.key_columns('initiatives')])}",
            text_cell("initiatives", row, "initiative", language),
        )
        for row in frame.to_dict("records")
    ]


def list_laws(country: str, topic: str, language: str) -> Cell:
    """Return the laws and plans of a topic, each with a link to its row and what other sources say of it."""
    frame = _rows_of("policies", "policy_topics", country, topic)
    frame = frame[~frame["kind"].isin(_BODIES)]
    if frame.empty:
        return translate("none_named", language)
    return paragraphs(
        Safe("{}{}").format(name_law(row, language), _said_elsewhere(country, row["instrument"], language))
        for row in frame.to_dict("records")
    )


def name_law(row: Mapping[Any, Any], language: str) -> Safe:
    """Return the name of a law or plan, which leads to its row, with its number and years."""
    column = "instrument_id" if language == "id" else "instrument"
    name = text_cell("policies", row, column, language)
    years = join_years(*(text_cell("policies", row, end, language) for end in ("year_start", "year_end")))
    known: list[str | CellText] = [text_cell("policies", row, "identifier", language), years]
    told = Safe(", ").join(part for part in known if str(part))
    place = data.row_id("policies", [row["country"], row["instrument"]])
    link = link_words(name, f"page:chapters/{language}/explorer", f"#{place}")
    return Safe("{} ({})").format(link, told) if told else link


def _said_elsewhere(country: str, instrument: object, language: str) -> Safe:
    """Return what sources beyond the paper say of a law or plan; nothing where none was found."""
    start = f"policies/{country}/{instrument}/"
    claims = evaluate_claims(naming=f" policies/{country}/")
    of_it = set(claims.loc[claims["check"].str.startswith(start), "claim"])
    facts = data.load_table("outside_facts")
    found = {
        str(text_cell("outside_facts", row, "outside_says", language)): row
        for row in facts[facts["claim"].isin(of_it)].to_dict("records")
    }
    said = [
        Safe("{}" if row["status"] == "confirmed" else "{} ({})").format(
            text_cell("outside_facts", row, "outside_says", language), translate(f"status_{row['status']}", language)
        )
        for told, row in found.items()
        if not any(told in other and told != other for other in found)
    ]
    if not said:
        return Safe("")
    told = Safe(translate("other_sources_say", language, said="{}")).format(Safe("; ").join(said))
    return small_note(told)


def _bodies(country: str, language: str) -> Cell:
    frame = _rows_of("policies", "policy_topics", country, EVERY_FIELD)
    column = "instrument_id" if language == "id" else "instrument"
    names = [
        text_cell("policies", row, column, language) for row in frame[frame["kind"].isin(_BODIES)].to_dict("records")
    ]
    return Safe("; ").join(names) if names else translate("none_named", language)


def _certainty(frame: pd.DataFrame, language: str) -> Cell:
    """Return how many entries rest on which evidence, and where the paper lists them."""
    if frame.empty:
        return ""
    names = [
        f"initiative-{row['dimension']}-{slug(str(row['country']))}-{row['position']}"
        for row in frame.to_dict("records")
    ]
    held = _claims_called(names)
    named = ", ".join(map(quote_literal, held["claim"]))
    counts = Safe("; ").join(
        Safe("{} {}").format(
            query_value(
                f"SELECT COUNT(*) FROM evidence WHERE kind = {quote_literal(kind)} AND claim IN ({named})",
                language=language,
            ),
            translate(f"evidence_{kind}", language),
        )
        for kind in KINDS
        if (held["evidence"] == kind).any()
    )
    listed = translate("listed_in_table", language)
    link = link_words(listed, f"page:chapters/{language}/dimensions", "#table-initiatives")
    return Safe("{}: {}").format(link, counts)


def _claims_called(names: Iterable[str]) -> pd.DataFrame:
    """Return claims by their names, with the evidence for each."""
    names = list(names)
    found = evaluate_claims(naming=f"^(?:{'|'.join(names)}) ")
    return found[found["claim"].isin(names)]
