"""The state folder: its lock, stopping the stack that runs on it, and state that can't be used."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from local.config import LocalStackError, StackConfig

STOP_SECONDS = 30.0
"""Seconds that a stack may take to stop; the emulator may use 15 of them to save its state."""


@contextlib.contextmanager
def locked(config: StackConfig, say: Callable[[str], None]) -> Iterator[int]:
    """Lock the state folder: two emulators on it would overwrite each other's state. Yields the descriptor.

    The emulator holds the lock too: if the supervisor of a stack was killed, this waits until its emulator has ended.
    Raises LocalStackError naming the stack that runs.
    """
    with (config.state / "lock").open("a+") as file, _supervisor(config.state).open("a+") as own:
        if not _taken(file.fileno()):
            process, address = _holder(config.state)
            if process is None:
                say("waiting for the processes of an earlier start to end")
                _await(lambda: _taken(file.fileno()))
            if not _taken(file.fileno()):
                where = f" at {address} (process {process})" if process else ""
                raise LocalStackError(f"Another local stack runs on {config.state}{where}; `make stop` ends it.")
        fcntl.flock(own, fcntl.LOCK_EX)
        own.truncate(0)
        own.write(f"{os.getpid()} {config.base_url}\n")
        own.flush()
        yield file.fileno()


def stop(config: StackConfig) -> str:
    """Stop the stack on the state folder and return what was done. Raises LocalStackError if it does not end."""
    try:
        file = (config.state / "lock").open("a+")
    except OSError:
        return "no local stack is running"
    with file:
        if _taken(file.fileno()):
            return "no local stack is running"
        process, address = _holder(config.state)
        if process:
            os.kill(process, signal.SIGTERM)
        _await(lambda: _taken(file.fileno()))
        if not _taken(file.fileno()):
            raise LocalStackError(f"The stack on {config.state} has not ended in {STOP_SECONDS:.0f} s.")
    return f"stopped {address}; jobs and images are kept in {config.state}"


def set_aside_unusable(config: StackConfig, say: Callable[[str], None]) -> None:
    """Move unusable state of the emulator aside, and say so: no start fails because of an earlier crash."""
    folder = config.state / "emulator"
    reason = _unusable(folder)
    if reason:
        aside = config.state / "emulator-unusable"
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)
        say(
            f"the jobs and images of earlier starts can't be used ({reason}); starting without them, "
            f"they are kept in {aside}"
        )


def _unusable(folder: Path) -> str | None:
    if not folder.is_dir():
        return None
    for file in sorted(folder.glob("*.json")):
        try:
            json.loads(file.read_bytes())
        except (ValueError, RecursionError):
            return f"{file.name} is truncated"
    if not (folder / "cloudformation.json").exists() and any((folder / "s3").glob("*")):
        return "the emulator ended before it had saved anything but images"
    return None


def is_saved(config: StackConfig, since: float) -> bool:
    """Return whether the emulator has saved its state since that time (Unix seconds)."""
    try:
        return (config.state / "emulator" / "cloudformation.json").stat().st_mtime >= since
    except FileNotFoundError:
        return False


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _supervisor(state: Path) -> Path:
    """Return the file that only the supervisor locks, with its process id and address; an unlocked id may be reused."""
    return state / "supervisor"


def _holder(state: Path) -> tuple[int | None, str]:
    """Return process id (None if it has ended) and address of the stack that locked the folder last."""
    with _supervisor(state).open("a+") as file:
        ended = _taken(file.fileno())
        file.seek(0)
        process, _, address = file.read().strip().partition(" ")
    return (int(process) if process.isdigit() and not ended else None), address


def _await(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
