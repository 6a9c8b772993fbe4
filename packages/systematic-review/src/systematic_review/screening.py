"""Propose what the protocol's rules suggest, take reviewers' decisions, and measure whether they agree.

Rules only propose. Decisions are people's: CSV files with one row a record and
reviewer (``record``, ``reviewer``, ``decision``, ``reason``), where a decision is
``include`` or ``exclude`` - at the stage of full texts also ``not_retrieved`` -
and the reason of an exclusion is one of the protocol's criteria. The stage is
told by a column ``stage``, or else by the file's name: ``screening_ann.csv``,
``screening_ann_full_text.csv``. Where reviewers differ, a row of the
resolutions (``record``, ``decision``, ``reason``) settles it.

What was decided on a record is found again by any name of the work
(:func:`systematic_review.records.work_fingerprints`). Decisions on records that are no
longer there are listed, and stop nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import combinations
from math import sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pandas as pd

from systematic_review import records
from systematic_review.errors import ReviewError
from systematic_review.protocol import FULL_TEXT, SCREENING, TITLE_ABSTRACT, Protocol, Stage
from systematic_review.records import normalize_text

DECISIONS = ["record", "reviewer", "decision", "reason"]
RESOLUTIONS = ["record", "decision", "reason"]
#: What is kept of a decision beside it: where it stands, when it was made, and in which round of screening.
NOTED = ["file", "row", "decided_at", "round"]
#: What came of a work: ``stage`` is where it was decided on or waits, ``waits``
#: what for, ``route`` how it was found.
SETTLED = [*RESOLUTIONS, "stage", "waits", "route"]
#: Decisions that no longer fit, with where they stand and why.
ORPHANS = ["file", "row", "record", "reviewer", "decision", "reason", "why"]
#: The files that people's decisions are in.
UNDERSTOOD = ("duplicates", "removed", "screening*", "resolutions*", "studies", "thesaurus")
#: Why works may be removed before screening, beside duplicates: by automation tools, or for other reasons.
REMOVED_FOR = ("automation", "other")
#: What a work may wait for, in the words of the results.
FIRST, ANOTHER, RESOLUTION = "a first reviewer", "another reviewer", "a resolution"
#: What a full text may come to beside being included or excluded.
OUTCOMES = ("not_retrieved", "ongoing", "awaiting_classification")
DATABASES, OTHER = "databases", "other"


def propose_criteria(works: pd.DataFrame, rules: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Return what the rules say of each work: one row a work and criterion.

    Parameters
    ----------
    works : what :func:`systematic_review.deduplication.merge_records` returns.
    rules : the rule of each criterion that has one, as the protocol gives them.

    Returns
    -------
    Columns ``record``, ``criterion``, ``proposal`` (``meets``, ``fails`` or, where
    the record says nothing of it, ``unknown``) and ``found`` (on what it rests).

    Examples
    --------
    >>> works = pd.DataFrame({"id": ["a", "b"], "year": [2020, 1999]})
    >>> propose_criteria(works, {"years": {"first": 2015, "last": 2024}})[["record", "proposal"]].to_numpy().tolist()
    [['a', 'meets'], ['b', 'fails']]
    """
    rows = [
        {"record": work["id"], "criterion": criterion, **_apply_rule(rule, work)}
        for work in works.to_dict("records")
        for criterion, rule in rules.items()
    ]
    return pd.DataFrame(rows, columns=["record", "criterion", "proposal", "found"], dtype="str")


def _apply_rule(rule: dict[str, Any], work: dict[Any, Any]) -> dict[str, str]:
    if "first" in rule:
        year = work["year"]
        if pd.isna(year):
            return {"proposal": "unknown", "found": ""}
        return {"proposal": _combine_answers(rule["first"] <= year <= rule["last"]), "found": str(year)}
    if "terms" in rule:
        text = f" {normalize_text(' '.join((work['title'], work['abstract'], work['keywords'])))} "
        hits = [next((term for term in terms if f" {term} " in text), "") for terms in rule["terms"]]
        # A title alone says too little to fail a record for what it does not mention.
        failed = "fails" if work["abstract"] else "unknown"
        return {"proposal": "meets" if all(hits) else failed, "found": "; ".join(filter(None, hits))}
    cell = work[rule["column"]]
    # One of several types or languages suffices.
    parts = set(cell.split("; "))
    return {"proposal": _combine_answers(bool(parts & set(rule["any_of"]))) if cell else "unknown", "found": cell}


