"""`make start ReplicateBaseUrl=…`: a local stack with the provider of another one."""

from urllib.parse import urlsplit

from local.config import StackConfig
from local.parameters import with_parameters
from local.ports import free_ports
from local.stack import LocalStack
from tests.images import make_image
from tests.integration.api_client import Client


def test_a_job_ends_well_at_a_provider_elsewhere(stack, tmp_path):
    port, replicate_port, emulator_port = free_ports(3)
    own = StackConfig(
        port=port,
        replicate_port=replicate_port,
        emulator_port=emulator_port,
        state=tmp_path / "state",
        engine="instant",
    )
    elsewhere = stack.replicate_url
    secrets = {
        "REPLICATE_API_TOKEN": stack.replicate_token,
        "REPLICATE_WEBHOOK_SECRET": stack.deployment.secrets["replicate-webhook-secret"],
    }
    arguments = [f"ReplicateBaseUrl={elsewhere}", f"ReplicateOutputHosts={urlsplit(elsewhere).netloc}"]
    with LocalStack(with_parameters(own, arguments, secrets)) as mine, Client(mine.base_url) as guest:
        assert guest.enhance(make_image(), "image/png", scale=2)["status"] == "succeeded"
        assert stack.replicate_token not in (mine.config.state / "secrets.json").read_text()
        assert mine.replicate_token != stack.replicate_token
