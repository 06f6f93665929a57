"""What a phone's photo takes of the two functions that touch pixels, in their own processes on the local stack."""

import sys

import pytest

from bench.pictures import large_photo, peak_memory
from local.config import ROOT
from local.transform import read_template
from tests.integration.api_client import Client

SPARE = 0.30


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("output_format", ["png", "webp"])
def test_a_photo_of_twelve_megapixels_leaves_memory_to_spare(stack, output_format):
    with Client(stack.base_url) as guest:
        job = guest.enhance(large_photo(), "image/jpeg", outputFormat=output_format)
    assert (job["status"], job["prepared"]["reducedFrom"]) == ("succeeded", [4000, 3000])
    for function in ("JobStart", "JobCompletion"):
        properties = read_template(ROOT / "template.yaml")["Resources"][f"{function}Function"]["Properties"]
        name = properties["FunctionName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
        assert peak_memory(name, stack.config.emulator_port) < (1 - SPARE) * properties["MemorySize"] * 2**20
