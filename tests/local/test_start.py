"""Start, stop, and what a second start finds."""

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deployment import ROOT
from local import artefacts
from local.config import LocalStackError
from local.ports import is_taken
from local.stack import LocalStack
from tests.local.leftovers import processes_with
from tests.local.tiny_stack import tiny_config


def test_sigterm_keeps_the_state_and_another_port_finds_it(tmp_path: Path) -> None:
    state = tmp_path / "state"
    command = [sys.executable, "-m", "tests.local.tiny_stack", str(state)]
    with subprocess.Popen(  # noqa: S603 - our own program
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready http://127.0.0.1:")
        os.kill(process.pid, signal.SIGTERM)
        assert process.stdout.read() == f"stopped; jobs and images are kept in {state}\n"
        assert process.wait(20) == 0
    assert processes_with(str(state)) == []
    with LocalStack(tiny_config(state)) as stack:
        table = stack.deployment.outputs["TableName"]
        stack.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "yesterday"}})
        stack.client("s3").put_object(Bucket=artefacts.BUCKET, Key="functions/superseded.zip")
        secrets, api_id = stack.deployment.secrets, stack.deployment.api_id
    with LocalStack(tiny_config(state)) as stack:
        found = stack.client("dynamodb").get_item(TableName=table, Key={"id": {"S": "yesterday"}})
        assert found["Item"] == {"id": {"S": "yesterday"}}
        stored = stack.client("s3").list_objects_v2(Bucket=artefacts.BUCKET)["Contents"]
        assert "functions/superseded.zip" not in {item["Key"] for item in stored}
        assert (stack.deployment.secrets, stack.deployment.api_id) == (secrets, api_id)
        with pytest.raises(LocalStackError, match="Another local stack runs on"), LocalStack(tiny_config(state)):
            pass
    assert processes_with(str(state)) == []


def test_a_process_that_dies_is_named(stack: LocalStack, tmp_path: Path) -> None:
    with LocalStack(tiny_config(tmp_path / "state")) as mine:
        gateway = mine._processes[-1]
        os.kill(gateway.pid, signal.SIGKILL)
        gateway._process.wait()
        with pytest.raises(LocalStackError, match=r"The gateway stopped .*gateway\.log"):
            mine.check()
    stack.check()


def test_a_template_that_fails_is_explained_and_then_replaced(tmp_path: Path) -> None:
    config = tiny_config(tmp_path / "state")
    broken = tmp_path / "template.yaml"
    queue = "Type: AWS::SQS::Queue"
    failing = f"{queue}\n    Properties: {{VisibilityTimeout: 43201}}"
    broken.write_text(config.template.read_text().replace(queue, failing))
    with pytest.raises(LocalStackError) as told, LocalStack(dataclasses.replace(config, template=broken)):
        pass
    assert str(told.value).startswith("template.yaml could not be deployed (ROLLBACK_COMPLETE): Queue: Invalid value")
    with LocalStack(config) as stack:
        assert stack.deployment.outputs["TableName"]
    broken.write_text(config.template.read_text().replace(queue, failing.replace("43201", "-1")))
    with pytest.raises(LocalStackError, match=r"\(UPDATE_ROLLBACK_COMPLETE\): Queue: Invalid value"):
        LocalStack(dataclasses.replace(config, template=broken)).__enter__()
    with LocalStack(config) as stack:
        assert stack.deployment.outputs["TableName"]
    assert processes_with(str(config.state)) == []


def test_the_provider_can_be_down_for_a_while(tmp_path: Path) -> None:
    with LocalStack(tiny_config(tmp_path / "state")) as stack:
        with stack.without_replicate():
            assert not is_taken(stack.config.replicate_port)
        assert is_taken(stack.config.replicate_port)
        stack.check()
    assert processes_with(str(tmp_path)) == []
