"""The process is killed before and after every call to the outside of every use case; then the installation continues.

What must hold is in `simulation.check`: every job ends, nothing is paid for twice, the quota is exact, no image is
left that no row knows.
"""

from collections.abc import Callable

import pytest

from enhancer.errors import OutcomeUnknown
from tests.unit.conftest import World, make_world
from tests.unit.simulation import MODEL_FAULT, PLATFORM_FAULT, FaultPlan, Installation, Killed, Outage

Step = Callable[[Installation], None]


def upload(it: Installation) -> None:
    it.upload()


def create(it: Installation) -> None:
    it.create(it.uploads[-1])


def start(it: Installation) -> None:
    it.deliver_start()


def succeed(it: Installation) -> None:
    it.end_run()
    it.deliver_webhook()


def fault(it: Installation) -> None:
    it.end_run(status="failed", error=PLATFORM_FAULT)
    it.deliver_webhook()


def fail(it: Installation) -> None:
    it.end_run(status="failed", error=MODEL_FAULT)
    it.deliver_webhook()


def abort(it: Installation) -> None:
    it.end_run(status="aborted")


def lose_answers(it: Installation) -> None:
    it.world.provider.lost = OutcomeUnknown("ReadTimeout")


def refuse_unknown(it: Installation) -> None:
    it.world.provider.answers = [OutcomeUnknown("HTTP 500")]


def erase_output(it: Installation) -> None:
    it.world.outputs.gone = True


def complete(it: Installation) -> None:
    it.deliver_completion()


def minutes_pass(it: Installation) -> None:
    it.world.clock.advance(minutes=6)


def reconcile(it: Installation) -> None:
    it.reconcile()


def cancel(it: Installation) -> None:
    it.cancel(it.uploads[-1])


def delete(it: Installation) -> None:
    it.delete(it.uploads[-1])


def days_pass(it: Installation) -> None:
    it.world.clock.advance(days=2)


def expire(it: Installation) -> None:
    it.expire()


JOURNEYS: dict[str, tuple[list[Step], Step]] = {
    "create": ([upload], create),
    "start": ([upload, create], start),
    "start, the answer lost": ([upload, create, lose_answers], start),
    "start, the provider failing": ([upload, create, refuse_unknown], start),
    "a successful completion": ([upload, create, start, succeed], complete),
    "a platform fault": ([upload, create, start, fault], complete),
    "the second attempt's start": ([upload, create, start, fault, complete], start),
    "the second platform fault": ([upload, create, start, fault, complete, start, fault], complete),
    "a model fault": ([upload, create, start, fail], complete),
    "an output that is gone": ([upload, create, start, succeed, erase_output], complete),
    "webhook": ([upload, create, start], succeed),
    "reconcile resends a start": ([upload, create, minutes_pass], reconcile),
    "reconcile adopts a run": ([upload, create, lose_answers, start, minutes_pass], reconcile),
    "reconcile releases a claim": ([upload, create, refuse_unknown, start, minutes_pass], reconcile),
    "reconcile ends an aborted run": ([upload, create, start, abort, minutes_pass], reconcile),
    "cancel a queued job": ([upload, create], cancel),
    "cancel a running job": ([upload, create, start], cancel),
    "delete a queued job": ([upload, create], delete),
    "delete a running job": ([upload, create, start], delete),
    "delete a job whose result is under way": ([upload, create, start, succeed], delete),
    "delete a finished job": ([upload, create, start, succeed, complete], delete),
    "complete a deleted job": ([upload, create, start, succeed, delete], complete),
    "expire": ([upload, create, start, succeed, complete, days_pass], expire),
}


def lived(
    journey: str, fatal: int | None, *, late: bool, end: type[BaseException] = Killed
) -> tuple[Installation, bool]:
    """The journey with its last step killed, or failing, at a call; whether it was."""
    before, last = JOURNEYS[journey]
    it = Installation(make_world())
    for step in before:
        step(it)
    it.plan = plan = FaultPlan(fatal, late, end)
    last(it)
    return it, it.plan is not plan


@pytest.mark.parametrize("end", [Killed, Outage])
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("journey", JOURNEYS)
def test_a_process_may_die_or_a_service_fail_at_any_call(journey, late, end):
    untouched, died = lived(journey, None, late=late)
    assert not died
    calls = untouched.plan.calls
    assert calls, "the step must call the outside, or nothing was tried"
    for fatal in range(1, calls + 1):
        it, died = lived(journey, fatal, late=late, end=end)
        assert died or end is Outage, fatal  # some outages are waited for later, as a lost message is
        it.check_now()
        it.settle()
        it.check()


def test_the_simulation_finds_a_second_run(world: World) -> None:
    """The checks can fail: a provider that starts an unrequested run is noticed."""
    it = Installation(world)
    for step in (upload, create, start):
        step(it)
    [run] = it.alive()
    world.provider.create("v", {"image": f"https://r2.test{run.input_path}"}, "hook")
    with pytest.raises(AssertionError, match="two runs"):
        it.check_now()
