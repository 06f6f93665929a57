"""The timeline of jobs that had a hard life."""

from enhancer.domain.prediction import Delivery
from enhancer.errors import OutcomeUnknown
from enhancer.usecases.complete_job import complete_job
from enhancer.usecases.reconcile_jobs import reconcile_jobs
from enhancer.usecases.start_job import start_job
from operate.story import story


def delivered(world, job, run):
    world.clock.advance(seconds=1)
    delivery = Delivery(f"msg_{run.id}", 1_700_000_000, "ab" * 32, run)
    return complete_job(job.id, run, world.completer, delivery)


def test_a_story_tells_attempts_deliveries_and_the_end_in_the_order_of_time(world):
    job = world.new_job()
    world.clock.advance(seconds=1)
    start_job(job.id, world.starter)
    lost = world.provider.finish("run1", "failed", "Prediction interrupted; please retry (code: PA)")
    assert delivered(world, job, lost) == "retried"
    world.clock.advance(seconds=1)
    start_job(job.id, world.starter)
    done = world.provider.finish("run2")
    assert delivered(world, job, done) == "succeeded"
    assert delivered(world, job, done) == "already ended"
    lines = story(world.job(job.id))
    told = [line.partition("  ")[2] for line in lines[1:]]
    expected = (
        "created by a guest: 40 x 30 pixels",
        "attempt 1: claimed",
        "attempt 1: run run1 accepted",
        "attempt 1: ended by the platform: Prediction interrupted; please retry (code: PA)",
        "delivery msg_run1: run run1 failed",
        "attempt 2: claimed",
        "attempt 2: run run2 accepted",
        "delivery msg_run2: run run2 succeeded",
        "saving began",
        "succeeded: 160 x 120 pixels",
        "delivery msg_run2: run run2 succeeded",
        "(the original's time is over)",
        "(the result's time is over)",
    )
    assert len(told) == len(expected)
    assert [begins for begins in expected if not any(line.startswith(begins) for line in told)] == []
    assert [line.partition("  ")[0] for line in lines[1:]] == sorted(line.partition("  ")[0] for line in lines[1:])
    assert lines[0].startswith(job.id)
    assert "https://" not in "".join(lines)


def test_a_story_tells_that_a_claim_was_given_back_and_why_the_job_failed(world):
    job = world.new_job()
    world.provider.answers = [OutcomeUnknown("HTTP 500"), OutcomeUnknown("HTTP 500")]
    for _ in range(2):
        start_job(job.id, world.starter)
        world.clock.advance(minutes=4)
        reconcile_jobs(world.reconciler)
    text = "\n".join(story(world.job(job.id)))
    assert "reconcile gave back a claim that had made no run" in text
    assert "failed: provider_error: The provider did not confirm the run" in text
    assert "quota given back" in text


def test_what_is_kept_of_deliveries_of_an_ended_job_is_bounded(world):
    job = world.new_job()
    start_job(job.id, world.starter)
    done = world.provider.finish("run1")
    for _ in range(80):
        delivered(world, job, done)
    assert len(world.job(job.id).deliveries) == 50
