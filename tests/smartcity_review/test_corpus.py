"""The book's chapter on the review: on the cited works, and on exports once there are any."""

import re
import shutil
from pathlib import Path

import pandas as pd
from bs4 import BeautifulSoup

from checkable_book import data
from checkable_book.book import Book, current_book, use_book
from checkable_book.data import database
from checkable_book.verify import number_audit, site_checks
from smartcity_review import author_exports, review_outputs
from systematic_review import importing, protocol
from whole_book import BookCopy

EXPORTS = Path(__file__).parents[2] / "packages" / "systematic-review" / "tests" / "samples" / "exports"


def test_without_exports_it_holds_the_cited_works_and_decides_nothing() -> None:
    held = review_outputs.load_corpus()
    assert not author_exports.has_exports()
    assert len(held.records) == len(held.works) == len(data.load_table("cited_works"))
    assert set(held.settled["decision"]) == {""}
    assert sorted(held.records["year"]) == sorted(data.load_table("cited_works")["year"])


def test_the_chapter_says_in_both_languages_what_it_stands_on(book: BookCopy) -> None:
    for language, said in (("en", "That is a list of citations"), ("id", "hanyalah daftar sitasi")):
        page = book.chapters(language) / "rerunning.html"
        article = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select_one("article")
        assert said in article.get_text()
        assert article.select_one(".flow svg")
        assert len(article.select(".corpus-line")) == 2


def test_with_exports_the_chapter_and_the_claims_rest_on_them(changeable: BookCopy) -> None:
    folder = changeable.root / "data" / "review"
    claims_page = changeable.chapters("en") / "claims.html"

    def verdict(claim: str) -> str:
        row = BeautifulSoup(claims_page.read_text(encoding="utf-8"), "html.parser").find(id=f"claim-{claim}")
        return " | ".join(cell.get_text() for cell in row.find_all("td")[2:4])

    before = verdict("records-identified"), verdict("peak-years-all-articles")
    assert before == ("1,629 | said in another passage too", " | read twice, not tested")
    shutil.copy(EXPORTS / "google_scholar.csv", folder)
    built = changeable.build()
    assert built.returncode == 0, built.stdout + built.stderr
    count = re.fullmatch(r"(\d) \| .*differs.*|(\d) \| contradicted.*", verdict("records-identified"))
    assert count
    assert int(count[1] or count[2]) == len(importing.read_folder(folder).records)
    assert "contradicted by the data" in verdict("peak-years-all-articles")
    chapter = (claims_page.parent / "rerunning.html").read_text(encoding="utf-8")
    assert "The exports of the review are here" in chapter
    assert "That is a list of citations" not in chapter
    own = Book(changeable.root)
    use_book(own)
    try:
        files = site_checks.built_pages(changeable.site, own)
        audit = number_audit.audit_pages({page: path for page, path in files.items() if page.name == "en/rerunning"})
    finally:
        use_book(None)
    assert len(audit.numerals) > 50
    assert [numeral for numeral in audit.numerals if numeral.kind == "unexplained"] == []
    assert not (changeable.site / "data" / "review").exists()  # exports are not published


def test_the_quality_of_the_duplicates_is_that_of_the_counts() -> None:
    found = database.load_view("deduplication_rates").set_index(["labelled_set", "engine"])
    whole = found.loc[("all", "this project")]
    parts = data.load_table("deduplication_quality").query("engine == 'this project'")
    right, wrong = parts["pairs_right"].sum(), parts["pairs_wrong"].sum()
    assert whole["precision_percent"] == round(100 * right / (right + wrong), 2)
    assert whole["recall_percent"] >= 95


def test_the_cited_works_are_read_as_they_are_cited() -> None:
    found = importing.read_file(current_book().data_folder / "references.bib", "cited_works")
    cited = pd.read_csv(current_book().data_folder / "cited_works.csv")
    assert found.rejects.empty
    assert len(found.records) == len(cited)
    assert set(found.records["source"]) == {"cited_works"}
    assert sorted(found.records["year"]) == sorted(cited["year"])
    assert "Malaysian Government" in set(found.records["authors"])
    assert "The Symbolic Universe of Cyberjaya, Malaysia" in set(found.records["title"])


def test_the_protocol_says_what_table_2_says() -> None:
    agreed = protocol.read_protocol(author_exports.exports_folder())
    table = data.load_table("eligibility_criteria").set_index("criterion")
    assert list(agreed.criteria) == list(table.index)
    for criterion, names in agreed.criteria.items():
        assert names == {code: table.loc[criterion, f"name_{code}"] for code in ("en", "id")}
    years = agreed.rules["publication_years"]
    assert table.loc["publication_years", "inclusion_en"] == f"{years['first']} to {years['last']}"
    databases = [name for name in agreed.sources if agreed.source_kind(name) == "database"]
    assert {agreed.source_name(name) for name in databases} == set(data.load_table("record_sources")["source"])
    assert set(agreed.rules["source"]["any_of"]) == set(databases)
