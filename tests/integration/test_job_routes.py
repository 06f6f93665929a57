"""What can be done with jobs: listed, read again, cancelled, deleted, used once more."""

import re

import pytest

from tests.images import make_image
from tests.integration.api_client import MODEL, Client

BUCKET = "image-enhancer-images"
JOBS = "/api/ai-image/jobs"


@pytest.fixture
def guest(stack):
    with Client(stack.base_url) as client:
        yield client


def rewind(stack, job_id, status):
    """Put a finished job back into an earlier state, as if its run were still on."""
    stack.client("dynamodb").update_item(
        TableName=stack.deployment.outputs["JobsTableName"],
        Key={"id": {"S": job_id}},
        UpdateExpression="SET #s = :s REMOVE output_r2_key, preview_r2_key, thumb_r2_key, finished_at, output_sha256",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": {"S": status}},
    )


def object_key(url):
    return url.removeprefix("/r2-ai/")


def test_the_history_comes_newest_first_in_pages_that_neither_miss_nor_repeat(guest):
    made = [guest.send(make_image()).json()["data"]["id"] for _ in range(5)]
    seen, cursors, cursor = [], [], ""
    for _ in range(4):
        page = guest.call("GET", f"{JOBS}?limit=2&cursor={cursor}").json()["data"]
        seen += [job["id"] for job in page["jobs"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
        cursors.append(cursor)
    assert seen == made[::-1]
    assert len(cursors) == 2
    whole = guest.call("GET", JOBS).json()["data"]
    assert [job["id"] for job in whole["jobs"]] == made[::-1]
    assert whole["nextCursor"] is None
    with Client(guest.base_url) as other:
        other.send(make_image())
        assert not set(made) & {job["id"] for job in other.call("GET", JOBS).json()["data"]["jobs"]}
        borrowed = other.call("GET", f"{JOBS}?cursor={cursors[0]}")
        assert not set(made) & {job["id"] for job in borrowed.json()["data"]["jobs"]}


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "ten", "²", "99999999999"])
def test_a_page_of_another_length_is_refused(guest, limit):
    answer = guest.call("GET", f"{JOBS}?limit={limit}")
    assert answer.status_code == 400


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMl0", "WyIiLCIiXQ", "ä", "%00", "%FF", "bnVsbA", "W1tbW1tb"])
def test_a_cursor_of_a_callers_own_making_is_refused(guest, cursor):
    guest.send(make_image())
    answer = guest.call("GET", f"{JOBS}?cursor={cursor}")
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, "cursor")


@pytest.mark.parametrize(
    "cursor",
    ["WyJhIiwgImIiXQ", "WyIyMDI2IiwgIlx1ZDgwMCJd", "WyJ4IiwgIiciXQ"],
    ids=["no instant", "half a surrogate", "a quote"],
)
def test_a_cursor_that_has_the_form_of_ours_breaks_nothing(guest, cursor):
    guest.send(make_image())
    assert guest.call("GET", f"{JOBS}?cursor={cursor}").status_code in {200, 400}


def test_a_job_is_not_sent_again_to_a_caller_who_has_it(guest):
    job = guest.enhance(make_image(), "image/png")
    first = guest.call("GET", f"{JOBS}/{job['id']}")
    tag = first.headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
    for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = guest.call("GET", f"{JOBS}/{job['id']}", headers={"If-None-Match": given})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    other = guest.call("GET", f"{JOBS}/{job['id']}", headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.json()) == (200, first.json())
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert "Retry-After" not in first.headers


def test_a_queued_job_is_cancelled_at_once_and_gives_its_place_back(stack, guest):
    job = guest.enhance(make_image(), "image/png")
    rewind(stack, job["id"], "queued")
    assert guest.call("GET", f"{JOBS}/{job['id']}").headers["Retry-After"]
    answer = guest.call("POST", f"{JOBS}/{job['id']}/cancel")
    assert answer.status_code == 200
    assert (answer.json()["data"]["status"], answer.json()["data"]["stage"]) == ("canceled", "done")
    assert guest.usage()["usage"]["used"] == 0
    again = guest.call("POST", f"{JOBS}/{job['id']}/cancel")
    assert (again.status_code, again.json()["error"]["type"]) == (409, "conflict")
    assert again.json()["error"]["details"]["job"] == guest.job(job["id"])
    assert guest.usage()["usage"]["used"] == 0


def test_cancelling_a_running_job_is_noted_until_the_provider_says_so(stack, guest):
    job = guest.enhance(make_image(), "image/png")
    rewind(stack, job["id"], "processing")
    for _ in range(2):
        answer = guest.call("POST", f"{JOBS}/{job['id']}/cancel")
        assert answer.status_code == 202
        assert answer.json()["data"]["cancelRequested"] is True
        assert answer.json()["data"]["status"] == "processing"
    assert guest.usage()["usage"]["used"] == 1


