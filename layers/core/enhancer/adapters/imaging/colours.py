"""Conversion of every kind of pixel to RGB or RGBA with 8 bits, with the colour profile of the result."""

import io
from functools import reduce
from typing import NamedTuple

from PIL import Image, ImageChops, ImageCms, ImageFilter

from enhancer.adapters.imaging import encodings, matrix_profile, sixteen_bits
from enhancer.adapters.imaging.encodings import Curve, Encoding
from enhancer.adapters.imaging.png_chunks import before_pixels

_GREY, _COLOUR, _INKS = "GRAY", "RGB ", "CMYK"  # the spaces of profiles, as ICC names them
_MODES = {_GREY: "L", _COLOUR: "RGB", _INKS: "CMYK"}
_LARGEST_PROFILE = 1_000_000  # bytes; Pillow rejects a PNG with a larger one (MAX_TEXT_CHUNK)
_PLAIN = Encoding("sRGB", None, None)
_MIXED = {"P", "PA", "RGB", "RGBA"}
_LATTICE = 33  # points per side for which a mixture is computed; values between them are interpolated


class Colours(NamedTuple):
    """An image in RGB or RGBA, its profile (None is sRGB), its former kind if converted, and whether it was HDR."""

    image: Image.Image
    profile: bytes | None
    converted: str | None
    hdr: bool


class _Profile(NamedTuple):
    """A usable profile: its bytes, its colour space, its opened form, and the transform to CIE Lab."""

    data: bytes
    space: str
    opened: ImageCms.ImageCmsProfile
    to_lab: ImageCms.ImageCmsTransform


def in_rgb(image: Image.Image, data: bytes) -> Colours:
    """Convert the loaded image of a file for the models.

    An RGB profile is kept with the numbers that it describes; numbers that a model would misread are converted to sRGB,
    or to the curve of sRGB with their primaries in a profile.
    """
    chunks = before_pixels(data) if image.format == "PNG" else {}
    deep = image.mode.startswith("I") or chunks.get(b"IHDR", b"")[8:9] == b"\x10"
    grey = image.mode in {"1", "L", "LA", "I;16"} or (deep and sixteen_bits.is_grey(data))
    clear = _clear(image, chunks, deep=deep)
    kind = "16-bit" if deep else image.mode if image.mode not in {"RGB", "RGBA"} else "RGB" if clear else None
    encoding, profile = _meaning(image, chunks, grey=grey)
    pixels = _levels(image, data, encoding, clear, deep=deep)
    colourful = pixels.mode in {"RGB", "RGBA"}
    if encoding.curve or encoding.profile:
        kept = encoding.profile if colourful else None
        return Colours(
            _coloured(pixels), kept, kind or (encoding.name if encoding.curve else None), bool(encoding.mixture)
        )
    if profile and profile.space == _COLOUR and colourful and len(profile.data) <= _LARGEST_PROFILE:
        return Colours(pixels, profile.data, kind, hdr=False)
    if profile and (described := _described(pixels, profile)):
        return Colours(described, None, kind or "large profile", hdr=False)
    return Colours(_coloured(pixels), None, kind, hdr=False)


def _meaning(image: Image.Image, chunks: dict[bytes, bytes], *, grey: bool) -> tuple[Encoding, _Profile | None]:
    """Return the encoding of the numbers, and the file's profile if that describes them."""
    if said := encodings.by_code_points(chunks.get(b"cICP", b"")):
        return said, None
    if profile := _usable(image, grey=grey):
        return _linear(profile) or _PLAIN, profile
    if b"sRGB" not in chunks and (said := encodings.by_gamma(chunks.get(b"gAMA", b""), chunks.get(b"cHRM"))):
        return said, None
    return _PLAIN, None


