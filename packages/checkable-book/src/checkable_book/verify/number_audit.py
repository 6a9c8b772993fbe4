"""Every number of the book accounted for: in the built pages and in the chapters' sources.

A numeral (or a number word) is *computed* where it names its cell or query and
that gives it, *asserted* where a sentence is tied to a query, a *citation* of a
work that holds it, part of a *name* that the data holds, *structural* (the number
of a table, a figure or an axis), or *allowed* with a written reason. Anything
else is unexplained. All of a page is read: its head, its menus, its body, the
attributes that a reader may meet, drawings and style sheets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeGuard
from urllib.parse import unquote
from urllib.request import urlopen

import pandas as pd
import tinycss2
from bs4 import BeautifulSoup
from bs4.element import NavigableString, PreformattedString, Tag

from checkable_book.book import Book, current_book, use_book
from checkable_book.contents import Page, all_pages
from checkable_book.data.package import row_place, table_records
from checkable_book.errors import DataError
from checkable_book.render import book_metadata
from checkable_book.render.book_tables import rows_left_out
from checkable_book.render.numerals import find_numerals, numeral_value, spell_number
from checkable_book.render.table import table_size
from checkable_book.sphinx_ext.sidebar import plain_sidebar, split_sidebar
from checkable_book.text import squeeze_spaces
from checkable_book.verify import output_audit
from checkable_book.verify.explanations import (
    TABLES_OF_QUERIES,
    Allowance,
    Bibliography,
    Explanations,
    scale_words_of,
)
from checkable_book.verify.output_audit import ChartAudit, Recomputed, ValueChecker
from checkable_book.verify.parallel import run_in_forks
from checkable_book.verify.source_prose import TEXT_LANGUAGES, is_code, line_of_numeral, source_lines, source_texts
from checkable_book.verify.value_marks import mark_value, show_marks

#: What a numeral can be; the last is a fault.
KINDS = ("computed", "asserted", "citation", "name", "structural", "allowed", "unexplained")
_BLOCKS = {
    "p", "li", "td", "th", "figcaption", "caption", "h1", "h2", "h3", "h4", "h5", "h6", "summary", "text", "dd", "dt",
    "title", "pre", "button", "option", "label", "a",
}  # fmt: skip
_ATTRIBUTES = (
    "title", "alt", "aria-label", "placeholder", "summary", "label", "aria-description", "srcdoc", "abbr",
    "aria-valuetext", "aria-roledescription", "data-bs-title", "data-bs-content", "data-bs-original-title",
)  # fmt: skip
#: Style sheets of Sphinx and of the machinery.
_SHEETS = {"basic.css", "pygments.css", "colours.css"}
#: What a page sets in from another file, and the attribute that names it.
_INSETS = {"object": "data", "embed": "src", "iframe": "src", "source": "srcset", "image": "href", "track": "src"}
#: What holds no statement to a reader: programs, and data that other elements show.
_SKIPPED = {"script"}
#: Classes that only Sphinx gives (:mod:`checkable_book.sphinx_ext.prose_marks`), of what only numbers something.
_STRUCTURE = {
    "caption-number", "eqno", "footnote-reference", "fn-bracket", "section-number", "std-numref", "backlinks",
    "brackets",
}  # fmt: skip
_FORMULA = re.compile(r"\$\$.*?\$\$(?:\s*\([\w-]+\))?|(?<![\\\w])\$(?!\s)[^$\n]*?(?<!\s)\$", re.DOTALL)

#: What a formula may hold beside a number that stands alone.
_SIGNS_OF_NUMBERS = {"%", "$", "€", "£", ",", ".", "-", "−", "+"}


@dataclass(frozen=True)
class Numeral:
    """One numeral or number word: as written, of which kind, where, and in what sentence.

    Parameters
    ----------
    place : the file of its source and the line, as in ``chapters/en/index.md:12``; empty where they are not known.

    Examples
    --------
    >>> Numeral("17", "unexplained", "en/index", "There are 17 gardens.").kind
    'unexplained'
    """

    text: str
    kind: str
    page: str
    sentence: str
    place: str = ""


@dataclass
class Audit:
    """What an audit found, and what it could not read.

    Parameters
    ----------
    numerals : every numeral.
    pages : the names of the pages that were read.
    unread : what no program can read, a line each: pictures, formulas, programs.
    used : the allowances that explained something.
    """

    numerals: list[Numeral] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    used: set[Allowance] = field(default_factory=set)

    def extend(self, other: Audit) -> None:
        """Add what another audit found."""
        self.numerals += other.numerals
        self.pages += other.pages
        self.unread += other.unread
        self.used |= other.used


def audit_pages(files: dict[Page, Path], recomputed: Recomputed | None = None, book: Book | None = None) -> Audit:
    """Return every numeral of built pages.

    Parameters
    ----------
    files : the file of each page.
    recomputed : what computes outputs again, by the name under which they say so, beside what the book itself names.
    """
    book = book or current_book()
    everything = {**_own_recomputed(book), **(recomputed or {})}
    by_language = [
        {page: path for page, path in files.items() if page.language == language} for language in book.languages
    ]
    # A process a language; what is read already is there in the forks.
    found = run_in_forks([partial(_audit_edition, part, everything, book) for part in by_language])
    whole = Audit()
    for part in found:
        whole.extend(part)
    return whole


def audit_sources(book: Book | None = None) -> Audit:
    """Return every numeral that stands in the prose and the captions of the chapters' sources."""
    book = book or current_book()
    explanations = Explanations(book)
    found = Audit()
    for page in all_pages(book):
        found.pages.append(page.name)
        lines = source_lines(page)
        for block in source_texts(page):
            if block.is_formula:
                continue
            shown = squeeze_spaces(show_marks(block.text))[:200]
            kinds = list(explanations.explain(block.text, page.language, page))
            kinds += [(scale, "unexplained") for scale in explanations.wrong_scales(block.text)]
            for numeral, kind in kinds:
                line = line_of_numeral(numeral, block, lines) if kind == "unexplained" else None
                place = f"{book.shown_path(page.path)}:{line}" if line else ""
                found.numerals.append(Numeral(numeral, kind, page.name, shown, place))
    found.numerals += list(_numerals_of_meanings(explanations, book))
    found.used = explanations.used
    return found


