"""The provider fails as a run is created (faults of replicate_standin/README.md): how the job ends, over the API."""

import pytest

from tests.integration.faulty_provider import SUCCEEDED, End, fault, until


def test_a_throttled_creation_is_asked_for_again(faulty_job):
    assert faulty_job(fault("create-throttled", retry_after=1)).end() == SUCCEEDED


def test_all_jobs_succeed_where_creations_are_limited(installation, orders):
    made = orders(3)
    installation.set(fault("create-limited", per_minute=60))
    for each in made:
        each.create()
    assert [each.end() for each in made] == [SUCCEEDED] * 3


@pytest.mark.parametrize("answer", [fault("create-404"), fault("create-422"), fault("create-422", about="input")])
def test_a_refused_job_ends_and_its_place_in_the_quota_is_returned(faulty_job, answer):
    assert faulty_job(answer).end() == End("failed", "provider_error", used=0, runs=0)


@pytest.mark.parametrize("answer", ["create-401", "create-402", "create-403"])
def test_a_refused_account_lets_jobs_wait_and_says_so(installation, faulty_job, orders, answer):
    order = faulty_job(fault(answer))
    waiting = until(lambda: (job := order.look())["waitingFor"] and job)
    assert (waiting["status"], waiting["waitingFor"], waiting["error"]) == ("queued", "provider", None)
    [other] = orders(1)
    other.create()
    assert until(lambda: other.look()["waitingFor"]) == "provider", "no job is sent while starting pauses"
    assert (order.runs(), other.runs()) == ([], [])
    installation.end_pause()
    for each in (order, other):
        each.reconcile()
        assert each.end() == SUCCEEDED


@pytest.mark.parametrize(
    ("times", "end"), [(1, SUCCEEDED), (2, End("failed", "provider_error", used=0, runs=0))], ids=["once", "twice"]
)
@pytest.mark.parametrize("answer", ["create-500", "create-502", "create-reset"])
def test_a_claim_that_made_no_run_is_given_back_once(installation, faulty_job, times, end, answer):
    order = faulty_job(fault(answer, times=times))
    for fires in range(1, times + 1):
        until(lambda count=fires: installation.fired() == [count])
        assert (order.look()["status"], order.runs()) == ("queued", [])
        order.reconcile()
    assert order.end() == end


LOST_ANSWERS = pytest.mark.parametrize(
    "lost", [fault("create-500", accepted=True), fault("create-answer-lost")], ids=lambda lost: lost["fault"]
)


@LOST_ANSWERS
def test_a_run_whose_create_answer_was_lost_is_adopted_by_its_webhook(faulty_job, lost):
    assert faulty_job(lost).end() == SUCCEEDED


@LOST_ANSWERS
def test_a_run_whose_create_answer_and_webhook_were_lost_is_adopted_by_reconcile(faulty_job, lost):
    order = faulty_job(lost, fault("webhook-dropped"))
    order.run_is("succeeded")
    assert order.look()["status"] == "queued"
    order.reconcile()
    assert order.end() == SUCCEEDED


def test_a_webhook_before_the_create_answer_finishes_the_job(faulty_job):
    assert faulty_job(fault("webhook-before-answer")).end() == SUCCEEDED


def test_a_job_cancelled_while_its_claim_made_no_run_is_withdrawn(installation, faulty_job):
    order = faulty_job(fault("create-500"))
    until(lambda: installation.fired() == [1])
    assert order.guest.call("POST", f"/api/ai-image/jobs/{order.id}/cancel").status_code == 202
    order.reconcile()
    assert order.end() == End("canceled", used=0, runs=0)
