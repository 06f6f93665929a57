"""`make start R2Endpoint=…`: the local stack with its images on an S3 server of others."""

from urllib.parse import urlsplit

import requests

from local.config import StackConfig
from local.parameters import with_parameters
from local.ports import free_ports
from local.stack import LocalStack
from tests.images import make_image
from tests.integration.api_client import Client
from tests.oracles.installed.s3.servers import BUCKET


def test_a_job_ends_well_with_its_images_in_a_bucket_of_others(started, tmp_path):
    server = started("minio")
    server.empty()
    port, replicate_port, emulator_port = free_ports(3)
    own = StackConfig(
        port=port,
        replicate_port=replicate_port,
        emulator_port=emulator_port,
        state=tmp_path / "state",
        engine="instant",
    )
    keys = {"R2_ACCESS_KEY_ID": server.key_id, "R2_SECRET_ACCESS_KEY": server.secret}
    config = with_parameters(own, [f"R2Endpoint={server.endpoint}", f"R2Bucket={BUCKET}"], keys)
    with LocalStack(config) as stack, Client(stack.base_url) as guest:
        job = guest.enhance(make_image(), "image/png", scale=2)
        assert job["status"] == "succeeded"
        redirect = guest.call("GET", job["imageUrl"]).headers["location"]
        assert urlsplit(redirect).netloc == urlsplit(server.endpoint).netloc
        assert guest.image(job["imageUrl"]).status_code == 200
        policy = requests.get(stack.base_url, timeout=10).headers["content-security-policy"]
        assert f"img-src 'self' blob: {server.endpoint};" in policy
        stored = {each.key.split("/")[1] for each in server.images.list("ai-enhancer/")}
        assert stored == {"uploads", "results"}
        assert "Contents" not in stack.client("s3").list_objects_v2(Bucket="image-enhancer-artefacts", Prefix="ai-")
    kept = (config.state / "secrets.json").read_text()
    assert server.secret not in kept