def _numerals_of_meanings(explanations: Explanations, book: Book) -> Iterator[Numeral]:
    """Yield the numerals in what tables of queries say that each means; one that stands in the query is its own."""
    for name in TABLES_OF_QUERIES:
        for number, row in enumerate(table_records(name, book)):
            asked = {numeral_value(number, "en") for number in re.findall(r"\d+(?:\.\d+)?", row["query"])}
            whole = [int(number) for number in asked if not isinstance(number, str) and number == int(number) < 1000]
            for language in book.languages:
                text = row.get(f"meaning_{language}") or row.get("meaning") or ""
                words = {spell_number(number, language) for number in whole}
                words |= scale_words_of(" ".join(row.values()), language)
                for numeral, kind in explanations.explain(text, language, None, name):
                    if kind == "unexplained" and (
                        numeral_value(numeral, language) in asked or numeral.casefold() in words
                    ):
                        kind = "computed"
                    place = row_place(name, number, book=book) if kind == "unexplained" else ""
                    yield Numeral(numeral, kind, f"{name}.csv", squeeze_spaces(text)[:200], place)


def count_by_kind(found: Iterable[Numeral]) -> pd.DataFrame:
    """Return the number of numerals of each kind: columns ``kind`` and ``numerals``, in the order of :data:`KINDS`.

    Examples
    --------
    >>> found = [Numeral("17", "unexplained", "en/index", "There are 17 gardens.")]
    >>> count_by_kind(found).set_index("kind").loc["unexplained"].tolist()
    [1]
    """
    counted = pd.Series([numeral.kind for numeral in found], dtype=str).value_counts()
    return pd.DataFrame({"kind": KINDS, "numerals": [int(counted.get(kind, 0)) for kind in KINDS]})


def _own_recomputed(book: Book) -> Recomputed:
    from checkable_book.data.package import table_names
    from checkable_book.render import query_form, what_if

    own: Recomputed = {query_form.FORM: lambda language: [query_form.query_form(language)]}
    if what_if.SCENARIOS in table_names(book):
        own[what_if.ANSWERS] = lambda language: [what_if.scenarios(language)]
    return {**own, **book.recomputed_outputs()}  # type: ignore[dict-item]


def _audit_edition(files: dict[Page, Path], recomputed: Recomputed, book: Book) -> Audit:
    use_book(book)
    found = Audit()
    explanations = Explanations(book)
    bibliography = Bibliography(book)
    read: set[tuple[str, str]] = set()
    sidebars: dict[tuple[Path, str], list[_Note]] = {}
    for page, path in files.items():
        audit = PageAudit(page, path, explanations, bibliography, recomputed, book, sidebars)
        found.numerals += audit.numerals()
        found.unread += audit.unread
        found.pages.append(page.name)
        explanations.labels |= set(audit.caption_numbers)
    found.numerals = _with_labels(found.numerals, explanations, files)
    found.numerals += _style_numerals(files, explanations, read)
    found.used = explanations.used
    return found


