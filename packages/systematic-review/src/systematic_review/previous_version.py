"""Bring a review up to date: what an earlier version knew, and what a repeated search has changed.

``systematic-review update FOLDER`` keeps the records and the studies of the
review as it stands in the folder ``earlier``. What is searched afterwards is new,
and the flow is that of an updated review (PRISMA 2020).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from systematic_review import records
from systematic_review.errors import ReviewError

#: What is kept of a record.
KNOWN = ["record", "source", "title", "authors", "year"]
#: What became of a record since: ``new`` or ``vanished``.
CHANGES = ["change", *KNOWN]


@dataclass(frozen=True)
class PreviousVersion:
    """What an earlier version of the review knew: its ``records``, and the ``studies`` that it included.

    Examples
    --------
    >>> before = PreviousVersion(pd.DataFrame({"record": ["a", "b"]}), pd.DataFrame({"record": ["a"]}))
    >>> before.studies["record"].tolist()
    ['a']
    """

    records: pd.DataFrame
    studies: pd.DataFrame


def read_previous(folder: Path) -> PreviousVersion | None:
    """Return what an earlier version of the review in ``folder`` knew; nothing where there was none.

    Raises
    ------
    ReviewError : one of its two files is missing or cannot be read.

    Examples
    --------
    >>> read_previous(Path("a review that was never brought up to date")) is None
    True
    """
    kept = folder / "earlier"
    if not kept.is_dir():
        return None
    return PreviousVersion(*(records.read_cells(kept / f"{name}.csv", ["record"]) for name in ("records", "studies")))


def name_studies(reports: pd.DataFrame, studies: Mapping[str, str]) -> pd.DataFrame:
    """Return the reports that a version included, with the study that each is of in a column ``study``.

    Examples
    --------
    >>> reports = pd.DataFrame({"record": ["a", "b", "c"]})
    >>> name_studies(reports, {"a": "Trial 1", "b": "Trial 1"})["study"].tolist()
    ['Trial 1', 'Trial 1', 'c']
    """
    before = reports["study"] if "study" in reports else reports["record"]
    named = [studies.get(record, study) for record, study in zip(reports["record"], before, strict=True)]
    return reports.assign(study=pd.Series(named, index=reports.index, dtype="str"))


def keep_version(folder: Path, output: Path, studies: Mapping[str, str] | None = None) -> tuple[int, int]:
    """Keep the records and the included studies of the results in ``output`` as an earlier version.

    Studies of versions before stay among them.

    Parameters
    ----------
    studies : the study that a work is a report of.

    Returns
    -------
    How many records and how many studies are kept.

    Raises
    ------
    ReviewError : there are no results.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     results = Path(folder) / "results"
    ...     table = records.typed_table([{"id": "a", "source": "sage", "title": "On Kerbs"}])
    ...     records.write_table(table, results / "records.csv")
    ...     records.write_table(table.rename(columns={"source": "sources"}), results / "works.csv")
    ...     records.write_table(pd.DataFrame({"record": ["a"], "decision": ["include"]}), results / "screened.csv")
    ...     keep_version(Path(folder), results)
    (1, 1)
    """
    found = known_fields(records.read_table(output / "records.csv"))
    works = records.read_table(output / "works.csv")
    settled = records.read_cells(output / "screened.csv", ["record", "decision"])
    included = settled.loc[settled["decision"] == "include", "record"]
    reports = known_fields(works[works["id"].isin(included)])
    before = read_previous(folder)
    if before is not None:
        gone = before.records[~before.records["record"].isin(found["record"])]
        found = pd.concat([found, gone[KNOWN]], ignore_index=True)
        others = before.studies[~before.studies["record"].isin(reports["record"])]
        kept = [*KNOWN, *(["study"] if "study" in others else [])]
        reports = pd.concat([reports.assign(study=reports["record"]), others[kept]], ignore_index=True)
        reports["study"] = reports["study"].fillna(reports["record"])
    if found.empty:
        raise ReviewError(f"{output}: found no records, expected those of a review to bring up to date")
    records.write_table(found, folder / "earlier" / "records.csv")
    named = name_studies(reports, studies or {})
    records.write_table(named, folder / "earlier" / "studies.csv")
    return len(found), named["study"].nunique()


def known_fields(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what is kept of records or works: columns :data:`KNOWN`, as text.

    Examples
    --------
    >>> found = records.typed_table([{"id": "sage-1", "source": "sage", "title": "On Kerbs", "year": 2019}])
    >>> known_fields(found).to_numpy().tolist()
    [['sage-1', 'sage', 'On Kerbs', '', '2019']]
    """
    source = frame["source"] if "source" in frame else frame["sources"]
    return pd.DataFrame(
        {
            "record": frame["id"],
            "source": source,
            "title": frame["title"],
            "authors": frame["authors"],
            "year": ["" if pd.isna(year) else str(year) for year in frame["year"]],
        },
        dtype="str",
    ).reset_index(drop=True)


def compare_records(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Return the records that are new and those that vanished: columns :data:`CHANGES`.

    Parameters
    ----------
    before, now : columns :data:`KNOWN`.

    Examples
    --------
    >>> before, now = (pd.DataFrame([{"record": name}], columns=KNOWN) for name in "ab")
    >>> compare_records(before, now)[["change", "record"]].to_numpy().tolist()
    [['new', 'b'], ['vanished', 'a']]
    """
    new = now[~now["record"].isin(before["record"])].assign(change="new")
    gone = before[~before["record"].isin(now["record"])].assign(change="vanished")
    return pd.concat([new, gone], ignore_index=True)[CHANGES]
