"""Faults of a run: what a client that polls, and one that is called back, sees of it."""

import json

import pytest
import requests

from replicate_standin.tests.harness import FakeClock, HeldEngine, Outside, Service, eventually

PIXEL_CAP = (
    "Input image of dimensions (2000, 3000, 3) has a total number of pixels 6000000 greater than the max size that "
    "fits in GPU memory on this hardware, 2096704. Resize input image and try again."
)


def hooked(outside: Outside, job: str = "ja") -> dict[str, object]:
    return {"webhook": f"{outside.url}/hook?job={job}", "webhook_events_filter": ["completed"]}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"fault": "run-interrupted"}, "Prediction interrupted; please retry (code: PA)"),
        ({"fault": "run-interrupted", "code": ""}, "Prediction interrupted; please retry"),
        ({"fault": "run-director-error"}, "Director: unexpected error handling prediction (E8765)"),
        ({"fault": "run-director-error", "code": "E6716"}, "Director: unexpected error handling prediction (E6716)"),
        ({"fault": "run-model-error"}, "CUDA error: device-side assert triggered"),
        ({"fault": "run-model-error", "text": "no faces found"}, "no faces found"),
        (
            {"fault": "run-pixel-cap", "width": 3000, "height": 2000},
            PIXEL_CAP,
        ),
    ],
)
def test_a_failed_run_says_why_to_all_who_ask(
    service: Service, outside: Outside, image: str, fault: dict[str, object], error: str
) -> None:
    service.set_faults(fault)
    failed = service.ended(service.create(image, more=hooked(outside)))
    assert (failed["status"], failed["error"], failed["output"]) == ("failed", error, None)
    eventually(lambda: outside.calls)
    assert outside.bodies() == [failed]
    assert service.ended(service.create(image))["status"] == "succeeded"


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("real-esrgan", "CUDA out of memory. Tried to allocate 2.00 GiB"),
        ("gfpgan", "[Errno 2] No such file or directory: '/tmp/tmp3v9c1zxk/out..png'"),
        ("codeformer", "local variable 'output_img' referenced before assignment"),
    ],
)
def test_run_out_of_memory_is_said_as_the_model_says_it(service: Service, image: str, model: str, error: str) -> None:
    service.set_faults({"fault": "run-out-of-memory"})
    failed = service.ended(service.create(image, model))
    assert (failed["status"], failed["error"], failed["output"]) == ("failed", error, None)


def test_run_unknown_status_is_shown_to_all_who_ask(service: Service, outside: Outside, image: str) -> None:
    service.set_faults({"fault": "run-unknown-status"})
    created = service.create(image, more=hooked(outside))
    eventually(lambda: outside.calls)
    told = json.loads(outside.calls[0][1])
    shown = service.call("GET", f"/v1/predictions/{created['id']}").json()
    assert (told["status"], shown["status"]) == ("expired", "expired")
    assert shown["completed_at"]


@pytest.mark.parametrize("told", [False, True])
def test_run_aborted_ends_before_it_starts(service: Service, outside: Outside, image: str, told: bool) -> None:
    service.set_faults({"fault": "run-aborted", "told": told})
    aborted = service.ended(service.create(image, more=hooked(outside)))
    assert aborted["status"] == "aborted"
    assert "started_at" not in aborted
    last = service.create(image, more=hooked(outside))
    eventually(lambda: len(outside.calls) == 1 + told)
    assert {body["id"] for body in outside.bodies()} == {last["id"]} | ({aborted["id"]} if told else set())


def test_run_stuck_stays_starting_and_lets_the_others_pass(service: Service, image: str) -> None:
    service.set_faults({"fault": "run-stuck"})
    stuck = service.create(image)
    assert service.ended(service.create(image))["status"] == "succeeded"
    assert service.get(stuck)["status"] == "starting"
    assert service.cancel(stuck)["status"] == "canceled"
    assert "started_at" not in service.get(stuck)


