"""Nothing broken passes: each way to break a book is told by name, plainly built, then strictly built, then verified.

Ways that do not hide each other stand in the book together, so that one build tells them all.
"""

from dataclasses import dataclass

import pytest

from small_book import Run, SmallBook


@dataclass(frozen=True)
class Breakage:
    """One way to break the book, and what must be told of it at the strict build and at the verification."""

    name: str
    file: str
    old: str
    new: str
    built: str  # empty where only the verification can know
    verified: str


EN, ID, FINDINGS = "chapters/en/index.md", "chapters/id/index.md", "chapters/en/findings.md"
_STALE = "its cells are not those of"
_REFERENCES = [
    Breakage("glued name", EN, "{glue:}`area_total`", "{glue:}`area_totals`", "No key 'area_totals'", "area_totals"),
    Breakage("citation", FINDINGS, "`example2019`", "`nobody1999`", 'bibtex key "nobody1999"', "nobody1999"),
    Breakage("numbered reference", EN, "`table-gardens`", "`table-gardenz`", "'table-gardenz'", "table-gardenz"),
    Breakage("link", EN, "](findings)", "](finding)", "'finding'", "'finding'"),
    Breakage("link to a heading", EN, "[data](data)", "[data](data.md#no-such)", "no-such", "no-such"),
    Breakage("label twice", FINDINGS, "## References", "(file-gardens)=\n## References", "file-gardens", "file-gardens"),
    Breakage("directive", FINDINGS, "```{bibliography}", "```{bibliografy}", "bibliografy", "bibliografy"),
    Breakage("typed numeral", EN, "This book is small", "This book has 17 parts and is small", "", "chapters/en/index.md:21: '17' is not explained"),
    Breakage("frame as it is", "chapters/en/data.md", 'book_tables.full_table("gardens")', 'book_tables.load_table("gardens")', "found a table that names no source", "found a table that names no source"),
    Breakage("chart as it is", "chapters/en/data.md", 'book_tables.full_table("visits")', '__import__("altair").Chart({"values": []}).mark_point()', "found a chart that the page's policy blocks", "found a chart that the page's policy blocks"),
    Breakage("typed number word", FINDINGS, "others doubt it", "twelve others doubt it", "", "chapters/en/findings.md:24: 'twelve' is not explained"),
]  # fmt: skip
_TWINS = [
    Breakage("heading without a twin", ID, "Setiap angka", "## Angka\n\nSetiap angka", "found 2 headings, expected 1", "found 2 headings"),
    Breakage("role", ID, "{numref}`table", "{numreff}`table", "numreff", "numreff"),
]  # fmt: skip
_CELLS = [
    Breakage("table in a cell", EN, 'book_tables.column_subset("gardens"', 'book_tables.column_subset("gardenz"', "chapters/en/index.md:32: data: found a request for table 'gardenz', expected one of gardens, visits, numbers, rules", _STALE),
    Breakage("cell that raises", FINDINGS, "visits = data", "1 / 0\nvisits = data", "chapters/en/findings.md:34: found ZeroDivisionError: division by zero, expected a cell that runs", _STALE),
    Breakage("view in a cell", "chapters/en/data.md", 'book_tables.full_table("rules")', 'database.load_view("nothing")', "chapters/en/data.md:55: found NameError: name 'database' is not defined", _STALE),
]  # fmt: skip
_TWIN_CELLS = [
    Breakage("column in a cell", ID, '"opened": "Dibuka"', '"open": "Dibuka"', "chapters/id/index.md:32: data/gardens.csv: found a request for column 'open', expected one of garden, opened, area_hectares", _STALE),
    Breakage("glued number", "chapters/id/findings.md", '"visits_total", "visits_f', '"visits_totals", "visits_f', "chapters/id/findings.md:16: numbers: found the name 'visits_totals', expected table/row/column or one of gardens, area_total", _STALE),
]  # fmt: skip
_TABLES = [
    Breakage("type", "data/gardens.csv", "6.5", "large", "data/gardens.csv:2: column area_hectares: found 'large', expected number (minimum 0)", "same"),
    Breakage("foreign key", "data/visits.csv", "Old Orchard,2022", "Older Orchard,2022", "data/visits.csv:6: column garden: found 'Older Orchard', expected a value of gardens.csv, column garden", "same"),
    Breakage("key twice", "data/visits.csv", "Glass House,2022", "Glass House,2021", "data/visits.csv:9: expected a key that no other row has", "same"),
    Breakage("range", "data/visits.csv", "17440", "-17440", "data/visits.csv:13: column visits: found '-17440', expected integer (minimum 0)", "same"),
    Breakage("semicolons", "data/rules.csv", "rule,query,meaning_en", "rule;query;meaning_en", "data/rules.csv:1: column ", "same"),
]  # fmt: skip
_QUERIES = [
    Breakage("rule", "data/gardens.csv", "Pond Walk,2004", "Pond Walk,2022", "data: rule no_visit_before_opening: found Pond Walk 2021, expected: a garden has no visits before the year it opened", "same"),
    Breakage("query with a typo", "data/numbers.csv", "SELECT COUNT(*) FROM gardens", "SELECT COUNT(*) FROM gardenz", "data/numbers.csv:2: column query: found no such table: gardenz, expected one query over the data", "same"),
    Breakage("query that writes", "data/numbers.csv", "SELECT SUM(visits) FROM visits,", "DELETE FROM visits,", "data/numbers.csv:5: column query: found something else than a query, expected one query", "same"),
    Breakage("query by chance", "data/numbers.csv", "SELECT MIN(year) FROM visits,", "SELECT random() FROM visits,", "data/numbers.csv:6: column query: found the function random, expected one query", "same"),
    Breakage("query without an end", "data/numbers.csv", "SELECT MAX(year) FROM visits,", "SELECT year; SELECT 1 FROM visits,", "data/numbers.csv:7: column query: found ", "same"),
]  # fmt: skip
_DESCRIPTIONS = [
    Breakage("type of a column", "data/datapackage.json", '"type": "integer"', '"type": "whole"', "data/datapackage.json, table gardens, column opened: found the type 'whole', expected one of integer, number, string", "same"),
    Breakage("key of a table", "data/datapackage.json", '"primaryKey": [\n          "garden"\n        ]', '"primaryKey": [\n          "gardener"\n        ]', "data/datapackage.json, table gardens: found the primary key ['gardener'], expected a list of its columns", "same"),
]  # fmt: skip


