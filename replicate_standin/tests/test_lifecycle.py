"""From creation to erasure: order, waiting, cancelling, deadlines, the list, the hour."""

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from enhancer.domain.prediction import Decision, Prediction, decide
from replicate_standin.create_request import read_cancel_after, read_prefer
from replicate_standin.server import FILES_FOLDER, RECEIVED_FOLDER
from replicate_standin.tests.harness import FakeClock, HeldEngine, Outside, Service, check, eventually, image_file


def test_a_prediction_goes_from_starting_to_an_output(service: Service, image: str, engine: HeldEngine) -> None:
    engine.gate.clear()
    created = service.create(image)
    assert (created["status"], created["source"]) == ("starting", "api")
    assert not {"deadline", "output"} & set(created)
    processing = service.reaches(created, "processing")
    assert ("started_at" in processing, "output" in processing) == (True, False)
    engine.gate.set()
    done = service.ended(created)
    assert done["status"] == "succeeded"
    assert done["error"] is None
    assert done["metrics"]["predict_time"] > 0
    assert "1/1" in done["logs"]
    assert done["output"].endswith("/output.png")
    assert service.output(done).size == (48, 32)


def test_an_output_is_served_without_a_token_and_to_head(service: Service, image: str) -> None:
    done = service.ended(service.create(image))
    path = done["output"].removeprefix(service.url)
    full = service.call("GET", path, headers={"Authorization": None})
    head = service.call("HEAD", path, headers={"Authorization": None})
    assert (full.headers["Content-Type"], head.headers["Content-Type"]) == ("image/png", "image/png")
    assert int(head.headers["Content-Length"]) == len(full.content) > 0
    assert head.content == b""
    web = service.call("GET", done["urls"]["web"].removeprefix(service.url))
    assert "succeeded" in web.text


def test_one_runs_at_a_time_in_order_of_arrival(service: Service, image: str, engine: HeldEngine) -> None:
    engine.gate.clear()
    first, second, third = (service.create(image) for _ in range(3))
    service.reaches(first, "processing")
    assert service.get(second)["status"] == service.get(third)["status"] == "starting"
    engine.gate.set()
    ends = [service.ended(each)["completed_at"] for each in (first, second, third)]
    starts = [service.get(each)["started_at"] for each in (first, second, third)]
    assert starts == sorted(starts)
    assert ends == sorted(ends)
    assert engine.most_at_once == 1


def test_prefer_wait_holds_the_request_until_the_end(service: Service, image: str) -> None:
    created = service.create(image, more={"headers": {"Prefer": "wait"}})
    assert created["status"] == "succeeded"


def test_prefer_wait_answers_202_when_its_time_is_over(
    service: Service, image: str, engine: HeldEngine, clock: FakeClock
) -> None:
    engine.gate.clear()
    body = {"version": "nightmareai/real-esrgan", "input": {"image": image}}
    stop = keep_turning(clock, seconds=0.1)
    answer = service.post(body, Prefer="wait=2")
    stop()
    assert (answer.status_code, answer.json()["status"]) == (202, "processing")


def keep_turning(clock: FakeClock, seconds: float) -> Callable[[], None]:
    """Turn a clock little by little from another thread until the returned function is called."""
    done = threading.Event()

    def tick() -> None:
        while not done.wait(0.005):
            clock.turn(seconds=seconds)

    thread = threading.Thread(target=tick)
    thread.start()

    def stop() -> None:
        done.set()
        thread.join()

    return stop


@pytest.mark.parametrize(("header", "seconds"), [("wait", 60), ("wait=1", 1), ("wait=60", 60), ("wait=99", 60)])
def test_prefer_is_read(header: str, seconds: int) -> None:
    assert read_prefer(header) == seconds


@pytest.mark.parametrize(
    ("header", "seconds"), [("90s", 90), ("5m", 300), ("1h30m45s", 5445), ("30", 30), ("5", 5), ("2h30m", 9000)]
)
def test_cancel_after_is_read(header: str, seconds: int) -> None:
    assert read_cancel_after(header) == seconds


def test_a_deadline_aborts_what_waits_and_cancels_what_runs(
    service: Service, image: str, engine: HeldEngine, clock: FakeClock
) -> None:
    engine.gate.clear()
    running = service.create(image, more={"headers": {"Cancel_After": "1m"}})
    waiting = service.create(image, more={"headers": {"Cancel_After": "30s"}})
    lifetime = datetime.fromisoformat(running["deadline"]) - datetime.fromisoformat(running["created_at"])
    assert lifetime.total_seconds() == 60
    service.reaches(running, "processing")
    clock.turn(seconds=30)
    aborted = service.ended(waiting)
    assert aborted["status"] == "aborted"
    assert "predict_time" not in aborted["metrics"]
    assert service.get(running)["status"] == "processing"
    clock.turn(seconds=30)
    canceled = service.ended(running)
    assert canceled["status"] == "canceled"
    assert canceled["metrics"]["predict_time"] > 0


