"""A whole installation in memory: queues that deliver again, a provider with runs of its own, and crashes on demand.

It drives the very use cases; only what lies outside them is simulated. `settle` lets an installation without further
faults come to rest, `check` says what must hold then.
"""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from enhancer.domain import keys
from enhancer.domain.clock import from_text
from enhancer.domain.job import Job
from enhancer.domain.limits import WINDOW
from enhancer.domain.messages import Message
from enhancer.domain.prediction import Delivery, Prediction
from enhancer.errors import EnhancerError, RequestError
from enhancer.usecases.cancel_job import CancelJob
from enhancer.usecases.create_job import FromUpload, JobOptions, NewJob
from enhancer.usecases.delete_job import DeleteJob
from enhancer.usecases.expire_images import ExpireImages
from enhancer.usecases.receive_delivery import ReceiveDelivery
from enhancer.usecases.request_upload import upload_headers
from tests.images import make_image
from tests.unit.conftest import PREFIX, World

PLATFORM_FAULT = "Prediction interrupted; please retry (code: PA)"
MAX_RECEIVES = 5  # of the queues in template.yaml
MODEL_FAULT = "CUDA error: something"


class Killed(BaseException):
    """The process ends here: nothing catches it, nothing is cleaned up."""


class Outage(Exception):
    """A service answers with an error that no adapter expects, or not at all."""


class FaultInjector:
    """A port whose calls are counted with those of all others; at the fatal one the process fails, before or after."""

    def __init__(self, port: Any, plan: "FaultPlan") -> None:
        self._port = port
        self._plan = plan

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._port, name)
        if not callable(call):
            return call

        def counted(*arguments: Any, **named: Any) -> Any:
            self._plan.before()
            try:
                answer = call(*arguments, **named)
                return list(answer) if isinstance(answer, Iterator) else answer
            finally:
                self._plan.after()

        return counted


@dataclasses.dataclass
class FaultPlan:
    """The `fatal`-th call to the outside ends the process or fails, before its effect or after it; None: none does."""

    fatal: int | None = None
    late: bool = False
    end: type[BaseException] = Killed
    calls: int = 0

    def before(self) -> None:
        self.calls += 1
        if self.calls == self.fatal and not self.late:
            raise self.end

    def after(self) -> None:
        if self.calls == self.fatal and self.late:
            raise self.end


_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"  # of base32


