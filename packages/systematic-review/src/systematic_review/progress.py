"""What of a review waits, and for whom; what is wrong with it; and who decided what, and when."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from systematic_review import records, screening
from systematic_review.review import Review

_TRAIL = ["record", "title", "stage", "reviewer", "decision", "reason", "decided_at", "file", "row"]


@dataclass(frozen=True)
class Status:
    """Where a review stands: lines on what ``waits`` and on what is wrong (``problems``).

    Examples
    --------
    >>> Status([], []).finished
    True
    """

    waits: list[str]
    problems: list[str]

    @property
    def finished(self) -> bool:
        """Whether nothing waits and nothing is wrong."""
        return not self.waits and not self.problems


def describe_status(review: Review) -> Status:
    """Return where a review stands whose results are stored.

    What waits is told by stage and reviewer: by those who decided on anything at
    that stage, or as many as the protocol asks for.
    """
    told, settled = review.decisions, review.settled
    waits: list[str] = []
    for stage in told.stages:
        at = settled[settled["stage"] == stage.name]
        name = stage.name.replace("_", " ")
        open_ones = int(at["waits"].isin([screening.FIRST, screening.ANOTHER]).sum())
        if open_ones:
            waits.append(f"{name}: {_count_works(open_ones)} for a decision")
        people = sorted(set(told.decisions.loc[told.decisions["stage"] == stage.name, "reviewer"]))
        for reviewer in people if open_ones else []:
            if count := len(review.waiting_sheet(stage.name, reviewer)):
                waits.append(f"{name}: {_count_works(count)} for {reviewer}")
        if conflicts := int((at["waits"] == screening.RESOLUTION).sum()):
            waits.append(f"{name}: {_count_works(conflicts)} for a resolution (conflicts.csv)")
    decided = records.find_table(review.decided, "duplicates")
    judged = {
        frozenset((cells["record_a"].strip(), cells["record_b"].strip()))
        for _, cells in (records.read_numbered_rows(decided) if decided.exists() else [])
    }
    doubtful = doubtful_pairs(review)
    left = [
        pair for pair in zip(doubtful["record_a"], doubtful["record_b"], strict=True) if frozenset(pair) not in judged
    ]
    if left:
        waits.append(f"duplicates: {len(left)} doubtful pairs to look at (pairs.csv, decisions/duplicates.csv)")
    return Status(waits, list_problems(review))


def _count_works(count: int) -> str:
    return f"{count} work waits" if count == 1 else f"{count} works wait"


def doubtful_pairs(review: Review) -> pd.DataFrame:
    """Return the pairs that may be one work, and are not joined as it is, best first."""
    member = {
        record: work
        for work, held in zip(review.works["id"], review.works["records"], strict=True)
        for record in held.split("; ")
    }
    pairs = review.pairs[~review.pairs["same"]]
    apart = [member[a] != member[b] for a, b in zip(pairs["record_a"], pairs["record_b"], strict=True)]
    return pairs[pd.Series(apart, index=pairs.index, dtype="bool")]


def list_problems(review: Review) -> list[str]:
    """Return what is wrong with a review, a line each: unread files, orphaned decisions, hits that differ."""
    problems = [
        f"{file['file']}: not read: {file['unreadable']}"
        for file in review.files[review.files["unreadable"] != ""].to_dict("records")
    ]
    rejected = review.files.astype({"rejected": "int64"})
    rejected = rejected[(rejected["rejected"] > 0) & (rejected["unreadable"] == "")]
    problems += [f"{file['file']}: {file['rejected']} pieces were rejected" for file in rejected.to_dict("records")]
    orphans = records.read_cells(review.results / "orphaned-decisions.csv")
    if len(orphans):
        problems.append(f"{len(orphans)} decisions no longer fit and do not count (orphaned-decisions.csv)")
    imported = review.files.astype({"records": "int64", "rejected": "int64"})
    counted = (imported["records"] + imported["rejected"]).groupby(imported["source"]).sum()
    for source, told in review.protocol.searches.items():
        count = int(counted.get(source, 0))
        if "hits" in told and int(told["hits"]) != count:
            problems.append(
                f"{source}: found {count} records in the exports, expected {told['hits']} hits of the protocol"
            )
    return problems


def audit_trail(review: Review) -> pd.DataFrame:
    """Return who decided what, and when where that was kept: a row a decision, resolutions among them.

    Returns
    -------
    Columns ``record``, ``title``, ``stage``, ``reviewer`` (empty for a resolution
    that names nobody), ``decision``, ``reason``, ``decided_at``, ``file`` and ``row``.
    """
    told = review.decisions
    both = pd.concat([told.decisions, told.resolutions], ignore_index=True).fillna("")
    titles = dict(zip(review.works["id"], review.works["title"], strict=True))
    trail = both.assign(title=[titles.get(record, "") for record in both["record"]]).reindex(columns=_TRAIL).fillna("")
    return trail.sort_values(["record", "stage", "file", "row"], kind="stable", ignore_index=True)
