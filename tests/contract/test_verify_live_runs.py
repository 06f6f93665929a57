"""`make verify-live` at the provider: every line that it says of one that keeps all rules, and of one that does not."""

import json
import re
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from enhancer.adapters.model_files import allowed_models, models
from enhancer.adapters.replicate import Replicate
from enhancer.domain.prediction import Prediction
from operate.installation import OperatorError
from operate.verify_live import __main__ as verify_live
from operate.verify_live.accounts import read_accounts
from operate.verify_live.findings import Findings
from operate.verify_live.models import published
from operate.verify_live.runs import DEADLINE, Listening, Runs, check_cancel, check_deadline, check_job, check_rates
from replicate_standin.tests.harness import SECRET, TOKEN, FakeClock, HeldEngine, Outside, Service

VERSION = models()["tencentarc/gfpgan"].version
ESRGAN = models()["nightmareai/real-esrgan"].version


class SampleBucket:
    """The part of a bucket that runs need: one image behind a signed address."""

    def __init__(self, outside: Outside) -> None:
        self.outside = outside
        self.links = SimpleNamespace(presign=self.link)

    def key(self) -> str:
        return "ai-enhancer/uploads/guest/g/j/input.jpg"

    def presign(self, key: str, size: int) -> tuple[str, int]:
        return key, size

    def put(self, upload: tuple[str, int], body: bytes) -> int:
        assert upload == (self.key(), len(body))
        self.outside.host("/input.jpg", body)
        return 200

    def link(self, key: str, method: str, now: datetime) -> tuple[str, datetime]:
        assert (key, method) == (self.key(), "GET")
        assert now.tzinfo
        return f"{self.outside.url}/input.jpg?X-Amz-Signature=s", now


class Provider:
    """What a provider of a test has in common with the others: it knows what was cancelled."""

    cancelled = ""

    def cancel(self, run_id):
        self.cancelled = run_id


class Hurrying(Listening):
    """A session whose runs never start, so that their deadline ends them; it also lets the clock advance."""

    def __init__(self, service: Service) -> None:
        super().__init__(DEADLINE)
        self.service = service
        self.asked = False

    def request(self, method, url, **options):
        if method == "POST":
            self.service.set_faults({"fault": "run-stuck"})
            self.asked = True
        return super().request(method, url, **options)


class Desk:
    """An operator's accounts, with the stand-in for a provider."""

    def __init__(self, tmp_path: Path) -> None:
        self.opened = ExitStack()
        self.clock, self.engine = FakeClock(), HeldEngine()
        self.outside = Outside()
        self.opened.callback(self.outside.close)
        self.service = Service(tmp_path, self.engine, self.clock)
        self.opened.callback(self.service.close)
        self.said: list[str] = []
        self.findings = Findings(self.said.append)
        self.listening = self.opened.enter_context(Listening())
        self.hurrying = self.opened.enter_context(Hurrying(self.service))
        self.accounts = read_accounts(
            {
                "R2_ENDPOINT": self.outside.url,
                "R2_AI_IMAGES_BUCKET": "images",
                "R2_ACCESS_KEY_ID": "the-key-id",
                "R2_SECRET_ACCESS_KEY": "the-secret-key",
                "REPLICATE_API_TOKEN": TOKEN,
                "REPLICATE_WEBHOOK_SECRET": SECRET,
                "REPLICATE_BASE_URL": self.service.url,
                "REPLICATE_OUTPUT_HOSTS": self.service.url.removeprefix("http://"),
                "PUBLIC_BASE_URL": "https://images.test",
                "ALLOWED_MODELS": f"nightmareai/real-esrgan:{ESRGAN},tencentarc/gfpgan:{VERSION}",
            }
        )
        self.allowed_models = allowed_models(self.accounts.allowed_models)
        self.provider, self.hurried = (
            Replicate(self.service.url, lambda: TOKEN, models(), each) for each in (self.listening, self.hurrying)
        )
        self.waited: list[float] = []
        self.runs = Runs(self.provider, "https://images.test/api/webhooks/replicate?job=verify-live", self.pause)

    def pause(self, seconds: float) -> None:
        self.waited.append(seconds)
        if self.hurrying.asked:
            self.clock.turn(seconds=seconds)
        self.service.call("GET", "/v1/predictions")  # gives the stand-in time to move

    def rows(self) -> list[tuple[str, str, str, str]]:
        """All rows; what differs from run to run is replaced."""
        replaced = {ESRGAN: "(Real-ESRGAN's)", VERSION: "(GFPGAN's)"}

        def told(what: str, text: str) -> str:
            if what == "the model's seconds" and text != "0":
                return "(seconds)" if 0 < float(text) < 60 else text
            for value, name in replaced.items():
                text = text.replace(value, name)
            return re.sub(r"\b[a-z2-7]{26}\b", "(a run)", text)

        return [(row.what, row.expected, told(row.what, row.seen), row.verdict) for row in self.findings.rows]

    def check_runs(self) -> None:
        verify_live._check_runs(
            self.accounts, SampleBucket(self.outside), self.runs, self.listening, self.hurried, self.allowed_models,
            self.findings,
        )  # fmt: skip


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    desk = Desk(tmp_path)
    yield desk
    desk.opened.close()


