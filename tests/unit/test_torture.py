"""A small run of `make torture`: what it looks for is not there, and it would be found."""

import pytest

from enhancer.adapters.imaging import PillowImaging
from enhancer.ports import PreparedImage
from tests.images.baggage import laden
from tests.torture.mutants import FORMATS, mutants, seeds
from tests.torture.run import run


@pytest.mark.parametrize("form", FORMATS)
def test_no_mutant_raises_takes_long_or_tells(form):
    outcomes = [run(data, number) for number, data in enumerate(mutants(form, 300, seed=1))]
    faults = [fault for outcome in outcomes for fault in outcome.faults if "MiB" not in fault]  # of all tests together
    assert faults == []
    assert sum(outcome.sent is not None for outcome in outcomes) > 30
    assert sum(outcome.refusal is not None for outcome in outcomes) > 60


@pytest.mark.parametrize("form", FORMATS)
def test_the_images_that_mutants_are_made_of_are_good(form):
    for data in seeds(form):
        outcome = run(data)
        assert outcome.refusal is None
        assert [fault for fault in outcome.faults if "MiB" not in fault] == []


def test_the_same_seed_makes_the_same_mutants():
    assert list(mutants("PNG", 20, 7)) == list(mutants("PNG", 20, 7)) != list(mutants("PNG", 20, 8))


def test_what_escapes_or_tells_is_a_fault(monkeypatch):
    monkeypatch.setattr(PillowImaging, "prepare", lambda *_: PreparedImage(None, 60, 44, {}))
    assert "what is private was sent" in run(laden("JPEG")).faults

    def raises(*_):
        raise AssertionError

    monkeypatch.setattr(PillowImaging, "prepare", raises)
    assert "uncaught: AssertionError" in str(run(laden("JPEG")).faults)
