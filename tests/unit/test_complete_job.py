import dataclasses
import hashlib
import json
from urllib.parse import unquote

import pytest

from enhancer.domain import keys
from enhancer.domain.clock import to_text
from enhancer.domain.job import FAIL, SAVE, Status
from enhancer.domain.messages import Message
from enhancer.domain.prediction import Prediction
from enhancer.errors import (
    BlankImage,
    OutcomeUnknown,
    ProviderError,
    TooMuchWork,
    TransitionRefused,
    UnreadableImage,
)
from enhancer.usecases.complete_job import SAVE_LEASE
from tests.images import make_image
from tests.images.png_files import chunk

PIXEL_CAP = (
    "Input image of dimensions (1536, 1536, 4) has a total number of pixels 2359296 greater than the max size "
    "that fits in GPU memory on this hardware, 2096704. Resize input image and try again."
)


@pytest.fixture
def running(world):
    """A job whose run the provider has accepted."""
    job = world.new_job()
    world.start_job(job.id)
    return world.job(job.id)


def test_the_image_is_in_the_bucket_before_the_job_says_so(world, running):
    run = world.provider.finish("run1")
    assert world.complete_job(running.id, run) == "succeeded"
    row = world.job(running.id)
    assert (row.status, row.stage, row.check_at, row.model_ms) == (Status.SUCCEEDED, "done", None, 900)
    stored = world.images.objects[row.output_r2_key][0]
    assert hashlib.sha256(stored).hexdigest() == row.output_sha256
    assert (row.output_width, row.output_height, row.output_size) == (160, 120, len(stored))
    assert (row.quota_refunded, world.usage.quota(running.owner).used) == (False, 1)
    assert world.images.headers[row.output_r2_key] == {
        "type": "image/png",
        "cache": "private, max-age=31536000, immutable",
        "disposition": "attachment; filename=\"cat-enhanced-4x.png\"; filename*=UTF-8''cat-enhanced-4x.png",
    }
    for key, reduction in ((row.preview_r2_key, b"preview"), (row.thumb_r2_key, b"thumb")):
        assert world.images.objects[key][0] == reduction
        assert world.images.headers[key] == {
            "type": "image/webp",
            "cache": "private, max-age=31536000, immutable",
            "disposition": None,
        }


def test_a_blank_result_is_a_failed_run_of_the_provider(world, running):
    def blank(*_):
        raise BlankImage("one colour")

    world.imaging.finish = blank
    assert world.complete_job(running.id, world.provider.finish("run1")) == "failed"
    row = world.job(running.id)
    assert (row.error_type, row.quota_refunded) == ("provider_error", True)
    assert row.error_code is Message.RESULT_BLANK


@pytest.mark.parametrize(("cut", "ends"), [(0, "succeeded"), (1, "failed")])
def test_a_result_with_a_long_profile_before_its_pixels_is_looked_at_whole(world, running, cut, ends):
    result = make_image("PNG", (160, 120))
    result = result[:33] + chunk(b"iCCP", b"long\0\0" + bytes(300_000)) + result[33:]
    world.outputs.image = result[: len(result) - cut]
    assert world.complete_job(running.id, world.provider.finish("run1")) == ends


def test_a_result_without_previews_is_a_result(world, running):
    finish = world.imaging.finish
    world.imaging.finish = lambda *given: dataclasses.replace(finish(*given), preview=None, thumb=None, report=None)
    assert world.complete_job(running.id, world.provider.finish("run1")) == "succeeded"
    row = world.job(running.id)
    assert (row.preview_r2_key, row.thumb_r2_key, row.report_json) == (None, None, None)
    assert {key for key in world.images.objects if "/results/" in key} == {row.output_r2_key}


@pytest.mark.parametrize(
    ("original", "scale", "promised", "named"),
    [
        ((40, 30), 4, (160, 120), "4x"),
        ((40, 30), 3.99, (160, 120), "3.99x"),  # as promised
        ((40, 30), 8, (320, 240), "4x"),
        ((30, 40), 8, (240, 320), "4x"),
        ((60, 45), 4, (240, 180), "2.67x"),
        ((40, 30), 4, (160, 121), "4x"),
        ((45, 30), 4, (161, 120), "3.56x"),
    ],
)
def test_a_download_is_named_after_what_the_result_is_and_not_what_was_promised(
    world, running, original, scale, promised, named
):
    """The result that comes has 160 x 120 pixels."""
    world.jobs.rows[running.id] = dataclasses.replace(
        running,
        input_width=original[0],
        input_height=original[1],
        params_json=json.dumps(running.params | {"scale": scale}),
        result_width=promised[0],
        result_height=promised[1],
    )
    assert world.complete_job(running.id, world.provider.finish("run1")) == "succeeded"
    headers = world.images.headers[world.job(running.id).output_r2_key]
    assert f'filename="cat-enhanced-{named}.png"' in headers["disposition"]


