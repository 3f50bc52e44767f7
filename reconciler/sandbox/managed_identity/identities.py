"""Microsoft.ManagedIdentity: user-assigned identities.

Whether what an identity restricts itself to (isolation scope, assignment restrictions) is kept by those that attach it
is not enforced: no answer of ARM to a breach is known.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from reconciler.sandbox.gateway import (
    GROUP_PARENT,
    Answer,
    Call,
    GraphRows,
    GraphView,
    JsonObject,
    Kind,
    Loading,
    ProviderOperation,
    Route,
    by_gateway,
    by_provider,
    page,
    resume_after,
)
from reconciler.sandbox.managed_identity.identity_properties import (
    isolation_scope_of,
    knows_isolation,
    knows_restrictions,
    providers_of,
    show_properties,
)
from reconciler.sandbox.rules import (
    ASSIGN,
    REGIONS,
    group_scope,
    normalize_location,
    read_tags,
    refuse_locked,
    require_group,
    require_location,
    require_writable_group,
    resource_not_found,
    rights,
)
from reconciler.sandbox.state import Identity, Node, ResourceGroup, State, derived_id, path_key

TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"
READ, WRITE, DELETE = f"{TYPE}/read", f"{TYPE}/write", f"{TYPE}/delete"

API_VERSIONS = (
    "2015-08-31-preview", "2018-11-30", "2021-09-30-preview", "2022-01-31-preview", "2023-01-31", "2023-07-31-preview",
    "2024-11-30", "2025-01-31-preview", "2025-05-31-preview",
)  # fmt: skip
"""Source: OpenAPI and recorded traffic; the 2025 previews are what azure-cli 2.91 asks for."""

_ID = re.compile(
    r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/([^/]+)",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}")
"""Source: Azure documentation on resource names (3 to 128 characters, begins with a letter or digit)."""


def list_in_subscription(state: State, call: Call) -> Answer:
    """The identities of a subscription that the caller may read."""
    return _list(state, call, f"/subscriptions/{call.names['subscription']}")


def list_in_group(state: State, call: Call) -> Answer:
    """The identities of a group that the caller may read; an absent group is a 404."""
    answer = _list(state, call, group_scope(call))
    require_group(state, call)  # after the rights: who may not look does not learn what exists
    return answer


def _list(state: State, call: Call, scope: str) -> Answer:
    identities = state.shelf(Identity).below(path_key(scope), after=resume_after(call))
    seen = rights.visible(state, call, READ, scope, identities, lambda identity: identity.resource_id)
    return page(call, seen, lambda identity: identity.key, lambda identity: _show(call, identity))


def get_identity(state: State, call: Call) -> Answer:
    """One identity."""
    rights.require(state, call, READ, identity_scope(call))
    return Answer(200, _show(call, existing_identity(state, call)))


def put_identity(state: State, call: Call) -> Answer:
    """Create an identity (201 and a relative `Location`) or replace what can change of it (200).

    Source: recorded traffic (every first PUT is a 201, every later one a 200 without `Location`). That a PUT without
    tags empties them, and one without an isolation scope removes it, is assumed from PUT being a replacement.
    """
    rights.require(state, call, WRITE, identity_scope(call))
    group = require_writable_group(state, call)
    refuse_locked(state, call)
    existing = state.shelf(Identity).get(_key(call))
    body = call.json_object()
    location = require_location(call, body)
    tags = read_tags(body) or ()
    if existing is not None:
        _refuse_other_location(existing, location)
        isolation_scope = isolation_scope_of(call, body) if knows_isolation(call) else existing.isolation_scope
        providers = providers_of(call, body) if knows_restrictions(call) else existing.assigned_to_providers
        changed = replace(existing, tags=tags, isolation_scope=isolation_scope, assigned_to_providers=providers)
        state.put(changed)
        return Answer(200, _show(call, changed))
    _check_name(call.names["name"])
    _check_location(location)
    isolation_scope, providers = isolation_scope_of(call, body), providers_of(call, body)
    created = replace(
        _new_identity(state, call, group, location),
        tags=tags,
        isolation_scope=isolation_scope,
        assigned_to_providers=providers,
    )
    state.put(created)
    return Answer(201, _show(call, created), {"Location": created.resource_id})


def patch_identity(state: State, call: Call) -> Answer:
    """Change an identity; a tag map in the body replaces the whole of the old one.

    Source: recorded traffic (azure-sdk-for-net, RemoveTag). A location may be repeated but not changed: OpenAPI.
    """
    rights.require(state, call, WRITE, identity_scope(call))
    require_writable_group(state, call)
    refuse_locked(state, call)
    identity = existing_identity(state, call)
    body = call.json_object()
    location = call.text_field(body, "location")
    if location:
        _refuse_other_location(identity, location)
    tags, isolation_scope, providers = read_tags(body), isolation_scope_of(call, body), providers_of(call, body)
    changed = replace(
        identity,
        tags=identity.tags if tags is None else tags,
        isolation_scope=identity.isolation_scope if isolation_scope is None else isolation_scope,
        assigned_to_providers=identity.assigned_to_providers if providers is None else providers,
    )
    state.put(changed)
    return Answer(200, _show(call, changed))


def delete_identity(state: State, call: Call) -> Answer:
    """200 without a body, or 204 where there is no such identity; an absent group is a 404. Source: recorded
    traffic."""
    rights.require(state, call, DELETE, identity_scope(call))
    require_writable_group(state, call)
    refuse_locked(state, call)
    if state.shelf(Identity).get(_key(call)) is None:
        return Answer(204)
    state.remove_tree(_key(call))
    return Answer(200)


def _key(call: Call) -> tuple[str, ...]:
    return path_key(identity_scope(call))


def identity_scope(call: Call) -> str:
    """The identity's path, names as asked."""
    return f"{group_scope(call)}/providers/{TYPE}/{call.names['name']}"


