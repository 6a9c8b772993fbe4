"""The authors' exports of the review: where they go, and whether they are there."""

from __future__ import annotations

from pathlib import Path

from checkable_book import project

#: Their folder, below the data.
FOLDER = "review"
_OURS = {"README.md", "protocol.yml", "decisions", "results"}


def folder() -> Path:
    """Return where the exports go."""
    return project.data() / FOLDER


def present() -> bool:
    """Say whether there are exports, beside the protocol and what people decided."""
    return folder().is_dir() and any(
        path.name not in _OURS for path in folder().iterdir() if not path.name.startswith(".")
    )
