"""A systematic review, from database exports to the PRISMA flow, the trend and the keyword map.

The steps, each a module of pure functions from data frames to data frames:

1. :mod:`~systematic_review.protocol`: what the review agreed on, from ``protocol.yml`` in its folder.
2. :mod:`~systematic_review.importing`: exports in any of the forms of
   :mod:`~systematic_review.formats` become one table of records
   (:mod:`~systematic_review.records`); what cannot be read becomes a row of the
   rejects.
3. :mod:`~systematic_review.deduplication`: records of the same work are found,
   explained and merged.
4. :mod:`~systematic_review.screening`: rules propose, reviewers decide in one
   stage or two, agreement is measured, conflicts are listed and resolved;
   :mod:`~systematic_review.screening_tools` takes works to Covidence, Rayyan,
   ASReview and Zotero and decisions back; :mod:`~systematic_review.previous_version`
   tells what a later search has changed.
5. :mod:`~systematic_review.flow`: the PRISMA 2020 counts, checked, and their
   diagram (:mod:`~systematic_review.flow_layout`).
6. :mod:`~systematic_review.keyword_map`: publications by year, and the map of keywords
   that occur together (:mod:`~systematic_review.vos_layout`).
7. :mod:`~systematic_review.review`: these steps, each written once, as the tables of a ``Review``.
8. :mod:`~systematic_review.pipeline`: all of it for a folder, as the command
   ``systematic-review run FOLDER``; ``init``, ``update``, ``export`` and
   ``import`` do the rest (``docs/running-a-review.md``).

Criteria, names of sources and synonyms are the review's own and come from its
folder; nothing here knows of one review, or of a book that shows it.
"""
