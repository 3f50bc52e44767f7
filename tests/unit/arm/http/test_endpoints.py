"""Where a token may go."""

import httpx
import pytest

from reconciler.arm.http.endpoints import (
    Origin,
    check_endpoint,
    endpoint_name,
    is_loopback,
    origin_of,
    parse_endpoint,
)
from reconciler.arm.login.clouds import AZURE_CLOUD
from reconciler.errors import UsageError


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.10", "::1"])
def test_loopback_hosts_are_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["localhost.evil.example", "127.0.0.1.nip.io", "128.0.0.1", "0.0.0.0", "::", "10.0.0.1", "", "127.1"]
)
def test_other_hosts_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("url", ["https://management.azure.com", "HTTPS://Management.Azure.com:443/subscriptions?x=1"])
def test_origin_fills_in_the_default_port_and_ignores_case(url: str) -> None:
    assert origin_of(httpx.URL(url)) == Origin("https", "management.azure.com", 443)


@pytest.mark.parametrize("endpoint", ["https://arm.example", "https://arm.example:8443/", "http://[::1]:8080"])
def test_endpoint_is_a_scheme_host_and_port(endpoint: str) -> None:
    assert parse_endpoint(endpoint) == httpx.URL(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "management.azure.com",
        "ftp://arm.example",
        "https://",
        "https://arm.example/path",
        "https://arm.example?x=1",
        "https://arm.example#x",
        "https://arm.example:port",
        "http://arm.example",
        "http://management.azure.com",
        "http://localhost.evil.example",
    ],
)
def test_anything_else_is_no_endpoint(endpoint: str) -> None:
    with pytest.raises(UsageError):
        parse_endpoint(endpoint)


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        ("HTTPS://Management.Azure.com:443/", "https://management.azure.com"),
        ("https://arm.example:8443", "https://arm.example:8443"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
    ],
)
def test_one_endpoint_has_one_name(endpoint: str, name: str) -> None:
    assert (endpoint_name(endpoint), endpoint_name(name)) == (name, name)


def test_password_in_an_endpoint_is_refused_and_not_shown() -> None:
    with pytest.raises(UsageError) as raised:
        parse_endpoint("https://user:hunter2@arm.example")

    assert "hunter2" not in raised.value.message + raised.value.hint


@pytest.mark.parametrize(
    "endpoint", ["https://management.azure.com:443/", "http://127.0.0.1:8080", "https://localhost"]
)
def test_own_tokens_go_to_the_cloud_and_to_loopback(endpoint: str) -> None:
    check_endpoint(endpoint, AZURE_CLOUD, "cli")


@pytest.mark.parametrize(
    "endpoint",
    ["https://management.azure.com.evil.example", "https://management.azure.com:8443", "https://evil.example"],
)
@pytest.mark.parametrize("kind", ["auto", "cli", "environment", "workload-identity", "managed-identity"])
def test_own_tokens_go_nowhere_else(endpoint: str, kind: str) -> None:
    with pytest.raises(UsageError, match="no token of yours is sent there"):
        check_endpoint(endpoint, AZURE_CLOUD, kind)


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:8080", "https://localhost", "http://[::1]:1"])
def test_token_goes_to_loopback_only_where_the_credential_was_named(endpoint: str) -> None:
    with pytest.raises(UsageError) as raised:
        check_endpoint(endpoint, AZURE_CLOUD, "auto")

    assert raised.value.message == (
        f"The endpoint {endpoint} is on this machine, where anybody may listen; no token of yours is sent there."
    )
    assert raised.value.hint == (
        "Pass --credential token with any text in UAMI_ACCESS_TOKEN for an emulator, or name the credential that may go"
        " there."
    )
    check_endpoint(endpoint, AZURE_CLOUD, "token")
    check_endpoint(endpoint, AZURE_CLOUD, "cli")


def test_given_token_goes_where_the_caller_says() -> None:
    check_endpoint("https://arm.internal.example", AZURE_CLOUD, "token")
