"""Another author's Jupyter Book, or Sphinx project with MyST-NB, checked step by step as it stands.

``checkable-book adopt`` writes which steps are on into the book's own
configuration and takes references; chapters are never touched. In such a book
the commands ``verify``, ``refresh``, ``status`` and ``explain`` do what is here.
"""
