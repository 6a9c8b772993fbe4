"""What a user of the review can put right, and what nobody can read."""


class ReviewError(Exception):
    """An export, a decision or a protocol that cannot be used; the message is one line a fault.

    Examples
    --------
    >>> str(ReviewError("decisions.csv, row 2, column decision: found 'maybe', expected include or exclude"))
    "decisions.csv, row 2, column decision: found 'maybe', expected include or exclude"
    """


class Unreadable(Exception):  # noqa: N818 - said of a file, which need not be an error
    """A file that cannot be read at all; the message says why, in words a librarian knows.

    Examples
    --------
    >>> str(Unreadable("empty file"))
    'empty file'
    """
