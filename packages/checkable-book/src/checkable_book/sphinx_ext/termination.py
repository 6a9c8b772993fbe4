"""A build ends cleanly however it ends: by itself, by a signal, or because what started it has ended.

asyncio, nbclient and multiprocessing each install handlers of SIGINT and print
a traceback of their own. So the signals that end a process are blocked in all
threads, and one thread waits for them: it ends all that the process started,
and then the process, with one line. A process that another one started waits
for the end of a pipe besides: the pipe ends with the other process, even where
that was killed.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from multiprocessing import resource_tracker
from typing import IO

#: The environment variable that names the pipe to wait on, a file descriptor.
PIPE_VARIABLE = "CHECKABLE_BOOK_PIPE"


def end_cleanly() -> None:
    """End this process and all that it started, in one line, once a signal asks for it; on POSIX systems."""
    if not hasattr(signal, "pthread_sigmask"):
        return  # Windows has KeyboardInterrupt alone
    ending = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    resource_tracker.ensure_running()  # which lets the signals through again to whoever starts it
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    threading.Thread(target=_wait_for_signal, args=(ending,), daemon=True).start()


def end_with_pipe(pipe: IO[str]) -> threading.Event:
    """End this process and all that it started once a pipe ends; return an event that each line of the pipe sets."""
    told = threading.Event()

    def wait() -> None:
        with suppress(OSError, ValueError):
            for _ in pipe:
                told.set()
        end_started_processes()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
    return told


def end_with_parent() -> None:
    """End with the process that started this one, where that passed a pipe (:data:`PIPE_VARIABLE`)."""
    descriptor = os.environ.pop(PIPE_VARIABLE, "")
    if descriptor:
        with suppress(OSError, ValueError):
            end_with_pipe(os.fdopen(int(descriptor), encoding="utf-8"))


def end_started_processes() -> None:
    """Kill all processes that this one started, and those that they started."""
    import psutil  # which a build that ends by itself need not load

    with suppress(psutil.Error):
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                process.kill()


def _wait_for_signal(signals: set[signal.Signals]) -> None:
    received = signal.sigwait(signals)
    end_started_processes()
    with suppress(OSError):
        os.write(2, b"\ninterrupted\n")  # at once, whatever another thread is printing
    os._exit(128 + received)
