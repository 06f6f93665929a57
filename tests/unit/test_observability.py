"""What the logs and metrics say of jobs, read from the lines themselves."""

import ast
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from enhancer import bootstrap
from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller
from enhancer.errors import Conflict, OutcomeUnknown, Unauthorized
from enhancer.observability import (
    METRICS,
    NAMESPACE,
    InstrumentedJobs,
    bind_job,
    instrumented,
    invocation,
    logger,
    put_metrics,
    reset_log_context,
    security_event,
)
from enhancer.settings import Settings
from enhancer.sqs_handler import sqs_handler
from enhancer.usecases.cancel_job import CancelJob
from tests.unit.test_routing import call
from tests.unit.test_sqs_handler import CONTEXT, batch

ROOT = Path(__file__).parents[2]
JOB, OTHER = "p" + "a" * 25, "p" + "b" * 25


def told(entries):
    """Each metric with its value under each set of dimensions, `service` left out."""
    found = []
    for entry in entries:
        [directive] = entry["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == NAMESPACE
        for metric in directive["Metrics"]:
            unit, allowed = METRICS[metric["Name"]]
            assert metric["Unit"] == unit
            for names in directive["Dimensions"]:
                assert names[0] == "service"
                assert set(names[1:]) <= set(allowed), metric
                shown = {name: entry[name] for name in names[1:]}
                found.append((metric["Name"], *entry[metric["Name"]], shown))
    return found


def watching(world):
    """The world's use cases as the functions have them."""
    jobs = instrumented(world.jobs)
    return SimpleNamespace(
        create_job=replace(world.create_job, jobs=jobs),
        start_job=replace(world.start_job, jobs=jobs),
        complete_job=replace(world.complete_job, jobs=jobs),
        reconcile_jobs=replace(world.reconcile_jobs, jobs=jobs),
        jobs=jobs,
    )


def test_a_job_that_succeeds_is_counted_and_timed_once(world, lines):
    job, functions = world.new_job(), watching(world)
    world.clock.advance(seconds=2)
    assert functions.start_job(job.id) == "accepted"
    assert told(lines()[1]) == [("RunsAccepted", 1, {"model": job.model})]
    world.clock.advance(seconds=5)
    run = world.provider.finish("run1")
    for _ in range(2):
        functions.complete_job(job.id, run)
    ended = world.job(job.id)
    said, metrics = lines()
    assert told(metrics) == [
        ("JobsEnded", 1, {"state": "succeeded"}),
        ("ModelTime", ended.model_ms, {"model": job.model}),
        ("PlatformFailures", 0, {}),
        ("QueueWait", 2000, {}),
        ("CopyTime", 0, {}),
        ("TimeToResult", 7000, {}),
        ("CopyBytes", ended.output_size, {}),
        ("UndersizedResults", 0, {}),
    ]
    [line] = said
    assert (line["message"], line["state"], line["totalMs"], line["model"]) == (
        "job ended",
        "succeeded",
        7000,
        job.model,
    )


def test_creating_is_counted_where_it_was_done(world, lines):
    world.create_job = create_job = watching(world).create_job
    job = world.new_job()
    assert told(lines()[1]) == [("JobsCreated", 1, {})]
    with pytest.raises(Conflict):
        create_job.jobs.create(job, None)
    assert told(lines()[1]) == []
    assert create_job.jobs.list_by_owner(world.owner, 10, None) == [job], "the rest goes through"


def test_a_failure_has_its_reason_and_a_retry_is_counted(world, lines):
    job, functions = world.new_job(), watching(world)
    fault = "Prediction interrupted; please retry (code: PA)"
    functions.start_job(job.id)
    assert functions.complete_job(job.id, world.provider.finish("run1", "failed", fault)) == "retried"
    assert ("JobsRetried", 1, {}) in told(lines()[1])
    functions.start_job(job.id)
    functions.complete_job(job.id, world.provider.finish("run2", "failed", fault))
    said, metrics = lines()
    found = told(metrics)
    assert ("JobsEnded", 1, {"state": "failed"}) in found
    assert ("JobsEnded", 1, {"state": "failed", "reason": "provider_error"}) in found
    assert ("PlatformFailures", 1, {}) in found
    assert not [name for name, *_ in found if name == "TimeToResult"]
    assert said[-1]["reason"] == "provider_error"
    assert said[-1]["refunded"] is True


def test_who_cancels_ends_the_job_in_the_books_too(world, lines):
    job, functions = world.new_job(), watching(world)
    CancelJob(jobs=functions.jobs, provider=world.provider, clock=world.clock)(job.id, Caller(world.owner))
    assert told(lines()[1]) == [("JobsEnded", 1, {"state": "canceled"}), ("PlatformFailures", 0, {})]


def test_reconcile_tells_of_each_job_which_it_was_about(world, lines):
    ids, functions = [world.new_job().id, world.new_job().id], watching(world)
    world.provider.lost = OutcomeUnknown("ReadTimeout")
    for job_id in ids:
        functions.start_job(job_id)
    world.clock.advance(minutes=4)
    lines()
    reset_log_context("invocation")
    functions.reconcile_jobs(reconciled=lambda action, _: logger.info(action))
    said, metrics = lines()
    assert [(line["message"], line["job_id"], line["prediction_id"], line["correlation_id"]) for line in said] == [
        ("run_adopted", job_id, world.job(job_id).provider_job_id, "invocation") for job_id in sorted(ids)
    ]
    assert [name for name, *_ in told(metrics)] == ["RunsAccepted"] * 2


def test_nothing_of_a_message_is_said_of_the_next(lines):
    def work(message):
        if message["job_id"] == JOB:
            bind_job(message["job_id"], "run1")
            logger.append_keys(more="more")
        logger.info("worked")
        if message["job_id"] == OTHER:
            raise RuntimeError

    sqs_handler(work, lambda *_: None)(
        batch(json.dumps({"job_id": JOB}), json.dumps({"job_id": OTHER}), "no json"), CONTEXT
    )
    said, metrics = lines()
    assert [(line["message"], line.get("job_id"), line.get("prediction_id"), line.get("more")) for line in said] == [
        ("worked", JOB, "run1", "more"),
        ("worked", OTHER, None, None),
        ("message failed", OTHER, None, None),
        ("message failed", None, None, None),
    ]
    assert {line["correlation_id"] for line in said} == {CONTEXT.aws_request_id}
    assert told(metrics) == [("MessagesFailed", 1, {})] * 2


def test_a_request_is_told_by_its_own_id_and_what_is_no_jobs_id_is_not_repeated(lines):
    reset_log_context("one", JOB)
    logger.info("one")
    reset_log_context("two", "a secret in the path")
    logger.info("two")
    assert [(line["correlation_id"], line.get("job_id")) for line in lines()[0]] == [("one", JOB), ("two", None)]


def test_a_refusal_says_its_type_and_the_next_request_does_not(lines):
    _, headers, _ = call(raising=Unauthorized(Message.SIGN_IN_REQUIRED))
    call()
    refused, answered = lines()[0]
    assert (refused["refusal"], refused["status"]) == ("unauthorized", 401)
    assert refused["correlation_id"] == headers["x-request-id"]
    assert "refusal" not in answered


def test_an_invocation_that_breaks_says_of_which_job(lines):
    def sweep():
        bind_job(JOB)
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError), invocation("one"):
        sweep()
    [line] = lines()[0]
    assert (line["message"], line["exception_name"], line["job_id"]) == ("unhandled", "RuntimeError", JOB)


