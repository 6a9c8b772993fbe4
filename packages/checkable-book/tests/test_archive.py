"""The deposit for an archive: complete, verified, of one commit, and the same bytes wherever it is built."""

import json
import os
import subprocess
import zipfile
from pathlib import Path

from checkable_book.sphinx_ext import pdf
from small_book import SmallBook

_NOBODY = {"GIT_AUTHOR_NAME": "N", "GIT_AUTHOR_EMAIL": "n@example.org"}
_NOBODY |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in _NOBODY.items()}


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-c", "init.defaultBranch=main", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=os.environ | _NOBODY)


def archived(book: SmallBook) -> Path:
    """Return the deposit that the command names in its last line."""
    done = book.run("checkable-book", "archive")
    assert done.code == 0, done.said
    return Path(done.said.splitlines()[-1])


def test_the_same_commit_gives_the_same_deposit_in_another_place(laid_down: SmallBook, tmp_path: Path) -> None:
    first = laid_down.copy(tmp_path / "first", built=False)
    git(first.root, "init")
    git(first.root, "add", "--all")
    git(first.root, "commit", "--message", "Begin")
    second = SmallBook(tmp_path / "deeper" / "second")
    git(tmp_path, "clone", str(first.root), str(second.root))
    deposit = archived(first)
    assert deposit.read_bytes() == archived(second).read_bytes()
    with zipfile.ZipFile(deposit) as opened:
        held = {name.partition("/")[2]: opened.read(name) for name in opened.namelist()}
    assert {"data/gardens.csv", "README.md", "requirements.txt", "SHA256SUMS", "ro-crate-metadata.json"} <= set(held)
    assert {"site/index.html", "site/chapters/en/index.html", "site/id/chapters/id/index.html"} <= set(held)
    assert {"site/book-en.epub", "site/id/book-id.epub"} <= set(held)
    assert {"site/book-en.pdf", "site/id/book-id.pdf"} <= set(held) or pdf.find_chromium() is None
    assert json.loads(held[".zenodo.json"])["creators"]
    report = json.loads(held["verification.json"])
    assert report["passed"] is True
    assert report["commit"] in subprocess.check_output(["git", "log", "-1"], cwd=first.root, text=True)
    assert "seconds" not in report["checks"][0]


def test_changes_that_are_in_no_commit_are_told_before_anything_is_done(plain: SmallBook, tmp_path: Path) -> None:
    book = plain.copy(tmp_path / "book", built=False)
    assert "archive: found no repository" in book.run("checkable-book", "archive").told
    git(book.root, "init")
    refused = book.run("checkable-book", "archive")
    assert refused.code == 1
    assert refused.said.startswith("archive: found changes that are in no commit (?? ")
    assert not (book.root / "_build").exists()
