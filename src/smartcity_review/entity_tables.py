"""All that the data holds on one country or one dimension, for a page that is looked up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup as Safe

from checkable_book import data
from checkable_book.data.claims import GROUPS, WARNING, evaluate_claims
from checkable_book.data.database import load_view, quote_literal
from checkable_book.render.i18n import translate
from checkable_book.render.output import CellOutput
from checkable_book.render.phrases import claim_link, link_words, paragraphs, small_note
from checkable_book.render.table import Cell, Item, build_table, column_titles, mark_english
from checkable_book.render.values import query_value, text_cell, view_cell_value
from smartcity_review import city_topics

_UNITS = {"population": "persons", "internet_adoption": "percent_sign", "internet_speed": "mbps"}
_TOPICS = {"mobility": "transport"}


def measures(country: str, language: str = "en") -> CellOutput:
    """Return the measures of a country with their units and its rank by each, one row a measure (``rankings``)."""
    ranked = load_view("rankings")
    rows: list[list[Cell]] = []
    for row in ranked[ranked["country"] == country].to_dict("records"):
        same = ranked[ranked["measure"] == row["measure"]]
        name = translate(row["measure"], language)
        unit = _UNITS.get(row["measure"])
        shared = (same["rank"] == row["rank"]).sum() > 1
        rank = Safe(translate("rank_shared" if shared else "rank_of", language, rank="{0}", all="{1}")).format(
            view_cell_value("rankings", row, 2, "rank", language),
            query_value("SELECT COUNT(*) FROM countries", language=language),
        )
        rows.append(
            [
                f"{name} ({translate(unit, language)})" if unit else name,
                view_cell_value("rankings", row, 2, "value", language),
                rank,
            ]
        )
    heads = column_titles(["measure", "value", "rank"], language)
    return build_table("measures", heads, rows, language, numeric=(1,), sources=("rankings",))


def stages(country: str, language: str = "en") -> CellOutput:
    """Return the way of a country, one row a stage: its approach and how the paper assesses it (Table 5)."""
    names = {
        row["stage"]: text_cell("policy_stages", row, "name", language)
        for row in data.load_table("policy_stages").to_dict("records")
    }
    rows: list[list[Cell]] = [
        [
            str(names[row["stage"]]),
            Safe("{}. {}.").format(
                *(text_cell("policy_cycle", row, column, language) for column in ("approach", "assessment"))
            ),
        ]
        for row in _rows_with("policy_cycle", "country", country).to_dict("records")
    ]
    heads = column_titles(["stage", "approach_and_assessment"], language)
    return build_table("stages", heads, rows, language, sources=("policy_cycle", "policy_stages"))


def instruments(country: str, language: str = "en") -> CellOutput:
    """Return the laws, policies and bodies of a country, one row a kind: each with what it does."""
    frame = _rows_with("policies", "country", country)
    rows: list[list[Cell]] = [
        [
            translate(f"kind_{kind}", language),
            paragraphs(
                city_topics.name_law(row, language) + small_note(text_cell("policies", row, "role", language))
                for row in frame[frame["kind"] == kind].to_dict("records")
            ),
        ]
        for kind in dict.fromkeys(frame["kind"])
    ]
    heads = column_titles(["kind", "instrument"], language)
    return build_table("policies", heads, rows, language, sources=("policies",))


def initiatives_by_dimension(country: str, language: str = "en") -> CellOutput:
    """Return the initiatives of a country, one row a dimension (Table 4)."""
    found = _rows_with("initiatives", "country", country)
    rows: list[list[Cell]] = [
        [
            str(text_cell("dimensions", row, "name", language)),
            list_initiatives(found[found["dimension"] == row["dimension"]], language),
        ]
        for row in data.load_table("dimensions").to_dict("records")
    ]
    heads = column_titles(["dimension", "initiatives"], language)
    return build_table("initiatives", heads, rows, language, sources=("initiatives", "dimensions"))


def initiatives_by_country(dimension: str, language: str = "en") -> CellOutput:
    """Return what each country does in a dimension, one row a country, with its share and the laws behind it."""
    found = _rows_with("initiatives", "dimension", dimension)
    shares = {row["country"]: row for row in load_view("dimension_shares", dimension=dimension).to_dict("records")}
    topic = _TOPICS.get(dimension, dimension)
    rows: list[list[Cell]] = [
        [
            country,
            list_initiatives(found[found["country"] == country], language),
            city_topics.list_laws(country, topic, language),
            view_cell_value("dimension_shares", shares[country], 2, "share_percent", language),
        ]
        for country in data.load_table("countries")["country"]
    ]
    heads = column_titles(["country", "initiatives", "law_or_plan", "share_of_list"], language)
    sources = ("initiatives", "dimension_shares", "policies", "policy_topics", "outside_facts")
    return build_table("initiatives", heads, rows, language, numeric=(3,), sources=sources)


def country_claims(country: str, language: str = "en") -> CellOutput:
    """Return how many of the paper's claims on a country rest on what, with a link to them, and the contradicted."""
    return _counted_claims(_claims_on(country), country, [country], language)