def test_a_name_that_is_too_long_for_a_header_is_cut(world, running):
    world.jobs.rows[running.id] = dataclasses.replace(running, filename="😀" * 1000 + ".png")
    assert world.complete_job(running.id, world.provider.finish("run1")) == "succeeded"
    disposition = world.images.headers[world.job(running.id).output_r2_key]["disposition"]
    assert len(disposition) < 1200
    assert disposition.endswith("-enhanced-4x.png")


@pytest.mark.parametrize(
    ("filename", "stem"),
    [("/", "image"), ("a\r\nb\u202ec.png", "a__b_c"), ("C:\\cat.png", "C:_cat"), ("x" * 81 + ".png", "x" * 80)],
)
def test_a_download_has_a_name_that_is_harmless(world, running, filename, stem):
    world.jobs.rows[running.id] = dataclasses.replace(running, filename=filename)
    assert world.complete_job(running.id, world.provider.finish("run1")) == "succeeded"
    disposition = world.images.headers[world.job(running.id).output_r2_key]["disposition"]
    assert unquote(disposition.partition("filename*=UTF-8''")[2]) == f"{stem}-enhanced-4x.png"


@pytest.mark.parametrize("error", [None, "E1000"])
def test_a_run_that_ended_a_job_elsewhere_meanwhile_changes_nothing(world, running, monkeypatch, error):
    run = world.provider.finish("run1", "failed", error)
    move = world.jobs.move

    def moved(job_id, transition, changes, where):
        if transition is not SAVE:
            raise TransitionRefused(transition.name, None)
        return move(job_id, transition, changes, where)

    monkeypatch.setattr(world.jobs, "move", moved)
    assert world.complete_job(running.id, run) == "already_ended"


def test_a_repeated_delivery_changes_nothing(world, running):
    run = world.provider.finish("run1")
    world.complete_job(running.id, run)
    before = world.job(running.id)
    assert world.complete_job(running.id, run) == "already_ended"
    assert world.complete_job(running.id, dataclasses.replace(run, status="failed")) == "already_ended"
    assert world.job(running.id) == before


def test_a_job_that_ends_otherwise_while_its_result_is_copied_stays_as_it_ended(world, running):
    fetch = world.outputs.fetch

    def fetch_while_it_ends(url):
        world.jobs.finish(world.job(running.id), FAIL, {"error_type": "provider_error"}, refund=True)
        return fetch(url)

    world.outputs.fetch = fetch_while_it_ends
    assert world.complete_job(running.id, world.provider.finish("run1")) == "already_ended"
    assert world.job(running.id).status is Status.FAILED


def test_a_row_that_is_gone_while_its_result_is_copied_is_left_alone(world, running):
    fetch = world.outputs.fetch

    def fetch_while_it_goes(url):
        world.jobs.rows.clear()
        return fetch(url)

    world.outputs.fetch = fetch_while_it_goes
    assert world.complete_job(running.id, world.provider.finish("run1")) == "already_ended"


def test_a_genuine_delivery_for_another_job_is_not_applied(world, running):
    other = world.new_job()
    world.start_job(other.id)
    run = world.provider.finish("run2")
    assert world.complete_job(running.id, run) == "foreign_run"
    assert world.security_events == ["foreign delivery"]
    assert world.job(running.id) == running
    assert world.complete_job("j" + "a" * 25, run) == "job_not_found"
    assert len(world.security_events) == 1


def test_a_run_whose_answer_was_lost_is_adopted_by_its_input_path_only(world):
    job, other = world.new_job(), world.new_job()
    world.provider.lost = OutcomeUnknown("ReadTimeout")
    world.start_job(job.id)
    world.start_job(other.id)
    run = world.provider.finish("run1")
    assert world.complete_job(other.id, run) == "foreign_run"
    assert world.complete_job(other.id, dataclasses.replace(run, input_path=None)) == "foreign_run"
    assert world.security_events == ["foreign delivery"] * 2
    assert world.complete_job(job.id, run) == "succeeded"
    assert world.job(job.id).provider_job_id == "run1"