def _with_labels(numerals: list[Numeral], explanations: Explanations, files: dict[Page, Path]) -> list[Numeral]:
    """Return numerals, those explained that name a table or a figure of a page that was read later."""
    pages = {page.name: page for page in files}
    found = []
    for one in numerals:
        if one.kind == "unexplained" and one.page in pages:
            page = pages[one.page]
            kinds = [kind for text, kind in explanations.explain(one.sentence, page.language, page) if text == one.text]
            if kinds and all(kind == "structural" for kind in kinds):
                one = Numeral(one.text, "structural", one.page, one.sentence)
        found.append(one)
    return found


def _style_numerals(files: dict[Page, Path], explanations: Explanations, read: set[tuple[str, str]]) -> list[Numeral]:
    """Return the numerals that style sheets of the book itself write into pages."""
    found: list[Numeral] = []
    folders = {path.parents[page.docname.count("/")] for page, path in files.items()}
    own = Path(__file__).parents[1] / "render" / "static"
    known = {path.name for path in own.glob("*.css")}
    for folder in folders:
        for sheet in sorted((folder / "_static").rglob("*.css")):
            if sheet.name in known or sheet.name in _SHEETS or {"styles", "vendor"} & set(sheet.parent.parts[-2:]):
                continue
            for text in css_texts(sheet.read_text(encoding="utf-8", errors="replace")):
                language = next(iter(files)).language
                found += [
                    Numeral(numeral, kind, f"_static/{sheet.name}", text)
                    for numeral, kind in explanations.explain(text, language, None)
                ]
    return found


def css_texts(sheet: str) -> Iterator[str]:
    """Yield the texts that a style sheet writes into pages.

    Examples
    --------
    >>> list(css_texts('.a::before { content: "99 gardens"; } .b { color: red; }'))
    ['99 gardens']
    """

    def texts_of(rules: list[Any]) -> Iterator[str]:
        for rule in rules:
            if rule.type in {"qualified-rule", "at-rule"} and rule.content is not None:
                declarations = tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True)
                for declaration in declarations:
                    if declaration.type != "declaration":
                        continue
                    name, tokens = declaration.lower_name, declaration.value
                    if name == "content" or (name.startswith("--") and any(one.type == "string" for one in tokens)):
                        yield from (token.value for token in tokens if token.type == "string")
                    elif name in {"counter-reset", "counter-set"}:
                        yield from (token.representation for token in tokens if token.type == "number" and token.value)
                yield from texts_of([one for one in declarations if one.type in {"qualified-rule", "at-rule"}])

    yield from texts_of(tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True))


#: A text that holds numerals, its element, its mode, and what was found in it.
_Note = tuple[str, Tag, str, list[Numeral]]


