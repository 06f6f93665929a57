"""Rows and messages that the previous release wrote are finished by this one.

`previous_release/jobs.json` holds what that release's own code stored and sent; with each release that changes rows or
messages it is written anew by the one before.
"""

import dataclasses
import json
import math
from pathlib import Path

import pytest

from enhancer.adapters.dynamo_items import item_job
from enhancer.adapters.model_files import models, offers
from enhancer.domain.job import Status
from enhancer.domain.limits import Quota
from enhancer.domain.prediction import Delivery, Prediction
from enhancer.domain.sizing import fit_within
from enhancer.ports import Prepared
from tests.pictures import picture

OPTIONS = {
    "nightmareai/real-esrgan": {"faceEnhance": False},
    "sczhou/codeformer": {"fidelity": 0.5, "backgroundEnhance": True, "faceUpsample": True},
}
STORED = json.loads((Path(__file__).parent / "previous_release" / "jobs.json").read_text())["jobs"]


@pytest.fixture
def deployed(world):
    """The world after an update in the middle of everything: old rows, old pictures, old runs."""
    both = offers(["nightmareai/real-esrgan", f"sczhou/codeformer:{'c' * 64}"])
    world.start_job = dataclasses.replace(world.start_job, offers=both)
    for each in STORED.values():
        job = item_job(each["row"])
        world.jobs.rows[job.id] = job
        world.pictures.write(job.input_r2_key, picture(), "image/png", "")
        world.usage.quotas[job.owner.reference] = Quota(job.quota_window, len(STORED))
    return world


@pytest.mark.parametrize("name", [name for name, each in STORED.items() if "start" in each])
def test_a_start_message_of_the_previous_release_starts_its_job(deployed, name):
    message = STORED[name]["start"]
    assert deployed.start_job(message["job_id"]) == "accepted"
    job = deployed.job(message["job_id"])
    asked = job.params.get("scale") or job.params["upscale"]
    run = deployed.provider.finish("run1")
    assert deployed.complete_job(job.id, run) == "succeeded"
    assert deployed.imaging.wishes[0].size == (job.input_width * asked, job.input_height * asked)
    assert deployed.imaging.wishes[0].output_format == "png"


@pytest.mark.parametrize("slug", ["nightmareai/real-esrgan", "sczhou/codeformer"])
@pytest.mark.parametrize("size", [(6753, 5384), (5384, 6753), (4000, 3000), (1449, 1448), (7919, 1511), (2401, 1999)])
def test_a_large_picture_of_the_previous_release_is_started(deployed, size, slug):
    """Its row names no size, and its scale was rounded by a rule that is some pixels above what the model gives."""
    scale = math.floor(4 * min(1, math.sqrt(2_096_704 / (size[0] * size[1]))) * 100) / 100
    row = next(item_job(each["row"]) for each in STORED.values() if "start" in each)
    params = json.dumps({"scale": scale, "outputFormat": "png", "outputQuality": 90, **OPTIONS[slug]})
    old = dataclasses.replace(row, model=slug, params_json=params, input_width=size[0], input_height=size[1])
    deployed.jobs.rows = {old.id: old}
    deployed.imaging.prepared = Prepared(None, *fit_within(*size, 2_096_704), {"oriented": False})
    assert deployed.start_job(old.id) == "accepted"
    promised = deployed.job(old.id).result_size
    assert promised == pytest.approx([side * scale for side in size], rel=0.01)
    given = models()[slug].output_size(
        fit_within(*size, 2_096_704), models()[slug].factor_for(fit_within(*size, 2_096_704), promised, 33_547_264)
    )
    assert given[0] >= promised[0]
    assert given[1] >= promised[1]


@pytest.mark.parametrize("name", [name for name, each in STORED.items() if "completion" in each])
def test_a_completion_message_of_the_previous_release_is_applied(deployed, name):
    message = STORED[name]["completion"]
    run = Prediction.from_message(message["prediction"])
    delivery = Delivery.from_message(message["delivery"], run)
    expected = "retried" if run.status == "failed" else "succeeded"
    assert deployed.complete_job(message["job_id"], run, delivery) == expected
    assert len(deployed.job(message["job_id"]).deliveries) == 1


def test_a_claim_of_the_previous_release_whose_answer_was_lost_is_settled(deployed):
    job = item_job(STORED["claimed, the answer lost"]["row"])
    deployed.jobs.rows = {job.id: job}
    deployed.clock.advance(minutes=4)
    deployed.provider.create("v", {"image": f"https://r2.test/bucket/{job.input_r2_key}"}, "hook")
    assert deployed.reconcile_jobs() == {"run_adopted": 1}
    assert deployed.complete_job(job.id, deployed.provider.finish("run1")) == "succeeded"
    assert deployed.job(job.id).status is Status.SUCCEEDED
