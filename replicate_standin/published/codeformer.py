"""CodeFormer as github.com/sczhou/CodeFormer has it (commit b33cc7d, 2025-11-18; read 2026-11-25).

The files are web-demos/replicate/predict.py and facelib/utils/face_restoration_helper.py. They do not have the limits
of `upscale` of its demo on Hugging Face.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..models import Field, Model, RunError, Size, Version, resize_error

SHORTER_SIDE = 512


@dataclass(frozen=True)
class Codeformer(Model):
    """Images whose shorter side is under 512 pixels are enlarged to that first; `upscale` applies to that."""

    def size(self, original: Size, inputs: Mapping[str, Any]) -> Size:
        """Return `upscale` times the (perhaps enlarged) image's sides."""
        factor = max(1.0, SHORTER_SIDE / min(original))
        width, height = (round(side * factor) * inputs["upscale"] for side in original)
        if inputs["upscale"] < 1:
            raise RunError(resize_error())
        return width, height

    def out_of_memory(self, input_name: str) -> str:  # noqa: ARG002 - the model's shape
        """Return the published error when the background's net has no memory: the source swallows the reason."""
        return "local variable 'output_img' referenced before assignment"


CODEFORMER = Codeformer(
    slug="sczhou/codeformer",
    versions=(
        Version("cc4956dd26fa5a7185d5660cc9100fab1b8070a1d1654a8bb5eb6d443b020bb2"),
        Version("7de2ea26c616d5bf2245ad0d5e24f0ff9a6204578a5c876db53142edd9d2cd56", "2022-09-10T09:39:58.239128Z"),
    ),
    official=False,
    fields=(
        Field("image", "uri", required=True),
        Field("codeformer_fidelity", "number", default=0.5, minimum=0, maximum=1),
        Field("background_enhance", "boolean", default=True),
        Field("face_upsample", "boolean", default=True),
        Field("upscale", "integer", default=2),
    ),
    image_field="image",
    orients=True,
    unreadable="'>' not supported between instances of 'NoneType' and 'int'",
)
