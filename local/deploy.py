"""Deploys template.yaml to the emulator: secrets, bucket, code, stack; then checks the routes."""

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from deployment.emulator import STACK_NAME, admin_client
from deployment.template import read_template
from local.artefacts import delete_superseded, upload_artefacts, upload_template
from local.bucket import check_bucket, ensure_bucket, ensure_token
from local.config import LocalStackError, StackConfig
from local.stored_secrets import Secrets, load_secrets, save_secrets
from local.transform import code_folders, plain_cloudformation, reserved_concurrency, route_keys

Say = Callable[[str], None]

STACK_SECONDS = 120.0
GONE = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
"""States of a stack that can only be deleted."""


@dataclass(frozen=True)
class Deployment:
    """The facts of a deployed stack that the gateway and the tests need."""

    outputs: Mapping[str, str]
    api_id: str
    secrets: Secrets


def deploy(config: StackConfig, say: Say) -> Deployment:
    """Create or update everything on the emulator. Raises LocalStackError with the failing resource's reason."""
    say("preparing secrets and the bucket")
    kept = ensure_token(config, load_secrets(config.state))
    save_secrets(config.state, kept)
    secrets = {**kept, **config.secrets}
    if config.uses_emulators_bucket:
        ensure_bucket(config)
    else:
        check_bucket(config, secrets)
    _store_secrets(config, secrets)
    say("uploading layers and functions")
    template = read_template(config.template)
    declared = template.get("Parameters", {})
    parameters = {name: value for name, value in config.template_parameters().items() if name in declared}
    locations = upload_artefacts(config.emulator_url, config.build, code_folders(template))
    plain = plain_cloudformation(template, locations, parameters)
    say("deploying template.yaml")
    cloudformation = admin_client("cloudformation", config.emulator_url)
    outputs = _apply(cloudformation, upload_template(config.emulator_url, plain), parameters)
    resources = _physical_ids(cloudformation)
    _limit_concurrency(config, reserved_concurrency(plain, parameters), resources)
    api_id = resources[next(n for n, r in plain["Resources"].items() if r["Type"] == "AWS::ApiGatewayV2::Api")]
    check_routes(route_keys(plain), _deployed_route_keys(config, api_id))
    delete_superseded(config.emulator_url, locations)
    return Deployment(outputs, api_id, secrets)


def check_routes(expected: set[str], deployed: set[str]) -> None:
    """Raise LocalStackError naming the route keys of the template that the deployed API lacks.

    The emulator reports a stack as complete even if it ignored the routes, so only this check finds that.
    """
    missing = expected - deployed
    if missing:
        raise LocalStackError(f"The deployed API lacks these routes: {', '.join(sorted(missing))}.")


def _store_secrets(config: StackConfig, secrets: Secrets) -> None:
    ssm = admin_client("ssm", config.emulator_url)
    found = ssm.get_parameters(Names=[_parameter(name) for name in secrets], WithDecryption=True)["Parameters"]
    stored = {parameter["Name"]: parameter["Value"] for parameter in found}
    for name, value in secrets.items():
        if stored.get(_parameter(name)) != value:
            ssm.put_parameter(Name=_parameter(name), Value=value, Type="SecureString", Overwrite=True)


def _parameter(name: str) -> str:
    return f"/{STACK_NAME}/{name}"


def _apply(cloudformation: Any, template_url: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """Create or update the stack, wait for it and return its outputs."""
    status = _status(cloudformation)
    if status in GONE:
        cloudformation.delete_stack(StackName=STACK_NAME)
        status = _settled(cloudformation)
    request = {
        "StackName": STACK_NAME,
        "TemplateURL": template_url,
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
        "Capabilities": ["CAPABILITY_IAM"],
    }
    try:
        if status in (None, "DELETE_COMPLETE"):
            cloudformation.create_stack(**request)
        else:
            cloudformation.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise LocalStackError(f"The emulator refused template.yaml: {error}") from error
        return _outputs(cloudformation)
    status = _settled(cloudformation)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise LocalStackError(f"template.yaml could not be deployed ({status}): {_reason(cloudformation)}")
    return _outputs(cloudformation)


def _outputs(cloudformation: Any) -> dict[str, str]:
    stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _status(cloudformation: Any) -> str | None:
    try:
        return str(cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]["StackStatus"])
    except ClientError:  # "Stack with id … does not exist" is a ValidationError, without a class of its own
        return None


def _settled(cloudformation: Any) -> str | None:
    deadline = time.monotonic() + STACK_SECONDS
    while (status := _status(cloudformation)) is not None and status.endswith("_IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise LocalStackError(f"The stack is still {status} after {STACK_SECONDS:.0f} s.")
        time.sleep(0.1)
    return status


def _reason(cloudformation: Any) -> str:
    """Return the first failure of the last operation, with its resource; later ones are its consequences."""
    newest_first = cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    operation = itertools.takewhile(lambda event: not _begins_operation(event), newest_first)
    failed = [event for event in operation if event["ResourceStatus"].endswith("_FAILED")]
    if not failed:
        return "no resource reported a reason"
    first = failed[-1]
    return f"{first['LogicalResourceId']}: {first.get('ResourceStatusReason', 'no reason given')}"


def _begins_operation(event: Mapping[str, Any]) -> bool:
    begun = event["ResourceStatus"] in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
    return begun and event["LogicalResourceId"] == STACK_NAME


def _physical_ids(cloudformation: Any) -> dict[str, str]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK_NAME)
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
    }


def _limit_concurrency(config: StackConfig, limits: Mapping[str, int], names: Mapping[str, str]) -> None:
    """Reserve concurrency by API: the emulator's CreateStack drops ReservedConcurrentExecutions (seen 2026-11-22)."""
    functions = admin_client("lambda", config.emulator_url)
    for logical_id, limit in limits.items():
        functions.put_function_concurrency(FunctionName=names[logical_id], ReservedConcurrentExecutions=limit)


def _deployed_route_keys(config: StackConfig, api_id: str) -> set[str]:
    gateway = admin_client("apigatewayv2", config.emulator_url)
    return {route["RouteKey"] for route in gateway.get_routes(ApiId=api_id)["Items"]}
