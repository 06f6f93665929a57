"""The README's curl walk, typed as it stands."""

import io
import re
import subprocess
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]


def test_the_readmes_curl_walk_enhances_a_picture(stack, tmp_path):
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    [walk] = [block for block in blocks if "enhanced.png" in block]
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    script = walk.replace("http://127.0.0.1:8080", stack.base_url)
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, check=True, timeout=60)  # noqa: S603, S607
    assert Image.open(io.BytesIO((tmp_path / "enhanced.png").read_bytes())).size == (1280, 852)
