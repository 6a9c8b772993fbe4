"""The one command's checks: whether the book still says what its data says.

Each check is a function that returns what it examined and the faults it found,
a line each. :func:`run` runs them in order; ``checkable-book verify`` prints
them. The quick ones need no build; the others look at one build of their own,
made from nothing, in which every cell is executed.
"""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import nbformat

from checkable_book import data, project
from checkable_book.data import evidence, rules
from checkable_book.errors import DataError
from checkable_book.render import book_metadata, book_tables, i18n
from checkable_book.render.output import Markup
from checkable_book.sphinx_ext import multilingual
from checkable_book.verify import (
    data_dictionary,
    number_audit,
    prose_assertions,
    reference_notebooks,
    ro_crate,
    site_checks,
)

#: What a check gives: how much it examined, in words, and its faults.
Found = tuple[str, list[str]]

_PACKAGES = ("altair", "frictionless", "jupyter-book", "nbval", "pandas", "sphinx")


@dataclass(frozen=True)
class Outcome:
    """What one check found: its name, what it examined, its faults and how long it took.

    Examples
    --------
    >>> Outcome("hashes", "3 files", [], 0.1).faults
    []
    """

    check: str
    examined: str
    faults: list[str]
    seconds: float


def hashes_path() -> Path:
    """Return where the hashes of the data, the chapters and the code are kept, in the format of sha256sum.

    Examples
    --------
    >>> hashes_path().name
    'SHA256SUMS'
    """
    return project.root() / "SHA256SUMS"


def report_path() -> Path:
    """Return where the outcome of a run is written.

    Examples
    --------
    >>> report_path().name
    'verification.json'
    """
    return project.root() / "verification.json"


def run(quick: bool = False, skip: tuple[str, ...] = ()) -> Iterator[Outcome]:
    """Run the checks in order, and yield the outcome of each as it ends.

    Examples
    --------
    >>> [outcome.faults for outcome in run(quick=True, skip=tuple(name for name in QUICK if name != "rules"))]
    [[]]
    """
    for name, check in (QUICK if quick else QUICK | FULL).items():
        if name not in skip:
            yield _run(name, check)


def report(language: str = "en") -> Markup:
    """Return the outcome of the content checks as a table, for the page of the book.

    Left out are those that look at the built site, at the reference notebooks
    or at hashes, none of which a page can look at while it is being built.

    Examples
    --------
    >>> report().plain.splitlines()[0]
    'Check | Examined | Outcome'
    """
    content = {
        "description": _description,
        "rules": _rules,
        "claims": _claims,
        "sentences": _sentences,
        "numerals": _numerals,
    }
    outcomes = [_run(name, partial(check, language)) for name, check in content.items()]
    rows = [
        [
            i18n.text(f"check_{outcome.check}", language),
            outcome.examined,
            "; ".join(outcome.faults) or i18n.text("passed", language),
        ]
        for outcome in outcomes
    ]
    return book_tables.checks(rows, language)


def codecheck(language: str = "en") -> Markup:
    """Return the rules of CODECHECK, each with what it has come to in ``codecheck.yml`` as it stands.

    Examples
    --------
    >>> codecheck().plain.splitlines()[0]
    'Rule | What it asks | Outcome'
    """
    asked, found = data.load("codecheck_rules"), ro_crate.outcomes()
    outcomes = [ro_crate.group_outcome(rule, found) for rule in asked["rule"]]
    return book_tables.codecheck_rules(asked, outcomes, language)


def write_report(outcomes: list[Outcome]) -> None:
    """Write the outcomes as JSON: each check, the commit, the day, the platform and the versions used."""
    text = report_text(outcomes, commit=_commit(), date=time.strftime("%Y-%m-%d", time.gmtime()))
    report_path().write_text(text, encoding="utf-8")


def report_text(outcomes: list[Outcome], *, commit: str, date: str, timed: bool = True) -> str:
    """Return the outcomes as JSON; without how long each took where not ``timed``, so that the same gives the same.

    Examples
    --------
    >>> report = report_text([Outcome("hashes", "3 files", [], 0.1)], commit="", date="2026-11-29", timed=False)
    >>> json.loads(report)["passed"]
    True
    """
    checks = [asdict(outcome) for outcome in outcomes]
    for check in checks if not timed else []:
        del check["seconds"]
    fields = {
        "passed": not any(outcome.faults for outcome in outcomes),
        "checks": checks,
        "commit": commit,
        "date": date,
        "platform": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in (*_PACKAGES, project.distribution().metadata["Name"])},
    }
    return json.dumps(fields, indent=2) + "\n"


def hashes() -> str:
    """Return the hash of every file of the data, the chapters and the code, a line each, in order.

    Left out is what a build makes of them there: bytecode, and translations in the form that programs read.

    Examples
    --------
    >>> len(hashes().splitlines()[0].split()[0])
    64
    """
    root = project.root()
    files = sorted(
        path
        for folder in ("data", "chapters", "src", "locales")
        for path in (root / folder).rglob("*")
        if path.is_file()
        and not any(part.startswith(".") or part.endswith(".egg-info") for part in path.relative_to(root).parts)
    )
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(root).as_posix()}"
        for path in files
        if "__pycache__" not in path.parts
        and path.suffix != ".mo"
        and path.relative_to(root).parts[:3] != ("data", "review", "results")
    ]
    return "\n".join(lines) + "\n"


