"""The command ``checkable-book``, for ``python -m checkable_book``."""

import sys

from checkable_book.cli import main

if __name__ == "__main__":
    sys.exit(main())
