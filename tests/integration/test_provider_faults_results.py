"""The provider goes wrong once a run has ended: its webhook, its file, and the messages that both become."""

import pytest

from tests.integration.faulty_provider import FOR_EVER, REFUNDED, SUCCEEDED, End, fault, until


def test_a_run_whose_webhook_was_dropped_is_found_by_reconcile(faulty_job):
    order = faulty_job(fault("webhook-dropped"))
    order.run_is("succeeded")
    order.reaches("enhancing")
    order.reconcile()
    assert order.end() == SUCCEEDED
    assert order.deliveries() == []


def test_a_duplicated_webhook_changes_nothing(faulty_job):
    order = faulty_job(fault("webhook-duplicated"))
    assert order.end() == SUCCEEDED
    ended = order.look()
    first, second = until(lambda: len(order.deliveries()) == 2 and order.deliveries())
    assert first["webhook_id"] == second["webhook_id"]
    assert order.look() == ended


def test_a_delayed_webhook_finishes_the_job(installation, faulty_job):
    order = faulty_job(fault("webhook-delayed", seconds=FOR_EVER))
    order.run_is("succeeded")
    order.reaches("enhancing")
    installation.clear()
    assert order.end() == SUCCEEDED


def test_webhooks_in_another_order_finish_both_jobs(installation, orders):
    held, other = orders(2)
    installation.set(fault("webhook-reordered", seconds=FOR_EVER, job=held.id))
    held.create()
    held.run_is("succeeded")
    held.reaches("enhancing")
    other.create()
    assert (other.end(), held.end()) == (SUCCEEDED, SUCCEEDED)


def test_badly_signed_webhooks_are_refused_and_reconcile_finishes_the_job(installation, faulty_job):
    order = faulty_job(fault("webhook-badly-signed"))
    order.run_is("succeeded")
    before = order.reaches("enhancing")
    [run] = order.runs()
    log = installation.stack.config.state / "replicate_standin.log"
    tries = until(
        lambda: (
            len(found := [line for line in log.read_text().splitlines() if f"{run['id']}: webhook" in line]) > 1
            and found
        )
    )
    assert all(line.endswith("/api/webhooks/replicate: 401") for line in tries)
    assert order.look() == before
    order.reconcile()
    assert order.end() == SUCCEEDED


def test_a_webhook_replayed_for_another_job_leaves_that_job_alone(installation, orders):
    other, order = orders(2)
    replayed = fault("webhook-replayed", other=other.id, job=order.id)
    installation.set(fault("run-stuck", job=other.id), replayed)
    other.create()
    before = other.reaches("enhancing")
    order.create()
    assert order.end() == SUCCEEDED
    [foreign] = until(other.deliveries)
    assert foreign["run"] == order.runs()[0]["id"]
    assert other.look() == before
    installation.clear()
    assert other.end() == SUCCEEDED


@pytest.mark.parametrize(
    "failure",
    [
        fault("output-404", times=3),
        fault("output-truncated"),
        fault("output-not-an-image"),
        fault("output-huge"),
        fault("output-huge", declared=False),
        fault("output-erased"),
    ],
    ids=["404", "truncated", "not an image", "huge", "huge undeclared", "erased"],
)
def test_a_run_without_a_usable_image_gives_the_quota_back(faulty_job, failure):
    assert faulty_job(failure).end() == REFUNDED


def test_a_result_that_was_erased_before_reconcile_came_gives_the_quota_back(faulty_job):
    order = faulty_job(fault("output-erased"), fault("webhook-dropped"))
    until(lambda: [run["data_removed"] for run in order.runs()] == [True])
    order.reaches("enhancing")
    order.reconcile()
    assert order.end() == REFUNDED


def test_an_image_of_another_type_than_it_says_is_delivered_as_what_was_asked_for(faulty_job):
    assert faulty_job(fault("output-wrong-type")).end() == SUCCEEDED


def test_a_file_that_comes_later_than_its_webhook_is_delivered(faulty_job):
    assert faulty_job(fault("output-404", times=2)).end() == SUCCEEDED


def test_a_download_that_was_cut_is_tried_again_at_once(installation, faulty_job):
    assert faulty_job(fault("output-cut", times=2)).end() == SUCCEEDED
    assert installation.fired() == [2]


def test_a_download_that_was_cut_again_and_again_is_tried_again_by_the_queue(installation, faulty_job):
    assert faulty_job(fault("output-cut", times=3)).end() == SUCCEEDED
    assert installation.fired() == [3]


def test_a_download_that_was_cut_is_tried_again_by_reconcile(installation, faulty_job):
    order = faulty_job(fault("output-cut", times=3))
    until(lambda: installation.fired() == [3])
    order.reconcile()
    assert order.end() == SUCCEEDED


def completion(order, run, webhook_id):
    """The message that a webhook of a run becomes."""
    prediction = {
        "id": run["id"],
        "status": run["status"],
        "input_path": None,
        "output_url": run["output"],
        "error": run["error"],
    }
    delivery = {"webhook_id": webhook_id, "timestamp": 1_700_000_000, "sha256": "0" * 64}
    return {"job_id": order.id, "prediction": prediction, "delivery": delivery}


def test_completions_that_come_twice_and_out_of_order_change_nothing(installation, faulty_job):
    order = faulty_job(fault("run-interrupted"), fault("run-slow", seconds=FOR_EVER))
    order.run_is("failed", "processing")
    before = order.reaches("enhancing")
    lost, _ = order.runs()
    installation.send("Completion", completion(order, lost, "again"))
    until(lambda: "again" in [each["webhook_id"] for each in order.deliveries()])
    assert order.look() == before, "the first attempt's end is not the second's"
    installation.clear()
    assert order.end() == End("succeeded", runs=2)
    ended = order.look()
    for name, run in (("second", order.runs()[1]), ("first", lost), ("second, again", order.runs()[1])):
        installation.send("Completion", completion(order, run, name))
    installation.send("Start", {"job_id": order.id})
    until(lambda: {"first", "second", "second, again"} <= {each["webhook_id"] for each in order.deliveries()})
    assert order.look() == ended
    assert order.end() == End("succeeded", runs=2)


POISON = ["not JSON", "{}", "[]", '{"job_id": null}', "null"]


def test_poison_blocks_no_job_and_ends_among_the_dead_letters(installation, orders):
    [order] = orders(1)
    queues = ("Start", "Completion")
    for queue in queues:
        for body in POISON:
            installation.send(queue, body)
    order.create()
    assert order.end() == SUCCEEDED
    with installation.gives_up("Start"), installation.gives_up("Completion"):
        for queue in queues:
            until(lambda name=queue: installation.dead_letters(name) == len(POISON), seconds=90)
    for queue in queues:
        assert sorted(installation.take_dead_letters(queue)) == sorted(POISON)
    assert order.end() == SUCCEEDED