JOB = [
    ("a create is answered", "201 or 202", "201", "holds"),
    ("Cancel-After is taken: the answer has a deadline", "yes", "yes", "holds"),
    ("the run names the path of its image", "yes", "yes", "holds"),
    ("the list of runs has it at once", "yes", "yes", "holds"),
    ("a run whose image is behind a link for GET alone", "succeeded", "succeeded", "holds"),
    ("its image's path at the end", "yes", "yes", "holds"),
    ("the model's seconds are told", "yes", "yes", "holds"),
    ("the model's seconds", "", "(seconds)", "noted"),
    ("the version that it says ran", "", "(Real-ESRGAN's)", "noted"),
    ("a cancel after the end changes nothing", "succeeded", "succeeded", "holds"),
]


WEBHOOK = (
    "whether that end sent a webhook", "", "the log of replicate_webhook has prediction_id (a run), or not", "noted",
)  # fmt: skip


def test_every_line_of_the_runs(desk):
    desk.check_runs()
    assert desk.rows() == [
        ("the sample's upload", "200", "200", "holds"),
        *JOB,
        ("the result of nightmareai/real-esrgan, from a host that is allowed", "1280 x 852", "1280 x 852", "holds"),
        ("the result of tencentarc/gfpgan, from a host that is allowed", "1280 x 852", "1280 x 852", "holds"),
        ("a run cancelled at once", "aborted or canceled", "canceled", "holds"),
        ("a run with Cancel-After 5s", "aborted or canceled", "aborted", "holds"),
        WEBHOOK,
    ]
    assert set(desk.waited) == {2}
    link = f"{desk.outside.url}/input.jpg?X-Amz-Signature=s"
    esrgan = {
        "version": f"nightmareai/real-esrgan:{ESRGAN}",
        "input": {"image": link, "scale": 4, "face_enhance": False},
        "webhook": "https://images.test/api/webhooks/replicate?job=verify-live",
        "webhook_events_filter": ["completed"],
    }
    gfpgan = {
        **esrgan,
        "version": f"tencentarc/gfpgan:{VERSION}",
        "input": {"img": link, "scale": 2, "version": "v1.4"},
    }
    received = desk.service.call("GET", "/_received").json()
    assert [(each["body"], each["headers"]["cancel-after"]) for each in received] == [
        (esrgan, "10m"), (gfpgan, "10m"), (esrgan, "10m"), (gfpgan, "5s"),
    ]  # fmt: skip


def test_a_run_that_fails_ends_the_job_and_what_belongs_to_it(desk):
    desk.service.set_faults({"fault": "run-model-error", "text": "no memory at https://r2.test/x?X-Amz-Signature=s"})
    [inputs] = [{"image": desk.outside.host("/a.png", b"")}]
    version = f"nightmareai/real-esrgan:{ESRGAN}"
    assert check_job(desk.runs, version, inputs, desk.listening, desk.findings) is None
    failed = dict(enumerate(JOB))
    failed[7] = (JOB[7][0], "", "0", "noted")
    failed[4] = (JOB[4][0], "succeeded", "failed", "differs")
    failed[9] = (JOB[9][0], "failed", "failed", "holds")
    rows = list(failed.values())
    assert desk.rows() == [*rows[:5], ("its error", "", "no memory at [redacted URL]", "noted"), *rows[5:]]


