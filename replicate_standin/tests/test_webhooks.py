"""What the stand-in tells, when, how it signs, and how often it tries."""

import pytest
from standardwebhooks import Webhook

from replicate_standin.deliveries import ATTEMPTS_AT
from replicate_standin.tests.harness import SECRET, FakeClock, HeldEngine, Outside, Service, check, eventually


def hooked(outside: Outside, *events: str) -> dict[str, object]:
    """Return the body fields that ask for webhooks; no events means no filter."""
    fields: dict[str, object] = {"webhook": outside.url + "/hook?job=1"}
    return fields | ({"webhook_events_filter": list(events)} if events else {})


def completed(outside: Outside) -> list[dict[str, object]]:
    return [body for body in outside.bodies() if "completed_at" in body]


def test_a_delivery_is_signed_as_standard_webhooks_says(service: Service, outside: Outside, image: str) -> None:
    created = service.create(image, more=hooked(outside, "completed"))
    eventually(lambda: outside.calls)
    [(headers, body)] = outside.calls
    check("webhook_headers", headers)
    payload = Webhook(SECRET).verify(body, headers)
    assert payload == service.get(created)
    assert payload["status"] == "succeeded"
    assert headers["user-agent"].startswith("replicate-standin/")


def test_without_a_filter_outputs_and_completion_are_told(service: Service, outside: Outside, image: str) -> None:
    service.create(image, more=hooked(outside))
    eventually(lambda: completed(outside))
    told = [(body["status"], body["output"] is not None) for body in outside.bodies()]
    assert told == [("processing", True), ("succeeded", True)]


def test_every_event_can_be_had_in_order(service: Service, outside: Outside, image: str) -> None:
    service.create(image, more=hooked(outside, "start", "output", "logs", "completed"))
    eventually(lambda: completed(outside))
    bodies = outside.bodies()
    assert (bodies[0]["status"], bodies[0]["logs"]) == ("processing", "")
    assert bodies[1]["logs"]
    assert bodies[-2]["output"]
    assert len({headers["webhook-id"] for headers, _ in outside.calls}) == len(bodies) == 4


def test_only_what_the_filter_names_is_told(service: Service, outside: Outside, image: str) -> None:
    service.ended(service.create(image, more=hooked(outside, "start")))
    service.ended(service.create(image, more={**hooked(outside), "webhook_events_filter": []}))
    service.create(image, more=hooked(outside, "completed"))
    eventually(lambda: completed(outside))
    assert [body["status"] for body in outside.bodies()] == ["processing", "succeeded"]


def test_a_failed_and_a_canceled_run_are_told(
    service: Service, outside: Outside, image: str, engine: HeldEngine
) -> None:
    service.create(outside.url + "/missing.png", more=hooked(outside, "completed"))
    eventually(lambda: outside.calls)
    engine.gate.clear()
    canceled = service.create(image, more=hooked(outside, "completed"))
    service.reaches(canceled, "processing")
    service.call("POST", f"/v1/predictions/{canceled['id']}/cancel")
    eventually(lambda: len(outside.calls) == 2)
    assert [body["status"] for body in outside.bodies()] == ["failed", "canceled"]


def test_an_aborted_run_is_not_told(
    service: Service, outside: Outside, image: str, engine: HeldEngine, clock: FakeClock
) -> None:
    engine.gate.clear()
    service.create(image)
    waiting = service.create(image, more={**hooked(outside), "headers": {"Cancel_After": "5s"}})
    clock.turn(seconds=5)
    assert service.ended(waiting)["status"] == "aborted"
    engine.gate.set()
    last = service.create(image, more=hooked(outside, "completed"))
    eventually(lambda: outside.calls)
    assert [body["id"] for body in outside.bodies()] == [last["id"]]


@pytest.mark.parametrize("status", [301, 400, 404, 410, 429, 500, 503])
def test_a_completion_is_retried_with_the_same_id_until_taken(
    service: Service, outside: Outside, image: str, clock: FakeClock, status: int
) -> None:
    outside.statuses = [status, status]
    service.create(image, more=hooked(outside, "completed"))
    eventually(lambda: len(outside.calls) == 1)
    clock.turn(seconds=1)
    eventually(lambda: len(outside.calls) == 2)
    clock.turn(seconds=2)
    eventually(lambda: len(outside.calls) == 3)
    clock.turn(seconds=90)
    assert service.ended(service.create(image))["status"] == "succeeded"
    assert len(outside.calls) == 3
    assert len({headers["webhook-id"] for headers, _ in outside.calls}) == 1
    assert len({headers["webhook-timestamp"] for headers, _ in outside.calls}) >= 2
    assert len({body for _, body in outside.calls}) == 1
    for headers, body in outside.calls:
        Webhook(SECRET).verify(body, headers)
    assert all(path != "/elsewhere" for path, _ in outside.gets)


def test_the_last_try_is_a_minute_after_completion(
    service: Service, outside: Outside, image: str, clock: FakeClock
) -> None:
    outside.statuses = [500] * 20
    service.create(image, more=hooked(outside, "completed"))
    before = 0
    for number, offset in enumerate(ATTEMPTS_AT, 1):
        clock.turn(seconds=offset - before)
        before = offset
        eventually(lambda number=number: len(outside.calls) == number)
    clock.turn(seconds=600)
    service.ended(service.create(image))
    assert len(outside.calls) == len(ATTEMPTS_AT)
    assert ATTEMPTS_AT[-1] == 60


def test_intermediate_events_are_never_retried(
    service: Service, outside: Outside, image: str, clock: FakeClock
) -> None:
    outside.statuses = [500, 500]
    service.create(image, more=hooked(outside, "start", "output", "completed"))
    eventually(lambda: completed(outside))
    clock.turn(seconds=90)
    service.ended(service.create(image))
    assert len(outside.calls) == 3


def test_a_receiver_that_comes_back_is_reached(service: Service, image: str, clock: FakeClock) -> None:
    gone = Outside()
    gone.close()
    service.ended(service.create(image, more=hooked(gone, "completed")))
    back = Outside(port=int(gone.url.rpartition(":")[2]))
    try:
        clock.turn(seconds=1)
        eventually(lambda: back.calls)
    finally:
        back.close()


def test_logs_are_told_at_most_twice_a_second(tmp_path, outside: Outside, image: str, clock: FakeClock) -> None:
    class Chatty(HeldEngine):
        def enlarge(self, rgb, size, progress, cancelled):
            for done in range(1, 40):
                progress(done, 40)
            return super().enlarge(rgb, size, progress, cancelled)

    service = Service(tmp_path / "chatty", Chatty(), clock)
    try:
        created = service.create(image, more=hooked(outside, "logs", "completed"))
        assert service.ended(created)["logs"].count("\n") > 40
        eventually(lambda: completed(outside))
        assert len(outside.calls) == 2
    finally:
        service.close()