def existing_identity(state: State, call: Call) -> Identity:
    """The identity that a path names, or ARM's 404."""
    require_group(state, call)
    identity = state.shelf(Identity).get(_key(call))
    if identity is None:
        raise resource_not_found(f"{TYPE}/{call.names['name']}", call.names["group"])
    return identity


def _new_identity(state: State, call: Call, group: ResourceGroup, location: str) -> Identity:
    principal_id, client_id = state.new_ids(call.now)
    return Identity(
        group.subscription_id,
        group.name,
        call.names["name"],
        normalize_location(location),
        (),
        principal_id,
        client_id,
        state.tenant_id,
    )


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):  # Source of code and text: assumed
        raise by_provider(400, "BadRequest", f"The request format was unexpected: Resource name '{name}' is invalid.")


def _check_location(location: str) -> None:
    # Source: as quoted by users (azure-rest-api-specs issue 8520, for this very type).
    if normalize_location(location) not in REGIONS:
        raise by_gateway(
            400,
            "LocationNotAvailableForResourceType",
            f"The provided location '{location}' is not available for resource type '{TYPE}'. List of available "
            f"regions for the resource type is '{','.join(REGIONS)}'.",
        )


def _refuse_other_location(identity: Identity, location: str) -> None:
    # Source: as quoted by users for several types.
    if normalize_location(location) != identity.location:
        raise by_gateway(
            409,
            "InvalidResourceLocation",
            f"The resource '{identity.name}' already exists in location '{identity.location}' in resource group "
            f"'{identity.resource_group}'. A resource with the same name cannot be created in location "
            f"'{normalize_location(location)}'. Please select a new resource name.",
        )


def _show(call: Call, identity: Identity) -> object:
    # Source: recorded traffic since 2023 (key order; `tags` is {} when there are none; no systemData).
    return {
        "location": identity.location,
        "tags": dict(identity.tags),
        "id": identity.resource_id,
        "name": identity.name,
        "type": TYPE,
        "properties": show_properties(identity, isolated=knows_isolation(call), restricted=knows_restrictions(call)),
    }


def _parse(node: Node, loading: Loading) -> Identity:
    subscription_id, group, name = node.required("id").names(_ID, "a user-assigned identity")
    tags = node.optional("tags")
    properties = node.optional("properties") or Node({}, f"{node.place}.properties")

    def guid(field: str, listed_as: str) -> str:
        value = properties.optional(field)
        if value is not None:
            return value.guid()
        return derived_id(loading.random_seed, listed_as, "/".join((subscription_id, group, name)).casefold())

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
        loading.tenant_id if own_tenant is None else own_tenant.guid(),
        None if isolation_scope is None else isolation_scope.text(),
        None if restrictions is None else tuple(item.any_text() for item in restrictions.required("providers").items()),
    )


def _state_json(identity: Identity) -> JsonObject:
    return {
        "id": identity.resource_id,
        "location": identity.location,
        "tags": dict(identity.tags),
        "properties": show_properties(identity, isolated=identity.isolation_scope is not None),
    }


def _find(state: State, call: Call, view: GraphView) -> Iterator[Identity]:
    for scope in view.subscriptions:
        found = state.shelf(Identity).below(path_key(scope))
        yield from rights.readable(state, call, READ, scope, found, lambda one: one.resource_id)


def _graph_id(identity: Identity) -> str:
    return identity.resource_id.replace("/resourcegroups/", "/resourceGroups/", 1)


def _body(_state: State, identity: Identity) -> JsonObject:
    """Source: recorded traffic (queries that found identities: `/resourceGroups/`, tags {}), and Azure documentation
    (Resource Graph asks providers with the newest released api-version, which has isolation scopes)."""
    return {
        "id": _graph_id(identity),
        "tags": dict(identity.tags),
        "properties": show_properties(identity, restricted=False),
    }


IN_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}/providers/" + TYPE
"""The path of a group's identities."""

_ROUTES = (
    Route("/subscriptions/{subscription}/providers/" + TYPE, API_VERSIONS, {"GET": list_in_subscription}),
    Route(IN_GROUP, API_VERSIONS, {"GET": list_in_group}),
    Route(
        IN_GROUP + "/{name}",
        API_VERSIONS,
        {"GET": get_identity, "PUT": put_identity, "PATCH": patch_identity, "DELETE": delete_identity},
    ),
)

_RESOURCE = "User Assigned Identities"

KIND = Kind(
    "identities",
    TYPE,
    Identity,
    _parse,
    _state_json,
    _ROUTES,
    (
        ProviderOperation(ASSIGN, _RESOURCE, "Assign User Assigned Identity", "Attaches the identity to a resource."),
        ProviderOperation(DELETE, _RESOURCE, "Delete User Assigned Identity", "Deletes the identity."),
        ProviderOperation(READ, _RESOURCE, "Get User Assigned Identity", "Reads the identity."),
        ProviderOperation(WRITE, _RESOURCE, "Create/Update User Assigned Identity", "Creates or changes the identity."),
    ),
    GraphRows(
        "resources",
        _find,
        _body,
        {
            "id": lambda _tenant_id, one: _graph_id(one),
            "name": lambda _tenant_id, one: one.name,
            "location": lambda _tenant_id, one: one.location,
        },
    ),
    parent=GROUP_PARENT,
)
