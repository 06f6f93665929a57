"""`make check-models`: what is said of a model file that the schema takes and that can't work, one change at a time."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from enhancer.adapters.model_files import files
from operate import model_files
from operate.model_files import faults, main

PATHS = {path.stem: path for path in files()}
Change = Callable[[dict[str, Any]], Any]


@pytest.fixture
def checked(tmp_path: Path) -> Callable[..., list[str]]:
    """The faults of a model file of ours after a change."""

    def check(change: Change, name: str = "nightmareai--real-esrgan") -> list[str]:
        document = copy.deepcopy(json.loads(PATHS[name].read_text()))
        change(document)
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(document))
        return faults(file)

    return check


def test_our_files_are_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    assert capsys.readouterr() == (f"{len(PATHS)} of {len(PATHS)} model files are valid: {', '.join(PATHS)}\n", "")


def test_a_file_that_is_no_json_is_told(tmp_path: Path) -> None:
    (tmp_path / "a--b.json").write_text("{")
    [fault] = faults(tmp_path / "a--b.json")
    assert fault.startswith("it is not JSON: Expecting property name")


def test_what_the_schema_refuses_is_told_with_its_place(checked: Callable[..., list[str]]) -> None:
    def twice(document: dict[str, Any]) -> None:
        document["version"] = "1"
        document["image"] = 7

    assert [fault.partition(":")[0] for fault in checked(twice)] == ["$.image", "$.version"]


def put(value: Any, *path: Any) -> Change:
    """Set one member, a list's by its index."""

    def change(document: dict[str, Any]) -> None:
        *way, last = path
        at: Any = document
        for step in way:
            at = at[step]
        at[last] = value

    return change


def all_of(*changes: Change) -> Change:
    def change(document: dict[str, Any]) -> None:
        for each in changes:
            each(document)

    return change


def without(*path: Any) -> Change:
    def change(document: dict[str, Any]) -> None:
        *way, last = path
        at: Any = document
        for step in way:
            at = at[step]
        del at[last]

    return change


OPTION = {"name": "faceEnhance", "field": "other", "kind": "boolean", "default": False}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (put("owner/name", "slug"), "it describes owner/name, so its name must be owner--name.json"),
        (
            without("scale", "factors", 0, "value"),
            "scale.field and the `value` of each factor belong together: give both or neither",
        ),
        (
            without("scale", "field"),
            "scale.field and the `value` of each factor belong together: give both or neither",
        ),
        (
            put([{"value": 4, "times": 4}, {"value": 2, "times": 2}, {"value": 4, "times": 4}], "scale", "factors"),
            "scale.factors must ascend by `times`, but are [4, 2, 4]",
        ),
        (
            put([{"value": 4, "times": 4}, {"value": 5, "times": 4}], "scale", "factors"),
            "scale.factors must ascend by `times`, but are [4, 4]",
        ),
        (
            all_of(without("scale", "field"), put([{"times": 2}, {"times": 4}], "scale", "factors")),
            "without scale.field there is one factor",
        ),
        (put(4.5, "scale", "default"), "scale.default is 4.5; it must be from 1 to scale.maximum, 4"),
        (put(5, "scale", "maximum"), "scale.maximum is 5, but the model returns at most 4 times"),
        (
            put(2_096_705, "maxPixels"),
            "an output may have 33547264 pixels: with 4 times, maxPixels is at most 2096704",
        ),
        (
            lambda document: document["options"].append(OPTION),
            "each parameter needs a name of its own: scale, faceEnhance, faceEnhance",
        ),
        (
            lambda document: document["options"].append({**OPTION, "name": "other", "field": "image"}),
            "each input of the model may be used once: image, scale, face_enhance, image",
        ),
        (put("scale", "image"), "each input of the model may be used once: scale, scale, face_enhance"),
        (put({"face_enhance": True}, "constants"), "each input of the model may be used once: image, scale, "),
        (put({"scale": 9}, "goals", 1, "params"), "goal cleanup: scale"),
    ],
)
def test_each_fault_beyond_the_schema_has_its_sentence(
    checked: Callable[..., list[str]], change: Change, says: str
) -> None:
    found = checked(change)
    assert [fault for fault in found if fault.startswith(says)] != [], found


def test_an_options_default_must_be_among_its_values(checked: Callable[..., list[str]]) -> None:
    name = "tencentarc--gfpgan"
    assert checked(put("v1.9", "options", 0, "default"), name) == [
        "goal faces: version is 'v1.9'; it must be one of v1.2, v1.3, v1.4.",
        "option version: its default 'v1.9' is not among its values",
    ]


@pytest.mark.parametrize(
    "change",
    [
        put(1, "scale", "default"),
        put(4, "scale", "default"),
        all_of(put(3, "scale", "maximum"), put(3, "scale", "default")),
        all_of(without("scale", "field"), without("scale", "factors", 0, "value")),
        put({"tile": 0}, "constants"),
    ],
)
def test_what_is_just_right_has_no_fault(checked: Callable[..., list[str]], change: Change) -> None:
    assert checked(change) == []


def test_the_command_names_each_file_that_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = PATHS["tencentarc--gfpgan"]
    (tmp_path / "a--b.json").write_text("{")
    monkeypatch.setattr(model_files, "files", lambda: [tmp_path / "a--b.json", good])
    assert main() == 1
    said = capsys.readouterr()
    assert said.out == "1 of 2 model files are valid: tencentarc--gfpgan\n"
    assert said.err.startswith("a--b.json: it is not JSON")
    monkeypatch.setattr(model_files, "files", list)
    assert main() == 1, "no file is no catalogue"
