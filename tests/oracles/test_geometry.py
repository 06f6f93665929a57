"""The stand-in's sizes, files and failures against those of the published predictors (fixtures/geometry.json)."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from replicate_standin.engines import InstantEngine, Pixels
from replicate_standin.models import RunError
from replicate_standin.published import PUBLISHED
from replicate_standin.worker import OutputFile, enhance

RECORDED = json.loads((Path(__file__).parent / "fixtures" / "geometry.json").read_text())
MODELS = {model.slug: model for model in PUBLISHED}
# What the predictors of GFPGAN and CodeFormer run on is Python 3.8 (their cog.yaml); the recording was made on 3.11.
NEWER_WORDS = ("cannot access local variable", "where it is not associated with a value")
OLDER_WORDS = ("local variable", "referenced before assignment")


class Drafting(InstantEngine):
    """Draws the result's size and nothing else."""

    def enlarge(self, rgb: Pixels, size: tuple[int, int], *_: Any) -> Pixels:
        return np.zeros((size[1], size[0], rgb.shape[2]), np.uint8)


# TencentARC's predictor writes no file for an input without an extension. The provider's newest version was made eight
# minutes after replicate/GFPGAN c1400d5, "patch for extension-less path inputs", by which such become PNG.
PATCHED = ("tencentarc/gfpgan", "in")


def run(model: str, given: dict[str, Any], name: str, content: bytes) -> OutputFile:
    known = MODELS[model]
    inputs = known.read_inputs({known.image_field: f"https://example.com/{name}", **given})
    return enhance(known, inputs, name, content, Drafting(), report=lambda _: None, cancelled=lambda: False)


def label(case: dict[str, Any]) -> str:
    return " ".join(str(case.get(name, "")) for name in ("model", "input", "name", "mode", "of", "memory"))


@pytest.mark.parametrize("recorded", RECORDED["sizes"], ids=label)
def test_each_size_is_the_published_predictors(recorded: dict[str, Any]) -> None:
    model = MODELS[recorded["model"]]
    inputs = model.read_inputs({model.image_field: "https://example.com/in.png", **recorded["input"]})
    made = [[*size, *model.size((size[0], size[1]), inputs)] for *size, _, _ in recorded["sizes"]]
    assert made == recorded["sizes"]


@pytest.mark.parametrize("case", [each for each in RECORDED["cases"] if "memory" not in each], ids=label)
def test_each_odd_case_ends_as_in_the_published_predictor(case: dict[str, Any]) -> None:
    content = b"no image"
    if case["mode"] != "undecodable":
        buffer = io.BytesIO()
        Image.new(case["mode"], tuple(case["of"]), 90).save(buffer, "PNG")
        content = buffer.getvalue()
    if (case["model"], case["name"]) == PATCHED:
        assert run(case["model"], case["input"], case["name"], content).name == "out.png"
        return
    if "error" in case or not case["exists"]:
        with pytest.raises(RunError) as failed:
            run(case["model"], case["input"], case["name"], content)
        assert str(failed.value) == shown(case) or said_of_a_missing_file(str(failed.value), case)
        return
    made = run(case["model"], case["input"], case["name"], content)
    with Image.open(io.BytesIO(made.content)) as result:
        assert list(result.size) == case["size"]
        assert len(result.getbands()) == case["channels"]
        assert result.format == {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}[made.name.rpartition(".")[2]]
    assert made.name == case["file"]


@pytest.mark.parametrize("case", [each for each in RECORDED["cases"] if "memory" in each], ids=label)
def test_out_of_memory_is_said_as_the_published_predictor_says_it(case: dict[str, Any]) -> None:
    said = MODELS[case["model"]].out_of_memory(case["name"])
    assert said == shown(case) or said_of_a_missing_file(said, case)


def shown(case: dict[str, Any]) -> str:
    """Return the error as the provider shows it: the text alone, in the words of the Python that runs there."""
    text = case.get("error", "").partition(": ")[2]
    for newer, older in zip(NEWER_WORDS, OLDER_WORDS, strict=True):
        text = text.replace(newer, older)
    return text


def said_of_a_missing_file(said: str, case: dict[str, Any]) -> bool:
    """Whether an error is that of a file that the predictor names and never wrote."""
    return not case.get("exists", True) and said.startswith("[Errno 2] No such") and said.endswith(f"/{case['file']}'")
