"""The checks of an adopted book, a function each, as :mod:`checkable_book.verify.checks` has them of other books."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from checkable_book.adoption import data_files, freshness, offline, outputs, typed_numbers
from checkable_book.adoption.book import AdoptedBook, counted, line_of_cell
from checkable_book.adoption.executed_build import ExecutedPage, executed_pages, read_notebook
from checkable_book.book import use_book
from checkable_book.contents import CONTENTS, TEXTS, Page
from checkable_book.errors import DataError
from checkable_book.verify.outcomes import Outcome, Result
from checkable_book.verify.reference_notebooks import read_source

#: Where builds of an author put the notebooks that they executed, from the folder of the configuration.
_EXECUTED = ("_build/jupyter_execute", "../_build/jupyter_execute", "build/jupyter_execute", "../build/jupyter_execute")

_SHOWN = 3  # pages alike that are named one by one
#: Why a page has no outputs that the configuration, or Sphinx, leaves out.
_NOT_BUILT = "not built, as the configuration or the contents have it"

Check = Callable[[AdoptedBook], Result]


def run_checks(book: AdoptedBook, quick: bool = False, skip: tuple[str, ...] = ()) -> Iterator[Outcome]:
    """Run the checks of the steps that are on, in order, and yield the outcome of each as it ends.

    Parameters
    ----------
    quick : only those that execute nothing.
    skip : the names of checks to leave out.
    """
    use_book(book)
    for name, step, is_quick, check in CHECKS:
        if step in book.settings.steps and name not in skip and (is_quick or not quick):
            started = time.perf_counter()
            try:
                found = check(book)
            except DataError as error:
                found = Result("", str(error).splitlines())
            seconds = round(time.perf_counter() - started, 2)
            yield Outcome(name, found.examined, found.faults, found.left_out, seconds, found.count)


def notebook_pages(book: AdoptedBook) -> list[Page]:
    """Return the pages that hold cells of code."""
    return book.remember("notebook pages", lambda: [page for page in book.pages if _holds_code(page)])


def check_references(book: AdoptedBook) -> Result:
    """Check that there is a reference for each page, and that it is one of the programs that the page holds."""
    faults, left_out, executed, cells = [], [], 0, 0
    stored: list[str] = []
    pages = notebook_pages(book)
    for page in pages:
        shown = book.shown_path(page.path)
        try:
            kept = outputs.read_reference(page.docname, book)
            source = read_source(page)
        except DataError as error:
            faults += str(error).splitlines()
            continue
        if kept is None:
            faults.append(f"{shown}:1: found no reference, expected one; checkable-book refresh takes it")
            continue
        if kept.failure == _NOT_BUILT:
            left_out.append(f"{shown}: {_NOT_BUILT}")
            continue
        made = [cell for cell in source.cells if cell.cell_type == "code"]
        cells += len(made)
        executed += kept.executed
        faults += _differing_programs(page, kept, [cell.source for cell in made], book)
        faults += [
            f"{shown}:{line_of_cell(page, place)}: found the tag {cell.wrong_tolerance}, expected a number in it"
            for place, cell in enumerate(kept.cells)
            if cell.wrong_tolerance
        ]
        if kept.failure:
            left_out.append(f"{shown}: does not run to its end ({kept.failure}), as when its reference was taken")
        elif not kept.executed:
            faults += _stored_outputs_that_moved(page, kept, book)
            stored.append(shown)
        left_out += outputs.varying_cells(page, kept, book)
    if len(stored) > _SHOWN:
        left_out.append(f"{len(stored)} pages: not executed; the outputs that they hold are compared as they are")
    else:
        left_out += [f"{name}: not executed; the outputs that it holds are compared as they are" for name in stored]
    known = {page.docname for page in pages}
    faults += [
        f"{book.shown_path(outputs.reference_file(name, book))}:1: found no page for it; "
        "checkable-book refresh takes it away"
        for name in outputs.kept_references(book)
        if name not in known
    ]
    others = [page for page in book.pages if page.docname not in known]
    left_out += [f"{counted(len(others), 'page')} without code to execute"] if others else []
    left_out += [
        f"{book.shown_path(page.path)}: holds code cells and no header of a notebook, so that MyST-NB executes none"
        for page in others
        if page.path.suffix == ".md" and "```{code-cell}" in page.path.read_text(encoding="utf-8", errors="replace")
    ]
    left_out += [f"{CONTENTS}: names {name}, which has no file" for name in book.missing_pages]
    unnamed = book.other_documents
    left_out += [f"{len(unnamed)} documents that the contents do not name: {', '.join(unnamed[:3])}"] if unnamed else []
    examined = f"{len(pages)} of {counted(len(book.pages), 'page')}, {executed} executed, {counted(cells, 'cell')}"
    return Result(examined, faults, left_out, count=len(pages))


def check_built(book: AdoptedBook) -> Result:
    """Check that what the author last built shows the outputs of the references."""
    folder = built_notebooks(book)
    if folder is None:
        return Result("no build of yours here", count=0)
    faults, left_out, found = [], [], 0
    for page in notebook_pages(book):
        path = folder / f"{page.docname}.ipynb"
        kept = outputs.read_reference(page.docname, book)
        if kept is None or kept.failure or not kept.executed:
            continue
        if not path.is_file():
            left_out.append(f"{book.shown_path(page.path)}: not in the build")
            continue
        try:
            made = outputs.outputs_of(ExecutedPage(read_notebook(path), True, ""), book)
        except (ValueError, OSError):  # of an interrupted build
            left_out.append(f"{book.shown_path(page.path)}: its notebook in the build cannot be read; build it again")
            continue
        made.values = kept.values  # a build of yours does not keep what {eval} gave
        if [cell.source for cell in made.cells] != [cell.source for cell in kept.cells]:
            left_out.append(f"{book.shown_path(page.path)}: the build is of another source; build it again")
            continue
        found += 1
        faults += [
            f"{line} in {book.shown_path(folder.parent)}; build the page anew, or refresh the reference"
            for line in outputs.compare_page(page, kept, made, book)
        ]
    return Result(f"{found} pages in {book.shown_path(folder.parent)}", faults, left_out)


def check_numerals(book: AdoptedBook) -> Result:
    """Check that no number is typed into the text that the baseline does not hold."""
    pages = typed_numbers.audited_pages(book)
    if not (book.folder / typed_numbers.BASELINE).is_file():
        raise DataError(
            f"{book.config_file}:1: found no baseline of typed numbers; checkable-book adopt numerals takes it"
        )
    faults = [
        f"{book.shown_path(one.page.path)}:{one.line}: "
        f"found the number {one.text!r} typed{_describe_other_lines(one.lines)}, in {one.sentence[:80]!r}; "
        "expected a glued value (checkable-book explain --candidates names where it may come from)"
        for one in typed_numbers.new_numbers(book)
    ]
    faults += typed_numbers.reading_faults(book)
    baseline = sum(typed_numbers.read_baseline(book).values())
    left_out = [f"{baseline} numbers of the baseline, typed before"] if baseline else []
    if formulas := sum(typed_numbers.count_formulas(page, book) for page in pages):
        left_out.append(f"{counted(formulas, 'formula')} with numbers, which are not read")
    if len(pages) < len(book.pages):
        left_out.append(f"{len(book.pages) - len(pages)} pages whose typed numbers are not looked at")
    typed = sum(typed_numbers.count_typed(book).values())
    return Result(f"{len(pages)} of {len(book.pages)} pages, {typed} numbers", faults, left_out, len(pages))


def check_freshness(book: AdoptedBook) -> Result:
    """Say which pages of the author's last build are stale, and what they read that nobody sees."""
    kept = freshness.kept_dependencies(book)
    kept = {page.docname: kept[page.docname] for page in book.pages if page.docname in kept}
    if not kept:
        return Result("no build of yours here that recorded what its pages read", count=0)
    left_out = [
        f"{name}: {reason}; the next build executes it" for name, reason in freshness.stale_pages(book, kept).items()
    ]
    meanings = {
        "network": "reads from the network, which nobody watches",
        "process": "starts a program, so is always stale",
    }
    left_out += [
        f"{name}: {meanings[kind]}" for kind, names in freshness.unseen_sources(kept).items() for name in names
    ]
    files = freshness.counted_dependencies(kept)
    return Result(
        f"{len(kept)} pages, which read {files['inside']} files of the book, {files['outside']} others",
        [],
        left_out,
    )


