"""The whole local stack as one context manager: emulator, Replicate stand-in, deployed template, gateway."""

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from deployment.emulator import STACK_NAME, admin_client
from deployment.template import read_template
from local import issuer
from local.added_models import added_models
from local.artefacts import check_built
from local.config import LocalStackError, StackConfig
from local.deploy import Deployment, Say, deploy
from local.emulator import STOP_SECONDS, empty_temporary, start_emulator
from local.ports import is_taken
from local.process import StackProcess, answers
from local.state_folder import is_saved, locked, set_aside_unusable
from local.stored_secrets import load_secrets
from local.transform import code_folders

STAND_IN_SECONDS = 5.0


def silent(_line: str) -> None:
    """Say nothing."""


class LocalStack:
    """The stack that `make start` runs: started by `with`, stopped at its end. State stays in `config.state`."""

    deployment: Deployment
    replicate_token: str
    saved: bool
    """Set at the end: whether the emulator has saved its state."""
    _replicate: StackProcess
    _emulator: StackProcess

    def __init__(self, config: StackConfig, say: Say = silent) -> None:
        self.config = config
        self._say = say
        self._processes: list[StackProcess] = []
        self._opened = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Start it and wait until the API answers. If that fails, stops everything and raises LocalStackError."""
        with contextlib.ExitStack() as opened:
            self._start(opened)
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop: the gateway first, then the stand-in, then the emulator, which saves its state."""
        self._processes.clear()
        began = time.time()
        self._opened.close()
        self.saved = is_saved(self.config, since=began)

    def save(self) -> None:
        """Let the emulator save its state now, in case it is killed later."""
        self._emulator.signal(signal.SIGUSR1)

    @property
    def base_url(self) -> str:
        """The base URL of the page and the API."""
        return self.config.base_url

    @property
    def replicate_url(self) -> str:
        """The base URL of the Replicate stand-in."""
        return self.config.replicate_url

    def token(self, subject: str, **claims: Any) -> str:
        """Return a bearer token of the local issuer for a subject."""
        return issuer.token(self.config, subject, **claims)

    def client(self, service: str) -> Any:
        """Return a boto3 client of the emulator with all rights."""
        return admin_client(service, self.config.emulator_url)

    def logs(self, function: str) -> str:
        """Return what a function (its name with or without the stack's) has logged, in order."""
        name = function if function.startswith(f"{STACK_NAME}-") else f"{STACK_NAME}-{function}"
        configuration = self.client("lambda").get_function_configuration(FunctionName=name)
        logs = self.client("logs")
        pages = logs.get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=configuration["LoggingConfig"]["LogGroup"])
        try:
            return "\n".join(event["message"].rstrip() for page in found for event in page["events"])
        except logs.exceptions.ResourceNotFoundException:  # the emulator creates a group at the first call
            return ""

    @contextlib.contextmanager
    def without_replicate(self) -> Iterator[None]:
        """Stop the Replicate stand-in for the block, and start it again at the end."""
        self._replicate.stop(STAND_IN_SECONDS)
        try:
            yield
        finally:
            self._processes.remove(self._replicate)
            self._replicate = self._keep(self._opened, _start_replicate(self.config), STAND_IN_SECONDS)

    def check(self) -> None:
        """Raise LocalStackError naming a process of the stack that has ended, and its log."""
        for process in self._processes:
            process.check()

    def _start(self, opened: contextlib.ExitStack) -> None:
        config = self.config
        check_built(config.build, code_folders(read_template(config.template)).values())
        config.state.mkdir(parents=True, exist_ok=True)
        config.state.chmod(0o700)  # the emulator's files hold the secrets in clear
        lock = opened.enter_context(locked(config, self._say))
        _check_ports(config)
        set_aside_unusable(config, self._say)
        empty_temporary(config)  # left by a killed stack
        opened.callback(empty_temporary, config)
        self._say("starting the emulator")
        self._emulator = self._keep(opened, start_emulator(config, lock), STOP_SECONDS)
        self._say(f"starting the Replicate stand-in ({config.engine})")
        self._replicate = self._keep(opened, _start_replicate(config), STAND_IN_SECONDS)
        self.deployment = deploy(config, self._say)
        self.replicate_token = load_secrets(config.state)["replicate-api-token"]
        self._say("starting the gateway")
        gateway = _start_gateway(config, self.deployment.api_id)
        self._keep(opened, gateway, grace_seconds=10)
        gateway.wait_until(lambda: answers(f"{config.base_url}/api/health"), seconds=60)
        self.save()

    def _keep(self, opened: contextlib.ExitStack, process: StackProcess, grace_seconds: float) -> StackProcess:
        opened.callback(process.stop, grace_seconds)
        self._processes.append(process)
        return process


def _check_ports(config: StackConfig) -> None:
    for port in (config.port, config.replicate_port, config.emulator_port):
        if is_taken(port):
            raise LocalStackError(
                f"Port {port} is in use by another program; choose others with `PORT=9080 make start` "
                f"(it uses that port and the two after it)."
            )


def _start_replicate(config: StackConfig) -> StackProcess:
    secrets = load_secrets(config.state)
    settings = {
        "STANDIN_PORT": str(config.replicate_port),
        "STANDIN_TOKEN": secrets["replicate-api-token"],
        "STANDIN_WEBHOOK_SECRET": secrets["replicate-webhook-secret"],
        "STANDIN_STATE": str(config.state / "replicate"),
        "LOCAL_ENGINE": config.engine,
    }
    if added := added_models(config.build):
        models = config.state / "replicate_models.json"
        models.write_text(json.dumps(added))
        settings["STANDIN_MODELS"] = str(models)
    return _start_module("Replicate stand-in", "replicate_standin", settings, config)


def _start_gateway(config: StackConfig, api_id: str) -> StackProcess:
    settings = {
        "PORT": str(config.port),
        "EMULATOR_URL": config.emulator_url,
        "API_ID": api_id,
        "STATE": str(config.state),
        "PAGE": str(config.page),
        "PARAMETERS": json.dumps(config.template_parameters()),
    }
    return _start_module("gateway", "local.gateway", settings, config)


def _start_module(name: str, module: str, settings: dict[str, str], config: StackConfig) -> StackProcess:
    log = config.state / f"{module.rpartition('.')[2]}.log"
    process = StackProcess(name, [sys.executable, "-m", "local.lifeline", module], {**os.environ, **settings}, log)
    process.wait_until(process.said_ready, seconds=60)
    return process
