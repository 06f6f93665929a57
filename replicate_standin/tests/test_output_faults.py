"""Faults of the download: what a client gets from the address of an output."""

import io
from typing import Any

import pytest
import requests
from PIL import Image

from replicate_standin.tests.harness import Service


@pytest.fixture
def done(service: Service, image: str) -> dict[str, Any]:
    done = service.ended(service.create(image))
    assert done["status"] == "succeeded"
    return done


def whole(service: Service, done: dict[str, Any]) -> bool:
    return service.output(done).size == (48, 32)


def test_output_404_is_gone_for_as_often_as_it_says(service: Service, done: dict[str, Any]) -> None:
    service.set_faults({"fault": "output-404", "times": 2})
    for _ in range(2):
        assert requests.get(done["output"], timeout=20).status_code == 404
    assert service.get(done) == done
    assert whole(service, done)


def test_output_cut_ends_in_the_middle(service: Service, done: dict[str, Any]) -> None:
    service.set_faults({"fault": "output-cut"})
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        requests.get(done["output"], timeout=20)
    assert whole(service, done)


def test_output_truncated_is_a_whole_answer_with_half_an_image(service: Service, done: dict[str, Any]) -> None:
    full = requests.get(done["output"], timeout=20).content
    service.set_faults({"fault": "output-truncated"})
    with requests.get(done["output"], timeout=20) as answer:
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
        assert answer.content == full[: len(full) // 2]
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(answer.content)).load()
    assert whole(service, done)


def test_output_not_an_image_is_html_that_says_png(service: Service, done: dict[str, Any]) -> None:
    service.set_faults({"fault": "output-not-an-image"})
    with requests.get(done["output"], timeout=20) as answer:
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
        assert answer.content.startswith(b"<!DOCTYPE html>")
    assert whole(service, done)


def test_output_wrong_type_is_a_jpeg_that_says_png(service: Service, done: dict[str, Any]) -> None:
    service.set_faults({"fault": "output-wrong-type"})
    with requests.get(done["output"], timeout=20) as answer:
        assert answer.headers["Content-Type"] == "image/png"
        opened = Image.open(io.BytesIO(answer.content))
    assert (opened.format, opened.size) == ("JPEG", (48, 32))
    assert whole(service, done)


def test_output_huge_says_so_beforehand(service: Service, done: dict[str, Any]) -> None:
    service.set_faults({"fault": "output-huge"})
    with requests.get(done["output"], timeout=20, stream=True) as answer:
        assert int(answer.headers["Content-Length"]) == 200 * 1024 * 1024 + 1
        assert answer.raw.read(8) == b"\x89PNG\r\n\x1a\n"
    assert whole(service, done)


@pytest.mark.parametrize("declared", [True, False])
def test_output_huge_has_just_the_size_that_was_asked_for(
    service: Service, done: dict[str, Any], declared: bool
) -> None:
    service.set_faults({"fault": "output-huge", "size": 300_000, "declared": declared})
    with requests.get(done["output"], timeout=20) as answer:
        assert len(answer.content) == 300_000
        assert ("Content-Length" in answer.headers) == declared


def test_a_head_stays_honest(service: Service, done: dict[str, Any]) -> None:
    service.set_faults({"fault": "output-404", "times": None})
    assert requests.head(done["output"], timeout=20).status_code == 200
    assert service.fired() == [0]
