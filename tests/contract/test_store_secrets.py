"""`make secrets`: what is asked, proven, stored and said. AWS and R2 are moto, the provider is a function."""

import base64
import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from botocore.stub import Stubber

from operate import parameter_store
from operate.installation import OperatorError
from operate.parameter_store import MADE, NAMES
from operate.stage import Stage, read_stage
from operate.store_secrets import rotate, store_secrets
from tests.contract.conftest import boto_session
from tests.terminal import Scripted
from tests.transport import Answer, session

TOKEN, KEY_ID, SECRET = "r8_the_right_token", "an-access-key-id", "a-secret-access-key"
ENDPOINT = "https://1a2b.r2.cloudflarestorage.com"
KEY = base64.b64encode(bytes(32)).decode()


class Desk:
    """A stage with a bucket at moto, and a provider that takes one token."""

    def __init__(self) -> None:
        read = read_stage("dev")
        own = {"R2Endpoint": ENDPOINT, "R2Bucket": "images", "R2Prefix": "ai/"}
        self.stage: Stage = dataclasses.replace(read, region="us-east-1", parameters={**read.parameters, **own})
        self.webhook_secret = "whsec_of_the_account"
        self.provider, self.asked = session(self._answer)
        self.opened: list[tuple[str, str, str]] = []
        self.refused: list[str] = []
        """Operations that R2 refuses to the next clients, each once."""
        self.clients("s3").create_bucket(Bucket="images")

    def clients(self, service: str) -> Any:
        return boto_session().client(service)  # type: ignore[call-overload]

    def _answer(self, request: requests.PreparedRequest) -> Answer:
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            return 401, {}, b"{}"
        return 200, {}, f'{{"key": "{self.webhook_secret}"}}'.encode()

    def _r2(self, endpoint: str, key_id: str, secret: str) -> Any:
        self.opened.append((endpoint, key_id, secret))
        client = self.clients("s3")
        if self.refused:
            stubber = Stubber(client)
            stubber.add_client_error(self.refused.pop(), "AccessDenied")
            stubber.activate()
        return client

    def keep(self, *answers: str) -> Scripted:
        terminal = Scripted(*answers)
        self.keep_at(terminal)
        return terminal

    def keep_at(self, terminal: Scripted) -> None:
        store_secrets(self.stage, self.clients("ssm"), terminal, self.provider, self._r2)

    def stored(self) -> dict[str, str]:
        return parameter_store.load(self.clients("ssm"), self.stage)

    def store(self, name: str, value: str) -> None:
        parameter_store.store(self.clients("ssm"), self.stage, name, value)

    def rotate(self, name: str, pause: Callable[[float], None] = lambda _: None) -> list[str]:
        terminal = Scripted()
        rotate(self.stage, self.clients, terminal, name, pause)
        return terminal.lines


@pytest.fixture
def desk(aws: None) -> Desk:  # noqa: ARG001 - it is there
    return Desk()


def test_secrets_are_asked_for_proven_fetched_and_made(desk: Desk) -> None:
    terminal = desk.keep(TOKEN, KEY_ID, SECRET)
    assert terminal.questions == ["Replicate API token:", "R2 access key id:", "R2 secret access key:"]
    assert terminal.lines == [
        "replicate-api-token: stored",
        "replicate-webhook-secret: stored",
        "r2-access-key-id: stored",
        "r2-secret-access-key: stored",
        "owner-key: generated",
        "cookie-keys: generated",
        "share-keys: generated",
        "origin-secrets: generated",
    ]
    stored = desk.stored()
    assert parameter_store.malformed(stored) == []
    assert {name: stored[name] for name in NAMES if name not in MADE} == {
        "replicate-api-token": TOKEN,
        "replicate-webhook-secret": desk.webhook_secret,
        "r2-access-key-id": KEY_ID,
        "r2-secret-access-key": SECRET,
    }
    assert desk.opened == [(ENDPOINT, KEY_ID, SECRET)]
    assert [each.url for each in desk.asked.requests] == ["https://api.replicate.com/v1/webhooks/default/secret"]
    for value in stored.values():
        assert value not in terminal.said


def test_each_is_a_secure_string_below_the_stacks_name(desk: Desk) -> None:
    desk.keep(TOKEN, KEY_ID, SECRET)
    found = desk.clients("ssm").describe_parameters()["Parameters"]
    assert {each["Name"] for each in found} == {f"/image-enhancer-dev/{name}" for name in NAMES}
    assert {each["Type"] for each in found} == {"SecureString"}


