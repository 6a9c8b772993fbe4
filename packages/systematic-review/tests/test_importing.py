"""Exports of each kind become records; nothing is dropped in silence."""

import csv
import io
import random
import tracemalloc
from pathlib import Path

import pandas as pd
import pytest
import rispy
from hypothesis import given, settings
from hypothesis import strategies as st

from systematic_review import importing, records
from systematic_review.errors import ReviewError
from systematic_review.formats import normalize

SAMPLES = Path(__file__).parent / "samples" / "exports"
PROPERTY = settings(max_examples=30, deadline=None, derandomize=True, database=None)

NAME = st.from_regex(r"[A-Z][a-zé]{1,8}", fullmatch=True)
TITLE = st.lists(st.from_regex(r"[A-Za-zÀ-ÿ0-9'&-]{1,9}", fullmatch=True), min_size=1, max_size=8).map(" ".join)
ENTRY = st.fixed_dictionaries(
    {
        "title": TITLE.filter(lambda title: any(map(str.isalnum, title))),
        "people": st.lists(st.tuples(NAME, NAME), min_size=1, max_size=4),
        "year": st.integers(1950, 2030),
    }
)


def imported(folder: Path, **files: str | bytes) -> importing.Imported:
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return importing.read_folder(folder)


def only(folder: Path, **files: str | bytes) -> dict:
    found = imported(folder, **files)
    assert found.rejects.empty
    assert len(found.records) == 1
    return found.records.iloc[0].to_dict()


@pytest.fixture(scope="module")
def samples() -> pd.DataFrame:
    found = importing.read_folder(SAMPLES)
    assert found.rejects.empty
    return found.records


def test_every_record_of_the_samples_is_read(samples: pd.DataFrame) -> None:
    expected = {
        "covidence/review.ris": 1,
        "covidence/review_1.csv": 1,
        "endnote.ris": 1,
        "google_scholar.csv": 4,
        "pubmed.nbib": 2,
        "sage.ris": 1,
        "sage_2.bib": 1,
        "sciencedirect.ris": 2,
        "sciencedirect_2.bib": 1,
        "semantic_scholar.csv": 2,
        "semantic_scholar_2.bib": 1,
        "zotero.ris": 1,
    }
    assert samples["file"].value_counts().sort_index().to_dict() == expected
    assert list(samples) == records.COLUMNS
    assert samples["id"].is_unique


def test_names_of_files_and_folders_tell_the_source(samples: pd.DataFrame) -> None:
    sources = samples.groupby("file")["source"].first()
    assert sources["semantic_scholar_2.bib"] == "semantic_scholar"
    assert sources["covidence/review_1.csv"] == "covidence"


@pytest.mark.parametrize(
    ("file", "column", "value"),
    [
        ("google_scholar.csv", "authors", "Mergel, I; Edelmann, N; Haug, N"),
        ("google_scholar.csv", "journal", "Government information quarterly"),
        ("google_scholar.csv", "url", "https://example.org/1"),
        ("semantic_scholar.csv", "authors", "Mergel, Ines; Edelmann, N.; Haug, N."),
        ("semantic_scholar.csv", "doi", "10.1016/j.giq.2019.06.002"),
        ("semantic_scholar.csv", "access", "restricted"),
        ("semantic_scholar.csv", "type", "article"),
        ("semantic_scholar_2.bib", "pages", "46136-46151"),
        ("pubmed.nbib", "doi", "10.5555/placeholder.1"),
        ("pubmed.nbib", "keywords", "Smart cities; policy; Cities"),
        ("pubmed.nbib", "journal", "Journal of placeholders"),
        ("pubmed.nbib", "language", "en"),
        ("sage.ris", "abstract", "Placeholder abstract."),
        ("sage.ris", "journal", "Sage Open"),
        ("sage_2.bib", "authors", "Demirel, Demokaan"),
        ("sciencedirect.ris", "doi", "10.1016/j.giq.2019.06.002"),
        ("sciencedirect.ris", "keywords", "Digital transformation; Policy"),
        ("sciencedirect_2.bib", "title", "Placeholder record on smart city policy in Portugal"),
        ("sciencedirect_2.bib", "keywords", "Smart city; policy; Portugal"),
        ("covidence/review_1.csv", "year", 2021),
        ("covidence/review.ris", "pages", "93-103"),
        ("zotero.ris", "type", "report"),
        ("endnote.ris", "authors", "Jones, Charlie; Pimdee, Paitoon"),
        ("endnote.ris", "pages", "4-35"),
    ],
)
def test_each_dialect_says_it_in_its_own_tags(samples: pd.DataFrame, file: str, column: str, value: object) -> None:
    assert samples[samples["file"] == file].iloc[0][column] == value


