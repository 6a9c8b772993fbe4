"""The command ``systematic-review``: run a review from the exports in a folder to its figures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Returns
    -------
    Its exit code: 0 where all is well, 1 where something failed, 3 where files
    were left out that could not be read, 130 where interrupted.
    """
    try:
        return _main(arguments)
    except KeyboardInterrupt as error:
        print(str(error) or "interrupted", file=sys.stderr)
        return 130


def _main(arguments: list[str] | None) -> int:
    # Libraries take their time to load, and may be interrupted too.
    from systematic_review import protocol, run
    from systematic_review.errors import ReviewError

    parser = argparse.ArgumentParser(prog="systematic-review", description=__doc__)
    commands = parser.add_subparsers(required=True)
    rerun = commands.add_parser("run", help="from the exports in a folder to the flow, the trend and the map")
    rerun.add_argument("folder", type=Path, help="where the exports are")
    rerun.add_argument("--output", type=Path, help="where results go; the folder's own 'results' by default")
    rerun.set_defaults(run=lambda chosen: run.main(chosen.folder, chosen.output))
    begin = commands.add_parser("init", help="write a protocol with comments to begin a review with")
    begin.add_argument("folder", type=Path, help="where the review is to be; made where it is not there")
    begin.set_defaults(
        run=lambda chosen: _said(f"{protocol.write(chosen.folder)}: written; its comments say what to change")
    )
    update = commands.add_parser("update", help="keep the review as an earlier version, before searches are repeated")
    update.add_argument("folder", type=Path, help="where the exports are")
    update.set_defaults(run=lambda chosen: _update(chosen.folder))
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except ReviewError as error:
        print(error, file=sys.stderr)
        return 1


def _said(line: str) -> int:
    print(line)
    return 0


def _update(folder: Path) -> int:
    from systematic_review import run, updating

    run.run(folder)
    found, studies = updating.keep(folder, folder / "results")
    return _said(f"{folder / 'earlier'}: {found} records and {studies} studies kept; what is searched now is new")


if __name__ == "__main__":
    sys.exit(main())
