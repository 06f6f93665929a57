"""What large images take of the two functions that touch pixels, in their own processes on the local stack."""

import io
import sys

import pytest
from PIL import Image

from deployment import ROOT
from deployment.template import read_template
from tests.budgets.images import large_photo, peak_memory
from tests.integration.api_client import Client

SPARE = 0.30
LARGEST = (8000, 6250)
TEMPLATE = read_template(ROOT / "template.yaml")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def transparent_webp() -> bytes:
    """As many pixels as intake lets in, in the format whose decoder holds the most of them at once."""
    across, around = Image.linear_gradient("L").resize(LARGEST), Image.radial_gradient("L").resize(LARGEST)
    buffer = io.BytesIO()
    Image.merge("RGBA", (across, around, across, around)).save(buffer, "WEBP", method=0, quality=60)
    return buffer.getvalue()


def leave_memory_to_spare(stack):
    for function in ("JobStart", "JobCompletion"):
        properties = TEMPLATE["Resources"][f"{function}Function"]["Properties"]
        name = properties["FunctionName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
        peak = peak_memory(name, stack.config.emulator_port)
        assert peak < (1 - SPARE) * properties["MemorySize"] * 2**20, f"{function}: {peak / 2**20:.0f} MiB"


@pytest.mark.parametrize("output_format", ["png", "webp"])
def test_a_photo_of_twelve_megapixels_leaves_memory_to_spare(stack, output_format):
    with Client(stack.base_url) as guest:
        job = guest.enhance(large_photo(), "image/jpeg", outputFormat=output_format)
    assert (job["status"], job["prepared"]["reducedFrom"]) == ("succeeded", [4000, 3000])
    leave_memory_to_spare(stack)


def test_the_largest_image_in_its_dearest_format_leaves_memory_to_spare(stack):
    assert TEMPLATE["Parameters"]["MaxPixels"]["MaxValue"] == LARGEST[0] * LARGEST[1]
    with Client(stack.base_url) as guest:
        job = guest.enhance(transparent_webp(), "image/webp", outputFormat="webp")
    assert (job["status"], job["prepared"]["reducedFrom"]) == ("succeeded", list(LARGEST))
    leave_memory_to_spare(stack)