def test_run_stuck_ends_with_its_deadline_or_when_cleared(service: Service, image: str, clock: FakeClock) -> None:
    service.set_faults({"fault": "run-stuck", "times": None})
    freed = service.create(image)
    doomed = service.create(image, more={"headers": {"Cancel_After": "10m"}})
    clock.turn(minutes=10)
    assert service.ended(doomed)["status"] == "aborted"
    assert service.get(freed)["status"] == "starting"
    service.call("DELETE", "/_control")
    assert service.ended(freed)["status"] == "succeeded"


def test_run_slow_ends_later_and_lets_the_others_pass(
    service: Service, outside: Outside, image: str, clock: FakeClock
) -> None:
    service.set_faults({"fault": "run-slow", "seconds": 40})
    slow = service.create(image, more=hooked(outside))
    service.reaches(slow, "processing")
    assert service.ended(service.create(image))["status"] == "succeeded"
    clock.turn(seconds=39)
    assert service.ended(service.create(image))["status"] == "succeeded"
    assert (service.get(slow)["status"], outside.calls) == ("processing", [])
    clock.turn(seconds=1)
    done = service.ended(slow)
    assert (done["status"], done["metrics"]["predict_time"] >= 40) == ("succeeded", True)


def test_run_slow_can_be_cancelled(service: Service, outside: Outside, image: str) -> None:
    service.set_faults({"fault": "run-slow", "seconds": 40})
    slow = service.create(image, more=hooked(outside))
    service.reaches(slow, "processing")
    assert service.cancel(slow)["status"] == "canceled"
    eventually(lambda: outside.calls)
    assert [body["status"] for body in outside.bodies()] == ["canceled"]
    assert service.get(slow)["output"] is None


def test_webhook_after_cancel_tells_of_a_success(service: Service, outside: Outside, image: str) -> None:
    service.set_faults({"fault": "webhook-after-cancel"})
    late = service.create(image, more=hooked(outside))
    service.reaches(late, "processing")
    assert service.ended(service.create(image))["status"] == "succeeded"
    assert outside.calls == []
    assert service.cancel(late)["status"] == "processing"
    eventually(lambda: outside.calls)
    [told] = outside.bodies()
    assert (told["id"], told["status"]) == (late["id"], "succeeded")
    assert service.get(late) == told
    assert service.output(told).size == (48, 32)


def test_webhook_after_cancel_holds_when_the_model_is_still_at_work(
    service: Service, outside: Outside, image: str, engine: HeldEngine
) -> None:
    service.set_faults({"fault": "webhook-after-cancel"})
    engine.gate.clear()
    late = service.create(image, more=hooked(outside))
    eventually(lambda: engine.running)
    assert service.cancel(late)["status"] == "processing"
    engine.gate.set()
    assert service.ended(late)["status"] == "succeeded"


def test_webhook_after_cancel_ends_by_itself_and_heeds_the_deadline(
    service: Service, image: str, clock: FakeClock
) -> None:
    service.set_faults({"fault": "webhook-after-cancel", "seconds": 60, "times": None})
    late = service.create(image)
    doomed = service.create(image, more={"headers": {"Cancel_After": "30s"}})
    service.reaches(doomed, "processing")
    clock.turn(seconds=30)
    assert service.ended(doomed)["status"] == "canceled"
    assert service.get(late)["status"] == "processing"
    clock.turn(seconds=30)
    assert service.ended(late)["status"] == "succeeded"


def test_output_erased_leaves_the_record_only(service: Service, outside: Outside, image: str) -> None:
    service.set_faults({"fault": "output-erased"})
    created = service.create(image, more=hooked(outside))
    erased = eventually(lambda: (now := service.get(created))["data_removed"] and now)
    assert (erased["status"], erased["output"], erased["input"]) == ("succeeded", None, {})
    eventually(lambda: outside.calls)
    [told] = outside.bodies()
    assert told["data_removed"] is False
    assert requests.get(told["output"], timeout=20).status_code == 404


def test_output_erased_may_come_later(service: Service, image: str, clock: FakeClock) -> None:
    service.set_faults({"fault": "output-erased", "seconds": 300})
    done = service.ended(service.create(image))
    clock.turn(seconds=299)
    assert service.output(service.get(done)).size == (48, 32)
    clock.turn(seconds=1)
    eventually(lambda: service.get(done)["data_removed"])
