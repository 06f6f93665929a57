"""One job each with a provider that answers badly: what its person, its operator and the books see.

The answers go through the real adapter; their bodies are those of `replicate_standin/tests/provider/examples` and of
the tests of the provider's own clients.
"""

import json
import string
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from enhancer.adapters.model_files import models
from enhancer.adapters.replicate import Replicate
from enhancer.domain.clock import to_text
from enhancer.domain.job import BEGIN, Status
from enhancer.domain.limits import run_counter_key
from enhancer.domain.messages import Message
from enhancer.errors import MessageNotSent, TransitionRefused
from enhancer.http.response_bodies import job_json
from enhancer.observability import InstrumentedProvider, instrumented
from operate.timeline import timeline
from tests.transport import session
from tests.unit.test_alarms import ALARMS, suffix
from tests.unit.test_observability import told

NO_TOKEN = {"title": "Unauthenticated", "detail": "You did not pass a valid authentication token", "status": 401}
NO_CREDIT = {"title": "Insufficient credit", "detail": "You have insufficient credit to run this model.", "status": 402}
NOT_ALLOWED = {"title": "Forbidden", "detail": "You may not run this model.", "status": 403}
NO_MODEL = {"detail": "The requested resource could not be found.", "status": 404}
NO_VERSION = {
    "title": "Invalid version or not permitted",
    "detail": "The specified version does not exist (or perhaps you don't have permission to use it?)",
    "status": 422,
}
RESET = requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset by peer")))
REFUSED = requests.ConnectionError(MaxRetryError(None, "/v1/predictions", NewConnectionError(None, "refused")))


@dataclass(frozen=True)
class Seen:
    """What one answer leaves: the job's status, what it waits for, its error; places taken; the alarms that ring."""

    outcome: str
    status: Status
    waiting_for: str | None = None
    error: str | None = None
    used: int = 1
    spent: int = 0
    alarms: tuple[str, ...] = ()


WAITS = Seen("account_refused", Status.QUEUED, "provider", alarms=("account-refusals",))
FAILS = Seen("refused", Status.FAILED, error="provider_error", used=0, alarms=("job-refusals",))
UNKNOWN = Seen("unknown", Status.STARTING, spent=1)

ANSWERS = {
    "401": ((401, NO_TOKEN), WAITS, "HTTP 401: Unauthenticated. You did not pass a valid authentication token"),
    "402": ((402, NO_CREDIT), WAITS, "HTTP 402: Insufficient credit. You have insufficient credit to run this model"),
    "403": ((403, NOT_ALLOWED), WAITS, "HTTP 403: Forbidden. You may not run this model"),
    "404": ((404, NO_MODEL), FAILS, "HTTP 404: The requested resource could not be found"),
    "422": (
        (422, NO_VERSION),
        FAILS,
        "HTTP 422: Invalid version or not permitted. The specified version does not exist",
    ),
    "429": ((429, {"retry_after": 8}), Seen("throttled", Status.QUEUED, "place"), "HTTP 429: retry after 8 s"),
    "500": ((500, b"<html>"), UNKNOWN, "HTTP 500"),
    "reset": (RESET, UNKNOWN, "ConnectionResetError"),
    "lost answer": (requests.ReadTimeout(), UNKNOWN, "ReadTimeout"),
    "unreachable": (REFUSED, Seen("unreachable", Status.QUEUED, "provider"), "NewConnectionError"),
}


def answering(world, answer):
    """The world's starter with the real adapter, watched as in the function; and what the provider received."""

    def answers(_):
        if isinstance(answer, Exception):
            return answer
        status, body = answer
        return status, {}, body if isinstance(body, bytes) else json.dumps(body).encode()

    http, transport = session(answers)
    provider = InstrumentedProvider(Replicate("https://api.replicate.com", lambda: "r8_secrettoken", models(), http))
    return replace(world.start_job, jobs=instrumented(world.jobs), provider=provider), transport


