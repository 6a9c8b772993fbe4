"""All that the data holds on one country or one dimension, for a page that is looked up."""

from __future__ import annotations

import re

import pandas as pd

from checkable_book import data
from checkable_book.data.claims import evaluate_claims
from checkable_book.data.database import load_view
from checkable_book.render import book_tables, claims
from checkable_book.render.i18n import translate
from checkable_book.render.output import CellOutput
from checkable_book.render.table import Cell, Item, build_table, column_titles
from checkable_book.render.values import text_cell, view_cell_value


def measures(country: str, language: str = "en") -> CellOutput:
    """Return the measures of a country with its rank by each, one row a measure (the view ``rankings``)."""
    rows: list[list[Cell]] = [
        [
            translate(row["measure"], language),
            *(view_cell_value("rankings", row, 2, column, language) for column in ("value", "rank")),
        ]
        for row in load_view("rankings", country=country).to_dict("records")
    ]
    heads = column_titles(["measure", "value", "rank"], language)
    return build_table("measures", heads, rows, language, numeric=(1, 2), sources=("rankings",))


def stages(country: str, language: str = "en") -> CellOutput:
    """Return the way of a country, one row a stage: its approach and how the paper assesses it (Table 5)."""
    names = {
        row["stage"]: text_cell("policy_stages", row, "name", language)
        for row in data.load_table("policy_stages").to_dict("records")
    }
    rows: list[list[Cell]] = [
        [
            str(names[row["stage"]]),
            *(text_cell("policy_cycle", row, column, language) for column in ("approach", "assessment")),
        ]
        for row in _rows_with("policy_cycle", "country", country).to_dict("records")
    ]
    heads = column_titles(["stage", "approach", "assessment"], language)
    return build_table("stages", heads, rows, language, sources=("policy_cycle", "policy_stages"))


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
    """Return the initiatives of a dimension, one row a country, with their share in the country's list (Table 4)."""
    found = _rows_with("initiatives", "dimension", dimension)
    shares = {row["country"]: row for row in load_view("dimension_shares", dimension=dimension).to_dict("records")}
    rows: list[list[Cell]] = [
        [
            country,
            list_initiatives(found[found["country"] == country], language),
            view_cell_value("dimension_shares", shares[country], 2, "share_percent", language),
        ]
        for country in data.load_table("countries")["country"]
    ]
    heads = column_titles(["country", "initiatives", "share_of_list"], language)
    return build_table("initiatives", heads, rows, language, numeric=(2,), sources=("initiatives", "dimension_shares"))


def country_claims(country: str, language: str = "en") -> CellOutput:
    """Return the paper's claims on a country, with the evidence for each."""
    return claims.claim_table(_claims_on(country), language)


def country_facts(country: str, language: str = "en") -> CellOutput:
    """Return what sources beyond the paper say of its claims on a country."""
    facts = data.load_table("outside_facts")
    return book_tables.outside_facts(facts[facts["claim"].isin(_claims_on(country)["claim"])], language)


def dimension_claims(dimension: str, language: str = "en") -> CellOutput:
    """Return the paper's claims on a dimension, with the evidence for each."""
    named = rf"(?i)smart {dimension}|(?<!digital)[-/']{dimension}(?![a-z])"
    return claims.claim_table(evaluate_claims(naming=named), language)


def list_initiatives(frame: pd.DataFrame, language: str) -> list[Item]:
    """Return a list of initiatives, each under the identifier of its row."""
    return [
        Item(
            data.row_id("initiatives", [row[column] for column in data.key_columns("initiatives")]),
            text_cell("initiatives", row, "initiative", language),
        )
        for row in frame.to_dict("records")
    ]


def _claims_on(country: str) -> pd.DataFrame:
    return evaluate_claims(naming=rf"(?i)(?<![a-z]){re.escape(country)}(?![a-z])")


def _rows_with(name: str, column: str, value: str) -> pd.DataFrame:
    frame = data.load_table(name)
    return frame[frame[column] == value]
