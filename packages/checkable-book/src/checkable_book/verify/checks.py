"""The one command's checks: whether the book still says what its data says.

Each check is a function that returns what it examined and the faults it found,
a line each. :func:`run_checks` runs them in order; ``checkable-book verify``
prints them. The quick ones need no build; the others look at one build of their
own, made from nothing, in which every cell is executed.
"""

from __future__ import annotations

import json
import platform
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import nbformat
from markupsafe import Markup as Safe

from checkable_book.book import Book, current_book, installed_distribution
from checkable_book.contents import all_pages, pages_of
from checkable_book.data.claims import KINDS, claim_records, evaluate_claims
from checkable_book.data.description import CLAIMS
from checkable_book.data.package import package_of, row_place, table_names
from checkable_book.data.rules import broken_rules, rule_records, rules_that_cannot_break
from checkable_book.errors import DataError
from checkable_book.files import write_text_whole
from checkable_book.render import book_metadata, book_tables
from checkable_book.render.i18n import format_number, translate, translate_count
from checkable_book.render.output import CellOutput, mark_recomputed
from checkable_book.render.table import Cell
from checkable_book.source_faults import data_faults
from checkable_book.verify import (
    codecheck,
    data_dictionary,
    glued_names,
    number_audit,
    prose_assertions,
    reference_notebooks,
    site_checks,
)
from checkable_book.verify.explanations import (
    ALLOWED,
    EVERYWHERE,
    NOTES,
    TABLES_OF_QUERIES,
    bibliography_files,
    read_allowances,
    read_bibliography,
)
from checkable_book.verify.outcomes import Outcome, Result

_PACKAGES = ("altair", "apsw", "frictionless", "jupyter-book", "nbval", "pandas", "sphinx")
#: The name under which the page on verification says that its table is computed again.
REPORT = "verification"


Check = Callable[..., Result]


def report_path(book: Book | None = None) -> Path:
    """Return where the outcome of a run is written."""
    return (book or current_book()).root / "verification.json"


def run_checks(quick: bool = False, skip: tuple[str, ...] = (), book: Book | None = None) -> Iterator[Outcome]:
    """Run the checks in order, and yield the outcome of each as it ends."""
    book = book or current_book()
    for name, check in (QUICK if quick else QUICK | FULL).items():
        if name not in skip:
            yield _run(name, partial(check, book))


def verification_passed(outcomes: list[Outcome], skip: tuple[str, ...] = ()) -> bool:
    """Return whether a run verified something: no fault, no check left out, and pages looked at."""
    pages = [outcome for outcome in outcomes if outcome.check in {"pages", "numerals"}]
    return bool(outcomes) and not skip and not any(one.faults for one in outcomes) and all(one.count for one in pages)


def report_table(language: str = "en") -> CellOutput:
    """Return the outcome of the content checks as a table, for the page of the book.

    Left out are those that look at the built site or at the reference notebooks,
    which a page cannot look at while it is being built.
    """
    book = current_book()
    content: dict[str, Check] = {
        "description": check_description,
        "rules": check_rules,
        "claims": check_claims,
        "sentences": check_sentences,
        "numerals": check_source_numerals,
    }
    outcomes = [_run(name, partial(check, book, language)) for name, check in content.items()]
    for page in all_pages(book):
        _record(page.path, book)
    rows = [
        [
            translate(f"check_{outcome.check}", language),
            outcome.examined,
            "; ".join(outcome.faults) or translate("passed", language),
        ]
        for outcome in outcomes
    ]
    return mark_recomputed(book_tables.check_outcomes(rows, language), REPORT)


