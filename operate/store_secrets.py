"""`make secrets`: ask for the operator's keys, test them, fetch and generate the rest. Nothing is echoed."""

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
    """Put a stage's secrets into the parameter store; values that are already stored can be kept.

    Raises OperatorError when an answer is wrong three times. Values that passed their test by then are stored.
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
            terminal.say(f"{name}: generated")
        else:
            terminal.say(f"{name}: another `make secrets` stored it in the meantime; that value is kept")


def rotate(
    stage: Stage,
    clients: Callable[..., Any],
    terminal: Terminal,
    name: str,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Replace the current value of a secret of ours; the previous one remains valid.

    A key that signs is accepted everywhere before it signs anywhere, which takes SPREAD seconds. Raises OperatorError,
    also for a second rotation of origin-secrets before the distribution sends the newest: it would send none that
    is valid, and every request except /api/health and the webhook would be rejected.
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
        terminal.say(
            f"{name}: a new key is stored; it starts signing in {minutes:g} minutes, when every function has read it"
        )
        pause(parameter_store.SPREAD)
        if parameter_store.load(ssm, stage).get(name) != accepted:
            raise OperatorError(f"{name} was changed in the meantime; the new key does not sign.")
    elif origin_secret_sent(clients, stage) not in {None, present.split()[0]}:
        raise OperatorError(
            f"The distribution of {stage.stack} does not send the newest origin secret yet; another rotation now "
            f"would make the functions reject every request. First: make deploy ENV={stage.name}"
        )
    parameter_store.store(ssm, stage, name, parameter_store.replaced(present, new))
    if name in parameter_store.SIGNING:
        terminal.say(f"{name}: the new key signs now, the previous one remains valid")
    else:
        terminal.say(f"{name}: the new value is accepted within five minutes, the previous one remains valid")
        terminal.say(f"then: make deploy ENV={stage.name}, so that the distribution sends the new value")
    if len(present.split()) > 1:
        terminal.say(f"{name}: the value before that one is no longer valid, nor is what it signed")


def _asked(terminal: Terminal, what: str, stored: str | None) -> str:
    answer = terminal.ask_hidden(f"{what}{' (Enter keeps the stored one)' if stored else ''}:") or stored
    if not answer:
        raise OperatorError(f"{what}: the answer is empty.")
    if not (answer.isascii() and answer.isprintable() and " " not in answer):
        raise OperatorError(f"{what}: it must be printable ASCII without spaces.")
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
            terminal.say(f"{problem} Try again:")
    return None
