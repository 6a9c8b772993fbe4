"""Questions to the data: other values, ready to be tried, with what follows, and the form that takes queries."""

from __future__ import annotations

import re
import sqlite3
from functools import lru_cache

from checkable_book import data, dependencies, project
from checkable_book.data import database, evidence, overrides
from checkable_book.render import values
from checkable_book.render.i18n import text
from checkable_book.render.output import Markup, render
from checkable_book.render.table import localised

#: Tables of what can be tried, and of what can be asked.
WHAT_IFS, QUERIES = "what_ifs", "queries"
#: The name under which the output gives the source of its numbers, which no table holds.
ANSWERS = "what_if_answers"


def what_ifs(language: str = "en") -> Markup:
    """Return what can be supposed, each a link that tries it in the page, with what follows from it.

    Examples
    --------
    >>> len(what_ifs().plain.splitlines()) == len(data.peek(WHAT_IFS))
    True
    """
    for name in data.names():
        dependencies.note("data", name)
    rows = [
        {"address": f"?if={overrides.write(overrides.parse(row['changes']))}", **row, "follows": follows(row, language)}
        for row in localised(data.peek(WHAT_IFS), language)
    ]
    page = render("what_ifs.html", rows=rows, source=ANSWERS)
    return Markup(page, "\n".join(f"{row['question']}: {row['follows']}" for row in rows))


def said(language: str = "en") -> str:
    """Return all that follows from what can be supposed, computed again.

    Examples
    --------
    >>> isinstance(said(), str)
    True
    """
    return "\n".join(follows(row, language) for row in localised(data.peek(WHAT_IFS), language))


def follows(row: dict[str, str], language: str = "en") -> str:
    """Return what follows from a supposition: a row of ``what_ifs.csv``, in the columns of one language.

    Raises
    ------
    DataError : the sentence asks for a value that there is not.

    Examples
    --------
    >>> row = {"changes": "", "follows": "There are {" + numbers.derived_names()[0] + "}."}
    >>> follows(row).startswith("There are ")
    True
    """
    sides = {"": tried(row["changes"]), "paper:": tried("")}

    def fill(found: re.Match[str]) -> str:
        connection, kinds = sides[found["side"] or ""]
        if found["verdict"]:
            return text(f"evidence_{kinds[found['name']]}", language)
        return values.said(found["name"], connection, language)

    return re.sub(r"\{(?P<side>paper:)?(?P<verdict>verdict:)?(?P<name>[^{}]+)\}", fill, row["follows"])


def tried(written: str) -> tuple[sqlite3.Connection, dict[str, str]]:
    """Return a database with changes made, and the kind of evidence of each claim over it.

    Examples
    --------
    >>> connection, kinds = tried("")
    >>> set(kinds.values()) <= set(evidence.KINDS)
    True
    """
    return _tried(written, str(project.data()))


@lru_cache(maxsize=32)
def _tried(written: str, folder: str) -> tuple[sqlite3.Connection, dict[str, str]]:
    connection = overrides.tried(overrides.parse(written))
    return connection, dict(connection.execute("SELECT claim, kind FROM evidence").fetchall())


def queries(language: str = "en") -> list[dict[str, str]]:
    """Return the ready questions with their queries, in one language.

    Examples
    --------
    >>> all({"name", "query"} <= set(row) for row in queries())
    True
    """
    rows = localised(data.load(QUERIES), language) if QUERIES in data.names() else []
    return [{**row, "query": row["query"].replace("{language}", language)} for row in rows]


def form(language: str = "en") -> Markup:
    """Return the form that takes a query, the ready questions, and the tables that can be asked beside it.

    Without scripts the questions and the tables stand there alone.

    Examples
    --------
    >>> "SELECT" in form().plain
    True
    """
    tables = [_described(name, language) for name in data.names()]
    if evidence.CLAIMS in data.names():
        columns = [{"name": name, "meaning": ""} for name in ("claim", "section", "kind")]
        tables.append({"name": "evidence", "meaning": text("ask_evidence", language), "columns": columns})
    for name, row in database.views().items():
        columns = [{"name": column, "meaning": ""} for column in database.view_columns(name)]
        tables.append({"name": name, "meaning": row[f"meaning_{language}"], "columns": columns})
    ready = queries(language)
    said = {
        key: text(f"ask_{key}", language)
        for key in ("table", "ready", "choose", "query", "run", "stop", "tables", "questions", "needs_scripts", "help")
    }
    page = render(
        "ask.html",
        tables=tables,
        ready=ready,
        said=said,
        language=language,
        sources=" ".join(data.names()),
    )
    plain = [f"{row['question']}: {row['query']}" for row in ready]
    return Markup(page, "\n".join([*plain, *(f"{table['name']}: {table['meaning']}" for table in tables)]))


def _described(name: str, language: str) -> dict[str, object]:
    described = data.describe(name)
    columns = [
        {"name": field["name"], "meaning": field.get("description", "") if language == "en" else ""}
        for field in described["schema"]["fields"]
    ]
    meaning = described["description" if language == "en" else f"description_{language}"]
    return {"name": name, "meaning": meaning, "columns": columns}
