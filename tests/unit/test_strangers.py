"""Every route, every id that it takes, every stranger: no caller gets, changes or learns anything of another owner's.

The routes are the method table's, the ids those that docs/openapi.yaml and the handlers name: a route, or an input of
one, that is not walked here is red.
"""

import ast
import dataclasses
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from enhancer.domain import keys
from enhancer.domain.job import Job
from enhancer.domain.owner import Caller, Owner, new_guest
from enhancer.http.routing import METHODS
from enhancer.usecases.list_jobs import ListJobs
from enhancer.usecases.request_upload import upload_headers
from tests.images import make_image
from tests.unit.conftest import PREFIX
from tests.unit.installation import Installation, Reply
from tests.unit.test_openapi import DOCUMENT, resolved
from tests.unit.test_template import ROOT

MODEL = "nightmareai/real-esrgan"
PLACES = {
    ("path", "id"): "job id",
    ("path", "key"): "image path",
    ("query", "share"): "share token",
    ("query", "cursor"): "cursor",
    ("query", "job"): "job id",
    ("header", "Idempotency-Key"): "idempotency key",
    ("body", "uploadId"): "upload id",
    ("body", "fromJobId"): "job id",
}
"""Where an id may be put, and of which kind it is."""
NO_ID = {
    *(("query", name) for name in ("limit", "wait")),
    *(("header", name) for name in ("If-None-Match", "webhook-id", "webhook-timestamp")),
    *(("body", name) for name in ("filename", "contentType", "size", "model", "params", "expiresIn", "image")),
    *(("body", name) for name in ("scale", "outputFormat", "faceEnhance", "outputQuality")),
    *(("body", name) for name in ("fidelity", "faceUpsample", "backgroundEnhance", "version")),
    *(("body", name) for name in ("id", "status")),  # the provider's, in a signed webhook
    ("path", "file"),
}
"""Inputs that name nothing of any owner."""
ROUTES = [(path, method) for path, methods in METHODS.items() for method in methods]
STRANGERS = ("anonymous", "guest", "user", "admin", "share holder")


def inputs(path: str, method: str) -> set[tuple[str, str]]:
    """Every input that the description names for a route: where it goes and what it is called."""
    item = DOCUMENT["paths"][path.replace("+}", "}")]
    operation = item.get("get" if method == "HEAD" else method.lower(), {})
    parameters = [resolved(each) for each in [*item.get("parameters", []), *operation.get("parameters", [])]]
    found = {(each["in"], each["name"]) for each in parameters}
    for content in resolved(operation.get("requestBody", {})).get("content", {}).values():
        found |= {("body", name) for name in properties(content["schema"])}
    return found


def properties(schema: Any) -> set[str]:
    schema = resolved(schema)
    parts = [part for word in ("allOf", "oneOf", "anyOf") for part in schema.get(word, [])]
    return set(schema.get("properties", {})).union(*(properties(part) for part in parts))


def test_every_input_of_every_route_is_walked_or_names_nothing():
    described = set().union(*(inputs(path, method) for path, method in ROUTES))
    assert described - set(PLACES) - NO_ID == set(), "an input that the walk does not know"
    assert set(PLACES) - described == set(), "a place that is no more"


