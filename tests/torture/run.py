"""One file through the use cases' own path of an image: looked at, sized, prepared, enlarged, checked, finished."""

import io
import resource
import time
from dataclasses import dataclass

from PIL import Image

from enhancer.adapters.imaging import PillowImaging
from enhancer.adapters.model_files import models
from enhancer.domain import image, sizing
from enhancer.domain.catalogue import InvalidParameter
from enhancer.domain.provenance import xmp_packet
from enhancer.errors import OutputGone, RequestError, UnreadableImage
from enhancer.ports import Output, OutputSpec
from enhancer.usecases import complete_job, create_job
from tests.images.baggage import SECRET

MODEL = models()["nightmareai/real-esrgan"]
MAX_PIXELS = 160_000  # of what the stand-in enlarges, to be quick
MAX_CPU = 5.0  # seconds
MAX_MEMORY = 512 * 2**20  # bytes of this process, at its peak
_FORMATS = ("png", "webp", "jpeg")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: a refusal or what was sent to the provider, and what must not be."""

    refusal: str | None
    sent: bytes | None
    faults: tuple[str, ...]


def run(data: bytes, number: int = 0) -> Outcome:
    """Treat a file; `number` chooses the result's format."""
    began = time.process_time()
    faults: list[str] = []
    refusal, sent = None, None
    try:
        sent = _through(data, _FORMATS[number % 3])
    except (RequestError, UnreadableImage, InvalidParameter, OutputGone, image.MoreNeeded) as problem:
        refusal = f"{type(problem).__name__}: {problem}"
    except Exception as problem:  # noqa: BLE001 - what is looked for
        faults.append(f"uncaught: {type(problem).__name__}: {problem}")
    took = time.process_time() - began
    if took > MAX_CPU:
        faults.append(f"{took:.1f} s of CPU")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if peak > MAX_MEMORY:
        faults.append(f"{peak / 2**20:.0f} MiB at the peak")
    if sent and SECRET.encode() in sent:
        faults.append("what is private was sent")
    return Outcome(refusal, sent, tuple(faults))


def _through(data: bytes, output_format: str) -> bytes:
    shown = create_job._inspect(data, data[-image.TAIL_BYTES :], len(data), 50_000_000)
    params = sizing.resolve_params({"outputFormat": output_format}, shown.width, shown.height, MODEL)
    prepared = PillowImaging().prepare(data, MAX_PIXELS)
    sent = data if prepared.image is None else prepared.image
    output = _enlarged(sent)
    complete_job._check(Output(io.BytesIO(output), len(output)))
    size = sizing.result_size(shown.width, shown.height, float(params["scale"]), MODEL)
    spec = OutputSpec(size, output_format, 90, xmp_packet("maker/model", "1"))
    with PillowImaging().finish(io.BytesIO(output), data, spec).file:
        return sent


def _enlarged(sent: bytes) -> bytes:
    """What stands in for the model: twice the sides."""
    with Image.open(io.BytesIO(sent)) as opened:
        shown = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
    buffer = io.BytesIO()
    shown.resize((shown.width * 2, shown.height * 2)).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
