"""Webhooks: the stand-in's before verifiers of others, and those that others sign before ours.

Sources: standard-webhooks/standard-webhooks spec/standard-webhooks.md, read 2026-11-22; the verifiers are `svix`,
`standardwebhooks` and the provider's client `replicate`, each in Python and in JavaScript.
"""

import base64
import json
import time
from typing import Any

import pytest

from enhancer.adapters.webhook_signature import WebhookSignature
from enhancer.errors import Unauthorized
from replicate_standin.tests.harness import SECRET, Outside, Service, eventually
from tests.oracles.installed.conftest import Ask

OTHER = "whsec_" + base64.b64encode(bytes(range(32))).decode()
VERIFIERS = ("webhook_verifiers.py", "webhook_verifiers.js")
PREDICTION = {"id": "ufawqhfynnddngldkgtslldrkq", "status": "succeeded", "input": {}, "output": "https://e/ü.png"}
BODY = json.dumps(PREDICTION, ensure_ascii=False)


def verdicts(ask: Ask, secret: str, body: str, headers: dict[str, str]) -> dict[str, Any]:
    """Return what all six say of a call."""
    question = {"do": "verify", "secret": secret, "body": body, "headers": headers}
    return {
        f"{name}{program[-3:]}": decision for program in VERIFIERS for name, decision in ask(program, question).items()
    }


def test_the_stand_ins_webhooks_are_taken_by_all_and_refused_with_another_secret(
    service: Service, outside: Outside, image: str, ask: Ask
) -> None:
    events = ["start", "output", "logs", "completed"]
    service.ended(service.create(image, more={"webhook": outside.url + "/hook", "webhook_events_filter": events}))
    eventually(lambda: len(outside.calls) == len(events))
    for headers, body in outside.calls:
        given = {name: headers[name] for name in headers if name.startswith("webhook-")}
        taken = verdicts(ask, SECRET, body.decode(), given)
        assert len(taken) == 6
        assert set(taken.values()) == {True}, taken
        assert True not in verdicts(ask, OTHER, body.decode(), given).values()


def test_a_badly_signed_webhook_is_refused_by_all(service: Service, outside: Outside, image: str, ask: Ask) -> None:
    service.set_faults({"fault": "webhook-badly-signed"})
    service.create(image, more={"webhook": outside.url + "/hook", "webhook_events_filter": ["completed"]})
    eventually(lambda: outside.calls)
    headers, body = outside.calls[0]
    assert True not in verdicts(ask, SECRET, body.decode(), headers).values()


# ---- Ours ----------------------------------------------------------------------------------------------------------


class Call:
    """A call that another library signed, and what may be changed of it."""

    def __init__(self, ask: Ask, signer: str, secret: str = SECRET, age: float = 0) -> None:
        self.at = int(time.time() - age)
        self.body = BODY
        question = {"do": "sign", "secret": secret, "body": BODY, "id": "msg_1", "at": self.at}
        signature = ask("webhook_verifiers.py", question)[signer]
        self.headers = {"webhook-id": "msg_1", "webhook-timestamp": str(self.at), "webhook-signature": signature}

    def ours(self, *secrets: str) -> bool:
        """Whether our verifier takes it."""
        try:
            WebhookSignature(lambda: secrets or (SECRET,), {}).verify(self.body.encode(), self.headers)
        except Unauthorized:
            return False
        return True

    def changed(self, **headers: str) -> "Call":
        self.headers |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self


SIGNERS = ("svix", "standardwebhooks")


@pytest.mark.parametrize("signer", SIGNERS)
@pytest.mark.parametrize("age", [0, 240, -240])
def test_ours_takes_what_others_sign(ask: Ask, signer: str, age: int) -> None:
    call = Call(ask, signer, age=age)
    assert call.ours()
    assert call.ours(OTHER, SECRET), "while a secret is being replaced"
    assert set(verdicts(ask, SECRET, call.body, call.headers).values()) == {True}


# Verdicts of the six that differ from ours, and why ours is right.
TAKES_ANY_AGE = {"replicate.js"}  # the provider's JavaScript client does not look at the time
TAKES_ANY_VERSION = {"replicate.py", "replicate.js"}  # nor do its clients at what stands before the comma


@pytest.mark.parametrize("signer", SIGNERS)
@pytest.mark.parametrize(
    ("what", "taken", "differ"),
    [
        ("old", False, TAKES_ANY_AGE),
        ("future", False, TAKES_ANY_AGE),
        ("another secret", False, set()),
        ("another body", False, set()),
        ("another id", False, set()),
        ("another time", False, set()),
        ("v2", False, TAKES_ANY_VERSION),
        ("v1a", False, TAKES_ANY_VERSION),
        ("cut", False, set()),
        ("empty", False, set()),
        ("no version", False, set()),
        ("several, ours last", True, set()),
        ("several, unknown version first", True, set()),
        ("no time", False, set()),
        ("nan", False, set()),
        ("inf", False, set()),
    ],
)
def test_ours_says_of_a_hostile_call_what_others_say(
    ask: Ask, signer: str, what: str, taken: bool, differ: set[str]
) -> None:
    age = {"old": 330, "future": -330}.get(what, 0)
    call = Call(ask, signer, OTHER if what == "another secret" else SECRET, age)
    good = call.headers["webhook-signature"]
    bare = good.partition(",")[2]
    wrong = base64.b64encode(bytes(32)).decode()
    changes: dict[str, dict[str, str]] = {
        "another id": {"webhook_id": "msg_2"},
        "another time": {"webhook_timestamp": str(call.at - 1)},
        "v2": {"webhook_signature": f"v2,{bare}"},
        "v1a": {"webhook_signature": f"v1a,{bare}"},
        "cut": {"webhook_signature": good[:-8]},
        "empty": {"webhook_signature": ""},
        "no version": {"webhook_signature": bare},
        "several, ours last": {"webhook_signature": f"v1,{wrong} {good}"},
        "several, unknown version first": {"webhook_signature": f"v1a,{wrong} {good}"},
        "no time": {"webhook_timestamp": ""},
        "nan": {"webhook_timestamp": "nan"},
        "inf": {"webhook_timestamp": "inf"},
    }
    call.changed(**changes.get(what, {}))
    if what == "another body":
        call.body = BODY.replace("succeeded", "failed")
    said = verdicts(ask, SECRET, call.body, call.headers)
    assert call.ours() is taken
    assert {name for name, decision in said.items() if (decision is True) is not taken} == differ, said


@pytest.mark.parametrize("first", ["v1,%%%", "v1", "garbage", ",", "v1,ü"])
def test_ours_reads_on_after_an_entry_that_is_none(ask: Ask, first: str) -> None:
    """Stricter libraries give up on the whole list at one of these; the provider would never send it."""
    call = Call(ask, "svix")
    good = call.headers["webhook-signature"]
    assert call.changed(webhook_signature=f"{first} {good}").ours()
    assert not call.changed(webhook_signature=first).ours()
