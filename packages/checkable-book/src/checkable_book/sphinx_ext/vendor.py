"""The scripts and fonts of others, kept with the machinery: which, in what version, how they are fetched.

``render/static/vendor/vendor.json`` names each package of the npm registry, its
version and licence, and the files that are taken from it with their hashes.
Those that only a build uses are kept in the folder that ``used_by`` names.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from checkable_book.errors import DataError

_PACKAGE = Path(__file__).parents[1]
FOLDER = _PACKAGE / "render" / "static" / "vendor"


def vendored_packages() -> dict[str, dict[str, Any]]:
    """Return what is kept, by the name of its package.

    Examples
    --------
    >>> all(details["version"] for details in vendored_packages().values())
    True
    """
    packages: dict[str, dict[str, Any]] = json.loads((FOLDER / "vendor.json").read_text(encoding="utf-8"))
    return packages


def folder_of(details: dict[str, Any]) -> Path:
    """Return the folder in which the files of a package are kept, from what is described of it."""
    return _PACKAGE / details["used_by"] if "used_by" in details else FOLDER


def fetch_files() -> list[Path]:
    """Fetch every file anew with npm, in the version that is described; return the files written.

    Raises
    ------
    DataError : there is no npm, the registry does not answer, or a file is not the one described.
    """
    written = []
    for package, details in vendored_packages().items():
        with tempfile.TemporaryDirectory() as folder:
            archive = _pack_file(f"{package}@{details['version']}", Path(folder))
            with tarfile.open(archive) as opened:
                for name, file in details["files"].items():
                    member = opened.extractfile(f"package/{name}")
                    content = member.read() if member else b""
                    found = hashlib.sha256(content).hexdigest()
                    if found != file["sha256"]:
                        raise DataError(f"vendor: found {package}/{name} with hash {found}, expected {file['sha256']}")
                    path = folder_of(details) / file["kept_as"]
                    path.write_bytes(content)
                    written.append(path)
    return written


def _pack_file(wanted: str, folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise DataError("vendor: found no npm, expected it on the path")
    result = subprocess.run(
        [npm, "pack", wanted, "--silent", "--pack-destination", str(folder)], capture_output=True, encoding="utf-8"
    )
    archives = list(folder.glob("*.tgz"))
    if result.returncode or len(archives) != 1:
        raise DataError(f"vendor: found no package {wanted}, expected one: {result.stderr.strip()[-300:]}")
    return archives[0]