class PageAudit:
    """The audit of one built page.

    Parameters
    ----------
    sidebars : what was noted in the list of all pages, by the folder of the page and the list, for the pages to come.
    """

    def __init__(
        self,
        page: Page,
        path: Path,
        explanations: Explanations,
        bibliography: Bibliography,
        recomputed: Recomputed,
        book: Book,
        sidebars: dict[tuple[Path, str], list[_Note]] | None = None,
    ) -> None:
        self.page = page
        self.path = path
        self.language = page.language
        self.explanations = explanations
        self.bibliography = bibliography
        self.recomputed = recomputed
        self.book = book
        self.values: ValueChecker = book.remember(
            ("value checker", page.language), lambda: ValueChecker(book, page.language)
        )
        rest, listed = split_sidebar(path.read_text(encoding="utf-8"))
        self.soup = BeautifulSoup(rest, "html.parser")
        self.sidebar = plain_sidebar(listed, path.name)
        self.sidebars = {} if sidebars is None else sidebars
        self.noted: list[_Note] = []
        self.unread: list[str] = []
        self.found: list[Numeral] = []
        self.charts: dict[int, ChartAudit] = {}
        self.flows: dict[int, set[output_audit.Number] | None] = {}
        self.known_metadata = {*_texts_in(book_metadata.known_metadata(book)), book_metadata.publication_date("/")}
        self.labels = {
            str(entry.get("id")): squeeze_spaces(entry.select_one(".label").get_text()).strip("[]")  # type: ignore[union-attr]
            for entry in self.soup.select("div.citation")
            if entry.select_one(".label")
        }

    @property
    def caption_numbers(self) -> list[str]:
        """The numbers of the tables and figures of the page."""
        texts = [number.get_text() for number in self.soup.select("figure .caption-number")]
        return [number for text in texts for number in re.findall(r"S?\d+", text)]

    def numerals(self) -> list[Numeral]:
        """Return every numeral of the page."""
        shown = self.soup.find("html") or self.soup
        self._visit(shown, "prose")
        if self.sidebar:
            self._visit_sidebar((self.path.parent, self.sidebar))
        return self.found

    def _visit_sidebar(self, key: tuple[Path, str]) -> None:
        """Visit the list of all pages; where it was read on another page of the folder, note what was found there."""
        if key not in self.sidebars:
            self.noted = []
            self._visit(BeautifulSoup(self.sidebar, "html.parser"), "prose")
            self.sidebars[key] = self.noted
            return
        for text, element, mode, numerals in self.sidebars[key]:
            if mode == "prose":  # what explains it may hold on some pages alone
                self._note(text, element, mode)
            else:
                self.found += [Numeral(one.text, one.kind, self.page.name, one.sentence) for one in numerals]

    # Each element is visited with a mode: what explains the numbers in it.

    def _visit(self, element: Tag, mode: str) -> None:
        mode = self._mode(element, mode)
        if mode == "skip":
            return
        if mode == "handled":
            return
        self._visit_attributes(element, mode)
        for child in element.children:
            if isinstance(child, Tag):
                self._visit(child, mode)
            elif is_text(child) and child.strip():
                self._note(child, element, mode)

    def _mode(self, element: Tag, mode: str) -> str:
        """Return what explains the numbers inside an element, after looking at what it says of itself."""
        name, classes = element.name, set(element.get("class") or [])
        if name in _SKIPPED:
            return "skip"
        if name == "style":
            for text in css_texts(element.get_text()):
                self._note(text, element, mode)
            return "handled"
        if element.has_attr("data-recomputed"):
            return self._mode_of_recomputed(element)
        if element.has_attr("data-name") and "data-filters" not in element.attrs:
            return self._mode_of_value(element)
        if element.has_attr("data-cell"):
            return "computed" if self.values.is_cell(str(element["data-cell"]), element.get_text()) else "false"
        if element.has_attr("data-origin-of"):
            origin = self.values.origin(str(element["data-origin-of"]))
            return "computed" if squeeze_spaces(origin) == squeeze_spaces(element.get_text()) else "false"
        if name == "div" and "chart" in classes and element.select_one("script.chart-spec"):
            return self._visit_chart(element)
        if name == "div" and "flow" in classes and element.select_one("svg"):
            return self._visit_flow(element)
        if name == "table" and "data-table" in classes:
            return self._visit_table(element, mode)
        if name == "summary" and "whole-summary" in classes:
            return self._mode_of_summary(element)
        if name == "p" and "rows-left-out" in classes:
            table = element.find_previous("table")
            rows = output_audit.rows_of_source(table, self.book) if isinstance(table, Tag) else 0
            return "structural" if element.get_text() == rows_left_out(rows, self.language) else "prose"
        if name in {"pre", "code"} or "highlight" in classes:
            return self._mode_of_code(element, mode)
        if name == "math" or "math" in classes:
            return self._mode_of_formula(element, mode)
        if name == "img":
            self._visit_picture(element)
        if classes & _STRUCTURE and self._in_article(element):
            return "structural" if len(find_numerals(element.get_text(), self.language)) < 2 else mode
        if name == "a" and self._repeats_its_target(element):
            return "structural"
        if name == "span" and "label" in classes and element.find_parent(class_=["footnote", "footnote-list"]):
            return "structural"
        if name == "aside" and "footnote" in classes:
            return mode
        if "citation" in classes and name == "div":
            return self._visit_work(element)
        if name == "a" and self._is_citation(element):
            return self._visit_citation(element)
        if "headerlink" in classes or "cell_input" in classes:
            return "skip"  # the build alone gives these classes; a program's comments are read in the source
        if name in _INSETS:
            self._visit_inset(element, str(element.get(_INSETS[name]) or element.get("src") or ""))
        return mode

    def _visit_attributes(self, element: Tag, mode: str) -> None:
        holder = element if element.has_attr("data-name") else element.find_parent(attrs={"data-name": True})
        for attribute in _ATTRIBUTES:
            if holder is not None and (attribute != "title" or holder is not element):
                mode = "prose"  # only the text of a value and its own tip are computed
            value = element.get(attribute)
            if isinstance(value, str) and value.strip() and value != element.get("src"):  # a picture without words
                self._note(value, element, mode)
        if element.name in {"input", "button", "option", "progress", "meter"} and element.get("type") != "hidden":
            value = element.get("value")
            if isinstance(value, str) and value.strip():
                self._note(value, element, mode)
        first = element.get({"ol": "start", "li": "value"}.get(element.name, ""))
        if isinstance(first, str) and first not in {"", "0", "1"}:
            self._note(first, element, mode)
        if element.name == "meta" and isinstance(element.get("content"), str):
            self._visit_meta(element, mode)
        style = element.get("style")
        if isinstance(style, str) and "content" in style:
            self._note(style, element, mode)

    def _visit_meta(self, element: Tag, mode: str) -> None:
        """Note what a page says of itself in its head, unless it repeats a text of the page or a field of the paper."""
        name = str(element.get("name") or element.get("property") or element.get("http-equiv") or "")
        content = str(element["content"])
        if name in {
            "viewport",
            "Content-Security-Policy",
            "generator",
            "docsearch:language",
            "docbuild:last-update",
            "docsearch:version",
        }:
            return
        if name in {"og:image", "twitter:image", "og:type", "og:locale", "twitter:card"}:
            return
        if content in self.known_metadata or squeeze_spaces(content).removesuffix(" …") in self._article_text:
            return
        self._note(content, element, mode)

    @property
    def _article_text(self) -> str:
        if not hasattr(self, "_text_of_article"):
            article = self.soup.select_one("article")
            self._text_of_article = squeeze_spaces(article.get_text()) if article else ""
        return self._text_of_article

    def _mode_of_recomputed(self, element: Tag) -> str:
        name = str(element["data-recomputed"])
        try:
            texts = output_audit.recomputed_texts(self.recomputed, name, self.language, self.book)
        except DataError:
            return "false"
        shown = output_audit.output_text(element)
        if shown in texts:
            self._count_as(element, "computed")
            return "handled"
        return "prose"

    def _mode_of_value(self, element: Tag) -> str:
        name, title = str(element["data-name"]), element.get("title")
        right = self.values.is_value(name, element.get_text())
        if (
            right
            and isinstance(title, str)
            and title
            and squeeze_spaces(title) != squeeze_spaces(self.values.origin(name))
        ):
            # A query says what it means where it is asked for; the rows that it reads stand behind that.
            right = self.values.origin(name) in title or not find_numerals(title, self.language)
        return "computed" if right else "false"

    def _mode_of_summary(self, element: Tag) -> str:
        table = element.find_next("table")
        if isinstance(table, Tag):
            rows, columns = output_audit.rows_of_source(table, self.book), len(table.select("thead th"))
            size = table_size(rows, columns, self.language)
            if squeeze_spaces(element.get_text()).endswith(size):
                return "structural"
        return "prose"

    def _mode_of_code(self, element: Tag, mode: str) -> str:
        if element.find_parent(class_="cell_output") is not None:  # what a cell prints is no program
            return "handled" if element.name == "code" and self.values.is_query(element.get_text()) else mode
        block = element if "highlight" in (element.get("class") or []) else element.find_parent(class_="highlight")
        if block is not None:
            around = block.parent
            names = [name for name in (around.get("class") or []) if name.startswith("highlight-")] if around else []
            language = names[0].removeprefix("highlight-") if names else ""
            if language.lower() in TEXT_LANGUAGES:
                return mode
            for comment in element.select(".c, .c1, .cm, .ch, .cs, .sd"):
                self._note(comment.get_text(), comment, mode)
            self.unread.append(f"{self.page.name}: a program in {language}")
            return "handled"
        if element.name == "code":
            return "handled" if is_code(element.get_text()) else mode
        return mode

    def _mode_of_formula(self, element: Tag, mode: str) -> str:
        formula = element if element.name == "math" else element.find("math")
        if not isinstance(formula, Tag):
            return mode
        if element is not formula:
            return mode
        signs = {part.get_text() for part in formula.find_all(["mi", "mo"])}
        if signs <= _SIGNS_OF_NUMBERS and formula.find(["mfrac", "msup", "msub", "msubsup", "msqrt", "mroot"]) is None:
            return mode  # a number alone is a statement
        self.unread.append(f"{self.page.name}: a formula")
        self._count_as(element, "structural")
        return "handled"

    def _visit_chart(self, element: Tag) -> str:
        try:
            chart = ChartAudit(element, self.values, self._is_named)
            marks = chart.unexplained_marks()
            drawn = chart.is_drawn_as_specified
        except (DataError, ValueError, KeyError, TypeError) as error:
            self._fault(element, f"chart that cannot be read ({error})")
            return "prose"
        for text in marks:
            numerals = find_numerals(text, self.language)
            shown = numerals[0].group() if numerals else text
            self.found.append(Numeral(shown, "unexplained", self.page.name, f"mark of a chart: {text[:160]}"))
        if not drawn:
            self._fault(element, "drawing that is not that of its specification")
        self._visit_chart_parts(element, chart, drawn)
        return "handled"

    def _is_named(self, text: str) -> bool:
        """Return whether every numeral of a text is part of a name that the data holds, or allowed on this page."""
        kinds = {kind for _, kind in self.explanations.explain(text, self.language, self.page)}
        return kinds <= {"name", "allowed"}

    def _visit_chart_parts(self, element: Tag, chart: ChartAudit, drawn: bool) -> None:
        for part in element.children:
            if not isinstance(part, Tag):
                continue
            classes = set(part.get("class") or [])
            if "chart-view" in classes:
                label = str(part.get("aria-label") or "")
                self._note(label, part, "computed" if chart.explains_description(label) else "prose")
                for text in part.find_all(string=True):
                    if isinstance(text.parent, Tag) and text.parent.name in {"text", "title", "desc", "tspan"}:
                        self._note_of_drawing(str(text), text.parent, chart, drawn)
                for tag in part.select("[aria-label]"):
                    label = str(tag["aria-label"])
                    self._note(label, tag, "computed" if drawn and chart.explains_mark(label) else "prose")
            elif part.name == "script":
                continue
            elif "chart-title" in classes or "chart-unit" in classes or "choices" in classes:
                self._visit_with_table(part, chart)
            else:
                self._visit(part, "prose")

    def _visit_with_table(self, element: Tag, chart: ChartAudit) -> None:
        for child in element.children:
            if isinstance(child, Tag):
                self._visit(child, "prose")
            elif is_text(child) and child.strip():
                text = str(child)
                self._note(text, element, "computed" if chart.explains(text) else "prose")

    def _note_of_drawing(self, text: str, element: Tag, chart: ChartAudit, drawn: bool) -> None:
        """Note a text of a drawing: of an axis, or one that the specification's own check has explained."""
        on_axis = element.find_parent(class_=["role-axis", "role-axis-label", "role-legend"]) is not None
        ticks = element.find_parent(class_="ticks_marks") is not None
        if drawn and (on_axis or ticks):
            self._note(text, element, "structural")
        else:
            self._note(text, element, "computed" if drawn and chart.explains_mark(text) else "prose")

    def _visit_flow(self, element: Tag) -> str:
        numbers = output_audit.flow_numbers(element, self.values)
        if not numbers:
            return "prose"
        for part in element.find_all(string=True):
            parent = part.parent
            if type(part) is not NavigableString or not part.strip() or not isinstance(parent, Tag):
                continue
            said = output_audit.numbers_in(str(part), self.language)
            self._note(str(part), parent, "computed" if said <= numbers else "prose")
        for tag in [element, *element.find_all(True)]:
            for attribute in _ATTRIBUTES:
                value = tag.get(attribute)
                if isinstance(value, str):
                    said = output_audit.numbers_in(value, self.language)
                    self._note(value, tag, "computed" if said <= numbers else "prose")
        return "handled"

    def _visit_table(self, table: Tag, mode: str) -> str:
        caption = table.find("caption", recursive=False)
        if isinstance(caption, Tag):
            right = output_audit.says_its_size(caption.get_text(), table, self.language)
            self._note(caption.get_text(), caption, "structural" if right else mode)
        if table.has_attr("data-whole") and output_audit.is_whole_table(table, self.book, self.language):
            for row in table.select("tr"):
                for cell in row.find_all(["th", "td"], recursive=False):
                    self._note(cell.get_text(), cell, "computed")
            return "handled"
        self._visit_rows(table, table, mode)
        return "handled"

    def _visit_rows(self, part: Tag, table: Tag, mode: str) -> None:
        """Visit what a table or a part of it holds: its rows, wherever they stand, and whatever is no row."""
        for child in part.children:
            if isinstance(child, Tag) and child.name in {"thead", "tbody", "tfoot"}:
                self._visit_rows(child, table, mode)
            elif isinstance(child, Tag) and child.name == "tr" and part.name != "thead":
                cells = child.find_all(["th", "td"], recursive=False)
                texts = [squeeze_spaces(cell.get_text()) for cell in cells]
                repeated = output_audit.repeated_columns(table, texts, self.book, self.language)
                for place, cell in enumerate(cells):
                    self._visit(cell, "computed" if place in repeated else mode)
            elif isinstance(child, Tag) and child.name != "caption":
                self._visit(child, mode)
            elif is_text(child) and child.strip():
                self._note(child, table, mode)

    def _visit_picture(self, element: Tag) -> None:
        source = str(element.get("src") or "")
        if source.startswith("data:"):
            try:
                with urlopen(source) as opened:  # the address holds the picture itself: nothing is asked elsewhere
                    kind, drawing = opened.headers.get_content_type(), opened.read().decode("utf-8", "replace")
            except (OSError, ValueError):
                kind, drawing = "", ""
            if kind == "image/svg+xml":
                self._note_drawing(drawing, element)
            else:
                self.unread.append(f"{self.page.name}: a picture in the page")
            return
        path = (self.path.parent / unquote(source.partition("?")[0])).resolve()
        if path.suffix.lower() == ".svg" and path.is_file():
            self._note_drawing(path.read_text(encoding="utf-8", errors="replace"), element)
        elif source:
            self.unread.append(f"{self.page.name}: the picture {path.name}")

    def _visit_inset(self, element: Tag, source: str) -> None:
        """Read a drawing that a page sets in; say of other files that they are not read."""
        path = (self.path.parent / unquote(source.partition(" ")[0].partition("?")[0])).resolve()
        if path.suffix.lower() == ".svg" and path.is_file():
            self._note_drawing(path.read_text(encoding="utf-8", errors="replace"), element)
        elif source:
            self.unread.append(f"{self.page.name}: the file {path.name}")

    def _note_drawing(self, drawing: str, element: Tag) -> None:
        """Note the texts of a drawing that is a file of its own."""
        for text in BeautifulSoup(drawing, "html.parser").find_all(string=True):
            if is_text(text) and text.strip() and text.parent and text.parent.name not in {"style", "script"}:
                self._note(str(text), element, "prose")

    def _visit_work(self, element: Tag) -> str:
        """Note the numerals of a work in the list of references: its own entry must hold them."""
        self._note_by(element.get_text(), element, list(self.bibliography.explain(
            element.get_text(), self.language, self.explanations, self.page)))  # fmt: skip
        return "handled"

    def _visit_citation(self, element: Tag) -> str:
        text, title = element.get_text(), str(element.get("title") or "")
        entry = self.bibliography.find(title) or self.bibliography.find(text)
        if entry is None:
            return "prose"
        held = " ".join(str(value) for value in entry.fields.values())
        own = {numeral_value(found.group(), "en") for found in find_numerals(held, "en")}
        for part in (text, title):
            kinds = list(
                self.bibliography.explain(part if part is title else title, self.language, self.explanations, self.page)
            )
            if part is text:
                kinds = [
                    (found.group(), "citation" if numeral_value(found.group(), "en") in own else "unexplained")
                    for found in find_numerals(text, self.language)
                ]
            self._note_by(part, element, kinds)
        return "handled"

    def _is_citation(self, element: Tag) -> bool:
        around = element.find_parent("span", class_="bibtex-citation")
        return around is not None and self._in_article(element) and "#" in str(element.get("href", ""))

    def _repeats_its_target(self, element: Tag) -> bool:
        """Return whether a link says its own address, or the number or the heading that stands where it leads."""
        address, text = str(element.get("href") or ""), squeeze_spaces(element.get_text())
        if text and text in {address, address.removesuffix("/")} and "//" in address:
            return True
        if not text or "//" in address or not find_numerals(text, self.language):
            return False
        path, _, anchor = address.partition("#")
        target = (self.path.parent / unquote(path)).resolve() if path else self.path
        headings = self.book.remember(("headings", str(target)), partial(_headings, target))
        return text in headings.get(unquote(anchor), ())

    def _in_article(self, element: Tag) -> bool:
        return element.find_parent("article") is not None

    def _note(self, text: str, element: Tag, mode: str) -> None:
        """Note the numerals of a text, each with what explains it."""
        numerals = find_numerals(text, self.language)
        if not numerals:
            return
        if mode in {"computed", "structural"}:
            kinds = [(found.group(), mode) for found in numerals]
        elif mode == "false":
            kinds = [(found.group(), "unexplained") for found in numerals]
        else:
            kinds = list(self.explanations.explain(text, self.language, self.page))
            if isinstance(text, NavigableString) and any(kind == "unexplained" for _, kind in kinds):
                kinds = self._kinds_in_block(text, element, kinds)
        before = len(self.found)
        self._note_by(text, element, kinds)
        self.noted.append((text, element, mode, self.found[before:]))

    def _note_by(self, text: str, element: Tag, kinds: list[tuple[str, str]]) -> None:
        sentence = self._sentence(element) or squeeze_spaces(text)
        self.found += [Numeral(numeral, kind, self.page.name, sentence) for numeral, kind in kinds]

    def _kinds_in_block(
        self, text: NavigableString, element: Tag, kinds: list[tuple[str, str]]
    ) -> list[tuple[str, str]]:
        """Return the kinds of numerals whose name or allowance goes beyond their own element."""
        block = element if element.name in _BLOCKS else element.find_parent(list(_BLOCKS))
        if not isinstance(block, Tag):
            return kinds
        before, whole, values = "", "", set()
        for part in block.find_all(string=True):
            before = whole if part is text else before
            value = part.find_parent(attrs={"data-name": True}) if part is not text else None
            if value is None:
                whole += str(part)
            elif id(value) not in values:
                values.add(id(value))
                whole += mark_value(str(value["data-name"]))
        spans = self.explanations.spans(whole, self.language, self.page)
        found = []
        for numeral, (written, kind) in zip(find_numerals(text, self.language), kinds, strict=True):
            start, end = len(before) + numeral.start(), len(before) + numeral.end()
            around = next((name for first, last, name in spans if first <= start and end <= last), kind)
            found.append((written, around if kind == "unexplained" else kind))
        return found

    def _sentence(self, element: Tag) -> str:
        block = element if element.name in _BLOCKS else element.find_parent(list(_BLOCKS))
        text = (block or element).get_text(" ", strip=True) if isinstance(block or element, Tag) else ""
        return squeeze_spaces(text)[:200]

    def _count_as(self, element: Tag, kind: str) -> None:
        for text in element.find_all(string=True):
            if is_text(text) and text.strip() and isinstance(text.parent, Tag):
                self._note(str(text), text.parent, kind)

    def _fault(self, element: Tag, what: str) -> None:
        id = str(element.get("id") or element.name)
        self.found.append(Numeral(id, "unexplained", self.page.name, f"a {what}"))


