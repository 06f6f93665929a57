"""One prediction's work: download its image and run its model on it in a thread beside the event loop."""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp

from .downloads import DownloadError, download, file_name
from .engines import Cancelled, CancelledRunError, Engine
from .images import UndecodableError, encode, open_image, read_pixels, shape
from .models import Model, RunError, Size
from .predictions import Prediction
from .received import Received

log = logging.getLogger(__name__)

INTERRUPTED = "Prediction interrupted; please retry (code: PA)"
"""The provider's error for a failure of its own machines; a full disk here counts as one."""
# The whole result is in memory: 150 megapixels are about 1 GiB while the PNG is written.
OUTPUT_MAX_PIXELS = 150_000_000
STOP_PATIENCE_SECONDS = 1.0
T = TypeVar("T")


@dataclass(frozen=True)
class OutputFile:
    """A model's result: the file and its name, whose extension names the encoding."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Outcome:
    """The outcome of a run: a file or an error, and its duration in seconds."""

    output: OutputFile | None = None
    error: str | None = None
    seconds: float = 0.0


class Worker:
    """Runs one prediction at a time."""

    def __init__(self, session: aiohttp.ClientSession, received: Received, engine: Engine) -> None:
        self._session = session
        self._received = received
        self._engine = engine
        self._thread = EngineThread()

    async def run(self, prediction: Prediction, report: Callable[[str], None], cancelled: Cancelled) -> Outcome:
        """Run a prediction's model on its image; `report` receives lines for its logs, on the event loop.

        Raises CancelledRunError when cancelled.
        """
        began = time.perf_counter()
        output, error = None, None
        try:
            output = await self._enhance(prediction, report, cancelled)
        except (DownloadError, RunError) as fault:
            error = str(fault)
        except CancelledRunError:
            raise
        except OSError:
            log.exception("prediction %s: a file could not be written", prediction.id)
            error = INTERRUPTED
        except Exception as fault:  # an error of a model ends its run, not the worker
            log.exception("prediction %s: unexpected", prediction.id)
            error = f"{type(fault).__name__}: {fault}"
        return Outcome(output, error, time.perf_counter() - began)

    @staticmethod
    def out_of_memory(prediction: Prediction) -> str:
        """Return the error of the prediction's model when its net gets no memory."""
        model = prediction.request.model
        return model.out_of_memory(file_name(prediction.request.inputs[model.image_field] or ""))

    async def stop(self) -> bool:
        """Wait a moment for the engine; return whether its thread has ended."""
        return await self._thread.stop()

    async def _enhance(self, prediction: Prediction, report: Callable[[str], None], cancelled: Cancelled) -> OutputFile:
        request = prediction.request
        url = request.inputs[request.model.image_field]
        if url is None:  # a published schema need not require it
            raise RunError(f"{request.model.image_field} is missing")
        content = await download(self._session, url)
        loop = asyncio.get_running_loop()
        if cancelled():  # during the download
            raise CancelledRunError

        def work() -> OutputFile:
            self._received.downloaded(prediction.id, content)
            return enhance(
                request.model,
                request.inputs,
                file_name(url),
                content,
                self._engine,
                report=lambda line: call_on_loop(loop, lambda: report(line)),
                cancelled=cancelled,
            )

        return await self._thread.run(work)


def enhance(
    model: Model,
    inputs: Mapping[str, Any],
    name: str,
    content: bytes,
    engine: Engine,
    *,
    report: Callable[[str], None],
    cancelled: Cancelled,
) -> OutputFile:
    """Run a model on a file of that name.

    `report` receives lines for the prediction's logs. Raises RunError, or CancelledRunError when cancelled.
    """
    try:
        image = open_image(content)
        model.check(shape(image, keeps_alpha=model.keeps_alpha))
        _check_output_size(model.size((image.width, image.height), inputs))
        decoded = read_pixels(image, orients=model.orients, keeps_alpha=model.keeps_alpha, keeps_gray=model.keeps_gray)
    except UndecodableError:
        raise RunError(model.unreadable) from None
    height, width = decoded.rgb.shape[:2]
    size = model.size((width, height), inputs)
    made_name = model.file_name(name, transparent=decoded.alpha is not None)
    label = engine.label(width * height)
    missing = model.approximated(inputs)
    if missing:
        report(f"LOCAL APPROXIMATION: {missing} has no weights here; {label}, in the model's size, stands in.")
    report(f"{label}: {width}x{height} to {size[0]}x{size[1]}")
    enlarged = engine.enlarge(decoded.rgb, size, lambda done, total: report(progress_line(done, total)), cancelled)
    return OutputFile(made_name, encode(enlarged, decoded, made_name))


def progress_line(done: int, total: int) -> str:
    """Write progress as tqdm does in plain ASCII: ` 17%|#7        | 1/6`."""
    full, tenths = divmod(round(done * 100 / total), 10)
    bar = "#" * full + (str(tenths) if tenths else "")
    return f"{round(done * 100 / total):3d}%|{bar:<10}| {done}/{total}"


def _check_output_size(size: Size) -> None:
    """Raise RunError, before any pixel is decoded, for a result that would exhaust this machine's memory."""
    if size[0] * size[1] > OUTPUT_MAX_PIXELS:
        raise RunError(
            f"Out of memory: a result of {size[0]}x{size[1]} pixels is more than the {OUTPUT_MAX_PIXELS} of "
            "this stand-in. Lower the scale or resize the input image. (E1001)"
        )


class EngineThread:
    """Runs one call after another, each in a daemon thread of its own.

    The threads of a pool would delay the end of the process by a whole tile.
    """

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    async def run(self, work: Callable[[], T]) -> T:
        """Return the result of the call, or raise its exception."""
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[T] = loop.create_future()

        def deliver(set_outcome: Callable[[], None]) -> None:
            if not outcome.cancelled():
                set_outcome()

        def run() -> None:
            try:
                result = work()
            except Exception as raised:  # noqa: BLE001 - re-raised on the event loop
                fault = raised
                call_on_loop(loop, lambda: deliver(lambda: outcome.set_exception(fault)))
            else:
                call_on_loop(loop, lambda: deliver(lambda: outcome.set_result(result)))

        self._thread = threading.Thread(target=run, name="engine", daemon=True)
        self._thread.start()
        return await outcome

    async def stop(self) -> bool:
        """Wait a moment for the last call; return whether it has ended."""
        if self._thread is None:
            return True
        await asyncio.to_thread(self._thread.join, STOP_PATIENCE_SECONDS)
        return not self._thread.is_alive()


def call_on_loop(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    """Call a function on the loop, if it still runs."""
    with contextlib.suppress(RuntimeError):  # the loop is closed: the stand-in has stopped
        loop.call_soon_threadsafe(what)
