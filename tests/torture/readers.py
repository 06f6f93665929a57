"""Readers that others wrote: what they find in what is sent, and whether they show what we refuse.

ExifTool and libvips come with the oracles' locks (`requirements/oracles.in`, `tests/oracles/programs/javascript`),
Chromium as for the tests of the page.
"""

import base64
import json
import re
import select
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from playwright.sync_api import sync_playwright

from deployment import ROOT
from tests.e2e.browser import flags, installed

_PROGRAMS = ROOT / "tests" / "oracles" / "programs"
_EXIFTOOL = _PROGRAMS / "javascript" / "node_modules" / "exiftool-vendored.pl" / "bin" / "exiftool"
_PYTHON = ROOT / ".venv-oracles" / "bin" / "python"
# What ExifTool tells of any file's place on the disk, of an image's coding, and of its colours. By name, not by group:
# a PNG's texts are in the group of its width, a JPEG's comment in that of its type.
_HARMLESS = {
    "ExifTool": {"ExifToolVersion"},
    "Composite": {"ImageSize", "Megapixels"},
    "File": {"BitsPerSample", "ColorComponents", "EncodingProcess", "FileType", "FileTypeExtension", "ImageHeight"}
    | {"ImageWidth", "MIMEType", "YCbCrSubSampling"},
    "JFIF": {"JFIFVersion", "ResolutionUnit", "XResolution", "YResolution"},
    "Adobe": {"APP14Flags0", "APP14Flags1", "ColorTransform", "DCTEncodeVersion"},
    "PNG": {"BitDepth", "ColorType", "Compression", "Filter", "Gamma", "ImageHeight", "ImageWidth", "Interlace"}
    | {"Palette", "SRGBRendering", "SignificantBits", "Transparency", "WhitePointX", "WhitePointY"}
    | {f"{colour}{axis}" for colour in ("Red", "Green", "Blue") for axis in "XY"},
    "PNG-cICP": {"ColorPrimaries", "MatrixCoefficients", "TransferCharacteristics", "VideoFullRangeFlag"},
    "PNG-pHYs": {"PixelUnits", "PixelsPerUnitX", "PixelsPerUnitY"},
    "RIFF": {"AlphaFiltering", "AlphaIsUsed", "AlphaPreprocessing", "AlphaCompression", "HorizontalScale"}
    | {"ImageHeight", "ImageWidth", "VP8Version", "VerticalScale", "WebP_Flags"},
}
_DISK, _PROFILE = "System", "ICC"
_PROFILES_FAULT = re.compile(
    r"Bad ICC_Profile table|Corrupted (ICC_)?Profile\w+ data|\[minor\] Incomplete ICC_Profile record"
)
_BATCH = 500
_SHOWN_AT_ONCE = 20
_SECONDS = 60  # for a file; a batch has ten times as many


def private(files: list[bytes]) -> dict[int, str]:
    """What ExifTool finds in files besides image and colours, by the file's number."""
    found: dict[int, str] = {}
    for start in range(0, len(files), _BATCH):
        with tempfile.TemporaryDirectory() as folder:
            numbers = range(start, min(start + _BATCH, len(files)))
            for number in numbers:
                (Path(folder) / str(number)).write_bytes(files[number])
            command = ["perl", _EXIFTOOL, "-j", "-G1", "-u", "-a", "-ee", *(f"{folder}/{each}" for each in numbers)]
            answer = subprocess.run(command, capture_output=True, check=False, timeout=10 * _SECONDS)
            told = json.loads(answer.stdout or "[]")
        if len(told) != len(numbers):
            raise RuntimeError(f"ExifTool told of {len(told)} of {len(numbers)} files: {answer.stderr.decode()[-500:]}")
        for tags in told:
            names = [name for name, value in tags.items() if ":" in name and not _harmless(name, str(value))]
            if names:
                found[int(Path(tags["SourceFile"]).name)] = ", ".join(f"{name} = {tags[name]}" for name in names)
    return found


def _harmless(name: str, value: str) -> bool:
    """Whether it tells of image and colours alone; a warning does only of a profile's own faults."""
    group, _, tag = name.partition(":")
    if name == "ExifTool:Warning":
        return bool(_PROFILES_FAULT.match(value))
    if name == "PNG:ProfileName":  # a text of the file's author
        return value == "ICC Profile"
    return group == _DISK or group.startswith(_PROFILE) or tag in _HARMLESS.get(group, ())


_DECODES = """async files => {
  const shown = [];
  for (const file of files) {
    const image = new Image();
    image.src = 'data:;base64,' + file;
    shown.push(await image.decode().then(() => true, () => false));
  }
  return shown;
}"""


def chromium_shows(files: Sequence[bytes]) -> list[bool]:
    """Whether Chromium shows files, file by file."""
    if not files:
        return []
    shown: list[bool] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed(), args=flags())
        page = browser.new_page()
        for start in range(0, len(files), _SHOWN_AT_ONCE):
            batch = [base64.b64encode(file).decode() for file in files[start : start + _SHOWN_AT_ONCE]]
            shown += page.evaluate(_DECODES, batch)
        browser.close()
    return shown


class Libvips:
    """libvips in a process of its own; a file that ends it, or holds it up, is one that it does not show."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory()
        self._start()
        if not self.shows((ROOT / "samples" / "cat.jpg").read_bytes()):
            raise RuntimeError("libvips does not show our sample")
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._folder.cleanup()

    def shows(self, data: bytes) -> bool:
        """Whether libvips shows a file, every fault that it finds counting."""
        source = Path(self._folder.name) / "in"
        source.write_bytes(data)
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        stdin.write(f"{source}\n")
        stdin.flush()
        ready, _, _ = select.select([stdout], [], [], _SECONDS)
        answer = stdout.readline().strip() if ready else ""
        if not answer:
            self._end()
            self._start()
        return answer == "true"

    def _start(self) -> None:
        command = [_PYTHON, _PROGRAMS / "libvips.py"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)

    def _end(self) -> None:
        self._process.kill()
        self._process.communicate()