def blind_spots(language: str = "en") -> CellOutput:
    """Return what no program can see, and what is allowed without a source, as a table for the page on verification."""
    book = current_book()
    rows: list[list[Cell]] = [
        [translate(f"unseen_{name}", language), translate(f"unseen_{name}_why", language)] for name in _UNSEEN
    ]
    for allowance in read_allowances(book):
        known = {EVERYWHERE: "allowed_everywhere", NOTES: "allowed_in_notes"}.get(allowance.place)
        place = translate(known, language) if known else Safe("<code>{}</code>").format(allowance.place)
        rows.append([Safe("<q>{}</q> ({})").format(allowance.phrase, place), allowance.reason(language)])
    return mark_recomputed(book_tables.blind_spots(rows, language), "blind_spots")


def codecheck_table(language: str = "en") -> CellOutput:
    """Return the rules of CODECHECK, each with its status in ``codecheck.yml`` as it stands."""
    from checkable_book.data.package import load_table

    rules, found = load_table("codecheck_rules"), codecheck.rule_statuses()
    statuses = [codecheck.group_status(rule, found) for rule in rules["rule"]]
    return book_tables.codecheck_rules(rules, statuses, language)


def write_report(outcomes: list[Outcome], skip: tuple[str, ...] = (), *, quick: bool = False) -> None:
    """Write the outcomes as JSON: each check, the commit, the day, the platform and the versions used."""
    book = current_book()
    date = time.strftime("%Y-%m-%d", time.gmtime())
    text = report_text(outcomes, book, commit=_commit(book), date=date, skip=skip, quick=quick)
    write_text_whole(report_path(book), text)


def report_text(
    outcomes: list[Outcome],
    book: Book,
    *,
    commit: str,
    date: str,
    timed: bool = True,
    skip: tuple[str, ...] = (),
    quick: bool = False,
) -> str:
    """Return the outcomes as JSON; without how long each took where not ``timed``, so that the same gives the same."""
    checks = []
    for outcome in outcomes:
        fields: dict[str, Any] = {"check": outcome.check, "status": outcome.status, "examined": outcome.examined}
        fields |= {"faults": outcome.faults, "left_out": outcome.left_out}
        checks.append(fields | ({"seconds": outcome.seconds} if timed else {}))
    report = {
        "passed": verification_passed(outcomes, skip),
        "quick": quick,
        "skipped": list(skip),
        "pages": len(all_pages(book)),
        "checks": checks,
        "commit": commit,
        "date": date,
        "platform": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in (*_PACKAGES, installed_distribution().metadata["Name"])},
    }
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def derived_documents(book: Book | None = None) -> dict[Path, Callable[[], str]]:
    """Return the files of the book that follow from its sources, each with what gives its text."""
    book = book or current_book()
    return {
        data_dictionary.dictionary_path(book): lambda: data_dictionary.dictionary_text(book),
        book_metadata.citation_path(book): lambda: book_metadata.citation(book),
        codecheck.codecheck_path(book): lambda: codecheck.codecheck_text(book),
    }


def check_description(book: Book, language: str = "en") -> Result:
    """Check the data against its description, and everything that is written about the book."""
    faults = data_faults(book)
    if faults:
        return Result("", faults)
    package = package_of(book)
    for path in bibliography_files(book):
        read_bibliography(path, book)
    cells = sum(table.frame.size for table in package.tables.values())
    left_out = [
        f"{book.shown_path(path)}: no table describes it; it is not published" for path in package.undescribed_files
    ]
    counts = (("number_of_files", len(package.tables)), ("number_of_cells", cells))
    examined = ", ".join(translate_count(key, count, language) for key, count in counts)
    return Result(examined, left_out=left_out)


def check_rules(book: Book, language: str = "en") -> Result:
    """Check the rules that the data must keep."""
    rules = rule_records(book)
    faults = broken_rules(book) + rules_that_cannot_break(book)
    return Result(translate_count("examined_rules", len(rules), language), faults, count=len(rules))


