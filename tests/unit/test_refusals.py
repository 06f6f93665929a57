"""However large and odd a request is, its refusal is short, is ours, and takes bounded work."""

import json

import pytest

from enhancer.domain.owner import Caller, new_guest
from enhancer.http.routing import METHODS
from tests.images import make_image
from tests.unit.installation import Installation
from tests.unit.test_strangers import PLACES, inputs

LONGEST = 16_384  # bytes of a refusal with its headers
ROUTES = [(path, method) for path, methods in METHODS.items() for method in methods]
LONG = "x" * 9_000  # what the gateway lets through in a header or an address
JSON = {"content-type": "application/json"}
FORM = {"content-type": "multipart/form-data; boundary=x"}


def part(name, value, extra=""):
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n{value}\r\n'


def bodies():
    """Bodies that may be as large as the gateway lets them be, each with its headers."""
    many = json.dumps({str(number): 1 for number in range(120_000)})
    fits = json.dumps({str(number): 1 for number in range(5_000)})
    model = {"uploadId": "x", "model": "m"}
    return {
        "many fields": (JSON, many),
        "as many as fit": (JSON, fits),
        "a long name": (JSON, json.dumps({LONG * 7: 1})),
        "long names": (JSON, json.dumps({f"{number}{LONG}": 1 for number in range(7)})),
        "many nulls": (JSON, json.dumps(model | {"params": dict.fromkeys(map(str, range(4_000)))})),
        "a long parameter": (JSON, json.dumps(model | {"params": {LONG * 7: {}}})),
        "a long model": (JSON, json.dumps({"uploadId": "x", "model": LONG * 7})),
        "a long type": (JSON, json.dumps({"filename": "x", "contentType": "y" * 255, "size": 1})),
        "a long id": (JSON, json.dumps({"fromJobId": LONG * 7, "model": "m"})),
        "a long number": (JSON, '{"size": ' + "9" * 60_000 + "}"),
        "a long fraction": (JSON, '{"size": 1' + "0" * 60_000 + ".5}"),
        "a name twice": (JSON, f'{{"{LONG * 3}": 1, "{LONG * 3}": 1}}'),
        "deep": (JSON, "[" * 60_000),
        "deep objects": (JSON, '{"a":' * 12_000),
        "no JSON": (JSON, "\x00" * 60_000),
        "no text": (JSON, b"\xff" * 60_000),
        "packed": (JSON | {"content-encoding": LONG}, fits),
        "another type": ({"content-type": LONG}, fits),
        "form: many fields": (FORM, "".join(part(str(n), "1") for n in range(2_000)) + "--x--"),
        "form: a long name": (FORM, part(LONG * 20, "1") + "--x--"),
        "form: a long value": (FORM, part("model", LONG * 20) + "--x--"),
        "form: a long file": (FORM, part(LONG, "x", f'; filename="{LONG}"') + "--x--"),
        "form: a long boundary": ({"content-type": f"multipart/form-data; boundary={LONG}"}, b"x"),
        "form: no end": (FORM, part("image", "x" * 100_000, '; filename="a"')[:-2]),
        "form: a long model": (
            FORM,
            part("model", "m" * 1_024).encode()
            + b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
            + make_image()
            + b"\r\n--x--",
        ),
    }


@pytest.mark.parametrize("body", bodies())
def test_a_refusal_of_a_body_is_short(world, monkeypatch, body):
    installed, guest = Installation(world, monkeypatch), Caller(new_guest())
    headers, content = bodies()[body]
    for path, method in ROUTES:
        if method in {"POST", "DELETE"}:
            target = path.replace("{id}", "p" + "a" * 25)
            answer = installed.call(method, target, caller=guest, headers=headers, body=content)
            check(answer, (path, method))
            if "packed" in body and method == "POST" and answer.status == 415:
                assert answer.headers["accept-encoding"] == "identity"


def test_a_refusal_of_an_address_or_a_header_is_short(world, monkeypatch):
    installed, guest = Installation(world, monkeypatch), Caller(new_guest())
    for path, method in ROUTES:
        places = inputs(path, method) | {("header", name) for name in ("Authorization", "Origin", "Accept-Language")}
        for where, name in sorted(places | set(PLACES)):
            target = path.replace("{id}", LONG if name == "id" else "x").replace("{key+}", "x").replace("{file+}", "x")
            if where == "path" and name == "key":
                target = target.replace("/r2-ai/x", f"/r2-ai/{LONG}")
            query = f"?{name}={LONG}" if where == "query" else ""
            headers = {name: LONG} if where == "header" else {}
            check(installed.call(method, target + query, caller=guest, headers=headers), (path, method, where, name))
        check(installed.call("X" * 9_000, path), (path, "a long method"))
    for number in range(3):
        check(installed.call("GET", f"/api/{LONG}{number}"), "nothing")


def check(answer, what):
    size = len(answer.body) + sum(len(name) + len(value) for name, value in answer.headers.items())
    assert answer.status < 500, (what, answer.body[:300])
    if answer.status >= 400:
        assert size < LONGEST, (what, size)
        assert set(answer.json["error"]) <= {"type", "message", "details"}


def test_a_refusal_names_ten_fields_and_counts_all(world, monkeypatch):
    installed = Installation(world, monkeypatch)
    answer = installed.call("POST", "/api/ai-image/uploads", body={str(number): 1 for number in range(200)})
    details = answer.json["error"]["details"]
    assert (len(details["fields"]), details["faults"]) == (10, 203)
    long = installed.call("POST", "/api/ai-image/uploads", body={"x" * 5_000: 1})
    assert max(len(fault["field"]) for fault in long.json["error"]["details"]["fields"]) == 60
