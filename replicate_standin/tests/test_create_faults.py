"""Faults of the create request: what the client is answered, and whether a prediction exists after it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from replicate_standin.tests.harness import FakeClock, HeldEngine, Outside, Service, check, eventually


def post(service: Service, image: str, problem: bool = True, **more: Any) -> requests.Response:
    return service.post({"version": "nightmareai/real-esrgan", "input": {"image": image}, **more}, problem=problem)


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


@pytest.mark.parametrize(
    ("shape", "headers"),
    [
        ("documented", {}),
        ("header", {"Retry-After": "7"}),
        ("ratelimit", {"ratelimit-reset": "7", "ratelimit-remaining": "0"}),
    ],
)
def test_create_throttled_has_other_shapes(service: Service, image: str, shape: str, headers: dict[str, str]) -> None:
    service.set_faults({"fault": "create-throttled", "retry_after": 7, "shape": shape})
    answer = post(service, image, problem=False)
    check("throttled", answer.json())
    assert (answer.status_code, set(answer.json())) == (429, {"detail"})
    assert headers.items() <= dict(answer.headers).items()
    assert ("Retry-After" in answer.headers) == ("Retry-After" in headers)


def test_create_throttled_may_name_a_date(service: Service, image: str) -> None:
    service.set_faults({"fault": "create-throttled", "retry_after": 3600, "shape": "date"})
    named = parsedate_to_datetime(post(service, image, problem=False).headers["Retry-After"])
    assert 3590 < (named - datetime.now(UTC)).total_seconds() <= 3600


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [({"fault": "create-500"}, 500, "application/json"), ({"fault": "create-502"}, 502, "text/html")],
)
def test_a_5xx_proves_nothing(service: Service, image: str, fault: dict[str, Any], status: int, kind: str) -> None:
    service.set_faults(fault)
    answer = post(service, image, problem=False)
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (status, kind)
    assert existing(service) == []
    service.set_faults({**fault, "accepted": True})
    assert post(service, image, problem=False).status_code == status
    [accepted] = existing(service)
    assert service.ended(accepted)["status"] == "succeeded"


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ({"fault": "create-401"}, 401, "You did not pass a valid authentication token"),
        ({"fault": "create-402"}, 402, "You have insufficient credit to run this model."),
        ({"fault": "create-403"}, 403, "<h1>Sorry, you have been blocked</h1>"),
        ({"fault": "create-404"}, 404, "The requested resource could not be found."),
        ({"fault": "create-422"}, 422, "The specified version does not exist"),
        ({"fault": "create-422", "about": "input"}, 422, "- input: mask is required"),
    ],
)
def test_a_refusal_says_so_and_nothing_exists(
    service: Service, image: str, fault: dict[str, Any], status: int, words: str
) -> None:
    service.set_faults(fault)
    answer = post(service, image, problem=status != 403)
    assert answer.status_code == status
    assert words in answer.text
    assert existing(service) == []
    assert post(service, image).status_code == 201


def test_create_reset_leaves_nothing(service: Service, image: str) -> None:
    service.set_faults({"fault": "create-reset"})
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        post(service, image)
    assert existing(service) == []


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        ("list", lambda given: isinstance(given, list)),
        ("null", lambda given: given is None),
        ("text", lambda given: given == "created"),
        ("empty", lambda given: given == {}),
        ("without-id", lambda given: "status" in given and "id" not in given),
        ("metrics", lambda given: isinstance(given["metrics"], list)),
        ("input", lambda given: isinstance(given["input"], list)),
        ("urls", lambda given: given["urls"] is None),
    ],
)
def test_create_garbage_runs_and_shows_no_prediction(
    service: Service, image: str, body: str, shape: Callable[[Any], bool]
) -> None:
    service.set_faults({"fault": "create-garbage", "body": body})
    given = {"version": "nightmareai/real-esrgan", "input": {"image": image}}
    answer = service.call("POST", "/v1/predictions", json=given)
    assert answer.status_code == 201
    assert shape(answer.json())
    [accepted] = existing(service)
    assert service.ended(accepted)["status"] == "succeeded"


def test_create_official_names_another_version_and_model(service: Service, outside: Outside, image: str) -> None:
    service.set_faults({"fault": "create-official", "model": "replicate-internal/real-esrgan"})
    hook = {"webhook": outside.url + "/hook", "webhook_events_filter": ["completed"]}
    created = post(service, image, **hook).json()
    done = service.ended(created)
    eventually(lambda: outside.calls)
    for shown in (created, done, *outside.bodies()):
        assert (shown["version"], shown["model"]) == (
            "dp-a557b7387b4940df25b23f779dc534c4",
            "replicate-internal/real-esrgan",
        )
    service.set_faults({"fault": "create-official", "version": "d-c6559c5791b50af57b69f4a73f8e021c"})
    created = post(service, image).json()
    assert (created["version"][:4], created["model"]) == ("d-c6", "nightmareai/real-esrgan")


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
