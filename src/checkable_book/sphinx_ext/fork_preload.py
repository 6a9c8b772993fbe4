"""What many pages ask for alike, computed once: the fork server imports this module, so that its forks have it.

That is the data, checked and as a database, and the evidence for the claims. A
page notes what it uses when it asks, so that it is known for stale as before.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from checkable_book import project
from checkable_book.data import database, evidence

if _root := os.environ.get(project.FOLDER_VARIABLE):
    project.use(Path(_root))
    with suppress(Exception):  # whatever it is, the page that asks for it says so
        evidence.judged(database.shared())
