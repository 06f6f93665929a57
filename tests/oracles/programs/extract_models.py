"""Cut small fixtures out of the provider's own listing of its public models.

    npm pack all-the-public-replicate-models@1.352.0 && tar xzf all-the-public-replicate-models-1.352.0.tgz
    python extract_models.py package/models.json ../fixtures/models

Titles, descriptions and their order are left out, and the enumerations that a property refers to are put in its place.
"""

import json
import sys
from pathlib import Path
from typing import Any

SOURCE = "npm all-the-public-replicate-models 1.352.0 (January 2025; facts only, it states no licence), read 2026-11-25"
SLUGS = (
    "batouresearch/high-resolution-controlnet-tile",
    "cjwbw/supir",
    "codeslake/refvsr-cvpr2022",
    "daanelson/real-esrgan-a100",
    "jingyunliang/swinir",
    "mv-lab/swin2sr",
    "nightmareai/real-esrgan",
    "philz1337x/clarity-upscaler",
    "sczhou/codeformer",
    "tencentarc/gfpgan",
    "zsxkib/diffbir",
)
KEPT = ("type", "format", "default", "minimum", "maximum", "enum", "items", "nullable")
SHOWN = (
    *("id", "model", "version", "status", "input", "output", "error", "metrics", "created_at", "started_at"),
    *("completed_at", "data_removed", "urls"),
)


def reduced(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Return a property's constraints alone, those of the schemas it refers to among them."""
    for reference in schema.get("allOf", ()):
        schema = schemas[reference["$ref"].rpartition("/")[2]] | schema
    kept = {name: schema[name] for name in KEPT if name in schema}
    if "properties" in schema:
        kept["properties"] = {name: reduced(each, schemas) for name, each in schema["properties"].items()}
    return kept


def extract(model: dict[str, Any]) -> dict[str, Any]:
    """Return one fixture."""
    version, example = model["latest_version"], model["default_example"]
    schemas = version["openapi_schema"]["components"]["schemas"]
    asked = schemas["Input"]
    return {
        "source": SOURCE,
        "slug": f"{model['owner']}/{model['name']}",
        "version": {name: version[name] for name in ("id", "created_at", "cog_version")},
        "input": {
            "required": asked.get("required", []),
            "properties": {name: reduced(each, schemas) for name, each in asked["properties"].items()},
        },
        "output": reduced(schemas["Output"], schemas),
        "example": {name: example[name] for name in SHOWN if name in example},
    }


def main() -> None:
    """Write a file for each model."""
    folder = Path(sys.argv[2])
    for model in json.loads(Path(sys.argv[1]).read_text()):
        slug = f"{model['owner']}/{model['name']}"
        if slug in SLUGS:
            path = folder / f"{slug.replace('/', '__')}.json"
            path.write_text(json.dumps(extract(model), indent=1) + "\n")


if __name__ == "__main__":
    main()
