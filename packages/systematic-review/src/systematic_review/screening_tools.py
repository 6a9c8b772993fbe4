"""Take works to Covidence, Rayyan, ASReview and Zotero, and bring decisions back.

Each tool carries our identifier of a work through in a field that it keeps:
Covidence and Zotero as the accession number, Rayyan in the notes, ASReview in a
column of its own. Where it was lost, the work is found by its DOI, by title,
first author and year, or by a title that no other work has.

Rayyan knows each reviewer's decisions, and ASReview those of one. Covidence
exports lists of what was agreed on, without who said what: they are taken as
resolutions.
"""

from __future__ import annotations

import json
import re
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

import pandas as pd
from babel.core import Locale

from systematic_review import records
from systematic_review.errors import ReviewError
from systematic_review.formats import tabular
from systematic_review.formats.normalize import normalize_fields
from systematic_review.protocol import FULL_TEXT, SCREENING, TITLE_ABSTRACT, Protocol
from systematic_review.records import normalize_text
from systematic_review.screening import DECISIONS, OUTCOMES, RESOLUTIONS

#: How many records Covidence takes in one file.
COVIDENCE_MOST = 15_000
_OURS = "record:"
_NOTED = re.compile(r"(?:record|review):([\w-]+-[0-9a-f]{10}(?:-\d+)?|\S+)")
_RAYYAN = [
    "key",
    "title",
    "authors",
    "journal",
    "volume",
    "issue",
    "pages",
    "year",
    "url",
    "language",
    "abstract",
    "doi",
    "keywords",
    "notes",
]
_ASREVIEW = ["review_id", "title", "abstract", "authors", "keywords", "year", "doi", "url", "included"]
_SAID = {"Included": "include", "Excluded": "exclude"}
#: What each of Covidence's lists says of the works in it, by the word in its file's name.
_LISTS = {
    "irrelevant": ((TITLE_ABSTRACT, "exclude"),),
    "excluded": ((TITLE_ABSTRACT, "include"), (FULL_TEXT, "exclude")),
    "included": ((TITLE_ABSTRACT, "include"), (FULL_TEXT, "include")),
    "select": ((TITLE_ABSTRACT, "include"),),
}


@dataclass(frozen=True)
class ImportedDecision:
    """What one row of a tool's export says of one record: by whom, at which stage, and what the record is.

    ``reasons`` holds all of them where a tool gives several, of which one counts.

    Examples
    --------
    >>> ImportedDecision(row=2, record="sage-1", fields={"title": "On Kerbs"}, reviewer="Ann", decision="include").stage
    ''
    """

    row: int
    record: str
    fields: Mapping[str, object]
    reviewer: str
    decision: str
    reason: str = ""
    stage: str = ""
    listed: str = ""
    reasons: tuple[str, ...] = ()


def write_covidence(works: pd.DataFrame, path: Path) -> None:
    """Write works as the RIS file that Covidence and Zotero import, the identifier as accession number (``AN``).

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     works = records.typed_table([{"id": "sage-1", "title": "On Kerbs"}])
    ...     write_covidence(works, Path(folder) / "covidence.ris")
    ...     print((Path(folder) / "covidence.ris").read_text().strip())
    TY  - JOUR
    AN  - sage-1
    TI  - On Kerbs
    ER  -
    """
    import rispy

    entries = [_ris_entry(work) for work in works.to_dict("records")]
    filled = [{name: value for name, value in entry.items() if value} for entry in entries]
    with records.open_replacing(path) as file:
        file.write(re.sub(r"(?m)^\d+\.\n", "", rispy.dumps(filled)))  # without rispy's numbers between records


#: What RIS calls each type of work.
_RIS_TYPES = {
    "article": "JOUR",
    "review": "JOUR",
    "conference": "CPAPER",
    "chapter": "CHAP",
    "thesis": "THES",
    "report": "RPRT",
    "book": "BOOK",
    "preprint": "UNPB",
    "trial registration": "DBASE",
    "elec": "ELEC",
    "webpage": "ELEC",
    "newspaper": "NEWS",
    "patent": "PAT",
}


