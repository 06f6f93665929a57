import dataclasses

import pytest

from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller, new_guest
from enhancer.errors import Forbidden, Gone, NotFound, Unauthorized
from enhancer.usecases.show_image import ShowImage
from tests.fakes import FakePresignedUrls, FakeShareLinks


@pytest.fixture
def done(world):
    """A job that succeeded."""
    job = world.new_job()
    world.start_job(job.id)
    world.complete_job(job.id, world.provider.finish("run1"))
    return world.job(job.id)


def show(world, key, caller, method="GET", share=""):
    return ShowImage(
        jobs=world.jobs, urls=FakePresignedUrls(), shares=FakeShareLinks(), prefix="ai-enhancer/", clock=world.clock
    )(key, caller, share, method=method)


def test_the_owner_gets_a_link_to_each_image(world, done):
    for key in (done.input_r2_key, done.output_r2_key, done.preview_r2_key, done.thumb_r2_key):
        link = show(world, key, world.caller, "HEAD")
        assert link.url == f"https://r2.test/bucket/{key}?signed=HEAD"
        assert link.seconds == 600


def test_a_link_comes_with_its_job(world, done):
    assert show(world, done.output_r2_key, world.caller).job == done


def test_a_result_is_seen_right_after_it_was_written(world, done):
    world.jobs.lagging = True
    assert show(world, done.output_r2_key, world.caller).url


def test_no_caller_is_needed_and_another_image_is_refused(world, done):
    with pytest.raises(Unauthorized):
        show(world, done.output_r2_key, None)
    with pytest.raises(Forbidden):
        show(world, done.output_r2_key, Caller(new_guest()))


def test_past_its_time_nothing_is_served_while_the_object_still_exists(world, done):
    world.clock.advance(hours=23, minutes=55)
    assert show(world, done.input_r2_key, world.caller).seconds == 300
    world.clock.advance(minutes=5)
    with pytest.raises(Gone) as refusal:
        show(world, done.input_r2_key, world.caller)
    assert str(refusal.value) != "This image was deleted."
    assert show(world, done.output_r2_key, world.caller)
    world.clock.advance(days=29)
    with pytest.raises(Gone):
        show(world, done.output_r2_key, world.caller)
    assert done.output_r2_key in world.images.objects


def test_a_deleted_job_serves_nothing(world, done):
    world.jobs.rows[done.id] = dataclasses.replace(done, deleted_at="2026-11-22T12:00:00.000Z")
    with pytest.raises(Gone) as refusal:
        show(world, done.output_r2_key, world.caller)
    assert refusal.value.message is Message.IMAGE_DELETED


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key.replace("output.png", "output.jpg"),
        lambda key: key.replace("results", "uploads"),
        lambda key: key + "/",
        lambda key: "/" + key,
        lambda key: key.replace("ai-enhancer/", "ai-enhancer//"),
        lambda key: key.replace("output", "..%2foutput"),
        lambda key: key.replace("results/", "results/../results/"),
        lambda key: key + "\0",
        lambda key: key.upper(),
        lambda _: "",
    ],
)
def test_a_path_that_is_not_a_key_of_the_row_is_not_found(world, done, change):
    with pytest.raises(NotFound):
        show(world, change(done.output_r2_key), world.caller)


def test_a_job_that_does_not_exist_has_no_images(world, done):
    with pytest.raises(NotFound):
        show(world, done.output_r2_key.replace(done.id, "p" + "a" * 25), world.caller)
