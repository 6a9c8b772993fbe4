"""Helpers behind the executable edition of the smart-city policy review.

A number travels one way: a cell of a CSV file in ``data/`` is loaded and
validated by :mod:`~smartcity_review.data`, turned into a table
(:mod:`~smartcity_review.tables`), a chart (:mod:`~smartcity_review.charts`),
the PRISMA diagram (:mod:`~smartcity_review.corpus`) or a named value for the
prose (:mod:`~smartcity_review.numbers`), and printed by a cell of a chapter.
"""