def _ris_entry(work: Mapping[Any, Any]) -> dict[str, Any]:
    kinds = [_RIS_TYPES[kind] for kind in work["type"].split("; ") if kind in _RIS_TYPES]
    pages = re.fullmatch(r"([^-]+)-([^-]+)", work["pages"])
    pmid = work.get("pmid", "")
    language = (language_name(code) for code in work["language"].split("; ") if code)
    return {
        "type_of_reference": kinds[0] if kinds else "JOUR" if work["journal"] or not work["type"] else "GEN",
        "accession_number": work["id"],
        "title": work["title"],
        "authors": [name for name in work["authors"].split("; ") if name],
        "year": "" if pd.isna(work["year"]) else str(work["year"]),
        "secondary_title": work["journal"],
        "volume": work["volume"],
        "number": work["number"],
        "start_page": pages[1] if pages else work["pages"],
        "end_page": pages[2] if pages else "",
        "doi": work["doi"],
        "abstract": work["abstract"],
        "keywords": [word for word in work["keywords"].split("; ") if word],
        "language": "; ".join(language),
        "notes": [f"PMID: {pmid}"] if pmid else [],
        "urls": [url] if (url := work["url"] or (f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "")) else [],
    }


def language_name(code: str) -> str:
    """Return what a language is called in English; its code where that is not known.

    Examples
    --------
    >>> language_name("id"), language_name("xx")
    ('Indonesian', 'xx')
    """
    return str(Locale("en").languages.get(code, code))


def write_rayyan(works: pd.DataFrame, path: Path, decisions: pd.DataFrame | None = None) -> None:
    """Write works as the CSV that Rayyan reads, with decisions in its notes as Rayyan writes them.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> said = pd.DataFrame([("sage-1", "Ann", "exclude", "years")], columns=DECISIONS[:4])
    >>> with TemporaryDirectory() as folder:
    ...     works = records.typed_table([{"id": "sage-1", "title": "On Kerbs"}])
    ...     write_rayyan(works, Path(folder) / "rayyan.csv", said)
    ...     records.read_cells(Path(folder) / "rayyan.csv")["notes"][0]
    'record:sage-1 | RAYYAN-INCLUSION: {"Ann"=>"Excluded"} | RAYYAN-EXCLUSION-REASONS: years'
    """
    said = decisions if decisions is not None else pd.DataFrame(columns=DECISIONS, dtype="str")
    words = {ours: theirs for theirs, ours in _SAID.items()}
    notes = {}
    for record, part in said.groupby("record"):
        inclusion = ", ".join(
            f"{json.dumps(row.reviewer, ensure_ascii=False)}=>{json.dumps(words[str(row.decision)])}"
            for row in part.itertuples()
        )
        reasons = ",".join(dict.fromkeys(reason for reason in part["reason"] if reason))
        notes[record] = f" | RAYYAN-INCLUSION: {{{inclusion}}}" + (
            f" | RAYYAN-EXCLUSION-REASONS: {reasons}" if reasons else ""
        )
    table = works.rename(columns={"number": "issue"}).assign(
        key=range(1, len(works) + 1), notes=[f"{_OURS}{record}{notes.get(record, '')}" for record in works["id"]]
    )
    records.write_table(table[_RAYYAN], path)


