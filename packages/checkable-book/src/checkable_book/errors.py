"""The error that an author of a book can put right."""


class DataError(Exception):
    """A file of the book says what it must not; the message is one line a fault.

    Examples
    --------
    >>> str(DataError("data/gardens.csv:2: column opened: found 'soon', expected integer"))
    "data/gardens.csv:2: column opened: found 'soon', expected integer"
    """
