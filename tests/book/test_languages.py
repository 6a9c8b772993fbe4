"""The two editions: the same book, each in good language of its own.

Spelling is checked with hunspell and its Indonesian dictionary (``apt-get install
hunspell hunspell-id``); without them that test is skipped, with this reason.
"""

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import py3langid
import pytest
from bs4 import BeautifulSoup

from checkable_book.book import current_book
from checkable_book.contents import Page, all_pages
from checkable_book.render import i18n, values
from checkable_book.verify import reference_notebooks
from whole_book import BookCopy

DICTIONARY = Path("/usr/share/hunspell/id_ID.dic")
OWN_WORDS = Path(__file__).with_name("words_id.txt")
NAMES = sorted(path.stem for path in ((current_book().root / "chapters") / "en").glob("*.md"))


def source(language: str, name: str) -> str:
    return ((current_book().root / "chapters") / language / f"{name}.md").read_text(encoding="utf-8")


def page(language: str, name: str) -> Page:
    """Return a page of the contents."""
    return next(one for one in all_pages(current_book()) if one.name == f"{language}/{name}")


def cells(language: str, name: str) -> list[tuple[str, str, list[str], str]]:
    """Return kind, code, tags and figure name of each cell; of prose, only that it is there."""
    return [
        (
            cell.cell_type,
            cell.source if cell.cell_type == "code" else "",
            cell.metadata.get("tags", []),
            cell.metadata.get("mystnb", {}).get("figure", {}).get("name", ""),
        )
        for cell in reference_notebooks.read_source(page(language, name)).cells
    ]


def in_english(code: str) -> str:
    """Return an Indonesian cell as its English twin has it: without the language that it asks for."""
    code = re.sub(r'\n *language="id",(?=\n\))', "", code)
    return re.sub(r',? ?language="id"', "", code).replace("title_id", "title_en")


def found(pattern: str, language: str, name: str) -> list[str]:
    return re.findall(pattern, source(language, name), re.MULTILINE)


