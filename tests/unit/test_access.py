import json
import re
from contextlib import suppress
from pathlib import Path

import pytest

from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller, Owner, new_guest
from enhancer.errors import (
    Conflict,
    DailyRunLimitReached,
    EmailUnverified,
    Forbidden,
    NotFound,
    QuotaExceeded,
    RateLimited,
    Unauthorized,
    ValidationFailed,
)
from enhancer.http.access import Access, AccessRules
from enhancer.http.request import Request

EVENT = json.loads((Path(__file__).parents[2] / "events/upload_intake.json").read_text())
RATES = {"create": 2, "upload": 3, "status": 5, "image": 5, "other": 2, "guest": 4}
USER = Caller(Owner("user", "u" * 26, "subject"))


class FakeIdentity:
    def __init__(self, caller=None):
        self.known = caller

    def caller(self, headers, cookies):  # noqa: ARG002
        return self.known

    def mint(self):
        return Caller(new_guest()), "cookie"


@pytest.fixture
def gate(world):
    def make(caller=None, *, verified_email=False, jobs_per_address=2):
        rules = AccessRules(RATES, jobs_per_address, verified_email, "https://images.example.com")
        return Access(FakeIdentity(caller), world.usage, rules, lambda: b"key", world.clock)

    return make


def request(method="POST", address="203.0.113.7", **headers):
    event = json.loads(json.dumps(EVENT))
    event["headers"] |= {"x-viewer-address": address} | headers
    event["requestContext"]["http"]["method"] = method
    return Request(event)


def test_a_class_takes_its_rate_a_minute_and_says_where_one_stands(gate, world, caplog):
    world.clock.advance(seconds=50)
    for left in (1, 0):
        event = request("GET")
        assert gate(USER).identify(event) == USER
        assert event.response_headers == {
            "ratelimit-policy": '"other";q=2;w=60',
            "ratelimit": f'"other";r={left};t=10',
        }
    event = request("GET")
    with pytest.raises(RateLimited) as refusal:
        gate(USER).identify(event)
    assert refusal.value.retry_after == 10
    assert refusal.value.details == {"limit": 2, "retryAfter": 10}
    [record] = caplog.records
    assert (record.levelname, record.message, record.rate) == ("WARNING", "rate limited", "other")
    assert event.response_headers["ratelimit"] == '"other";r=0;t=10'
    gate(USER).identify(request("GET"), "status")
    world.clock.advance(seconds=10)
    gate(USER).identify(request("GET"))


def test_every_process_counts_in_the_same_table(world):
    def make():
        rules = AccessRules(RATES | {"status": 240}, 2, verified_email=False, base_url="https://images.example.com")
        return Access(FakeIdentity(USER), world.usage, rules, lambda: b"key", world.clock)

    admitted = 0
    for gate in (make(), make()) * 150:
        with suppress(RateLimited):
            gate.identify(request("GET"), "status")
            admitted += 1
    assert admitted == 240


def test_exceeded_limits_are_remembered_for_their_minute_alone(world):
    rules = AccessRules(RATES, 2, verified_email=False, base_url="https://images.example.com")
    access = Access(FakeIdentity(USER), world.usage, rules, lambda: b"key", world.clock)
    for _ in range(3):
        for _ in range(3):
            with suppress(RateLimited):
                access.identify(request("GET"))
        assert len(access._exceeded) == 1, "a process that lives for days keeps no more"
        world.clock.advance(seconds=60)


def test_a_caller_without_identity_is_counted_by_address(gate):
    for _ in range(2):
        assert gate().identify(request("GET")) is None
    with pytest.raises(RateLimited):
        gate().identify(request("GET"))
    gate().identify(request("GET", address="198.51.100.1"))


def test_addresses_of_one_ipv6_network_count_as_one_and_are_kept_as_hashes(gate, world):
    for host in (":1", "8000::2"):
        gate().identify(request("GET", address=f"2001:db8:1:2:{host}"))
    with pytest.raises(RateLimited):
        gate().identify(request("GET", address="2001:db8:1:2::3"))
    gate().identify(request("GET", address="2001:db8:1:3::1"))
    assert all(re.fullmatch(r"rate#other#address#[0-9a-f]{32}#\d+", key) for key in world.usage.counters)


def test_an_addresss_hash_depends_on_the_installations_key(world):
    def counted(key, address):
        rules = AccessRules(RATES, 2, verified_email=False, base_url="https://images.example.com")
        Access(FakeIdentity(), world.usage, rules, lambda: key, world.clock).identify(request("GET", address=address))
        return list(world.usage.counters)[-1]

    assert len({counted(key, address) for key in (b"1", b"2") for address in ("203.0.113.7", "203.0.113.8")}) == 4


def test_counters_stay_until_their_window_is_certainly_over(gate, world):
    guest, now = Caller(new_guest()), int(world.clock().timestamp())
    gate(guest).identify_or_create_guest(request(), "create")
    access = gate(guest)
    with access.counted_against(*access.job_limits(request(), guest), *access.upload_limits(request(), guest, 3)):
        pass
    ends = {key.split("#")[1]: end - now for key, end in world.usage.ends.items()}
    assert ends == {
        "create": 120,
        "guest-create": 120,
        "guest-jobs": 86_400,
        "uploads": 86_400,
        "guest-uploads": 86_400,
    }


def test_guests_that_are_minted_anew_share_their_address(gate):
    for _ in range(2):
        assert gate().identify_or_create_guest(request(), "create").cookie == "cookie"
    with pytest.raises(RateLimited):
        gate().identify_or_create_guest(request(), "create")


