"""Enqueue the completion of a job from a verified webhook delivery."""

from dataclasses import dataclass

from enhancer.domain import keys
from enhancer.domain.outcomes import DeliveryOutcome
from enhancer.domain.prediction import Delivery
from enhancer.ports import Messages


@dataclass(frozen=True, slots=True)
class ReceiveDelivery:
    """Receives webhook deliveries."""

    messages: Messages

    def __call__(self, job_id: str, delivery: Delivery) -> DeliveryOutcome:
        """Enqueue the end of a run for the job that the delivery names; job_completion checks that it is the job's run.

        Raises MessageNotSent, so that the provider delivers again.
        """
        if not delivery.prediction.ended or not keys.is_job_id(job_id):
            return DeliveryOutcome.IGNORED
        self.messages.complete(job_id, delivery.prediction, delivery)
        return DeliveryOutcome.QUEUED
