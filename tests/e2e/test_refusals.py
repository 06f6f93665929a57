"""When it does not go on: each refusal says what, the limit, the actual value and what to do, and keeps the image."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from enhancer.adapters.signing import Signer
from local.stack import LocalStack
from tests.conftest import RAISED_LIMITS, StartStack
from tests.e2e.conftest import SetFaults, Visit
from tests.e2e.person import Person, file
from tests.images import make_image
from tests.integration.api_client import Client

SMALL = file(make_image(), "holiday.png")
TIGHT = RAISED_LIMITS | {
    "QuotaJobs": "1",
    "RateLimits": "create=1,upload=10000,status=10000,image=10000,other=10000,guest=10000",
}


@pytest.fixture(scope="module")
def tight(start_stack: StartStack) -> LocalStack:
    """One job a person, one creation a minute."""
    return start_stack(TIGHT, "instant")


@pytest.fixture(scope="module")
def spent(tight: LocalStack) -> Iterator[Client]:
    """A guest who has had the day's only job."""
    with Client(tight.base_url) as guest:
        assert guest.enhance(make_image(), "image/png")["status"] == "succeeded"
        yield guest


def test_a_page_named_jpg_is_refused_before_the_upload(visit: Visit) -> None:
    page = visit(shift=0.1)
    sent = []
    page.on("request", lambda request: sent.append(request.method))
    someone = Person(page)
    someone.chooses(file(b"<!doctype html><title>no image</title>", "photo.jpg", "image/jpeg"))
    expect(page.get_by_role("alert")).to_contain_text("JPEG")
    someone.sees("start")
    assert not {"POST", "PUT"} & set(sent)


def test_a_file_above_the_limit_is_refused_before_the_upload(visit: Visit) -> None:
    page = visit(shift=0.1)
    sent = []
    page.on("request", lambda request: sent.append(request.method))
    Person(page).chooses(file(make_image() + b"\0" * 10_485_760, "huge.png"))
    expect(page.get_by_role("alert")).to_contain_text("10 MB")
    assert not {"POST", "PUT"} & set(sent)


def test_a_used_up_quota_says_when_it_reopens(visit: Visit, tight: LocalStack, spent: Client) -> None:
    page = visit(at=tight)
    [cookie] = spent.session.cookies
    page.context.add_cookies(
        [{"name": cookie.name, "value": cookie.value or "", "url": tight.base_url, "httpOnly": True}]
    )
    page.reload()
    someone = Person(page)
    someone.chooses(SMALL)
    someone.sees("plan")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(someone.button("start")).to_be_disabled()


def test_trying_again_too_soon_says_how_long_to_wait(visit: Visit, tight: LocalStack, faults: SetFaults) -> None:
    stay_in_one_minute()
    faults(tight, {"fault": "create-throttled", "retry_after": 60})
    page = visit(at=tight, expected=(429,))
    someone = Person(page)
    someone.chooses(SMALL)
    someone.starts()
    someone.cancels()
    with page.expect_response(lambda answer: answer.status == 429) as refused:
        someone.button("retry").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(re.compile(r"Too many requests.*Try again in \d+ seconds?\."))
    expect(alert.locator("details")).to_contain_text(
        refused.value.headers["x-request-id"]
    )  # by which its line is found


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "limits the number of jobs per minute"), ("de", "begrenzt die Zahl der Aufträge pro Minute")],
)
def test_a_job_that_waits_for_the_provider_says_so(
    visit: Visit, stack: LocalStack, faults: SetFaults, language: str, text: str
) -> None:
    faults(stack, {"fault": "create-throttled", "retry_after": 5})
    page = visit(locale=language)
    someone = Person(page, language)
    someone.chooses(SMALL)
    someone.starts()
    expect(page.get_by_role("status").filter(has_text=text)).to_be_visible()
    someone.sees("result")
    expect(page.get_by_text(text)).to_have_count(0)


def test_a_failed_job_says_why(visit: Visit, stack: LocalStack, faults: SetFaults) -> None:
    faults(stack, {"fault": "run-model-error"})
    page = visit()
    someone = Person(page)
    someone.chooses(SMALL)
    someone.starts()
    someone.sees("failed")
    expect(page.get_by_role("main")).to_contain_text("The AI provider could not enhance the image.")
    expect(page.locator("details")).to_contain_text(page.url.split("job=")[1])
    someone.button("retry").click()
    someone.sees("result")


def test_a_deleted_job_is_gone(visit: Visit) -> None:
    page = visit(expected=(410, 404))
    someone = Person(page)
    someone.enhances(SMALL)
    address = page.url
    job = address.partition("job=")[2]
    assert page.request.delete(f"/api/ai-image/jobs/{job}").ok
    page.reload()
    someone.sees("unavailable")


def test_a_stranger_s_job_is_gone(visit: Visit) -> None:
    page = visit("/?job=" + "p" + "a" * 25, expected=(404, 401))
    Person(page).sees("unavailable")


def test_an_expired_share_link_says_so(visit: Visit, stack: LocalStack) -> None:
    with Client(stack.base_url) as guest:
        job = guest.enhance(make_image(), "image/png")
    sign = Signer(stack.deployment.secrets["share-keys"].split).sign
    page = visit(expected=(410,))
    answer = page.request.get(f"{job['imageUrl']}?share={sign('share ' + job['id'], str(int(time.time()) - 1))}")
    assert (answer.status, answer.json()["error"]["type"]) == (410, "gone")


def stay_in_one_minute(seconds: float = 15) -> None:
    """Wait for the next window where this one is nearly over."""
    left = 60 - time.time() % 60
    if left < seconds:
        time.sleep(left + 0.1)
