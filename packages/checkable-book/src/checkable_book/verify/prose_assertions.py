"""Sentences that compare figures: each is tied to a query, and named when its figures turn.

A row of ``sentences.csv`` holds the words as a chapter says them, in each
language, and a query that gives ``yes`` as long as they hold.
"""

from __future__ import annotations

import re

from checkable_book.book import Book, current_book
from checkable_book.contents import Page, all_pages, pages_of
from checkable_book.data.database import database_of
from checkable_book.data.lineage import QueryLineage
from checkable_book.data.package import row_place, table_records
from checkable_book.render.numerals import find_numerals, numeral_value, spell_number
from checkable_book.text import line_place

TABLE = "sentences"


def assertion_faults(book: Book | None = None) -> list[str]:
    """Return a line for each sentence that no longer holds, that its chapter no longer says, or that tests nothing.

    A query tests a sentence where a change of the data changes its answer, and
    where each number that the sentence says stands in the query.

    Raises
    ------
    DataError : a query that cannot be used.
    """
    book = book or current_book()
    found = []
    for number, row in enumerate(assertions(book)):
        where = row_place(TABLE, number, book=book)
        place = f"{where}: column query"
        lineage = QueryLineage(database_of(book), row["query"], place)
        holds = lineage.answer
        if not lineage.can_move():
            found.append(f"{place}: found a query that gives {holds!r} whatever the data holds")
        for language in book.languages:
            says = row[f"says_{language}"]
            page = find_page(row["chapter"], language, book)
            if page is None or says not in page.path.read_text(encoding="utf-8"):
                name = book.shown_path(page.path) if page else f"a chapter {row['chapter']}"
                found.append(f"{where}: column says_{language}: found {says!r}, expected words that {name} says")
            elif unasked := _numbers_not_asked(says, row["query"], language):
                found.append(f"{where}: column says_{language}: found {unasked!r}, expected a number of its query")
            elif holds != "yes":
                place = line_place(book.shown_path(page.path), page.path.read_text(encoding="utf-8"), says)
                found.append(f"{place}: {says!r} no longer holds ({row['sentence']}: {row['query']})")
    return found


def _numbers_not_asked(says: str, query: str, language: str) -> str:
    """Return the first number of a sentence that its query does not hold, in digits or in words; else an empty text."""
    numbers = {numeral_value(number, "en") for number in re.findall(r"\d+(?:\.\d+)?", query)}
    words = {spell_number(int(number), language) for number in numbers if number == int(number) and number < 1000}
    for found in find_numerals(says, language):
        if numeral_value(found.group(), language) not in numbers and found.group().casefold() not in words:
            return found.group()
    return ""


def assertions(book: Book | None = None) -> list[dict[str, str]]:
    """Return the sentences; none where there is no such table."""
    return table_records(TABLE, book)


def find_page(name: str, language: str, book: Book | None = None) -> Page | None:
    """Return the page of a language that a table names: by its document, or by its name without the language."""
    for page in pages_of(language, book):
        if is_page(name, page):
            return page
    return None


def find_pages(name: str, book: Book) -> list[Page]:
    """Return the pages, in every language, that a table names."""
    return [page for page in all_pages(book) if is_page(name, page)]


def is_page(name: str, page: Page) -> bool:
    """Return whether a table names a page: by its document, or by its name without the language."""
    return name in {page.docname, page.name, page.name.removeprefix(f"{page.language}/")}
