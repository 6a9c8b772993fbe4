"""What the published numbers support but the paper does not compute: frames to frames.

Shown in the chapter "Beyond the paper", always marked as ours.
"""

from __future__ import annotations

import pandas as pd


def internet_users(internet_use: pd.DataFrame) -> pd.DataFrame:
    """Return adoption times population, one row a country.

    Returns
    -------
    Columns ``country`` and ``internet_users_millions`` (one decimal). Adoption
    is printed with one decimal, so each figure is good to half a tenth of a
    percent of the population. Source: Table 1.
    """
    users = internet_use["population"].astype(float) * internet_use["internet_adoption_percent"] / 100
    return pd.DataFrame({"country": internet_use["country"], "internet_users_millions": (users / 1e6).round(1)})


def rankings(measures: dict[str, pd.Series]) -> pd.DataFrame:
    """Return the rank of each country by each measure, 1 for the largest; equal values share a rank.

    Parameters
    ----------
    measures : by name, a series of values indexed by country.

    Returns
    -------
    Columns ``measure``, ``country``, ``value`` and ``rank``.
    """
    parts = [
        pd.DataFrame({"measure": name, "value": values, "rank": values.rank(ascending=False, method="min")})
        for name, values in measures.items()
    ]
    ranked = pd.concat(parts).rename_axis("country").reset_index()
    return ranked.astype({"rank": int, "value": float})[["measure", "country", "value", "rank"]]


def dimension_shares(initiatives: pd.DataFrame) -> pd.DataFrame:
    """Return what part of a country's initiatives falls on each dimension, in percent (Table 4).

    Returns
    -------
    One row a dimension, one column a country; each column adds up to 100 but for rounding.
    """
    counted = pd.crosstab(initiatives["dimension"], initiatives["country"])
    shares = (100 * counted / counted.sum()).round(1)
    order = list(dict.fromkeys(initiatives["dimension"]))
    return shares.loc[order, list(dict.fromkeys(initiatives["country"]))]


def instruments_by_year(policies: pd.DataFrame) -> pd.DataFrame:
    """Return how many dated instruments each country has by the end of each year.

    Returns
    -------
    Columns ``year``, ``country`` and ``instruments``, from the first year to
    the last in which one begins. None is taken to have ended: the paper names no repeal.
    """
    dated = policies[policies["year_start"].notna()].astype({"year_start": int})
    years = range(dated["year_start"].min(), dated["year_start"].max() + 1)
    rows = [
        {"year": year, "country": country, "instruments": int((part["year_start"] <= year).sum())}
        for country, part in dated.groupby("country", sort=False)
        for year in years
    ]
    return pd.DataFrame(rows)


def flow_scenarios(prisma_flow: pd.DataFrame, record_sources: pd.DataFrame) -> pd.DataFrame:
    """Return what the published flow would be if the records without a source were something else.

    Returns
    -------
    One row a scenario: ``scenario`` (``published``, ``duplicates``,
    ``never_found``), ``identified``, ``duplicates_removed``, ``screened``,
    ``excluded``, ``left`` (screened less excluded, which should be the studies
    included) and ``included_percent`` (of identified). Source: Figure 1.
    """
    flow = prisma_flow.set_index("stage")["records"].astype(int)
    found = int(record_sources["records"].sum())
    gap = flow["identified"] - found
    rows = [
        ("published", flow["identified"], flow["duplicates_removed"]),
        ("duplicates", flow["identified"], flow["duplicates_removed"] + gap),
        ("never_found", found, flow["duplicates_removed"]),
    ]
    scenarios = pd.DataFrame(rows, columns=["scenario", "identified", "duplicates_removed"])
    scenarios["screened"] = scenarios["identified"] - scenarios["duplicates_removed"]
    scenarios["excluded"] = flow["excluded"]
    scenarios["left"] = scenarios["screened"] - scenarios["excluded"]
    scenarios["included_percent"] = (100 * flow["included"] / scenarios["identified"]).round(1)
    return scenarios


def deduplication_quality(measured: pd.DataFrame) -> pd.DataFrame:
    """Return precision, recall and F1 of each engine on each labelled set, and on all of them.

    Parameters
    ----------
    measured : ``deduplication_quality.csv``.

    Returns
    -------
    Its rows, and one an engine for all sets (``labelled_set`` is ``all``), with
    the columns ``precision_percent``, ``recall_percent`` and ``f1_percent``.
    """
    counts = ["records", "pairs_right", "pairs_wrong", "pairs_missed"]
    whole = measured.groupby("engine", sort=False)[counts].sum().reset_index().assign(labelled_set="all")
    found = pd.concat([measured, whole], ignore_index=True)[measured.columns]
    right, wrong, missed = (found[column].astype(float) for column in counts[1:])
    return found.assign(
        precision_percent=(100 * right / (right + wrong)).round(1),
        recall_percent=(100 * right / (right + missed)).round(1),
        f1_percent=(200 * right / (2 * right + wrong + missed)).round(1),
    )
