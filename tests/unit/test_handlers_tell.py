"""What the handlers of queues, schedules and the webhook log and count, with their use cases on fakes."""

import json
from types import SimpleNamespace

import pytest

from enhancer import bootstrap
from enhancer.errors import OutcomeUnknown, ProviderError
from enhancer.usecases.expire_images import ExpireImages
from tests.unit.conftest import PREFIX
from tests.unit.test_observability import ROOT, told, watching
from tests.unit.test_sqs_handler import batch

CONTEXT = SimpleNamespace(aws_request_id="invocation", get_remaining_time_in_millis=lambda: 100_000)


def test_a_start_tells_its_outcome_its_job_and_its_run(world, load, lines):
    job, late = world.new_job(), world.new_job()
    app = load("job_start")
    app.start_job = watching(world).start_job
    app.handler(batch(json.dumps({"job_id": job.id}), json.dumps({"job_id": job.id})), CONTEXT)
    said, metrics = lines()
    assert [(line["outcome"], line["job_id"], line["prediction_id"]) for line in said] == [
        ("accepted", job.id, "run1"),
        ("skipped", job.id, "run1"),
    ]
    assert told(metrics) == [
        ("RunsAccepted", 1, {"model": job.model}),
        ("StartOutcomes", 1, {"outcome": "accepted"}),
        ("StartOutcomes", 1, {"outcome": "skipped"}),
    ]
    world.usage.counters = dict.fromkeys(world.usage.counters, world.start_job.daily_run_limit)
    app.handler(batch(json.dumps({"job_id": late.id})), CONTEXT)
    found = told(lines()[1])
    assert ("JobsEnded", 1, {"state": "failed", "reason": "service_unavailable"}) in found
    assert ("PlatformFailures", 1, {}) in found
    assert found[-2:] == [("StartOutcomes", 1, {"outcome": "daily_run_limit_reached"}), ("DailyRunLimitReached", 1, {})]


def test_the_sweep_tells_of_each_job_and_then_of_all(world, load, lines):
    job, waiting = world.new_job(), world.new_job()
    world.start_job(job.id)
    world.clock.advance(minutes=5)
    app = load("reconcile")
    app.reconcile_jobs = watching(world).reconcile_jobs
    app.handler({}, CONTEXT)
    said, metrics = lines()
    each, total = said[:-1], said[-1]
    assert {(line["action"], line["job_id"], line.get("prediction_id")) for line in each} == {
        ("still_running", job.id, "run1"),
        ("start_resent", waiting.id, None),
    }
    assert (total["actions"], total.get("job_id")) == ({"still_running": 1, "start_resent": 1}, None)
    assert {line["correlation_id"] for line in said} == {"invocation"}
    treated = [each["action"] for name, _, each in told(metrics) if name == "Reconciled"]
    assert sorted(treated) == ["start_resent", "still_running"]
    assert [number for name, number, _ in told(metrics) if name == "RunsRecovered"] == [0, 0]


def test_runs_that_the_sweep_brings_home_are_counted(world, load, lines):
    forgotten, unheard = world.new_job(), world.new_job()
    world.start_job(unheard.id)
    world.provider.finish("run1")
    world.provider.lost = OutcomeUnknown("ReadTimeout")
    world.start_job(forgotten.id)
    world.clock.advance(minutes=5)
    app = load("reconcile")
    app.reconcile_jobs = watching(world).reconcile_jobs
    app.handler({}, CONTEXT)
    found = told(lines()[1])
    assert {each["action"] for name, _, each in found if name == "Reconciled"} == {"run_adopted", "completion_sent"}
    assert [number for name, number, _ in found if name == "RunsRecovered"] == [1, 1]


def test_a_run_whose_webhook_came_and_whose_copying_failed_counts_as_no_lost_webhook(world, load, lines):
    """The alarm for lost webhooks sends its reader to look at the webhook; this one came."""
    job = world.new_job()
    world.start_job(job.id)
    world.outputs.failing = ProviderError("ReadTimeout")
    with pytest.raises(ProviderError):
        world.complete_job(job.id, world.provider.finish("run1"))
    world.clock.advance(minutes=7)
    app = load("reconcile")
    app.reconcile_jobs = watching(world).reconcile_jobs
    app.handler({}, CONTEXT)
    found = told(lines()[1])
    assert ("Reconciled", 1, {"action": "completion_resent"}) in found
    assert ("RunsRecovered", 0, {}) in found


