import json

import pytest

from enhancer.adapters import model_files


def test_every_file_but_the_schema_is_a_model_in_order():
    names = [path.name for path in model_files.files()]
    assert names == sorted(names)
    assert {"nightmareai--real-esrgan.json", "sczhou--codeformer.json", "tencentarc--gfpgan.json"} <= set(names)
    assert "schema.json" not in names
    for path in model_files.files():
        document = json.loads(path.read_text())
        assert path.name == document["slug"].replace("/", "--") + ".json"
        assert model_files.read_file(path).slug == document["slug"]


@pytest.mark.parametrize(("text", "fault"), [("{", "JSONDecodeError"), ("{}", "KeyError"), ("[]", "TypeError")])
def test_a_file_that_can_not_be_read_is_named(tmp_path, text, fault):
    (tmp_path / "owner--name.json").write_text(text)
    with pytest.raises(ValueError, match=f"the model file owner--name.json can't be read: {fault}.*make check-models"):
        model_files.read_file(tmp_path / "owner--name.json")
