"""The journey: an image in, a better one out, by every way in, and through everything that happens on the way."""

import base64
import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from deployment import ROOT
from local.stack import LocalStack
from tests.e2e.conftest import SetFaults, Visit
from tests.e2e.person import Person, file
from tests.images import make_image

CAT = ROOT / "samples/cat.jpg"
SMALL = file(make_image(), "holiday.png")
SLOW = {"fault": "run-slow", "seconds": 300, "times": None}
SEEN = """(state) => {
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
  document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
}"""
FOCUSED = "document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()"

IN_CLIPBOARD = """async ([data, event, target]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], 'pasted.png', { type: 'image/png' }));
  const options = { bubbles: true, cancelable: true };
  const made = event === 'paste'
    ? new ClipboardEvent('paste', { ...options, clipboardData: transfer })
    : new DragEvent(event, { ...options, dataTransfer: transfer });
  document.querySelector(target).dispatchEvent(made);
}"""


def size_of(content: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        return image.size


def at_a_running_job(visit: Visit, stack: LocalStack, faults: SetFaults) -> Page:
    """The page of someone whose image is being enhanced, and will be for minutes."""
    faults(stack, SLOW)
    page = visit()
    someone = Person(page)
    someone.chooses(SMALL)
    someone.starts()
    page.wait_for_url("**/?job=*")
    return page


def crop() -> bytes:
    """The cat's left eye."""
    buffer = io.BytesIO()
    with Image.open(CAT) as cat:
        cat.crop((90, 50, 170, 120)).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_photo_is_enhanced_by_the_real_model_and_downloaded(visit: Visit, real_stack: LocalStack) -> None:
    page = visit(at=real_stack)
    someone = Person(page)
    someone.enhances(file(crop(), "my cat.png"))
    expect(someone.compares()).to_be_visible()
    with page.expect_download() as download:
        someone.link("download").click()
    assert re.fullmatch(r"my[ -_]cat.*\.(webp|png|jpg)", download.value.suggested_filename)
    assert size_of(Path(download.value.path()).read_bytes()) == (320, 280)


@pytest.mark.parametrize("event", ["paste", "drop"])
def test_an_image_is_pasted_or_dropped(visit: Visit, event: str) -> None:
    page = visit()
    someone = Person(page)
    someone.sees("start")
    page.evaluate(IN_CLIPBOARD, [base64.b64encode(make_image()).decode(), event, "main *"])
    someone.starts()
    someone.sees("result")


def test_a_sample_takes_the_same_path(visit: Visit) -> None:
    page = visit()
    someone = Person(page)
    someone.sees("start")
    page.get_by_role("button", name="sample").first.click()
    someone.starts()
    someone.sees("result")


def test_a_reload_a_second_tab_and_the_way_back_show_the_same_job(
    visit: Visit, stack: LocalStack, faults: SetFaults
) -> None:
    page = at_a_running_job(visit, stack, faults)
    someone = Person(page)
    address = page.url
    page.reload()
    someone.sees("progress")
    second = page.context.new_page()
    second.goto(address)
    Person(second).sees("progress")
    page.go_back()
    someone.sees("start")
    page.go_forward()
    someone.sees("progress")
    faults(stack)
    for tab in (someone, Person(second)):
        tab.sees("result")
    assert page.url == second.url == address


def test_a_run_is_cancelled_and_told_so(visit: Visit, stack: LocalStack, faults: SetFaults) -> None:
    faults(stack, SLOW)
    page = visit()
    someone = Person(page)
    someone.chooses(SMALL)
    someone.starts()
    expect(page.get_by_role("listitem").filter(has_text="Enhancing")).to_have_attribute("aria-current", "step")
    someone.cancels()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancelled")
    [job] = page.request.get("/api/ai-image/jobs").json()["data"]["jobs"]
    assert job["status"] == "canceled"


def test_while_the_provider_is_down_the_job_waits_and_can_be_taken_back(visit: Visit, stack: LocalStack) -> None:
    page = visit()
    someone = Person(page)
    with stack.without_replicate():
        someone.chooses(SMALL)
        someone.starts()
        page.wait_for_url("**/?job=*")
        expect(page.get_by_role("listitem").filter(has_text="In the queue")).to_have_attribute("aria-current", "step")
        someone.cancels()
    assert page.request.get("/api/ai-image/usage").json()["data"]["usage"]["used"] == 0


def test_a_lost_network_interrupts_nothing(visit: Visit, stack: LocalStack, faults: SetFaults) -> None:
    page = at_a_running_job(visit, stack, faults)
    someone = Person(page)
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline")).to_be_visible()
    faults(stack)
    page.context.set_offline(False)
    expect(page.get_by_text("You are offline")).to_have_count(0)
    someone.sees("result")


def test_a_hidden_tab_sends_no_requests(visit: Visit, stack: LocalStack, faults: SetFaults) -> None:
    page = at_a_running_job(visit, stack, faults)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/jobs/" in request.url else None)
    page.wait_for_event("requestfinished", lambda request: "/jobs/" in request.url)
    page.evaluate(SEEN, "hidden")
    page.wait_for_timeout(500)  # what was on its way has come
    asked.clear()
    page.wait_for_timeout(4 * 1000)  # a seen tab asks every two seconds
    assert asked == []
    with page.expect_request("**/jobs/*"):
        page.evaluate(SEEN, "visible")


def test_the_operators_privacy_statement_is_linked_where_it_is_said_where_the_image_goes(visit: Visit) -> None:
    page = visit()
    address = "https://operator.test/privacy"
    page.route("**/config.json", lambda route: route.fulfill(json={"privacyUrl": address, "oidc": None}))
    page.reload()
    Person(page).chooses(SMALL)
    linked = page.get_by_role("main").get_by_role("link", name=re.compile("privacy", re.IGNORECASE))
    expect(linked).to_have_attribute("href", address)


def test_the_whole_journey_by_keyboard(visit: Visit) -> None:
    page = visit()
    Person(page).sees("start")
    tab_to(page, "Use the sample image: cat")
    page.keyboard.press("Enter")
    Person(page).sees("plan")
    tab_to(page, "Enhance")
    page.keyboard.press("Enter")
    Person(page).sees("result")
    tab_to(page, "Before and after")
    slider = Person(page).compares()
    before = slider.get_attribute("aria-valuetext")
    page.keyboard.press("ArrowRight")
    expect(slider).not_to_have_attribute("aria-valuetext", before or "")
    tab_to(page, "Full screen and zoom")
    page.keyboard.press("Enter")
    tab_to(page, "Zoom in")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    tab_to(page, "Download")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename
    tab_to(page, "Delete")
    page.keyboard.press("Enter")
    tab_to(page, "Delete now")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Image deleted")).to_be_visible()
    Person(page).sees("start")


def test_the_same_original_is_enhanced_another_way(visit: Visit) -> None:
    page = visit()
    someone = Person(page)
    someone.enhances(SMALL)
    first = page.url
    page.get_by_text("Try other options").click()
    page.get_by_role("radio", name="Clean up").check()
    page.get_by_role("button", name="Enhance again").click()
    page.wait_for_url(lambda address: "?job=" in address and address != first)
    someone.sees("result")
    expect(page.get_by_role("link", name="Open image")).to_have_count(2)


def test_a_shared_link_shows_the_result_to_a_stranger(visit: Visit) -> None:
    page = visit()
    someone = Person(page)
    someone.enhances(SMALL)
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Create link").click()
    link = page.get_by_role("textbox", name="Share link").input_value()
    page.get_by_role("button", name="Copy link").click()
    stranger = visit()
    answer = stranger.request.get(link)
    assert (answer.status, answer.headers["content-type"].partition("/")[0]) == (200, "image")


def test_toasts_only_confirm(visit: Visit) -> None:
    """A refusal stays where the person is looking; what is done is said once and goes."""
    page = visit(shift=0.1)
    someone = Person(page)
    someone.chooses(file(b"text", "notes.png"))
    expect(page.get_by_role("alert")).to_be_visible()
    toasts = page.locator("[data-sonner-toast]")
    expect(toasts).to_have_count(0)
    someone.enhances(SMALL)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete now").click()
    expect(toasts).to_have_text("Image deleted")


def tab_to(page: Page, name: str, limit: int = 60) -> None:
    """Press Tab until what has this accessible name has the focus."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == name:
            return
    raise AssertionError(f"{name!r} can't be reached by keyboard")
