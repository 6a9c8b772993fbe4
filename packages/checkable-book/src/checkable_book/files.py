"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path


def write_bytes_whole(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all, unless it holds the content already; return its path.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_bytes_whole(Path(folder) / "book.epub", b"PK").read_bytes()
    b'PK'
    """
    try:
        if path.read_bytes() == content:
            return path
    except OSError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path.resolve()  # a link stays one
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:60]}-", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def write_text_whole(path: Path, text: str) -> Path:
    """Write a text as UTF-8, whole or not at all, unless the file holds it already; return its path."""
    return write_bytes_whole(path, text.encode("utf-8"))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
