"""Run this environment's programs as forks of one process that has imported their libraries.

Half of a small book's build is importing; the tests build dozens of times. A
fork does what the program does, in the book's folder and to its own end; the
programs that it starts (a verification a build, a build that of another
edition) are forks too, of a process that has the libraries and nothing else. All
share one fork server for their kernels, which has nothing of any book: a
build of its own would also have worked out what many pages ask for.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from multiprocessing import forkserver
from pathlib import Path
from types import SimpleNamespace
from typing import Any

PROGRAMS = {
    "jb": "jupyter_book.cli.main",
    "checkable-book": "checkable_book.__main__",
    "checkable_book.sphinx_ext.multilingual": "checkable_book.sphinx_ext.multilingual",
}
_LIBRARIES = [
    *PROGRAMS.values(), "altair", "babel.numbers", "jupyter_book.sphinx", "myst_nb.sphinx_ext", "sphinx_book_theme",
    "sphinxcontrib.bibtex", "vl_convert", "checkable_book.sphinx_ext.extension", "checkable_book.data.evidence",
    "checkable_book.data.rules", "checkable_book.verify.checks",
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
            _become(asked, os.open(asked["said"], os.O_RDWR | os.O_APPEND))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _share_the_fork_server() -> None:
    from checkable_book.sphinx_ext import kernels

    context = kernels._context()
    context.set_forkserver_preload([name for name in kernels._LIBRARIES if not name.endswith(".ahead")])
    forkserver.ensure_running()
    running = forkserver._forkserver
    running.ensure_running = forkserver.ensure_running = lambda: None  # forks could not ask whether it runs


def _become(asked: dict[str, Any], said: int) -> None:
    """Be the program from here on; leaving it leaves the process."""
    channel, other = socket.socketpair()
    if not os.fork():
        channel.close()
        _fork_for(other)
    other.close()
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, opened in ((0, nothing), (1, said), (2, said)):
        os.dup2(opened, descriptor)
    os.close(said)
    for module in ("checkable_book.sphinx_ext.multilingual", "checkable_book.verify.site_checks"):
        import_module(module).subprocess = _forking(channel)  # type: ignore[attr-defined]
    sys.argv = [asked["program"], *asked["arguments"]]
    sys.exit(import_module(PROGRAMS[asked["program"]]).main())


def _fork_for(channel: socket.socket) -> None:
    """Fork each program that another process asks for, until that has ended; say its number, and how it ended."""
    while message := socket.recv_fds(channel, 1 << 20, 1):
        text, descriptors, *_ = message
        if not text:
            break
        while not text.endswith(b"\n"):
            text += channel.recv(1 << 20)
        child = os.fork()
        if not child:
            channel.close()
            _become(json.loads(text), descriptors[0])
        os.close(descriptors[0])
        channel.sendall(f"{child:>10}".encode())
        channel.sendall(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):>10}".encode())
    os._exit(0)


class _Forked:
    """What the callers use of ``subprocess.Popen``, and of what it returns once it has ended."""

    stderr = ""

    def __init__(self, channel: socket.socket, command: list[str], env: Mapping[str, str]) -> None:
        reader, writer = os.pipe()
        program, *arguments = command[2:] if command[1] == "-m" else [Path(command[0]).name, *command[1:]]
        asked = {"program": program, "arguments": arguments, "folder": os.getcwd(), "environment": dict(env)}
        socket.send_fds(channel, [json.dumps(asked).encode() + b"\n"], [writer])
        os.close(writer)
        self._output = os.fdopen(reader, encoding="utf-8")
        self._channel = channel
        self._number = int(channel.recv(10))

    def communicate(self) -> tuple[str, None]:
        with self._output:
            self.stdout = self._output.read()
        self.returncode = int(self._channel.recv(10))
        return self.stdout, None

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._number, signal.SIGKILL)


def _forking(channel: socket.socket) -> SimpleNamespace:
    """Return what stands for the module ``subprocess`` where a program starts another of ours."""

    def start(command: list[str], *, env: Mapping[str, str], **_: object) -> _Forked:
        return _Forked(channel, command, env)

    def complete(command: list[str], *, env: Mapping[str, str], **_: object) -> _Forked:
        forked = start(command, env=env)
        forked.communicate()
        return forked

    return SimpleNamespace(Popen=start, run=complete, PIPE=subprocess.PIPE, STDOUT=subprocess.STDOUT)


if __name__ == "__main__":
    sys.path.pop(0)  # this folder, which no program would see
    _serve()
