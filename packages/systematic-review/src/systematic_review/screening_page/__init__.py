"""The page on which reviewers screen, in a browser on their own machine.

``desk`` keeps what waits and saves what is decided, ``server`` serves the page.
"""
