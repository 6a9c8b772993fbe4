"""The PRISMA 2020 flow: its counts, its identity and its diagram."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pandas as pd

from smartcity_review import data
from smartcity_review.markup import Markup, render
from smartcity_review.messages import number, text


@dataclass(frozen=True)
class Flow:
    """Record counts at each stage, in PRISMA 2020 terms."""

    identified: int
    duplicates_removed: int
    excluded: int
    included: int

    @property
    def screened(self) -> int:
        """Records left for screening once duplicates are removed."""
        return self.identified - self.duplicates_removed

    @property
    def undecided(self) -> int:
        """Records screened that were neither excluded nor included yet."""
        return self.screened - self.excluded - self.included


def counts(prisma_flow: pd.DataFrame) -> Flow:
    """Return the counts of a frame with columns ``stage`` and ``records`` (Figure 1)."""
    return Flow(**{stage: int(records) for stage, records in prisma_flow.itertuples(index=False)})


def diagram(
    prisma_flow: pd.DataFrame,
    record_sources: pd.DataFrame,
    language: str = "en",
    exclusions: pd.DataFrame | None = None,
    tables: tuple[str, ...] = ("prisma_flow", "record_sources"),
) -> Markup:
    """Return the flow as an accessible SVG diagram (Figure 1 of the paper).

    Parameters
    ----------
    prisma_flow : columns ``stage``, ``records``.
    record_sources : columns ``source``, ``records``; their sum is printed
        beside the records identified where the two differ.
    exclusions : columns ``reason``, ``records``; listed under the records excluded.
    tables : where the counts come from; tables of the data are offered for download beside it.
    """
    flow = counts(prisma_flow)
    shown = {
        name: number(count, language)
        for name, count in {
            "identified": flow.identified,
            "duplicates": flow.duplicates_removed,
            "screened": flow.screened,
            "excluded": flow.excluded,
            "included": flow.included,
        }.items()
    }
    total = int(record_sources["records"].sum())
    note = (
        text("flow_sources_sum", language, total=number(total, language), gap=number(flow.identified - total, language))
        if total != flow.identified
        else ""
    )
    waiting = (
        text("review_flow_undecided", language, undecided=number(flow.undecided, language))
        if flow.undecided > 0
        else ""
    )
    note = f"{note} {waiting}".strip()
    reasons = (
        []
        if exclusions is None
        else [f"{reason}: {number(records, language)}" for reason, records in exclusions.itertuples(index=False)]
    )
    sources = [(source, number(records, language)) for source, records in record_sources.itertuples(index=False)]
    boxes = {name: text(f"flow_{name}", language) for name in ("identified", "duplicates", "screened", "excluded")}
    boxes["included"] = text("flow_studies", language)
    lines = [f"{boxes[name]}: {shown[name]}" for name in boxes]
    plain = "\n".join(
        [*lines, *(f"  {source}: {records}" for source, records in sources), *map("  {}".format, reasons), note]
    )
    return Markup(
        render(
            "flow.html",
            id="flow-" + hashlib.sha256(plain.encode()).hexdigest()[:12],
            download=text("download", language),
            title=text("flow_title", language),
            description=f"{text('alt_flow', language, **shown)} {waiting}".strip(),
            phases=[text(f"flow_{phase}", language) for phase in ("identification", "screening", "included")],
            boxes=boxes,
            shown=shown,
            sources=sources,
            reasons=reasons,
            tables=tables,
            downloads=[table for table in tables if table in data.names()],
            note=note,
            waiting=waiting,
        ),
        plain,
    )