def test_a_title_and_an_abstract_go_on_in_the_next_line(samples: pd.DataFrame) -> None:
    record = samples[samples["file"] == "pubmed.nbib"].iloc[0]
    assert "with a title that goes on" in record["title"]
    assert "Finland, which goes on" in record["abstract"]


def test_a_missing_year_is_missing(samples: pd.DataFrame) -> None:
    assert samples.loc[samples["title"] == "Placeholder record without a year", "year"].isna().all()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
@pytest.mark.parametrize("suffix", ["ris", "csv"])
def test_usual_encodings_are_told_apart(tmp_path: Path, encoding: str, suffix: str) -> None:
    title = "Über die Stadt: Évaluation, gobernación y año"
    text = {
        "ris": f"TY  - JOUR\nTI  - {title}\nAU  - Müller, Jörg\nER  - \n",
        "csv": f'Title,Authors,Year\n"{title}","Müller, Jörg",2020\n',
    }[suffix]
    record = only(tmp_path, **{f"one__{suffix}": text.encode(encoding)})
    assert record["title"] == title
    assert record["authors"] == "Müller, Jörg"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_line_ending_ends_a_line(tmp_path: Path, ending: str) -> None:
    text = "TY  - JOUR\nTI  - A title\nAU  - One, A\nER  - \nTY  - JOUR\nTI  - Another\nER  - \n"
    found = imported(tmp_path, one__ris=text.replace("\n", ending))
    assert list(found.records["title"]) == ["A title", "Another"]


def test_one_record_with_broken_bytes_is_rejected_and_the_others_are_read(tmp_path: Path) -> None:
    good = "TY  - JOUR\nTI  - Évaluation é è à\nER  - \n".encode() * 3
    found = imported(tmp_path, one__ris=good + b"TY  - JOUR\nTI  - broken \xff\nER  - \n" + good)
    assert len(found.records) == 6
    assert found.rejects[["file", "position"]].to_numpy().tolist() == [["one.ris", 4]]
    assert "encoding" in found.rejects["reason"][0]


def test_a_replacement_character_that_stands_in_an_export_is_no_fault(tmp_path: Path) -> None:
    assert only(tmp_path, one__ris="TY  - JOUR\nTI  - toracostom\ufffda\nER  - \n")["title"] == "toracostom\ufffda"


def test_what_cannot_be_read_is_listed_with_its_place_and_reason(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        a__ris="TY  - JOUR\nTI  - Good\nER  - \nTY  - JOUR\nVL  - 3\nER  - \n",
        b__bib="@article{x, title={One}, title={Two}}\n@article{y, title={unclosed\n@misc{z, title={Fine}}\n",
        c__nbib="PMID- 1\nTI  - Fine\n\nPMID- 2\nbroken line\n",
        d__csv="Title,Year\nFine,2020\ntoo,many,cells\n,\n",
        e__xlsx=b"PK\x03\x04",
        f__txt="nothing that is a record\n",
    )
    assert list(found.records["title"]) == ["Good", "Fine", "Fine", "Fine"]
    reasons = {(row.file, row.position): row.reason for row in found.rejects.itertuples()}
    assert list(reasons) == [
        ("a.ris", 2),
        ("b.bib", 1),
        ("b.bib", 2),
        ("c.nbib", 2),
        ("d.csv", 2),
        ("e.xlsx", 1),
        ("f.txt", 1),
    ]
    assert "no title" in reasons["a.ris", 2]
    assert "title twice" in reasons["b.bib", 1]
    assert "found 3 cells, expected 2" in reasons["d.csv", 2]
    assert "spreadsheet" in reasons["e.xlsx", 1]


