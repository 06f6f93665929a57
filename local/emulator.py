"""Starts the emulator of AWS: ministack, bound to loopback, with authorization on and its state in one folder.

Settings are those of ministack 1.5.33's source (app.py, core/persistence.py, services/s3.py), read 2026-11-22.
"""

import shlex
import shutil
import sys
from pathlib import Path

from deployment import ROOT
from local.config import LocalStackError, StackConfig
from local.process import StackProcess, answers

PYTHON = ROOT / ".venv-emulator" / "bin" / "python"
STOP_SECONDS = 15.0
"""A clean stop was measured to take up to 8 s during a call; an emulator that is killed loses its state."""


def start_emulator(config: StackConfig, lock: int) -> StackProcess:
    """Start the emulator and wait until it answers. Raises LocalStackError with the path of its log when it does not.

    `lock` is the descriptor of the locked file of the state folder: the emulator holds it too, so that the folder
    stays locked when a supervisor was killed and its emulator was not.
    """
    if not PYTHON.exists():
        raise LocalStackError("The emulator is not installed; run `make setup` first.")
    temporary = config.state / "tmp"
    temporary.mkdir(exist_ok=True)
    settings = {
        "GATEWAY_PORT": str(config.emulator_port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "localhost",
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(config.state / "emulator"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(config.state / "emulator" / "s3"),
    }
    environment = {
        **settings,
        # Workers inherit the emulator's environment, so it gets these variables and nothing from the shell.
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(config.state),
        "LANG": "C.UTF-8",
        "TMPDIR": str(temporary),
        "WORKER_PYTHON": str(_worker_script(config.state / "worker-python", list(settings))),
    }
    launcher = Path(__file__).with_name("emulator_launcher.py")
    command = [str(PYTHON), "-I", str(launcher)]
    process = StackProcess("emulator", command, environment, config.state / "emulator.log", keep_open=[lock])
    process.wait_until(lambda: answers(f"{config.emulator_url}/_ministack/health"), seconds=30)
    return process


def empty_temporary(config: StackConfig) -> None:
    """Delete the code that workers unpacked: the emulator leaves it behind (about 57 MB per worker)."""
    for leftover in (config.state / "tmp").glob("ministack-*"):
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def _worker_script(path: Path, hidden: list[str]) -> Path:
    """Write the interpreter that handlers run on: no site-packages, none of the emulator's own settings."""
    base = getattr(sys, "_base_executable", sys.executable)  # the interpreter behind this virtual environment
    path.write_text(f'#!/bin/sh\nunset {" ".join(hidden)}\nexec {shlex.quote(base)} -I -S -B "$@"\n')
    path.chmod(0o755)
    return path
