"""What is wrong with the sources of a book, in lines, before anything is built of them."""

from __future__ import annotations

from collections.abc import Callable

from checkable_book.book import Book
from checkable_book.errors import DataError
from checkable_book.render import book_metadata, i18n
from checkable_book.render.viewer import viewers_folder


def data_faults(book: Book) -> list[str]:
    """Return a line for each thing that is wrong with the data: its description, its rules, its claims."""
    from checkable_book.data import check_data  # these import pandas, which a build without changes need not wait for
    from checkable_book.data.claims import check_claims
    from checkable_book.data.rules import check_rules

    faults = (
        configuration_faults(book)
        + list_faults(lambda: book_metadata.known_metadata(book))
        + (
            list_faults(lambda: check_data(book))
            or list_faults(lambda: check_rules(book)) + list_faults(lambda: check_claims(book))
        )
    )
    return list(dict.fromkeys(faults))


def configuration_faults(book: Book) -> list[str]:
    """Return a line for each file of the configuration or of messages that cannot be read."""
    faults = []
    for path in sorted(book.root.glob("_config*.yml")):
        try:
            book.read_yaml(path)
        except DataError as error:
            faults.append(str(error))
    return (
        faults
        or list_faults(lambda: book.languages)
        or list_faults(lambda: i18n.check_messages(book))
        or list_faults(lambda: viewers_folder(book))
    )


def list_faults(check: Callable[[], object]) -> list[str]:
    """Return what a check finds wrong, a line each."""
    try:
        check()
    except DataError as error:
        return str(error).splitlines()
    return []
