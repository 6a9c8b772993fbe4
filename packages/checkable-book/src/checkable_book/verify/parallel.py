"""Work done in forks of this process, which have what it has read."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import TypeVar

from checkable_book.errors import DataError

T = TypeVar("T")


def run_in_forks(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """Return what each task gives, each done in a process of its own where this one can be forked, else one by one.

    A process that has drawn a chart cannot: the engine that draws runs threads, for which a fork would wait in vain.

    Raises
    ------
    DataError : what a task found wrong.
    RuntimeError : a task failed otherwise.

    Examples
    --------
    >>> run_in_forks([lambda: 1, lambda: 2])
    [1, 2]
    """
    if len(tasks) < 2 or not hasattr(os, "fork") or "vl_convert" in sys.modules or (os.cpu_count() or 1) < 2:
        return [task() for task in tasks]
    context = multiprocessing.get_context("fork")
    running = []
    for task in tasks:
        reading, writing = context.Pipe(duplex=False)
        process = context.Process(target=_send, args=(task, writing), daemon=True)
        process.start()
        writing.close()
        running.append((process, reading))
    results: list[T] = []
    faults: list[Exception] = []
    for process, reading in running:
        try:
            done, value = reading.recv()
        except EOFError:
            done, value = False, RuntimeError("a process ended without a result")
        if done:
            results.append(value)
        else:
            faults.append(value)
        process.join()
    if faults:
        raise faults[0]
    return results


def _send(task: Callable[[], T], writing: Connection) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        writing.send((True, task()))
    except DataError as error:
        writing.send((False, error))
    except Exception:
        writing.send((False, RuntimeError(traceback.format_exc())))
    finally:
        writing.close()
