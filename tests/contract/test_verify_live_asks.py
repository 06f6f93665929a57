"""What `make verify-live` asks, call by call: a question put wrongly would prove nothing of the service."""

import dataclasses
import io
from datetime import UTC, datetime, timedelta

import pytest
import requests

from enhancer.domain.prediction import Prediction
from enhancer.errors import Throttled
from operate.verify_live import __main__ as verify_live
from operate.verify_live.accounts import read_accounts
from operate.verify_live.bucket import (
    FOREIGN,
    IMAGE,
    SECONDS,
    TYPE,
    Bucket,
    check_cors,
    check_links,
    check_objects,
    check_unsigned_headers,
    check_uploads,
)
from operate.verify_live.findings import Findings
from operate.verify_live.models import check_versions
from operate.verify_live.runs import Runs
from tests.fakes import FakeClock, FakeImageStore, FakeProvider
from tests.terminal import Scripted


class Http:
    """A session that answers everything alike and keeps what it was asked."""

    def __init__(self, **headers: str) -> None:
        self.headers = headers
        self.asked: list[tuple[object, ...]] = []

    def request(self, method, url, headers, timeout):
        self.asked.append((method, url, headers, timeout))
        answer = requests.Response()
        answer.status_code, answer.raw = 404, io.BytesIO(b"0123456789" * 3)
        answer.headers.update(self.headers)
        return answer

    def put(self, url, data, headers, timeout):
        self.asked.append(("PUT", url.partition("?")[0], data, headers, timeout))
        answer = requests.Response()
        answer.status_code = 403
        return answer


class Links:
    """Links that show what they were signed for."""

    def presign(self, key, *, method, now):
        assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)
        assert key.startswith("p/uploads/guest/")
        return f"signed for {method}", now


@pytest.fixture
def findings():
    return Findings(lambda _: None)


def bucket(http):
    return Bucket(FakeImageStore(FakeClock()), Links(), http, "https://r2.test", "images", "https://images.test", "p/")


def test_links_are_used_for_the_method_they_are_signed_for_but_once(findings):
    http = Http()
    check_links(bucket(http), findings)
    assert http.asked == [
        ("GET", "signed for GET", {}, SECONDS),
        ("HEAD", "signed for HEAD", {}, SECONDS),
        ("HEAD", "signed for GET", {}, SECONDS),
        ("GET", "signed for GET", {"Range": "bytes=2-4"}, SECONDS),
        ("GET", "signed for GET", {}, SECONDS),
    ]
    assert findings.rows[0].seen == "(404, b'01234567890123456789')", "twenty bytes tell enough"


def test_each_upload_that_must_be_refused_differs_from_the_signed_one_in_one_thing(findings):
    http = Http()
    check_uploads(dataclasses.replace(bucket(http), pause=lambda _: None), findings)
    puts = [each for each in http.asked if each[0] == "PUT"][:9]
    signed = puts[6]
    headers = {
        "content-type": TYPE,
        "cache-control": "public, max-age=900, immutable",
        "x-amz-meta-upload": f"{signed[1].split('/')[-2]}.{len(IMAGE)}",
        "if-none-match": "*",
    }
    assert signed[2:] == puts[7][2:] == (IMAGE, headers, SECONDS)
    assert puts[8][2] == IMAGE

    def differences(put):
        own = {**headers, "x-amz-meta-upload": f"{put[1].split('/')[-2]}.{len(IMAGE)}"}
        return ({} if put[2] == IMAGE else {"body": put[2]}) | {
            name: put[3].get(name) for name in {*own, *put[3]} if put[3].get(name) != own.get(name)
        }

    assert [differences(put) for put in puts[:6]] == [
        {"body": IMAGE + b"x"},
        {"body": IMAGE[:-1]},
        {"content-type": "text/html"},
        {"cache-control": "no-store"},
        {"x-amz-meta-upload": "another.10"},
        {"if-none-match": None},
    ]
    assert len({put[1] for put in puts}) == 3, "a key for what is refused, one for what is taken, one for what is late"


def test_each_header_that_is_not_signed_is_sent_with_an_upload_of_its_own(findings):
    http = Http()
    asked = bucket(http)
    check_unsigned_headers(asked, findings, "p/uploads/guest/g/j/input.jpg")
    unsigned = [
        {"x-amz-copy-source": "/images/p/uploads/guest/g/j/input.jpg"},
        {"x-amz-copy-source": "%2Fimages%2Fp%2Fuploads%2Fguest%2Fg%2Fj%2Finput.jpg"},
        {
            "x-amz-copy-source": "/images/p/uploads/guest/g/j/input.jpg",
            "x-amz-metadata-directive": "REPLACE",
        },
        {"x-amz-acl": "public-read"},
        {"x-amz-tagging": "a=b"},
        {"x-amz-website-redirect-location": "https://foreign.invalid/"},
        {"x-amz-meta-more": "x"},
        {"content-disposition": "inline"},
        {"content-encoding": "gzip"},
        {"expires": "0"},
    ]
    for (method, url, body, headers, timeout), more in zip(http.asked, unsigned, strict=True):
        key = url.removeprefix("https://r2.test/")
        signed = asked.presign(key).headers
        assert (method, body, headers, timeout) == ("PUT", IMAGE, {**signed, **more}, SECONDS)
    assert len({url for _, url, *_ in http.asked}) == len(unsigned)
    assert [(row.seen, row.verdict) for row in findings.rows] == [
        *[("403", "holds"), ("nothing", "holds")] * 6,
        *[("403, not stored", "noted")] * 4,
    ]


