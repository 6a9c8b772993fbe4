"""Whether the numbers of a table or a chart are those of the data: each is tied to its own cell, row or query."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag

from checkable_book.book import Book
from checkable_book.data.addresses import address_query, find_cell
from checkable_book.data.claims import check_lineages
from checkable_book.data.database import database_of, source_frame
from checkable_book.data.lineage import QueryLineage
from checkable_book.data.package import SHOWN_ROWS, as_text, package_of
from checkable_book.errors import DataError
from checkable_book.render import canvas
from checkable_book.render.chart import draw_svg
from checkable_book.render.i18n import format_number
from checkable_book.render.numerals import find_numerals, numeral_value
from checkable_book.render.output import CellOutput
from checkable_book.render.table import table_size
from checkable_book.render.values import QUERY, find_value, format_scalar, query_value, split_name, text_cell
from checkable_book.text import squeeze_spaces

#: What computes outputs again in a language, by the name under which they say so.
Recomputed = dict[str, Callable[[str], list[CellOutput]]]
Number = Decimal | str


class ValueChecker:
    """Whether texts are what the book's own names give."""

    def __init__(self, book: Book, language: str) -> None:
        self.book = book
        self.language = language
        self._values: dict[str, tuple[set[str], str] | None] = {}
        self._cells: dict[str, str | None] = {}

    def is_value(self, name: str, text: str) -> bool:
        """Return whether a text is how the value called ``name`` is written, and that value comes from the data."""
        found = self._value(name)
        return found is not None and squeeze_spaces(text) in found[0]

    def origin(self, name: str) -> str:
        """Return where a value comes from, in words."""
        found = self._value(name)
        return found[1] if found else ""

    def is_cell(self, address: str, text: str) -> bool:
        """Return whether a text is how the cell at an address is written."""
        if address not in self._cells:
            self._cells[address] = self._cell(address)
        return self._cells[address] is not None and squeeze_spaces(text) == squeeze_spaces(self._cells[address] or "")

    def is_query(self, text: str) -> bool:
        """Return whether a text is a query of the data, or what a check of a claim stands for."""
        queries: set[str] = self.book.remember("queries of the data", lambda: _queries(self.book))
        return squeeze_spaces(text) in queries

    def _value(self, name: str) -> tuple[set[str], str] | None:
        if name not in self._values:
            try:
                self._values[name] = self._compute(name)
            except (DataError, KeyError, ValueError, TypeError):
                self._values[name] = None
        return self._values[name]

    def _compute(self, name: str) -> tuple[set[str], str]:
        plain, _ = split_name(name)
        if plain.startswith(QUERY):
            query = plain.removeprefix(QUERY)
            lineage = QueryLineage(database_of(self.book), query, "query")
            lineage.check_dependence()
            found = query_value(query, language=self.language, book=self.book)
            return {found.text, format_scalar(lineage.answer, "year", self.language)}, found.origin
        found = find_value(name, self.language, self.book)
        if find_cell(plain, self.book, self.language) is None:  # a derived value, or a cell of a view
            asked = address_query(plain, self.book)
            if asked is not None and isinstance(found.value, int | float):
                QueryLineage(database_of(self.book), asked, plain).check_dependence()
        return {found.text}, found.origin

    def _cell(self, address: str) -> str | None:
        if address.startswith("datapackage:"):
            return self._description(address.removeprefix("datapackage:"))
        if address.startswith(QUERY):
            try:
                query = address.removeprefix(QUERY)
                QueryLineage(database_of(self.book), query, "query").check_dependence()
                return query_value(query, language=self.language, book=self.book).text
            except DataError:
                return None
        cell = find_cell(address, self.book, self.language)
        if cell is None:
            return None
        table = package_of(self.book).table(cell.table)
        row = table.frame.iloc[table.row_number(cell.key) or 0].to_dict()
        return text_cell(cell.table, row, cell.column, self.language, self.book).text

    def _description(self, address: str) -> str | None:
        name, _, key = address.partition("/")
        tables = package_of(self.book).tables
        if name not in tables:
            return None
        held: Any = tables[name].description
        if key.startswith("sources/"):
            held, key = held["sources"][0], key.removeprefix("sources/")
        return str(held.get(key)) if held.get(key) else None


