"""First responses under the Lambda Runtime Interface Emulator that the AWS SAM CLI ships, with Lambda's own client.

Its "Init Duration" means nothing, because it starts the runtime at the first request; so the request is timed.
"""

import json
import os
import platform
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from deployment import ROOT
from local.ports import free_ports
from tests.budgets.variants import INTERPRETER, SITE, Variant, World

_ARCHITECTURE = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
_PATTERN = f"lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{_ARCHITECTURE}"
_RUNTIME = ("awslambdaric", "runtime_client.*", "simplejson", "snapshot_restore_py.py")
"""The files of Lambda's runtime client: no other package of this environment may take the place of a layer."""


def emulator() -> Path:
    """Return the emulator's binary. Raises SystemExit."""
    found = next((ROOT / ".venv-tooling").glob(_PATTERN), None)
    if found is None:
        raise SystemExit(
            "The AWS SAM CLI is not installed in .venv-tooling; run `make bench ONLY=functions`, which installs it."
        )
    return found


@contextmanager
def serving(handler: str, environment: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Serve a handler (`module.name`) until the end of the block; yield the URL for its events and the emulator's pid.

    The function's process starts with the first event. It has no variables besides `environment`; the runtime's own
    packages are last on its PYTHONPATH, as on Lambda. Raises SystemExit.
    """
    port, api = free_ports(2)
    with tempfile.TemporaryDirectory(prefix="image-enhancer-runtime-") as runtime:
        for part in (each for pattern in _RUNTIME for each in SITE.glob(pattern)):
            (Path(runtime) / part.name).symlink_to(part)
        own = {**environment, "PYTHONPATH": f"{environment['PYTHONPATH']}{os.pathsep}{runtime}"}
        with _emulating(port, api, handler, own) as pid:
            yield f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations", pid


@contextmanager
def _emulating(port: int, api: int, handler: str, environment: Mapping[str, str]) -> Iterator[int]:
    addresses = [
        "--runtime-interface-emulator-address",
        f"127.0.0.1:{port}",
        "--runtime-api-address",
        f"127.0.0.1:{api}",
    ]
    command = [str(emulator()), *addresses, INTERPRETER, "-S", "-m", "awslambdaric", handler]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            _wait(f"http://127.0.0.1:{port}")
            yield process.pid
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def first_response(variant: Variant, world: World) -> dict[str, Any]:
    """Start a function, cold, and answer once; return the answer, `wall_ms` of the request, `peak_kib` and `cpu_ms`."""
    with serving(f"{variant.module}.handler", variant.environment(world)) as (url, pid):
        event = json.dumps(variant.scenario.event())
        started = time.perf_counter()
        response = requests.post(url, event, timeout=60)
        wall = time.perf_counter() - started
        return {"answer": response.json(), "wall_ms": wall * 1e3, **_usage(pid)}


def _wait(url: str) -> None:
    for _ in range(200):
        try:
            requests.get(url, timeout=1)
        except requests.ConnectionError:
            time.sleep(0.02)
        else:
            return
    raise SystemExit("The Runtime Interface Emulator does not start.")


def _usage(emulator_pid: int) -> dict[str, float]:
    """Return CPU time and peak memory of the function's process, which is the emulator's only child."""
    threads = Path(f"/proc/{emulator_pid}/task").glob("*/children")
    [child] = [child for children in threads for child in children.read_text().split()]
    ticks = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
    cpu = (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")
    lines = Path(f"/proc/{child}/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return {"cpu_ms": cpu * 1e3, "peak_kib": peak}
