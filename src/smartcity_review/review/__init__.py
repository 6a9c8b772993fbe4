"""The review itself, from database exports to the PRISMA flow, the trend and the keyword map.

The steps, each a module of pure functions from data frames to data frames:

1. :mod:`~smartcity_review.review.importing`: exports (RIS, BibTeX, nbib, CSV)
   become one table of records (:mod:`~smartcity_review.review.records`); what
   cannot be read becomes a row of the rejects.
2. :mod:`~smartcity_review.review.deduplication`: records of the same work are
   found, explained and merged.
3. :mod:`~smartcity_review.review.screening`: rules propose, two reviewers
   decide, agreement is measured, conflicts are listed and resolved;
   :mod:`~smartcity_review.review.interchange` takes records and decisions to
   Covidence, Rayyan and ASReview and back.
4. :mod:`~smartcity_review.review.prisma`: the PRISMA 2020 counts, checked, and
   their diagram.
5. :mod:`~smartcity_review.review.maps`: publications by year, and the map of
   keywords that occur together.
6. :mod:`~smartcity_review.review.run`: all of it for a folder, as the command
   ``smartcity-review review run FOLDER``.

The book's build imports none of this unless a chapter asks for it.
"""
