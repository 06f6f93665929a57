import io

import pytest
from PIL import Image

from enhancer.adapters.imaging import PillowImaging
from enhancer.errors import UnreadablePicture
from tests.pictures import picture

CAP = 10_000


def prepared(data):
    done = PillowImaging().prepare(data, CAP)
    return (Image.open(io.BytesIO(done.picture)) if done.picture else None), done.report


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_plain_picture_passes_untouched(form):
    image, report = prepared(picture(form))
    assert image is None
    assert report == {"oriented": False, "metadataRemoved": False, "converted": None, "reducedFrom": None}


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_picture_is_turned_upright_and_loses_its_metadata(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0)}
    image, report = prepared(picture("JPEG", exif=exif))
    assert image.size == ((30, 40) if orientation > 4 else (40, 30))
    assert report["oriented"]
    assert report["metadataRemoved"]
    assert not image.getexif()
    assert "exif" not in image.info


def test_a_large_picture_is_reduced_to_the_models_pixels():
    image, report = prepared(picture("JPEG", (400, 300)))
    assert image.width * image.height <= CAP
    assert image.width / image.height == pytest.approx(4 / 3, rel=0.02)
    assert report["reducedFrom"] == [400, 300]


@pytest.mark.parametrize(("mode", "becomes"), [("L", "RGB"), ("LA", "RGBA"), ("P", "RGB"), ("1", "RGB")])
def test_what_models_misread_becomes_rgb(mode, becomes):
    image, report = prepared(picture("PNG", mode=mode))
    assert image.mode == becomes
    assert report["converted"] == mode


def test_a_cmyk_picture_becomes_rgb():
    image, report = prepared(picture("JPEG", mode="CMYK"))
    assert (image.mode, report["converted"]) == ("RGB", "CMYK")


def test_previews_are_webp_within_their_sides():
    previews = PillowImaging().previews(io.BytesIO(picture("PNG", (4000, 1000))))
    sizes = [Image.open(io.BytesIO(data)).size for data in (previews.preview, previews.thumb)]
    assert sizes == [(2048, 512), (320, 80)]
    assert previews.thumb[8:12] == b"WEBP"


def test_a_small_result_is_not_blown_up():
    previews = PillowImaging().previews(io.BytesIO(picture("PNG", (100, 50), mode="RGBA")))
    assert Image.open(io.BytesIO(previews.preview)).size == (100, 50)


@pytest.mark.parametrize("data", [picture("PNG", (90, 90))[:-100], b"\x89PNG\r\n\x1a\n", b""])
def test_broken_pixels_are_told(data):
    with pytest.raises(UnreadablePicture):
        PillowImaging().prepare(data, CAP)
    with pytest.raises(UnreadablePicture):
        PillowImaging().previews(io.BytesIO(data))