def _combine_answers(meets: bool) -> str:
    return "meets" if meets else "fails"


def list_sheets(folder: Path) -> list[Path]:
    """Return the files with reviewers' decisions in a folder of decisions; none where there is no folder.

    Raises
    ------
    ReviewError : a file of a name that no step of the review reads.

    Examples
    --------
    >>> list_sheets(Path("no such folder"))
    []
    """
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    for path in paths:
        noted = path.name.startswith((".", "~$")) or path.suffix.lower() == ".md"
        table = path.suffix.lower() in records.TABLE_SUFFIXES
        if not noted and not (table and any(fnmatchcase(path.stem, name) for name in UNDERSTOOD)):
            raise ReviewError(
                f"{path}: found a file of this name, expected {', '.join(f'{name}.csv' for name in UNDERSTOOD)} "
                "(or .xlsx, .ods, .xls); "
                "what Covidence, Rayyan or ASReview exported is taken in by 'systematic-review import'"
            )
    return [path for path in paths if _is_sheet(path, "screening*")]


def list_resolutions(folder: Path) -> list[Path]:
    """Return the files with resolutions in a folder of decisions; none where there is no folder.

    Examples
    --------
    >>> list_resolutions(Path("no such folder"))
    []
    """
    return [path for path in sorted(folder.iterdir()) if _is_sheet(path, "resolutions*")] if folder.is_dir() else []


def _is_sheet(path: Path, name: str) -> bool:
    return path.suffix.lower() in records.TABLE_SUFFIXES and fnmatchcase(path.stem, name)


def stage_of(path: Path) -> str:
    """Return the stage that a file of decisions is of, by its name; of titles and abstracts where it does not say.

    Examples
    --------
    >>> stage_of(Path("screening_ann_full-text.csv")), stage_of(Path("screening_ann.csv"))
    ('full_text', '')
    """
    name = normalize_text(path.stem)
    if re.search(r"full ?text", name):
        return FULL_TEXT
    return TITLE_ABSTRACT if re.search(r"title ?(?:and )?abstract", name) else ""


@dataclass(frozen=True)
class Decisions:
    r"""All that people decided: a row a work, reviewer and stage; a row a resolution and stage; what no longer fits.

    ``removed`` says why a work was removed before screening, ``studies`` which study a work is a report of.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> works = pd.DataFrame({"id": ["a"], "records": ["a"], "names": [""], "sources": ["sage"]})
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "screening_ann.csv"
    ...     _ = path.write_text("record,reviewer,decision,reason\ngone,Ann,include,\n")
    ...     read_decisions(Path(folder), works, Protocol()).orphans["why"].tolist()
    ['no such record is there']
    """

    decisions: pd.DataFrame
    resolutions: pd.DataFrame
    orphans: pd.DataFrame
    stages: tuple[Stage, ...] = field(default_factory=tuple)
    removed: dict[str, str] = field(default_factory=dict)
    studies: dict[str, str] = field(default_factory=dict)


def read_decisions(folder: Path, works: pd.DataFrame, protocol: Protocol) -> Decisions:
    r"""Return what was decided on ``works``, from the files in a folder of decisions.

    Raises
    ------
    ReviewError : one line a row that cannot be used, whatever the works are: a
        decision that is none, an exclusion without a reason that the protocol
        asks for, or two decisions of one reviewer on one record.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> works = pd.DataFrame({"id": ["a"], "records": ["a"], "names": [""], "sources": ["sage"]})
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "screening_ann.csv").write_text("record,reviewer,decision,reason\na,Ann,include,\n")
    ...     found = read_decisions(Path(folder), works, Protocol()).decisions
    >>> found[["record", "reviewer", "decision"]].to_numpy().tolist()
    [['a', 'Ann', 'include']]
    """
    found = list_sheets(folder)
    resolved = list_resolutions(folder)
    cells = {
        path: records.read_numbered_rows(path, DECISIONS if path in found else RESOLUTIONS)
        for path in (*found, *resolved)
    }
    told = {stage_of(path) for path in cells} | {
        row.get("stage", "").strip().lower().replace(" ", "_") for rows in cells.values() for _, row in rows
    }
    stages = protocol.stages_with(told)
    sheets = _SheetReader(works, stages, protocol)
    removed = sheets.read_removed(records.find_table(folder, "removed"))
    studies = sheets.read_studies(records.find_table(folder, "studies"))
    decided = sheets.read({path: cells[path] for path in found}, DECISIONS)
    settled = sheets.read({path: cells[path] for path in resolved}, RESOLUTIONS)
    if faults := sheets.fault_lines():
        raise ReviewError("\n".join(faults))
    return Decisions(
        pd.DataFrame(decided, columns=[*DECISIONS, "stage", *NOTED], dtype="str"),
        pd.DataFrame(settled, columns=[*RESOLUTIONS, "stage", "reviewer", *NOTED], dtype="str"),
        pd.DataFrame(sheets.orphans, columns=ORPHANS),
        stages,
        removed,
        studies,
    )


