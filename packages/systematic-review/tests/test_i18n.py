"""Figures speak each language that there is a catalogue for, with the plurals that it has."""

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from systematic_review import flow, i18n, pipeline, protocol
from systematic_review.errors import ReviewError

PACKAGE = Path(i18n.__file__).parent
KEYWORDS = {"translate": None, "translate_label": None, "mark_message": None, "translate_plural": (1, 2)}
HEADER = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"""
POLISH = (
    HEADER
    + """"Language: pl\\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"

msgid "Records screened"
msgstr "Rekordy przejrzane"

msgid "{count} of the records screened awaits a decision."
msgid_plural "{count} of the records screened await a decision."
msgstr[0] "{count} rekord czeka na decyzję."
msgstr[1] "{count} rekordy czekają na decyzję."
msgstr[2] "{count} rekordów czeka na decyzję."
"""
)


@pytest.fixture
def locales(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder of catalogues that a test may add to."""
    folder = tmp_path / "locales"
    monkeypatch.setattr(i18n, "LOCALES", folder)
    i18n._read_catalogue.cache_clear()
    yield folder
    i18n._read_catalogue.cache_clear()


def add_catalogue(locales: Path, language: str, text: str) -> None:
    path = locales / language / "LC_MESSAGES" / "systematic_review.po"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")


def extracted_messages() -> set[str | tuple[str, str]]:
    found = extract_from_dir(str(PACKAGE), keywords=KEYWORDS)
    return {message if isinstance(message, str) else tuple(message) for _, _, message, _, _ in found}


def read_catalogue(language: str) -> Catalog:
    with (i18n.LOCALES / language / "LC_MESSAGES" / "systematic_review.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


@pytest.mark.parametrize("language", i18n.list_languages()[1:])
def test_a_catalogue_holds_each_message_and_no_other(language: str) -> None:
    catalogue = read_catalogue(language)
    known = {message.id for message in catalogue if message.id}
    assert known == extracted_messages()
    for message in catalogue:
        if not message.id:
            continue
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(forms), message.id
        assert len(forms) in {1, catalogue.num_plurals}
        many = message.id if isinstance(message.id, str) else message.id[1]
        for form in forms:
            assert sorted(re.findall(r"\{(\w+)\}", form)) == sorted(re.findall(r"\{(\w+)\}", many)), message.id


@pytest.mark.parametrize(
    ("waiting", "line"),
    [(1, "1 rekord czeka"), (3, "3 rekordy czekają"), (12, "12 rekordów czeka"), (22, "22 rekordy czekają")],
)
def test_a_third_language_needs_a_catalogue_alone(locales: Path, waiting: int, line: str) -> None:
    add_catalogue(locales, "pl", POLISH)
    stages = pd.DataFrame({"stage": ["identified", "duplicates_removed", "excluded", "included"]})
    drawn = flow.draw_diagram(
        stages.assign(records=[30, 0, 30 - waiting, 0]),
        pd.DataFrame({"source": ["Sage"], "records": [30]}),
        pd.DataFrame({"reason": ["topic"], "records": [30 - waiting]}),
        "pl",
    )
    assert f"{line} na decyzję." in drawn.svg
    assert "Rekordy przejrzane" in drawn.as_text
    assert "Records excluded" in drawn.as_text  # what the catalogue has not stays in English


def test_a_review_is_drawn_in_the_languages_that_it_asks_for(tmp_path: Path, locales: Path) -> None:
    add_catalogue(locales, "pl", POLISH)
    (tmp_path / "sage.csv").write_text("Title,Year\nThe Kerbs of Old Cities,2019\n", encoding="utf-8")
    (tmp_path / protocol.FILE).write_text("languages: [pl, en]\n", encoding="utf-8")
    pipeline.run_review(tmp_path)
    drawn = sorted(path.name for path in (tmp_path / "results").glob("flow.*.svg"))
    assert drawn == ["flow.en.svg", "flow.pl.svg"]
    assert "1 rekord czeka" in (tmp_path / "results" / "flow.pl.svg").read_text(encoding="utf-8")
    (tmp_path / protocol.FILE).write_text("languages: [ar]\n", encoding="utf-8")
    with pytest.raises(ReviewError, match=r"languages: found \['ar'\], expected a list of en, pl"):
        pipeline.run_review(tmp_path)


def test_a_broken_catalogue_is_told(locales: Path) -> None:
    add_catalogue(locales, "pl", POLISH.replace("nplurals=3", "nplurals=1"))
    with pytest.raises(ReviewError, match="expected a catalogue of gettext"):
        i18n.translate("Works", "pl")
