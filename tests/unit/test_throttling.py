"""Fifty jobs at a provider that takes six creations a minute, one at a time: slow, and none is lost."""

import dataclasses
import heapq
from datetime import datetime, timedelta

from enhancer.domain.job import Status
from enhancer.errors import Throttled
from enhancer.usecases.complete_job import complete_job
from enhancer.usecases.start_job import start_job

JOBS = 50
EVERY = 10
"""Seconds: what Replicate grants below five dollars of credit (nodetool-ai/nodetool #5196, read 2026-11-22)."""


def test_fifty_jobs_outlast_a_provider_that_takes_six_a_minute(world):
    world.intake = dataclasses.replace(world.intake, quota_jobs=JOBS)
    world.starter = dataclasses.replace(world.starter, spend_ceiling=JOBS)  # a refusal takes no place of it
    jobs = [world.new_job() for _ in range(JOBS)]
    create, next_free = world.provider.create, [world.clock()]

    def throttled(version, inputs, webhook):
        wait = (next_free[0] - world.clock()).total_seconds()
        if wait > 0:
            raise Throttled(wait)
        next_free[0] = world.clock() + timedelta(seconds=EVERY)
        return create(version, inputs, webhook)

    world.provider.create = throttled
    began, received = world.clock(), 0
    queue: list[tuple[datetime, str]] = []
    while queue or world.messages.starts:
        for job_id, delay in world.messages.starts:
            heapq.heappush(queue, (world.clock() + timedelta(seconds=delay), job_id))
        world.messages.starts.clear()
        due, job_id = heapq.heappop(queue)
        world.clock.now = max(world.clock.now, due)
        start_job(job_id, world.starter)  # it raises nothing: no message comes near the dead letters
        received += 1
    assert world.clock() - began >= timedelta(seconds=(JOBS - 1) * EVERY)
    assert world.clock() - began < timedelta(hours=1)
    assert received > JOBS
    assert len(world.provider.created) == JOBS
    for run in list(world.provider.runs):
        done = world.provider.finish(run)
        assert complete_job(str(done.input_path).split("/")[-2], done, world.completer) == "succeeded"
    assert {world.job(job.id).status for job in jobs} == {Status.SUCCEEDED}
    assert world.usage.quota(world.owner).used == JOBS
