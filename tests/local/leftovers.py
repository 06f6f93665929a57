"""Whether a stack left something running."""

import contextlib
import time
from pathlib import Path

PATIENCE = 5
"""Seconds that the kernel gets to take away processes that were killed."""


def processes_with(text: str) -> list[str]:
    """Command lines of the processes that name a text and are still there after a while (Linux)."""
    deadline = time.monotonic() + PATIENCE
    while (found := _running(text)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def _running(text: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if text.encode() in (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes():
                found.append((folder / "cmdline").read_text().replace("\0", " "))
    return found
