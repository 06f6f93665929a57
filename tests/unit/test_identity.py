import base64
import dataclasses
import re
from datetime import timedelta

import pytest

from enhancer.adapters.identity import Identity, Token
from enhancer.adapters.signing import Signer
from enhancer.domain import owner
from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller, Owner
from enhancer.errors import Unauthorized
from tests.fakes import FakeClock

NEW, OLD = (f"{name}:{base64.b64encode(name.encode() * 8).decode()}" for name in ("new2", "old1"))

TOKEN = Token(
    Caller(Owner("user", "u" * 26, "subject"), "admin", email_verified=True), FakeClock().now + timedelta(hours=9)
)


def identity(keys=(NEW, OLD), *, secure=False, clock=None):
    def bearer(token):
        if token != "good":
            raise Unauthorized(Message.TOKEN_INVALID)
        return TOKEN

    return Identity(Signer(lambda: keys), bearer, clock or FakeClock(), secure=secure)


def value_of(cookie):
    return str(cookie).partition(";")[0]


def test_a_minted_guest_comes_back():
    guest, cookie = identity().mint()
    assert identity().caller({}, ["theme=dark", value_of(cookie)]) == guest
    assert "HttpOnly" in str(cookie)
    assert "SameSite=Lax" in str(cookie)
    assert "Secure" not in str(cookie)


def test_with_tls_the_cookie_is_bound_to_the_host():
    guest, cookie = identity(secure=True).mint()
    assert str(cookie).startswith("__Host-guest=")
    assert "Secure" in str(cookie)
    assert identity(secure=True).caller({}, [value_of(cookie)]) == guest


def test_two_cookie_keys_are_valid_and_a_third_is_not():
    guest, cookie = identity(keys=(OLD,)).mint()
    assert identity().caller({}, [value_of(cookie)]) == guest
    assert identity(keys=(NEW,)).caller({}, [value_of(cookie)]) is None


@pytest.mark.parametrize(
    "forge",
    [
        lambda value: value[:-1] + ("A" if value[-1] != "A" else "B"),
        lambda value: value.replace("guest=", "guest=x"),
        lambda value: value.replace("new2", "none"),
        lambda value: value.replace("new2", "old1"),
        lambda value: value.rpartition(".")[0],
        lambda _: "guest=",
        lambda _: "guest=..",
        lambda _: "guest=ä.new2.ä",
    ],
)
def test_a_forged_cookie_identifies_no_caller(forge):
    _, cookie = identity().mint()
    assert identity().caller({}, [forge(value_of(cookie))]) is None


def test_a_token_decides_alone():
    _, cookie = identity().mint()
    assert identity().caller({"authorization": "Bearer good"}, [value_of(cookie)]) == TOKEN.caller
    assert identity().caller({"authorization": "bearer  good "}, []) == TOKEN.caller
    for bad in ("Bearer bad", "Basic good", "Bearer ", "good", ""):
        with pytest.raises(Unauthorized):
            identity().caller({"authorization": bad}, [value_of(cookie)])


def test_no_session_is_opened_without_a_token():
    with pytest.raises(Unauthorized):
        identity().token({})


def test_no_cookie_identifies_no_caller():
    assert identity().caller({}, []) is None
    assert identity().caller({}, ["other=1"]) is None


def test_a_session_is_its_tokens_user_for_eight_hours_at_most():
    clock = FakeClock()
    cookie, ends = identity(clock=clock).open_session(TOKEN)
    assert ends == clock.now + timedelta(hours=8)
    assert "Max-Age=28800" in str(cookie)
    assert re.fullmatch(r"session=[A-Za-z0-9_.-]+", value_of(cookie))
    _, guest = identity().mint()
    both = [value_of(guest), value_of(cookie)]
    assert identity(clock=clock).caller({}, both) == TOKEN.caller
    clock.advance(hours=8)
    assert identity(clock=clock).caller({}, both).owner.type == "guest"


@pytest.mark.parametrize("length", range(8))
def test_a_session_is_its_users_however_long_the_subject(length):
    token = dataclasses.replace(TOKEN, caller=Caller(Owner("user", "u" * 26, "s" * length)))
    cookie, _ = identity().open_session(token)
    assert identity().caller({}, [value_of(cookie)]) == token.caller


def test_a_session_never_outlives_its_token():
    clock = FakeClock()
    clock.advance(hours=8, minutes=59)
    cookie, ends = identity(clock=clock).open_session(TOKEN)
    assert ends == TOKEN.expires_at
    assert "Max-Age=60" in str(cookie)


def test_a_guests_signature_is_no_sessions():
    _, cookie = identity().mint()
    assert identity().caller({}, [value_of(cookie).replace("guest=", "session=")]) is None


def test_signing_out_empties_the_cookie():
    assert str(identity().close_session()).startswith("session=; Path=/; Max-Age=0")


def test_owner_ids_are_opaque_and_depend_on_key_issuer_and_subject():
    ids = {
        owner.user(key, issuer, subject).id
        for key in (b"1", b"2")
        for issuer in ("https://a", "https://b")
        for subject in ("alice", "bob")
    }
    assert len(ids) == 8
    assert all(len(each) == 26 and "alice" not in each for each in ids)
