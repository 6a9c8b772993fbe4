"""Propose what the protocol's rules suggest, take two reviewers' decisions, and measure whether they agree.

Rules only propose. Decisions are people's: CSV files with one row a record and
reviewer (``record``, ``reviewer``, ``decision``, ``reason``), where a decision is
``include`` or ``exclude`` and the reason of an exclusion is a criterion of
the protocol. Where reviewers differ, a row of the resolutions (``record``,
``decision``, ``reason``) settles it.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from math import sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pandas as pd

from systematic_review import records
from systematic_review.errors import ReviewError
from systematic_review.records import plain

DECISIONS = ["record", "reviewer", "decision", "reason"]
RESOLUTIONS = ["record", "decision", "reason"]
#: The files that people's decisions are in.
UNDERSTOOD = ("duplicates.csv", "screening*.csv", "resolutions.csv", "thesaurus.csv")


def propose(works: pd.DataFrame, rules: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Return what the rules say of each work: one row a work and criterion.

    Parameters
    ----------
    works : what :func:`systematic_review.deduplication.merge` returns.
    rules : the rule of each criterion that has one, as the protocol gives them.

    Returns
    -------
    Columns ``record``, ``criterion``, ``proposal`` (``meets``, ``fails`` or, where
    the record says nothing of it, ``unknown``) and ``found`` (on what it rests).
    """
    rows = [
        {"record": work["id"], "criterion": criterion, **_proposal(rule, work)}
        for work in works.to_dict("records")
        for criterion, rule in rules.items()
    ]
    return pd.DataFrame(rows, columns=["record", "criterion", "proposal", "found"], dtype="str")


def _proposal(rule: dict[str, Any], work: dict[Any, Any]) -> dict[str, str]:
    if "first" in rule:
        year = work["year"]
        if pd.isna(year):
            return {"proposal": "unknown", "found": ""}
        return {"proposal": _verdict(rule["first"] <= year <= rule["last"]), "found": str(year)}
    if "terms" in rule:
        text = f" {plain(' '.join((work['title'], work['abstract'], work['keywords'])))} "
        hits = [next((term for term in terms if f" {term} " in text), "") for terms in rule["terms"]]
        # A title alone says too little to fail a record for what it does not mention.
        failed = "fails" if work["abstract"] else "unknown"
        return {"proposal": "meets" if all(hits) else failed, "found": "; ".join(filter(None, hits))}
    cell = work[rule["column"]]
    parts = set(cell.split("; "))
    return {"proposal": _verdict(bool(parts & set(rule["any_of"]))) if cell else "unknown", "found": cell}


def _verdict(meets: bool) -> str:
    return "meets" if meets else "fails"


def sheets(folder: Path) -> list[Path]:
    """Return the files with reviewers' decisions in a folder of decisions; none where there is no folder.

    Raises
    ------
    ReviewError : a file of a name that no step of the review reads.
    """
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    for path in paths:
        noted = path.name.startswith(".") or path.suffix.lower() == ".md"
        if not noted and not any(fnmatchcase(path.name, name) for name in UNDERSTOOD):
            raise ReviewError(f"{path}: found a file of this name, expected {', '.join(UNDERSTOOD)}")
    return [path for path in paths if fnmatchcase(path.name, "screening*.csv")]


def read_decisions(paths: Iterable[Path], works: pd.DataFrame, criteria: Iterable[str]) -> pd.DataFrame:
    """Return all reviewers' decisions from their CSV files; rows without a decision are left out.

    Raises
    ------
    ReviewError : a record that is not there, a decision other than ``include``
        and ``exclude``, an exclusion without a criterion as its reason, or two
        decisions of one reviewer on one record.
    """
    return _read(paths, DECISIONS, works, set(criteria), ["record", "reviewer"])


def read_resolutions(path: Path, works: pd.DataFrame, criteria: Iterable[str]) -> pd.DataFrame:
    """Return how conflicts were resolved; no rows where there is no file.

    Raises
    ------
    ReviewError : as :func:`read_decisions`.
    """
    return _read([path] if path.exists() else [], RESOLUTIONS, works, set(criteria), ["record"])


def _read(
    paths: Iterable[Path], columns: list[str], works: pd.DataFrame, criteria: set[str], key: list[str]
) -> pd.DataFrame:
    # A decision on any record of a work is one on the work.
    work_of = {record: work["id"] for work in works.to_dict("records") for record in str(work["records"]).split("; ")}
    kept: list[dict[str, str]] = []
    seen: dict[tuple[str, ...], tuple[str, dict[str, str]]] = {}
    for path in paths:
        for place, cells in records.rows(path, columns):
            row = {column: cells[column].strip() for column in columns}
            row["decision"] = row["decision"].casefold()
            if not row["decision"]:
                continue
            expected = {
                "record": (row["record"] in work_of, "a record's id"),
                "reviewer": (row.get("reviewer") != "", "a reviewer's name"),
                "decision": (row["decision"] in {"include", "exclude"}, "include or exclude"),
                "reason": (
                    (row["reason"] in criteria or not criteria) if row["decision"] == "exclude" else not row["reason"],
                    f"one of {', '.join(sorted(criteria))}" if row["decision"] == "exclude" else "no reason to include",
                ),
            }
            for column, (right, wanted) in expected.items():
                if not right:
                    raise ReviewError(f"{path}, row {place}, column {column}: found {row[column]!r}, expected {wanted}")
            decision = row | {"record": work_of[row["record"]]}
            names = tuple(decision[column] for column in key)
            if names not in seen:
                seen[names] = f"{path}, row {place}", row
                kept.append(decision)
                continue
            where, first = seen[names]
            # Records that were found to be one work later may have been decided on each: alike is no conflict.
            if (
                row["record"] == first["record"]
                or row["decision"] != first["decision"]
                or row["reason"] != first["reason"]
            ):
                raise ReviewError(
                    f"{path}, row {place}: found a second decision on {_told(row)}, after {_told(first)} in {where}"
                    f", expected one on work {names[0]}"
                )
    return pd.DataFrame(kept, columns=columns, dtype="str")


