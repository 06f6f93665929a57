"""Settings, secrets, tokens and images of a local installation, without a running stack."""

import dataclasses
import socket
import stat
from pathlib import Path

import jwt
import pytest
from PIL import Image

from local import issuer
from local.__main__ import main
from local.config import AUDIENCE, LocalStackError, StackConfig, config_from_environment
from local.ports import free_ports, is_taken
from local.side_by_side import side_by_side
from local.stack import LocalStack
from local.stored_secrets import load_secrets
from tests.local.tiny_stack import tiny_config


def config(state: Path) -> StackConfig:
    return StackConfig(port=8080, replicate_port=8081, emulator_port=8082, state=state)


def test_ports_follow_the_first() -> None:
    found = config_from_environment({"PORT": "9000", "STATE": "", "LOCAL_ENGINE": ""})
    assert (found.port, found.replicate_port, found.emulator_port) == (9000, 9001, 9002)


@pytest.mark.parametrize("port", ["http", "0", "65534", "-1", "²"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(LocalStackError, match="PORT is"):
        config_from_environment({"PORT": port})


def test_parameters_of_the_caller_replace_the_defaults(tmp_path: Path) -> None:
    made = StackConfig(1, 2, 3, tmp_path, parameters={"QuotaJobs": "500", "StatusWaitSeconds": "0"})
    parameters = made.template_parameters()
    assert (parameters["QuotaJobs"], parameters["StatusWaitSeconds"], parameters["Stage"]) == ("500", "0", "local")


def test_secrets_are_made_once_and_private(tmp_path: Path) -> None:
    first = load_secrets(tmp_path)
    assert load_secrets(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_a_token_verifies_against_the_published_keys(tmp_path: Path) -> None:
    made = issuer.token(config(tmp_path), "alice", email_verified=False, role="admin")
    key = jwt.PyJWKSet.from_dict(issuer.jwks(tmp_path))[jwt.get_unverified_header(made)["kid"]]
    claims = jwt.decode(made, key, algorithms=["ES256"], audience=AUDIENCE, issuer="http://127.0.0.1:8080/_local")
    assert (claims["sub"], claims["email_verified"], claims["role"]) == ("alice", False, "admin")
    assert claims["exp"] - claims["iat"] == 3600
    assert stat.S_IMODE((tmp_path / "issuer.pem").stat().st_mode) == 0o600


def test_the_token_command_prints_the_token_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"STATE": str(tmp_path), "SUB": "bob", "EMAIL_VERIFIED": "false", "ROLE": "admin"}.items():
        monkeypatch.setenv(name, value)
    assert main(["token"]) == 0
    claims = jwt.decode(capsys.readouterr().out.strip(), options={"verify_signature": False})
    assert (claims["sub"], claims["email_verified"], claims["role"]) == ("bob", False, "admin")


def test_a_missing_build_is_named_before_anything_starts(tmp_path: Path) -> None:
    unbuilt = StackConfig(*free_ports(3), state=tmp_path / "state", build=tmp_path)
    with pytest.raises(LocalStackError, match=r"is missing; run `make build TARGET=local` first"), LocalStack(unbuilt):
        pass
    assert not (tmp_path / "state").exists()


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert is_taken(port)
        taken = dataclasses.replace(tiny_config(tmp_path), emulator_port=port)
        with pytest.raises(LocalStackError, match=rf"Port {port} is in use .*PORT="), LocalStack(taken):
            pass


@pytest.mark.parametrize(("name", "sentence"), [("none.png", "There is no file"), ("text.png", "is not a JPEG")])
def test_the_demo_refuses_what_is_no_image(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, sentence: str
) -> None:
    (tmp_path / "text.png").write_text("no image")
    assert main(["demo", str(tmp_path / name)]) == 1
    assert sentence in capsys.readouterr().err


def test_side_by_side_shows_both_in_the_size_of_the_result(tmp_path: Path) -> None:
    Image.new("RGB", (10, 6), "red").save(tmp_path / "before.png")
    Image.new("RGBA", (40, 24), "blue").save(tmp_path / "after.png")
    side_by_side(tmp_path / "before.png", tmp_path / "after.png", tmp_path / "both.png")
    with Image.open(tmp_path / "both.png") as both:
        assert both.size == (88, 52)
        assert (both.getpixel((20, 40)), both.getpixel((70, 40))) == ((255, 0, 0), (0, 0, 255))
