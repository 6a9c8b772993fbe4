"""A language that the machinery does not hold needs chapters and a catalogue of messages, and nothing in the code."""

import json
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from bs4 import BeautifulSoup

from checkable_book.book import Book, use_book
from checkable_book.render import i18n
from small_book import SmallBook

ENGLISH = Path(i18n.__file__).parents[1] / "locales" / "en" / "LC_MESSAGES" / "checkable_book.po"
CATALOGUE = Path("locales") / "ar" / "LC_MESSAGES" / "checkable_book.po"
#: Arabic has six plural forms, of which Babel's own rule confuses two.
FORMS = ("لا صفوف", "صف واحد", "صفان", "{count} صفوف", "{count} صفًا", "{count} صف")
PLURAL_RULE = (
    '"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : '
    'n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5);\\n"'
)


def translate_to_arabic(book: SmallBook) -> None:
    """Turn the Indonesian edition of the book into one in Arabic: its chapters, its columns and a catalogue."""
    for path in sorted(book.root.rglob("*")):
        if path.is_file() and path.suffix in {".csv", ".json", ".yml"} and "_build" not in path.parts:
            text = path.read_text(encoding="utf-8")
            path.write_text(re.sub(r"(?<=_)id\b", "ar", text).replace("language: id", "language: ar"), encoding="utf-8")
    words = book.root / "locales" / "words.yml"
    words.write_text(words.read_text(encoding="utf-8").replace(", id:", ", ar:"), encoding="utf-8")
    (book.root / "_config.id.yml").rename(book.root / "_config.ar.yml")
    (book.root / "chapters" / "id").rename(book.root / "chapters" / "ar")
    for path in (book.root / "chapters" / "ar").glob("*.md"):
        text = path.read_text(encoding="utf-8").replace('language="id"', 'language="ar"')
        path.write_text(re.sub(r"^(#+ )", r"\1كتاب ", text, flags=re.MULTILINE), encoding="utf-8")
    catalogue = Catalog(locale="ar")
    with ENGLISH.open("rb") as file:
        for message in read_po(file):
            if message.pluralizable:
                catalogue.add(message.id, FORMS)
            elif message.id and not str(message.id).startswith(("number_word", "scale_words")):
                catalogue.add(message.id, f"ال{message.string}")
    (book.root / CATALOGUE).parent.mkdir(parents=True)
    with (book.root / CATALOGUE).open("wb") as file:
        write_po(file, catalogue, width=0)
    text = (book.root / CATALOGUE).read_text(encoding="utf-8")
    (book.root / CATALOGUE).write_text(re.sub(r'"Plural-Forms: .*"', lambda _: PLURAL_RULE, text), encoding="utf-8")


@pytest.fixture(scope="module")
def arabic(laid_down: SmallBook, tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    """Return the small book in English and Arabic, strictly built."""
    book = laid_down.copy(tmp_path_factory.mktemp("arabic") / "gardens", built=False)
    translate_to_arabic(book)
    done = book.build()
    assert done.code == 0, done.said
    return book


def test_a_third_language_is_built_and_verifies(arabic: SmallBook) -> None:
    assert arabic.run("checkable-book", "refresh").code == 0
    done = arabic.run("checkable-book", "verify")
    assert done.code == 0, done.said
    assert "verified" in done.said


def test_its_pages_run_from_right_to_left(arabic: SmallBook) -> None:
    page = BeautifulSoup(arabic.page("ar/index"), "html.parser")
    assert page.html is not None
    assert (page.html["lang"], page.html["dir"]) == ("ar", "rtl")
    english = BeautifulSoup(arabic.page("en/index"), "html.parser").html
    assert english is not None
    assert english.get("dir", "ltr") == "ltr"


def test_messages_of_the_page_have_every_plural_form(arabic: SmallBook) -> None:
    script = (arabic.site / "ar" / "_static" / "book-data.js").read_text(encoding="utf-8")
    forms = json.loads(script[script.index("{") :].rstrip(";\n"))["languages"]["ar"]["words"]["live_ask_rows"]
    assert forms == dict(zip(("zero", "one", "two", "few", "many", "other"), FORMS, strict=True))


def test_counts_are_said_in_the_plural_of_the_language(arabic: SmallBook) -> None:
    use_book(Book(arabic.root))
    try:
        said = [i18n.translate_count("number_of_rows", count, "ar") for count in (0, 1, 2, 3, 11, 100)]
    finally:
        use_book(None)
    assert said == ["لا صفوف", "صف واحد", "صفان", "3 صفوف", "11 صفًا", "100 صف"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('msgstr[5] "{count} صف"', "", "found 5 plural forms, expected 6"),
        ('msgid "download"', 'mgid "download"', "checkable_book.po:"),
        ("n==0 ? 0", "n==0 ? import", "expected a gettext catalogue"),
        ('msgid "download"', 'msgid "upload"', "found no words for 'download' in 'ar'"),
    ],
)
def test_a_broken_catalogue_is_told_in_a_line(arabic: SmallBook, tmp_path: Path, old: str, new: str, told: str) -> None:
    book = arabic.copy(tmp_path / "gardens", built=False)
    book.edit(CATALOGUE.as_posix(), old, new)
    done = book.build()
    assert done.code != 0
    assert told in done.told, done.said
    assert "Traceback" not in done.said
