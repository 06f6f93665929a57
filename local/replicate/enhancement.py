"""One run of a model over one file, from bytes to PNG. Runs in a worker thread; knows no HTTP."""

from collections.abc import Callable, Mapping
from typing import Any

from PIL import Image

from .engines import Cancelled, Engine
from .models import Model
from .pictures import UndecodableError, open_picture, read_pixels, shape, write_png

# The result is held whole: 150 megapixels are about 1 GiB while the PNG is written.
OUTPUT_MAX_PIXELS = 150_000_000


class RunError(Exception):
    """The model fails; the message becomes the prediction's `error`."""


def enhance(
    model: Model,
    inputs: Mapping[str, Any],
    content: bytes,
    engine: Engine,
    *,
    report: Callable[[str], None],
    cancelled: Cancelled,
) -> bytes:
    """Return the PNG that the model makes of a file.

    `report` receives lines for the prediction's logs. Raises RunError, or CancelledRunError when cancelled.
    """
    try:
        image = open_picture(content)
        scale = inputs[model.scale_field]
        _refuse(model, scale, image)
        picture = read_pixels(image, orients=model.orients, keeps_alpha=model.keeps_alpha)
    except UndecodableError:
        raise RunError(model.unreadable) from None
    height, width = picture.rgb.shape[:2]
    size = (int(width * scale), int(height * scale))
    label = engine.label(width * height)
    missing = model.approximates(inputs)
    if missing:
        report(f"LOCAL APPROXIMATION: {missing} has no weights here; {label}, at the requested scale, stands in.")
    report(f"{label}: {width}x{height} to {size[0]}x{size[1]}")
    enlarged = engine.enlarge(picture.rgb, size, lambda done, total: report(progress_line(done, total)), cancelled)
    return write_png(enlarged, picture)


def progress_line(done: int, total: int) -> str:
    """Write progress as tqdm does in plain ASCII: ` 17%|#7        | 1/6`."""
    full, tenths = divmod(round(done * 100 / total), 10)
    bar = "#" * full + (str(tenths) if tenths else "")
    return f"{round(done * 100 / total):3d}%|{bar:<10}| {done}/{total}"


def too_many_pixels(dimensions: tuple[int, ...], cap: int) -> str:
    """Say that a picture (height, width, channels if any) has more pixels than fit.

    The published text, word for word: github.com/replicate/cog-real-esrgan predict.py, read 2026-11-22.
    """
    return (
        f"Input image of dimensions {dimensions} has a total number of pixels {dimensions[0] * dimensions[1]} greater "
        f"than the max size that fits in GPU memory on this hardware, {cap}. Resize input image and try again."
    )


def _refuse(model: Model, scale: float, image: Image.Image) -> None:
    """Raise RunError, before any pixel is decoded, where the model or this machine would fail."""
    pixels = image.width * image.height
    if model.pixel_cap is not None and pixels > model.pixel_cap:
        raise RunError(too_many_pixels(shape(image, keeps_alpha=model.keeps_alpha), model.pixel_cap))
    width, height = int(image.width * scale), int(image.height * scale)
    if width < 1 or height < 1:
        raise RunError(f"{model.scale_field} {scale:g} leaves nothing of {image.width}x{image.height} pixels")
    if width * height > OUTPUT_MAX_PIXELS:
        raise RunError(
            f"Out of memory: a result of {width}x{height} pixels is more than the {OUTPUT_MAX_PIXELS} of "
            "this stand-in. Lower the scale or resize the input image. (E1001)"
        )