def check_data(book: AdoptedBook) -> Result:
    """Check the data files against their descriptions; files and columns that are not described yet are counted."""
    if not (book.folder / data_files.DESCRIPTION).is_file():
        raise DataError(
            f"{book.config_file}:1: found no description of the data; checkable-book adopt data proposes one"
        )
    described = data_files.read_description(book)
    faults, left_out, rows, columns = [], [], 0, 0
    for name, description in described.items():
        path = book.root / name
        if not path.is_file():
            faults.append(f"{name}:1: found no file, expected the described one")
            continue
        number, found = data_files.table_faults(path, description, book)
        rows += number
        faults += found
        columns += data_files.undescribed(description)
    others = [path for path in data_files.data_files(book) if book.shown_path(path) not in described]
    left_out += [f"{book.shown_path(path)}: not described yet" for path in others]
    if columns:
        left_out.append(f"{columns} columns whose meaning is not described yet, in {book.shown_path(book.folder)}")
    examined = f"{len(described)} of {len(described) + len(others)} files, {rows} rows"
    return Result(examined, faults, left_out)


def check_offline(book: AdoptedBook) -> Result:
    """List what the pages of the author's last build load from other hosts; that they do is no fault."""
    site = offline.built_site(book)
    if site is None:
        return Result("no build of yours here", count=0)
    found = list(offline.foreign_things(book, site))
    pages: dict[tuple[str, str], list[str]] = {}
    for page, kind, address in found:
        pages.setdefault((kind, address), []).append(page)
    left_out = [
        f"{kind} {address}, loaded by {len(names)} pages"
        if len(names) > 1
        else f"{kind} {address}, loaded by {names[0]}"
        for (kind, address), names in pages.items()
    ]
    return Result(f"{len(book.pages)} pages, {len(pages)} things from other hosts", [], left_out)


