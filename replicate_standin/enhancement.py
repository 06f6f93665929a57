"""One run of a model over one file, from bytes to file. Runs in a worker thread; knows no HTTP."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .engines import Cancelled, Engine
from .images import UndecodableError, encode, open_picture, read_pixels, shape
from .models import Model, RunError, Size

# The result is held whole: 150 megapixels are about 1 GiB while the PNG is written.
OUTPUT_MAX_PIXELS = 150_000_000


@dataclass(frozen=True)
class Made:
    """A model's result: the file and its name, whose extension says what it is encoded as."""

    name: str
    content: bytes


def enhance(
    model: Model,
    inputs: Mapping[str, Any],
    name: str,
    content: bytes,
    engine: Engine,
    *,
    report: Callable[[str], None],
    cancelled: Cancelled,
) -> Made:
    """Return what the model makes of a file of that name.

    `report` receives lines for the prediction's logs. Raises RunError, or CancelledRunError when cancelled.
    """
    try:
        image = open_picture(content)
        model.check(shape(image, keeps_alpha=model.keeps_alpha))
        _refuse(model.size((image.width, image.height), inputs))
        picture = read_pixels(image, orients=model.orients, keeps_alpha=model.keeps_alpha, keeps_gray=model.keeps_gray)
    except UndecodableError:
        raise RunError(model.unreadable) from None
    height, width = picture.rgb.shape[:2]
    size = model.size((width, height), inputs)
    made_name = model.file_name(name, transparent=picture.alpha is not None)
    label = engine.label(width * height)
    missing = model.missing(inputs)
    if missing:
        report(f"LOCAL APPROXIMATION: {missing} has no weights here; {label}, in the model's size, stands in.")
    report(f"{label}: {width}x{height} to {size[0]}x{size[1]}")
    enlarged = engine.enlarge(picture.rgb, size, lambda done, total: report(progress_line(done, total)), cancelled)
    return Made(made_name, encode(enlarged, picture, made_name))


def progress_line(done: int, total: int) -> str:
    """Write progress as tqdm does in plain ASCII: ` 17%|#7        | 1/6`."""
    full, tenths = divmod(round(done * 100 / total), 10)
    bar = "#" * full + (str(tenths) if tenths else "")
    return f"{round(done * 100 / total):3d}%|{bar:<10}| {done}/{total}"


def _refuse(size: Size) -> None:
    """Raise RunError, before any pixel is decoded, where this machine would fail."""
    if size[0] * size[1] > OUTPUT_MAX_PIXELS:
        raise RunError(
            f"Out of memory: a result of {size[0]}x{size[1]} pixels is more than the {OUTPUT_MAX_PIXELS} of "
            "this stand-in. Lower the scale or resize the input image. (E1001)"
        )