def check_claims(book: Book, language: str = "en") -> Result:
    """Check that for each claim there is evidence, or it is said what would be needed."""
    found = evaluate_claims(book=book)
    if found.empty:
        return Result(translate_count("examined_claims", 0, language), count=0)
    records = claim_records(book)
    faults = [
        f"{row_place(CLAIMS, number, book=book)}: {row['claim']}: found nothing in columns check and needed, "
        "expected one of them"
        for number, (row, kind) in enumerate(zip(records, found["evidence"], strict=True))
        if kind == "not_checkable" and not row["needed"] and not row["check"]
    ]
    counted = found["evidence"].value_counts()
    counts = ", ".join(
        f"{counted[kind]} {translate(f'evidence_{kind}', language)}" for kind in KINDS if kind in counted
    )
    examined = f"{translate_count('examined_claims', len(found), language)}: {counts}"
    return Result(examined, faults, count=len(found))


def check_sentences(book: Book, language: str = "en") -> Result:
    """Check the sentences that are tied to queries, and that chapters in other languages glue the same values."""
    sentences = prose_assertions.assertions(book)
    faults = prose_assertions.assertion_faults(book) + glued_names.language_faults(book)
    return Result(translate_count("examined_sentences", len(sentences), language), faults)


def check_source_numerals(book: Book, language: str = "en") -> Result:
    """Check that every numeral of the chapters' sources is explained."""
    return _audit_result(number_audit.audit_sources(book), "examined_numerals", language, book)


def check_outputs(book: Book) -> Result:
    """Check that the reference notebooks are those of the pages, and hold the data as it is."""
    faults = reference_notebooks.outdated_references(book)
    faults += [
        f"{book.shown_path(package_of(book).table(name).path)}: prints differently than in the reference notebook"
        for name in table_names(book)
        if any(prints_differently(name, language, book) for language in book.languages)
    ]
    pages, all_of_them = reference_notebooks.executable_pages(book), all_pages(book)
    left_out = [f"{page.name}: holds no code to execute" for page in all_of_them if page not in pages]
    examined = f"{len(pages)} reference notebooks of {len(all_of_them)} pages, {len(table_names(book))} tables"
    return Result(examined, faults, left_out, count=len(pages))


def check_documents(book: Book) -> Result:
    """Check the files that follow from the sources."""
    expected = derived_documents(book)
    faults = [
        f"{book.shown_path(path)}: not in step; checkable-book refresh writes it"
        for path, text in expected.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text()
    ]
    return Result(f"{len(expected)} files", faults + codecheck.failed_rules(book))


def check_own_site(book: Book) -> Result:
    """Check that the author's own site, where there is one, is as the build wrote it."""
    site = site_checks.site_path(book)
    if not site.is_dir():
        return Result("no site built here", count=0)
    found = site_checks.built_pages(site, book)
    return Result(f"{len(found)} pages in {book.shown_path(site)}", site_checks.changed_site_files(book))


def check_pages(book: Book) -> Result:
    """Build the book from nothing and check every page: links, identifiers, other hosts."""
    faults = site_checks.build_verification_site(book)
    site = site_checks.verification_site(book)
    found, wanted = site_checks.built_pages(site, book), all_pages(book)
    examined = f"{len(found)} of {len(wanted)} pages"
    return Result(examined, faults or site_checks.page_faults(site, book), count=len(found))


def check_notebooks(book: Book) -> Result:
    """Compare every output of that build with its reference."""
    executed = site_checks.executed_notebooks(site_checks.verification_site(book), book)
    pages = reference_notebooks.executable_pages(book)
    faults = [
        fault for page in pages for fault in reference_notebooks.output_differences(page, executed.get(page.name), book)
    ]
    found = [page for page in pages if page.name in executed]
    return Result(f"{len(found)} of {len(pages)} notebooks", faults, count=len(pages))


def check_site_numerals(book: Book) -> Result:
    """Check that every numeral of the built pages is explained."""
    files = site_checks.built_pages(site_checks.verification_site(book), book)
    recomputed = {
        REPORT: lambda language: [report_table(language)],
        "blind_spots": lambda language: [blind_spots(language)],
    }
    audit = number_audit.audit_pages(files, recomputed, book)
    result = _audit_result(audit, "examined_site_numerals", "en", book)
    allowed = read_allowances(book)
    if allowed and len(files) == len(all_pages(book)):
        path = book.shown_path(package_of(book).table(ALLOWED).path)
        result.left_out.append(f"{len(allowed)} phrases with numbers that {path} allows")
        result.faults += [
            f"{path}: found {one.phrase!r} for {one.place}, expected a phrase that explains a number there"
            for one in allowed
            if one not in audit.used and one.place not in TABLES_OF_QUERIES
        ]
    return result


