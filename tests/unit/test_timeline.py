"""The timeline of jobs that had a hard life."""

from dataclasses import replace

import pytest

from enhancer.domain.prediction import Delivery
from enhancer.errors import OutcomeUnknown
from enhancer.usecases.cancel_job import CancelJob
from operate.timeline import timeline


def delivered(world, job, run):
    world.clock.advance(seconds=1)
    delivery = Delivery(f"msg_{run.id}", 1_700_000_000, "ab" * 32, run)
    return world.complete_job(job.id, run, delivery)


def test_a_timeline_tells_attempts_deliveries_and_the_end_in_the_order_of_time(world):
    job = world.new_job()
    world.clock.advance(seconds=1)
    world.start_job(job.id)
    lost = world.provider.finish("run1", "failed", "Prediction interrupted; please retry (code: PA)")
    assert delivered(world, job, lost) == "retried"
    world.clock.advance(seconds=1)
    world.start_job(job.id)
    done = world.provider.finish("run2")
    assert delivered(world, job, done) == "succeeded"
    assert delivered(world, job, done) == "already_ended"
    ended = world.job(job.id)
    assert ended.output_sha256 is not None
    lost_to = "Prediction interrupted; please retry (code: PA)"
    size, result = f"40 x 30 pixels, {job.input_size} bytes", f"160 x 120 pixels, {ended.output_size} bytes"
    assert timeline(ended) == [
        f"{job.id}  nightmareai/real-esrgan  {job.params_json}  succeeded",
        f"2026-11-22T12:00:00.000Z  created by a guest: {size}",
        "2026-11-22T12:00:01.000Z  attempt 1: claimed",
        "2026-11-22T12:00:01.000Z  attempt 1: run run1 accepted",
        f"2026-11-22T12:00:02.000Z  attempt 1: ended by the platform: {lost_to}",
        f"2026-11-22T12:00:02.000Z  delivery msg_run1: run run1 failed: {lost_to} (body sha256 abababababab…)",
        "2026-11-22T12:00:03.000Z  attempt 2: claimed",
        '2026-11-22T12:00:03.000Z  attempt 2: run run2 accepted; prepared {"oriented": false}',
        "2026-11-22T12:00:04.000Z  delivery msg_run2: run run2 succeeded (body sha256 abababababab…)",
        "2026-11-22T12:00:04.000Z  saving began",
        (
            f"2026-11-22T12:00:04.000Z  succeeded: {result}, sha256 {ended.output_sha256[:12]}…; "
            'report {"colourShift": 0.5}'
        ),
        "2026-11-22T12:00:05.000Z  delivery msg_run2: run run2 succeeded (body sha256 abababababab…)",
        *OVER,
    ]


OVER = [
    "2026-11-23T12:00:00.000Z  (the original expires)",
    "2026-12-22T12:00:00.000Z  (the result expires)",
]


def told(job):
    """The timeline without its title and the job's creation."""
    return timeline(job)[2:]


def test_a_timeline_tells_that_a_claim_was_given_back_and_why_the_job_failed(world):
    job = world.new_job()
    world.provider.answers = [OutcomeUnknown("HTTP 500"), OutcomeUnknown("HTTP 500")]
    for _ in range(2):
        world.start_job(job.id)
        world.clock.advance(minutes=4)
        world.reconcile_jobs()
    failed = "failed: provider_error: The provider did not confirm the run. Try again."
    lines = [
        "2026-11-22T12:04:00.000Z  attempt 1: claimed",
        "2026-11-22T12:04:00.000Z  attempt 1: the provider created no known run: HTTP 500",
        "2026-11-22T12:04:00.000Z  reconcile released a claim without a run",
        f"2026-11-22T12:08:00.000Z  {failed}, quota refunded",
        *OVER,
    ]
    ended = world.job(job.id)
    assert told(ended) == lines
    lines[3] = f"2026-11-22T12:08:00.000Z  {failed}"
    assert told(replace(ended, quota_refunded=False)) == lines


def test_a_timeline_tells_what_kept_a_result_from_being_saved(world):
    job = world.new_job()
    world.start_job(job.id)
    world.outputs.gone = True
    world.complete_job(job.id, world.provider.finish("run1"))
    [ending] = [line for line in told(world.job(job.id)) if "failed" in line]
    assert ending.endswith("be saved; try again. (the provider answers 404 for its file), quota refunded")


@pytest.mark.parametrize(("refunded", "quota"), [(True, ", quota refunded"), (False, "")])
def test_a_timeline_tells_who_ended_a_job_and_deleted_it(world, refunded, quota):
    job = world.new_job()
    world.clock.advance(seconds=1)
    CancelJob(jobs=world.jobs, provider=world.provider, clock=world.clock)(job.id, world.caller)
    deleted = replace(world.job(job.id), quota_refunded=refunded, deleted_at="2026-11-22T12:00:02.000Z")
    assert told(deleted) == [
        f"2026-11-22T12:00:01.000Z  canceled{quota}",
        "2026-11-22T12:00:02.000Z  deleted by its owner or an admin",
        *OVER,
    ]


def test_a_timeline_tells_what_a_job_waits_for_while_anything_moves_it(world):
    job = replace(world.new_job(), check_at="2026-11-22T12:03:00.000Z", updated_at="2026-11-22T12:00:01.000Z")
    looks = "2026-11-22T12:03:00.000Z  (the next reconciliation check)"
    assert told(job) == [looks, *OVER]
    waiting = replace(job, waiting_for="place")
    assert told(waiting) == ["2026-11-22T12:00:01.000Z  waiting for the place", looks, *OVER]
    assert told(replace(waiting, check_at=None)) == OVER


def test_what_is_kept_of_deliveries_of_an_ended_job_is_bounded(world):
    job = world.new_job()
    world.start_job(job.id)
    done = world.provider.finish("run1")
    for _ in range(80):
        delivered(world, job, done)
    assert len(world.job(job.id).deliveries) == 50
