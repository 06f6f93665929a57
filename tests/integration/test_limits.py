"""A stack with small limits: requests a minute, jobs a day, guests at one address, the runs of the day."""

import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from tests.images import make_image
from tests.integration.api_client import MODEL, Client

JOBS = "/api/ai-image/jobs"
QUOTA = 20
GUESTS = 3
TIGHT = {
    "QuotaJobs": str(QUOTA),
    "RateLimits": "create=10000,upload=3,status=10000,image=2,other=10000,guest=4",
    "GuestJobsPerAddress": str(GUESTS),
    "DailyRunLimit": "1000",
    "RequireVerifiedEmail": "true",
    "GenerateWaitSeconds": "0",
}


@pytest.fixture(scope="module")
def tight(start_stack):
    return start_stack(TIGHT, "instant")


@pytest.fixture
def user(tight, request):
    with Client(tight.base_url, tight.token(request.node.name)) as client:
        yield client


def stay_in_one_minute(seconds=8):
    """Wait for the next window where this one is nearly over."""
    left = 60 - time.time() % 60
    if left < seconds:
        time.sleep(left + 0.1)


def test_generate_answers_with_the_job_when_its_time_is_up(user):
    answer = user.send(make_image(), "generate")
    assert answer.status_code == 202
    job = answer.json()["data"]
    assert job["status"] == "queued"
    assert answer.headers["Location"] == f"{JOBS}/{job['id']}"
    assert int(answer.headers["Retry-After"]) > 0
    assert user.finished(job["id"])["status"] == "succeeded"


def test_a_user_without_verified_address_reads_but_creates_nothing(tight):
    for verified in (False, None, "true", 1):
        with Client(tight.base_url, tight.token("unverified", email_verified=verified)) as client:
            refused = (
                client.send(make_image()),
                client.send(make_image(), "generate"),
                client.create("p" + "a" * 25),
                client.call("POST", JOBS, json={"fromJobId": "p" + "a" * 25, "model": MODEL}),
            )
            for answer in refused:
                assert (answer.status_code, answer.json()["error"]["type"]) == (403, "email_unverified")
            assert client.call("GET", JOBS).status_code == 200
            assert client.usage()["usage"]["used"] == 0
            session = client.call("POST", "/api/session")
            assert session.status_code == 201
    with Client(tight.base_url) as browser:
        browser.session.cookies.set("session", session.cookies["session"])
        assert browser.send(make_image()).json()["error"]["type"] == "email_unverified"


def test_requests_are_counted_down_and_then_refused_until_the_minute_is_over(user):
    stay_in_one_minute()
    for left in (2, 1, 0):
        answer = user.presign(make_image(), "image/png")
        assert answer.status_code == 201
        assert answer.headers["RateLimit-Policy"] == '"upload";q=3;w=60'
        assert re.fullmatch(rf'"upload";r={left};t=\d+', answer.headers["RateLimit"])
    refused = user.presign(make_image(), "image/png")
    resets = 60 - int(time.time()) % 60
    assert (refused.status_code, refused.json()["error"]["type"]) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) == pytest.approx(resets, abs=1)
    assert refused.headers["RateLimit"] == f'"upload";r=0;t={refused.headers["Retry-After"]}'
    assert refused.json()["error"]["details"]["limit"] == 3
    assert user.call("GET", "/api/ai-image/usage").status_code == 200, "each class for itself"


def test_images_have_a_limit_of_their_own_and_no_user_is_counted_by_address(tight, user):
    stay_in_one_minute()
    assert [user.call("GET", "/r2-ai/x").status_code for _ in range(3)] == [404, 404, 429]
    with Client(tight.base_url) as anonymous, Client(tight.base_url) as neighbour:
        forged = {"X-Viewer-Address": "203.0.113.9", "X-Forwarded-For": "203.0.113.9"}
        assert [anonymous.call("GET", "/r2-ai/x").status_code for _ in range(2)] == [404] * 2
        assert neighbour.call("GET", "/r2-ai/x").status_code == 429
        assert neighbour.call("GET", "/r2-ai/x", headers=forged).status_code == 429
        assert neighbour.call("GET", "/r2-ai/x", headers={"Cookie": "guest=a.b.c"}).status_code == 429


