"""One image, end to end, over real HTTP on the local stack; the provider's stand-in resamples at once."""

import hashlib
import io
import time

import numpy as np
import pytest
import requests
from PIL import Image

from tests.images import make_image
from tests.integration.api_client import Client


@pytest.fixture
def guest(stack):
    with Client(stack.base_url) as client:
        yield client


def opened(data):
    return Image.open(io.BytesIO(data))


def test_an_image_goes_in_and_comes_out_four_times_as_wide_and_high(guest):
    original = make_image("JPEG", (120, 80))
    job = guest.enhance(original, "image/jpeg", scale=4)
    assert job["status"] == "succeeded"
    assert job["error"] is None
    result = guest.image(job["imageUrl"])
    assert result.status_code == 200
    assert opened(result.content).size == (480, 320)
    assert job["result"] == {
        "contentType": "image/png",
        "width": 480,
        "height": 320,
        "bytes": len(result.content),
        "sha256": hashlib.sha256(result.content).hexdigest(),
    }
    before = np.asarray(opened(original).convert("RGB"), float).mean(axis=(0, 1))
    after = np.asarray(opened(result.content).convert("RGB"), float).mean(axis=(0, 1))
    assert np.abs(before - after).max() < 2
    assert result.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert "attachment" in result.headers["Content-Disposition"]
    assert guest.image(job["originalUrl"]).content == original
    assert opened(guest.image(job["previewUrl"]).content).size == (480, 320)
    assert opened(guest.image(job["thumbUrl"]).content).size == (320, 213)
    assert all(job["timings"][name] is not None for name in ("queueMs", "modelMs", "copyMs", "totalMs"))


@pytest.mark.parametrize(("form", "content_type"), [("PNG", "image/png"), ("WEBP", "image/webp")])
def test_a_form_makes_a_job_too(guest, form, content_type):
    files = {"image": ("Käse (1).x", make_image(form, (60, 40)), content_type)}
    created = guest.call(
        "POST", "/api/ai-image/jobs", files=files, data={"model": "nightmareai/real-esrgan", "scale": "2"}
    )
    assert created.status_code == 202
    job = guest.finished(created.json()["data"]["id"])
    assert created.headers["Location"] == f"/api/ai-image/jobs/{job['id']}"
    assert (job["result"]["width"], job["result"]["height"]) == (120, 80)
    result = guest.image(job["imageUrl"])
    assert "filename*=UTF-8''K%C3%A4se%20%281%29-enhanced-2x.png" in result.headers["Content-Disposition"]


def test_a_phone_photo_arrives_upright_and_without_its_place_at_the_provider(stack, guest):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 0.0)
    job = guest.enhance(make_image("JPEG", (60, 40), exif=exif), "image/jpeg", scale=2)
    assert job["prepared"] == {
        "oriented": True,
        "metadataRemoved": True,
        "converted": None,
        "reducedFrom": None,
        "transparencyFilled": False,
        "hdrRemoved": False,
    }
    assert (job["result"]["width"], job["result"]["height"]) == (80, 120)
    received = requests.get(
        f"{stack.replicate_url}/_received", headers={"Authorization": f"Bearer {stack.replicate_token}"}, timeout=10
    ).json()
    [seen] = [each for each in received if job["id"] in each["body"]["webhook"]]
    assert (seen["input"]["width"], seen["input"]["height"]) == (40, 60)
    assert not seen["input"]["exif"]
    assert not seen["input"]["gps"]


def test_waiting_returns_as_soon_as_the_job_moves(guest):
    created = guest.create(guest.upload(make_image("PNG"), "image/png"))
    started = time.monotonic()
    job = guest.finished(created.json()["data"]["id"])
    assert job["status"] == "succeeded"
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(
    ("data", "content_type", "status", "error_type", "says"),
    [
        (b"a text named .jpg", "image/jpeg", 415, "unsupported_media_type", "not a JPEG, PNG or WebP"),
        (make_image("JPEG", (200, 200))[:-100], "image/jpeg", 400, "validation_error", "cut off"),
        (make_image("PNG"), "image/jpeg", 415, "unsupported_media_type", "declared as image/jpeg"),
    ],
)
def test_a_bad_file_gets_a_clear_error_and_leaves_nothing(stack, guest, data, content_type, status, error_type, says):
    upload_id = guest.upload(data, content_type)
    refused = guest.create(upload_id)
    error = refused.json()["error"]
    assert (refused.status_code, error["type"]) == (status, error_type)
    assert says in error["message"]
    assert guest.call("GET", f"/api/ai-image/jobs/{upload_id}").status_code == 404
    assert guest.call("GET", "/api/ai-image/usage").json()["data"]["usage"]["used"] == 0
    bucket = stack.client("s3")
    stored = bucket.list_objects_v2(Bucket="image-enhancer-images").get("Contents", [])
    assert not [each["Key"] for each in stored if upload_id in each["Key"]]