def _queries(book: Book) -> set[str]:
    package = package_of(book)
    held = {row["query"] for table in package.tables.values() for row in table.records if row.get("query")}
    held |= {lineage.query for lineage in check_lineages(book).values() if lineage.query}
    return {squeeze_spaces(query) for query in held}


@dataclass
class TableText:
    """The rows of a table of a page as texts, with the numbers in each cell."""

    titles: list[str]
    rows: list[list[str]]
    numbers: list[list[set[Number]]] = field(default_factory=list)

    def explains(self, text: str, numbers: set[Number]) -> bool:
        """Return whether one row holds all these numbers, and no name that the text says stands in another row only."""
        said = squeeze_spaces(text)
        columns = [place for place, title in enumerate(self.titles) if place and title and title in said]
        for texts, held in zip(self.rows, self.numbers, strict=True):
            if not numbers <= set().union(*held):
                continue
            if columns and not any(
                numbers <= held[0] | held[place] | _of_names(held, texts, said) for place in columns
            ):
                continue
            if all(name in texts for name in self._names_in(said)):
                return True
        return False

    def holds(self, numbers: set[Number]) -> bool:
        """Return whether the table holds all these numbers, wherever."""
        return numbers <= set().union(*(number for row in self.numbers for number in row), set())

    def _names_in(self, text: str) -> set[str]:
        """Return the texts without numbers that stand in some cells and not in all rows, and that a text repeats."""
        names = {cell for row in self.rows for cell in row if cell and not any(sign.isdigit() for sign in cell)}
        return {name for name in names if len(name) > 2 and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)}


def _of_names(held: list[set[Number]], texts: list[str], said: str) -> set[Number]:
    """Return the numbers of those cells of a row whose whole text is said."""
    return set().union(*(numbers for numbers, text in zip(held, texts, strict=True) if text and text in said), set())


def read_table(table: Tag, language: str) -> TableText:
    """Return what a table of a page says."""
    titles = [squeeze_spaces(cell.get_text()) for cell in table.select("thead th")]
    rows = [
        [squeeze_spaces(cell.get_text()) for cell in row.find_all(["th", "td"], recursive=False)]
        for row in table.select("tbody tr")
    ]
    found = TableText(titles, rows)
    found.numbers = [[numbers_in(cell, language) for cell in row] for row in rows]
    return found


def numbers_in(text: str, language: str) -> set[Number]:
    """Return the numbers that a text says.

    Examples
    --------
    >>> sorted(numbers_in("12,075 in 2021", "en"))
    [Decimal('2021'), Decimal('12075')]
    """
    return {numeral_value(found.group(), language) for found in find_numerals(text, language)}


def is_whole_table(table: Tag, book: Book, language: str) -> bool:
    """Return whether a table repeats a file of the data cell by cell, as it says; of a long one, its first rows."""
    names = str(table.get("data-source", "")).split()
    package = package_of(book)
    if len(names) != 1 or names[0] not in package.tables:
        return False
    held = package.tables[names[0]]
    shown = read_table(table, language)
    columns = [str(column) for column in held.frame]
    expected = [[squeeze_spaces(cell) for cell in row] for row in held.cells[:SHOWN_ROWS]]
    return shown.titles == columns and shown.rows == expected


def rows_of_source(table: Tag, book: Book) -> int:
    """Return how many rows the file has that a table repeats, or else the table itself."""
    held = package_of(book).tables.get(str(table.get("data-source", "")))
    shown = len(table.select("tbody tr"))
    return len(held.cells) if held is not None and table.has_attr("data-whole") and shown == SHOWN_ROWS else shown


def says_its_size(caption: str, table: Tag, language: str) -> bool:
    """Return whether the summary of a table says how many rows and columns it has."""
    titles = [squeeze_spaces(cell.get_text()) for cell in table.select("thead th")]
    size = table_size(len(table.select("tbody tr")), len(titles), language)
    return squeeze_spaces(caption) == squeeze_spaces(f"{'; '.join(titles)}: {size}")


