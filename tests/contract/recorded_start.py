"""What a recording takes for granted: the resources that it finds without having made them."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.sandbox.state.kinds import Lock, Resource, RoleAssignment
from reconciler.sandbox.state.state import DEFAULT_TENANT, Contents, Identity, ResourceGroup, Subscription
from tests.contract.recordings import RecordedExchange

_TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"
_IN_SUBSCRIPTION = r"/+subscriptions/(?P<subscription>[^/]+)"
_IN_GROUP = _IN_SUBSCRIPTION + r"/resourceGroups/(?P<group>[^/]+)"
_SERVED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"/+subscriptions",
        _IN_SUBSCRIPTION,
        _IN_SUBSCRIPTION + r"/resourceGroups",
        _IN_GROUP,
        _IN_SUBSCRIPTION + r"/operationresults/(?P<operation>[^/]+)",
        _IN_SUBSCRIPTION + rf"/providers/{_TYPE}",
        _IN_GROUP + rf"/providers/{_TYPE}",
        _IN_GROUP + rf"/providers/{_TYPE}/(?P<identity>[^/]+)",
        _IN_GROUP + rf"/providers/{_TYPE}/(?P<parent>[^/]+)/federatedIdentityCredentials(/[^/]+)?",
        _IN_GROUP + rf"/providers/{_TYPE}/(?P<parent>[^/]+)/listAssociatedResources",
        _IN_GROUP + rf"/providers/{_TYPE}/(?P<parent>[^/]+)/revokeTokens",
        r"/.*/providers/Microsoft\.ManagedIdentity/identities/default",
        r"/providers/Microsoft\.(ManagedIdentity|Authorization)/operations",
        rf"({_IN_SUBSCRIPTION})?/providers/Microsoft\.Insights/eventtypes/management/values",
        r"/.*/providers/Microsoft\.Authorization/permissions",
        r"(?P<scope>/.*)/providers/Microsoft\.Authorization/(?P<extension>roleDefinitions|roleAssignments|locks)(/[^/]+)?",
    )
)
"""The routes that the sandbox serves today, told apart here without its own router.

