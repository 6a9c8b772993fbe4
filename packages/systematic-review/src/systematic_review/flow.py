"""The PRISMA 2020 flow (Page et al. 2021, BMJ 372:n71): counted from records and decisions, checked, drawn.

It is that of a review with one stage of screening or with two, from databases
and registers alone or from other methods too, new or of an earlier version that
is brought up to date.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from systematic_review import flow_layout
from systematic_review.errors import ReviewError
from systematic_review.figures import Figure
from systematic_review.flow_layout import Box, Entry
from systematic_review.i18n import format_number, mark_message, translate, translate_plural
from systematic_review.protocol import FULL_TEXT, Protocol
from systematic_review.screening import DATABASES, OTHER

# Names of sources and reasons come from people's files, and are shown as text.
_TEMPLATES = Environment(
    loader=PackageLoader(__package__),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


@dataclass(frozen=True)
class Flow:
    """Record counts at each stage, in PRISMA 2020 terms.

    Without full texts, ``sought`` is missing, and those screened are included or
    excluded. What other methods found is counted apart (``other_...``), and so
    are the ``previous`` studies of an earlier version, if there was one.
    ``rejected`` counts what could not be read, which is not among those identified.
    What was removed before screening for other reasons than as duplicates, the
    ``studies`` that the reports included are of, and what is ``ongoing`` or awaits
    classification, are missing where nobody says them, as in a published figure.

    Examples
    --------
    >>> counted = Flow(identified=12, duplicates_removed=2, excluded=7, included=3)
    >>> counted.records_screened, counted.records_pending
    (10, 0)
    """

    identified: int
    duplicates_removed: int
    excluded: int
    included: int
    sought: int | None = None
    not_retrieved: int = 0
    excluded_full_text: int = 0
    other_identified: int | None = None
    other_duplicates: int = 0
    other_not_retrieved: int = 0
    other_excluded: int = 0
    other_included: int = 0
    previous: int | None = None
    rejected: int = 0
    removed_automation: int | None = None
    removed_other: int | None = None
    ongoing: int = 0
    awaiting_classification: int = 0
    other_ongoing: int = 0
    other_awaiting_classification: int = 0
    studies: int | None = None
    previous_reports: int | None = None

    @property
    def records_screened(self) -> int:
        """Records left for screening once duplicates, and others for other reasons, are removed."""
        removed = (self.removed_automation or 0) + (self.removed_other or 0)
        return self.identified - self.duplicates_removed - removed

    @property
    def records_pending(self) -> int:
        """Records screened that were neither excluded nor, where there are full texts, sought, or else included yet."""
        return self.records_screened - self.excluded - (self.included if self.sought is None else self.sought)

    @property
    def reports_assessed(self) -> int:
        """Reports that could be had in full."""
        return (self.sought or 0) - self.not_retrieved

    @property
    def reports_pending(self) -> int:
        """Reports that could be had, or may be, and wait for a decision."""
        if self.sought is None:
            return 0
        settled = self.excluded_full_text + self.included + self.ongoing + self.awaiting_classification
        return self.reports_assessed - settled

    @property
    def other_sought(self) -> int:
        """Reports that other methods found, and no database did."""
        return (self.other_identified or 0) - self.other_duplicates

    @property
    def other_reports_assessed(self) -> int:
        """Reports of other methods that could be had in full."""
        return self.other_sought - self.other_not_retrieved

    @property
    def other_reports_pending(self) -> int:
        """Reports of other methods that wait for a decision."""
        settled = self.other_excluded + self.other_included + self.other_ongoing + self.other_awaiting_classification
        return self.other_reports_assessed - settled

    @property
    def new_reports(self) -> int:
        """Reports that this version of the review includes anew."""
        return self.included + self.other_included

    @property
    def new_studies(self) -> int:
        """Studies that this version of the review includes anew: as many as reports, unless some are of one study."""
        return self.new_reports if self.studies is None else self.studies


def flow_from_stages(stages: pd.DataFrame) -> Flow:
    """Return the counts of a frame with columns ``stage`` and ``records``.

    Examples
    --------
    >>> stages = ["identified", "duplicates_removed", "excluded", "included"]
    >>> flow_from_stages(pd.DataFrame({"stage": stages, "records": [9, 2, 4, 3]})).records_screened
    7
    """
    return Flow(**dict(zip(stages["stage"], stages["records"].astype("int64").tolist(), strict=True)))


def count_stages(
    records: pd.DataFrame,
    works: pd.DataFrame,
    settled: pd.DataFrame,
    protocol: Protocol | None = None,
    *,
    rejected: int = 0,
    previous: pd.DataFrame | None = None,
    studies: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return the number of records at each stage, one row a stage.

    Parameters
    ----------
    records : the records as imported.
    works : what :func:`~systematic_review.deduplication.merge_records` made of them.
    settled : what :func:`~systematic_review.screening.settle_works` says of the works.
    rejected : how many pieces of exports could not be read.
    previous : the reports that an earlier version of the review included, with a
        column ``study``; the tables are those of what is new since (:func:`works_since`).
    studies : the study that a work is a report of (:func:`systematic_review.screening.read_studies`);
        a work that is not named is one study.

    Returns
    -------
    Columns ``stage`` and ``records``: ``identified``, ``duplicates_removed``,
    ``excluded``, ``included``, and where there are such, the other fields of
    :class:`Flow`. What is neither excluded nor included waits for a decision.

    Examples
    --------
    >>> found = pd.DataFrame({"id": ["a", "b", "c"], "source": ["sage", "scopus", "sage"]})
    >>> works = pd.DataFrame({"id": ["a", "c"], "sources": ["sage; scopus", "sage"]})
    >>> settled = pd.DataFrame({"record": ["a", "c"], "decision": ["include", "exclude"], "reason": ["", "years"]})
    >>> counted = count_stages(found, works, settled).set_index("stage")["records"]
    >>> counted[["identified", "duplicates_removed", "excluded", "included"]].tolist()
    [3, 1, 1, 1]
    """
    protocol = protocol or Protocol()
    whole = _with_every_work(settled)
    other = records["source"].map(protocol.source_kind) == "other"
    found = whole[whole["route"] == DATABASES]
    beside = whole[whole["route"] == OTHER]
    removed = found[found["decision"] == "removed"]
    stages = {
        "identified": int((~other).sum()),
        "duplicates_removed": int((~other).sum()) - len(found),
        "removed_automation": int((removed["reason"] == "automation").sum()),
        "removed_other": int((removed["reason"] != "automation").sum()),
        "excluded": int(((found["decision"] == "exclude") & (found["stage"] != FULL_TEXT)).sum()),
        "included": int((found["decision"] == "include").sum()),
    }
    if protocol.stages_with(whole["stage"])[-1].name == FULL_TEXT:
        full = found[found["stage"] == FULL_TEXT]
        stages["sought"] = len(full)
        stages["not_retrieved"] = int((full["decision"] == "not_retrieved").sum())
        stages["excluded_full_text"] = int((full["decision"] == "exclude").sum())
        for outcome in ("ongoing", "awaiting_classification"):
            for name, part in ((outcome, found), (f"other_{outcome}", beside)):
                if count := int((part["decision"] == outcome).sum()):
                    stages[name] = count
    if other.any():
        stages["other_identified"] = int(other.sum())
        stages["other_duplicates"] = int(other.sum()) - len(beside)
        for name, decision in (("not_retrieved", "not_retrieved"), ("excluded", "exclude"), ("included", "include")):
            stages[f"other_{name}"] = int((beside["decision"] == decision).sum())
    if rejected:
        stages["rejected"] = rejected
    known = set() if previous is None else set(previous["study"])
    if previous is not None:
        stages["previous"], stages["previous_reports"] = len(known), len(previous)
    reports = whole.loc[whole["decision"] == "include", "record"]
    stages["studies"] = len({(studies or {}).get(str(record), str(record)) for record in reports} - known)
    return pd.DataFrame({"stage": list(stages), "records": list(stages.values())})


