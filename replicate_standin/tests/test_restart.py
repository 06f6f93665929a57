"""What a stand-in still knows after a restart: the provider forgets no run, and each costs money."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from replicate_standin.server import FILES_FOLDER, PREDICTIONS_FOLDER
from replicate_standin.tests.harness import FakeClock, HeldEngine, Outside, Service, eventually


class Starts:
    """Stand-ins one after the other on the same state."""

    def __init__(self, state: Path, clock: FakeClock) -> None:
        self._state, self._clock = state, clock
        self._running: list[Service] = []

    def __call__(self, engine: HeldEngine | None = None) -> Service:
        """Start one; the one before is stopped."""
        self.stop()
        self._running.append(Service(self._state, engine or HeldEngine(), self._clock))
        return self._running[0]

    def stop(self) -> None:
        while self._running:
            self._running.pop().close()


@pytest.fixture
def start(tmp_path: Path, clock: FakeClock) -> Iterator[Starts]:
    starts = Starts(tmp_path, clock)
    yield starts
    starts.stop()


def test_runs_and_their_outputs_are_known_after_a_restart(start: Starts, image: str, clock: FakeClock) -> None:
    first = start()
    done = first.ended(first.create(image))
    clock.turn(seconds=1)
    failed = first.ended(first.create(first.url + "/nothing"))
    content = requests.get(done["output"], timeout=10).content
    second = start()
    again = second.get(done)
    assert requests.get(again.pop("output"), timeout=10).content == content
    expected = {name: value for name, value in done.items() if name not in ("output", "urls")}
    assert {name: value for name, value in again.items() if name != "urls"} == expected
    assert second.get(failed)["error"] == failed["error"]
    listed = second.call("GET", "/v1/predictions", "page").json()["results"]
    assert [each["id"] for each in listed] == [failed["id"], done["id"]]


def test_a_run_that_was_interrupted_runs_again_and_says_so_to_its_webhook(
    start: Starts, image: str, outside: Outside, clock: FakeClock
) -> None:
    engine = HeldEngine()
    engine.gate.clear()
    first = start(engine)
    running = first.create(image, more={"webhook": outside.url + "/hook"})
    clock.turn(seconds=1)
    waiting = first.create(image, more={"webhook": outside.url + "/hook"})
    first.reaches(running, "processing")
    second = start()
    assert second.ended(running)["status"] == second.ended(waiting)["status"] == "succeeded"
    told = eventually(lambda: len(ends := _completed(outside)) == 2 and ends)
    assert told == [running["id"], waiting["id"]]


def _completed(outside: Outside) -> list[str]:
    return [body["id"] for body in outside.bodies() if body["status"] == "succeeded" and "completed_at" in body]


def test_a_deadline_that_passed_meanwhile_ends_the_run(start: Starts, image: str, clock: FakeClock) -> None:
    engine = HeldEngine()
    engine.gate.clear()
    first = start(engine)
    first.reaches(first.create(image), "processing")
    clock.turn(seconds=1)
    late = first.create(image, more={"headers": {"Cancel_After": "5m"}})
    start.stop()
    clock.turn(minutes=6)
    again = HeldEngine()
    again.gate.clear()
    assert start(again).ended(late)["status"] == "aborted"


def test_what_was_erased_is_erased_on_disk_and_stays_so(
    start: Starts, image: str, clock: FakeClock, tmp_path: Path
) -> None:
    first = start()
    done = first.ended(first.create(image))
    clock.turn(hours=1)
    first.call("GET", "/v1/predictions")
    assert "never-log-me" not in (tmp_path / PREDICTIONS_FOLDER / f"{done['id']}.json").read_text()
    erased = start().get(done)
    assert (erased["input"], erased["output"], erased["data_removed"]) == ({}, None, True)


def test_an_output_without_its_run_goes_and_a_run_without_its_output_is_erased(
    start: Starts, image: str, tmp_path: Path
) -> None:
    first = start()
    done = first.ended(first.create(image))
    (tmp_path / FILES_FOLDER / done["id"]).rename(tmp_path / FILES_FOLDER / "orphan")
    assert start().get(done)["data_removed"] is True
    assert not list((tmp_path / FILES_FOLDER).iterdir())


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: "{",
        lambda text: json.dumps({**json.loads(text), "order": {}}),
        lambda text: text.replace("real-esrgan", "real-esrgun"),
    ],
)
def test_a_record_that_cannot_be_read_is_left_out(
    start: Starts, image: str, tmp_path: Path, damage: Callable[[str], str]
) -> None:
    first = start()
    damaged, good = (first.ended(first.create(image)) for _ in range(2))
    file = tmp_path / PREDICTIONS_FOLDER / f"{damaged['id']}.json"
    file.write_text(damage(file.read_text()))
    second = start()
    assert second.call("GET", f"/v1/predictions/{damaged['id']}").status_code == 404
    assert second.get(good)["status"] == "succeeded"


def test_a_disk_that_takes_no_record_stops_no_run(start: Starts, image: str, tmp_path: Path) -> None:
    (tmp_path / PREDICTIONS_FOLDER).write_bytes(b"")
    service = start()
    assert service.ended(service.create(image))["status"] == "succeeded"
