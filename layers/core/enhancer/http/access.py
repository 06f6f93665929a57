"""Access control of every route: cross-origin requests (CSRF), the caller's identity, rate limits and daily limits."""

import hashlib
import hmac
import ipaddress
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from aws_lambda_powertools.shared.cookies import Cookie

from enhancer.domain.authorization import owns
from enhancer.domain.clock import Clock, to_text
from enhancer.domain.job import Job
from enhancer.domain.limits import DAY, MINUTE, UPLOADS_A_JOB, Rate
from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller
from enhancer.errors import (
    EmailUnverified,
    Forbidden,
    QuotaExceeded,
    RateLimited,
    RequestError,
    ServiceUnavailable,
    Unauthorized,
)
from enhancer.http.request import Request
from enhancer.observability import logger, security_event
from enhancer.ports import Identities, UsageStore

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class AccessRules:
    """The operator's settings: requests per minute by class, and jobs per day for guests from one IP address."""

    rates: Mapping[str, int]
    guest_jobs_per_address: int
    verified_email: bool
    base_url: str


@dataclass(frozen=True, slots=True)
class DailyLimit:
    """A daily limit: its rate, its subject, and the message when it is reached."""

    rate: Rate
    subject: str
    refusal: Message


@dataclass(frozen=True, slots=True)
class AuthResult:
    """An identified caller, and the cookie to set if it is a new guest."""

    caller: Caller
    cookie: Cookie | None = None


