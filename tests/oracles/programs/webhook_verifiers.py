"""Verifiers and signers of others, in .venv-oracles: questions in JSON lines on stdin, answers on stdout.

{"do": "verify", "secret", "body", "headers"} -> {verifier: true or the error's name}
{"do": "sign", "secret", "body", "id", "at"} -> {signer: signature}
"""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import standardwebhooks
import svix
from replicate.webhook import Webhooks, WebhookSigningSecret


def by_replicate(secret: str, body: str, headers: dict[str, str]) -> None:
    """Verify as the provider's client does."""
    Webhooks.validate(headers=headers, body=body, secret=WebhookSigningSecret(key=secret), tolerance=300)


VERIFIERS = {
    "replicate": by_replicate,
    "standardwebhooks": lambda secret, body, headers: standardwebhooks.Webhook(secret).verify(body, headers),
    "svix": lambda secret, body, headers: svix.Webhook(secret).verify(body, headers),
}
SIGNERS: dict[str, Any] = {"standardwebhooks": standardwebhooks.Webhook, "svix": svix.Webhook}


def verdicts(asked: dict[str, Any]) -> dict[str, Any]:
    """Return what each verifier says of a call."""
    told: dict[str, Any] = {}
    for name, verify in VERIFIERS.items():
        try:
            verify(asked["secret"], asked["body"], asked["headers"])
        except Exception as refusal:  # noqa: BLE001 - each has its own, and a crash is a refusal too
            told[name] = type(refusal).__name__
        else:
            told[name] = True
    return told


def signatures(asked: dict[str, Any]) -> dict[str, Any]:
    """Return the signature header that each signer writes."""
    at = datetime.fromtimestamp(asked["at"], UTC)
    return {name: signer(asked["secret"]).sign(asked["id"], at, asked["body"]) for name, signer in SIGNERS.items()}


for line in sys.stdin:
    given = json.loads(line)
    sys.stdout.write(json.dumps({"verify": verdicts, "sign": signatures}[given["do"]](given)) + "\n")
    sys.stdout.flush()
