"""The command ``checkable-book``: begin a book, verify it, or write what follows from its sources.

What the commands need is imported when they run, so that ``--help`` is there at once.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from checkable_book.adoption.book import AdoptedBook
    from checkable_book.verify.outcomes import Outcome

_SHOWN = 40  # lines of what moved, before the rest is counted
_LEFT_OUT = 5  # lines of what a check left out, before the rest is counted
_FAULTS = 20  # faults of a check that are printed, before the rest is counted
_CHECKS = (
    "description", "rules", "claims", "sentences", "numerals", "outputs", "documents", "own_site", "pages", "notebooks",
    "site_numerals", "references", "built", "freshness", "data", "offline",
)  # fmt: skip


class _Failure(click.ClickException):
    """A mistake of the user, told in its own lines."""

    def show(self, file: Any = None) -> None:
        """Print the lines."""
        click.echo(self.message, err=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 0 where all is well, 1 where something failed, 130 where interrupted."""
    for name in ("SIGTERM", "SIGHUP") if os.name == "posix" else ():
        signal.signal(getattr(signal, name), _interrupt)
    try:
        result = commands.main(args=arguments, prog_name="checkable-book", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # what reads the output has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except Exception as error:
        if type(error).__name__ == "DataError":
            print(error, file=sys.stderr)
            return 1
        if isinstance(error, OSError):
            print(
                f"{error.filename or 'system'}: found {error.strerror or error}, expected to read or write",
                file=sys.stderr,
            )
            return 1
        raise
    return int(result or 0)


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        from checkable_book.book import installed_distribution

        click.echo(f"checkable-book {installed_distribution().version}")
        context.exit()


def _interrupt(received: int, _: object) -> None:
    print("interrupted", file=sys.stderr)
    raise SystemExit(128 + received)


@click.group()
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda *a: _print_version(*a),
    help="Show the version and exit.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="The folder of the book; this one by default.",
)
def commands(folder: Path | None) -> None:
    """Begin a book whose numbers can be checked, verify it, and write what follows from its sources."""
    if folder:
        os.chdir(folder)


@commands.command()
@click.option("--quick", is_flag=True, help="Only the checks that need no build.")
@click.option(
    "--skip", multiple=True, type=click.Choice(_CHECKS), help="Leave a check out; the run does not count as passed."
)
@click.option("--all", "everything", is_flag=True, help="Print every line of what was left out.")
def verify(quick: bool, skip: tuple[str, ...], everything: bool) -> int:
    """Check that the book says what its data says."""
    outcomes = _run_checks(quick, skip, everything)
    adopted = _find_adopted_book()
    if not adopted:
        from checkable_book.verify import checks

        checks.write_report(outcomes, skip, quick=quick)
    failed = [outcome for outcome in outcomes if outcome.faults]
    if failed:
        print(f"verification failed: {failed[0].check}: {failed[0].faults[0]}", file=sys.stderr)
        return 1
    if skip:
        print(f"not verified: left out {', '.join(skip)}", file=sys.stderr)
        return 1
    if not adopted and not checks.verification_passed(outcomes):
        empty = [outcome.check for outcome in outcomes if not outcome.count]
        print(f"not verified: found nothing to look at ({', '.join(empty)})", file=sys.stderr)
        return 1
    print("verified, without a build (verify alone checks the pages)" if quick else "verified")
    return 0


@commands.command()
def refresh() -> int:
    """Build, and write all that follows from the sources; says what moved."""
    if adopted := _find_adopted_book():
        return _refresh_adopted(adopted)
    from checkable_book.adoption.book import own_book
    from checkable_book.files import write_text_whole
    from checkable_book.verify import checks, reference_notebooks, site_checks

    own_book()
    faults = site_checks.build_site()  # executes only what is stale
    if faults:
        print("\n".join(faults), file=sys.stderr)
        return 1
    moved = reference_notebooks.refresh_references(site_checks.executed_notebooks(site_checks.site_path()))
    _print_moved(moved)
    for path, text in checks.derived_documents().items():
        write_text_whole(path, text())
    return 0


@commands.command()
def pdf() -> int:
    """Print the book to a PDF in each language, and offer it on its pages."""
    from checkable_book.sphinx_ext import pdf as printing

    printing.require_printer()
    return _build_with_document(printing.write_pdf)


@commands.command()
def epub() -> int:
    """Write the book for e-readers in each language, and offer it on its pages."""
    from checkable_book.sphinx_ext import epub as binding

    return _build_with_document(binding.write_epub)


@commands.command()
@click.argument("name", required=False)
@click.option("--candidates", is_flag=True, help="In an adopted book, say where the typed numbers may come from.")
def explain(name: str | None, candidates: bool) -> int:
    """Say what NAME rests on: a number, the address of a cell, or a claim.

    In an adopted book NAME is a page, and --candidates names the cells and outputs with the values typed there.
    """
    adopted = _find_adopted_book()
    if candidates and adopted:
        return _explain_candidates(adopted, name)
    if candidates or adopted or not name:
        raise click.UsageError("--candidates belongs to an adopted book, and NAME to any other")
    from checkable_book.verify import explain as explaining

    print(explaining.explain(name))
    return 0


@commands.command()
def archive() -> int:
    """Verify, and write a deposit of this commit for an archive."""
    from checkable_book.errors import DataError
    from checkable_book.sphinx_ext import pdf as printing
    from checkable_book.verify import zenodo_deposit

    zenodo_deposit.checked_out_commit()  # what is wrong with it is said before the minutes that follow
    try:
        printing.require_printer()
    except DataError as error:
        print(f"{error}; the archive will hold no PDF", file=sys.stderr)
        prints = False
    else:
        prints = True
    outcomes = _run_checks()
    if not any(outcome.faults for outcome in outcomes):
        zenodo_deposit.write_epubs()
        if prints:
            zenodo_deposit.print_pdfs()
    print(zenodo_deposit.write_deposit(outcomes))
    return 0


