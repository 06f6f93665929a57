"""Webhook calls are untrusted until their signature is proven; then they are made small.

Replicate signs per Standard Webhooks: HMAC-SHA256 over `id.timestamp.body` with the decoded part of a `whsec_` secret,
a list of `v1,<base64>` in the header, five minutes of tolerance (specification read 2026-11-22).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from itertools import product

from standardwebhooks import Webhook, WebhookVerificationError

from enhancer.adapters.replicate_prediction import NotAPrediction, read_prediction
from enhancer.domain.catalogue import EnhancementModel
from enhancer.domain.prediction import Delivery
from enhancer.errors import Unauthorized, ValidationFailed


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
            raise ValidationFailed("The body is not a prediction.") from None
        return Delivery(
            webhook_id=headers["webhook-id"],
            timestamp=int(float(headers["webhook-timestamp"])),
            sha256=hashlib.sha256(body).hexdigest(),
            prediction=prediction,
        )

    def _proven(self, body: bytes, headers: Mapping[str, str]) -> dict[str, object]:
        signatures = headers.get("webhook-signature", "").split()
        for secret, signature in product(self._secrets(), signatures):
            try:  # one at a time: the library gives up on the whole list at the first malformed one, with a ValueError
                message = Webhook(secret).verify(body, {**headers, "webhook-signature": signature})
            except (WebhookVerificationError, ValueError):
                continue
            if isinstance(message, dict):
                return message
            raise ValidationFailed("The body is not a JSON object.")
        raise Unauthorized("The webhook's signature is missing, wrong or too old.")
