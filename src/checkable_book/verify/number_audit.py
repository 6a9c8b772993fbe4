"""Every numeral of the book accounted for: in the built pages and in the chapters' sources.

A numeral (or a number word that could state a finding) is *computed* where it
carries its origin and the origin gives it, a *citation* year, part of a *name*
that the data holds, *structural* (the number of a table, figure or axis), or
*allowed* with a written reason. Anything else is unexplained.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag
from num2words import num2words
from pybtex.database import parse_file

from checkable_book import data, dependencies, project
from checkable_book.data import database, evidence
from checkable_book.render import book_metadata, canvas, values, what_if
from checkable_book.render.output import Markup
from checkable_book.verify import reference_notebooks

#: What a numeral can be; the last is a fault.
KINDS = ("computed", "citation", "name", "structural", "allowed", "unexplained")

_STRUCTURAL = re.compile(r"\b(?:Tables?|Tabel|Figures?|Fig\.|Gambar)\s+S?\d+(?:\s*(?:-|–|to|sampai)\s*\d+)?")
_BLOCKS = ["p", "li", "td", "th", "figcaption", "caption", "h1", "h2", "h3", "summary", "text", "dd", "title"]


#: What computes numbers again in a language, by the name under which outputs give their source.
Recomputed = Mapping[str, Callable[[str], str]]


@dataclass(frozen=True)
class Numeral:
    """One numeral or number word: as written, of which kind, where, and in what sentence.

    Examples
    --------
    >>> Numeral("17", "unexplained", "en/index", "There are 17 gardens.").kind
    'unexplained'
    """

    text: str
    kind: str
    page: str
    sentence: str


def pages(files: Iterable[Path], said: Recomputed | None = None) -> list[Numeral]:
    """Return every numeral of built chapters.

    Texts, alternative texts, titles, table cells, captions and the data in
    chart specifications are read; program code is not.

    Parameters
    ----------
    said : by the name under which outputs give their source, what computes their
        numbers again in a language, beside what the book itself names.

    Examples
    --------
    >>> pages([])
    []
    """
    own = {what_if.ANSWERS: what_if.said} if what_if.WHAT_IFS in data.names() else {}
    again = {**own, **project.recomputed(), **(said or {})}
    return [numeral for page in files for numeral in _page(page, again)]


def sources() -> list[Numeral]:
    """Return every numeral that stands in the prose and the captions of the chapters' sources.

    Examples
    --------
    >>> [numeral for numeral in sources() if numeral.kind == "unexplained"]
    []
    """
    found = []
    for chapter in sorted(project.chapters().glob("*/*.md")):
        language = chapter.parent.name
        dependencies.note("chapter", str(chapter.relative_to(project.chapters())))
        for text in _prose(chapter):
            found += [
                Numeral(numeral, kind, f"{language}/{chapter.stem}", text.strip())
                for numeral, kind in _explain(text, language)
            ]
    return found


def computed(outputs: Iterable[Markup]) -> str:
    """Return outputs in words, with the data of their charts, as what computes numbers again gives them.

    Examples
    --------
    >>> computed([Markup("<b>4</b>", "4 gardens")])
    '4 gardens'
    """
    texts = []
    for output in outputs:
        specifications = BeautifulSoup(output.html, "html.parser").select(".chart-spec")
        cells = (cell for part in specifications for cell in _specified(json.loads(part.get_text())))
        texts += [output.plain, *map(str, cells)]
    return "\n".join(texts)


def coverage(found: Iterable[Numeral]) -> pd.DataFrame:
    """Return the number of numerals of each kind: columns ``kind`` and ``numerals``, in the order of KINDS.

    Examples
    --------
    >>> found = [Numeral("17", "unexplained", "en/index", "There are 17 gardens.")]
    >>> coverage(found).set_index("kind").loc["unexplained"].tolist()
    [1]
    """
    counted = pd.Series([numeral.kind for numeral in found], dtype=str).value_counts()
    return pd.DataFrame({"kind": KINDS, "numerals": [int(counted.get(kind, 0)) for kind in KINDS]})


def allowed() -> list[dict[str, str]]:
    """Return the allow-list, ``numerals_allowed.csv``: the text and the reason of each entry.

    Examples
    --------
    >>> all({"text"} <= set(entry) for entry in allowed())
    True
    """
    return data.records("numerals_allowed") if "numerals_allowed" in data.names() else []


def _page(path: Path, again: Recomputed) -> Iterator[Numeral]:
    language = path.parent.name
    name = f"{language}/{path.stem}"
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    article = page.select_one("article")
    assert article is not None, path
    for part in article.select(".cell_input, .headerlink, pre, style, details.hide > summary"):
        part.decompose()
    whole = " ".join(article.get_text().split())
    described = [
        tag for tag in page.select("meta[name=description]") if str(tag["content"]).removesuffix(" …") not in whole
    ]
    for part in [*page.select("title"), *described, article]:
        for text, element, written in _texts(part, language):
            if not _pattern(written, True).search(text):  # which most texts hold none of
                continue
            for numeral, kind in _classify(text, element, written, again):
                block = element.find_parent(_BLOCKS) if element.name not in _BLOCKS else element
                sentence = (block or element).get_text(" ", strip=True) or text
                yield Numeral(numeral, kind, name, sentence[:200])


def _texts(part: Tag, language: str) -> Iterator[tuple[str, Tag, str]]:
    """Yield each text of a part of a page with the element that holds it and the language that its numbers are in."""
    for element in [part, *part.find_all(True)]:
        for attribute in ("title", "alt", "aria-label", "content"):
            value = element.get(attribute)
            if isinstance(value, str) and (attribute != "content" or element.name == "meta"):
                yield value, element, language
        if "chart-spec" in (element.get("class") or []):
            for cell in _specified(json.loads(element.get_text())):
                yield str(cell), element, language if isinstance(cell, str) else "en"  # JSON writes numbers as English
        elif element.name != "script":
            for text in element.find_all(string=True, recursive=False):
                if type(text) is NavigableString:
                    yield str(text), element, language


#: What of a mark on a sheet says where and how it is drawn, in pixels and colours, and nothing of the data.
_DRAWN = ("x", "y", "x2", "y2", "n", "line", "size", "strength", "fill", "shape", "follows")

#: The classes of what only numbers or measures what stands beside it.
_STRUCTURE = {
    "caption-number", "label", "role-axis", "role-axis-label", "visually-hidden", "whole-summary",
    f"{canvas.TICKS}_marks",
}  # fmt: skip


def _specified(specification: dict[str, Any]) -> Iterator[str | float]:
    """Yield the texts and numbers in the data of a chart specification, but for the years and steps along its edges."""
    edges = {layer["data"]["name"] for layer in specification.get("layer", []) if layer.get("name") == canvas.TICKS}
    for name, rows in specification.get("datasets", {}).items():
        if name in edges:
            continue
        for row in rows:
            drawn = _DRAWN if "group" in row else ()
            yield from (value for key, value in row.items() if value is not None and key not in drawn)


def _classify(text: str, element: Tag, language: str, again: Recomputed) -> list[tuple[str, str]]:
    ancestors = [element, *element.parents]
    classes = {name for ancestor in ancestors for name in ancestor.get("class") or []}
    if "value" in classes:
        return [(numeral, "computed") for numeral in _numerals(text, language)]
    if classes & _STRUCTURE:
        return [(numeral, "structural") for numeral in _numerals(text, language)]
    if "citation" in classes or any("bibtex" in str(a.get("href", "")) or _cites(a) for a in ancestors):
        held = _bibliography()
        cited = [(n, {_value(n, "en"), _value(n, language)} & held) for n in _numerals(text, language)]
        return [(numeral, "citation" if known else "unexplained") for numeral, known in cited]
    origin = next((a["data-source"] for a in ancestors if a.has_attr("data-source")), None)
    if origin is not None:
        known = _known(str(origin), language, tuple(again.items()))
        return [
            (n, "computed" if _value(n, language) in known else kind)
            for n, kind in _explain(text, language, words=False)
        ]
    return list(_explain(text, language))


def _cites(element: Tag) -> bool:
    """Say whether an element is a link to the bibliography, as sphinxcontrib-bibtex writes it."""
    return element.name == "a" and bool(re.match(r"([\w-]+\.html)?#id\d+$", str(element.get("href", ""))))


def _explain(text: str, language: str, *, words: bool = True) -> Iterator[tuple[str, str]]:
    """Yield the numerals of a text with their kind, as far as the text alone tells."""
    spans = [(match.span(), "structural") for match in _STRUCTURAL.finditer(text)]
    for kind, phrases in (("name", _names()), ("allowed", [entry["text"] for entry in allowed()])):
        for phrase in (phrase for phrase in phrases if phrase in text):
            spans += [(match.span(), kind) for match in re.finditer(re.escape(phrase), text)]
    for match in _pattern(language, words).finditer(text):
        inside = (kind for (start, end), kind in spans if start <= match.start() and match.end() <= end)
        yield match.group(), next(inside, "unexplained")


def _numerals(text: str, language: str) -> list[str]:
    return _pattern(language, True).findall(text)


@lru_cache
def _number_words(language: str) -> frozenset[str]:
    """Return the words of the numbers that could state a finding; Indonesian joins "ke" to them ("ketiga negara")."""
    words = {num2words(count, lang=language) for count in [*range(2, 21), 100]}
    return frozenset(words | {f"ke{word}" for word in words} if language == "id" else words)


@lru_cache
def _pattern(language: str, words: bool) -> re.Pattern[str]:
    """Return what a numeral looks like: digits that no letter precedes, and number words if wanted."""
    digits = r"(?<![\w.#])\d+(?:[.,]\d+)*"
    spelled = "|".join(sorted(map(re.escape, _number_words(language)), key=len, reverse=True))
    return re.compile(rf"{digits}|\b(?:{spelled})\b" if words else digits, re.IGNORECASE)


def _value(numeral: str, language: str) -> Decimal | str:
    """Return what a numeral stands for, so that 34,711,004 and 34711004.0 are the same."""
    plain = numeral.replace(",", "") if language == "en" else numeral.replace(".", "").replace(",", ".")
    try:
        return Decimal(plain).normalize()
    except ArithmeticError:
        return numeral.casefold()


@lru_cache
def _names() -> list[str]:
    """Return the names with numbers in them that the data holds."""
    held: list[str] = []
    for table in data.names():
        for field in data.describe(table)["schema"]["fields"]:
            if field.get("holds") == "names":
                held += data.peek(table)[field["name"]].dropna().tolist()
    for entry in (entry for path in project.data().glob("*.bib") for entry in parse_file(path).entries.values()):
        held += re.split(r":\s", str(entry.fields.get("title", "")).replace("{", "").replace("}", ""))
    paper = book_metadata.known()["paper"]
    held += [str(paper[key]) for key in ("title", "doi", "issn_print", "issn_online")]
    held += [str(said) for key, said in book_metadata.known()["edition"].items() if key.startswith("title_")]
    held += [
        f"volume {paper['volume']}, issue {paper['issue']}, {paper['year']}",
        f"volume {paper['volume']}, nomor {paper['issue']}, {paper['year']}",
    ]
    return sorted({name for name in held if re.search(r"\d", name)}, key=len, reverse=True)


@lru_cache
def _bibliography() -> set[Decimal | str]:
    text = " ".join(path.read_text(encoding="utf-8") for path in project.data().glob("*.bib"))
    # Notes stand in each language; all other numbers are written as in English.
    spelled = {_value(numeral, code) for code in project.languages() for numeral in _numerals(text, code)}
    return spelled | {_value(numeral, "en") for numeral in _numerals(text, "en")}


@lru_cache
def _known(origin: str, language: str, again: tuple[tuple[str, Callable[[str], str]], ...]) -> frozenset[Decimal | str]:
    """Return every number that the named tables hold or give: cells, counts of rows, derived values."""
    known: set[Decimal | str] = {Decimal(1)}
    for name in origin.split():
        if name in dict(again):  # what is said of the book itself, asked again
            known |= {_value(numeral, language) for numeral in _numerals(dict(again)[name](language), language)}
            continue
        known |= _held(name, language) | _held(name, "en") | _counted(name)
    return frozenset(known | _computed())


@lru_cache
def _held(name: str, language: str) -> frozenset[Decimal | str]:
    """Return the numbers in the cells of a table or view, as a language writes them."""
    text = "\n".join(data.as_text(_frame(name)).to_numpy().ravel())
    return frozenset(_value(numeral, language) for numeral in _pattern(language, False).findall(text))


@lru_cache
def _counted(name: str) -> frozenset[Decimal]:
    """Return the numbers of rows of a table or view: of all, and of those alike in one or two columns."""
    frame = _frame(name)
    grouping = [column for column in frame if frame[column].nunique() < len(frame)]
    sizes = {len(frame)}
    for columns in [*combinations(grouping, 1), *combinations(grouping, 2)]:
        sizes.update(map(int, frame.groupby(list(columns)).size()))
    return frozenset(map(Decimal, sizes))


def _frame(name: str) -> pd.DataFrame:
    return database.view(name) if name in database.views() else data.load(name)


@lru_cache
def _computed() -> set[Decimal | str]:
    """Return every number that the derived values, the checks of claims and the evidence for them give."""
    computed = [str(values.value(name).value) for name in values.derived_names()]
    found = evidence.verdicts()
    if len(found):
        computed += [token for value in found["found_value"] for token in _pattern("en", False).findall(value)]
        counted = evidence.totals(found, "section")
        chapters = found.merge(data.load("sections")[["section", "chapter"]], on="section")
        for frame in (counted, evidence.totals(chapters, "chapter")):
            for counts in (frame, evidence.grouped(frame)):
                computed += map(str, [*counts.to_numpy().ravel(), *counts.sum(), *counts.sum(axis=1)])
    return {_value(value, "en") for value in [*computed, *(value.removeprefix("-") for value in computed)]}


def _prose(chapter: Path) -> Iterator[str]:
    """Yield the prose of a chapter without its roles, link targets and directive lines, and its captions."""
    for cell in reference_notebooks.read(chapter).cells:
        if cell.cell_type == "markdown":
            text = re.sub(r"^\s*:{3,}.*?\{[^}]*\}(.*)$", _title, cell.source, flags=re.MULTILINE)
            text = re.sub(r"^\d+\. ", "", text, flags=re.MULTILINE)  # the markers of a numbered list
            text = re.sub(r"^(:[\w-]+:.*|\([\w-]+\)=|`{3}.*)$", "", text, flags=re.MULTILINE)
        else:
            text = cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "")
        text = re.sub(r"\{[\w:]+\}`[^`]*`", "", text)
        yield from re.sub(r"\]\([^)]*\)", "]", text).split("\n\n")


def _title(match: re.Match[str]) -> str:
    """Keep the title of an admonition or a note; what follows a grid is its layout."""
    return "" if "{grid}" in match.group() else match.group(1)
