"""What the page costs: bytes of script, shifts while it loads, and what its images and headers must say."""

import gzip

from playwright.sync_api import Response, expect

from deployment.page import content_security_policy
from local.stack import LocalStack
from tests.e2e.conftest import Visit
from tests.e2e.person import Person, file
from tests.images import make_image

SCRIPT_BYTES = 150_000
"""gzip, of everything that one journey from the first view to the result makes the browser load."""


def test_the_scripts_of_a_journey_stay_within_their_budget(visit: Visit) -> None:
    page = visit()
    scripts: dict[str, int] = {}

    def count(response: Response) -> None:
        if response.request.resource_type == "script":
            scripts[response.url] = len(gzip.compress(response.body()))

    page.on("response", count)
    page.reload()
    Person(page).enhances(file(make_image()))
    assert scripts
    assert sum(scripts.values()) < SCRIPT_BYTES, scripts


def test_the_document_carries_the_policy_and_nothing_inline(visit: Visit, stack: LocalStack) -> None:
    page = visit()
    answer = page.request.get("/")
    policy = content_security_policy(stack.base_url, stack.base_url)
    assert answer.headers["content-security-policy"] == policy
    assert "unsafe" not in policy


def test_every_image_of_the_bucket_asks_with_cors(visit: Visit) -> None:
    page = visit()
    Person(page).enhances(file(make_image()))
    images = page.locator('img[src^="/r2-ai/"], img[src*="/r2-ai/"]')
    expect(images.first).to_be_attached()
    assert [p.get_attribute("src") for p in images.all() if p.get_attribute("crossorigin") is None] == []
