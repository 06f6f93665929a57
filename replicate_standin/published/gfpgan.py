"""GFPGAN as github.com/TencentARC/GFPGAN cog_predict.py has it (commit 7552a77, 2024-04-03; read 2026-11-25).

Its `version` offers RestoreFormer, as the provider's schema does. replicate/GFPGAN (c1400d5, 2024-03-13, eight minutes
before the newest version) has the same lines about sizes, but not that choice.

It swallows its own exceptions: an error appears as a variable that was never set or a file that was never written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ..images import WRITABLE
from ..models import Field, Model, RunError, Size, Version

LOW = 300


@dataclass(frozen=True)
class Gfpgan(Model):
    """The net doubles each side. Images under 300 pixels high are doubled first; `scale`/2 applies to that."""

    def size(self, original: Size, inputs: Mapping[str, Any]) -> Size:
        """Return half of `scale` times the (perhaps doubled) image's sides, rounded down.

        For `scale` 2, which is the net's own, and where no pixel would be left, it is twice those sides: the source
        swallows OpenCV's error.
        """
        width, height = original if original[1] >= LOW else (2 * original[0], 2 * original[1])
        scaled = int(width * inputs["scale"] / 2), int(height * inputs["scale"] / 2)
        if inputs["scale"] == 2 or min(scaled) < 1:
            return 2 * width, 2 * height
        return scaled

    def file_name(self, input_name: str, *, transparent: bool) -> str:
        """Return `out.` and the input's extension with its dot: `out..jpg`. Transparent images become `out.png`.

        Without an extension it is `out.png`, as in replicate/GFPGAN. Raises RunError for one that OpenCV can't write.
        """
        extension = PurePosixPath(input_name).suffix
        if transparent or not extension:
            return "out.png"
        if extension.lower() not in WRITABLE:
            raise RunError(_no_file(f"out.{extension}"))
        return f"out.{extension}"

    def out_of_memory(self, input_name: str) -> str:
        """Return the published error of a net without memory: the output file is missing."""
        return _no_file(f"out.{PurePosixPath(input_name).suffix or 'png'}")


def _no_file(name: str) -> str:
    return f"[Errno 2] No such file or directory: '/tmp/tmp3v9c1zxk/{name}'"


GFPGAN = Gfpgan(
    slug="tencentarc/gfpgan",
    versions=(
        Version("0fbacf7afc6c144e5be9767cff80f25aff23e52b0708f17e20f9879b2f21516c", "2024-03-14T00:42:49.367274Z"),
        Version("9283608cc6b7be6b65a8e44983db012355fde4132009bf99d976b2f0896856a3"),
        Version("1b5fdc787a394510ca56c669481837163cd66550f84b378f8b3537d64f1dc25c"),
    ),
    official=False,
    fields=(
        Field("img", "uri", required=True),
        Field("version", "string", default="v1.4", choices=("v1.2", "v1.3", "v1.4", "RestoreFormer")),
        Field("scale", "number", default=2),
    ),
    image_field="img",
    keeps_alpha=True,
    unreadable="local variable 'out_path' referenced before assignment",
)
