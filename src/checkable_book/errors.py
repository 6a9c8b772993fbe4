"""The error that an author of a book can put right."""


class DataError(Exception):
    """A file of the book says what it must not; the message is one line a fault."""
