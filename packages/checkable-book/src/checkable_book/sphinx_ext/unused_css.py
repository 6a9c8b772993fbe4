"""Removes CSS rules whose classes occur on no page and in no script of the site.

The theme brings a sheet for every site that there might be, of which a book uses
a fourth, and a page shows no word before its sheets are there. A rule is left out
where it names a class that stands on no page and in no script of the site.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

from checkable_book.files import write_text_whole

_CLASSES = re.compile(r'class="([^"]*)"')
_WORDS = re.compile(r"[A-Za-z_][\w-]+")
#: What the theme's scripts put together from parts.
_PUT_TOGETHER = ("bs-tooltip",)
#: Scripts that put no element on a page, or none with a class of these sheets.
_NO_PAGES = {"vega.js", "searchindex.js", "search-index.js", "minisearch.js", "sql-wasm-inline.js"}
_OWN = {path.name for path in (Path(__file__).parents[1] / "render" / "static").glob("*.css")} | {"colours.css"}
_MARK = "/* Rules that no page of this site can meet are left out. */\n"


def purge_unused_css(site: Path, pages: Iterable[Path], cache: Path) -> None:
    """Leave out of the sheets of an edition what none of its ``pages`` and scripts can meet.

    The book's own sheets stay as they are. Sphinx copies a sheet anew whenever it
    writes a page, so that a rule comes back with the page that needs it; what is
    left of a sheet is kept in ``cache``, for as long as the same classes are used.
    """
    sheets = [path for path in (site / "_static").rglob("*.css") if path.name not in _OWN]
    whole = {path: text for path in sheets if not (text := path.read_text(encoding="utf-8")).startswith(_MARK)}
    if not whole:
        return
    names: set[str] = set()
    for page in pages:
        names.update(*map(str.split, _CLASSES.findall(page.read_text(encoding="utf-8"))))
    for script in (site / "_static").rglob("*.js"):
        if script.name not in _NO_PAGES and script.parent.name != "viewers":
            names.update(_WORDS.findall(script.read_text(encoding="utf-8")))
    cache.mkdir(parents=True, exist_ok=True)
    for sheet, text in whole.items():
        wanted = sorted(names.intersection(_WORDS.findall(text)))
        held = cache / f"{hashlib.sha256((_MARK + text + ' '.join(wanted)).encode()).hexdigest()[:16]}.css"
        if not held.exists():
            write_text_whole(held, _MARK + purge_sheet(text, names))
        write_text_whole(sheet, held.read_text(encoding="utf-8"))


def purge_sheet(sheet: str, names: set[str]) -> str:
    """Return a sheet without the rules that need a class which is not among ``names``.

    Examples
    --------
    >>> print(purge_sheet(".used, .unused { color: red } @media print { .unused { color: blue } }", {"used"}), end="")
    .used{ color: red }
    """
    import tinycss2  # which a build without changes need not wait for

    return "".join(
        _purge_rules(tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True), names, tinycss2)
    )


def _purge_rules(rules: list[Any], names: set[str], css: ModuleType) -> Iterator[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            met = [selector for selector in _selectors(rule.prelude) if _may_match(selector, names)]
            if met:
                shown = ",".join(css.serialize(selector).strip() for selector in met)
                yield f"{shown}{{{css.serialize(rule.content)}}}\n"
        elif rule.type == "at-rule" and rule.lower_at_keyword in {"media", "supports", "container"}:
            held = css.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            inside = "".join(_purge_rules(held, names, css))
            if inside:
                yield f"@{rule.at_keyword}{css.serialize(rule.prelude)}{{{inside}}}\n"
        else:
            yield rule.serialize() + "\n"


def _selectors(prelude: list[Any]) -> Iterator[list[Any]]:
    """Yield the selectors of a rule, which commas part."""
    held: list[Any] = []
    for token in prelude:
        if token == ",":
            yield held
            held = []
        else:
            held.append(token)
    yield held


def _may_match(selector: list[Any], names: set[str]) -> bool:
    """Say whether every class that a selector needs may be there; what stands in brackets may be a choice."""
    wanted = {token.value for dot, token in pairwise(selector) if dot == "." and token.type == "ident"}
    return all(name in names or name.startswith(_PUT_TOGETHER) for name in wanted)
