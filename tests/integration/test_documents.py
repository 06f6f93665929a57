"""The walks in the documents, typed as they stand."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]


@pytest.fixture
def desk(tmp_path):
    """A folder to type in, with the sample pictures in it."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    return tmp_path


def block(document, language, holding):
    """The one code block of a document that holds a text."""
    blocks = re.findall(rf"```{language}\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)
    [found] = [each for each in blocks if holding in each]
    return found


def run(script, stack, desk):
    """Type a script into a shell; what it printed."""
    typed = script.replace("http://127.0.0.1:8080", stack.base_url)
    done = subprocess.run(  # noqa: S603
        ["bash", "-euo", "pipefail", "-c", typed],  # noqa: S607
        cwd=desk,
        check=True,
        timeout=60,
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_the_readmes_curl_walk_enhances_a_picture(stack, desk):
    run(block("README.md", "sh", "enhanced.png"), stack, desk)
    with Image.open(desk / "enhanced.png") as enhanced:
        assert enhanced.size == (1280, 852)


def test_the_curl_walk_with_a_token_generates_a_picture(stack, desk):
    token = stack.token("alice")
    script = block("docs/api.md", "sh", "generate").replace("$(make -s token SUB=alice)", token)
    printed = run(script, stack, desk)
    assert "'imageUrl': '/r2-ai/" in printed
    assert '"nextCursor"' in printed


def test_the_python_walk_enhances_a_picture(stack, desk):
    (desk / "walk.py").write_text(block("docs/api.md", "python", "requests"))
    printed = run(f"{sys.executable} walk.py http://127.0.0.1:8080 samples/cat.jpg", stack, desk)
    assert printed.rstrip().endswith("enhanced.png: 1280 x 852")
