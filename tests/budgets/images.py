"""The costs of image processing: `python -m tests.budgets.images` prints three tables.

The bytes that leave AWS for each output format and their cost for a thousand jobs, with the faithfulness reports of the
samples; the share of completion's time that such a report takes; and the peak memory of the two functions that process
pixels, for a 4000 x 3000 photo on a local stack of its own (Linux: it reads /proc).
"""

import contextlib
import io
import json
import shutil
import tempfile
import time
from pathlib import Path
from unittest import mock

import requests
from PIL import Image

from deployment import ROOT
from enhancer.adapters.imaging import PillowImaging, faithfulness, finishing
from enhancer.adapters.model_files import models
from enhancer.ports import OutputSpec
from local.config import StackConfig
from local.ports import free_ports
from local.stack import LocalStack
from replicate_standin.realesrgan import RealEsrganEngine
from tests.budgets.pipeline import SAMPLE, enhance

EGRESS = 0.09
"""US dollars for a gigabyte from AWS to the internet, us-east-1, first 10 TB a month (aws.amazon.com/ec2/pricing, read
2026-11-22)."""
MAX_MODEL_PIXELS = models()["nightmareai/real-esrgan"].max_pixels
TYPICAL = (1200, 900)
FORMATS = (("png", 90), ("webp", 90), ("webp", 80), ("jpeg", 90), ("jpeg", 80))
PIXEL_FUNCTIONS = ("job-start", "job-completion")


def main() -> None:
    """Print the tables."""
    enlarged = [(path, _enlarged(path)) for path in (SAMPLE, ROOT / "samples" / "astronaut.png")]
    for path, output in enlarged:
        finished = PillowImaging().finish(
            io.BytesIO(output), path.read_bytes(), OutputSpec(_size(output), "png", 90, b"")
        )
        finished.file.close()
        print(f"{path.name}: {finished.report}")
    _formats(enlarged)
    _report_share()
    _memory()


def _enlarged(path: Path) -> bytes:
    import numpy as np

    with Image.open(path) as image:
        pixels = np.array(image.convert("RGB"))
    height, width = pixels.shape[:2]
    result = RealEsrganEngine().enlarge(pixels, (4 * width, 4 * height), lambda *_: None, lambda: False)
    return _png(Image.fromarray(result))


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def _formats(enlarged: list[tuple[Path, bytes]]) -> None:
    print("\nResults of the real model, 4 times, and what they cost to send from AWS to R2\n")
    megapixels = TYPICAL[0] * TYPICAL[1] * 16 / 1e6
    typical = f"US$ per 1,000 jobs of {TYPICAL[0]} x {TYPICAL[1]}"
    print(f"{'format':>10}{'bytes per pixel':>18}{'of png':>9}{typical:>38}")
    first = None
    for output_format, quality in FORMATS:
        size = pixels = 0
        for path, output in enlarged:
            spec = OutputSpec(_size(output), output_format, quality, b"")
            finished = PillowImaging().finish(io.BytesIO(output), path.read_bytes(), spec)
            finished.file.close()
            size += finished.size + len(finished.preview or b"") + len(finished.thumb or b"")
            pixels += finished.width * finished.height
        first = first or size
        cost = size / pixels * megapixels * 1e6 / 1e9 * EGRESS * 1000
        label = output_format if output_format == "png" else f"{output_format} {quality}"
        print(f"{label:>10}{size / pixels:>18.2f}{size / first:>8.0%}{cost:>38.2f}")


def _size(output: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(output)) as image:
        return image.size


def _report_share() -> None:
    """Print the report's largest share of a completion's image processing, including the original's decoding."""
    photo = large_photo()
    with Image.open(io.BytesIO(photo)) as image:
        side = (MAX_MODEL_PIXELS / (image.width * image.height)) ** 0.5 * 4
        output = _png(image.resize((int(image.width * side), int(image.height * side)), Image.Resampling.BICUBIC))
    spent = dict.fromkeys(("_reference", "_sample", "compare"), 0.0)

    def timed(module: object, name: str) -> contextlib.AbstractContextManager[object]:
        real = getattr(module, name)

        def run(*arguments: object) -> object:
            started = time.perf_counter()
            try:
                return real(*arguments)
            finally:
                spent[name] += time.perf_counter() - started

        return mock.patch.object(module, name, run)

    with timed(finishing, "_reference"), timed(finishing, "_sample"), timed(faithfulness, "compare"):
        started = time.perf_counter()
        PillowImaging().finish(io.BytesIO(output), photo, OutputSpec(_size(output), "png", 90, b"")).file.close()
        total = time.perf_counter() - started
    print(
        f"\nThe report takes {sum(spent.values()) / total:.0%} of completion's work on a 4000 x 3000 photo as PNG, its"
    )
    print("cheapest format: " + ", ".join(f"{name.strip('_')} {part / total:.0%}" for name, part in spent.items()))


def large_photo() -> bytes:
    """Return a JPEG of 4000 x 3000 pixels with a photo's noise."""
    with Image.open(SAMPLE) as image:
        large = image.convert("RGB").resize((4000, 3000), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    Image.blend(large, Image.merge("RGB", (Image.effect_noise(large.size, 20),) * 3), 0.15).save(buffer, "JPEG")
    return buffer.getvalue()


def _memory() -> None:
    state = Path(tempfile.mkdtemp(prefix="image-enhancer-bench-"))
    port, replicate_port, emulator_port = free_ports(3)
    config = StackConfig(port, replicate_port, emulator_port, state, engine="instant")
    try:
        with LocalStack(config) as stack, requests.Session() as session:
            print("\nPeak memory on that photo, MB")
            for output_format in ("png", "webp", "jpeg"):
                enhance(stack.base_url, session, large_photo(), params={"outputFormat": output_format})
                peaks = ", ".join(f"{name} {peak_memory(name, emulator_port) / 1e6:.0f}" for name in PIXEL_FUNCTIONS)
                print(f"{output_format:>10}: {peaks}")
    finally:
        shutil.rmtree(state)


def peak_memory(function: str, emulator_port: int) -> int:
    """Return the peak memory, in bytes, of a function's processes on the stack with this emulator port (Linux)."""
    peaks = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = dict(
                entry.split("=", 1) for entry in (folder / "environ").read_text().split("\0") if "=" in entry
            )
            status = (folder / "status").read_text()
        except (OSError, UnicodeDecodeError):
            continue
        named = environment.get("AWS_LAMBDA_FUNCTION_NAME", "").endswith(function)
        if named and f":{emulator_port}" in json.dumps(environment):
            peaks.append(int(status.partition("VmHWM:")[2].split()[0]) * 1024)
    if not peaks:
        raise LookupError(f"no process of {function} is running")
    return max(peaks)


if __name__ == "__main__":
    main()
