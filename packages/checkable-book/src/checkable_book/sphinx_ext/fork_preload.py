"""Preloads the data and evaluates the claims once in the fork server, so that every forked kernel starts with them.

A page records what it depends on when it asks, with the digests of what was loaded here.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from checkable_book.book import FOLDER_VARIABLE, Book, use_book
from checkable_book.data import claims
from checkable_book.render import canvas, chart, table, values  # noqa: F401  (what nearly every chapter imports)

if _root := os.environ.get(FOLDER_VARIABLE):
    _book = Book(Path(_root))
    use_book(_book)
    with suppress(Exception):  # whatever it is, the page that asks for it says so
        claims.evaluate_claims(book=_book)
