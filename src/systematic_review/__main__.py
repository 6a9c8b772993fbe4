"""The command ``systematic-review``: run a review from the exports in a folder to its figures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Returns
    -------
    Its exit code: 0 where all is well, 1 where something failed, 3 where files
    were left out that could not be read, 130 where interrupted.

    Examples
    --------
    >>> main(["run", "no such folder"])
    1
    """
    try:
        return _main(arguments)
    except KeyboardInterrupt as error:
        print(str(error) or "interrupted", file=sys.stderr)
        return 130


def _main(arguments: list[str] | None) -> int:
    # Libraries take their time to load, and may be interrupted too.
    from systematic_review import protocol, run
    from systematic_review.errors import ReviewError

    parser = argparse.ArgumentParser(prog="systematic-review", description=__doc__)
    commands = parser.add_subparsers(required=True)
    rerun = commands.add_parser("run", help="from the exports in a folder to the flow, the trend and the map")
    rerun.add_argument("folder", type=Path, help="where the exports are")
    rerun.add_argument("--output", type=Path, help="where results go; the folder's own 'results' by default")
    rerun.add_argument("--spark", default="", help="compare records on this Spark cluster: spark://host:7077, local[2]")
    rerun.set_defaults(run=lambda chosen: run.main(chosen.folder, chosen.output, chosen.spark))
    begin = commands.add_parser("init", help="write a protocol with comments to begin a review with")
    begin.add_argument("folder", type=Path, help="where the review is to be; made where it is not there")
    begin.set_defaults(
        run=lambda chosen: _said(f"{protocol.write(chosen.folder)}: written; its comments say what to change")
    )
    update = commands.add_parser("update", help="keep the review as an earlier version, before searches are repeated")
    update.add_argument("folder", type=Path, help="where the exports are")
    update.set_defaults(run=lambda chosen: _update(chosen.folder))
    export = commands.add_parser("export", help="write the works for a tool in which people screen or cite")
    export.add_argument("folder", type=Path, help="where the exports are")
    export.add_argument("--to", required=True, choices=("covidence", "rayyan", "asreview", "zotero"))
    export.add_argument("--stage", choices=(protocol.FULL_TEXT,), help="only the works whose full text is sought")
    export.set_defaults(run=lambda chosen: _export(chosen.folder, chosen.to, chosen.stage))
    take = commands.add_parser("import", help="take in the decisions that a tool exported")
    take.add_argument("folder", type=Path, help="where the exports are")
    take.add_argument("decisions", type=Path, help="what the tool exported, as CSV")
    take.add_argument("--from", required=True, choices=("covidence", "rayyan", "asreview"), dest="tool")
    take.add_argument("--stage", choices=(protocol.TITLE_ABSTRACT, protocol.FULL_TEXT), default="")
    take.add_argument("--reviewer", default="", help="whose decisions ASReview's are")
    take.add_argument("--list", default="", help="which of Covidence's lists it is, where the file's name does not say")
    take.add_argument(
        "--reasons", type=Path, help="CSV with columns theirs and reason: which criterion each stands for"
    )
    take.set_defaults(run=_import)
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except ReviewError as error:
        print(error, file=sys.stderr)
        return 1


def _said(line: str) -> int:
    print(line)
    return 0


def _update(folder: Path) -> int:
    from systematic_review import run, updating

    run.run(folder)
    found, studies = updating.keep(folder, folder / "results")
    return _said(f"{folder / 'earlier'}: {found} records and {studies} studies kept; what is searched now is new")


def _export(folder: Path, tool: str, stage: str | None) -> int:
    from systematic_review import interchange, records, run

    run.run(folder)
    results = folder / "results"
    works = records.read_table(results / "works.csv")
    if stage:
        settled = records.read(results / "screened.csv", ["record", "stage"])
        works = works[works["id"].isin(settled.loc[settled["stage"] == stage, "record"])]
    for path in interchange.export(works, tool, results / "export"):
        print(path)
    return _said(f"{len(works)} works written for {tool}")


def _import(chosen: argparse.Namespace) -> int:
    import pandas as pd

    from systematic_review import interchange, protocol, records, run
    from systematic_review.errors import ReviewError

    if chosen.tool == "asreview" and not chosen.reviewer:
        raise ReviewError("ASReview does not say whose decisions these are: --reviewer NAME is missing")
    run.run(chosen.folder)
    works = records.read_table(chosen.folder / "results" / "works.csv")
    read = {
        "covidence": lambda: interchange.from_covidence(chosen.decisions, chosen.list),
        "rayyan": lambda: interchange.from_rayyan(chosen.decisions),
        "asreview": lambda: interchange.from_asreview(chosen.decisions, chosen.reviewer),
    }
    agreed = protocol.read(chosen.folder)
    # Covidence's lists are of two stages, unless the protocol knows one alone.
    two = len(agreed.staged()) > 1 or (chosen.tool == "covidence" and not agreed.criteria)
    stage = chosen.stage or (protocol.TITLE_ABSTRACT if two else "")
    found, lost = interchange.matched(read[chosen.tool](), works)
    found = interchange.reasoned(found, agreed, interchange.read_reasons(chosen.reasons))
    for path in interchange.write_decisions(found, chosen.tool, stage, agreed, chosen.folder / "decisions"):
        print(path)
    unmatched = chosen.folder / "results" / f"unmatched-{chosen.tool}.csv"
    unmatched.unlink(missing_ok=True)
    if lost:
        told = [{"row": one.row, "title": one.fields["title"], "decision": one.decision} for one in lost]
        records.write(pd.DataFrame(told).drop_duplicates("row"), unmatched)
        print(f"{len({one.row for one in lost})} rows are of no work of this review: {unmatched}", file=sys.stderr)
    return _said(f"{len({(one.record, one.reviewer) for one in found})} decisions taken in from {chosen.tool}")


if __name__ == "__main__":
    sys.exit(main())
