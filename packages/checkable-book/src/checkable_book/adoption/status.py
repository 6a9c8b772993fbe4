"""What of an adopted book is checked, what is not, and what is stale, in ten lines."""

from __future__ import annotations

from collections.abc import Iterator

from checkable_book.adoption import checks, freshness, outputs, typed_numbers
from checkable_book.adoption.book import STEPS, AdoptedBook
from checkable_book.book import use_book
from checkable_book.errors import DataError
from checkable_book.verify.outcomes import Outcome

_SHOWN = 3  # names that a line gives, before the rest is counted


def describe_status(book: AdoptedBook) -> Iterator[str]:
    """Yield the lines: the book, a line a step that is on, those that are off, and what to do next.

    Raises
    ------
    DataError : a configuration or a reference that cannot be read.
    """
    book.require_adopted()
    use_book(book)
    on = book.settings.steps
    notebooks = checks.notebook_pages(book)
    yield f"book       {book.root.name}: {len(book.pages)} pages, {len(notebooks)} with code"
    done = {outcome.check: outcome for outcome in checks.run_checks(book, quick=True)}
    if "outputs" in on:
        kept = [reference for page in notebooks if (reference := _reference(page.docname, book))]
        compared = [reference for reference in kept if reference.cells]
        cells = [cell for reference in compared for cell in reference.cells]
        not_compared = sum(bool(cell.is_ignored or cell.varies) for cell in cells)
        yield (
            f"outputs    {len(compared)} of {len(notebooks)} pages with code compared, {len(cells)} cells, "
            f"{not_compared} of them not{_describe_fault_count(done, 'references')}"
        )
        yield f"built      {done['built'].examined}{_describe_fault_count(done, 'built')}"
    if "numerals" in on:
        pages = typed_numbers.audited_pages(book)
        before = sum(typed_numbers.read_baseline(book).values())
        looked_at = f"{len(pages)} of {len(book.pages)} pages"
        yield f"numerals   {looked_at}, {before} numbers of before{_describe_fault_count(done, 'numerals')}"
    if "freshness" in on:
        recorded = freshness.kept_dependencies(book)
        stale = freshness.stale_pages(book, recorded)
        names = [f"{name} ({why})" for name, why in stale.items()]
        yield f"freshness  {len(recorded)} pages recorded, {len(stale)} stale{_list_some_names(names)}"
    if "kernels" in on:
        yield f"kernels    forked, with {', '.join(book.settings.preload) or 'no library of yours'}"
    for name in ("data", "offline"):
        if name in on:
            yield f"{name:<10} {done[name].examined}{_describe_fault_count(done, name)}"
    off = [name for name in STEPS if name not in on]
    if off:
        yield f"off        {', '.join(off)} (checkable-book adopt {off[0]})"
    left_out = sum(len(outcome.left_out) for outcome in done.values())
    failed = [outcome for outcome in done.values() if outcome.faults]
    first = (
        failed[0].faults[0] if failed else f"nothing fails; {left_out} things left out (checkable-book verify --quick)"
    )
    yield f"next       {first}"


def _reference(docname: str, book: AdoptedBook) -> outputs.Reference | None:
    try:
        return outputs.read_reference(docname, book)
    except DataError:
        return None  # told among the faults


def _describe_fault_count(done: dict[str, Outcome], name: str) -> str:
    number = len(done[name].faults)
    return f": {number} FAULTS" if number else ""


def _list_some_names(names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f": {', '.join(names[:_SHOWN])}{more}"