def told(run: Run, breakages: list[Breakage], verified: bool = False) -> None:
    """Assert that a command failed, told every breakage in a line of its own, and gave no traceback."""
    assert run.code != 0, run.said
    assert "Traceback" not in run.said, run.said
    for breakage in breakages:
        wanted = breakage.verified if verified and breakage.verified != "same" else breakage.built
        assert wanted in run.told, (breakage.name, run.said)


def edits(breakages: list[Breakage]) -> list[tuple[str, str, str]]:
    return [(breakage.file, breakage.old, breakage.new) for breakage in breakages]


def test_there_are_ways_enough() -> None:
    ways = [*_REFERENCES, *_TWINS, *_CELLS, *_TWIN_CELLS, *_TABLES, *_QUERIES, *_DESCRIPTIONS]
    assert len({way.name for way in ways}) == len(ways) >= 25


def test_names_that_lead_nowhere_are_told_after_a_plain_build_too(plain: SmallBook) -> None:
    with plain.edited(*edits(_REFERENCES)):
        warned = plain.build(strict=False)
        assert warned.code == 0, warned.said  # a plain build only warns
        assert "<strong>[area_totals?]</strong>" in plain.page("en/index")  # no gap where the name is unknown
        told(plain.build(), _REFERENCES)
        told(plain.run("checkable-book", "verify"), _REFERENCES, verified=True)
    mended = plain.build()
    assert mended.code == 0, mended.said


def test_a_twin_that_differs_or_is_missing_is_told(built: SmallBook) -> None:
    with built.edited(*edits(_TWINS)):
        assert built.build(strict=False).code == 0
        told(built.build(), _TWINS)
    twin = built.root / "chapters" / "id" / "findings.md"
    text = twin.read_text(encoding="utf-8")
    twin.unlink()
    try:
        for command in (["jb", "build", "."], ["checkable-book", "verify", "--quick"]):
            failed = built.run(*command)
            assert failed.code == 1
            assert "_toc.yml:6: found the page chapters/id/findings, expected its file" in failed.told
    finally:
        twin.write_text(text, encoding="utf-8")
    with built.edited(*edits(_TWIN_CELLS)):
        told(built.build(), _TWIN_CELLS)
        told(built.run("checkable-book", "verify", "--quick"), _TWIN_CELLS, verified=True)
    assert built.build().code == 0


@pytest.mark.parametrize(
    "breakages", [_CELLS, _TABLES, _QUERIES, _DESCRIPTIONS], ids=["cells", "tables", "queries", "descriptions"]
)
def test_what_cannot_be_computed_ends_each_build_with_its_lines(plain: SmallBook, breakages: list[Breakage]) -> None:
    with plain.edited(*edits(breakages)):
        told(plain.build(strict=False), breakages)
        told(plain.build(), breakages)
        told(plain.run("checkable-book", "verify", "--quick"), breakages, verified=True)


@pytest.mark.parametrize(
    ("file", "old", "line"),
    [
        ("data/paper.yml", "  version: 0.1.0\n", "data/paper.yml:16: found no edition.version, expected it"),
        ("_toc.yml", "chapters/en/data", "_toc.yml:7: found the page chapters/en/dat, expected its file"),
        ("data/datapackage.json", '"profile": "tabular-data-package",', "data/datapackage.json:4: found no JSON"),
        ("locales/words.yml", "unit_year: {", "locales/words.yml:"),
    ],
)
def test_a_file_that_describes_nothing_is_told_with_its_row(plain: SmallBook, file: str, old: str, line: str) -> None:
    with plain.edited((file, old, "" if old.endswith("\n") else old[:-1].replace("unit_year:", "- "))):
        for command in (["jb", "build", "."], ["checkable-book", "verify", "--quick"]):
            failed = plain.run(*command)
            assert failed.code != 0
            assert line in failed.told
            assert "Traceback" not in failed.said
