import pytest

from enhancer.domain.clock import to_text
from enhancer.errors import MessageNotSent
from enhancer.usecases.expire_images import CHAIN_SECONDS, LEASE_SECONDS, ExpireImages

PREFIX = "ai-enhancer/"


@pytest.fixture
def run(world):
    """Expires with time to spare, or with no time, from the beginning or from a message on."""
    expire_images = ExpireImages(world.images, world.usage, world.messages, PREFIX, world.clock)

    def expire(message=("", ""), *, enough_time=True):
        done = expire_images(lambda: enough_time, *message)
        done.pop("seconds", None)
        return done

    return expire


def fill(world, uploads=0, results=0, hours=48):
    """So many originals and results, all written so long ago."""
    for number in range(uploads):
        world.images.write(f"{PREFIX}uploads/{number:03}", b"", "image/png", "")
    for number in range(results):
        world.images.write(f"{PREFIX}results/{number:03}", b"", "image/png", "")
    world.clock.advance(hours=hours)


def test_originals_go_after_a_day_and_results_after_thirty(world, run):
    for key in ("ai-enhancer/uploads/x/input.png", "ai-enhancer/results/x/output.png", "elsewhere/uploads/file"):
        world.images.write(key, b"", "image/png", "")
    world.clock.advance(hours=23)
    assert run() == {"seen": 2, "deleted": 0}
    world.clock.advance(hours=1)
    assert run() == {"seen": 2, "deleted": 1}
    world.clock.advance(days=29)
    assert run() == {"seen": 1, "deleted": 1}
    assert list(world.images.objects) == ["elsewhere/uploads/file"]


def test_what_is_promised_for_a_day_goes_before_what_is_promised_for_a_month(world, run):
    fill(world, uploads=100, results=100, hours=31 * 24)
    assert run(enough_time=False) == {"seen": 100, "deleted": 100, "handed over": 1}
    assert sorted(world.images.objects) == [f"{PREFIX}results/{number:03}" for number in range(100)]


def test_a_run_whose_time_is_short_hands_over_by_a_message_and_the_next_goes_on_behind_it(world, run):
    fill(world, uploads=250)
    began = to_text(world.clock())
    assert run(enough_time=False) == {"seen": 100, "deleted": 100, "handed over": 1}
    assert world.messages.expiries == [("ai-enhancer/uploads/099", began)]
    world.clock.advance(minutes=14)
    assert run(world.messages.expiries[0], enough_time=False) == {"seen": 100, "deleted": 100, "handed over": 1}
    assert world.messages.expiries[1] == ("ai-enhancer/uploads/199", began)
    assert run(world.messages.expiries[1]) == {"seen": 50, "deleted": 50}
    assert not world.images.objects


def test_what_is_not_due_is_not_looked_at_again_behind_a_handover(world, run):
    fill(world, uploads=60, results=150, hours=12)
    assert run(enough_time=False) == {"seen": 100, "deleted": 0, "handed over": 1}
    assert world.messages.expiries[0][0] == "ai-enhancer/results/039"
    assert run(world.messages.expiries[0]) == {"seen": 110, "deleted": 0}


def test_two_runs_at_once_change_nothing(world, run):
    assert world.usage.lease("retention", world.clock(), LEASE_SECONDS)
    assert run() == {"another run is under way": 1}


def test_while_a_chain_is_under_way_no_other_begins_and_it_is_never_turned_away(world, run):
    """The next day's run must not cut off a chain that has not reached the end: it would begin at the first key."""
    fill(world, uploads=300)
    run(enough_time=False)
    world.clock.advance(seconds=CHAIN_SECONDS - 1)
    assert run() == {"another run is under way": 1}
    assert run(world.messages.expiries[0], enough_time=False)["deleted"] == 100
    world.clock.advance(seconds=CHAIN_SECONDS - 1)
    assert run() == {"another run is under way": 1}
    assert run(world.messages.expiries[1])["deleted"] == 100
    assert run() == {"seen": 0, "deleted": 0}, "it has ended: another may begin"


def test_a_handover_whose_run_ends_before_its_sender_does_leaves_no_lease_behind(world, run, monkeypatch):
    fill(world, uploads=150)
    expire_images = ExpireImages(world.images, world.usage, world.messages, PREFIX, world.clock)
    monkeypatch.setattr(world.messages, "expire", lambda *message: expire_images(lambda: True, *message))
    assert run(enough_time=False) == {"seen": 100, "deleted": 100, "handed over": 1}
    assert run() == {"seen": 0, "deleted": 0}


def test_a_chain_that_died_keeps_the_next_days_run_from_nothing(world, run):
    fill(world, uploads=200)
    run(enough_time=False)
    world.clock.advance(seconds=CHAIN_SECONDS)
    assert run() == {"seen": 100, "deleted": 100}


def test_a_run_tells_how_long_its_chain_takes(world):
    expire_images = ExpireImages(world.images, world.usage, world.messages, PREFIX, world.clock)
    fill(world, uploads=200)
    assert expire_images(lambda: False, "", "")["seconds"] == 0
    world.clock.advance(hours=25)
    assert expire_images(lambda: True, *world.messages.expiries[0])["seconds"] == 25 * 3600


def test_a_run_that_broke_off_may_be_repeated_at_once(world, run, monkeypatch):
    fill(world, uploads=1)
    with monkeypatch.context() as broken:
        broken.setattr(world.images, "delete", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run()
    assert run() == {"seen": 1, "deleted": 1}


def test_a_lost_handover_is_told_and_the_next_day_starts_anew(world, run):
    fill(world, uploads=200)
    world.messages.failing = MessageNotSent()
    with pytest.raises(MessageNotSent):
        run(enough_time=False)
    assert run() == {"seen": 100, "deleted": 100}
