"""The stand-in against the provider's own listing of its public models (fixtures/models)."""

import json
from pathlib import Path
from typing import Any

import pytest

from replicate_standin.model_file import read_models
from replicate_standin.models import Field
from replicate_standin.published import PUBLISHED
from replicate_standin.tests.harness import Service

LISTED = {
    each["slug"]: each
    for each in (json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "fixtures/models").iterdir()))
}
PLAYED = {model.slug: model for model in PUBLISHED}
# What the file of such a model says beside the published schema: which field holds the image, what the result is.
OTHERS: dict[str, dict[str, Any]] = {
    "codeslake/refvsr-cvpr2022": {"image_field": "LR", "output": ["SR_output"], "factor": {"times": 4}},
    "daanelson/real-esrgan-a100": {"image_field": "image", "output": [], "factor": {"field": "scale"}},
    "jingyunliang/swinir": {"image_field": "image", "output": [], "factor": {"times": 4}},
    "mv-lab/swin2sr": {"image_field": "image", "output": [], "factor": {"times": 4}},
    "cjwbw/supir": {"image_field": "image", "output": [], "factor": {"field": "upscale"}},
    "philz1337x/clarity-upscaler": {"image_field": "image", "output": [0], "factor": {"field": "scale_factor"}},
    "zsxkib/diffbir": {"image_field": "input", "output": [0], "factor": {"field": "super_resolution_factor"}},
    "topazlabs/image-upscale": {
        "image_field": "image",
        "output": [],
        "factor": {"field": "upscale_factor", "times": {"2x": 2, "4x": 4, "6x": 6}},
        "file_name": "output.jpg",
    },
    "batouresearch/high-resolution-controlnet-tile": {"image_field": "image", "output": [], "file_name": "out.jpg"},
}
TIMES = {
    "codeslake/refvsr-cvpr2022": 4,
    "daanelson/real-esrgan-a100": 4,
    "jingyunliang/swinir": 4,
    "mv-lab/swin2sr": 4,
    "cjwbw/supir": 1,
    "philz1337x/clarity-upscaler": 2,
    "zsxkib/diffbir": 4,
    "topazlabs/image-upscale": 1,
    "batouresearch/high-resolution-controlnet-tile": 1,
}


def as_published(field: Field) -> dict[str, Any]:
    """Return a field of the stand-in's as the provider's schema would say it."""
    kind = {"type": "string", "format": "uri"} if field.kind == "uri" else {"type": field.kind}
    limits = {"default": field.default, "minimum": field.minimum, "maximum": field.maximum}
    choices = {"enum": list(field.choices)} if field.choices else {}
    return kind | {name: value for name, value in limits.items() if value is not None} | choices


def test_every_listed_model_is_played() -> None:
    assert set(LISTED) == set(PLAYED) | set(OTHERS) == set(PLAYED) | set(TIMES)


@pytest.mark.parametrize("slug", PLAYED)
def test_the_published_three_take_what_the_provider_says(slug: str) -> None:
    listed, model = LISTED[slug], PLAYED[slug]
    assert {each.name: as_published(each) for each in model.fields} == listed["input"]["properties"]
    assert [each.name for each in model.fields if each.required] == listed["input"]["required"] == [model.image_field]
    assert {"id": listed["version"]["id"], "created_at": listed["version"]["created_at"]} in [
        {"id": each.id, "created_at": each.created_at} for each in model.versions
    ]
    assert listed["output"] == {"type": "string", "format": "uri"}


def test_the_newest_version_is_listed_first_where_the_provider_says_which_that_is() -> None:
    for slug in ("nightmareai/real-esrgan", "tencentarc/gfpgan"):
        assert PLAYED[slug].versions[0].id == LISTED[slug]["version"]["id"]


@pytest.mark.parametrize("slug", OTHERS)
def test_any_other_is_played_by_its_published_schema(tmp_path: Path, image: str, slug: str) -> None:
    listed = LISTED[slug]
    document = {"slug": slug, "versions": [listed["version"]["id"]], "input": listed["input"], **OTHERS[slug]}
    path = tmp_path / "models.json"
    path.write_text(json.dumps([document]))
    service = Service(tmp_path / "state", models=read_models(path))
    given = dict.fromkeys([*listed["input"]["required"], OTHERS[slug]["image_field"]], image)
    try:
        answer = service.post({"version": f"{slug}:{listed['version']['id']}", "input": given})
        assert answer.status_code == 201, answer.text
        done = service.ended(answer.json())
        assert done["status"] == "succeeded", done["error"]
        assert same_shape(done["output"], listed["example"].get("output"), listed["output"])
        [address] = [done["output"]] if isinstance(done["output"], str) else [*flat(done["output"])]
        assert service.output({"output": address}).size == (12 * TIMES[slug], 8 * TIMES[slug])
    finally:
        service.close()


def same_shape(output: Any, example: Any, schema: dict[str, Any]) -> bool:
    """Whether an output has the type that the schema says, and of an object a key that the real example has."""
    types: dict[str, type] = {"string": str, "array": list, "object": dict}
    return type(output) is types[schema["type"]] and (not isinstance(output, dict) or set(output) <= set(example))


def flat(output: Any) -> list[str]:
    return list(output.values()) if isinstance(output, dict) else list(output)
