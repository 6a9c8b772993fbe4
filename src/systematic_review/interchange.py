"""Take works to Covidence, Rayyan and ASReview, and bring decisions back.

Each tool carries our identifier of a work through in a field that it keeps:
Covidence as the accession number, Rayyan in the notes, ASReview in a column of
its own. What comes back has the columns of
:data:`systematic_review.screening.DECISIONS`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd

from systematic_review import records
from systematic_review.errors import ReviewError
from systematic_review.screening import DECISIONS

_OURS = "record:"
_RAYYAN = [
    "key",
    "title",
    "authors",
    "journal",
    "volume",
    "issue",
    "pages",
    "year",
    "url",
    "language",
    "abstract",
    "doi",
    "keywords",
    "notes",
]
_ASREVIEW = ["review_id", "title", "abstract", "authors", "keywords", "year", "doi", "url", "included"]
_SAID = {"Included": "include", "Excluded": "exclude"}


def to_covidence(works: pd.DataFrame, path: Path) -> None:
    """Write works as the RIS file that Covidence imports, the identifier as accession number (``AN``)."""
    import rispy

    entries = [
        {
            "type_of_reference": "JOUR",
            "accession_number": work["id"],
            "title": work["title"],
            "authors": [name for name in work["authors"].split("; ") if name],
            "year": "" if pd.isna(work["year"]) else str(work["year"]),
            "secondary_title": work["journal"],
            "volume": work["volume"],
            "number": work["number"],
            "start_page": work["pages"],
            "doi": work["doi"],
            "abstract": work["abstract"],
            "keywords": [word for word in work["keywords"].split("; ") if word],
            "urls": [work["url"]] if work["url"] else [],
        }
        for work in works.to_dict("records")
    ]
    filled = [{name: value for name, value in entry.items() if value} for entry in entries]
    with records.replacing(path) as file:
        file.write(re.sub(r"(?m)^\d+\.\n", "", rispy.dumps(filled)))  # without rispy's numbers between records


def from_covidence(path: Path, decision: str, reviewer: str) -> pd.DataFrame:
    """Return the decisions that one of Covidence's CSV exports stands for.

    Covidence exports a list a stage (``irrelevant``, ``excluded``, ``included``):
    everything in the file has the same ``decision``. The reason comes from its
    notes, ``Exclusion reason: …``.

    Raises
    ------
    ReviewError : the columns ``Accession Number`` or ``Notes`` are missing.
    """
    read = records.read(path, ["Accession Number", "Notes"])
    reasons = read["Notes"].str.extract(r"Exclusion reason:\s*([^;]*)", expand=False).fillna("").str.strip()
    return pd.DataFrame(
        {"record": read["Accession Number"], "reviewer": reviewer, "decision": decision, "reason": reasons},
        columns=DECISIONS,
        dtype="str",
    )


def to_rayyan(works: pd.DataFrame, path: Path, decisions: pd.DataFrame | None = None) -> None:
    """Write works as the CSV that Rayyan reads, with decisions in its notes as Rayyan writes them."""
    said = decisions if decisions is not None else pd.DataFrame(columns=DECISIONS, dtype="str")
    words = {ours: theirs for theirs, ours in _SAID.items()}
    notes = {}
    for record, part in said.groupby("record"):
        inclusion = ", ".join(
            f"{json.dumps(row.reviewer, ensure_ascii=False)}=>{json.dumps(words[str(row.decision)])}"
            for row in part.itertuples()
        )
        reasons = ",".join(dict.fromkeys(reason for reason in part["reason"] if reason))
        notes[record] = f" | RAYYAN-INCLUSION: {{{inclusion}}}" + (
            f" | RAYYAN-EXCLUSION-REASONS: {reasons}" if reasons else ""
        )
    table = works.rename(columns={"number": "issue"}).assign(
        key=range(1, len(works) + 1), notes=[f"{_OURS}{record}{notes.get(record, '')}" for record in works["id"]]
    )
    records.write(table[_RAYYAN], path)


def from_rayyan(path: Path) -> pd.DataFrame:
    """Return the decisions in the ``articles.csv`` that Rayyan exports; ``Maybe`` is no decision.

    Rayyan does not say whose reason is whose: each reviewer who excludes gets the first.

    Raises
    ------
    ReviewError : a record that was not taken to Rayyan from here.
    """
    rows = []
    for place, cells in records.rows(path, ["notes"]):
        note = cells["notes"]
        ours = re.search(rf"{re.escape(_OURS)}(\S+)", note)
        if not ours:
            raise ReviewError(
                f"{path}, row {place}, column notes: found no {_OURS}, expected a record exported from here"
            )
        inclusion = re.search(r"RAYYAN-INCLUSION:\s*(\{.*?\})", note)
        reasons = re.search(r"RAYYAN-EXCLUSION-REASONS:\s*([^|]*)", note)
        reason = reasons[1].split(",")[0].strip() if reasons else ""
        for reviewer, said in re.findall(r'"((?:[^"\\]|\\.)*)"\s*=>\s*"(\w+)"', inclusion[1] if inclusion else ""):
            if said in _SAID:
                decision = _SAID[said]
                rows.append(
                    {
                        "record": ours[1],
                        "reviewer": json.loads(f'"{reviewer}"'),
                        "decision": decision,
                        "reason": reason if decision == "exclude" else "",
                    }
                )
    return pd.DataFrame(rows, columns=DECISIONS, dtype="str")


def to_asreview(works: pd.DataFrame, path: Path, decisions: pd.DataFrame | None = None) -> None:
    """Write works as the CSV that ASReview reads; ``included`` is 1, 0 or empty.

    ``decisions`` are one reviewer's, or what :func:`~systematic_review.screening.settle` returns.
    """
    said = {} if decisions is None else dict(zip(decisions["record"], decisions["decision"], strict=True))
    labels = {"include": "1", "exclude": "0"}
    table = works.assign(
        review_id=works["id"], included=[labels.get(said.get(record, ""), "") for record in works["id"]]
    )
    records.write(table[_ASREVIEW], path)


def from_asreview(path: Path, reviewer: str) -> pd.DataFrame:
    """Return one reviewer's decisions from a CSV of ASReview, by its ``asreview_label`` or else ``included``.

    ASReview knows no reasons: they are left empty, to be filled in.

    Raises
    ------
    ReviewError : no column of labels, or of our identifiers; a label other than 1 and 0.
    """
    read = records.read(path, ["review_id"])
    label = next((column for column in ("asreview_label", "included") if column in read), None)
    if label is None:
        raise ReviewError(
            f"{path}, row 1: found {', '.join(map(str, read))}, expected a column asreview_label or included"
        )
    # Labels beside missing ones come back as 1.0.
    labels = read[label].str.removesuffix(".0")
    for (place, _), cell in zip(records.rows(path), labels, strict=True):
        if cell not in {"", "0", "1", "-1"}:
            raise ReviewError(f"{path}, row {place}, column {label}: found {cell!r}, expected 1, 0 or nothing")
    decided = labels.isin(["0", "1"])
    return pd.DataFrame(
        {
            "record": read.loc[decided, "review_id"],
            "reviewer": reviewer,
            "decision": labels[decided].map({"1": "include", "0": "exclude"}),
            "reason": "",
        },
        columns=DECISIONS,
        dtype="str",
    ).reset_index(drop=True)
