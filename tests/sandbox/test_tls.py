"""The sandbox over https: whom its certificate convinces, and connections that say nothing."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from reconciler.sandbox.server import running
from reconciler.sandbox.tls import throw_away_authority
from tests.sandbox.arm import IDENTITIES, VERSION, application, contents, identity, names
from tests.sandbox.test_server import serving, stop

HEADERS = {"Authorization": "Bearer any"}
MORE_THAN_THREADS = 40


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

        with httpx.Client(base_url=url, verify=trust, headers=HEADERS, trust_env=False, timeout=5) as arm:
            listed = arm.get(IDENTITIES, params=VERSION)

    assert listed.status_code == 200


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
