"""No request of a stranger is free: what is refused before the caller is identified is counted by IP address."""

import pytest

from enhancer.domain.owner import Caller, Owner
from enhancer.http.routing import METHODS
from tests.unit.installation import VALUES, Installation

LIMIT = 4
RATES = VALUES["RATE_LIMITS"].replace("other=100000", f"other={LIMIT}")
UNCOUNTED = {"/api/health", "/api/openapi.json", "/api/docs", "/api/docs/{file+}", "/api/webhooks/replicate"}
"""Served without the tables: docs/security.md says so."""
REFUSED = {
    "a bad token": (401, "GET", "/api/ai-image/usage", {"authorization": "Bearer x.y.z"}),
    "no token at all": (401, "GET", "/api/ai-image/models", {"authorization": "Basic x"}),
    "a bad token for images": (401, "GET", "/r2-ai/x", {"authorization": "Bearer x"}),
    "a bad token with an order": (401, "POST", "/api/ai-image/jobs", {"authorization": "Bearer x"}),
    "a foreign site": (403, "DELETE", "/api/session", {"origin": "https://evil.test"}),
    "a foreign site's order": (403, "POST", "/api/ai-image/jobs", {"origin": "https://evil.test"}),
    "an unknown path": (404, "GET", "/api/.env", {}),
    "another unknown path": (404, "POST", "/api/ai-image/jobs/x/y", {}),
    "no image's name": (404, "GET", "/r2-ai/", {}),
    "an anonymous caller's job": (401, "GET", "/api/ai-image/usage", {"authorization": ""}),
}


@pytest.fixture
def installed(world, monkeypatch):
    return Installation(world, monkeypatch, RATE_LIMITS=RATES)


def flood(installed, status, method, path, headers):
    """Ask until the limit, then once more often; how many writes the counters took."""
    writes, count = [], installed.world.usage.count
    installed.world.usage.count = lambda *given, **more: writes.append(given) or count(*given, **more)
    for _ in range(LIMIT):
        assert installed.call(method, path, headers=headers).status == status
    for _ in range(20):
        refused = installed.call(method, path, headers=headers)
        assert (refused.status, refused.json["error"]["type"]) == (429, "rate_limited"), refused.body
        assert int(refused.headers["retry-after"]) > 0
        assert refused.headers["ratelimit"].startswith('"other";r=0;t=')
    return len(writes)


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused_before_the_caller_is_identified_is_counted(installed, kind):
    status, method, path, headers = REFUSED[kind]
    assert flood(installed, status, method, path, headers) == LIMIT + 1, "a refusal above the limit writes nothing"
    assert installed.call(method, path, headers=headers, address="198.51.100.1").status == status
    known = Caller(Owner("user", "u" * 26, "alice"))
    assert installed.call("GET", "/api/ai-image/usage", caller=known).status == 200, "others at the address go on"


@pytest.mark.parametrize("path", METHODS)
def test_a_wrong_method_is_counted_wherever_there_is_a_table(installed, path):
    target = path.replace("{id}", "x").replace("{key+}", "x").replace("{file+}", "x")
    if path in UNCOUNTED - {"/api/health"}:
        for _ in range(3 * LIMIT):
            assert installed.call("PATCH", target).status == 405
    else:
        assert flood(installed, 405, "PATCH", target, {}) == LIMIT + 1
