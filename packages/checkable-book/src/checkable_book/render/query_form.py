"""The form that takes queries in the page, with the ready questions and the tables that can be asked beside it."""

from __future__ import annotations

from checkable_book.book import current_book
from checkable_book.data.database import database_of
from checkable_book.data.description import CLAIMS, EVIDENCE
from checkable_book.data.package import package_of, record_table, table_names, table_records
from checkable_book.dependencies import record_dependency
from checkable_book.render.i18n import translate
from checkable_book.render.output import CellOutput, mark_recomputed, render_template

#: The table of the ready questions.
QUESTIONS = "queries"
#: The name under which the output is computed again.
FORM = "query_form"


def ready_questions(language: str = "en") -> list[dict[str, str]]:
    """Return the ready questions with their queries, in one language."""
    if QUESTIONS in table_names():
        record_table(package_of().table(QUESTIONS))
    rows = table_records(QUESTIONS)
    return [
        {
            "name": row["name"],
            "question": row[f"question_{language}"],
            "query": row["query"].replace("{language}", language),
        }
        for row in rows
    ]


def query_form(language: str = "en") -> CellOutput:
    """Return the form that takes a query, the ready questions, and the tables that can be asked beside it.

    Without scripts the questions and the tables stand there alone.
    """
    database = database_of()
    record_dependency("result", "description", package_of().description_digest)
    tables = [_describe(name, language) for name in table_names()]
    if CLAIMS in table_names():
        columns = [{"name": name, "meaning": ""} for name in ("claim", "section", "kind")]
        tables.append({"name": EVIDENCE, "meaning": translate("ask_evidence", language), "columns": columns})
    for name, row in database.views.items():
        columns = [{"name": column, "meaning": ""} for column in database.columns_of(name)]
        meaning = row.get(f"meaning_{language}") or row.get(f"meaning_{current_book().first_language}") or ""
        tables.append({"name": name, "meaning": meaning, "columns": columns})
    ready = ready_questions(language)
    keys = ("table", "ready", "choose", "query", "run", "stop", "tables", "questions", "needs_scripts", "help")
    page = render_template(
        "query_form.html",
        tables=tables,
        ready=ready,
        said={key: translate(f"ask_{key}", language) for key in keys},
        language=language,
    )
    plain = [f"{row['question']}: {row['query']}" for row in ready]
    plain += [f"{table['name']}: {table['meaning']}" for table in tables]
    return mark_recomputed(CellOutput(page, "\n".join(plain)), FORM)


def _describe(name: str, language: str) -> dict[str, object]:
    described = package_of().table(name).description
    columns = [
        {"name": one["name"], "meaning": one.get("description", "") if language == "en" else ""}
        for one in described["schema"]["fields"]
    ]
    return {
        "name": name,
        "meaning": described.get(f"description_{language}") or described["description"],
        "columns": columns,
    }
