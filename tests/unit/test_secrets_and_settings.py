import contextlib

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from enhancer.adapters.secrets import COLD_RETRY, MAX_AGE, MAX_STALE_AGE, RETRY, Secrets
from enhancer.settings import ConfigurationError, Settings


class Parameters:
    """An SSM client that counts."""

    def __init__(self, **values):
        self.values, self.calls, self.problem = values, [], None

    def get_parameters(self, *, Names, WithDecryption):  # noqa: N803 - boto3's own
        self.calls.append(Names)
        assert WithDecryption
        if self.problem:
            raise self.problem
        return {"Parameters": [{"Name": name, "Value": self.values[name]} for name in Names if name in self.values]}


class Told(list):
    """Remembers why secrets were kept."""

    __call__ = list.append


THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "GetParameters")


@pytest.fixture
def now():
    return [1000.0]


@pytest.fixture
def told():
    return Told()


def secrets_of(client, now, told, names=("a", "b")):
    return Secrets(client, names, told, now=lambda: now[0])


def test_all_secrets_come_with_one_call_and_are_at_most_five_minutes_old(now, told):
    client = Parameters(a="1", b="2 3")
    secrets = secrets_of(client, now, told)
    assert not client.calls
    assert secrets.get("a") == "1"
    assert secrets.several("b") == ["2", "3"]
    assert client.calls == [["a", "b"]]
    client.values["a"] = "new"
    now[0] += MAX_AGE * 0.8 - 1
    assert secrets.get("a") == "1"
    now[0] += MAX_AGE * 0.2 + 1
    assert secrets.get("a") == "new"
    assert told == []


def test_processes_that_started_together_do_not_ask_together_again(now, told):
    clients = [Parameters(a="1") for _ in range(50)]
    crowd = [secrets_of(client, now, told, ["a"]) for client in clients]
    for each in crowd:
        each.get("a")
    busiest = 0
    for _ in range(int(MAX_AGE) + 1):
        now[0] += 1
        before = sum(len(client.calls) for client in clients)
        for each in crowd:
            each.get("a")
        busiest = max(busiest, sum(len(client.calls) for client in clients) - before)
    assert sum(len(client.calls) for client in clients) == 100
    assert busiest < 10


@pytest.mark.parametrize(("held", "shortest", "longest"), [(True, 30, 90), (False, 1.5, 4.5)])
def test_processes_whose_call_failed_together_do_not_ask_together_again(now, told, held, shortest, longest):
    waits = []
    for _ in range(50):
        client = Parameters(a="1")
        secrets = secrets_of(client, now, told, ["a"])
        if held:
            secrets.get("a")
            now[0] += MAX_AGE
        client.problem = THROTTLED
        failed_at = now[0]
        while len(client.calls) < 2 + held:
            with contextlib.suppress(ConfigurationError):
                secrets.get("a")
            now[0] += 0.1
        waits.append(now[0] - failed_at)
    assert shortest <= min(waits) < max(waits) <= longest + 0.2
    assert max(waits) - min(waits) > (longest - shortest) / 2


@pytest.mark.parametrize("problem", [THROTTLED, ReadTimeoutError(endpoint_url="https://ssm.test")])
def test_what_is_held_serves_for_an_hour_while_the_store_does_not_answer(now, told, problem):
    client = Parameters(a="1", b="2")
    secrets = secrets_of(client, now, told)
    secrets.get("a")
    client.problem = problem
    for _ in range(int(MAX_STALE_AGE) - 1):
        now[0] += 1
        assert secrets.get("a") == "1"
    assert 30 < len(client.calls) < 120, "about one call a minute, however many requests"
    assert set(told) == {"ThrottlingException" if problem is THROTTLED else "ReadTimeoutError"}
    assert len(told) == len(client.calls) - 1
    now[0] += RETRY * 1.5
    with pytest.raises(ConfigurationError, match=f"does not answer: {told[0]}"):
        secrets.get("a")
    client.problem = None
    now[0] += COLD_RETRY * 1.5
    assert secrets.get("a") == "1"


def test_new_values_come_soon_after_the_store_answers_again(now, told):
    client = Parameters(a="1")
    secrets = secrets_of(client, now, told, ["a"])
    secrets.get("a")
    client.problem = THROTTLED
    now[0] += MAX_AGE
    assert secrets.get("a") == "1"
    client.problem, client.values["a"] = None, "new"
    now[0] += RETRY * 1.5
    assert secrets.get("a") == "new"


def test_a_crowd_of_requests_at_a_process_without_secrets_asks_once_in_a_while(now, told):
    client = Parameters(a="1")
    client.problem = THROTTLED
    secrets = secrets_of(client, now, told, ["a"])
    for _ in range(100):
        with pytest.raises(ConfigurationError, match="does not answer: ThrottlingException"):
            secrets.get("a")
    assert len(client.calls) == 1
    client.problem = None
    now[0] += COLD_RETRY * 1.5
    assert secrets.get("a") == "1"


def test_a_missing_secret_names_itself(now, told):
    with pytest.raises(ConfigurationError, match="/stack/b is not in the parameter store"):
        secrets_of(Parameters(), now, told, ["/stack/b"]).get("/stack/b")


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
