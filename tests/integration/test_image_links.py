"""The redirect to an image: what is cached, what the bucket then says, which paths it never serves."""

import io

import pytest
import requests
from PIL import Image

from tests.images import make_image
from tests.integration.api_client import Client

BUCKET = "image-enhancer-images"


@pytest.fixture(scope="module")
def job(guest):
    created = guest.send(make_image(), name="../../Größe & 'Maß' \\ 日本.png", fields={"scale": "2"})
    return guest.finished(created.json()["data"]["id"])


def raw(stack, target, method="GET", cookies=None):
    """A request whose path is sent exactly as written."""
    request = requests.Request(method, stack.base_url, cookies=cookies).prepare()
    request.url = stack.base_url + target
    with requests.Session() as session:
        session.trust_env = False
        return session.send(request, timeout=30, allow_redirects=False)


def test_the_redirect_may_be_kept_until_its_link_changes(guest, job):
    for name in ("originalUrl", "imageUrl", "previewUrl", "thumbUrl"):
        first, second = guest.call("GET", job[name]), guest.call("GET", job[name])
        assert first.status_code == 302
        privacy, _, seconds = first.headers["Cache-Control"].partition(", max-age=")
        assert privacy == "private"
        assert 0 < int(seconds) <= 900
        if "max-age=900" not in second.headers["Cache-Control"]:
            assert first.headers["Location"] == second.headers["Location"]
        assert "X-Amz-Signature=" in first.headers["Location"]
        assert first.content == b""


def test_images_are_served_with_the_policy_they_are_stored_with(guest, job):
    for name in ("imageUrl", "previewUrl", "thumbUrl"):
        assert guest.image(job[name]).headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert guest.image(job["originalUrl"]).headers["Cache-Control"] == "public, max-age=900, immutable"
    uploaded = guest.enhance(make_image(), "image/png")
    assert guest.image(uploaded["originalUrl"]).headers["Cache-Control"] == "public, max-age=900, immutable"


def test_no_image_can_be_had_from_the_bucket_without_a_signature(stack, job):
    for name in ("originalUrl", "imageUrl", "previewUrl", "thumbUrl"):
        plain = f"{stack.base_url}/{BUCKET}/{job[name].removeprefix('/r2-ai/')}"
        assert requests.get(plain, timeout=10).status_code == 403
    assert requests.get(f"{stack.base_url}/{BUCKET}", timeout=10).status_code == 403


def test_a_link_is_good_for_its_own_method_and_object_only(guest, job):
    get = guest.call("GET", job["imageUrl"]).headers["Location"]
    head = guest.call("HEAD", job["imageUrl"]).headers["Location"]
    assert get != head
    assert requests.head(head, timeout=10).status_code == 200
    assert requests.get(head, timeout=10).status_code == 403
    assert requests.put(get, data=b"mine", timeout=10).status_code == 403
    assert requests.delete(get, timeout=10).status_code == 403
    assert requests.get(get.replace("output.png", "thumb.webp"), timeout=10).status_code == 403


def test_a_redirect_takes_no_conditions(guest, job):
    """RFC 9110, 13.2.1: a server must ignore preconditions where its answer without them is no 2xx."""
    for method in ("GET", "HEAD"):
        for given in ("*", f'"{job["result"]["sha256"]}"'):
            answer = guest.call(method, job["imageUrl"], headers={"If-None-Match": given})
            assert (answer.status_code, "ETag" in answer.headers) == (302, False)
            assert answer.headers["Location"]
    with Client(guest.base_url) as anonymous:
        assert anonymous.call("GET", job["imageUrl"], headers={"If-None-Match": "*"}).status_code == 401


def test_a_download_is_named_after_its_file_in_every_script(guest, job):
    disposition = guest.image(job["imageUrl"]).headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="')
    assert disposition.isascii()
    name = requests.utils.unquote(disposition.partition("filename*=UTF-8''")[2])
    assert name.endswith("-enhanced-2x.png")
    assert "Größe" in name
    assert "日本" in name
    assert "/" not in name
    assert ".." not in name
    assert "Größe" not in job["imageUrl"]


