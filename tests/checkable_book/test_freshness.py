"""Fresh pages: what changed is executed again, and nothing else."""

from small_book import SmallBook

PAGES = {f"{language}/{page}" for language in ("en", "id") for page in ("index", "findings", "data")}


def test_a_built_book_executed_every_page_and_then_none(built: SmallBook) -> None:
    assert all((built.site / "notebooks" / f"{page}.ipynb").exists() for page in PAGES if page.startswith("en"))
    again = built.build()
    assert again.code == 0
    assert again.executed == set()


def test_a_changed_cell_executes_the_pages_that_show_it_and_no_other(built: SmallBook) -> None:
    # The findings count the gardens: a changed area leaves them as they are.
    assert "0.75" in built.page("en/index")
    with built.edited(("data/gardens.csv", "0.75", "0.80")):
        changed = built.build()
        assert changed.code == 0, changed.said
        assert "0.8" in built.page("en/index")
        assert "0.75" not in built.page("en/index")
        assert "0,8" in built.page("id/index")
    users = PAGES - {"en/findings", "id/findings"}
    assert changed.executed == users
    assert built.build().executed == users  # the old value is back
    assert "0.75" in built.page("en/index")


def test_a_changed_style_is_put_in_place_without_execution(built: SmallBook, tmp_path: object) -> None:
    # Around the content of every page stands what is known of the edition too.
    with built.edited(("data/paper.yml", "address: null", 'address: "https://example.org/book"')):
        # Every page counts as using paper.yml, so this is the dearest change; a style sheet is the cheapest.
        pass
    sheet = built.site / "_static" / "book.css"
    kept = sheet.read_text(encoding="utf-8")
    sheet.write_text("body { color: red }", encoding="utf-8")
    again = built.build()
    assert again.code == 0
    assert again.executed == set()
    assert sheet.read_text(encoding="utf-8") == kept


def test_data_that_no_page_lists_is_looked_at_when_it_changes(built: SmallBook) -> None:
    listed = built.root / "chapters" / "en" / "data.md"
    assert 'whole("rules")' in listed.read_text(encoding="utf-8")
    with built.edited(("data/rules.csv", "WHERE NOT EXISTS", "WHERE EXISTS")):
        failed = built.build()
    assert failed.code != 0
    assert "rule every_garden_has_visits: found Lower Meadow" in failed.told
    assert built.build().code == 0
