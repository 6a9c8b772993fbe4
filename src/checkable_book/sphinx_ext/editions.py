"""The Sphinx extension that has the other editions of the book built meanwhile, each by a process of its own.

It stands first among the extensions in ``_config.yml``: where nothing has changed,
a build is mostly importing what the others need, and both editions can do that at once.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

from sphinx.application import Sphinx

from checkable_book import project
from checkable_book.render import i18n
from checkable_book.sphinx_ext import multilingual, termination


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension, and start the other editions where this is the first."""
    if not (Path(app.srcdir) / project.CONFIG).is_file():
        print(f"found {app.srcdir} to build, expected the whole book (jb build .)", file=sys.stderr)
        raise SystemExit(1)
    project.use(Path(app.srcdir))
    first = multilingual.EDITION_VARIABLE not in os.environ
    if first:  # the process of another edition ends with it
        termination.listen()
        os.environ[multilingual.RUN_VARIABLE] = uuid4().hex
    app.checkable_book_editions = {}  # type: ignore[attr-defined]
    if first and Path(app.outdir).name == multilingual.SITE:
        for code in project.languages():
            if code != multilingual.first():
                _started(app)[code] = multilingual.start(
                    code,
                    Path(app.outdir),
                    strict=app.warningiserror or app.keep_going,
                    keep_going=app.keep_going,
                    nitpicky=bool(app.config.overrides.get("nitpicky")),
                )
                atexit.register(_started(app)[code].kill)  # where this build fails first
    app.connect("build-finished", wait, priority=600)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}


def wait(app: Sphinx, error: Exception | None) -> None:
    """Wait for the other editions, and print what they said; stop where one failed and nothing else did."""
    failed = []
    for code, process in _started(app).items():
        said, _ = process.communicate()
        print(f"The edition in {i18n.language_name(code)}:\n{said}", flush=True)
        if process.returncode:
            failed.append(code)
    if failed and error is None:
        raise SystemExit(1)


def _started(app: Sphinx) -> dict[str, subprocess.Popen[str]]:
    started: dict[str, subprocess.Popen[str]] = app.checkable_book_editions  # type: ignore[attr-defined]
    return started
