"""Start the kernel of :mod:`checkable_book.adoption.kernel` as ipykernel starts its own.

The working directory is no place to look for modules while the kernel loads, so
that a page's own ``random.py`` hides none that the kernel needs.
"""

import os
import sys

if __name__ == "__main__":
    if sys.path[0] in {"", os.getcwd()}:
        del sys.path[0]
    from checkable_book.adoption.kernel import main

    main()