def test_dialects_may_mix_in_one_file(tmp_path: Path) -> None:
    text = (
        "TY  - JOUR\nT1  - First\nA1  - One, A\nN2  - About it\n"  # without an end
        "TY - JOUR\nTI - Second\nAU - Two, B\nAB - About that\nER -\n"  # one blank too few
        "  TY  - CONF\n  TI  - Third\n  ER  - \n"  # indented
    )
    found = imported(tmp_path, one__ris=text)
    assert found.rejects.empty
    assert list(found.records["title"]) == ["First", "Second", "Third"]
    assert list(found.records["abstract"]) == ["About it", "About that", ""]
    assert list(found.records["type"]) == ["article", "article", "conference"]


def test_a_text_file_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        a__txt="PMID- 1\nTI  - From PubMed\n",
        b__txt="@misc{x, title={From BibTeX}}",
        c__txt="TY  - JOUR\nTI  - From RIS\nER  - ",
    )
    assert list(found.records["title"]) == ["From PubMed", "From BibTeX", "From RIS"]


def test_strings_of_bibtex_hold_for_all_that_follow(tmp_path: Path) -> None:
    text = '@string{giq = "Government Information Quarterly"}\n@article{a, title={A}, journal=giq}\n'
    assert only(tmp_path, one__bib=text)["journal"] == "Government Information Quarterly"


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        a__csv="Name,Year\nx,2020\n",
        b__pdf=b"%PDF-1.7",
        c__xlsx=b"PK\x03\x04",
        d__html="<!DOCTYPE html><title>A search</title>",
        e__json="[1, 2]",
        f__xml="<?xml version='1.0'?><a><b/></a>",
        g__ris="TY  - JOUR\nTI  - Good\nER  - \n",
        h__txt="nothing that is a record\n",
    )
    assert list(found.records["title"]) == ["Good"]
    told = found.files.set_index("file")["unreadable"].to_dict()
    assert told.pop("g.ris") == ""
    for name, why in {
        "a.csv": "found columns Name, Year, expected one with the records' titles",
        "b.pdf": "is a PDF",
        "c.xlsx": "cannot be read as a spreadsheet",
        "d.html": "is a web page",
        "e.json": "JSON without a list of records",
        "f.xml": "XML of a kind not known here",
        "h.txt": "holds no record in a form known here",
    }.items():
        assert told[name].startswith(why) or why in told[name], name
    assert found.rejects["file"].tolist() == sorted(told)


def test_a_folder_without_exports_is_a_mistake_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ReviewError, match="found no export"):
        importing.read_folder(tmp_path)
    with pytest.raises(ReviewError, match="found no such folder"):
        importing.read_folder(tmp_path / "nowhere")


@pytest.mark.parametrize("suffix", ["ris", "bib", "nbib", "csv"])
def test_ten_megabytes_in_one_field_are_read(tmp_path: Path, suffix: str) -> None:
    long = ("word" * 25 + " ") * 100_000
    text = {
        "ris": f"TY  - JOUR\nTI  - Long\nAB  - {long}\nER  - \n",
        "bib": f"@article{{x, title={{Long}}, abstract={{{long}}}}}",
        "nbib": f"PMID- 1\nTI  - Long\nAB  - {long}\n",
        "csv": f'Title,Abstract\nLong,"{long}"\n',
    }[suffix]
    record = only(tmp_path, **{f"one__{suffix}": text})
    assert len(record["abstract"]) == len(long) - 1


def test_zero_bytes_and_control_characters_do_not_get_in(tmp_path: Path) -> None:
    record = only(tmp_path, one__csv="Title,Year\nA\x01 ti\x1btle,2020\n")
    assert record["title"] == "A ti tle"
    assert "\x1b" not in record["raw"]


def test_the_same_record_keeps_its_identifier_wherever_it_stands(tmp_path: Path) -> None:
    one, two = "TY  - JOUR\nTI  - One\nER  - \n", "TY  - JOUR\nTI  - Two\nER  - \n"
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    before = imported(tmp_path / "a", pubmed__ris=one + two).records.set_index("title")["id"]
    after = imported(tmp_path / "b", pubmed_2__ris=two + one).records.set_index("title")["id"]
    assert before.to_dict() == after.to_dict()