def test_a_sweep_in_which_a_job_breaks_treats_the_others_names_it_and_fails_at_its_end(world, load, lines, monkeypatch):
    job = world.new_job()
    world.clock.advance(minutes=3)  # so that it is the first to be due
    world.start_job(world.new_job().id)
    world.clock.advance(minutes=5)
    monkeypatch.setattr(world.messages, "failing", RuntimeError("broken"))
    app = load("reconcile")
    app.reconcile_jobs = watching(world).reconcile_jobs
    with pytest.raises(app.SweepIncomplete, match="1 of 2 jobs could not be reconciled"):
        app.handler({}, CONTEXT)
    treated, failed, other, end = lines()[0]
    assert (treated["action"], treated["problem"], treated["job_id"]) == ("unexpected_error", "RuntimeError", job.id)
    assert (failed["message"], failed["job_id"], failed["exception_name"]) == (
        "reconcile failed",
        job.id,
        "RuntimeError",
    )
    assert other["action"] == "still_running"
    assert "problem" not in other
    assert end["actions"] == {"unexpected_error": 1, "still_running": 1}


@pytest.mark.parametrize("event", [{}, batch("{}")], ids=["schedule", "queue"])
def test_a_deletion_run_tells_what_it_saw_and_deleted(world, load, lines, event):
    app = load("retention")
    app.expire_images = ExpireImages(world.images, world.usage, world.messages, PREFIX, world.clock)
    for name in ("a", "b"):
        world.images.write(f"{PREFIX}uploads/{name}/input.png", b"", "image/png", "")
        world.clock.advance(days=1)
    world.clock.advance(hours=-1)
    app.handler(event, CONTEXT)
    said, metrics = lines()
    assert [line["correlation_id"] for line in said] == ["invocation"]
    assert told(metrics) == [("ImagesScanned", 2, {}), ("ImagesDeleted", 1, {}), ("RetentionTime", 0, {})]


def test_a_refused_webhook_is_counted_and_names_the_job_that_it_claims_to_be_for(load, lines):
    event = json.loads((ROOT / "events/replicate_webhook.json").read_text())
    assert load("replicate_webhook").handler(event, CONTEXT)["statusCode"] == 401
    said, metrics = lines()
    assert (said[-1]["refusal"], said[-1]["job_id"]) == ("unauthorized", event["queryStringParameters"]["job"])
    assert told(metrics) == [("WebhookRefusals", 1, {})]


def test_a_route_that_is_not_there_is_no_refused_webhook(load, lines):
    event = json.loads((ROOT / "events/replicate_webhook.json").read_text())
    event["requestContext"]["http"]["method"] = "GET"
    assert load("replicate_webhook").handler(event, CONTEXT)["statusCode"] == 405
    assert lines()[1] == []


@pytest.mark.parametrize("function", ["image_proxy", "job_control", "job_status", "upload_intake"])
def test_who_was_here_before_and_comes_past_the_distribution_is_counted_and_no_stranger_is(load, lines, function):
    app = load(function)
    event = json.loads((ROOT / f"events/{function}.json").read_text())
    _, cookie = bootstrap.identity().mint()
    name, _, value = str(cookie).partition(";")[0].partition("=")
    for cookies, counted in (
        ([f"{name}={value}"], [("OriginSecretMismatches", 1, {})]),
        ([f"{name}={value[:-1]}"], []),
        ([], []),
    ):
        given = {**event, "cookies": cookies, "headers": {**event["headers"], "x-origin-verify": "replaced"}}
        assert app.handler(given, CONTEXT)["statusCode"] == 403
        said, metrics = lines()
        assert said[-1]["refusal"] == "forbidden"
        assert told(metrics) == counted
    through = {
        **event,
        "cookies": [f"{name}={value}"],
        "headers": {**event["headers"], "x-origin-verify": "one:c2VjcmV0"},
    }
    through["requestContext"] = {
        **event["requestContext"],
        "http": {**event["requestContext"]["http"], "method": "PATCH"},
    }
    app.handler(through, CONTEXT)
    assert "OriginSecretMismatches" not in str(lines())