class WorkFinder:
    """Finds the work that a decision is on, by the record's identifier or else by any name of the work.

    Examples
    --------
    >>> WorkFinder(pd.DataFrame({"id": ["a"], "records": ["a; b"]})).find("b")
    ('a', '')
    """

    def __init__(self, works: pd.DataFrame) -> None:
        self._work = {
            record: work
            for work, held in zip(works["id"], works["records"], strict=True)
            for record in held.split("; ")
        }
        self._named: dict[str, set[str]] = {}
        named = works["names"] if "names" in works else works["id"].map(lambda record: "")
        for work, names in zip(works["id"], named, strict=True):
            for name in filter(None, str(names).split("; ")):
                self._named.setdefault(name, set()).add(work)

    def find(self, record: str) -> tuple[str, str]:
        """Return the work, or nothing and why not."""
        if record in self._work:
            return self._work[record], ""
        name = re.search(r"-([0-9a-f]{10})(?:-\d+)?$", record)
        works = self._named.get(name[1], set()) if name else set()
        if len(works) == 1:
            return next(iter(works)), ""
        return "", f"fits {len(works)} works" if works else "no such record is there"


class _SheetReader:
    """Reads sheets of decisions, and keeps what is wrong with them and what fits no work."""

    def __init__(self, works: pd.DataFrame, stages: tuple[Stage, ...], protocol: Protocol) -> None:
        self._names = WorkFinder(works)
        self._stages, self._formerly = stages, protocol.formerly
        self._beside = {
            work
            for work, sources in zip(works["id"], works["sources"], strict=True)
            if is_found_beside(sources, protocol)
        }
        self._removed: dict[str, str] = {}
        self.orphans: list[dict[str, object]] = []
        self._faults: dict[tuple[str, ...], list[int]] = {}

    def fault_lines(self) -> list[str]:
        """Return a line for each mistake, for one that is made in many rows of a file one for all."""
        lines = []
        for (path, column, value, expected), rows in self._faults.items():
            if len(rows) == 1:
                place = f"{path}, row {rows[0]}" + (f", column {column}" if column else "")
                lines.append(f"{place}: found {value}, expected {expected}")
                continue
            hint = "; a criterion that was renamed has 'formerly' in the protocol" if column == "reason" else ""
            shown = f"{', '.join(map(str, rows[:5]))}{' ...' if len(rows) > 5 else ''}"
            lines.append(f"{path}: {len(rows)} rows ({shown}) have the {column} {value}, expected {expected}{hint}")
        return lines

    def _fault(self, path: Path, row: int, column: str, value: str, expected: str) -> None:
        self._faults.setdefault((str(path), column, value, expected), []).append(row)

    def _orphan(self, path: Path, row: int, cells: Mapping[str, str], why: str) -> None:
        told = {name: cells.get(name, "") for name in ("record", "reviewer", "decision", "reason")}
        self.orphans.append({"file": path.name, "row": row, **told, "why": why})

    def read_removed(self, path: Path) -> dict[str, str]:
        """Return why each work was removed before screening; none where there is no file."""
        rows = records.read_numbered_rows(path, ["record", "reason"]) if path.exists() else []
        for place, cells in rows:
            row = {
                "record": cells["record"].strip(),
                "reason": cells["reason"].strip().casefold(),
                "decision": "removed",
            }
            if row["reason"] not in REMOVED_FOR:
                self._fault(path, place, "reason", repr(row["reason"]), " or ".join(REMOVED_FOR))
                continue
            work, why = self._names.find(row["record"])
            if work in self._beside:
                why = "works that other methods found are not removed before screening"
            if why:
                self._orphan(path, place, row, why)
            else:
                self._removed[work] = row["reason"]
        return dict(self._removed)

    def read_studies(self, path: Path) -> dict[str, str]:
        """Return which study each work is a report of; none where there is no file."""
        studies: dict[str, str] = {}
        for place, cells in records.read_numbered_rows(path, ["record", "study"]) if path.exists() else []:
            record, study = cells["record"].strip(), cells["study"].strip()
            if not study:
                continue
            work, why = self._names.find(record)
            if why:
                self._orphan(path, place, {"record": record}, why)
            # What an earlier version included keeps its name, whether a search found it again or not.
            studies |= {record: study} | ({work: study} if work else {})
        return studies

    def read(self, sheets: Mapping[Path, list[tuple[int, dict[str, str]]]], columns: list[str]) -> list[dict[str, str]]:
        """Return the decisions in ``sheets``, a row a work, stage and reviewer."""
        by_name = {stage.name: stage for stage in self._stages}
        kept: dict[tuple[str, ...], dict[str, str]] = {}
        seen: dict[tuple[str, ...], tuple[Path, int, dict[str, str]]] = {}
        torn: set[tuple[str, ...]] = set()
        for path, rows in sheets.items():
            for place, given in rows:
                row = {column: given[column].strip() for column in columns}
                row["decision"] = row["decision"].casefold().replace(" ", "_")
                if not row["decision"]:
                    continue
                row["reason"] = self._formerly.get(row["reason"], row["reason"])
                stated = given.get("stage", "").strip().lower().replace(" ", "_")
                named = stated or stage_of(path) or self._stages[0].name
                stage = by_name.get(named)
                if stage is None:
                    self._fault(path, place, "stage", repr(named), " or ".join(by_name))
                    continue
                if fault := row_fault(row, stage):
                    self._fault(path, place, *fault)
                    continue
                work, why = self._names.find(row["record"])
                if work in self._beside and stage != self._stages[-1]:
                    why = "works that other methods found are not screened by title"
                if work in self._removed:
                    why = "the work was removed before screening"
                if why:
                    self._orphan(path, place, row, why)
                    continue
                key = (stage.name, work, row.get("reviewer", ""))
                if key not in seen:
                    seen[key] = path, place, row
                    noted = {"file": path.name, "row": str(place), "decided_at": given.get("decided_at", "").strip()}
                    named = given.get("reviewer", "") or given.get("resolver", "")
                    who = {"reviewer": named.strip(), "round": _round_of(path, given)}
                    kept[key] = {**row, **who, **noted, "record": work, "stage": stage.name}
                    continue
                other, at, first = seen[key]
                if row["record"] == first["record"]:
                    found = f"a second decision on {_row_texts(row)}, after {_row_texts(first)} in {other}, row {at}"
                    self._fault(path, place, "", found, f"one on work {work}")
                elif (row["decision"], row["reason"]) != (first["decision"], first["reason"]):
                    # Records that were found to be one work later may have been decided on each.
                    if key not in torn:
                        self._orphan(other, at, first, f"contradicts {row['record']}, which is the same work")
                    self._orphan(path, place, row, f"contradicts {first['record']}, which is the same work")
                    torn.add(key)
        return [row for key, row in kept.items() if key not in torn]


