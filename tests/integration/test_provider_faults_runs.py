"""The provider goes wrong during a run: lost by the platform, failed, aborted, stuck, slow, not to be cancelled."""

import pytest

from tests.integration.faulty_provider import FOR_EVER, REFUNDED, SUCCEEDED, End, fault

PLATFORM_FAULTS = pytest.mark.parametrize("platform", ["run-interrupted", "run-director-error"])


@PLATFORM_FAULTS
def test_a_run_that_the_platform_lost_is_repeated(faulty_job, platform):
    assert faulty_job(fault(platform)).end() == End("succeeded", runs=2)


@PLATFORM_FAULTS
def test_a_second_run_that_the_platform_lost_ends_the_job(faulty_job, platform):
    assert faulty_job(fault(platform, times=None)).end() == End("failed", "provider_error", used=0, runs=2)


def test_each_attempt_gets_its_own_run_where_every_answer_and_webhook_is_lost(faulty_job):
    order = faulty_job(
        fault("create-answer-lost", times=None), fault("webhook-dropped", times=None), fault("run-interrupted")
    )
    order.run_is("failed")
    order.reconcile()
    order.run_is("failed", "succeeded")
    order.reconcile()
    assert order.end() == End("succeeded", runs=2)


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (fault("run-model-error"), "provider_error"),
        (fault("run-model-error", text="CUDA out of memory. Tried to allocate 20.00 GiB"), "image_too_large"),
        (fault("run-pixel-cap"), "image_too_large"),
    ],
    ids=["model", "memory", "pixel cap"],
)
def test_a_run_that_the_model_fails_costs_its_person_nothing(faulty_job, failure, error):
    assert faulty_job(failure).end() == End("failed", error, used=0)


def test_an_image_that_the_models_filter_refuses_is_counted(faulty_job):
    end = faulty_job(fault("run-model-error", text="NSFW content detected. Try a different image.")).end()
    assert end == End("failed", "validation_error", used=1)


def test_an_aborted_run_that_tells_so_gives_the_quota_back(faulty_job):
    assert faulty_job(fault("run-aborted", told=True)).end() == REFUNDED


def test_an_aborted_run_that_sends_no_webhook_is_found_by_reconcile(faulty_job):
    order = faulty_job(fault("run-aborted"))
    order.run_is("aborted")
    assert order.reaches("enhancing")
    order.reconcile()
    assert order.end() == REFUNDED


def test_a_stuck_run_is_left_alone_until_its_owner_cancels_it(faulty_job):
    order = faulty_job(fault("run-stuck"))
    before = order.reaches("enhancing")
    order.reconcile()
    assert (order.look()["stage"], order.look()["status"]) == (before["stage"], before["status"])
    asked = order.guest.call("POST", f"/api/ai-image/jobs/{order.id}/cancel")
    assert (asked.status_code, asked.json()["data"]["cancelRequested"]) == (202, True)
    assert order.end() == End("canceled")


def test_a_slow_run_is_waited_for(installation, faulty_job):
    order = faulty_job(fault("run-slow", seconds=FOR_EVER))
    order.run_is("processing")
    order.reaches("enhancing")
    order.reconcile()
    assert order.look()["status"] == "processing"
    installation.clear()
    assert order.end() == SUCCEEDED


def test_a_run_that_succeeds_although_it_was_cancelled_is_kept(faulty_job):
    order = faulty_job(fault("webhook-after-cancel", seconds=FOR_EVER))
    order.run_is("processing")
    order.reaches("enhancing")
    assert order.guest.call("POST", f"/api/ai-image/jobs/{order.id}/cancel").status_code == 202
    assert order.end() == SUCCEEDED
