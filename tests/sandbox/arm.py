"""What the sandbox's tests share: a subscription, its paths, a clock that stands still, and clients with a token."""

import base64
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from reconciler.sandbox.gateway.calls import Settings
from reconciler.sandbox.serving.application import Application, Options
from reconciler.sandbox.serving.transport import SandboxTransport
from reconciler.sandbox.state.state import Contents, Grant, Identity, ResourceGroup, Subscription

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
TENANT = "22222222-2222-2222-2222-222222222222"
IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/rg-Payments"
TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"
IDENTITIES = f"{GROUP}/providers/{TYPE}"
SERVED_ID = IDENTITIES.replace("resourceGroups", "resourcegroups")

GROUPS_VERSION = {"api-version": "2024-07-01"}
VERSION = {"api-version": "2024-11-30"}
OLDER_VERSION = {"api-version": "2023-01-31"}
PERMISSIONS_VERSION = {"api-version": "2022-04-01"}


JSON = {"Content-Type": "application/json"}
"""For bodies that a test writes itself."""


class Clock:
    """A time that moves only when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


def group(name: str = "rg-Payments") -> ResourceGroup:
    """A resource group in West Europe."""
    return ResourceGroup(SUBSCRIPTION, name, "westeurope")


def identity(name: str, resource_group: str = "rg-Payments") -> Identity:
    """An identity in West Europe, its ids made of its name."""
    return Identity(
        SUBSCRIPTION, resource_group, name, "westeurope", (), f"principal of {name}", f"client of {name}", TENANT
    )


def contents(
    identities: Iterable[Identity] = (),
    permissions: Iterable[Grant] = (),
    groups: Iterable[ResourceGroup] = (group(),),
) -> Contents:
    """One subscription with these resources, by default with the group `rg-Payments`."""
    return Contents(TENANT, (Subscription(SUBSCRIPTION, "Payments"), *groups, *identities), tuple(permissions))


def application(start: Contents | None = None, *, page_size: int = 1000, clock: Clock | None = None) -> Application:
    """A sandbox whose clock stands still."""
    settings = Settings(page_size=page_size, group_deletion=timedelta(seconds=60))
    return Application(contents() if start is None else start, Options(settings), clock=clock or Clock())


def client(app: Application, token: str = "any") -> httpx.Client:
    """An in-process client with a bearer token."""
    return httpx.Client(
        transport=SandboxTransport(app), base_url="http://arm.localhost", headers={"Authorization": f"Bearer {token}"}
    )


def token_of(principal_id: str) -> str:
    """A JWT that names a principal; its signature is nonsense, as the sandbox does not look at it."""
    payload = json.dumps({"oid": principal_id, "appid": "app-1"}).encode()
    return f"e30.{base64.urlsafe_b64encode(payload).decode().rstrip('=')}.c2ln"


def names(response: httpx.Response) -> list[str]:
    """The names in a list."""
    return [item["name"] for item in response.json()["value"]]


def error(response: httpx.Response) -> tuple[int, str, str]:
    """Status, code and message of a refusal."""
    body = response.json()["error"]
    return response.status_code, body["code"], body["message"]


def files_in(directory: Path) -> list[str]:
    """The names of what lies in a directory, in order."""
    return sorted(path.name for path in directory.iterdir())
