"""`python -m local.lifeline MODULE`: runs a module that ends when its parent process ends, for whatever reason.

Standard library only: the emulator's launcher imports it too.
"""

import os
import runpy
import signal
import sys
import threading


def end_with_parent() -> None:
    """Send SIGTERM to this process when its standard input ends: a pipe that its parent holds and never writes to."""
    threading.Thread(target=_wait, daemon=True).start()


def _wait() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    end_with_parent()
    runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=True)