def test_cancel_stops_what_waits_and_what_runs(service: Service, image: str, engine: HeldEngine) -> None:
    engine.gate.clear()
    running, waiting, last = (service.create(image) for _ in range(3))
    service.reaches(running, "processing")
    for each in (waiting, running, running):
        answer = service.call("POST", f"/v1/predictions/{each['id']}/cancel", "prediction")
        assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
    engine.gate.set()
    assert service.ended(last)["status"] == "succeeded"
    assert service.get(running)["output"] is None
    too_late = service.call("POST", f"/v1/predictions/{last['id']}/cancel", "prediction")
    assert too_late.json()["status"] == "succeeded"


def test_an_hour_after_its_end_the_data_is_gone(service: Service, image: str, clock: FakeClock, tmp_path: Path) -> None:
    done = service.ended(service.create(image))
    path = done["output"].removeprefix(service.url)
    clock.turn(minutes=59, seconds=59)
    assert service.get(done)["output"] == done["output"]
    clock.turn(seconds=1)
    assert service.call("GET", path).status_code == 404
    erased = service.get(done)
    assert (erased["input"], erased["output"], erased["logs"]) == ({}, None, "")
    assert (erased["data_removed"], erased["status"]) == (True, "succeeded")
    assert not list((tmp_path / "state" / "standin-files").iterdir())


def test_the_data_is_also_erased_without_a_request(
    service: Service, image: str, clock: FakeClock, tmp_path: Path
) -> None:
    service.ended(service.create(image))
    clock.turn(hours=1, minutes=1)
    eventually(lambda: not list((tmp_path / "state" / "standin-files").iterdir()))


def test_the_list_is_paged_newest_first_and_stays_put(service: Service, image: str, engine: HeldEngine) -> None:
    engine.gate.clear()
    ids = [service.create(image)["id"] for _ in range(205)]
    first = service.call("GET", "/v1/predictions", "page").json()
    assert [each["id"] for each in first["results"]] == ids[:-101:-1]
    assert first["previous"] is None
    service.create(image)
    second = service.call("GET", first["next"].removeprefix(service.url), "page").json()
    assert [each["id"] for each in second["results"]] == ids[104:4:-1]
    third = service.call("GET", second["next"].removeprefix(service.url), "page").json()
    assert [each["id"] for each in third["results"]] == ids[4::-1]
    assert third["next"] is None
    back = service.call("GET", third["previous"].removeprefix(service.url), "page").json()
    assert [each["id"] for each in back["results"]] == ids[104:4:-1]


def test_the_list_is_filtered_by_creation(service: Service, image: str, clock: FakeClock) -> None:
    ids, moments = [], []
    for _ in range(3):
        created = service.create(image)
        ids.append(created["id"])
        moments.append(created["created_at"])
        clock.turn(seconds=10)

    def listed(**filters: str) -> list[str]:
        page = service.call("GET", "/v1/predictions", "page", params=filters).json()
        return [each["id"] for each in page["results"]]

    assert listed(created_after=moments[1]) == [ids[2], ids[1]]
    assert listed(created_before=moments[1]) == [ids[0]]
    assert listed(created_after=moments[1], created_before=moments[2]) == [ids[1]]
    assert listed(created_after="2999-01-01") == []
    for wrong in ({"created_after": "yesterday"}, {"cursor": "x"}, {"cursor": "b2xkZXI6eA=="}):
        assert service.call("GET", "/v1/predictions", params=wrong).status_code == 422


def test_what_was_received_is_shown_without_the_token(service: Service, outside: Outside) -> None:
    exif = (
        b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"
    )
    content = image_file((20, 10), form="JPEG", exif=exif)
    created = service.create(outside.host("/a.jpg", content), more={"headers": {"Cancel_After": "5m"}})
    service.ended(created)
    answer = service.call("GET", "/_received")
    assert "r8_a_token" not in answer.text
    [entry] = answer.json()
    assert entry["id"] == created["id"]
    assert entry["body"]["version"] == "nightmareai/real-esrgan"
    assert entry["headers"]["cancel-after"] == "5m"
    assert "authorization" in entry["header_names"]
    seen = entry["input"]
    assert (seen["size"], seen["format"], seen["mode"]) == (len(content), "JPEG", "RGB")
    assert (seen["width"], seen["height"]) == (20, 10)
    assert (seen["exif"], seen["gps"], seen["xmp"], seen["icc"]) == (True, False, False, False)
    exact = service.call("GET", f"/_received/{created['id']}/input")
    assert exact.content == content
    assert service.call("GET", "/_received/unknown/input").status_code == 404
    check("prediction", service.get(created))


@pytest.mark.parametrize("folder", [FILES_FOLDER, RECEIVED_FOLDER])
def test_a_disk_that_takes_no_file_is_the_platforms_fault_and_the_next_run_succeeds(
    service: Service, image: str, tmp_path: Path, folder: str
) -> None:
    """Nothing can be written below a file, as on a full disk: it is no fault of the image's."""
    blocked = tmp_path / "state" / folder
    blocked.parent.mkdir(exist_ok=True)
    blocked.write_bytes(b"")
    done = service.ended(service.create(image))
    assert (done["status"], done["error"]) == ("failed", "Prediction interrupted; please retry (code: PA)")
    assert decide(Prediction(done["id"], "failed", error=done["error"]), attempt=1, cancel_requested=False) == Decision(
        "retry"
    )
    blocked.unlink()
    assert service.ended(service.create(image))["status"] == "succeeded"
