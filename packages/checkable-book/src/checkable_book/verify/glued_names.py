"""Whether the chapters of each language print the same values, sentence by sentence."""

from __future__ import annotations

import re
from collections import Counter

from checkable_book.book import Book
from checkable_book.contents import Page, pages_of, twin_of
from checkable_book.data.addresses import derived_values, find_cell
from checkable_book.data.package import column_unit
from checkable_book.text import line_place
from checkable_book.verify.reference_notebooks import read_source

_GLUED = re.compile(r"\{glue:\w*\}`([^`]+)`")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀ-Þ*{\[(\"'“])")


def language_faults(book: Book) -> list[str]:
    """Return a line for each block of a chapter that prints other values, or in another order, than its twin."""
    faults = []
    for language in book.languages[1:]:
        for page in pages_of(language, book):
            twin = twin_of(page, book.first_language, book)
            if twin is not None and twin.path != page.path:
                faults += _page_faults(twin, page, book)
    return faults


def _page_faults(first: Page, other: Page, book: Book) -> list[str]:
    blocks = [_blocks(page) for page in (first, other)]
    shown = book.shown_path(other.path)
    if len(blocks[0]) != len(blocks[1]):
        names = [Counter(name for block in part for name in _GLUED.findall(block)) for part in blocks]
        return [f"{shown}: prints {name} {'less' if count > 0 else 'more'} often than {book.shown_path(first.path)}"
                for name, count in _differences(*names).items()]  # fmt: skip
    faults = []
    whole = other.path.read_text(encoding="utf-8")
    for one, two in zip(*blocks, strict=True):
        counts = [Counter(_GLUED.findall(block)) for block in (one, two)]
        for name, count in _differences(*counts).items():
            more = "does not print" if count > 0 else "prints"
            faults.append(f"{line_place(shown, whole, two)}: {more} {name}, unlike its twin, in {_start(two)!r}")
        if counts[0] == counts[1]:
            place = line_place(shown, whole, two)
            faults += [f"{place}: {line}, in {_start(two)!r}" for line in _order_faults(one, two, book)]
    return faults


def _order_faults(one: str, two: str, book: Book) -> list[str]:
    """Return a line where values of one unit, which a reader could take for each other, stand in another order."""
    sentences = [_SENTENCE.split(block) for block in (one, two)]
    pairs = zip(*sentences, strict=True) if len(sentences[0]) == len(sentences[1]) else [(one, two)]
    faults = []
    for first, second in pairs:
        names = [_GLUED.findall(part) for part in (first, second)]
        if Counter(names[0]) != Counter(names[1]):
            # Sentences are parted differently in the languages: the block as a whole prints the same.
            names = [_GLUED.findall(part) for part in (one, two)]
        for unit in dict.fromkeys(unit_of_value(name, book) for name in names[0]):
            orders = [[name for name in part if unit_of_value(name, book) == unit] for part in names]
            if orders[0] != orders[1]:
                wrong = next(a for a, b in zip(*orders, strict=True) if a != b)
                faults.append(f"prints {wrong} at another place than its twin")
                break
    return list(dict.fromkeys(faults))


def unit_of_value(name: str, book: Book) -> str:
    """Return the unit of a value by its name; where there is none, what tells it from values of other kinds."""
    plain = name.removesuffix(" words")
    derived = derived_values(book).get(plain)
    if derived is not None:
        return derived["unit"] or "number"
    cell = find_cell(plain, book, book.first_language)
    return column_unit(cell.table, cell.column, book) or cell.column if cell else plain


def _blocks(page: Page) -> list[str]:
    """Return the blocks of prose of a page that print values."""
    texts = [
        cell.source
        if cell.cell_type == "markdown"
        else str(cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", ""))
        for cell in read_source(page).cells
    ]
    blocks = [block for text in texts for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )", text)]
    return [block for block in blocks if _GLUED.search(block)]


def _differences(one: Counter[str], two: Counter[str]) -> dict[str, int]:
    return {name: one[name] - two[name] for name in {**one, **two} if one[name] != two[name]}


def _start(text: str) -> str:
    return " ".join(text.split())[:80]
