"""Signing in with the local issuer, seeing one's own images, signing out."""

from playwright.sync_api import Page, expect

from local.stack import LocalStack
from tests.e2e.conftest import Visit
from tests.e2e.person import Person
from tests.images import make_image
from tests.integration.api_client import Client


def sign_in(page: Page, subject: str) -> None:
    Person(page).button("sign in").click()
    page.wait_for_url("**/_local/authorize?*")
    page.get_by_label("Sign in as").fill(subject)
    page.get_by_role("button", name="Sign in").click()
    expect(Person(page).button("sign out")).to_be_visible()


def test_alice_sees_her_images_and_the_next_person_at_the_browser_does_not(visit: Visit, stack: LocalStack) -> None:
    with Client(stack.base_url, stack.token("alice-at-home")) as alice:
        job = alice.enhance(make_image(), "image/png")
    page = visit(expected=(401,))
    sign_in(page, "alice-at-home")
    assert page.url == f"{stack.base_url}/"
    thumbnail = page.locator(f'img[src*="{job["id"]}"]').first
    expect(thumbnail).to_be_visible()
    page.reload()
    expect(thumbnail).to_be_visible()
    Person(page).button("sign out").click()
    expect(Person(page).button("sign in")).to_be_visible()
    expect(thumbnail).to_have_count(0)
    assert page.request.get(job["thumbUrl"]).status == 401


def test_a_guest_s_images_are_not_the_user_s(visit: Visit) -> None:
    from tests.e2e.test_journey import SMALL

    page = visit()
    someone = Person(page)
    someone.enhances(SMALL)
    sign_in(page, "bob-at-home")
    assert page.request.get("/api/ai-image/jobs").json()["data"]["jobs"] == []
