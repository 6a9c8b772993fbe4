"""Adopt a book: say what it is and what each step would do, switch a step on, and take what it compares with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checkable_book.adoption import checks, data_files, timing, typed_numbers
from checkable_book.adoption.book import STEPS, AdoptedBook, counted
from checkable_book.adoption.configuration import write_settings
from checkable_book.adoption.executed_build import sphinx_overrides
from checkable_book.book import use_book
from checkable_book.errors import DataError
from checkable_book.sphinx_ext.kernels import can_fork


def describe_book(book: AdoptedBook) -> Iterator[str]:
    """Yield lines that say what was found: the kind, the pages, and how they are executed."""
    use_book(book)
    kind = "a Sphinx project with MyST-NB" if book.is_sphinx else "a Jupyter Book"
    pages, notebooks = book.pages, checks.notebook_pages(book)
    suffixes = ", ".join(_count_suffixes(book))
    yield f"{book.root}: {kind}, {counted(len(pages), 'page')}, {len(notebooks)} with code ({suffixes})"
    mode = str(sphinx_overrides(book).get("nb_execution_mode", "auto"))
    meanings = {
        "off": "no page is executed: outputs are compared as the notebooks hold them",
        "cache": "outputs may come from a cache that is older than the data; here every page is executed anew",
        "auto": "notebooks that hold all their outputs are not executed",
    }
    yield f"execution: {mode}" + (f" ({meanings[mode]})" if mode in meanings else "")
    if book.other_documents:
        yield f"not looked at: {len(book.other_documents)} documents that the contents do not name"


def describe_steps(book: AdoptedBook) -> Iterator[str]:
    """Yield a line a step: whether it is on, and what it does."""
    for name, meaning in STEPS.items():
        state = "on " if name in book.settings.steps else "off"
        yield f"  {state} {name:<10} {meaning}"


def adopt_steps(book: AdoptedBook, steps: tuple[str, ...], pages: tuple[str, ...] = ()) -> Iterator[str]:
    """Take what steps compare with, switch them on, and yield lines that say what was done.

    The configuration is written last, so that nothing is on that was interrupted.

    Parameters
    ----------
    pages : the pages whose typed numbers are looked at from now on, beside those of before; all where empty.

    Raises
    ------
    DataError : a step that there is none of, or a configuration that cannot be changed.
    """
    _require_steps(book, steps)
    wanted = tuple(name for name in STEPS if name in steps or name in book.settings.steps)
    use_book(book)
    settings = replace(book.settings, steps=wanted)
    if "numerals" in steps:
        before = book.settings.numerals if "numerals" in book.settings.steps else ()
        named = {*before, *pages}
        known = [page.docname for page in book.pages]
        if unknown := sorted(named - set(known)):
            raise DataError(f"adopt: found {unknown[0]!r}, expected a page: {', '.join(known[:10])}")
        settings = replace(settings, numerals=tuple(name for name in known if name in named) if pages else ())
    book.choose_settings(settings)
    for step in steps:
        yield from _TAKE[step](book) if step in _TAKE else ()
    write_settings(book, book.settings)
    yield f"{book.config_file}: steps {', '.join(book.settings.steps) or 'none'}"


def drop_steps(book: AdoptedBook, steps: tuple[str, ...]) -> Iterator[str]:
    """Switch steps off, and yield a line that says what is left; what they compared with stays where it is.

    Raises
    ------
    DataError : a step that there is none of, or a configuration that cannot be changed.
    """
    _require_steps(book, steps)
    book.require_adopted()
    left = tuple(step for step in book.settings.steps if step not in steps)
    write_settings(book, replace(book.settings, steps=left))
    yield f"{book.config_file}: steps {', '.join(left) or 'none'}"


def _require_steps(book: AdoptedBook, steps: tuple[str, ...]) -> None:
    if book.is_checkable:
        raise DataError(f"{book.config_file}:1: found a book of checkable-book; verify checks it whole")
    for step in steps:
        if step not in STEPS:
            raise DataError(f"adopt: found {step!r}, expected one of {', '.join(STEPS)}")


def refresh_steps(book: AdoptedBook) -> list[str]:
    """Take anew what the steps that are on compare with; return a line for each thing that moved."""
    return [line for step in book.settings.steps if step in _REFRESH for line in _REFRESH[step](book)]


def _count_suffixes(book: AdoptedBook) -> Iterator[str]:
    suffixes = [page.path.suffix for page in book.pages]
    for suffix in sorted(set(suffixes)):
        yield f"{suffixes.count(suffix)} {suffix}"


def _take_outputs(book: AdoptedBook) -> Iterator[str]:
    checks.take_references(book, with_failures=True)
    pages = counted(len(checks.notebook_pages(book)), "page")
    yield f"{book.shown_path(book.reference_folder)}: references of {pages}"
    result = checks.check_references(book)
    yield from (f"  {line}" for line in result.left_out)


def _take_numerals(book: AdoptedBook) -> Iterator[str]:
    yield from typed_numbers.take_baseline(book)


def _take_kernels(book: AdoptedBook) -> Iterator[str]:
    """Measure, and leave the step off where it does not pay, or where a page gives something else with it."""
    preload = timing.imported_libraries(checks.notebook_pages(book))
    pairs, why = [], "they do not pay" if can_fork() else "nothing forks"
    for ordinary, forked in timing.measure_kernels(book, preload) if can_fork() else ():
        yield f"a build: {ordinary.seconds:.1f} s with ordinary kernels, {forked.seconds:.1f} s with forked ones"
        pairs.append((ordinary.seconds, forked.seconds))
        known = set(checks.differing_outputs(ordinary.pages, book))
        if faults := [line for line in checks.differing_outputs(forked.pages, book) if line not in known]:
            yield faults[0]
            pairs, why = [], "with them an output is another one"
            break
    if pairs and min(two for _, two in pairs) <= timing.WORTH * min(one for one, _ in pairs):
        book.choose_settings(replace(book.settings, preload=preload))
        yield f"kernels: on, forked from a process that imports {', '.join(preload) or 'nothing more'}"
    else:
        steps = tuple(step for step in book.settings.steps if step != "kernels")
        book.choose_settings(replace(book.settings, steps=steps, preload=()))
        yield f"kernels: left off, since {why} here"


def _take_data(book: AdoptedBook) -> Iterator[str]:
    yield from data_files.propose_description(book)


def _refresh_description(book: AdoptedBook) -> list[str]:
    return [line for line in data_files.propose_description(book) if not line.endswith(data_files.NOT_DESCRIBED)]


_TAKE = {"outputs": _take_outputs, "numerals": _take_numerals, "kernels": _take_kernels, "data": _take_data}
_REFRESH = {
    "data": _refresh_description,
    "outputs": checks.take_references,
    "numerals": typed_numbers.shrink_baseline,
}
