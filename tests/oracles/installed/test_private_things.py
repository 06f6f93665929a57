"""ExifTool finds nothing but image and colours in what is sent of images that carry more, and libvips shows it."""

import pytest

from enhancer.adapters.imaging import PillowImaging
from tests.images.baggage import laden_images
from tests.torture import readers
from tests.unit.test_image_alone import CAP, CARRIERS

CARRIED = CARRIERS | {name: data for name, (data, _) in laden_images().items()}


UNTOLD = {
    "APP14 with more than Adobe's twelve bytes",
    "JFIF with more than it has",
    "MPF",
    "a chunk of a PNG that only its maker knows",
    "an unknown critical chunk",
    "a gamma that is too long",
    "a longer header of a WebP",
    "a palette that only suggests",
    "a pixel size that is too long",
    "a private chunk",
    "a rest that ends like a JPEG",
    "a second image behind the first",
    "a reserved segment",
    "two images in a WebP",
}
"""Of these ExifTool tells nothing: it passes over the bytes, or a number of the image's coding holds them."""


@pytest.fixture(scope="module")
def sent() -> list[bytes]:
    """What the provider would get."""
    prepared = [(data, PillowImaging().prepare(data, CAP).image) for data in CARRIED.values()]
    return [data if image is None else image for data, image in prepared]


def named(found: dict[int, str]) -> dict[str, str]:
    names = list(CARRIED)
    return {names[number]: tags for number, tags in found.items()}


def test_nothing_is_sent_but_image_and_colours(sent: list[bytes]) -> None:
    assert named(readers.private(sent)) == {}


def test_it_would_be_found() -> None:
    """ExifTool tells of all carriers but those whose bytes it passes over."""
    assert set(CARRIED) - set(named(readers.private(list(CARRIED.values())))) == UNTOLD


def test_what_is_sent_is_shown_without_a_fault(sent: list[bytes]) -> None:
    with readers.Libvips() as libvips:
        shown = {name: libvips.shows(data) for name, data in zip(CARRIED, sent, strict=True)}
        assert not libvips.shows(sent[0][:-40])
    assert [name for name, is_shown in shown.items() if not is_shown] == []
