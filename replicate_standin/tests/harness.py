"""What the tests of the stand-in stand on: a clock to turn, an engine to hold, and the world outside it."""

import asyncio
import contextlib
import io
import json
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests
from jsonschema import Draft202012Validator, FormatChecker
from PIL import Image
from referencing import Registry, Resource

from replicate_standin.engines import CancelledRunError, InstantEngine
from replicate_standin.models import Model
from replicate_standin.published import CODEFORMER, GFPGAN, REAL_ESRGAN
from replicate_standin.serving import serve
from replicate_standin.settings import Settings

TOKEN = "r8_a_token_for_tests"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PROVIDER = Path(__file__).parent / "provider"
ENDED = ("succeeded", "failed", "canceled", "aborted")
MODELS = {"real-esrgan": REAL_ESRGAN, "gfpgan": GFPGAN, "codeformer": CODEFORMER}


def _schemas() -> dict[str, Draft202012Validator]:
    contents = {path.stem: json.loads(path.read_text()) for path in (PROVIDER / "schemas").glob("*.json")}
    registry = Registry().with_resources(
        [(content["$id"], Resource.from_contents(content)) for content in contents.values()]
    )
    return {
        name: Draft202012Validator(content, registry=registry, format_checker=FormatChecker())
        for name, content in contents.items()
    }


SCHEMAS = _schemas()


def identifier(model: Model) -> str:
    """Return what a client must ask for: the name of an official model, the version of any other."""
    return model.slug if model.official else model.versions[0].id


def check(schema: str, value: Any) -> None:
    """Fail unless the provider's documents allow this value."""
    SCHEMAS[schema].validate(value)


def eventually(condition: Callable[[], Any], seconds: float = 10) -> Any:
    """Return the first truthy answer; for what happens in another thread."""
    end = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)
    return answer


