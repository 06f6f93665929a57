"""An image that ends the process which works on it ends its own job after three deaths, and no other."""

from enhancer.domain.job import MAX_CRASHES, Status
from enhancer.domain.messages import Message
from enhancer.errors import Throttled, TooMuchWork
from tests.unit.simulation import Killed, Outage


def failing(monkeypatch, imaging, call, error):
    calls = []

    def fails(*arguments):
        calls.append(arguments)
        raise error

    monkeypatch.setattr(imaging, call, fails)
    return calls


def deliver(world, treat, patience=60):
    """Let reconcile send messages and treat each, every minute; how many minutes until the job has ended."""
    for minute in range(patience):
        world.reconcile_jobs()
        try:
            if treat() not in {"skipped", "already_ended"}:
                return minute
        except (Killed, Outage):
            pass
        world.clock.advance(minutes=1)
    return None


def test_a_start_that_kills_its_process_ends_its_job_after_three_deaths(world, monkeypatch):
    job = world.new_job()
    looks = failing(monkeypatch, world.imaging, "prepare", Killed())
    assert deliver(world, lambda: world.start_job(job.id)) <= 6
    row = world.job(job.id)
    assert (row.status, row.error_type, row.quota_refunded) == (Status.FAILED, "validation_error", True)
    assert row.error_code is Message.IMAGE_TOO_COMPLEX
    assert MAX_CRASHES <= len(looks) <= MAX_CRASHES + 2
    assert world.provider.runs == {}
    assert world.start_job(job.id) == "skipped"


def processing(world):
    job = world.new_job()
    assert world.start_job(job.id) == "accepted"
    return job, world.provider.finish("run1")


def test_a_completion_that_kills_its_process_ends_its_job_after_three_deaths(world, monkeypatch):
    job, run = processing(world)
    saves = failing(monkeypatch, world.imaging, "finish", Killed())
    assert deliver(world, lambda: world.complete_job(job.id, run)) <= 6
    row = world.job(job.id)
    assert (row.status, row.error_type, row.quota_refunded) == (Status.FAILED, "provider_error", True)
    assert row.error_code is Message.RESULT_TOO_COMPLEX
    assert MAX_CRASHES <= len(saves) <= MAX_CRASHES + 2


def test_an_outage_at_a_start_is_not_the_images_fault(world, monkeypatch):
    """However often it fails with an error, it is tried again."""
    job = world.new_job()
    failing(monkeypatch, world.images, "head", Outage())
    assert deliver(world, lambda: world.start_job(job.id), patience=20) is None
    assert (world.job(job.id).status, world.job(job.id).tries) == (Status.QUEUED, None)


def test_an_outage_at_a_completion_is_not_the_images_fault(world, monkeypatch):
    job, run = processing(world)
    failing(monkeypatch, world.images, "write", Outage())
    assert deliver(world, lambda: world.complete_job(job.id, run), patience=20) is None
    assert (world.job(job.id).status, world.job(job.id).tries) == (Status.PROCESSING, None)


def test_a_job_that_is_throttled_for_an_hour_is_not_given_up(world, monkeypatch):
    job = world.new_job()
    with monkeypatch.context() as patched:
        failing(patched, world.provider, "create", Throttled(30))
        for _ in range(60):
            assert world.start_job(job.id) == "throttled"
            world.clock.advance(minutes=1)
    assert world.start_job(job.id) == "accepted"
    assert not world.job(job.id).tries


def test_many_messages_at_once_are_no_deaths(world, monkeypatch):
    """While one function works, others that got messages of the same job must not end it."""
    job = world.new_job()
    prepare, outcomes = world.imaging.prepare, []

    def works(*arguments):
        if len(outcomes) < 2 * MAX_CRASHES:
            outcomes.append(None)
            outcomes[outcomes.index(None)] = world.start_job(job.id)
        return prepare(*arguments)

    monkeypatch.setattr(world.imaging, "prepare", works)
    assert world.start_job(job.id) == "skipped", "the last one was the fastest"
    assert "image_crashed_workers" not in outcomes
    assert world.job(job.id).status is Status.PROCESSING


def test_too_much_work_ends_a_job_at_once_and_says_so(world, monkeypatch):
    job = world.new_job()
    failing(monkeypatch, world.imaging, "prepare", TooMuchWork())
    assert world.start_job(job.id) == "image_too_complex"
    assert world.job(job.id).error_code is Message.IMAGE_TOO_COMPLEX
    monkeypatch.undo()
    other, run = processing(world)
    failing(monkeypatch, world.imaging, "finish", TooMuchWork())
    assert world.complete_job(other.id, run) == "failed"
    assert world.job(other.id).error_code is Message.RESULT_TOO_COMPLEX
    assert world.job(other.id).quota_refunded
