"""A host that cannot be reached is named, and tried again only where it has answered before."""

import logging
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from reconciler.arm.activity import Outages
from reconciler.errors import ArmError
from tests.unit.arm.fakes import FakeTime, loopback_client, raw_server

FOUND = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine that nobody else gets and nobody listens at."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def failure(endpoint: str, time: FakeTime) -> ArmError:
    """The error of one read."""
    with loopback_client(endpoint, time) as client, pytest.raises(ArmError) as raised:
        client.get("/x", "1", dict)
    return raised.value


def test_host_that_refuses_is_named_after_two_tries(closed_port: int) -> None:
    time = FakeTime()

    error = failure(f"http://127.0.0.1:{closed_port}", time)

    assert error.message == f"reading /x: no answer from 127.0.0.1:{closed_port}: connection refused"
    assert error.hint == "Check --endpoint, --cloud, the network and the proxy settings (HTTPS_PROXY, NO_PROXY)."
    assert time.slept_s == [0.25]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (socket.EAI_NONAME, "arm.example has no address"),
        (socket.EAI_AGAIN, "the address of arm.example could not be looked up"),
    ],
)
def test_host_without_an_address_is_named(reason: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_: object, **__: object) -> None:
        raise socket.gaierror(reason, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    assert failure("https://arm.example", FakeTime()).message == f"reading /x: {words}"


def test_host_that_does_not_take_the_connection_in_time_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object, **__: object) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", connect)

    error = failure("http://[::1]:8443", FakeTime())

    assert error.message == "reading /x: no answer from [::1]:8443: no connection within 10 s"


def test_proxy_that_refuses_is_named_in_place_of_the_host(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setenv("NO_PROXY", "")

    error = failure("https://arm.example", FakeTime())

    assert error.message == f"reading /x: no answer from the proxy 127.0.0.1:{closed_port}: connection refused"
    assert error.hint == "Check HTTPS_PROXY, ALL_PROXY and NO_PROXY."


def test_host_that_has_answered_is_waited_for_and_that_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    time = FakeTime()

    with caplog.at_level(logging.WARNING, "reconciler.arm"), ExitStack() as opened:
        with raw_server(FOUND) as (url, _):
            client = opened.enter_context(loopback_client(url, time))
            assert client.get("/x", "1", dict) == {}
        with pytest.raises(ArmError) as raised:
            client.get("/y", "1", dict)

    why = f"no answer from {url.removeprefix('http://')}: connection refused"
    assert (raised.value.message, len(time.slept_s)) == (f"reading /y: {why}", 5)
    assert [record.getMessage() for record in caplog.records] == [f"GET /y: {why}; attempt 3 of 6 in 0.5 s"]


def test_long_waits_are_told_and_of_many_a_few() -> None:
    outages = Outages()

    levels = [outages.level(now_s) for now_s in (100.0, 101.0, 129.0, 131.0)]

    assert levels == [logging.WARNING, logging.INFO, logging.INFO, logging.WARNING]
    assert Outages(is_shown_elsewhere=True).level(100.0) == logging.INFO
