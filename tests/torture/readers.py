"""Readers that others wrote: what they find in what is sent, and whether they show what we refuse.

ExifTool and libvips (`exiftool`, `vips`) are asked where they are installed (Debian: libimage-exiftool-perl,
libvips-tools); the report says where they are not.
"""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

PROGRAMS = ("exiftool", "vips")
# Groups of ExifTool that tell of the file itself, the picture's coding and its colours, and nothing of anybody.
_HARMLESS = {"ExifTool", "System", "File", "PNG", "PNG-pHYs", "PNG-cICP", "JFIF", "RIFF", "APP14", "Composite"}
_PROFILE = "ICC"
_BATCH = 500


def missing() -> list[str]:
    """The programs that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


def private(files: list[bytes]) -> list[str]:
    """What ExifTool finds in files besides picture and colours, a line each."""
    found: list[str] = []
    for start in range(0, len(files), _BATCH):
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / str(start + number) for number in range(len(files[start : start + _BATCH]))]
            for path, data in zip(paths, files[start:], strict=False):
                path.write_bytes(data)
            command = ["exiftool", "-j", "-G1", "-u", "-a", "-ee", *map(str, paths)]
            answer = subprocess.run(command, capture_output=True, check=False, timeout=600)
            for tags in json.loads(answer.stdout or "[]"):
                names = [name for name in tags if ":" in name and not _harmless(name)]
                if names:
                    found.append(f"{Path(tags['SourceFile']).name}: {', '.join(names)}")
    return found


def _harmless(name: str) -> bool:
    group = name.partition(":")[0]
    return group in _HARMLESS or group.startswith(_PROFILE)


def shows(data: bytes) -> bool:
    """Whether libvips shows a file, warnings counting as faults."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in"
        source.write_bytes(data)
        command = ["vips", "copy", f"{source}[fail_on=error]", f"{folder}/out.png"]
        return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0
