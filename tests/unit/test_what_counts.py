"""What takes a place of the day's and of the quota: what became a job, and nothing else; and what people are told."""

import dataclasses
import json

import pytest

from enhancer.domain import keys
from enhancer.domain.job import Status
from enhancer.domain.limits import MAX_REFUNDS
from enhancer.domain.owner import Caller, new_guest
from enhancer.errors import Refused, UnreadableImage
from enhancer.http.response_bodies import job_json
from enhancer.usecases.cancel_job import CancelJob
from enhancer.usecases.request_upload import upload_headers
from tests.images import make_image
from tests.unit.conftest import PREFIX
from tests.unit.installation import Installation

MODEL = "nightmareai/real-esrgan"
JOBS = "/api/ai-image/jobs"


def form(image=None, **fields):
    """A multipart body and its content type."""
    parts = [f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode() for n, v in fields.items()]
    if image is not None:
        head = (
            b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
        )
        parts.append(head + image + b"\r\n")
    return b"".join([*parts, b"--x--\r\n"]), {"content-type": "multipart/form-data; boundary=x"}


@pytest.fixture
def installed(world, monkeypatch):
    return Installation(world, monkeypatch, GUEST_JOBS_PER_ADDRESS="3", QUOTA_JOBS="2")


def day(installed):
    """What the day's counters of addresses and owners stand at, by kind."""
    found = {}
    for key, used in installed.world.usage.counters.items():
        kind = key.split("#")[1]
        if used and kind in {"guest-jobs", "uploads", "guest-uploads"}:
            found[kind] = found.get(kind, 0) + used
    return found


def refused_orders(installed, guest):
    """Every way in which a creation is refused, as its status and how to send it."""
    owner, world = guest.owner, installed.world
    uploaded = keys.new_job_id("image/png")
    world.images.put(
        keys.original_key(PREFIX, owner, uploaded), make_image(), upload_headers(uploaded, len(make_image()))
    )

    def send(path=JOBS, image=None, body=None, headers=None, **fields):
        if body is None:
            body, kind = form(image, **fields)
            headers = kind | (headers or {})
        return lambda: installed.call("POST", path, caller=guest, body=body, headers=headers)

    return [
        (400, send(image=make_image(), model="no/such-model")),
        (400, send(image=make_image(), model=MODEL, scale="99")),
        (400, send(image=make_image(), model=MODEL, nothing="1")),
        (400, send(image=make_image()[:-20], model=MODEL)),
        (415, send(image=b"not an image", model=MODEL)),
        (400, send(model=MODEL)),
        (400, send(path="/api/ai-image/generate", image=make_image(), model="x")),
        (400, send(image=make_image(), model=MODEL, headers={"idempotency-key": "with space"})),
        (404, send(body={"uploadId": keys.new_job_id("image/png"), "model": MODEL})),
        (400, send(body={"uploadId": uploaded, "model": "no/such-model"})),
        (400, send(body={"uploadId": "x", "model": MODEL})),
        (400, send(body={"model": MODEL})),
        (404, send(body={"fromJobId": keys.new_job_id("image/png"), "model": MODEL})),
    ]


def test_what_is_refused_takes_no_place_of_the_address_or_the_owner(installed):
    guest = Caller(new_guest())
    for status, send in refused_orders(installed, guest) * 4:
        answer = send()
        assert answer.status == status, answer.body
    assert day(installed) == {}
    for number in (1, 2):
        body, headers = form(make_image(), model=MODEL)
        assert installed.call("POST", JOBS, caller=guest, body=body, headers=headers).status == 202
        assert day(installed) == {"guest-jobs": number, "uploads": number, "guest-uploads": number}
    for _ in range(3):
        refused = installed.call("POST", JOBS, caller=guest, body=body, headers=headers)
        assert (refused.status, refused.json["error"]["type"]) == (429, "quota_exceeded")
    assert day(installed) == {"guest-jobs": 2, "uploads": 2, "guest-uploads": 2}


def test_a_repeated_request_counts_once(installed):
    guest = Caller(new_guest())
    body, headers = form(make_image(), model=MODEL)
    for _ in range(3):
        answer = installed.call("POST", JOBS, caller=guest, body=body, headers=headers | {"idempotency-key": "once"})
        assert answer.status == 202
    assert day(installed) == {"guest-jobs": 1, "uploads": 1, "guest-uploads": 1}