class Access:
    """Checks requests. `address_key` returns the key with which IP addresses are hashed before they are counted."""

    def __init__(
        self,
        identity: Identities,
        usage: UsageStore,
        rules: AccessRules,
        address_key: Callable[[], bytes],
        clock: Clock,
    ) -> None:
        self._identity = identity
        self._usage = usage
        self._rules = rules
        self._address_key = address_key
        self._clock = clock
        self._minute = 0
        self._exceeded: set[str] = set()  # counters of this minute that are above their limits

    def identify(self, request: Request, rate: str = "other") -> Caller | None:
        """Return the caller, None without identity. The request is counted, also if it is rejected.

        Raises Forbidden, Unauthorized, ServiceUnavailable, RateLimited.
        """
        try:
            self._check_same_origin(request)
            caller = self._identity.caller(request.headers, request.cookies)
        except (Forbidden, Unauthorized, ServiceUnavailable):
            self.count_unidentified(request)
            raise
        self._count(request, Rate(rate, self._rules.rates[rate]), self._subject(request, caller))
        return caller

    def has_signed_cookie(self, request: Request) -> bool:
        """Return whether a request has a cookie that we signed. Tokens are ignored."""
        return self._identity.caller({}, request.cookies) is not None

    def count_unidentified(self, request: Request) -> None:
        """Count a request that is rejected before its caller is identified, by IP address. Raises RateLimited."""
        self._count(request, Rate("other", self._rules.rates["other"]), self._address(request))

    def identify_or_create_guest(self, request: Request, rate: str, *, guests: bool = True) -> AuthResult:
        """Return the caller of a request that creates something; with `guests`, one without identity becomes a guest.

        Counted against the rate limits, guests also by IP address.

        Raises Forbidden, Unauthorized, EmailUnverified, RateLimited.
        """
        caller = self.identify(request, rate)
        cookie = None
        if caller is None:
            if not guests:
                raise Unauthorized(Message.SIGN_IN_REQUIRED)
            caller, cookie = self._identity.mint()
        if caller.owner.type == "user" and self._rules.verified_email and not caller.email_verified:
            raise EmailUnverified(Message.EMAIL_UNVERIFIED)
        if caller.owner.type == "guest":
            self._count(request, Rate(f"guest-{rate}", self._rules.rates["guest"]), self._address(request))
        return AuthResult(caller, cookie)

    def job_limits(self, request: Request, caller: Caller) -> list[DailyLimit]:
        """Return the daily limits that a job counts against: a guest's, by IP address."""
        if caller.owner.type != "guest":
            return []
        rate = Rate("guest-jobs", self._rules.guest_jobs_per_address, DAY)
        return [DailyLimit(rate, self._address(request), Message.ADDRESS_JOBS_EXHAUSTED)]

    def upload_limits(self, request: Request, caller: Caller, quota_jobs: int) -> list[DailyLimit]:
        """Return the daily limits that an upload counts against: its owner's, and for guests also by IP address."""
        limits = [
            DailyLimit(
                Rate("uploads", UPLOADS_A_JOB * quota_jobs, DAY), caller.owner.reference, Message.UPLOADS_EXHAUSTED
            )
        ]
        if caller.owner.type == "guest":
            rate = Rate("guest-uploads", UPLOADS_A_JOB * self._rules.guest_jobs_per_address, DAY)
            limits.append(DailyLimit(rate, self._address(request), Message.ADDRESS_UPLOADS_EXHAUSTED))
        return limits

    @contextmanager
    def counted_against(self, *limits: DailyLimit) -> Iterator[None]:
        """Count what is created in the block against the limits; a RequestError takes it off again.

        Raises QuotaExceeded.
        """
        now = self._clock()
        counted: list[DailyLimit] = []
        try:
            for limit in limits:
                self._count_against(limit, now)
                counted.append(limit)
            yield
        except RequestError:
            for limit in counted:
                self._count_day(limit, now, by=-1)
            raise

    def _count_against(self, limit: DailyLimit, now: datetime) -> None:
        if self._count_day(limit, now, by=1) > limit.rate.limit:
            wait = limit.rate.resets_in(now)
            resets = to_text(now.replace(microsecond=0) + timedelta(seconds=wait))
            raise QuotaExceeded(limit.refusal, retry_after=wait, limit=limit.rate.limit, resetAt=resets)

    def _count_day(self, limit: DailyLimit, now: datetime, by: int) -> int:
        key, expires = limit.rate.key(limit.subject, now), int(now.timestamp()) + DAY
        return self._usage.count(key, limit.rate.limit, expires, by=by, capped=by > 0)

    def audit(self, caller: Caller | None, job: Job, action: str) -> None:
        """Write a security event if an admin accesses another owner's job."""
        if caller and caller.is_admin and not owns(caller.owner, job):
            security_event("admin", action=action, admin=caller.owner.id)

    def _check_same_origin(self, request: Request) -> None:
        origin = request.headers.get("origin")
        if request.method not in _SAFE and origin is not None and origin != self._rules.base_url:
            raise Forbidden(Message.CROSS_ORIGIN_REQUEST)

    def _count(self, request: Request, rate: Rate, subject: str) -> None:
        now = self._clock()
        resets = rate.resets_in(now)
        used = self._used(rate, subject, now)
        left = max(0, rate.limit - used)
        if request.rate_left is None or left <= request.rate_left:  # of several classes, the headers show the tightest
            request.rate_left = left
            request.response_headers["ratelimit-policy"] = f'"{rate.name}";q={rate.limit};w={rate.seconds}'
            request.response_headers["ratelimit"] = f'"{rate.name}";r={left};t={resets}'
        if used > rate.limit:
            logger.warning("rate limited", extra={"rate": rate.name})
            raise RateLimited(Message.RATE_LIMIT_EXCEEDED, retry_after=resets, limit=rate.limit, retryAfter=resets)

    def _used(self, rate: Rate, subject: str, now: datetime) -> int:
        """Count a request. Once a limit is exceeded, this process rejects without a write, so floods stay cheap."""
        if self._minute != (minute := int(now.timestamp()) // MINUTE):
            self._minute = minute
            self._exceeded.clear()
        key = rate.key(subject, now)
        if key in self._exceeded:
            return rate.limit + 1
        used = self._usage.count(key, rate.limit, int(now.timestamp()) + 2 * rate.seconds)
        if used > rate.limit:
            self._exceeded.add(key)
        return used

    def _subject(self, request: Request, caller: Caller | None) -> str:
        return caller.owner.reference if caller else self._address(request)

    def _address(self, request: Request) -> str:
        """Return the client's network as a keyed hash: an IPv4 address, or the /64 that contains an IPv6 address."""
        text = request.client_ip
        address = ipaddress.ip_address(text)
        network = ipaddress.ip_network((address, 64), strict=False) if address.version == 6 else address
        return "address#" + hmac.digest(self._address_key(), str(network).encode(), hashlib.sha256).hex()[:32]