def repeated_columns(table: Tag, row: list[str], book: Book, language: str) -> set[int]:
    """Return the columns of a row of a table that repeat one row of the table's sources.

    All columns that bear the name of a column of the source must repeat that row.
    """
    names = json.loads(str(table.get("data-columns") or "[]"))
    found: set[int] = set()
    for source in str(table.get("data-source", "")).split():
        try:
            frame = source_frame(source, book)
        except DataError:
            continue
        columns = [str(column) for column in frame]
        shared = [place for place, name in enumerate(names) if name in columns and place < len(row)]
        if len(shared) <= len(found):
            continue
        wanted = tuple(_comparable(row[place], language) for place in shared)
        key = (source, tuple(names[place] for place in shared))
        make = partial(_rows_by_cells, frame, list(key[1]), _key_columns(source, book))
        rows, keys = book.remember(("rows by cells", language, key), make)
        others = {squeeze_spaces(cell) for place, cell in enumerate(row) if place not in shared}
        # A key under another name than the source's must be that of the row whose values stand here.
        if wanted in rows and not (others & keys) - rows[wanted]:
            found = set(shared)
    return found


def recomputed_texts(recomputed: Recomputed, name: str, language: str, book: Book) -> set[str]:
    """Return the texts of the outputs that are computed again under a name."""

    def compute() -> set[str]:
        found = recomputed[name](language) if name in recomputed else []
        return {output_text(BeautifulSoup(output.html, "html.parser"), inner=name) for output in found}

    return book.remember(("recomputed", name, language), compute)


def output_text(element: Tag | BeautifulSoup, inner: str = "") -> str:
    """Return all that an output says: its texts, those of its attributes, and the data of its charts."""
    holder = element.select_one(f'[data-recomputed="{inner}"]') if inner else None
    element = holder or element
    parts = []
    for part in element.descendants:
        if isinstance(part, Tag):
            parts += [str(part[name]) for name in ("aria-label", "title", "alt", "placeholder") if part.has_attr(name)]
        elif isinstance(part, NavigableString):
            parts.append(str(part))
    return squeeze_spaces(" ".join(parts))


