"""Every kind of pixel as RGB or RGBA with 8 bits, and the colour profile that says what its numbers mean."""

import io
from typing import NamedTuple

from PIL import Image, ImageCms

_DEPTH = slice(24, 25)  # the byte of a PNG that holds the bits of a sample (PNG specification, 11.2.2 IHDR)
_SPACES = {"L": "GRAY", "CMYK": "CMYK", "RGB": "RGB "}
_MODES = {space: mode for mode, space in _SPACES.items()}


class Colours(NamedTuple):
    """A picture in RGB or RGBA, its profile (None is sRGB), and what it was converted from, if it was."""

    image: Image.Image
    profile: bytes | None
    converted: str | None


def in_rgb(image: Image.Image, data: bytes) -> Colours:
    """The loaded picture of a file as the models read it.

    A profile of RGB stays with the numbers that it describes; where the numbers change, they become sRGB.
    """
    profile = _usable(image.info.get("icc_profile"))
    space = profile.profile.xcolor_space if profile else None
    kept = image.info["icc_profile"] if space == _SPACES["RGB"] else None
    deep = image.mode.startswith("I") or (image.format == "PNG" and data[_DEPTH] == b"\x10")
    if image.mode in {"RGB", "RGBA"}:
        see_through = image.mode == "RGB" and image.has_transparency_data  # one colour of a PNG stands for nothing
        clear = image.convert("RGBA") if see_through else image
        return Colours(clear, kept, "16-bit" if deep else "RGB" if see_through else None)
    if image.mode in {"P", "PA"}:
        return Colours(_plain(image), kept, image.mode)
    if image.mode.startswith("I"):
        grey = image.point(lambda value: value * (1 / 257) + 0.5).convert("L")
        return Colours(_described(grey, profile, space), None, "16-bit")
    if image.mode == "LA":
        clear = _described(image.getchannel("L"), profile, space)
        clear.putalpha(image.getchannel("A"))
        return Colours(clear, None, "16-bit" if deep else "LA")
    return Colours(_described(image, profile, space), None, "16-bit" if deep else image.mode)


def _described(image: Image.Image, profile: ImageCms.ImageCmsProfile | None, space: str | None) -> Image.Image:
    """The picture in sRGB, by its profile where that describes it."""
    if profile is None or space != _SPACES.get(image.mode):
        return _plain(image)
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    try:
        converted = ImageCms.profileToProfile(
            image, profile, ImageCms.createProfile("sRGB"), intent, "RGB", flags=ImageCms.Flags.BLACKPOINTCOMPENSATION
        )
    except ImageCms.PyCMSError:
        return _plain(image)
    return converted or _plain(image)


def _plain(image: Image.Image) -> Image.Image:
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _usable(profile: bytes | None) -> ImageCms.ImageCmsProfile | None:
    """The profile, None for one that can't be read or leads to no colours: it would spoil the result."""
    if not profile:
        return None
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES[opened.profile.xcolor_space]
        ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, LookupError):
        return None
    return opened