def test_what_proved_the_keys_of_r2_is_deleted(desk: Desk) -> None:
    desk.keep(TOKEN, KEY_ID, SECRET)
    assert desk.clients("s3").list_objects_v2(Bucket="images")["KeyCount"] == 0


def test_enter_keeps_what_is_stored_and_proves_it_again(desk: Desk) -> None:
    desk.keep(TOKEN, KEY_ID, SECRET)
    before = desk.stored()
    terminal = desk.keep("", "", "")
    assert desk.stored() == before
    assert terminal.questions == [
        "Replicate API token (Enter keeps the stored one):",
        "R2 access key id (Enter keeps the stored one):",
        "R2 secret access key (Enter keeps the stored one):",
    ]
    assert {line.partition(": ")[2] for line in terminal.lines} == {"kept"}
    assert {line.partition(": ")[0] for line in terminal.lines} == set(NAMES)
    assert desk.opened == [(ENDPOINT, KEY_ID, SECRET)] * 2
    assert len(desk.asked.requests) == 2


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("", "Replicate API token: the answer is empty."),
        ("r8_wrong", "The provider does not accept the token; create one at replicate.com/account/api-tokens."),
        ("r8 with blanks", "Replicate API token: it must be printable ASCII without spaces."),
        ("r8_ümlaut", "Replicate API token: it must be printable ASCII without spaces."),
        ("r8_line\nbreak", "Replicate API token: it must be printable ASCII without spaces."),
    ],
)
def test_a_wrong_answer_is_told_and_asked_again_and_never_stored(desk: Desk, answer: str, says: str) -> None:
    terminal = desk.keep(answer, TOKEN, KEY_ID, SECRET)
    assert terminal.lines[:2] == [f"{says} Try again:", "replicate-api-token: stored"]
    assert desk.stored()["replicate-api-token"] == TOKEN


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (("", KEY_ID, SECRET), "R2 access key id: the answer is empty. Try again:"),
        ((KEY_ID, "", KEY_ID, SECRET), "R2 secret access key: the answer is empty. Try again:"),
    ],
)
def test_both_keys_of_r2_are_needed(desk: Desk, answers: tuple[str, ...], says: str) -> None:
    assert says in desk.keep(TOKEN, *answers).lines


def test_keys_that_r2_refuses_are_asked_for_again(desk: Desk) -> None:
    desk.refused = ["list_objects_v2"]
    terminal = desk.keep(TOKEN, "another-key-id", "another-secret-key", KEY_ID, SECRET)
    assert terminal.lines[2] == (
        "The token may not list the bucket images (AccessDenied); it needs Object Read & Write on that bucket, and "
        "the bucket must exist. Try again:"
    )
    assert (desk.stored()["r2-access-key-id"], desk.stored()["r2-secret-access-key"]) == (KEY_ID, SECRET)


def test_the_third_wrong_answer_ends_it_and_what_was_proven_stays_stored(desk: Desk) -> None:
    terminal = Scripted(TOKEN, "", "", "")
    with pytest.raises(OperatorError, match=r"^R2 access key id: the answer is empty\.$"):
        desk.keep_at(terminal)
    assert [line for line in terminal.lines if "Try again" in line] == [
        "R2 access key id: the answer is empty. Try again:"
    ] * 2
    assert set(desk.stored()) == {"replicate-api-token", "replicate-webhook-secret"}


@pytest.mark.parametrize(
    ("present", "after"),
    [
        ("whsec_older whsec_oldest", "whsec_of_the_account whsec_older"),
        ("whsec_older whsec_of_the_account", "whsec_older whsec_of_the_account"),
    ],
)
def test_a_webhook_secret_that_the_provider_replaced_counts_beside_the_last_one(
    desk: Desk, present: str, after: str
) -> None:
    desk.store("replicate-webhook-secret", present)
    desk.keep(TOKEN, KEY_ID, SECRET)
    assert desk.stored()["replicate-webhook-secret"] == after