def ringing(metrics):
    """The alarms whose threshold these metrics reach, each by itself."""
    sums = {}
    for name, value, dimensions in told(metrics):
        if not dimensions:
            sums[name] = sums.get(name, 0) + value
    rings = []
    for alarm in ALARMS.values():
        properties = alarm["Properties"]
        if (
            properties.get("Namespace") == "ImageEnhancer"
            and sums.get(properties["MetricName"], 0) >= properties["Threshold"]
        ):
            rings.append(suffix(alarm))
    return tuple(sorted(rings))


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_told_to_everybody_who_has_to_know_it(world, lines, name):
    answer, seen, words = ANSWERS[name]
    job = world.new_job()
    start_job, transport = answering(world, answer)
    lines()
    assert start_job(job.id) == seen.outcome
    row = world.job(job.id)
    assert (row.status, row.waiting_for, row.error_type) == (seen.status, seen.waiting_for, seen.error)
    assert row.check_at is None or row.check_at > world.clock().isoformat(), "reconcile looks again"
    assert world.usage.quota(world.owner).used == seen.used
    assert world.usage.counters.get(run_counter_key(world.clock()), 0) == seen.spent
    assert len(transport.requests) == 1

    entries, metrics = lines()
    [said] = [entry for entry in entries if entry["message"] == "provider"]
    assert said["answer"].startswith(words)
    assert (said["call"], said["job_id"]) == ("create", job.id)
    assert [shown for metric, _, shown in told(metrics) if metric == "ProviderErrors"] == [
        {"answer": words.partition(":")[0]}
    ]
    assert ringing(metrics) == seen.alarms
    assert words in "\n".join(timeline(row))
    everything = json.dumps(entries) + "\n".join(timeline(row)) + json.dumps(job_json(row))
    assert "r8_secrettoken" not in everything
    assert "signed=GET" not in everything
    shown = job_json(row)
    assert shown["waitingFor"] == seen.waiting_for
    assert (shown["error"] or {}).get("type") == seen.error


def queued(world, number):
    """So many queued jobs of the world's owner."""
    job = world.new_job()
    made = [replace(job, id=f"p{letter * 25}") for letter in string.ascii_lowercase[:number]]
    world.jobs.rows = {each.id: each for each in made}
    return made


def test_no_two_answers_look_alike_to_the_operator(world, lines):
    kinds = []
    for job, (answer, _, _) in zip(queued(world, len(ANSWERS)), ANSWERS.values(), strict=True):
        world.usage.kept.clear()  # the pause of the answer before
        answering(world, answer)[0](job.id)
        kinds += [shown["answer"] for metric, _, shown in told(lines()[1]) if metric == "ProviderErrors"]
    assert len(set(kinds)) == len(ANSWERS), kinds


def test_five_unknown_outcomes_ring(world, lines):
    jobs = queued(world, 5)
    start_job, _ = answering(world, (502, b""))
    lines()
    for job in jobs:
        start_job(job.id)
    assert ringing(lines()[1]) == ("unknown-outcomes",)


def test_while_the_account_is_refused_no_further_run_is_asked_for(world):
    first = world.new_job()
    start_job, transport = answering(world, (402, NO_CREDIT))
    start_job(first.id)
    second = world.new_job()
    assert start_job(second.id) == "paused"
    assert len(transport.requests) == 1
    assert world.job(second.id).waiting_for == "provider"
    [(_, first_delay), (again, delay)] = world.messages.starts[-3:-2] + world.messages.starts[-1:]
    assert 300 <= first_delay <= 330
    assert 300 <= delay <= 330
    assert again == second.id
    assert world.job(second.id).check_at == to_text(world.clock() + timedelta(seconds=delay + 60))
    world.clock.advance(seconds=301)
    working = replace(start_job, provider=world.provider)
    assert [working(each.id) for each in (first, second)] == ["accepted", "accepted"]
    assert world.job(second.id).waiting_for is None


