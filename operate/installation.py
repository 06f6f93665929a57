"""Finds the installation that a command is for: the local one of `make start`, or a stack in the AWS account."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deployment.emulator import STACK_NAME, PortError, admin_client, emulator_port, emulator_url, read_port


class OperatorError(Exception):
    """An error for the operator: one sentence that says what is wrong and what to do."""


@dataclass(frozen=True)
class Installation:
    """Clients for an installation, and the outputs of its stack."""

    client: Callable[[str], Any]
    outputs: Mapping[str, str]


def find_installation(stack: str) -> Installation:
    """Return the stack of that name in the shell's AWS account; an empty name means the local stack.

    Raises OperatorError when it can't be read, or PORT is not a port.
    """
    if stack:
        session: Any = boto3.Session()  # Any: the name of a service is not a literal here
        return Installation(session.client, _outputs(session.client, stack, f"the stack {stack}"))
    try:
        port = read_port(os.environ)
    except PortError as problem:
        raise OperatorError(str(problem)) from None
    client = partial(admin_client, endpoint=emulator_url(emulator_port(port)))
    return Installation(client, _outputs(client, STACK_NAME, "the local stack (is `make start` running?)"))


def _outputs(client: Callable[[str], Any], stack: str, called: str) -> dict[str, str]:
    try:
        [found] = client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except (BotoCoreError, ClientError) as problem:
        raise OperatorError(f"{called} can't be read: {problem}") from None
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