def _round_of(path: Path, given: Mapping[str, str]) -> str:
    """Return the round that a decision is of: that of its column, or ``pilot`` by the file's name."""
    stated = given.get("round", "").strip().casefold()
    return stated or ("pilot" if re.search(r"\bpilot\b", normalize_text(path.stem)) else "")


def is_found_beside(sources: str, protocol: Protocol) -> bool:
    """Return whether a work was found by other methods than a search alone.

    Examples
    --------
    >>> agreed = Protocol(kinds={"citations": "other"})
    >>> is_found_beside("citations", agreed), is_found_beside("citations; scopus", agreed)
    (True, False)
    """
    return {protocol.source_kind(source) for source in str(sources).split("; ")} == {"other"}


def row_fault(row: dict[str, str], stage: Stage) -> tuple[str, str, str] | None:
    """Return what is wrong with a row whatever the works are: the column, what is found there and what is expected.

    Examples
    --------
    >>> row_fault({"record": "a", "reviewer": "Ann", "decision": "perhaps", "reason": ""}, Stage())
    ('decision', "'perhaps'", 'include or exclude')
    """
    words = ["include", "exclude", *(OUTCOMES if stage.name == FULL_TEXT else [])]
    reasons = f"one of {', '.join(stage.criteria)}"
    expected = {
        "record": (bool(row["record"]), "a record's id"),
        "reviewer": (row.get("reviewer") != "", "a reviewer's name"),
        "decision": (row["decision"] in words, " or ".join(words)),
    }
    if row["decision"] == "exclude":
        known = row["reason"] in stage.criteria or not stage.criteria or (not row["reason"] and not stage.reasoned)
        expected["reason"] = (known and (bool(row["reason"]) or not stage.reasoned), reasons)
    elif row["decision"] == "include":
        expected["reason"] = (not row["reason"], "no reason to include")
    return next(((name, repr(row[name]), want) for name, (right, want) in expected.items() if not right), None)


