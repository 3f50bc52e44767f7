"""The state as JSON: what a person can write, a diff can show, and a listing of real Azure can be turned into.

The collections hold ARM's own JSON, one resource a line; fields that the emulator does not serve are passed over. A
document is whole or it is an error that names the place: a state that was half understood would let a rehearsal pass
that production would not.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from reconciler.sandbox.rules.locations import normalize_location
from reconciler.sandbox.state.errors import StateError
from reconciler.sandbox.state.ids import derived_id
from reconciler.sandbox.state.kinds import FederatedCredential, Lock, Resource, RoleAssignment, RoleDefinition
from reconciler.sandbox.state.node import Node
from reconciler.sandbox.state.shelf import Key
from reconciler.sandbox.state.state import DEFAULT_TENANT, Contents, Grant, Identity, ResourceGroup, Subscription
from reconciler.sandbox.state_file.children import (
    credential_json,
    lock_json,
    parse_credential,
    parse_event,
    parse_lock,
    parse_resource,
    parse_role_assignment,
    parse_role_definition,
    resource_json,
    role_assignment_json,
    role_definition_json,
)

VERSION = 1
"""The one version of the format."""

_COLLECTIONS = (
    "subscriptions", "resourceGroups", "identities", "federatedIdentityCredentials", "roleDefinitions",
    "roleAssignments", "locks", "resources", "permissions", "activityLog",
)  # fmt: skip
_GROUP_ID = re.compile(r"/subscriptions/([^/]+)/resourceGroups/([^/]+)", re.IGNORECASE)
_IDENTITY_ID = re.compile(
    _GROUP_ID.pattern + r"/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/([^/]+)", re.IGNORECASE
)

T = TypeVar(
    "T", Subscription, ResourceGroup, Identity, FederatedCredential, RoleDefinition, RoleAssignment, Lock, Resource
)


def parse_state(text: str, random_seed: int = 0) -> Contents:
    """Read a state; what a hand-written identity leaves out is filled with ids that depend on its name and the seed.

    Raises:
        StateError: not JSON, or not a state; names the place.
    """
    root = Node(_decode(text), "")
    fields = root.only("version", "tenantId", "identitiesCreated", *_COLLECTIONS)
    if root.required("version").value != VERSION:
        raise fields["version"].fail(f"must be {VERSION}, the version that this program knows")
    tenant = root.optional("tenantId")
    tenant_id = DEFAULT_TENANT if tenant is None else tenant.guid()
    lists = {name: fields[name].items() if name in fields else () for name in _COLLECTIONS}
    subscriptions = _unique(lists["subscriptions"], _subscription, "subscriptionId")
    groups = _unique(lists["resourceGroups"], _resource_group, "id")
    identities = _unique(lists["identities"], lambda node: _identity(node, tenant_id, random_seed), "id")
    _check_parents(lists["resourceGroups"], groups, {item.key for item in subscriptions}, "subscription")
    _check_parents(lists["identities"], identities, {item.key for item in groups}, "resource group")
    credentials = _unique(lists["federatedIdentityCredentials"], parse_credential, "id")
    roles = _unique(lists["roleDefinitions"], parse_role_definition, "id")
    assignments = _unique(lists["roleAssignments"], parse_role_assignment, "id")
    locks = _unique(lists["locks"], parse_lock, "id")
    resources = _unique(lists["resources"], parse_resource, "id")
    _check_parents(lists["federatedIdentityCredentials"], credentials, {item.key for item in identities}, "identity")
    _check_parents(lists["resources"], resources, {item.key for item in groups}, "resource group")
    created = root.optional("identitiesCreated")
    return Contents(
        tenant_id,
        subscriptions,
        groups,
        identities,
        tuple(_grant(node) for node in lists["permissions"]),
        0 if created is None else created.count(),
        credentials,
        assignments,
        locks,
        resources,
        roles,
        tuple(parse_event(node) for node in lists["activityLog"]),
    )


def state_text_of(tenant_id: str, collections: Mapping[str, Sequence[object]]) -> str:
    """The text of a state with these collections, as `format_state` writes it; raises StateError as `parse_state`."""
    document = {"version": VERSION, "tenantId": tenant_id, **collections}
    return format_state(parse_state(json.dumps(document, ensure_ascii=False)))


def parse_permissions(value: object) -> tuple[Grant, ...]:
    """Read `{"permissions": [...]}`, the form in which a running sandbox takes new rights; raises StateError."""
    root = Node(value, "")
    root.only("permissions")
    return tuple(_grant(node) for node in root.required("permissions").items())


def _decode(text: str) -> object:
    try:
        value: object = json.loads(text, object_pairs_hook=_without_duplicates)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair could not be saved again
        return value
    except UnicodeEncodeError as error:
        raise StateError("a text holds half of a surrogate pair") from error
    except json.JSONDecodeError as error:
        raise StateError(f"line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from error
    except RecursionError as error:
        raise StateError("the document is nested too deeply") from error


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        raise StateError(f"the name {next(n for n in names if names.count(n) > 1)!r} stands twice in one object")
    return result


def _unique(nodes: tuple[Node, ...], read: Callable[[Node], T], id_field: str) -> tuple[T, ...]:
    first_place: dict[Key, str] = {}
    items = []
    for node in nodes:
        item = read(node)
        place = first_place.setdefault(item.key, node.place)
        if place != node.place:
            raise node.required(id_field).fail(f"is the same as that of {place}")
        items.append(item)
    return tuple(items)


def _check_parents(
    nodes: tuple[Node, ...],
    items: Iterable[ResourceGroup | Identity | FederatedCredential | Resource],
    parents: set[Key],
    what: str,
) -> None:
    for node, item in zip(nodes, items, strict=True):
        if _parent(item) not in parents:
            raise node.required("id").fail(f"is in {_with_article(what)} that the file does not list")


def _with_article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _parent(item: ResourceGroup | Identity | FederatedCredential | Resource) -> Key:
    if isinstance(item, FederatedCredential):
        return (item.key[1], item.key[3], item.key[7])
    return (item.key[1], item.key[3]) if isinstance(item, Resource) else item.key[:-1]


def _subscription(node: Node) -> Subscription:
    node.only("subscriptionId", "displayName", "tags")
    subscription_id = node.required("subscriptionId").guid()
    display_name, tags = node.optional("displayName"), node.optional("tags")
    return Subscription(
        subscription_id,
        subscription_id if display_name is None else display_name.text(),
        () if tags is None else tags.tags(),
    )


def _resource_group(node: Node) -> ResourceGroup:
    subscription_id, name = node.required("id").names(_GROUP_ID, "a resource group")
    tags, managed_by = node.optional("tags"), node.optional("managedBy")
    return ResourceGroup(
        subscription_id,
        name,
        normalize_location(node.required("location").text()),
        None if tags is None else tags.tags(),
        None if managed_by is None else managed_by.any_text(),
    )


def _identity(node: Node, tenant_id: str, random_seed: int) -> Identity:
    subscription_id, group, name = node.required("id").names(_IDENTITY_ID, "a user-assigned identity")
    tags = node.optional("tags")
    properties = node.optional("properties") or Node({}, f"{node.place}.properties")

    def guid(field: str, listed_as: str) -> str:
        value = properties.optional(field)
        if value is not None:
            return value.guid()
        return derived_id(random_seed, listed_as, "/".join((subscription_id, group, name)).casefold())

    own_tenant = properties.optional("tenantId")
    isolation_scope = properties.optional("isolationScope")
    restrictions = properties.optional("assignmentRestrictions")
    return Identity(
        subscription_id,
        group,
        name,
        normalize_location(node.required("location").text()),
        () if tags is None else tags.tags(),
        guid("principalId", "listed principal"),
        guid("clientId", "listed client"),
        tenant_id if own_tenant is None else own_tenant.guid(),
        None if isolation_scope is None else isolation_scope.text(),
        None if restrictions is None else tuple(item.any_text() for item in restrictions.required("providers").items()),
    )


def _grant(node: Node) -> Grant:
    node.only("principalId", "scope", "actions", "notActions")
    scope = node.required("scope")
    if not scope.text().startswith("/"):
        raise scope.fail("must begin with /")
    not_actions = node.optional("notActions")
    return Grant(
        node.required("principalId").text(),
        scope.text(),
        tuple(action.text() for action in node.required("actions").items()),
        () if not_actions is None else tuple(action.text() for action in not_actions.items()),
    )


def format_state(contents: Contents) -> str:
    """The text of a state: the same contents always give the same text, and one resource is one line."""
    heads = [f'  "version": {VERSION}', f'  "tenantId": {json.dumps(contents.tenant_id)}']
    if contents.identities_created:
        heads.append(f'  "identitiesCreated": {contents.identities_created}')
    collections: dict[str, list[dict[str, object]]] = {
        "subscriptions": [_subscription_json(item) for item in contents.subscriptions],
        "resourceGroups": [_group_json(group) for group in contents.resource_groups],
        "identities": [_identity_json(identity) for identity in contents.identities],
        "federatedIdentityCredentials": [credential_json(item) for item in contents.federated_credentials],
        "roleDefinitions": [role_definition_json(item) for item in contents.role_definitions],
        "roleAssignments": [role_assignment_json(item) for item in contents.role_assignments],
        "locks": [lock_json(item) for item in contents.locks],
        "resources": [resource_json(item) for item in contents.resources],
        "permissions": [grant_json(grant) for grant in contents.permissions],
    }
    # json.dumps with an indent runs in pure Python, which is too slow for 50,000 identities.
    bodies = [
        f'  "{name}": {_lines(json.dumps(item, ensure_ascii=False) for item in items)}'
        for name, items in collections.items()
    ]
    if contents.activity_log:
        bodies.append(f'  "activityLog": {_lines(event.text for event in contents.activity_log)}')
    return "{\n" + ",\n".join(heads + bodies) + "\n}\n"


def _lines(texts: Iterable[str]) -> str:
    lines = ",\n".join(f"    {text}" for text in texts)
    return f"[\n{lines}\n  ]" if lines else "[]"


def _subscription_json(subscription: Subscription) -> dict[str, object]:
    tags = {"tags": dict(subscription.tags)} if subscription.tags else {}
    return {"subscriptionId": subscription.subscription_id, "displayName": subscription.display_name, **tags}


def _group_json(group: ResourceGroup) -> dict[str, object]:
    result: dict[str, object] = {"id": group.resource_id, "location": group.location}
    if group.managed_by is not None:
        result["managedBy"] = group.managed_by
    if group.tags is not None:
        result["tags"] = dict(group.tags)
    return result


def _identity_json(identity: Identity) -> dict[str, object]:
    properties: dict[str, object] = {
        "tenantId": identity.tenant_id,
        "principalId": identity.principal_id,
        "clientId": identity.client_id,
    }
    if identity.isolation_scope is not None:
        properties["isolationScope"] = identity.isolation_scope
    if identity.assigned_to_providers is not None:
        properties["assignmentRestrictions"] = {"providers": list(identity.assigned_to_providers)}
    return {
        "id": identity.resource_id,
        "location": identity.location,
        "tags": dict(identity.tags),
        "properties": properties,
    }


def grant_json(grant: Grant) -> dict[str, object]:
    """A grant in the form of the state file."""
    return {
        "principalId": grant.principal_id,
        "scope": grant.scope,
        "actions": list(grant.actions),
        "notActions": list(grant.not_actions),
    }
