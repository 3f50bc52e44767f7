"""User-assigned identities: the calls, and their JSON to and from the model.

What ARM answers is held against what was asked: an item from outside the asked scope, another identity's body or an id
that comes twice is an error, because the next step may be a delete.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.fields import JsonObject, about, each_once, optional_text, section, text, text_map
from reconciler.arm.http.paths import group_path, identities_path, identity_path, subscription_path
from reconciler.model import Identity, IsolationScope, ResourceGroupId, ResourceId, Tags, same_name

API_VERSION = "2024-11-30"
"""The newest stable one; the first with `isolationScope`. Source: Microsoft.ManagedIdentity 2024-11-30 OpenAPI."""

# Source: recorded traffic (the gateway's 404 of an identity that is not there, and of one in a group that is not).
_ABSENT_CODES = frozenset({"ResourceNotFound", "ResourceGroupNotFound"})


@dataclass(frozen=True, slots=True)
class Identities:
    """Calls on user-assigned identities; every method raises as ArmClient does.

    Source: Microsoft.ManagedIdentity 2024-11-30 OpenAPI. None of the operations is long-running; the `Location` of a
    create is the identity's id and is never asked.
    """

    client: ArmClient
    api_version: str = API_VERSION

    def list_by_group(self, group_id: ResourceGroupId) -> tuple[Identity, ...]:
        """All identities of a group that the caller may see, in order of their ids; NotFound without such a group."""
        return self._list(group_path(group_id), lambda resource_id: resource_id.group_id == group_id)

    def list_by_subscription(self, subscription_id: str) -> tuple[Identity, ...]:
        """All identities of a subscription that the caller may see, in order of their ids."""
        return self._list(
            subscription_path(subscription_id),
            lambda resource_id: same_name(resource_id.subscription_id, subscription_id),
        )

    def get(self, resource_id: ResourceId) -> Identity | None:
        """One identity, or None where it or its group does not exist; any other 404 is an error."""
        return self.client.find(identity_path(resource_id), self.api_version, _reader_of(resource_id), _ABSENT_CODES)

    def create(
        self, resource_id: ResourceId, location: str, tags: Tags, isolation_scope: IsolationScope | None
    ) -> tuple[Identity, bool]:
        """Create an identity, or replace the one that is there: True where ARM says that it created one.

        `isolation_scope` None leaves it to ARM.
        """
        body: dict[str, object] = {"location": location, "tags": dict(tags)}
        if isolation_scope is not None:
            body["properties"] = _properties(isolation_scope)
        return self.client.put(identity_path(resource_id), self.api_version, body, _reader_of(resource_id))

    def update(self, resource_id: ResourceId, *, tags: Tags | None, isolation_scope: IsolationScope | None) -> Identity:
        """Change what is given and nothing else; ValueError where nothing is.

        Args:
            tags: the whole map: ARM replaces it. Source: recorded traffic (azure-sdk-for-net, tags of an identity).
        """
        body: dict[str, object] = {}
        if tags is not None:
            body["tags"] = dict(tags)
        if isolation_scope is not None:
            body["properties"] = _properties(isolation_scope)
        if not body:
            raise ValueError(f"nothing to update in {resource_id}")
        return self.client.patch(identity_path(resource_id), self.api_version, body, _reader_of(resource_id))

    def delete(self, resource_id: ResourceId) -> bool:
        """Delete an identity for good; False where there was none, NotFound where there is no group.

        Source: recorded traffic (azure-service-operator: 404 ResourceGroupNotFound, not 204).
        """
        return self.client.delete(identity_path(resource_id), self.api_version)

    def _list(self, scope_path: str, within: Callable[[ResourceId], bool]) -> tuple[Identity, ...]:
        read = each_once(_read_identity, lambda identity: identity.resource_id, within)
        identities = self.client.get_pages(identities_path(scope_path), self.api_version, read)
        return tuple(sorted(identities, key=lambda identity: identity.resource_id.key))


def _reader_of(resource_id: ResourceId) -> Callable[[JsonObject], Identity]:
    return about(_read_identity, lambda identity: identity.resource_id, resource_id)


def _read_identity(body: JsonObject) -> Identity:
    properties = section(body, "properties")
    return Identity(
        resource_id=ResourceId.parse(text(body, "id")),
        # Thousands of identities have one of each between them.
        location=sys.intern(text(body, "location")),
        tags=Tags(text_map(body, "tags")),
        isolation_scope=_read_isolation_scope(optional_text(properties, "isolationScope")),
        principal_id=text(properties, "principalId"),
        client_id=text(properties, "clientId"),
        tenant_id=sys.intern(text(properties, "tenantId")),
    )


def _read_isolation_scope(value: str | None) -> IsolationScope | str:
    if value is None:
        return IsolationScope.NONE
    # The document calls the list open: a value of tomorrow is kept as it came.
    return next((known for known in IsolationScope if same_name(known, value)), value)


def _properties(isolation_scope: IsolationScope) -> JsonObject:
    return {"isolationScope": isolation_scope.value}
