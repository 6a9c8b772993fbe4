"""What makes any Jupyter Book checkable: each number a query, each page fresh, each claim with its evidence.

In four rooms, each of which uses those before it:

* :mod:`checkable_book.data`: tables validated against ``datapackage.json``, the
  database of them, the queries over it, the evidence for claims;
* :mod:`checkable_book.render`: values for the prose, tables, charts, words in
  each language, templates and static files;
* :mod:`checkable_book.sphinx_ext`: the Sphinx extension, fresh pages, kernels,
  languages, publishing, PDF;
* :mod:`checkable_book.verify`: numerals, reference notebooks, verification, the
  data dictionary, how the book describes itself to machines.

``checkable_book.project`` says where the book is. A chapter asks for what it
needs, as in::

    from checkable_book import data
    from checkable_book.render import listings, numbers
"""
