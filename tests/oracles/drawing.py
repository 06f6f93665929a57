"""Pictures as Chromium draws them: a decoder and a colour management that share nothing with Pillow and LittleCMS."""

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright

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


class Chromium:
    """A page that draws."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def draws(self, files: Sequence[bytes], space: str = "srgb") -> list[Drawn]:
        """Files as they look in a colour space of CSS (`srgb`, `display-p3`)."""
        given = [[base64.b64encode(file).decode() for file in files], space]
        answers = self._page.evaluate(_DRAW, given)
        return [
            np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4) for height, width, text in answers
        ]


@contextmanager
def chromium() -> Iterator[Chromium]:
    """A Chromium that takes the display for one of sRGB, whatever it is."""
    program = found()
    if program is None:
        pytest.fail("There is no browser: run make browser", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*flags(), "--force-color-profile=srgb"])
        yield Chromium(browser.new_page())
        browser.close()


def difference(one: Drawn, other: Drawn) -> NDArray[np.float64]:
    """How far two pictures are apart on black and in alpha, 0 to 255."""

    def laid(drawn: Drawn) -> NDArray[np.float64]:
        numbers = drawn.astype(float)
        return np.dstack([numbers[..., :3] * numbers[..., 3:] / 255, numbers[..., 3]])

    return np.abs(laid(one) - laid(other))
