"""Where a typed number may come from: the outputs and the data files that hold its value."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from checkable_book.adoption import outputs
from checkable_book.adoption.book import AdoptedBook, line_of_cell
from checkable_book.adoption.typed_numbers import TypedNumber, audited_pages, typed_numbers
from checkable_book.dependencies import files_of
from checkable_book.errors import DataError
from checkable_book.render.numerals import numeral_value

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?(?!\w)")
_TEXTS = ("stdout", "text/plain", "text/markdown", "text/latex")
_SHOWN = 3  # candidates of a number that are named, before the rest is counted
_LARGEST = 20_000_000  # bytes of a data file that is looked through
_LARGEST_VALUE = Decimal(10) ** 30
_SEPARATED = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True)
class Candidate:
    """A place that holds a value: in words, and whether it is on the same page as the number."""

    place: str
    near: bool


class Values:
    """The numbers of an adopted book's reference outputs and data files, by their value."""

    def __init__(self, book: AdoptedBook) -> None:
        self.book = book
        self._by_rounding: dict[tuple[int, int], dict[int, list[tuple[str, str]]]] = {}
        self._held: list[tuple[Decimal, str, str]] = [*self._from_outputs(), *self._from_files()]

    def candidates(self, typed: TypedNumber) -> list[Candidate]:
        """Return the places whose value is the number once it is rounded as the number is written; near ones first."""
        value = numeral_value(typed.text, self.book.first_language)
        if not isinstance(value, Decimal):
            return []
        decimals = max(0, -int(_keep_written_decimals(typed.text, value).as_tuple().exponent))
        scales = (0, 2) if "%" in _text_after_number(typed) else (0,)
        found = [
            Candidate(place, page == typed.page.docname)
            for scale in scales
            for place, page in self._places_by_rounded_value(decimals, scale).get(_scaled(value, decimals), ())
        ]
        return sorted(dict.fromkeys(found), key=lambda one: not one.near)

    def _places_by_rounded_value(self, decimals: int, scale: int) -> dict[int, list[tuple[str, str]]]:
        """Return the places of all values by what they are once rounded, as whole numbers of the last decimal.

        With a scale of 2 the values are shares, which a page gives in per cent.
        """
        if (decimals, scale) not in self._by_rounding:
            found: dict[int, list[tuple[str, str]]] = {}
            for held, place, page in self._held:
                rounded = _scaled(held.scaleb(scale), decimals)
                if decimals or rounded == 0 or abs(held) >= 1 or scale:
                    found.setdefault(rounded, []).append((place, page))
            self._by_rounding[decimals, scale] = found
        return self._by_rounding[decimals, scale]

    def _from_outputs(self) -> Iterator[tuple[Decimal, str, str]]:
        for page in self.book.pages:
            try:
                kept = outputs.read_reference(page.docname, self.book)
            except DataError:
                continue  # told by the verification
            for place, cell in enumerate(kept.cells if kept else []):
                where = f"{self.book.shown_path(page.path)}:{line_of_cell(page, place)}"
                for output in cell.outputs:
                    glued = output.get("glue")
                    text = next((str(output[kind]) for kind in _TEXTS if isinstance(output.get(kind), str)), "")
                    shown = f"{where}, glued as {glued!s}" if glued else f"{where}, output of {_last_line(cell.source)}"
                    for number in _NUMBER.findall(text):
                        if (read := _decimal(number.replace(",", ""))) is not None:
                            yield read, shown, page.docname

    def _from_files(self) -> Iterator[tuple[Decimal, str, str]]:
        for path in files_of(self.book.root):
            if path.suffix in _SEPARATED and path.stat().st_size < _LARGEST and self.book.folder not in path.parents:
                yield from self._from_file(path)

    def _from_file(self, path: Path) -> Iterator[tuple[Decimal, str, str]]:
        shown = self.book.shown_path(path)
        try:
            with open(path, encoding="utf-8-sig", newline="") as stream:
                rows = csv.reader(stream, delimiter=_SEPARATED[path.suffix])
                header = next(rows, [])
                for row in rows:
                    for column, cell in zip(header, row, strict=False):
                        if (read := _decimal(cell.strip())) is not None:
                            yield read, f"{shown}:{rows.line_num}, column {column}", ""
        except (OSError, UnicodeDecodeError, csv.Error):
            return


def describe_candidates(book: AdoptedBook, names: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield a line for each typed number of pages: where it stands, and which cells or outputs have its value.

    Parameters
    ----------
    names : the pages; all that are looked at where empty.

    Raises
    ------
    DataError : a page that there is none of.
    """
    pages = {page.docname: page for page in audited_pages(book)}
    for name in names:
        if name not in pages:
            raise DataError(f"explain: found {name!r}, expected a page: {', '.join(list(pages)[:10])}")
    values = Values(book)
    counted = [0, 0]
    for page in [pages[name] for name in names or pages]:
        for typed in typed_numbers(page, book):
            found = values.candidates(typed)
            counted[0] += 1
            counted[1] += bool(found)
            where = f"{book.shown_path(page.path)}:{typed.line}: {typed.text!r}"
            if not found:
                yield f"{where}: no output and no data file has this value"
                continue
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            yield f"{where}: " + "; ".join(one.place for one in found[:_SHOWN]) + more
    yield f"{counted[0]} numbers typed, {counted[1]} with a candidate"


def _keep_written_decimals(text: str, value: Decimal) -> Decimal:
    """Return a value with the decimals that it is written with: 4.50 is not 4.5."""
    digits = re.sub(r"[^\d.,]", "", text)
    last = max(digits.rfind("."), digits.rfind(","))
    decimals = len(digits) - last - 1 if last >= 0 else 0
    grouped = decimals == 3 and value == value.to_integral_value()
    return value if not decimals or grouped else value.quantize(Decimal(1).scaleb(-decimals))


def _scaled(value: Decimal, decimals: int) -> int:
    """Return a value, without its sign and rounded half up, as a whole number of its last decimal."""
    return int(abs(value).scaleb(decimals) + Decimal("0.5"))


def _text_after_number(typed: TypedNumber) -> str:
    return typed.sentence.partition(typed.text)[2][:10].replace("per cent", "%").replace("percent", "%")


def _decimal(text: str) -> Decimal | None:
    try:
        read = Decimal(text)
    except InvalidOperation:
        return None
    return read if read.is_finite() and abs(read) < _LARGEST_VALUE else None


def _last_line(source: str) -> str:
    lines = [line for line in source.strip().splitlines() if line.strip()]
    return lines[-1].strip()[:50] if lines else "a cell"
