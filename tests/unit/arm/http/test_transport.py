"""The wire: proxies, certificates, redirects, and connections that break."""

import platform

import httpx
import pytest

from reconciler import __version__
from reconciler.arm.http.transport import Sender, open_http_client, user_agent
from reconciler.arm.login.auth import CachedCredentialAuth
from reconciler.arm.login.credentials import fixed_token
from reconciler.errors import ArmError, UsageError
from tests.unit.arm.fakes import (
    CORRELATION_ID,
    ENDPOINT,
    TOKEN,
    FakeArm,
    FakeTime,
    answer,
    http_client,
    loopback_client,
    raw_server,
)

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
GATEWAY_SAYS_NO = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def open_for(endpoint: str) -> httpx.Client:
    time = FakeTime()
    return open_http_client(
        endpoint,
        CachedCredentialAuth(fixed_token(TOKEN), endpoint=endpoint, clock=time.clock),
        Sender(CORRELATION_ID, lambda: "id", {}),
        retries=time.retries(),
        max_connections=2,
    )


def test_headers_name_the_tool_the_run_and_the_request() -> None:
    arm = FakeArm([answer(200, {})])

    with http_client(arm, environment={"AZURE_HTTP_USER_AGENT": "pipeline/7"}) as client:
        client.get("/x")

    sent = arm.requests[0].headers
    assert sent["User-Agent"] == f"uami/{__version__} Python/{platform.python_version()} pipeline/7"
    assert sent["x-ms-correlation-request-id"] == CORRELATION_ID
    assert sent["x-ms-client-request-id"] == "id-1"


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "naïve"])
def test_user_agent_that_no_header_can_carry_is_wrong_usage(value: str) -> None:
    with pytest.raises(UsageError, match="AZURE_HTTP_USER_AGENT"):
        user_agent({"AZURE_HTTP_USER_AGENT": value})


def test_plain_http_is_refused_before_anything_is_opened() -> None:
    with pytest.raises(UsageError, match="Plain http"):
        open_for("http://management.azure.com")


def test_redirects_are_not_followed() -> None:
    arm = FakeArm([answer(307, {}, {"Location": "https://evil.example/x"}), answer(200, {})])

    with http_client(arm) as client:
        response = client.get("/x")

    assert (response.status_code, len(arm.requests)) == (307, 1)


def test_what_a_server_sets_is_not_sent_back_to_it() -> None:
    arm = FakeArm([answer(200, {}, {"Set-Cookie": "affinity=1"}), answer(200, {})])

    with http_client(arm) as client:
        client.get("/x")
        client.get("/x")

    assert "Cookie" not in arm.requests[1].headers


def test_hooks_hear_of_each_request_and_answer_and_errors_know_their_request() -> None:
    arm = FakeArm([answer(200, {}), httpx.ReadError("gone")])
    heard: list[str] = []

    with http_client(arm) as client:
        client.event_hooks = {
            "request": [lambda one: heard.append(one.method)],
            "response": [lambda one: heard.append(f"{one.status_code} to {one.request.method}")],
        }
        client.put("/x", json={})
        with pytest.raises(httpx.ReadError) as failure:
            client.delete("/y")

    assert heard == ["PUT", "200 to PUT", "DELETE"]
    assert failure.value.request.url == f"{ENDPOINT}/y"


def test_proxy_of_the_environment_is_asked_for_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(GATEWAY_SAYS_NO) as (proxy, heads):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        with open_for(ENDPOINT) as client, pytest.raises(httpx.ProxyError):
            client.delete("/x")

    assert heads[0].startswith(b"CONNECT management.azure.com:443 HTTP/1.1\r\n")
    assert TOKEN.encode() not in heads[0]


def test_proxy_without_a_scheme_is_an_http_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(GATEWAY_SAYS_NO) as (proxy, heads):
        monkeypatch.setenv("ALL_PROXY", proxy.removeprefix("http://"))
        with open_for(ENDPOINT) as client, pytest.raises(httpx.ProxyError):
            client.delete("/x")

    assert heads[0].startswith(b"CONNECT management.azure.com:443 HTTP/1.1\r\n")


def test_no_proxy_exempts_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "unreachable.invalid")

    # A proxy that refuses the connection gives the same class of error, hence the text: the name itself was looked up.
    with open_for("https://unreachable.invalid") as client, pytest.raises(httpx.ConnectError) as raised:
        client.delete("/x")

    assert "refused" not in str(raised.value)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_loopback_never_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:1")

    with (
        raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as (endpoint, heads),
        open_for(endpoint) as client,
    ):
        response = client.get("/x")

    assert (response.status_code, len(heads)) == (200, 1)


def test_proxy_that_is_no_url_is_wrong_usage_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "ftp://user:hunter2@proxy.example")

    with pytest.raises(UsageError) as raised:
        open_for(ENDPOINT)

    assert "hunter2" not in raised.value.message + raised.value.hint


def test_certificate_file_that_is_missing_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")

    with pytest.raises(UsageError) as raised:
        open_for(ENDPOINT)

    assert raised.value.hint == "Check SSL_CERT_FILE and SSL_CERT_DIR."


def test_read_cut_off_on_the_wire_is_sent_again() -> None:
    time = FakeTime()
    replies = (
        b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"na',
        b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"name":"x"}',
    )

    with raw_server(*replies) as (endpoint, heads), loopback_client(endpoint, time) as client:
        body = client.get("/x", "1", dict)

    assert (body, len(heads)) == ({"name": "x"}, 2)


def test_delete_whose_answer_is_lost_is_in_doubt_and_sent_once() -> None:
    with (
        raw_server(b"") as (endpoint, heads),
        loopback_client(endpoint, FakeTime()) as client,
        pytest.raises(ArmError) as raised,
    ):
        client.delete("/x", "1")

    assert (raised.value.in_doubt, raised.value.transient, raised.value.status, len(heads)) == (True, True, None, 1)


def test_put_whose_answer_is_cut_off_is_in_doubt_and_sent_once() -> None:
    reply = b'HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"na'

    with (
        raw_server(reply) as (endpoint, heads),
        loopback_client(endpoint, FakeTime()) as client,
        pytest.raises(ArmError) as raised,
    ):
        client.put("/x", "1", {}, dict)

    assert (raised.value.in_doubt, raised.value.transient, len(heads)) == (True, True, 1)


def test_token_echoed_in_a_garbled_answer_is_not_shown() -> None:
    reply = f"Bearer {TOKEN} is not HTTP\r\n\r\n".encode()

    with (
        raw_server(reply) as (endpoint, _),
        loopback_client(endpoint, FakeTime()) as client,
        pytest.raises(ArmError) as raised,
    ):
        client.delete("/x", "1")

    assert "not HTTP" in raised.value.message
    assert TOKEN not in raised.value.message
