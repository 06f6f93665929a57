"""Commands as the documents print them, to be typed into a shell."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
SECONDS = 280  # a test may take 300
SHELL = ("bash", "-euo", "pipefail", "-c")


def block(document: str, language: str, holding: str) -> str:
    """The one code block of a document that holds a text."""
    blocks = [text for name, text in FENCE.findall((ROOT / document).read_text()) if name == language]
    [found] = [each for each in blocks if holding in each]
    return found


def at_a_desk(**more: str) -> dict[str, str]:
    """The environment of a new shell: nothing in it is of the make that runs the tests."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}
    return {**own, **more}


def typed(script: str, folder: Path = ROOT, **more: str) -> str:
    """Type a script into a shell; what it printed, also of what it left running. Fails where a command does."""
    with terminal(script, folder, **more) as process:
        printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, printed
    return printed


@contextmanager
def terminal(script: str, folder: Path = ROOT, **more: str) -> Iterator[subprocess.Popen[str]]:
    """A script that runs in a shell of its own; Ctrl-C at the end, which also reaches what it left running."""
    with subprocess.Popen(  # noqa: S603
        [*SHELL, script],
        cwd=folder,
        env=at_a_desk(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            interrupt(process)


def interrupt(process: subprocess.Popen[str]) -> None:
    """Ctrl-C."""
    try:
        os.killpg(process.pid, signal.SIGINT)
    except ProcessLookupError:
        return


def wait_for(process: subprocess.Popen[str], beginning: str) -> str:
    """Read on until a line begins so; that line."""
    assert process.stdout is not None
    read = []
    for line in process.stdout:
        if line.startswith(beginning):
            return line
        read.append(line)
    raise AssertionError("".join(read))
