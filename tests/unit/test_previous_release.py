"""Rows and messages that the previous release wrote are finished by this one.

`previous_release/jobs.json` holds what that release's own code stored and sent; with each release that changes rows or
messages it is written anew by the one before.
"""

import dataclasses
import json
from pathlib import Path

import pytest

from enhancer.adapters.dynamo_items import item_job
from enhancer.adapters.model_files import offers
from enhancer.domain.job import Status
from enhancer.domain.limits import Quota
from enhancer.domain.prediction import Delivery, Prediction
from enhancer.usecases.complete_job import complete_job
from enhancer.usecases.reconcile_jobs import reconcile_jobs
from enhancer.usecases.start_job import start_job
from tests.pictures import picture

STORED = json.loads((Path(__file__).parent / "previous_release" / "jobs.json").read_text())["jobs"]


@pytest.fixture
def deployed(world):
    """The world after an update in the middle of everything: old rows, old pictures, old runs."""
    both = offers(["nightmareai/real-esrgan", f"sczhou/codeformer:{'c' * 64}"])
    world.starter = dataclasses.replace(world.starter, offers=both)
    for each in STORED.values():
        job = item_job(each["row"])
        world.jobs.rows[job.id] = job
        world.pictures.write(job.input_r2_key, picture(), "image/png", "")
        world.usage.quotas[job.owner.reference] = Quota(job.quota_window, len(STORED))
    return world


@pytest.mark.parametrize("name", [name for name, each in STORED.items() if "start" in each])
def test_a_start_message_of_the_previous_release_starts_its_job(deployed, name):
    message = STORED[name]["start"]
    assert start_job(message["job_id"], deployed.starter) == "accepted"
    job = deployed.job(message["job_id"])
    asked = job.params.get("scale") or job.params["upscale"]
    run = deployed.provider.finish("run1")
    assert complete_job(job.id, run, deployed.completer) == "succeeded"
    assert deployed.imaging.wishes[0].size == (job.input_width * asked, job.input_height * asked)
    assert deployed.imaging.wishes[0].output_format == "png"


@pytest.mark.parametrize("name", [name for name, each in STORED.items() if "completion" in each])
def test_a_completion_message_of_the_previous_release_is_applied(deployed, name):
    message = STORED[name]["completion"]
    run = Prediction.from_message(message["prediction"])
    delivery = Delivery.from_message(message["delivery"], run)
    expected = "retried" if run.status == "failed" else "succeeded"
    assert complete_job(message["job_id"], run, deployed.completer, delivery) == expected
    assert len(deployed.job(message["job_id"]).deliveries) == 1


def test_a_claim_of_the_previous_release_whose_answer_was_lost_is_settled(deployed):
    job = item_job(STORED["claimed, the answer lost"]["row"])
    deployed.jobs.rows = {job.id: job}
    deployed.clock.advance(minutes=4)
    deployed.provider.create("v", {"image": f"https://r2.test/bucket/{job.input_r2_key}"}, "hook")
    assert reconcile_jobs(deployed.reconciler) == {"run adopted": 1}
    assert complete_job(job.id, deployed.provider.finish("run1"), deployed.completer) == "succeeded"
    assert deployed.job(job.id).status is Status.SUCCEEDED