def test_a_provider_that_tells_less_differs_line_by_line(desk):
    """Without deadline, path or seconds, and with a list that lags behind."""

    class Sparse(Provider):
        def create(self, *order):
            desk.service.set_faults({"fault": "run-model-error"})
            made = desk.provider.create(*order)
            desk.listening.answers.append(answer(200))
            return replace(made, input_path="/another")

        def get(self, run_id):
            found = desk.provider.get(run_id)
            status = "succeeded" if found.ended and not self.cancelled else found.status
            return replace(found, status=status, input_path=None, model_ms=None)

        def recent(self, since, pages):
            self.recent_asked = (datetime.now(UTC) - since, pages)
            return iter(())

    provider = Sparse()
    runs = Runs(provider, "https://images.test/", desk.pause)
    inputs = {"image": desk.outside.host("/a.png", b""), "scale": 2}
    check_job(runs, f"nightmareai/real-esrgan:{ESRGAN}", inputs, desk.listening, desk.findings)
    differing = [row[0] for row in desk.rows() if row[3] == "differs"]
    told = ("a run whose image is behind a link for GET alone", "the model's seconds", "the version that it says ran")
    assert differing == [row[0] for row in JOB if row[0] not in told]
    assert ("the model's seconds", "", "0", "noted") in desk.rows()
    since, pages = provider.recent_asked
    assert timedelta(minutes=9, seconds=50) < since < timedelta(minutes=10, seconds=10)
    assert pages == 1


def test_a_result_that_is_no_image_differs(desk):
    desk.service.set_faults({"fault": "output-not-an-image"})
    desk.check_runs()
    [row] = [row for row in desk.rows() if row[3] == "differs"]
    assert row[:2] == ("the result of nightmareai/real-esrgan, from a host that is allowed", "1280 x 852")


def test_a_run_that_is_stuck_is_cut_short_by_its_deadline(desk):
    check_deadline(desk.runs, f"tencentarc/gfpgan:{VERSION}", {"img": "https://r2.test/x"}, desk.hurried, desk.findings)
    assert desk.rows()[0] == ("a run with Cancel-After 5s", "aborted or canceled", "aborted", "holds")
    [received] = desk.service.call("GET", "/_received").json()
    assert received["headers"]["cancel-after"] == DEADLINE
    assert len(desk.hurrying.answers) == 1
    assert set(desk.waited) == {2}
    assert 3 <= len(desk.waited) <= 5, "the stand-in needs a moment after the five seconds"


def test_a_run_that_was_done_before_it_could_be_cut_short_is_no_finding(desk):
    class Done(Provider):
        def create(self, *_):
            return Prediction("a" * 26, "starting")

        def get(self, run_id):
            return Prediction(run_id, "succeeded")

    provider = Done()
    runs = Runs(provider, "https://images.test/")
    check_cancel(runs, "v", {}, desk.findings)
    check_deadline(runs, "v", {}, provider, desk.findings)
    assert provider.cancelled == "a" * 26
    assert desk.rows() == [
        ("a run cancelled at once", "", "it was done before", "not tried"),
        ("a run with Cancel-After 5s", "", "it was done before", "not tried"),
        WEBHOOK,
    ]


def test_every_line_of_the_account(desk):
    verify_live._check_account(desk.accounts, desk.provider, desk.listening, desk.findings)
    assert desk.rows() == [
        ("the webhook secret", "", "is told", "noted"),
        ("the webhook secret is the configured one", "yes", "yes", "holds"),
        ("an unknown run", "nothing", "nothing", "holds"),
        ("a create with a wrong token", "HTTP 401", "HTTP 401", "holds"),
    ]
    secret, unknown, refused = (answer.request for answer in desk.listening.answers)
    assert secret.path_url == "/v1/webhooks/default/secret"
    assert unknown.path_url == "/v1/predictions/verifyliveverifyliveverify"
    assert refused.headers["Authorization"] == "Bearer r8_wrong"
    assert json.loads(refused.body) == {
        "version": "0" * 64,
        "input": {},
        "webhook": "https://images.test/",
        "webhook_events_filter": ["completed"],
    }


