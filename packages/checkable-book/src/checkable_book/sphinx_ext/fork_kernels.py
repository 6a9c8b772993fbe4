"""Kernels that are forks of the standard library's fork server, which has imported the libraries and read the data.

Used through the kernel specification in ``kernelspecs/``, during a build and in
the tests; a reader's own Jupyter never needs it. Only on systems that can fork.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib import import_module
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

LIBRARIES = [
    "altair",
    "babel.dates",
    "checkable_book.sphinx_ext.fork_preload",
    "checkable_book.sphinx_ext.fork_kernels",  # which serves them
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
#: The environment variable that names the libraries to import instead, with commas.
PRELOAD_VARIABLE = "CHECKABLE_BOOK_PRELOAD"
#: The environment variable that names the module whose functions record what a kernel's page depends on.
RECORDER_VARIABLE = "CHECKABLE_BOOK_RECORDER"
_ALWAYS = ["checkable_book.sphinx_ext.fork_kernels", *(name for name in LIBRARIES if name.startswith(("ipyk", "IPy")))]
_LONGEST_SOCKET = 80  # characters of the folder of a socket, of some 107 that systems allow for the whole path


def start_server() -> None:
    """Start the fork server in the background."""
    server_context()
    if socket_folder() != tempfile.gettempdir():  # the server listens at a socket too
        own = tempfile.mkdtemp(prefix="kernels-", dir=socket_folder())
        atexit.register(shutil.rmtree, own, ignore_errors=True)
        multiprocessing.current_process()._config["tempdir"] = own  # type: ignore[attr-defined]
    forkserver.ensure_running()


@lru_cache
def server_context() -> ForkServerContext:
    """Return the context whose processes the fork server forks."""
    context = multiprocessing.get_context("forkserver")
    named = os.environ.get(PRELOAD_VARIABLE)
    chosen = LIBRARIES if named is None else [*_ALWAYS, os.environ[RECORDER_VARIABLE], *filter(None, named.split(","))]
    context.set_forkserver_preload(chosen)
    return context


class ForkProvisioner(LocalProvisioner):
    """Provide kernels that are forks of the fork server, instead of new programs."""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Let kernel and client talk through sockets in the file system.

        Ports are picked some time before they are used, and the build of the
        other edition might take one meanwhile.
        """
        assert self.parent is not None  # the manager that asks for the kernel
        self.parent.transport = "ipc"
        self._sockets = Path(tempfile.mkdtemp(prefix="kernel-", dir=socket_folder()))
        self.parent.ip = str(self._sockets / "socket")
        if isinstance(self.parent, AsyncKernelManager):
            self.parent.client_factory = _Client
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel that serves the connection file of this provisioner's manager, and wait until it listens.

        A client that came before would look again after a tenth of a second only.
        """
        assert self.parent is not None  # the manager that asks for the kernel
        listens, begun = server_context().Pipe(duplex=False)
        arguments = (
            self.parent.connection_file,
            kwargs.get("cwd") or os.getcwd(),
            dict(kwargs.get("env") or os.environ),
            begun,
        )
        process = server_context().Process(target=_serve, args=arguments, daemon=True)
        with _no_main_module():
            process.start()
        begun.close()  # the kernel's is the only one left, so that its end would be seen too
        with listens:
            listens.poll(None)
        self.process = cast("subprocess.Popen[bytes]", _Fork(process))
        self.pid = process.pid
        return self.connection_info

    async def shutdown_requested(self, restart: bool = False) -> None:
        """End the kernel, and what its cells started, at once: a fork has nothing of its own to put in order."""
        if self.process:
            self.process.kill()
            self.process.wait()  # here, since others look at it ten times a second
        shutil.rmtree(self._sockets, ignore_errors=True)


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
        self.terminate = process.terminate

    def kill(self) -> None:
        """Kill the kernel and the processes that its cells started, in its group or in one of their own."""
        import psutil

        if self._process.pid:
            with suppress(psutil.Error):
                for process in psutil.Process(self._process.pid).children(recursive=True):
                    with suppress(psutil.Error):
                        process.kill()
            with suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def send_signal(self, signal: int) -> None:
        if self._process.pid and self._process.is_alive():
            os.kill(self._process.pid, signal)


def socket_folder() -> str:
    """Return a folder whose path is short enough for sockets: that of temporary files, or else ``/tmp``."""
    folder = tempfile.gettempdir()
    return folder if len(os.fsencode(folder)) <= _LONGEST_SOCKET else "/tmp"


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
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]  # cells may start some
    with suppress(OSError, TypeError):  # the server ends when nobody holds this pipe any more: with the build
        os.close(forkserver._forkserver._forkserver_alive_fd)  # type: ignore[attr-defined]
    with suppress(OSError):
        os.setsid()  # a group of its own, so that what its cells start ends with it
    if hasattr(signal, "pthread_sigmask"):  # blocked in the build that forked the server
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    from ipykernel.kernelapp import IPKernelApp

    recorder = import_module(os.environ.get(RECORDER_VARIABLE) or "checkable_book.sphinx_ext.kernel_main")
    app = IPKernelApp.instance(parent_handle=os.getppid())  # ends with the fork server
    app.initialize(["-f", connection_file, "--quiet"])
    recorder.start_recording()
    recorder.record_modules_after_cells(app.shell)
    begun.close()
    app.start()