@pytest.mark.parametrize(
    ("size", "status", "says"),
    [(0, 400, "empty"), (12_000_000, 413, "12,000,000 bytes; the limit is 10,485,760")],
)
def test_a_file_of_a_wrong_size_is_refused_before_it_is_sent(guest, size, status, says):
    refused = guest.presign(b"", "image/jpeg", size)
    assert refused.status_code == status
    assert says in refused.json()["error"]["message"]


def test_an_upload_takes_its_exact_file_and_only_once(guest):
    data = make_image("PNG")
    upload = guest.presign(data, "image/png").json()["data"]

    def put(body, **headers):
        return requests.put(upload["url"], data=body, headers=upload["headers"] | headers, timeout=10).status_code

    assert put(data + b"x") == 403
    assert put(data, **{"content-type": "image/jpeg"}) == 403
    assert requests.put(upload["url"], data=data, timeout=10).status_code == 403
    assert put(data) == 200
    assert put(data) == 412


def test_an_upload_copies_and_stores_nothing_that_was_not_signed(stack, guest):
    theirs = guest.enhance(make_image(), "image/png")
    original = theirs["originalUrl"].removeprefix("/r2-ai")
    changes = [
        {"x-amz-copy-source": f"/image-enhancer-images{original}"},
        {"X-Amz-Copy-Source": f"image-enhancer-images{original}", "x-amz-metadata-directive": "REPLACE"},
        {"x-amz-tagging": "a=b"},
        {"x-amz-website-redirect-location": "https://foreign.invalid/"},
        {"x-amz-acl": "public-read"},
        {"x-amz-meta-more": "x"},
        {"content-disposition": 'attachment; filename="x.exe"'},
        {"content-encoding": "gzip"},
    ]
    with Client(stack.base_url) as stranger:
        for changed in changes:
            upload = stranger.presign(make_image(), "image/png").json()["data"]
            put = requests.put(upload["url"], data=make_image(), headers=upload["headers"] | changed, timeout=30)
            assert put.status_code == 403, changed
            assert "<Code>AccessDenied</Code>" in put.text
            assert min(changed, key=str.lower).lower() in put.text
            assert stranger.create(upload["uploadId"]).status_code == 404
        for left_out in upload["headers"]:
            headers = {name: value for name, value in upload["headers"].items() if name != left_out}
            assert requests.put(upload["url"], data=make_image(), headers=headers, timeout=30).status_code == 403
        assert requests.put(upload["url"], data=make_image(), headers=upload["headers"], timeout=30).status_code == 200
        assert stranger.create(upload["uploadId"]).status_code == 202


def test_images_and_jobs_are_their_owners(stack, guest):
    job = guest.enhance(make_image("PNG"), "image/png")
    with Client(stack.base_url) as anonymous, Client(stack.base_url, stack.token("alice")) as alice:
        assert anonymous.call("GET", job["imageUrl"]).status_code == 401
        assert anonymous.call("GET", f"/api/ai-image/jobs/{job['id']}").status_code == 401
        assert alice.call("GET", job["imageUrl"]).status_code == 403
        assert alice.call("GET", f"/api/ai-image/jobs/{job['id']}").status_code == 404
        assert alice.create(job["id"]).status_code == 404
        assert anonymous.create(job["id"]).status_code == 401
        assert alice.call("GET", job["imageUrl"].replace("results", "uploads")).status_code in {403, 404}
    redirect = guest.call("GET", job["imageUrl"])
    assert redirect.status_code == 302
    assert redirect.headers["Cache-Control"].startswith("private, max-age=")
    assert guest.call("GET", job["imageUrl"]).headers["Location"] == redirect.headers["Location"]
    head = guest.call("HEAD", job["imageUrl"], allow_redirects=True)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(job["result"]["bytes"]))


def test_a_user_keeps_jobs_behind_the_token(stack):
    with Client(stack.base_url, stack.token("bob")) as bob:
        job = bob.enhance(make_image("PNG"), "image/png")
        assert "/results/user/" in job["imageUrl"]
        assert "bob" not in job["imageUrl"]
        assert bob.image(job["imageUrl"]).status_code == 200
        usage = bob.call("GET", "/api/ai-image/usage").json()["data"]
        assert (usage["ownerType"], usage["usage"]["used"]) == ("user", 1)


def test_a_spent_upload_makes_no_second_job(guest):
    job = guest.enhance(make_image("PNG"), "image/png")
    again = guest.create(job["id"])
    assert (again.status_code, again.json()["error"]["type"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"model": None}, "model"),
        ({"uploadId": "x"}, "uploadId was not issued by POST /uploads"),
        ({"model": "a/b"}, "choose nightmareai/real-esrgan"),
        ({"params": {"scale": 9}}, "from 1 to 4"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_asked_for_is_told_and_the_upload_stays(guest, change, says):
    upload_id = guest.upload(make_image("PNG"), "image/png")
    order = {"uploadId": upload_id, "model": "nightmareai/real-esrgan"}
    refused = guest.call("POST", "/api/ai-image/jobs", json=order | change)
    assert (refused.status_code, refused.json()["error"]["type"]) == (400, "validation_error")
    assert says in refused.text
    assert guest.call("POST", "/api/ai-image/jobs", json=order).status_code == 202
