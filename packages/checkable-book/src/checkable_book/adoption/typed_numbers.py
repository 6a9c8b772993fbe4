"""The numbers that are typed into an adopted book's text: a baseline of those of today, and what is new.

A number is new where a page holds it more often than the baseline says, so that
sentences may move and be rewritten. What cells print, and what a glue role or
an ``{eval}`` role shows, is not typed.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from checkable_book.adoption.book import AdoptedBook
from checkable_book.contents import Page
from checkable_book.errors import DataError
from checkable_book.files import write_text_whole
from checkable_book.render.numerals import find_numerals
from checkable_book.text import squeeze_spaces
from checkable_book.verify.source_prose import ProseText, line_of_numeral, source_lines, source_texts
from checkable_book.verify.value_marks import drop_marks

#: The file of the baseline, in the folder of what the steps compare with.
BASELINE = "typed_numbers.csv"
_COLUMNS = ["page", "number", "times"]
#: Versions of programs.
_NO_NUMBER = re.compile(r"\b(?:[Vv]ersion|Python|R|Julia|Node(?:\.js)?)\s+v?\d+(?:\.\d+)+|\bv?\d+\.\d+\.\d+\b")


@dataclass(frozen=True)
class TypedNumber:
    """A number that stands in the text of a page.

    Parameters
    ----------
    page : the page.
    text : the number as it is written.
    line : the line of the source that it stands on.
    sentence : the text around it.
    lines : the lines of the page that hold the same number, where it is not known which of them is the new one.
    """

    page: Page
    text: str
    line: int
    sentence: str
    lines: tuple[int, ...] = ()


def audited_pages(book: AdoptedBook) -> list[Page]:
    """Return the pages whose typed numbers are looked at.

    Raises
    ------
    DataError : the configuration names a page that there is none of.
    """
    chosen = book.settings.numerals
    known = {page.docname: page for page in book.pages}
    for name in chosen:
        if name not in known:
            place = book.block_place("numerals")
            raise DataError(f"{place}: checkable_book, numerals: found {name!r}, expected a page of the contents")
    return [page for page in book.pages if not chosen or page.docname in chosen]


def typed_numbers(page: Page, book: AdoptedBook) -> list[TypedNumber]:
    """Return the numbers that are typed into a page's text and captions, in order; none of a page with a fault."""
    return _read_page_once(page, book).numbers


def count_formulas(page: Page, book: AdoptedBook) -> int:
    """Return how many formulas of a page hold numbers, which are not read; none of a page with a fault."""
    return _read_page_once(page, book).formulas


def reading_faults(book: AdoptedBook) -> list[str]:
    """Return a line for each page whose typed numbers are looked at and that cannot be read."""
    return [fault for page in audited_pages(book) if (fault := _read_page_once(page, book).fault)]


@dataclass(frozen=True)
class _PageNumbers:
    """What was read of a page: its typed numbers, how many formulas hold others, or why it cannot be read."""

    numbers: list[TypedNumber]
    formulas: int = 0
    fault: str = ""


def _read_page_once(page: Page, book: AdoptedBook) -> _PageNumbers:
    def read_page() -> _PageNumbers:
        try:
            texts = list(source_texts(page))
            formulas = sum(text.is_formula and bool(re.search(r"\d", text.text)) for text in texts)
            return _PageNumbers(list(_find_typed_numbers(page, texts, book)), formulas)
        except DataError as error:
            return _PageNumbers([], fault=str(error))

    return book.remember(("typed numbers", page.docname), read_page)


def _find_typed_numbers(page: Page, texts: list[ProseText], book: AdoptedBook) -> Iterator[TypedNumber]:
    lines = source_lines(page)
    for text in texts:
        if text.is_formula:
            continue
        shown = _NO_NUMBER.sub(" ", drop_marks(text.text))
        for numeral in find_numerals(shown, book.first_language):
            line = line_of_numeral(numeral.group(), text, lines)
            yield TypedNumber(page, numeral.group(), line or 1, squeeze_spaces(shown)[:200])


