"""Starts ministack 1.5.33 in its own environment; run by `.venv-emulator/bin/python`, never imported.

Its modules are imported by name because ministack is not installed where this file is type-checked.
"""

import asyncio
import importlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # only for this import: other modules of that folder must not be found
importlib.import_module("lifeline").end_with_parent()
del sys.path[0]

# The worker pool starts `[sys.executable, worker]` (core/lambda_runtime.py). Left alone, handlers would run on this
# interpreter and see the emulator's packages; they must see their layers and the standard library only.
sys.executable = os.environ.pop("WORKER_PYTHON")
sys.argv = ["ministack"]

app: Any = importlib.import_module("ministack.app")
actions: Any = importlib.import_module("ministack.core.iam_actions")
evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")
lambda_svc: Any = importlib.import_module("ministack.services.lambda_svc")
sqs: Any = importlib.import_module("ministack.services.sqs")

# A queue URL contains the emulator's port and is saved with its state, and the poller finds a queue by its URL
# (services/sqs.py, services/lambda_svc.py): after a start on another port it would find none. So the port in these URLs
# is constant. boto3 is not affected: it sends requests to the client's endpoint, not to the host of a queue URL.
sqs.DEFAULT_PORT = "4566"

# After waking up without finding a message, the queue poller does not wake up again for this long
# (services/lambda_svc.py). The default delayed the completion of every job by 50 ms after its webhook.
lambda_svc._ESM_IDLE_WAKE_GAP_SECONDS = 0.005  # noqa: SLF001


def arn_per_parameter(arn_of: Callable[..., str]) -> Callable[..., str]:
    """Give ssm:GetParameters the ARN of each parameter: with the emulator's "*", exact policies deny the call.

    AWS checks the call against the ARN of each parameter asked for
    (docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html, 2026-11-22).
    """

    def named(service: str, method: str, path: str, headers: dict[str, str], body: bytes, *rest: Any) -> str:
        if service != "ssm" or not headers.get("x-amz-target", "").endswith(".GetParameters"):
            return arn_of(service, method, path, headers, body, *rest)
        bodies = (json.dumps({"Name": name}).encode() for name in json.loads(body)["Names"])
        return " ".join(arn_of(service, method, path, headers, one, *rest) for one in bodies)

    return named


def checked_one_by_one(enforce: Callable[..., Any]) -> Callable[..., Any]:
    """Allow a call on several ARNs only if it is allowed on each of them."""

    def checked(key: str, action: str, service: str, region: str, resource_arn: str = "*", **context: Any) -> Any:
        arns = resource_arn.split(" ") if action == "ssm:GetParameters" else [resource_arn]
        denials = (enforce(key, action, service, region, resource_arn=arn, **context) for arn in arns)
        return next((denied for denied in denials if denied), None)

    return checked


def loaded_and_saved_on_demand(load: Callable[[], None]) -> Callable[[], None]:
    """Load the state, and save it on SIGUSR1: by itself ministack saves only when it is stopped cleanly (app.py).

    It saves between two requests, so that the saved state is consistent across services.
    """

    def loaded() -> None:
        load()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, save)

    def save() -> None:
        app.save_all(app._build_persistence_save_dict())  # noqa: SLF001

    return loaded


app._load_persisted_state = loaded_and_saved_on_demand(app._load_persisted_state)  # noqa: SLF001
actions.extract_resource_arn = arn_per_parameter(actions.extract_resource_arn)
evaluator.enforce = checked_one_by_one(evaluator.enforce)

app.main()
