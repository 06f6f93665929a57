"""The gate of every route: where a request may come from, who makes it, and how often it may be made."""

import hashlib
import hmac
import ipaddress
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from aws_lambda_powertools.shared.cookies import Cookie

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
from enhancer.observability import logger, security_event
from enhancer.ports import Identities, Usage
from enhancer.request import Request

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Rules:
    """The operator's rules: requests a minute by class, and what guests may do from one address."""

    rates: Mapping[str, int]
    guest_jobs_per_address: int
    verified_email: bool
    base_url: str


@dataclass(frozen=True, slots=True)
class Place:
    """A unit of a daily limit: whose, of how many, and the message when the limit is reached."""

    rate: Rate
    subject: str
    refusal: Message


@dataclass(frozen=True, slots=True)
class Visitor:
    """A known caller, with the cookie to set for a new guest."""

    caller: Caller
    cookie: Cookie | None = None


class Access:
    """Lets requests in. `address_key` gives the key with which addresses are hashed before they are counted."""

    def __init__(
        self, identity: Identities, usage: Usage, rules: Rules, address_key: Callable[[], bytes], clock: Clock
    ) -> None:
        self._identity = identity
        self._usage = usage
        self._rules = rules
        self._address_key = address_key
        self._clock = clock
        self._blocks: dict[str, tuple[int, int]] = {}  # of this minute: how many were given out, up to which number
        self._minute = 0

    def reader(self, request: Request, rate: str = "other") -> Caller | None:
        """Who asks for something, if we know; counted, also where it is refused.

        Raises Forbidden, Unauthorized, ServiceUnavailable, RateLimited.
        """
        try:
            self._same_origin(request)
            caller = self._identity.caller(request.headers, request.cookies)
        except (Forbidden, Unauthorized, ServiceUnavailable):
            self.stranger(request)
            raise
        self._count(request, Rate(rate, self._rules.rates[rate]), self._subject(request, caller))
        return caller

    def known(self, request: Request) -> bool:
        """Whether a request has a cookie that we signed; a token is not looked at."""
        return self._identity.caller({}, request.cookies) is not None

    def stranger(self, request: Request) -> None:
        """Count a request that is refused before anybody is known: by its address, as all else. Raises RateLimited."""
        self._count(request, Rate("other", self._rules.rates["other"]), self._address(request))

    def creator(self, request: Request, rate: str, *, guests: bool = True) -> Visitor:
        """The caller of a request that creates something; with `guests` a caller without identity becomes a guest.

        Counted against the rate limits, guests also by IP address.

        Raises Forbidden, Unauthorized, EmailUnverified, RateLimited.
        """
        caller = self.reader(request, rate)
        cookie = None
        if caller is None:
            if not guests:
                raise Unauthorized(Message.SIGN_IN_REQUIRED)
            caller, cookie = self._identity.mint()
        if caller.owner.type == "user" and self._rules.verified_email and not caller.email_verified:
            raise EmailUnverified(Message.EMAIL_UNVERIFIED)
        if caller.owner.type == "guest":
            self._count(request, Rate(f"guest-{rate}", self._rules.rates["guest"]), self._address(request))
        return Visitor(caller, cookie)

    def job_places(self, request: Request, caller: Caller) -> list[Place]:
        """What a job takes of the day: a guest's is counted by the address it comes from."""
        if caller.owner.type != "guest":
            return []
        rate = Rate("guest-jobs", self._rules.guest_jobs_per_address, DAY)
        return [Place(rate, self._address(request), Message.ADDRESS_JOBS_EXHAUSTED)]

    def upload_places(self, request: Request, caller: Caller, quota_jobs: int) -> list[Place]:
        """What a picture that is brought takes of the day: of its owner's, and of a guest's address."""
        places = [
            Place(Rate("uploads", UPLOADS_A_JOB * quota_jobs, DAY), caller.owner.reference, Message.UPLOADS_EXHAUSTED)
        ]
        if caller.owner.type == "guest":
            rate = Rate("guest-uploads", UPLOADS_A_JOB * self._rules.guest_jobs_per_address, DAY)
            places.append(Place(rate, self._address(request), Message.ADDRESS_UPLOADS_EXHAUSTED))
        return places

    @contextmanager
    def taking(self, *places: Place) -> Iterator[None]:
        """Take the places for what is made meanwhile; a refusal gives them back, for nothing was made then.

        Raises QuotaExceeded.
        """
        now = self._clock()
        taken: list[Place] = []
        try:
            for place in places:
                self._take(place, now)
                taken.append(place)
            yield
        except RequestError:
            for place in taken:
                self._count_day(place, now, by=-1)
            raise

    def _take(self, place: Place, now: datetime) -> None:
        limit = place.rate.limit
        if self._count_day(place, now, by=1) > limit:
            wait = place.rate.resets_in(now)
            resets = to_text(now.replace(microsecond=0) + timedelta(seconds=wait))
            raise QuotaExceeded(place.refusal, retry_after=wait, limit=limit, resetAt=resets)

    def _count_day(self, place: Place, now: datetime, by: int) -> int:
        key, expires = place.rate.key(place.subject, now), int(now.timestamp()) + DAY
        return self._usage.count(key, place.rate.limit, expires, by=by, hard=by > 0)

    def audit(self, caller: Caller | None, job: Job, action: str) -> None:
        """Write a security event if an admin accesses another owner's job."""
        if caller and caller.is_admin and caller.owner.reference != job.owner.reference:
            security_event("admin", action=action, admin=caller.owner.id)

    def _same_origin(self, request: Request) -> None:
        origin = request.headers.get("origin")
        if request.method not in _SAFE and origin is not None and origin != self._rules.base_url:
            raise Forbidden(Message.CROSS_ORIGIN_REQUEST)

    def _count(self, request: Request, rate: Rate, subject: str) -> None:
        now = self._clock()
        resets = rate.resets_in(now)
        used = self._used(rate, subject, now)
        left = max(0, rate.limit - used)
        if request.rate_left is None or left <= request.rate_left:  # of several classes the tightest is shown
            request.rate_left = left
            request.answer_headers["ratelimit-policy"] = f'"{rate.name}";q={rate.limit};w={rate.seconds}'
            request.answer_headers["ratelimit"] = f'"{rate.name}";r={left};t={resets}'
        if used > rate.limit:
            logger.warning("rate limited", extra={"rate": rate.name})
            raise RateLimited(Message.RATE_LIMIT_EXCEEDED, retry_after=resets, limit=rate.limit, retryAfter=resets)

    def _used(self, rate: Rate, subject: str, now: datetime) -> int:
        """How many the window has seen, this one with them. Classes with a high limit are counted in blocks: each
        write takes several requests' worth, which this process then gives out by itself, so that polling costs few
        writes and the limit is never exceeded. Once it is, a process writes no more: refusing costs nothing then.
        """
        key = rate.key(subject, now)
        used, taken = self._blocks.get(key, (0, 0))
        if used == taken <= rate.limit:
            taken = self._usage.count(key, rate.limit, int(now.timestamp()) + 2 * rate.seconds, by=rate.block)
            used = taken - rate.block
        if self._minute != (minute := int(now.timestamp()) // MINUTE):
            self._minute = minute
            self._blocks.clear()
        self._blocks[key] = (used + 1, taken)
        return used + 1

    def _subject(self, request: Request, caller: Caller | None) -> str:
        return caller.owner.reference if caller else self._address(request)

    def _address(self, request: Request) -> str:
        """The client's network as a keyed hash: an IPv4 address, or the /64 that an IPv6 address is in."""
        text = request.client_address
        address = ipaddress.ip_address(text)
        network = ipaddress.ip_network((address, 64), strict=False) if address.version == 6 else address
        return "address#" + hmac.digest(self._address_key(), str(network).encode(), hashlib.sha256).hex()[:32]
