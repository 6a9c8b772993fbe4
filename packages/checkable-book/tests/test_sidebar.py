"""The list of all pages in the sidebar: as the theme prints it, made once, and read once by the checks."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from checkable_book.book import Book, use_book
from checkable_book.sphinx_ext.sidebar import plain_sidebar, split_sidebar
from checkable_book.verify import number_audit, site_checks
from small_book import SmallBook

_CONTENTS = """format: jb-book
root: chapters/en/index
parts:
- caption: First part
  chapters:
  - file: chapters/en/findings
    sections:
    - file: chapters/en/a/one
      sections:
      - file: chapters/en/a/b/deep
        sections:
        - file: chapters/en/a/b/c/deeper
          sections:
          - file: chapters/en/a/b/c/d/beyond
  - url: https://example.org/x
    title: Elsewhere
  - file: chapters/en/data
- caption: Second part
  chapters:
  - file: chapters/en/odd name
    title: Odd & "other"
    sections:
    - file: chapters/en/last
"""
_PAGES = ("a/one", "a/b/deep", "a/b/c/deeper", "a/b/c/d/beyond", "odd name", "last")


def nested(book: SmallBook, target: Path) -> SmallBook:
    """Return a copy of a book with parts, pages in folders of several depths, and one deeper than the list goes."""
    copy = book.copy(target, built=False)
    (copy.root / "_toc.yml").write_text(_CONTENTS, encoding="utf-8")
    for name in _PAGES:
        path = copy.root / "chapters" / "en" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# A <page> & {name}\n\n## A part\n\nText.\n", encoding="utf-8")
    return copy


def lists_of(book: SmallBook, sidebar: str, options: str) -> dict[str, str]:
    """Return the list of all pages on each page of a book, whose sidebar is a template."""
    (book.root / "_templates").mkdir()
    (book.root / "_templates" / "theirs.html").write_text('{% include "sbt-sidebar-nav.html" %}', encoding="utf-8")
    settings = f"    templates_path: [_templates]\n    html_sidebars: {{'**': [navbar-logo.html, {sidebar}]}}\n"
    book.edit("_config.yml", "    language: en\n", f"    language: en\n{settings}")
    book.edit("_config.yml", "html_theme_options:\n", f"html_theme_options:\n{options}")
    done = book.build(strict=False)
    assert done.code == 0, done.said
    pages = {
        path.relative_to(book.site).as_posix(): path.read_text(encoding="utf-8") for path in book.site.rglob("*.html")
    }
    return {name: listed for name, text in pages.items() if (listed := split_sidebar(text)[1])}


@pytest.mark.parametrize(
    "options",
    ["", "      home_page_in_toc: true\n      show_navbar_depth: 2\n", "      collapse_navbar: true\n"],
    ids=["usual", "opened", "collapsed"],
)
def test_list_is_that_of_the_theme(laid_down_plain: SmallBook, tmp_path: Path, options: str) -> None:
    ours, theirs = (
        lists_of(nested(laid_down_plain, tmp_path / sidebar), sidebar, options)
        for sidebar in ("sbt-sidebar-nav.html", "theirs.html")
    )
    assert ours == theirs
    assert len(ours) >= len(_PAGES) + 3
    assert any('current active has-children"' in listed for listed in ours.values())


@pytest.fixture
def site(plain: SmallBook, tmp_path: Path) -> Iterator[SmallBook]:
    """Return a copy of the built book that is the book of this process, with pages that a test may spoil."""
    book = plain.copy(tmp_path / "site")
    use_book(Book(book.root))
    yield book
    use_book(None)


def spoil(book: SmallBook, names: list[str], old: str, new: str) -> None:
    """Change the list of all pages, on some pages alone."""
    for name in names:
        path = book.site / "chapters" / "en" / f"{name}.html"
        text = path.read_text(encoding="utf-8")
        _, listed = split_sidebar(text)
        assert old in listed
        path.write_text(text.replace(listed, listed.replace(old, new, 1)), encoding="utf-8")


@pytest.mark.parametrize("names", [["index"], ["data"], ["index", "findings", "data"]])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (">Findings<", ">Findings of 4711 gardens<"),
        ('class="reference', 'title="4711 gardens" class="reference'),
        ("</ul>", '</ul><p class="current">4711 gardens</p>'),
    ],
)
def test_number_in_the_list_is_told_of_each_page(site: SmallBook, names: list[str], old: str, new: str) -> None:
    spoil(site, names, old, new)
    book = Book(site.root)
    found = number_audit.audit_pages(site_checks.built_pages(site.site, book), book=book).numerals
    told = {one.page for one in found if one.text == "4711" and one.kind == "unexplained"}
    assert told == {f"en/{name}" for name in names}


@pytest.mark.parametrize("names", [["index"], ["data"], ["index", "findings", "data"]])
@pytest.mark.parametrize(
    ("new", "fault"),
    [
        ('href="gone.html">', "gone.html leads to no file"),
        ('href="data.html#gone">', "data.html#gone leads to no anchor"),
        ('href="javascript:alert()">', "javascript:alert() runs a script"),
        (
            'href="x.html"><img src="https://example.org/x.png">',
            "https://example.org/x.png is loaded from another host",
        ),
        ('href="data.html" id="twice"><b id="twice"></b>', "the identifier twice stands 2 times"),
    ],
)
def test_fault_of_the_list_is_told_of_each_page(site: SmallBook, names: list[str], new: str, fault: str) -> None:
    spoil(site, names, '">', f'"><a {new}</a><a class="')
    faults = [line for line in site_checks.page_faults(site.site, Book(site.root)) if fault in line]
    assert {line.partition(":")[0] for line in faults} == {f"en/{name}" for name in names}


def test_list_is_the_same_on_all_pages_of_a_folder(site: SmallBook) -> None:
    folder = site.site / "chapters" / "en"
    listed = {
        plain_sidebar(split_sidebar(path.read_text(encoding="utf-8"))[1], path.name) for path in folder.glob("*.html")
    }
    assert len(listed) == 1
    assert not re.search("current|open=", listed.pop())
