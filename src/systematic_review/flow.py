"""The PRISMA 2020 flow (Page et al. 2021, BMJ 372:n71): counted from records and decisions, checked, drawn."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from systematic_review.errors import ReviewError
from systematic_review.figures import Figure
from systematic_review.protocol import Protocol
from systematic_review.words import number, text

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


def of(stages: pd.DataFrame) -> Flow:
    """Return the counts of a frame with columns ``stage`` and ``records``."""
    return Flow(**{stage: int(records) for stage, records in stages.itertuples(index=False)})


def counts(records: pd.DataFrame, works: pd.DataFrame, settled: pd.DataFrame) -> pd.DataFrame:
    """Return the number of records at each stage, one row a stage.

    Parameters
    ----------
    records : the records as imported.
    works : what :func:`~systematic_review.deduplication.merge` made of them.
    settled : what :func:`~systematic_review.screening.settle` says of the works.

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


def sources(records: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """Return the records that each source gave: columns ``source`` and ``records``."""
    counted = records["source"].value_counts(sort=False).sort_index()
    return pd.DataFrame(
        {"source": [protocol.source(source) for source in counted.index], "records": counted.to_numpy()}
    )


def exclusions(settled: pd.DataFrame) -> pd.DataFrame:
    """Return the works excluded for each reason: columns ``reason`` (a criterion) and ``records``, most first."""
    counted = settled.loc[settled["decision"] == "exclude", "reason"].value_counts(sort=False)
    table = pd.DataFrame({"reason": counted.index.astype("str"), "records": counted.to_numpy()})
    return table.sort_values(["records", "reason"], ascending=[False, True], ignore_index=True)


def by_source(works: pd.DataFrame, settled: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
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
    counted.index = pd.Index([protocol.source(source) for source in counted.index], name="source")
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
    ReviewError : one line an identity that does not hold.
    """
    found = of(stages)
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
        raise ReviewError("\n".join(faults))


def diagram(
    stages: pd.DataFrame,
    by: pd.DataFrame,
    reasons: pd.DataFrame | None = None,
    language: str = "en",
    protocol: Protocol | None = None,
) -> Figure:
    """Return the flow as an accessible SVG diagram.

    Parameters
    ----------
    stages, by, reasons : as :func:`counts`, :func:`sources` and :func:`exclusions`
        return them, or as published; the sum of the sources is noted below the
        diagram where it is not that of the records identified.
    protocol : how sources and criteria are called.
    """
    flow = of(stages)
    protocol = protocol or Protocol()
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
    total = int(by["records"].sum())
    gap = (
        text("flow_sources_sum", language, total=number(total, language), gap=number(flow.identified - total, language))
        if total != flow.identified
        else ""
    )
    waiting = text("flow_undecided", language, undecided=number(flow.undecided, language)) if flow.undecided > 0 else ""
    why = [] if reasons is None else list(reasons.itertuples(index=False))
    excluded = [f"{protocol.criterion(reason, language)}: {number(records, language)}" for reason, records in why]
    sources = [(source, number(records, language)) for source, records in by.itertuples(index=False)]
    boxes = {name: text(f"flow_{name}", language) for name in ("identified", "duplicates", "screened", "excluded")}
    boxes["included"] = text("flow_studies", language)
    rows = [(boxes[name], shown[name]) for name in boxes]
    rows[1:1] = [(f"  {source}", records) for source, records in sources]
    rows += [(f"  {reason}", "") for reason in excluded]
    table = pd.DataFrame(rows, columns=[text("stage", language), text("records", language)])
    description = f"{text('alt_flow', language, **shown)} {waiting}".strip()
    svg = _TEMPLATES.get_template("flow.svg").render(
        id="flow-" + hashlib.sha256(f"{description}{rows}".encode()).hexdigest()[:12],
        title=text("flow_title", language),
        description=description,
        phases=[text(f"flow_{phase}", language) for phase in ("identification", "screening", "included")],
        boxes=boxes,
        shown=shown,
        sources=sources,
        reasons=excluded,
        waiting=waiting,
    )
    return Figure(text("flow_title", language), description, table, svg=svg.strip(), note=gap)