class Installation:
    """One owner's jobs in a world of fakes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.plan = FaultPlan()
        self.uploads: list[str] = []
        self.webhooks: list[tuple[str, Delivery]] = []
        self._unanswered: list[str] = []
        self._received: Counter[Any] = Counter()

    # ---- what people do

    def upload(self) -> str:
        """An image in the bucket; its upload id."""
        number = len(
            self.uploads
        )  # no random id: reconcile takes jobs in the order of time and id, and replays must agree
        job_id = f"p{_LETTERS[number // 32]}{_LETTERS[number % 32]}".ljust(26, "a")
        key = keys.original_key(PREFIX, self.world.owner, job_id)
        self.world.images.put(key, make_image(), upload_headers(job_id, len(make_image())))
        self.uploads.append(job_id)
        return job_id

    def create(self, upload_id: str) -> None:
        """Make a job of an upload; a refusal is an answer."""
        choice = JobOptions("nightmareai/real-esrgan", {}, "cat.png")
        create_job = self._doomed(self.world.create_job)
        with suppress(RequestError):
            self._die_or(lambda: create_job(NewJob(upload_id, FromUpload(), choice, self.world.owner)))

    def cancel(self, job_id: str) -> None:
        """Ask for a job's end."""
        ports = self._ports("jobs", "provider")
        with suppress(RequestError):
            self._die_or(lambda: CancelJob(clock=self.world.clock, **ports)(job_id, self.world.caller))

    def delete(self, job_id: str) -> None:
        """Delete a job; who gets no answer asks again some time."""
        ports = self._ports("jobs", "images", "provider")
        with suppress(RequestError):
            if not self._die_or(
                lambda: DeleteJob(prefix=PREFIX, clock=self.world.clock, **ports)(
                    job_id, self.world.caller, before=lambda _: None
                )
            ):
                self._unanswered.append(job_id)

    # ---- what queues, schedules and the provider do

    def deliver_start(self, index: int = 0, *, again: bool = False) -> None:
        """Give a start message to job_start; it stays in the queue if that fails, or if it is to come `again`."""
        starts = self.world.messages.starts
        if not starts:
            return
        message = starts.pop(index % len(starts))
        start_job = self._doomed(self.world.start_job)
        if not self._handled(lambda: start_job(message[0])) or again:
            self._return(message, starts)

    def deliver_completion(self, index: int = 0, *, again: bool = False) -> None:
        """Give a completion message to job_completion, likewise."""
        completions = self.world.messages.completions
        if not completions:
            return
        message = completions.pop(index % len(completions))
        complete_job = self._doomed(self.world.complete_job)
        if not self._handled(lambda: complete_job(message[0], message[1], message[2])) or again:
            self._return(message, completions)

    def end_run(self, index: int = 0, status: str = "succeeded", error: str | None = None) -> None:
        """Let a run that is alive end; an aborted one sends no webhook."""
        alive = [run.id for run in self.world.provider.runs.values() if not run.ended]
        if not alive:
            return
        run = self.world.provider.finish(alive[index % len(alive)], status, error)
        if status != "aborted":
            self.webhooks.append((self.job_of(run), Delivery(f"msg_{run.id}", 1_700_000_000, "0" * 64, run)))

    def deliver_webhook(self, index: int = 0, *, again: bool = False, to: str | None = None) -> None:
        """Call the webhook; `to` another job than the run's is what a replay would do."""
        if not self.webhooks:
            return
        job_id, delivery = self.webhooks.pop(index % len(self.webhooks))
        messages = FaultInjector(self.world.messages, self.plan)
        delivered = self._handled(lambda: ReceiveDelivery(messages=messages)(to or job_id, delivery))
        if not delivered or again or to:
            self.webhooks.append((job_id, delivery))

    def drop_webhook(self) -> None:
        """The provider gives up."""
        del self.webhooks[:1]

    def reconcile(self) -> None:
        """The sweep of every minute."""
        reconcile_jobs = self._doomed(self.world.reconcile_jobs)
        self._handled(reconcile_jobs)

    def expire(self) -> None:
        """The daily deletion."""
        expire_images = self._doomed(
            ExpireImages(self.world.images, self.world.usage, self.world.messages, PREFIX, self.world.clock)
        )
        self._handled(lambda: expire_images(lambda: True, "", ""))

    def job_of(self, run: Prediction) -> str:
        """The job whose image the run got."""
        return str(run.input_path).split("/")[-2]

    # ---- how it ends

    def settle(self) -> None:
        """No more faults: everything that is under way arrives, and the sweep runs every minute until nothing moves."""
        self.plan = FaultPlan()
        self.world.provider.answers, self.world.provider.lost = [], None
        self.world.outputs.gone = False
        self.world.messages.failing = None
        self.world.provider.unreadable = None
        for job_id in self._unanswered:
            self.delete(job_id)
        for _ in range(90):
            while self.world.messages.starts or self.world.messages.completions or self.webhooks or self.alive():
                self.deliver_start()
                self.end_run(status="canceled" if self._cancelled() else "succeeded")
                self.deliver_webhook()
                self.deliver_completion()
            if all(job.ended for job in self.world.jobs.rows.values()):
                return
            self.world.clock.advance(minutes=1)
            self.reconcile()
        raise AssertionError(f"not at rest: {[job.status for job in self.world.jobs.rows.values()]}")

    def alive(self, job_id: str | None = None) -> list[Prediction]:
        """The runs that cost money now, of one job or of all."""
        runs = self.world.provider.runs.values()
        return [run for run in runs if not run.ended and (job_id is None or self.job_of(run) == job_id)]

    def check_now(self) -> None:
        """What holds at every moment."""
        for job in self.world.jobs.rows.values():
            assert len(self.alive(job.id)) <= 1, "two runs of one job are alive"
            runs = [run for run in self.world.provider.runs.values() if self.job_of(run) == job.id]
            faults = [run for run in runs if run.status == "failed" and run.error == PLATFORM_FAULT]
            assert len(runs) <= 2, "a third run was paid for"
            assert len(runs) <= 1 + len(faults), "a second run without a platform fault of the first"
            if len(runs) == 2:
                assert job.previous_attempt_json, "the first attempt's end is not recorded"

    def check(self) -> None:
        """What holds at rest."""
        self.check_now()
        rows = list(self.world.jobs.rows.values())
        for job in rows:
            assert job.ended, job
            assert (job.status == "failed") == (job.error_type is not None), "an end without its reason"
            assert job.check_at is None, "reconcile would look at it for ever"
            self._check_images(job)
        owned = {key for job in rows for key in self._keys_of(job)} | {
            keys.original_key(PREFIX, self.world.owner, upload) for upload in self.uploads
        }
        assert set(self.world.images.objects) <= owned, "an object that no row knows"
        self._check_quota(rows)

    def _check_images(self, job: Job) -> None:
        stored = [key for key in self._keys_of(job) if key in self.world.images.objects]
        results = [key for key in stored if "/results/" in key]
        if job.deleted_at:
            assert not stored, "a deleted job left images"
        elif job.status == "succeeded" and self.world.clock() < from_text(job.created_at) + WINDOW:
            assert len(results) == 3, "a success without its images"
        else:
            assert not results or job.status == "succeeded", "a result of a job that has none"

    def _check_quota(self, rows: list[Job]) -> None:
        """What is counted in the open window is what was created in it less what was refunded."""
        quota = self.world.usage.quota(self.world.owner)
        counted = [job for job in rows if quota and job.quota_window == quota.window]
        refunded = [job for job in counted if job.quota_refunded]
        ran = [
            job
            for job in refunded
            if job.provider_job_id or job.previous_provider_job_id or job.error_code == Message.RUN_UNCONFIRMED
        ]
        if quota:
            assert quota.used == len(counted) - len(refunded), "the quota drifted"
            assert quota.refunds == len(ran), "a refund too many or too few"

    def _keys_of(self, job: Job) -> list[str]:
        return [
            job.input_r2_key,
            keys.prepared_key(PREFIX, job.owner, job.id),
            *keys.result_keys(PREFIX, job.owner, job.id, job.output_format),
        ]

    # ---- how a process dies

    def _handled(self, work: Callable[[], Any]) -> bool:
        """Whether a message was dealt with; what raises is delivered again."""
        try:
            return self._die_or(work)
        except (EnhancerError, KeyError):  # KeyError: the fake bucket has no such object
            return False

    def _die_or(self, work: Callable[[], Any]) -> bool:
        try:
            work()
        except (Killed, Outage):
            self.plan = FaultPlan()
            return False
        return True

    def _return(self, message: Any, queue: list[Any]) -> None:
        """Back into its queue, after five receptions among the dead letters: where no function reads it."""
        self._received[message] += 1
        if self._received[message] % MAX_RECEIVES:
            queue.append(message)

    def _cancelled(self) -> bool:
        return any(run.id in self.world.provider.cancelled for run in self.alive()[:1])

    def _ports(self, *names: str) -> dict[str, Any]:
        return {name: FaultInjector(getattr(self.world, name), self.plan) for name in names}

    def _doomed(self, ports: Any) -> Any:
        """A use case's set of ports, each able to kill the process."""
        outside = {"jobs", "usage", "images", "messages", "provider", "outputs", "imaging", "links"}
        given = {field.name for field in dataclasses.fields(ports)}
        return dataclasses.replace(
            ports, **{name: FaultInjector(getattr(ports, name), self.plan) for name in outside & given}
        )
