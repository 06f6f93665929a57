"""Encodings of a PNG's numbers that its chunks declare without a colour profile.

The order is that of the PNG specification (third edition, 4.3 and 13.14, read 2026-11-28): cICP, iCCP, sRGB, then gAMA
with cHRM. Numbers that a model would misread get the curve of sRGB; the primaries are kept, in a small profile.
"""

import math
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from enhancer.adapters.imaging import matrix_profile

# Maps a number of the file to that of sRGB with the same light, both from 0 to 1; a Mixture maps all three together.
Curve = Callable[[float], float]
Mixture = Callable[[float, float, float], tuple[float, float, float]]

_SRGB = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
_D65, _C = (0.3127, 0.329), (0.31, 0.316)
_NTSC = (*_D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07)
# x and y of white, red, green and blue by the code of ITU-T H.273, table 2 (read 2026-11-28).
_PRIMARIES = {
    1: _SRGB,
    4: (*_C, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*_D65, 0.64, 0.33, 0.29, 0.6, 0.15, 0.06),
    6: _NTSC,
    7: _NTSC,
    8: (*_C, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    10: (1 / 3, 1 / 3, 1, 0, 0, 1, 0, 0),
    9: (*_D65, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
    12: (*_D65, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
    22: (*_D65, 0.63, 0.34, 0.295, 0.605, 0.155, 0.077),
}
_SRGB_GAMMA = 2.2
_REFERENCE_WHITE, _BRIGHTEST = 203, 1000  # cd/m² (ITU-R BT.2408)


class Encoding(NamedTuple):
    """The meaning of a file's numbers.

    A name, the `curve` to sRGB's (None if the numbers have it already), the profile of the primaries (None for
    sRGB's), and for HDR the `mixture` to sRGB's curve, because there the brightest of the three decides.
    """

    name: str
    curve: Curve | None
    profile: bytes | None
    mixture: Mixture | None = None


def linear(profile: bytes | None) -> Encoding:
    """Return the encoding of numbers in proportion to light, with the profile of the converted numbers."""
    return Encoding("linear", _srgb, profile)


def by_code_points(chunk: bytes) -> Encoding | None:
    """Return the encoding of a cICP chunk, None if browsers do not support it. Like them, ignore its range."""
    if len(chunk) != 4 or chunk[2] or chunk[0] not in _PRIMARIES or chunk[1] not in _TRANSFERS:
        return None
    name, curve = _TRANSFERS[chunk[1]]
    return Encoding(name, curve, _profile(_PRIMARIES[chunk[0]]), _MIXTURES.get(name))


def by_gamma(gamma: bytes, chromaticities: bytes | None) -> Encoding | None:
    """Return the encoding of gAMA and cHRM chunks, None for an implausible gamma."""
    if len(gamma) != 4 or not 0.1 <= (exponent := 100_000 / (int.from_bytes(gamma) or 1)) <= 10:
        return None
    numbers = _SRGB
    if chromaticities and len(chromaticities) == 32:
        numbers = tuple(number / 100_000 for number in struct.unpack(">8I", chromaticities))
    profile = _profile(numbers)
    srgb = (
        profile is None and abs(exponent - _SRGB_GAMMA) < 0.03
    )  # what encoders write for sRGB, whose curve is no power
    return Encoding("gamma", None if srgb else _power(exponent), profile)


def _profile(numbers: tuple[float, ...]) -> bytes | None:
    if max(abs(a - b) for a, b in zip(numbers, _SRGB, strict=True)) < 0.002:
        return None
    with suppress(ValueError):
        return matrix_profile.from_chromaticities(numbers)
    return None


def _srgb(light: float) -> float:
    return light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def _power(exponent: float) -> Curve:
    return lambda number: _srgb(number**exponent)


def _pq(red: float, green: float, blue: float) -> tuple[float, float, float]:
    return _shown(_pq_light(red), _pq_light(green), _pq_light(blue))


def _pq_light(number: float) -> float:
    """Decode SMPTE ST 2084, in which 1 is 10,000 cd/m², to multiples of the reference white."""
    root = number ** (32 / 2523)
    nits: float = 10_000 * (max(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)) ** (8192 / 1305)
    return nits / _REFERENCE_WHITE


def _hlg(red: float, green: float, blue: float) -> tuple[float, float, float]:
    """Decode HLG (ITU-R BT.2100) for a display of 1,000 cd/m², whose system gamma brightens bright areas further."""
    scene = _hlg_scene(red), _hlg_scene(green), _hlg_scene(blue)
    luminance = 0.2627 * scene[0] + 0.678 * scene[1] + 0.0593 * scene[2]
    system = luminance**0.2 * _BRIGHTEST / _REFERENCE_WHITE
    return _shown(scene[0] * system, scene[1] * system, scene[2] * system)


def _hlg_scene(number: float) -> float:
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return number * number / 3 if number <= 0.5 else (math.exp((number - c) / a) + b) / 12


def _shown(red: float, green: float, blue: float) -> tuple[float, float, float]:
    brightest = max(red, green, blue)
    share = _toned(brightest) / brightest if brightest else 0
    return _srgb(red * share), _srgb(green * share), _srgb(blue * share)


def _toned(light: float) -> float:
    """Map a pixel's brightest HDR light, in which 1 is the reference white, to a display without HDR.

    As in Chromium 156 (measured, 2026-11-28): half as bright up to the reference white, then along an ever flatter
    curve that reaches full white at 1,000 cd/m².
    """
    half, bend = 0.4985, 0.65
    end = _BRIGHTEST / _REFERENCE_WHITE
    if light <= 1:
        return light * half
    if light >= end:
        return 1.0
    square = end - 1 - 2 * bend
    at = (math.sqrt(bend * bend + square * (light - 1)) - bend) / square
    return (1 - at) ** 2 * half + 2 * at * (1 - at) * half * (1 + bend) + at**2


_STUDIO = ("gamma", _power(2.4))  # ITU-R BT.1886: the displays' curve for the four codes
# By the code of ITU-T H.273, table 3.
_TRANSFERS: dict[int, tuple[str, Curve | None]] = {
    **dict.fromkeys((1, 6, 14, 15), _STUDIO),
    4: ("gamma", _power(2.2)),
    5: ("gamma", _power(2.8)),
    8: ("linear", _srgb),
    13: ("sRGB", None),
    16: ("PQ", lambda number: _pq(number, number, number)[0]),
    17: ("gamma", lambda number: _srgb(min(1.0, number**2.6 * 52.37 / 48))),  # SMPTE ST 428-1
    18: ("HLG", lambda number: _hlg(number, number, number)[0]),
}
_MIXTURES: dict[str, Mixture] = {"PQ": _pq, "HLG": _hlg}
