"""What the doctor asks ACM, which the emulator of the other tests knows in one region alone; here it is moto."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from operate.doctor import certificate, licences
from operate.finding import Finding
from operate.stage import Stage, read_stage
from tests.contract.conftest import boto_session

DOMAIN = "images.example.com"
clients = partial(boto_session().client, region_name="eu-central-1")


@pytest.fixture
def acm(aws: None) -> Any:  # noqa: ARG001
    return boto_session().client("acm", region_name="us-east-1")


@pytest.fixture
def issued(acm: Any) -> Callable[[str], str]:
    """Bring a certificate for a name, signed by itself; its ARN."""

    def bring(name: str) -> str:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(key, hashes.SHA256())
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        brought = acm.import_certificate(Certificate=made.public_bytes(Encoding.PEM), PrivateKey=private)
        return str(brought["CertificateArn"])

    return bring


def stage(arn: str, domain: str = DOMAIN) -> Stage:
    read = read_stage("dev")
    return dataclasses.replace(read, parameters={**read.parameters, "DomainName": domain, "CertificateArn": arn})


def looked_up(arn: str, domain: str = DOMAIN) -> Finding:
    [found] = certificate(stage(arn, domain), clients)
    return found


def test_a_certificate_that_was_asked_for_has_to_be_validated(acm: Any) -> None:
    arn = acm.request_certificate(DomainName=DOMAIN)["CertificateArn"]
    assert str(looked_up(arn)) == "WRONG the certificate is PENDING_VALIDATION: validate it in ACM"


@pytest.mark.parametrize("name", [DOMAIN, "*.example.com"])
def test_an_issued_certificate_counts_for_its_names(issued: Callable[[str], str], name: str) -> None:
    arn = issued(name)
    assert looked_up(arn) == Finding(f"the certificate of {DOMAIN}")
    assert looked_up(arn, "images.example.org").fix == "request one for images.example.org"


def test_a_missing_certificate_is_reported(acm: Any) -> None:  # noqa: ARG001
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/0a"
    assert looked_up(arn).what == "the certificate can't be read (ResourceNotFoundException)"


def test_without_a_domain_there_is_none() -> None:
    assert list(certificate(stage("", ""), clients)) == []


def test_models_that_may_not_be_sold_are_named_and_those_that_an_option_brings_in() -> None:
    def offering(models: str) -> Stage:
        dev = read_stage("dev")
        return dataclasses.replace(dev, parameters={**dev.parameters, "AllowedModels": models})

    [hint] = licences(offering("nightmareai/real-esrgan"))
    assert hint.what.startswith(
        "the option faceEnhance of nightmareai/real-esrgan uses a model with the licence Apache"
    )
    assert not hint.needed
    assert [each.what.partition(" has ")[0] for each in licences(offering("tencentarc/gfpgan"))] == [
        "tencentarc/gfpgan"
    ]
