"""Images as Chromium draws them: a decoder and a colour management that share nothing with Pillow and LittleCMS."""

import base64
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import sync_playwright

from tests.e2e.browser import flags, found

Drawn = NDArray[np.uint8]
"""Height x width x RGBA."""

_DRAW = """async ([files, space]) => {
  const drawn = [];
  for (const file of files) {
    const image = new Image();
    image.src = 'data:;base64,' + file;
    await image.decode();
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    const context = canvas.getContext('2d', {colorSpace: space, willReadFrequently: true});
    context.drawImage(image, 0, 0);
    const bytes = context.getImageData(0, 0, canvas.width, canvas.height).data;
    let text = '';
    for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    drawn.push([canvas.height, canvas.width, btoa(text)]);
  }
  return drawn;
}"""


def draws(files: Sequence[bytes], space: str = "srgb") -> list[Drawn]:
    """Files as Chromium draws them in a colour space of CSS (`srgb`, `display-p3`), on a display taken for one of sRGB.

    In a thread of its own: Playwright takes one thread for one of its sessions, and the tests of the page hold theirs.
    """
    program = found()
    if program is None:
        pytest.fail("There is no browser: run make browser", pytrace=False)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_draws, program, files, space).result()


def _draws(program: str, files: Sequence[bytes], space: str) -> list[Drawn]:
    given = [[base64.b64encode(file).decode() for file in files], space]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*flags(), "--force-color-profile=srgb"])
        answers = browser.new_page().evaluate(_DRAW, given)
        browser.close()
    return [
        np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4) for height, width, text in answers
    ]


def difference(one: Drawn, other: Drawn) -> NDArray[np.float64]:
    """How far two images are apart on black and in alpha, 0 to 255."""

    def laid(drawn: Drawn) -> NDArray[np.float64]:
        numbers = drawn.astype(float)
        return np.dstack([numbers[..., :3] * numbers[..., 3:] / 255, numbers[..., 3]])

    return np.abs(laid(one) - laid(other))
