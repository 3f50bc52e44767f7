"""Our client against the emulator, as the contract tests see it: what lives, what was asked, who else is at work."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import httpx

from reconciler.arm.http.client import ArmClient, OtherService
from reconciler.arm.http.retry import Retries
from reconciler.arm.http.transport import Sender, open_http_client
from reconciler.arm.login.auth import CachedCredentialAuth
from reconciler.arm.login.credentials import fixed_token
from reconciler.arm.microsoft_graph import PAGE_LINK
from reconciler.arm.resources import Resources
from reconciler.guards import Runner
from reconciler.live.azure import Azure
from reconciler.live.identities import read_live
from reconciler.live.may_read import MayRead
from reconciler.manifest.desired import Desired
from reconciler.model.identity import Live
from reconciler.parallel import Pool
from reconciler.sandbox.gateway.calls import Settings
from reconciler.sandbox.rates.rates import Rates
from reconciler.sandbox.serving.application import Application, Options
from reconciler.sandbox.serving.transport import SandboxTransport
from reconciler.sandbox.state.state import Contents, Grant, Identity, ResourceGroup, Subscription
from reconciler.stop import Stop
from tests.builders import GROUP, SUBSCRIPTION, TENANT
from tests.contract.faults import Fault, FaultyTransport
from tests.sandbox.arm import token_of
from tests.unit.arm.fakes import FakeTime

CORRELATION_ID = "c0ffee00-0000-0000-0000-000000000000"
PIPELINE = "pipeline"
"""The principal as which our client asks."""

PARALLELISM = 4
_API_VERSION = "2024-11-30"


@dataclass(frozen=True)
class Arm:
    """The emulator, our client to it, and the ways of a test to look behind and to meddle.

    Attributes:
        time: what the client waits by; it passes only when the client sleeps.
        stop: ends the client's waits.
        client: ours, through whatever faults the test asked for.
        others: somebody else's connection, without faults.
    """

    application: Application
    time: FakeTime
    stop: Stop
    retries: Retries
    client: ArmClient
    others: httpx.Client

    @property
    def resources(self) -> Resources:
        """Our calls on what we manage."""
        return Resources(self.client, pool=Pool(PARALLELISM), activity=self.retries.activity)

    @property
    def resources_with_graph(self) -> Resources:
        """The same, with Microsoft Graph at the same place."""
        client = ArmClient(self.client.http, self.time.wall, link_name=PAGE_LINK)
        return replace(self.resources, graph=OtherService(lambda: client))

    @property
    def azure(self) -> Azure:
        """The live side of the workflow."""
        return Azure("AzureCloud", self.resources, None, lambda: None, lambda: Runner(PIPELINE))

    def read(self, desired: Desired) -> Live:
        """What lives in the groups of a manifest, as our client reads it."""
        return read_live([group.group_id for group in desired.groups], self.resources, MayRead(self.client))

    @property
    def live(self) -> dict[str, dict[str, str]]:
        """Tags by `GROUP/IDENTITY` of everything that lives."""
        return {
            f"{one.resource_group}/{one.name}": dict(one.tags) for one in self.application.state.contents().of(Identity)
        }

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Method and path, without the query, of each call of ours."""
        return [(method, path) for method, path, _ in self._log()]

    @property
    def writes(self) -> list[tuple[str, str, int]]:
        """Method, name and status of each call of ours that could change something; our POSTs only ask."""
        changing = ("PUT", "PATCH", "DELETE")
        return [(method, path.rpartition("/")[2], status) for method, path, status in self._log() if method in changing]

    def _log(self) -> list[tuple[str, str, int]]:
        ours = [one for one in self.application.requests if one.principal == PIPELINE]
        return [(one.method, one.path.partition("?")[0], one.status) for one in ours]

    def put(self, name: str, *, group: str = GROUP, tags: Mapping[str, str] | None = None, **properties: str) -> None:
        """Somebody else creates or replaces an identity."""
        body = {"location": "westeurope", "tags": dict(tags or {}), "properties": properties}
        self._send("PUT", name, group, body)

    def patch(self, name: str, tags: Mapping[str, str], *, group: str = GROUP) -> None:
        """Somebody else replaces an identity's tags."""
        self._send("PATCH", name, group, {"tags": dict(tags)})

    def delete(self, name: str, *, group: str = GROUP) -> None:
        """Somebody else deletes an identity."""
        self._send("DELETE", name, group, None)

    def recreate(self, name: str, *, tags: Mapping[str, str] | None = None) -> None:
        """Somebody else deletes an identity and creates another one of that name."""
        self.delete(name)
        self.put(name, tags=tags)

    def lock(self, scope: str, level: str = "CanNotDelete") -> None:
        """Somebody else puts the lock `keep` on a scope."""
        path = f"{scope}/providers/Microsoft.Authorization/locks/keep"
        self.send("PUT", path, "2020-05-01", {"properties": {"level": level}})

    def attach(self, resource_id: str, identity: str, api_version: str = "2024-07-01") -> None:
        """Somebody else creates a resource that bears an identity of the group, or gives it one more."""
        block = {"type": "UserAssigned", "userAssignedIdentities": {_id_of(identity, GROUP): {}}}
        self.send("PUT", resource_id, api_version, {"location": "westeurope", "identity": block, "properties": {}})

    def _send(self, method: str, name: str, group: str, body: object) -> None:
        self.send(method, _id_of(name, group), _API_VERSION, body)

    def send(self, method: str, path: str, api_version: str, body: object) -> None:
        """Somebody else makes a call that must succeed."""
        response = self.others.request(method, path, params={"api-version": api_version}, json=body)
        assert response.is_success, response.text


_TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"


def _id_of(name: str, group: str) -> str:
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/{_TYPE}/{name}"


def open_arm(application: Application, url: str, faulty: FaultyTransport, wire: httpx.BaseTransport) -> Arm:
    """Connect our client, through the faults, and somebody else's, past them, to an emulator."""
    time, stop = FakeTime(), Stop()

    def sleep(seconds: float) -> None:
        stop.sleep(0)
        time.sleep(seconds)

    retries = Retries(time.clock, sleep, lambda: 0.0, time.wall)
    http = open_http_client(
        url,
        CachedCredentialAuth(fixed_token(token_of(PIPELINE)), endpoint=url, clock=time.wall),
        Sender(CORRELATION_ID, lambda: "00000000-0000-0000-0000-0000000000ff", {}),
        retries=retries,
        max_connections=PARALLELISM,
        transport=faulty,
    )
    headers = {"Authorization": f"Bearer {token_of('somebody-else')}", "Content-Type": "application/json"}
    others = httpx.Client(base_url=url, transport=wire, headers=headers)
    return Arm(application, time, stop, retries, ArmClient(http, time.wall), others)


@contextmanager
def in_process(start: Contents, *faults: Fault, page_size: int = 1000, rates: Rates | None = None) -> Iterator[Arm]:
    """An emulator without a server, for what would be the same over HTTP."""
    application = Application(start, Options(Settings(page_size=page_size), rates=rates))
    wire = SandboxTransport(application)
    opened = open_arm(application, "https://management.azure.com", FaultyTransport(wire, faults), wire)
    try:
        yield opened
    finally:
        opened.client.http.close()
        opened.others.close()


OpenArm = Callable[..., Arm]
"""`open_(contents, *faults, page_size=1000, rates=None)`; see the fixture `arm`."""


def subscription(subscription_id: str = SUBSCRIPTION) -> Subscription:
    """A subscription as the emulator keeps it."""
    return Subscription(subscription_id, "Payments")


def there(
    name: str,
    *,
    group: str = GROUP,
    tags: Mapping[str, str] | None = None,
    location: str = "westeurope",
    isolation_scope: str | None = None,
    subscription_id: str = SUBSCRIPTION,
) -> Identity:
    """An identity as the emulator keeps it."""
    return Identity(
        subscription_id=subscription_id,
        resource_group=group,
        name=name,
        location=location,
        tags=tuple((tags or {}).items()),
        principal_id=f"principal-of-{name}",
        client_id=f"client-of-{name}",
        tenant_id=TENANT,
        isolation_scope=isolation_scope,
    )


def contents(
    *identities: Identity | str, groups: Sequence[str] = (GROUP,), permissions: Sequence[Grant] = ()
) -> Contents:
    """A subscription with groups in West Europe and these identities; a string stands for one without tags."""
    return Contents(
        items=(
            subscription(),
            *(ResourceGroup(SUBSCRIPTION, name, "westeurope") for name in groups),
            *(there(one) if isinstance(one, str) else one for one in identities),
        ),
        tenant_id=TENANT,
        permissions=tuple(permissions),
    )