def check_outputs(book: AdoptedBook) -> Result:
    """Execute every page anew, and compare each output with its reference."""
    left_out: list[str] = []
    with executed_pages(book) as built:
        by_page = {page: differing_outputs(built, book, pages=[page]) for page in notebook_pages(book)}
        faults = [fault for found in by_page.values() for fault in found]
        if faults:  # perhaps of cells that draw lots, and drew the same when the reference was taken
            differing = [page for page, found in by_page.items() if found]
            with executed_pages(book, again=True, only=differing) as again:
                faults, left_out = differing_outputs(built, book, again), list(_find_unsteady_cells(built, again, book))
        executed = [built[page.docname] for page in notebook_pages(book) if page.docname in built]
    ran = [page for page in executed if page.executed]
    kept = [_readable_reference(page, book) for page in notebook_pages(book)]
    cells = [cell for reference in kept if reference and reference.executed for cell in reference.cells]
    compared = sum(not (cell.is_ignored or cell.varies) for cell in cells)
    counts = f"{compared} of {counted(len(cells), 'cell')} compared"
    examined = f"{len(ran)} of {counted(len(notebook_pages(book)), 'page')} executed anew, {counts}"
    return Result(examined, faults, left_out, count=len(notebook_pages(book)))


def differing_outputs(
    built: dict[str, ExecutedPage],
    book: AdoptedBook,
    again: dict[str, ExecutedPage] | None = None,
    pages: list[Page] | None = None,
) -> list[str]:
    """Return a line for each output of executed pages that is not that of the reference.

    Parameters
    ----------
    again : what the pages gave in one more build; an output that differs between the two is no fault.
    pages : those that are compared; all where there is none.
    """
    faults = []
    for page in notebook_pages(book) if pages is None else pages:
        shown = book.shown_path(page.path)
        kept = outputs.read_reference(page.docname, book)
        if kept is None:
            continue  # told by check_references
        if page.docname not in built:
            faults += [] if kept.failure == _NOT_BUILT else [f"{shown}:1: found no page in the build, expected one"]
            continue
        if kept.failure == _NOT_BUILT:
            faults.append(f"{shown}:1: found a page that is built now, expected none; checkable-book refresh takes it")
            continue
        made = outputs.outputs_of(built[page.docname], book)
        if kept.executed and not made.executed:
            faults.append(f"{shown}:1: found a page that is not executed any more, expected one that is")
            continue
        run_again = again is not None and page.docname in again and again[page.docname].executed == made.executed
        other = outputs.outputs_of(again[page.docname], book) if again and run_again else None
        faults += outputs.compare_page(page, kept, made, book, other)
    return faults


def _find_unsteady_cells(
    built: dict[str, ExecutedPage], again: dict[str, ExecutedPage], book: AdoptedBook
) -> Iterator[str]:
    for page in notebook_pages(book):
        kept = outputs.read_reference(page.docname, book)
        if kept is not None and page.docname in built and page.docname in again and again[page.docname].executed:
            made, other = (outputs.outputs_of(found[page.docname], book) for found in (built, again))
            yield from outputs.unsteady_cells(page, kept, made, other, book)


