import pytest

from enhancer.adapters.secrets import MAX_AGE, Secrets
from enhancer.settings import ConfigurationError, Settings


class Parameters:
    """An SSM client that counts."""

    def __init__(self, **values):
        self.values, self.calls = values, []

    def get_parameters(self, *, Names, WithDecryption):  # noqa: N803 - boto3's own
        self.calls.append(Names)
        assert WithDecryption
        return {"Parameters": [{"Name": name, "Value": self.values[name]} for name in Names if name in self.values]}


def test_all_secrets_come_with_one_call_and_are_kept_for_five_minutes():
    now = [1000.0]
    client = Parameters(a="1", b="2 3")
    secrets = Secrets(client, ["a", "b"], now=lambda: now[0])
    assert not client.calls
    assert secrets.get("a") == "1"
    assert secrets.several("b") == ["2", "3"]
    assert client.calls == [["a", "b"]]
    client.values["a"] = "new"
    now[0] += MAX_AGE
    assert secrets.get("a") == "1"
    now[0] += 1
    assert secrets.get("a") == "new"


def test_a_missing_secret_names_itself():
    with pytest.raises(ConfigurationError, match="/stack/b is not in the parameter store"):
        Secrets(Parameters(), ["/stack/b"]).get("/stack/b")


def test_a_missing_or_malformed_setting_names_itself():
    settings = Settings({"EMPTY": " ", "WORD": "ten", "NUMBER": "10", "LIST": "a, b,,c", "PAIRS": "a=1, b=20"})
    for name in ("ABSENT", "EMPTY"):
        with pytest.raises(ConfigurationError, match=f"the setting {name} is missing"):
            settings.text(name)
    with pytest.raises(ConfigurationError, match="the setting WORD is 'ten'"):
        settings.integer("WORD")
    assert settings.integer("NUMBER") == 10
    assert settings.items("LIST") == ["a", "b", "c"]
    assert settings.numbers("PAIRS") == {"a": 1, "b": 20}
    with pytest.raises(ConfigurationError, match="the setting LIST is"):
        settings.numbers("LIST")
    assert settings.optional("ABSENT") == ""
