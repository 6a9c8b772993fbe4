"""All that the data holds on one country or one dimension, for a page that is looked up."""

from __future__ import annotations

import re

import pandas as pd

from checkable_book import data
from checkable_book.data import database, evidence
from checkable_book.render import book_tables, claims
from checkable_book.render.i18n import number, text
from checkable_book.render.output import Markup
from checkable_book.render.table import Cell, Item, localised, table, titles


def measures(country: str, language: str = "en") -> Markup:
    """Return the measures of a country with its rank by each, one row a measure (the view ``rankings``)."""
    ranked = database.view("rankings", country=country)
    rows = [
        [
            text(row["measure"], language),
            number(int(row["value"]) if row["value"] == int(row["value"]) else row["value"], language),
            number(int(row["rank"]), language),
        ]
        for row in ranked.to_dict("records")
    ]
    heads = titles(["measure", "value", "rank"], language)
    return table("measures", heads, rows, language, numeric=(1, 2), sources=("rankings",))


def stages(country: str, language: str = "en") -> Markup:
    """Return the way of a country, one row a stage: its approach and how the paper assesses it (Table 5)."""
    names = {row["stage"]: row["name"] for row in localised(data.load("policy_stages"), language)}
    rows = [
        [names[row["stage"]], row["approach"], row["assessment"]]
        for row in localised(_of("policy_cycle", "country", country), language)
    ]
    heads = titles(["stage", "approach", "assessment"], language)
    return table("stages", heads, rows, language, sources=("policy_cycle", "policy_stages"))


def by_dimension(country: str, language: str = "en") -> Markup:
    """Return the initiatives of a country, one row a dimension (Table 4)."""
    found = _of("initiatives", "country", country)
    rows: list[list[Cell]] = [
        [row["name"], _listed(found[found["dimension"] == row["dimension"]], language)]
        for row in localised(data.load("dimensions"), language)
    ]
    heads = titles(["dimension", "initiatives"], language)
    return table("initiatives", heads, rows, language, sources=("initiatives", "dimensions"))


def by_country(dimension: str, language: str = "en") -> Markup:
    """Return the initiatives of a dimension, one row a country, with their share in the country's list (Table 4)."""
    found, shares = _of("initiatives", "dimension", dimension), database.view("dimension_shares", dimension=dimension)
    share = shares.set_index("country")["share_percent"]
    rows: list[list[Cell]] = [
        [country, _listed(found[found["country"] == country], language), number(float(share[country]), language)]
        for country in data.load("countries")["country"]
    ]
    heads = titles(["country", "initiatives", "share_of_list"], language)
    return table("initiatives", heads, rows, language, numeric=(2,), sources=("initiatives", "dimension_shares"))


def country_claims(country: str, language: str = "en") -> Markup:
    """Return the paper's claims on a country, with the evidence for each."""
    return claims.claims(_claims(country), language)


def country_facts(country: str, language: str = "en") -> Markup:
    """Return what sources beyond the paper say of its claims on a country."""
    facts = data.load("outside_facts")
    return book_tables.outside_facts(facts[facts["claim"].isin(_claims(country)["claim"])], language)


def dimension_claims(dimension: str, language: str = "en") -> Markup:
    """Return the paper's claims on a dimension, with the evidence for each."""
    named = rf"(?i)smart {dimension}|(?<!digital)[-/']{dimension}(?![a-z])"
    return claims.claims(evidence.verdicts(naming=named), language)


def _claims(country: str) -> pd.DataFrame:
    return evidence.verdicts(naming=rf"(?i)(?<![a-z]){re.escape(country)}(?![a-z])")


def _of(name: str, column: str, value: str) -> pd.DataFrame:
    frame = data.load(name)
    return frame[frame[column] == value]


def _listed(frame: pd.DataFrame, language: str) -> list[Item]:
    """Return a list of initiatives, each under the identifier of its row."""
    keys = frame[data.key_columns("initiatives")].to_numpy().tolist()
    entries = [row["initiative"] for row in localised(frame, language)]
    return [Item(data.row_id("initiatives", key), entry) for key, entry in zip(keys, entries, strict=True)]
