"""The command ``checkable-book``: begin a book, verify it, or write anew what follows from its sources."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from checkable_book.verify.checks import Outcome

_SHOWN = 40  # lines of what moved, before the rest is counted


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0 where all is well, 1 where a check failed, 130 where interrupted.

    Examples
    --------
    >>> main(["explain", "no/such/name"])
    1
    """
    try:
        return _main(arguments)
    except KeyboardInterrupt as error:
        print(str(error) or "interrupted", file=sys.stderr)
        return 130


def _main(arguments: list[str] | None) -> int:
    # Libraries take their time to load, and may be interrupted too.
    from checkable_book.errors import DataError
    from checkable_book.verify import checks

    parser = argparse.ArgumentParser(prog="checkable-book", description=__doc__)
    commands = parser.add_subparsers(required=True)
    check = commands.add_parser("verify", help="check that the book says what its data says")
    check.add_argument("--quick", action="store_true", help="only the checks that need no build")
    names = [*checks.QUICK, *checks.FULL]
    check.add_argument("--skip", action="append", default=[], choices=names, help="leave a check out")
    check.set_defaults(run=lambda chosen: _verify(chosen.quick, tuple(chosen.skip)))
    write = commands.add_parser("refresh", help="build, and write all that follows from the sources; says what moved")
    write.set_defaults(run=lambda chosen: _refresh())
    printed = commands.add_parser("pdf", help="print the built book to a PDF, and offer it on its pages")
    printed.set_defaults(run=lambda chosen: _pdf())
    bound = commands.add_parser("epub", help="write the built book for e-readers, and offer it on its pages")
    bound.set_defaults(run=lambda chosen: _epub())
    explained = commands.add_parser("explain", help="say what a number, a cell or a claim rests on")
    explained.add_argument("name", help="the name of a number, the address of a cell, or of a claim")
    explained.set_defaults(run=lambda chosen: _explain(chosen.name))
    kept = commands.add_parser("archive", help="verify, and write a deposit of this commit for an archive")
    kept.set_defaults(run=lambda chosen: _archive())
    begun = commands.add_parser("new", help="lay down a small book of your own")
    begun.add_argument("folder", type=Path, help="a new or an empty folder")
    begun.add_argument("--title", default="", help="the title of the book")
    begun.add_argument("--languages", default="en", help="the codes of its languages, as in en,id")
    begun.set_defaults(run=lambda chosen: _new(chosen.folder, chosen.title, chosen.languages))
    fetched = commands.add_parser(
        "vendor", help="fetch the scripts and fonts of others that the book uses anew, with npm"
    )
    fetched.set_defaults(run=lambda chosen: _vendor())
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except DataError as error:
        print(error, file=sys.stderr)
        return 1


def _verify(quick: bool, skip: tuple[str, ...]) -> int:
    from checkable_book.verify import checks

    outcomes = _run(quick, skip)
    checks.write_report(outcomes)
    failed = [outcome for outcome in outcomes if outcome.faults]
    if failed:
        print(f"verification failed: {failed[0].check}: {failed[0].faults[0]}", file=sys.stderr)
    return 1 if failed else 0


def _run(quick: bool = False, skip: tuple[str, ...] = ()) -> list[Outcome]:
    """Run the checks and print the outcome of each as it ends."""
    from rich.console import Console

    from checkable_book import project
    from checkable_book.verify import checks

    project.root()  # told once where there is no book
    outcomes = []
    console = Console(stderr=True)
    with console.status("verifying") as status:  # shown on a terminal only
        for outcome in checks.run(quick, skip):
            outcomes.append(outcome)
            state = "FAILED" if outcome.faults else "passed"
            print(f"{state}  {outcome.check:<13} {outcome.examined} ({outcome.seconds:.1f} s)", flush=True)
            for fault in outcome.faults[:20]:
                print(f"        {fault}", flush=True)
            if len(outcome.faults) > 20:
                print(f"        and {len(outcome.faults) - 20} more", flush=True)
            status.update(f"verifying: {outcome.check} done")
    return outcomes


def _archive() -> int:
    from checkable_book.errors import DataError
    from checkable_book.sphinx_ext import pdf
    from checkable_book.verify import zenodo_deposit

    zenodo_deposit.commit()  # what is wrong with it is said before the minutes that follow
    try:
        pdf.printer()
    except DataError as error:
        print(f"{error}; the archive will hold no PDF", file=sys.stderr)
        prints = False
    else:
        prints = True
    outcomes = _run()
    zenodo_deposit.write_epubs()
    if prints:
        zenodo_deposit.print_pdfs()
    print(zenodo_deposit.write(outcomes))
    return 0


def _refresh() -> int:
    from checkable_book.verify import checks, reference_notebooks, site_checks

    faults = site_checks.build()  # executes only what is stale
    if faults:
        print("\n".join(faults), file=sys.stderr)
        return 1
    moved = reference_notebooks.refresh(site_checks.executed(site_checks.path()))
    print("\n".join(moved[:_SHOWN]) or "nothing moved")
    if len(moved) > _SHOWN:
        print(f"and {len(moved) - _SHOWN} more lines")
    for path, text in checks.documents().items():
        path.write_text(text(), encoding="utf-8")
    return 0


def _pdf() -> int:
    from checkable_book.sphinx_ext import pdf

    return _offer(pdf.write)


def _epub() -> int:
    from checkable_book.sphinx_ext import epub

    return _offer(epub.write)


def _offer(write: Callable[[Path, str], Path]) -> int:
    """Write the whole book in each language, and build again: the pages offer it from then on."""
    from checkable_book import project
    from checkable_book.verify import site_checks

    for language in project.languages():
        print(write(site_checks.path(), language))
    faults = site_checks.build()
    print("\n".join(faults), file=sys.stderr, end="")
    return 1 if faults else 0


def _vendor() -> int:
    from checkable_book.sphinx_ext import vendor

    for path in vendor.fetch():
        print(path.name)
    return 0


def _explain(name: str) -> int:
    from checkable_book.verify import explain

    print(explain.text(name))
    return 0


def _new(folder: Path, title: str, languages: str) -> int:
    from checkable_book import project, scaffold

    def complete(part: Path) -> None:
        project.use(part)
        _refresh()  # so that the book passes its own tests as it stands

    files = scaffold.lay_down(folder, title, languages.split(","), complete)
    print(f"{folder}: {len(files)} files; what to do with them stands in {folder / 'README.md'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