def write_asreview(works: pd.DataFrame, path: Path, decisions: pd.DataFrame | None = None) -> None:
    """Write works as the CSV that ASReview reads; ``included`` is 1, 0 or empty.

    ``decisions`` are one reviewer's, or what :func:`~systematic_review.screening.settle_works` returns.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> said = pd.DataFrame({"record": ["sage-1"], "decision": ["include"]})
    >>> with TemporaryDirectory() as folder:
    ...     works = records.typed_table([{"id": "sage-1"}, {"id": "sage-2"}])
    ...     write_asreview(works, Path(folder) / "asreview.csv", said)
    ...     records.read_cells(Path(folder) / "asreview.csv")["included"].tolist()
    ['1', '']
    """
    said = {} if decisions is None else dict(zip(decisions["record"], decisions["decision"], strict=True))
    labels = {"include": "1", "exclude": "0"}
    table = works.assign(
        review_id=works["id"], included=[labels.get(said.get(record, ""), "") for record in works["id"]]
    )
    records.write_table(table[_ASREVIEW], path)


#: How works are written for each tool, and the suffix of the file.
WRITERS: dict[str, tuple[str, Callable[[pd.DataFrame, Path], None]]] = {
    "covidence": (".ris", write_covidence),
    "rayyan": (".csv", write_rayyan),
    "asreview": (".csv", write_asreview),
    "zotero": (".ris", write_covidence),
}


def write_for_tool(works: pd.DataFrame, tool: str, folder: Path) -> list[Path]:
    """Write works for a tool into ``folder`` and return the files, for Covidence several if there are many works.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     [path.name for path in write_for_tool(records.typed_table([{"id": "sage-1"}]), "zotero", Path(folder))]
    ['zotero.ris']
    """
    suffix, write = WRITERS[tool]
    most = COVIDENCE_MOST if tool == "covidence" else max(len(works), 1)
    starts = range(0, max(len(works), 1), most)
    paths = []
    for place, start in enumerate(starts, start=1):
        path = folder / (f"{tool}{suffix}" if len(starts) == 1 else f"{tool}-{place}{suffix}")
        write(works.iloc[start : start + most], path)
        paths.append(path)
    return paths


def read_covidence(path: Path, listed: str = "") -> list[ImportedDecision]:
    r"""Return what one of Covidence's CSV exports stands for: everything in the file has the same decision.

    Parameters
    ----------
    listed : ``irrelevant``, ``excluded``, ``included`` or ``select``; told by the
        file's name where it is not said. The reason comes from its notes,
        ``Exclusion reason: …``.

    Raises
    ------
    ReviewError : it is none of these lists, or has no column ``Title``.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "review_excluded.csv"
    ...     _ = path.write_text("Title,Accession Number,Notes\nOn Kerbs,sage-1,Exclusion reason: Years\n")
    ...     [(one.record, one.stage, one.decision, one.reason) for one in read_covidence(path)]
    [('sage-1', 'title_abstract', 'include', ''), ('sage-1', 'full_text', 'exclude', 'Years')]
    """
    listed = listed or next((name for name in _LISTS if name in path.stem.lower()), "")
    if listed not in _LISTS:
        raise ReviewError(f"{path}: found no list in the file's name, expected --list {', '.join(_LISTS)}")
    found = []
    for place, cells in records.read_numbered_rows(path, ["Title"]):
        noted = re.search(r"Exclusion reason:\s*([^;]*)", cells.get("Notes", ""))
        reason = noted[1].strip() if noted else ""
        record = cells.get("Accession Number", "").strip()
        for stage, decision in _LISTS[listed]:
            told = reason if decision == "exclude" else ""
            found.append(ImportedDecision(place, record, _record_fields(cells), "", decision, told, stage, listed))
    return found