def test_uploads_are_bounded_by_the_day_however_they_are_brought(installed):
    guest = Caller(new_guest())
    wanted = {"filename": "a.png", "contentType": "image/png", "size": 10}
    uploads = "/api/ai-image/uploads"
    for _ in range(4):
        assert installed.call("POST", uploads, caller=guest, body=wanted | {"contentType": "x"}).status == 415
        assert installed.call("POST", uploads, caller=guest, body=wanted | {"size": 0}).status == 400
    body, headers = form(make_image(), model=MODEL)
    made = installed.call("POST", JOBS, caller=guest, body=body, headers=headers).json["data"]["id"]
    again = {"fromJobId": made, "model": MODEL}
    assert installed.call("POST", JOBS, caller=guest, body=again).status == 202
    assert [installed.call("POST", uploads, caller=guest, body=wanted).status for _ in range(5)] == [201] * 4 + [429]
    told = installed.call("POST", uploads, caller=guest, body=wanted, headers={"accept-language": "en"})
    assert told.json["error"]["type"] == "quota_exceeded"
    assert told.json["error"]["message"].startswith("Daily limit of 6 uploads reached")
    assert int(told.headers["retry-after"]) > 0


# ---- What is refunded -----------------------------------------------------------------------------------------------


def used(world):
    return world.usage.quota(world.owner).used


def ends_without_a_run():
    """How a job ends of which the provider accepted no run."""

    def unreadable(world, job):
        world.imaging.prepare = lambda *_: (_ for _ in ()).throw(UnreadableImage("x"))
        world.start_job(job.id)

    def refused(world, job):
        world.provider.answers = [Refused("HTTP 422")]
        world.start_job(job.id)

    def at_the_ceiling(world, job):
        counters = world.usage.counters
        counters |= {f"runs#{world.clock().date().isoformat()}": world.start_job.daily_run_limit}
        world.start_job(job.id)
        counters.clear()

    def withdrawn(world, job):
        CancelJob(jobs=world.jobs, provider=world.provider, clock=world.clock)(job.id, world.caller)

    def original_gone(world, job):
        world.images.objects.clear()
        world.start_job(job.id)

    return [unreadable, refused, at_the_ceiling, withdrawn, original_gone]


@pytest.mark.parametrize("end", ends_without_a_run(), ids=lambda end: end.__name__)
def test_a_job_of_which_no_run_was_accepted_always_gives_its_place_back(world, end):
    for _ in range(4 * MAX_REFUNDS):
        job = world.new_job()
        end(world, job)
        row = world.job(job.id)
        assert (row.ended, row.quota_refunded, used(world)) == (True, True, 0)
        error = job_json(row)["error"]
        if error:
            assert error["message"].endswith(" This job does not count against your quota.")


def test_where_runs_were_made_places_are_given_back_five_times_a_window_and_the_sentence_says_which(world):
    told = []
    for number in range(MAX_REFUNDS + 2):
        job = world.new_job()
        world.start_job(job.id)
        world.complete_job(job.id, world.provider.finish(f"run{number + 1}", "failed", "a fault"))
        told.append(job_json(world.job(job.id))["error"]["message"].rpartition(". ")[2])
    assert told == ["This job does not count against your quota."] * 5 + ["This job counts against your quota."] * 2
    assert used(world) == 2


def test_a_second_attempt_that_is_refused_had_a_run(world):
    job = world.new_job()
    world.start_job(job.id)
    world.complete_job(job.id, world.provider.finish("run1", "failed", "E1234 (code: PA)"))
    world.provider.answers = [Refused("HTTP 422")]
    world.start_job(job.id)
    assert world.usage.quota(world.owner).refunds == 1


@pytest.mark.parametrize(("refunded", "language", "end"), [
    (True, "en", "This job does not count against your quota."),
    (False, "en", "This job counts against your quota."),
    (True, "de", "Dieser Auftrag zählt nicht zu Ihrem Kontingent."),
    (False, "de", "Dieser Auftrag zählt zu Ihrem Kontingent."),
])  # fmt: skip
def test_a_failed_job_says_whether_it_counts(world, refunded, language, end):
    row = dataclasses.replace(
        world.new_job(),
        status=Status.FAILED,
        error_type="provider_error",
        error_code="provider_refused_job",
        quota_refunded=refunded,
    )
    message = job_json(row, language)["error"]["message"]
    assert message.endswith(end)
    assert json.dumps(message).lower().count("quota") + message.lower().count("kontingent") == 1
