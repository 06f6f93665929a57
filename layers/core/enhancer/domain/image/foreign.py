"""Media types of unsupported files by their first bytes, for the error message."""

_MARKS = (
    (0, b"GIF8", "image/gif"),
    (0, b"II*\0\x10\0\0\0CR", "image/x-canon-cr2"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"II+\0", "image/tiff"),
    (0, b"MM\0+", "image/tiff"),
    (0, b"II\xbc\x01", "image/jxr"),
    (0, b"BM", "image/bmp"),
    (0, b"\0\0\1\0", "image/vnd.microsoft.icon"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"\xff\x0a", "image/jxl"),
    (4, b"JXL \r\n\x87\n", "image/jxl"),
    (4, b"jP  \r\n\x87\n", "image/jp2"),
    (0, b"\xff\x4f\xff\x51", "image/j2c"),
    (0, b"FUJIFILMCCD-RAW", "image/x-fuji-raf"),
    (0, b"\x8aMNG\r\n\x1a\n", "video/x-mng"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (8, b"AVI ", "video/x-msvideo"),
    (4, b"moov", "video/quicktime"),
    (4, b"mdat", "video/quicktime"),
    (4, b"wide", "video/quicktime"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
)
# Brands of the ISO base media file format, as the MP4 registration authority lists them.
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis"), "image/heic"),
    **dict.fromkeys((b"hevc", b"hevx", b"hevm", b"hevs"), "image/heic-sequence"),
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    b"crx ": "image/x-canon-cr3",
    b"qt  ": "video/quicktime",
    **dict.fromkeys((b"3gp4", b"3gp5", b"3gp6"), "video/3gpp"),
    **dict.fromkeys(
        (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash"), "video/mp4"
    ),
}
_ANY_CODEC = {b"mif1": "image/heif", b"msf1": "image/heif-sequence"}  # a compatible brand may say which
_MARKUP = ((b"<svg", "image/svg+xml"), (b"<!doctype html", "text/html"), (b"<html", "text/html"))


def media_type(head: bytes) -> str | None:
    """Return the media type of a file by its first bytes, None if unknown."""
    if head[4:8] == b"ftyp":
        return _brand(head)
    for offset, mark, name in _MARKS:
        if head.startswith(mark, offset):
            return name
    text = head[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not text.startswith(b"<"):
        return None
    return next((name for mark, name in _MARKUP if mark in text), None)


def _brand(head: bytes) -> str | None:
    major = head[8:12]
    if major not in _ANY_CODEC:
        return _BRANDS.get(major)
    end = min(int.from_bytes(head[:4]), 256)
    compatible = (_BRANDS.get(head[start : start + 4]) for start in range(16, end, 4))
    return next((name for name in compatible if name and name.startswith("image/")), _ANY_CODEC[major])
