"""Answers of the provider that are no predictions, and numbers that are no numbers: they hurt no job but their own."""

import contextlib
import dataclasses
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enhancer.adapters.model_files import models
from enhancer.adapters.outputs import ProviderOutputs
from enhancer.adapters.replicate import Replicate
from enhancer.adapters.replicate_prediction import NotAPrediction, read_prediction
from enhancer.domain.job import Status
from enhancer.domain.prediction import Delivery, Prediction
from enhancer.errors import ProviderError
from tests.transport import session
from tests.unit.conftest import make_world

MODEL = "nightmareai/real-esrgan"
RUN = {"id": "run1", "model": MODEL, "status": "succeeded", "output": "https://files.test/run1.png"}
ODD_TEXTS = st.sampled_from(
    ["", "https://[::1", "http://[::1", "https://[", "\ud800", "data:image/png;base64," + "A" * 9000, "//", "x" * 5000]
)
NUMBERS = st.one_of(st.floats(), st.integers(), st.sampled_from([10**400, -(10**400), 1e308]))
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=20) | ODD_TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9) | ODD_TEXTS, inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["id", "status", "model", "version", "input", "output", "error", "metrics"]
PREDICTIONS = st.dictionaries(st.sampled_from(FIELDS), JSON).map(lambda odd: RUN | odd)
ANSWERS = st.one_of(JSON, PREDICTIONS, PREDICTIONS.map(lambda run: {"results": [run]}))


def answering(body, status=200):
    made, _ = session(lambda _: (status, {}, body if isinstance(body, bytes) else json.dumps(body).encode()))
    return Replicate("https://api.replicate.com", lambda: "r8_token", models(), made)


def test_the_sweep_treats_the_others_whatever_one_runs_answer_is():
    for body in (
        {"detail": "internal"},
        "x",
        [],
        None,
        7,
        {"id": "a", "status": "succeeded", "input": [1]},
        {"id": "a", "status": "succeeded", "metrics": [1]},
        {"id": "a", "status": "succeeded", "input": {"image": "https://[::1"}},
        b'{"id": "a", "status": "succeeded", "metrics": {"predict_time": 1e400}}',
        b'{"id": "a", "status": "succeeded", "metrics": {"predict_time": NaN}}',
        b"[" * 100_000,
        b"<html>",
        b"\xff",
        b"",
    ):
        world = make_world()
        jobs = [world.new_job() for _ in range(3)]
        for job in jobs:
            world.start_job(job.id)
        world.clock.advance(minutes=5)
        odd = answering(body)
        runs = dict(world.provider.runs)
        world.provider.get = lambda run_id, odd=odd, runs=runs: odd.get(run_id) if run_id == "run1" else runs[run_id]
        treated = world.reconcile_jobs()
        assert treated.get("still_running", 0) >= 2, (body, treated)
        assert all(world.job(job.id).status is Status.PROCESSING for job in jobs), body
        assert all(world.job(job.id).check_at > "2026-11-22T12:05" for job in jobs), body


@given(ANSWERS, st.sampled_from([200, 404]))
@settings(max_examples=300, deadline=None)
def test_whatever_the_provider_answers_is_read_or_said_to_be_unreadable(body, status):
    client = answering(body, status)
    for call in (lambda: client.get("run1"), lambda: list(client.recent(datetime(2026, 11, 22, tzinfo=UTC), 2))):
        with contextlib.suppress(ProviderError):
            call()


@given(PREDICTIONS, st.sampled_from(["succeeded", "failed", "canceled", "starting"]))
@settings(max_examples=200, deadline=None)
def test_whatever_a_run_says_of_itself_its_job_ends_or_waits_and_the_others_are_treated(odd, status):
    """Through the sweep, the message and the completion, with the real reading of answers and of addresses."""
    world = make_world()
    job, other = world.new_job(), world.new_job()
    for each in (job, other):
        world.start_job(each.id)
    world.clock.advance(minutes=5)
    runs, client = dict(world.provider.runs), answering({**odd, "status": status})
    world.provider.get = lambda run_id: client.get(run_id) if run_id == "run1" else runs[run_id]
    treated = world.reconcile_jobs()
    assert sum(treated.values()) == 2
    assert "unexpected_error" not in treated
    try:
        run = read_prediction({**odd, "id": "run1", "status": status}, models())
    except NotAPrediction:
        return
    sent = Prediction.from_message(json.loads(json.dumps(run.to_message())))
    assert sent == run
    assert len(json.dumps(sent.to_message())) < 100_000, "it goes into a message"
    files, _ = session(lambda _: (200, {}, b"image"))
    outputs = ProviderOutputs(("files.test",), session=files, resolve=lambda _: ["1.1.1.1"], sleep=lambda _: None)
    complete_job = dataclasses.replace(world.complete_job, outputs=outputs)
    outcome = complete_job(job.id, sent, Delivery("msg", 1, "0" * 64, sent))
    assert outcome in {"failed", "retried", "still_running"}, outcome


@pytest.mark.parametrize(
    "raised", [KeyError("results"), AttributeError(), ValueError("x"), RecursionError(), TypeError()]
)
@pytest.mark.parametrize("where", ["treat", "reschedule_check", "get"])
def test_whatever_one_job_raises_the_others_have_their_turn_and_it_comes_again(world, monkeypatch, raised, where):
    first, second, third = (world.new_job() for _ in range(3))
    for job in (first, second, third):
        world.start_job(job.id)
    world.clock.advance(minutes=5)
    read, reschedule_check, ask = world.jobs.get, world.jobs.reschedule_check, world.provider.get

    def of_the_first(original, job_id):
        def call(given, *rest, **named):
            if (given if isinstance(given, str) else given.id) == job_id:
                raise raised
            return original(given, *rest, **named)

        return call

    if where == "treat":
        monkeypatch.setattr(world.provider, "get", of_the_first(ask, "run1"))
    if where == "reschedule_check":
        monkeypatch.setattr(world.jobs, "reschedule_check", of_the_first(reschedule_check, first.id))
    if where == "get":
        monkeypatch.setattr(world.jobs, "get", of_the_first(read, first.id))
    told = []
    treated = world.reconcile_jobs(reconciled=lambda *each: told.append(each))
    assert treated == {"unexpected_error": 1, "still_running": 2}
    assert sorted(told, key=str) == [("still_running", None)] * 2 + [("unexpected_error", raised)]
    assert (world.jobs.rows[first.id].check_at > "2026-11-22T12:05") is (where == "treat")