def documents() -> dict[Path, Callable[[], str]]:
    """Return the files that follow from the sources, each with what gives its text; the hashes, of the others, last.

    Examples
    --------
    >>> {path.name for path in documents()} >= {"README.md", "SHA256SUMS"}
    True
    """
    return {
        data_dictionary.path(): data_dictionary.text,
        book_metadata.citation_path(): book_metadata.citation,
        ro_crate.codecheck_path(): ro_crate.codecheck,
        ro_crate.crate_path(): ro_crate.crate,
        hashes_path(): hashes,
    }


def changed_outputs(name: str, language: str) -> bool:
    """Say whether table ``name`` prints otherwise than in the reference notebook of the data chapter.

    Examples
    --------
    >>> changed_outputs("rules", project.languages()[0])
    False
    """
    kept = _reference_tables(language)
    return name in kept and book_tables.whole(name, language).html != kept[name]


def _run(name: str, check: Callable[[], Found]) -> Outcome:
    started = time.perf_counter()
    try:
        examined, faults = check()
    except DataError as error:
        examined, faults = "", str(error).splitlines()
    return Outcome(name, examined, faults, round(time.perf_counter() - started, 2))


def _description(language: str = "en") -> Found:
    book_metadata.known()
    data.check()
    names = data.names()
    cells = sum(data.load(name).size for name in names)
    return i18n.text("examined_description", language, files=len(names), cells=cells), []


def _rules(language: str = "en") -> Found:
    return i18n.text("examined_rules", language, rules=len(rules.rules())), rules.broken() + _unusable()


def _unusable() -> list[str]:
    """Return a line for each derived value and check that is no query that can be used."""
    try:
        evidence.check()
    except DataError as error:
        return str(error).splitlines()
    return []


def _claims(language: str = "en") -> Found:
    found = evidence.verdicts()
    if found.empty:
        return i18n.text("examined_claims", language, claims=0, counts="").rstrip(": "), []
    unclear = found[(found["evidence"] == "not_checkable") & (found["needed"] == "") & (found["check"] == "")]
    faults = [
        f"data/published_claims.csv, {name}: found nothing in columns check and needed, expected one of them"
        for name in unclear["claim"]
    ]
    counted = found["evidence"].value_counts()
    counts = ", ".join(
        f"{counted[kind]} {i18n.text(f'evidence_{kind}', language)}" for kind in evidence.KINDS if kind in counted
    )
    return i18n.text("examined_claims", language, claims=len(found), counts=counts), faults


def _sentences(language: str = "en") -> Found:
    return i18n.text("examined_sentences", language, sentences=len(prose_assertions.rows())), prose_assertions.faults()


def _numerals(language: str = "en") -> Found:
    return _audited(number_audit.sources(), "examined_numerals", language)


def _audited(found: list[number_audit.Numeral], message: str, language: str = "en") -> Found:
    faults = [
        f"{numeral.page}: {numeral.text!r} is not explained, in {numeral.sentence[:120]!r}"
        for numeral in found
        if numeral.kind == "unexplained"
    ]
    return i18n.text(message, language, numerals=len(found), explained=len(found) - len(faults)), faults


def _outputs() -> Found:
    faults = reference_notebooks.out_of_step()
    faults += [
        f"data/{name}.csv: prints otherwise than in the reference notebook"
        for name in data.names()
        if any(changed_outputs(name, language) for language in project.languages())
    ]
    return f"{len(reference_notebooks.chapters())} reference notebooks, {len(data.names())} tables", faults


def _documents() -> Found:
    expected = documents()
    root = project.root()
    faults = [
        f"{path.relative_to(root)}: not in step; checkable-book refresh writes it"
        for path, text in expected.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text()
    ]
    return f"{len(expected)} files", faults + ro_crate.broken_rules()


def _site() -> Found:
    faults = site_checks.build_anew()
    pages = site_checks.pages(site_checks.anew())
    return f"{len(pages)} pages", faults or site_checks.faults(site_checks.anew())


def _notebooks() -> Found:
    executed = site_checks.executed(site_checks.anew())
    faults = [
        fault
        for chapter in reference_notebooks.chapters()
        for fault in reference_notebooks.differences(chapter, executed.get(reference_notebooks.name(chapter)))
    ]
    return f"{len(executed)} notebooks", faults


def _site_numerals() -> Found:
    said = {"verification": lambda language: report(language).plain}
    return _audited(number_audit.pages(multilingual.pages(site_checks.anew()), said), "examined_site_numerals")


def _commit() -> str:
    """Return the commit that is checked out, with a mark where files differ from it; empty outside a repository."""
    command = ["git", "-C", str(project.root()), "describe", "--always", "--abbrev=40", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


@lru_cache
def _reference_tables(language: str) -> dict[str, str]:
    """Return the HTML of each whole table as the reference notebook of the data chapter holds it."""
    path = project.references() / language / "data.ipynb"
    if not path.exists():
        return {}
    notebook = nbformat.read(path, as_version=4)
    return {
        cell.source.split('"')[1]: cell.outputs[0].data["text/html"]
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.source.startswith("book_tables.whole(")
    }


#: The checks that need no build, by name, in the order in which they run: what the book says, then what follows.
QUICK: dict[str, Callable[..., Found]] = {
    "description": _description,
    "rules": _rules,
    "claims": _claims,
    "sentences": _sentences,
    "numerals": _numerals,
    "outputs": _outputs,
    "documents": _documents,
}
#: The checks that a full run adds.
FULL: dict[str, Callable[[], Found]] = {
    "site": _site,
    "notebooks": _notebooks,
    "site_numerals": _site_numerals,
}
