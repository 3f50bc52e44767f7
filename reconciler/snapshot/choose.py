"""What of ARM's lists belongs in a sandbox state, so that a change can be rehearsed on a copy of production.

ARM's own JSON is kept, since whatever an emulator learns to serve later must already be in the states that were taken
before. What is decided here is only which entries belong together: everything stands in what was asked for, or reaches
into it from above, and a state that is taken again from a sandbox which loaded it is the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.arm.http.fields import JsonObject
from reconciler.model import Subscription

Key = tuple[str, ...]
"""An id, segment by segment and without case."""

_IDENTITY_TYPE = ("microsoft.managedidentity", "userassignedidentities")
_RESOURCE_LENGTH = 8
"""Segments of the id of a resource that is no other's child: subscriptions/S/resourceGroups/G/providers/N/T/name."""

_LOCK_LEVELS = frozenset({"CanNotDelete", "ReadOnly"})
"""Source: Microsoft.Authorization 2020-05-01 OpenAPI, which also has NotSpecified: such a lock stops nothing."""

_NOT_KEPT = frozenset({"changedTime", "createdTime", "etag", "properties", "provisioningState", "systemData"})
"""What changes though nobody changed the resource, and `properties`, which ARM's list has not.

Source: Microsoft.Resources 2024-07-01 OpenAPI (GenericResourceExpanded); `etag` and `systemData` of some providers:
assumed.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list: ARM's own JSON, and its id as ids compare."""

    key: Key
    json: JsonObject

    @property
    def resource_id(self) -> str:
        """The id as ARM spells it."""
        return str(self.json["id"])

    @property
    def scope(self) -> Key:
        """What a role assignment or a lock stands at: its id without `providers/Microsoft.Authorization/TYPE/NAME`."""
        return self.key[:-4]

    def at(self, *names: str) -> object:
        """A value inside the JSON; None where there is none."""
        value: object = self.json
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        return value


def key_of(resource_id: str) -> Key:
    """An id as ids compare."""
    return tuple(segment.casefold() for segment in resource_id.split("/") if segment)


def make_entry(resource_id: str, json: JsonObject) -> Entry:
    """An entry of this id."""
    return Entry(key_of(resource_id), json)


