"""Which address a request, and so a token, may go to.

Everything is compared as an origin (scheme, host and port, default ports filled in), never as text: `https://h:443` and
`https://H` are one place, `https://h.example.org` and `https://h` are two, whatever prefix they share.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, ip_address

import httpx

from reconciler.arm.login.clouds import CLOUDS, Cloud
from reconciler.errors import UsageError

TOKEN_KIND = "token"  # noqa: S105 - the name of a kind of credential, not a secret
"""The kind of credential whose token the caller hands over, and so may send wherever they say."""

DEFAULT_KIND = "auto"
"""The kind of credential of a caller who has named none."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOOPBACK_V4 = IPv4Network("127.0.0.0/8")
_LOOPBACK_V6 = IPv6Address("::1")


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of a URL, in normal form."""

    scheme: str
    host: str
    port: int | None


def origin_of(url: httpx.URL) -> Origin:
    """The origin of an absolute URL; `port` is None only for a scheme that is neither http nor https."""
    return Origin(url.scheme, url.raw_host.decode("ascii"), url.port or _DEFAULT_PORTS.get(url.scheme))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name: `localhost`, 127.0.0.0/8 or ::1; nothing is looked up."""
    if host.casefold() == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address in _LOOPBACK_V4 or address == _LOOPBACK_V6


def parse_endpoint(text: str) -> httpx.URL:
    """Read the base URL of an ARM endpoint: `https://HOST[:PORT]`, or http where the host is loopback.

    Raises:
        UsageError: not such a URL. The text itself is not repeated, for it may hold a password.
    """
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        raise UsageError("The endpoint is not a URL.", "Write it as https://HOST[:PORT].") from None
    if url.scheme not in _DEFAULT_PORTS or not url.host:
        raise UsageError("The endpoint is not an http or https URL.", "Write it as https://HOST[:PORT].")
    if url.userinfo or url.query or url.fragment or url.path != "/":
        raise UsageError(
            f"The endpoint on {url.host} has more than a scheme, a host and a port.",
            "Write it as https://HOST[:PORT], without user, path or query.",
        )
    if url.scheme == "http" and not is_loopback(url.host):
        raise UsageError(
            f"Plain http to {url.host} would show the token to everyone on the way.",
            "Use https; http is for localhost, 127.0.0.0/8 and ::1 only.",
        )
    return url


def endpoint_name(text: str) -> str:
    """An endpoint in normal form, so that one place has one name; raises UsageError as `parse_endpoint` does."""
    origin = origin_of(parse_endpoint(text))
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    port = "" if origin.port == _DEFAULT_PORTS[origin.scheme] else f":{origin.port}"
    return f"{origin.scheme}://{host}{port}"


def check_endpoint(endpoint: str, cloud: Cloud, credential_kind: str) -> None:
    """Refuse to send a token that was issued for `cloud` to somebody else's endpoint.

    Raises:
        UsageError: no endpoint; neither the cloud's own nor loopback while the kind is not `token`; or loopback, where
            any user of the machine may listen, while no kind was named.
    """
    url = parse_endpoint(endpoint)
    if is_loopback(url.host) and credential_kind == DEFAULT_KIND:
        raise UsageError(
            f"The endpoint {url} is on this machine, where anybody may listen; no token of yours is sent there.",
            "Pass --credential token with any text in UAMI_ACCESS_TOKEN for an emulator, or name the credential that"
            " may go there.",
        )
    if credential_kind == TOKEN_KIND or is_loopback(url.host):
        return
    if not _is_endpoint_of(cloud, url):
        raise UsageError(
            f"The endpoint {url} is neither {cloud.name}'s own nor on this machine; no token of yours is sent there.",
            _elsewhere_hint(url),
        )


def _is_endpoint_of(cloud: Cloud, url: httpx.URL) -> bool:
    return origin_of(url) == origin_of(httpx.URL(cloud.endpoint))


def _elsewhere_hint(url: httpx.URL) -> str:
    owner = next((cloud for cloud in CLOUDS.values() if _is_endpoint_of(cloud, url)), None)
    if owner is not None:
        return f"It is {owner.name}'s: pass --cloud {owner.name}, and no --endpoint."
    return "Pass --credential token with a token meant for it in UAMI_ACCESS_TOKEN."