class ChartAudit:
    """Whether a chart shows what its table says.

    Parameters
    ----------
    chart : the element of the chart.
    values : what checks values by name.
    is_named : whether all numbers of a text are parts of names or allowed there, whatever the chart shows.
    """

    def __init__(self, chart: Tag, values: ValueChecker, is_named: Callable[[str], bool] = lambda text: False) -> None:
        self.values = values
        self.is_named = is_named
        self.language = values.language
        table = chart.select_one(".chart-data table")
        self.table = read_table(table, self.language) if table else TableText([], [])
        title = chart.select_one(".chart-title")
        self.title_numbers = {
            number
            for data in (title.select("[data-name]") if title else [])
            if values.is_value(str(data["data-name"]), data.get_text())
            for number in numbers_in(data.get_text(), self.language)
        }
        self.sizes = numbers_in(format_number(len(self.table.rows), self.language), self.language)
        self.drawings: dict[str, bool] = {}
        self.specifications: list[dict[str, Any]] = []
        for script in chart.select("script.chart-spec"):
            text = script.get_text()
            variant = str(script.get("data-variant", ""))
            self.specifications.append(json.loads(text))
            view = chart.select_one(f".chart-view .{variant} svg")
            id = str(chart.get("id", "")) + ("-narrow" if variant == "chart-narrow" else "")
            self.drawings[variant] = view is not None and _same_drawing(str(view), draw_svg(_as_written(text), id))

    @property
    def is_placed(self) -> bool:
        """Whether the chart was drawn mark by mark, so that each of its words is compared with what it follows."""
        return all(map(_is_canvas, self.specifications))

    @property
    def is_drawn_as_specified(self) -> bool:
        """Whether each drawing is that of its specification."""
        return bool(self.drawings) and all(self.drawings.values())

    def explains(self, text: str, language: str = "") -> bool:
        """Return whether the table below the chart explains what a text of the chart says."""
        beside = text
        for title in sorted(filter(None, self.table.titles), key=len, reverse=True):
            beside = beside.replace(title, " ")
        numbers = numbers_in(beside, language or self.language) - self.title_numbers
        return not numbers or self.table.explains(text, numbers) or self.is_named(beside)

    def explains_mark(self, text: str) -> bool:
        """Return whether the table explains a word of a drawing; words placed in pixels were compared one by one."""
        return self.is_placed or self._explains_text(text) or self.explains_description(text)

    def explains_description(self, text: str) -> bool:
        """Return whether each part of a long description is explained by a row, or says how many rows there are."""
        parts = re.split(r";\s|\.\s|:\s(?=[^;]*;)", text)
        return all(self.explains(part) or self._says_the_size(part) or self._joins_rows(part) for part in parts)

    def unexplained_marks(self) -> list[str]:
        """Return what marks of the chart show and its table does not say."""
        return [text for spec in self.specifications for text in self._unexplained_texts(spec)]

    def _says_the_size(self, text: str) -> bool:
        return numbers_in(text, self.language) <= self.sizes | self.title_numbers

    def _joins_rows(self, text: str) -> bool:
        """Return whether a part lists several cells of one row, one after the other (``Pond Walk 4, Old Yard 5``)."""
        pieces = [piece for piece in re.split(r",\s", text) if numbers_in(piece, self.language)]
        return len(pieces) > 1 and self.table.holds(numbers_in(text, self.language) - self.title_numbers)

    def _unexplained_texts(self, spec: dict[str, Any]) -> list[str]:
        if _is_canvas(spec):
            return self._unexplained_on_canvas(spec)
        found = [text for text in shown_texts(spec) if numbers_in(text, "en") and not self._explains_text(text)]
        if _changes_labels(spec):
            found.append("labels of an axis or a legend that a formula writes")
        return found + [label for label in mark_labels(spec) if not self.explains(label, "en")]

    def _explains_text(self, text: str) -> bool:
        return self.explains(text) or self.explains(text, "en") or self._says_the_size(text)

    def _unexplained_on_canvas(self, spec: dict[str, Any]) -> list[str]:
        found = []
        ticks = {layer["data"]["name"] for layer in spec.get("layer", []) if layer.get("name") == canvas.TICKS}
        for name, rows in spec.get("datasets", {}).items():
            if name in ticks:
                found += _ticks_that_are_none(rows)
                continue
            found += [text for text in _texts_in_lines(rows) if not self.explains_description(text)]
            for row in rows:
                bound = row.get("follows") or {}
                found += [
                    f"{key}: {row.get(key)}"
                    for key, asked in bound.items()
                    if not self._is_bound(row.get(key), key, asked)
                ]
                for key in ("words", "said"):
                    text = row.get(key)
                    if isinstance(text, str) and key not in bound and "of" not in row and not self.explains(text):
                        found.append(text)
        return found

    def _is_bound(self, shown: Any, key: str, asked: list[Any]) -> bool:
        """Return whether what a mark shows is what its query gives."""
        first, *rest = asked
        database = database_of(self.values.book)
        try:
            if key in {"words", "said"}:
                for query in rest:
                    value = database.query_scalar(query, "chart").scalar
                    first = first.replace("{}", format_scalar(value, "", self.language) or "—", 1)
                return bool(first == shown)
            value = database.query_scalar(first, "chart").scalar
            if key == "fill":
                return bool(shown == canvas.mix_colours(str(rest[0]), str(rest[1]), float(value or 0)))
            return bool(abs(float(shown) - (rest[0] + rest[1] * float(value or 0))) < 0.16)
        except (DataError, TypeError, ValueError):
            return False