Resources of other providers are not among them: what a provider makes of its resource is not emulated.
"""

_IDENTITY = next(pattern for pattern in _SERVED if "identity" in pattern.groupindex)
_IN_RESOURCE = re.compile(_IN_GROUP + r"/providers/(?P<type>[^/]+/[^/]+)/(?P<name>[^/]+)(/.*)?", re.IGNORECASE)
_LOCKED = re.compile(r"following scope\(s\) are locked: '([^']+)'")


def served(exchange: RecordedExchange) -> re.Match[str] | None:
    """What the path of an exchange names, None where the sandbox serves no such path."""
    return next((match for pattern in _SERVED if (match := pattern.fullmatch(exchange.path))), None)


def start_of(exchanges: Iterable[RecordedExchange]) -> Contents:
    """The contents from which a recording makes sense."""
    seeds = _Seeds()
    for exchange in exchanges:
        match = served(exchange)
        if match is not None:
            seeds.learn(exchange, match)
    return seeds.contents()


class _Seeds:
    """What is learned on the way; `_seen` holds what was met before, and so was not taken for granted."""

    def __init__(self) -> None:
        self._groups: dict[str, ResourceGroup] = {}
        self._identities: dict[str, Identity] = {}
        self._extensions: dict[str, Lock | RoleAssignment] = {}
        self._resources: dict[str, Resource] = {}
        self._subscriptions: set[str] = set()
        self._seen: set[str] = set()
        self._described: set[str] = set()

    def learn(self, exchange: RecordedExchange, match: re.Match[str]) -> None:
        names = match.groupdict()
        if "subscription" in names:
            self._subscriptions.add(names["subscription"])
        body = json.loads(exchange.body) if exchange.body and exchange.status == 200 else {}
        if "group" in names:
            own_body = body if body.get("type") == "Microsoft.Resources/resourceGroups" else {}
            self._group(names, own_body, absent=_shows_no_group(exchange, names))
        if "identity" in names:
            self._identity(names, body, present=exchange.status == 200)
        if "scope" in names:
            self._scope(names["scope"])
            self._seen.add(exchange.path.lower())
        for scope in _LOCKED.findall(exchange.body.decode()):
            self._extension(
                {
                    "id": f"{scope}/providers/Microsoft.Authorization/locks/unknown",
                    "name": "unknown",
                    "type": "Microsoft.Authorization/locks",
                    "properties": {"level": "CanNotDelete"},
                }
            )
        for item in body.get("value", ()):
            if "id" in item:  # operations have none
                self._listed(item)

    def contents(self) -> Contents:
        return Contents(
            items=(
                *(Subscription(subscription, subscription) for subscription in sorted(self._subscriptions)),
                *self._groups.values(),
                *self._identities.values(),
                *(item for item in self._extensions.values() if isinstance(item, Lock)),
                *(item for item in self._extensions.values() if isinstance(item, RoleAssignment)),
                *self._resources.values(),
            )
        )

    def _group(self, names: Mapping[str, str], body: Mapping[str, object], *, absent: bool) -> None:
        key = f"{names['subscription']}/{names['group']}".lower()
        if key not in self._seen and not absent:
            self._groups[key] = ResourceGroup(names["subscription"], names["group"], "westus")
        if key in self._groups and key not in self._described and body:
            # It may first be met by a DELETE or by what is in it, which do not show what it looks like.
            self._describe(key, body)
        self._seen.add(key)

    def _describe(self, key: str, body: Mapping[str, object]) -> None:
        tags, managed_by = body.get("tags"), body.get("managedBy")
        self._groups[key] = replace(
            self._groups[key],
            location=str(body["location"]),
            tags=tuple(tags.items()) if isinstance(tags, dict) else None,
            managed_by=None if managed_by is None else str(managed_by),
        )
        self._described.add(key)

    def _identity(self, names: Mapping[str, str], body: Mapping[str, object], *, present: bool) -> None:
        key = f"{names['subscription']}/{names['group']}/{names['identity']}".lower()
        if key not in self._seen and present:
            tags = body.get("tags")
            self._identities[key] = Identity(
                names["subscription"],
                names["group"],
                names["identity"],
                str(body.get("location", "westus")),
                tuple(tags.items()) if isinstance(tags, dict) else (),
                "00000000-0000-0000-0000-00000000000a",
                "00000000-0000-0000-0000-00000000000b",
                DEFAULT_TENANT,
            )
        self._seen.add(key)

    def _listed(self, item: Mapping[str, Any]) -> None:
        match = _IDENTITY.fullmatch(str(item["id"]))
        if match is not None:
            self._identity(match.groupdict(), item, present=True)
        if item.get("type") in ("Microsoft.Authorization/locks", "Microsoft.Authorization/roleAssignments"):
            self._extension(item)

    def _scope(self, scope: str) -> None:
        """A recording that looks at a scope takes its group for granted, and the resource, which it made elsewhere."""
        match = re.match(_IN_GROUP, scope, re.IGNORECASE) or re.match(_IN_SUBSCRIPTION, scope, re.IGNORECASE)
        if match is not None:
            self._subscriptions.add(match["subscription"])
        if match is not None and "group" in match.groupdict():
            self._group(match.groupdict(), {}, absent=False)
        resource = _IN_RESOURCE.fullmatch(scope)
        if resource is not None and resource["type"].lower() != _TYPE.lower():
            resource_id = scope[: resource.end("name")]
            self._resources[resource_id.lower()] = Resource(resource_id, resource["type"], resource["name"], "westus")

    def _extension(self, item: Mapping[str, Any]) -> None:
        """A lock or role assignment that is listed, and that the recording did not name before."""
        resource_id, properties = str(item["id"]), item["properties"]
        if resource_id.lower() in self._seen:
            return
        self._seen.add(resource_id.lower())
        scope = re.split("/providers/Microsoft.Authorization/", resource_id, flags=re.IGNORECASE)[0]
        if "level" in properties:
            lock = Lock(scope, item["name"], properties["level"], properties.get("notes"))
            self._extensions[resource_id.lower()] = lock
            return
        self._extensions[resource_id.lower()] = RoleAssignment(
            scope or "/",
            item["name"],
            properties["roleDefinitionId"],
            properties["principalId"],
            properties["principalType"],
            properties["description"],
            properties["condition"],
            properties["conditionVersion"],
            properties["delegatedManagedIdentityResourceId"],
            properties["createdOn"],
            properties["updatedOn"],
            properties["createdBy"],
            properties["updatedBy"],
        )


def _shows_no_group(exchange: RecordedExchange, names: Mapping[str, str]) -> bool:
    created_or_missing = "identity" not in names and exchange.status in (201, 404)
    return created_or_missing or b"ResourceGroupNotFound" in exchange.body
