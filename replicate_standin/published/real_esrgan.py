"""Real-ESRGAN as predict.py of github.com/replicate/cog-real-esrgan has it (6cbd5e6, 2024-07-25; read 2026-11-25)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..models import Field, Model, RunError, Size, Version, resize_error

PIXEL_CAP = 1448 * 1448


def too_many_pixels(dimensions: tuple[int, ...]) -> str:
    """Return the published error of an image (height, width, channels if any) with too many pixels."""
    return (
        f"Input image of dimensions {dimensions} has a total number of pixels {dimensions[0] * dimensions[1]} greater "
        f"than the max size that fits in GPU memory on this hardware, {PIXEL_CAP}. Resize input image and try again."
    )


@dataclass(frozen=True)
class RealEsrgan(Model):
    """The only model whose weights are here, except for its `face_enhance`, which runs GFPGAN."""

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise RunError for more pixels than the published cap."""
        if shape[0] * shape[1] > PIXEL_CAP:
            raise RunError(too_many_pixels(shape))

    def size(self, original: Size, inputs: Mapping[str, Any]) -> Size:
        """Return `scale` times each side, rounded down, with `face_enhance` and without."""
        width, height = (int(side * inputs["scale"]) for side in original)
        if width < 1 or height < 1:
            raise RunError(resize_error())
        return width, height

    def approximated(self, inputs: Mapping[str, Any]) -> str | None:
        """Return `face_enhance` if it is requested."""
        return f"face_enhance of {self.slug}" if inputs["face_enhance"] else None


REAL_ESRGAN = RealEsrgan(
    slug="nightmareai/real-esrgan",
    # The newest with its date: the provider's own listing (npm all-the-public-replicate-models 1.352.0), January 2025.
    # The others are on a replicate.com page or in two clients, in this order (read 2026-11-22).
    versions=(
        Version("f121d640bd286e1fdc67f9799164c1d5be36ff74576ee11c803ae5b665dd46aa", "2024-07-25T03:42:55.599064Z"),
        Version("f0992969a94014d73864d08e6d9a39286868328e4263d9ce2da6fc4049d01a1a"),
        Version("42fed1c4974146d4d2414e2be2c5277c7fcf05fcc3a73abf41610695738c1d7b"),
        Version("b0bb4c529bb749ac98145e70f42f88d36598e89310beeeba4ee00e14238d1b4d"),
        Version("350d32041630ffbe63c8352783a26d94126809164e54085352f8326e53999085"),
        Version("a462d24b148ac8503a4519090095bd5d3e519eb49d9ab65f389ff2f025bb9700"),
    ),
    official=True,
    fields=(
        Field("image", "uri", required=True),
        Field("scale", "number", default=4, minimum=0, maximum=10),
        Field("face_enhance", "boolean", default=False),
    ),
    image_field="image",
    keeps_alpha=True,
    keeps_gray=True,
    unreadable="'NoneType' object has no attribute 'shape'",
)
