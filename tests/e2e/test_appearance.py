"""How every view looks and reads: both languages, light and dark, phone and desktop, 320 pixels; axe on each.

The images go to `out/screenshots/`, for eyes: no pixel is compared.
"""

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from deployment import ROOT
from local.stack import LocalStack
from tests.e2e.axe import violations
from tests.e2e.conftest import DESKTOP, PHONE, SetFaults, Visit
from tests.e2e.person import Person, file
from tests.integration.api_client import Client

FOLDER = ROOT / "out/screenshots"
CAT = ROOT / "samples/cat.jpg"
NARROW = {"width": 320, "height": 640}
"""WCAG 2.2, 1.4.10 Reflow: 1280 pixels at 400 %."""
LOCALES = {"en": "en-GB", "de": "de-DE"}

Look = Callable[[str], None]


@pytest.fixture(scope="module")
def owner(real_stack: LocalStack) -> Iterator[Client]:
    """A guest who has one image that the real model made."""
    buffer = io.BytesIO()
    with Image.open(CAT) as cat:
        cat.resize((160, 106)).save(buffer, "JPEG", quality=90)
    with Client(real_stack.base_url) as guest:
        assert guest.enhance(buffer.getvalue(), "image/jpeg", scale=4)["status"] == "succeeded"
        yield guest


def cookies(client: Client) -> Any:
    return [
        {"name": c.name, "value": c.value, "url": client.base_url, "httpOnly": True} for c in client.session.cookies
    ]


def looks(page: Page, language: str, view: str, whole: bool = True) -> None:
    """Photograph what the page shows, and hold it against axe and against sideways scrolling.

    A dialogue covers the window and not the `whole` page.
    """
    expect(page.locator("html")).to_have_attribute("lang", language)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for name, size in (("phone", PHONE), ("desktop", DESKTOP)):
            page.set_viewport_size(size)
            page.screenshot(path=FOLDER / f"{view}-{language}-{scheme}-{name}.png", full_page=whole)
        assert violations(page) == [], f"{view} in {language}, {scheme}"
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], f"{view} in {language}"
    page.screenshot(path=FOLDER / f"{view}-{language}-narrow.png", full_page=whole)
    page.set_viewport_size(DESKTOP)


@pytest.mark.parametrize("language", LOCALES)
def test_every_view_on_the_way_to_a_result(visit: Visit, stack: LocalStack, faults: SetFaults, language: str) -> None:
    faults(stack, {"fault": "run-slow", "seconds": 300, "times": None})
    page = visit(locale=LOCALES[language], expected=(404, 401), shift=0.1)
    someone = Person(page, language)
    someone.sees("start")
    page.wait_for_load_state("networkidle")
    looks(page, language, "start")
    someone.chooses(file(b"<!doctype html><title>no image</title>", "photo.jpg", "image/jpeg"))
    expect(page.get_by_role("alert")).to_be_visible()
    looks(page, language, "refused")
    someone.chooses(CAT)
    someone.sees("plan")
    looks(page, language, "plan")
    page.locator("summary").first.click()
    looks(page, language, "options")
    someone.button("start").click()
    expect(page.locator("[aria-current=step]")).to_contain_text(re.compile("Enhancing|Wird verbessert"))
    looks(page, language, "progress")
    someone.cancels()
    looks(page, language, "canceled")
    page.goto("/?job=" + "p" + "a" * 25)
    someone.sees("unavailable")
    looks(page, language, "unavailable")


@pytest.mark.parametrize("language", LOCALES)
def test_a_result_and_what_opens_from_it(visit: Visit, real_stack: LocalStack, owner: Client, language: str) -> None:
    page = visit(at=real_stack, locale=LOCALES[language])
    page.context.add_cookies(cookies(owner))
    [job] = owner.call("GET", "/api/ai-image/jobs").json()["data"]["jobs"]
    page.goto(f"/?job={job['id']}")
    someone = Person(page, language)
    someone.sees("result")
    looks(page, language, "result")
    for name in ("close up", "share", "delete"):
        someone.button(name).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        page.wait_for_load_state("networkidle")
        looks(page, language, name.replace(" ", "-"), whole=False)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
