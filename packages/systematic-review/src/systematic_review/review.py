"""A review as one object: its folder, what it agreed on, and its tables, each of which is computed or read once.

The steps of a review go from frame to frame, and each is written here once:
the command stores their results, a book shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from systematic_review import (
    deduplication,
    flow,
    importing,
    keyword_map,
    previous_version,
    protocol,
    publication_trend,
    records,
    screening,
)
from systematic_review.errors import ReviewError
from systematic_review.protocol import Stage

#: Told what share of the records was compared, in percent.
Compared = Callable[[int], None]


@dataclass(frozen=True)
class FlowTables:
    """What the flow of a review is drawn from: its counts, its sources and its reasons, checked, and
    the ``records`` that they count.

    Examples
    --------
    >>> empty = pd.DataFrame()
    >>> FlowTables(empty, empty, empty, empty).sources.empty
    True
    """

    stages: pd.DataFrame
    sources: pd.DataFrame
    exclusions: pd.DataFrame
    records: pd.DataFrame

    def name_sources(self, agreed: protocol.Protocol, language: str) -> pd.DataFrame:
        """Return the sources as ``language`` calls them."""
        return flow.count_sources(self.records, agreed, language)


class Review:
    r"""A review in a folder, which is read when something is asked of it.

    Parameters
    ----------
    root : the folder, with the protocol and what people decided.
    read_exports : gives the records; those of all exports in ``root`` by default.
    results : where tables are stored; those named in ``stored`` are read from there.
    compared, spark : as in :func:`systematic_review.deduplication.find_pairs`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "sage.csv").write_text("Title,Year\nThe Kerbs of Old Cities,2019\n")
    ...     review = Review(Path(folder))
    ...     len(review.works), review.settled["waits"].tolist()
    (1, ['a first reviewer'])
    """

    def __init__(
        self,
        root: Path,
        read_exports: Callable[[], importing.Imported] | None = None,
        results: Path | None = None,
        compared: Compared = lambda share: None,
        spark: str = "",
    ) -> None:
        self.root = root
        self.decided = root / "decisions"
        self.results = results or root / "results"
        self.stored: set[str] = set()
        self._read_exports = read_exports or (lambda: importing.read_folder(root))
        self._compared, self._spark = compared, spark

    def use_stored(self, names: Iterable[str]) -> None:
        """Take these tables from the results from now on, so that each step sees what one that is resumed would."""
        self.stored.update(names)
        for name in ("imported", "records", "files", "pairs", "merged", "works", "decisions", "settled"):
            self.__dict__.pop(name, None)

    @cached_property
    def protocol(self) -> protocol.Protocol:
        """What the review agreed on."""
        return protocol.read_protocol(self.root)

    @cached_property
    def imported(self) -> importing.Imported:
        """What came of the exports."""
        return self._read_exports()

    @cached_property
    def records(self) -> pd.DataFrame:
        """The records as imported, columns :data:`systematic_review.records.COLUMNS`."""
        path = self._stored_path("records.csv")
        return records.read_table(path) if path else self.imported.records

    @cached_property
    def files(self) -> pd.DataFrame:
        """What is told of each export, columns :data:`systematic_review.importing.FILES`."""
        path = self._stored_path("files.csv")
        return records.read_cells(path) if path else self.imported.files

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """The pairs of records that are or may be one work (:func:`systematic_review.deduplication.find_pairs`)."""
        if path := self._stored_path("pairs.csv"):
            scored = records.read_cells(path)
            return scored.assign(same=scored["same"] == "True")
        return deduplication.find_pairs(self.records, self._compared, self._spark)

    @cached_property
    def merged(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The works, and the decisions on pairs that fit no record."""
        orphans: list[dict[str, object]] = []
        same = deduplication.read_decisions(records.find_table(self.decided, "duplicates"), self.records, orphans)
        grouped = deduplication.group_records(self.records, self.pairs, same)
        lost = pd.DataFrame(orphans, columns=screening.ORPHANS)
        return deduplication.merge_records(self.records, grouped), lost

    @cached_property
    def works(self) -> pd.DataFrame:
        """The works, one row each (:func:`systematic_review.deduplication.merge_records`)."""
        path = self._stored_path("works.csv")
        return records.read_table(path) if path else self.merged[0]

    @cached_property
    def decisions(self) -> screening.Decisions:
        """What people decided on the works."""
        return screening.read_decisions(self.decided, self.works, self.protocol)

    @cached_property
    def settled(self) -> pd.DataFrame:
        """What came of each work (:func:`systematic_review.screening.settle_works`)."""
        if path := self._stored_path("screened.csv"):
            return records.read_cells(path)
        told = self.decisions
        return screening.settle_works(self.works, told.decisions, told.resolutions, self.protocol, told.removed)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of the review."""
        return self.decisions.stages

    def waiting_sheet(self, stage: str = "", reviewer: str = "", *, everything: bool = False) -> pd.DataFrame:
        """Return what waits at a stage, the first by default (:func:`systematic_review.screening.waiting_sheet`).

        Raises
        ------
        ReviewError : the review has no such stage.
        """
        known = [one.name for one in self.stages]
        if stage and stage not in known:
            raise ReviewError(f"{self.root}: found stage {stage!r}, expected {' or '.join(known)}")
        told = self.decisions.decisions
        chosen = [stage or known[0]]
        return screening.waiting_sheet(self.works, told, self.settled, chosen, reviewer, everything=everything)

    @cached_property
    def previous(self) -> previous_version.PreviousVersion | None:
        """What an earlier version of the review knew."""
        return previous_version.read_previous(self.root)

    @cached_property
    def flow_tables(self) -> FlowTables:
        """The tables of the flow: of what is new where there was an earlier version.

        Raises
        ------
        ReviewError : an identity of the flow does not hold.
        """
        found, works, settled = self.records, self.works, self.settled
        studies, previous = self.decisions.studies, None
        if self.previous is not None:
            previous = previous_version.name_studies(self.previous.studies, studies)
            found, works, settled = flow.works_since(self.previous.records, found, works, settled)
        tables = FlowTables(
            flow.count_stages(
                found,
                works,
                settled,
                self.protocol,
                rejected=int(self.files["rejected"].astype("int64").sum()),
                previous=previous,
                studies=studies,
            ),
            flow.count_sources(found, self.protocol),
            flow.count_exclusions(settled),
            found,
        )
        flow.check_flow(tables.stages, tables.sources, tables.exclusions)
        return tables

    @cached_property
    def publications(self) -> pd.DataFrame:
        """Publications by year, source and stage (:func:`systematic_review.publication_trend.count_publications`)."""
        return publication_trend.count_publications(self.records, self.works, self.settled)

    @cached_property
    def synonyms(self) -> dict[str, str]:
        """What each synonym among the keywords is replaced by."""
        return keyword_map.read_thesaurus(records.find_table(self.decided, "thesaurus"))

    @cached_property
    def keywords(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The map of keywords: its items and its links (:func:`systematic_review.keyword_map.build_map`)."""
        return keyword_map.build_map(keyword_map.works_on_map(self.works, self.settled), self.synonyms)

    def _stored_path(self, name: str) -> Path | None:
        return self.results / name if name in self.stored else None
