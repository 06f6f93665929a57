"""`make secrets`: ask for what only the operator knows, prove it, fetch and make the rest. Nothing is echoed."""

import time
from collections.abc import Callable
from typing import Any

import requests

from operate import parameter_store, provider, r2
from operate.installation import OperatorError
from operate.origin import origin_secret_sent
from operate.stage import Stage
from operate.terminal import NoTerminal, Terminal

R2Client = Callable[[str, str, str], Any]
TRIES = 3


def store_secrets(
    stage: Stage,
    ssm: Any,
    terminal: Terminal,
    session: requests.Session,
    r2_client: R2Client = r2.r2_client,
) -> None:
    """Bring a stage's secrets into the parameter store; what is stored already may stay.

    Raises OperatorError when an answer is wrong three times. What was proven until then is stored.
    """
    stored = parameter_store.load(ssm, stage)

    def keep(name: str, value: str) -> None:
        if stored.get(name) == value:
            terminal.say(f"{name}: kept")
        else:
            parameter_store.store(ssm, stage, name, value)
            terminal.say(f"{name}: stored")

    def prove_token() -> None:
        token = _asked(terminal, "Replicate API token", stored.get("replicate-api-token"))
        webhook_secret = provider.webhook_secret(stage.parameters["ReplicateBaseUrl"], token, session)
        keep("replicate-api-token", token)
        present = stored.get("replicate-webhook-secret", "")
        if webhook_secret not in present.split():
            present = parameter_store.replaced(present, webhook_secret)
        keep("replicate-webhook-secret", present)

    def prove_images() -> None:
        key_id = _asked(terminal, "R2 access key id", stored.get("r2-access-key-id"))
        secret = _asked(terminal, "R2 secret access key", stored.get("r2-secret-access-key"))
        client = r2_client(stage.parameters["R2Endpoint"], key_id, secret)
        r2.check_token(client, stage.parameters["R2Bucket"], stage.parameters["R2Prefix"])
        keep("r2-access-key-id", key_id)
        keep("r2-secret-access-key", secret)

    _until_right(prove_token, terminal)
    _until_right(prove_images, terminal)
    for name in parameter_store.MADE:
        if name in stored:
            terminal.say(f"{name}: kept")
        elif parameter_store.create(ssm, stage, name, parameter_store.made(name)):
            terminal.say(f"{name}: made")
        else:
            terminal.say(f"{name}: another `make secrets` has stored it meanwhile; that one is kept")


def rotate(
    stage: Stage,
    clients: Callable[..., Any],
    terminal: Terminal,
    name: str,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Make a new value of a secret of ours count; the last one stays valid beside it.

    A key that signs is accepted everywhere before it signs anywhere, which takes SPREAD seconds. Raises OperatorError,
    also for a second rotation of origin-secrets before the distribution sends the newest: it would send none that
    counts, and every request but /api/health and the webhook would be refused.
    """
    if name not in parameter_store.ROTATED:
        raise OperatorError(f"ROTATE is {name!r}; it must be one of {', '.join(parameter_store.ROTATED)}.")
    ssm = clients("ssm")
    present = parameter_store.load(ssm, stage).get(name)
    if present is None:
        raise OperatorError(f"There is no {name} yet: make secrets ENV={stage.name}")
    new = parameter_store.made(name)
    if name in parameter_store.SIGNING:
        accepted = f"{present.split()[0]} {new}"
        parameter_store.store(ssm, stage, name, accepted)
        minutes = parameter_store.SPREAD / 60
        terminal.say(f"{name}: a new key is stored; it signs in {minutes:g} minutes, when every function knows it")
        pause(parameter_store.SPREAD)
        if parameter_store.load(ssm, stage).get(name) != accepted:
            raise OperatorError(f"{name} has been changed meanwhile; the new key was not made the one that signs.")
    elif origin_secret_sent(clients, stage) not in {None, present.split()[0]}:
        raise OperatorError(
            f"The distribution of {stage.stack} does not send the newest of origin-secrets yet; another rotation now "
            f"would have every request refused. First: make deploy ENV={stage.name}"
        )
    parameter_store.store(ssm, stage, name, parameter_store.replaced(present, new))
    if name in parameter_store.SIGNING:
        terminal.say(f"{name}: the new key signs from now on, the one before stays valid")
    else:
        terminal.say(f"{name}: a new value counts within five minutes, the one before stays valid")
        terminal.say(f"then: make deploy ENV={stage.name}, so that the distribution sends the new one")
    if len(present.split()) > 1:
        terminal.say(f"{name}: the value before that one is valid no more, and what it signed is void")


def _asked(terminal: Terminal, what: str, stored: str | None) -> str:
    answer = terminal.ask_hidden(f"{what}{' (Enter keeps the stored one)' if stored else ''}:") or stored
    if not answer:
        raise OperatorError(f"{what}: an empty answer is none.")
    if not (answer.isascii() and answer.isprintable() and " " not in answer):
        raise OperatorError(f"{what}: there is a blank or a foreign character in it.")
    return answer


def _until_right(prove: Callable[[], None], terminal: Terminal) -> None:
    for tried in range(1, TRIES + 1):
        try:
            return prove()
        except NoTerminal:
            raise
        except OperatorError as problem:
            if tried == TRIES:
                raise
            terminal.say(f"{problem} Again:")
    return None
