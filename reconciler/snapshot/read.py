"""Reads what a sandbox state is made of: complete, or an error.

One list for each kind of thing and scope, all under way at once, and then the credentials of each identity, which ARM
lists in no other way. No list is believed before the caller's permissions say that nothing is kept from it, as in
`read_live`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.arm import permissions, subscriptions
from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.fields import FieldError, JsonObject, section, text
from reconciler.arm.http.paths import group_path, identity_path, subscription_path
from reconciler.arm.identities import Identities
from reconciler.arm.resources import Resources, lane_of
from reconciler.arm.role_assignments import grant_command
from reconciler.errors import AuthError, LoginError, NotFound, UsageError
from reconciler.model import ResourceGroupId, ResourceId, Subscription
from reconciler.snapshot.choose import (
    Entry,
    Key,
    Listed,
    Snapshot,
    identities_to_ask,
    key_of,
    make_entry,
    make_snapshot,
)
from reconciler.snapshot.directory import read_directory_part

_PROGRESS = "Reading the federated credentials of identities"
_READ_CREDENTIALS = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read"
_READ_EVERYTHING = "*/read"


@dataclass(frozen=True, slots=True)
class SnapshotScope:
    """A subscription to take, or one resource group of it."""

    subscription_id: str
    resource_group: str | None = None

    @property
    def path(self) -> str:
        """As requests are sent to it."""
        if self.resource_group is None:
            return subscription_path(self.subscription_id)
        return group_path(ResourceGroupId(self.subscription_id, self.resource_group))

    @property
    def key(self) -> Key:
        """As ids compare."""
        return key_of(str(self))

    def __str__(self) -> str:
        if self.resource_group is None:
            return f"/subscriptions/{self.subscription_id}"
        return str(ResourceGroupId(self.subscription_id, self.resource_group))


@dataclass(frozen=True, slots=True)
class _Kind:
    """A list that every scope has.

    Attributes:
        suffix: what follows the scope in its path.
        api_version: None for the run's own, of Microsoft.ManagedIdentity.
        action: what the caller must be allowed, for the list to be whole.
        inherits: it also has what stands above the scope.
        required: texts among `properties` without which an entry cannot be judged, or would be made up when it is
            loaded.
        query: what of the list is asked for (`$filter`); None for all of it.
    """

    suffix: str
    api_version: str | None
    action: str
    inherits: bool = False
    required: tuple[str, ...] = ()
    query: str | None = None


_GROUPS = _Kind("/resourceGroups", "2024-07-01", "Microsoft.Resources/subscriptions/resourceGroups/read")
_IDENTITIES = _Kind(
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities",
    None,
    "Microsoft.ManagedIdentity/userAssignedIdentities/read",
    required=("principalId", "clientId", "tenantId"),
)
_ROLE_ASSIGNMENTS = _Kind(
    "/providers/Microsoft.Authorization/roleAssignments",
    "2022-04-01",
    "Microsoft.Authorization/roleAssignments/read",
    inherits=True,
    required=("principalId",),
)
_ROLE_DEFINITIONS = _Kind(
    "/providers/Microsoft.Authorization/roleDefinitions",
    "2022-04-01",
    "Microsoft.Authorization/roleDefinitions/read",
    inherits=True,
    required=("roleName",),
    query="type eq 'CustomRole'",
)
_DENY_ASSIGNMENTS = _Kind(
    "/providers/Microsoft.Authorization/denyAssignments",
    "2022-04-01",
    "Microsoft.Authorization/denyAssignments/read",
    inherits=True,
    required=("denyAssignmentName",),
)
_LOCKS = _Kind(
    "/providers/Microsoft.Authorization/locks",
    "2020-05-01",
    "Microsoft.Authorization/locks/read",
    inherits=True,
    required=("level",),
)
# ARM shows a resource in this list to those who may read its type, whichever that is.
_RESOURCES = _Kind("/resources", "2024-07-01", _READ_EVERYTHING)

_KINDS = (_GROUPS, _IDENTITIES, _ROLE_DEFINITIONS, _ROLE_ASSIGNMENTS, _DENY_ASSIGNMENTS, _LOCKS, _RESOURCES)
"""Source of the api-versions: OpenAPI of Microsoft.Resources 2024-07-01, Microsoft.Authorization 2022-04-01 (roles,
role assignments, deny assignments) and 2020-05-01 (locks). A new kind of thing gets its row here and its place in
`snapshot.Listed`."""


def read_snapshot(scopes: Sequence[SnapshotScope], resources: Resources) -> Snapshot:
    """Read everything at the scopes that a sandbox state can hold.

    Raises:
        AuthError: the caller may not read all of a scope, so that a list could be incomplete.
        UsageError: the scopes are in several tenants.
        ArmError: something could not be read, for whatever other reason.
    """
    identities = resources.identities
    found = resources.map("Reading subscriptions", lambda scope: _open(resources.client, scope), scopes)
    _check_one_tenant(found)
    jobs = [(scope, kind) for kind in _KINDS for scope in scopes]
    lists = resources.map("Reading lists", lambda job: _read_list(identities, *job), jobs)
    listed = {
        kind: tuple(entry for (_, of), entries in zip(jobs, lists, strict=True) if of is kind for entry in entries)
        for kind in _KINDS
    }
    asked = identities_to_ask(listed[_GROUPS], listed[_IDENTITIES])
    credentials = _read_credentials(identities, asked, resources)
    principals = [str(one.at("properties", "principalId")) for one in asked]
    directory = read_directory_part(principals, resources)
    return make_snapshot(
        Listed(
            scopes=tuple(scope.key for scope in scopes),
            subscriptions=tuple({one.subscription_id: one for one in found}.values()),
            groups=listed[_GROUPS],
            identities=listed[_IDENTITIES],
            credentials=credentials,
            role_definitions=listed[_ROLE_DEFINITIONS],
            role_assignments=listed[_ROLE_ASSIGNMENTS],
            locks=listed[_LOCKS],
            resources=listed[_RESOURCES],
            deny_assignments=listed[_DENY_ASSIGNMENTS],
            directory=directory,
        )
    )


def _open(client: ArmClient, scope: SnapshotScope) -> Subscription:
    """The scope's subscription, once it is known that the caller may read all of the scope."""
    subscription = subscriptions.find(client, scope.subscription_id)
    rights = _rights(client, scope)
    actions = (*(kind.action for kind in _KINDS), _READ_CREDENTIALS)
    missing = [action for action in actions if not rights.allows(action)]
    if _READ_EVERYTHING not in missing and not rights.allows_every_read():
        missing.append(_READ_EVERYTHING)
    if missing:
        raise AuthError(
            f"taking a snapshot of {scope}: not allowed ({', '.join(missing)}), so it could be incomplete",
            f"Ask for a role there: {grant_command('Reader', str(scope))}",
        )
    return subscription


