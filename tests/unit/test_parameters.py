"""`make start Name=value …`: any parameter of the template, or one sentence before anything starts."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from deployment import ROOT
from deployment.template import read_template
from local.config import AUDIENCE, LocalStackError, StackConfig
from local.parameters import SECRET_NAMES, with_parameters

DECLARED = read_template(ROOT / "template.yaml")["Parameters"]
KEYS = {"R2_ACCESS_KEY_ID": "an-id", "R2_SECRET_ACCESS_KEY": "a-secret"}
PROVIDER = {"REPLICATE_API_TOKEN": "a-token", "REPLICATE_WEBHOOK_SECRET": "whsec_x"}
GOOD = {
    "Stage": "local",
    "PublicBaseUrl": "https://tunnel.test",
    "R2Endpoint": "https://account.r2.test",
    "R2PublicEndpoint": "https://images.test",
    "R2Bucket": "mine",
    "R2Prefix": "a/b/",
    "ReplicateBaseUrl": "https://provider.test",
    "ReplicateOutputHosts": "*.provider.test",
    "AllowedModels": "tencentarc/gfpgan",
    "OidcIssuer": "https://id.test/realm",
    "OidcAudience": "mine",
    "OidcJwksUrl": "https://id.test/keys",
    "OidcOrigins": "https://a.test https://b.test",
    "RateLimits": "create=1,upload=1,status=1,image=1,other=1,guest=1",
    "RequireVerifiedEmail": "true",
    "LogRetentionDays": "7",
    "Tracing": "PassThrough",
    "OriginSecret": "abc",
    "DomainName": "images.test",
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/0-f",
    "PrivacyUrl": "https://privacy.test/it's?a=$b",
    "BudgetEmail": "a@b.test",
    "AlarmEmail": "a@b.test",
}
"""A value of each parameter that is no plain number."""


def config(**more):
    return StackConfig(port=8080, replicate_port=8081, emulator_port=8082, state=Path("/nowhere"), **more)


def good(name):
    return GOOD.get(name, "3")


def refused(*arguments, **environment):
    with pytest.raises(LocalStackError) as told:
        with_parameters(config(), arguments, environment)
    return str(told.value)


def test_every_parameter_can_be_set_and_reaches_the_deployment():
    arguments = [f"{name}={good(name)}" for name in DECLARED]
    found = with_parameters(config(), arguments, KEYS | PROVIDER).template_parameters()
    assert found == {name: good(name) for name in DECLARED}


@pytest.mark.parametrize("name", DECLARED)
def test_every_parameter_refuses_a_value_in_one_sentence(name):
    said = refused(f"{name}=no good!")
    assert said.startswith(f"{name} is ")
    assert "\n" not in said
    assert ("no good" in said) == ("NoEcho" not in DECLARED[name])


def test_a_wrong_name_is_told_the_nearest():
    assert refused("QuotaJob=5") == "template.yaml has no parameter QuotaJob; did you mean QuotaJobs?"
    assert refused("MAX_PIXELS=5") == "template.yaml has no parameter MAX_PIXELS; did you mean MaxPixels?"
    assert refused("zzz=5").startswith("template.yaml has no parameter zzz; it has AlarmEmail, AllowedModels, ")


@pytest.mark.parametrize(
    ("argument", "allowed"),
    [
        ("QuotaJobs=-1", "a whole number, 0 or more"),
        ("QuotaJobs=1.5", "a whole number, 0 or more"),
        ("QuotaJobs=", "a whole number, 0 or more"),
        ("QuotaJobs=٣", "a whole number, 0 or more"),
        ("MaxPixels=50000001", "a whole number from 1 to 50000000"),
        ("LogRetentionDays=2", "one of 1, 3, 5, 7, 14, 30, 60, 90, 180, 365"),
        ("R2Prefix=x", "match ^([a-z0-9-]+/)*$"),
    ],
)
def test_the_sentence_says_what_is_allowed_and_what_it_is_for(argument, allowed):
    name, _, value = argument.partition("=")
    about = DECLARED[name]["Description"].rstrip(".")
    assert refused(argument) == f"{name} is {value!r}; it must be {allowed} ({about}).".replace("be match", "match")


def test_bounds_are_allowed():
    for bound in ("MinValue", "MaxValue"):
        given = {name: str(declared[bound]) for name, declared in DECLARED.items() if bound in declared}
        assert given
        assert with_parameters(config(), [f"{name}={value}" for name, value in given.items()], {}).parameters == given


def test_the_environment_sets_parameters_too_and_an_argument_comes_first():
    found = with_parameters(
        config(), ["MaxPixels=7"], {"QuotaJobs": "5", "MaxPixels": "6", "HOME": "/x", "QuotaJob": "1"}
    )
    assert found.parameters == {"QuotaJobs": "5", "MaxPixels": "7"}
    assert "QuotaJobs is 'x'" in refused(QuotaJobs="x")


@pytest.mark.parametrize(
    ("leader", "of_the_local_one", "stay"),
    [
        ("R2Endpoint", ":8080", {"PublicBaseUrl", "OidcIssuer", "OidcJwksUrl"}),
        ("R2Endpoint", ":8082", set()),
        ("ReplicateBaseUrl", ":8081", set()),
        ("OidcIssuer", "/_local", set()),
        ("OidcIssuer", AUDIENCE, {"R2Bucket"}),
    ],
)
def test_what_followed_from_a_local_address_does_not_stay_behind_it(leader, of_the_local_one, stay):
    moved = config(parameters={leader: "https://elsewhere.test"}).template_parameters()
    assert {name for name, value in moved.items() if of_the_local_one in value} == stay
    assert {name for name, each in DECLARED.items() if "Default" not in each} <= set(moved)


def test_another_bucket_and_another_provider_need_their_secrets_from_the_environment():
    arguments = ["R2Endpoint=https://r2.test", "ReplicateBaseUrl=https://provider.test"]
    found = with_parameters(config(), arguments, KEYS | PROVIDER)
    assert found.secrets == {
        "r2-access-key-id": "an-id",
        "r2-secret-access-key": "a-secret",
        "replicate-api-token": "a-token",
        "replicate-webhook-secret": "whsec_x",
    }
    assert "a-secret" not in repr(found)
    assert (
        refused("R2Endpoint=https://r2.test", R2_ACCESS_KEY_ID="an-id")
        == "R2Endpoint needs secrets: export R2_SECRET_ACCESS_KEY in the shell."
    )
    assert "export REPLICATE_API_TOKEN and REPLICATE_WEBHOOK_SECRET" in refused("ReplicateBaseUrl=https://p.test")


def test_secrets_that_lie_in_a_shell_for_other_work_stay_out():
    assert with_parameters(config(), [], KEYS | PROVIDER).secrets == {}


@pytest.mark.parametrize("name", sorted(SECRET_NAMES))
def test_a_secret_is_no_argument_and_is_not_repeated(name):
    said = refused(f"{name}=very-secret")
    assert said.startswith(f"{name} is a secret")
    assert "very-secret" not in said


def test_the_name_of_a_secret_is_no_secret():
    named = KEYS | {"R2_SECRET_ACCESS_KEY": "/image-enhancer-dev/r2-secret-access-key"}
    assert refused("R2Endpoint=https://r2.test", **named).startswith("R2_SECRET_ACCESS_KEY must be the secret itself")


def test_secrets_are_named_as_the_example_names_them():
    example = (ROOT / ".env.example").read_text()
    assert all(re.search(rf"^{name}=/", example, re.MULTILINE) for name in SECRET_NAMES)


def test_what_no_single_declaration_says():
    assert refused("Stage=dev").startswith("Stage is 'dev'; here it is always local")
    assert refused("OidcIssuer=https://id.test") == "OidcIssuer needs OidcAudience and OidcJwksUrl beside it."
    assert refused("AllowedModels=foo/bar").startswith("AllowedModels: 'foo/bar' is not")


def passed(*overrides):
    """What `make start` hands over for these words of its command line, also where a make runs this test."""
    alone = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    shown = subprocess.run(  # noqa: S603
        ["make", "-n", "start", *overrides],  # noqa: S607
        cwd=ROOT, env=alone, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    words = shlex.split(shown.splitlines()[-1])
    return words[words.index("start") + 1 :]


def test_make_hands_over_what_its_command_line_names():
    given = {"QuotaJobs": "5", "OidcOrigins": "https://a.test  https://b.test", "PrivacyUrl": "https://p.test/it's"}
    found = passed("PORT=9080", "LOCAL_ENGINE=instant", *(f"{name}={value}" for name, value in given.items()))
    assert sorted(found) == sorted(f"{name}={value}" for name, value in given.items())
    assert passed() == []
    assert passed("Not-A-Name=1") == ["Not-A-Name=1"]
