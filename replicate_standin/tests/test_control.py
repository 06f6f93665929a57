"""`/_control`: setting, showing and clearing faults; which of them acts when; that none set changes nothing."""

from pathlib import Path
from typing import Any

import pytest

from replicate_standin.faults.document import FAULTS_MAX
from replicate_standin.faults.table import FAULTS
from replicate_standin.tests.harness import FakeClock, HeldEngine, Outside, Service, eventually

HERE = Path(__file__).parent


def put(service: Service, body: Any) -> Any:
    return service.call("PUT", "/_control", json=body)


def job(outside: Outside, name: str) -> dict[str, Any]:
    return {"webhook": f"{outside.url}/hook?job={name}", "webhook_events_filter": ["completed"]}


def test_what_is_set_is_shown_with_its_defaults_and_its_count(service: Service, image: str) -> None:
    given = {"fault": "run-slow", "seconds": 0, "times": 2, "job": None, "share": 0.5, "seed": 3}
    answer = put(service, {"faults": [{"fault": "create-throttled"}, given]})
    shown = [
        {
            "fault": "create-throttled",
            "retry_after": 5,
            "shape": "body",
            "times": 1,
            "job": None,
            "share": 1.0,
            "seed": 0,
            "fired": 0,
        },
        {**given, "fired": 0},
    ]
    assert (answer.status_code, answer.json()) == (200, {"faults": shown})
    assert service.post({"version": "nightmareai/real-esrgan", "input": {"image": image}}).status_code == 429
    assert service.fired() == [1, 0]


def test_a_document_replaces_the_one_before_and_delete_clears(service: Service, image: str) -> None:
    service.set_faults({"fault": "create-402", "times": None})
    service.set_faults({"fault": "create-422", "times": None})
    body = {"version": "nightmareai/real-esrgan", "input": {"image": image}}
    assert service.post(body).status_code == 422
    cleared = service.call("DELETE", "/_control")
    assert (cleared.status_code, cleared.json()) == (200, {"faults": []})
    assert service.post(body).status_code == 201


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_control_needs_the_token(service: Service, method: str) -> None:
    assert service.call(method, "/_control", headers={"Authorization": None}).status_code == 401


@pytest.mark.parametrize(
    ("faults", "names"),
    [
        ([{"fault": "nothing"}], ["faults[0].fault", "'nothing'", *FAULTS]),
        ([{}], ["faults[0].fault", "None"]),
        ([{"fault": ["run-slow"]}], ["faults[0].fault"]),
        (["run-slow"], ["faults[0]: must be an object"]),
        ([{"fault": "run-slow", "second": 1}], ["faults[0].second", "seconds, times, job, share, seed"]),
        ([{"fault": "run-slow", "seconds": "1"}], ["faults[0].seconds: must be a number"]),
        ([{"fault": "run-slow", "seconds": True}], ["must be a number"]),
        ([{"fault": "run-slow", "seconds": None}], ["must be a number"]),
        ([{"fault": "run-slow", "seconds": -1}], ["must be from 0 to 86400"]),
        ([{"fault": "run-slow", "times": 0}], ["faults[0].times"]),
        ([{"fault": "run-slow", "times": 1.5}], ["must be a whole number"]),
        ([{"fault": "run-slow", "share": 1.1}], ["faults[0].share: must be from 0 to 1"]),
        ([{"fault": "run-slow", "job": ""}], ["faults[0].job"]),
        ([{"fault": "run-slow", "seed": "x"}], ["faults[0].seed"]),
        ([{"fault": "run-model-error", "text": ""}], ["faults[0].text"]),
        ([{"fault": "create-500", "accepted": 1}], ["must be true or false"]),
        ([{"fault": "create-402"}, {"fault": "x"}, {"fault": "create-402", "y": 1}], ["faults[1]", "faults[2].y"]),
        ([{"fault": "create-402"}] * (FAULTS_MAX + 1), ["100 at most"]),
        ("run-slow", ["faults"]),
    ],
)
def test_a_wrong_document_is_422_names_all_and_changes_nothing(
    service: Service, faults: object, names: list[str]
) -> None:
    service.set_faults({"fault": "create-402"})
    answer = put(service, {"faults": faults})
    assert answer.status_code == 422
    for name in names:
        assert name in answer.json()["detail"]
    assert service.fired() == [0]