def test_another_webhook_secret_than_the_configured_one_differs(desk):
    accounts = replace(desk.accounts, webhook_secrets=("whsec_" + "b" * 32,))
    verify_live._check_account(accounts, desk.provider, desk.listening, desk.findings)
    assert desk.rows()[1] == ("the webhook secret is the configured one", "yes", "no", "differs")
    desk.findings.rows.clear()
    verify_live._check_account(replace(accounts, webhook_secrets=()), desk.provider, desk.listening, desk.findings)
    assert [row[0] for row in desk.rows()] == ["the webhook secret", "an unknown run", "a create with a wrong token"]


def test_a_run_for_a_wrong_token_differs(desk, monkeypatch):
    monkeypatch.setattr(Replicate, "create", lambda *_: Prediction("a" * 26, "starting"))
    verify_live._check_account(desk.accounts, desk.provider, desk.listening, desk.findings)
    assert desk.rows()[-1] == ("a create with a wrong token", "HTTP 401", "(a run)", "differs")


def answer(status: int, body: bytes = b"{}", **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code, made._content = status, body
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (answer(429, Retry_After="3"), "the Retry-After header"),
        (answer(429, b'{"retry_after": 3}'), "retry_after in the body"),
        (answer(429, b'{"detail": "Your rate limit resets in ~1s."}'), "the sentence"),
        (answer(429, b'{"detail": "resets in 1", "retry_after": 1}', Retry_After="3"),
         "retry_after in the body, the Retry-After header, the sentence"),
    ],
)  # fmt: skip
def test_where_a_refusal_says_when_to_come_back(desk, refusal, said):
    check_rates([answer(201, RateLimit_Remaining="5", X_Other="x"), refusal, refusal], desk.findings)
    headers = "ratelimit-remaining" if "Retry-After" not in refusal.headers else "ratelimit-remaining, retry-after"
    assert desk.rows() == [
        ("headers about rates", "", headers, "noted"),
        ("a 429 says when to come back", "yes", "yes", "holds"),
        ("where a 429 says it", "", said, "noted"),
    ]


@pytest.mark.parametrize("body", [b"<html>", b"{}"])
def test_a_refusal_that_says_nothing_differs(desk, body):
    check_rates([answer(200), answer(429, body)], desk.findings)
    assert desk.rows() == [
        ("headers about rates", "", "none", "noted"),
        ("a 429 says when to come back", "yes", "no", "differs"),
        ("where a 429 says it", "", "", "noted"),
    ]


def test_where_nothing_was_throttled_it_is_said(desk):
    check_rates([answer(201, X_RateLimit_Limit="5")], desk.findings)
    assert desk.rows() == [
        ("headers about rates", "", "x-ratelimit-limit", "noted"),
        ("a 429 says when to come back", "", "nothing was throttled; accounts below US$5 of credit are", "not tried"),
    ]


def test_the_versions_of_a_model_are_read_as_the_provider_lists_them(desk):
    versions = published(desk.service.url, TOKEN, desk.listening)
    assert versions("tencentarc/gfpgan")[0] == VERSION
    sent = desk.listening.answers[-1].request
    assert sent.headers["User-Agent"].startswith("image-enhancer/")
    with pytest.raises(requests.HTTPError):
        versions("tencentarc/nothing")


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"results": [{}]}', b'{"results": null}'])
def test_an_answer_without_versions_is_said(desk, body):
    desk.outside.host("/v1/models/a/b/versions", body)
    with pytest.raises(OperatorError, match=r"^the answer of a/b's versions lists none$"):
        published(desk.outside.url, TOKEN, desk.listening)("a/b")


def test_versions_are_not_looked_for_elsewhere(desk):
    """A redirect would carry the token to another place."""
    desk.outside.redirects["/v1/models/a/b/versions"] = desk.outside.host("/elsewhere", b'{"results": []}')
    with pytest.raises(ValueError, match="Expecting value"):
        published(desk.outside.url, TOKEN, desk.listening)("a/b")
    assert len(desk.outside.gets) == 1