@pytest.mark.parametrize(("left", "jitter", "delay"), [(300, 0, 300), (300, 1, 330), (0.4, 0, 1), (3600, 1, 900)])
def test_a_job_comes_again_a_little_after_the_pause(world, monkeypatch, left, jitter, delay):
    monkeypatch.setattr("random.uniform", lambda low, high: low + jitter * (high - low))
    job, until = world.new_job(), to_text(world.clock() + timedelta(seconds=left))
    world.usage.put_if_absent("pause#provider", {"until": until}, world.clock(), 3600)
    assert world.start_job(job.id) == "paused"
    assert world.messages.starts[-1] == (job.id, delay)


def test_a_paused_job_that_moved_or_whose_message_is_lost_is_reconciles(world, monkeypatch):
    world.usage.put_if_absent("pause#provider", {"until": to_text(world.clock())}, world.clock(), 3600)
    job = world.new_job()
    world.messages.failing = MessageNotSent()
    assert world.start_job(job.id) == "paused"
    assert world.job(job.id).check_at

    def moved(row, _):
        raise TransitionRefused("update", row)

    monkeypatch.setattr(world.jobs, "update", moved)
    assert world.start_job(job.id) == "paused"


def test_a_pause_that_lasts_a_day_ends_jobs_with_a_true_sentence_and_their_quota(world):
    job = world.new_job()
    start_job, transport = answering(world, (401, NO_TOKEN))
    for _ in range(25 * 60):
        start_job(job.id)
        world.reconcile_jobs()
        world.clock.advance(minutes=1)
    row = world.job(job.id)
    assert (row.status, row.error_type, row.quota_refunded) == (Status.FAILED, "service_unavailable", True)
    assert row.error_code is Message.PROVIDER_STARTED_NO_RUNS
    assert len(transport.requests) == 24 * 12, "one try in five minutes"


def test_the_timeline_says_to_which_attempt_the_provider_answered(world):
    job = world.new_job()
    answering(world, (429, {"retry_after": 8}))[0](job.id)
    world.clock.advance(seconds=9)
    world.start_job(job.id)
    world.clock.advance(seconds=9)
    world.complete_job(job.id, world.provider.finish("run1", "failed", "please retry (code: PA)"))
    world.clock.advance(seconds=9)
    answering(world, (500, b""))[0](job.id)
    told = [line for line in timeline(world.job(job.id)) if "no known run" in line]
    assert [line.partition("  ")[2] for line in told] == [
        "attempt 1: the provider created no known run: HTTP 429: retry after 8 s",
        "attempt 2: the provider created no known run: HTTP 500",
    ]


def test_a_second_message_of_a_waiting_job_is_not_sent_on(world):
    first, second = queued(world, 2)
    start_job, _ = answering(world, (402, NO_CREDIT))
    start_job(first.id)
    sent = len(world.messages.starts)
    same = world.job(second.id)
    assert [start_job(second.id), len(world.messages.starts) - sent] == ["paused", 1]
    move = world.jobs.move
    # a duplicate that read the row before the first one wrote it
    world.jobs.move = lambda key, how, *more, **named: same if how is BEGIN else move(key, how, *more, **named)
    assert [start_job(second.id), len(world.messages.starts) - sent] == ["paused", 1]


@pytest.mark.parametrize("name", ["500", "reset", "lost answer"])
def test_what_is_not_known_ends_with_a_true_sentence_and_the_books_balanced(world, name):
    """No run was made: reconcile finds none, releases the claim once, and after the second time ends the job."""
    job = world.new_job()
    for _ in range(2):
        answering(world, ANSWERS[name][0])[0](job.id)
        world.clock.advance(minutes=4)
        world.reconcile_jobs()
    row = world.job(job.id)
    assert (row.status, row.error_code) == (Status.FAILED, Message.RUN_UNCONFIRMED)
    assert world.usage.quota(world.owner).used == 0
    assert world.usage.counters[run_counter_key(world.clock())] == 2, "each may have been paid"