def _rights(client: ArmClient, scope: SnapshotScope) -> permissions.Permissions:
    try:
        return permissions.read_at(client, str(scope))
    except LoginError:
        raise
    except AuthError:
        # Not even allowed to ask: then there is no right over the whole scope.
        return permissions.Permissions(())


def _check_one_tenant(found: Sequence[Subscription]) -> None:
    tenants = sorted({one.tenant_id for one in found})
    if len(tenants) > 1:
        raise UsageError(
            f"The subscriptions are in several tenants: {', '.join(tenants)}",
            "A sandbox has one tenant; take one snapshot for each.",
        )


def _read_list(identities: Identities, scope: SnapshotScope, kind: _Kind) -> tuple[Entry, ...]:
    client, api_version = identities.client, kind.api_version or identities.api_version

    def read(body: JsonObject) -> Entry:
        entry = _read_entry(body, kind.required)
        if not kind.inherits and entry.key[: len(scope.key)] != scope.key:
            raise FieldError(f"{entry.resource_id} is outside the scope that was asked")
        if kind is _IDENTITIES:
            ResourceId.parse(entry.resource_id)  # its credentials are asked for by it
        return entry

    if kind is _GROUPS and scope.resource_group is not None:
        return (client.get(scope.path, api_version, read),)
    return tuple(client.get_pages(scope.path + kind.suffix, api_version, read, kind.query))


def _read_entry(body: JsonObject, required: tuple[str, ...]) -> Entry:
    for name in required:
        text(section(body, "properties"), name)
    return make_entry(text(body, "id"), body)


def _read_credentials(
    identities: Identities, asked: Sequence[Entry], resources: Resources
) -> Mapping[Key, tuple[Entry, ...] | None]:
    """The credentials of each identity; None where the identity is gone."""
    found = resources.pairs(_PROGRESS, lambda identity: _credentials_of(identities, identity), asked, _lane_of)
    return {identity.key: credentials for identity, credentials in found}


def _lane_of(identity: Entry) -> str:
    return lane_of(ResourceId.parse(identity.resource_id))


def _credentials_of(identities: Identities, identity: Entry) -> tuple[Entry, ...] | None:
    resource_id = ResourceId.parse(identity.resource_id)
    path = f"{identity_path(resource_id)}/federatedIdentityCredentials"
    try:
        return tuple(identities.client.get_pages(path, identities.api_version, lambda body: _read_entry(body, ())))
    except NotFound:
        # The identity, or its group, may have been deleted since it was listed; ARM has several words for that.
        if identities.get(resource_id) is None:
            return None
        raise