@pytest.mark.parametrize(
    ("suffix", "before", "after"),
    [
        ("csv", "Title,Authors,Year,Cites,GSRank,QueryDate\nOn kerbs,A One,2019,3,1,2024-05-01\n", None),
        ("nbib", "PMID- 7\nLR  - 20240101\nTI  - On kerbs\nFAU - One, Ann\nDP  - 2019\n", ("20240101", "20250505")),
        (
            "ris",
            "TY  - JOUR\nTI  - On kerbs\nDO  - 10.5555/A\nER  - \n",
            ("TI  - On kerbs", "N1  - Cited 5\nTI  - On Kerbs."),
        ),
        ("bib", "@article{a1, title={On kerbs}, year=2019, note={cited 3}}", ("a1", "b2")),
    ],
)
def test_a_record_keeps_its_identifier_when_the_day_of_the_export_changes_it(
    tmp_path: Path, suffix: str, before: str, after: tuple[str, str] | None
) -> None:
    ids = []
    for place, text in enumerate((before, before.replace(*after or ("3,1,2024-05-01", "9,8,2025-06-01")))):
        (tmp_path / str(place)).mkdir()
        ids.append(only(tmp_path / str(place), **{f"one__{suffix}": text})["id"])
    assert before != text
    assert ids[0] == ids[1]


def test_the_same_text_twice_gets_two_identifiers(tmp_path: Path) -> None:
    found = imported(tmp_path, pubmed__ris="TY  - JOUR\nTI  - One\nID  - 7\nER  - \n" * 3)
    assert found.records["id"].is_unique
    assert found.records["id"][2] == found.records["id"][0] + "-3"


def test_converting_in_chunks_gives_what_reading_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_CHUNK", 4)
    told: list[int] = []
    importing.convert_folder(SAMPLES, tmp_path / "records.csv", tmp_path / "rejects.csv", told.append)
    found = importing.read_folder(SAMPLES)
    pd.testing.assert_frame_equal(records.read_table(tmp_path / "records.csv"), found.records)
    assert told == [4, 4, 4, 4, 2]


def test_a_long_export_takes_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_CHUNK", 25)
    (tmp_path / "exports").mkdir()
    entry = "TY  - JOUR\nTI  - Record {}\nAB  - {}\nER  - \n"
    text = "".join(entry.format(place, "words" * 4000) for place in range(500))
    (tmp_path / "exports" / "long.ris").write_text(text, encoding="utf-8")
    tracemalloc.start()
    importing.convert_folder(tmp_path / "exports", tmp_path / "records.csv", tmp_path / "rejects.csv")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < len(text) / 2
    assert len(records.read_table(tmp_path / "records.csv")) == 500


@PROPERTY
@given(entries=st.lists(ENTRY, min_size=1, max_size=5))
@pytest.mark.parametrize("suffix", ["ris", "bib", "csv", "nbib"])
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, suffix: str, entries: list) -> None:
    folder = tmp_path_factory.mktemp("exports")
    (folder / f"one.{suffix}").write_text(written(entries, suffix), encoding="utf-8")
    found = importing.read_folder(folder)
    assert found.rejects.empty
    assert list(found.records["title"]) == [entry["title"] for entry in entries]
    assert list(found.records["year"]) == [entry["year"] for entry in entries]
    people = ["; ".join(f"{family}, {given}" for family, given in entry["people"]) for entry in entries]
    assert list(found.records["authors"]) == people


