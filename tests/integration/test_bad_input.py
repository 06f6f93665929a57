"""Whatever is sent, the answer is a clear error of ours or the gateway's, and nothing is made."""

import gzip
import json
import time

import pytest
import requests
from standardwebhooks import Webhook

from tests.images import make_image
from tests.integration.api_client import MODEL, Client

JOBS, UPLOADS, GENERATE = "/api/ai-image/jobs", "/api/ai-image/uploads", "/api/ai-image/generate"
JSON = "application/json"
FORM = "multipart/form-data; boundary=x"
UNKNOWN_ID = "p" + "a" * 25


@pytest.fixture(scope="module")
def guest(stack):
    with Client(stack.base_url) as client:
        assert client.send(make_image()).status_code == 202
        yield client


@pytest.fixture(scope="module")
def upload_id(guest):
    return guest.upload(make_image(), "image/png")


def part(head, body=b"v"):
    return b"--x\r\n" + head + b"\r\n\r\n" + body + b"\r\n"


def field(name, body=b"v"):
    return part(b'Content-Disposition: form-data; name="' + name + b'"', body)


def image(body, name=b"image", filename=b"a.png"):
    return part(b'Content-Disposition: form-data; name="' + name + b'"; filename="' + filename + b'"', body)


ORDER = field(b"model", MODEL.encode())
IMAGE = image(make_image())
END = b"--x--\r\n"

FORMS = {
    "no body": (FORM, b"", 400, "validation_error"),
    "no content type": (None, IMAGE + ORDER + END, 415, "unsupported_media_type"),
    "another content type": ("text/plain", b"x", 415, "unsupported_media_type"),
    "an image alone": ("image/png", make_image(), 415, "unsupported_media_type"),
    "no boundary": ("multipart/form-data", IMAGE + ORDER + END, 400, "validation_error"),
    "an empty boundary": ("multipart/form-data; boundary=", IMAGE + ORDER + END, 400, "validation_error"),
    "a boundary that never comes": ("multipart/form-data; boundary=y", IMAGE + ORDER + END, 400, "validation_error"),
    "no end": (FORM, image(make_image())[:-20], 400, "validation_error"),
    "two images": (FORM, IMAGE + IMAGE + ORDER + END, 400, "validation_error"),
    "an image in another field": (FORM, image(make_image(), name=b"file") + ORDER + END, 400, "validation_error"),
    "no shown": (FORM, ORDER + END, 400, "validation_error"),
    "an empty shown": (FORM, image(b"") + ORDER + END, 400, "validation_error"),
    "a text as shown": (FORM, image(b"hello") + ORDER + END, 415, "unsupported_media_type"),
    "no model": (FORM, IMAGE + END, 400, "validation_error"),
    "an unknown model": (FORM, IMAGE + field(b"model", b"a/b") + END, 400, "validation_error"),
    "a model twice": (FORM, IMAGE + ORDER + ORDER + END, 400, "validation_error"),
    "an unknown parameter": (FORM, IMAGE + ORDER + field(b"colour") + END, 400, "validation_error"),
    "a parameter too high": (FORM, IMAGE + ORDER + field(b"scale", b"5") + END, 400, "validation_error"),
    "a parameter that is NaN": (FORM, IMAGE + ORDER + field(b"scale", b"NaN") + END, 400, "validation_error"),
    "a parameter without end": (FORM, IMAGE + ORDER + field(b"scale", b"9" * 1000) + END, 400, "validation_error"),
    "a field too long": (FORM, IMAGE + ORDER + field(b"scale", b"2" * 2000) + END, 400, "validation_error"),
    "a field not in UTF-8": (FORM, IMAGE + ORDER + field(b"scale", b"\xff") + END, 400, "validation_error"),
    "a field's name not in UTF-8": (FORM, IMAGE + ORDER + field(b"\xff") + END, 400, "validation_error"),
    "a file name not in UTF-8": (FORM, image(make_image(), filename=b"\xff") + ORDER + END, 400, "validation_error"),
    "too many fields": (
        FORM,
        IMAGE + ORDER + b"".join(field(b"f%d" % n) for n in range(30)) + END,
        400,
        "validation_error",
    ),
    "a file over the form's limit": (FORM, image(b"a" * 4_194_305) + ORDER + END, 413, "payload_too_large"),
}