def test_what_is_not_there_is_asked_for_by_its_own_key(findings):
    """An answer "nothing" proves nothing without a question."""
    images = FakeImageStore(FakeClock())
    asked = []

    def noted(name):
        call = getattr(images, name)
        return lambda key, *rest: asked.append((name, key)) or call(key, *rest)

    for name in ("head", "copy"):
        setattr(images, name, noted(name))
    check_objects(Bucket(images, Links(), Http(), "https://r2.test", "images", "https://images.test", "p/"), findings)
    assert findings.differing == 0, findings.rows
    key, empty, absent, source, nothing, copy = (key for _, key in asked)
    assert [name for name, _ in asked] == ["head", "head", "head", "copy", "copy", "head"]
    assert (source, nothing, len({key, empty, absent, copy})) == (key, absent, 4)
    assert all(each.startswith("p/uploads/guest/") for _, each in asked)


def test_a_run_is_created_as_it_is_asked_for():
    provider, throttled = FakeProvider(), [Throttled(8), Throttled(600)]
    provider.answers = list(throttled)
    waited = []
    runs = Runs(provider, "https://images.test/hook", waited.append)
    runs.create("v" * 64, {"image": "https://r2.test/bucket/p/x.jpg?signed=GET"})
    assert provider.created == [
        ("v" * 64, {"image": "https://r2.test/bucket/p/x.jpg?signed=GET"}, "https://images.test/hook")
    ]
    assert waited == [8.5, 60.5]


@pytest.mark.parametrize(
    ("allowed", "verdict"), [("https://images.test", "holds"), ("*", "holds"), ("", "differs"), (FOREIGN, "differs")]
)
def test_both_pages_are_asked_for_and_an_image_as_the_page_reads_it(findings, monkeypatch, allowed, verdict):
    asked = []

    def preflight(*question):
        asked.append(question)
        return "no rule" if question[2] == FOREIGN else None

    monkeypatch.setattr("operate.verify_live.bucket.preflight", preflight)
    http = Http(**{"access-control-allow-origin": allowed})
    check_cors(bucket(http), findings)
    assert asked == [("https://r2.test", "images", origin, http) for origin in ("https://images.test", FOREIGN)]
    assert http.asked == [("GET", "signed for GET", {"Origin": "https://images.test"}, SECONDS)]
    assert [(row.what, row.expected, row.seen, row.verdict) for row in findings.rows] == [
        ("CORS preflight of the page's PUT", "allowed", "allowed", "holds"),
        ("CORS preflight of another page's PUT", "refused", "refused", "holds"),
        ("CORS of the page's GET", "yes", "yes" if verdict == "holds" else "no", verdict),
    ]
    assert TYPE == "image/jpeg"


class Provider:
    """Has three runs in its list, of which one is ours and unfinished."""

    def __init__(self):
        self.cancelled = []

    def recent(self, since, pages):
        assert abs(datetime.now(UTC) - timedelta(minutes=5) - since) < timedelta(minutes=1)
        assert pages == 5
        runs = [
            Prediction("ours", "starting", input_path="/ours"),
            Prediction("ended", "succeeded", input_path="/ours"),
            Prediction("anothers", "starting", input_path="/anothers"),
        ]
        return iter(runs)

    def create(self, *_):
        return Prediction("made", "succeeded")

    def cancel(self, run_id):
        self.cancelled.append(run_id)

    def get(self, run_id):
        return Prediction(run_id, "canceled")


def test_of_the_runs_in_the_list_our_own_unfinished_ones_alone_are_ended(findings):
    provider = Provider()
    runs = Runs(provider, "https://images.test/", lambda _: None)
    runs.create("v", {"image": "https://r2.test/ours?X-Amz-Signature=s", "scale": 2})
    runs.clear(findings)
    assert provider.cancelled == ["ours"]
    assert [(row.what, row.seen, row.verdict) for row in findings.rows] == [("runs left unfinished", "0", "holds")]


def test_a_model_without_versions_is_said_to_be_without(findings):
    check_versions(Runs(Provider(), "https://images.test/"), lambda _: [], {}, findings)
    rows = [(row.what, row.seen) for row in findings.rows if row.what.startswith("sczhou/codeformer")]
    assert rows == [
        ("sczhou/codeformer: newest version", "not listed"),
        ("sczhou/codeformer: version as owner/name", "taken"),
    ]


def test_a_part_that_can_not_be_looked_at_is_named(monkeypatch):
    def broken(*_, **__):
        raise ValueError

    for name in ("r2.check_uploads", "r2.check_links", "r2.check_objects", "r2.check_cors", "webhook_secret"):
        monkeypatch.setattr(f"operate.verify_live.__main__.{name}", broken)
    monkeypatch.setattr("operate.verify_live.__main__._check_runs", broken)
    made = []
    real = Runs

    def runs(_, webhook, pause):
        made.append(webhook)
        return real(Provider(), webhook, pause)

    monkeypatch.setattr("operate.verify_live.runs.Runs", runs)
    monkeypatch.setattr("operate.verify_live.__main__.r2.clear", lambda *_: None)
    accounts = read_accounts(
        {
            "R2_ENDPOINT": "https://r2.test",
            "R2_AI_IMAGES_BUCKET": "b",
            "R2_ACCESS_KEY_ID": "k",
            "R2_SECRET_ACCESS_KEY": "s",
            "REPLICATE_API_TOKEN": "t",
            "PUBLIC_BASE_URL": "https://images.test",
        }
    )
    findings = verify_live.verify(accounts, Scripted().say)
    assert [(row.what, row.seen) for row in findings.rows if row.verdict == "differs"] == [
        (f"{part}: the rest", "ValueError") for part in ("uploads", "links", "objects", "CORS", "the provider", "runs")
    ]
    assert made == ["https://images.test/api/webhooks/replicate?job=verify-live"]