def dimension_claims(dimension: str, language: str = "en") -> CellOutput:
    """Return how many of the paper's claims on a dimension rest on what, with a link to them, and the contradicted."""
    return _counted_claims(_claims_in(dimension), dimension, _names_of(dimension), language)


def country_facts(country: str, language: str = "en") -> CellOutput:
    """Return what sources beyond the paper say otherwise, or confirm in part, of its claims on a country."""
    found = _claims_on(country)
    facts = data.load_table("outside_facts")
    differing = set(found.loc[found["evidence"].isin(WARNING), "claim"])
    shown = facts[
        facts["claim"].isin(found["claim"]) & (facts["claim"].isin(differing) | (facts["status"] != "confirmed"))
    ]
    rows: list[list[Cell]] = [
        [
            text_cell("outside_facts", row, "paper_says", language),
            Safe("{}{}").format(
                text_cell("outside_facts", row, "outside_says", language),
                small_note(
                    Safe("{} ({})").format(
                        mark_english(text_cell("outside_facts", row, "outside_source", language), language),
                        translate(f"status_{row['status']}", language),
                    )
                ),
            ),
        ]
        for row in shown.to_dict("records")
    ]
    heads = column_titles(["paper_says", "outside_says"], language)
    return build_table("outside-facts", heads, rows, language, sources=("outside_facts",))


def claim_subjects(language: str = "en") -> dict[str, tuple[str, list[str]]]:
    """Return what claims are on: of each country and dimension its name and its claims, by its key."""
    found: dict[str, tuple[str, list[str]]] = {
        country: (country, list(_claims_on(country)["claim"])) for country in data.load_table("countries")["country"]
    }
    for row in data.load_table("dimensions").to_dict("records"):
        name = str(text_cell("dimensions", row, "name", language))
        found[row["dimension"]] = (name, list(_claims_in(row["dimension"])["claim"]))
    return found


def list_initiatives(frame: pd.DataFrame, language: str) -> list[Item]:
    """Return a list of initiatives, each under the identifier of its row."""
    return [
        Item(
            data.row_id("initiatives", [row[column] for column in data.key_columns("initiatives")]),
            text_cell("initiatives", row, "initiative", language),
        )
        for row in frame.to_dict("records")
    ]


def _counted_claims(found: pd.DataFrame, subject: str, names: Sequence[str], language: str) -> CellOutput:
    """Return the number of claims of each group of evidence, and those that something contradicts, by name."""
    counting = _counting_query(names)
    see = translate("see_these_claims", language)
    link = link_words(see, f"page:chapters/{language}/claims", f"?claims.about={subject}")
    rows: list[list[Cell]] = []
    for group, kinds in GROUPS.items():
        if not found["evidence"].isin(kinds).any():
            continue
        listed = ", ".join(map(quote_literal, kinds))
        count = query_value(f"{counting} AND e.kind IN ({listed})", language=language)
        rows.append([translate(f"evidence_of_{group}", language), count, _contradicted(found, group, language)])
    rows.append([translate("total", language), query_value(counting, language=language), link])
    heads = column_titles(["evidence", "number_of_claims", "which"], language)
    return build_table("claims-on-it", heads, rows, language, numeric=(1,), sources=("published_claims",))


def _contradicted(found: pd.DataFrame, group: str, language: str) -> Cell:
    if group != "warning":
        return ""
    return paragraphs(
        Safe("{} {}").format(
            text_cell("published_claims", row, "statement", language),
            claim_link(row["claim"], translate(f"evidence_{row['evidence']}", language)),
        )
        for row in _rows_with_warning(found)
    )


def _rows_with_warning(found: pd.DataFrame) -> Sequence[Mapping[Any, Any]]:
    return found[found["evidence"].isin(WARNING)].to_dict("records")


def _counting_query(names: Sequence[str]) -> str:
    """Return the query that counts the claims in which one of some names stands."""
    text = "c.claim || ' ' || c.section || ' ' || c.statement_en || ' ' || COALESCE(c.\"check\", '')"
    text = f"REPLACE({text}, 'digital-', 'digital ')"
    parts = " OR ".join(f"said LIKE {quote_literal(f'%{name}%')}" for name in names)
    return (
        "SELECT COUNT(*) FROM evidence e JOIN "
        f"(SELECT c.claim, {text} AS said FROM published_claims c) s ON s.claim = e.claim WHERE ({parts})"
    )


def _names_of(dimension: str) -> list[str]:
    """Return how claims name a dimension: in words, and as a part of an identifier."""
    return [f"smart {dimension}", *(f"{joint}{dimension}" for joint in "-/'")]


def _claims_on(country: str) -> pd.DataFrame:
    """Return the claims that speak of a country by name, as the data has it, with the evidence for each."""
    held = data.load_table("published_claims")
    named = held[[country in str(names).split("; ") for names in held["countries_named"]]]["claim"]
    return evaluate_claims(naming=rf"^(?:{'|'.join(map(re.escape, named))}) ")


def _claims_in(dimension: str) -> pd.DataFrame:
    return evaluate_claims(naming=rf"(?i)smart {dimension}|(?<!digital)[-/']{dimension}")


def _rows_with(name: str, column: str, value: str) -> pd.DataFrame:
    frame = data.load_table(name)
    return frame[frame[column] == value]
