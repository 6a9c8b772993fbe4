"""The one command, and what it stands on: the audit of numerals and the verdicts."""

import json

import pytest

from checkable_book import data
from checkable_book.data import evidence
from checkable_book.sphinx_ext import multilingual
from checkable_book.verify import checks, number_audit
from whole_book import HIGHER, SPEED, Book


@pytest.mark.alone
def test_the_quick_verification_passes_and_reports(book: Book) -> None:
    result = book.run("checkable-book", "verify", "--quick")
    assert result.returncode == 0, result.stdout + result.stderr
    report = json.loads((book.root / "verification.json").read_text(encoding="utf-8"))
    assert report["passed"] is True
    assert [check["check"] for check in report["checks"]] == list(checks.QUICK)
    assert sum(check["seconds"] for check in report["checks"]) < 10


def test_a_changed_cell_fails_with_the_line_that_matters(book: Book) -> None:
    with book.edited("data/internet_use.csv", SPEED, HIGHER):
        result = book.run("checkable-book", "verify", "--quick")
    assert result.returncode == 1
    assert "data/internet_use.csv: prints otherwise than in the reference notebook" in result.stdout
    assert "SHA256SUMS: not in step" in result.stdout
    assert result.stderr.startswith("verification failed: outputs: ")


def test_every_numeral_of_the_built_pages_is_explained(book: Book) -> None:
    said = {"verification": lambda language: checks.report(language).plain}
    found = number_audit.pages(multilingual.pages(book.site), said)
    assert len(found) > 20_000
    unexplained = [one for one in found if one.kind == "unexplained"]
    assert unexplained == []


def test_an_unknown_check_is_refused(book: Book) -> None:
    result = book.run("checkable-book", "verify", "--skip", "everything")
    assert result.returncode == 2
    assert "invalid choice: 'everything'" in result.stderr


def test_every_claim_has_evidence_of_a_named_kind() -> None:
    found = evidence.verdicts()
    assert len(found) >= 230
    assert found["claim"].is_unique
    assert found["statement_en"].is_unique
    assert set(found["evidence"]) <= set(evidence.KINDS)
    assert "evidence" not in data.load("published_claims")
    uncheckable = found[found["evidence"] == "not_checkable"]
    assert ((uncheckable["needed"] != "") | (uncheckable["check"] != "")).all()
