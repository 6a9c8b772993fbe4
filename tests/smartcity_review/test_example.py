"""The worked example: made-up records with decisions, which every figure of it says."""

import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from checkable_book import dependencies, project
from checkable_book.errors import DataError
from checkable_book.sphinx_ext import multilingual, staleness
from checkable_book.verify import number_audit
from smartcity_review import example
from systematic_review import flow
from whole_book import Book


@pytest.mark.parametrize("language", project.languages())
def test_every_figure_says_that_its_records_are_made_up(book: Book, language: str) -> None:
    page = multilingual.chapters(book.site, language) / "worked_example.html"
    article = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select_one("article")
    said = {"en": "Made-up records, which say nothing about the paper", "id": "Cantuman rekaan, yang tidak mengatakan"}
    captions = [caption.get_text() for caption in article.select("figcaption")]
    assert len(captions) == 5
    assert [caption for caption in captions if said[language] not in caption] == []
    pictures = [*article.select(".flow svg"), *article.select(".chart-view svg")]
    assert len(pictures) == 6  # the flow and each chart, at both widths
    inside = {"en": "Made-up records", "id": "Cantuman rekaan"}[language]
    assert [picture for picture in pictures if inside not in picture.get_text()] == []


def test_every_number_of_the_example_is_computed_again(book: Book) -> None:
    found = number_audit.pages(page for page in multilingual.pages(book.site) if page.stem == "worked_example")
    assert len(found) > 50
    assert [one for one in found if one.kind == "unexplained"] == []


def test_the_example_shows_each_thing_that_a_review_of_real_records_meets() -> None:
    held = example.load()
    counted = flow.of(flow.counts(held.records, held.works, held.settled, held.agreed))
    for met in ("duplicates_removed", "excluded", "not_retrieved", "excluded_full_text", "unassessed", "included"):
        assert getattr(counted, met) > 0, met
    assert counted.other_identified
    assert len(held.rejects) == 0
    for language in project.languages():
        rows = example.agreement(language).plain.splitlines()
        assert len(rows) == 3
        assert rows[1].endswith({"en": "0.71 | 0.33–1.0", "id": "0,71 | 0,33–1,0"}[language])


def test_a_source_is_called_in_the_language_of_the_page() -> None:
    assert "Citation searching" in example.both_stages("en").html
    assert "Penelusuran sitasi" in example.both_stages("id").html
    assert "Citation searching" not in example.both_stages("id").html


def test_a_change_of_its_files_makes_its_page_stale(
    data_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "data", lambda: data_copy)
    monkeypatch.setenv(dependencies.TRACE_VARIABLE, str(tmp_path / "uses"))
    example.load.__wrapped__()
    page = staleness.known((tmp_path / "uses").read_text(encoding="utf-8").splitlines())
    assert not staleness.is_stale(page)
    decided = data_copy / example.FOLDER / "decisions" / "screening_ann.csv"
    kept = decided.read_text(encoding="utf-8")
    decided.write_text(kept.replace("include", "exclude", 1), encoding="utf-8")
    assert staleness.is_stale(page)
    decided.write_text(kept, encoding="utf-8")
    assert not staleness.is_stale(page)
    (data_copy / example.FOLDER / "exports" / "scopus.csv").rename(data_copy / example.FOLDER / "later" / "scopus.csv")
    assert staleness.is_stale(page)  # the same file in another folder is another export


def test_an_export_or_a_decision_that_cannot_be_used_is_told_in_one_line(
    data_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "data", lambda: data_copy)
    decided = data_copy / example.FOLDER / "decisions" / "screening_ann.csv"
    decided.write_text(decided.read_text(encoding="utf-8").replace("include", "perhaps", 1), encoding="utf-8")
    with pytest.raises(DataError, match=r"screening_ann\.csv, row 2, column decision: found 'perhaps'"):
        example.load.__wrapped__()
    decided.write_text(decided.read_text(encoding="utf-8").replace("perhaps", "include", 1), encoding="utf-8")
    decided.with_name("thesaurus.csv").write_text("label,replace by\ncity,town\ncity,village\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"thesaurus\.csv, row 3, column label: found 'city' again"):
        example.load.__wrapped__()
    shutil.rmtree(data_copy / example.FOLDER / "exports")
    with pytest.raises(DataError, match="exports: found no"):
        example.load.__wrapped__()
