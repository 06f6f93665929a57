"""Pass a verified delivery on to where jobs are finished."""

from enhancer.domain import keys
from enhancer.domain.outcomes import DeliveryOutcome
from enhancer.domain.prediction import Delivery
from enhancer.ports import Messages


def receive_delivery(job_id: str, delivery: Delivery, *, messages: Messages) -> DeliveryOutcome:
    """Enqueue the end of a run under the job it is said to belong to; whether it does is checked there.

    Raises MessageNotSent, so that the provider delivers again.
    """
    if not delivery.prediction.ended or not keys.is_job_id(job_id):
        return DeliveryOutcome.IGNORED
    messages.complete(job_id, delivery.prediction, delivery)
    return DeliveryOutcome.QUEUED
