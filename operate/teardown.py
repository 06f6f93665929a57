"""`make teardown`: delete a stage's stack after its name was typed, and say what stays and how that goes too."""

from typing import Any

from botocore.exceptions import WaiterError

from operate.deploy import Clients, find_stack, stack_outputs
from operate.installation import OperatorError
from operate.parameter_store import NAMES
from operate.stage import Stage
from operate.terminal import Terminal


def teardown(stage: Stage, clients: Clients, terminal: Terminal) -> None:
    """Delete the stack. Raises OperatorError when there is none, its name was not typed, or AWS could not delete it."""
    if find_stack(clients, stage) is None:
        raise OperatorError(f"There is no stack {stage.stack} in {stage.region}.")
    terminal.say(f"This deletes {stage.stack} in {stage.region}: page, API, functions, queues with what waits in them.")
    if terminal.ask(f"Type {stage.stack} to go on:") != stage.stack:
        raise OperatorError("Nothing was deleted.")
    outputs = stack_outputs(clients, stage)  # none where its creation failed
    if "PageBucketName" in outputs:
        empty_bucket(clients("s3"), outputs["PageBucketName"])
    cloudformation = clients("cloudformation")
    cloudformation.delete_stack(StackName=stage.stack)
    terminal.say("deleting; a distribution takes some minutes")
    try:
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=stage.stack)
    except WaiterError as problem:
        raise OperatorError(f"AWS could not delete all of {stage.stack}: {problem}") from None
    for line in remains(stage, outputs.get("JobsTableName")):
        terminal.say(line)


def empty_bucket(s3: Any, bucket: str) -> None:
    """Delete every file of the page; a bucket with files in it can't be deleted."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for found in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=found["Key"])


def remains(stage: Stage, table: str | None) -> list[str]:
    """What a deleted stack leaves, with the command that deletes it."""
    where = f"--region {stage.region}"
    names = " ".join(stage.secret(name) for name in NAMES)
    bucket, prefix = stage.parameters["R2Bucket"], stage.parameters["R2Prefix"]
    table = table or f"{stage.stack}-JobsTable-…"
    return [
        f"Kept: the table of jobs, {table}. A new deployment makes another. To delete it:",
        f"  aws dynamodb delete-table {where} --table-name {table}",
        "Kept: the secrets; a new deployment takes them again. To delete them:",
        f"  aws ssm delete-parameters {where} --names {names}",
        f"Kept: pictures in R2, bucket {bucket} below {prefix}; the rules of `make bucket` delete them in time.",
        "Kept: the bucket of `sam`, aws-sam-cli-managed-default, which your other stacks may use.",
    ]
