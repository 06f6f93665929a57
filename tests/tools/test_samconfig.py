"""samconfig.toml and the file of parameters, as the SAM CLI's own code reads them."""

import json
import subprocess

from operate.deploy import SAM, sam_command
from operate.stage import SAMCONFIG, read_stage

CONFIG = (
    "import json, sys; from pathlib import Path; from samcli.lib.config.samconfig import SamConfig;"
    "config = SamConfig(Path(sys.argv[1]).parent, 'samconfig.toml');"
    "print(json.dumps(config.get_all(['deploy'], 'parameters', 'dev')))"
)
OVERRIDES = (
    "import json, sys; from samcli.cli.types import CfnParameterOverridesType as Type;"
    "print(json.dumps(Type().convert([sys.argv[1]], None, None)))"
)


def sam(program, argument):
    """What a program prints in the SAM CLI's own environment."""
    command = [SAM.with_name("python"), "-c", program, argument]
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=60)  # noqa: S603 - our own
    return json.loads(done.stdout)


def test_sam_does_not_see_the_account_that_a_stage_names(tmp_path):
    file = tmp_path / "samconfig.toml"
    file.write_text(f'{SAMCONFIG.read_text()}\n[dev.operate]\naccount = "012345678901"\n')
    assert read_stage("dev", file).account == "012345678901"
    read = sam(CONFIG, file)
    assert "account" not in read
    assert read["stack_name"] == "image-enhancer-dev"


def test_sam_gets_its_parameters_by_a_file_that_it_understands(tmp_path):
    file = tmp_path / "parameters.yaml"
    values = {"RateLimits": "create=1,upload=2", "OidcOrigins": "https://a.test https://b.test", "PrivacyUrl": ""}
    file.write_text(json.dumps(values))
    command = sam_command(read_stage("dev"), file)
    assert "parameters.yaml" in command[-1]
    assert sam(OVERRIDES, command[-1]) == values
