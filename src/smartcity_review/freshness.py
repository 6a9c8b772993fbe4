"""What a page uses, so that the build knows when it is stale.

While a page is executed, each table it loads is noted, with the modules of this
package it has imported by then, in the file that :data:`TRACE_VARIABLE` names.
The build keeps a hash of those files and executes the page again once the hash
has changed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from smartcity_review.paths import CHAPTERS, DATA

#: The environment variable that names the file to note uses in; unset outside a build.
TRACE_VARIABLE = "SMARTCITY_REVIEW_TRACE"


def note(kind: str, name: str) -> None:
    """Note that this page uses something, and the modules imported so far.

    Parameters
    ----------
    kind, name : ``data`` and a table, ``chapter`` and a source below ``chapters/``,
        or ``exports`` and their folder below ``data/``.
    """
    target = os.environ.get(TRACE_VARIABLE)
    if target:
        modules = [module for module in sys.modules if module.startswith(f"{__package__}.")]
        with open(target, "a", encoding="utf-8") as stream:
            stream.writelines(f"{line}\n" for line in [f"{kind} {name}", *(f"module {m}" for m in modules)])


def fingerprint(uses: Iterable[str]) -> str:
    """Return a hash of the files behind ``uses``, as :func:`note` writes them.

    The description of the data, the glossary and the messages count as used by every page.
    """
    always = {
        DATA / "datapackage.json",
        DATA / "glossary.csv",
        DATA / "paper.yml",
        Path(__file__).with_name("messages.yml"),
    }
    return _hashed({*chain.from_iterable(map(_files, uses)), *always, *Path(__file__).parent.glob("templates/*")})


def frame(site: Path) -> str:
    """Return a hash of what stands around the content of every page: styles, scripts, head, buttons, PDFs offered."""
    package = Path(__file__).parent
    modules = [package / f"{name}.py" for name in ("languages", "page_head", "page_weight", "publish", "sphinx_ext")]
    around = _hashed(
        [*package.glob("static/*"), *package.glob("theme/*"), *modules, package / "messages.yml", DATA / "paper.yml"]
    )
    return around + " ".join(sorted(pdf.name for pdf in site.glob("*.pdf")))


def _hashed(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode() + b"\0" + (path.read_bytes() if path.exists() else b"") + b"\0")
    return digest.hexdigest()


def _files(use: str) -> list[Path]:
    kind, name = use.split()
    if kind == "data":
        return [DATA / f"{name}.csv"]
    if kind == "exports":
        return [DATA / "references.bib", *(path for path in (DATA / name).rglob("*") if path.is_file())]
    if kind == "chapter":
        return [CHAPTERS / name]
    spec = importlib.util.find_spec(name)
    return [Path(spec.origin) if spec and spec.origin else Path(name)]
