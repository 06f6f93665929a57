"""Detection of gain maps: a second image in the file that HDR displays combine with the first."""

from enhancer.adapters.imaging.png_chunks import before_pixels

# The marks by which readers detect one: Ultra HDR (developer.android.com/media/platform/hdr-image-format),
# ISO 21496-1, Apple; and Skia's chunks of a PNG (SkPngCompositeChunkReader.cpp). Read 2026-11-28.
_SIGNS = (
    b"http://ns.adobe.com/hdr-gain-map/1.0/",
    b"urn:iso:std:iso:ts:21496",
    b"http://ns.apple.com/HDRGainMap/1.0/",
    b"urn:com:apple:photo:2020:aux:hdrgainmap",
)
_CHUNKS = {b"gmAP", b"gdAT"}


def has_gain_map(form: str | None, data: bytes) -> bool:
    """Return whether a file has the mark of a gain map; `form` is Pillow's name of its format."""
    if form == "PNG" and not _CHUNKS.isdisjoint(before_pixels(data)):
        return True
    return any(sign in data for sign in _SIGNS)
