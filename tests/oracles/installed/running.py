"""Programs of the oracles' environment: run once, or as a server on a loopback port."""

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from deployment import ROOT
from local.process import StackProcess

PROGRAMS = ROOT / ".venv-oracles" / "bin"
SECONDS = 240


def ran(program: str, *arguments: str | Path, codes: Sequence[int] = (0,)) -> str:
    """What a program printed; it must end with one of the exit codes."""
    command = [PROGRAMS / program, *arguments]
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode in codes, f"{program} ended with {done.returncode}: {done.stderr[-2000:]}"
    return done.stdout


@contextlib.contextmanager
def serving(
    program: str, arguments: Sequence[str | Path], port: int, folder: Path, settings: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The address of a server that listens on the port until the block ends. Its output is in the folder."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **(settings or {})}
    process = StackProcess(
        program, [str(PROGRAMS / program), *map(str, arguments)], environment, folder / f"{program}.log"
    )
    try:
        process.wait_until(lambda: _listens(port), seconds=60)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stop(grace_seconds=5)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