def read_rayyan(path: Path, maybe: str = "") -> tuple[list[ImportedDecision], int]:
    """Return the decisions that Rayyan exports, and how many are ``Maybe`` and were not taken in.

    Rayyan does not say whose reason is whose: each reviewer who excludes gets all
    of them, of which the one counts that stands first in the protocol.

    Parameters
    ----------
    path : ``articles.csv``, or the packed archive that it comes in.
    maybe : the decision that a ``Maybe`` is taken for; none by default.

    Raises
    ------
    ReviewError : a column ``title`` or ``notes`` is missing, or the archive holds no ``articles.csv``.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "articles.csv"
    ...     note = 'record:sage-1 | RAYYAN-INCLUSION: {"Ann"=>"Excluded"} | RAYYAN-EXCLUSION-REASONS: years'
    ...     records.write_table(pd.DataFrame({"title": ["On Kerbs"], "notes": [note]}), path)
    ...     found, maybes = read_rayyan(path)
    >>> [(one.record, one.reviewer, one.decision, one.reason) for one in found], maybes
    ([('sage-1', 'Ann', 'exclude', 'years')], 0)
    """
    if is_zipfile(path):
        with TemporaryDirectory() as folder:
            return read_rayyan(_unpack_articles(path, Path(folder)), maybe)
    found = []
    maybes = 0
    for place, cells in records.read_numbered_rows(path, ["title", "notes"]):
        note = cells["notes"]
        ours = _NOTED.search(note)
        given = note.partition("RAYYAN-EXCLUSION-REASONS:")[2].partition("|")[0]
        reasons = tuple(filter(None, map(str.strip, given.split(","))))
        for reviewer, said in _read_inclusion(note.partition("RAYYAN-INCLUSION:")[2]):
            decision = _SAID.get(said) or (maybe if said == "Maybe" else "")
            if not decision:
                maybes += said == "Maybe"
                continue
            why = reasons if decision == "exclude" else ()
            record = ours[1] if ours else ""
            reason = why[0] if why else ""
            found.append(
                ImportedDecision(place, record, _record_fields(cells), reviewer, decision, reason, reasons=why)
            )
    return found, maybes


def _read_inclusion(text: str) -> Iterator[tuple[str, str]]:
    """Yield who said what, from ``{"Ann"=>"Included", "Ben"=>"Maybe"}`` at the head of a text."""
    decoder = json.JSONDecoder()
    text = text.lstrip().removeprefix("{")
    place = 0
    while text[place : place + 1] == '"':
        try:
            reviewer, place = decoder.raw_decode(text, place)
            if not (arrow := re.compile(r"\s{0,9}=>\s{0,9}").match(text, place)):
                return
            said, place = decoder.raw_decode(text, arrow.end())
        except ValueError:
            return
        yield reviewer, str(said)
        if between := re.compile(r"\s{0,9},\s{0,9}").match(text, place):
            place = between.end()


def _unpack_articles(path: Path, folder: Path) -> Path:
    """Return ``articles.csv`` out of the archive that Rayyan packs it in, or that of a part of it."""
    try:
        with ZipFile(path) as packed:
            parts = [part for part in packed.infolist() if part.filename.rpartition("/")[2] == "articles.csv"]
            if len(parts) != 1 or parts[0].file_size > 2_000_000_000:
                shown = ", ".join(packed.namelist()[:5]) or "nothing"
                raise ReviewError(f"{path}: found {shown} in it, expected articles.csv once, as Rayyan packs it")
            into = folder / "articles.csv"
            with packed.open(parts[0]) as source, into.open("wb") as file:
                shutil.copyfileobj(source, file)
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise ReviewError(f"{path}: found a packed archive that cannot be read ({error}), expected Rayyan's") from None
    return into


def read_asreview(path: Path, reviewer: str) -> list[ImportedDecision]:
    r"""Return one reviewer's decisions from a CSV of ASReview, by its ``asreview_label`` or else ``included``.

    ASReview knows no reasons.

    Raises
    ------
    ReviewError : no column of labels or titles; a label other than 1 and 0.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "asreview.csv"
    ...     _ = path.write_text("review_id,title,asreview_label\nsage-1,On Kerbs,1\nsage-2,Of Bridges,\n")
    ...     [(one.record, one.decision) for one in read_asreview(path, "Ann")]
    [('sage-1', 'include')]
    """
    rows = records.read_numbered_rows(path, ["title"])
    columns = records.read_cells(path)
    label = next((column for column in ("asreview_label", "included") if column in columns), None)
    if label is None:
        raise ReviewError(
            f"{path}, row 1: found {', '.join(map(str, columns))}, expected a column asreview_label or included"
        )
    found = []
    for place, cells in rows:
        said = cells[label].removesuffix(".0")  # labels beside missing ones come back as 1.0
        if said not in {"", "0", "1", "-1"}:
            raise ReviewError(f"{path}, row {place}, column {label}: found {said!r}, expected 1, 0 or nothing")
        if said in {"0", "1"}:
            decision = {"1": "include", "0": "exclude"}[said]
            found.append(ImportedDecision(place, cells.get("review_id", ""), _record_fields(cells), reviewer, decision))
    return found