def test_a_guest_may_create_only_so_much_from_one_address(gate):
    for _ in range(4):
        gate(Caller(new_guest())).identify_or_create_guest(request(), "create")
    with pytest.raises(RateLimited):
        gate(Caller(new_guest())).identify_or_create_guest(request(), "create")
    gate(Caller(new_guest())).identify_or_create_guest(request(address="198.51.100.1"), "create")
    assert gate(USER).identify_or_create_guest(request(), "create").cookie is None


def take(access, limits, refusal=None):
    with access.counted_against(*limits):
        if refusal:
            raise refusal


def test_guests_at_one_address_have_their_jobs_a_day(gate, world):
    guest = Caller(new_guest())
    access, here = gate(guest), gate(guest).job_limits(request(), guest)
    for _ in range(2):
        take(access, here)
    with pytest.raises(QuotaExceeded) as refusal:
        take(access, here)
    assert refusal.value.retry_after == 12 * 3600
    assert refusal.value.details == {"limit": 2, "resetAt": "2026-11-23T00:00:00.000Z"}
    assert max(world.usage.counters.values()) == 2, "a refusal is not counted"
    take(access, access.job_limits(request(address="198.51.100.1"), guest))
    assert access.job_limits(request(), USER) == []
    world.clock.advance(hours=12)
    take(access, here)


def test_what_became_no_job_counts_against_no_limit(gate, world):
    guest = Caller(new_guest())
    access, here = gate(guest), gate(guest).job_limits(request(), guest)
    for refusal in (ValidationFailed, QuotaExceeded, DailyRunLimitReached, Conflict, NotFound):
        for _ in range(3):
            with pytest.raises(refusal):
                take(access, here, refusal(Message.JOB_NOT_FOUND))
    assert set(world.usage.counters.values()) == {0}
    with pytest.raises(RuntimeError):  # whether there is a job is not known then
        take(access, here, RuntimeError())
    assert set(world.usage.counters.values()) == {1}


def test_images_are_bounded_by_the_day_for_an_owner_and_for_guests_at_an_address(gate, world):
    guest, other = Caller(new_guest()), Caller(new_guest())
    for caller, address, taken in ((USER, "a", 3), (guest, "b", 3), (other, "b", 3), (Caller(new_guest()), "b", 0)):
        access = gate(caller)
        limits = access.upload_limits(request(address=f"203.0.113.{ord(address)}"), caller, 1)
        for _ in range(taken):
            take(access, limits)
        before = dict(world.usage.counters)
        with pytest.raises(QuotaExceeded) as refusal:
            take(access, limits)
        assert refusal.value.details == {"limit": 3 if taken else 6, "resetAt": "2026-11-23T00:00:00.000Z"}
        after = {key: used for key, used in world.usage.counters.items() if used}
        assert after == before, "what was taken before the refusal is taken off again"
    elsewhere = Caller(new_guest())
    take(gate(elsewhere), gate(elsewhere).upload_limits(request(address="203.0.113.99"), elsewhere, 1))
    world.clock.advance(hours=12)
    take(gate(USER), gate(USER).upload_limits(request(), USER, 1))


def test_some_routes_make_no_guests(gate):
    with pytest.raises(Unauthorized, match=r"^sign_in_required$"):
        gate().identify_or_create_guest(request(), "create", guests=False)


def test_users_may_have_to_verify_their_address_before_they_create(gate):
    with pytest.raises(EmailUnverified, match="email_unverified"):
        gate(USER, verified_email=True).identify_or_create_guest(request(), "create")
    assert gate(USER, verified_email=True).identify(request("GET")) == USER
    verified = Caller(USER.owner, email_verified=True)
    assert gate(verified, verified_email=True).identify_or_create_guest(request(), "create").caller == verified
    gate(USER).identify_or_create_guest(request(), "upload")
    gate(verified_email=True).identify_or_create_guest(request(), "upload")


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://images.example.com", ""])
def test_a_request_from_another_site_changes_nothing(gate, origin):
    for number, method in enumerate(("POST", "DELETE", "PUT")):  # each from an address of its own, for they are counted
        with pytest.raises(Forbidden):
            gate(USER).identify(request(method, f"203.0.113.{number}", origin=origin))
    gate(USER).identify(request("GET", origin=origin))
    gate(USER).identify(request("POST", origin="https://images.example.com"))


def test_an_admin_at_another_owners_job_leaves_a_security_event(gate, world, caplog):
    job = world.new_job()
    admin = Caller(Owner("user", "a" * 26, "root"), role="admin")
    for quiet in (None, world.caller, Caller(world.owner, role="admin")):
        gate().audit(quiet, job, "read")
    assert "security" not in caplog.text
    gate().audit(admin, job, "read")
    [record] = caplog.records
    assert (record.message, record.event, record.action, record.admin) == ("security", "admin", "read", "a" * 26)


def test_of_several_classes_the_tightest_is_shown(gate):
    event = request()
    gate(Caller(new_guest())).identify_or_create_guest(event, "upload")
    assert event.response_headers["ratelimit"].startswith('"upload";r=2')
    for left in (2, 1):  # the second guest has as many left of both: the address's class is shown, which others use too
        event = request()
        gate(Caller(new_guest())).identify_or_create_guest(event, "upload")
        assert event.response_headers["ratelimit"].startswith(f'"guest-upload";r={left}')
