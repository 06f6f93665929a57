"""`make timeline`, `make logs`, `make redrive`: what they print about a stack on AWS or the local one. AWS is moto."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from deployment.emulator import STACK_NAME
from enhancer.adapters.dynamo_jobs import DynamoJobs
from operate.__main__ import main
from operate.installation import Installation, OperatorError, find_installation
from operate.logs import FUNCTIONS, how_to_query, lines_about
from operate.redrive import redrive
from tests.contract.conftest import ROOT, boto_session, create_table
from tests.contract.test_deploy import small_stack
from tests.contract.test_jobs_and_usage import OPEN, new_job

JOB, OTHER = f"j{'a' * 25}", f"j{'b' * 25}"
OUR_QUEUES = ("start", "completion", "retention")


@pytest.fixture
def logged(aws: None) -> Callable[..., None]:  # noqa: ARG001 - it is there
    """Writes a line into the log of a function of the local stack."""
    logs = boto_session().client("logs")

    def write(function: str, message: str, at: int = 1_000) -> None:
        group = f"/aws/lambda/{STACK_NAME}-{function}"
        known = [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]]
        if group not in known:
            logs.create_log_group(logGroupName=group)
            logs.create_log_stream(logGroupName=group, logStreamName="s")
        now = int(time.time() * 1000) - 10_000
        logs.put_log_events(
            logGroupName=group, logStreamName="s", logEvents=[{"timestamp": now + at, "message": message}]
        )

    return write


def entry(second: int, message: str, job: str = JOB, **more: str) -> str:
    instant = f"2026-11-25T10:00:{second:02}Z"
    return json.dumps({"timestamp": instant, "level": "INFO", "message": message, "job_id": job, **more})


def told(stack: str = STACK_NAME) -> list[str]:
    return lines_about(JOB, boto_session().client("logs"), stack)


def test_lines_of_all_functions_are_told_in_the_order_of_time(logged: Callable[..., None]) -> None:
    logged("job-start", entry(2, "accepted", run="run1"))
    logged("upload-intake", entry(1, "created"))
    logged("job-completion", entry(3, "saved", service="x", location="y", xray_trace_id="z"))
    assert told() == [
        "2026-11-25T10:00:01Z  upload-intake      INFO  created",
        "2026-11-25T10:00:02Z  job-start          INFO  accepted run=run1",
        "2026-11-25T10:00:03Z  job-completion     INFO  saved",
    ]
    assert told("another-stack") == []


def test_lines_of_one_millisecond_stay_in_their_order(logged: Callable[..., None]) -> None:
    for at, message in enumerate(("second", "first", "third")):
        logged("job-start", entry(1, message), at)
    assert [line.split()[-1] for line in told()] == ["second", "first", "third"]


def test_an_exception_stands_below_its_line(logged: Callable[..., None]) -> None:
    logged("job-start", entry(1, "broke", exception="Traceback\nKeyError: 'x'", exception_name="KeyError"))
    assert told() == ["2026-11-25T10:00:01Z  job-start          INFO  broke", "    Traceback", "    KeyError: 'x'"]


@pytest.mark.parametrize(
    "message", [entry(1, f"about {JOB}", job=OTHER), f"START {JOB}", json.dumps([JOB]), entry(1, "x", job=OTHER)]
)
def test_what_only_names_the_job_or_is_no_entry_is_left_out(logged: Callable[..., None], message: str) -> None:
    logged("job-start", message)
    logged("job-start", entry(2, "told"))
    assert [line.split()[-1] for line in told()] == ["told"]


def test_the_query_names_every_log_group_of_the_template() -> None:
    lines = list(how_to_query(JOB, "ours"))
    groups = [line.strip() for line in lines if line.startswith("  /")]
    named = {f"/aws/lambda/ours-{path.parent.name.replace('_', '-')}" for path in ROOT.glob("functions/*/app.py")}
    assert groups == sorted(named)
    assert len(FUNCTIONS) == len(named)
    assert [line for line in lines if line.strip() not in groups] == [
        "CloudWatch Logs Insights, in the log groups",
        "with the query (choose a time range that begins with the job)",
        "  fields @timestamp, @log, @message",
        f'  | filter job_id = "{JOB}"',
        "  | sort @timestamp asc",
        "  | limit 10000",
    ]


# ---- The commands --------------------------------------------------------------------------------------------------


@pytest.fixture
def installation(aws: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:  # noqa: ARG001 - it is there
    """The outputs of an installation in moto, which every command finds; whether STACK was named is noted."""
    outputs: dict[str, str] = {}

    def find(stack: str) -> Installation:
        outputs["found"] = stack
        return Installation(boto_session().client, outputs)

    monkeypatch.setattr("operate.__main__.find_installation", find)
    monkeypatch.delenv("STACK", raising=False)
    return outputs


def test_the_timeline_of_a_job_is_printed(
    installation: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    client = boto_session().client("dynamodb")
    installation["JobsTableName"] = create_table(client, "JobsTable")
    job = new_job()
    DynamoJobs(client, "JobsTable", create_table(client, "UsageTable")).create(job, OPEN)
    monkeypatch.setenv("STACK", "ours")
    assert main(["timeline", job.id]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{job.id}  {job.model}  ")
    assert f"{job.created_at}  created by a guest: 4 x 3 pixels, 100 bytes" in lines
    assert installation["found"] == "ours"
    assert main(["timeline", OTHER]) == 1
    assert capsys.readouterr().err == f"There is no job {OTHER}; rows are kept for 90 days.\n"


def test_the_logs_of_the_local_stack_are_printed_with_the_query(
    logged: Callable[..., None], installation: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    logged("job-start", entry(1, "first"))
    logged("job-start", entry(2, "second"), 2_000)
    assert main(["logs", JOB]) == 0
    query = "\n".join(how_to_query(JOB, STACK_NAME))
    assert capsys.readouterr().out == "\n".join(told()) + f"\n\n{query}\n"
    assert installation["found"] == ""
    assert main(["logs", OTHER]) == 1
    complaint = f"No function of the local stack has logged anything about job {OTHER}.\n"
    assert capsys.readouterr().err == complaint


def test_of_a_stack_on_aws_the_query_alone_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STACK", "ours")
    assert main(["logs", JOB]) == 0
    assert capsys.readouterr().out.splitlines() == list(how_to_query(JOB, "ours"))


def test_what_is_no_job_id_is_told_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "nothing"]) == 1
    assert capsys.readouterr().err == (
        "'nothing' is not a job id, which has 26 letters and digits: make logs JOB=jl2qrbrzmu33rjw3ppgpdky2zd\n"
    )


@pytest.mark.parametrize("arguments", [[], ["redrive", "nothing"], ["nothing"], ["timeline"], ["deploy", "dev"]])
def test_what_is_no_command_is_answered_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("usage: python -m operate timeline JOB | logs JOB | redrive start|completion|retention")


def test_a_local_stack_that_is_not_there_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def find(_: str) -> Installation:
        raise OperatorError("it is not running")

    monkeypatch.delenv("STACK", raising=False)
    monkeypatch.setattr("operate.__main__.find_installation", find)
    assert main(["redrive", "start"]) == 1
    assert capsys.readouterr().err == "it is not running\n"


@pytest.mark.parametrize("queue", OUR_QUEUES)
def test_dead_letters_go_back_into_their_queue(
    queue: str, installation: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    sqs = boto_session().client("sqs")
    for each in OUR_QUEUES:
        for suffix in ("QueueUrl", "DeadLettersUrl"):
            name = f"{each.capitalize()}{suffix}"
            installation[name] = sqs.create_queue(QueueName=name)["QueueUrl"]
    for number in range(11):
        sqs.send_message(QueueUrl=installation[f"{queue.capitalize()}DeadLettersUrl"], MessageBody=f"letter {number}")
    assert main(["redrive", queue]) == 0
    assert capsys.readouterr().out == f"messages moved back to {queue}: 11\n", "the local stack has no account to show"
    counts = {
        name: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"][
            "ApproximateNumberOfMessages"
        ]
        for name, url in installation.items()
        if name != "found"
    }
    assert {name for name, count in counts.items() if count != "0"} == {f"{queue.capitalize()}QueueUrl"}


def test_redriving_asks_all_servers_and_takes_as_many_as_sqs_gives() -> None:
    asked: list[dict[str, Any]] = []

    class Queue:
        def receive_message(self, **given: Any) -> dict[str, Any]:
            asked.append(given)
            return {}

    assert redrive(Queue(), "dead-letters", "queue") == 0
    assert asked == [{"QueueUrl": "dead-letters", "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1}]


def test_a_message_is_deleted_only_after_it_was_sent() -> None:
    """A crash between the two leaves it twice; the other way round it would be lost."""
    done: list[str] = []

    class Queue:
        def receive_message(self, **_: Any) -> dict[str, Any]:
            return {"Messages": [{"Body": "letter", "ReceiptHandle": "r"}]}

        def send_message(self, **_: Any) -> None:
            done.append("sent")
            raise EndpointConnectionError(endpoint_url="x")

        def delete_message(self, **_: Any) -> None:
            done.append("deleted")

    with pytest.raises(EndpointConnectionError):
        redrive(Queue(), "dead-letters", "queue")
    assert done == ["sent"]


# ---- Which installation --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("aws")
def test_a_stack_of_the_account_is_found_with_its_outputs() -> None:
    cloudformation = boto_session().client("cloudformation")
    given = [{"ParameterKey": name, "ParameterValue": "x"} for name in ("PublicBaseUrl", "OriginSecret")]
    cloudformation.create_stack(StackName="ours", TemplateBody=small_stack("https://a.test"), Parameters=given)
    found = find_installation("ours")
    assert found.outputs["PageUrl"] == "https://a.test"
    assert found.client("sqs").meta.endpoint_url == "https://sqs.us-east-1.amazonaws.com"
    with pytest.raises(OperatorError, match=r"^the stack theirs can't be read: .*does not exist"):
        find_installation("theirs")


@pytest.mark.parametrize(
    ("described", "outputs"),
    [({"Outputs": [{"OutputKey": "PageUrl", "OutputValue": "http://x.test"}]}, {"PageUrl": "http://x.test"}), ({}, {})],
)
def test_the_local_stack_is_found_with_its_clients_and_outputs(
    monkeypatch: pytest.MonkeyPatch, described: dict[str, Any], outputs: dict[str, str]
) -> None:
    asked: list[tuple[str, str]] = []

    class Client:
        def describe_stacks(self, **given: str) -> dict[str, Any]:
            assert given == {"StackName": STACK_NAME}
            return {"Stacks": [described]}

    def opened(service: str, endpoint: str) -> Client:
        asked.append((service, endpoint))
        return Client()

    monkeypatch.setenv("PORT", "9080")
    monkeypatch.setattr("operate.installation.admin_client", opened)
    found = find_installation("")
    assert found.outputs == outputs
    found.client("sqs")
    assert asked == [("cloudformation", "http://127.0.0.1:9082"), ("sqs", "http://127.0.0.1:9082")]


def test_a_port_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "70000")
    with pytest.raises(OperatorError, match=r"^PORT is '70000'; it must be a number from 1 to 65533\.$"):
        find_installation("")


def test_without_a_name_it_is_the_local_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "7")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(OperatorError, match=r"^the local stack \(is `make start` running\?\) can't be read: .*127"):
        find_installation("")
