"""Images that are made to hold a queue, beside good ones: the bad ones end soon and say why, the good ones go on."""

import time
from contextlib import ExitStack

import pytest
from PIL import Image, ImageCms

from tests.conftest import RAISED_LIMITS
from tests.images import encoded, photo
from tests.images.png_files import SIGNATURE, chunk
from tests.integration.api_client import Client

BAD, GOOD = 7, 10
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def scan_bomb() -> bytes:
    """Half a megabyte that takes a decoder 80 s: 4,500 scans over 49 megapixels."""
    data = encoded(Image.new("L", (7000, 7000), 128), "JPEG", progressive=True, quality=50)
    return data[:-2] + data[data.rindex(b"\xff\xda") : -2] * 4500 + data[-2:]


def without_palette() -> bytes:
    """A palette PNG without its palette."""
    header = chunk(b"IHDR", bytes([0, 0, 0, 8, 0, 0, 0, 8, 8, 3, 0, 0, 0]))
    return SIGNATURE + header + chunk(b"IDAT", bytes.fromhex("789c636018050000480001")) + chunk(b"IEND", b"")


def broken_profile(number: int) -> bytes:
    """A good image whose profile opens but can't be used: of another class, or cut off."""
    if number % 2:
        return encoded(photo(), "PNG", icc_profile=SRGB[:12] + b"link" + SRGB[16:])
    return encoded(photo(), "PNG", icc_profile=SRGB[: 300 + 20 * number])


@pytest.fixture(scope="module")
def people(start_stack):
    """As many guests as jobs."""
    base_url = start_stack(RAISED_LIMITS, "instant").base_url
    with ExitStack() as clients:
        yield [clients.enter_context(Client(base_url)) for _ in range(2 * BAD + GOOD + 2)]


def begun(person, data, content_type):
    created = person.create(person.upload(data, content_type))
    assert created.status_code == 202, created.text
    return person, created.json()["data"]["id"], time.monotonic()


def ended(order):
    person, job_id, began = order
    job = person.finished(job_id, 90)
    return job, time.monotonic() - began


def test_bad_images_end_soon_and_good_ones_do_not_wait(people):
    good = encoded(photo((320, 213)), "JPEG")
    job, usual = ended(begun(people[-1], good, "image/jpeg"))
    assert job["status"] == "succeeded"
    bomb = scan_bomb()
    bombs = [begun(person, bomb, "image/jpeg") for person in people[:BAD]]
    broken = [begun(person, broken_profile(number), "image/png") for number, person in enumerate(people[BAD : 2 * BAD])]
    goods = [begun(person, good, "image/jpeg") for person in people[2 * BAD : 2 * BAD + GOOD]]
    for order in goods:
        job, seconds = ended(order)
        assert job["status"] == "succeeded", job["error"]
        assert seconds < 2 * usual + GOOD, f"{seconds:.1f} s beside hostile images, {usual:.1f} s alone"
    for order in bombs:
        job, seconds = ended(order)
        assert (job["status"], job["error"]["type"]) == ("failed", "validation_error")
        assert job["error"]["message"].startswith("Reading this image takes more time or memory than is allowed")
        assert seconds < 60
    for order in broken:
        job, seconds = ended(order)
        assert job["status"] == "succeeded", job["error"]
        assert seconds < 60


def test_an_image_that_no_decoder_reads_says_so_at_once(people):
    job, seconds = ended(begun(people[-2], without_palette(), "image/png"))
    assert job["error"]["message"].startswith("The image is damaged and cannot be read; save or send it again.")
    assert seconds < 60
    assert people[-2].usage()["usage"]["used"] == 0
