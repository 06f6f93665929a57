"""Files that are no still image, whatever they are called."""

import io
import zipfile

from PIL import Image

from tests.images import encoded, make_image

HTML = b"<!DOCTYPE html>\n<html><head><title>image.jpg</title></head><body><script>alert(1)</script></body></html>"
SVG = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
    b"<script>alert(1)</script></svg>"
)
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\0\0\x10meta" + b"\0" * 200


def archive() -> bytes:
    """A ZIP with an image in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as files:
        files.writestr("image.jpg", make_image("JPEG"))
    return buffer.getvalue()


def gif() -> bytes:
    """A still GIF."""
    return make_image("GIF", mode="P")


def animation(form: str) -> bytes:
    """Two frames, as APNG or WebP."""
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    return encoded(frames[0], form, save_all=True, append_images=frames[1:], duration=100)