def _usable(image: Image.Image, *, grey: bool) -> _Profile | None:
    """Return the profile of a file, None if it is invalid or for another kind of pixels: it would spoil the result.

    Grey may have an RGB profile, as in browsers.
    """
    data = image.info.get("icc_profile") or b""
    spaces = {_INKS} if image.mode == "CMYK" else {_GREY, _COLOUR} if grey else {_COLOUR}
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(data))
        space = opened.profile.xcolor_space
        if space not in spaces:
            return None
        lab = ImageCms.buildTransform(opened, ImageCms.createProfile("LAB"), _MODES[space], "LAB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    return _Profile(data, space, opened, lab)


def _linear(profile: _Profile) -> Encoding | None:
    """Return the encoding of a profile with linear light, which a model would see as dark; None for another profile."""
    if profile.space == _INKS:
        return None
    mode, levels = _MODES[profile.space], (64, 128, 192)
    ramp = Image.frombytes("L", (len(levels), 1), bytes(levels)).convert(mode)
    seen = ImageCms.applyTransform(ramp, profile.to_lab) or ramp
    lights = [((lightness / 2.55 + 16) / 116) ** 3 for lightness in seen.tobytes()[::3]]
    if any(abs(light - level / 255) > 0.012 for light, level in zip(lights, levels, strict=True)):
        return None
    if profile.space == _GREY:
        return encodings.linear(None)
    described = profile.opened.profile
    colorants = [described.red_colorant, described.green_colorant, described.blue_colorant]
    known = [colorant[0] for colorant in colorants if colorant]
    return encodings.linear(matrix_profile.from_colorants(known)) if len(known) == 3 else None


def _clear(image: Image.Image, chunks: dict[bytes, bytes], *, deep: bool) -> tuple[int, ...] | None:
    """Return the samples that a PNG without alpha declares transparent (tRNS), as in the loaded image.

    They are stored in the file's bit depth, and higher bits are ignored (PNG specification, 11.3.1.1).
    """
    samples = {"1": 1, "L": 1, "I;16": 1, "RGB": 3}.get(image.mode, 0)
    key = chunks.get(b"tRNS", b"")
    if not samples or len(key) != 2 * samples:
        return None
    top = (1 << chunks[b"IHDR"][8]) - 1
    values = (int.from_bytes(key[at : at + 2]) & top for at in range(0, len(key), 2))
    return tuple(value if deep else value * 255 // top for value in values)


def _levels(
    image: Image.Image, data: bytes, encoding: Encoding, clear: tuple[int, ...] | None, *, deep: bool
) -> Image.Image:
    """Return the image in L, LA, RGB, RGBA or CMYK with 8 bits, the curve of sRGB and its declared transparency."""
    grey = deep and sixteen_bits.is_grey(data)
    curve = None if encoding.mixture and image.mode in _MIXED and not grey else encoding.curve
    if deep and (curve or clear or image.mode == "I;16"):
        pixels = sixteen_bits.eight_bits(image, data, _table(curve, 65535), clear)
    elif grey:
        pixels = image.convert("LA")
    else:
        pixels = image.convert("L") if image.mode == "1" else _plain(image) if image.mode in {"P", "PA"} else image
        pixels = _with_clear(pixels, clear) if clear else pixels
        if curve:
            alpha = list(range(256)) if pixels.mode.endswith("A") else []
            pixels = pixels.point(_table(curve, 255) * len(pixels.mode.rstrip("A")) + alpha)
    if encoding.mixture and pixels.mode in {"RGB", "RGBA"}:
        return pixels.filter(ImageFilter.Color3DLUT.generate(_LATTICE, encoding.mixture))
    return pixels


def _with_clear(pixels: Image.Image, clear: tuple[int, ...]) -> Image.Image:
    bands = pixels.split()
    unlike = [
        band.point([255 * (level != value) for level in range(256)]) for band, value in zip(bands, clear, strict=True)
    ]
    return Image.merge(f"{pixels.mode}A", (*bands, reduce(ImageChops.lighter, unlike)))


def _table(curve: Curve | None, top: int) -> list[int]:
    """Return the 8-bit value of each number from 0 to `top`."""
    return [round(255 * (curve(number / top) if curve else number / top)) for number in range(top + 1)]


def _described(pixels: Image.Image, profile: _Profile) -> Image.Image | None:
    """Convert the image to sRGB by its profile; return None if the profile does not fit."""
    mode = pixels.mode.rstrip("A")
    bare = pixels.convert(_MODES[profile.space]) if mode == "L" else pixels.convert(mode)
    if bare.mode != _MODES[profile.space]:
        return None
    intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
    try:
        srgb = ImageCms.createProfile("sRGB")
        described = ImageCms.profileToProfile(bare, profile.opened, srgb, intent, "RGB", flags=flags)
    except ImageCms.PyCMSError:
        return None
    if described and mode == "L":
        described = described.convert("L").convert("RGB")  # the profile's white must not tint it
    if described and pixels.mode.endswith("A"):
        described.putalpha(pixels.getchannel("A"))
    return described


def _coloured(pixels: Image.Image) -> Image.Image:
    wanted = "RGBA" if pixels.mode.endswith("A") else "RGB"
    return pixels if pixels.mode == wanted else pixels.convert(wanted)


def _plain(image: Image.Image) -> Image.Image:
    return image.convert("RGBA" if image.has_transparency_data else "RGB")