def _texts_in_lines(rows: list[dict[str, Any]]) -> list[str]:
    """Return the texts that a drawing breaks into lines, each once; lines that make up none stand alone."""
    lines: dict[str, list[str]] = {}
    for row in rows:
        if "of" in row:
            lines.setdefault(str(row["of"]), []).append(str(row.get("words", "")))
    found = []
    for text, parts in lines.items():
        whole = squeeze_spaces(" ".join(parts))
        repeated = squeeze_spaces(" ".join([squeeze_spaces(text)] * max(1, whole.count(squeeze_spaces(parts[0])))))
        found.append(text if whole == repeated else whole)
    return found


def mark_labels(spec: dict[str, Any]) -> list[str]:
    """Return what each mark of a chart shows after all transformations: the values of its channels, as Vega reads them.

    Every mark becomes a point without an author's own description, so that Vega describes it by its data.
    """
    import vl_convert

    probe = json.loads(json.dumps(spec))
    _describe_by_data(probe)
    svg = vl_convert.vegalite_to_svg(json.dumps(probe))
    return [
        "; ".join(part.partition(": ")[2] for part in str(tag["aria-label"]).split("; "))
        for tag in BeautifulSoup(svg, "html.parser").select("[aria-label]")
        if tag.get("aria-roledescription") not in {"axis", "legend", "title", "mark container"}
        and "mark container" not in str(tag.get("aria-roledescription", ""))
    ]


def shown_texts(spec: Any) -> list[str]:
    """Return the texts that a specification itself writes: titles, constants, texts of marks."""
    found: list[str] = []
    if isinstance(spec, dict):
        for key, value in spec.items():
            if key in {"datasets", "data", "config", "$schema", "transform"}:
                continue
            if key in {"title", "subtitle", "text", "datum"} or (
                (key == "name" and "input" in spec)
                and isinstance(value, str | int | float)
                and not isinstance(value, bool)
            ):
                found.append(str(value))
            elif key in {"title", "subtitle", "text"} and isinstance(value, list):
                found += [str(part) for part in value if isinstance(part, str)]
            elif key == "value" and isinstance(value, str) and not value.startswith("#"):
                found.append(value)
            else:
                found += shown_texts(value)
    elif isinstance(spec, list):
        for value in spec:
            found += shown_texts(value)
    return found


def _describe_by_data(part: Any) -> None:
    if isinstance(part, list):
        for one in part:
            _describe_by_data(one)
    if not isinstance(part, dict):
        return
    if "mark" in part:
        part["mark"] = {"type": "point", "aria": True}
    if isinstance(part.get("encoding"), dict):
        for polar, channel in (("theta", "x"), ("radius", "y")):  # of which a point knows nothing
            if polar in part["encoding"]:
                part["encoding"].setdefault(channel, part["encoding"].pop(polar))
        for channel in ("description", "tooltip", "href", "url", "order"):
            part["encoding"].pop(channel, None)
        for channel in ("x2", "y2", "xError", "yError", "xError2", "yError2"):
            second = part["encoding"].pop(channel, None)
            if isinstance(second, dict) and "field" in second:
                part["encoding"].setdefault("detail", [])
                details = part["encoding"]["detail"]
                part["encoding"]["detail"] = [
                    *(details if isinstance(details, list) else [details]),
                    {**second, "type": "nominal"},
                ]
    config = part.get("config")
    if isinstance(config, dict):
        config["aria"] = True
    for key, value in part.items():
        if key not in {"datasets", "data", "config"}:
            _describe_by_data(value)


def _is_canvas(spec: dict[str, Any]) -> bool:
    """Return whether a chart was drawn mark by mark at places in pixels (:mod:`checkable_book.render.canvas`)."""
    layers = spec.get("layer")
    if not isinstance(layers, list) or "transform" in spec:
        return False
    return all("transform" not in layer and _is_placed(layer.get("encoding") or {}) for layer in layers)


def _is_placed(encoding: dict[str, Any]) -> bool:
    """Return whether a layer has its places in pixels, and says nothing but what is audited there."""
    said = {"text": "words", "description": "said"}
    return all(encoding.get(axis, {}).get("scale", "") is None for axis in ("x", "y")) and all(
        channel not in encoding or encoding[channel].get("field") == field for channel, field in said.items()
    )