def _record_fields(cells: Mapping[str, str]) -> dict[str, object]:
    """Return what a row of a tool says of the record itself."""
    named = {normalize_text(name): cell for name, cell in cells.items() if cell.strip()}
    return normalize_fields(tabular.map_fields(named, {normalize_text(name) for name in cells}))


def match_decisions(
    said: Iterable[ImportedDecision], works: pd.DataFrame
) -> tuple[list[ImportedDecision], list[ImportedDecision]]:
    """Return what was said with the works that it is said of, and what is said of none.

    Parameters
    ----------
    works : what :func:`systematic_review.deduplication.merge_records` returns.

    Examples
    --------
    >>> works = pd.DataFrame({"id": ["a"], "records": ["a; b"], "names": [""], "title": ["On Kerbs"], "year": [2019]})
    >>> said = [ImportedDecision(2, name, {"title": "", "year": None}, "Ann", "include") for name in ("b", "c")]
    >>> [[one.record for one in part] for part in match_decisions(said, works)]
    [['a'], ['c']]
    """
    held = zip(works["id"], works["records"], strict=True)
    by_record = {record: work for work, records_of in held for record in records_of.split("; ")}
    by_name: dict[str, set[str]] = {}
    for work, told in zip(works["id"], works["names"], strict=True):
        for name in told.split("; "):
            by_name.setdefault(name, set()).add(work)
    titles: dict[str, set[tuple[str, int | None]]] = {}
    for work, title, year in zip(works["id"], works["title"], works["year"], strict=True):
        titles.setdefault(normalize_text(title), set()).add((work, None if pd.isna(year) else int(year)))

    def find(one: ImportedDecision) -> str:
        if one.record in by_record:
            return str(by_record[one.record])
        for name in records.work_fingerprints(one.fields):
            if len(works_of := by_name.get(name, set())) == 1:
                return next(iter(works_of))
        alike = titles.get(normalize_text(str(one.fields["title"])), set())
        year = one.fields["year"]
        fitting = [work for work, known in alike if known is None or year is None or abs(known - int(str(year))) <= 1]
        return str(fitting[0]) if len(fitting) == 1 and len(alike) == 1 and one.fields["title"] else ""

    good: list[ImportedDecision] = []
    lost: list[ImportedDecision] = []
    for one in said:
        work = find(one)
        (good if work else lost).append(replace(one, record=work or one.record))
    return good, lost


def read_reasons(path: Path | None) -> dict[str, str]:
    r"""Return which criterion each reason of a tool is, from a CSV with the columns ``theirs`` and ``reason``.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "reasons.csv"
    ...     _ = path.write_text("theirs,reason\nWrong period,years\n")
    ...     read_reasons(path)
    {'wrong period': 'years'}
    """
    found = records.read_numbered_rows(path, ["theirs", "reason"]) if path else []
    return {normalize_text(cells["theirs"]): cells["reason"].strip() for _, cells in found}


