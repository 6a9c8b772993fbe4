"""Start notebook kernels by forking one process that has imported the libraries.

Nearly all the time that a chapter takes would be spent starting Python, importing
pandas and checking the data. The standard library's fork server does that once;
each kernel is a fork of it, in a process of its own, with no module loaded that
draws or writes, so that only pages that use one are stale when it changes.
Used through the kernel specification in ``kernelspecs/``, during a build and in
the tests; a reader's own Jupyter never needs it.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from queue import Empty
from time import monotonic
from types import ModuleType
from typing import Any, cast

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from nbclient.exceptions import CellExecutionError

from checkable_book import project
from checkable_book.errors import DataError

#: The kernel's name, as its folder below ``kernelspecs/`` has it.
NAME = "checkable-book"

_LIBRARIES = [
    "altair",
    "babel.dates",
    "checkable_book.sphinx_ext.fork_preload",
    "checkable_book.sphinx_ext.kernels",  # which serves them
    "frictionless",
    "ipykernel.debugger",
    "ipykernel.kernelapp",
    "IPython.core.completerlib",
    "IPython.extensions.storemagic",
    "jinja2",
    "myst_nb",
    "num2words",
    "pandas",
    "sqlglot.dialects.sqlite",
    "vl_convert",
    "yaml",
]


def announce() -> None:
    """Make the kernel known to Jupyter in this process and those it starts.

    Examples
    --------
    >>> announce()
    >>> os.environ["JUPYTER_PATH"].split(os.pathsep)[0].endswith("kernelspecs")
    True
    """
    known = os.environ.get("JUPYTER_PATH", "")
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # its debugger need not warn of frozen modules
    folder = str(Path(__file__).parent / "kernelspecs")
    if folder not in known.split(os.pathsep):
        os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [folder, known]))


def warm_up() -> None:
    """Start the fork server in the background, so that it is ready when the first kernel of this book is asked for."""
    os.environ[project.FOLDER_VARIABLE] = str(project.root())
    _context()
    forkserver.ensure_running()


def failure(chapter: Path, error: CellExecutionError) -> str:
    r"""Return in one line which cell of a chapter fails, by the line where it begins, and why.

    Examples
    --------
    >>> line = "-" * 18
    >>> error = CellExecutionError(f"{line}\n1 / 0\n{line}\n", "ZeroDivisionError", "division by zero")
    >>> failure(project.root() / project.CONFIG, error)
    '_config.yml: found ZeroDivisionError: division by zero, expected a cell that runs'
    """
    source = str(error).partition("-" * 18 + "\n")[2].partition("\n" + "-" * 18)[0].strip()
    before, known, _ = chapter.read_text(encoding="utf-8").partition(source)
    where = f", line {before.count(chr(10)) + 1}" if source and known else ""
    said = " ".join(str(error.evalue).split())
    told = error.ename == DataError.__name__  # says itself what was found, and what was expected
    found = said if told else f"found {error.ename}: {said}, expected a cell that runs"
    return f"{chapter.relative_to(project.root()).as_posix()}{where}: {found}"


class ForkProvisioner(LocalProvisioner):
    """Provide kernels that are forks of the fork server, instead of new programs."""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Let kernel and client talk through sockets in the file system.

        Ports are picked some time before they are used, and the build of the
        other edition might take one meanwhile.
        """
        assert self.parent is not None  # the manager that asks for the kernel
        self.parent.transport = "ipc"
        self.parent.ip = str(Path(tempfile.gettempdir()) / f"kernel-{self.kernel_id}")
        if isinstance(self.parent, AsyncKernelManager):
            self.parent.client_factory = _Client
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel that serves the connection file of this provisioner's manager, and wait until it listens.

        A client that came before would look again after a tenth of a second only.
        """
        assert self.parent is not None  # the manager that asks for the kernel
        listens, begun = _context().Pipe(duplex=False)
        arguments = (
            self.parent.connection_file,
            kwargs.get("cwd") or os.getcwd(),
            dict(kwargs.get("env") or os.environ),
            begun,
        )
        process = _context().Process(target=_serve, args=arguments, daemon=True)
        with _no_main_module():
            process.start()
        begun.close()  # the kernel's is the only one left, so that its end would be seen too
        with listens:
            listens.poll(None)
        self.process = cast("subprocess.Popen[bytes]", _Fork(process))
        self.pid = process.pid
        return self.connection_info

    async def shutdown_requested(self, restart: bool = False) -> None:
        """End the kernel at once: a fork has nothing of its own to put in order, and would be waited for."""
        if self.process:
            self.process.kill()
            self.process.wait()  # here, since others look at it ten times a second


class _Client(AsyncKernelClient):
    """A client for which a kernel is ready once it has answered.

    That of Jupyter goes on listening for a fifth of a second, a page, so as to
    drop what nbclient would leave alone anyway: answers to what it has not asked.
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Ask until the kernel answers on both channels; raise RuntimeError where it does not in time."""
        end = monotonic() + (timeout or float("inf"))
        while monotonic() < end and await self.is_alive():
            self.kernel_info()
            try:
                await self.get_shell_msg(timeout=1)
                await self.get_iopub_msg(timeout=0.2)
            except Empty:
                continue
            return
        raise RuntimeError("found a kernel that gives no answer, expected one")


class _Fork:
    """A forked process behind the part of ``subprocess.Popen`` that a provisioner uses."""

    stdin = stdout = stderr = None

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        self.kill = process.kill
        self.terminate = process.terminate

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def send_signal(self, signal: int) -> None:
        if self._process.pid and self._process.is_alive():
            os.kill(self._process.pid, signal)


@lru_cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LIBRARIES)
    return context


@contextmanager
def _no_main_module() -> Iterator[None]:
    """Keep a forked process from importing the program that asks for it, as multiprocessing would."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _serve(connection_file: str, folder: str, environment: dict[str, str], begun: Connection) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance(parent_handle=os.getppid())  # ends with the fork server
    app.initialize(["-f", connection_file, "--quiet"])
    begun.close()
    app.start()
