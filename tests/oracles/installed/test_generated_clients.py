"""Clients that a common generator makes of docs/openapi.yaml, used as they are: every route of a person, forms too."""

import subprocess
from pathlib import Path

from local.config import ROOT, StackConfig
from local.ports import free_ports
from local.stack import LocalStack
from tests.conftest import RAISED_LIMITS
from tests.oracles.installed.conftest import PYTHON, SECONDS, environment, run

GENERATOR = PYTHON.with_name("openapi-python-client")


def test_openapi_python_clients_client_does_every_route(tmp_path: Path) -> None:
    command = [GENERATOR, "generate", "--path", ROOT / "docs/openapi.yaml", "--output-path", tmp_path / "client"]
    made = subprocess.run(  # noqa: S603 - a program of the oracles' environment
        command, capture_output=True, text=True, timeout=SECONDS, check=False, env=environment()
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert "Skipping" not in (made.stdout + made.stderr).replace("Skipping Integration", ""), "a part was left out"
    port, replicate_port, emulator_port = free_ports(3)
    config = StackConfig(port, replicate_port, emulator_port, tmp_path / "state", "instant", parameters=RAISED_LIMITS)
    with LocalStack(config) as stack:
        told = run(
            "generated_client.py",
            {
                "package": str(tmp_path / "client"),
                "url": stack.base_url,
                "picture": str(ROOT / "samples/cat.jpg"),
                "token": stack.token("alice"),
            },
        )
    assert set(told["read_job"]) == {200}
    assert told["create_job"] == [202, 202, 202], "of an upload, of a form, of an earlier job"
    assert told["generate"][0] in (200, 202)
    assert told["listed"] == 4
    assert told["picture"] == [200, "image/png"]
    assert told["created"].endswith("+00:00"), "an instant, not a text"
