import contextlib
import socket

import pytest
import requests

from enhancer import USER_AGENT
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


def test_addresses_are_asked_for_by_name_and_may_have_a_zone(monkeypatch):
    asked = []

    def found(*arguments, **options):
        asked.append((arguments, options))
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", 443)),
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1%eth0", 443, 0, 2)),
        ]

    monkeypatch.setattr("socket.getaddrinfo", found)
    made, transport = session(lambda _: (200, {}, b"image"))
    with pytest.raises(OutputGone, match="not public"):
        ProviderOutputs(HOSTS, session=made).fetch(URL)
    assert asked == [(("tjzk.replicate.delivery", 443), {"type": socket.SOCK_STREAM})]
    assert not transport.requests
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found()[:1])
    ProviderOutputs(HOSTS, session=made).fetch(URL).file.close()


def test_a_result_is_copied_with_its_size():
    port, transport = outputs((200, {}, b"image"))
    output = port.fetch(URL)
    with output.file:
        assert output.file.read() == b"image"
    assert output.size == 5
    [request], [options] = transport.requests, transport.options
    assert "authorization" not in {name.lower() for name in request.headers}
    assert request.headers["User-Agent"] == USER_AGENT
    assert (options["stream"], options["timeout"]) == (True, (5, 20))


def test_a_large_result_is_counted_whole_and_kept_on_the_disk():
    data = bytes(17 * 1024 * 1024)
    port, _ = outputs((200, {}, data), max_bytes=len(data))
    output = port.fetch(URL)
    with output.file:
        assert output.size == len(data)
        assert output.file._rolled, "it has left the memory"
        assert output.file.read() == data


def test_a_small_result_stays_in_memory(monkeypatch):
    monkeypatch.setattr("tempfile.TemporaryFile", lambda *_, **__: pytest.fail("a file was made"))
    outputs((200, {}, b"image"))[0].fetch(URL).file.close()


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
    port, transport = outputs((200, {}, b"image"))
    with pytest.raises(OutputGone, match=r"^results may not be fetched from [a-z]*://[^/]*$"):
        port.fetch(url)
    assert not transport.requests


def test_a_long_host_is_named_by_its_beginning():
    long = "https://" + ".".join(["a" * 60] * 2) + ".replicate.delivery/x"
    for hosts, addresses in ((("other.test",), ()), (HOSTS, ("10.0.0.7",))):
        with pytest.raises(OutputGone) as refusal:
            outputs((200, {}, b""), hosts, addresses=addresses)[0].fetch(long)
        assert "a" * 60 + "." + "a" * 39 in str(refusal.value)
        assert "a" * 60 + "." + "a" * 40 not in str(refusal.value)


def test_a_local_stand_in_is_allowed_by_name_and_port():
    port, _ = outputs((200, {}, b"image"), hosts=("127.0.0.1:8081",), local=True)
    port.fetch("http://127.0.0.1:8081/files/x").file.close()
    with pytest.raises(OutputGone):
        port.fetch("http://127.0.0.1:8082/files/x")


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "::1", "169.254.169.254", "fe80::1", "10.0.0.7", "192.168.1.1", "fd00::1", "0.0.0.1", "::"),
        *("224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1", "255.255.255.255", "240.0.0.1", "100.64.0.1"),
        *("64:ff9b::a9fe:a9fe", "64:ff9b::808:808", "64:ff9b:1::a00:1", "2002:a9fe:a9fe::1", "2002:808:808::1"),
        *("::ffff:10.0.0.1", "::ffff:8.8.8.8", "::10.0.0.1", "::8.8.8.8", "2001:0:808:808::1", "2001:db8::1"),
        *("192.88.99.1", "192.0.2.1", "198.18.0.1", "fec0::1", "3fff::1", "5f00::1", "100::1", "2001:20::1"),
    ],
)
def test_a_host_that_is_allowed_by_name_but_is_inside_is_refused(address):
    port, transport = outputs((200, {}, b"image"), addresses=("1.1.1.1", address))
    with pytest.raises(OutputGone, match="not public"):
        port.fetch(URL)
    assert not transport.requests


@pytest.mark.parametrize("address", ["1.1.1.1", "104.18.2.3", "2606:4700::1111", "2a06:98c1:3120::3"])
def test_a_public_address_is_none_of_them(address):
    port, _ = outputs((200, {}, b"image"), addresses=(address,))
    port.fetch(URL).file.close()


@pytest.mark.parametrize("addresses", [(), ("nonsense",), ("",)])
def test_a_name_that_leads_nowhere_is_refused(addresses):
    port, transport = outputs((200, {}, b"image"), addresses=addresses)
    with pytest.raises(OutputGone):
        port.fetch(URL)
    assert not transport.requests