def written(entries: list, suffix: str) -> str:
    """Write entries as another program would."""
    names = [[f"{family}, {given}" for family, given in entry["people"]] for entry in entries]
    if suffix == "ris":
        return rispy.dumps(
            [
                {"type_of_reference": "JOUR", "title": entry["title"], "authors": people, "year": str(entry["year"])}
                for entry, people in zip(entries, names, strict=True)
            ]
        )
    if suffix == "csv":
        file = io.StringIO()
        rows = csv.writer(file)
        rows.writerow(["Title", "Authors", "Published Year"])
        rows.writerows([entry["title"], "; ".join(n), entry["year"]] for entry, n in zip(entries, names, strict=True))
        return file.getvalue()
    if suffix == "nbib":
        return "\n".join(
            f"PMID- {place}\nTI  - {entry['title']}\nDP  - {entry['year']}\n" + "".join(f"FAU - {n}\n" for n in people)
            for place, (entry, people) in enumerate(zip(entries, names, strict=True), start=1)
        )
    return "".join(
        f"@article{{k{place},\n  title = {{{entry['title'].replace('&', chr(92) + '&')}}},\n"
        f"  author = {{{' and '.join(people)}}},\n  year = {{{entry['year']}}}\n}}\n"
        for place, (entry, people) in enumerate(zip(entries, names, strict=True))
    )


@PROPERTY
@given(seed=st.integers(0, 10_000))
@pytest.mark.parametrize("name", ["sciencedirect.ris", "sage_2.bib", "pubmed.nbib", "google_scholar.csv"])
def test_records_in_are_records_and_rejects(tmp_path_factory: pytest.TempPathFactory, name: str, seed: int) -> None:
    """However an export is damaged, every piece of it is either a record or a reject."""
    chance = random.Random(seed)
    lines = (SAMPLES / name).read_text(encoding="utf-8").splitlines(keepends=True)
    head, body = (lines[:1], lines[1:]) if name.endswith("csv") else ([], lines)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(body))
        body[place] = chance.choice(
            [body[place][: chance.randrange(len(body[place]))] + "\n", body[place] * 2, "\ufffd}{@\n"]
        )
    folder = tmp_path_factory.mktemp("exports")
    (folder / name).write_text("".join([*head, *body]), encoding="utf-8")
    found = importing.read_folder(folder)
    positions = sorted([*found.records["position"], *found.rejects["position"]])
    assert positions == list(range(1, len(positions) + 1))
    assert found.rejects["reason"].ne("").all()
    kept = "".join([*found.records["raw"], *found.rejects["raw"]])
    words = {word for line in body for word in line.split() if len(word) > 5 and word.isalpha()}
    assert [word for word in words if word not in kept] == []


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=30)