def prints_differently(name: str, language: str, book: Book | None = None) -> bool:
    """Return whether a table prints differently than in the reference notebook of the page that prints it whole."""
    book = book or current_book()
    kept = _reference_tables(language, book)
    return name in kept and book_tables.full_table(name, language).html != kept[name]


def _audit_result(audit: number_audit.Audit, message: str, language: str, book: Book) -> Result:
    unexplained = [numeral for numeral in audit.numerals if numeral.kind == "unexplained"]
    faults = [
        f"{numeral.place or numeral.page}: {numeral.text!r} is not explained, in {numeral.sentence[:120]!r} "
        "(glue a value, or name the phrase in data/numerals_allowed.csv)"
        for numeral in dict.fromkeys(unexplained)
    ]
    explained = format_number(len(audit.numerals) - len(unexplained), language)
    examined = translate_count(message, len(audit.numerals), language, explained=explained)
    pages = (
        f"{len(audit.pages)} of {len(all_pages(book))} pages: "
        if language == "en" and message.endswith("site_numerals")
        else ""
    )
    counted: dict[str, int] = {}
    for line in audit.unread:
        counted[line] = counted.get(line, 0) + 1
    left_out = [f"{line} is not read" + (f" ({count} times)" if count > 1 else "") for line, count in counted.items()]
    return Result(pages + examined, faults, left_out, count=len(audit.pages))


def _run(name: str, check: Callable[[], Result]) -> Outcome:
    started = time.perf_counter()
    try:
        found = check()
    except DataError as error:
        found = Result("", str(error).splitlines())
    seconds = round(time.perf_counter() - started, 2)
    return Outcome(name, found.examined, found.faults, found.left_out, seconds, found.count)


def _record(path: Path, book: Book) -> None:
    from checkable_book.dependencies import record_once

    record_once(path, book)


def _commit(book: Book) -> str:
    """Return the commit that is checked out, with a mark where files differ from it; empty outside a repository."""
    command = ["git", "-C", str(book.root), "describe", "--always", "--abbrev=40", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _reference_tables(language: str, book: Book) -> dict[str, str]:
    """Return the HTML of each whole table as the reference notebooks hold it."""

    def read() -> dict[str, str]:
        found: dict[str, str] = {}
        for page in pages_of(language, book):
            path = reference_notebooks.reference_path(page, book)
            if not path.exists():
                continue
            notebook = nbformat.read(path, as_version=4)
            for cell in notebook.cells:
                for output in cell.outputs if cell.cell_type == "code" else []:
                    html = output.get("data", {}).get("text/html", "")
                    html = "".join(html) if isinstance(html, list) else html
                    if 'class="whole" data-anchors="' in html:
                        found[html.partition('class="whole" data-anchors="')[2].partition('"')[0]] = html
        return found

    return book.remember(("reference tables", language), read)


#: What no program can see, by the key of its messages.
_UNSEEN = ("pictures", "alike", "words", "formulas", "programs", "titles", "scripts")
#: The checks that need no build, by name, in the order in which they run: what the book says, then what follows.
QUICK: dict[str, Check] = {
    "description": check_description,
    "rules": check_rules,
    "claims": check_claims,
    "sentences": check_sentences,
    "numerals": check_source_numerals,
    "outputs": check_outputs,
    "documents": check_documents,
    "own_site": check_own_site,
}
#: The checks that a full run adds.
FULL: dict[str, Check] = {
    "pages": check_pages,
    "notebooks": check_notebooks,
    "site_numerals": check_site_numerals,
}
