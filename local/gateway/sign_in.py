"""Sign-in for development, without a password: OpenID Connect's authorization code flow with PKCE.

For the page and for OpenID Connect libraries; anyone who reaches this port may sign in as any subject. Rules: RFC 6749
section 4.1, RFC 7636 (S256 only), OpenID Connect Core 1.0 section 3.1. Codes are kept in memory.
"""

import base64
import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from local.config import AUDIENCE
from local.gateway.response import Response
from local.issuer import AUTHORIZE, TOKEN, TOKEN_SECONDS

CODE_SECONDS = 60
SUBJECT = re.compile(r"[\w.@+-]{1,64}")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""RFC 7636 section 4.2: base64url of a SHA-256."""
ASKED = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
]
"""Parameters that the form passes on."""
HEADERS = [
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
]
FORM_POLICY = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
FORM = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sign in · local stack</title>
<main>
<h1>Sign in</h1>
<p>This is the local stack's sign-in. It asks for no password: enter any name.</p>
<form method="post" action="{action}">
{hidden}
<p><label for="subject">Sign in as</label> <input id="subject" name="subject" value="alice" required maxlength="64"
 pattern="[\\w.@+\\-]+" autocomplete="off" autocapitalize="none" spellcheck="false" autofocus></p>
<p><button>Sign in</button></p>
</form>
</main>
</html>
"""

Form = Mapping[str, str]
SignToken = Callable[..., str]


@dataclass(frozen=True)
class Grant:
    """The grant of a code, until it is exchanged or `ends` (seconds of the clock)."""

    redirect_uri: str
    challenge: str
    nonce: str | None
    subject: str
    ends: float


class SignIn:
    """The authorization and token endpoints of a gateway."""

    def __init__(self, origin: str, sign: SignToken, clock: Callable[[], float] = time.monotonic) -> None:
        """`sign(subject, **claims)` makes a token of the issuer; only URLs of `origin` are accepted for redirects."""
        self._origin = origin
        self._sign = sign
        self._clock = clock
        self._grants: dict[str, Grant] = {}

    def respond(self, method: str, path: str, query: str, body: bytes) -> Response:
        """Return the response to a request below `/_local`."""
        form = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
        match method, path:
            case "GET", p if p == AUTHORIZE:
                return self._ask(dict(parse_qsl(query, keep_blank_values=True)))
            case "POST", p if p == AUTHORIZE:
                return self._grant(form)
            case "POST", p if p == TOKEN:
                return self._exchange(form)
        return _text(404, "Not found.")

    def _ask(self, asked: Form) -> Response:
        """Return the form, or a refusal."""
        if refusal := self._refusal(asked):
            return refusal
        fields = ((name, asked[name]) for name in ASKED if name in asked)
        hidden = "\n".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields)
        headers = [*HEADERS, ("content-type", "text/html; charset=utf-8"), ("content-security-policy", FORM_POLICY)]
        return Response(200, headers, FORM.format(action=AUTHORIZE, hidden=hidden).encode())

    def _grant(self, asked: Form) -> Response:
        """Redirect back with a code."""
        if refusal := self._refusal(asked):
            return refusal
        subject = asked.get("subject", "")
        if not SUBJECT.fullmatch(subject):
            return _text(400, "A name has 1 to 64 letters, digits or . _ @ + -; go back and enter another.")
        now = self._clock()
        self._grants = {code: grant for code, grant in self._grants.items() if grant.ends > now}
        code = secrets.token_urlsafe(32)
        self._grants[code] = Grant(
            asked["redirect_uri"], asked["code_challenge"], asked.get("nonce"), subject, now + CODE_SECONDS
        )
        return _back(asked, {"code": code})

    def _refusal(self, asked: Form) -> Response | None:
        """Return why a request is refused: as text where the redirect URL can't be trusted, else by redirect."""
        if asked.get("client_id") != AUDIENCE:
            return _text(400, f"The client_id must be {AUDIENCE}.")
        if not self._is_ours(asked.get("redirect_uri", "")):
            return _text(400, f"The redirect_uri must be a URL of {self._origin}.")
        if asked.get("response_type") != "code":
            return _back(asked, {"error": "unsupported_response_type"})
        if "openid" not in asked.get("scope", "").split():
            return _back(asked, {"error": "invalid_scope", "error_description": "scope must include openid"})
        if asked.get("code_challenge_method") != "S256" or not CHALLENGE.fullmatch(asked.get("code_challenge", "")):
            return _back(asked, {"error": "invalid_request", "error_description": "PKCE with S256 is required"})
        return None

    def _is_ours(self, address: str) -> bool:
        try:
            parts = urlsplit(address)
        except ValueError:
            return False
        return f"{parts.scheme}://{parts.netloc}" == self._origin and not parts.fragment

    def _exchange(self, form: Form) -> Response:
        """Exchange a code for tokens; the code is used up in any case."""
        if form.get("grant_type") != "authorization_code":
            return _json(400, {"error": "unsupported_grant_type"})
        if form.get("client_id") != AUDIENCE:
            return _json(400, {"error": "invalid_client"})
        grant = self._grants.pop(form.get("code", ""), None)
        if grant is None or grant.ends <= self._clock():
            return _invalid_grant("the code is unknown, used or older than a minute")
        if form.get("redirect_uri") != grant.redirect_uri:
            return _invalid_grant("the redirect_uri is not the one of the authorization request")
        if not secrets.compare_digest(_challenge_of(form.get("code_verifier", "")), grant.challenge):
            return _invalid_grant("the code_verifier does not fit the code_challenge")
        nonce = {} if grant.nonce is None else {"nonce": grant.nonce}
        tokens = {
            "access_token": self._sign(grant.subject),
            "id_token": self._sign(grant.subject, **nonce),
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": "openid email",
        }
        return _json(200, tokens)


def _challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _back(asked: Form, result: Mapping[str, str]) -> Response:
    """Redirect to the checked URL, rebuilt from its parts, with the result and the caller's state."""
    parts = urlsplit(asked["redirect_uri"])
    state = {"state": asked["state"]} if "state" in asked else {}
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *result.items(), *state.items()])
    return Response(303, [*HEADERS, ("location", urlunsplit(parts._replace(query=query)))], b"")


def _invalid_grant(reason: str) -> Response:
    return _json(400, {"error": "invalid_grant", "error_description": reason})


def _json(status: int, value: Mapping[str, object]) -> Response:
    return Response(status, [*HEADERS, ("content-type", "application/json")], json.dumps(value).encode())


def _text(status: int, sentence: str) -> Response:
    return Response(status, [*HEADERS, ("content-type", "text/plain; charset=utf-8")], f"{sentence}\n".encode())