def test_a_platform_fault_is_repeated_once_and_then_refunded(world, running):
    lost = world.provider.finish("run1", "failed", "Prediction interrupted; please retry (code: PA)")
    assert world.complete_job(running.id, lost) == "retried"
    row = world.job(running.id)
    assert (row.status, row.attempt, row.provider_job_id) == (Status.QUEUED, 2, None)
    assert world.messages.starts[-1] == (running.id, 0)
    assert world.complete_job(running.id, lost) == "superseded_run"

    world.start_job(running.id)
    again = world.provider.finish("run2", "failed", "Director: unexpected error handling prediction (E8765)")
    assert world.complete_job(running.id, again) == "failed"
    row = world.job(running.id)
    assert (row.status, row.error_type, row.quota_refunded) == (Status.FAILED, "provider_error", True)
    assert len(world.provider.created) == 2


def test_a_late_delivery_of_the_first_attempt_is_not_adopted_by_the_second(world, running):
    lost = world.provider.finish("run1", "failed", "please retry (code: PA)")
    world.complete_job(running.id, lost)
    world.provider.lost = OutcomeUnknown("ReadTimeout")
    world.start_job(running.id)
    assert world.complete_job(running.id, lost) == "superseded_run"
    assert world.security_events == []
    assert world.complete_job(running.id, world.provider.finish("run2")) == "succeeded"


@pytest.mark.parametrize(
    ("status", "error", "error_type", "refunded"),
    [
        ("failed", "CUDA error: something", "provider_error", True),
        ("failed", "[Errno 2] No such file or directory: '/tmp/x/out.png'", "provider_error", True),
        ("failed", PIXEL_CAP, "image_too_large", True),
        ("failed", "CUDA out of memory. Tried to allocate 2 GiB", "image_too_large", True),
        ("failed", "Prediction failed. (E1001)", "image_too_large", True),
        ("failed", "NSFW content detected. Try a different image.", "validation_error", False),
        ("failed", "NSFW content detected. Please retry with a different image", "validation_error", False),
        ("failed", "predict failed with exit code: none in /tmp/e2048.png", "provider_error", True),
        ("aborted", None, "provider_error", True),
        ("canceled", None, "provider_error", True),
    ],
)
def test_the_end_of_a_run_has_a_type_that_people_can_act_on(world, running, status, error, error_type, refunded):
    assert world.complete_job(running.id, world.provider.finish("run1", status, error)) == "failed"
    row = world.job(running.id)
    assert (row.status, row.error_type, row.quota_refunded) == (Status.FAILED, error_type, refunded)


@pytest.mark.parametrize(
    "error",
    [
        "Prediction interrupted; please retry (code: PA)",
        "Prediction interrupted; please retry (code: E8367)",
        "Prediction interrupted; please retry",
        "Director: unexpected error handling prediction (E8765)",
        "An unexpected error occurred (E1000)",
        "Timeout starting prediction (E6716)",
        "Something else (E9243)",
        "Model health check failed",
        "Model failed to start",
    ],
)
def test_what_the_platform_did_is_repeated_once_and_charged_to_no_owner(world, running, error):
    assert world.complete_job(running.id, world.provider.finish("run1", "failed", error)) == "retried"
    assert world.job(running.id).check_at > to_text(world.clock())
    world.start_job(running.id)
    assert world.complete_job(running.id, world.provider.finish("run2", "failed", error)) == "failed"
    row = world.job(running.id)
    assert (row.error_type, row.quota_refunded) == ("provider_error", True)
    assert len(world.provider.created) == 2


def test_a_cancelled_run_ends_a_job_that_was_asked_to_stop(world, running):
    world.jobs.rows[running.id] = dataclasses.replace(running, cancel_requested=True)
    assert world.complete_job(running.id, world.provider.finish("run1", "canceled")) == "canceled"
    assert world.job(running.id).status is Status.CANCELED


def test_an_erased_output_fails_the_job_with_refund(world, running):
    world.outputs.gone = True
    assert world.complete_job(running.id, world.provider.finish("run1")) == "failed"
    row = world.job(running.id)
    assert (row.error_type, row.error_code) == ("provider_error", Message.RESULT_NOT_SAVED)
    assert (row.not_saved_because, row.quota_refunded) == ("the provider answers 404 for its file", True)


