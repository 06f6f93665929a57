"""The port `Provider`: what the adapter of any provider has to do. To add a provider is to pass these as well.

The adapter speaks to Replicate's stand-in here; tests/unit/test_replicate.py has every answer that Replicate may give.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from enhancer.adapters.model_files import models
from enhancer.adapters.replicate import Replicate
from enhancer.domain.prediction import TERMINAL
from enhancer.errors import NotCreated, OutcomeUnknown, Refused, Throttled
from enhancer.ports import Provider
from replicate_standin.tests.harness import TOKEN, HeldEngine, Outside, Service, eventually, image_file
from tests.fakes import FakeProvider

VERSION = "nightmareai/real-esrgan"
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@dataclass
class Case:
    """A provider, an image that it can read, where it tells of ends, and how it is brought into a state."""

    provider: Provider
    image: str
    webhook: str
    end: Callable[[str], object]
    throttle: Callable[[], object]
    refuse: Callable[[], object]
    lose_the_answer: Callable[[], object]

    def create(self) -> str:
        return self.provider.create(VERSION, {"image": self.image, "scale": 2}, self.webhook).id


def fake() -> Iterator[Case]:
    provider = FakeProvider()

    def lose() -> None:
        provider.lost = OutcomeUnknown("lost")

    yield Case(
        provider,
        "https://r2.test/bucket/input.png?X-Amz-Signature=s",
        "https://images.test/webhook",
        provider.finish,
        lambda: provider.answers.append(Throttled(7)),
        lambda: provider.answers.append(Refused("HTTP 422")),
        lose,
    )


def replicate(state: Path) -> Iterator[Case]:
    engine, outside = HeldEngine(), Outside()
    engine.gate.clear()
    service = Service(state, engine)
    provider = Replicate(service.url, lambda: TOKEN, models())
    image = outside.host("/input.png", image_file()) + "?X-Amz-Signature=s"

    def end(_: str) -> None:
        engine.gate.set()

    yield Case(
        provider,
        image,
        f"{outside.url}/webhook",
        end,
        lambda: service.set_faults({"fault": "create-throttled", "retry_after": 7}),
        lambda: service.set_faults({"fault": "create-422"}),
        lambda: service.set_faults({"fault": "create-answer-lost"}),
    )
    engine.gate.set()
    service.close()
    outside.close()


@pytest.fixture(params=["fake", "replicate"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    yield from fake() if request.param == "fake" else replicate(tmp_path / "state")


def test_a_run_is_created_and_names_the_image_that_it_got(case: Case) -> None:
    run = case.provider.create(VERSION, {"image": case.image, "scale": 2}, case.webhook)
    assert not run.ended
    assert run.input_path == urlsplit(case.image).path
    found = case.provider.get(run.id)
    assert found is not None
    assert (found.id, found.input_path) == (run.id, run.input_path)


def test_a_run_ends_with_an_output_and_the_models_time(case: Case) -> None:
    run_id = case.create()
    case.end(run_id)

    def ended() -> bool:
        run = case.provider.get(run_id)
        return run is not None and run.ended

    eventually(ended)
    run = case.provider.get(run_id)
    assert run is not None
    assert run.status == "succeeded"
    assert run.output_url
    assert run.model_ms is not None


def test_an_unknown_run_is_nothing(case: Case) -> None:
    assert case.provider.get("unknownunknownunknownunkno") is None


def test_the_newest_runs_come_first(case: Case) -> None:
    made = [case.create() for _ in range(3)]
    assert [run.id for run in case.provider.recent(YESTERDAY, 5)] == made[::-1]


def test_throttling_made_no_run_and_says_when_to_come_back(case: Case) -> None:
    case.throttle()
    with pytest.raises(Throttled) as refusal:
        case.create()
    assert refusal.value.retry_after == 7
    assert isinstance(refusal.value, NotCreated)
    assert list(case.provider.recent(YESTERDAY, 5)) == []


def test_a_refusal_made_no_run(case: Case) -> None:
    case.refuse()
    with pytest.raises(Refused):
        case.create()
    assert list(case.provider.recent(YESTERDAY, 5)) == []


def test_a_lost_answer_is_unknown_because_the_run_may_be_there(case: Case) -> None:
    case.lose_the_answer()
    with pytest.raises(OutcomeUnknown):
        case.create()
    assert len(list(case.provider.recent(YESTERDAY, 5))) == 1


def test_cancelling_is_a_wish_and_harmless_after_the_end(case: Case) -> None:
    run_id = case.create()
    case.provider.cancel(run_id)
    case.end(run_id)
    eventually(lambda: (run := case.provider.get(run_id)) is not None and run.status in TERMINAL)
    case.provider.cancel(run_id)