def read_baseline(book: AdoptedBook) -> Counter[tuple[str, str]]:
    """Return how often each number stood in each page when the baseline was taken.

    Raises
    ------
    DataError : a baseline that cannot be read.
    """
    path = book.folder / BASELINE
    found: Counter[tuple[str, str]] = Counter()
    if not path.is_file():
        return found
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{book.shown_path(path)}:1: found bytes that are not UTF-8, expected UTF-8") from None
    with io.StringIO(text, newline="") as stream:
        for row, record in enumerate(csv.DictReader(stream), start=2):
            try:
                found[record["page"], record["number"]] += int(record["times"])
            except (KeyError, TypeError, ValueError):
                columns = ", ".join(_COLUMNS)
                raise DataError(f"{book.shown_path(path)}:{row}: found no {columns}, expected a row with all") from None
    return found


def write_baseline(book: AdoptedBook, baseline: Counter[tuple[str, str]]) -> None:
    """Write how often each number stands in each page."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([page, number, times] for (page, number), times in sorted(baseline.items()) if times > 0)
    write_text_whole(book.folder / BASELINE, stream.getvalue())


def new_numbers(book: AdoptedBook) -> Iterator[TypedNumber]:
    """Yield the typed numbers that the baseline does not hold, the last in a page first of those that are alike."""
    baseline = _baseline_of_today(book)
    for page in audited_pages(book):
        typed = typed_numbers(page, book)
        left = Counter({number: times for (name, number), times in baseline.items() if name == page.docname})
        for one in typed:
            if left[one.text] > 0:
                left[one.text] -= 1
            else:
                alike = tuple(other.line for other in typed if other.text == one.text)
                yield replace(one, lines=alike if len(alike) > 1 else ())


def _baseline_of_today(book: AdoptedBook) -> Counter[tuple[str, str]]:
    """Return the baseline with the names that pages have now: what a page that is gone held goes to one like it."""
    baseline = read_baseline(book)
    known = {page.docname for page in book.pages}
    gone = {name for name, _ in baseline} - known
    for page in audited_pages(book) if gone else ():
        if any(name == page.docname for name, _ in baseline):
            continue
        typed = Counter(one.text for one in typed_numbers(page, book))
        held = {old: Counter({number: n for (name, number), n in baseline.items() if name == old}) for old in gone}
        best = max(sorted(held), key=lambda old: sum((held[old] & typed).values()), default="")
        if best and held[best] & typed:
            gone.discard(best)
            for number, times in held[best].items():
                baseline[page.docname, number] = times
                del baseline[best, number]
    return baseline


def count_typed(book: AdoptedBook) -> Counter[tuple[str, str]]:
    """Return how often each number stands in each page that is looked at."""
    return Counter((page.docname, one.text) for page in audited_pages(book) for one in typed_numbers(page, book))


def take_baseline(book: AdoptedBook) -> list[str]:
    """Take every number that is typed today into the baseline; return lines that say what moved."""
    _require_readable_pages(book)
    before = read_baseline(book)
    after = count_typed(book)
    write_baseline(book, after)
    pages = audited_pages(book)
    added, gone = sum((after - before).values()), sum((before - after).values())
    return [
        f"{book.shown_path(book.folder / BASELINE)}: {sum(after.values())} numbers typed in {len(pages)} of "
        f"{len(book.pages)} pages ({added} new, {gone} gone)"
    ]


def _require_readable_pages(book: AdoptedBook) -> None:
    if faults := reading_faults(book):
        raise DataError("\n".join(faults))


def shrink_baseline(book: AdoptedBook) -> list[str]:
    """Take out of the baseline what is typed no longer; nothing is added. Return a line for each number."""
    _require_readable_pages(book)
    before = _baseline_of_today(book)
    looked_at = {page.docname for page in audited_pages(book)}
    after = (before & count_typed(book)) + Counter({key: n for key, n in before.items() if key[0] not in looked_at})
    if after != read_baseline(book):
        write_baseline(book, after)
    return [
        f"{page}: {number!r} is typed no longer, {times} times" for (page, number), times in (before - after).items()
    ]
