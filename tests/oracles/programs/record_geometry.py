"""Run the models' published predictors with real OpenCV and without their networks, and write down what comes out.

    python record_geometry.py FOLDER > ../fixtures/geometry.json

FOLDER holds checkouts named as the repositories in SOURCES. Needs numpy, Pillow and opencv-python-headless: what the
predictors import beside these and their own code about sizes is a dummy, a network returns zeros of its factor, and no
face is found.
"""

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import cv2
import numpy as np

SOURCES = {
    "replicate/cog-real-esrgan": "6cbd5e6ce8bd0fa90db54af899a8a9a85eb3db41",
    "TencentARC/GFPGAN": "7552a7791caad982045a7bbe5634bbf1cd5c8679",
    "sczhou/CodeFormer": "b33cc7d639d6545bfcccc7e0bc6ae51f24e79c2b",
    "xinntao/facexlib": "260620ae93990a300f4b16448df9bb459f1caba9",
    "xinntao/Real-ESRGAN": "a4abfb2979a7bbff3f69f58f58ae324608821e27",
}
READ_ON = "2026-11-25"
SIZES = [
    *((75, 100), (100, 100), (2400, 100), (160, 213), (320, 213), (213, 299), (301, 299), (448, 299), (2400, 240)),
    *((225, 300), (299, 300), (450, 300), (4000, 300), (333, 517), (400, 600), (600, 600), (905, 600), (1201, 600)),
    *((450, 1800), (1100, 1800)),
]
FACTORS = (1, 1.5, 2, 2.5, 3, 4)
REAL, GFP, CODE = "nightmareai/real-esrgan", "tencentarc/gfpgan", "sczhou/codeformer"
SMALL = (12, 8)
OUT_OF_MEMORY = "CUDA out of memory. Tried to allocate 2.00 GiB"