@pytest.mark.parametrize("route", [JOBS, GENERATE])
@pytest.mark.parametrize(("content_type", "body", "status", "error_type"), FORMS.values(), ids=FORMS)
def test_a_form_that_can_not_be_used_gets_a_clear_error(guest, route, content_type, body, status, error_type):
    headers = {"Content-Type": content_type} if content_type else {}
    answer = guest.call("POST", route, data=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (status, error_type), answer.text
    assert answer.json()["error"]["message"]


BODIES = {
    "no body": ("", 400),
    "not JSON": ("{", 400),
    "not UTF-8": (b'{"model": "\xff"}', 400),
    "not an object": ("[]", 400),
    "null": ("null", 400),
    "deeply nested": ("[" * 10_000, 400),
    "deeply nested and closed": ('{"params":' + '{"a":' * 10_000 + "1" + "}" * 10_001, 400),
    "an empty object": ("{}", 400),
    "an unknown field": ('{"uploadId": "$", "model": "M", "colour": 1}', 400),
    "both sources": ('{"uploadId": "$", "fromJobId": "$", "model": "M"}', 400),
    "an unknown model": ('{"uploadId": "$", "model": "a/b"}', 400),
    "a model that is none": ('{"uploadId": "$", "model": 7}', 400),
    "a number that is NaN": ('{"uploadId": "$", "model": "M", "params": {"scale": NaN}}', 400),
    "a number that is Infinity": ('{"uploadId": "$", "model": "M", "params": {"scale": -Infinity}}', 400),
    "a number past all floats": ('{"uploadId": "$", "model": "M", "params": {"scale": 1e400}}', 400),
    "a huge whole number": ('{"uploadId": "$", "model": "M", "params": {"scale": 1%s}}' % ("0" * 40), 400),
    "a number of 5000 digits": ('{"uploadId": "$", "model": "M", "params": {"scale": %s}}' % ("9" * 5000), 400),
    "a parameter too high": ('{"uploadId": "$", "model": "M", "params": {"scale": 5}}', 400),
    "a parameter between two": ('{"uploadId": "$", "model": "M", "params": {"outputQuality": 2.5}}', 400),
    "a parameter that is a list": ('{"uploadId": "$", "model": "M", "params": {"faceEnhance": []}}', 400),
    "an unknown parameter": ('{"uploadId": "$", "model": "M", "params": {"x": 1}}', 400),
    "half a surrogate as value": (r'{"uploadId": "$", "model": "M", "params": {"scale": "\ud800"}}', 400),
    "half a surrogate as name": (r'{"uploadId": "$", "model": "M", "params": {"\ud800": 1}}', 400),
    "half a surrogate as file name": (r'{"uploadId": "$", "model": "M", "filename": "\ud800"}', 400),
    "a file name too long": ('{"uploadId": "$", "model": "M", "filename": "%s"}' % ("a" * 1025), 400),
    "an upload of another form": ('{"uploadId": "../../x", "model": "M"}', 400),
    "an upload that never was": (f'{{"uploadId": "{UNKNOWN_ID}", "model": "M"}}', 404),
    "a job that never was": (f'{{"fromJobId": "{UNKNOWN_ID}", "model": "M"}}', 404),
}


@pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES)
def test_a_document_that_can_not_be_used_gets_a_clear_error(guest, upload_id, body, status):
    if isinstance(body, str):
        body = body.replace("$", upload_id).replace('"M"', f'"{MODEL}"')
    answer = guest.call("POST", JOBS, data=body, headers={"Content-Type": JSON})
    expected = "validation_error" if status == 400 else "not_found"
    assert (answer.status_code, answer.json()["error"]["type"]) == (status, expected), answer.text


SIZES = {"NaN": 400, "1e400": 400, "1" + "0" * 40: 413, "-1": 400, "true": 400, '"7"': 400, "7.5": 400, "null": 400}