def _told(row: dict[str, str]) -> str:
    by = f" by {row['reviewer']}" if "reviewer" in row else ""
    reason = f", {row['reason']}" if row["reason"] else ""
    return f"{row['record']}{by} ({row['decision']}{reason})"


def agreement(decisions: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return how far two reviewers agree, beyond what chance would give.

    Cohen's kappa (Cohen 1960) with the large-sample interval of Fleiss, Cohen
    and Everitt (1969), over the works that both decided on. One row says it of
    including and excluding (``decision``), one row for each criterion of
    excluding for that reason.

    Returns
    -------
    Columns ``criterion``, ``records``, ``agreed``, ``percent``, ``kappa``, ``low``
    and ``high``; kappa is missing where both gave every record the same answer.

    Raises
    ------
    ReviewError : more than two reviewers.
    """
    reviewers = sorted(set(decisions["reviewer"]))
    if len(reviewers) > 2:
        raise ReviewError(f"decisions: found reviewers {', '.join(reviewers)}, expected two")
    columns = ["criterion", "records", "agreed", "percent", "kappa", "low", "high"]
    if len(reviewers) < 2:
        return pd.DataFrame(columns=columns)
    wide = decisions.pivot(index="record", columns="reviewer", values=["decision", "reason"]).dropna()
    first, second = ((wide["decision"][reviewer], wide["reason"][reviewer]) for reviewer in reviewers)
    answers = {"decision": (first[0] == "exclude", second[0] == "exclude")}
    for criterion in sorted({*first[1], *second[1]} - {""}):
        answers[criterion] = (first[1] == criterion, second[1] == criterion)
    rows = [{"criterion": name, **_kappa(one, other, confidence)} for name, (one, other) in answers.items()]
    return pd.DataFrame(rows, columns=columns)


def _kappa(one: pd.Series[bool], other: pd.Series[bool], confidence: float) -> dict[str, float]:
    number = len(one)
    agreed = int((one == other).sum())
    row: dict[str, float] = {
        "records": number,
        "agreed": agreed,
        "percent": 100 * agreed / number if number else float("nan"),
    }
    if number == 0:
        return row
    # Shares of the four cells, and of each reviewer's answers.
    cell = {(a, b): float(((one == a) & (other == b)).mean()) for a in (True, False) for b in (True, False)}
    rows = {a: cell[a, True] + cell[a, False] for a in (True, False)}
    columns = {b: cell[True, b] + cell[False, b] for b in (True, False)}
    observed = agreed / number
    expected = sum(rows[a] * columns[a] for a in (True, False))
    if expected == 1:
        return row
    kappa = (observed - expected) / (1 - expected)
    # Fleiss, Cohen and Everitt 1969, equation 13: the variance of kappa where it is not zero.
    same = sum(cell[a, a] * (1 - (rows[a] + columns[a]) * (1 - kappa)) ** 2 for a in (True, False))
    apart = (1 - kappa) ** 2 * sum(cell[a, not a] * (columns[a] + rows[not a]) ** 2 for a in (True, False))
    variance = (same + apart - (kappa - expected * (1 - kappa)) ** 2) / (number * (1 - expected) ** 2)
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * sqrt(max(variance, 0.0))
    return row | {"kappa": kappa, "low": kappa - reach, "high": min(kappa + reach, 1.0)}


def conflicts(decisions: pd.DataFrame) -> pd.DataFrame:
    """Return the works that reviewers decided differently on: ``record`` and ``decisions`` in words."""
    told = decisions.assign(
        said=[
            f"{row['reviewer']}: {row['decision']}" + (f" ({row['reason']})" if row["reason"] else "")
            for row in decisions.to_dict("records")
        ]
    ).sort_values("reviewer", kind="stable")
    by_record = told.groupby("record", sort=True)
    split = by_record["decision"].nunique() > 1
    said = by_record["said"].agg("; ".join)
    return said[split].rename("decisions").reset_index()


def settle(
    works: pd.DataFrame, decisions: pd.DataFrame, resolutions: pd.DataFrame, criteria: Iterable[str]
) -> pd.DataFrame:
    """Return what came of each work: one row a work.

    Two reviewers who agree decide, a resolution decides whatever they said.
    Where both exclude for different reasons, the reason that stands first in
    the protocol counts. What one reviewer alone decided, or both differently, waits.

    Parameters
    ----------
    criteria : the criteria in the order of the protocol.

    Returns
    -------
    Columns ``record``, ``decision`` (``include``, ``exclude`` or empty) and ``reason``.
    """
    rank = {criterion: place for place, criterion in enumerate(criteria)}
    resolved = {row["record"]: row for row in resolutions.to_dict("records")}
    by_record: dict[str, list[dict[Any, Any]]] = {}
    for row in decisions.to_dict("records"):
        by_record.setdefault(row["record"], []).append(row)
    rows = []
    for record in works["id"]:
        said = by_record.get(record, [])
        if record in resolved:
            decision, reason = resolved[record]["decision"], resolved[record]["reason"]
        elif len(said) > 1 and len({row["decision"] for row in said}) == 1:
            decision = said[0]["decision"]
            reason = min((row["reason"] for row in said), key=lambda name: rank.get(name, len(rank)))
        else:
            decision = reason = ""
        rows.append({"record": record, "decision": decision, "reason": reason})
    return pd.DataFrame(rows, columns=RESOLUTIONS, dtype="str")
