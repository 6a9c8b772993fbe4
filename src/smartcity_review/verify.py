"""The one command's checks: whether the book still says what its data says.

Each check is a function that returns what it examined and the faults it found,
a line each. :func:`run` runs them in order; ``smartcity-review verify`` prints
them. The quick ones need no build.
"""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from importlib.metadata import version
from pathlib import Path

import nbformat

from smartcity_review import (
    claims,
    data,
    dictionary,
    edition,
    languages,
    messages,
    notebooks,
    numerals,
    research_object,
    site,
    tables,
)
from smartcity_review.markup import Markup
from smartcity_review.paths import CHAPTERS, DATA, REFERENCES, ROOT

#: The hashes of the data, the chapters and the code, in the format of sha256sum.
HASHES = ROOT / "SHA256SUMS"
#: Where the outcome of a run is written.
REPORT = ROOT / "verification.json"

#: What a check gives: how much it examined, in words, and its faults.
Found = tuple[str, list[str]]


@dataclass(frozen=True)
class Outcome:
    """What one check found: its name, what it examined, its faults and how long it took."""

    check: str
    examined: str
    faults: list[str]
    seconds: float


def run(quick: bool = False, skip: tuple[str, ...] = ()) -> Iterator[Outcome]:
    """Run the checks in order, and yield the outcome of each as it ends."""
    for name, check in (QUICK if quick else QUICK | FULL).items():
        if name not in skip:
            yield _run(name, check)


def report(language: str = "en") -> Markup:
    """Return the outcome of the content checks as a table, for the page of the book.

    Left out are those that look at the built site, at the reference notebooks
    or at hashes, none of which a page can look at while it is being built.
    """
    content = (("description", _description), ("identities", _identities), ("claims", _claims), ("numerals", _numerals))
    outcomes = [_run(name, partial(check, language)) for name, check in content]
    rows = [
        [
            messages.text(f"check_{outcome.check}", language),
            outcome.examined,
            "; ".join(outcome.faults) or messages.text("passed", language),
        ]
        for outcome in outcomes
    ]
    return tables.checks(rows, language)


def write_report(outcomes: list[Outcome], path: Path = REPORT) -> None:
    """Write the outcomes as JSON: each check, the versions used, and whether all passed."""
    packages = ("altair", "frictionless", "jupyter-book", "nbval", "pandas", "smartcity-review", "sphinx")
    text = json.dumps(
        {
            "passed": not any(outcome.faults for outcome in outcomes),
            "checks": [asdict(outcome) for outcome in outcomes],
            "python": platform.python_version(),
            "packages": {name: version(name) for name in packages},
        },
        indent=2,
    )
    path.write_text(text + "\n", encoding="utf-8")


def hashes() -> str:
    """Return the hash of every file of the data, the chapters and the code, a line each, in order."""
    folders = (DATA, CHAPTERS, Path(__file__).parent)
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(ROOT).as_posix()}"
        for path in files
        if "__pycache__" not in path.parts
    ]
    return "\n".join(lines) + "\n"


def changed_outputs(name: str, language: str = "en") -> bool:
    """Say whether table ``name`` prints otherwise than in the reference notebook of the data chapter."""
    return tables.whole(name, language).html != _reference_tables(language)[name]


def _run(name: str, check: Callable[[], Found]) -> Outcome:
    started = time.perf_counter()
    try:
        examined, faults = check()
    except data.DataError as error:
        examined, faults = "", str(error).splitlines()
    return Outcome(name, examined, faults, round(time.perf_counter() - started, 2))


def _hashes() -> Found:
    kept = set(HASHES.read_text(encoding="utf-8").splitlines()) if HASHES.exists() else set()
    found = hashes().splitlines()
    changed = sorted({line[66:] for line in kept.symmetric_difference(found)})
    return f"{len(found)} files", [f"{path}: changed since SHA256SUMS was written" for path in changed]


def _description(language: str = "en") -> Found:
    data.check()
    names = data.names()
    cells = sum(data.load(name).size for name in names)
    return messages.text("examined_description", language, files=len(names), cells=cells), []


