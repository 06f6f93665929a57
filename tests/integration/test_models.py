"""Every model through the whole path: results as large as was promised, and models that an operator adds by one file.

The stand-in makes the sizes of the published predictors (tests/oracles/test_geometry.py).
"""

import os
import shutil
from pathlib import Path

import pytest

from deployment import ROOT
from tests.conftest import RAISED_LIMITS
from tests.images import make_image, opened
from tests.integration.api_client import Client
from tests.integration.faulty_provider import SUCCEEDED, Installation, Order, fault

EXAMPLES = ROOT / "tests" / "oracles" / "fixtures" / "added_models"
ADDED = {
    # field `input`, a list as output; a factor in words; no factor; a list of one; no factor, an object as output and
    # a second address in the input
    "zsxkib/diffbir": 4,
    "topazlabs/image-upscale": 2,
    "mv-lab/swin2sr": 4,
    "philz1337x/clarity-upscaler": 2,
    "codeslake/refvsr-cvpr2022": 4,
}
ALLOWED = ",".join(["nightmareai/real-esrgan", "tencentarc/gfpgan", "sczhou/codeformer", *ADDED])


@pytest.fixture(scope="module")
def installation(start_stack, tmp_path_factory):
    """The build with an operator's own model files in it."""
    build: Path = tmp_path_factory.mktemp("build") / "local"
    shutil.copytree(ROOT / ".build" / "local", build, copy_function=os.link)
    for slug in ADDED:
        name = f"{slug.replace('/', '--')}.json"
        shutil.copy(EXAMPLES / name, build / "layers/CoreLayer/python/enhancer/models" / name)
    yield Installation(start_stack({**RAISED_LIMITS, "AllowedModels": ALLOWED}, "instant", build))
    shutil.rmtree(build)


@pytest.fixture
def person(installation):
    with Client(installation.stack.base_url) as client:
        yield client


def test_all_are_on_offer(person):
    allowed_models = person.call("GET", "/api/ai-image/models").json()["data"]["models"]
    assert [model["slug"] for model in allowed_models] == ALLOWED.split(",")
    assert all(model["licence"] for model in allowed_models)


@pytest.mark.parametrize("slug", ["nightmareai/real-esrgan", "tencentarc/gfpgan", "sczhou/codeformer"])
def test_a_result_has_the_promised_size(person, slug):
    """The heights at which the published predictors change what they do, at factors with and without a fraction."""
    wanted = [((75, 100), 4), ((320, 213), 3), ((301, 299), 2.5), ((299, 300), 3), ((600, 400), 4), ((905, 600), 1.5)]
    jobs = []
    for size, scale in wanted:
        upload = person.upload(make_image("PNG", size), "image/png")
        created = person.create(upload, model=slug, scale=scale)
        assert created.status_code == 202, created.text
        jobs.append(created.json()["data"]["id"])
    for (size, scale), job_id in zip(wanted, jobs, strict=True):
        job = person.finished(job_id)
        assert job["status"] == "succeeded", job["error"]
        promised = (round(size[0] * scale), round(size[1] * scale))
        assert (job["result"]["width"], job["result"]["height"]) == promised
        answer = person.image(job["imageUrl"])
        assert opened(answer.content).size == promised
        assert f"-enhanced-{scale:g}x.png" in answer.headers["content-disposition"]


@pytest.mark.parametrize("size", [(2400, 240), (4000, 300)])
def test_a_panorama_is_not_paid_and_thrown_away(person, size):
    """CodeFormer enlarges what is below 512 pixels first: at its own factor of 4 the result would be too large."""
    created = person.create(person.upload(make_image("PNG", size), "image/png"), model="sczhou/codeformer", scale=4)
    job = person.finished(created.json()["data"]["id"], seconds=120)
    assert job["status"] == "succeeded", job["error"]
    assert (job["result"]["width"], job["result"]["height"]) == (size[0] * 4, size[1] * 4)


def test_a_panorama_that_no_factor_fits_is_refused_before_anything_is_paid(person):
    created = person.create(
        person.upload(make_image("PNG", (6000, 340)), "image/png"), model="sczhou/codeformer", scale=4
    )
    assert created.status_code == 400
    assert created.json()["error"]["details"]["maximum"] == 3.01
    assert person.usage()["usage"]["used"] == 0


@pytest.mark.parametrize("slug", ADDED)
def test_an_added_model_serves_jobs(person, slug):
    created = person.create(person.upload(make_image("PNG", (40, 30)), "image/png"), model=slug, scale=ADDED[slug])
    assert created.status_code == 202, created.text
    job = person.finished(created.json()["data"]["id"])
    assert job["status"] == "succeeded", job["error"]
    assert (job["result"]["width"], job["result"]["height"]) == (40 * ADDED[slug], 30 * ADDED[slug])


@pytest.mark.parametrize("slug", ["zsxkib/diffbir", "codeslake/refvsr-cvpr2022"])
@pytest.mark.parametrize(
    "lost", [[fault("create-answer-lost")], [fault("create-answer-lost"), fault("webhook-dropped")]]
)
def test_a_lost_answer_of_an_added_model_is_adopted_and_paid_once(installation, person, lost, slug):
    """Its image and its output are elsewhere: both its webhook and the provider's list must be understood."""
    order = Order(installation, person)
    installation.set(*({**each, "job": order.id} for each in lost))
    order.create(model=slug)
    if len(lost) > 1:
        order.run_is("succeeded")
        order.reconcile()
    assert order.end() == SUCCEEDED
    installation.clear()
