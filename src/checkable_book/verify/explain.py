"""What a number, a cell or a claim rests on, in words for a terminal."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping

from checkable_book import data, project
from checkable_book.data import database, evidence
from checkable_book.render import values

_SHOWN = 6  # rows of a table that are named, before the rest is counted


def text(name: str) -> str:
    """Return what ``name`` rests on: query, rows read, value, pages that use it, claims that rest on the same cells.

    Parameters
    ----------
    name : a claim, a derived value, or a cell's address.

    Raises
    ------
    DataError : there is no such name.

    Examples
    --------
    >>> name = numbers.derived_names()[0]
    >>> text(name).splitlines()[0].startswith(name)
    True
    """
    found = evidence.verdicts()
    row = found[found["claim"] == name] if len(found) else found
    return _claim(data.as_text(row).to_dict("records")[0]) if len(row) else _number(name)


def reads(query: str) -> list[str]:
    """Return a line for each table that a query reads: its columns and rows.

    Examples
    --------
    >>> len(reads("SELECT COUNT(*) FROM rules WHERE query <> ''"))
    1
    """
    chosen: dict[str, tuple[list[str], list[str]]] = {}
    for (table, column), keys in database.cells(query).items():
        chosen.setdefault(table, ([], keys))[0].append(column or "rows")
    return [
        f"{table}.csv, {', '.join(columns)}: "
        + ("; ".join(rows) if len(rows) <= _SHOWN else f"{'; '.join(rows[:_SHOWN])} and {len(rows) - _SHOWN} more rows")
        for table, (columns, rows) in chosen.items()
    ]


def pages(name: str) -> list[str]:
    """Return the chapters whose prose prints a value, in the language that the book is first built in.

    Examples
    --------
    >>> pages("no such number")
    []
    """
    folder = project.chapters() / project.languages()[0]
    pattern = re.compile(rf"\{{glue:\}}`{re.escape(name)}(?: words)?`")
    return [path.stem for path in sorted(folder.glob("*.md")) if pattern.search(path.read_text(encoding="utf-8"))]


def _claim(row: Mapping[Hashable, str]) -> str:
    lines = [
        f"claim {row['claim']}: {row['statement_en']}",
        f"where: section {row['section']}, {row['place']}"
        + (f", paragraph {row['paragraph']}" if row.get("paragraph") else ""),
        f"published: {row['published_value']} {row['unit']}".rstrip(),
    ]
    if row["query"]:
        lines += [f"query: {row['query']}", *(f"reads: {line}" for line in reads(row["query"]))]
        lines.append(f"gives: {row['found_value'] or 'nothing'}")
    lines.append(f"evidence: {row['evidence'].replace('_', ' ')}" + (f" ({row['against']})" if row["against"] else ""))
    if row["evidence"] == "not_checkable":
        lines.append(f"needed: {row['needed']}")
    return "\n".join(lines)


def _number(name: str) -> str:
    value = values.value(name)
    query = values.query_of(name)
    shared = set(database.cells(query)) if "evidence" not in query else set()
    resting = [
        row["claim"]
        for row in evidence.verdicts().to_dict("records")
        if row["query"] and _overlap(query, row["query"], shared)
    ]
    lines = [f"{name}: {value.text}", f"meaning: {value.origin}", f"query: {query}"]
    lines += [f"reads: {line}" for line in reads(query)] if "evidence" not in query else []
    lines.append(f"pages: {', '.join(pages(name)) or 'none'}")
    lines.append(f"claims: {', '.join(map(str, resting)) or 'none'}")
    return "\n".join(lines)


def _overlap(query: str, other: str, shared: set[tuple[str, str]]) -> bool:
    """Say whether two queries read a cell in common that is not part of a key."""
    one, two = database.cells(query), database.cells(other)
    return any(
        column not in data.key_columns(table) and set(one[table, column]) & set(two[table, column])
        for table, column in shared & set(two)
    )
