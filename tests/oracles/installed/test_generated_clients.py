"""Clients that three common generators make of docs/openapi.yaml, in two languages, used as they are: every operation.

An operation that the description has, and that a client's program does not call, is red, and so is a media type of a
request that it does not send.
"""

import contextlib
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from deployment import ROOT
from local.stack import LocalStack
from tests.oracles.installed.conftest import PROGRAMS, PYTHON, SECONDS, environment, run

DESCRIPTION = ROOT / "docs/openapi.yaml"
JAVASCRIPT = PROGRAMS / "javascript"
Made = tuple[str, dict[str, Any]]
"""A program that uses a client, and where it finds it."""


def openapi_python_client(folder: Path) -> Made:
    said = _ran(PYTHON.with_name("openapi-python-client"), "generate", "--path", DESCRIPTION, "--output-path", folder)
    assert "Skipping" not in said.replace("Skipping Integration", ""), "a part was left out"
    return "generated_client.py", {"package": str(folder)}


def hey_api(folder: Path) -> Made:
    """The SDK of @hey-api/openapi-ts.

    Of an operation with two media types it knows one: its `createJob` sends JSON alone, and the journey sends the form
    by the SDK's own client (docs/api.md).
    """
    _ran(_javascript("openapi-ts"), "-i", DESCRIPTION, "-o", folder / "client", "--no-log-file")
    types = (folder / "client" / "types.gen.ts").read_text()
    assert "CreateJobData = {\n    body: JobRequest;" in types, "it takes a form too: say so in docs/api.md"
    return _built(folder, "hey_api")


def openapi_fetch(folder: Path) -> Made:
    """openapi-fetch, with the types of openapi-typescript."""
    _ran(_javascript("openapi-typescript"), DESCRIPTION, "--output", folder / "client" / "schema.ts")
    return _built(folder, "openapi_fetch")


def _built(folder: Path, journey: str) -> Made:
    """The journey beside its client, checked against the client's types without a flaw."""
    for name in (f"{journey}.ts", "journey.ts", "tsconfig.json"):
        shutil.copy(JAVASCRIPT / "generated" / name, folder)
    (folder / "node_modules").symlink_to(JAVASCRIPT / "node_modules")
    _ran(_javascript("tsc"), "--project", folder)
    return "generated_client.js", {"module": str(folder / "built" / f"{journey}.js")}


def _javascript(program: str) -> Path:
    return JAVASCRIPT / "node_modules" / ".bin" / program


def _ran(*command: str | Path) -> str:
    done = subprocess.run(  # noqa: S603 - a program of the oracles' environments
        command, capture_output=True, text=True, timeout=SECONDS, check=False, env=environment()
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def described() -> tuple[dict[str, str], set[tuple[str, str | None]]]:
    """What clients call an operation by → its operationId; and every operation with the media type of each body."""
    names, all_of_them = {}, set()
    for path, item in yaml.safe_load(DESCRIPTION.read_text())["paths"].items():
        for verb in item.keys() & {"get", "head", "post", "put", "patch", "delete"}:
            operation = item[verb]["operationId"]
            names |= {f"{verb.upper()} {path}": operation, re.sub("[A-Z]", r"_\g<0>", operation).lower(): operation}
            body = item[verb].get("requestBody", {})
            forms = body == {"$ref": "#/components/requestBodies/Form"}
            all_of_them |= {
                (operation, each) for each in ["multipart/form-data"] * forms or body.get("content", [None])
            }
    return names, all_of_them


@contextlib.contextmanager
def slow_runs(stack: LocalStack) -> Iterator[str]:
    """Runs take long enough for one to be cancelled; the provider's secret of deliveries."""
    with requests.Session() as provider:
        provider.headers["Authorization"] = f"Bearer {stack.replicate_token}"
        control = f"{stack.replicate_url}/_control"
        slow = {"fault": "run-slow", "seconds": 3, "times": None}
        provider.put(control, json={"faults": [slow]}, timeout=10).raise_for_status()
        yield provider.get(f"{stack.replicate_url}/v1/webhooks/default/secret", timeout=10).json()["key"]
        provider.delete(control, timeout=10).raise_for_status()


@pytest.mark.parametrize("make", [openapi_python_client, hey_api, openapi_fetch])
def test_a_generated_client_does_every_operation(
    make: Callable[[Path], Made], stack: LocalStack, tmp_path: Path
) -> None:
    program, found = make(tmp_path / "made") if make is openapi_python_client else make(tmp_path)
    question = {"url": stack.base_url, "image": str(ROOT / "samples/cat.jpg"), "token": stack.token(make.__name__)}
    with slow_runs(stack) as secret:
        told = run(program, question | found | {"secret": secret})
    names, operations = described()
    assert [each for each in told["calls"] if each["status"] >= 400] == []
    assert {(names[each["operation"]], each["body"]) for each in told["calls"]} == operations
    assert told["image"] == "image/png"
    assert told["listed"] >= 4
    assert told.get("created", "+00:00").endswith("+00:00"), "an instant, not a text"
