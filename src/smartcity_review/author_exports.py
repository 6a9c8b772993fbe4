"""The authors' exports of the review: where they go, and whether they are there."""

from __future__ import annotations

from pathlib import Path

from checkable_book.book import current_book

#: Their folder, below the data.
FOLDER = "review"
_OURS = {"README.md", "protocol.yml", "decisions", "results"}


def exports_folder() -> Path:
    """Return the folder that the exports go to."""
    return current_book().data_folder / FOLDER


def has_exports() -> bool:
    """Return whether there are exports, beside the protocol and what people decided."""
    folder = exports_folder()
    return folder.is_dir() and any(path.name not in _OURS for path in folder.iterdir() if not path.name.startswith("."))
