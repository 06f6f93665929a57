"""`make verify-live` from end to end, with moto's server for R2, which looks at no signature: the whole document."""

import re
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from operate.verify_live import __main__ as verify_live
from operate.verify_live.runs import DEADLINE
from replicate_standin.tests.harness import ENDED, SECRET, TOKEN
from tests.contract.test_verify_live_runs import Desk
from tests.terminal import Scripted

EXPECTED = Path(__file__).with_name("verified_by_stand_ins.md")
VARYING = (
    (r"^## \d{4}-\d\d-\d\d \d\d:\d\d UTC", "## (now)"),
    (r"uploads/guest/[a-z2-7]{26}/", "uploads/guest/(a guest)/"),
    (r"prediction_id [a-z2-7]{26}", "prediction_id (a run)"),
    (r"(the model's seconds \|  \| )[\d.e-]+ ", r"\1(seconds) "),
)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    desk = Desk(tmp_path / "state")
    yield desk
    desk.opened.close()


@pytest.fixture
def storage(monkeypatch):
    """An S3 server with an empty bucket; its client."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    client = boto3.client(
        "s3", endpoint_url="http://{}:{}".format(*server.get_host_and_port()), region_name="us-east-1"
    )
    client.create_bucket(Bucket="images")
    yield client
    server.stop()


def test_the_whole_document(desk, storage, tmp_path, monkeypatch):
    sessions = {"": desk.listening, DEADLINE: desk.hurrying}
    monkeypatch.setattr("operate.verify_live.runs.Listening", sessions.__getitem__)
    verify = verify_live.verify
    monkeypatch.setattr(verify_live, "verify", lambda accounts, say: verify(accounts, say, desk.pause))
    environment = {
        "R2_ENDPOINT": storage.meta.endpoint_url,
        "R2_AI_IMAGES_BUCKET": "images",
        "R2_ACCESS_KEY_ID": "the-key-id",
        "R2_SECRET_ACCESS_KEY": "the-secret-key",
        "REPLICATE_API_TOKEN": TOKEN,
        "REPLICATE_WEBHOOK_SECRET": SECRET,
        "REPLICATE_BASE_URL": desk.service.url,
        "REPLICATE_OUTPUT_HOSTS": desk.service.url.removeprefix("http://"),
        "PUBLIC_BASE_URL": "https://images.test",
    }
    operator, document = Scripted("y"), tmp_path / "verified.md"
    assert verify_live.main(environment, operator, document) == 1
    written = document.read_text()
    for pattern, shown in VARYING:
        written = re.sub(pattern, shown, written, flags=re.MULTILINE)
    assert written == EXPECTED.read_text()
    rows = [[cell.strip() for cell in line.split(" | ")] for line in document.read_text().splitlines()[10:]]
    lines = [f"{row[3].removesuffix(' |'):<9} {row[0].removeprefix('| ')}: {row[2]}" for row in rows]
    assert operator.lines == [*lines, f"the table is in {document}", "22 of 83 differ"]
    assert operator.questions == [verify_live.QUESTION]
    assert set(desk.waited) == {2, 3}
    assert "Contents" not in storage.list_objects_v2(Bucket="images")
    left = desk.service.call("GET", "/v1/predictions").json()["results"]
    assert {each["status"] for each in left} <= set(ENDED)
