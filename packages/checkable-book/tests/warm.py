"""Run this environment's programs as forks of one process that has imported their libraries.

Half of a small book's build is importing; the tests build dozens of times. A
fork does what the program does, in the book's folder and to its own end.
"""

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any

PROGRAMS = {"jb": "jupyter_book.cli.main", "checkable-book": "checkable_book.cli"}
_LIBRARIES = [
    *PROGRAMS.values(), "altair", "babel.numbers", "jupyter_book.sphinx", "myst_nb.sphinx_ext", "sphinx_book_theme",
    "sphinxcontrib.bibtex", "vl_convert", "checkable_book.sphinx_ext.extension", "checkable_book.data.claims",
    "checkable_book.data.rules", "checkable_book.verify.checks",
]  # fmt: skip


def run(program: str, arguments: list[str], folder: str, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a program; return its exit code and what it said."""
    server = _server(environment["PYTHONPATH"])
    assert server.stdin is not None
    assert server.stdout is not None
    with tempfile.NamedTemporaryFile("r", encoding="utf-8", suffix=".txt") as said:
        asked = {"program": program, "arguments": arguments, "folder": folder, "said": said.name}
        server.stdin.write(json.dumps(asked | {"environment": dict(environment)}) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        return code, said.read()


@lru_cache
def _server(path: str) -> subprocess.Popen[str]:
    server = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    atexit.register(_end, server)
    return server


def _end(server: subprocess.Popen[str]) -> None:
    for pipe in (server.stdin, server.stdout):
        if pipe:
            pipe.close()
    server.kill()
    server.wait()


def _serve() -> None:
    for library in _LIBRARIES:
        import_module(library)
    for line in sys.stdin:
        asked = json.loads(line)
        sys.stdout.flush()
        child = os.fork()
        if not child:
            _become(asked)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _become(asked: dict[str, Any]) -> None:
    """Be the program from here on; leaving it leaves the process."""
    said = os.open(asked["said"], os.O_RDWR | os.O_APPEND)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, opened in ((0, nothing), (1, said), (2, said)):
        os.dup2(opened, descriptor)
    os.close(said)
    sys.argv = [asked["program"], *asked["arguments"]]
    sys.exit(import_module(PROGRAMS[asked["program"]]).main())


if __name__ == "__main__":
    sys.path.pop(0)  # this folder, which no program would see
    _serve()
