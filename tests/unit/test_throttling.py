"""Many jobs at a provider that takes six creations a minute, one at a time: slow, and none is lost or stopped.

Lambda counts how often functions run in one chain of messages and stops a chain that comes round too often, unless
the function allows it. So the chains are counted here, and the template is asked what it allows.
"""

import dataclasses
import heapq
from datetime import datetime, timedelta

import pytest

from enhancer.domain.job import Status
from enhancer.errors import Throttled
from enhancer.usecases.expire_images import ExpireImages
from enhancer.usecases.start_job import MAX_DELAY
from tests.unit.test_template import FUNCTIONS, MAPPINGS, as_list, statements

EVERY = 10
"""Seconds: what Replicate grants below five dollars of credit (nodetool-ai/nodetool #5196, read 2026-11-22)."""
CHAIN = 16
"""A function that was invoked about so often in one chain of requests is not invoked again, and the message goes to
the dead letters (AWS, "Use Lambda recursive loop detection to prevent infinite loops" and the announcement of
2023-07-13, read 2026-11-25). AWS doesn't say how it counts a batch whose messages have unlike chains: here each
message counts for itself, which is the most that the rule can spare it."""


def longest_chain(function):
    """How many invocations of one chain the template lets a function have."""
    return CHAIN if FUNCTIONS[function].get("RecursiveLoop", "Terminate") == "Terminate" else 10**9


def throttle(world):
    """Let the world's provider take one creation every ten seconds."""
    create, next_free = world.provider.create, [world.clock()]

    def throttled(version, inputs, webhook):
        wait = (next_free[0] - world.clock()).total_seconds()
        if wait > 0:
            raise Throttled(wait)
        next_free[0] = world.clock() + timedelta(seconds=EVERY)
        return create(version, inputs, webhook)

    world.provider.create = throttled


def deliver(world, queue, chain):
    """Work the start queue until it is empty, with reconcile every minute; returns what Lambda stopped."""
    stopped = []
    sweep = world.clock() + timedelta(minutes=1)
    number = len(queue)
    depth = 0
    while queue or world.messages.starts:
        for job_id, delay in world.messages.starts:
            number += 1
            heapq.heappush(queue, (world.clock() + timedelta(seconds=delay), number, job_id, depth + 1))
        world.messages.starts.clear()
        due, _, job_id, depth = heapq.heappop(queue)
        world.clock.now = max(world.clock.now, due)
        while sweep <= world.clock():
            world.reconcile_jobs()
            sweep += timedelta(minutes=1)
            for resent, delay in world.messages.starts:
                number += 1
                heapq.heappush(queue, (world.clock() + timedelta(seconds=delay), number, resent, 1))
            world.messages.starts.clear()
        if depth > chain:
            stopped.append(job_id)
        else:
            world.start_job(job_id)  # it raises nothing: no message comes near the dead letters by itself
    return stopped


def crowd(world, size):
    """So many jobs of one owner, whose start messages wait."""
    world.create_job = dataclasses.replace(world.create_job, quota_jobs=size, daily_run_limit=size)
    world.start_job = dataclasses.replace(world.start_job, daily_run_limit=size)  # a refusal takes no place of it
    jobs = [world.new_job() for _ in range(size)]
    queue: list[tuple[datetime, int, str, int]] = [(world.clock(), n, job.id, 1) for n, job in enumerate(jobs)]
    world.messages.starts.clear()
    return jobs, queue


@pytest.mark.parametrize("size", [50, 100])
def test_a_crowd_outlasts_a_provider_that_takes_six_a_minute(world, size):
    jobs, queue = crowd(world, size)
    throttle(world)
    began = world.clock()
    stopped = deliver(world, queue, longest_chain("JobStartFunction"))
    assert stopped == [], "Lambda stops these chains: job_start allows no recursive loop in the template"
    assert len(world.provider.created) == size
    assert world.clock() - began >= timedelta(seconds=(size - 1) * EVERY)
    assert world.clock() - began < timedelta(seconds=size * EVERY * 1.2)
    for run in list(world.provider.runs):
        done = world.provider.finish(run)
        assert world.complete_job(str(done.input_path).split("/")[-2], done) == "succeeded"
    assert {world.job(job.id).status for job in jobs} == {Status.SUCCEEDED}
    assert world.usage.quota(world.owner).used == size


def test_the_rule_stops_most_of_a_crowd_that_does_not_allow_the_loop(world):
    """The model can tell: with Lambda's default the same crowd has its chains cut."""
    _, queue = crowd(world, 100)
    throttle(world)
    assert len(set(deliver(world, queue, CHAIN))) > 50


@pytest.mark.parametrize("seconds", [1, 60, MAX_DELAY])
def test_a_job_that_is_throttled_for_ever_sends_itself_again_for_a_day_at_most(world, seconds):
    """The bound of the loop that the template allows; reconcile doesn't see a job whose message always comes first."""
    [job], queue = crowd(world, 1)

    def full(*_):
        raise Throttled(seconds)

    world.provider.create = full
    began = world.clock()
    assert deliver(world, queue, longest_chain("JobStartFunction")) == []
    assert timedelta(hours=24) <= world.clock() - began < timedelta(hours=24, seconds=MAX_DELAY + 60)
    row = world.job(job.id)
    assert (row.status, row.error_type, row.quota_refunded) == (Status.FAILED, "service_unavailable", True)


def test_a_deletion_runs_chain_moves_on_in_the_order_of_keys_and_ends(world):
    """Half of what it passes stays, so that a run which began anew would see it again."""
    for number in range(1500):
        world.images.write(f"ai-enhancer/uploads/{number:04}", b"", "image/png", "")
        world.images.write(f"ai-enhancer/results/{number:04}", b"", "image/png", "")
    world.clock.advance(days=2)
    expire_images = ExpireImages(world.images, world.usage, world.messages, "ai-enhancer/", world.clock)
    handed: list[str] = []
    chain = 1
    expire_images(lambda: False, "", "")
    while world.messages.expiries:
        key, began = world.messages.expiries.pop()
        handed.append(key)
        chain += 1
        assert chain <= longest_chain("RetentionFunction"), "Lambda stops this chain"
        assert len(handed) <= 30, "the chain does not end"
        expire_images(lambda: False, key, began)
    assert len(handed) > CHAIN
    assert handed == sorted(set(handed), key=lambda key: ("results/" in key, key))
    assert len(world.images.objects) == 1500


def test_just_the_functions_of_a_loop_of_messages_allow_it():
    """A loop is what the roles permit: a function that may send to a queue that is read by it, at whatever remove."""
    reader = {each["EventSourceArn"]["!GetAtt"]: each["FunctionName"]["!Ref"] for each in MAPPINGS.values()}
    calls = {
        name: {
            reader[resource["!GetAtt"]]
            for statement in statements(function)
            if "sqs:SendMessage" in as_list(statement["Action"])
            for resource in as_list(statement["Resource"])
        }
        for name, function in FUNCTIONS.items()
    }

    def reached(name, seen=frozenset()):
        for callee in calls[name] - seen:
            seen = reached(callee, seen | {callee})
        return seen

    looping = {name for name in FUNCTIONS if name in reached(name)}
    assert looping == {"JobStartFunction", "RetentionFunction"}
    assert {name for name, each in FUNCTIONS.items() if each.get("RecursiveLoop") == "Allow"} == looping