@pytest.mark.parametrize("name", ["cookie-keys", "share-keys"])
def test_a_new_signing_key_is_accepted_before_it_signs(desk: Desk, name: str) -> None:
    desk.store(name, "k1:first")
    during: list[str] = []
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        during.append(desk.stored()[name])

    said = desk.rotate(name, pause)
    [accepted] = during
    [first, new] = accepted.split()
    assert first == "k1:first"
    assert desk.stored()[name] == f"{new} k1:first"
    assert pauses == [330]
    assert said == [
        f"{name}: a new key is stored; it starts signing in 5.5 minutes, when every function has read it",
        f"{name}: the new key signs now, the previous one remains valid",
    ]
    assert desk.rotate(name)[-1] == f"{name}: the value before that one is no longer valid, nor is what it signed"
    assert desk.stored()[name].split()[1] == new


def test_a_new_origin_secret_counts_at_once_and_is_to_be_deployed(desk: Desk) -> None:
    desk.store("origin-secrets", "first")
    assert desk.rotate("origin-secrets") == [
        "origin-secrets: the new value is accepted within five minutes, the previous one remains valid",
        "then: make deploy ENV=dev, so that the distribution sends the new value",
    ]
    new, before = desk.stored()["origin-secrets"].split()
    assert before == "first"
    assert parameter_store.malformed({"origin-secrets": new}) == []


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("owner-key", "ROTATE is 'owner-key'; it must be one of cookie-keys, share-keys, origin-secrets."),
        ("replicate-api-token", "ROTATE is 'replicate-api-token'; it must be one of cookie-keys, "),
        ("share-keys", "There is no share-keys yet: make secrets ENV=dev"),
    ],
)
def test_what_can_not_be_replaced_is_told(desk: Desk, name: str, says: str) -> None:
    with pytest.raises(OperatorError) as refusal:
        desk.rotate(name)
    assert str(refusal.value).startswith(says)
    assert desk.stored() == {}


def test_all_that_are_missing_are_named_with_the_command(desk: Desk) -> None:
    for name in NAMES[2:]:
        desk.store(name, "x")
    with pytest.raises(OperatorError) as refusal:
        parameter_store.load_all(desk.clients("ssm"), desk.stage)
    missing = "replicate-api-token, r2-access-key-id"
    assert str(refusal.value) == f"These secrets are missing: {missing}; make secrets ENV=dev"


def test_a_secrets_age_is_the_time_since_it_was_changed(desk: Desk) -> None:
    desk.store("origin-secrets", "x")
    age = parameter_store.age(
        desk.clients("ssm"), desk.stage, "origin-secrets", datetime.now(UTC) + timedelta(minutes=7)
    )
    assert timedelta(minutes=6, seconds=50) < age < timedelta(minutes=7, seconds=10)


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("replicate-api-token", ["12345678"], ["1234567", "123 45678"]),
        ("r2-access-key-id", ["12345678"], ["1234567"]),
        ("r2-secret-access-key", ["x" * 16], ["x" * 15]),
        ("replicate-webhook-secret", ["whsec_a", "whsec_a whsec_b"], ["a", "whsec_a b", "whsec_a whsec_b whsec_c"]),
        ("owner-key", [KEY], [KEY[1:], f"k1:{KEY}", f"{KEY} {KEY}"]),
        ("cookie-keys", [f"k1:{KEY}", f"k1:{KEY} k2:{KEY}"], [KEY, f"K1:{KEY}", f"k1:{KEY} "]),
        ("share-keys", [f"k1:{KEY}", f"k1:{KEY} k2:{KEY}"], [KEY, f"K1:{KEY}", f"k1:{KEY} "]),
        ("origin-secrets", ["x" * 32, f"{'x' * 32} {'y' * 32}"], ["x" * 31, f"{'x' * 32} y", "x" * 31 + "!"]),
    ],
)
def test_a_value_that_functions_could_not_use_is_known_by_its_form(
    name: str, right: list[str], wrong: list[str]
) -> None:
    assert [parameter_store.malformed({name: value}) for value in right] == [[]] * len(right)
    assert [parameter_store.malformed({name: value}) for value in wrong] == [[name]] * len(wrong)


@pytest.mark.parametrize("write", [parameter_store.store, parameter_store.create])
def test_what_the_store_refuses_is_told_by_its_code_alone(desk: Desk, write: Callable[..., Any]) -> None:
    client = desk.clients("ssm")
    stubber = Stubber(client)
    stubber.add_client_error("put_parameter", "ValidationException", "Value the-value failed")
    stubber.activate()
    with pytest.raises(OperatorError) as refusal:
        write(client, desk.stage, "cookie-keys", "the-value")
    assert str(refusal.value) == "/image-enhancer-dev/cookie-keys can't be stored: ValidationException"