def _identities(language: str = "en") -> Found:
    faults = []
    examined = 0
    for name, keys in (("initiatives", ["dimension", "country"]), ("definitions", ["country"])):
        for key, part in data.load(name).groupby(keys, sort=False):
            examined += 1
            if part["position"].tolist() != list(range(1, len(part) + 1)):
                faults.append(
                    f"data/{name}.csv, {' / '.join(map(str, key))}: positions do not run from 1 without a gap"
                )
    for name, one, other in (("initiatives", "dimensions", "dimension"), ("policy_cycle", "policy_stages", "stage")):
        frame = data.load(name)
        for value in data.load(one)[other]:
            examined += 1
            if frame.loc[frame[other] == value, "country"].nunique() != data.load("internet_use").shape[0]:
                faults.append(f"data/{name}.csv, {other} {value}: a country is missing")
    policies = data.load("policies")
    examined += len(policies)
    wrong = policies[(policies["year_end"] < policies["year_start"]).fillna(False)]
    faults += [f"data/policies.csv, {name}: year_end is before year_start" for name in wrong["instrument"]]
    return messages.text("examined_identities", language, identities=examined), faults


def _claims(language: str = "en") -> Found:
    found = claims.verdicts()
    unclear = found[(found["verdict"] == "not_checkable") & (found["needed"] == "")]
    faults = [
        f"data/published_claims.csv, {name}: no check, and nothing said to be needed" for name in unclear["claim"]
    ]
    counted = found["verdict"].value_counts()
    counts = ", ".join(f"{count} {messages.text(f'verdict_{name}', language)}" for name, count in counted.items())
    return messages.text("examined_claims", language, claims=len(found), counts=counts), faults


def _numerals(language: str = "en") -> Found:
    return _audited(numerals.sources(), "examined_numerals", language)


def _audited(found: list[numerals.Numeral], message: str, language: str = "en") -> Found:
    faults = [
        f"{numeral.page}: {numeral.text!r} is not explained, in {numeral.sentence[:120]!r}"
        for numeral in found
        if numeral.kind == "unexplained"
    ]
    return messages.text(message, language, numerals=len(found), explained=len(found) - len(faults)), faults


def _outputs() -> Found:
    faults = notebooks.out_of_step()
    faults += [
        f"data/{name}.csv: prints otherwise than in the reference notebook"
        for name in data.names()
        if any(changed_outputs(name, language) for language in languages.NAMES)
    ]
    return f"{len(notebooks.chapters())} reference notebooks, {len(data.names())} tables", faults


def _documents() -> Found:
    documents = {
        dictionary.README: dictionary.text(),
        edition.CITATION: edition.citation(),
        research_object.CODECHECK: research_object.codecheck(),
        research_object.CRATE: research_object.crate(),
    }
    faults = [
        f"{path.relative_to(ROOT)}: not in step; smartcity-review refresh writes it"
        for path, text in documents.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    return f"{len(documents)} files", faults + research_object.broken_rules()


def _notebooks() -> Found:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(REFERENCES)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    lines = result.stdout.strip().splitlines()
    faults = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    if result.returncode and not faults:
        faults = [(result.stderr or result.stdout).strip().splitlines()[-1]]
    return lines[-1] if lines else "nothing", faults


def _site() -> Found:
    faults = site.build()
    pages = site.pages()
    return f"{len(pages)} pages", faults or site.faults()


def _site_numerals() -> Found:
    return _audited(numerals.pages(site.HTML), "examined_site_numerals")


@lru_cache
def _reference_tables(language: str) -> dict[str, str]:
    """Return the HTML of each whole table as the reference notebook of the data chapter holds it."""
    notebook = nbformat.read(REFERENCES / language / "data.ipynb", as_version=4)
    return {
        cell.source.split('"')[1]: cell.outputs[0].data["text/html"]
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.source.startswith("tables.whole(")
    }


#: The checks that need no build, by name, in the order in which they run.
QUICK: dict[str, Callable[[], Found]] = {
    "hashes": _hashes,
    "description": _description,
    "identities": _identities,
    "claims": _claims,
    "numerals": _numerals,
    "outputs": _outputs,
    "documents": _documents,
}
#: The checks that a full run adds.
FULL: dict[str, Callable[[], Found]] = {
    "notebooks": _notebooks,
    "site": _site,
    "site_numerals": _site_numerals,
}
