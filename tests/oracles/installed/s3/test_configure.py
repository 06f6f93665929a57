"""`make bucket` on S3 servers of others: moto knows CORS and lifecycles; what does not know them gets one sentence."""

import pytest

from local.bucket import check_bucket
from local.config import LocalStackError, StackConfig
from operate import r2
from operate.installation import OperatorError
from operate.stage import Stage
from tests.oracles.installed.s3.servers import BUCKET, ORIGIN, PREFIX
from tests.terminal import Scripted

STAGE = Stage("dev", "image-enhancer-dev", "eu-central-1", {"R2Bucket": BUCKET, "R2Prefix": PREFIX})
FOREIGN = "https://foreign.test"
THEIRS = {
    "ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "theirs/"}, "Expiration": {"Days": 5},
}  # fmt: skip


def client(server, secret=None):
    return r2.r2_client(server.endpoint, server.key_id, secret or server.secret)


def test_the_rules_are_stored_as_meant_beside_those_of_others_and_once(started, http):
    server = started("moto")
    s3 = client(server)
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [THEIRS]})
    try:
        r2.configure(STAGE, s3, ORIGIN, Scripted(), dry_run=False)
        [cors] = s3.get_bucket_cors(Bucket=BUCKET)["CORSRules"]
        assert (cors["AllowedOrigins"], sorted(cors["AllowedMethods"])) == ([ORIGIN], ["GET", "HEAD", "PUT"])
        rules = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
        assert {rule["ID"]: (rule["Filter"]["Prefix"], rule["Expiration"]["Days"]) for rule in rules} == {
            "theirs": ("theirs/", 5),
            "image-enhancer-dev-uploads": ("ai-enhancer/uploads/", 2),
            "image-enhancer-dev-results": ("ai-enhancer/results/", 32),
        }
        assert r2.preflight(server.endpoint, BUCKET, ORIGIN, http) is None
        assert r2.preflight(server.endpoint, BUCKET, FOREIGN, http)
        again = Scripted()
        r2.configure(STAGE, s3, ORIGIN, again, dry_run=False)
        assert [line.rpartition(": ")[2] for line in again.lines] == ["already set"] * 2
    finally:
        s3.delete_bucket_cors(Bucket=BUCKET)
        s3.delete_bucket_lifecycle(Bucket=BUCKET)


def test_a_server_that_does_not_take_the_calls_is_one_sentence(server):
    with pytest.raises(OperatorError) as told:
        r2.configure(STAGE, client(server), ORIGIN, Scripted(), dry_run=False)
    assert "\n" not in str(told.value)


def test_the_keys_of_the_functions_are_proven_by_use(server):
    r2.check_token(client(server), BUCKET, PREFIX)
    assert list(server.images.list("")) == []
    with pytest.raises(OperatorError, match="may not list the bucket images"):
        r2.check_token(client(server, "another-secret"), BUCKET, PREFIX)


@pytest.mark.parametrize(
    ("bucket", "secret", "says"),
    [
        ("another", None, r"R2Bucket another at R2Endpoint .* \(NoSuchBucket\); the bucket must exist"),
        (BUCKET, "another-secret", r"R2Bucket images at R2Endpoint .* \(SignatureDoesNotMatch\)"),
    ],
)
def test_a_local_stack_before_a_bucket_that_it_can_not_list_says_so(server, tmp_path, bucket, secret, says):
    parameters = {"R2Endpoint": server.endpoint, "R2Bucket": bucket}
    config = StackConfig(port=1, replicate_port=2, emulator_port=3, state=tmp_path, parameters=parameters)
    secrets = {"r2-access-key-id": server.key_id, "r2-secret-access-key": secret or server.secret}
    with pytest.raises(LocalStackError, match=says) as told:
        check_bucket(config, secrets)
    assert secrets["r2-secret-access-key"] not in str(told.value)
