"""What waits for one reviewer, and the files that what they decide is saved to, each decision at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from systematic_review import deduplication, pipeline, protocol, records, screening
from systematic_review.errors import ReviewError
from systematic_review.protocol import FULL_TEXT, Stage

#: The columns of a sheet that the page writes; ``maybe`` marks what is to be looked at again.
SHEET = [*screening.DECISIONS, "note", "maybe", "decided_at"]
RESOLUTIONS = [*screening.RESOLUTIONS, "resolver", "note", "decided_at"]
PAIRS = [*deduplication.DECISIONS, "reviewer", "decided_at"]
_LONGEST_NOTE = 10_000
_PATIENCE = 10.0  # seconds to wait for another program that saves the same file


@dataclass
class Answer:
    """What a reviewer says of a work at a stage."""

    decision: str = ""
    reason: str = ""
    note: str = ""
    maybe: bool = False


@dataclass
class _State:
    """What all decisions say, and the files that they were read from."""

    signature: tuple[tuple[str, int, int], ...] = ()
    said: dict[tuple[str, str], dict[str, dict[str, Any]]] = field(default_factory=dict)
    resolved: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    own: dict[tuple[str, str], Answer] = field(default_factory=dict)
    tasks: dict[str, Stage] = field(default_factory=dict)


@dataclass(frozen=True)
class _Sheet:
    """The rows of a file as they were read last, and the state of the file then."""

    state: tuple[int, int]
    rows: list[dict[str, str]]
    found: dict[str, int]


class ScreeningDesk:
    r"""One reviewer's place at a review: what waits for them, and where their decisions go.

    What other people decide meanwhile is taken in when their files change. Each
    decision is saved at once, in a file that is replaced whole.

    Parameters
    ----------
    root : the folder of the review.
    reviewer : whose decisions these are.

    Raises
    ------
    ReviewError : the review cannot be run, or the reviewer has no name.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "sage.csv").write_text("Title,Year\nThe Kerbs of Old Cities,2019\n")
    ...     desk = ScreeningDesk(Path(folder), "Ann")
    ...     work, stage = desk.next_task()
    ...     desk.save_answer(work, stage, Answer("include"))
    ...     desk.next_task(), sorted(path.name for path in desk.decided.glob("*.csv"))
    (None, ['screening_ann.csv'])
    """

    def __init__(self, root: Path, reviewer: str) -> None:
        self.root, self.reviewer = root, " ".join(reviewer.split())
        if not self.reviewer:
            raise ReviewError(f"--reviewer: found {reviewer!r}, expected the name of a person")
        self.decided = root / "decisions"
        pipeline.run_review(root)
        results = root / "results"
        self.protocol = protocol.read_protocol(root)
        self.works = records.read_table(results / "works.csv")
        self._by_id = {str(work["id"]): work for work in self.works.to_dict("records")}
        self._order = list(self._by_id)
        self._places = {record: place for place, record in enumerate(self._order)}
        self._sheets: dict[Path, _Sheet] = {}
        self._records = records.read_table(results / "records.csv")
        self._pairs = records.read_cells(results / "pairs.csv")
        self._finder = screening.WorkFinder(self.works)
        self._state = _State()
        self.refresh()

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of the review."""
        return self.protocol.stages_with({stage for stage, _ in self._state.said})

    def work(self, record: str) -> dict[str, Any]:
        """Return what is known of a work.

        Raises
        ------
        ReviewError : there is no such work.
        """
        if record not in self._by_id:
            raise ReviewError(f"record: found {record!r}, expected a work of the review")
        return {str(column): "" if pd.isna(value) else value for column, value in self._by_id[record].items()}

    def refresh(self) -> None:
        """Take in what stands in the files of decisions, where any of them changed."""
        signature = self._state_of_sheets()
        if signature == self._state.signature:
            return
        told = screening.read_decisions(self.decided, self.works, self.protocol)
        state = _State(signature)
        for said in _rows(told.decisions):
            state.said.setdefault((said["stage"], said["record"]), {})[said["reviewer"]] = said
        state.resolved = {(said["stage"], said["record"]): said for said in _rows(told.resolutions)}
        for path in screening.list_sheets(self.decided):
            for _, row in records.read_numbered_rows(path, screening.DECISIONS):
                work, _ = self._finder.find(row["record"].strip())
                if work and row["reviewer"].strip() == self.reviewer:
                    answer = Answer(
                        _fold_case(row["decision"]),
                        row["reason"].strip(),
                        row.get("note", ""),
                        bool(row.get("maybe", "")),
                    )
                    state.own[self._stage_of(path, row), work] = answer
        self._state = state
        for record in self._by_id:
            self._update_task(record)

    def next_task(self, after: str = "") -> tuple[str, Stage] | None:
        """Return the work that is to be decided on next and at which stage: after one, else from the beginning.

        What was marked as ``maybe`` comes last.
        """
        tasks, later = self._state.tasks, None
        start = self._places.get(after, -1) + 1
        for place in (*range(start, len(self._order)), *range(start)):
            record = self._order[place]
            stage = tasks.get(record)
            if stage is None:
                continue
            if not self.own_answer(record, stage.name).maybe:
                return record, stage
            later = later or (record, stage)
        return later

    def own_answer(self, record: str, stage: str) -> Answer:
        """Return what this reviewer said of a work at a stage so far."""
        return self._state.own.get((stage, record), Answer())

    def count_progress(self) -> dict[str, int]:
        """Return how many works wait for this reviewer, how many of these as maybe, and how many they decided on."""
        maybe = sum(self.own_answer(record, stage.name).maybe for record, stage in self._state.tasks.items())
        decided = sum(self.reviewer in people for people in self._state.said.values())
        return {"waiting": len(self._state.tasks), "maybe": maybe, "decided": decided}

    def save_answer(self, record: str, stage: Stage, answer: Answer) -> None:
        """Save what the reviewer says of a work, in place of what they said of it before.

        Raises
        ------
        ReviewError : no such work, a decision or a reason that the protocol does not know, a note that is too long.
        """
        self.work(record)
        _check_answer(answer, stage, self.reviewer, record)
        default = self.decided / f"screening_{_file_word(self.reviewer)}{_suffix(stage)}.csv"
        path = self._file_with(record, stage) or default
        row = {
            "record": record,
            "reviewer": self.reviewer,
            "decision": answer.decision,
            "reason": answer.reason,
            "note": answer.note,
            "maybe": "yes" if answer.maybe else "",
        }

        self._replace_row(path, SHEET, row, lambda kept: self._key_of_answer(path, kept))
        self._state.own[stage.name, record] = answer
        people = self._state.said.setdefault((stage.name, record), {})
        if answer.decision:
            people[self.reviewer] = row | {"stage": stage.name}
        else:
            people.pop(self.reviewer, None)
        self._update_task(record)

    def list_conflicts(self) -> list[dict[str, Any]]:
        """Return the works on which people differ and nothing settles it: the work, its stage, and who said what."""
        self.refresh()
        notes = self._notes()
        return [
            {
                "record": record,
                "stage": stage,
                "said": [
                    {name: people[who][name] for name in ("reviewer", "decision", "reason")}
                    | {"note": notes.get((stage, record, who), "")}
                    for who in sorted(people)
                ],
                "involved": self.reviewer in people,
            }
            for (stage, record), people in self._state.said.items()
            if (stage, record) not in self._state.resolved and len({row["decision"] for row in people.values()}) > 1
        ]

    def save_resolution(self, record: str, stage: Stage, answer: Answer) -> None:
        """Save what settles a conflict.

        Raises
        ------
        ReviewError : as :meth:`save_answer`; or there is no conflict on the work at this stage.
        """
        self.work(record)
        if not answer.decision:
            raise ReviewError("decision: found nothing, expected include or exclude")
        _check_answer(answer, stage, self.reviewer, record)
        if not any(one["record"] == record and one["stage"] == stage.name for one in self.list_conflicts()):
            raise ReviewError(f"record: found {record!r}, expected a work on which people differ")
        path = self.decided / f"resolutions{_suffix(stage)}.csv"
        row = {
            "record": record,
            "decision": answer.decision,
            "reason": answer.reason,
            "resolver": self.reviewer,
            "note": answer.note,
        }
        self._replace_row(
            path,
            RESOLUTIONS,
            row,
            lambda kept: f"{self._stage_of(path, kept)} {self._finder.find(kept['record'].strip())[0]}",
        )
        self.refresh()

    def list_pairs(self) -> list[dict[str, Any]]:
        """Return the pairs of records that may be one work and that nobody decided on yet, likeliest first."""
        path = self.decided / "duplicates.csv"
        told = deduplication.read_decisions(path, self._records)
        known = {frozenset(pair) for pair in told[["record_a", "record_b"]].itertuples(index=False)}
        doubtful = self._pairs[self._pairs["same"] != "True"].to_dict("records")
        wanted = [row for row in doubtful if frozenset((row["record_a"], row["record_b"])) not in known]
        by_id = self._records.set_index("id")
        shown = ["title", "authors", "year", "journal", "volume", "pages", "doi", "source", "abstract"]
        return [
            {
                "record_a": row["record_a"],
                "record_b": row["record_b"],
                "records": [
                    {name: "" if pd.isna(value) else str(value) for name, value in by_id.loc[row[side], shown].items()}
                    for side in ("record_a", "record_b")
                ],
            }
            for row in wanted
        ]

    def save_pair(self, record_a: str, record_b: str, decision: str) -> None:
        """Save whether two records are the same work; the next run of the review takes it in.

        Raises
        ------
        ReviewError : no such pair, or a decision other than ``same`` and ``different``.
        """
        if decision not in {"same", "different"}:
            raise ReviewError(f"decision: found {decision!r}, expected same or different")
        sides = {record_a, record_b}
        known = zip(self._pairs["record_a"], self._pairs["record_b"], strict=True)
        if not any(sides == {a, b} for a, b in known):
            raise ReviewError(f"records: found {record_a!r} and {record_b!r}, expected a pair that may be one work")
        row = {"record_a": record_a, "record_b": record_b, "decision": decision, "reviewer": self.reviewer}
        path = self.decided / "duplicates.csv"
        self._replace_row(
            path, PAIRS, row, lambda kept: " ".join(sorted((kept["record_a"].strip(), kept["record_b"].strip())))
        )

    def _state_of_sheets(self) -> tuple[tuple[str, int, int], ...]:
        paths = [*screening.list_sheets(self.decided), *sorted(self.decided.glob("resolutions*.csv"))]
        return (("", 0, 0), *((path.name, *_file_state(path)) for path in paths))

    def _update_task(self, record: str) -> None:
        stage = self._stage_that_waits(record)
        tasks = self._state.tasks
        if stage is None:
            tasks.pop(record, None)
        else:
            tasks[record] = stage

    def _stage_that_waits(self, record: str) -> Stage | None:
        """Return the stage at which a work waits for this reviewer, if it does."""
        stages = self.stages
        beside = screening.is_found_beside(str(self._by_id[record]["sources"]), self.protocol)
        for stage in stages[-1:] if beside else stages:
            people = self._state.said.get((stage.name, record), {})
            outcome = screening.settle_stage(
                stage, list(people.values()), self._state.resolved.get((stage.name, record))
            )
            if outcome["decision"] == "include":
                continue
            waits = not outcome["decision"] and outcome["waits"] != screening.RESOLUTION
            return stage if waits and self.reviewer not in people else None
        return None

    def _stage_of(self, path: Path, row: dict[str, str]) -> str:
        named = _fold_case(row.get("stage", ""))
        return named or screening.stage_of(path) or self.protocol.stages_with(set())[0].name

    def _file_with(self, record: str, stage: Stage) -> Path | None:
        """Return the sheet in which this reviewer decided on a work already, whoever wrote it."""
        if (stage.name, record) not in self._state.own:
            return None
        for path in screening.list_sheets(self.decided):
            for _, row in records.read_numbered_rows(path, screening.DECISIONS):
                mine = row["reviewer"].strip() == self.reviewer and self._stage_of(path, row) == stage.name
                if mine and self._finder.find(row["record"].strip())[0] == record:
                    return path
        return None

    def _notes(self) -> dict[tuple[str, str, str], str]:
        found: dict[tuple[str, str, str], str] = {}
        for path in screening.list_sheets(self.decided):
            for _, row in records.read_numbered_rows(path, screening.DECISIONS):
                work, _ = self._finder.find(row["record"].strip())
                found[self._stage_of(path, row), work, row["reviewer"].strip()] = row.get("note", "")
        return found

    def _key_of_answer(self, path: Path, row: dict[str, str]) -> str:
        return f"{row['reviewer'].strip()} {self._stage_of(path, row)} {self._finder.find(row['record'].strip())[0]}"

    def _replace_row(
        self, path: Path, columns: list[str], row: dict[str, str], key: Callable[[dict[str, str]], str]
    ) -> None:
        """Put a row into a CSV file in place of the one with the same key, or at its end; other columns are kept."""
        if path.suffix.lower() != ".csv":
            raise ReviewError(f"{path.name}: found your decision on this work there, expected it to be changed there")
        row = row | {"decided_at": datetime.now(UTC).isoformat(timespec="seconds")}
        with _lock_sheet(path):
            state = _file_state(path)
            sheet = self._sheets.get(path)
            if sheet is None or sheet.state != state:
                kept = [found for _, found in records.read_numbered_rows(path)] if path.exists() else []
                sheet = _Sheet(state, kept, {key(found): place for place, found in enumerate(kept)})
            rows, place = sheet.rows, sheet.found.setdefault(key(row), len(sheet.rows))
            rows[place : place + 1] = [(rows[place] if place < len(rows) else {}) | row]
            records.write_rows(rows, list(dict.fromkeys([*rows[0], *columns])), path)
            self._sheets[path] = _Sheet(_file_state(path), rows, sheet.found)
            self._state.signature = self._state_of_sheets()


@contextmanager
def _lock_sheet(path: Path) -> Iterator[None]:
    """Let no other program save the same file meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=_PATIENCE):
            yield
    except Timeout:
        raise ReviewError(f"{path}: found it in use by another program, expected to save to it") from None


def _file_state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def _check_answer(answer: Answer, stage: Stage, reviewer: str, record: str) -> None:
    if len(answer.note) > _LONGEST_NOTE:
        raise ReviewError(f"note: found {len(answer.note)} characters, expected {_LONGEST_NOTE} at most")
    if not answer.decision:
        return
    row = {"record": record, "reviewer": reviewer, "decision": answer.decision, "reason": answer.reason}
    if fault := screening.row_fault(row, stage):
        raise ReviewError("{}: found {}, expected {}".format(*fault))


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _fold_case(text: str) -> str:
    return text.strip().casefold().replace(" ", "_")


def _suffix(stage: Stage) -> str:
    return "_full_text" if stage.name == FULL_TEXT else ""


def _file_word(name: str) -> str:
    return re.sub(r"\W+", "_", records.normalize_text(name)).strip("_") or "reviewer"