@commands.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--title", default="", help="The title of the book.")
@click.option("--languages", default="en", show_default=True, help="The codes of its languages, as in en,id.")
def new(folder: Path, title: str, languages: str) -> int:
    """Lay down a small book of your own in FOLDER, a new or an empty folder."""
    from checkable_book import scaffold
    from checkable_book.book import Book, use_book

    def complete(part: Path) -> None:
        use_book(Book(part))
        code = refresh.callback()  # type: ignore[misc]  # so that the book passes its own tests as it stands
        if code:
            raise _Failure("new: found a book that does not build, expected one that does")

    files = scaffold.create_book(folder, title, languages.split(","), complete)
    print(f"{folder}: {len(files)} files; what to do with them stands in {folder / 'README.md'}")
    return 0


@commands.command()
@click.argument("steps", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Only say what is found and what each step does.")
@click.option("--off", is_flag=True, help="Switch STEPS off instead.")
@click.option("--page", "pages", multiple=True, help="A page whose typed numbers to look at; all by default.")
def adopt(steps: tuple[str, ...], dry_run: bool, off: bool, pages: tuple[str, ...]) -> int:
    """Check an existing Jupyter Book, or a Sphinx project with MyST-NB, as it stands.

    Switches STEPS on (outputs, where none is named) and takes what they compare with. Chapters are never changed.
    """
    from checkable_book.adoption import adopting
    from checkable_book.adoption.book import find_book

    book = find_book()
    for line in adopting.describe_book(book):
        print(line, flush=True)
    if off and not steps:
        raise click.UsageError("--off needs a step")
    if dry_run:
        done: Iterator[str] = iter(())
    elif off:
        done = adopting.drop_steps(book, steps)
    else:
        done = adopting.adopt_steps(book, steps or ("outputs",), pages)
    for line in done:
        print(line, flush=True)
    print("\n".join(adopting.describe_steps(book)))
    return 0


@commands.command()
def status() -> int:
    """Say in ten lines what of an adopted book is checked, what is not, and what is stale."""
    from checkable_book.adoption.book import find_book
    from checkable_book.adoption.status import describe_status

    for line in describe_status(find_book()):
        print(line)
    return 0


@commands.command()
def vendor() -> int:
    """Fetch the scripts and fonts of others that the machinery keeps, with npm."""
    from checkable_book.sphinx_ext import vendor as fetching

    for path in fetching.fetch_files():
        print(path.name)
    return 0


def _find_adopted_book() -> AdoptedBook | None:
    """Return the book here where it is another author's, adopted."""
    from checkable_book.adoption.book import adopted_book

    return adopted_book()


def _explain_candidates(book: AdoptedBook, name: str | None) -> int:
    from checkable_book.adoption.candidates import describe_candidates
    from checkable_book.book import use_book

    use_book(book)
    for line in describe_candidates(book, (name,) if name else ()):
        print(line)
    return 0


def _refresh_adopted(book: AdoptedBook) -> int:
    from checkable_book.adoption import adopting

    _print_moved(adopting.refresh_steps(book))
    return 0


def _print_moved(moved: list[str]) -> None:
    print("\n".join(moved[:_SHOWN]) or "nothing moved")
    if len(moved) > _SHOWN:
        print(f"and {len(moved) - _SHOWN} more lines")


def _run_checks(quick: bool = False, skip: tuple[str, ...] = (), everything: bool = False) -> list[Outcome]:
    """Run the checks and print the outcome of each as it ends."""
    from rich.console import Console

    outcomes = []
    if adopted := _find_adopted_book():
        from checkable_book.adoption import checks as adopted_checks

        running = adopted_checks.run_checks(adopted, quick, skip)
    else:
        from checkable_book.adoption.book import own_book
        from checkable_book.verify import checks

        running = checks.run_checks(quick, skip, own_book())  # told once where there is no book
    console = Console(stderr=True)
    with console.status("verifying") as status:  # shown on a terminal only
        for outcome in running:
            outcomes.append(outcome)
            print(f"{outcome.status:<7} {outcome.check:<13} {outcome.examined} ({outcome.seconds:.1f} s)", flush=True)
            shown = outcome.faults if adopted else outcome.faults[:_FAULTS]  # the report holds the rest
            for line in shown:
                print(f"        {line}", flush=True)
            if len(outcome.faults) > len(shown):
                print(f"        and {len(outcome.faults) - len(shown)} more", flush=True)
            _print_left_out(outcome.left_out, everything)
            status.update(f"verifying: {outcome.check} done")
    return outcomes


def _print_left_out(lines: list[str], everything: bool) -> None:
    shown = lines if everything else lines[:_LEFT_OUT]
    for line in shown:
        print(f"        left out: {line}", flush=True)
    if len(lines) > len(shown):
        print(f"        left out: {len(lines) - len(shown)} more (verify --all prints them)", flush=True)


def _build_with_document(write: Callable[..., Path]) -> int:
    """Build, write the whole book in each language, and build again: the pages offer it from then on."""
    from checkable_book.book import current_book
    from checkable_book.verify import site_checks

    book = current_book()
    faults = site_checks.build_site(book)
    if faults:
        print("\n".join(faults), file=sys.stderr)
        return 1
    written = [write(site_checks.site_path(book), language, book) for language in book.languages]
    faults = site_checks.build_site(book)
    faults += [f"{path}: found no file after the build, expected it" for path in written if not path.is_file()]
    if faults:
        print("\n".join(faults), file=sys.stderr)
        return 1
    for path in written:
        print(path)
    return 0
