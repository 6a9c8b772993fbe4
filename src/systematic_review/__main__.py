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
    from systematic_review import run
    from systematic_review.errors import ReviewError

    parser = argparse.ArgumentParser(prog="systematic-review", description=__doc__)
    commands = parser.add_subparsers(required=True)
    rerun = commands.add_parser("run", help="from the exports in a folder to the flow, the trend and the map")
    rerun.add_argument("folder", type=Path, help="where the exports are")
    rerun.add_argument("--output", type=Path, help="where results go; the folder's own 'results' by default")
    rerun.set_defaults(run=lambda chosen: run.main(chosen.folder, chosen.output))
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except ReviewError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
