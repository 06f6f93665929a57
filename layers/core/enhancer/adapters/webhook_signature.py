"""Webhook calls are untrusted until their signature is proven; then they are made small.

Replicate signs per Standard Webhooks: HMAC-SHA256 over `id.timestamp.body` with the decoded part of a `whsec_` secret,
a list of `v1,<base64>` in the header, five minutes of tolerance (specification read 2026-11-22). Anybody may call, so
the work is bounded before anything is proven: one HMAC a secret over a body that the route bounds, and few signatures.
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

MAX_SIGNATURES = 5  # of a header: the specification knows several only while a secret is being replaced
_SIGNATURE = re.compile(r"v1,[A-Za-z0-9+/]{43}=")


class WebhookSignature:
    """Verifies deliveries against all secrets that are valid now; there are two while one is being replaced."""

    def __init__(self, secrets: Callable[[], Sequence[str]], models: Mapping[str, EnhancementModel]) -> None:
        self._secrets = secrets
        self._models = models

    def verify(self, body: bytes, headers: Mapping[str, str]) -> Delivery:
        """The delivery in a signed call. `headers` have lower-case names.

        Raises Unauthorized unless the signature is right and fresh, ValidationFailed for a signed body that is no
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
        # Only well-formed ones: at any other the library gives up on the whole list with a ValueError.
        signatures = " ".join(filter(_SIGNATURE.fullmatch, given))
        for secret in self._secrets():
            try:
                message = Webhook(secret).verify(body, {**headers, "webhook-signature": signatures})
            except (WebhookVerificationError, ValueError):
                continue
            except RecursionError:  # signed, and nested more deeply than JSON is read
                raise ValidationFailed(Message.BODY_NOT_AN_OBJECT) from None
            if isinstance(message, dict):
                return message
            raise ValidationFailed(Message.BODY_NOT_AN_OBJECT)
        raise Unauthorized(Message.WEBHOOK_SIGNATURE_INVALID)