def test_what_broke_is_told_once_and_without_addresses(lines):
    with pytest.raises(RuntimeError), invocation("one"):
        raise RuntimeError("no answer from https://r2.test/bucket/key?X-Amz-Signature=secret in time")
    [line] = lines()[0]
    assert line["exception"].endswith("RuntimeError: no answer from [redacted URL] in time")
    assert "X-Amz" not in json.dumps(line)
    assert set(line) == {"level", "location", "message", "timestamp", "service", "correlation_id", "exception"} | {
        "exception_name"
    }


def test_every_function_has_watched_jobs(monkeypatch):
    monkeypatch.setattr(bootstrap, "settings", Settings({"JOBS_TABLE": "jobs", "AWS_DEFAULT_REGION": "eu-central-1"}))
    monkeypatch.setattr(bootstrap, "_client", lambda _: None)
    assert isinstance(bootstrap.jobs(), InstrumentedJobs)


def test_a_security_event_is_a_line_and_a_metric(lines):
    security_event("foreign delivery")
    said, metrics = lines()
    assert (said[0]["message"], said[0]["event"]) == ("security", "foreign delivery")
    assert told(metrics) == [("SecurityEvents", 1, {"event": "foreign delivery"})]


def test_an_undeclared_metric_is_refused():
    with pytest.raises(KeyError):
        put_metrics({"Unheard": 1})


def emitted():
    """Names of metrics that the code says outside their table."""
    files = [*(ROOT / "layers/core/enhancer").rglob("*.py"), *(ROOT / "functions").glob("*/app.py")]
    texts = [
        node.value
        for file in files
        for statement in ast.parse(file.read_text()).body
        if "METRICS" not in {getattr(target, "id", "") for target in getattr(statement, "targets", [])}
        for node in ast.walk(statement)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return {text for text in texts if text in METRICS}


def test_every_metric_that_is_declared_is_given():
    assert emitted() == set(METRICS)


def test_no_dimension_has_many_values():
    used = {name for _, dimensions in METRICS.values() for name in dimensions}
    assert used == {"state", "reason", "model", "outcome", "action", "event", "answer"}