@PROPERTY
@given(cells=st.lists(st.tuples(TEXT, TEXT).filter(lambda row: "".join(row).strip()), min_size=1, max_size=5))
def test_a_stored_table_comes_back_cell_by_cell(tmp_path_factory: pytest.TempPathFactory, cells: list) -> None:
    path = tmp_path_factory.mktemp("stored") / "table.csv"
    frame = pd.DataFrame(cells, columns=["title", "raw"], dtype="str")
    records.write_table(frame, path)
    pd.testing.assert_frame_equal(records.read_cells(path), frame)
    with path.open(encoding="utf-8", newline="") as file:
        assert not any(cell[:1] in "=+-@\t\r" for row in csv.reader(file) for cell in row if cell)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_a_spreadsheet_saved_is_read(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "sheet.csv"
    rows = [["record", "reviewer", "decision"], ["a", "Ariès", "include"], ["b", "", '"x, y; z"']]
    path.write_text("\r\n".join(separator.join(row) for row in rows) + "\r\n", encoding=encoding, newline="")
    assert records.read_cells(path).to_numpy().tolist() == [["a", "Ariès", "include"], ["b", "", "x, y; z"]]


def test_a_file_that_is_no_table_is_told(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text('a,b\n1,2\n"3,4\n5,6\n', encoding="utf-8")
    with pytest.raises(ReviewError, match="row 3: found 'unexpected end of data', expected a CSV file"):
        records.read_cells(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(ReviewError, match="expected a CSV file"):
        records.read_cells(path)
    path.write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(ReviewError, match="column decision: found a, expected a column decision"):
        records.read_cells(path, ["decision"])


@pytest.mark.parametrize("row", ["1,2,3", "1,2,,3", "1"])
def test_a_row_with_more_or_fewer_cells_than_columns_is_told(tmp_path: Path, row: str) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text(f"a,b\n\n1,2\n{row}\n", encoding="utf-8")
    count = row.count(",") + 1
    with pytest.raises(ReviewError, match=rf"sheet\.csv, row 4: found {count} cells, expected 2$"):
        records.read_cells(path)


def test_cells_that_a_spreadsheet_added_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text("sep=;\na;b;;\n;;;\n\n1;2;;\n3;;;\n", encoding="utf-8")
    assert records.read_cells(path, ["a"]).to_dict("list") == {"a": ["1", "3"], "b": ["2", ""]}
    assert records.read_numbered_rows(path) == [(4, {"a": "1", "b": "2"}), (5, {"a": "3", "b": ""})]


def test_a_column_that_is_there_twice_is_told(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text("a,b,a\n1,2,3\n", encoding="utf-8")
    with pytest.raises(ReviewError, match="column a: found a, b, a, expected a column a once"):
        records.read_cells(path, ["a"])


def test_an_export_may_say_what_separates_its_cells(tmp_path: Path) -> None:
    assert only(tmp_path, one__csv="sep=;\nTitle;Authors\nA, b, c;One, A\n")["title"] == "A, b, c"


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_record_keeps_its_identifier_whatever_separates_its_cells(tmp_path: Path, separator: str) -> None:
    ids = []
    for name, between in (("a", ","), ("b", separator)):
        (tmp_path / name).mkdir()
        text = f"Title{between}Year\nA title{between}2020\n"
        ids.append(only(tmp_path / name, scopus__csv=text)["id"])
    assert ids[0] == ids[1]


def test_two_entries_of_bibtex_in_one_line_are_two_records(tmp_path: Path) -> None:
    text = "@misc{a, title={One}} @misc{b, title={Two}}@misc{c, title={Three}, title={3}}\n@misc{d, title={Four}}"
    found = imported(tmp_path, one__bib=text)
    assert list(found.records["title"]) == ["One", "Two", "Four"]
    assert list(found.rejects["position"]) == [3]


def test_an_abstract_with_an_at_sign_is_no_entry(tmp_path: Path) -> None:
    text = "@article{a, title={One}, abstract={Said\n @twitter (the firm)\n@it}, year=2020}\n@misc{b, title={Two}}\n"
    found = imported(tmp_path, one__bib=text)
    assert found.rejects.empty
    assert list(found.records["title"]) == ["One", "Two"]
    assert found.records["abstract"][0] == "Said @twitter (the firm) @it"


def test_an_entry_that_is_not_closed_takes_no_other_in(tmp_path: Path) -> None:
    text = "A stray { brace\n @misc{a, title={One}}\n  @misc{b,\n  title={unclosed\n  @misc{c,\n  title={Three}}\n"
    found = imported(tmp_path, one__bib=text)
    assert list(found.records["title"]) == ["One", "Three"]
    assert list(found.rejects["position"]) == [2]


def test_a_string_of_bibtex_that_is_there_twice_spoils_no_entry(tmp_path: Path) -> None:
    text = '@string{x = "X"}\n@string{x = "Y"}\n@misc{a, title={One}, journal=x}\n@misc{b, title={Two}}\n'
    found = imported(tmp_path, one__bib=text)
    assert list(found.records["title"]) == ["One", "Two"]
    assert list(found.records["journal"]) == ["X", ""]
    assert list(found.rejects["position"]) == [1]


def test_rows_that_an_open_quotation_mark_takes_in_are_in_the_reject(tmp_path: Path) -> None:
    found = imported(tmp_path, one__csv='Title,Year\nOne,2020\n"Two,2021\nThree,2022\n')
    assert list(found.records["title"]) == ["One"]
    assert found.rejects["raw"].tolist() == ['"Two,2021\nThree,2022\n']
    assert found.rejects["reason"].tolist() == ["a quotation mark is not closed (unexpected end of data)"]


@pytest.mark.parametrize("name", ["results", "decisions"])
def test_only_folders_beside_the_exports_are_reserved(tmp_path: Path, name: str) -> None:
    for folder in (tmp_path / "sciencedirect" / name, tmp_path / name):
        folder.mkdir(parents=True)
        (folder / "a.ris").write_text("TY  - JOUR\nTI  - One\nER  - \n", encoding="utf-8")
    assert importing.list_exports(tmp_path) == [tmp_path / "sciencedirect" / name / "a.ris"]


@pytest.mark.parametrize("content", [b"", b"\n  \n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("suffix", ["ris", "nbib", "bib", "csv", "txt"])
def test_an_empty_file_is_a_reject(tmp_path: Path, suffix: str, content: bytes) -> None:
    found = imported(tmp_path, **{f"one__{suffix}": content})
    assert found.records.empty
    assert found.rejects[["file", "reason"]].to_numpy().tolist() == [[f"one.{suffix}", "empty file"]]


@pytest.mark.parametrize(
    ("column", "cell", "field", "value"),
    [
        ("authors", r'["Ann \ud83d\ude00"]', "authors", "\U0001f600, Ann"),
        ("authors", r'["Ann \ud83d"]', "authors", "\ufffd, Ann"),
        ("authors", '[{"authorId":"1"}]', "authors", ""),
        ("authors", '[{"authorId":"1","name":null},{"name":"Ann Bo","ok":true}]', "authors", "Bo, Ann"),
        ("authors", "[Anonymous]", "authors", "[Anonymous]"),
        ("authors", "[{'name': 'Ann Bo', 'ok': None}]", "authors", "Bo, Ann"),
        ("keywords", "[smart city]; policy", "keywords", "[smart city]; policy"),
        ("type", "[Review]", "type", "[review]"),
        ("keywords", "{[1]}", "keywords", "{[1]}"),
        ("externalids", "{1,2}", "doi", ""),
        ("externalids", '{"DOI":null}', "doi", ""),
        ("externalids", '{"DOI":"10.5555/x","MAG":1}', "doi", "10.5555/x"),
        ("journal", "{'name': 'Cities', 'volume': '3'}", "journal", "Cities"),
        ("journal", "{'name': 'Cities', 'volume': '3'}", "volume", "3"),
    ],
)
def test_cells_of_semantic_scholar_are_read_as_they_come(
    tmp_path: Path, column: str, cell: str, field: str, value: str
) -> None:
    file = io.StringIO()
    csv.writer(file).writerows([["title", column], ["A title", cell]])
    assert only(tmp_path, one__csv=file.getvalue())[field] == value
    importing.convert_folder(tmp_path, tmp_path / "results" / "records.csv", tmp_path / "results" / "rejects.csv")


def test_a_row_that_cannot_be_converted_is_a_reject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normalize, "format_people", lambda names: names[9])
    found = imported(tmp_path, one__csv="Title,Authors\nOne,A\n")
    assert found.rejects["reason"].tolist() == [
        "cannot be read as a row of a table (IndexError: list index out of range)"
    ]


def test_keywords_in_one_tag_are_parted_by_semicolons_alone(tmp_path: Path) -> None:
    record = only(tmp_path, one__ris="TY  - JOUR\nTI  - A\nKW  - a;b ; c\nKW  - d, e\nER  - \n")
    assert record["keywords"] == "a; b; c; d, e"


def test_characters_that_are_none_do_not_get_in(tmp_path: Path) -> None:
    assert only(tmp_path, one__ris="TY  - JOUR\nTI  - A\uffff ti\ufffetle\nER  - \n")["title"] == "A ti tle"


def test_a_formula_is_stored_as_text(tmp_path: Path) -> None:
    record = only(tmp_path, one__csv='Title,Authors\n"=HYPERLINK(""http://x"";""y"")","@One, A"\n')
    records.write_table(records.typed_table([record]), tmp_path / "stored.csv")
    stored = (tmp_path / "stored.csv").read_text(encoding="utf-8")
    assert "'=HYPERLINK" in stored
    assert ",=HYPERLINK" not in stored
    assert records.read_table(tmp_path / "stored.csv")["title"][0] == '=HYPERLINK("http://x";"y")'


def half(path: Path) -> None:
    with records.open_replacing(path) as file:
        file.write("half")
        raise ZeroDivisionError


def test_a_file_that_cannot_be_finished_is_not_begun(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("before", encoding="utf-8")
    with pytest.raises(ZeroDivisionError):
        half(path)
    assert path.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [path]