def test_of_a_hundred_jobs_at_once_exactly_those_with_a_place_are_made(tight, user):
    token = user.session.headers["Authorization"].removeprefix("Bearer ")
    data = make_image("PNG", (4, 4))

    def create(_):
        with Client(tight.base_url, token) as same:
            for _ in range(100):
                answer = same.send(data)
                if answer.status_code != 503:
                    return answer
                time.sleep(float(answer.headers["Retry-After"]) / 4)
        raise AssertionError("still contended after a hundred tries")

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(create, range(100)))
    assert Counter(answer.status_code for answer in answers) == {202: QUOTA, 429: 100 - QUOTA}
    made = {answer.json()["data"]["id"] for answer in answers if answer.status_code == 202}
    assert len(made) == QUOTA
    listed = user.call("GET", f"{JOBS}?limit=100").json()["data"]["jobs"]
    assert {job["id"] for job in listed} == made
    usage = user.usage()
    assert (usage["usage"]["used"], usage["usage"]["remaining"]) == (QUOTA, 0)
    assert usage["limits"]["jobs"] == QUOTA
    refused = next(answer for answer in answers if answer.status_code == 429)
    error = refused.json()["error"]
    assert error["type"] == "quota_exceeded"
    assert error["details"] == {"limit": QUOTA, "used": QUOTA, "resetAt": usage["usage"]["resetAt"]}
    resets = datetime.fromisoformat(usage["usage"]["resetAt"])
    assert int(refused.headers["Retry-After"]) == pytest.approx((resets - datetime.now(UTC)).total_seconds(), abs=30)
    assert 86_000 < int(refused.headers["Retry-After"]) <= 86_400
    stored = tight.client("s3").list_objects_v2(Bucket="image-enhancer-images")["Contents"]
    owner = listed[0]["originalUrl"].split("/")[5]
    assert {each["Key"].split("/")[4] for each in stored if f"/{owner}/" in each["Key"]} == made


def test_usage_agrees_with_what_was_made_to_the_number(user):
    assert user.usage()["usage"] == {"used": 0, "remaining": QUOTA, "resetAt": None}
    for used in (1, 2, 3):
        created = user.send(make_image())
        now = user.usage()["usage"]
        assert (now["used"], now["remaining"]) == (used, QUOTA - used)
    resets = datetime.fromisoformat(now["resetAt"])
    assert (resets - datetime.now(UTC)).total_seconds() == pytest.approx(86_400, abs=20)
    refused = user.send(make_image(), fields={"scale": "9"})
    assert refused.status_code == 400
    assert user.usage()["usage"] == now
    user.finished(created.json()["data"]["id"])
    assert user.usage()["usage"] == now


def test_guests_at_one_address_share_its_limits(tight):
    stay_in_one_minute()
    with Client(tight.base_url) as first, Client(tight.base_url) as second:
        made = [client.send(make_image()) for client in (first, second, first)]
        assert [answer.status_code for answer in made] == [202] * GUESTS
        refused = second.send(make_image())
        error = refused.json()["error"]
        assert (refused.status_code, error["type"]) == (429, "quota_exceeded")
        assert error["details"]["limit"] == GUESTS
        assert int(refused.headers["Retry-After"]) == pytest.approx(86_400 - time.time() % 86_400, abs=5)
        assert second.usage()["usage"]["used"] == 1, "rejected requests are not charged"
        limited = second.send(make_image())
        assert (limited.status_code, limited.json()["error"]["type"]) == (429, "rate_limited")
        assert limited.headers["RateLimit-Policy"] == '"guest-create";q=4;w=60'
    fresh = [Client(tight.base_url) for _ in range(5)]
    try:
        answers = [client.presign(make_image(), "image/png").status_code for client in fresh]
    finally:
        for client in fresh:
            client.session.close()
    assert sorted(answers) == [201] * 3 + [429] * 2 or sorted(answers) == [201] * 4 + [429]


def test_above_the_ceiling_nothing_is_taken_until_the_day_is_over(tight, user):
    source = user.finished(user.send(make_image()).json()["data"]["id"])
    table, key = tight.deployment.outputs["UsageTableName"], {"key": {"S": f"runs#{datetime.now(UTC):%Y-%m-%d}"}}
    counters = tight.client("dynamodb")
    before = counters.get_item(TableName=table, Key=key)["Item"]
    assert int(before["used"]["N"]) >= 1
    counters.put_item(TableName=table, Item=before | {"used": {"N": "1000"}})
    try:
        refused = [
            user.send(make_image()),
            user.send(make_image(), "generate"),
            user.create(user.upload(make_image(), "image/png")),
            user.call("POST", JOBS, json={"fromJobId": source["id"], "model": MODEL}),
        ]
    finally:
        counters.put_item(TableName=table, Item=before)
    for answer in refused:
        error = answer.json()["error"]
        assert (answer.status_code, error["type"]) == (503, "service_unavailable")
        reopens = datetime.fromisoformat(error["details"]["reopensAt"])
        assert (reopens.hour, reopens.minute, reopens.second) == (0, 0, 0)
        assert 0 < int(answer.headers["Retry-After"]) <= 86_401
        assert int(answer.headers["Retry-After"]) == pytest.approx(
            (reopens - datetime.now(UTC)).total_seconds(), abs=30
        )
    assert user.usage()["usage"]["used"] == 1
    assert user.send(make_image()).status_code == 202
