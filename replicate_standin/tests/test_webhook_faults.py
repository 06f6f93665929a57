"""Faults of the terminal webhook: what arrives at the client, how often, when and with which signature."""

from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from replicate_standin.tests.harness import SECRET, FakeClock, Outside, Service, eventually


def create(service: Service, outside: Outside, image: str, job: str = "ja") -> dict[str, Any]:
    hook = {"webhook": f"{outside.url}/hook?job={job}", "webhook_events_filter": ["completed"]}
    return service.create(image, more=hook)


def settled(service: Service, outside: Outside, image: str) -> None:
    """Return when whatever was due has arrived: a delivery that was queued after it has."""
    last = create(service, outside, image, "last")
    eventually(lambda: last["id"] in [body["id"] for body in outside.bodies()])


def test_webhook_dropped_never_comes(service: Service, outside: Outside, image: str, clock: FakeClock) -> None:
    service.set_faults({"fault": "webhook-dropped"})
    done = service.ended(create(service, outside, image))
    clock.turn(seconds=90)
    settled(service, outside, image)
    assert done["status"] == "succeeded"
    assert done["id"] not in [body["id"] for body in outside.bodies()]
    assert service.fired() == [1]


def test_webhook_duplicated_comes_twice_with_one_id(
    service: Service, outside: Outside, image: str, clock: FakeClock
) -> None:
    service.set_faults({"fault": "webhook-duplicated", "seconds": 20})
    create(service, outside, image)
    eventually(lambda: len(outside.calls) == 1)
    eventually(lambda: clock.turn(seconds=1) or len(outside.calls) == 2)
    (first, body), (second, same) = outside.calls
    assert (first["webhook-id"], body) == (second["webhook-id"], same)
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) >= 20
    for headers in (first, second):
        Webhook(SECRET).verify(body, headers)


def test_webhook_delayed_comes_late_and_is_still_tried_for_a_minute(
    service: Service, outside: Outside, image: str, clock: FakeClock
) -> None:
    service.set_faults({"fault": "webhook-delayed", "seconds": 300})
    outside.statuses = [204, 500]
    done = service.ended(create(service, outside, image))
    eventually(lambda: service.fired() == [1])
    clock.turn(seconds=299)
    settled(service, outside, image)
    assert len(outside.calls) == 1
    clock.turn(seconds=1)
    eventually(lambda: len(outside.calls) == 2)
    clock.turn(seconds=1)
    eventually(lambda: len(outside.calls) == 3)
    assert [body["id"] for body in outside.bodies()[1:]] == [done["id"]] * 2


def test_what_is_held_back_goes_on_when_the_faults_are_cleared(service: Service, outside: Outside, image: str) -> None:
    service.set_faults({"fault": "webhook-delayed", "seconds": 300})
    done = service.ended(create(service, outside, image))
    eventually(lambda: service.fired() == [1])
    service.call("DELETE", "/_control")
    eventually(lambda: outside.calls)
    assert outside.bodies() == [done]


def test_webhook_reordered_lets_the_next_go_first(service: Service, outside: Outside, image: str) -> None:
    service.set_faults({"fault": "webhook-reordered", "times": None})
    runs = [service.ended(create(service, outside, image, f"j{number}")) for number in range(2)]
    eventually(lambda: len(outside.calls) == 2)
    assert [body["id"] for body in outside.bodies()] == [run["id"] for run in reversed(runs)]
    assert service.fired() == [1]
    more = [service.ended(create(service, outside, image)) for _ in range(2)]
    eventually(lambda: len(outside.calls) == 4)
    assert [body["id"] for body in outside.bodies()[2:]] == [run["id"] for run in reversed(more)]


def test_webhook_reordered_does_not_wait_for_ever(
    service: Service, outside: Outside, image: str, clock: FakeClock
) -> None:
    service.set_faults({"fault": "webhook-reordered", "seconds": 30})
    service.ended(create(service, outside, image))
    eventually(lambda: service.fired() == [1])
    assert outside.calls == []
    clock.turn(seconds=30)
    eventually(lambda: outside.calls)


def test_webhook_badly_signed_is_never_verified(
    service: Service, outside: Outside, image: str, clock: FakeClock
) -> None:
    service.set_faults({"fault": "webhook-badly-signed"})
    outside.statuses = [401]
    create(service, outside, image)
    eventually(lambda: len(outside.calls) == 1)
    clock.turn(seconds=1)
    eventually(lambda: len(outside.calls) == 2)
    for headers, body in outside.calls:
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(body, headers)


@pytest.mark.parametrize("other", ["", "pother"])
def test_webhook_replayed_comes_again_for_another_job(
    service: Service, outside: Outside, image: str, other: str
) -> None:
    service.set_faults({"fault": "webhook-replayed", "other": other})
    create(service, outside, image, "ja")
    eventually(lambda: len(outside.calls) == 2)
    assert outside.calls[0] == outside.calls[1]
    Webhook(SECRET).verify(outside.calls[1][1], outside.calls[1][0])
    first, second = outside.called
    assert first == "/hook?job=ja"
    assert second == f"/hook?job={other}" if other else second != first
