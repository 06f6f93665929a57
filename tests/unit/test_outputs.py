import socket

import pytest
import requests

from enhancer.adapters.outputs import ProviderOutputs
from enhancer.errors import OutputGone, ProviderError
from tests.transport import session

URL = "https://tjzk.replicate.delivery/x/output.png"
HOSTS = ("replicate.delivery", "*.replicate.delivery")


def outputs(answer, hosts=HOSTS, *, local=False, addresses=("1.1.1.1", "2606:4700::1111"), max_bytes=1000):
    answers = list(answer) if isinstance(answer, list) else []
    made, transport = session(lambda _: answers.pop(0) if isinstance(answer, list) else answer)
    port = ProviderOutputs(
        hosts, local=local, session=made, resolve=lambda _: addresses, max_bytes=max_bytes, sleep=lambda _: None
    )
    return port, transport


def test_a_result_is_copied_with_its_size():
    port, transport = outputs((200, {}, b"picture"))
    output = port.fetch(URL)
    with output.file:
        assert output.file.read() == b"picture"
    assert output.size == 7
    assert "authorization" not in {name.lower() for name in transport.requests[0].headers}


@pytest.mark.parametrize(
    "url",
    [
        "http://replicate.delivery/x",
        "https://replicate.delivery.evil.test/x",
        "https://evilreplicate.delivery/x",
        "https://replicate.delivery@evil.test/x",
        "https://replicate.delivery:8443/x",
        "https://tjzk.replicate.delivery:8443/x",
        "https://someone@tjzk.replicate.delivery/x",
        "https://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:8080/x",
        "file:///etc/passwd",
        "ftp://replicate.delivery/x",
        "",
    ],
)
def test_nothing_is_fetched_from_elsewhere(url):
    port, transport = outputs((200, {}, b"picture"))
    with pytest.raises(OutputGone, match="may not be fetched"):
        port.fetch(url)
    assert not transport.requests


def test_a_local_stand_in_is_allowed_by_name_and_port():
    port, _ = outputs((200, {}, b"picture"), hosts=("127.0.0.1:8081",), local=True)
    port.fetch("http://127.0.0.1:8081/files/x").file.close()
    with pytest.raises(OutputGone):
        port.fetch("http://127.0.0.1:8082/files/x")


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "169.254.169.254", "fe80::1", "10.0.0.7", "192.168.1.1", "fd00::1"]
)
def test_a_host_that_is_allowed_by_name_but_is_inside_is_refused(address):
    port, transport = outputs((200, {}, b"picture"), addresses=("1.1.1.1", address))
    with pytest.raises(OutputGone, match="not public"):
        port.fetch(URL)
    assert not transport.requests


def test_a_name_that_cannot_be_resolved_now_may_be_tried_again():
    def unresolved(_):
        raise socket.gaierror

    made, _ = session(lambda _: (200, {}, b"picture"))
    with pytest.raises(ProviderError) as problem:
        ProviderOutputs(HOSTS, session=made, resolve=unresolved).fetch(URL)
    assert not isinstance(problem.value, OutputGone)


@pytest.mark.parametrize("answer", [(403, {}, b""), (410, {}, b""), (302, {"Location": "https://evil.test/"}, b"")])
def test_a_refused_or_moved_file_is_gone_at_once(answer):
    port, transport = outputs(answer)
    with pytest.raises(OutputGone):
        port.fetch(URL)
    assert len(transport.requests) == 1


def test_a_file_that_is_still_not_there_at_the_third_look_is_gone():
    port, transport = outputs((404, {}, b""))
    with pytest.raises(OutputGone):
        port.fetch(URL)
    assert len(transport.requests) == 3


def test_a_file_over_the_limit_is_not_taken():
    port, transport = outputs((200, {}, b"x" * 1001))
    with pytest.raises(OutputGone, match="more than 1,000 bytes"):
        port.fetch(URL)
    assert len(transport.requests) == 1


FAULTS = [(500, {}, b""), (429, {}, b""), requests.ConnectionError("x?sig=1"), requests.ReadTimeout()]


@pytest.mark.parametrize("answer", FAULTS)
def test_a_fault_that_lasts_may_be_tried_again_later(answer):
    port, transport = outputs(answer)
    with pytest.raises(ProviderError) as problem:
        port.fetch(URL)
    assert not isinstance(problem.value, OutputGone)
    assert "sig=1" not in str(problem.value)
    assert len(transport.requests) == 3


@pytest.mark.parametrize("fault", [*FAULTS, (404, {}, b""), (200, {"Content-Length": "9"}, b"pict")])
def test_a_fault_that_passes_costs_half_a_second_and_no_result(fault):
    port, transport = outputs([fault, (200, {}, b"picture")])
    output = port.fetch(URL)
    with output.file:
        assert output.file.read() == b"picture"
    assert len(transport.requests) == 2
