"""Verification of webhook deliveries, which are then reduced to the fields that we need.

Replicate signs per Standard Webhooks: HMAC-SHA256 over `id.timestamp.body` with the decoded part of a `whsec_` secret,
a list of `v1,<base64>` in the header, five minutes of tolerance (specification read 2026-11-22). Anyone can call, so
the work before verification is bounded: one HMAC per secret over a body of limited size, and few signatures.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence

from standardwebhooks import Webhook, WebhookVerificationError

from enhancer.adapters.replicate_prediction import NotAPrediction, read_prediction
from enhancer.domain.catalogue import EnhancementModel
from enhancer.domain.messages import Message
from enhancer.domain.prediction import Delivery
from enhancer.errors import Unauthorized, ValidationFailed

MAX_SIGNATURES = 5  # in a header: the specification has several only while a secret is being replaced
_SIGNATURE = re.compile(r"v1,[A-Za-z0-9+/]{43}=")


class WebhookSignature:
    """Verifies deliveries against all secrets that are valid now; there are two while one is being replaced."""

    def __init__(self, secrets: Callable[[], Sequence[str]], models: Mapping[str, EnhancementModel]) -> None:
        self._secrets = secrets
        self._models = models

    def verify(self, body: bytes, headers: Mapping[str, str]) -> Delivery:
        """Verify a signed request and return its delivery. `headers` have lower-case names.

        Raises Unauthorized unless the signature is valid and recent, ValidationFailed for a signed body that is not a
        prediction.
        """
        message = self._proven(body, headers)
        try:
            prediction = read_prediction(message, self._models)
        except NotAPrediction:
            raise ValidationFailed(Message.BODY_NOT_A_PREDICTION) from None
        return Delivery(
            webhook_id=headers["webhook-id"],
            timestamp=int(float(headers["webhook-timestamp"])),
            sha256=hashlib.sha256(body).hexdigest(),
            prediction=prediction,
        )

    def _proven(self, body: bytes, headers: Mapping[str, str]) -> dict[str, object]:
        given = headers.get("webhook-signature", "").split(" ", MAX_SIGNATURES)[:MAX_SIGNATURES]
        # Only well-formed ones: for any other, the library rejects the whole list with a ValueError.
        signatures = " ".join(filter(_SIGNATURE.fullmatch, given))
        for secret in self._secrets():
            try:
                message = Webhook(secret).verify(body, {**headers, "webhook-signature": signatures})
            except (WebhookVerificationError, ValueError):
                continue
            except RecursionError:  # signed, but nested too deeply to be read
                raise ValidationFailed(Message.BODY_NOT_AN_OBJECT) from None
            if isinstance(message, dict):
                return message
            raise ValidationFailed(Message.BODY_NOT_AN_OBJECT)
        raise Unauthorized(Message.WEBHOOK_SIGNATURE_INVALID)
