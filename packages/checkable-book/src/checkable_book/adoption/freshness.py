"""Which pages of the author's last build are stale, and because of what."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path
from typing import Any

from checkable_book.adoption.book import AdoptedBook
from checkable_book.adoption.extension import AdoptedFingerprints
from checkable_book.dependencies import CHANGED_MEANWHILE, digest_of_file, digest_of_listing, digest_of_modules
from checkable_book.sphinx_ext.staleness import PageDependencies

#: Where builds keep what they know of the pages, from the folder of the configuration.
_KEPT = [
    f"{build}/{name}"
    for build in ("_build", "build", "../_build", "../build")
    for name in (".doctrees", "doctrees", "html/.doctrees")
]


def kept_dependencies(book: AdoptedBook) -> dict[str, PageDependencies]:
    """Return what each page of the author's last build depended on, by its name; nothing where none was recorded."""
    found = [book.root / name / "environment.pickle" for name in _KEPT]
    files = [path for path in found if path.is_file()]
    if not files:
        return {}
    newest = max(files, key=lambda path: path.stat().st_mtime)
    try:
        with open(newest, "rb") as stream:
            environment: Any = pickle.load(stream)  # what the author's own build wrote
    except Exception:  # of another version: the next build makes it anew
        return {}
    kept: dict[str, PageDependencies] = getattr(environment, "checkable_book_dependencies", {})
    return kept


def stale_pages(book: AdoptedBook, kept: dict[str, PageDependencies] | None = None) -> dict[str, str]:
    """Return the pages of the author's last build that the next one executes, each with what has changed."""
    kept = kept_dependencies(book) if kept is None else kept
    fingerprints = AdoptedFingerprints(book)
    pages = {page.docname: page for page in book.pages}
    found = {}
    for name, page in pages.items():
        if name not in kept:
            if kept:
                found[name] = "was not built yet"
        elif reason := _why_stale(kept[name], page.path, fingerprints, book):
            found[name] = reason
    return found


def unseen_sources(kept: dict[str, PageDependencies]) -> dict[str, list[str]]:
    """Return what pages read that nobody sees, by kind: of the network, and through other programs."""
    found: dict[str, list[str]] = {}
    for name, page in kept.items():
        for one in page.recorded:
            if one.kind in {"network", "process"}:
                found.setdefault(one.kind, []).append(f"{name} ({one.name[:60]})")
    return found


def counted_dependencies(kept: dict[str, PageDependencies]) -> Counter[str]:
    """Return how many files the pages depend on, each counted once, by whether they are the book's own."""
    names = {one.name for page in kept.values() for one in page.recorded if one.kind == "file"}
    return Counter("outside" if Path(name).is_absolute() else "inside" for name in names)


def _why_stale(kept: PageDependencies, source: Path, fingerprints: AdoptedFingerprints, book: AdoptedBook) -> str:
    if kept.source != digest_of_file(source):
        return "its source has changed"
    if kept.layout != fingerprints.layout_once():
        return "the installed packages have changed"
    for one in kept.recorded:
        if one.kind == "process":
            return f"starts {one.name[:40]}, which reads what nobody sees"
        if one.kind == "file" and (fingerprints.file(one.name) != one.digest or one.digest == CHANGED_MEANWHILE):
            return f"{one.name} has changed"
        if one.kind == "modules" and digest_of_modules(book.root / one.name) != one.digest:
            return f"the modules in {one.name} are others"
        if one.kind == "listing" and digest_of_listing(book.root / one.name) != one.digest:
            return f"the files in {one.name} are others"
    return ""
