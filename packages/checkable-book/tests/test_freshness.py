"""Fresh pages: what changed is executed again, and nothing else."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from small_book import SRC, SmallBook

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


def test_a_changed_style_is_put_in_place_without_execution(plain: SmallBook, tmp_path: Path) -> None:
    assert plain.build().code == 0  # whatever another test took back is in place
    src = tmp_path / "src"
    shutil.copytree(SRC / "checkable_book", src / "checkable_book")
    sheet = src / "checkable_book" / "render" / "static" / "book.css"
    sheet.write_text(sheet.read_text(encoding="utf-8") + "/* otherwise */\n", encoding="utf-8")
    changed = plain.build(src=src)
    assert changed.code == 0, changed.said
    assert changed.executed == set()
    assert (plain.site / "_static" / "book.css").read_text(encoding="utf-8").endswith("/* otherwise */\n")


def test_data_that_no_page_lists_is_looked_at_when_it_changes(plain: SmallBook) -> None:
    assert plain.build().code == 0
    with plain.edited(("chapters/en/data.md", 'book_tables.full_table("rules")', "None")):
        assert plain.build().executed == {"en/data"}
        with plain.edited(("data/rules.csv", "WHERE NOT EXISTS", "WHERE EXISTS")):
            failed = plain.build()
        assert failed.executed == set()
        assert failed.code != 0
        assert "rule every_garden_has_visits: found Lower Meadow" in failed.told
    assert plain.build().code == 0


def test_a_rule_of_style_comes_with_the_page_that_needs_it(plain: SmallBook) -> None:
    sheet = plain.site / "_static" / "styles" / "pydata-sphinx-theme.css"
    assert plain.build().code == 0
    assert ".versionadded" not in sheet.read_text(encoding="utf-8")
    assert ".bd-article" in sheet.read_text(encoding="utf-8")
    with plain.edited(
        ("chapters/en/findings.md", "## References", ":::{versionadded} 2\nWater them.\n:::\n\n## References")
    ):
        assert plain.build().code == 0
        assert ".versionadded" in sheet.read_text(encoding="utf-8")
    assert plain.build().code == 0
    assert ".versionadded" not in sheet.read_text(encoding="utf-8")


def interrupted(book: SmallBook, moment: str) -> str:
    """Build, interrupt it as a terminal does once it says ``moment``, and return what it said."""
    build = book.start_build()
    assert build.stdout is not None
    said = ""
    while moment not in said:
        read = build.stdout.readline()
        assert read, said
        said += read
    os.killpg(build.pid, signal.SIGINT)
    said += build.communicate()[0]
    assert build.returncode == 130, said
    return said


def test_an_interrupted_build_ends_in_one_line_and_the_next_is_whole(plain: SmallBook) -> None:
    assert plain.build().code == 0
    with plain.edited(("data/gardens.csv", "0.75", "0.80")):
        said = interrupted(plain, "Executed notebook")
    with plain.edited(("chapters/en/index.md", "This book is small", "This book is tiny")):
        said += interrupted(plain, "copying assets")
        page = plain.site / "chapters" / "en" / "index.html"
        page.write_text("<html>", encoding="utf-8")  # as it would be where it was being written
        assert plain.build().code == 0
        assert "This book is tiny" in plain.page("en/index")
    assert said.count("interrupted\n") == 2
    assert "Traceback" not in said
    assert plain.build().code == 0


def test_the_extension_loads_no_library_that_starts_threads() -> None:
    """Else a signal may reach a thread that began before signals were blocked, and a build without changes waits."""
    slow = "{'numpy', 'pandas', 'altair'} & set(sys.modules)"
    code = f"import sys, threading, checkable_book.sphinx_ext.extension; print({slow}, threading.active_count())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set() 1\n"
