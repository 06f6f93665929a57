"""What the operator asks for, as `make timeline` and `make redrive` do, against the running stack."""

import json

import pytest
import requests

from operate.__main__ import main
from operate.deployed import api
from operate.stage import read_stage
from tests.images import make_image
from tests.integration.api_client import Client


@pytest.fixture
def operate(stack, monkeypatch, capsys):
    """Runs a command on the shared stack; its exit code, output and complaint."""

    def run(*arguments):
        monkeypatch.setattr("operate.installation.emulator_port", lambda _: stack.config.emulator_port)
        monkeypatch.delenv("STACK", raising=False)
        code = main(list(arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_the_timeline_of_a_job_names_its_delivery(stack, operate):
    with Client(stack.base_url) as guest:
        job = guest.enhance(make_image("PNG"), "image/png")
    code, told, _ = operate("timeline", job["id"])
    assert code == 0
    assert "delivery msg_" in told
    assert "succeeded: 160 x 120 pixels" in told
    assert "http" not in told


def test_the_logs_of_a_job_are_told_in_order_with_the_query_for_aws(stack, operate):
    with Client(stack.base_url) as guest:
        job = guest.enhance(make_image("PNG"), "image/png")
    code, told, _ = operate("logs", job["id"])
    lines, _, query = told.partition("\n\n")
    assert code == 0
    shown = [line.split("  ") for line in lines.splitlines()]
    assert [instant for instant, *_ in shown] == sorted(instant for instant, *_ in shown)
    assert {function.strip() for _, function, *_ in shown} >= {"upload-intake", "job-start", "job-completion"}
    assert f'| filter job_id = "{job["id"]}"' in query
    assert "/aws/lambda/image-enhancer-job-start" in query
    assert "http" not in told


def test_for_a_stack_on_aws_the_query_alone_is_told(monkeypatch, capsys):
    monkeypatch.setenv("STACK", "ours")
    assert main(["logs", "jaaaaaaaaaaaaaaaaaaaaaaaaa"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("CloudWatch Logs Insights")
    assert "/aws/lambda/ours-job-completion" in told


def test_a_dead_letter_goes_back_and_its_job_is_finished(stack, operate):
    outputs, queues = stack.deployment.outputs, stack.client("sqs")
    with Client(stack.base_url) as guest:
        job = guest.enhance(make_image("PNG"), "image/png")
        letter = json.dumps({"job_id": job["id"]})
        queues.send_message(QueueUrl=outputs["StartDeadLettersUrl"], MessageBody=letter)
        assert operate("redrive", "start")[:2] == (0, "messages moved back to start: 1\n")
        assert operate("redrive", "start")[:2] == (0, "messages moved back to start: 0\n")
        assert guest.job(job["id"]) == job, "a repeated start changes nothing"


def test_the_doctors_questions_are_answered_by_the_real_functions(stack):
    stage = read_stage("dev")
    with requests.Session() as http:
        http.trust_env = False
        found = list(api(stage, stack.base_url, http))
    assert [str(each) for each in found] == [
        f"ok    {stack.base_url}{path} answers{behind}"
        for path, behind in {
            "/api/health": "",
            "/api/ai-image/usage": ": secrets and UsageTable",
            "/api/ai-image/uploads": ": R2's keys",
            "/api/ai-image/jobs": ": JobsTable",
        }.items()
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("timeline", "jaaaaaaaaaaaaaaaaaaaaaaaaa"), 1, "no job"),
        (("logs", "jaaaaaaaaaaaaaaaaaaaaaaaaa"), 1, "has logged anything about job jaaaa"),
        (("logs", "nothing"), 1, "is not a job id"),
        (("redrive", "nothing"), 2, "usage"),
        ((), 2, "usage"),
    ],
)
def test_a_wrong_question_is_answered_in_one_line(operate, arguments, code, says):
    found, told, complaint = operate(*arguments)
    assert (found, told) == (code, "")
    assert says in complaint
    assert complaint.count("\n") == 1
