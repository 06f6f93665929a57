import pytest

from enhancer.errors import MessageNotSent
from enhancer.usecases.expire_pictures import Expirer, expire_pictures

PREFIX = "ai-enhancer/"


@pytest.fixture
def run(world):
    """Expires with time to spare, or with no time, from the beginning or behind a key."""
    expirer = Expirer(world.pictures, world.usage, world.messages, PREFIX, world.clock)

    def expire(after="", *, enough_time=True):
        return expire_pictures(expirer, lambda: enough_time, after)

    return expire


def test_originals_go_after_a_day_and_results_after_thirty(world, run):
    for key in ("ai-enhancer/uploads/x/input.png", "ai-enhancer/results/x/output.png", "elsewhere/uploads/file"):
        world.pictures.write(key, b"", "image/png", "")
    world.clock.advance(hours=23)
    assert run() == {"seen": 2, "deleted": 0}
    world.clock.advance(hours=1)
    assert run() == {"seen": 2, "deleted": 1}
    world.clock.advance(days=29)
    assert run() == {"seen": 1, "deleted": 1}
    assert list(world.pictures.objects) == ["elsewhere/uploads/file"]


def test_a_run_whose_time_is_short_hands_over_by_a_message_and_the_next_goes_on_behind_it(world, run):
    for number in range(250):
        world.pictures.write(f"ai-enhancer/uploads/{number:03}", b"", "image/png", "")
    world.clock.advance(days=2)
    assert run(enough_time=False) == {"seen": 100, "deleted": 100, "handed over": 1}
    assert world.messages.expiries == ["ai-enhancer/uploads/099"]
    assert run(world.messages.expiries[0], enough_time=False) == {"seen": 100, "deleted": 100, "handed over": 1}
    assert run(world.messages.expiries[1]) == {"seen": 50, "deleted": 50}
    assert not world.pictures.objects


def test_what_is_not_due_is_not_looked_at_again_behind_a_handover(world, run):
    for number in range(150):
        world.pictures.write(f"ai-enhancer/results/{number:03}", b"", "image/png", "")
    world.clock.advance(days=2)
    assert run(enough_time=False) == {"seen": 100, "deleted": 0, "handed over": 1}
    assert run(world.messages.expiries[0]) == {"seen": 50, "deleted": 0}


def test_two_runs_at_once_change_nothing(world, run):
    assert world.usage.lease("retention", world.clock(), 900)
    assert run() == {"another run holds the lease": 1}


def test_a_run_that_broke_off_may_be_repeated_at_once(world, run, monkeypatch):
    world.pictures.write("ai-enhancer/uploads/x", b"", "image/png", "")
    world.clock.advance(days=2)
    with monkeypatch.context() as broken:
        broken.setattr(world.pictures, "delete", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run()
    assert run() == {"seen": 1, "deleted": 1}


def test_a_lost_handover_is_told_and_the_next_day_starts_anew(world, run):
    for number in range(200):
        world.pictures.write(f"ai-enhancer/uploads/{number:03}", b"", "image/png", "")
    world.clock.advance(days=2)
    world.messages.failing = MessageNotSent()
    with pytest.raises(MessageNotSent):
        run(enough_time=False)
    assert run() == {"seen": 100, "deleted": 100}
