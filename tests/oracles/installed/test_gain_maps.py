"""gainmap-audit finds HDR in what our tests call HDR, and none in what the model gets and what comes back."""

import io
import json
from pathlib import Path

import pytest

from enhancer.adapters.imaging import PillowImaging
from enhancer.ports import OutputSpec
from tests.images import encoded, photo
from tests.images.hdr import with_gain_maps
from tests.oracles.installed.running import ran


@pytest.mark.parametrize("state", with_gain_maps())
def test_a_gain_map_is_one_and_does_not_leave(state: str, tmp_path: Path) -> None:
    original, imaging = with_gain_maps()[state], PillowImaging()
    prepared = imaging.prepare(original, 10**6)
    assert prepared.report["hdrRemoved"]
    spec = OutputSpec((120, 88), "jpeg", 90, b"<x:xmpmeta/>")
    finished = imaging.finish(io.BytesIO(encoded(photo((120, 88)))), original, spec)
    with finished.file:
        files = {"original": original, "sent": prepared.image or original, "result": finished.file.read()}
    for name, content in files.items():
        (tmp_path / f"{name}.jpg").write_bytes(content)
    said = json.loads(ran("gmaudit", "check", "--json", *(tmp_path / f"{name}.jpg" for name in files)))
    states = {Path(each["path"]).stem: each["state"] for each in said["files"]}
    assert states == {"original": state, "sent": "none", "result": "none"}