def take_references(book: AdoptedBook, *, with_failures: bool = False) -> list[str]:
    """Execute every page, and write the references; return a line for each thing that moved.

    Where something moved, the pages are executed once more, and cells that differ
    between the runs are noted: they are never compared.

    Parameters
    ----------
    with_failures : whether a page that does not run to its end is noted as such, as when a book is adopted.

    Raises
    ------
    DataError : a page that does not run to its end now; the references of all others are written.
    """
    use_book(book)
    pages = notebook_pages(book)
    with executed_pages(book) as built:
        made = {page.docname: _outputs_in_build(built, page, book) for page in pages}
    kept = {page.docname: _readable_reference(page, book) for page in pages}
    moving = [page for page in pages if outputs.describe_moves(page, kept[page.docname], made[page.docname], book)]
    if moving:
        with executed_pages(book, again=True, only=moving) as again:
            for page in moving:
                other, tolerance = _outputs_in_build(again, page, book), book.settings.tolerance_of(page.docname)
                made[page.docname] = outputs.merge_runs(made[page.docname], other, tolerance)
    moved, failed = [], []
    for page in pages:
        before, reference = kept[page.docname], outputs.keep_notes(kept[page.docname], made[page.docname])
        if reference.failure and not with_failures and (before is None or before.failure != reference.failure):
            failed.append(outputs.describe_failure(page, reference, book))
            continue
        moved += outputs.describe_moves(page, before, reference, book)
        outputs.write_reference(page.docname, reference, book)
    for name in set(outputs.kept_references(book)) - set(made):
        outputs.remove_reference(name, book)
        moved.append(f"{name}: taken away")
    if failed:
        raise DataError("\n".join([*moved, *failed]))
    return moved


def built_notebooks(book: AdoptedBook) -> Path | None:
    """Return the folder with the notebooks that the author's last build executed; ``None`` where there is none."""
    found = [book.root / name for name in _EXECUTED if (book.root / name).is_dir()]
    return max(found, key=lambda path: path.stat().st_mtime).resolve() if found else None


def _describe_other_lines(lines: tuple[int, ...]) -> str:
    return f" once more (lines {', '.join(map(str, lines))})" if lines else ""


def _holds_code(page: Page) -> bool:
    if page.path.suffix in TEXTS:
        return False
    text = page.path.read_text(encoding="utf-8-sig", errors="replace")
    if page.path.suffix != ".md":
        return (
            '"code"' in text
            if page.path.suffix == ".ipynb"
            else any(cell.cell_type == "code" for cell in read_source(page).cells)
        )
    from myst_nb.core.read import is_myst_markdown_notebook

    return "{code-cell}" in text and is_myst_markdown_notebook(text)


def _differing_programs(page: Page, kept: outputs.Reference, made: list[str], book: AdoptedBook) -> list[str]:
    shown = book.shown_path(page.path)
    expected = [cell.source for cell in kept.cells]
    if len(expected) != len(made):
        return [
            f"{shown}:1: found {len(made)} cells of code, expected {len(expected)}; checkable-book refresh takes them"
        ]
    return [
        f"{shown}:{line_of_cell(page, place)}: found another program than in the reference; "
        "checkable-book refresh takes it"
        for place, (old, new) in enumerate(zip(expected, made, strict=True))
        if old != new
    ]


def _stored_outputs_that_moved(page: Page, kept: outputs.Reference, book: AdoptedBook) -> list[str]:
    if page.path.suffix != ".ipynb":
        return []
    stored = outputs.outputs_of(ExecutedPage(read_notebook(page.path), False, ""), book)
    return outputs.compare_page(page, kept, stored, book)


def _outputs_in_build(built: dict[str, ExecutedPage], page: Page, book: AdoptedBook) -> outputs.Reference:
    if page.docname in built:
        return outputs.outputs_of(built[page.docname], book)
    return outputs.Reference(executed=False, failure=_NOT_BUILT, cells=[])


def _readable_reference(page: Page, book: AdoptedBook) -> outputs.Reference | None:
    try:
        return outputs.read_reference(page.docname, book)
    except DataError:
        return None


#: The checks: name, the step that switches it on, whether it executes nothing, and what does it.
CHECKS: list[tuple[str, str, bool, Check]] = [
    ("references", "outputs", True, check_references),
    ("built", "outputs", True, check_built),
    ("numerals", "numerals", True, check_numerals),
    ("freshness", "freshness", True, check_freshness),
    ("data", "data", True, check_data),
    ("offline", "offline", True, check_offline),
    ("outputs", "outputs", False, check_outputs),
]