@pytest.mark.parametrize("body", [[], {}, {"faults": [], "more": 1}, "faults"])
def test_a_document_of_another_shape_is_422(service: Service, body: object) -> None:
    assert put(service, body).status_code == 422


def test_a_document_that_is_not_json_is_400(service: Service) -> None:
    assert service.call("PUT", "/_control", data=b'{"faults": [NaN]}').status_code == 400


def test_a_fault_fires_as_often_as_it_says(service: Service, image: str) -> None:
    service.set_faults({"fault": "run-interrupted", "times": 2})
    ends = [service.ended(service.create(image))["status"] for _ in range(3)]
    assert ends == ["failed", "failed", "succeeded"]
    service.set_faults({"fault": "run-interrupted", "times": None})
    assert [service.ended(service.create(image))["status"] for _ in range(3)] == ["failed"] * 3
    assert service.fired() == [3]


def test_a_fault_may_be_for_one_job_only(service: Service, outside: Outside, image: str) -> None:
    service.set_faults({"fault": "run-interrupted", "times": None, "job": "jb"})
    ends = [
        service.ended(service.create(image, more=more))["status"]
        for more in ({}, job(outside, "ja"), job(outside, "jb"), job(outside, "jb"))
    ]
    assert ends == ["succeeded", "succeeded", "failed", "failed"]


def test_a_share_hits_the_same_opportunities_with_the_same_seed(service: Service, image: str) -> None:
    def statuses(seed: int) -> list[int]:
        service.set_faults({"fault": "create-402", "times": None, "share": 0.25, "seed": seed})
        body = {"version": "nightmareai/real-esrgan", "input": {"image": image}}
        return [service.post(body).status_code for _ in range(40)]

    first = statuses(1)
    assert statuses(1) == first
    assert statuses(2) != first
    assert 3 < first.count(402) < 20


def test_the_first_fault_that_takes_an_opportunity_acts_alone(service: Service, image: str) -> None:
    service.set_faults({"fault": "create-402"}, {"fault": "create-422", "times": None}, {"fault": "run-interrupted"})
    body = {"version": "nightmareai/real-esrgan", "input": {"image": image}}
    assert [service.post(body).status_code for _ in range(2)] == [402, 422]
    assert service.fired() == [1, 1, 0]


def test_faults_that_are_not_set_change_nothing(service: Service, outside: Outside, image: str) -> None:
    service.set_faults({"fault": "create-402"})
    service.call("DELETE", "/_control")
    for more in ({}, job(outside, "ja"), {"headers": {"Prefer": "wait"}}):
        done = service.ended(service.create(image, more=more))
        assert (done["status"], service.output(done).size) == ("succeeded", (48, 32))


def test_it_stops_cleanly_whatever_is_held_back(
    tmp_path: Path, outside: Outside, image: str, engine: HeldEngine, clock: FakeClock
) -> None:
    service = Service(tmp_path / "held", engine, clock)
    try:
        held = ("webhook-delayed", "webhook-reordered", "webhook-after-cancel", "run-stuck", "run-slow")
        service.set_faults(*({"fault": name, "job": name} for name in held))
        for name in held:
            service.create(image, more=job(outside, name))
        eventually(lambda: service.fired() == [1] * len(held))
    finally:
        service.close()
    assert service.engine_ended
    assert outside.calls == []


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_has_a_test_and_a_line_in_the_readme(name: str) -> None:
    tests = "".join(path.read_text() for path in HERE.glob("test_*_faults.py"))
    assert f'"fault": "{name}"' in tests
    assert f"`{name}`" in (HERE.parent / "README.md").read_text()
