"""The same path with the real model: sharper than bicubic, colours kept (PSNR is the wrong oracle for a GAN)."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.integration.api_client import Client

SAMPLE = Path(__file__).parents[2] / "samples/cat.jpg"


def sharpness(image):
    """Variance of the Laplacian."""
    grey = np.asarray(image.convert("L"), float)
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    return float((around - 4 * grey[1:-1, 1:-1]).var())


@pytest.fixture
def crop():
    """The cat's left eye."""
    return Image.open(SAMPLE).crop((90, 50, 170, 120))


def test_a_real_photo_is_really_enhanced(real_stack, crop):
    buffer = io.BytesIO()
    crop.save(buffer, "PNG")
    with Client(real_stack.base_url) as guest:
        job = guest.enhance(buffer.getvalue(), "image/png", scale=4)
        assert job["status"] == "succeeded", job["error"]
        result = Image.open(io.BytesIO(guest.image(job["imageUrl"]).content)).convert("RGB")
    assert result.size == (320, 280)
    bicubic = crop.resize(result.size, Image.Resampling.BICUBIC)
    assert sharpness(result) > 2 * sharpness(bicubic)
    shift = np.abs(np.asarray(result, float).mean(axis=(0, 1)) - np.asarray(bicubic, float).mean(axis=(0, 1)))
    assert shift.max() < 8
    assert job["timings"]["modelMs"] > 500


def test_a_running_job_is_cancelled_at_the_provider(real_stack):
    with Client(real_stack.base_url) as guest:
        created = guest.create(guest.upload(SAMPLE.read_bytes(), "image/jpeg"))
        job = created.json()["data"]
        while job["stage"] != "enhancing":
            job = guest.job(job["id"], wait=5)
        asked = guest.call("POST", f"/api/ai-image/jobs/{job['id']}/cancel")
        assert (asked.status_code, asked.json()["data"]["cancelRequested"]) == (202, True)
        ended = guest.finished(job["id"], seconds=20)
        assert (ended["status"], ended["imageUrl"], ended["error"]) == ("canceled", None, None)
        assert guest.call("POST", f"/api/ai-image/jobs/{job['id']}/cancel").status_code == 409
        assert guest.call("GET", "/api/ai-image/usage").json()["data"]["usage"]["used"] == 1
