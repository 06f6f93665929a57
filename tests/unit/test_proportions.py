"""How time-outs, queues, leases and pauses fit together: template and code, each relation with its reason."""

import re

import pytest

from enhancer.adapters import outputs, replicate
from enhancer.adapters.imaging import Image
from enhancer.aws_clients import r2_client
from enhancer.domain.job import TRY_LEASE
from enhancer.sqs_handler import JITTER, RETRY_DELAYS
from enhancer.usecases import complete_job, expire_images, reconcile_jobs, start_job
from tests.unit.test_template import FUNCTIONS, GLOBALS, MAPPINGS, RESOURCES, ROOT, TEMPLATE

HOUR = 3600
"""Seconds for which the provider keeps a run's input and output after its end (replicate.com/docs/topics/predictions/
data-retention, read 2026-11-22)."""
TIMEOUTS = {name: function.get("Timeout", GLOBALS["Timeout"]) for name, function in FUNCTIONS.items()}
QUEUES = {
    each["FunctionName"]["!Ref"]: RESOURCES[each["EventSourceArn"]["!GetAtt"].partition(".")[0]]["Properties"]
    for each in MAPPINGS.values()
}
PROVIDER_CALL = sum(replicate.TIMEOUT)
PIXELS = 35
"""Seconds of CPU: the largest output (8188 x 4094, transparent original, WebP 90) took 31 on x86 on 2026-11-25."""
WRITES = 25
"""Seconds for reading the original and writing result, preview and thumbnail, as they usually go."""


def constant(function, name):
    """A number that a handler's module names."""
    text = (ROOT / FUNCTIONS[function]["CodeUri"] / "app.py").read_text()
    return int(re.search(rf"^{name} = ([\d_]+)", text, re.MULTILINE)[1].replace("_", ""))


def seconds(span):
    return span.total_seconds()


@pytest.mark.parametrize("function", QUEUES)
def test_a_queue_hides_a_message_for_six_times_its_functions_time_out(function):
    """AWS, "Using Lambda with Amazon SQS", read 2026-11-22: room for what Lambda itself repeats when it throttles."""
    assert QUEUES[function]["VisibilityTimeout"] == 6 * TIMEOUTS[function]


@pytest.mark.parametrize("function", QUEUES)
def test_messages_are_tried_as_often_as_there_are_pauses_and_once_more(function):
    """AWS wants five at least ("Understanding SQS retries" in the guide to Lambda, read 2026-11-25)."""
    tries = QUEUES[function]["RedrivePolicy"]["maxReceiveCount"]
    assert tries == len(RETRY_DELAYS) + 1
    assert tries >= 5


def test_a_completion_that_fails_is_a_dead_letter_while_its_result_can_still_be_saved():
    """By failing: in half the provider's hour. By its process dying each time: within it."""
    timeout = TIMEOUTS["JobCompletionFunction"]
    visible_again = QUEUES["JobCompletionFunction"]["VisibilityTimeout"]
    tries = len(RETRY_DELAYS) + 1
    assert sum(RETRY_DELAYS) * (1 + JITTER) + tries * timeout <= HOUR / 2
    assert tries * visible_again <= HOUR * 11 / 12
    alarm = RESOURCES["CompletionQueueAgeAlarm"]["Properties"]["Threshold"]
    assert alarm <= HOUR / 4, "what waits for any other reason has three quarters of the hour left"


def test_a_message_of_a_job_is_alone_in_its_batch_and_its_function_outlives_one_slow_answer():
    """A create that is cut off by the function's end may have made a run whose response was lost."""
    for mapping in ("JobStartMapping", "JobCompletionMapping", "RetentionMapping"):
        assert MAPPINGS[mapping]["BatchSize"] == 1
    r2 = r2_client("https://r2.test", "key", "secret").meta.config
    call = r2.connect_timeout + r2.read_timeout
    assert call + PROVIDER_CALL + 20 + 10 <= TIMEOUTS["JobStartFunction"], "read, pixels, write of the copy, create"
    assert TIMEOUTS["JobCompletionFunction"] >= outputs.DEADLINE + PIXELS + WRITES
    assert r2.retries["mode"] == "standard"
    assert 3 * call < TIMEOUTS["JobCompletionFunction"], "botocore's standard mode tries three times"


def test_leases_outlive_those_who_hold_them():
    assert seconds(start_job.CLAIM_LEASE) > TIMEOUTS["JobStartFunction"]
    assert seconds(complete_job.SAVE_LEASE) > TIMEOUTS["JobCompletionFunction"]
    assert TIMEOUTS["RetentionFunction"] <= expire_images.LEASE_SECONDS
    assert TIMEOUTS["ReconcileFunction"] < 60, "it is called every minute"


def test_a_deletion_that_was_handed_over_keeps_its_place_until_a_died_run_comes_again_and_not_until_the_next_day():
    visible_again = QUEUES["RetentionFunction"]["VisibilityTimeout"]
    assert visible_again < expire_images.CHAIN_SECONDS < 12 * HOUR


def test_a_sweep_begins_no_look_that_it_has_no_time_for():
    assert constant("ReconcileFunction", "SPARE_MS") / 1000 >= PROVIDER_CALL
    assert constant("RetentionFunction", "SPARE_MS") / 1000 < TIMEOUTS["RetentionFunction"] / 2


def test_a_run_ends_and_is_found_before_the_provider_erases_it():
    cancel_after = int(re.fullmatch(r"(\d+)m", replicate.CANCEL_AFTER)[1]) * 60
    assert seconds(start_job.CLAIM_LEASE) + cancel_after < seconds(reconcile_jobs.ERASURE) < HOUR
    assert seconds(reconcile_jobs.LATEST) < HOUR / 4


def test_pauses_and_delays_are_what_sqs_takes():
    """DelaySeconds at most 900, VisibilityTimeout at most 43,200 (the service's reference, read 2026-11-22)."""
    assert start_job.MAX_DELAY == 900
    assert max(RETRY_DELAYS) * (1 + JITTER) <= 43_200


def test_what_waits_for_a_result_ends_before_the_function_and_that_before_the_gateway():
    """An HTTP API ends a request after 30 seconds (AWS, quotas of API Gateway, read 2026-11-22)."""
    parameters = TEMPLATE["Parameters"]
    assert parameters["GenerateWaitSeconds"]["MaxValue"] + 4 <= TIMEOUTS["UploadIntakeFunction"] < 30
    assert parameters["StatusWaitSeconds"]["MaxValue"] + 4 <= TIMEOUTS["JobStatusFunction"] < 30


def test_pixels_that_intake_lets_in_are_pixels_that_pillow_opens():
    assert TEMPLATE["Parameters"]["MaxPixels"]["MaxValue"] <= Image.MAX_IMAGE_PIXELS


def test_a_result_fits_beside_the_others_in_a_functions_temporary_files():
    """512 MB of /tmp, unless a template says otherwise (AWS, "Configure ephemeral storage", read 2026-11-22)."""
    assert outputs.MAX_BYTES * 2 <= 512 * 2**20
    assert all("EphemeralStorage" not in function for function in FUNCTIONS.values())


@pytest.mark.parametrize("function", ["JobStartFunction", "JobCompletionFunction"])
def test_a_try_counts_as_dead_only_when_its_process_can_live_no_longer(function):
    assert TRY_LEASE.total_seconds() > TIMEOUTS[function]