def test_an_ended_job_can_not_be_cancelled_and_comes_with_the_answer(guest):
    job = guest.enhance(make_image(), "image/png")
    answer = guest.call("POST", f"{JOBS}/{job['id']}/cancel")
    assert (answer.status_code, answer.json()["error"]["type"]) == (409, "conflict")
    assert answer.json()["error"]["details"]["job"] == job
    with Client(guest.base_url) as anonymous:
        assert anonymous.call("POST", f"{JOBS}/{job['id']}/cancel").status_code == 401


def test_a_deleted_job_is_gone_at_once_with_its_images(stack, guest):
    job, kept = guest.enhance(make_image(), "image/png"), guest.enhance(make_image(), "image/png")
    urls = [job[name] for name in ("originalUrl", "imageUrl", "previewUrl", "thumbUrl")]
    first = guest.call("DELETE", f"{JOBS}/{job['id']}")
    assert first.status_code == 200
    assert guest.call("GET", f"{JOBS}/{job['id']}").status_code == 404
    assert [guest.call("GET", url).status_code for url in urls] == [410] * 4
    assert [each["id"] for each in guest.call("GET", JOBS).json()["data"]["jobs"]] == [kept["id"]]
    repeat = guest.call("DELETE", f"{JOBS}/{job['id']}")
    assert (repeat.status_code, repeat.json()) == (200, first.json())
    assert guest.call("POST", f"{JOBS}/{job['id']}/cancel").status_code == 404
    assert guest.call("POST", f"{JOBS}/{job['id']}/share", json={}).status_code == 404
    assert guest.usage()["usage"]["used"] == 2, "a delivered job stays paid for"
    stored = stack.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])
    assert not [each["Key"] for each in stored if job["id"] in each["Key"]]
    assert guest.image(kept["imageUrl"]).status_code == 200


def test_a_deleted_image_stays_away_even_if_its_object_comes_back(stack, guest):
    job = guest.enhance(make_image(), "image/png")
    guest.call("DELETE", f"{JOBS}/{job['id']}")
    for name in ("originalUrl", "imageUrl", "previewUrl", "thumbUrl"):
        stack.client("s3").put_object(Bucket=BUCKET, Key=object_key(job[name]), Body=b"it is here")
        assert guest.call("GET", job[name]).json()["error"]["type"] == "gone"
    guest.call("DELETE", f"{JOBS}/{job['id']}")


def test_a_running_job_is_cancelled_before_it_is_deleted(stack, guest):
    job = guest.enhance(make_image(), "image/png")
    rewind(stack, job["id"], "processing")
    assert guest.call("DELETE", f"{JOBS}/{job['id']}").status_code == 200
    assert guest.call("GET", f"{JOBS}/{job['id']}").status_code == 404
    row = stack.client("dynamodb").get_item(
        TableName=stack.deployment.outputs["JobsTableName"], Key={"id": {"S": job["id"]}}
    )["Item"]
    assert row["cancel_requested"] == {"BOOL": True}


def test_the_original_of_an_earlier_job_makes_another_one(guest):
    data = make_image("JPEG", (50, 40))
    job = guest.enhance(data, "image/jpeg", scale=2)
    order = {"fromJobId": job["id"], "model": MODEL, "params": {"scale": 3}, "filename": "again.jpg"}
    created = guest.call("POST", JOBS, json=order)
    assert created.status_code == 202
    again = guest.finished(created.json()["data"]["id"])
    assert again["id"] != job["id"]
    assert (again["result"]["width"], again["result"]["height"]) == (150, 120)
    assert guest.image(again["originalUrl"]).content == data
    guest.call("DELETE", f"{JOBS}/{job['id']}")
    assert guest.image(again["originalUrl"]).content == data, "the copy is its own"
    assert guest.call("POST", JOBS, json=order).status_code == 404


def test_an_original_that_is_gone_makes_no_further_job_and_costs_nothing(stack, guest):
    job = guest.enhance(make_image(), "image/png")
    stack.client("s3").delete_object(Bucket=BUCKET, Key=object_key(job["originalUrl"]))
    answer = guest.call("POST", JOBS, json={"fromJobId": job["id"], "model": MODEL})
    assert (answer.status_code, answer.json()["error"]["type"]) == (410, "gone")
    assert guest.usage()["usage"]["used"] == 1


def test_the_job_of_another_is_no_source(stack, guest):
    job = guest.enhance(make_image(), "image/png")
    order = {"fromJobId": job["id"], "model": MODEL}
    with Client(stack.base_url, stack.token("mallory")) as mallory, Client(stack.base_url) as anonymous:
        assert mallory.call("POST", JOBS, json=order).status_code == 404
        assert anonymous.call("POST", JOBS, json=order).status_code == 401
        assert mallory.call("DELETE", f"{JOBS}/{job['id']}").status_code == 404
        assert mallory.call("POST", f"{JOBS}/{job['id']}/cancel").status_code == 404
        assert mallory.call("POST", f"{JOBS}/{job['id']}/share", json={}).status_code == 404
    assert guest.job(job["id"]) == job