@dataclass(frozen=True, slots=True)
class DirectoryPart:
    """Collections of a state by name, each in order of its ids; and why they are not there, where they are not."""

    collections: Mapping[str, Sequence[JsonObject]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


NO_DIRECTORY = DirectoryPart()
"""Where nothing was asked."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What ARM listed at the scopes that were asked for; what several lists showed is here several times.

    Attributes:
        scopes: the subscriptions and groups that were asked for.
        credentials: by the id of their identity; None where the identity went away before its credentials were read.
        directory: what Microsoft Graph says of the identities.
    """

    scopes: tuple[Key, ...]
    subscriptions: tuple[Subscription, ...]
    groups: tuple[Entry, ...]
    identities: tuple[Entry, ...]
    credentials: Mapping[Key, tuple[Entry, ...] | None]
    role_definitions: tuple[Entry, ...]
    role_assignments: tuple[Entry, ...]
    locks: tuple[Entry, ...]
    resources: tuple[Entry, ...]
    deny_assignments: tuple[Entry, ...] = ()
    directory: DirectoryPart = NO_DIRECTORY


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A sandbox state in ARM's own JSON.

    Attributes:
        collections: by the name that they have in a state file, each in order of its ids.
        notes: what ARM has and the state does not, a sentence each.
    """

    tenant_id: str
    collections: Mapping[str, Sequence[JsonObject]]
    notes: tuple[str, ...]


def identities_to_ask(groups: Iterable[Entry], identities: Iterable[Entry]) -> tuple[Entry, ...]:
    """The identities whose credentials belong in the state, in order of their ids.

    Groups and identities are listed one after the other: what is in a group that was not there yet, or no longer, was
    not there at the moment that the state is of.
    """
    there = {group.key for group in groups}
    return tuple(identity for identity in _in_order(identities) if identity.key[:4] in there)


def make_snapshot(listed: Listed) -> Snapshot:
    """Choose what belongs in the state.

    Of roles it is the custom ones that can be given within the scopes. Of role assignments it is all those within them,
    and of those above the ones of the state's identities: deleting one of these would leave them orphaned. Of deny
    assignments and locks it is every one that reaches the scopes. Of resources it is those with an identity, and those
    that a role assignment, a deny assignment or a lock stands at or below.
    """
    asked = identities_to_ask(listed.groups, listed.identities)
    gone = {identity.key for identity in asked if listed.credentials[identity.key] is None}
    identities = [identity for identity in asked if identity.key not in gone]
    credentials = [one for identity in identities for one in _in_order(listed.credentials[identity.key] or ())]
    there = _There(frozenset(group.key for group in listed.groups), frozenset(gone))
    assignments = _assignments(listed, there, identities)
    locks = _standing(listed.locks, there)
    denied = _standing(listed.deny_assignments, there)
    known = [one for one in locks if one.at("properties", "level") in _LOCK_LEVELS]
    collections = {
        "subscriptions": _subscriptions(listed.subscriptions),
        "resourceGroups": _json(_in_order(listed.groups)),
        "identities": _json(identities),
        "federatedIdentityCredentials": _json(credentials),
        "roleDefinitions": _json(_roles(listed.role_definitions)),
        "roleAssignments": _json(assignments),
        "denyAssignments": _json(denied),
        "locks": _json(known),
        "resources": _resources(listed.resources, there, [one.scope for one in (*assignments, *denied, *known)]),
        **listed.directory.collections,
    }
    notes = (*listed.directory.notes, *_gone(asked, gone), *_unknown(locks), *_flexible(credentials))
    return Snapshot(listed.subscriptions[0].tenant_id, collections, notes)


@dataclass(frozen=True, slots=True)
class _There:
    """What there was at the moment that the state is of, but for what went away while it was read."""

    groups: frozenset[Key]
    gone: frozenset[Key]

    def holds(self, scope: Key) -> bool:
        """Whether a scope was there: a group's or what is in it, a subscription, or what is above."""
        in_group = len(scope) >= 4 and scope[0] == "subscriptions" and scope[2] == "resourcegroups"
        return not in_group or (scope[:4] in self.groups and scope[:_RESOURCE_LENGTH] not in self.gone)


def _in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Each entry once, in order of the ids."""
    by_key = {entry.key: entry for entry in entries}
    return tuple(by_key[key] for key in sorted(by_key))


def _standing(entries: Iterable[Entry], there: _There) -> list[Entry]:
    """The entries whose scope was there, in order of the ids."""
    return [one for one in _in_order(entries) if there.holds(one.scope)]


def _json(entries: Iterable[Entry]) -> tuple[JsonObject, ...]:
    return tuple(entry.json for entry in entries)


def _roles(definitions: Iterable[Entry]) -> tuple[Entry, ...]:
    """Custom roles once each: every subscription lists one under an id of its own, with the same GUID at its end."""
    by_guid = {one.key[-1]: one for one in reversed(_in_order(definitions))}
    return tuple(by_guid[guid] for guid in sorted(by_guid))


def _assignments(listed: Listed, there: _There, identities: Iterable[Entry]) -> list[Entry]:
    """Those within the scopes, and from above them those of the state's identities."""
    principals = {_principal(identity) for identity in identities}
    found = _standing(listed.role_assignments, there)
    return [one for one in found if _within(listed.scopes, one.scope) or _principal(one) in principals]


def _principal(entry: Entry) -> str:
    return str(entry.at("properties", "principalId")).casefold()


def _within(scopes: Iterable[Key], key: Key) -> bool:
    return any(key[: len(scope)] == scope for scope in scopes)


def _subscriptions(subscriptions: Iterable[Subscription]) -> tuple[JsonObject, ...]:
    ordered = sorted(subscriptions, key=lambda one: one.subscription_id.casefold())
    return tuple({"subscriptionId": one.subscription_id, "displayName": one.display_name} for one in ordered)


def _resources(resources: Iterable[Entry], there: _There, scopes: Iterable[Key]) -> tuple[JsonObject, ...]:
    concerned = {scope[:length] for scope in scopes for length in range(_RESOURCE_LENGTH, len(scope) + 1, 2)}
    return tuple(
        _resource_json(one)
        for one in _in_order(resources)
        if there.holds(one.key)
        and one.key[5:7] != _IDENTITY_TYPE
        # ARM lists what has a location; what has none, the emulator would not list again.
        and one.at("location")
        and (one.key in concerned or _attached(one) or one.at("identity", "principalId"))
    )


def _attached(resource: Entry) -> dict[str, object]:
    """The user-assigned identities of a resource, in order of their ids."""
    attached = resource.at("identity", "userAssignedIdentities")
    pairs = attached.items() if isinstance(attached, dict) else ()
    return {identity_id: value or {} for identity_id, value in sorted(pairs, key=lambda pair: key_of(pair[0]))}


def _resource_json(resource: Entry) -> JsonObject:
    kept = {name: value for name, value in resource.json.items() if name not in _NOT_KEPT}
    block = kept.get("identity")
    if isinstance(block, dict):
        filled = {name: value for name, value in block.items() if value}
        kept["identity"] = {**filled, "userAssignedIdentities": _attached(resource)}
    return kept


def _gone(identities: Iterable[Entry], gone: set[Key]) -> Iterator[str]:
    for identity in identities:
        if identity.key in gone:
            yield f"Left out: {identity.resource_id} was deleted while the snapshot was taken."


def _unknown(locks: Iterable[Entry]) -> Iterator[str]:
    for lock in locks:
        level = lock.at("properties", "level")
        if level not in _LOCK_LEVELS:
            yield f"Left out: {lock.resource_id} has the level {level}, which a sandbox does not know."


def _flexible(credentials: Iterable[Entry]) -> Iterator[str]:
    """Source: Microsoft.ManagedIdentity 2025-01-31-preview OpenAPI (`subject` or `claimsMatchingExpression`)."""
    for one in credentials:
        if not one.at("properties", "subject") and not one.at("properties", "claimsMatchingExpression"):
            yield (
                f"Not whole: {one.resource_id} is a flexible credential, whose expression this api-version does not "
                "show; take the snapshot with --api-version 2025-05-31-preview."
            )
