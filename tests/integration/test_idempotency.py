"""The same Idempotency-Key makes the same job, however often and however fast it is sent."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.images import make_image
from tests.integration.api_client import MODEL, Client

JOBS = "/api/ai-image/jobs"


@pytest.fixture
def guest(stack):
    with Client(stack.base_url) as client:
        client.presign(make_image(), "image/png")
        yield client


@pytest.fixture
def key():
    return {"Idempotency-Key": uuid.uuid4().hex}


def made(answer):
    assert answer.status_code == 202, answer.text
    return answer.json()["data"]["id"]


def test_a_repeated_document_gives_the_same_job(guest, key):
    order = {"uploadId": guest.upload(make_image(), "image/png"), "model": MODEL, "params": {"scale": 2}}
    first = made(guest.call("POST", JOBS, json=order, headers=key))
    guest.finished(first)
    again = guest.call("POST", JOBS, json=order, headers=key)
    assert made(again) == first
    assert again.json()["data"]["status"] == "succeeded"
    assert again.headers["Location"] == f"{JOBS}/{first}"
    assert guest.usage()["usage"]["used"] == 1


def test_a_repeated_use_of_an_earlier_job_gives_the_same_job(guest, key):
    source = guest.enhance(make_image(), "image/png")
    order = {"fromJobId": source["id"], "model": MODEL}
    first = made(guest.call("POST", JOBS, json=order, headers=key))
    assert made(guest.call("POST", JOBS, json=order, headers=key)) == first
    assert made(guest.call("POST", JOBS, json=order)) != first
    assert guest.usage()["usage"]["used"] == 3


def test_a_repeated_form_gives_the_same_job(guest, key):
    first = made(guest.send(make_image(), fields={"scale": "2"}, headers=key))
    assert made(guest.send(make_image(), fields={"scale": "2"}, headers=key)) == first
    assert guest.usage()["usage"]["used"] == 1


def test_a_repeated_generate_gives_the_same_result_and_has_keys_of_its_own(guest, key):
    first = guest.send(make_image(), "generate", headers=key).json()["data"]
    again = guest.send(make_image(), "generate", headers=key).json()["data"]
    assert again == first
    assert made(guest.send(make_image(), headers=key)) not in first["imageUrl"]
    assert guest.usage()["usage"]["used"] == 2


def test_another_request_under_the_same_key_is_refused(guest, key):
    made(guest.send(make_image(), fields={"scale": "2"}, headers=key))
    order = {"uploadId": guest.upload(make_image(), "image/png"), "model": MODEL}
    others = (
        guest.send(make_image(), fields={"scale": "3"}, headers=key),
        guest.send(make_image("PNG", (9, 9)), fields={"scale": "2"}, headers=key),
        guest.call("POST", JOBS, json=order, headers=key),
    )
    for answer in others:
        assert (answer.status_code, answer.json()["error"]["type"]) == (422, "idempotency_mismatch")
    assert guest.usage()["usage"]["used"] == 1
    made(guest.call("POST", JOBS, json=order))


def test_the_key_of_another_owner_is_another_key(stack, guest, key):
    first = made(guest.send(make_image(), headers=key))
    with Client(stack.base_url) as other, Client(stack.base_url, stack.token("idem")) as user:
        assert (
            len({first, made(other.send(make_image(), headers=key)), made(user.send(make_image(), headers=key))}) == 3
        )
        assert made(user.send(make_image("PNG", (9, 9)))) != first


@pytest.mark.parametrize("key", [b"a" * 256, b"a b", b"a\tb", "ä".encode(), b"a\xff"])
def test_a_malformed_key_is_refused(guest, key):
    for route in ("jobs", "generate"):
        answer = guest.send(make_image(), route, headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, "Idempotency-Key")
    assert guest.usage()["usage"]["used"] == 0


def test_a_refused_request_does_not_use_the_key_up(guest, key):
    order = {"uploadId": guest.presign(make_image(), "image/png").json()["data"]["uploadId"], "model": MODEL}
    assert guest.call("POST", JOBS, json=order, headers=key).status_code == 404
    assert guest.call("POST", JOBS, json=order, headers=key).status_code == 404
    assert made(guest.send(make_image(), headers={"Idempotency-Key": key["Idempotency-Key"] + "x"}))


@pytest.mark.parametrize("form", [True, False])
def test_ten_at_once_under_one_key_make_one_job(stack, guest, key, form):
    cookies = guest.session.cookies.get_dict()
    order = {"uploadId": guest.upload(make_image(), "image/png"), "model": MODEL}

    def create(_):
        with Client(stack.base_url) as same:
            same.session.cookies.update(cookies)
            if form:
                return same.send(make_image(), headers=key)
            return same.call("POST", JOBS, json=order, headers=key)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(create, range(10)))
    assert len({made(answer) for answer in answers}) == 1
    assert guest.usage()["usage"]["used"] == 1
    assert len(guest.call("GET", JOBS).json()["data"]["jobs"]) == 1
    assert guest.finished(made(answers[0]))["status"] == "succeeded"


def test_a_key_opens_no_other_owners_job(stack, guest):
    theirs = guest.enhance(make_image(), "image/png")
    with Client(stack.base_url) as stranger:
        stranger.presign(make_image(), "image/png")
        order = {"uploadId": theirs["id"], "model": MODEL, "params": {"scale": 2}}
        for _ in range(2):
            refused = stranger.call("POST", JOBS, json=order, headers={"Idempotency-Key": "k1"})
            assert (refused.status_code, refused.json()["error"]["type"]) == (404, "not_found")
        guest.call("DELETE", f"{JOBS}/{theirs['id']}")
        assert stranger.call("POST", JOBS, json=order, headers={"Idempotency-Key": "k1"}).status_code == 404
