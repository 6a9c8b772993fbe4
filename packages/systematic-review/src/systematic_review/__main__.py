"""The command ``systematic-review``: run a review from the exports in a folder to its figures.

What a command needs is imported when it runs, so that ``--help`` is there at once.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from systematic_review.errors import ReviewError

if TYPE_CHECKING:
    from systematic_review.review import Review

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))
_TOOLS = ("covidence", "rayyan", "asreview")
_STAGES = ("title_abstract", "full_text")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns
    -------
    Its exit code: 0 where all is well, 1 where something failed, 2 where the
    command is not understood, 3 where files were left out that could not be
    read, 130 where interrupted.

    Examples
    --------
    >>> main(["run", "no such folder"])
    1
    """
    try:
        given = list(sys.argv[1:] if arguments is None else arguments)
        with commands.make_context("systematic-review", given) as context:
            return int(commands.invoke(context) or 0)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except ReviewError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt as error:
        print(str(error) or "interrupted", file=sys.stderr)
        return 130


@click.group()
@click.version_option(package_name="systematic-review", message="systematic-review %(version)s")
def commands() -> None:
    """Run a review from the exports in a folder to its flow, its trend and its keyword map."""


@commands.command()
@_FOLDER
@click.option(
    "--output", type=click.Path(path_type=Path), help="Where results go; the folder's own 'results' by default."
)
@click.option("--spark", default="", help="Compare records on this Spark cluster: spark://host:7077, local[2].")
def run(folder: Path, output: Path | None, spark: str) -> int:
    """Go from the exports in FOLDER to the flow, the trend and the map."""
    from systematic_review import pipeline

    return pipeline.run_with_progress(folder, output, spark)


@commands.command()
@_FOLDER
def init(folder: Path) -> None:
    """Write a protocol, with comments, to begin a review in FOLDER."""
    from systematic_review import protocol

    click.echo(f"{protocol.write_template(folder)}: written; its comments say what to change")


@commands.command()
@_FOLDER
def example(folder: Path) -> None:
    """Write a made-up review with decisions to FOLDER, to try the commands on."""
    if folder.exists():
        raise ReviewError(f"{folder}: found it there already, expected a new folder")
    shutil.copytree(Path(__file__).with_name("example"), folder)
    click.echo(f"{folder}: written; its README.md says what is in it")


@commands.command()
@_FOLDER
def status(folder: Path) -> None:
    """Say what waits in FOLDER, and for whom, and what is wrong."""
    from systematic_review import progress

    found = progress.describe_status(_run_stored(folder))
    for line in [*found.waits, *found.problems]:
        click.echo(line)
    if found.finished:
        click.echo("finished: nothing waits, and nothing is wrong")


@commands.command()
@_FOLDER
def check(folder: Path) -> int:
    """End with 0 if FOLDER is a finished review with nothing wrong in it, else with 1 and a line for each thing."""
    from systematic_review import progress

    found = progress.describe_status(_run_stored(folder))
    for line in [*found.problems, *found.waits]:
        click.echo(line, err=True)
    return 0 if found.finished else 1


@commands.command()
@_FOLDER
def report(folder: Path) -> None:
    """Write what a journal asks for to FOLDER/results/report: studies, reasons, searches, methods, checklist."""
    from systematic_review import report as reporting

    review = _run_stored(folder)
    for path in reporting.write_report(review, review.results / "report"):
        click.echo(path)


@commands.command()
@_FOLDER
def update(folder: Path) -> None:
    """Keep the review in FOLDER as an earlier version, before searches are repeated."""
    from systematic_review import previous_version

    told = _run_stored(folder).decisions
    found, studies = previous_version.keep_version(folder, folder / "results", told.studies)
    click.echo(f"{folder / 'earlier'}: {found} records and {studies} studies kept; what is searched now is new")


@commands.command()
@_FOLDER
@click.option("--to", "tool", required=True, type=click.Choice([*_TOOLS, "zotero"]), help="The tool.")
@click.option(
    "--stage",
    type=click.Choice([*_STAGES, "included", "excluded"]),
    help="Works that wait at this stage, those included, or full texts that were excluded.",
)
@click.option("--reviewer", default="", help="Only what waits for this reviewer.")
@click.option("--all", "everything", is_flag=True, help="All works that came to the stage, whether they wait or not.")
def export(folder: Path, tool: str, stage: str | None, reviewer: str, everything: bool) -> None:
    """Write works of FOLDER that wait for a decision for a tool in which people screen or cite."""
    from systematic_review import screening_tools

    review = _run_stored(folder)
    settled = review.settled
    if stage in {"included", "excluded"}:
        decision, at = {"included": ("include", [review.stages[-1].name]), "excluded": ("exclude", ["full_text"])}[
            stage
        ]
        names = settled.loc[(settled["decision"] == decision) & settled["stage"].isin(at), "record"]
    else:
        names = review.waiting_sheet(stage or "", reviewer, everything=everything)["record"]
    works = review.works[review.works["id"].isin(names)]
    if works.empty:
        click.echo("0 works wait: nothing written; --all writes all of them")
        return
    for path in screening_tools.write_for_tool(works, tool, folder / "results" / "export"):
        click.echo(path)
    click.echo(f"{len(works)} works written for {tool}")


