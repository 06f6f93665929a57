"""The check of the webhook's baseline: Standard Webhooks, by hand."""

import base64
import hashlib
import hmac
import time


def verified(headers, body, secret):
    """Return whether the call is signed with the secret (`whsec_…`) and fresh."""
    stamp = headers["webhook-timestamp"]
    text = f"{headers['webhook-id']}.{stamp}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.digest(key, text, hashlib.sha256)).decode()
    fresh = abs(time.time() - int(stamp)) < 300
    return fresh and any(hmac.compare_digest(expected, given) for given in headers["webhook-signature"].split())
