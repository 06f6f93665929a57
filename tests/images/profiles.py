"""Colour profiles (ICC.1:2022), built here because the common ones may not be copied freely."""

import struct
from itertools import product
from math import prod

from PIL import Image, ImageCms

_D50 = (0.9642, 1.0, 0.8249)
_P3 = ((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407))
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
# How much red, green and blue light each ink lets through: duller than any screen's, so that nothing is out of gamut.
_INKS = ((0.12, 0.60, 0.85), (0.90, 0.15, 0.50), (1.0, 0.90, 0.12), (0.08, 0.08, 0.08))


def display_p3() -> bytes:
    """The space of phones and laptops: wider than sRGB, with its curve."""
    return _rgb("Display P3", _P3, _parametric(_SRGB_CURVE))


def linear_rgb() -> bytes:
    """Display P3's primaries with numbers in proportion to light, as tools for raw images write them."""
    return _rgb("Linear Display P3", _P3, _gamma(1))


def linear_grey() -> bytes:
    """Grey in proportion to light."""
    return _profile("Linear grey", b"mntr", b"GRAY", b"XYZ ", {b"kTRC": _gamma(1)})


def padded(profile: bytes) -> bytes:
    """The same profile in more than a megabyte."""
    whole = profile + bytes(1_100_000)
    return struct.pack(">I", len(whole)) + whole[4:]


def adobe_rgb() -> bytes:
    """The space of cameras: wider in green, gamma 2.2."""
    primaries = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
    return _rgb("Compatible with Adobe RGB (1998)", primaries, _gamma(563 / 256))


def grey() -> bytes:
    """Grey with gamma 1.8: its middle is brighter than sRGB's."""
    return _profile("Grey 1.8", b"mntr", b"GRAY", b"XYZ ", {b"kTRC": _gamma(1.8)})


def printer() -> bytes:
    """A press with four dull inks, by what each overprint looks like (mft1 with the sixteen corners)."""
    overprints = Image.new("RGB", (16, 1))
    for x, amounts in enumerate(product((0, 1), repeat=4)):
        light = [prod(ink[part] for ink, amount in zip(_INKS, amounts, strict=True) if amount) for part in range(3)]
        overprints.putpixel((x, 0), tuple(round(255 * part) for part in light))
    lab = ImageCms.profileToProfile(
        overprints, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    corners = b"".join(bytes(lab.getpixel((x, 0))) for x in range(16))
    straight = bytes(range(256))
    matrix = b"".join(map(_fixed, (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    table = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + matrix + straight * 4 + corners + straight * 3
    return _profile("Four dull inks", b"prtr", b"CMYK", b"Lab ", {b"A2B0": table})


def _rgb(name: str, primaries: tuple[tuple[float, float, float], ...], curve: bytes) -> bytes:
    tags = {letter + b"XYZ": _xyz(primary) for letter, primary in zip((b"r", b"g", b"b"), primaries, strict=True)}
    return _profile(name, b"mntr", b"RGB ", b"XYZ ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def _profile(name: str, kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"desc": _text(name), b"cprt": _text("None"), b"wtpt": _xyz(_D50)} | tags
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        table += tag + struct.pack(">II", offset + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    head = struct.pack(">I4sI4s4s4s12s4s", offset + len(body), b"", 0x04300000, kind, space, connection, b"", b"acsp")
    illuminant = b"".join(map(_fixed, _D50))
    return (head.ljust(68, b"\0") + illuminant).ljust(128, b"\0") + table + body


def _text(text: str) -> bytes:
    data = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(data), 28) + data


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(_fixed, values))


def _gamma(exponent: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(exponent * 256))


def _parametric(numbers: tuple[float, ...]) -> bytes:
    return b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + b"".join(map(_fixed, numbers))


def _fixed(number: float) -> bytes:
    return struct.pack(">i", round(number * 65536))
