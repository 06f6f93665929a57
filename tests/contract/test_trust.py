"""Whom the deployed code trusts: the built layer's own clients against a TLS server that they do not know."""

import hashlib
import json
import re
import ssl
import subprocess
import sys
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from tests.tls import https_server

ROOT = Path(__file__).parents[2]
LAYER = ROOT / ".build/local/layers/CoreLayer/python"
OURS = ROOT / "layers/core/enhancer/amazon_roots.pem"
PUBLISHED = {
    # SHA-256 of the subject public key info, as amazontrust.com/repository publishes it (quoted in the repositories of
    # others with that source, one of them of 2026-09-16; read 2026-11-25)
    "Amazon Root CA 1": "fbe3018031f9586bcbf41727e417b7d1c45c2f47f93be372a17b96b50757d5a2",
    "Amazon Root CA 2": "7f4296fc5b6a4e3b35d3c369623e364ab1af381d8fa7121533c9d6c633ea2461",
    "Amazon Root CA 3": "36abc32656acfc645c61b71613c4bf21c787f5cabbee48348d58597803d7abc9",
    "Amazon Root CA 4": "f7ecded5c66047d28ed6466b543c40e0743abe81d109254dcf845d4c2c7853c5",
    "Starfield Services Root Certificate Authority - G2": (
        "2b071c59a0a0ae76b0eadb2bad23bad4580b69c3601b630c2eaf0613afa83f92"
    ),
}
CALLS = {
    # name: what is called through the factories that ship, and the variable that names another bundle
    "dynamodb": ("bootstrap.jobs().get('x')", "AWS_CA_BUNDLE"),
    "sqs": ("bootstrap.messages().start('x')", "AWS_CA_BUNDLE"),
    "ssm": ("bootstrap.secrets().get('/bench/token')", "AWS_CA_BUNDLE"),
    "r2": ("aws_clients.r2_client(url, 'key', 'secret').get_object(Bucket='b', Key='k')", "AWS_CA_BUNDLE"),
    "provider": ("replicate.Replicate(url, lambda: 't', {}).get('run')", "REQUESTS_CA_BUNDLE"),
    "outputs": (
        "outputs.ProviderOutputs([host], resolve=lambda _: ['1.1.1.1']).fetch(url + '/x').file.close()",
        "REQUESTS_CA_BUNDLE",
    ),
    "issuer": ("bootstrap.issuer_keys().fetch_data()", "SSL_CERT_FILE"),
}
AWS = ("dynamodb", "sqs", "ssm")
PROGRAM = """
import hashlib, json, ssl, sys
sys.path.append({layer!r})
url, host = {url!r}, {url!r}.removeprefix("https://")
trusted, refusals = [], []
wrap = ssl.SSLContext.wrap_socket
def watched(context, *arguments, **options):
    trusted.append(sorted(hashlib.sha256(each).hexdigest() for each in context.get_ca_certs(binary_form=True)))
    try:
        return wrap(context, *arguments, **options)
    except ssl.SSLCertVerificationError as refusal:
        refusals.append(refusal.verify_message)
        raise
ssl.SSLContext.wrap_socket = watched
from enhancer import aws_clients, bootstrap
from enhancer.adapters import outputs, replicate
try:
    {call}
    error = None
except Exception as problem:
    error = type(problem).__name__ + ": " + str(problem)
print(json.dumps([trusted, refusals, error]))
"""


def fingerprint(pem: str) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def certificates(pattern: str, text: str) -> dict[str, str]:
    """Name → PEM of the certificate that stands below it."""
    body = r"\n(?:#.*\n)*(-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----)"
    return dict(re.findall(pattern + body, text))


KEPT = certificates(r'# Label: "([^"]+)"', Path(certifi.where()).read_text())


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with https_server(tmp_path_factory.mktemp("tls")) as running:
        yield running


def called(name, url, **variables):
    """What a new process with the built layer alone trusted and was refused in one call."""
    call, _ = CALLS[name]
    environment = {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_ENDPOINT_URL": url,
        "JOBS_TABLE": "jobs",
        "START_QUEUE_URL": f"{url}/1/start",
        "REPLICATE_API_TOKEN": "/bench/token",
        "OIDC_JWKS_URL": f"{url}/keys",
    }
    run = subprocess.run(  # noqa: S603 - our own program
        [
            getattr(sys, "_base_executable", sys.executable),
            *("-I", "-S", "-B", "-c", PROGRAM.format(layer=str(LAYER), url=url, call=call)),
        ],
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    trusted, refusals, error = json.loads(run.stdout.splitlines()[-1])  # what comes before it is the log
    assert trusted, "no TLS connection was made"
    return trusted, refusals, error


@pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")  # Starfield's is 0
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_root_is_the_one_that_amazon_publishes_under_its_name(name):
    """Three sources agree: certifi under that label, the certificate's own subject, Amazon's published key."""
    ours = certificates(r"# (.+)", OURS.read_text())
    assert list(ours) == list(PUBLISHED)
    certificate = x509.load_pem_x509_certificate(ours[name].encode())
    [subject] = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert subject.value == name
    assert fingerprint(ours[name]) == fingerprint(KEPT[name]) == certificate.fingerprint(hashes.SHA256()).hex()
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert hashlib.sha256(key).hexdigest() == PUBLISHED[name]


def test_nothing_else_is_in_the_file():
    ours = re.findall(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----", OURS.read_text())
    assert len(ours) == 5
    assert {fingerprint(pem) for pem in ours} == {fingerprint(KEPT[name]) for name in PUBLISHED}


@pytest.mark.parametrize("name", CALLS)
def test_a_client_refuses_a_server_that_it_has_no_reason_to_trust(server, name):
    """As deployed, without any variable: its trust is the five roots for AWS and certifi's whole bundle elsewhere."""
    trusted, refusals, error = called(name, server[0])
    assert error
    assert refusals
    assert all("unable to get local issuer certificate" in refusal for refusal in refusals)
    labels = PUBLISHED if name in AWS else KEPT
    expected = {fingerprint(KEPT[label]) for label in labels}
    assert all(set(roots) == expected for roots in trusted)


@pytest.mark.parametrize("name", CALLS)
def test_a_client_speaks_with_a_server_whose_authority_the_usual_variable_names(server, name):
    url, authority = server
    trusted, refusals, error = called(name, url, **{CALLS[name][1]: str(authority)})
    assert (refusals, error) == ([], None)
    assert all(roots == [fingerprint(authority.read_text())] for roots in trusted)
