"""How a book is built: the Sphinx extension, with kernels, freshness, languages, PDF and EPUB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    from checkable_book.sphinx_ext import extension  # which imports Sphinx and MyST-NB

    return extension.setup(app)
