"""A process of the stack: started in its own group, logged to a file, stopped with all its children."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import requests

from deployment import ROOT
from local.config import LocalStackError


class StackProcess:
    """A running process. It has a group of its own, so that Ctrl-C reaches only the supervisor."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        keep_open: Sequence[int] = (),
    ) -> None:
        """Start `command`, output to `log`; `keep_open` are file descriptors that it inherits."""
        self.name = name
        self.log = log
        self._stopped = False
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                env=dict(environment),
                cwd=ROOT,
                stdin=subprocess.PIPE,  # never written: `lifeline` ends the process when it closes
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=keep_open,
            )

    @property
    def pid(self) -> int:
        """Process id, which is the id of the process group too."""
        return self._process.pid

    def check(self) -> None:
        """Raise LocalStackError when the process has ended."""
        code = self._process.poll()
        if code is not None:
            raise LocalStackError(f"The {self.name} stopped (exit code {code}); its log is {self.log}.")

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until `ready()` is true; stop the process if it does not become ready.

        Raises LocalStackError when the process ends or after so many seconds.
        """
        deadline = time.monotonic() + seconds
        try:
            self.check()
            while not ready():
                if time.monotonic() > deadline:
                    raise LocalStackError(f"The {self.name} was not ready in {seconds:.0f} s; its log is {self.log}.")
                time.sleep(0.05)
                self.check()
        except BaseException:
            self.stop(grace_seconds=5)
            raise

    def said_ready(self) -> bool:
        """Return whether the process has printed its `ready` line."""
        return any(line.startswith(b"ready ") for line in self.log.read_bytes().splitlines())

    def signal(self, number: int) -> None:
        """Send a signal to the process, unless it has ended."""
        self._process.send_signal(number)

    def stop(self, grace_seconds: float) -> None:
        """Stop the process: SIGTERM, then after the grace SIGKILL for it and its group.

        A second call does nothing, because the id may belong to another process by then.
        """
        if self._stopped:
            return
        if self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace_seconds)
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group of zombies
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        self._stopped = True


def answers(url: str) -> bool:
    """Return whether a GET is answered 200; the shell's proxy is not used."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(url, timeout=30).status_code == 200
        except requests.RequestException:
            return False