class Dummies(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports that have nothing to do with sizes."""

    roots = ("torch", "torchvision", "basicsr", "cog", "facexlib", "facelib", "gfpgan", "realesrgan")

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:  # noqa: ARG002 - the port's shape
        return importlib.machinery.ModuleSpec(name, self) if name.split(".", maxsplit=1)[0] in self.roots else None

    def create_module(self, spec: Any) -> Any:
        module = MagicMock(name=spec.name)
        module.__path__, module.__spec__, module.__all__ = [], spec, []
        return module

    def exec_module(self, module: Any) -> None:
        """Do nothing."""


class NoGrad(contextlib.ContextDecorator):
    """`torch.no_grad()` as decorator and as context."""

    def __enter__(self) -> "NoGrad":
        return self

    def __exit__(self, *_: object) -> None:
        return None


class Enlarged:
    """What a network returns: zeros, in the calls with which the sources take a tensor apart."""

    def __init__(self, height: int, width: int) -> None:
        self.data, self._shape = self, (3, height, width)

    def squeeze(self) -> "Enlarged":
        return self

    float = cpu = squeeze

    def clamp_(self, *_: object) -> "Enlarged":
        return self

    def numpy(self) -> Any:
        return np.zeros(self._shape, np.float32)


def load(name: str, path: Path) -> Any:
    """Import one file of a checkout under the name by which the others import it."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def without_network(kind: Any) -> Any:
    """The class `RealESRGANer` of either source, with all of its `enhance` but no network."""

    class Upsampler(kind):  # type: ignore[misc]
        fails = False

        def __init__(self, scale: int, tile: int = 0, **_: Any) -> None:
            self.scale, self.tile_size, self.mod_scale = scale, tile, None

        def pre_process(self, img: Any) -> None:
            self._size = img.shape[:2]

        def process(self) -> None:
            if Upsampler.fails:
                raise RuntimeError(OUT_OF_MEMORY)

        tile_process = process

        def post_process(self) -> Enlarged:
            return Enlarged(self._size[0] * self.scale, self._size[1] * self.scale)

    return Upsampler


def prepare(folder: Path) -> tuple[dict[str, Any], list[Any]]:
    """Return the three predictors, ready, by slug, and the networks that can be told to fail."""
    # They install themselves while they are imported, and fetch weights.
    os.system = subprocess.check_call = lambda *_, **__: 0  # type: ignore[assignment]
    sys.meta_path.insert(0, Dummies())
    torch = importlib.import_module("torch")
    torch.no_grad = NoGrad
    cog = importlib.import_module("cog")
    cog.BasePredictor, cog.Path = object, Path

    name = "utils/face_restoration_helper"
    restoration = load("facexlib.utils.face_restoration_helper", folder / f"facexlib/facexlib/{name}.py")
    restoration.init_detection_model.return_value.detect_faces.return_value = np.zeros((0, 15))
    realesrgan = load("realesrgan.utils", folder / "Real-ESRGAN/realesrgan/utils.py")
    realesrgan.RealESRGANer = without_network(realesrgan.RealESRGANer)
    importlib.import_module("realesrgan").RealESRGANer = realesrgan.RealESRGANer
    gfpgan = load("gfpgan.utils", folder / "GFPGAN/gfpgan/utils.py")
    importlib.import_module("gfpgan").GFPGANer = gfpgan.GFPGANer

    facelib_misc = load("facelib.utils.misc", folder / "CodeFormer/facelib/utils/misc.py")
    assert callable(facelib_misc.is_gray)
    facelib = load("facelib.utils.face_restoration_helper", folder / f"CodeFormer/facelib/{name}.py")
    facelib.init_detection_model.return_value.detect_faces.return_value = np.zeros((0, 15))
    theirs = load("basicsr.utils.realesrgan_utils", folder / "CodeFormer/basicsr/utils/realesrgan_utils.py")
    theirs.RealESRGANer = without_network(theirs.RealESRGANer)
    importlib.import_module("basicsr.utils").imwrite = lambda img, path: cv2.imwrite(path, img)

    predictors = {
        REAL: load("predict_realesrgan", folder / "cog-real-esrgan/predict.py").Predictor(),
        GFP: load("predict_gfpgan", folder / "GFPGAN/cog_predict.py").Predictor(),
        CODE: load("predict_codeformer", folder / "CodeFormer/web-demos/replicate/predict.py").Predictor(),
    }
    for each in predictors.values():
        each.setup()
    return predictors, [realesrgan.RealESRGANer, theirs.RealESRGANer]


class Written:
    """`cv2.imwrite` as the predictors call it: shapes are kept, files above 4 megapixels not written."""

    def __init__(self) -> None:
        self._write = cv2.imwrite
        self.shape: tuple[int, ...] = ()

    def __call__(self, path: str, image: Any, *rest: Any) -> bool:
        self.shape = image.shape
        return image.size > 12_000_000 or bool(self._write(path, image, *rest))


def drawn(size: tuple[int, int], mode: str) -> Any:
    """Return pixels of an image: colour, gray or with transparency."""
    width, height = size
    channels = {"RGB": (3,), "L": (), "RGBA": (4,)}[mode]
    pixels = np.full((height, width, *channels), 90, np.uint8)
    pixels[: height // 2, : width // 2] = 180
    if mode == "RGB":
        pixels[:, width // 3 :, 0] = 10
    return pixels


class Recorder:
    """Runs predictors over images that it draws."""

    def __init__(self, predictors: dict[str, Any], folder: Path) -> None:
        self._predictors, self._folder = predictors, folder
        self._written = Written()
        cv2.imwrite = self._written

    def run(self, slug: str, given: dict[str, Any], name: str, pixels: Any) -> dict[str, Any]:
        """Return the size, channels and file of a result, or the error that leaves the predictor."""
        path = self._folder / name
        if isinstance(pixels, bytes):
            path.write_bytes(pixels)
        else:
            coded = cv2.imencode(".png", pixels)[1]  # OpenCV reads by content, not by name
            path.write_bytes(coded.tobytes())
        self._written.shape = ()
        field = "img" if slug == GFP else "image"
        defaults = {
            REAL: {"scale": 4, "face_enhance": False},
            GFP: {"scale": 2, "version": "v1.4"},
            CODE: {
                "codeformer_fidelity": 0.5,
                "background_enhance": True,
                "face_upsample": True,
                "upscale": 2,
            },
        }[slug]
        try:
            out = self._predictors[slug].predict(**{field: path}, **(defaults | given))
        except Exception as fault:  # noqa: BLE001 - what leaves a predictor is what the provider shows
            return {"error": f"{type(fault).__name__}: {fault}"}
        if not self._written.shape:
            return {"file": Path(out).name, "exists": False}
        height, width = self._written.shape[:2]
        channels = self._written.shape[2] if len(self._written.shape) == 3 else 1
        exists = Path(out).exists() or height * width > 4_000_000
        return {"size": [width, height], "channels": channels, "file": Path(out).name, "exists": exists}


def sizes(recorder: Recorder) -> list[str]:
    """Return a line for each model and parameters: width, height, and those of the result."""
    asked: list[tuple[str, dict[str, Any]]] = [
        *((REAL, {"scale": scale, "face_enhance": face}) for face in (False, True) for scale in FACTORS),
        *((GFP, {"scale": scale}) for scale in (*FACTORS, 6, 8)),
        *(
            (CODE, {"upscale": scale, "background_enhance": background})
            for background in (True, False)
            for scale in (1, 2, 3, 4)
        ),
    ]
    lines = []
    for slug, given in asked:
        rows = []
        for size in SIZES:
            result = recorder.run(slug, given, "in.png", drawn(size, "RGB"))
            rows.append([*size, *result["size"]])
        print(slug, given, file=sys.stderr)  # noqa: T201 - it takes a minute
        lines.append(json.dumps({"model": slug, "input": given, "sizes": rows}, separators=(", ", ": ")))
    return lines


def cases(recorder: Recorder, networks: list[Any]) -> list[str]:
    """Return a line for each odd case: kinds of image, file names, senseless factors, no memory."""
    all_three = (REAL, GFP, CODE)
    asked: list[tuple[str, dict[str, Any], str, str, tuple[int, int]]] = [
        *((slug, {}, "in.png", mode, SMALL) for slug in all_three for mode in ("RGB", "L", "RGBA", "undecodable")),
        *((slug, {}, name, "RGB", SMALL) for slug in all_three for name in ("in.jpg", "in.webp", "in", "in.what")),
        (GFP, {}, "in.jpg", "RGBA", SMALL),
        *((REAL, {"scale": scale}, "in.png", "RGB", SMALL) for scale in (0, 0.01, 10)),
        (REAL, {"scale": 0, "face_enhance": True}, "in.png", "RGB", SMALL),
        *((GFP, {"scale": scale}, "in.png", "RGB", SMALL) for scale in (0, 0.01, -2, 10)),
        *((CODE, {"upscale": scale}, "in.png", "RGB", SMALL) for scale in (0, -1, 6)),
        *((REAL, {"scale": 1}, "in.png", "RGB", size) for size in ((1448, 1448), (1448, 1449), (1200, 1800))),
    ]
    lines = [_case(recorder, each, {}) for each in asked]
    for network in networks:
        network.fails = True
    for slug, given in ((REAL, {}), (REAL, {"face_enhance": True}), (GFP, {}), (CODE, {})):
        lines.append(_case(recorder, (slug, given, "in.png", "RGB", SMALL), {"memory": False}))
    for network in networks:
        network.fails = False
    return lines


def _case(
    recorder: Recorder, asked: tuple[str, dict[str, Any], str, str, tuple[int, int]], more: dict[str, Any]
) -> str:
    slug, given, name, mode, size = asked
    pixels = b"no shown" if mode == "undecodable" else drawn(size, mode)
    seen = recorder.run(slug, given, name, pixels)
    return json.dumps({"model": slug, "input": given, "name": name, "mode": mode, "of": list(size), **more, **seen})


def main() -> None:
    """Print the fixture; every line of it is one object."""
    recorded = sys.stdout
    sys.stdout = sys.stderr  # the predictors talk
    sources = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # they write into the folder they are started in
        predictors, networks = prepare(sources)
        recorder = Recorder(predictors, Path(folder))
        odd = cases(recorder, networks)
        table = sizes(recorder)
    about = {
        "about": "What the models' published predictors make of image sizes, run with their networks replaced by "
        "zeros (programs/record_geometry.py). No code of theirs is here.",
        "recorded": READ_ON,
        "opencv": cv2.__version__,
        "sources": SOURCES,
    }
    head = json.dumps(about, indent=1)[:-2]
    print(
        f'{head},\n "sizes": [\n  ' + ",\n  ".join(table) + '\n ],\n "cases": [\n  ' + ",\n  ".join(odd) + "\n ]\n}",
        file=recorded,
    )


if __name__ == "__main__":
    main()
