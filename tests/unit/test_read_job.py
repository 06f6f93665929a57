import dataclasses

import pytest

from enhancer.domain.authorization import may_read
from enhancer.domain.owner import Caller, new_guest
from enhancer.errors import NotFound, Unauthorized
from enhancer.http.response_bodies import job_json
from enhancer.usecases.read_job import ReadJob, find_job
from enhancer.usecases.read_usage import ReadUsage


def test_waiting_ends_as_soon_as_the_job_moves(world):
    job, naps = world.new_job(), []

    def sleep(seconds):
        naps.append(seconds)
        if len(naps) == 3:
            world.start_job(job.id)

    assert ReadJob(jobs=world.jobs, sleep=sleep)(job.id, world.caller, wait=20).stage == "enhancing"
    assert len(naps) == 3


def test_waiting_ends_when_the_time_is_up(world):
    job, naps = world.new_job(), []
    assert ReadJob(jobs=world.jobs, sleep=naps.append)(job.id, world.caller, wait=2).stage == "queued"
    assert sum(naps) == 2


def test_without_wait_there_is_one_read(world):
    job = world.new_job()
    assert ReadJob(jobs=world.jobs, sleep=pytest.fail)(job.id, world.caller) == job


def test_a_job_is_only_its_owners(world):
    job = world.new_job()
    with pytest.raises(Unauthorized):
        ReadJob(jobs=world.jobs)(job.id, None)
    for job_id, caller in [(job.id, Caller(new_guest())), ("nonsense", world.caller), ("j" + "a" * 25, world.caller)]:
        with pytest.raises(NotFound):
            ReadJob(jobs=world.jobs)(job_id, caller)
    world.jobs.rows[job.id] = dataclasses.replace(job, deleted_at="2026-11-22T12:00:00.000Z")
    with pytest.raises(NotFound):
        ReadJob(jobs=world.jobs)(job.id, world.caller)


def test_an_admin_reads_and_waits_for_any_job(world):
    job, naps = world.new_job(), []
    admin = Caller(new_guest(), role="admin")
    assert ReadJob(jobs=world.jobs)(job.id, admin) == job
    assert ReadJob(jobs=world.jobs, sleep=naps.append)(job.id, admin, wait=1) == job
    assert len(naps) == 4


def test_the_document_of_a_job_hides_the_claim_and_shows_the_result(world):
    job = world.new_job()
    assert job_json(job)["status"] == "queued"
    assert job_json(job)["imageUrl"] is None
    world.clock.advance(seconds=2)
    world.start_job(job.id)
    assert job_json(world.job(job.id))["status"] == "processing"
    world.clock.advance(seconds=3)
    world.complete_job(job.id, world.provider.finish("run1"))
    done = job_json(world.job(job.id))
    assert done["status"] == "succeeded"
    assert done["imageUrl"] == f"/r2-ai/ai-enhancer/results/guest/{world.owner.id}/{job.id}/output.png"
    assert done["result"] == {
        "contentType": "image/png",
        "width": 160,
        "height": 120,
        "bytes": len(world.outputs.image),
        "sha256": world.job(job.id).output_sha256,
    }
    assert done["timings"] == {"queueMs": 2000, "modelMs": 900, "copyMs": 0, "totalMs": 5000}
    assert done["expires"] == {
        "original": "2026-11-23T12:00:00.000Z",
        "result": "2026-12-22T12:00:00.000Z",
        "record": "2027-02-20T12:00:00.000Z",
    }
    assert "user_id" not in str(done)


@pytest.mark.parametrize("job_id", ["", "x", "j" * 25, "../" + "j" * 23, "j" * 2000])
def test_the_table_is_asked_only_for_what_may_be_a_jobs_id(world, monkeypatch, job_id):
    """DynamoDB answers an empty or a long key with a fault, not with nothing."""
    monkeypatch.setattr(world.jobs, "get", lambda *_, **__: pytest.fail("asked"))
    with pytest.raises(NotFound):
        find_job(job_id, world.caller, may_read, jobs=world.jobs)


def test_usage_counts_down_and_starts_afresh(world):
    def now(caller=world.caller):
        return ReadUsage(usage=world.usage, limit=3, clock=world.clock)(caller)

    assert (now().used, now().remaining, now().reset_at) == (0, 3, None)
    assert (now(None).used, now(None).remaining) == (0, 3)
    world.new_job()
    assert (now().used, now().remaining, now().reset_at.isoformat()) == (1, 2, "2026-11-23T12:00:00+00:00")
    world.clock.advance(hours=24)
    assert (now().used, now().reset_at) == (0, None)
