"""Faults of the create request: what the client is answered, and whether a prediction exists after it."""

import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.replicate.harness import FakeClock, HeldEngine, Outside, Service, check, eventually


def post(service: Service, image: str, **more: Any) -> requests.Response:
    return service.post({"version": "nightmareai/real-esrgan", "input": {"image": image}, **more})


def existing(service: Service) -> list[dict[str, Any]]:
    results = service.call("GET", "/v1/predictions", "page").json()["results"]
    assert isinstance(results, list)
    return results


def test_create_throttled_says_when_to_come_back(service: Service, image: str) -> None:
    service.set_faults({"fault": "create-throttled", "retry_after": 7})
    answer = post(service, image)
    check("throttled", answer.json())
    assert answer.status_code == 429
    assert answer.json() == {
        "detail": "Request was throttled. Your rate limit resets in ~7s.",
        "status": 429,
        "retry_after": 7,
    }
    assert existing(service) == []
    assert post(service, image).status_code == 201


def test_create_limited_is_a_bucket_of_six_a_minute_with_a_burst_of_one(
    service: Service, image: str, clock: FakeClock
) -> None:
    service.set_faults({"fault": "create-limited", "per_minute": 6, "burst": 1})
    statuses = []
    for _ in range(60):
        answer = post(service, image)
        statuses.append(answer.status_code)
        if answer.status_code == 429:
            check("throttled", answer.json())
        clock.turn(seconds=1)
    assert statuses == ([201] + [429] * 9) * 6
    assert service.fired() == [54]
    assert len(existing(service)) == 6


def test_create_limited_words_itself_as_the_provider_and_keeps_its_promise(
    service: Service, image: str, clock: FakeClock
) -> None:
    service.set_faults({"fault": "create-limited"})
    assert post(service, image).status_code == 201
    clock.turn(seconds=5)
    answer = post(service, image).json()
    assert answer["detail"] == (
        "Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute with a "
        "burst of 1 requests while you have less than $5.0 in credit. Your rate limit resets in ~5s."
    )
    clock.turn(seconds=answer["retry_after"])
    assert post(service, image).status_code == 201


def test_create_limited_lets_a_burst_through_and_fills_up_again(service: Service, image: str, clock: FakeClock) -> None:
    service.set_faults({"fault": "create-limited", "per_minute": 60, "burst": 3})
    for passed in (3, 2, 3):
        statuses = [post(service, image).status_code for _ in range(passed + 1)]
        assert statuses == [201] * passed + [429]
        clock.turn(seconds=2 if passed == 3 else 600)


def test_create_500_proves_nothing(service: Service, image: str) -> None:
    service.set_faults({"fault": "create-500"})
    assert post(service, image).status_code == 500
    assert existing(service) == []
    service.set_faults({"fault": "create-500", "accepted": True})
    assert post(service, image).status_code == 500
    [accepted] = existing(service)
    assert service.ended(accepted)["status"] == "succeeded"


def test_create_402_names_the_credit(service: Service, image: str) -> None:
    service.set_faults({"fault": "create-402"})
    answer = post(service, image)
    assert (answer.status_code, answer.json()["title"]) == (402, "Insufficient credit")
    assert existing(service) == []


def test_create_422_is_the_documented_one(service: Service, image: str) -> None:
    service.set_faults({"fault": "create-422"})
    answer = post(service, image)
    assert (answer.status_code, answer.json()["title"]) == (422, "Invalid version or not permitted")
    assert existing(service) == []


def test_an_invalid_request_is_refused_as_ever_and_uses_up_no_fault(service: Service, image: str) -> None:
    service.set_faults({"fault": "create-402"})
    assert post(service, image, idempotency_key="k").status_code == 422
    assert service.fired() == [0]


def test_create_answer_lost_closes_the_connection_and_the_prediction_runs(
    service: Service, outside: Outside, image: str
) -> None:
    service.set_faults({"fault": "create-answer-lost", "job": "ja"})
    hook = {"webhook": outside.url + "/hook?job=ja", "webhook_events_filter": ["completed"]}
    with pytest.raises(requests.ConnectionError, match="without response"):
        post(service, image, **hook)
    [lost] = existing(service)
    assert service.ended(lost)["status"] == "succeeded"
    eventually(lambda: outside.calls)
    assert outside.bodies()[0]["id"] == lost["id"]


def test_create_answer_lost_may_hold_the_client_past_its_time_out(
    service: Service, image: str, clock: FakeClock
) -> None:
    service.set_faults({"fault": "create-answer-lost", "held": 120})
    body = {"version": "nightmareai/real-esrgan", "input": {"image": image}}
    with pytest.raises(requests.ReadTimeout):
        service.session.post(service.url + "/v1/predictions", json=body, timeout=0.2)
    [lost] = existing(service)
    assert service.ended(lost)["status"] == "succeeded"
    clock.turn(seconds=120)
    assert post(service, image).status_code == 201


def test_a_held_answer_does_not_hold_up_the_end(tmp_path: Path, image: str, clock: FakeClock) -> None:
    service = Service(tmp_path / "held", clock=clock)
    try:
        service.set_faults({"fault": "create-answer-lost", "held": 120})
        body = {"version": "nightmareai/real-esrgan", "input": {"image": image}}
        with pytest.raises(requests.ReadTimeout):
            service.session.post(service.url + "/v1/predictions", json=body, timeout=0.2)
    finally:
        began = time.monotonic()
        service.close()
    assert time.monotonic() - began < 3


def test_webhook_before_answer_tells_the_end_before_the_beginning(
    service: Service, outside: Outside, image: str
) -> None:
    service.set_faults({"fault": "webhook-before-answer"})
    hook = {"webhook": outside.url + "/hook?job=ja", "webhook_events_filter": ["completed"]}
    answer = post(service, image, **hook)
    [told] = outside.bodies()
    assert (answer.status_code, answer.json()["status"]) == (201, "starting")
    assert (told["id"], told["status"]) == (answer.json()["id"], "succeeded")


def test_webhook_before_answer_gives_up_in_time_and_spares_who_wants_no_webhook(
    service: Service, outside: Outside, image: str, engine: HeldEngine
) -> None:
    service.set_faults({"fault": "webhook-before-answer", "seconds": 0, "times": None})
    engine.gate.clear()
    post(service, image)
    assert service.fired() == [0]
    hook = {"webhook": outside.url + "/hook?job=ja", "webhook_events_filter": ["completed"]}
    assert post(service, image, **hook).json()["status"] == "starting"
    assert (service.fired(), outside.calls) == ([1], [])
    engine.gate.set()
    eventually(lambda: outside.calls)
