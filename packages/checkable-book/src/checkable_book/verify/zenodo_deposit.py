"""A deposit for an archive such as Zenodo: sources, site, PDFs, EPUBs and the verification, in one file.

The same commit gives the same bytes: files are in order and carry the time of
the commit, and what a run takes is left out of the verification.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from checkable_book.book import Book, current_book
from checkable_book.errors import DataError
from checkable_book.files import write_bytes_whole
from checkable_book.render import book_metadata
from checkable_book.sphinx_ext import epub, pdf
from checkable_book.verify import checks, ro_crate, site_checks
from checkable_book.verify.outcomes import Outcome

#: What an archive reads of a deposit; it stands in the deposit's root.
ZENODO = ".zenodo.json"
HASHES = "SHA256SUMS"
#: Codes of languages of three letters, which Zenodo asks for, of those that are not the first letters of the name.
_THREE_LETTERS = {
    "ar": "ara", "de": "deu", "en": "eng", "es": "spa", "fr": "fra", "id": "ind", "it": "ita", "ja": "jpn",
    "ms": "msa", "nl": "nld", "pl": "pol", "pt": "por", "ru": "rus", "th": "tha", "tr": "tur", "vi": "vie", "zh": "zho",
}  # fmt: skip


def write_deposit(outcomes: list[Outcome], target: Path | None = None, book: Book | None = None) -> Path:
    """Write the deposit of the commit that is checked out, whole or not at all; return its path.

    Parameters
    ----------
    outcomes : of a full verification, whose own build of the site goes into the deposit.
    target : where to; ``_build/archive/`` under the edition's version and commit by default.

    Raises
    ------
    DataError : this is no repository, files differ from the commit, or the verification failed.
    """
    book = book or current_book()
    commit, time = checked_out_commit(book)
    failed = [outcome.check for outcome in outcomes if outcome.faults]
    if failed or not outcomes:
        raise DataError(f"archive: found a verification that failed ({', '.join(failed)}), expected one that passed")
    version = book_metadata.known_metadata(book)["edition"]["version"]
    name = f"book-{version}-{commit[:12]}"
    packed = io.BytesIO()
    files = {inside: _as_bytes(content) for inside, content in _deposit_files(outcomes, commit, time, book)}
    files[HASHES] = hashes_of(files).encode()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as deposit:
        for inside, content in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{name}/{inside}", time.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # on every system alike
            entry.external_attr = 0o644 << 16
            deposit.writestr(entry, content)
    return write_bytes_whole(target or book.root / "_build" / "archive" / f"{name}.zip", packed.getvalue())


def checked_out_commit(book: Book | None = None) -> tuple[str, datetime]:
    """Return the commit that is checked out, and when it was made.

    Raises
    ------
    DataError : this is no repository, or files differ from the commit.
    """
    book = book or current_book()
    changed = _git(book, "status", "--porcelain").strip()
    if changed:
        raise DataError(f"archive: found changes that are in no commit ({changed.splitlines()[0]}), expected none")
    name, seconds = _git(book, "log", "-1", "--format=%H %ct").split()
    return name, datetime.fromtimestamp(int(seconds), UTC)


def zenodo_metadata(book: Book | None = None) -> str:
    """Return what an archive reads of the deposit, with what is known of the paper."""
    book = book or current_book()
    edition, paper = (book_metadata.known_metadata(book)[part] for part in ("edition", "paper"))
    fields = {
        "title": book_metadata.title(book=book),
        "description": book_metadata.description(book),
        "upload_type": "software",
        "version": str(edition["version"]),
        "publication_date": str(edition["released"]),
        "creators": [{"name": book_metadata.editors(book=book)}],
        "license": edition["text_licence"],
        "related_identifiers": [
            {"identifier": paper["doi"], "relation": "isSupplementTo", "scheme": "doi", "resource_type": "publication"}
        ]
        if paper["doi"]
        else [],
    }
    if book.first_language in _THREE_LETTERS:
        fields["language"] = _THREE_LETTERS[book.first_language]
    return json.dumps(fields, indent=2, ensure_ascii=False) + "\n"


def hashes_of(files: dict[str, bytes]) -> str:
    """Return the hash of each file, a line each, in the format of sha256sum.

    Examples
    --------
    >>> hashes_of({"a.csv": b""}).split()[1]
    'a.csv'
    """
    return "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))


def print_pdfs(book: Book | None = None) -> list[Path]:
    """Print the PDFs of the verification's own build."""
    book = book or current_book()
    return [pdf.write_pdf(site_checks.verification_site(book), language, book) for language in book.languages]


def write_epubs(book: Book | None = None) -> list[Path]:
    """Write the EPUBs of the verification's own build."""
    book = book or current_book()
    return [epub.write_epub(site_checks.verification_site(book), language, book) for language in book.languages]


def _deposit_files(
    outcomes: list[Outcome], commit: str, time: datetime, book: Book
) -> Iterable[tuple[str, bytes | str]]:
    """Yield the files of the deposit; what is made for it stands in for a source of the same name."""
    for name in _git(book, "ls-files", "-z").split("\0"):
        if name and (book.root / name).is_file():
            yield name, (book.root / name).read_bytes()
    site = site_checks.verification_site(book)
    for path in site.rglob("*"):
        if path.is_file() and path.name not in {".buildinfo", ".buildinfo.bak"}:
            yield f"site/{path.relative_to(site).as_posix()}", path.read_bytes()
    yield ZENODO, zenodo_metadata(book)
    yield ro_crate.FILE_NAME, ro_crate.crate_text(book)
    report = checks.report_text(outcomes, book, commit=commit, date=time.strftime("%Y-%m-%d"), timed=False)
    yield "verification.json", report


def _as_bytes(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _git(book: Book, *arguments: str) -> str:
    command = ["git", "-C", str(book.root), *arguments]
    try:
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise DataError(f"archive: found no repository in {book.root}, expected one with a commit") from None
