"""Sentences that compare figures: each is tied to a query, and named when its figures turn.

A row of ``sentences.csv`` holds the words as a chapter says them, in each
language, and a query that gives ``yes`` as long as they hold.
"""

from __future__ import annotations

from checkable_book.book import Book, current_book
from checkable_book.contents import Page, all_pages, pages_of
from checkable_book.data.database import query_scalar
from checkable_book.data.package import package_of, table_records

TABLE = "sentences"


def assertion_faults(book: Book | None = None) -> list[str]:
    """Return a line for each sentence that no longer holds, or that its chapter no longer says.

    Raises
    ------
    DataError : a query that cannot be used.
    """
    book = book or current_book()
    found = []
    for number, row in enumerate(assertions(book), start=2):
        where = f"{book.shown_path(package_of(book).table(TABLE).path)}, row {number}"
        holds = query_scalar(row["query"], f"{where}, column query", book)
        for language in book.languages:
            says = row[f"says_{language}"]
            page = find_page(row["chapter"], language, book)
            if page is None or says not in page.path.read_text(encoding="utf-8"):
                name = book.shown_path(page.path) if page else f"a chapter {row['chapter']}"
                found.append(f"{where}, column says_{language}: found {says!r}, expected words that {name} says")
            elif holds != "yes":
                name = book.shown_path(page.path)
                found.append(f"{name}: {says!r} no longer holds ({row['sentence']}: {row['query']})")
    return found


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
