"""What an image carries besides itself stays here; what its result carries is our mark and nothing else."""

import numpy as np
import pytest
import requests
from PIL import Image

from tests.images import disc, encoded, opened, photo
from tests.images.baggage import SECRET, laden, laden_images
from tests.integration.api_client import MODEL, Client

LADEN = laden_images()
HARMLESS = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi", "icc_profile"}
WEBP_ALWAYS = {"loop", "background", "timestamp", "duration"}
OUTPUTS = {"png": "PNG", "webp": "WEBP", "jpeg": "JPEG"}


def seen_by_the_provider(stack, job):
    """The stand-in's description of the image it downloaded for a job, and the very bytes."""
    access = {"Authorization": f"Bearer {stack.replicate_token}"}
    entries = requests.get(f"{stack.replicate_url}/_received", headers=access, timeout=10).json()
    [entry] = [each for each in entries if job["id"] in each["body"]["webhook"]]
    given = requests.get(f"{stack.replicate_url}/_received/{entry['id']}/input", headers=access, timeout=10)
    assert given.status_code == 200
    return entry, given.content


@pytest.fixture(scope="module")
def laden_jobs(guest):
    """The answers to all of them, ordered before the first is waited for."""
    return {name: guest.create(guest.upload(*file), scale=1) for name, file in LADEN.items()}


@pytest.mark.parametrize("name", LADEN)
def test_nothing_but_the_image_reaches_the_provider(stack, guest, laden_jobs, name):
    created = laden_jobs[name]
    assert created.status_code == 202, created.text
    job = guest.finished(created.json()["data"]["id"])
    assert job["status"] == "succeeded", job["error"]
    entry, given = seen_by_the_provider(stack, job)
    assert [name for name in ("exif", "gps", "xmp") if entry["input"][name]] == []
    assert SECRET.encode() not in given
    assert job["prepared"]["metadataRemoved"]
    image = opened(given)
    assert set(image.info) <= HARMLESS | WEBP_ALWAYS
    assert getattr(image, "n_frames", 1) == 1
    before, after = (np.asarray(each.convert("RGB"), float) for each in (opened(LADEN[name][0]), image))
    assert np.abs(before - after).mean() < 2


def test_the_owner_gets_the_original_back_with_all_it_carries(guest):
    data, content_type = LADEN["everything at once in a JPEG"]
    job = guest.enhance(data, content_type, scale=1)
    assert guest.image(job["originalUrl"]).content == data


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_an_image_that_carries_nothing_is_passed_on_as_it_is(stack, guest, form):
    data = encoded(photo(), form)
    job = guest.enhance(data, f"image/{form.lower()}", scale=1)
    assert not job["prepared"]["metadataRemoved"]
    assert seen_by_the_provider(stack, job)[1] == data


def test_neither_the_files_name_nor_its_owner_reaches_the_provider(stack):
    with Client(stack.base_url, stack.token("carol-of-the-test")) as carol:
        upload_id = carol.upload(encoded(photo()), "image/png")
        order = {"uploadId": upload_id, "model": MODEL, "filename": f"{SECRET}.png"}
        created = carol.call("POST", "/api/ai-image/jobs", json=order)
        assert created.status_code == 202, created.text
        job = carol.finished(created.json()["data"]["id"])
    entry, _ = seen_by_the_provider(stack, job)
    assert SECRET not in str(entry)
    assert SECRET.replace(" ", "%20") not in str(entry)
    assert "carol" not in str(entry)


def test_what_hides_under_transparency_does_not_leave(stack, guest):
    bright = (250, 180, 20)
    given = []
    for hidden in ((0, 0, 0), (10, 200, 250)):
        job = guest.enhance(encoded(disc(bright, hidden)), "image/png", scale=1)
        assert job["prepared"]["transparencyFilled"]
        given.append(seen_by_the_provider(stack, job)[1])
    assert given[0] == given[1]
    colours = np.asarray(opened(given[0]).convert("RGB"), float)
    assert np.abs(colours - bright).mean() < 4


def test_an_image_that_can_not_be_seen_at_all_does_not_leave_either(stack, guest):
    unseen = photo().copy()
    unseen.putalpha(0)
    job = guest.enhance(encoded(unseen), "image/png", scale=1)
    assert job["status"] == "succeeded", job["error"]
    _, given = seen_by_the_provider(stack, job)
    colours = np.asarray(opened(given).convert("RGB"), int)
    assert colours.std(axis=(0, 1)).max() < 1
    assert opened(guest.image(job["imageUrl"]).content).getchannel("A").getextrema() == (0, 0)


def test_half_transparency_is_no_reason_to_change_an_image(stack, guest):
    faint = photo().copy()
    faint.putalpha(Image.linear_gradient("L").resize(faint.size).point(lambda value: max(1, value)))
    data = encoded(faint)
    job = guest.enhance(data, "image/png", scale=1)
    assert not job["prepared"]["transparencyFilled"]
    assert seen_by_the_provider(stack, job)[1] == data


@pytest.mark.parametrize(
    ("form", "output"), [("JPEG", "jpeg"), ("JPEG", "png"), ("PNG", "png"), ("PNG", "jpeg"), ("WEBP", "webp")]
)
def test_a_result_says_that_it_was_made_with_ai_and_by_what_and_nothing_else(guest, form, output):
    job = guest.enhance(laden(form), f"image/{form.lower()}", scale=1, outputFormat=output)
    data = guest.image(job["imageUrl"]).content
    result = opened(data)
    assert result.format == OUTPUTS[output]
    xmp = result.info["xmp"].decode()
    assert "http://cv.iptc.org/newscodes/digitalsourcetype/" in xmp
    assert MODEL in xmp
    assert set(result.info) - HARMLESS - WEBP_ALWAYS <= {"xmp", "XML:com.adobe.xmp"}
    assert not result.getexif()
    assert SECRET.encode() not in data
    for name in ("previewUrl", "thumbUrl"):
        small = guest.image(job[name]).content
        assert set(opened(small).info) <= HARMLESS | WEBP_ALWAYS
        assert SECRET.encode() not in small
        assert b"EXIF" not in small
