"""What a page uses, noted while it is executed, so that the build knows when it is stale."""

from __future__ import annotations

import os
import sys

from checkable_book import project

#: The environment variable that names the file to note uses in; unset outside a build.
TRACE_VARIABLE = "CHECKABLE_BOOK_TRACE"

#: The modules that were looked at, for each file to note uses in: there are thousands, and few are the book's.
_looked_at: dict[str, set[str]] = {}


def note(kind: str, name: str) -> None:
    """Note that this page uses something, and the modules of the book imported so far.

    Parameters
    ----------
    kind, name : ``data`` and a table, ``folder`` and a folder below ``data/``,
        or ``chapter`` and a source below ``chapters/``.

    Examples
    --------
    >>> note("data", "rules")  # notes nothing outside a build
    """
    target = os.environ.get(TRACE_VARIABLE)
    if target:
        looked_at = _looked_at.setdefault(target, set())
        fresh = {name: module for name, module in list(sys.modules.items()) if name not in looked_at}
        looked_at.update(fresh)
        modules = [name for name, module in fresh.items() if _is_ours(name, module)]
        with open(target, "a", encoding="utf-8") as stream:
            stream.writelines(f"{line}\n" for line in [f"{kind} {name}", *(f"module {m}" for m in modules)])


def _is_ours(name: str, module: object) -> bool:
    if name in {"__main__", "__mp_main__"}:  # the program that executes the page, by either of its names
        return False
    file = getattr(module, "__file__", None)
    return name.startswith(f"{__package__}.") or bool(file and project.owns(file))
