"""Takes out of the built site what the theme loads and the book does not need.

The theme draws a dozen icons with a script and a font of 700 kB together, loads
the search of Sphinx on every page, and lets scripts hold up the first paint. The
icons of the book are in ``static/icons.css``; the book has a search of its own
(:mod:`search_index`), on the search page; scripts wait until the page is parsed.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from checkable_book.files import write_text_whole
from checkable_book.sphinx_ext import search_index

_ICON_SCRIPT = re.compile(r"\s*<script defer src=\"[^\"]*scripts/fontawesome\.js[^>]*></script>")
_PRELOADS = re.compile(r"\s*<link rel=\"preload\" as=\"script\"[^>]*>")
_SEARCH = re.compile(r"\s*<script src=\"[^\"]*(?:searchtools|language_data|searchindex)\.js[^>]*></script>")
# All but the options, which scripts inside the page refer to at once.
_WAITING = re.compile(r"<script (?=(?:data-[\w-]+=\"[^\"]*\" )*src=)(?![^>]*(?:documentation_options|defer|search))")
# MyST-NB's sheet is not yet there when a first build hashes it; its name holds a hash in any case.
_HASHED_TWICE = re.compile(r"(mystnb\.[0-9a-f]+\.css)\?v=[0-9a-f]+")
_EVALUATION = re.compile(r"new Function\(.*?`\s*\)", re.DOTALL)
_PLURAL_RULE = re.compile(r'"plural_expr": "([^"\\]*)"')
_ICON_RULES = re.compile(r"(?:\.fa-[\w-]+:before,?)+\{content:\"[^\"]*\"\}|@font-face\{[^}]*webfonts[^}]*\}")


def remove_unused_scripts(page: str, *, searches: bool) -> str:
    """Return a page without the scripts that it does not need, the others waiting for the page.

    Parameters
    ----------
    searches : whether the page is the one that searches the book.

    Examples
    --------
    >>> remove_unused_scripts('<head><script src="../_static/searchtools.js"></script></head>', searches=False)
    '<head></head>'
    """
    page = _HASHED_TWICE.sub(r"\1", _PRELOADS.sub("", _ICON_SCRIPT.sub("", page)))
    page = _WAITING.sub("<script defer ", _SEARCH.sub("", page))
    return page.replace("</body>", f"{search_index.script_tags()}</body>", 1) if searches else page


def replace_plural_rule(static: Path) -> None:
    """Let Sphinx's script choose plural forms without evaluating text, which the pages' policy forbids.

    The rule of the language stands as an expression in Sphinx's own catalogue;
    here it becomes a part of the script.
    """
    script, catalogue = static / "doctools.js", static / "translations.js"
    found = _PLURAL_RULE.search(catalogue.read_text(encoding="utf-8")) if catalogue.exists() else None
    rule = f"(n) => Number({found[1]})" if found else "(n) => (n === 1 ? 0 : 1)"
    written = script.read_text(encoding="utf-8")
    plain = _EVALUATION.sub(lambda _: rule, written)
    if plain != written:
        write_text_whole(script, plain)


def drop_icon_font(static: Path) -> None:
    """Take the theme's icon font and script, and the rules for them, out of the folder of static files."""
    shutil.rmtree(static / "vendor" / "fontawesome", ignore_errors=True)
    for script in (static / "scripts").glob("fontawesome.js*"):
        script.unlink()
    for sheet in (static / "styles").glob("pydata-sphinx-theme.css"):
        written = sheet.read_text(encoding="utf-8")
        light = _ICON_RULES.sub("", written)
        if light != written:
            write_text_whole(sheet, light)