@pytest.mark.parametrize(("size", "status"), SIZES.items())
def test_an_upload_of_an_impossible_size_is_refused(guest, size, status):
    body = f'{{"filename": "a", "contentType": "image/png", "size": {size}}}'
    answer = guest.call("POST", UPLOADS, data=body, headers={"Content-Type": JSON})
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("content_type", ["image/gif", "image/svg+xml", "", "image/png\r\nx: y", "IMAGE/PNG"])
def test_an_upload_of_another_type_is_refused(guest, content_type):
    answer = guest.call("POST", UPLOADS, json={"filename": "a", "contentType": content_type, "size": 9})
    assert (answer.status_code, answer.json()["error"]["type"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", [JSON, "Application/JSON", "application/json; charset=utf-8"])
def test_a_media_type_is_the_same_in_any_case(guest, content_type):
    order = {"uploadId": guest.upload(make_image(), "image/png"), "model": MODEL}
    answer = guest.call("POST", JOBS, data=json.dumps(order), headers={"Content-Type": content_type})
    assert answer.status_code == 202, answer.text


def test_a_file_may_hold_the_boundary_as_long_as_no_line_begins_with_it(guest):
    data = make_image("JPEG", (30, 30), comment=b"text --x and --x-- and\r\n-x more")
    created = guest.call("POST", JOBS, data=image(data) + ORDER + END, headers={"Content-Type": FORM})
    assert created.status_code == 202, created.text
    assert guest.image(created.json()["data"]["originalUrl"]).content == data


def test_a_file_that_is_cut_by_its_own_boundary_is_refused(guest):
    data = make_image("JPEG", (30, 30), comment=b"before\r\n--x--\r\nafter")
    answer = guest.call("POST", JOBS, data=image(data) + ORDER + END, headers={"Content-Type": FORM})
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "validation_error"), answer.text


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd.png", "..\\..\\x.png", "a%2f..%2fb.png"])
def test_a_file_name_never_reaches_a_key(stack, guest, name):
    job = guest.finished(guest.send(make_image(), name=name).json()["data"]["id"])
    listed = stack.client("s3").list_objects_v2(Bucket="image-enhancer-images")["Contents"]
    keys = [each["Key"] for each in listed if job["id"] in each["Key"]]
    assert {key.rpartition("/")[2] for key in keys} == {"input.png", "output.png", "preview.webp", "thumb.webp"}
    assert all(key.startswith("ai-enhancer/") for key in keys)
    disposition = guest.image(job["imageUrl"]).headers["Content-Disposition"]
    assert "/" not in disposition
    assert "passwd" not in disposition or "passwd-enhanced-4x.png" in disposition


def test_the_gateway_itself_refuses_what_is_too_large(guest):
    for _ in range(2):
        heavy = guest.call("GET", "/api/ai-image/usage", headers={"X-Filler": "a" * 10_241})
        assert (heavy.status_code, heavy.json()) == (431, {"message": "Request Header Fields Too Large"})
    large = guest.call("POST", JOBS, data=b"a" * 11_000_000, headers={"Content-Type": FORM})
    assert (large.status_code, large.json()) == (413, {"message": "Request Entity Too Large"})
    assert guest.call("GET", "/api/ai-image/usage", headers={"X-Filler": "a" * 8000}).status_code == 200


def test_what_only_the_distribution_may_say_is_not_taken_from_a_client(guest):
    for forged in ({"X-Origin-Verify": "wrong"}, {"X-Viewer-Address": "not an address"}):
        assert guest.call("GET", "/api/ai-image/usage", headers=forged).status_code == 200


def test_requests_beside_the_distribution_are_refused_but_for_health(stack):
    """Straight to a function, as the gateway's own address would: without the secret, or with a wrong one."""
    functions = stack.client("lambda")

    def ask(name, path, method="GET", **headers):
        http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "x"}
        context = {"http": http, "requestId": "direct", "routeKey": f"ANY {path}", "stage": "$default"}
        event = {"version": "2.0", "routeKey": f"ANY {path}", "rawPath": path, "rawQueryString": "", "headers": headers}
        event |= {"requestContext": context, "isBase64Encoded": False}
        answer = functions.invoke(FunctionName=f"image-enhancer-{name}", Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    for headers in ({}, {"x-origin-verify": ""}, {"x-origin-verify": "wrong"}, {"x-origin-verify": "ä"}):
        for name, path in (
            ("job-status", "/api/ai-image/usage"),
            ("image-proxy", "/r2-ai/x"),
            ("upload-intake", "/api/ai-image/uploads"),
            ("job-control", "/api/session"),
        ):
            answer = ask(name, path, **headers)
            assert answer["statusCode"] == 403
            assert json.loads(answer["body"])["error"]["type"] == "forbidden"
            assert answer["headers"]["x-content-type-options"] == "nosniff"
        assert ask("job-status", "/api/health", **headers)["statusCode"] == 200
    right = {"x-origin-verify": stack.deployment.secrets["origin-secrets"].split()[0]}
    assert ask("job-status", "/api/ai-image/models", **right)["statusCode"] == 200


class TestDeliveries:
    """The provider's route."""

    PATH = "/api/webhooks/replicate"

    def deliver(self, stack, body, job=UNKNOWN_ID, stamp=None, signature=None):
        secret = stack.deployment.secrets["replicate-webhook-secret"]
        stamp = int(time.time()) if stamp is None else stamp
        headers = {"webhook-id": "msg", "webhook-timestamp": str(stamp), "Content-Type": JSON}
        headers["webhook-signature"] = (signature or "{}").replace("{}", self.sign(secret, stamp, body))
        return requests.post(f"{stack.base_url}{self.PATH}?job={job}", data=body, headers=headers, timeout=30)

    def sign(self, secret, stamp, body):
        from datetime import UTC, datetime

        return Webhook(secret).sign("msg", datetime.fromtimestamp(int(float(stamp)), UTC), body)

    BODY = json.dumps({"id": "run", "status": "succeeded", "output": None})

    def test_one_that_is_late_or_early_is_refused(self, stack):
        for seconds in (-600, -310, 310, 600):
            assert self.deliver(stack, self.BODY, stamp=int(time.time()) + seconds).status_code == 401
        assert self.deliver(stack, self.BODY, stamp=int(time.time()) - 200).status_code == 200

    def test_one_signed_with_an_unknown_key_is_refused(self, stack):
        other = "whsec_" + "A" * 32
        stamp = int(time.time())
        answer = self.deliver(stack, self.BODY, stamp=stamp, signature=self.sign(other, stamp, self.BODY))
        assert (answer.status_code, answer.json()["error"]["type"]) == (401, "unauthorized")

    def test_one_good_signature_among_bad_ones_is_enough(self, stack):
        for signatures in ("v1,AAAA {}", "{} v1,AAAA", "garbage {}", "v2,x v1,!!! {}", "v1a,x {}"):
            assert self.deliver(stack, self.BODY, signature=signatures).status_code == 200, signatures

    def test_one_for_an_unknown_job_is_taken_and_changes_nothing(self, stack, guest):
        before = guest.call("GET", JOBS).json()
        for job in (UNKNOWN_ID, "x", "", "../x", "%00", "ä"):
            assert self.deliver(stack, self.BODY, job=job).status_code == 200
        assert guest.call("GET", JOBS).json() == before

    def test_one_that_is_signed_but_no_prediction_is_refused(self, stack):
        for body in ("[]", "7", "{}", '{"id": 7}', '{"id": "x"}'):
            answer = self.deliver(stack, body)
            assert answer.status_code == 400, (body, answer.text)

    def test_one_that_is_oversized_is_refused_by_the_gateway(self, stack):
        assert self.deliver(stack, "[" + " " * 11_000_000 + "]").status_code == 413

    def test_a_large_one_with_long_logs_is_taken(self, stack):
        body = json.dumps({"id": "run", "status": "succeeded", "output": None, "logs": "line\n" * 100_000})
        assert self.deliver(stack, body).status_code == 200

    def test_an_origin_does_not_matter_to_it(self, stack):
        answer = requests.post(f"{stack.base_url}{self.PATH}", headers={"Origin": "https://evil.test"}, timeout=30)
        assert answer.status_code == 401


@pytest.mark.parametrize("path", ["uploads", "jobs", "generate", "jobs/x/share"])
def test_a_packed_body_is_refused_with_what_would_be_taken(guest, path):
    packed = gzip.compress(json.dumps({"filename": "a.png", "contentType": "image/png", "size": 10}).encode())
    for kind in ("application/json", "multipart/form-data; boundary=x"):
        headers = {"Content-Type": kind, "Content-Encoding": "gzip"}
        answer = guest.call("POST", f"/api/ai-image/{path}", data=packed, headers=headers)
        assert (answer.status_code, answer.json()["error"]["type"]) == (415, "unsupported_media_type")
        assert answer.headers["x-request-id"]


@pytest.mark.parametrize("expect", ["100-continue", "100-Continue", "something-else"])
def test_what_a_client_expects_does_no_harm(guest, expect):
    wanted = {"filename": "a.png", "contentType": "image/png", "size": 10}
    answer = guest.call("POST", "/api/ai-image/uploads", json=wanted, headers={"Expect": expect})
    assert answer.status_code in (201, 417)
    assert answer.status_code == 201 or "message" in answer.json()
