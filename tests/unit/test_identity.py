import base64

import pytest

from enhancer.adapters.identity import Identity
from enhancer.domain import owner
from enhancer.domain.owner import Owner
from enhancer.errors import Unauthorized

NEW, OLD = (f"{name}:{base64.b64encode(name.encode() * 8).decode()}" for name in ("new2", "old1"))


def identity(keys=(NEW, OLD), *, secure=False):
    def bearer(token):
        if token != "good":
            raise Unauthorized("bad")
        return Owner("user", "u" * 26, "subject")

    return Identity(lambda: keys, bearer, secure=secure)


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
def test_a_forged_cookie_is_nobody(forge):
    _, cookie = identity().mint()
    assert identity().caller({}, [forge(value_of(cookie))]) is None


def test_a_token_decides_alone():
    _, cookie = identity().mint()
    assert identity().caller({"authorization": "Bearer good"}, [value_of(cookie)]).type == "user"
    for bad in ("Bearer bad", "Basic good", "Bearer ", "good", ""):
        with pytest.raises(Unauthorized):
            identity().caller({"authorization": bad}, [value_of(cookie)])


def test_only_those_who_bring_something_become_guests():
    known, cookie = identity().caller_or_guest({}, [])
    assert cookie is not None
    assert identity().caller_or_guest({}, [value_of(cookie)]) == (known, None)
    assert identity().caller({}, []) is None


def test_owner_ids_are_opaque_and_depend_on_key_issuer_and_subject():
    ids = {
        owner.user(key, issuer, subject).id
        for key in (b"1", b"2")
        for issuer in ("https://a", "https://b")
        for subject in ("alice", "bob")
    }
    assert len(ids) == 8
    assert all(len(each) == 26 and "alice" not in each for each in ids)
