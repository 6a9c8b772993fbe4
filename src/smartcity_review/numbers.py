"""Named values for the prose, each of which knows the cell that it comes from."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from num2words import num2words

from smartcity_review import analysis, messages
from smartcity_review.data import DataError, key_columns, load, row_id, unit
from smartcity_review.markup import render

_COUNTRIES = ("Malaysia", "Thailand", "Indonesia")


@dataclass(frozen=True)
class Value:
    """A value of the prose: what it is, how it reads, and where it comes from.

    ``origin`` names file, row and column, or what the value is computed from;
    ``row`` identifies that row on the page that prints the data.
    """

    value: str | int | float
    text: str
    origin: str
    row: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return render("value.html", value=self.value, text=self.text, origin=self.origin, row=self.row)


def glue(*names: str, language: str = "en") -> None:
    """Glue the named values, so that the prose can print them.

    A chapter calls this once, with every name that it uses; the prose then
    writes ``{glue:}`name```. A name with `` words`` behind it is spelled out.
    """
    from myst_nb import glue as glue_output  # only a notebook needs it

    for name in names:
        glue_output(name, value(name, language), display=False)


def value(name: str, language: str = "en") -> Value:
    """Return the value called ``name``.

    Parameters
    ----------
    name : either the address of a cell, ``table/row/column`` (with the row's
        key, its parts joined by ``/``), as in
        ``internet_use/Malaysia/population``; or the name of a derived value,
        as in ``source_gap``; either may end in `` words``.

    Raises
    ------
    DataError : no such cell and no such derived value.

    Examples
    --------
    >>> value("prisma_flow/identified/records")
    1,629
    >>> value("dimensions words").text
    'six'
    """
    address, spelled = name.removesuffix(" words"), name.endswith(" words")
    found = cell(*_row(address, language), language) if "/" in address else _derived(address, language)
    return replace(found, text=num2words(found.value, lang=language)) if spelled else found


def cell(table: str, row: dict[Hashable, Any], column: str, language: str = "en") -> Value:
    """Return a cell as a value that leads to its row.

    Parameters
    ----------
    row : the row, with the columns of ``table``.
    """
    key = [str(row[part]) for part in key_columns(table)]
    found = _scalar(row[column], numeric=column in {"published_value", "outside_value"})
    measure = row["unit"] if column == "published_value" else unit(table, column)
    measure = "" if pd.isna(measure) else str(measure)
    origin = f"{table}.csv, {messages.text('row', language)} {' / '.join(key)}, " + (
        f"{messages.text('column', language)} {column}"
        + (f" ({messages.text(_unit_key(measure), language)})" if measure else "")
    )
    return Value(found, _written(found, measure, language), origin, row_id(table, key))


def _unit_key(measure: str) -> str:
    return f"unit_{measure.replace(' ', '_')}"


def written(cell: str, measure: str, language: str = "en") -> str:
    """Return the text of a cell as ``language`` writes it: a number or a date by its unit, other text as it is."""
    return _written(_scalar(cell, numeric=True), measure, language)


def _written(found: str | float, measure: str, language: str) -> str:
    if isinstance(found, str):
        return messages.period(found, language) if measure in {"year", "month"} else found
    return messages.number(found, language, grouped=measure != "year")


def _row(address: str, language: str) -> tuple[str, dict[Hashable, Any], str]:
    """Return table, row and column of the address of a cell; a column a language is named without its ending."""
    table, *key, column = address.split("/")
    frame = load(table)
    keys = key_columns(table)
    if column not in frame:
        column = f"{column}_{language}"
    if len(key) != len(keys) or column not in frame:
        raise DataError(f"numbers: found {address!r}, expected {table}/{'/'.join(keys)}/COLUMN")
    for name, wanted in zip(keys, key, strict=True):
        frame = frame[frame[name].astype(str) == wanted]
    row = {} if frame.empty else frame.to_dict("records")[0]
    if pd.isna(row.get(column)):
        raise DataError(f"numbers: found no cell {address!r} in data/{table}.csv")
    return table, row, column


def _scalar(cell: Any, *, numeric: bool) -> str | int | float:
    """Return a plain Python value; text that holds nothing but a number becomes one where ``numeric``."""
    if not isinstance(cell, str):
        return float(cell) if isinstance(cell, float) else int(cell)
    for kind in (int, float) if numeric else ():
        with suppress(ValueError):
            if str(kind(cell)) == cell:
                return kind(cell)
    return cell


def _total(table: str, column: str) -> int:
    return int(load(table)[column].sum())


def _flow(stage: str) -> int:
    return int(load("prisma_flow").set_index("stage")["records"][stage])


def _count(table: str, **where: str) -> int:
    frame = load(table)
    for column, wanted in where.items():
        frame = frame[frame[column] == wanted]
    return len(frame)


def _verdicts(verdict: str) -> int:
    from smartcity_review import claims  # which itself looks up values here

    return int((claims.verdicts()["verdict"] == verdict).sum())


def _by_country(frame: pd.DataFrame, country: str) -> float:
    return float(frame.set_index("country").iloc[:, 0][country])


def _scenario(scenario: str, column: str) -> int | float:
    scenarios = analysis.flow_scenarios(load("prisma_flow"), load("record_sources")).set_index("scenario")
    found: Any = scenarios.loc[scenario, column]
    return float(found) if column.endswith("percent") else int(found)


def _ratio(column: str, over: str, under: str) -> float:
    values = load("internet_use").set_index("country")[column]
    return round(float(values[over] / values[under]), 1)


# Each derived value: what computes it, and the message that says what it is computed from.
_DERIVED: dict[str, tuple[Callable[[], int | float], str, dict[str, str]]] = {
    **{
        name: (lambda table=table: _count(table), "origin_rows", {"table": table})  # type: ignore[misc]
        for name, table in (
            ("countries", "internet_use"),
            ("dimensions", "dimensions"),
            ("policy_stages", "policy_stages"),
            ("criteria", "eligibility_criteria"),
            ("sources", "record_sources"),
            ("initiatives", "initiatives"),
            ("policies", "policies"),
            ("works", "cited_works"),
            ("claims", "published_claims"),
        )
    },
    "sources_total": (lambda: _total("record_sources", "records"), "origin_sources_total", {}),
    "source_gap": (lambda: _flow("identified") - _total("record_sources", "records"), "origin_source_gap", {}),
    "screened": (lambda: _flow("identified") - _flow("duplicates_removed"), "origin_screened", {}),
    "flow_balance": (
        lambda: _flow("identified") - _flow("duplicates_removed") - _flow("excluded"),
        "origin_flow_balance",
        {},
    ),
    "included_percent": (
        lambda: round(100 * _flow("included") / _flow("identified"), 1),
        "origin_included_percent",
        {},
    ),
    **{
        f"internet_users_millions_{country}": (
            lambda country=country: _by_country(analysis.internet_users(load("internet_use")), country),  # type: ignore[misc]
            "origin_internet_users",
            {"country": country},
        )
        for country in _COUNTRIES
    },
    **{
        f"scenario_{scenario}_{column}": (
            lambda scenario=scenario, column=column: _scenario(scenario, column),  # type: ignore[misc]
            f"origin_scenario_{scenario}",
            {"column": column},
        )
        for scenario in ("duplicates", "never_found")
        for column in ("screened", "left", "included_percent")
    },
    "excluded_beyond_found": (lambda: -int(_scenario("never_found", "left")), "origin_excluded_beyond_found", {}),
    "policies_dated": (lambda: int(load("policies")["year_start"].notna().sum()), "origin_policies_dated", {}),
    "works_confirmed": (lambda: _count("cited_works", identified="confirmed"), "origin_works_confirmed", {}),
    "works_first_year": (lambda: int(load("cited_works")["year"].min()), "origin_works_first_year", {}),
    "works_last_year": (lambda: int(load("cited_works")["year"].max()), "origin_works_last_year", {}),
    **{
        f"claims_{verdict}": (
            lambda verdict=verdict: _verdicts(verdict),  # type: ignore[misc]
            "origin_claims",
            {"verdict": verdict},
        )
        for verdict in ("reproduced", "differs", "contradicted", "differs_outside", "not_checkable")
    },
    **{
        f"population_ratio_{country.lower()}_malaysia": (
            lambda country=country: _ratio("population", country, "Malaysia"),  # type: ignore[misc]
            "origin_population_ratio",
            {"country": country, "other": "Malaysia"},
        )
        for country in ("Thailand", "Indonesia")
    },
    **{
        f"{table}_{key}": (
            lambda table=table, column=column, key=key: _count(table, **{column: key}),  # type: ignore[misc]
            "origin_rows_of",
            {"table": table, "key": key},
        )
        for table, column, keys in (
            ("initiatives", "country", _COUNTRIES),
            ("initiatives", "dimension", ("governance", "mobility", "economy", "living", "people", "environment")),
            ("policies", "country", _COUNTRIES),
        )
        for key in keys
    },
}


def derived_names() -> list[str]:
    """Return the names of all derived values."""
    return list(_DERIVED)


def _derived(name: str, language: str) -> Value:
    if name not in _DERIVED:
        raise DataError(f"numbers: found the name {name!r}, expected table/row/column or one of {', '.join(_DERIVED)}")
    compute, message, values = _DERIVED[name]
    found = compute()
    origin = messages.text(message, language, **values)
    return Value(found, _written(found, "year" if name.endswith("_year") else "", language), origin, f"derived-{name}")
