"""The sandbox over https: whom its certificate convinces, and connections that say nothing."""

import http.client
import socket
import ssl
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

import httpx
import pytest

from reconciler.sandbox.serving.application import Application
from reconciler.sandbox.serving.server import running
from reconciler.sandbox.serving.tls import throw_away_authority
from tests.sandbox.arm import IDENTITIES, VERSION, application, contents, identity, names
from tests.sandbox.test_server import serving, stop

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HEADERS = {"Authorization": "Bearer any"}
REQUEST = b"GET /subscriptions?api-version=2022-12-01 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer any\r\n\r\n"
MORE_THAN_THREADS = 40
IDLE = 600
"""Terraform's azurerm opens a connection for nearly every request, and leaves each idle for 90 seconds."""


@contextmanager
def served() -> Iterator[tuple[str, ssl.SSLContext]]:
    """A running https sandbox: its URL, and a context that trusts it."""
    with (
        throw_away_authority() as authority,
        running(application(contents([identity("id-a"), identity("id-b")]), page_size=1), authority=authority) as url,
    ):
        yield url, ssl.create_default_context(cafile=authority.certificate)


def port_of(url: str) -> int:
    return httpx.URL(url).port or 443


def connected(url: str, trust: ssl.SSLContext) -> ssl.SSLSocket:
    """A connection whose handshake is done, and that has asked nothing."""
    raw = socket.create_connection(("127.0.0.1", port_of(url)), timeout=60)
    return trust.wrap_socket(raw, server_hostname="localhost")


def ask(connection: ssl.SSLSocket) -> str:
    """Send a request; returns the first line of its answer, nothing where the connection is closed."""
    with suppress(OSError):
        connection.sendall(REQUEST)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        answer.read()
        return f"HTTP/1.1 {answer.status} {answer.reason}"
    return ""


def test_client_that_trusts_the_authority_is_answered_and_led_on_over_https() -> None:
    with served() as (url, trust), httpx.Client(base_url=url, verify=trust, headers=HEADERS, trust_env=False) as arm:
        first = arm.get(IDENTITIES, params=VERSION)
        second = arm.get(first.json()["nextLink"])

    assert url.startswith("https://localhost:")
    assert first.json()["nextLink"].startswith(f"{url}/")
    assert (names(first), names(second)) == (["id-a"], ["id-b"])


def test_certificate_is_good_for_the_address_too() -> None:
    with served() as (url, trust), httpx.Client(verify=trust, headers=HEADERS, trust_env=False) as arm:
        found = arm.get(f"https://127.0.0.1:{port_of(url)}{IDENTITIES}/id-a", params=VERSION)

    assert found.status_code == 200


def test_client_that_does_not_trust_the_authority_is_told_of_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with (
        served() as (url, _trust),
        httpx.Client(trust_env=False) as arm,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        arm.get(f"{url}{IDENTITIES}", params=VERSION)

    assert [record.getMessage() for record in caplog.records] == [
        "a client gave up in the TLS handshake: TLSV1_ALERT_UNKNOWN_CA"
    ]


def test_silent_connections_do_not_keep_others_waiting() -> None:
    with served() as (url, trust), ExitStack() as silent:
        address = ("127.0.0.1", port_of(url))
        for _ in range(MORE_THAN_THREADS):
            silent.enter_context(socket.create_connection(address))
            greeted = silent.enter_context(socket.create_connection(address))
            silent.enter_context(trust.wrap_socket(greeted, server_hostname="localhost"))

        with httpx.Client(base_url=url, verify=trust, headers=HEADERS, trust_env=False, timeout=60) as arm:
            listed = arm.get(IDENTITIES, params=VERSION)

    assert listed.status_code == 200


def test_hundreds_of_idle_connections_do_not_keep_a_new_one_waiting() -> None:
    with serving("--tls") as (process, arm), ExitStack() as idle:
        assert process.stderr is not None
        trust = ssl.create_default_context(cafile=process.stderr.readline().strip().rpartition(": ")[2])
        answers = []
        for _ in range(IDLE):
            used = idle.enter_context(connected(str(arm.base_url), trust))
            answers.append(ask(used))
        with httpx.Client(base_url=arm.base_url, verify=trust, headers=HEADERS, trust_env=False, timeout=60) as client:
            listed = client.get("/subscriptions", params={"api-version": "2022-12-01"})
        again = ask(used)

    assert (set(answers), listed.status_code, again) == ({"HTTP/1.1 200 OK"}, 200, "HTTP/1.1 200 OK")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not limit the files of a process")
def test_silent_connections_give_way_to_new_ones_where_files_are_few() -> None:
    few_files = ("sh", "-c", 'ulimit -n 256 && exec "$@"', "sh")
    with serving("--tls", before=few_files) as (process, arm), ExitStack() as silent:
        assert process.stderr is not None
        trust = ssl.create_default_context(cafile=process.stderr.readline().strip().rpartition(": ")[2])
        held = [silent.enter_context(connected(str(arm.base_url), trust)) for _ in range(300)]
        answers = ask(held[0]), ask(held[-1])
        ended = stop(process)

    assert (answers, ended) == (("", "HTTP/1.1 200 OK"), (0, ""))


def test_client_that_leaves_before_its_answer_leaves_no_trace(capfd: pytest.CaptureFixture[str]) -> None:
    answered, came, left = application(contents()), threading.Event(), threading.Event()

    def answer_late(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        came.set()
        left.wait(5)
        return answered(environ, start_response)

    with throw_away_authority() as authority:
        trust = ssl.create_default_context(cafile=authority.certificate)
        with running(cast(Application, answer_late), authority=authority) as url:
            with connected(url, trust) as client:
                client.sendall(REQUEST)
                came.wait(5)
            left.set()

    assert len(answered.requests) == 1
    assert capfd.readouterr().err == ""


def test_client_that_speaks_http_to_https_is_dropped_and_the_server_lives_on() -> None:
    with served() as (url, trust), httpx.Client(verify=trust, headers=HEADERS, trust_env=False) as arm:
        with pytest.raises(httpx.TransportError):
            arm.get(f"http://localhost:{port_of(url)}{IDENTITIES}", params=VERSION)
        found = arm.get(f"{url}{IDENTITIES}", params=VERSION)

    assert found.status_code == 200


def test_command_tells_where_the_certificate_lies_and_removes_it_at_the_end() -> None:
    with serving("--tls") as (process, arm):
        url = arm.base_url
        assert process.stderr is not None
        said = process.stderr.readline().strip()
        certificate = Path(said.rpartition(": ")[2])
        trust = ssl.create_default_context(cafile=certificate)
        with httpx.Client(base_url=url, verify=trust, headers=HEADERS, trust_env=False) as client:
            listed = client.get("/subscriptions", params={"api-version": "2022-12-01"})
        ended = stop(process)

    assert said == f"Trust this certificate authority (REQUESTS_CA_BUNDLE, SSL_CERT_FILE): {certificate}"
    assert (str(url)[:18], listed.status_code, ended) == ("https://localhost:", 200, (0, ""))
    assert not certificate.parent.exists()
