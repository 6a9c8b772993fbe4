"""The worked example: made-up records with decisions, which every figure of it says."""

import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from checkable_book import dependencies
from checkable_book.book import Book, current_book
from checkable_book.errors import DataError
from checkable_book.sphinx_ext import staleness
from checkable_book.verify import number_audit, site_checks
from smartcity_review import worked_example
from systematic_review import flow
from whole_book import BookCopy, edit


@pytest.mark.parametrize("language", current_book().languages)
def test_every_figure_says_that_its_records_are_made_up(book: BookCopy, language: str) -> None:
    page = book.chapters(language) / "worked_example.html"
    article = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select_one("article")
    said = {"en": "Made-up records, which say nothing about the paper", "id": "Cantuman rekaan, yang tidak mengatakan"}
    captions = [caption.get_text() for caption in article.select("figcaption")]
    assert len(captions) == 5
    assert [caption for caption in captions if said[language] not in caption] == []
    pictures = [*article.select(".flow svg"), *article.select(".chart-view svg")]
    assert len(pictures) == 6  # the flow and each chart, at both widths
    inside = {"en": "Made-up records", "id": "Cantuman rekaan"}[language]
    assert [picture for picture in pictures if inside not in picture.get_text()] == []


def test_every_number_of_the_example_is_computed_again(book: BookCopy) -> None:
    files = site_checks.built_pages(book.site, current_book())
    audit = number_audit.audit_pages({page: path for page, path in files.items() if path.stem == "worked_example"})
    assert len(audit.numerals) > 50
    assert [one for one in audit.numerals if one.kind == "unexplained"] == []


def test_the_example_shows_each_thing_that_a_review_of_real_records_meets() -> None:
    held = worked_example.load_example()
    counted = flow.flow_from_stages(flow.count_stages(held.records, held.works, held.settled, held.protocol))
    for met in ("duplicates_removed", "excluded", "not_retrieved", "excluded_full_text", "reports_pending", "included"):
        assert getattr(counted, met) > 0, met
    assert counted.other_identified
    assert len(held.imported.rejects) == 0
    for language in current_book().languages:
        rows = worked_example.agreement(language).plain.splitlines()
        assert len(rows) == 3
        assert rows[1].endswith({"en": "0.71 | 0.33–1.0", "id": "0,71 | 0,33–1,0"}[language])


def test_a_source_is_called_in_the_language_of_the_page() -> None:
    assert "Citation searching" in worked_example.full_flow("en").html
    assert "Penelusuran sitasi" in worked_example.full_flow("id").html
    assert "Citation searching" not in worked_example.full_flow("id").html


def test_a_change_of_its_files_makes_its_page_stale(
    own_book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "trace.txt"
    monkeypatch.setenv(dependencies.TRACE_VARIABLE, str(trace))
    worked_example.load_example()
    monkeypatch.delenv(dependencies.TRACE_VARIABLE)
    source = own_book.root / "chapters" / "en" / "worked_example.md"
    layout = staleness.Fingerprints(own_book).layout()
    recorded = tuple(dependencies.read_dependencies(trace))
    page = staleness.PageDependencies(dependencies.digest_of_file(source), layout, recorded)

    def is_stale() -> bool:
        return staleness.Fingerprints(own_book).is_stale(page, source)

    assert not is_stale()
    folder = own_book.data_folder / worked_example.FOLDER
    decided = folder / "decisions" / "screening_ann.csv"
    kept = decided.read_text(encoding="utf-8")
    decided.write_text(kept.replace("include", "exclude", 1), encoding="utf-8")
    assert is_stale()
    decided.write_text(kept, encoding="utf-8")
    assert not is_stale()
    (folder / "exports" / "scopus.csv").rename(folder / "later" / "scopus.csv")
    assert is_stale()  # the same file in another folder is another export


def test_an_export_or_a_decision_that_cannot_be_used_is_told_in_one_line(own_book: Book) -> None:
    decided = f"data/{worked_example.FOLDER}/decisions/screening_ann.csv"
    edit(own_book, decided, "include", "perhaps")
    with pytest.raises(DataError, match=r"screening_ann\.csv, row 2, column decision: found 'perhaps'"):
        worked_example.load_example()
    edit(own_book, decided, "perhaps", "include")
    thesaurus = own_book.root / Path(decided).with_name("thesaurus.csv")
    thesaurus.write_text("label,replace by\ncity,town\ncity,village\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"thesaurus\.csv, row 3, column label: found 'city' again"):
        worked_example.load_example()
    shutil.rmtree(own_book.data_folder / worked_example.FOLDER / "exports")
    with pytest.raises(DataError, match="exports: found no"):
        worked_example.load_example()
