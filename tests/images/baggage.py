"""Images that carry private data, in every place where a file can hold it."""

import struct

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.images import encoded, photo
from tests.images.png_files import chunk, with_chunk

SECRET = "4 Hidden Lane"
_SECRET = SECRET.encode()
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="52,31.0N"'
    f' exif:GPSLongitude="13,24.0E" exif:GPSAreaInformation="{SECRET}"/></rdf:RDF></x:xmpmeta>'
).encode()


def film(length: int) -> bytes:
    """Boxes of an MP4, as a phone appends them for the moment before the image."""
    return (
        struct.pack(">I4s4sI", 16, b"ftyp", b"mp42", 0)
        + struct.pack(">I4s", 8 + length, b"mdat")
        + (_SECRET * (1 + length // len(_SECRET)))[:length]
    )


def laden(form: str) -> bytes:
    """An image with EXIF, a place in it, and XMP; a JPEG also with a comment and IPTC fields."""
    more = {"comment": _SECRET, "extra": _iptc()} if form == "JPEG" else {}
    if form == "PNG":
        more = {"pnginfo": _texts(xmp=True)}
    else:
        more |= {"xmp": _XMP}
    return encoded(photo(), form, exif=_exif(), **more)


def laden_images() -> dict[str, tuple[bytes, str]]:
    """Files by what they carry, each with its content type."""
    jpeg, png, webp = (encoded(photo(), form) for form in ("JPEG", "PNG", "WEBP"))
    files = {
        "a place in a JPEG's EXIF": encoded(photo(), "JPEG", exif=_exif()),
        "a place in a PNG's EXIF": encoded(photo(), "PNG", exif=_exif()),
        "a place in a WebP's EXIF": encoded(photo(), "WEBP", exif=_exif()),
        "a place in a JPEG's XMP": encoded(photo(), "JPEG", xmp=_XMP),
        "a place in a PNG's XMP": encoded(photo(), "PNG", pnginfo=_xmp_text()),
        "a place in a WebP's XMP": encoded(photo(), "WEBP", xmp=_XMP),
        "texts in a PNG": encoded(photo(), "PNG", pnginfo=_texts()),
        "texts after a PNG's pixels": png[:-12] + chunk(b"tEXt", b"Comment\0" + _SECRET) + png[-12:],
        "a chunk of a PNG that only its maker knows": with_chunk(png, b"prVt", _SECRET),
        "content credentials in a PNG": with_chunk(png, b"caBX", _SECRET * 4),
        "the time of a PNG": with_chunk(png, b"tIME", struct.pack(">HBBBBB", 2026, 11, 23, 1, 2, 3)),
        "a comment in a JPEG": encoded(photo(), "JPEG", comment=_SECRET),
        "IPTC fields in a JPEG": encoded(photo(), "JPEG", extra=_iptc()),
        "a segment of a JPEG that only its maker knows": encoded(photo(), "JPEG", extra=_segment(0xEA, _SECRET)),
        "a thumbnail in a JPEG's JFIF": jpeg[:20] + _segment(0xE0, b"JFXX\0\x10" + _SECRET) + jpeg[20:],
        "a film behind a JPEG": jpeg + film(200),
        "a film longer than what is read of a file at first": jpeg + film(400_000),
        "notes behind a PNG": png + _SECRET,
        "notes behind a WebP": webp + _SECRET,
        "a chunk of a WebP that only its maker knows": _webp_with_chunk(webp, b"prVt", _SECRET),
        "a second image": _two_images(),
        "everything at once in a JPEG": laden("JPEG") + film(200),
    }
    types = {b"\xff\xd8": "image/jpeg", b"\x89P": "image/png", b"RI": "image/webp"}
    return {name: (data, types[data[:2]]) for name, data in files.items()}


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = SECRET
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0), 3: "E", 4: (13.0, 24.0, 0.0)}
    return exif


def _texts(*, xmp: bool = False) -> PngInfo:
    texts = _xmp_text() if xmp else PngInfo()
    texts.add_text("Author", SECRET)
    texts.add_text("Comment", SECRET, zip=True)
    texts.add_itxt("Title", SECRET, "en", "Title")
    return texts


def _xmp_text() -> PngInfo:
    texts = PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", _XMP.decode())
    return texts


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _iptc() -> bytes:
    """City and sub-location (IIM 2:90, 2:92) as Photoshop stores them."""
    fields = b"".join(struct.pack(">BBBH", 0x1C, 2, number, len(_SECRET)) + _SECRET for number in (90, 92))
    fields += b"\0" * (len(fields) % 2)
    return _segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(fields)) + fields)


def _webp_with_chunk(webp: bytes, kind: bytes, data: bytes) -> bytes:
    body = webp[12:] + kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def _two_images() -> bytes:
    second = photo().rotate(180)
    second.info["comment"] = _SECRET
    return encoded(photo(), "MPO", save_all=True, append_images=[second])
