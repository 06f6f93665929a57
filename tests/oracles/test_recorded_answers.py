"""The stand-in and the adapter against answers of the real API (recorded, refusals and error codes in fixtures)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests

from enhancer.adapters.model_files import files, read_file
from enhancer.adapters.replicate import Replicate
from enhancer.adapters.replicate_prediction import read_prediction
from enhancer.domain.prediction import Prediction, decide
from enhancer.errors import AccountRefused, OutcomeUnknown, Refused, Throttled
from replicate_standin.model_file import read_models
from replicate_standin.tests.harness import TOKEN, FakeClock, HeldEngine, Outside, Service, eventually
from tests.transport import session

FIXTURES = Path(__file__).parent / "fixtures"
RECORDED = json.loads((FIXTURES / "recorded.json").read_text())["answers"]
REFUSALS = json.loads((FIXTURES / "refusals.json").read_text())["refusals"]
CODES = json.loads((FIXTURES / "error_codes.json").read_text())
MODELS = {model.slug: model for model in map(read_file, files())}
PREDICTIONS = [each for each in RECORDED if re.search(r"/predictions(/|$)", each["path"]) and each["status"] < 400]
VERSION = "0fbacf7afc6c144e5be9767cff80f25aff23e52b0708f17e20f9879b2f21516c"
# What the OpenAPI document of 2026 has and the recordings of 2023 and 2024 do not.
SINCE = {"data_removed", "source", "deadline"}
# What the recordings have of old and of streaming, and the stand-in has no use for.
GONE = {"stream", "webhook_completed", "created_at", "weights_url"}


def label(each: dict[str, Any]) -> str:
    return f"{each.get('from', each.get('by'))} {each.get('method', '')} {each['status']}"


def recorded(pattern: str, status: str | None = None) -> list[dict[str, Any]]:
    """Return the recorded answers of calls like that, of predictions with that status."""
    return [
        each
        for each in RECORDED
        if re.search(pattern, f"{each['method']} {each['path']}")
        and each["status"] < 400
        and (status is None or each["body"]["status"] == status)
    ]


def same_members(ours: dict[str, Any], theirs: list[dict[str, Any]]) -> None:
    """Fail unless an answer has what all the recorded ones have, and nothing that none of them has."""
    names = [set(each["body"]) - GONE for each in theirs]
    assert set.intersection(*names) <= set(ours)
    assert set(ours) - SINCE - GONE <= set.union(*names)


def test_a_prediction_shows_what_the_recorded_ones_show(service: Service, image: str, engine: HeldEngine) -> None:
    engine.gate.clear()
    created = service.create(image)
    same_members(created, recorded(r"^POST /v1/predictions$", "starting"))
    waiting = service.create(image)
    same_members(service.reaches(created, "processing"), recorded(r"^GET /v1/predictions/", "processing"))
    same_members(service.get(waiting), recorded(r"^GET /v1/predictions/", "starting"))
    same_members(service.cancel(created), recorded(r"^POST /v1/predictions/x*.*/cancel", "canceled"))
    engine.gate.set()
    same_members(service.ended(waiting), recorded(r"^GET /v1/predictions/", "succeeded"))


def test_models_and_versions_show_what_the_recorded_ones_show(service: Service) -> None:
    model = service.call("GET", "/v1/models/tencentarc/gfpgan", "model").json()
    same_members(model, recorded(r"^GET /v1/models/[^/]+/[^/]+$"))
    version = service.call("GET", f"/v1/models/tencentarc/gfpgan/versions/{VERSION}", "version").json()
    assert version == model["latest_version"]
    theirs = recorded(r"^GET /v1/models/[^/]+/[^/]+/versions/")
    same_members(version, theirs)
    for each in theirs:
        schemas = each["body"]["openapi_schema"]["components"]["schemas"]
        assert set(schemas) == set(version["openapi_schema"]["components"]["schemas"])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (("POST", "/v1/predictions"), r"^POST /v1/predictions$"),
        (("POST", "/v1/models/nightmareai/real-esrgan/predictions"), r"^POST /v1/models/.*/predictions$"),
        (("GET", "/v1/predictions/{id}"), r"^GET /v1/predictions/"),
        (("POST", "/v1/predictions/{id}/cancel"), r"^POST /v1/predictions/.*/cancel$"),
        (("GET", "/v1/models/tencentarc/gfpgan"), r"^GET /v1/models/[^/]+/[^/]+$"),
        (("GET", f"/v1/models/tencentarc/gfpgan/versions/{VERSION}"), r"^GET /v1/models/.*/versions/"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_answers_tell_the_rate_limits_as_recorded(
    service: Service, image: str, clock: FakeClock, ours: tuple[str, str], theirs: str
) -> None:
    limits = [
        {name: value for name, value in each["headers"].items() if name.startswith("ratelimit")}
        for each in recorded(theirs)
    ]
    made = service.ended(service.create(image))
    version = {} if "/models/" in ours[1] else {"version": "nightmareai/real-esrgan"}
    body = {"json": {"input": {"image": image}, **version}} if ours[1].endswith("/predictions") else {}
    clock.turn(seconds=1)
    answer = service.call(ours[0], ours[1].format(**made), **body)
    assert {name: answer.headers[name] for name in ("ratelimit-remaining", "ratelimit-reset")} in limits


def test_limits_count_down_within_a_second(service: Service, image: str) -> None:
    """As run__concurrently.yaml has it: 599, 598, 597, 596."""
    body = {"version": "nightmareai/real-esrgan", "input": {"image": image}}
    remaining = [service.post(body).headers["ratelimit-remaining"] for _ in range(4)]
    assert remaining == ["599", "598", "597", "596"]


def test_a_wait_is_said_to_be_applied(service: Service, image: str) -> None:
    [waited] = {each["headers"]["preference-applied"] for each in RECORDED if "preference-applied" in each["headers"]}
    answer = service.post({"version": "nightmareai/real-esrgan", "input": {"image": image}}, Prefer=waited)
    assert answer.headers["preference-applied"] == waited == "wait=10"


@pytest.mark.parametrize("refusal", [each for each in REFUSALS if each["by"]], ids=label)
def test_what_is_refused_is_refused_as_the_provider_does(tmp_path: Path, image: str, refusal: dict[str, Any]) -> None:
    properties = {
        "image": {"type": "string", "format": "uri"},
        "prompt": {"type": "string"},
        "num_inference_steps": {"type": "integer", "maximum": 4},
        "output_format": {"type": "string", "enum": ["jpg", "png"]},
    }
    path = tmp_path / "models.json"
    model = {"slug": "a/b", "versions": ["0" * 64], "image_field": "image", "output": []}
    path.write_text(json.dumps([model | {"input": {"required": ["prompt"], "properties": properties}}]))
    service = Service(tmp_path / "state", models=read_models(path))
    try:
        answer = refused(service, image, refusal["by"])
    finally:
        service.close()
    body = answer.json()
    if "retry_after" in body:  # these differ by where in its second the clock is
        body = json.loads(json.dumps(body).replace("~10s", "~5s")) | {"retry_after": 5}
    assert (answer.status_code, body) == (refusal["status"], refusal["body"])
    if "content_type" in refusal:
        assert answer.headers["Content-Type"].partition(";")[0] == refusal["content_type"]


def refused(service: Service, image: str, by: str) -> requests.Response:
    """Make the call that is refused in this way."""
    url, headers = service.url + "/v1/predictions", {"Authorization": f"Bearer {TOKEN}"}
    good: dict[str, Any] = {"version": "nightmareai/real-esrgan", "input": {"image": image}}
    body = {
        "an unknown version": good | {"version": "0" * 63 + "1"},
        "wrong fields": {"version": "0" * 64, "input": {"num_inference_steps": 28}},
        "a wrong choice": {"version": "0" * 64, "input": {"prompt": "x", "output_format": "webp"}},
        "a body with model in the place of version": {"model": "a/b", "input": {}},
    }.get(by, good)
    if by == "a wrong token":
        headers = {"Authorization": "Bearer wrong"}
    if by == "no token":
        headers = {}
    if by == "a community model by its name":
        url, body = service.url + "/v1/models/tencentarc/gfpgan/predictions", {"input": {"img": image}}
    if by.startswith("create-"):
        service.set_faults({"fault": by})
    if by == "create-limited":
        service.session.post(url, json=body, timeout=10)
    return requests.post(url, json=body, headers=headers, timeout=10)


@pytest.mark.parametrize("code", CODES["codes"] + CODES["unlisted"], ids=lambda each: each["code"])
def test_each_error_code_can_be_had_in_the_words_that_were_seen(
    service: Service, image: str, code: dict[str, Any]
) -> None:
    kind = "run-interrupted" if code["code"] == "PA" else "run-director-error"
    service.set_faults({"fault": kind, "code": code["code"]})
    error = service.ended(service.create(image))["error"]
    assert code["code"] in error
    assert error in code["said"] or not code["said"]


# ---- The adapter ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", PREDICTIONS, ids=label)
def test_the_adapter_reads_every_recorded_prediction(answer: dict[str, Any]) -> None:
    read = read_prediction(answer["body"], MODELS)
    assert (read.id, read.status) == (answer["body"]["id"], answer["body"]["status"])
    seconds = answer["body"].get("metrics", {}).get("predict_time")
    assert read.model_ms == (None if seconds is None else round(seconds * 1000))


@pytest.mark.parametrize(
    "path", sorted((FIXTURES / "models").glob("*.json")), ids=lambda path: path.stem.replace("__", "/")
)
def test_the_adapter_reads_the_real_prediction_of_every_listed_model(path: Path) -> None:
    example = json.loads(path.read_text())["example"]
    if "id" in example:  # of one there is only the input
        assert read_prediction(example, MODELS).status == "succeeded"


@pytest.mark.parametrize("answer", [each for each in PREDICTIONS if each["status"] == 201], ids=label)
def test_every_recorded_creation_is_taken_for_one(answer: dict[str, Any]) -> None:
    assert adapter(201, answer["headers"], answer["body"]).create("v", {}, "https://e").id == answer["body"]["id"]


@pytest.mark.parametrize("refusal", REFUSALS, ids=label)
def test_the_adapter_knows_what_each_refusal_proves(refusal: dict[str, Any]) -> None:
    provider = adapter(refusal["status"], {"content-type": "application/problem+json"}, refusal["body"])
    account = dict.fromkeys((401, 402, 403), AccountRefused)
    expected = (account | {429: Throttled, 500: OutcomeUnknown}).get(refusal["status"], Refused)
    with pytest.raises(expected) as raised:
        provider.create("v", {}, "https://e")
    assert raised.value.kind == f"HTTP {refusal['status']}"
    assert "https://" not in str(raised.value)
    if isinstance(raised.value, Throttled):
        assert raised.value.retry_after == 5
    else:
        assert refusal["body"]["detail"][:20].strip() in str(raised.value)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (each["code"], said)
        for each in CODES["codes"] + CODES["unlisted"]
        for said in each["said"] or [f"({each['code']})"]
    ],
)
def test_who_pays_follows_from_the_providers_error_code(code: str, said: str) -> None:
    """E1001 asks for a smaller input; all others are the provider's own, to be repeated. The person pays for none."""
    run = Prediction("run1", "failed", error=said)
    first, second = (decide(run, attempt=attempt, cancel_requested=False) for attempt in (1, 2))
    if code == "E1001":
        assert (first.action, first.error_type) == ("fail", "image_too_large")
    else:
        assert (first.action, second.action, second.error_type) == ("retry", "fail", "provider_error")
    assert second.refund


@pytest.mark.parametrize("said", CODES["died"]["said"])
def test_a_process_that_died_is_the_platforms_whatever_it_guesses(said: str) -> None:
    run = Prediction("run1", "failed", error=said)
    first, second = (decide(run, attempt=attempt, cancel_requested=False) for attempt in (1, 2))
    assert (first.action, second.action, second.error_type) == ("retry", "fail", "provider_error")
    assert second.refund


def adapter(status: int, headers: dict[str, str], body: Any) -> Replicate:
    """Return the adapter before a provider that gives one answer to everything."""
    answering, _ = session(lambda _: (status, headers, json.dumps(body).encode()))
    return Replicate("https://api.replicate.com", lambda: "t", MODELS, answering)


def test_a_webhook_before_the_end_has_no_output_either(service: Service, outside: Outside, image: str) -> None:
    service.create(image, more={"webhook": outside.url + "/hook", "webhook_events_filter": ["start", "completed"]})
    eventually(lambda: len(outside.calls) == 2)
    first, last = outside.bodies()
    assert ("output" in first, "output" in last) == (False, True)
