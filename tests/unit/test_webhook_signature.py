import base64
import hashlib
import json
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from standardwebhooks import Webhook, webhooks

from enhancer.adapters.model_files import models
from enhancer.adapters.webhook_signature import WebhookSignature
from enhancer.errors import Unauthorized, ValidationFailed

ROOT = Path(__file__).parents[2]
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
OLD = "whsec_" + base64.b64encode(b"o" * 32).decode()
BODY = json.dumps(
    {
        "id": "run",
        "status": "succeeded",
        "input": {"image": "https://r2.test/bucket/uploads/k/input.png?X-Amz-Signature=abc", "scale": 4},
        "output": "https://replicate.delivery/x/output.png",
        "metrics": {"predict_time": 1.5},
        "logs": "long",
    }
).encode()


def signed(body=BODY, secret=SECRET, at=None, **changes):
    at = at or datetime.now(UTC)
    signature = Webhook(secret).sign("msg_1", at, body.decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    return body, headers | changes


def verify(body, headers, secrets=(SECRET,)):
    return WebhookSignature(lambda: secrets, models()).verify(body, headers)


def test_a_signed_delivery_is_reduced_to_what_decides():
    at = datetime.now(UTC)
    delivery = verify(*signed(at=at))
    assert (delivery.webhook_id, delivery.timestamp) == ("msg_1", int(at.timestamp()))
    assert delivery.sha256 == hashlib.sha256(BODY).hexdigest()
    run = delivery.prediction
    assert (run.id, run.status, run.model_ms) == ("run", "succeeded", 1500)
    assert run.input_path == "/bucket/uploads/k/input.png"
    assert run.output_url == "https://replicate.delivery/x/output.png"
    assert "Signature" not in json.dumps(delivery.to_message())


def test_two_secrets_are_valid_while_one_is_replaced():
    assert verify(*signed(secret=OLD), secrets=(SECRET, OLD))
    with pytest.raises(Unauthorized):
        verify(*signed(secret=OLD))


def test_one_good_signature_among_bad_ones_is_enough():
    body, headers = signed()
    for bad in ("v1,AAAA", "v1a,AAAA", "garbage", "v1,%%%", "v1,a,b"):
        assert verify(body, headers | {"webhook-signature": f"{bad} {headers['webhook-signature']}"})


@pytest.mark.parametrize(("place", "accepted"), [(0, True), (4, True), (5, False), (7, False)])
def test_the_first_five_signatures_count(place, accepted):
    body, headers = signed()
    several = ["v1," + "A" * 43 + "="] * 8
    several[place] = headers["webhook-signature"]
    with nullcontext() if accepted else pytest.raises(Unauthorized):
        verify(body, headers | {"webhook-signature": " ".join(several)})


def test_a_run_is_read_as_its_models_file_says():
    body = {"id": "run", "status": "starting", "model": "tencentarc/gfpgan", "input": {"img": "https://r2.test/b/key"}}
    body["input"] = {"note": "https://elsewhere.test/x", **body["input"]}
    assert verify(*signed(json.dumps(body).encode())).prediction.input_path == "/b/key"


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_each_header_must_be_there(missing):
    body, headers = signed()
    del headers[missing]
    with pytest.raises(Unauthorized):
        verify(body, headers)


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": "0"},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "9" * 400},
        {"webhook-signature": ""},
        {"webhook-signature": "garbage"},
        {"webhook-signature": "v1,a,b"},
        {"webhook-signature": "v1,%%%"},
        {"webhook-signature": "v1,ä"},
        {"webhook-signature": "v2," + "A" * 44},
    ],
)
def test_a_changed_header_is_refused(changes):
    body, headers = signed(**changes)
    with pytest.raises(Unauthorized):
        verify(body, headers)


def test_a_changed_body_is_refused():
    body, headers = signed()
    with pytest.raises(Unauthorized):
        verify(body.replace(b"succeeded", b"failed   "), headers)
    with pytest.raises(Unauthorized):
        verify(b"\xff" + body, headers)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_more_than_five_minutes_off_is_refused(minutes):
    with pytest.raises(Unauthorized):
        verify(*signed(at=datetime.now(UTC) + timedelta(minutes=minutes)))


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"{}", b'{"id": "x"}', b'{"id": 1, "status": "y"}', b"[" * 200_000])
def test_a_signed_body_that_is_no_prediction_is_told(body):
    with pytest.raises(ValidationFailed):
        verify(*signed(body=body))


@pytest.fixture
def hmacs(monkeypatch):
    """The keys of all HMACs that the library makes."""
    made = []
    real = webhooks.hmac_data
    monkeypatch.setattr(webhooks, "hmac_data", lambda key, data: made.append(key) or real(key, data))
    return made


@pytest.mark.parametrize("entry", ["a", "v1,", "v1," + "A" * 43 + "=", "v1a,x", "v1,%%%", "v1,a,b", ",", "\t"])
@pytest.mark.parametrize("number", [1, 6, 5000])
def test_a_header_of_many_signatures_costs_one_hmac_a_secret(hmacs, entry, number):
    body, headers = signed()
    hmacs.clear()
    with pytest.raises(Unauthorized):
        verify(body, headers | {"webhook-signature": " ".join([entry] * number)}, secrets=(SECRET, OLD))
    assert len(hmacs) <= 2


def test_the_fifth_signature_counts_and_the_sixth_does_not():
    body, headers = signed()
    for before, taken in ((4, True), (5, False)):
        given = " ".join(["v1,AAAA"] * before + [headers["webhook-signature"]])
        if taken:
            assert verify(body, headers | {"webhook-signature": given})
        else:
            with pytest.raises(Unauthorized):
                verify(body, headers | {"webhook-signature": given})


def test_a_call_that_is_too_old_costs_no_hmac(hmacs):
    body, headers = signed(at=datetime.now(UTC) - timedelta(minutes=6))
    hmacs.clear()
    with pytest.raises(Unauthorized):
        verify(body, headers)
    assert hmacs == []


@pytest.mark.parametrize("encoded", [False, True])
def test_a_body_that_is_no_delivery_is_refused_by_its_length(load, hmacs, encoded):
    app = load("replicate_webhook")
    event = json.loads((ROOT / "events/replicate_webhook.json").read_text())
    body = b"x" * (app.MAX_BYTES + 1)
    event |= {"body": base64.b64encode(body).decode() if encoded else body.decode(), "isBase64Encoded": encoded}
    answer = app.handler(event, SimpleNamespace(aws_request_id="request"))
    assert answer["statusCode"] == 413
    assert json.loads(answer["body"])["error"]["details"] == {"size": len(body), "maxBytes": app.MAX_BYTES}
    assert hmacs == []