def test_both_trees_hold_the_same_chapters() -> None:
    assert {path.stem for path in ((current_book().root / "chapters") / "id").glob("*.md")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_the_same(name: str) -> None:
    ours, theirs = cells("id", name), cells("en", name)
    assert [(kind, in_english(code), tags, figure) for kind, code, tags, figure in ours] == theirs


def test_every_cell_that_prints_asks_for_indonesian() -> None:
    for name in NAMES:
        code = "\n".join(source for kind, source, _, _ in cells("id", name) if kind == "code")
        printing = re.findall(
            r"(?:tables|charts|review_outputs|worked_example|book_tables|claims|city_topics|entity_tables|what_if|query_form|checks|comparison_columns)\.\w+\(|values\.glue\(|paper_reference\(",
            code,
        )
        assert code.count('language="id"') == len(printing), name


@pytest.mark.parametrize(
    "pattern",
    [
        r"^(#+) ",
        r"^(:{3,}\{[\w-]+\}(?: \d[\d ]*)?)",
        r"^(\([\w-]+\)=)$",
        r"\{cite:\w+\}`[^`]+`",
        r"\{numref\}`[^`]+`",
        r"^:[\w-]+: .*$",
    ],
    ids=["headings", "directives", "labels", "citations", "references to figures", "options"],
)
@pytest.mark.parametrize("name", NAMES)
def test_structure_is_the_same(name: str, pattern: str) -> None:
    assert Counter(found(pattern, "id", name)) == Counter(found(pattern, "en", name))
    if pattern.startswith("^"):
        assert found(pattern, "id", name) == found(pattern, "en", name)


@pytest.mark.parametrize("name", NAMES)
def test_the_prose_prints_the_same_numbers_each_in_its_own_way(name: str) -> None:
    used = {language: Counter(found(r"\{glue:\}`([^`]+)`", language, name)) for language in current_book().languages}
    assert used["id"] == used["en"]
    for key in used["en"]:
        english, indonesian = (values.find_value(key, language) for language in current_book().languages)
        if isinstance(english.value, str):
            continue
        assert indonesian.value == english.value
        if not key.endswith(" words"):
            swapped = english.text.translate(str.maketrans(",.", ".,"))
            assert indonesian.text == swapped


def test_a_section_has_one_address_in_both_languages(book: BookCopy) -> None:
    for name in NAMES:
        ids = [
            [section["id"] for section in parsed(page).select("article section[id]")]
            for page in (book.chapters(language) / f"{name}.html" for language in current_book().languages)
        ]
        assert ids[0] == ids[1], name


def test_every_page_says_its_language_and_leads_to_the_other(book: BookCopy) -> None:
    for language in current_book().languages:
        for page in book.chapters(language).glob("*.html"):
            html = parsed(page)
            assert html.html["lang"] == language
            for link in (html.select_one("a.language-switch"), html.select_one("link[hreflang]")):
                other = (page.parent / link["href"]).resolve()
                assert other.name == page.name
                assert parsed(other).html["lang"] == link["hreflang"] != language


def test_every_message_is_there_in_both_languages() -> None:
    english, indonesian = (i18n.select_messages(("",), code) for code in ("en", "id"))
    # What only the project's own files say is in English.
    assert set(english) - set(indonesian) == {"codecheck_source", "codecheck_comment", "citation_message"}
    assert set(indonesian) <= set(english)
    for key, said in indonesian.items():
        fields = [placeholders(text["other"] if isinstance(text, dict) else text) for text in (english[key], said)]
        assert fields[0] == fields[1], key


def placeholders(message: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", message))


@cache
def parsed(page: Path) -> BeautifulSoup:
    """Return a page, which is read once and not to be changed."""
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


@cache
def indonesian_blocks(book: BookCopy) -> list[tuple[str, str]]:
    """Return chapter and text of each block of the Indonesian pages, without code and words marked otherwise."""
    blocks = []
    for page in sorted(book.chapters("id").glob("*.html")):
        if page.stem == "data":  # prints the files as they are, in both languages
            continue
        article = parsed.__wrapped__(page).select_one("article")
        for other in article.select(
            "[lang]:not([lang=id]), q, code, pre, .cell_input, script, style, .citation, .download"
        ):
            other.decompose()
        for joint in article.select("wbr"):  # which parts a name, not words
            joint.unwrap()
        article.smooth()
        for block in article.select("p, li, figcaption, h1, h2, h3, td, th, summary, desc"):
            text = " ".join(block.get_text(" ").split())
            blocks.append((page.stem, text.replace("( ", "(").replace(" )", ")")))
        for described in article.select("[aria-label]"):
            blocks.append((page.stem, described["aria-label"]))
    return blocks


def test_no_english_sentence_is_left_in_the_indonesian_pages(book: BookCopy) -> None:
    py3langid.set_languages(["en", "id"])
    long = [(page, block) for page, block in indonesian_blocks(book) if len(block.split()) > 7]
    assert len(long) > 300
    assert [(page, block[:80]) for page, block in long if py3langid.classify(block)[0] != "id"] == []
    assert py3langid.classify("The paper compares the countries at each stage of policy.")[0] == "en"


def misspelled(found: Iterable[str]) -> set[str]:
    """Return the words that hunspell does not know."""
    command = ["hunspell", "-d", "id_ID", "-i", "utf-8", "-l"]
    listed = subprocess.run(command, input="\n".join(found), capture_output=True, text=True, check=True).stdout
    return set(listed.split())


@pytest.mark.skipif(
    not (shutil.which("hunspell") and DICTIONARY.exists()), reason="no speller: apt-get install hunspell hunspell-id"
)
def test_the_indonesian_is_spelled_as_the_dictionary_has_it(book: BookCopy) -> None:
    own = set(OWN_WORDS.read_text(encoding="utf-8").split())
    pattern = re.compile(r"(?<![\w.])[^\W\d_]{2,}(?:-[^\W\d_]+)*(?!\w|\.\w)")  # no file names
    seen = {word for _, block in indonesian_blocks(book) for word in pattern.findall(block)}
    assert len(seen) > 1000
    named = [current_book().data_folder / "cited_works.csv", *current_book().data_folder.glob("*.bib")]
    english = " ".join([*(source("en", name) for name in NAMES), *(path.read_text(encoding="utf-8") for path in named)])
    names = {part for word in pattern.findall(english) if not word.islower() for part in word.split("-")}
    unknown = misspelled(seen) - names
    assert sorted(word for word in unknown if not {word, word.lower()} & own) == []
    assert misspelled(["kebijkaan", "kebijakan"]) == {"kebijkaan"}
    assert sorted(own - unknown - {word.lower() for word in unknown}) == []  # no word is listed in vain
