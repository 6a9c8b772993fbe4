"""The CODECHECK configuration, ``codecheck.yml``: what it says, and which of the rules of CODECHECK it keeps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from checkable_book.book import Book, current_book
from checkable_book.render import book_metadata
from checkable_book.render.i18n import translate
from checkable_book.verify import reference_notebooks

#: What stands for something still to be filled in.
_PLACEHOLDER = re.compile(r"FIXME|TODO|TBD|XXX|\[[A-Z][^\]\n]*\]")
_SPECIFICATION = "https://codecheck.org.uk/spec/config/2.0"


def codecheck_path(book: Book | None = None) -> Path:
    """Return where the CODECHECK configuration is kept."""
    return (book or current_book()).root / "codecheck.yml"


def codecheck_text(book: Book | None = None) -> str:
    """Return the CODECHECK configuration, without what is not known or a checker's to fill in."""
    book = book or current_book()
    paper = book_metadata.known_metadata(book)["paper"]
    described = {
        "title": paper["title"],
        "authors": [{"name": name} for name in paper["authors"] or []],
        "reference": book_metadata.paper_address(book) or None,
    }
    fields = {
        "version": _SPECIFICATION,
        "source": translate("codecheck_source"),
        "manifest": [
            {
                "file": book.shown_path(reference_notebooks.reference_path(page, book)),
                "comment": translate("codecheck_comment", chapter=book.shown_path(page.path)),
            }
            for page in reference_notebooks.executable_pages(book)
        ],
        "paper": {key: value for key, value in described.items() if value},
    }
    return "---\n" + yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=1000)


#: Status of a CODECHECK rule, the best first: passed, needs paper metadata, needs a codechecker, failed.
STATUSES = ("passed", "needs_paper_metadata", "needs_codechecker", "failed")


def rule_statuses(book: Book | None = None) -> dict[str, str]:
    """Return the status of each rule of CODECHECK that is looked at, from ``codecheck.yml`` as it stands."""
    book = book or current_book()
    path = codecheck_path(book)
    raw = path.read_text(encoding="utf-8") if path.exists() else ""
    try:
        fields = yaml.safe_load(raw) or {}
    except yaml.YAMLError:
        fields = {}
    fields = fields if isinstance(fields, dict) else {}
    manifest = fields.get("manifest") or []
    named = [item.get("file", "") for item in manifest if isinstance(item, dict)]
    paper = fields.get("paper") or {}
    known = book_metadata.known_metadata(book)["paper"]

    def status_in_paper(key: str) -> str:
        return (
            "passed"
            if paper.get(key)
            else "failed"
            if known.get("doi" if key == "reference" else key)
            else "needs_paper_metadata"
        )

    def status_of_checker(key: str) -> str:
        return "passed" if fields.get(key) else "needs_codechecker"

    def passed(holds: bool) -> str:
        return "passed" if holds else "failed"

    orcids = [person.get("ORCID") for person in paper.get("authors") or [] if isinstance(person, dict)]
    return {
        "CFG-001": passed(bool(fields)),
        "CFG-002": passed(raw.startswith("---\n")),
        "CFG-003": passed(path.exists()),
        "CFG-004": passed(bool(manifest)),
        "CFG-005": passed(bool(named) and all(named)),
        "CFG-006": passed(all(not Path(name).is_absolute() for name in named)),
        "BUN-001": passed(all((book.root / name).is_file() for name in named)),
        "CFG-016": status_in_paper("title"),
        "CFG-018": status_in_paper("authors"),
        "CFG-021": status_in_paper("reference"),
        "CFG-023": passed(_PLACEHOLDER.search(raw) is None),
        "CFG-008": status_of_checker("codechecker"),
        "CFG-009": status_of_checker("report"),
        "CFG-011": status_of_checker("summary"),
        "CFG-024": status_of_checker("certificate"),
        "MET-001": passed(all(map(_is_orcid, orcids))) if any(orcids) else "needs_paper_metadata",
    }


def group_status(rules: str, found: Mapping[str, str]) -> str:
    """Return the status of a group of rules, as in ``CFG-004 to CFG-006, BUN-001``: the worst of those looked at."""
    statuses = []
    for part in rules.split(", "):
        first, _, last = part.partition(" to ")
        statuses += [status for rule, status in found.items() if first <= rule <= (last or first)]
    return max(statuses, key=STATUSES.index, default="failed")


def failed_rules(book: Book | None = None) -> list[str]:
    """Return a line for each CODECHECK rule that ``codecheck.yml`` breaks."""
    return [f"codecheck.yml: {rule} is not kept" for rule, status in rule_statuses(book).items() if status == "failed"]


def _is_orcid(identifier: str | None) -> bool:
    """Return whether an ORCID is a plain identifier with a valid checksum (ISO 7064, 11,2)."""
    digits = (identifier or "").replace("-", "")
    if not re.fullmatch(r"\d{15}[\dX]", digits):
        return False
    total = 0
    for digit in digits[:15]:
        total = (total + int(digit)) * 2
    return digits[15] == "0123456789X"[(12 - total % 11) % 11]
