"""Share links: good for one result, until they expire, for anyone who has them."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from enhancer.adapters.signing import Signer
from tests.images import make_image
from tests.integration.api_client import Client


@pytest.fixture(scope="module")
def job(guest):
    return guest.enhance(make_image(), "image/png")


@pytest.fixture(scope="module")
def link(guest, job):
    return share(guest, job).json()["data"]["url"]


@pytest.fixture
def anonymous(stack):
    with Client(stack.base_url) as client:
        yield client


def share(client, job, **order):
    return client.call("POST", f"/api/ai-image/jobs/{job['id']}/share", json=order)


def signed(stack, job_id, expires):
    """A token as the stack signs it, for an instant of our choice."""
    return Signer(stack.deployment.secrets["share-keys"].split).sign(f"share {job_id}", str(int(expires)))


def test_a_link_shows_the_result_to_anyone(anonymous, stack, job, link):
    assert link.startswith(f"{stack.base_url}{job['imageUrl']}?share=")
    seen = anonymous.call("GET", link)
    assert seen.status_code == 302
    assert "Set-Cookie" not in seen.headers
    assert anonymous.call("HEAD", link, allow_redirects=True).headers["Content-Length"] == str(job["result"]["bytes"])
    assert len(anonymous.image(link).content) == job["result"]["bytes"]
    with Client(stack.base_url, stack.token("another-user")) as other:
        assert other.image(link).status_code == 200


def test_a_link_tells_neither_whose_it_is_nor_how_to_make_another(link):
    [token] = parse_qs(urlsplit(link).query)["share"]
    value, key_id, signature = token.split(".")
    assert value.isdigit()
    assert key_id == "local1"
    assert len(signature) == 43


def test_a_link_says_when_it_ends(guest, job):
    for seconds, expected in ((300, 300), (604_800, 604_800), (None, 86_400)):
        answer = share(guest, job, **({"expiresIn": seconds} if seconds else {}))
        assert answer.status_code == 201
        [token] = parse_qs(urlsplit(answer.json()["data"]["url"]).query)["share"]
        assert int(token.partition(".")[0]) == pytest.approx(time.time() + expected, abs=10)


@pytest.mark.parametrize("seconds", [299, 604_801, 0, -1, 10**40, True, "300", 300.5, None])
def test_a_link_of_another_length_is_refused(guest, job, seconds):
    answer = share(guest, job, expiresIn=seconds)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "validation_error")


def test_a_link_changed_by_one_character_opens_nothing(anonymous, job, link):
    token = link.partition("share=")[2]
    last = len(token) - 2  # the last character's lowest bits are not part of the signature
    for place in (0, token.index("."), token.index(".") + 1, token.rindex(".") + 1, last):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert anonymous.call("GET", f"{job['imageUrl']}?share={changed}").status_code == 403, place
    for other in ("", "x", "..", "a.b.c", token + "x", token[:-1], "%00", "%FF", "ä"):
        assert anonymous.call("GET", f"{job['imageUrl']}?share={other}").status_code in {401, 403}, other


def test_a_link_past_its_time_is_gone(stack, anonymous, guest, job):
    past = signed(stack, job["id"], time.time() - 1)
    future = signed(stack, job["id"], time.time() + 60)
    assert anonymous.call("GET", f"{job['imageUrl']}?share={future}").status_code == 302
    answer = anonymous.call("GET", f"{job['imageUrl']}?share={past}")
    assert (answer.status_code, answer.json()["error"]["type"]) == (410, "gone")
    assert guest.call("GET", f"{job['imageUrl']}?share={past}").status_code == 302, "the owner needs no link"


def test_a_redirect_of_a_link_is_not_kept_longer_than_the_link(stack, anonymous, job):
    soon = signed(stack, job["id"], time.time() + 20)
    kept = anonymous.call("GET", f"{job['imageUrl']}?share={soon}").headers["Cache-Control"]
    assert int(kept.partition("max-age=")[2]) <= 20


def test_a_link_opens_the_results_of_its_own_job_only(anonymous, guest, job, link):
    other = guest.enhance(make_image(), "image/png")
    query = urlsplit(link).query
    assert anonymous.call("GET", f"{other['imageUrl']}?{query}").status_code == 403
    assert anonymous.call("GET", f"{job['originalUrl']}?{query}").status_code == 403
    assert anonymous.call("GET", f"{job['imageUrl']}x?{query}").status_code == 404
    assert anonymous.call("GET", f"/api/ai-image/jobs/{job['id']}?{query}").status_code == 401


def test_a_link_dies_with_its_job(anonymous, guest):
    done = guest.enhance(make_image(), "image/png")
    url = share(guest, done).json()["data"]["url"]
    direct = anonymous.call("GET", url).headers["Location"]
    guest.call("DELETE", f"/api/ai-image/jobs/{done['id']}")
    assert anonymous.call("GET", url).status_code == 410
    assert anonymous.call("HEAD", url).status_code == 410
    assert requests.get(direct, timeout=10).status_code == 404


def test_a_key_that_signs_cookies_signs_no_links(stack, anonymous, job):
    cookie_key = Signer(stack.deployment.secrets["cookie-keys"].split)
    token = cookie_key.sign(f"share {job['id']}", str(int(time.time()) + 60))
    assert anonymous.call("GET", f"{job['imageUrl']}?share={token}").status_code == 403