@commands.command()
@_FOLDER
@click.argument("into", type=click.Path(path_type=Path))
@click.option("--reviewer", default="", help="Whose sheet it is.")
@click.option("--stage", type=click.Choice(_STAGES), help="The stage, the first by default.")
@click.option("--all", "everything", is_flag=True, help="All works that came to the stage, whether they wait or not.")
def sheet(folder: Path, into: Path, reviewer: str, stage: str | None, everything: bool) -> None:
    """Write what waits in FOLDER for a reviewer as a sheet to fill in: INTO is a .csv or an .xlsx file."""
    from systematic_review import records

    table = _run_stored(folder).waiting_sheet(stage or "", reviewer, everything=everything)
    records.write_new_table(table, into)
    click.echo(f"{into}: {len(table)} works to decide on")


def _run_stored(folder: Path) -> Review:
    """Bring the results of a review up to date, and return it with what they hold."""
    from systematic_review import pipeline

    return pipeline.open_stored(folder)


@commands.command()
@_FOLDER
@click.option("--reviewer", required=True, help="Whose decisions are taken: a person's name.")
@click.option("--port", default=0, help="The port of this machine; any that is free by default.")
@click.option("--no-browser", is_flag=True, help="Print the address, and open no browser.")
def screen(folder: Path, reviewer: str, port: int, no_browser: bool) -> None:
    """Screen the works of FOLDER in a browser on this machine; each decision is saved at once."""
    try:
        from systematic_review.screening_page.server import serve_screening
    except ModuleNotFoundError as error:
        raise ReviewError(f"found no {error.name}, expected it: pip install 'systematic-review[screen]'") from None
    serve_screening(folder, reviewer, port, browse=not no_browser)


@commands.command(name="import")
@_FOLDER
@click.argument("decisions", type=click.Path(path_type=Path))
@click.option("--from", "tool", required=True, type=click.Choice(_TOOLS), help="The tool that exported them.")
@click.option("--stage", type=click.Choice(_STAGES), default=None, help="The stage that they belong to.")
@click.option("--reviewer", default="", help="Whose decisions ASReview's are.")
@click.option("--maybe", type=click.Choice(["include", "exclude"]), help="What Rayyan's Maybe is taken for.")
@click.option(
    "--list", "listed", default="", help="Which of Covidence's lists it is, where the file's name does not say."
)
@click.option(
    "--reasons",
    type=click.Path(path_type=Path),
    help="CSV with columns theirs and reason: which criterion each stands for.",
)
def import_decisions(
    folder: Path,
    decisions: Path,
    tool: str,
    stage: str | None,
    reviewer: str,
    maybe: str | None,
    listed: str,
    reasons: Path | None,
) -> None:
    """Take the DECISIONS that a tool exported as CSV into FOLDER."""
    import pandas as pd

    from systematic_review import records, screening, screening_tools

    if tool == "asreview" and not reviewer:
        raise ReviewError("ASReview does not say whose decisions these are: --reviewer NAME is missing")
    review = _run_stored(folder)
    works, agreed = review.works, review.protocol
    maybes = 0
    if tool == "covidence":
        read = screening_tools.read_covidence(decisions, listed)
    elif tool == "rayyan":
        read, maybes = screening_tools.read_rayyan(decisions, maybe or "")
    else:
        read = screening_tools.read_asreview(decisions, reviewer)
    # Covidence's lists are of two stages, unless the protocol knows one alone.
    two = len(agreed.stages_with()) > 1 or (tool == "covidence" and not agreed.criteria)
    found, lost = screening_tools.match_decisions(read, works)
    found = screening_tools.map_reasons(found, agreed, screening_tools.read_reasons(reasons))
    into = folder / "decisions"
    for path in screening_tools.write_decisions(found, tool, stage or (_STAGES[0] if two else ""), agreed, into):
        click.echo(path)
    unmatched = folder / "results" / f"unmatched-{tool}.csv"
    unmatched.unlink(missing_ok=True)
    if lost:
        told = [{"row": one.row, "title": one.fields["title"], "decision": one.decision} for one in lost]
        records.write_table(pd.DataFrame(told).drop_duplicates("row"), unmatched)
        click.echo(f"{len({one.row for one in lost})} rows are of no work of this review: {unmatched}", err=True)
    if maybes:
        these = "decision is Maybe and was" if maybes == 1 else "decisions are Maybe and were"
        click.echo(f"{maybes} {these} not taken in: --maybe include or --maybe exclude takes them", err=True)
    beside = {
        work
        for work, sources in zip(works["id"], works["sources"], strict=True)
        if screening.is_found_beside(sources, agreed)
    }
    at_titles = {(one.record, one.reviewer) for one in found if (one.stage or stage or _STAGES[0]) == _STAGES[0]}
    unfit = {key for key in at_titles if key[0] in beside} if two else set()
    if unfit:
        click.echo(
            f"{len(unfit)} decisions are on works that other methods found, which are not screened by title; "
            "the next run lists them in results/orphaned-decisions.csv",
            err=True,
        )
    taken = {(one.record, one.reviewer) for one in found} - unfit
    click.echo(f"{len(taken)} decisions taken in from {tool}")


if __name__ == "__main__":
    sys.exit(main())
