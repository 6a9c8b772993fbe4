"""A review runs where there is neither fork nor file locks of Unix, as on Windows."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "src" / "systematic_review"
#: Python runs this before anything else; it takes away what Windows has not.
SITECUSTOMIZE = """
import builtins, os, signal

real = builtins.__import__
ABSENT = {"fcntl", "grp", "pwd", "resource", "termios"}

def imported(name, globals=None, locals=None, fromlist=(), level=0):
    if name in ABSENT and str((globals or {}).get("__name__", "")).startswith("systematic_review"):
        raise ImportError(f"no module named {name}")
    return real(name, globals, locals, fromlist, level)

builtins.__import__ = imported
for module, names in (
    (os, ("fork", "forkpty", "killpg", "getppid")),
    (signal, ("pthread_sigmask", "sigwait", "pthread_kill")),
):
    for name in names:
        delattr(module, name)
"""


def test_a_review_goes_from_exports_to_figures(tmp_path: Path) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "sitecustomize.py").write_text(SITECUSTOMIZE, encoding="utf-8")
    example = PACKAGE / "example"
    review = shutil.copytree(example / "exports", tmp_path / "review")
    shutil.copy(example / "protocol.yml", review)
    shutil.copytree(example / "decisions", review / "decisions")
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "python"), "PYTHONUTF8": "0", "LC_ALL": "C"}

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "systematic_review", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    lacking = "import os, signal; print(hasattr(os, 'fork'), hasattr(signal, 'pthread_sigmask'))"
    probe = subprocess.run([sys.executable, "-c", lacking], env=environment, capture_output=True, text=True)
    assert probe.stdout == "False False\n"
    assert "included 6" in run("run", "review")
    assert "3/7 merge (done before)" in run("run", "review")
    assert "works written for rayyan" in run("export", "review", "--to", "rayyan", "--all")
