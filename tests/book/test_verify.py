"""The one command, and what it stands on: the audit of numerals and the verdicts."""

import json

import pytest

from checkable_book import data
from checkable_book.book import current_book
from checkable_book.contents import all_pages
from checkable_book.data import claims
from checkable_book.verify import checks, number_audit, site_checks
from whole_book import HIGHER, SPEED, BookCopy


@pytest.mark.alone
def test_the_quick_verification_passes_and_reports(book: BookCopy) -> None:
    result = book.run("checkable-book", "verify", "--quick")
    assert result.returncode == 0, result.stdout + result.stderr
    report = json.loads((book.root / "verification.json").read_text(encoding="utf-8"))
    assert report["passed"] is True
    assert [check["check"] for check in report["checks"]] == list(checks.QUICK)
    assert sum(check["seconds"] for check in report["checks"]) < 10


def test_a_changed_cell_fails_with_the_line_that_matters(book: BookCopy) -> None:
    with book.edited("data/internet_use.csv", SPEED, HIGHER):
        result = book.run("checkable-book", "verify", "--quick")
    assert result.returncode == 1
    assert "data/internet_use.csv: prints differently than in the reference notebook" in result.stdout
    assert result.stderr.startswith("verification failed: outputs: ")


def test_every_numeral_of_the_built_pages_is_explained(book: BookCopy) -> None:
    files = site_checks.built_pages(book.site, current_book())
    own = {"verification": checks.report_table, "blind_spots": checks.blind_spots}
    recomputed = {name: lambda language, make=make: [make(language)] for name, make in own.items()}
    audit = number_audit.audit_pages(files, recomputed)
    assert len(audit.numerals) > 20_000
    assert len(audit.pages) == len(all_pages(current_book()))
    assert [one for one in audit.numerals if one.kind == "unexplained"] == []


def test_an_unknown_check_is_refused(book: BookCopy) -> None:
    result = book.run("checkable-book", "verify", "--skip", "everything")
    assert result.returncode == 2
    assert "'everything' is not one of" in result.stderr


def test_every_claim_has_evidence_of_a_named_kind() -> None:
    found = claims.evaluate_claims()
    assert len(found) >= 230
    assert found["claim"].is_unique
    assert found["statement_en"].is_unique
    assert set(found["evidence"]) <= set(claims.KINDS)
    assert "evidence" not in data.load_table("published_claims")
    uncheckable = found[found["evidence"] == "not_checkable"]
    assert ((uncheckable["needed"] != "") | (uncheckable["check"] != "")).all()
