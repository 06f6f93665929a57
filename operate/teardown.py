"""`make teardown`: delete a stage's stack after its name was typed, and say what remains and how to delete it."""

from typing import Any

from botocore.exceptions import ClientError, WaiterError

from deployment import ROOT
from deployment.template import read_template
from operate.account import Account
from operate.deploy import Clients, find_stack, stack_outputs
from operate.installation import OperatorError
from operate.parameter_store import NAMES
from operate.stage import Stage
from operate.terminal import Terminal


def teardown(stage: Stage, clients: Clients, terminal: Terminal, account: Account) -> None:
    """Delete the stack. Raises OperatorError when there is none, its name was not typed, or AWS could not delete it."""
    if find_stack(clients, stage) is None:
        raise OperatorError(f"There is no stack {stage.stack} in {stage.region}.")
    terminal.say(f"This deletes {stage.stack}: page, API, functions, logs, queues with their messages.")
    if terminal.ask(f"Type {stage.stack} to delete it in {account}:") != stage.stack:
        raise OperatorError("Nothing was deleted.")
    outputs = stack_outputs(clients, stage)  # empty if its creation failed
    table = table_of(stage, clients)
    if "PageBucketName" in outputs:
        empty_bucket(clients("s3"), outputs["PageBucketName"])
    cloudformation = clients("cloudformation")
    cloudformation.delete_stack(StackName=stage.stack)
    terminal.say("deleting; a distribution takes some minutes")
    try:
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=stage.stack)
    except WaiterError as problem:
        raise OperatorError(f"AWS could not delete all of {stage.stack}: {problem}") from None
    for group in late_log_groups(stage, clients("logs")):
        terminal.say(f"deleted {group} again: a function's last log line had re-created it")
    for line in remains(stage, table):
        terminal.say(line)


def table_of(stage: Stage, clients: Clients) -> str | None:
    """Return the name of the table of jobs, also of a stack whose creation failed; None if there is none."""
    resource = {"StackName": stage.stack, "LogicalResourceId": "JobsTable"}
    try:
        found = clients("cloudformation").describe_stack_resource(**resource)["StackResourceDetail"]
    except ClientError as problem:
        if problem.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    name: str | None = found.get("PhysicalResourceId") or None
    return None if found["ResourceStatus"] == "DELETE_COMPLETE" else name


def late_log_groups(stage: Stage, logs: Any) -> list[str]:
    """Delete log groups that were re-created after the stack's deletion; they would make the next deployment fail."""
    resources = read_template(ROOT / "template.yaml")["Resources"].values()
    named = [each["Properties"]["LogGroupName"] for each in resources if each["Type"] == "AWS::Logs::LogGroup"]
    deleted = []
    for name in (each["Fn::Sub"].replace("${AWS::StackName}", stage.stack) for each in named):
        try:
            logs.delete_log_group(logGroupName=name)
        except logs.exceptions.ResourceNotFoundException:
            continue
        deleted.append(name)
    return deleted


def empty_bucket(s3: Any, bucket: str) -> None:
    """Delete every file of the page; a bucket with files in it can't be deleted."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for found in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=found["Key"])


def remains(stage: Stage, table: str | None) -> list[str]:
    """Return lines that name what a deleted stack leaves, with the commands that delete it."""
    where = f"--region {stage.region}"
    names = " ".join(stage.secret(name) for name in NAMES)
    bucket, prefix = stage.parameters["R2Bucket"], stage.parameters["R2Prefix"]
    mine = f"TableNames[?starts_with(@, '{stage.stack}-JobsTable-')]"
    tables = (
        [
            f"Kept: the table of jobs, {table}. A new deployment creates another. To delete it:",
            f"  aws dynamodb delete-table {where} --table-name {table}",
        ]
        if table
        else [
            "The stack had no table of jobs. To look for earlier ones:",
            f'  aws dynamodb list-tables {where} --query "{mine}"',
        ]
    )
    return [
        *tables,
        "Kept: the secrets; a new deployment uses them again. To delete them:",
        f"  aws ssm delete-parameters {where} --names {names}",
        f"Kept: images in R2, bucket {bucket} below {prefix}; the lifecycle rules of `make bucket` delete them.",
        "Kept: the bucket of `sam`, aws-sam-cli-managed-default, which your other stacks may use.",
    ]
