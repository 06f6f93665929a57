"""Rows and messages that the previous release wrote are finished by this one, as those are that this one writes."""

import dataclasses
import json

import pytest

from enhancer.adapters.dynamo_items import item_job
from enhancer.adapters.model_files import allowed_models
from enhancer.domain.job import Status
from enhancer.domain.limits import Quota
from enhancer.domain.prediction import Delivery, Prediction
from enhancer.http.response_bodies import job_json
from tests.images import make_image
from tests.unit.previous_release.write import FACES, FILE, MODEL, stored

RELEASES = {"0.1.0": json.loads(FILE.read_text()), "this release": stored()}


def stored_with(kind):
    """The release and the name of each job that has such a message."""
    return [(release, name) for release, jobs in RELEASES.items() for name, each in jobs.items() if kind in each]


@pytest.fixture
def deployed(world):
    """The world after an update in the middle of everything: a release's rows, images and runs."""
    world.start_job = dataclasses.replace(
        world.start_job, allowed_models=allowed_models([MODEL, f"{FACES}:{'c' * 64}"])
    )

    def deploy(release):
        for each in RELEASES[release].values():
            job = item_job(each["row"])
            world.jobs.rows[job.id] = job
            world.images.write(job.input_r2_key, make_image(), "image/png", "")
            world.usage.quotas[job.owner.reference] = Quota(job.quota_window, len(RELEASES[release]))
        return world

    return deploy


@pytest.mark.parametrize(("release", "name"), stored_with("start"))
def test_a_start_message_of_a_release_starts_its_job(deployed, release, name):
    world, message = deployed(release), RELEASES[release][name]["start"]
    assert world.start_job(message["job_id"]) == "accepted"
    job = world.job(message["job_id"])
    assert world.complete_job(job.id, world.provider.finish("run1")) == "succeeded"
    scale = job.params["scale"]
    assert world.imaging.wishes[0].size == (job.input_width * scale, job.input_height * scale)
    assert world.imaging.wishes[0].output_format == "png"


@pytest.mark.parametrize(("release", "name"), stored_with("completion"))
def test_a_completion_message_of_a_release_is_applied(deployed, release, name):
    world, message = deployed(release), RELEASES[release][name]["completion"]
    run = Prediction.from_message(message["prediction"])
    delivery = Delivery.from_message(message["delivery"], run)
    expected = "retried" if run.status == "failed" else "succeeded"
    assert world.complete_job(message["job_id"], run, delivery) == expected
    assert len(world.job(message["job_id"]).deliveries) == 1


@pytest.mark.parametrize("release", RELEASES)
def test_a_claim_of_a_release_whose_answer_was_lost_is_settled(deployed, release):
    world, job = deployed(release), item_job(RELEASES[release]["claimed, the answer lost"]["row"])
    world.jobs.rows = {job.id: job}
    world.clock.advance(minutes=4)
    world.provider.create("v", {"image": f"https://r2.test/bucket/{job.input_r2_key}"}, "hook")
    assert world.reconcile_jobs() == {"run_adopted": 1}
    assert world.complete_job(job.id, world.provider.finish("run1")) == "succeeded"
    assert world.job(job.id).status is Status.SUCCEEDED


@pytest.mark.parametrize("release", RELEASES)
def test_ended_jobs_of_a_release_are_shown(release):
    failed, succeeded = (item_job(RELEASES[release][name]["row"]) for name in ("failed", "succeeded"))
    assert job_json(failed, "en")["error"]["message"] != job_json(failed, "de")["error"]["message"]
    assert job_json(succeeded, "en")["imageUrl"].endswith("output.webp")
    assert job_json(succeeded, "en")["result"]["width"] == 160