@pytest.mark.parametrize(
    "name", ["😀" * 1000 + ".png", "a\x00b\r\nX-Evil: 1.png", '"; filename="x.exe', "...", "/", " "]
)
def test_no_file_name_keeps_a_job_from_its_end(guest, name):
    upload_id = guest.upload(make_image(), "image/png")
    order = {"uploadId": upload_id, "filename": name, "model": "nightmareai/real-esrgan", "params": {"scale": 2}}
    created = guest.call("POST", "/api/ai-image/jobs", json=order)
    assert created.status_code in {202, 400}, created.text
    if created.status_code == 202:
        done = guest.finished(upload_id, seconds=8)
        assert done["status"] == "succeeded"
        answer = guest.image(done["imageUrl"])
        assert Image.open(io.BytesIO(answer.content)).size == (80, 60)
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "X-Evil" not in answer.headers


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.replace("/output", "%2Foutput"),
        lambda path: path.replace("/output", "%252Foutput"),
        lambda path: path.replace("output", "%256Futput"),
        lambda path: path.replace("/results/", "/uploads/../results/"),
        lambda path: path.replace("/results/", "/uploads/%2e%2e/results/"),
        lambda path: path.replace("/results/", "//results/"),
        lambda path: path.replace("/results/", "/./results/"),
        lambda path: path.replace("/results/", "/results%00/"),
        lambda path: path + "%00",
        lambda path: path + "%0a",
        lambda path: path + "/",
        lambda path: path + "%20",
        lambda path: path + ";x",
        lambda path: path.replace("/results/guest", "/results/user"),
        lambda path: path.replace("output.png", "OUTPUT.PNG"),
        lambda path: path.replace("output.png", "prepared.png"),
        lambda path: path.replace("ai-enhancer/", ""),
        lambda path: path.replace("/r2-ai/", "/r2-ai/%2e%2e/"),
        lambda path: path.replace("/r2-ai/", "/r2-ai//"),
    ],
)
def test_only_the_exact_path_of_an_image_leads_to_it(stack, guest, job, change):
    answer = raw(stack, change(job["imageUrl"]), cookies=guest.session.cookies.get_dict())
    if answer.status_code == 302:  # the same path in other letters: one decoding by the gateway, and none by us
        assert answer.headers["Location"] == guest.call("GET", job["imageUrl"]).headers["Location"]
        assert "%2F" in change("/output")
    else:
        assert (answer.status_code, answer.json()["error"]["type"]) == (404, "not_found")


@pytest.mark.parametrize(
    "path", ["/r2-ai/..%2f..%2fsecrets.json", "/r2-ai/%c0%ae%c0%ae/", "/r2-ai/", "/r2-ai", "/r2-ai/a/"]
)
def test_a_path_that_names_no_image_leads_nowhere(stack, guest, path):
    answer = raw(stack, path, cookies=guest.session.cookies.get_dict())
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "not_found")


def test_the_key_of_another_is_refused_however_it_is_written(stack, guest, job):
    with Client(stack.base_url) as other:
        theirs = other.enhance(make_image(), "image/png")
        mixed = job["imageUrl"].replace(job["id"], theirs["id"])
        assert guest.call("GET", mixed).status_code in {403, 404}
        assert other.call("GET", mixed).status_code == 404
        assert guest.call("GET", theirs["imageUrl"]).status_code == 403
        encoded = raw(stack, theirs["imageUrl"].replace("e", "%65"), cookies=guest.session.cookies.get_dict())
        assert encoded.status_code in {403, 404}
        with Client(stack.base_url) as anonymous:
            assert anonymous.call("HEAD", theirs["imageUrl"]).status_code == 401
