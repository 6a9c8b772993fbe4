"""Run the whole review for a folder: from the exports in it to figures, resumable and repeatable.

Exports lie in the folder or, by source, in its sub-folders. What people decide
lies in its sub-folder ``decisions``: ``duplicates.csv`` (pairs that are the same
or different), ``screening*.csv`` (a reviewer's decisions), ``resolutions*.csv``
and ``thesaurus.csv``, each of which may be missing; a file of another name
there is a mistake, but for notes (``*.md``) and hidden files. What an earlier
version of the review knew lies in ``earlier``. What is computed is written
to ``results``, and ``manifest.json`` there says from what.

Each step is done again only where its inputs, its outputs, the libraries or
this package have changed, so that a run that was interrupted goes on where it
stopped, and a second run changes nothing. What has to be done again is removed
before anything is done, so that a run that fails leaves no results of another.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from systematic_review import (
    flow,
    flow_files,
    importing,
    keyword_map,
    previous_version,
    protocol,
    publication_trend,
    records,
    screening,
)
from systematic_review.errors import ReviewError
from systematic_review.figures import Figure, draw_figure
from systematic_review.review import Review

_LIBRARIES = (
    "altair",
    "bibtexparser",
    "duckdb",
    "igraph",
    "nbib",
    "pandas",
    "pylatexenc",
    "python-calamine",
    "rispy",
    "splink",
    "vl-convert-python",
)
#: The exit code of a run that left files out which it could not read.
UNREADABLE = 3
_FLOW_TABLES = ("flow.csv", "flow-sources.csv", "flow-exclusions.csv")
_MAPS = ("keywords-map.txt", "keywords-network.txt", "keywords.graphml", "keywords.csv", "keyword-links.csv")

#: Told of each step as it begins: its place, how many there are, what it does, and whether it was done before.
Report = Callable[[int, int, str, bool], None]
#: Told how many more records were read.
Advance = Callable[[int], None]
#: Told what a person should know, in one line.
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """One step of a run: what it reads, what it writes, and how.

    Examples
    --------
    >>> Step("records", [Path("sage.csv")], [Path("results/records.csv")], lambda: None).name
    'records'
    """

    name: str
    inputs: list[Path]
    outputs: list[Path]
    work: Callable[[], None]


def run_review(
    folder: Path,
    output: Path | None = None,
    report: Report = lambda place, steps, name, done: None,
    advance: Advance = lambda read: None,
    compared: Advance = lambda share: None,
    tell: Tell = lambda line: None,
    spark: str = "",
) -> dict[str, int]:
    r"""Do every step that is not done, and return the counts of the review.

    Parameters
    ----------
    folder : where the exports are.
    output : where the results go; ``results`` in ``folder`` by default.
    report, advance, compared : told how far the run is, how many more records were
        read, and what share of them was compared, in percent.
    tell : told, a line each, what a person should know of the results.
    spark : as in :func:`systematic_review.deduplication.find_pairs`; the results are the same.

    Returns
    -------
    ``identified``, ``rejected``, ``duplicates_removed``, ``screened``, ``excluded``,
    ``included`` and ``undecided`` records, and where there are full texts,
    ``sought``, ``not_retrieved``, ``assessed`` and ``excluded_full_text``.

    Raises
    ------
    ReviewError : an export or a decision that cannot be used, in one line.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "sage.csv").write_text("Title,Year\nThe Kerbs of Old Cities,2019\n")
    ...     counted = run_review(Path(folder))
    >>> counted["identified"], counted["screened"]
    (1, 1)
    """
    output = output or folder / "results"
    exports = importing.list_exports(folder)
    if output.resolve() != (folder / "results").resolve() and output.resolve().is_relative_to(folder.resolve()):
        raise ReviewError(f"{output}: found a folder among the exports, expected {folder / 'results'} or one elsewhere")
    try:
        with lock_folder(output):
            return _run_steps(folder, output, exports, report, advance, compared, tell, spark)
    except OSError as error:
        raise ReviewError(f"{error.filename or output}: {error.strerror or error}") from None


def _run_steps(
    folder: Path,
    output: Path,
    exports: list[Path],
    report: Report,
    advance: Advance,
    compared: Advance,
    tell: Tell,
    spark: str,
) -> dict[str, int]:
    review = Review(folder, results=output, compared=compared, spark=spark)
    steps = _make_steps(review, exports, advance)
    _check_ownership(steps, folder, output)
    environment = _describe_environment()
    manifest = _clear_outdated(steps, folder, output, environment)
    kept: dict[str, Any] = {}
    for place, step in enumerate(steps, start=1):
        key = _step_key(step, folder, output, environment)
        done = _is_done(step, key, manifest.get("steps", {}).get(step.name))
        report(place, len(steps), step.name, done)
        if not done:
            # What is about to be written is ours from now on, also where the process is killed.
            _write_manifest(output, manifest | {"steps": manifest.get("steps", {}) | kept} | {"begun": _names(step)})
            step.work()
        review.use_stored(path.name for path in step.outputs)
        kept[step.name] = {"key": key, "outputs": {path.name: _hash_file(path) for path in step.outputs}}
        # Steps to come keep what is known of them, so that an interruption loses nothing.
        _write_manifest(output, {**manifest, "steps": {**manifest.get("steps", {}), **kept}})
    counts = _read_counts(output)
    inputs = {
        _shown_path(path, folder): _hash_file(path)
        for step in steps
        for path in step.inputs
        if path.parent != output and path.exists()
    }
    _write_manifest(output, {"environment": environment, "inputs": inputs, "counts": counts, "steps": kept})
    _report_changes(output, tell)
    return counts


@contextmanager
def lock_folder(output: Path) -> Iterator[None]:
    """Keep other commands out of a folder of results while one works on it.

    Raises
    ------
    ReviewError : another command works on it; the message says which process.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, lock_folder(Path(folder)):
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['.lock', '.lock-holder']
    """
    output.mkdir(parents=True, exist_ok=True)
    holder = output / ".lock-holder"
    lock = FileLock(output / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        who = holder.read_text(encoding="utf-8") if holder.exists() else "another process"
        raise ReviewError(
            f"{output}: found {who} at work on it, expected no other command until that has ended"
        ) from None
    try:
        holder.write_text(f"process {os.getpid()}", encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
        (output / ".lock").unlink(missing_ok=True)


def open_stored(folder: Path) -> Review:
    r"""Do every step that is not done, and return the review, which reads its tables from the results.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "sage.csv").write_text("Title,Year\nThe Kerbs of Old Cities,2019\n")
    ...     len(open_stored(Path(folder)).works)
    1
    """
    run_review(folder)
    review = Review(folder)
    review.use_stored(["records.csv", "files.csv", "pairs.csv", "works.csv", "screened.csv"])
    return review


def run_with_progress(folder: Path, output: Path | None = None, spark: str = "") -> int:
    """Run the review and say how far it is: a progress bar on a terminal, plain lines elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("")
        seen = 0
        said: list[str] = []

        def report(place: int, steps: int, name: str, done: bool) -> None:
            progress.update(task, description=name, total=steps, completed=place - 1)
            if not console.is_terminal:
                print(f"{place}/{steps} {name}{' (done before)' if done else ''}", flush=True)

        def advance(read: int) -> None:
            nonlocal seen
            seen += read
            progress.update(task, description=f"import: {seen} records")

        def report_compared(share: int) -> None:
            progress.update(task, description=f"find duplicates: {share} %")
            if not console.is_terminal and share < 100:
                print(f"  {share} % compared", flush=True)

        try:
            counts = run_review(folder, output, report, advance, report_compared, said.append, spark)
        except KeyboardInterrupt:
            raise KeyboardInterrupt("interrupted: what was done is kept, the same command goes on from there") from None
    print("; ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items()))
    for line in said:
        print(line)
    results = output or folder / "results"
    if lost := len(records.read_cells(results / "orphaned-decisions.csv")):
        print(f"{lost} decisions no longer fit and do not count: {results / 'orphaned-decisions.csv'}", file=sys.stderr)
    read = records.read_cells(results / "files.csv")
    unreadable = read[read["unreadable"] != ""].to_dict("records")
    for file in unreadable:
        print(f"{file['file']}: not read: {file['unreadable']}", file=sys.stderr)
    return UNREADABLE if unreadable else 0


def _report_changes(output: Path, tell: Tell) -> None:
    """Say what waits, which columns nobody used, and what has changed since the run before."""
    settled = records.read_cells(output / "screened.csv")
    for (stage, waits), count in screening.count_waiting(settled).items():
        at = "" if stage == protocol.SCREENING else f" ({stage.replace('_', ' ')})"
        tell(f"{count} {'works wait' if count > 1 else 'work waits'} for {waits}{at}")
    read = records.read_cells(output / "files.csv")
    for file in read[read["encoding"] != ""].to_dict("records"):
        tell(
            f"{file['file']}: read as {file['encoding']}, as its letters suggest; "
            "where names look wrong, save the file as UTF-8"
        )
    for file in read[read["unused_columns"] != ""].to_dict("records"):
        tell(f"{file['file']}: columns not used: {file['unused_columns']}")
    now = previous_version.known_fields(records.read_table(output / "records.csv"))
    kept = output / "known.csv"
    changed = previous_version.compare_records(records.read_cells(kept), now) if kept.exists() else None
    if changed is None or len(changed):
        records.write_table(now, kept)
    if changed is not None and len(changed):
        records.write_table(changed, output / "changes.csv")
        counted = changed["change"].value_counts()
        tell(
            f"since the run before: {counted.get('new', 0)} records new, {counted.get('vanished', 0)} vanished "
            "(changes.csv)"
        )


def _make_steps(review: Review, exports: list[Path], advance: Advance) -> list[Step]:
    """Return the steps in their order: what each reads and writes, and what of the review it stores."""
    folder, output = review.root, review.results
    decided = review.decided
    sheets = [*screening.list_sheets(decided), *screening.list_resolutions(decided)]
    sheets += [records.find_table(decided, name) for name in ("removed", "studies")]
    earlier = [folder / "earlier" / f"{name}.csv" for name in ("records", "studies")]
    agreed = folder / protocol.FILE
    at = partial(Path, output)
    read, works, screened = at("records.csv"), at("works.csv"), at("screened.csv")
    languages = review.protocol.languages
    figures = [
        at(f"{name}.{language}.svg") for name in ("trend", "keywords", "keywords-by-year") for language in languages
    ]
    return [
        Step(
            "import",
            exports,
            [read, at("rejects.csv"), at("files.csv")],
            lambda: importing.convert_folder(folder, read, at("rejects.csv"), advance, at("files.csv")),
        ),
        Step("find duplicates", [read], [at("pairs.csv")], lambda: _store(review, "pairs.csv", review.pairs)),
        Step(
            "merge",
            [read, at("pairs.csv"), records.find_table(decided, "duplicates")],
            [works, at("orphaned-pairs.csv")],
            lambda: _store_works(review),
        ),
        Step(
            "propose",
            [works, agreed],
            [at("proposals.csv")],
            lambda: _store_proposals(review),
        ),
        Step(
            "screen",
            [works, at("orphaned-pairs.csv"), agreed, *sheets],
            [
                screened,
                *map(
                    at,
                    (
                        "agreement.csv",
                        "agreement-pairs.csv",
                        "conflicts.csv",
                        "waiting.csv",
                        "screening-sheet.csv",
                        "full-text-sheet.csv",
                    ),
                ),
                at("orphaned-decisions.csv"),
            ],
            lambda: _store_screening(review),
        ),
        Step(
            "flow",
            [read, works, screened, at("files.csv"), agreed, *sheets, *earlier],
            [
                *map(at, _FLOW_TABLES),
                at("sources.csv"),
                at("flow-prisma2020.csv"),
                *(at(f"flow.{language}.{kind}") for language in languages for kind in ("svg", "png", "pptx")),
            ],
            lambda: _store_flow(review),
        ),
        Step(
            "trend and map",
            [read, works, screened, agreed, records.find_table(decided, "thesaurus")],
            [at("trend.csv"), *map(at, _MAPS), *figures],
            lambda: _store_maps(review),
        ),
    ]


def _names(step: Step) -> list[str]:
    return [path.name for path in step.outputs]


def _check_ownership(steps: list[Step], folder: Path, output: Path) -> None:
    """Refuse to write over files that no manifest of a run names.

    Results in the review's own folder are ours, unless that is a link to
    somewhere else, also where their manifest is broken.
    """
    ours = _read_manifest(output)
    own_folder = output == folder / "results" and not output.is_symlink()
    if own_folder and (output / "manifest.json").exists() and not ours:
        return
    named = {name for step in ours.get("steps", {}).values() for name in step["outputs"]} | set(ours.get("begun", []))
    others = [name for step in steps for name in _names(step) if (output / name).exists() and name not in named]
    if others:
        raise ReviewError(
            f"{output}: found {', '.join(others[:5])}, which no run of this command wrote, expected an empty folder"
        )


def _clear_outdated(steps: list[Step], folder: Path, output: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Remove what is no longer current, and what a process that was killed had begun; return the manifest of the rest.

    A step is no longer current either where one is not that it reads the outputs of.
    """
    for path in output.glob(f"*{records.PART}"):
        path.unlink(missing_ok=True)
    manifest = _read_manifest(output)
    known = manifest.get("steps", {})
    stale: set[Path] = set()
    current = {}
    for step in steps:
        key = _step_key(step, folder, output, environment)
        if stale.isdisjoint(step.inputs) and _is_done(step, key, known.get(step.name)):
            current[step.name] = known[step.name]
        else:
            stale.update(step.outputs)
    if not stale:
        return manifest
    for path in stale:
        path.unlink(missing_ok=True)
    _write_manifest(output, {"steps": current})
    return {"steps": current}


def _store(review: Review, name: str, table: pd.DataFrame) -> None:
    records.write_table(table, review.results / name)


def _store_works(review: Review) -> None:
    works, orphans = review.merged
    _store(review, "works.csv", works)
    _store(review, "orphaned-pairs.csv", orphans)


def _store_proposals(review: Review) -> None:
    _store(review, "proposals.csv", screening.propose_criteria(review.works, review.protocol.rules))


def _store_screening(review: Review) -> None:
    works, settled, told = review.works, review.settled, review.decisions
    _store(review, "screened.csv", settled)
    _store(review, "agreement.csv", screening.measure_agreement(told.decisions))
    _store(review, "agreement-pairs.csv", screening.measure_pairs(told.decisions))
    _store(review, "conflicts.csv", screening.conflict_sheet(works, told.decisions, settled))
    waits = settled.loc[settled["waits"] != "", ["record", "stage", "waits"]]
    titles = works[["id", "title"]].rename(columns={"id": "record"})
    _store(review, "waiting.csv", waits.merge(titles, on="record"))
    first = [stage.name for stage in told.stages if stage.name != protocol.FULL_TEXT]
    for name, stages in (("screening-sheet.csv", first), ("full-text-sheet.csv", [protocol.FULL_TEXT])):
        _store(review, name, screening.waiting_sheet(works, told.decisions, settled, stages))
    lost = [records.read_cells(review.results / "orphaned-pairs.csv"), told.orphans.astype("str")]
    _store(review, "orphaned-decisions.csv", pd.concat(lost, ignore_index=True))


def _store_flow(review: Review) -> None:
    tables, agreed = review.flow_tables, review.protocol
    _store(review, "sources.csv", flow.count_by_source(review.works, review.settled, agreed))
    for name, table in zip(_FLOW_TABLES, (tables.stages, tables.sources, tables.exclusions), strict=True):
        _store(review, name, table)
    named = flow_files.name_reasons(tables.exclusions, agreed)
    _store(review, "flow-prisma2020.csv", flow_files.prisma2020_table(tables.stages, tables.sources, named))
    for language in agreed.languages:
        sources = tables.name_sources(agreed, language)
        figure = flow.draw_diagram(tables.stages, sources, tables.exclusions, language, agreed)
        path = review.results / f"flow.{language}.svg"
        _draw_figure(figure, path)
        flow_files.write_png(figure, path.with_suffix(".png"))
        flow_files.write_presentation(figure, path.with_suffix(".pptx"))


def _store_maps(review: Review) -> None:
    items, linked = review.keywords
    _store(review, "trend.csv", review.publications)
    keyword_map.write_map(items, linked, review.results)
    for language in review.protocol.languages:
        drawn = {
            "trend": publication_trend.draw_trend(review.publications, language),
            "keywords": keyword_map.draw_map(items, linked, language),
            "keywords-by-year": keyword_map.draw_map(items, linked, language, overlay=True),
        }
        for name, figure in drawn.items():
            _draw_figure(figure, review.results / f"{name}.{language}.svg")


def _draw_figure(figure: Figure, path: Path) -> None:
    with records.open_replacing(path) as file:
        file.write(draw_figure(figure) + "\n")


def _read_counts(output: Path) -> dict[str, int]:
    stages = records.read_cells(output / "flow.csv")
    told = flow.flow_from_stages(stages.assign(records=stages["records"].astype("int64")))
    full = (
        {}
        if told.sought is None
        else {
            "sought": told.sought + told.other_sought,
            "not_retrieved": told.not_retrieved + told.other_not_retrieved,
            "assessed": told.reports_assessed + told.other_reports_assessed,
            "excluded_full_text": told.excluded_full_text + told.other_excluded,
        }
    )
    beside = told.other_reports_pending if told.other_identified is not None else 0
    return {
        "identified": told.identified + (told.other_identified or 0),
        "rejected": len(records.read_cells(output / "rejects.csv")),
        "duplicates_removed": told.duplicates_removed + told.other_duplicates,
        "screened": told.records_screened,
        "excluded": told.excluded + (told.other_excluded if told.sought is None else 0),
        **full,
        "included": told.new_studies,
        "undecided": told.records_pending + told.reports_pending + beside,
    }


def _step_key(step: Step, folder: Path, output: Path, environment: dict[str, str]) -> str:
    # Results are named without their folder, which may be anywhere.
    places = ((path, path.name if path.parent == output else _shown_path(path, folder)) for path in step.inputs)
    inputs = {name: _hash_file(path) for path, name in places if path.exists()}
    return hashlib.sha256(json.dumps([step.name, inputs, environment], sort_keys=True).encode()).hexdigest()


def _is_done(step: Step, key: str, known: dict[str, Any] | None) -> bool:
    return (
        known is not None
        and known.get("key") == key
        and all(path.exists() and known["outputs"].get(path.name) == _hash_file(path) for path in step.outputs)
    )


def _describe_environment() -> dict[str, str]:
    """Return what results depend on beside the inputs: Python, the libraries, and the code of this package."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted([*package.rglob("*.py"), *package.rglob("*.po"), *package.glob("templates/*")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    libraries = {library: version(library) for library in _LIBRARIES}
    return {"python": platform.python_version(), **libraries, "code": digest.hexdigest()}


def _shown_path(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _hash_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _read_manifest(output: Path) -> dict[str, Any]:
    """Return the manifest of the run before; one that is not whole counts as none."""
    try:
        manifest = json.loads((output / "manifest.json").read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    steps = manifest.get("steps") if isinstance(manifest, dict) else None
    whole = isinstance(steps, dict) and all(
        isinstance(step, dict) and isinstance(step.get("outputs"), dict) for step in steps.values()
    )
    return manifest if whole else {}


def _write_manifest(output: Path, manifest: dict[str, Any]) -> None:
    text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    path = output / "manifest.json"
    if not path.exists() or path.read_bytes() != text.encode():
        with records.open_replacing(path) as file:
            file.write(text)
