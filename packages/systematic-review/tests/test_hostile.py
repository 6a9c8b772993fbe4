# ruff: noqa: E501 - hostile files are long lines
"""Hostile and broken files stop nothing, take no more than linear time, and lose nothing."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from systematic_review import formats, importing, pipeline, protocol, records, screening_tools, workbook
from systematic_review.__main__ import main
from systematic_review.errors import ReviewError

GOOD = "TY  - JOUR\nTI  - A good record\nER  - \n"
BROKEN: dict[str, str | bytes] = {
    "brackets.json": "[" * 2_000,
    "braces.json": '{"a":' * 20_000,
    "title_and_brackets.json": '[{"title": "On shade", "x": ' + "[" * 900 + "]" * 900 + "}]",
    "deep.xml": "<records>" + "<record>" * 50_000,
    "deep_inside.xml": "<records><record>" + "<title>" * 5_000 + "</title>" * 5_000 + "</record></records>",
    "entities.xml": '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><records>&b;</records>',
    "braces.bib": "@article{a, title = {" + "{" * 500 + "}",
    "open.bib": "@article{a, title = {On shade}, note = " + "{" * 20_000,
    "at.bib": "@" * 20_000,
    "quotation.csv": 'Title,Year\n"On shade,2019\n',
    "nothing.ris": "",
    "zeros.csv": bytes(5_000),
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(500),
    "workbook.xlsx": b"PK\x03\x04" + bytes(500),
    "old.xls": b"\xd0\xcf\x11\xe0" + bytes(5_000),
    "notes.txt": "nothing of note\n" * 50,
    "ovid.txt": "<1. >\n<2. >\n",
    "central.txt": "Record #1 of 1\n",
    "refworks.txt": "RT Journal Article\n\nRT Journal Article\n",
}


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> importing.Imported:
    folder = tmp_path_factory.mktemp("broken")
    for name, content in BROKEN.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "good.ris").write_text(GOOD, encoding="utf-8")
    return importing.read_folder(folder)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_told_and_stops_no_other(imported: importing.Imported, name: str) -> None:
    told = imported.files.set_index("file").loc[name]
    assert told["unreadable"] or told["rejected"] or told["records"], name
    assert len(told["unreadable"]) < 500
    assert imported.records[imported.records["file"] == "good.ris"]["title"].tolist() == ["A good record"]


def test_what_a_parser_stumbles_over_is_one_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*arguments: object) -> None:
        raise IndexError("list index out of range")
        yield

    (tmp_path / "a.txt").write_text("<1. >\nTI  - On shade\n", encoding="utf-8")
    (tmp_path / "b.ris").write_text(GOOD, encoding="utf-8")
    monkeypatch.setitem(formats._FORMS, "Ovid", (formats._FORMS["Ovid"][0], stumble))
    found = importing.read_folder(tmp_path)
    assert found.records["file"].tolist() == ["b.ris"]
    assert found.files["unreadable"].tolist() == ["cannot be read (IndexError: list index out of range)", ""]


def test_a_reader_of_workbooks_that_breaks_down_takes_no_run_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = tmp_path / "sheet.xlsx"
    with ZipFile(sheet, "w", ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", " " * 3_000_000)
    monkeypatch.setattr(workbook, "MOST_BYTES", 1_000_000)
    found = importing.read_folder(tmp_path)
    assert found.files["unreadable"].tolist() == ["is a spreadsheet of 3 MB once unpacked: save it as CSV"]
    monkeypatch.setattr(workbook, "MOST_BYTES", 10_000_000)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    (tmp_path / "python").write_text("#!/bin/sh\nkill -SEGV $$\n", encoding="utf-8")
    (tmp_path / "python").chmod(0o755)
    with pytest.raises(workbook.Unreadable, match="the reader of spreadsheets broke down"):
        workbook.read_workbook(sheet)


#: Signs of which many in a row have made a pattern take quadratic time.
SIGNS = [
    "-",
    " ",
    ";(",
    "(",
    "[",
    "{",
    "<",
    "&",
    "\\",
    "$",
    " and ",
    "0",
    ",",
    ".",
    '"',
    "a-",
    ";",
    "/",
    "| ",
    "10.1/",
    "é",
]
FORMS: dict[str, Callable[[str], str]] = {
    "ris": lambda text: (
        f"TY  - JOUR\nTI  - T\nAU  - {text}\nJO  - {text}\nSP  - {text}\nN1  - {text}\nKW  - {text}\nDO  - {text}\nER  - \n"
    ),
    "bib": lambda text: (
        "@article{a, title = {T}, author = {x%s}, journal = {%s}, note = {%s}}\n"
        % ((text.replace("{", "").replace("\\", "").replace("}", ""),) * 3)
    ),
    "nbib": lambda text: f"PMID- 1\nTI  - T\nAB  - {text}\nAU  - {text}\nSO  - {text}\n",
    "csv": lambda text: 'Title,Authors,Journal,Pages,Citation,Abstract\nT,"{0}","{0}","{0}","{0}","{0}"\n'.format(
        text.replace('"', "'")
    ),
    "ovid.txt": lambda text: (
        f"<1. >\nVN  - Ovid Technologies\nTI  - T {text}\nAU  - {text}\nSO  - {text}\nAN  - {text}\n"
    ),
    "central.txt": lambda text: f"Record #1 of 1\nTI: T\nAU: {text}\nSO: {text}\nDOI: {text}\n",
    "json": lambda text: json.dumps([{"title": "T", "authors": text, "journal": text, "abstract": text, "doi": text}]),
}
LENGTH = 20_000


def seconds_to_read(folder: Path, name: str, text: str) -> float:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    begun = time.process_time()
    importing.read_file(path)
    return time.process_time() - begun


@pytest.mark.parametrize("form", FORMS)
def test_twice_the_input_takes_twice_the_time_at_most(tmp_path: Path, form: str) -> None:
    slow = []
    for sign in SIGNS:
        times = []
        for length in (LENGTH, 2 * LENGTH):
            text = (sign * length)[:length] + "x"
            times.append(seconds_to_read(tmp_path, f"a.{form}", FORMS[form](text)))
        # What is quick counts as linear; what is quadratic takes seconds at this length.
        if times[1] > 0.5 and times[1] > 3 * times[0]:
            slow.append((sign, times))
    assert slow == []


def test_many_lines_of_one_record_take_linear_time(tmp_path: Path) -> None:
    times = [
        seconds_to_read(tmp_path, "a.nbib", "OWN - ERIC\n" + "".join(f"TI  - Title {n}\n" for n in range(lines)))
        for lines in (30_000, 60_000)
    ]
    assert times[1] < max(3 * times[0], 2), times


@pytest.mark.parametrize("sign", ['"', '{"', 'RAYYAN-INCLUSION: {"', "RAYYAN-EXCLUSION-REASONS: ", "\\", "record:"])
def test_notes_of_rayyan_take_linear_time(tmp_path: Path, sign: str) -> None:
    times = []
    for count in (5_000, 10_000):
        path = tmp_path / "articles.csv"
        records.write_table(importing.pd.DataFrame({"title": ["T"], "notes": [sign * count]}), path)
        begun = time.process_time()
        screening_tools.read_rayyan(path)
        times.append(time.process_time() - begun)
    assert times[1] < max(3 * times[0], 1), times


@pytest.fixture
def review(tmp_path: Path) -> Path:
    folder = tmp_path / "review"
    folder.mkdir()
    (folder / "library.ris").write_text(GOOD, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["records.csv", "trend.csv", "flow.en.svg", "keywords.graphml"])
def test_what_no_run_wrote_is_never_touched(review: Path, tmp_path: Path, name: str) -> None:
    output = tmp_path / "mine"
    output.mkdir()
    (output / name).write_text("my own", encoding="utf-8")
    (output / "tmpabc.part").write_text("my own too", encoding="utf-8")
    with pytest.raises(ReviewError, match=f"found {name}, which no run of this command wrote"):
        pipeline.run_review(review, output)
    assert sorted(path.name for path in output.iterdir()) == sorted([name, "tmpabc.part"])
    assert (output / name).read_text(encoding="utf-8") == "my own"
    (output / name).unlink()
    pipeline.run_review(review, output)
    pipeline.run_review(review, output)
    assert (output / "tmpabc.part").read_text(encoding="utf-8") == "my own too"
    (output / name).write_text("spoiled", encoding="utf-8")  # what a run wrote is its own
    pipeline.run_review(review, output)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_in_the_place_of_results_is_no_leave_to_write_over_files(review: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "records.csv").write_text("my own", encoding="utf-8")
    (tmp_path / "mine" / "manifest.json").write_text("{", encoding="utf-8")
    (review / "results").symlink_to(tmp_path / "mine")
    with pytest.raises(ReviewError, match="which no run of this command wrote"):
        pipeline.run_review(review)
    assert (tmp_path / "mine" / "records.csv").read_text(encoding="utf-8") == "my own"


def test_a_second_command_is_told_who_is_at_work(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pipeline.lock_folder(review / "results"):
        assert main(["run", str(review)]) == 1
    told = capsys.readouterr().err
    assert f"found process {os.getpid()} at work on it" in told
    assert len(told.splitlines()) == 1
    assert main(["run", str(review)]) == 0


def test_a_process_that_was_killed_leaves_no_lock(review: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from systematic_review import pipeline\n"
        "with pipeline.lock_folder(Path(sys.argv[1])): os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(review / "results")]).returncode == 9
    assert main(["run", str(review)]) == 0


@pytest.mark.parametrize(
    "cell",
    ["On kerbs;=HYPERLINK(1)", "a\t=1+1", "a\n=1+1", "=1;=2", "'=1", "a;'=1", ";@x", "a;-1;+2", "a; =1", "'", ";''-"],
)
def test_no_cell_is_a_formula_wherever_a_spreadsheet_splits(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "table.csv"
    records.write_table(importing.pd.DataFrame({"record": ["r"], "title": [cell]}), path)
    for between in (",", ";", "\t", "\n"):
        for part in path.read_text(encoding="utf-8").split(between):
            assert part.strip('"')[:1] not in set("=+-@"), (between, part)
    assert records.read_cells(path)["title"].tolist() == [cell]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nsources: *c",
            "found",
        ),
        ("criteria: {a: {rule: {first: 2019, last: x}}}", "last: found 'x', expected a year"),
        ("criteria: {a: {rule: {terms: [[1]]}}}", "expected words"),
        ("criteria: {a: {rule: {terms: x}}}", "expected lists of words"),
        ("criteria: {a: {rule: {column: colour, any_of: [x]}}}", "column: found 'colour', expected one of id"),
        ("[" * 3_000, "expected YAML"),
        ("sources: {a: {name: [x]}}", "expected a name, or one a language"),
        ("criteria: {a: {colour: red}}", "criteria, a: found colour, expected name, rule and formerly"),
        ("languages: en", "languages: found 'en', expected a list"),
    ],
)
def test_a_protocol_that_is_hostile_or_wrong_is_told_in_a_short_line(
    tmp_path: Path, written: str, message: str
) -> None:
    (tmp_path / protocol.FILE).write_text(written, encoding="utf-8")
    with pytest.raises(ReviewError, match=message) as told:
        protocol.read_protocol(tmp_path)
    assert len(str(told.value)) < 1_000
    assert len(str(told.value).splitlines()) == 1
