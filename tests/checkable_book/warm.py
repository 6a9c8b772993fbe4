"""Run this environment's programs as forks of one process that has imported their libraries.

Half of a small book's build is importing; the tests build dozens of times. A
fork does what the program does, in the book's folder and to its own end. All
share one fork server for their kernels, which has the libraries, and nothing of
any book: a build of its own would also have worked out what many pages ask for.
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
from multiprocessing import forkserver
from pathlib import Path

PROGRAMS = {"jb": "jupyter_book.cli.main", "checkable-book": "checkable_book.__main__"}
_LIBRARIES = [
    *PROGRAMS.values(), "altair", "babel.numbers", "jupyter_book.sphinx", "myst_nb.sphinx_ext", "sphinx_book_theme",
    "sphinxcontrib.bibtex", "vl_convert", "checkable_book.build.extension", "checkable_book.data.evidence",
    "checkable_book.data.rules", "checkable_book.proof.verify",
]  # fmt: skip


def run(program: str, arguments: list[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a program; return its exit code and what it said."""
    server = _server(environment["PYTHONPATH"])
    assert server.stdin is not None
    assert server.stdout is not None
    with tempfile.NamedTemporaryFile("r", encoding="utf-8", suffix=".txt") as said:
        asked = {"program": program, "arguments": arguments, "folder": str(folder), "said": said.name}
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
    _share_the_fork_server()
    for line in sys.stdin:
        asked = json.loads(line)
        sys.stdout.flush()
        child = os.fork()
        if not child:
            _become(asked)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _share_the_fork_server() -> None:
    from checkable_book.build import kernels

    context = kernels._context()
    context.set_forkserver_preload([name for name in kernels._LIBRARIES if not name.endswith(".ahead")])
    forkserver.ensure_running()
    running = forkserver._forkserver
    running.ensure_running = forkserver.ensure_running = lambda: None  # forks could not ask whether it runs


def _become(asked: dict) -> None:
    """Be the program from here on; leaving it leaves the process."""
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    for descriptor, path in ((0, os.devnull), (1, asked["said"]), (2, asked["said"])):
        opened = os.open(path, os.O_RDWR | os.O_APPEND)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.argv = [asked["program"], *asked["arguments"]]
    sys.exit(import_module(PROGRAMS[asked["program"]]).main())


if __name__ == "__main__":
    sys.path.pop(0)  # this folder, which no program would see
    _serve()