@pytest.mark.parametrize("output", [b"<html>sorry</html>", b""])
def test_an_output_that_is_no_image_is_not_saved(world, running, output):
    world.outputs.image = output
    assert world.complete_job(running.id, world.provider.finish("run1")) == "failed"
    assert not [key for key in world.images.objects if "/results/" in key]
    assert world.job(running.id).not_saved_because.startswith("the provider's file is not a whole image: ")


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (BlankImage("one colour"), Message.RESULT_BLANK),
        (TooMuchWork("MemoryError in a.py, line 1"), Message.RESULT_TOO_COMPLEX),
        (UnreadableImage("OSError in b.py, line 2"), Message.RESULT_NOT_SAVED),
    ],
)
def test_why_a_result_is_not_saved_is_said_to_the_person_and_to_the_operator(world, running, problem, message):
    def finish(*_):
        raise problem

    world.imaging.finish = finish
    for key in keys.result_keys("ai-enhancer/", running.owner, running.id, "png"):
        world.images.write(key, b"of an earlier try", "image/png", "")
    assert world.complete_job(running.id, world.provider.finish("run1")) == "failed"
    row = world.job(running.id)
    assert (row.error_type, row.not_saved_because, row.quota_refunded) == ("provider_error", str(problem), True)
    assert row.error_code is message
    assert not [key for key in world.images.objects if "/results/" in key]


@pytest.mark.parametrize(("sides", "ends"), [((5792, 5792), "succeeded"), ((5792, 5793), "failed")])
def test_an_output_of_more_pixels_than_completion_holds_is_not_decoded(world, running, monkeypatch, sides, ends):
    output = bytearray(make_image("PNG"))
    output[16:24] = sides[0].to_bytes(4) + sides[1].to_bytes(4)
    world.outputs.image = bytes(output)
    if ends == "failed":
        monkeypatch.setattr(world.imaging, "finish", lambda *_: pytest.fail("decoded"))
    assert world.complete_job(running.id, world.provider.finish("run1")) == ends
    row = world.job(running.id)
    assert row.quota_refunded == (ends == "failed")
    if ends == "failed":
        assert row.not_saved_because == "the provider's image has 33,553,056 pixels, at most 33,547,264 fit"


def test_a_result_is_made_as_it_was_asked_for(world):
    job = world.new_job({"scale": 2, "outputFormat": "webp", "outputQuality": 55})
    world.start_job(job.id)
    run = dataclasses.replace(world.provider.finish("run1"), version="5c7d5dc6dd8bf75c")
    urls, fetch = [], world.outputs.fetch
    world.outputs.fetch = lambda url: urls.append(url) or fetch(url)
    assert world.complete_job(job.id, run) == "succeeded"
    [spec] = world.imaging.wishes
    assert (spec.size, spec.output_format, spec.quality) == ((80, 60), "webp", 55)
    assert b"5c7d5dc6dd8bf75c" in spec.xmp
    assert world.imaging.originals == [world.images.objects[job.input_r2_key][0]]
    assert urls == [run.output_url]


def test_a_failed_save_leaves_the_error_that_it_was(world, running, monkeypatch):
    """Also where the table fails at the same time: the message comes again."""

    def failing(*_):
        raise ZeroDivisionError

    world.outputs.failing = ProviderError("HTTP 503")
    monkeypatch.setattr(world.jobs, "update", failing)
    with pytest.raises(ProviderError, match="503"):
        world.complete_job(running.id, world.provider.finish("run1"))


def test_only_a_try_that_ends_with_its_process_counts(world, running):
    world.outputs.failing = ProviderError("HTTP 503")
    with pytest.raises(ProviderError):
        world.complete_job(running.id, world.provider.finish("run1"))
    assert world.job(running.id).tries is None


def test_a_job_that_is_being_saved_is_left_alone_for_longer_than_the_function_may_take(world, running, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(world.imaging, "finish", killed)
    with pytest.raises(KeyboardInterrupt):
        world.complete_job(running.id, world.provider.finish("run1"))
    row = world.job(running.id)
    assert (row.stage, row.check_at, len(row.tries)) == ("saving", to_text(world.clock() + SAVE_LEASE), 1)


def test_a_run_that_goes_on_changes_nothing(world, running):
    assert world.complete_job(running.id, Prediction("run1", "processing")) == "still_running"
    assert world.job(running.id) == running


def test_what_a_cut_off_try_stored_for_a_deleted_job_goes(world, running):
    world.jobs.rows[running.id] = dataclasses.replace(running, deleted_at="2026-11-22T12:00:01.000Z")
    stored = keys.result_keys("ai-enhancer/", running.owner, running.id, "png")
    for key in stored:
        world.images.write(key, b"x", "image/png", "")
    assert world.complete_job(running.id, world.provider.finish("run1")) == "canceled"
    assert world.usage.quota(running.owner).used == 1, "the run was made"
    assert not set(stored) & set(world.images.objects)