def _with_every_work(settled: pd.DataFrame) -> pd.DataFrame:
    """Return what came of the works, with a stage and a route for those that have none."""
    missing = {name: value for name, value in {"stage": "", "route": DATABASES}.items() if name not in settled}
    return settled.assign(**missing)


def works_since(
    earlier: pd.DataFrame, records: pd.DataFrame, works: pd.DataFrame, settled: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the records, the works and what came of them that an earlier version of the review did not know.

    A new record of a work that was known is a duplicate. ``earlier`` has a column ``record``.

    Examples
    --------
    >>> found = pd.DataFrame({"id": ["a", "b"], "source": ["sage", "sage"]})
    >>> works = pd.DataFrame({"id": ["a", "b"], "records": ["a", "b"]})
    >>> settled = pd.DataFrame({"record": ["a", "b"], "decision": ["include", ""]})
    >>> [frame.iloc[:, 0].tolist() for frame in works_since(pd.DataFrame({"record": ["a"]}), found, works, settled)]
    [['b'], ['b'], ['b']]
    """
    known = set(earlier["record"])
    new = records[~records["id"].isin(known)]
    fresh = [known.isdisjoint(held.split("; ")) for held in works["records"]]
    works = works[fresh]
    return new, works, settled[settled["record"].isin(works["id"])]


def count_sources(records: pd.DataFrame, protocol: Protocol, language: str = "en") -> pd.DataFrame:
    """Return the records that each source gave: columns ``source`` (its name), ``records`` and ``kind``.

    Examples
    --------
    >>> found = pd.DataFrame({"id": ["a", "b", "c"], "source": ["sage", "pubmed", "sage"]})
    >>> count_sources(found, Protocol({"pubmed": "PubMed", "sage": "Sage"})).to_numpy().tolist()
    [['PubMed', 1, 'database'], ['Sage', 2, 'database']]
    """
    counted = records["source"].value_counts(sort=False).sort_index()
    return pd.DataFrame(
        {
            "source": [protocol.source_name(source, language) for source in counted.index],
            "records": counted.to_numpy(),
            "kind": [protocol.source_kind(source) for source in counted.index],
        }
    )


def count_exclusions(settled: pd.DataFrame) -> pd.DataFrame:
    """Return the works excluded for each reason, most first.

    Returns
    -------
    Columns ``reason`` (a criterion; empty where none was given), ``records``,
    ``stage`` and ``route``.

    Examples
    --------
    >>> settled = pd.DataFrame({
    ...     "record": ["a", "b", "c"], "decision": ["exclude", "exclude", "include"], "reason": ["years", "years", ""],
    ... })
    >>> count_exclusions(settled)[["reason", "records"]].to_numpy().tolist()
    [['years', 2]]
    """
    excluded = _with_every_work(settled)
    excluded = excluded[excluded["decision"] == "exclude"]
    counted = excluded.groupby(["stage", "route", "reason"], sort=False).size().rename("records").reset_index()
    table = counted.astype({"reason": "str", "stage": "str", "route": "str"})[["reason", "records", "stage", "route"]]
    return table.sort_values(
        ["stage", "route", "records", "reason"], ascending=[False, True, False, True], ignore_index=True
    )


def count_by_source(works: pd.DataFrame, settled: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """Return what each source added to the review, a work counted in every source that has it.

    Returns
    -------
    Columns ``source``, ``works``, ``only_here`` (in no other source) and ``included``.

    Examples
    --------
    >>> works = pd.DataFrame({"id": ["a", "c"], "sources": ["sage; scopus", "sage"]})
    >>> settled = pd.DataFrame({"record": ["a", "c"], "decision": ["include", "exclude"]})
    >>> count_by_source(works, settled, Protocol()).to_numpy().tolist()
    [['sage', 2, 1, 1], ['scopus', 1, 0, 1]]
    """
    told = works.assign(included=works["id"].isin(settled.loc[settled["decision"] == "include", "record"]))
    told["only_here"] = ~told["sources"].str.contains(";")
    each = told.assign(source=told["sources"].str.split("; ")).explode("source")
    counted = each.groupby("source").agg(
        works=("id", "size"), only_here=("only_here", "sum"), included=("included", "sum")
    )
    counted.index = pd.Index([protocol.source_name(source) for source in counted.index], name="source")
    return counted.reset_index()


def check_flow(stages: pd.DataFrame, by: pd.DataFrame, reasons: pd.DataFrame) -> None:
    """Check that the flow adds up.

    Sources give the records identified, reasons the works excluded, no more
    works are excluded and included than were screened, and no more reports are
    than were sought.

    Parameters
    ----------
    stages, by, reasons : what :func:`count_stages`, :func:`count_sources` and :func:`count_exclusions` return.

    Raises
    ------
    ReviewError : one line an identity that does not hold.

    Examples
    --------
    >>> names = ["identified", "duplicates_removed", "excluded", "included"]
    >>> stages = pd.DataFrame({"stage": names, "records": [9, 2, 4, 3]})
    >>> by, reasons = pd.DataFrame({"records": [6, 2]}), pd.DataFrame({"records": [4]})
    >>> try:
    ...     check_flow(stages, by, reasons)
    ... except ReviewError as error:
    ...     print(error)
    flow, stage identified: found 9, expected the sum of the sources, 8
    """
    found = flow_from_stages(stages)
    faults = []
    if (total := int(by["records"].sum())) != found.identified + (found.other_identified or 0):
        faults.append(f"flow, stage identified: found {found.identified}, expected the sum of the sources, {total}")
    excluded = found.excluded + found.excluded_full_text + found.other_excluded
    if (total := int(reasons["records"].sum())) != excluded:
        faults.append(f"flow, stage excluded: found {excluded}, expected the sum of the reasons, {total}")
    if found.new_studies > found.new_reports:
        faults.append(f"flow, studies: found {found.new_studies}, expected no more than reports, {found.new_reports}")
    if found.records_pending < 0:
        left = found.included if found.sought is None else found.sought
        faults.append(
            f"flow, stage screened: found {found.records_screened}, expected at least excluded and "
            f"{'included' if found.sought is None else 'sought'}, {found.excluded} + {left}"
        )
    if found.reports_pending < 0:
        faults.append(
            f"flow, stage assessed: found {found.reports_assessed}, expected at least excluded and included, "
            f"{found.excluded_full_text} + {found.included}"
        )
    if found.other_reports_pending < 0:
        faults.append(
            f"flow, other methods: found {found.other_reports_assessed} assessed, "
            f"expected at least excluded and included, {found.other_excluded} + {found.other_included}"
        )
    if min(stages["records"]) < 0:
        faults.append(f"flow: found a negative count among {stages['records'].tolist()}, expected none")
    if faults:
        raise ReviewError("\n".join(faults))


#: What is said of each count; a template of PRISMA 2020 has the same words.
_LABELS = {
    "identified": mark_message("Records identified from databases"),
    "databases": mark_message("Databases"),
    "registers": mark_message("Registers"),
    "rejected": mark_message("Not counted, could not be read"),
    "duplicates": mark_message("Duplicate records removed"),
    "removed_automation": mark_message("Records marked as ineligible by automation tools"),
    "removed_other": mark_message("Records removed for other reasons"),
    "screened": mark_message("Records screened"),
    "excluded": mark_message("Records excluded"),
    "sought": mark_message("Reports sought for retrieval"),
    "not_retrieved": mark_message("Reports not retrieved"),
    "assessed": mark_message("Reports assessed for eligibility"),
    "excluded_reports": mark_message("Reports excluded"),
    "other_duplicates": mark_message("Of them duplicates"),
    "studies": mark_message("Studies included in review"),
    "reports": mark_message("Reports of included studies"),
    "previous": mark_message("Studies included in previous version of review"),
    "previous_reports": mark_message("Reports of studies included in previous version of review"),
    "new_studies": mark_message("New studies included in review"),
    "new_reports": mark_message("Reports of new included studies"),
    "total_studies": mark_message("Total studies included in review"),
    "total_reports": mark_message("Reports of total included studies"),
    "ongoing": mark_message("Ongoing studies"),
    "awaiting_classification": mark_message("Studies awaiting classification"),
}
_PHASES = {
    "identification": mark_message("Identification"),
    "screening": mark_message("Screening"),
    "included": mark_message("Included"),
}

_MAIN, _INDENT = 40, 10


@dataclass(frozen=True)
class _Geometry:
    """Where boxes stand and how wide they are: those of the flow itself, and those of what is left out of it.

    ``further`` is how far the boxes of other methods stand to the right of those
    of databases; where boxes are ``stacked``, they stand below those.
    """

    width: float
    side: float
    aside: float
    further: float
    whole: int
    stacked: bool = False


_ONE = _Geometry(206, 280, 196, 460, 480)
_BESIDE = _Geometry(160, 216, 150, 346, 714)
_STACKED = _Geometry(276, 76, 240, 1000, 320, stacked=True)


def draw_diagram(
    stages: pd.DataFrame,
    by: pd.DataFrame,
    reasons: pd.DataFrame | None = None,
    language: str = "en",
    protocol: Protocol | None = None,
    remark: str = "",
) -> Figure:
    """Return the flow as an accessible SVG diagram.

    Parameters
    ----------
    stages, by, reasons : as :func:`count_stages`, :func:`count_sources` and :func:`count_exclusions`
        return them, or as published; the sum of the sources is noted below the
        diagram where it is not that of the records identified.
    protocol : how criteria are called.
    remark : what a reader must know of it, below the boxes.

    Examples
    --------
    >>> names = ["identified", "duplicates_removed", "excluded", "included"]
    >>> stages = pd.DataFrame({"stage": names, "records": [9, 2, 4, 3]})
    >>> drawing = draw_diagram(stages, pd.DataFrame({"source": ["Sage"], "records": [9], "kind": ["database"]}))
    >>> drawing.svg.startswith("<svg"), drawing.table["Records"].tolist()
    (True, ['9', '9', '2', '7', '4', '3'])
    """
    flow = flow_from_stages(stages)
    rooms = (_ONE if flow.other_identified is None else _BESIDE, _STACKED)
    drawing, phone = (_Drawing(flow, by, reasons, language, protocol or Protocol(), remark, room) for room in rooms)
    total = int(by["records"].sum())
    gap = (
        translate(
            "The database counts printed in the figure add up to {total}; "
            "{gap} of the records identified have no source.",
            language,
            total=format_number(total, language),
            gap=format_number(flow.identified - total, language),
        )
        if total != flow.identified + (flow.other_identified or 0)
        else ""
    )
    table = pd.DataFrame(drawing.rows, columns=[translate("Stage", language), translate("Records", language)])
    description = " ".join([drawing.description(), *drawing.notes_below()])
    id = "flow-" + hashlib.sha256(f"{description}{drawing.rows}".encode()).hexdigest()[:12]
    svg, narrow = (
        _TEMPLATES.get_template("flow.svg")
        .render(
            id=id + ending,
            title=translate("PRISMA 2020 flow of the review", language),
            description=description,
            **drawn.template_values(),
        )
        .strip()
        for drawn, ending in ((drawing, ""), (phone, "-narrow"))
    )
    return Figure(
        translate("PRISMA 2020 flow of the review", language), description, table, svg=svg, narrow=narrow, note=gap
    )


class _Drawing:
    """The boxes of one flow, the lines between them, and the same as rows of a table."""

    def __init__(
        self,
        flow: Flow,
        by: pd.DataFrame,
        reasons: pd.DataFrame | None,
        language: str,
        protocol: Protocol,
        remark: str,
        room: _Geometry,
    ) -> None:
        self.flow, self.language, self.protocol, self.remark, self.room = flow, language, protocol, remark, room
        self.by = by if "kind" in by else by.assign(kind="database")
        why = reasons if reasons is not None else pd.DataFrame({"reason": [], "records": []})
        self.why = _with_every_work(why)
        self.rows: list[tuple[str, str]] = []
        self.updated = flow.previous is not None
        # The studies of the earlier version stand left of all else.
        self.left = (room.further if room.stacked else room.width + 30) if self.updated else 0
        self.heads: list[tuple[str, Box]] = []
        self.grid, self.phases = self._place_boxes()

    def translate_label(self, message: str, /, **values: object) -> str:
        return translate(message, self.language, **values)

    def format_count(self, value: int) -> str:
        return format_number(value, self.language)

    def _box(self, x: float, room: float, entries: list[Entry], heading: str = "") -> Box:
        """Return a box, and note what it says as rows of the table."""
        for entry in entries:
            named = f"{heading} {entry.text}" if heading and not entry.indent else entry.text
            self.rows.append((f"  {entry.text}" if entry.indent else named, entry.count))
        head = [Entry(heading)] if heading else []
        return flow_layout.make_box(x, room, [*head, *entries])

    def _count(self, name: str, count: int) -> Entry:
        return Entry(self.translate_label(_LABELS[name]), self.format_count(count), name)

    def _details(self, told: list[tuple[str, int]]) -> list[Entry]:
        return [Entry(text, self.format_count(count), text, _INDENT) for text, count in told]

    def _reason_entries(self, route: str, *, full_text: bool) -> list[Entry]:
        """Return the reasons of a box with how often each was given.

        At titles and abstracts PRISMA asks for none: they stand there where each
        exclusion has one, or where the protocol wants them to.
        """
        at_full = self.why["stage"] == FULL_TEXT
        part = self.why[(self.why["route"] == route) & (at_full if full_text else ~at_full)]
        given = part["reason"] != ""
        if not given.any() or (not full_text and not given.all() and not self.protocol.shows_reasons):
            return []
        missing = self.translate_label("No reason given")
        return self._details(
            [
                (self.protocol.criterion_name(reason, self.language) if reason else missing, int(records))
                for reason, records in zip(part["reason"], part["records"], strict=True)
            ]
        )

    def _sources_of(self, kind: str) -> list[tuple[str, int]]:
        rows = self.by.loc[self.by["kind"] == kind, ["source", "records"]].itertuples(index=False)
        return [(source, int(records)) for source, records in rows]

    def _identified_box(self, x: float, room: float) -> Box:
        flow = self.flow
        databases, registers = self._sources_of("database"), self._sources_of("register")
        rejected = [self._count("rejected", flow.rejected)] if flow.rejected else []
        if flow.removed_automation is None and not registers:  # a published figure says no more
            return self._box(
                x, room, [self._count("identified", flow.identified), *self._details(databases), *rejected]
            )
        beyond = sum(count for _, count in registers)
        entries = [self._count("databases", flow.identified - beyond), *self._details(databases)]
        entries += [self._count("registers", beyond), *self._details(registers), *rejected]
        return self._box(x, room, entries, self.translate_label("Records identified from:"))

    def _removed_box(self, x: float, room: float) -> Box:
        flow = self.flow
        entries = [self._count("duplicates", flow.duplicates_removed)]
        if flow.removed_automation is not None:
            entries.append(self._count("removed_automation", flow.removed_automation))
            entries.append(self._count("removed_other", flow.removed_other or 0))
        return self._box(x, room, entries, self.translate_label("Records removed before screening:"))

    def _excluded_box(self, x: float, room: float, name: str, count: int, reasons: list[Entry]) -> Box:
        return self._box(x, room, [self._count(name, count), *reasons])

    def _included_boxes(self, x: float, room: float) -> list[list[Box]]:
        flow = self.flow
        known = flow.studies is not None
        new, reports = ("new_studies", "new_reports") if self.updated else ("studies", "reports")
        entries = [self._count(new, flow.new_studies)]
        if known:
            entries.append(self._count(reports, flow.new_reports))
        for name, count in (
            ("ongoing", flow.ongoing + flow.other_ongoing),
            ("awaiting_classification", flow.awaiting_classification + flow.other_awaiting_classification),
        ):
            if count:
                entries.append(self._count(name, count))
        boxes = [[self._box(x, room, entries)]]
        if self.updated:
            total = [self._count("total_studies", (flow.previous or 0) + flow.new_studies)]
            if known:
                before = flow.previous_reports if flow.previous_reports is not None else flow.previous or 0
                total.append(self._count("total_reports", before + flow.new_reports))
            boxes.append([self._box(x, room, total)])
        return boxes

    def _place_boxes(self) -> tuple[list[list[Box]], list[tuple[str, int]]]:
        flow, main, side, width = self.flow, _MAIN + self.left, self.room.side + self.left, self.room.width
        aside = self.room.aside
        beside = flow.other_identified is not None
        first = [self._identified_box(main, width), self._removed_box(side, aside)]
        if self.updated:
            entries = [self._count("previous", flow.previous or 0)]
            if flow.previous_reports is not None:
                entries.append(self._count("previous_reports", flow.previous_reports))
            first.append(self._box(_MAIN, width, entries))
        excluded = self._reason_entries(DATABASES, full_text=False)
        grid = [
            first,
            [
                self._box(main, width, [self._count("screened", flow.records_screened)]),
                self._excluded_box(side, aside, "excluded", flow.excluded, excluded),
            ],
        ]
        if flow.sought is not None:
            reasons = self._reason_entries(DATABASES, full_text=True)
            grid += [
                [
                    self._box(main, width, [self._count("sought", flow.sought)]),
                    self._box(side, aside, [self._count("not_retrieved", flow.not_retrieved)]),
                ],
                [
                    self._box(main, width, [self._count("assessed", flow.reports_assessed)]),
                    self._excluded_box(side, aside, "excluded_reports", flow.excluded_full_text, reasons),
                ],
            ]
        if beside:
            self._add_other_methods(grid, main + self.room.further, side + self.room.further)
        included = self._included_boxes(main, width)
        shifts = {0.0: mark_message("Previous studies")} if self.updated else {}
        columns = mark_message("Databases and registers")
        shifts |= {self.left: columns} if beside or self.updated else {self.left: ""}
        shifts |= {self.left + self.room.further: mark_message("Other methods")} if beside else {}
        if self.room.stacked:
            return self._stack_boxes(grid, included, shifts)
        self.heads = [
            (self.translate_label(head), one)
            for shift, head in shifts.items()
            if head
            for one in first
            if one.x == _MAIN + shift
        ]
        names = (("identification", 1), ("screening", len(grid) - 1), ("included", len(included)))
        return [*grid, *included], [(self.translate_label(_PHASES[name]), rows) for name, rows in names]

    def _stack_boxes(
        self, grid: list[list[Box]], included: list[list[Box]], shifts: dict[float, str]
    ) -> tuple[list[list[Box]], list[tuple[str, int]]]:
        """Return the boxes below each other, what came each way after what came the other."""
        rows: list[list[Box]] = []
        phases: list[tuple[str, int]] = []
        for shift, head in shifts.items():
            parts = [
                (phase, [one for row in part for one in row if 0 <= one.x - shift < self.room.further])
                for phase, part in (("identification", grid[:1]), ("screening", grid[1:]))
            ]
            if head:  # a row without a box is the room for what stands above the next
                rows.append([])
                phases.append(("", 1))
                self.heads.append((self.translate_label(head), parts[0][1][0]))
            for phase, held in parts:
                rows += [[one] for one in held]
                phases += [(self.translate_label(_PHASES[phase]), len(held))] if held else []
                for one in held:
                    one.x -= shift
        for row in included:
            row[0].x = _MAIN
        return [*rows, *included], [*phases, (self.translate_label("Included"), len(included))]

    def _add_other_methods(self, grid: list[list[Box]], main: float, side: float) -> None:
        """Add the boxes of what other methods found, which goes to its full texts at once."""
        flow, width, aside = self.flow, self.room.width, self.room.aside
        entries = [Entry(text, self.format_count(count), text) for text, count in self._sources_of("other")]
        if flow.other_duplicates:
            entries.append(self._count("other_duplicates", flow.other_duplicates))
        grid[0].append(self._box(main, width, entries, self.translate_label("Records identified from:")))
        last = len(grid) - 1
        reasons = self._reason_entries(OTHER, full_text=flow.sought is not None)
        if flow.sought is not None:
            grid[last - 1].append(self._box(main, width, [self._count("sought", flow.other_sought)]))
            grid[last - 1].append(self._box(side, aside, [self._count("not_retrieved", flow.other_not_retrieved)]))
        grid[last].append(self._box(main, width, [self._count("assessed", flow.other_reports_assessed)]))
        grid[last].append(self._excluded_box(side, aside, "excluded_reports", flow.other_excluded, reasons))

    def notes_below(self) -> list[str]:
        """Return what stands below the boxes: the remark, and in words what waits for a decision."""
        flow = self.flow
        beside = flow.other_reports_pending if flow.other_identified is not None else 0
        undecided = translate_plural(
            "{count} of the records screened awaits a decision.",
            "{count} of the records screened await a decision.",
            flow.records_pending,
            self.language,
        )
        unassessed = translate_plural(
            "{count} of the reports awaits a decision on its full text.",
            "{count} of the reports await a decision on their full text.",
            flow.reports_pending + beside,
            self.language,
        )
        counted = {undecided: flow.records_pending, unassessed: flow.reports_pending + beside}
        waiting = [line for line, count in counted.items() if count > 0]
        return [self.remark, *waiting] if self.remark else waiting

    def description(self) -> str:
        """Return the diagram in words."""
        flow = self.flow
        shown = {
            "identified": flow.identified,
            "duplicates": flow.duplicates_removed,
            "screened": flow.records_screened,
            "excluded": flow.excluded,
            "included": flow.new_studies,
            "sought": flow.sought or 0,
            "not_retrieved": flow.not_retrieved,
            "assessed": flow.reports_assessed,
            "excluded_reports": flow.excluded_full_text,
            "other": flow.other_identified or 0,
            "other_assessed": flow.other_reports_assessed,
            "previous": flow.previous or 0,
            "total": (flow.previous or 0) + flow.new_studies,
        }
        values = {name: self.format_count(value) for name, value in shown.items()}
        if flow.sought is None:
            told = self.translate_label(
                "Flow diagram. {identified} records identified; {duplicates} duplicates removed; {screened} screened; "
                "{excluded} excluded; {included} studies included.",
                **values,
            )
        else:
            told = self.translate_label(
                "Flow diagram. {identified} records identified; {duplicates} duplicates removed; {screened} screened; "
                "{excluded} excluded; {sought} reports sought; {not_retrieved} not retrieved; {assessed} assessed; "
                "{excluded_reports} excluded; {included} studies included.",
                **values,
            )
        parts = [told]
        if flow.other_identified is not None:
            parts.append(
                self.translate_label(
                    "Other methods identified {other} records, of which {other_assessed} were assessed.", **values
                )
            )
        if self.updated:
            parts.append(
                self.translate_label(
                    "With {previous} studies of the previous version, the review includes {total}.", **values
                )
            )
        return " ".join(parts)

    def template_values(self) -> dict[str, object]:
        """Return what the template draws."""
        room = self.room
        if room.stacked:
            phases, end = flow_layout.lay_out_rows(self.grid, self.phases, 8, 18)
        else:
            phases, end = flow_layout.lay_out_rows(self.grid, self.phases, 34 if self.heads else 10)
        width = room.whole + (0 if room.stacked else self.left)
        below = [line for told in self.notes_below() for line in flow_layout.wrap_text(told, width - _MAIN - 10)]
        return {
            "width": int(width),
            "height": int(end + 14 + (LINE_ABOVE + flow_layout.LINE * len(below) if below else 0)),
            "heads": [{"x": one.x, "y": one.y - 12, "name": name} for name, one in self.heads],
            "phases": [phase for phase in phases if phase.name],
            "boxes": [box for row in self.grid for box in row],
            "arrows": self._trunk_lines() if room.stacked else self._arrow_lines(),
            "below": below,
            "below_y": int(end + 14 + LINE_ABOVE),
        }

    def _trunk_lines(self) -> list[str]:
        """Return the lines of a flow whose boxes stand below each other, along the left of those that go on."""
        lines: list[str] = []
        first = [one for _, one in self.heads] or [self.grid[0][0]]
        held = [row[0] for row in self.grid if row]
        total = held[-1] if self.updated else None
        included = held[-2] if self.updated else held[-1]
        for place, begin in enumerate(first):
            until = first[place + 1] if place + 1 < len(first) else included
            group = held[held.index(begin) : held.index(until)]
            on = [one for one in group if one.x == _MAIN]
            target = total if self.updated and place == 0 and total else included
            for one, other in pairwise(on):
                lines.append(f"M{_point(_MAIN + 18)} {_point(one.y + one.height)}V{_point(other.y)}")
            for above, one in pairwise(group):
                if one.x != _MAIN:
                    level = _point(one.y + one.height / 2)
                    lines.append(f"M{_point(_MAIN + 18)} {_point(above.y + above.height)}V{level}H{_point(one.x)}")
            if until is target:
                lines.append(f"M{_point(_MAIN + 18)} {_point(on[-1].y + on[-1].height)}V{_point(target.y)}")
            else:  # past what stands between, along the edge
                level = _point(target.y + target.height / 2)
                lines.append(f"M{_MAIN} {_point(on[-1].y + on[-1].height / 2)}H{_MAIN - 5}V{level}H{_MAIN}")
        if total:
            lines.append(f"M{_point(_MAIN + 18)} {_point(included.y + included.height)}V{_point(total.y)}")
        return lines

    def _arrow_lines(self) -> list[str]:
        lines: list[str] = []
        further = self.room.further
        columns: dict[float, list[Box]] = {}
        for row in self.grid:
            for one in row:
                columns.setdefault(one.x, []).append(one)
        main = _MAIN + self.left
        for row in self.grid:  # from each box to what is left out beside it
            placed = {one.x: one for one in row}
            for x in (main, main + further):
                begin, end = placed.get(x), placed.get(x + self.room.side - _MAIN)
                if begin and end:
                    level = begin.y + min(begin.height, end.height) / 2
                    lines.append(f"M{_point(begin.x + begin.width)} {_point(level)}H{_point(end.x)}")
        included = self.grid[len(self.grid) - (2 if self.updated else 1)][0]
        for x in (main, main + further):
            for one, other in pairwise(columns.get(x, [])):
                lines.append(f"M{_point(one.middle)} {_point(one.y + one.height)}V{_point(other.y)}")
        if self.flow.other_identified is not None:
            last = columns[main + further][-1]
            lines.append(_bend_line(last, included, included.x + included.width))
        if self.updated:
            total = self.grid[-1][0]
            lines.append(_bend_line(columns[_MAIN][0], total, total.x))
        return lines


def _bend_line(one: Box, other: Box, side: float) -> str:
    """Return a line from below a box down to the level of another, and along to a side of it."""
    return f"M{_point(one.middle)} {_point(one.y + one.height)}V{_point(other.y + other.height / 2)}H{_point(side)}"


#: The room above what stands below the boxes.
LINE_ABOVE = 12


def _point(place: float) -> str:
    return f"{place:g}"
