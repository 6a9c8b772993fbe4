"""The command ``smartcity-review``: verify the book, or write anew what follows from its sources."""

from __future__ import annotations

import argparse
import sys


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0 where all is well, 1 where a check failed, 130 where interrupted."""
    try:
        return _main(arguments)
    except KeyboardInterrupt as error:
        print(str(error) or "interrupted", file=sys.stderr)
        return 130


def _main(arguments: list[str] | None) -> int:
    # Libraries take their time to load, and may be interrupted too.
    from smartcity_review import verify
    from smartcity_review.data import DataError

    parser = argparse.ArgumentParser(prog="smartcity-review", description=__doc__)
    commands = parser.add_subparsers(required=True)
    check = commands.add_parser("verify", help="check that the book says what its data says")
    check.add_argument("--quick", action="store_true", help="only the checks that need no build")
    names = [*verify.QUICK, *verify.FULL]
    check.add_argument("--skip", action="append", default=[], choices=names, help="leave a check out")
    check.set_defaults(run=lambda chosen: _verify(chosen.quick, tuple(chosen.skip)))
    write = commands.add_parser("refresh", help="execute the chapters, and write all that follows from the sources")
    write.set_defaults(run=lambda chosen: _refresh())
    printed = commands.add_parser("pdf", help="print the built book to a PDF, and offer it on its pages")
    printed.set_defaults(run=lambda chosen: _pdf())
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except DataError as error:
        print(error, file=sys.stderr)
        return 1


def _verify(quick: bool, skip: tuple[str, ...]) -> int:
    from rich.console import Console

    from smartcity_review import verify

    outcomes = []
    console = Console(stderr=True)
    with console.status("verifying") as status:  # shown on a terminal only
        for outcome in verify.run(quick, skip):
            outcomes.append(outcome)
            state = "FAILED" if outcome.faults else "passed"
            print(f"{state}  {outcome.check:<13} {outcome.examined} ({outcome.seconds:.1f} s)", flush=True)
            for fault in outcome.faults[:20]:
                print(f"        {fault}", flush=True)
            if len(outcome.faults) > 20:
                print(f"        and {len(outcome.faults) - 20} more", flush=True)
            status.update(f"verifying: {outcome.check} done")
    verify.write_report(outcomes)
    failed = [outcome for outcome in outcomes if outcome.faults]
    if failed:
        print(f"verification failed: {failed[0].check}: {failed[0].faults[0]}", file=sys.stderr)
    return 1 if failed else 0


def _refresh() -> int:
    from smartcity_review import dictionary, edition, notebooks, research_object, verify

    dictionary.README.write_text(dictionary.text(), encoding="utf-8")
    edition.CITATION.write_text(edition.citation(), encoding="utf-8")
    notebooks.refresh()
    research_object.CODECHECK.write_text(research_object.codecheck(), encoding="utf-8")
    research_object.CRATE.write_text(research_object.crate(), encoding="utf-8")
    verify.HASHES.write_text(verify.hashes(), encoding="utf-8")
    return 0


def _pdf() -> int:
    from smartcity_review import languages, pdf, site

    for language in languages.NAMES:
        print(pdf.write(site.HTML, language))
    faults = site.build()  # the pages offer it from now on
    print("\n".join(faults), file=sys.stderr, end="")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
