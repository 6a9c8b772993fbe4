"""The PRISMA 2020 flow (Page et al. 2021, BMJ 372:n71), counted from records and decisions."""

from __future__ import annotations

import pandas as pd

from smartcity_review import data, flow
from smartcity_review.data import DataError
from smartcity_review.markup import Markup

#: How the databases of the paper write their own names; others are shown as their folder is called.
_NAMES = {
    "google_scholar": "Google Scholar",
    "semantic_scholar": "Semantic Scholar",
    "pubmed": "PubMed",
    "sage": "Sage",
    "sciencedirect": "ScienceDirect",
}


def name(source: str) -> str:
    """Return a source as its own spelling has it.

    Examples
    --------
    >>> name("pubmed"), name("cited_works")
    ('PubMed', 'cited works')
    """
    return _NAMES.get(source, source.replace("_", " "))


def counts(records: pd.DataFrame, works: pd.DataFrame, settled: pd.DataFrame) -> pd.DataFrame:
    """Return the number of records at each stage, in the shape of ``prisma_flow.csv``.

    Parameters
    ----------
    records : the records as imported.
    works : what :func:`~smartcity_review.review.deduplication.merge` made of them.
    settled : what :func:`~smartcity_review.review.screening.settle` says of the works.

    Returns
    -------
    Columns ``stage`` (``identified``, ``duplicates_removed``, ``excluded``, ``included``)
    and ``records``. What is neither excluded nor included waits for a decision.
    """
    stages = {
        "identified": len(records),
        "duplicates_removed": len(records) - len(works),
        "excluded": int((settled["decision"] == "exclude").sum()),
        "included": int((settled["decision"] == "include").sum()),
    }
    return pd.DataFrame({"stage": list(stages), "records": list(stages.values())})


def sources(records: pd.DataFrame) -> pd.DataFrame:
    """Return the records that each source gave, in the shape of ``record_sources.csv``."""
    counted = records["source"].value_counts(sort=False).sort_index()
    return pd.DataFrame({"source": [name(source) for source in counted.index], "records": counted.to_numpy()})


def exclusions(settled: pd.DataFrame) -> pd.DataFrame:
    """Return the works excluded for each reason: columns ``reason`` (a criterion) and ``records``, most first."""
    counted = settled.loc[settled["decision"] == "exclude", "reason"].value_counts(sort=False)
    table = pd.DataFrame({"reason": counted.index.astype("str"), "records": counted.to_numpy()})
    return table.sort_values(["records", "reason"], ascending=[False, True], ignore_index=True)


def by_source(works: pd.DataFrame, settled: pd.DataFrame) -> pd.DataFrame:
    """Return what each source added to the review, a work counted in every source that has it.

    Returns
    -------
    Columns ``source``, ``works``, ``only_here`` (in no other source) and ``included``.
    """
    told = works.assign(included=works["id"].isin(settled.loc[settled["decision"] == "include", "record"]))
    told["only_here"] = ~told["sources"].str.contains(";")
    each = told.assign(source=told["sources"].str.split("; ")).explode("source")
    counted = each.groupby("source").agg(
        works=("id", "size"), only_here=("only_here", "sum"), included=("included", "sum")
    )
    counted.index = pd.Index([name(source) for source in counted.index], name="source")
    return counted.reset_index()


def check(stages: pd.DataFrame, by: pd.DataFrame, reasons: pd.DataFrame) -> None:
    """Check that the flow adds up.

    Sources give the records identified, reasons the works excluded, and no
    more works are excluded and included than were screened.

    Parameters
    ----------
    stages, by, reasons : what :func:`counts`, :func:`sources` and :func:`exclusions` return.

    Raises
    ------
    DataError : one line an identity that does not hold.
    """
    found = flow.counts(stages)
    faults = []
    if (total := int(by["records"].sum())) != found.identified:
        faults.append(f"flow, stage identified: found {found.identified}, expected the sum of the sources, {total}")
    if (total := int(reasons["records"].sum())) != found.excluded:
        faults.append(f"flow, stage excluded: found {found.excluded}, expected the sum of the reasons, {total}")
    if found.undecided < 0:
        faults.append(
            f"flow, stage screened: found {found.screened}, expected at least excluded and included, "
            f"{found.excluded} + {found.included}"
        )
    if min(stages["records"]) < 0:
        faults.append(f"flow: found a negative count among {stages['records'].tolist()}, expected none")
    if faults:
        raise DataError("\n".join(faults))


def diagram(
    stages: pd.DataFrame, by: pd.DataFrame, reasons: pd.DataFrame, language: str = "en", sources: tuple[str, ...] = ()
) -> Markup:
    """Return the flow as the accessible SVG diagram of the book, with the reasons for exclusion.

    Parameters
    ----------
    stages, by, reasons : what :func:`counts`, :func:`sources` and :func:`exclusions` return.
    sources : tables of the book's data to offer for download beside it.
    """
    names = data.load("eligibility_criteria").set_index("criterion")[f"name_{language}"]
    named = reasons.assign(reason=[names[reason] for reason in reasons["reason"]])
    return flow.diagram(stages, by, language, named, sources)