def map_reasons(
    said: Iterable[ImportedDecision], protocol: Protocol, mapping: Mapping[str, str]
) -> list[ImportedDecision]:
    """Return what was said with reasons in the protocol's words.

    A reason that is called as a criterion, in any language, is that criterion;
    ``mapping`` (:func:`read_reasons`) tells of all others. Of several reasons the
    one counts that stands first in the protocol. A reason may also stand for
    another decision on a full text: ``not_retrieved``, which no exclusion is.

    Raises
    ------
    ReviewError : one line with all reasons that stand for no criterion.

    Examples
    --------
    >>> said = [ImportedDecision(2, "a", {}, "Ann", "exclude", "Years of publication")]
    >>> agreed = Protocol(criteria={"years": {"en": "Years of publication"}})
    >>> map_reasons(said, agreed, {})[0].reason
    'years'
    """
    known = {
        normalize_text(name): criterion for criterion, names in protocol.criteria.items() for name in names.values()
    }
    known |= {normalize_text(criterion): criterion for criterion in protocol.criteria}
    known |= {normalize_text(before): criterion for before, criterion in protocol.formerly.items()}
    known |= {normalize_text(decision): decision for decision in OUTCOMES} | dict(mapping)
    rank = {criterion: place for place, criterion in enumerate(protocol.criteria)}
    told, unknown = [], set()
    for one in said:
        reasons = one.reasons or tuple(filter(None, [one.reason]))
        ours = [known.get(normalize_text(reason), "" if protocol.criteria else reason) for reason in reasons]
        for reason, mapped in zip(reasons, ours, strict=True):
            if mapped not in OUTCOMES and (not mapped or (protocol.criteria and mapped not in protocol.criteria)):
                unknown.add(reason)
        outcome = next((mapped for mapped in ours if mapped in OUTCOMES), "")
        if outcome and one.stage == TITLE_ABSTRACT:
            raise ReviewError(f"row {one.row}: found {outcome} at title and abstract, expected it of a full text")
        first = min(ours, key=lambda reason: rank.get(reason, len(rank)), default="")
        told.append(replace(one, decision=outcome or one.decision, reason="" if outcome else first, reasons=()))
    if unknown:
        raise ReviewError(
            f"reasons: found {', '.join(map(repr, sorted(unknown)))}, expected criteria of the protocol "
            f"({', '.join(protocol.criteria)}) or {', '.join(OUTCOMES)}, or --reasons with a file of the columns "
            "theirs and reason"
        )
    return told


def write_decisions(
    said: Iterable[ImportedDecision], tool: str, stage: str, protocol: Protocol, folder: Path
) -> list[Path]:
    """Write what was said to a folder of decisions, in the form that a run reads; return the files.

    Decisions of a reviewer go to ``screening_TOOL_STAGE.csv``, what was agreed on
    without saying by whom to ``resolutions_TOOL_LIST_STAGE.csv``; a file of that
    name from an earlier import is replaced.

    Parameters
    ----------
    stage : of which stage decisions are that do not say it.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> said = [ImportedDecision(2, "a", {}, "Ann", "include")]
    >>> with TemporaryDirectory() as folder:
    ...     [path.name for path in write_decisions(said, "rayyan", "title_abstract", Protocol(), Path(folder))]
    ['screening_rayyan_title_abstract.csv']
    """
    stages = {one.name for one in protocol.stages_with([stage] if stage else [])}
    parts: dict[Path, list[dict[str, str]]] = {}
    for one in said:
        at = one.stage or stage
        if stages == {SCREENING} or (one.stage and one.stage not in stages):
            # Of a review with one stage only the last word counts.
            if one.stage == TITLE_ABSTRACT and one.decision == "include":
                continue
            at = ""
        kind = "screening" if one.reviewer else "resolutions"
        who = normalize_text(one.reviewer).replace(" ", "_") if tool == "asreview" else ""
        name = "_".join(filter(None, [kind, tool, one.listed, who, at]))
        row = {"record": one.record, "reviewer": one.reviewer, "decision": one.decision, "reason": one.reason}
        parts.setdefault(folder / f"{name}.csv", []).append(row)
    for path, rows in parts.items():
        columns = DECISIONS if path.name.startswith("screening") else RESOLUTIONS
        records.write_table(pd.DataFrame(rows, columns=DECISIONS, dtype="str").drop_duplicates()[columns], path)
    return list(parts)