def image_file(size: tuple[int, int] = (12, 8), mode: str = "RGB", form: str = "PNG", **options: Any) -> bytes:
    """Return an image file: dark, with a bright left half."""
    image = Image.new(mode, size)
    image.paste(Image.new(mode, (size[0] // 2, size[1]), "white"), (0, 0))
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


class FakeClock:
    """A clock that moves only when a test turns it."""

    def __init__(self) -> None:
        self._now = datetime.now(UTC)

    def now(self) -> datetime:
        return self._now

    def turn(self, **duration: float) -> None:
        self._now += timedelta(**duration)

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        """Count from the call, not from when the event loop comes round to it: a test may turn in between."""
        return self._until(self._now + timedelta(seconds=seconds))

    async def _until(self, due: datetime) -> None:
        while self._now < due:
            await asyncio.sleep(0.002)


class HeldEngine(InstantEngine):
    """An engine that works only while its gate is open, and heeds a cancel meanwhile."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.running = 0
        self.most_at_once = 0

    def enlarge(self, rgb: Any, size: Any, progress: Any, cancelled: Any) -> Any:
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        try:
            while not self.gate.wait(0.002):
                if cancelled():
                    raise CancelledRunError
            return super().enlarge(rgb, size, progress, cancelled)
        finally:
            self.running -= 1


class Outside:
    """The world around the stand-in: a host of images, and a receiver of webhooks with scripted answers."""

    def __init__(self, port: int = 0) -> None:
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.gets: list[tuple[str, dict[str, str]]] = []
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.called: list[str] = []
        self.statuses: list[int] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def host(self, path: str, content: bytes) -> str:
        """Put a file at a path and return its URL."""
        self.files[path] = content
        return self.url + path

    def bodies(self) -> list[dict[str, Any]]:
        """Return the predictions that the webhooks brought, each checked against the provider's schema."""
        bodies = [json.loads(body) for _, body in self.calls]
        for body in bodies:
            check("prediction", body)
        return bodies

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outside = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outside.gets.append((self.path, dict(self.headers)))
                path = self.path.partition("?")[0]
                if path in outside.redirects:
                    self._answer(302, b"", {"Location": outside.redirects[path]})
                else:
                    content = outside.files.get(path)
                    self._answer(404 if content is None else 200, content or b"", {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outside.called.append(self.path)
                outside.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
                status = outside.statuses.pop(0) if outside.statuses else 204
                location = {"Location": outside.url + "/elsewhere"} if 300 <= status < 400 else {}
                self._answer(status, b"", location)

            def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                with contextlib.suppress(ConnectionError):  # a stand-in that was stopped meanwhile
                    self.end_headers()
                    self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


class Service:
    """A stand-in on a free port, in a thread of its own, and a client whose answers are checked by schema."""

    def __init__(
        self, state: Path | None = None, engine: Any = None, clock: Any = None, models: tuple[Any, ...] = ()
    ) -> None:
        ready: Future[str] = Future()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        settings = Settings(TOKEN, SECRET, engine="instant", state=state, models=models)
        self.engine_ended: bool | None = None

        def run() -> None:
            try:
                self.engine_ended = self._loop.run_until_complete(
                    serve(settings, self._stop, ready.set_result, engine, clock)
                )
            except BaseException as fault:
                ready.set_exception(fault)
                raise
            finally:
                self._loop.run_until_complete(self._loop.shutdown_default_executor())
                self._loop.close()

        self._thread = threading.Thread(target=run)
        self._thread.start()
        self.url = ready.result(10)
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {TOKEN}"

    def close(self) -> None:
        self.session.close()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def call(
        self, method: str, path: str, schema: str | None = None, problem: bool = True, **options: Any
    ) -> requests.Response:
        """Make a call; an answer in JSON is checked, an error as a problem unless it is to be another."""
        response = self.session.request(method, self.url + path, timeout=20, **options)
        if response.status_code >= 400 and method != "HEAD":
            if not problem:
                return response
            assert response.headers["Content-Type"].startswith("application/problem+json")
            check("problem", response.json())
            assert response.json()["status"] == response.status_code
        elif schema:
            check(schema, response.json())
        return response

    def post(
        self, body: Any, path: str = "/v1/predictions", *, problem: bool = True, **headers: str
    ) -> requests.Response:
        """Create a prediction; `Cancel_After="5s"` becomes a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("POST", path, "prediction", problem, json=body, headers=named)

    def create(self, image: str, model: str = "real-esrgan", more: Any = None, **inputs: Any) -> dict[str, Any]:
        """Create a prediction that must be taken in; `more` are body fields and headers under `headers`."""
        body = dict(more or {})
        headers = body.pop("headers", {})
        known = MODELS[model]
        answer = self.post(
            {"version": identifier(known), "input": {known.image_field: image, **inputs}, **body}, **headers
        )
        assert answer.status_code in (201, 202), answer.text
        return answer.json()

    def set_faults(self, *faults: dict[str, Any]) -> None:
        """Replace the faults that are set."""
        answer = self.call("PUT", "/_control", json={"faults": list(faults)})
        assert answer.status_code == 200, answer.text

    def fired(self) -> list[int]:
        """Return how often each fault that is set has fired."""
        return [each["fired"] for each in self.call("GET", "/_control").json()["faults"]]

    def cancel(self, prediction: dict[str, Any]) -> dict[str, Any]:
        """Cancel a prediction; the provider answers 200 whatever comes of it."""
        answer = self.call("POST", f"/v1/predictions/{prediction['id']}/cancel", "prediction")
        assert answer.status_code == 200
        return answer.json()

    def get(self, prediction: dict[str, Any]) -> dict[str, Any]:
        return self.call("GET", f"/v1/predictions/{prediction['id']}", "prediction").json()

    def ended(self, prediction: dict[str, Any], seconds: float = 10) -> dict[str, Any]:
        """Wait for a prediction to end and return it."""
        return eventually(lambda: (now := self.get(prediction))["status"] in ENDED and now, seconds)

    def reaches(self, prediction: dict[str, Any], status: str) -> dict[str, Any]:
        return eventually(lambda: (now := self.get(prediction))["status"] == status and now)

    def output(self, prediction: dict[str, Any]) -> Image.Image:
        """Download what a prediction made, without a token."""
        with requests.get(prediction["output"], timeout=20) as response:
            assert response.status_code == 200
            assert response.headers["Content-Type"].startswith("image/")
            return Image.open(io.BytesIO(response.content))
