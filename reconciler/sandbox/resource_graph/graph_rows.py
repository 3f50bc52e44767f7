"""What Resource Graph shows of the things of the sandbox, column by column.

Source of the columns and their values: recorded traffic (types in lower case, a resource group by name, `""` where
there is no kind or manager, null where there is no plan); that every table has these columns, in this order, is
assumed.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from reconciler.sandbox.managed_identity import identities as managed_identity
from reconciler.sandbox.resource_graph.kql.compiled import Row, Schema
from reconciler.sandbox.resource_graph.kql.syntax import Value
from reconciler.sandbox.resource_graph.kql.values import Type
from reconciler.sandbox.resources.generic import show_resource
from reconciler.sandbox.rules.attachments import identity_block
from reconciler.sandbox.state.kinds import Resource
from reconciler.sandbox.state.state import Identity

_TEXTS = ("id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId", "managedBy")
_OTHERS = ("sku", "plan", "properties", "tags", "identity", "zones", "extendedLocation")
SCHEMA: Schema = {**dict.fromkeys(_TEXTS, Type.STRING), **dict.fromkeys(_OTHERS, Type.DYNAMIC)}
"""The columns of every table."""

_Cells = Mapping[str, Callable[[Any], Value]]


class _LazyRow(Row):
    """A row whose cells are made of an item when a query first asks for them, so that it costs what is looked at."""

    __slots__ = ("_cells", "_item")

    def __init__(self, cells: _Cells, item: object) -> None:
        super().__init__()
        self._cells = cells
        self._item = item

    def __missing__(self, column: str) -> Value:
        value = self._cells[column](self._item)
        self[column] = value
        return value

    def copy(self) -> Row:
        other = _LazyRow(self._cells, self._item)
        other.update(self)
        return other


def row_of(tenant_id: str, kind: str, shown: Mapping[str, object]) -> Row:
    """A row of what ARM shows of something."""
    words = [*str(shown["id"]).split("/"), "", "", "", ""]
    in_subscription = words[1] == "subscriptions"
    texts: dict[str, Value] = {
        "id": str(shown["id"]),
        "name": str(shown["name"]),
        "type": kind,
        "tenantId": tenant_id,
        "kind": str(shown.get("kind") or ""),
        "location": str(shown.get("location") or ""),
        "resourceGroup": words[4] if in_subscription and words[3].lower() == "resourcegroups" else "",
        "subscriptionId": words[2] if in_subscription else "",
        "managedBy": str(shown.get("managedBy") or ""),
    }
    return texts | {name: cast(Value, shown.get(name)) for name in _OTHERS}


def identity_rows(tenant_id: str) -> Callable[[Identity], Row]:
    """How the identities of a tenant become rows."""
    cells: _Cells = {
        **_none(tenant_id),
        # Source: recorded traffic (queries that found identities: `/resourceGroups/`, tags {}).
        "id": lambda one: one.resource_id.replace("/resourcegroups/", "/resourceGroups/", 1),
        "name": lambda one: one.name,
        "type": lambda _: managed_identity.TYPE.lower(),
        "location": lambda one: one.location,
        "resourceGroup": lambda one: one.resource_group,
        "subscriptionId": lambda one: one.subscription_id,
        "properties": _identity_properties,
        "tags": lambda one: dict(one.tags),
    }
    return lambda identity: _LazyRow(cells, identity)


def _identity_properties(identity: Identity) -> Value:
    """As the newest released api-version shows them. Source: recorded traffic (order) and Azure documentation (what
    Resource Graph asks providers with)."""
    properties: dict[str, Value] = {
        "tenantId": identity.tenant_id,
        "principalId": identity.principal_id,
        "clientId": identity.client_id,
    }
    if identity.isolation_scope is not None:
        properties["isolationScope"] = identity.isolation_scope
    return properties


def resource_rows(tenant_id: str) -> Callable[[Resource], Row]:
    """How other resources of a tenant become rows."""
    cells: _Cells = {
        **_none(tenant_id),
        "id": lambda one: one.resource_id,
        "name": lambda one: one.name,
        "type": lambda one: one.type.lower(),
        "location": lambda one: one.location or "",
        "resourceGroup": lambda one: one.resource_id.split("/")[4],
        "subscriptionId": lambda one: one.resource_id.split("/")[2],
        "tags": lambda one: None if one.tags is None else dict(one.tags),
        "identity": lambda one: cast(Value, identity_block(one)) if one.has_identity else None,
        "kind": lambda one: _shown(one, "kind", ""),
        "managedBy": lambda one: _shown(one, "managedBy", ""),
        "properties": lambda one: _shown(one, "properties", {}),
        **{name: _shower(name) for name in ("sku", "plan", "zones", "extendedLocation")},
    }
    return lambda resource: _LazyRow(cells, resource)


def _none(tenant_id: str) -> _Cells:
    texts: dict[str, Callable[[Any], Value]] = dict.fromkeys(("kind", "managedBy"), lambda _: "")
    return {**dict.fromkeys(_OTHERS, lambda _: None), **texts, "tenantId": lambda _: tenant_id}


def _shower(name: str) -> Callable[[Resource], Value]:
    return lambda one: _shown(one, name, None)


def _shown(resource: Resource, name: str, otherwise: Value) -> Value:
    value = show_resource(resource).get(name)
    return otherwise if value is None else cast(Value, value)