def test_handlers_read_no_input_that_is_not_described():
    described = set().union(*(inputs(path, method) for path, method in ROUTES))
    for file in (ROOT / "functions").glob("*/app.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                told = [each.value for each in node.args[:1] if isinstance(each, ast.Constant)]
                if node.func.attr in {"query", "number"}:
                    assert {("query", name) for name in told} <= described, file
                if ast.unparse(node.func).endswith("headers.get"):
                    assert {name.lower() for name in told} <= {name.lower() for _, name in described}, file


# ---- Whose they are -------------------------------------------------------------------------------------------------


@dataclass
class Scene:
    """One owner's jobs, upload, links and key, and the strangers who know all their ids."""

    installed: Installation
    victim: Caller
    done: Job
    queued: Job
    deleted: Job
    upload_id: str
    share: str
    cursor: str
    ordered: str
    key: str = "the-victims-key"

    def ids(self, kind: str) -> list[str]:
        """Every id that may be put where one of this kind is wanted, those of another kind that look alike too."""
        done = self.done
        jobs = [done.id, self.queued.id, self.deleted.id, self.upload_id, self.ordered]
        return {
            "job id": jobs,
            "upload id": jobs,
            "share token": ["", self.share, f"{self.share}x"],
            "cursor": [self.cursor],
            "idempotency key": [self.key],
            "image path": [
                *map(str, (done.input_r2_key, done.output_r2_key, done.preview_r2_key, done.thumb_r2_key)),
                self.queued.input_r2_key,
                keys.original_key(PREFIX, done.owner, self.upload_id),
            ],
        }[kind]

    def stranger(self, name: str) -> Caller | None:
        user = Owner("user", "u" * 26, "another")
        return {
            "anonymous": None,
            "guest": Caller(new_guest()),
            "user": Caller(user),
            "admin": Caller(dataclasses.replace(user, id="a" * 26), role="admin"),
            "share holder": Caller(new_guest()),
        }[name]

    def state(self) -> Any:
        """All that belongs to the owner: rows, objects, quota, messages, calls to the provider."""
        world, own = self.installed.world, self.victim.owner
        return json.dumps(
            {
                "rows": [repr(row) for row in world.jobs.rows.values() if row.owner.reference == own.reference],
                "objects": [key for key in world.images.objects if own.id in key],
                "quota": repr(world.usage.quotas.get(own.reference)),
                "messages": repr([world.messages.completions, world.provider.cancelled]),
            }
        )

    def secrets(self) -> list[str]:
        """What only its owner may read."""
        return [self.victim.owner.id, str(self.done.output_sha256), "holiday", "run1"]


@pytest.fixture(params=["guest", "user"])
def scene(request, world, monkeypatch):
    installed = Installation(world, monkeypatch)
    owner = new_guest() if request.param == "guest" else Owner("user", "v" * 26, "victim")
    world.owner, world.caller = owner, Caller(owner)
    world.create_job = dataclasses.replace(world.create_job, quota_jobs=10)
    done, queued, deleted = (world.new_job() for _ in range(3))
    world.start_job(done.id)
    world.complete_job(done.id, world.provider.finish("run1"))
    for row in (done, queued, deleted):
        world.jobs.rows[row.id] = dataclasses.replace(world.job(row.id), filename="holiday.png")
    world.jobs.update(world.job(deleted.id), {"deleted_at": "2026-11-28T12:00:00.000Z"})
    world.messages.completions.clear()
    upload_id = keys.new_job_id("image/png")
    data = make_image()
    key = keys.original_key(PREFIX, owner, upload_id)
    world.images.put(key, data, upload_headers(upload_id, len(data)))
    made = installed.call("POST", f"/api/ai-image/jobs/{done.id}/share", caller=world.caller, body={})
    token = made.json["data"]["url"].partition("share=")[2]
    cursor = ListJobs(jobs=world.jobs)(world.caller, limit=1).next_cursor
    wanted, headers = {"fromJobId": queued.id, "model": MODEL}, {"idempotency-key": Scene.key}
    ordered = installed.call("POST", "/api/ai-image/jobs", caller=world.caller, headers=headers, body=wanted)
    return Scene(
        installed,
        world.caller,
        world.job(done.id),
        queued,
        deleted,
        upload_id,
        token,
        str(cursor),
        ordered.json["data"]["id"],
    )


def requests(scene: Scene, path: str, method: str) -> Iterator[dict[str, str]]:
    """Every way to fill a route's places with the victim's ids; one place of the body at a time."""
    places = sorted(inputs(path, method) & set(PLACES))
    body = [place for place in places if place[0] == "body"]
    rest = [place for place in places if place[0] != "body"]
    for chosen in body or [None]:
        filled = [*rest, chosen] if chosen else rest
        for values in itertools.product(*(scene.ids(PLACES[place]) for place in filled)):
            yield {f"{where} {name}": value for (where, name), value in zip(filled, values, strict=True)}


def send(scene: Scene, path: str, method: str, filled: dict[str, str], caller: Caller | None) -> Reply:
    """A request that is right in all else."""
    target = path
    for place, value in filled.items():
        if place.startswith("path "):
            name = place.removeprefix("path ")
            target = target.replace(f"{{{name}}}", value).replace(f"{{{name}+}}", value)
    target = target.replace("{file+}", "x.js")
    asked = [f"{place.removeprefix('query ')}={value}" for place, value in filled.items() if place[:6] == "query "]
    headers = {place.removeprefix("header "): value for place, value in filled.items() if place[:7] == "header "}
    named = {place.removeprefix("body "): value for place, value in filled.items() if place[:5] == "body "}
    wanted = inputs(path, method)
    body: Any = b""
    if named or method == "POST":
        body = named | ({"model": MODEL} if ("body", "model") in wanted else {})
    if ("body", "image") in wanted and not named:
        parts = (
            b'--x\r\nContent-Disposition: form-data; name="model"\r\n\r\n' + MODEL.encode() + b"\r\n"
            b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
            + make_image()
            + b"\r\n--x--"
        )
        body, headers = parts, headers | {"content-type": "multipart/form-data; boundary=x"}
    if ("body", "contentType") in wanted:
        body = {"filename": "a.png", "contentType": "image/png", "size": 10}
    return scene.installed.call(
        method, target + ("?" + "&".join(asked) if asked else ""), caller=caller, headers=headers, body=body
    )


def expected(scene: Scene, path: str, method: str, who: str, filled: dict[str, str]) -> set[int]:
    """The statuses that a stranger may get. Raises KeyError for a route that is missing here."""
    job, unknown = filled.get("path id"), {401} if who == "anonymous" else {404}
    read = "GET" if method == "HEAD" else method
    admins_read = {200} if job in (scene.done.id, scene.queued.id, scene.ordered) else {404}
    return {
        ("/api/ai-image/generate", "POST"): {202},  # their own
        ("/api/ai-image/uploads", "POST"): {201},
        ("/api/ai-image/jobs", "GET"): {200},
        ("/api/ai-image/jobs", "POST"): unknown if "body uploadId" in filled or "body fromJobId" in filled else {202},
        ("/api/ai-image/jobs/{id}", "GET"): admins_read if who == "admin" else unknown,
        ("/api/ai-image/jobs/{id}", "DELETE"): (
            ({200} if job != scene.upload_id else {404}) if who == "admin" else unknown
        ),
        ("/api/ai-image/jobs/{id}/cancel", "POST"): unknown,
        ("/api/ai-image/jobs/{id}/share", "POST"): unknown,
        ("/api/ai-image/usage", "GET"): {200},
        ("/api/ai-image/models", "GET"): {200},
        ("/api/session", "POST"): {401},
        ("/api/session", "DELETE"): {200},
        ("/api/health", "GET"): {200},
        ("/api/openapi.json", "GET"): {200, 404},  # 404 where nothing was built
        ("/api/docs", "GET"): {200, 404},
        ("/api/docs/{file+}", "GET"): {404},
        ("/api/webhooks/replicate", "POST"): {401},
        ("/r2-ai/{key+}", "GET"): images(scene, who, filled) if read == "GET" and "path key" in filled else set(),
    }[path, read]


def images(scene: Scene, who: str, filled: dict[str, str]) -> set[int]:
    key, share, done = filled["path key"], filled["query share"], scene.done
    if key == keys.original_key(PREFIX, done.owner, scene.upload_id):
        return {401 if who == "anonymous" and not share else 404}
    if who == "admin":
        return {302}
    if share == scene.share and key in (done.output_r2_key, done.preview_r2_key, done.thumb_r2_key):
        return {302}
    return {401 if who == "anonymous" and not share else 403}


MAY_CHANGE = {("/api/ai-image/jobs/{id}", "DELETE", "admin")}
MAY_READ = {("/api/ai-image/jobs/{id}", "GET", "admin"), ("/api/ai-image/jobs/{id}", "HEAD", "admin")}


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_a_stranger_gets_nothing_of_another_owner(scene, path, method, who):
    caller = scene.stranger(who)
    before = scene.state()
    walked = 0
    kept = scene.installed.world.usage.kept
    for filled in requests(scene, path, method):
        for mine in [name for name in kept if scene.victim.owner.reference not in name]:
            del kept[mine]  # the stranger's use of the same key for the request before
        for again in range(2):  # what was remembered of a first try opens nothing at a second
            answer = send(scene, path, method, filled, caller)
            assert answer.status in expected(scene, path, method, who, filled), (filled, again, answer.body[:300])
            told = answer.body.decode(errors="replace") + json.dumps(dict(answer.headers))
            if answer.status != 302 and (path, method, who) not in MAY_READ:
                assert not [secret for secret in scene.secrets() if secret in told], (filled, told)
            if (path, method, who) not in MAY_CHANGE:
                assert scene.state() == before, filled
        walked += 1
    assert walked


def test_the_owner_reaches_what_strangers_do_not(scene):
    """The ids of the walk are alive: with them their owner gets what no other caller did."""
    owner, done = scene.victim, scene.done
    call = scene.installed.call
    jobs = "/api/ai-image/jobs"
    assert call("GET", f"{jobs}/{done.id}", caller=owner).status == 200
    for key in scene.ids("image path")[:5]:
        assert call("GET", f"/r2-ai/{key}", caller=owner).status == 302
    assert len(call("GET", f"{jobs}?cursor={scene.cursor}", caller=owner).json["data"]["jobs"]) == 1
    headers = {"idempotency-key": scene.key}
    wanted = {"fromJobId": scene.queued.id, "model": MODEL}
    again = call("POST", jobs, caller=owner, headers=headers, body=wanted)
    assert again.json["data"]["id"] == scene.ordered
    assert call("POST", jobs, caller=owner, body={"uploadId": scene.upload_id, "model": MODEL}).status == 202
    assert call("POST", jobs, caller=owner, body={"fromJobId": done.id, "model": MODEL}).status == 202
    assert call("DELETE", f"{jobs}/{done.id}", caller=owner).status == 200
    assert call("GET", f"{jobs}/{done.id}", caller=owner).status == 404
    assert call("POST", jobs, caller=owner, headers=headers, body=wanted).status == 202, "its own job is there still"
    assert call("POST", f"{jobs}/{scene.ordered}/cancel", caller=owner).status == 200
    call("DELETE", f"{jobs}/{scene.ordered}", caller=owner)
    assert call("POST", jobs, caller=owner, headers=headers, body=wanted).status == 404


def test_a_share_link_ends_and_opens_nothing_else(scene):
    """By its time, and for another job of the same owner."""
    call, key = scene.installed.call, scene.done.output_r2_key
    other = dataclasses.replace(scene.done, id=keys.new_job_id("image/png"))
    other = dataclasses.replace(other, output_r2_key=str(key).replace(scene.done.id, other.id))
    scene.installed.world.jobs.rows[other.id] = other
    assert call("GET", f"/r2-ai/{key}?share={scene.share}").status == 302
    assert call("GET", f"/r2-ai/{other.output_r2_key}?share={scene.share}").status == 403
    made = scene.installed.world.job(scene.done.id)
    past = made.created_at.replace("2026", "2025")
    scene.installed.world.jobs.rows[made.id] = dataclasses.replace(made, created_at=past)
    assert call("GET", f"/r2-ai/{key}?share={scene.share}").status == 410
