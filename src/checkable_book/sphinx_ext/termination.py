"""An interrupted build ends in one line, whatever it is at.

asyncio, nbclient and multiprocessing take Ctrl-C over in turns and each give a
traceback of their own. So it is held back from all threads, and one waits for it.
"""

from __future__ import annotations

import os
import signal
import threading
from multiprocessing import resource_tracker


def listen() -> None:
    """End this process and all that it started, with exit code 130, once the user interrupts it."""
    resource_tracker.ensure_running()  # which lets the signal through again to whoever starts it
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    threading.Thread(target=_wait, daemon=True).start()


def _wait() -> None:
    signal.sigwait({signal.SIGINT})
    import psutil  # which a build that ends by itself need not load

    for process in psutil.Process().children(recursive=True):
        process.kill()
    os.write(2, b"\ninterrupted\n")  # at once, whatever another thread is printing
    os._exit(130)
