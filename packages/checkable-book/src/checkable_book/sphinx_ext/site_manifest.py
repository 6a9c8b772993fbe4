"""What the build wrote: a digest of each file of the site, by which broken, edited and withdrawn ones are known.

The manifest stands beside the doctrees. Before a build, whatever is not as the
manifest has it is taken away, and the build makes it again. After the build,
what belongs to no page any more is taken away.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from checkable_book.dependencies import digest_of_file
from checkable_book.files import write_text_whole

MANIFEST = "site_manifest.json"
#: Files that say how the site was built; they are no part of it.
_NOT_OF_THE_SITE = {".buildinfo", ".buildinfo.bak"}


def write_manifest(site: Path, doctrees: Path, excluded: Iterable[str]) -> None:
    """Write the manifest of an edition.

    Parameters
    ----------
    excluded : folders of the site that hold other editions.
    """
    digests = {name: digest_of_file(site / name) for name in sorted(site_files(site, excluded))}
    write_text_whole(doctrees / MANIFEST, json.dumps(digests, indent=0) + "\n")


def read_manifest(doctrees: Path) -> dict[str, str]:
    """Return the digest of each file of the site, by its path; nothing where there is no manifest that can be read."""
    try:
        found: dict[str, str] = json.loads((doctrees / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def changed_files(site: Path, doctrees: Path) -> list[str]:
    """Return the files of the site that are missing or not as the build wrote them."""
    return [name for name, digest in read_manifest(doctrees).items() if digest_of_file(site / name) != digest]


def remove_changed_files(site: Path, doctrees: Path, excluded: Iterable[str], *, unfinished: bool) -> list[str]:
    """Take away what is not as the build wrote it; return the paths of what has to be made again.

    Parameters
    ----------
    unfinished : whether the last build was broken off; then what the manifest does not name goes too.
    """
    changed = changed_files(site, doctrees)
    known = read_manifest(doctrees)
    if unfinished:
        changed += [name for name in site_files(site, excluded) if name not in known]
    for name in changed:
        (site / name).unlink(missing_ok=True)
    return changed


def remove_files(site: Path, names: Iterable[str]) -> None:
    """Take files out of the site, and the folders that are then empty."""
    for name in names:
        path = site / name
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == site or not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()


def site_files(site: Path, excluded: Iterable[str]) -> Iterator[str]:
    """Yield the path of each file of an edition."""
    left_out = set(excluded)
    for folder, folders, files in os.walk(site):
        if Path(folder) == site:
            folders[:] = [name for name in folders if name not in left_out]
        for name in files:
            if name not in _NOT_OF_THE_SITE:
                yield (Path(folder) / name).relative_to(site).as_posix()
