"""Sentences that compare figures: each is tied to a query, and named when its figures turn.

A row of ``sentences.csv`` holds the words as a chapter says them, in each
language, and a query that gives ``yes`` as long as they hold.
"""

from __future__ import annotations

from checkable_book import data, project
from checkable_book.data import database

TABLE = "sentences"


def faults() -> list[str]:
    """Return a line for each sentence that no longer holds, or that its chapter no longer says.

    Raises
    ------
    DataError : a query that cannot be used.

    Examples
    --------
    >>> faults()
    []
    """
    found = []
    for place, row in enumerate(rows(), start=2):
        where = f"data/{TABLE}.csv, row {place}"
        holds = database.ask(row["query"], f"{where}, column query").value
        for language in project.languages():
            says = row[f"says_{language}"]
            chapter = project.chapters() / language / f"{row['chapter']}.md"
            name = chapter.relative_to(project.root()).as_posix()
            if not chapter.exists() or says not in chapter.read_text(encoding="utf-8"):
                found.append(f"{where}, column says_{language}: found {says!r}, expected words that {name} says")
            elif holds != "yes":
                found.append(f"{name}: {says!r} no longer holds ({row['sentence']}: {row['query']})")
    return found


def rows() -> list[dict[str, str]]:
    """Return the sentences; none where there is no such table.

    Examples
    --------
    >>> all("chapter" in row for row in rows())
    True
    """
    return data.records(TABLE) if TABLE in data.names() else []
