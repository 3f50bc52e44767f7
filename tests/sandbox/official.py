"""What Azure's own clients are made with to reach the sandbox.

azure-core gives no bearer token to plain http, so the clients are given a policy that does.
"""

from typing import Any

from azure.core.credentials import AccessToken
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy

from tests.sandbox.arm import SUBSCRIPTION


class Token:
    """A credential that always has a token."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken("any", 4102444800)


class PlainBearer(SansIOHTTPPolicy[Any, Any]):
    """Sends a token over http too."""

    def __init__(self, token: str) -> None:
        self._token = token

    def on_request(self, request: PipelineRequest[Any]) -> None:
        request.http_request.headers["Authorization"] = f"Bearer {self._token}"


def arguments_for(url: str, token: str = "any") -> dict[str, Any]:
    """The arguments of a client that reaches the sandbox at `url`."""
    return {
        "credential": Token(),
        "subscription_id": SUBSCRIPTION,
        "base_url": url,
        "authentication_policy": PlainBearer(token),
        "polling_interval": 0,
    }
