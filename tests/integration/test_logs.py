"""One job followed through the logs of every function that touched it, from the browser's request to the result."""

import json
from types import SimpleNamespace

import pytest

from tests.images import make_image
from tests.integration.api_client import MODEL, Client

ON_THE_WAY = ("upload-intake", "job-start", "replicate-webhook", "job-completion", "job-status", "image-proxy")
WITH_RUN = ("job-start", "replicate-webhook", "job-completion", "job-status", "image-proxy")


def entries(stack, function):
    return [json.loads(line) for line in stack.logs(function).splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def walk(stack):
    """A job that was made, finished, looked at, deleted; with its requests' ids and every line that names it."""
    with Client(stack.base_url) as guest:
        upload_id = guest.upload(make_image("PNG"), "image/png")
        created = guest.create(upload_id)
        job = guest.finished(upload_id)
        again = guest.create(upload_id)
        seen = guest.call("GET", job["imageUrl"])
        late = guest.call("POST", f"/api/ai-image/jobs/{upload_id}/cancel")
        deleted = guest.call("DELETE", f"/api/ai-image/jobs/{upload_id}")
        gone = guest.call("GET", job["imageUrl"])
    answers = (again, seen, late, deleted, gone)
    assert [answer.status_code for answer in answers] == [409, 302, 409, 200, 410]
    functions = (*ON_THE_WAY, "job-control")
    said = {name: [line for line in entries(stack, name) if upload_id in json.dumps(line)] for name in functions}
    return SimpleNamespace(id=upload_id, created=created, late=late, gone=gone, said=said)


def test_every_function_says_which_job_it_worked_on(walk):
    assert [name for name, lines in walk.said.items() if not lines] == []
    strays = [line for lines in walk.said.values() for line in lines if line.get("job_id") != walk.id]
    assert not strays, "a line that names the job in another place only"


def test_the_browsers_request_id_leads_to_the_job(walk):
    request_id = walk.created.headers["x-request-id"]
    lines = [line for line in walk.said["upload-intake"] if line["correlation_id"] == request_id]
    assert [line["message"] for line in lines] == ["job created", "answered"]
    refused = [line for line in walk.said["job-control"] if line["correlation_id"] == walk.late.headers["x-request-id"]]
    assert [(line["message"], line["refusal"]) for line in refused] == [("answered", "conflict")]
    gone = [line for line in walk.said["image-proxy"] if line["correlation_id"] == walk.gone.headers["x-request-id"]]
    assert [(line["refusal"], line["job_id"]) for line in gone] == [("gone", walk.id)]


def test_from_the_start_of_its_run_on_every_line_names_it(walk):
    runs = {line.get("prediction_id") for name in ("replicate-webhook", "job-completion") for line in walk.said[name]}
    assert len(runs) == 1
    [run] = runs
    assert run
    for name in WITH_RUN:
        told = [line for line in walk.said[name] if line["message"] != "answered" or line["status"] < 400]
        assert told[-1]["prediction_id"] == run, name
    assert all(line["prediction_id"] == run for line in walk.said["job-start"] if line["message"] == "start")


def test_each_step_is_told_once(walk):
    told = {name: [line["message"] for line in walk.said[name] if line["message"] != "answered"] for name in ON_THE_WAY}
    assert {name: messages for name, messages in told.items() if messages} == {
        "upload-intake": ["job created"],
        "job-start": ["start"],
        "replicate-webhook": ["delivery"],
        "job-completion": ["job ended", "completion"],
    }
    [ended] = [line for line in walk.said["job-completion"] if line["message"] == "job ended"]
    assert ended["state"] == "succeeded"
    assert "reason" not in ended
    assert ended["totalMs"] >= ended["queueMs"]


def test_no_line_carries_the_job_of_the_request_before(stack):
    """One process after another serves these; the last line of each is about no job."""
    with Client(stack.base_url) as guest:
        upload_id = guest.upload(make_image("PNG"), "image/png")
        refused = guest.call("POST", "/api/ai-image/jobs", json={"uploadId": upload_id, "model": "none/such"})
        assert refused.status_code == 400
        for _ in range(4):
            guest.call("POST", "/api/ai-image/jobs", json={"model": MODEL})
            empty = guest.call("GET", "/api/ai-image/usage")
    lines = entries(stack, "upload-intake")
    [line] = [each for each in lines if each.get("correlation_id") == refused.headers["x-request-id"]]
    assert (line["job_id"], line["refusal"]) == (upload_id, "validation_error")
    assert [each for each in lines if "_aws" not in each][-1].get("job_id") is None
    [line] = [
        each for each in entries(stack, "job-status") if each.get("correlation_id") == empty.headers["x-request-id"]
    ]
    assert not {"job_id", "prediction_id", "refusal"} & set(line)


def test_what_was_counted_is_the_stacks(stack, walk):
    metrics = [line for name in walk.said for line in entries(stack, name) if "_aws" in line]
    assert {line["service"] for line in metrics} == {"image-enhancer"}
    names = {each["Name"] for line in metrics for each in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    of_jobs = {"JobsCreated", "JobsEnded", "StartOutcomes", "RunsAccepted"}
    assert names >= of_jobs | {"ModelTime", "QueueWait", "CopyTime", "TimeToResult", "CopyBytes"}
    assert walk.id not in json.dumps(metrics), "a job's id is no dimension"