def _texts_in(held: Any) -> Iterator[str]:
    """Yield every text in a structure of lists and mappings."""
    if isinstance(held, dict):
        held = list(held.values())
    if isinstance(held, list | tuple):
        for one in held:
            yield from _texts_in(one)
    elif held is not None:
        yield str(held)


def is_text(node: object) -> TypeGuard[NavigableString]:
    """Return whether a part of a page is text that a reader sees, and no comment or declaration."""
    return isinstance(node, NavigableString) and not isinstance(node, PreformattedString)


def _headings(path: Path) -> dict[str, set[str]]:
    """Return the headings and the numbers of formulas of a built page, by their anchors; its title by an empty one."""
    if path.suffix != ".html" or not path.is_file():
        return {}
    rest, _ = split_sidebar(path.read_text(encoding="utf-8"))
    article = BeautifulSoup(rest, "html.parser").find("article")
    found: dict[str, set[str]] = {}
    if not isinstance(article, Tag):
        return found
    for heading in article.find_all(["h1", "h2", "h3", "h4", "h5", "h6"]):
        for link in heading.select(".headerlink"):
            link.extract()
        section = heading.find_parent("section")
        for anchor in ["", *([str(section.get("id"))] if isinstance(section, Tag) else [])]:
            if anchor or heading.name == "h1":
                found.setdefault(anchor, set()).add(squeeze_spaces(heading.get_text()))
    for number in article.select("div.math[id] .eqno"):
        block = number.find_parent(id=True)
        for link in number.select(".headerlink"):
            link.extract()
        if isinstance(block, Tag):
            found.setdefault(str(block["id"]), set()).add(squeeze_spaces(number.get_text()))
    return found