def _row_texts(row: dict[str, str]) -> str:
    by = f" by {row['reviewer']}" if "reviewer" in row else ""
    reason = f", {row['reason']}" if row["reason"] else ""
    return f"{row['record']}{by} ({row['decision']}{reason})"


def settle_works(
    works: pd.DataFrame,
    decisions: pd.DataFrame,
    resolutions: pd.DataFrame,
    protocol: Protocol | None = None,
    removed: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return what came of each work: one row a work.

    At each stage, as many reviewers as the protocol asks for decide where they
    agree; a resolution decides whatever they said. Where they exclude for
    different reasons, the one that stands first in the protocol counts. A work
    that other methods than a search found is decided on at the last stage alone.

    Parameters
    ----------
    decisions, resolutions : what :func:`read_decisions` returns; without a column
        ``stage`` they are of the first.
    removed : why works were removed before screening, by record.

    Returns
    -------
    Columns :data:`SETTLED`: ``decision`` is ``include`` (at the last stage),
    ``exclude``, one of :data:`OUTCOMES`, ``removed`` or empty, in which case
    ``waits`` says what for.

    Examples
    --------
    >>> works = pd.DataFrame({"id": ["a", "b"], "sources": ["sage", "sage"]})
    >>> said = pd.DataFrame({"record": ["a", "a", "b"], "reviewer": ["Ann", "Ben", "Ann"]})
    >>> said = said.assign(decision="include", reason="")
    >>> settled = settle_works(works, said, pd.DataFrame(columns=RESOLUTIONS))
    >>> settled[["record", "decision", "waits"]].to_numpy().tolist()
    [['a', 'include', ''], ['b', '', 'another reviewer']]
    """
    protocol = protocol or Protocol()
    told = {*decisions.get("stage", []), *resolutions.get("stage", [])}
    stages = protocol.stages_with(told)
    said: dict[tuple[str, str], list[dict[Any, Any]]] = {}
    for row in decisions.to_dict("records"):
        said.setdefault((row.get("stage") or stages[0].name, row["record"]), []).append(row)
    resolved = {(row.get("stage") or stages[0].name, row["record"]): row for row in resolutions.to_dict("records")}
    rows = []
    for record, sources in zip(works["id"], works["sources"], strict=True):
        route = OTHER if is_found_beside(sources, protocol) else DATABASES
        if removed and record in removed:
            gone = {"decision": "removed", "reason": removed[record], "waits": ""}
            rows.append({"record": record, **gone, "stage": stages[0].name, "route": route})
            continue
        for stage in stages[-1:] if route == OTHER else stages:
            key = stage.name, record
            outcome = settle_stage(stage, said.get(key, []), resolved.get(key))
            if outcome["decision"] != "include":
                break
        rows.append({"record": record, **outcome, "stage": stage.name, "route": route})
    return pd.DataFrame(rows, columns=SETTLED, dtype="str")


def settle_stage(stage: Stage, said: list[dict[Any, Any]], resolved: dict[Any, Any] | None) -> dict[str, str]:
    """Return what came of one work at one stage: its decision, its reason, and what it waits for.

    Examples
    --------
    >>> settle_stage(Stage(), [{"decision": "include", "reason": ""}], None)["waits"]
    'another reviewer'
    """
    rank = {criterion: place for place, criterion in enumerate(stage.criteria)}
    if resolved:
        return {"decision": resolved["decision"], "reason": resolved["reason"], "waits": ""}
    if len({row["decision"] for row in said}) > 1:
        return {"decision": "", "reason": "", "waits": RESOLUTION}
    if len(said) < stage.reviewers:
        return {"decision": "", "reason": "", "waits": ANOTHER if said else FIRST}
    reasons = sorted((row["reason"] for row in said if row["reason"]), key=lambda name: rank.get(name, len(rank)))
    return {"decision": said[0]["decision"], "reason": reasons[0] if reasons else "", "waits": ""}


def count_waiting(settled: pd.DataFrame) -> dict[tuple[str, str], int]:
    """Return how many works wait, by stage and by what they wait for (:data:`FIRST`, :data:`ANOTHER`, ...).

    Examples
    --------
    >>> settled = pd.DataFrame({"record": ["a", "b"], "waits": ["", FIRST], "stage": SCREENING})
    >>> count_waiting(settled)
    {('screening', 'a first reviewer'): 1}
    """
    counted = Counter(zip(settled["stage"], settled["waits"], strict=True))
    order = {name: place for place, name in enumerate((SCREENING, TITLE_ABSTRACT, FULL_TEXT))}
    wants = {name: place for place, name in enumerate((FIRST, ANOTHER, RESOLUTION))}
    waits = [key for key in counted if key[1]]
    return {key: counted[key] for key in sorted(waits, key=lambda key: (order.get(key[0], 9), wants.get(key[1], 9)))}


def measure_agreement(decisions: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return how far reviewers agree, beyond what chance would give, by stage.

    For two reviewers it is Cohen's kappa (Cohen 1960) with the large-sample
    interval of Fleiss, Cohen and Everitt (1969), over the works that both
    decided on. For more it is Krippendorff's alpha (Krippendorff 2004) for
    names, over the works that at least two decided on, which allows for
    different pairs on different works; where every work has the same number
    of decisions, Fleiss' kappa is nearly the same. One row says it of including
    and excluding (``decision``), one row for each criterion of excluding for it.

    Returns
    -------
    Columns ``stage``, ``criterion``, ``reviewers``, ``records``, ``agreed``,
    ``percent``, ``kappa``, ``low``, ``high`` and ``alpha``; ``kappa`` is that of
    two, ``alpha`` that of more; missing where all answers are the same.

    Examples
    --------
    >>> ann, ben = ["include", "exclude", "include", "include"], ["include", "exclude", "exclude", "include"]
    >>> said = pd.concat(
    ...     pd.DataFrame({"record": list("abcd"), "reviewer": who, "decision": decisions, "reason": ""})
    ...     for who, decisions in (("Ann", ann), ("Ben", ben))
    ... )
    >>> measure_agreement(said)[["records", "agreed", "percent", "kappa"]].round(2).to_numpy().tolist()
    [[4.0, 3.0, 75.0, 0.5]]
    """
    columns = ["stage", "criterion", "reviewers", "records", "agreed", "percent", "kappa", "low", "high", "alpha"]
    staged = decisions if "stage" in decisions else decisions.assign(stage=SCREENING)
    rows: list[dict[str, object]] = []
    for stage, part in staged.groupby("stage", sort=False):
        reviewers = sorted(set(part["reviewer"]))
        if len(reviewers) < 2:
            continue
        # Full texts that could not be had are nobody's judgement.
        judged = part[part["decision"].isin(["include", "exclude"])]
        answers = {"decision": judged["decision"] == "exclude"}
        for criterion in sorted(set(judged["reason"]) - {""}):
            answers[criterion] = judged["reason"] == criterion
        for name, excluded in answers.items():
            wide = pd.DataFrame(
                {"record": judged["record"], "reviewer": judged["reviewer"], "said": excluded.astype("float")}
            ).pivot(index="record", columns="reviewer", values="said")
            told: dict[str, object] = {"stage": stage, "criterion": name, "reviewers": len(reviewers)}
            if len(reviewers) == 2:
                both = wide.reindex(columns=reviewers).dropna() == 1
                rows.append({**told, **_cohen_kappa(both[reviewers[0]], both[reviewers[1]], confidence)})
            else:
                rows.append({**told, **_krippendorff_alpha(wide)})
    return pd.DataFrame(rows, columns=columns)


def _krippendorff_alpha(wide: pd.DataFrame) -> dict[str, float]:
    """Return Krippendorff's alpha of answers that are 1 or 0, a row a work, a column a reviewer."""
    several = wide[wide.notna().sum(axis=1) > 1]
    number = len(several)
    agreed = int((several.max(axis=1) == several.min(axis=1)).sum())
    row: dict[str, float] = {
        "records": number,
        "agreed": agreed,
        "percent": 100 * agreed / number if number else float("nan"),
    }
    ones, count = several.sum(axis=1), several.notna().sum(axis=1)
    total, positive = float(count.sum()), float(ones.sum())
    expected = 2 * positive * (total - positive)
    if expected == 0:
        return row
    # Pairs of answers on one work that differ, each work weighted by its answers less one.
    observed = float((2 * ones * (count - ones) / (count - 1)).sum())
    return row | {"alpha": 1 - (total - 1) * observed / expected}


def _cohen_kappa(one: pd.Series[bool], other: pd.Series[bool], confidence: float) -> dict[str, float]:
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


def measure_pairs(decisions: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return how far each two reviewers agree on including and excluding, by stage and round.

    A reviewer who took another's place is measured with whoever decided on the
    same works. A round of its own, as a pilot is, is measured alone and within
    the whole, whose ``round`` is empty.

    Returns
    -------
    Columns ``stage``, ``round``, ``reviewer_a``, ``reviewer_b``, ``records``,
    ``agreed``, ``percent``, ``kappa`` (Cohen's), ``low`` and ``high``.

    Examples
    --------
    >>> said = pd.DataFrame(
    ...     [(record, who, decision, "")
    ...      for who, decisions in (("Ann", "iei"), ("Ben", "iee"), ("Cem", "ii"))
    ...      for record, decision in zip("abc", map({"i": "include", "e": "exclude"}.get, decisions))],
    ...     columns=["record", "reviewer", "decision", "reason"],
    ... )
    >>> measure_pairs(said)[["reviewer_a", "reviewer_b", "records", "agreed"]].to_numpy().tolist()
    [['Ann', 'Ben', 3, 2], ['Ann', 'Cem', 2, 1], ['Ben', 'Cem', 2, 1]]
    """
    columns = ["stage", "round", "reviewer_a", "reviewer_b", "records", "agreed", "percent", "kappa", "low", "high"]
    staged = decisions if "stage" in decisions else decisions.assign(stage=SCREENING)
    staged = staged if "round" in staged else staged.assign(round="")
    judged = staged[staged["decision"].isin(["include", "exclude"])]
    rows: list[dict[str, object]] = []
    for stage, part in judged.groupby("stage", sort=False):
        for name in ["", *sorted(set(part["round"]) - {""})]:
            within = part[part["round"] == name] if name else part
            said = within.assign(said=within["decision"] == "exclude").astype({"said": "float"})
            wide = said.pivot(index="record", columns="reviewer", values="said")
            for one, other in combinations(sorted(wide), 2):
                both = wide[[one, other]].dropna() == 1
                if len(both):
                    told = {"stage": stage, "round": name, "reviewer_a": one, "reviewer_b": other}
                    rows.append({**told, **_cohen_kappa(both[one], both[other], confidence)})
    return pd.DataFrame(rows, columns=columns)


def find_conflicts(decisions: pd.DataFrame) -> pd.DataFrame:
    """Return the works that reviewers decided differently on: ``record``, ``stage``, and ``decisions`` in words.

    Examples
    --------
    >>> said = pd.DataFrame(
    ...     [("a", "Ann", "include", ""), ("a", "Ben", "exclude", "years")],
    ...     columns=["record", "reviewer", "decision", "reason"],
    ... )
    >>> find_conflicts(said)["decisions"].tolist()
    ['Ann: include; Ben: exclude (years)']
    """
    staged = decisions if "stage" in decisions else decisions.assign(stage=SCREENING)
    told = staged.assign(
        said=[
            f"{row['reviewer']}: {row['decision']}" + (f" ({row['reason']})" if row["reason"] else "")
            for row in staged.to_dict("records")
        ]
    ).sort_values("reviewer", kind="stable")
    by_record = told.groupby(["record", "stage"], sort=True)
    split = by_record["decision"].nunique() > 1
    said = by_record["said"].agg("; ".join)
    return said[split].rename("decisions").reset_index()


#: What of a work stands in a sheet that people fill in.
SHEET = ["title", "authors", "year", "journal", "abstract", "url"]


def conflict_sheet(works: pd.DataFrame, decisions: pd.DataFrame, settled: pd.DataFrame) -> pd.DataFrame:
    """Return what a third person has to settle, ready to be filled in and saved as resolutions.

    Parameters
    ----------
    works, decisions, settled : as :func:`settle_works` takes and returns them.

    Returns
    -------
    Columns ``record``, ``decision`` and ``reason`` (empty), ``stage``,
    ``decisions`` (who said what) and what a sheet tells of the work; only what
    waits for a resolution.

    Examples
    --------
    >>> works = pd.DataFrame([{"id": "a", "sources": "sage", "title": "On Kerbs"}])
    >>> works = works.reindex(columns=["id", "sources", *SHEET])
    >>> said = pd.DataFrame(
    ...     [("a", "Ann", "include", ""), ("a", "Ben", "exclude", "")],
    ...     columns=["record", "reviewer", "decision", "reason"],
    ... )
    >>> settled = settle_works(works, said, pd.DataFrame(columns=RESOLUTIONS))
    >>> conflict_sheet(works, said, settled)[["record", "title", "decisions"]].to_numpy().tolist()
    [['a', 'On Kerbs', 'Ann: include; Ben: exclude']]
    """
    open_ones = settled.loc[settled["waits"] == RESOLUTION, ["record", "stage"]]
    sheet = find_conflicts(decisions).merge(open_ones, on=["record", "stage"])
    sheet = sheet.merge(works[["id", *SHEET]], left_on="record", right_on="id", how="left")
    return sheet.assign(decision="", reason="")[["record", "decision", "reason", "stage", "decisions", *SHEET]]


def waiting_sheet(
    works: pd.DataFrame,
    decisions: pd.DataFrame,
    settled: pd.DataFrame,
    stages: Iterable[str],
    reviewer: str = "",
    *,
    everything: bool = False,
) -> pd.DataFrame:
    """Return what waits for a reviewer's decision at some stages, ready to be filled in.

    Parameters
    ----------
    works, decisions, settled : as :func:`settle_works` takes and returns them.
    reviewer : whose sheet it is, without what they have decided; anybody's where nobody is named.
    everything : whether works that do not wait are in it too, as long as they came to that stage.

    Returns
    -------
    Columns :data:`DECISIONS` (``decision`` and ``reason`` empty) and what tells of the work.

    Examples
    --------
    >>> works = pd.DataFrame([{"id": "a", "sources": "sage", "title": "On Kerbs"}])
    >>> works = works.reindex(columns=["id", "sources", *SHEET])
    >>> said = pd.DataFrame([("a", "Ann", "include", "")], columns=["record", "reviewer", "decision", "reason"])
    >>> settled = settle_works(works, said, pd.DataFrame(columns=RESOLUTIONS))
    >>> [len(waiting_sheet(works, said, settled, [SCREENING], name)) for name in ("Ann", "Ben")]
    [0, 1]
    """
    wanted = list(stages)
    order = [SCREENING, TITLE_ABSTRACT, FULL_TEXT]
    at = settled["stage"].map(order.index)
    least = min(map(order.index, wanted), default=0)
    if everything:
        chosen = (at >= least) & ((settled["route"] == DATABASES) | (FULL_TEXT in wanted) | (SCREENING in wanted))
    else:
        chosen = settled["stage"].isin(wanted) & settled["waits"].isin([FIRST, ANOTHER])
    names = settled.loc[chosen, "record"]
    if reviewer and not everything:
        staged = decisions if "stage" in decisions else decisions.assign(stage=SCREENING)
        done = staged.loc[(staged["reviewer"] == reviewer) & staged["stage"].isin(wanted), "record"]
        names = names[~names.isin(done)]
    sheet = works[works["id"].isin(names)].rename(columns={"id": "record"})
    return sheet.assign(reviewer=reviewer, decision="", reason="")[[*DECISIONS, *SHEET]]
