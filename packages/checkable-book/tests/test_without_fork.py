"""The machinery works where nothing can be forked, as on Windows: with ordinary kernels, and without signal masks."""

import os
import shutil
import subprocess
from pathlib import Path

from small_book import BIN, SRC, SmallBook

#: Python runs this before anything else; it takes away what Windows has not, from the machinery at least.
SITECUSTOMIZE = """
import builtins, os, signal

real = builtins.__import__
ABSENT = {"fcntl", "grp", "pwd", "resource", "termios"}

def imported(name, globals=None, locals=None, fromlist=(), level=0):
    if name in ABSENT and str((globals or {}).get("__name__", "")).startswith(("checkable_book", "systematic_review")):
        raise ImportError(f"no module named {name}")
    return real(name, globals, locals, fromlist, level)

builtins.__import__ = imported
for module, names in ((os, ("fork", "forkpty", "killpg")), (signal, ("pthread_sigmask", "sigwait", "pthread_kill"))):
    for name in names:
        delattr(module, name)
"""


def test_a_book_builds_and_verifies_where_nothing_can_be_forked(plain: SmallBook, tmp_path: Path) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "sitecustomize.py").write_text(SITECUSTOMIZE, encoding="utf-8")
    book = plain.copy(tmp_path / "gardens", built=False)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path / "python"), str(SRC)]), "NO_COLOR": "1"}

    def run(*command: str) -> str:
        program = [str(BIN / command[0]), *command[1:]]
        done = subprocess.run(program, cwd=book.root, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "build succeeded" in run("jb", "build", ".", "-W", "-n", "--keep-going")
    assert shutil.which("jb", path=str(BIN))
    assert "Executed notebook" not in run("jb", "build", ".", "-W", "-n", "--keep-going")
    run("checkable-book", "refresh")
    assert "verified" in run("checkable-book", "verify")
