"""A deposit for an archive such as Zenodo: sources, site, PDFs, EPUBs and the verification, in one file.

The same commit gives the same bytes: files are in order and carry the time of
the commit, and what a run takes is left out of the verification.
"""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from checkable_book import project
from checkable_book.errors import DataError
from checkable_book.render import book_metadata
from checkable_book.sphinx_ext import epub, multilingual, pdf
from checkable_book.verify import checks, site_checks

#: What an archive reads of a deposit; it stands in the deposit's root.
ZENODO = ".zenodo.json"


def write(outcomes: list[checks.Outcome], target: Path | None = None) -> Path:
    """Write the deposit of the commit that is checked out, whole or not at all; return its path.

    Parameters
    ----------
    outcomes : of a full verification, whose own build of the site goes into the deposit.
    target : where to; ``_build/archive/`` under the edition's version and commit by default.

    Raises
    ------
    DataError : this is no repository, files differ from the commit, or the verification failed.
    """
    named, time = commit()
    failed = [outcome.check for outcome in outcomes if outcome.faults]
    if failed:
        raise DataError(f"archive: found a verification that failed ({', '.join(failed)}), expected one that passed")
    version = book_metadata.known()["edition"]["version"]
    name = f"book-{version}-{named[:12]}"
    path = target or project.root() / "_build" / "archive" / f"{name}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    html = site_checks.anew()
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as deposit:
        for inside, content in sorted(_contents(html, outcomes, named, time)):
            entry = zipfile.ZipInfo(f"{name}/{inside}", time.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            deposit.writestr(entry, content)
    part.replace(path)
    return path


def commit() -> tuple[str, datetime]:
    """Return the commit that is checked out, and when it was made.

    Raises
    ------
    DataError : this is no repository, or files differ from the commit.
    """
    changed = _git("status", "--porcelain").strip()
    if changed:
        raise DataError(f"archive: found changes that are in no commit ({changed.splitlines()[0]}), expected none")
    name, seconds = _git("log", "-1", "--format=%H %ct").split()
    return name, datetime.fromtimestamp(int(seconds), UTC)


def zenodo() -> str:
    """Return what an archive reads of the deposit, with what is known of the paper.

    Examples
    --------
    >>> sorted(json.loads(zenodo()))[:3]
    ['creators', 'description', 'language']
    """
    made, paper = book_metadata.known()["edition"], book_metadata.known()["paper"]
    fields = {
        "title": book_metadata.title(),
        "description": book_metadata.description(),
        "upload_type": "software",
        "version": made["version"],
        "publication_date": made["released"],
        "creators": [{"name": book_metadata.editors()}],
        "license": made["text_licence"],
        "language": "eng",
        "related_identifiers": [
            {"identifier": paper["doi"], "relation": "isSupplementTo", "scheme": "doi", "resource_type": "publication"}
        ]
        if paper["doi"]
        else [],
    }
    return json.dumps(fields, indent=2, ensure_ascii=False) + "\n"


def _contents(
    html: Path, outcomes: list[checks.Outcome], named: str, time: datetime
) -> Iterable[tuple[str, bytes | str]]:
    root = project.root()
    for line in _git("ls-files", "-z").split("\0"):
        if line and (root / line).is_file():
            yield line, (root / line).read_bytes()
    for path in html.rglob("*"):
        if path.is_file() and path.name not in {".buildinfo", ".buildinfo.bak"}:
            yield f"site/{path.relative_to(html).as_posix()}", path.read_bytes()
    yield ZENODO, zenodo()
    report = checks.report_text(outcomes, commit=named, date=time.strftime("%Y-%m-%d"), timed=False)
    yield "verification.json", report


def print_pdfs() -> list[Path]:
    """Print the PDFs of the verification's own build."""
    return [pdf.write(site_checks.anew(), language) for language in project.languages() if _built(language)]


def write_epubs() -> list[Path]:
    """Write the EPUBs of the verification's own build."""
    return [epub.write(site_checks.anew(), language) for language in project.languages() if _built(language)]


def _built(language: str) -> bool:
    return multilingual.chapters(site_checks.anew(), language).is_dir()


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(project.root()), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise DataError(f"archive: found no repository in {project.root()}, expected one with a commit") from None
