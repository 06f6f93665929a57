"""Any order of events and faults, as hypothesis likes: money and images always add up in the end."""

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from enhancer.errors import MessageNotSent, OutcomeUnknown, ProviderError, Refused, Throttled, Unreachable
from tests.unit.conftest import make_world
from tests.unit.simulation import MODEL_FAULT, PLATFORM_FAULT, FaultPlan, Installation, Killed, Outage

positions = st.integers(0, 5)
again = st.booleans()
CREATE_FAULTS = {
    "throttled": lambda: Throttled(8),
    "no connection": lambda: Unreachable("NewConnectionError"),
    "refused": lambda: Refused("HTTP 402"),
    "failing": lambda: OutcomeUnknown("HTTP 500"),
}
ENDS = {
    "success": ("succeeded", None),
    "platform fault": ("failed", PLATFORM_FAULT),
    "model fault": ("failed", MODEL_FAULT),
    "cancelled there": ("canceled", None),
    "aborted": ("aborted", None),
}


class Interleavings(RuleBasedStateMachine):
    """Rules are what may happen at any time, to any job, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.it = Installation(make_world())

    @rule()
    def an_image_becomes_a_job(self) -> None:
        self.it.create(self.it.upload())

    @rule(position=positions)
    @precondition(lambda self: self.it.uploads)
    def a_create_is_repeated(self, position: int) -> None:
        self.it.create(self.it.uploads[position % len(self.it.uploads)])

    @rule()
    def a_job_is_made_and_its_run_started(self) -> None:
        self.it.create(self.it.upload())
        self.it.deliver_start(len(self.it.world.messages.starts) - 1)

    @rule(position=positions, again=again)
    @precondition(lambda self: self.it.world.messages.starts)
    def a_start_message_arrives(self, position: int, again: bool) -> None:
        self.it.deliver_start(position, again=again)

    @rule(position=positions, end=st.sampled_from(sorted(ENDS)), again=again)
    @precondition(lambda self: self.it.alive())
    def a_run_ends_and_is_told(self, position: int, end: str, again: bool) -> None:
        self.it.end_run(position, *ENDS[end])
        self.it.deliver_webhook(len(self.it.webhooks) - 1, again=again)
        self.it.deliver_completion(len(self.it.world.messages.completions) - 1, again=again)
        self.it.deliver_start(len(self.it.world.messages.starts) - 1)

    @rule(position=positions, again=again)
    @precondition(lambda self: self.it.world.messages.completions)
    def a_completion_message_arrives(self, position: int, again: bool) -> None:
        self.it.deliver_completion(position, again=again)

    @rule(fault=st.sampled_from(sorted(CREATE_FAULTS)))
    def the_next_create_goes_wrong(self, fault: str) -> None:
        self.it.world.provider.answers = [CREATE_FAULTS[fault]()]

    @rule(lost=st.booleans())
    def create_answers_get_lost_or_not(self, lost: bool) -> None:
        self.it.world.provider.lost = OutcomeUnknown("ReadTimeout") if lost else None

    @rule(position=positions, end=st.sampled_from(sorted(ENDS)))
    @precondition(lambda self: self.it.alive())
    def a_run_ends(self, position: int, end: str) -> None:
        self.it.end_run(position, *ENDS[end])

    @rule(position=positions, again=again)
    @precondition(lambda self: self.it.webhooks)
    def a_webhook_arrives(self, position: int, again: bool) -> None:
        self.it.deliver_webhook(position, again=again)

    @rule(position=positions, to=positions)
    @precondition(lambda self: self.it.webhooks)
    def a_webhook_arrives_for_another_job(self, position: int, to: int) -> None:
        self.it.deliver_webhook(position, to=self.it.uploads[to % len(self.it.uploads)])

    @rule()
    @precondition(lambda self: self.it.webhooks)
    def a_webhook_is_never_sent(self) -> None:
        self.it.drop_webhook()

    @rule(gone=st.booleans())
    def outputs_are_erased_or_not(self, gone: bool) -> None:
        self.it.world.outputs.gone = gone

    @rule(failing=st.booleans())
    def the_queues_take_nothing_or_all(self, failing: bool) -> None:
        self.it.world.messages.failing = MessageNotSent() if failing else None

    @rule(down=st.booleans())
    def the_provider_cannot_be_read_or_can(self, down: bool) -> None:
        self.it.world.provider.unreadable = ProviderError("HTTP 503") if down else None

    @rule(position=positions)
    @precondition(lambda self: self.it.uploads)
    def an_owner_cancels(self, position: int) -> None:
        self.it.cancel(self.it.uploads[position % len(self.it.uploads)])

    @rule(position=positions)
    @precondition(lambda self: self.it.uploads)
    def an_owner_deletes(self, position: int) -> None:
        self.it.delete(self.it.uploads[position % len(self.it.uploads)])

    @rule(call=st.integers(1, 12), late=st.booleans(), end=st.sampled_from([Killed, Outage]))
    def a_process_will_die_or_a_service_fail(self, call: int, late: bool, end: type[BaseException]) -> None:
        self.it.plan = FaultPlan(call, late, end)

    @rule(minutes=st.sampled_from([-2, 1, 2, 6, 30, 70, 60 * 25]))
    def time_passes_or_a_clock_is_behind(self, minutes: int) -> None:
        self.it.world.clock.now += timedelta(minutes=minutes)

    @rule()
    def the_sweep_comes(self) -> None:
        self.it.reconcile()

    @rule()
    def the_daily_deletion_comes(self) -> None:
        self.it.expire()

    @invariant()
    def nothing_is_paid_for_twice(self) -> None:
        self.it.check_now()

    def teardown(self) -> None:
        self.it.settle()
        self.it.check()


TestInterleavings = pytest.mark.timeout(300)(Interleavings.TestCase)  # 15,000 steps: seconds on an idle machine
TestInterleavings.settings = settings(max_examples=300, stateful_step_count=50, deadline=None)
