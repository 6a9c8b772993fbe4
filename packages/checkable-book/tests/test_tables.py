"""Loading: what the data must be, and how a fault in it is named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from checkable_book import data
from checkable_book.book import Book
from checkable_book.errors import DataError
from small_book import SmallBook


@pytest.fixture
def folder(spoilt: SmallBook) -> Path:
    return spoilt.root / "data"


def edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} holds no {old!r} to change"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def faults(folder: Path) -> list[str]:
    with pytest.raises(DataError) as caught:
        data.check_data(Book(folder.parent))
    return str(caught.value).splitlines()


def test_the_data_keeps_its_description(folder: Path) -> None:
    book = Book(folder.parent)
    data.check_data(book)
    assert data.table_names(book) == ["gardens", "visits", "numbers", "rules"]


def test_every_table_loads_with_its_described_columns(here: SmallBook) -> None:
    for name in data.table_names():
        described = [field["name"] for field in data.describe_table(name)["schema"]["fields"]]
        assert list(data.load_table(name).columns) == described
        assert len(data.load_table(name)) > 0
    assert str(data.load_table("gardens")["opened"].dtype) == "Int64"
    assert data.column_unit("gardens", "area_hectares") == "hectares"


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        ("gardens.csv", "1962", "many", "data/gardens.csv:2: column opened: found 'many', expected integer (minimum 1800; maximum 2100)"),
        ("gardens.csv", "1962", "1762", "data/gardens.csv:2: column opened: found '1762', expected integer (minimum 1800; maximum 2100)"),
        ("gardens.csv", "6.5", "-6.5", "data/gardens.csv:2: column area_hectares: found '-6.5', expected number (minimum 0)"),
        ("gardens.csv", "6.5", "6,5", "data/gardens.csv:2"),
        ("gardens.csv", "Old Orchard", "Lower Meadow", "data/gardens.csv:3"),
        ("gardens.csv", "Old Orchard,1978,3.25", "Old Orchard,1978,", "data/gardens.csv:3: column area_hectares: "),
        ("gardens.csv", ",area_hectares", "", "data/gardens.csv:1: column area_hectares: "),
        ("gardens.csv", "garden,opened", "garden,open", "data/gardens.csv:1: column opened: found the columns garden, open, area_hectares, expected garden, opened, area_hectares"),
        ("visits.csv", "Pond Walk,2021", "Duck Walk,2021", "data/visits.csv:11"),
        ("visits.csv", "Pond Walk,2021", "Pond Walk,2022", "data/visits.csv:12"),
    ],
    ids=["type", "range", "negative", "decimal comma", "key twice", "empty cell", "column missing", "column renamed", "foreign key", "long key twice"],
)  # fmt: skip
def test_a_fault_is_named_with_file_and_row(folder: Path, file: str, old: str, new: str, line: str) -> None:
    edit(folder, file, old, new)
    assert any(fault.startswith(line) for fault in faults(folder)), faults(folder)


@pytest.mark.parametrize(("old", "new"), [("1978", "many"), ("Old Orchard", "Older Orchard")], ids=["cell", "key"])
def test_a_fault_behind_a_cell_of_two_lines_is_told_with_its_line(folder: Path, old: str, new: str) -> None:
    """The head is line 1, the first row goes over lines 2 and 3."""
    edit(folder, "gardens.csv", "Lower Meadow", '"Lower\nMeadow"')
    edit(folder, "gardens.csv", old, new)
    visits = (folder / "visits.csv").read_text(encoding="utf-8").replace("Lower Meadow", '"Lower\nMeadow"')
    (folder / "visits.csv").write_text(visits, encoding="utf-8")
    lines = visits.splitlines()
    wanted = [f"data/visits.csv:{number}: " for number, line in enumerate(lines, start=1) if line.startswith(old)]
    for place in wanted or ["data/gardens.csv:4: column opened: "]:
        assert any(fault.startswith(place) for fault in faults(folder)), faults(folder)


def test_a_key_fault_says_which_key(folder: Path) -> None:
    edit(folder, "visits.csv", "Pond Walk,2021", "Duck Walk,2021")
    [fault] = faults(folder)
    assert fault.endswith("column garden: found 'Duck Walk', expected a value of gardens.csv, column garden")


def semicolons(folder: Path) -> None:
    path = folder / "visits.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")


def remove(folder: Path) -> None:
    (folder / "visits.csv").unlink()


def scramble(folder: Path) -> None:
    (folder / "visits.csv").write_bytes(b"garden,year,visits\nLower Meadow,2021,\xff\xfe\n")


def no_description(folder: Path) -> None:
    (folder / "datapackage.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (
            semicolons,
            "data/visits.csv:1: column garden: found the columns garden;year;visits, expected garden, ye",
        ),
        (remove, "data/visits.csv"),
        (scramble, "data/visits.csv"),
        (no_description, "data/datapackage.json: found no such file, expected it"),
    ],
    ids=["semicolons", "missing", "not UTF-8", "no description"],
)
def test_a_file_that_cannot_be_read_is_named(folder: Path, spoil: Callable[[Path], None], named: str) -> None:
    spoil(folder)
    assert any(named in fault for fault in faults(folder)), faults(folder)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"title": "Gardens",', "", "data/datapackage.json, table gardens: found no title, expected it"),
        ('"name": "visits",\n      "path"', '"path"', "data/datapackage.json, table number 2: found no name, expected it"),
        ('"type": "number"', '"type": "float"', "data/datapackage.json, table gardens, column area_hectares: found the type 'float', expected one of integer, number, string, boolean, date, year"),
        ('"description": "Its area."', '"description": ""', "data/datapackage.json, table gardens, column area_hectares: found no description, expected one"),
        ('"resources": [', '"resource": [', "data/datapackage.json: found no resources, expected a list of the tables"),
    ],
)  # fmt: skip
def test_what_a_description_lacks_is_named(folder: Path, old: str, new: str, line: str) -> None:
    edit(folder, "datapackage.json", old, new)
    assert line in faults(folder)


def test_unknown_tables_and_columns_are_named(here: SmallBook) -> None:
    with pytest.raises(DataError, match="found a request for table 'gardenz', expected one of gardens, visits"):
        data.load_table("gardenz")
    with pytest.raises(DataError, match="found a request for table 'gardenz', expected one of gardens, visits"):
        data.describe_table("gardenz")
