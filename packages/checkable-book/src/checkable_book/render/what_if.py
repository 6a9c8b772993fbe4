"""Ready-made what-if scenarios: other values for cells, each a link that tries them in the page, with what follows."""

from __future__ import annotations

import re

from checkable_book.book import Book, current_book
from checkable_book.data.database import Database
from checkable_book.data.overrides import overridden_database, parse_overrides, write_overrides
from checkable_book.data.package import package_of, record_table, table_records
from checkable_book.render.i18n import translate
from checkable_book.render.output import CellOutput, mark_recomputed, render_template
from checkable_book.render.values import format_value_over

#: The table of the scenarios.
SCENARIOS = "what_ifs"
#: The name under which the output is computed again: no table holds its numbers.
ANSWERS = "what_if_answers"


def scenarios(language: str = "en") -> CellOutput:
    """Return what can be supposed, each a link that tries it in the page, with what follows from it."""
    for table in package_of().tables.values():
        record_table(table)
    rows = [
        {
            "address": f"?if={write_overrides(parse_overrides(row['changes']))}",
            "question": row[f"question_{language}"],
            "follows": describe_consequences(row, language),
        }
        for row in table_records(SCENARIOS)
    ]
    page = render_template("what_ifs.html", rows=rows)
    plain = "\n".join(f"{row['question']}: {row['follows']}" for row in rows)
    return mark_recomputed(CellOutput(page, plain), ANSWERS)


def describe_consequences(row: dict[str, str], language: str = "en", book: Book | None = None) -> str:
    """Return what follows from a scenario: a row of ``what_ifs.csv``, with its sentence filled in.

    Raises
    ------
    DataError : the sentence asks for a value that there is not.
    """
    book = book or current_book()
    sides = {"": _evaluate(row["changes"], book), "paper:": _evaluate("", book)}

    def fill(found: re.Match[str]) -> str:
        database, kinds = sides[found["side"] or ""]
        if found["verdict"]:
            return translate(f"evidence_{kinds[found['name']]}", language)
        return format_value_over(database, found["name"], language)

    sentence = row[f"follows_{language}"]
    return re.sub(r"\{(?P<side>paper:)?(?P<verdict>verdict:)?(?P<name>[^{}]+)\}", fill, sentence)


def _evaluate(overrides: str, book: Book) -> tuple[Database, dict[str, str]]:
    """Return a database with overrides made, and the kind of evidence of each claim over it."""

    def make() -> tuple[Database, dict[str, str]]:
        database = overridden_database(parse_overrides(overrides, book), book)
        found = database.connection.execute("SELECT claim, kind FROM evidence").fetchall()
        return database, {str(claim): str(kind) for claim, kind in found}

    return book.remember(("what if", overrides), make)
