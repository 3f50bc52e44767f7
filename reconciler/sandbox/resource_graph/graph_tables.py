"""The tables of Resource Graph over what the sandbox holds: resources, resourcecontainers, authorizationresources.

A caller finds what they may read, and is not told that there is anything else. Source: Azure documentation (permissions
in Resource Graph).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from heapq import merge
from operator import itemgetter

from reconciler.sandbox.authorization import role_assignments, role_definitions
from reconciler.sandbox.gateway.calls import Call
from reconciler.sandbox.managed_identity import identities as managed_identity
from reconciler.sandbox.resource_graph.graph_request import AuthorizationScope
from reconciler.sandbox.resource_graph.graph_rows import SCHEMA, identity_rows, resource_rows, row_of
from reconciler.sandbox.resource_graph.graph_scope import GraphScope
from reconciler.sandbox.resource_graph.kql.compiled import Row
from reconciler.sandbox.resource_graph.kql.evaluation import Table
from reconciler.sandbox.resources import resource_groups
from reconciler.sandbox.resources import subscriptions as subscriptions_of
from reconciler.sandbox.rules import rights
from reconciler.sandbox.rules.roles import all_roles, definition_id, guid_of
from reconciler.sandbox.state.kinds import ROLE_ASSIGNMENT_TYPE, ROLE_DEFINITION_TYPE, Resource, RoleDefinition
from reconciler.sandbox.state.paths import path_key
from reconciler.sandbox.state.shelf import Key
from reconciler.sandbox.state.state import Identity, State, Subscription

_IDENTITY_WORDS = path_key(f"providers/{managed_identity.TYPE}")


def graph_tables(state: State, call: Call, scope: GraphScope, asked: AuthorizationScope) -> Mapping[str, Table]:
    """The tables that a caller sees in a scope, by their names in lower case."""
    return {
        "resources": Table(SCHEMA, lambda: _resources(state, call, scope)),
        "resourcecontainers": Table(SCHEMA, lambda: _containers(state, call, scope)),
        "authorizationresources": Table(SCHEMA, lambda: _authorization(state, call, scope, asked)),
    }


def _resources(state: State, call: Call, scope: GraphScope) -> Iterator[Row]:
    """In the order of their ids. Source: recorded traffic (pages of a query that asks for no order)."""
    row_of_identity, row_of_resource = identity_rows(state.tenant_id), resource_rows(state.tenant_id)
    for subscription in scope.subscriptions:
        identities = ((_identity_key(one), row_of_identity(one)) for one in _identities(state, call, subscription))
        others = ((one.key, row_of_resource(one)) for one in _others(state, call, subscription))
        yield from map(itemgetter(1), merge(identities, others, key=itemgetter(0)))


def _identities(state: State, call: Call, subscription: Subscription) -> Iterator[Identity]:
    found = state.identities.below(subscription.key)
    return rights.readable(state, call, managed_identity.READ, _id(subscription), found, lambda one: one.resource_id)


def _identity_key(identity: Identity) -> Key:
    """What the key would be if identities were kept by their ids, as the others are."""
    subscription, group, name = identity.key
    return ("subscriptions", subscription, "resourcegroups", group, *_IDENTITY_WORDS, name)


def _others(state: State, call: Call, subscription: Subscription) -> Iterator[Resource]:
    """Other resources; children without a location are known to their provider alone: assumed."""
    scope = _id(subscription)
    everywhere: dict[str, bool] = {}
    for resource in state.resources.below(path_key(scope)):
        action = f"{resource.type}/read"
        if action not in everywhere:
            everywhere[action] = rights.allows(rights.grants_at(state, call.caller, scope), action)
        if resource.location is not None and (
            everywhere[action] or rights.allows(rights.grants_at(state, call.caller, resource.resource_id), action)
        ):
            yield resource


def _containers(state: State, call: Call, scope: GraphScope) -> Iterator[Row]:
    for subscription in scope.subscriptions:
        at = _id(subscription)
        if rights.allows(rights.grants_at(state, call.caller, at), subscriptions_of.READ):
            yield _subscription_row(state, subscription)
        found = state.resource_groups.below(subscription.key)
        groups = rights.readable(state, call, resource_groups.READ, at, found, lambda group: group.resource_id)
        for group in groups:
            shown = resource_groups.show_group(state, group)
            yield row_of(state.tenant_id, "microsoft.resources/subscriptions/resourcegroups", shown)


def _subscription_row(state: State, subscription: Subscription) -> Row:
    shown = subscriptions_of.show_subscription(state, subscription)
    properties = {name: shown[name] for name in ("managedByTenants", "subscriptionPolicies", "state")}
    body = {"id": shown["id"], "name": shown["displayName"], "properties": properties}
    return row_of(state.tenant_id, "microsoft.resources/subscriptions", body)


def _authorization(state: State, call: Call, scope: GraphScope, asked: AuthorizationScope) -> Iterator[Row]:
    held = (one for one in state.role_assignments if scope.holds(path_key(one.scope), asked))
    for one in rights.readable(state, call, role_assignments.READ, "/", held, lambda one: one.resource_id):
        # Source: queries in public repositories, which find the GUID in the fifth part of the id.
        of_tenant = replace(one, role_definition_id=definition_id("/", guid_of(one.role_definition_id)))
        shown = role_assignments.show_assignment(of_tenant, role_assignments.API_VERSIONS[-1])
        yield row_of(state.tenant_id, ROLE_ASSIGNMENT_TYPE.lower(), shown)
    # Built-in roles are of no subscription and known to everybody, custom ones to those who may read them: assumed.
    roles = (role for role in all_roles(state) if role.built_in or _is_known(state, call, role))
    for definition in roles:
        shown = role_definitions.show_definition("/", definition)
        yield row_of(state.tenant_id, ROLE_DEFINITION_TYPE.lower(), shown)


def _is_known(state: State, call: Call, role: RoleDefinition) -> bool:
    scopes = role.assignable_scopes
    return any(rights.allows(rights.grants_at(state, call.caller, at), role_definitions.READ) for at in scopes)


def _id(subscription: Subscription) -> str:
    return f"/subscriptions/{subscription.subscription_id}"