@pytest.mark.parametrize(
    "url",
    ["http://[::1", "https://[::1", "https://[", "", "\ud800", "data:image/png;base64,AA", "https://", "//x", "x"],
)
@pytest.mark.parametrize("hosts", [HOSTS, ("", "*.", "[::1")])
def test_what_is_no_address_is_gone(url, hosts):
    """The words are for the operator: they go into the job's row."""
    with pytest.raises(
        OutputGone, match=r"^the provider's address of its file is not one$|^results may not be fetched"
    ):
        outputs((200, {}, b"image"), hosts)[0].fetch(url)


@pytest.mark.parametrize("path", ["\ud800", "%zz", "\x00", " ", "a b\n", "ä", "?" * 3, "#", "\x7f", "\\", "x" * 9000])
def test_whatever_stands_behind_the_host_does_no_harm(path):
    with contextlib.suppress(ProviderError):
        outputs((200, {}, b"image"))[0].fetch(URL + path).file.close()


def test_a_name_that_cannot_be_resolved_now_may_be_tried_again():
    def unresolved(_):
        raise socket.gaierror

    made, _ = session(lambda _: (200, {}, b"image"))
    with pytest.raises(ProviderError) as problem:
        ProviderOutputs(HOSTS, session=made, resolve=unresolved).fetch(URL)
    assert not isinstance(problem.value, OutputGone)
    assert str(problem.value) == "the name of the provider's file host can't be resolved"


@pytest.mark.parametrize("answer", [(403, {}, b""), (410, {}, b""), (302, {"Location": "https://evil.test/"}, b"")])
def test_a_refused_or_moved_file_is_gone_at_once(answer):
    port, transport = outputs(answer)
    with pytest.raises(OutputGone, match=f"^the provider answers {answer[0]} for its file$"):
        port.fetch(URL)
    assert len(transport.requests) == 1


def test_a_file_that_is_still_not_there_at_the_third_look_is_gone():
    port, transport = outputs((404, {}, b""))
    with pytest.raises(OutputGone, match=r"^the provider answers 404 for its file$"):
        port.fetch(URL)
    assert len(transport.requests) == 3


def test_between_tries_there_are_pauses():
    naps = []
    made, _ = session(lambda _: (500, {}, b""))
    with pytest.raises(ProviderError):
        ProviderOutputs(HOSTS, session=made, resolve=lambda _: ["1.1.1.1"], sleep=naps.append).fetch(URL)
    assert naps == [0.5, 2.0]


def test_a_file_over_the_limit_is_not_taken():
    port, transport = outputs((200, {}, b"x" * 1001))
    with pytest.raises(OutputGone, match="more than 1,000 bytes"):
        port.fetch(URL)
    assert len(transport.requests) == 1


KINDS = {requests.ConnectionError: "ConnectionError", requests.ReadTimeout: "ReadTimeout"}
FAULTS = [(500, {}, b""), (429, {}, b""), requests.ConnectionError("x?sig=1"), requests.ReadTimeout()]


@pytest.mark.parametrize("answer", FAULTS)
def test_a_fault_that_lasts_may_be_tried_again_later(answer):
    port, transport = outputs(answer)
    with pytest.raises(ProviderError) as problem:
        port.fetch(URL)
    assert not isinstance(problem.value, OutputGone)
    assert str(problem.value) == f"fetching the result failed: {KINDS.get(type(answer), 'HTTPError')}"
    assert len(transport.requests) == 3


@pytest.mark.parametrize("fault", [*FAULTS, (404, {}, b""), (200, {"Content-Length": "9"}, b"pict")])
def test_a_fault_that_passes_costs_half_a_second_and_no_result(fault):
    port, transport = outputs([fault, (200, {}, b"image")])
    output = port.fetch(URL)
    with output.file:
        assert output.file.read() == b"image"
    assert len(transport.requests) == 2


def at(times, answer):
    """A port whose clock shows these seconds in turn, and what it asks."""
    clock = iter(times)
    made, transport = session(lambda _: answer)
    given = {"session": made, "resolve": lambda _: ["1.1.1.1"], "sleep": lambda _: None, "now": lambda: next(clock)}
    return ProviderOutputs(HOSTS, **given), transport


def test_a_file_that_trickles_in_ends_at_the_deadline():
    """The client's own time-out is between two bytes."""
    port, transport = at([0, 0, 46], (200, {}, b"x" * 900))
    with pytest.raises(ProviderError, match="more than 45 s: 900 bytes came"):
        port.fetch(URL)
    assert len(transport.requests) == 1


def test_no_try_begins_behind_the_deadline():
    port, transport = at([0, 30, 60], (503, {}, b""))
    with pytest.raises(ProviderError, match="more than 45 s"):
        port.fetch(URL)
    assert len(transport.requests) == 1
