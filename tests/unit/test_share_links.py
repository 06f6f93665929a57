import base64
from datetime import UTC, datetime

import pytest

from enhancer.adapters.share_links import SignedShareLinks
from enhancer.adapters.signing import Signer

NEW, OLD = (f"{name}:{base64.b64encode(name.encode() * 8).decode()}" for name in ("new2", "old1"))
ENDS = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def links(*keys):
    return SignedShareLinks(Signer(lambda: keys or (NEW, OLD)))


def test_a_token_says_when_it_ends_and_is_good_for_its_job_alone():
    token = links().sign("job", ENDS)
    assert links().verify("job", token) == ENDS
    assert links().verify("other", token) is None


def test_two_keys_are_valid_while_one_is_replaced():
    token = links(OLD).sign("job", ENDS)
    assert links().verify("job", token) == ENDS
    assert links(NEW).verify("job", token) is None


@pytest.mark.parametrize("place", range(0, 40, 3))
def test_a_token_changed_by_one_character_is_none(place):
    token = links().sign("job", ENDS)
    other = "0" if token[place] != "0" else "1"
    assert links().verify("job", token[:place] + other + token[place + 1 :]) is None


@pytest.mark.parametrize("text", ["", ".", "..", "1.new2.", "x" * 1000, "ä.ö.ü", "1795348800.none.sig"])
def test_other_text_is_no_token(text):
    assert links().verify("job", text) is None
