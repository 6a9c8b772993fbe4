"""What the search of the site looks in: the parts of every page, their words, and which words mean the same.

The index is a script, so that the search works from a folder too. Each page is
read once and kept until it changes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag

from checkable_book.book import Book
from checkable_book.dependencies import digest_of_bytes
from checkable_book.files import write_text_whole
from checkable_book.render import i18n
from checkable_book.sphinx_ext import vendor

#: The table of words that mean the same.
SYNONYMS = "synonyms"
_SCRIPTS = ("vendor/minisearch.js", "search-words.js", "search_terms.js", "search-index.js", "search.js")
#: What is no text of a page, or says again what stands there: code, data of charts, queries, the rows of whole files.
_NO_TEXT = (
    "script, style, svg, .headerlink, .cell_input, details.hide, .chart-data, .chart-spec, details.query, caption, "
    "details.whole, .choices, .viewer, .download, .toctree-wrapper, [data-origin-of], form"
)
_ARTICLE = re.compile(r"<article\b.*</article>", re.DOTALL)
_APART = ["li", "td", "th", "dt", "dd", "figcaption"]


def write_index(site: Path, pages: Iterable[Path], language: str, book: Book, cache: Path) -> None:
    """Write what the search of an edition looks in: the parts of its ``pages``, and the words of its language.

    Parameters
    ----------
    cache : a folder for the parts of each page, by the digest of the page.
    """
    cache.mkdir(parents=True, exist_ok=True)
    records: list[dict[str, Any]] = []
    for page in pages:
        content = page.read_bytes()
        held = cache / f"{digest_of_bytes(content)[:20]}.json"
        if not held.exists():
            write_text_whole(held, json.dumps(page_records(content.decode()), ensure_ascii=False))
        address = page.relative_to(site).as_posix()
        records += [
            {**record, "address": f"{address}{record['address']}"}
            for record in json.loads(held.read_text(encoding="utf-8"))
        ]
    said = i18n.select_messages(("search_",), language)  # with their placeholders, which the script fills in
    labels = {key.removeprefix("search_"): message for key, message in said.items()}
    held_words = json.dumps({"records": records, "labels": labels}, ensure_ascii=False, separators=(",", ":"))
    write_text_whole(site / "_static" / "search-index.js", f"window.checkableBookSearch = {held_words};\n")
    write_text_whole(site / "_static" / "search-words.js", words_script(language, book))


def page_records(page: str) -> list[dict[str, str]]:
    """Return the parts of a built page: of each section its address, the titles of page and section, and its text.

    Examples
    --------
    >>> page_records("<article><section id='a'><h1>Ponds</h1><p>Old.</p></section></article>")
    [{'address': '', 'page': 'Ponds', 'heading': 'Ponds', 'text': 'Old.'}]
    """
    # The list of all pages beside it is not read: it is as long as the book.
    found = _ARTICLE.search(page)
    article = BeautifulSoup(found[0], "html.parser").select_one("article") if found else None
    if article is None:
        return []
    for part in article.select(_NO_TEXT):
        part.decompose()
    for part in article.find_all(_APART):
        part.append(NavigableString(" · "))
    title = _take_heading(article.find("section"))
    records: list[dict[str, str]] = []
    for section in article.find_all("section"):
        inner = [part.extract() for part in section.find_all("section", recursive=False)]
        heading = _take_heading(section) or title
        text = " ".join(section.get_text(" ").split())
        address = f"#{section.get('id')}" if records else ""
        records.append({"address": address, "page": title, "heading": heading, "text": text})
        for part in inner:
            section.append(part)
    return records


def words_script(language: str, book: Book) -> str:
    """Return the script with the stemmer of a language, where one is kept, and the words that mean the same.

    The table ``synonyms`` holds a group a row: its ``language``, and ``words`` with ``;`` between them.
    """
    from checkable_book.data.package import table_names, table_records  # these import pandas, for which none waits

    stemmer = vendor.FOLDER / f"stemmer-{language}.cjs"
    code = stemmer.read_text(encoding="utf-8") if stemmer.exists() else "exports.stemmer = (word) => word;"
    rows = table_records(SYNONYMS, book) if SYNONYMS in table_names(book) else []
    groups = [
        [word.strip() for word in row["words"].split(";") if word.strip()]
        for row in rows
        if row["language"] == language
    ]
    said = json.dumps(groups, ensure_ascii=False)
    return (
        f"(() => {{ const exports = {{}}; {code}\n"
        f"window.checkableBookWords = {{ stem: exports.stemmer, synonyms: {said} }}; }})();\n"
    )


def script_tags() -> str:
    """Return what the page that searches loads.

    Examples
    --------
    >>> "search.js" in script_tags()
    True
    """
    return "".join(f'<script defer src="_static/{name}"></script>\n' for name in _SCRIPTS)


def _take_heading(section: Tag | NavigableString | None) -> str:
    """Take the heading out of a section; return its words."""
    heading = section.find(["h1", "h2", "h3", "h4"]) if isinstance(section, Tag) else None
    return " ".join(heading.extract().get_text().split()) if isinstance(heading, Tag) else ""
