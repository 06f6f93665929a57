"""All faults. To add one: a class in the file of its moment, an entry here, a test, a line in the README."""

from . import creations, outputs, runs, webhooks
from .base import Fault

_ALL: tuple[type[Fault], ...] = (
    creations.CreateThrottled,
    creations.CreateLimited,
    creations.CreateServerError,
    creations.CreateBadGateway,
    creations.CreateUnauthenticated,
    creations.CreateUnpaid,
    creations.CreateBlocked,
    creations.CreateNotFound,
    creations.CreateInvalid,
    creations.CreateReset,
    creations.CreateGarbage,
    creations.CreateOfficial,
    creations.CreateAnswerLost,
    runs.RunInterrupted,
    runs.RunDirectorError,
    runs.RunModelError,
    runs.RunOutOfMemory,
    runs.RunUnknownStatus,
    runs.RunPixelCap,
    runs.RunAborted,
    runs.RunStuck,
    runs.RunSlow,
    webhooks.WebhookDropped,
    webhooks.WebhookDuplicated,
    webhooks.WebhookDelayed,
    webhooks.WebhookReordered,
    webhooks.WebhookBadlySigned,
    webhooks.WebhookReplayed,
    creations.WebhookBeforeAnswer,
    runs.WebhookAfterCancel,
    outputs.OutputMissing,
    outputs.OutputCut,
    outputs.OutputTruncated,
    outputs.OutputNotAnImage,
    outputs.OutputWrongType,
    outputs.OutputHuge,
    runs.OutputErased,
)

FAULTS: dict[str, type[Fault]] = {kind.name: kind for kind in _ALL}