def _changes_labels(spec: Any) -> bool:
    if isinstance(spec, dict):
        if str(spec.get("labelExpr", "datum.label")).strip() not in {"datum.label", "datum.value"}:
            return True
        return any(_changes_labels(value) for key, value in spec.items() if key not in {"datasets", "data"})
    return isinstance(spec, list) and any(map(_changes_labels, spec))


def _ticks_that_are_none(rows: list[dict[str, Any]]) -> list[str]:
    """Return the texts among the years and steps along the edges that are no numbers, or out of order."""
    wrong = [str(row["words"]) for row in rows if not re.fullmatch(r"[-−]?[\d.,\u00a0\u202f]+%?", str(row["words"]))]
    for place, along in (("y", "x"), ("x", "y")):
        lines: dict[float, list[tuple[float, Decimal]]] = {}
        for row in rows:
            value = numeral_value(str(row["words"]), "en")
            if isinstance(value, Decimal):
                lines.setdefault(row[place], []).append((row[along], value))
        for line in lines.values():
            values = [value for _, value in sorted(line)]
            if len(line) > 2 and values not in (sorted(values), sorted(values, reverse=True)):
                wrong.append(", ".join(map(str, values)))
    return wrong


def _as_written(text: str) -> str:
    return text.replace("\\u003c", "<")


def _same_drawing(shown: str, drawn: str) -> bool:
    """Return whether two drawings have the same marks and words, as a browser reads them."""
    return _shapes(shown) == _shapes(drawn)


#: The attributes by which drawings are compared.
_DRAWN = ("d", "transform", "x", "y", "width", "height", "x2", "y2", "aria-label")


def _shapes(svg: str) -> list[tuple[str, ...]]:
    drawing = BeautifulSoup(svg, "html.parser")
    found: list[tuple[str, ...]] = []
    for tag in drawing.find_all(True):
        text = "".join(str(part) for part in tag.find_all(string=True, recursive=False)).strip()
        found.append(
            (
                tag.name,
                *(
                    str(tag.get(name, ""))
                    for name in ("d", "transform", "x", "y", "width", "height", "x2", "y2", "aria-label")
                ),
                text,
            )
        )
    return found


def _comparable(text: str, language: str) -> Number:
    """Return a cell as it can be compared: as a number where it is nothing else, else as text."""
    found = find_numerals(text, language)
    if len(found) == 1 and squeeze_spaces(text).lstrip("-−") == found[0].group():
        value = numeral_value(found[0].group(), language)
        return -value if isinstance(value, Decimal) and text.strip()[:1] in "-−" else value
    return squeeze_spaces(text)


def _key_columns(source: str, book: Book) -> list[str]:
    tables = package_of(book).tables
    return list(tables[source].key_columns) if source in tables else []


def _rows_by_cells(
    frame: Any, columns: list[str], key_columns: list[str]
) -> tuple[dict[tuple[Number, ...], set[str]], set[str]]:
    """Return the rows by some of their cells, each with what its key says, and all that keys say."""
    texts = as_text(frame[columns]).to_numpy().tolist()
    keys = as_text(frame[[column for column in key_columns if column in frame and column not in columns]])
    said = [{squeeze_spaces(cell) for cell in row if cell} for row in keys.to_numpy().tolist()]
    found: dict[tuple[Number, ...], set[str]] = {}
    for row, words in zip(texts, said, strict=True):
        found.setdefault(tuple(_comparable(cell, "en") for cell in row), set()).update(words)
    return found, set().union(*said)


def flow_numbers(flow: Tag, values: ValueChecker) -> set[Number] | None:
    """Return the numbers of the values that a picture follows; ``None`` where one of them is not what it shows."""
    try:
        follows = json.loads(str(flow.get("data-follows") or "{}"))
    except ValueError:
        return None
    expected = {
        shown: numbers_in(find_value(name, values.language, values.book).text, values.language)
        for shown, name in follows.items()
    }
    for count in flow.select("[data-count]"):
        said = expected.get(str(count["data-count"]), set())
        if said - numbers_in(count.get_text(), values.language):
            return None
    return set().union(*expected.values())
