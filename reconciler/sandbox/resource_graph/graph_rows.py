"""What Resource Graph shows of the things of the sandbox, column by column.

Source of the columns and their values: recorded traffic (types in lower case, a resource group by name, `""` where
there is no kind or manager, null where there is no plan); that every table has these columns, in this order, is
assumed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from reconciler.sandbox.gateway import GraphRows, Kind
from reconciler.sandbox.resource_graph.kql.compiled import Row, Schema
from reconciler.sandbox.resource_graph.kql.syntax import Value
from reconciler.sandbox.resource_graph.kql.values import Type
from reconciler.sandbox.state import Item, State, V

_TEXTS = ("id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId", "managedBy")
_OTHERS = ("sku", "plan", "properties", "tags", "identity", "zones", "extendedLocation")
SCHEMA: Schema = {**dict.fromkeys(_TEXTS, Type.STRING), **dict.fromkeys(_OTHERS, Type.DYNAMIC)}
"""The columns of every table."""

DEFAULTS: Mapping[str, Value] = {**dict.fromkeys(_TEXTS, ""), **dict.fromkeys(_OTHERS, None)}
"""What a cell holds where the resource does not say."""


class _LazyRow(Row):
    """A row whose cells are made of an item when a query first asks for them, so that it costs what is looked at."""

    __slots__ = ("_body", "_item", "_source")

    def __init__(self, source: "_Source", item: Item) -> None:
        super().__init__()
        self._source = source
        self._item = item
        self._body: Mapping[str, object] | None = None

    def __missing__(self, column: str) -> Value:
        cell = self._source.cells.get(column)
        if cell is None:
            if self._body is None:
                self._body = self._source.body(self._item)
            cell = _DERIVED.get(column)
            value = cast(Value, self._body.get(column)) if cell is None else cell(self._body)
        else:
            value = cell(self._item)
        self[column] = value = DEFAULTS[column] if value is None else value
        return value

    def copy(self) -> Row:
        other = _LazyRow(self._source, self._item)
        other.update(self)
        return other


@dataclass(frozen=True, slots=True)
class _Source:
    """What the rows of a kind are made of: columns of an item alone, and of the resource as ARM shows it."""

    cells: Mapping[str, Callable[[Any], Any]]
    body: Callable[[Any], Mapping[str, object]]


def rows_of(kind: Kind[V], graph: GraphRows[V], state: State) -> Callable[[V], Row]:
    """How the items of a kind become rows."""
    type_name, tenant_id = kind.resource_type.lower(), state.tenant_id
    constant = {"type": lambda _: type_name, "tenantId": lambda _: tenant_id}
    cells = {name: partial(of, tenant_id) for name, of in graph.cells.items()}
    source = _Source({**constant, **cells}, partial(graph.body, state))
    return lambda item: _LazyRow(source, item)


def _segment(position: int, word: str) -> Callable[[Mapping[str, object]], Value]:
    """The name that follows a word of an id."""

    def found(body: Mapping[str, object]) -> Value:
        segments = [*str(body["id"]).split("/"), "", "", "", ""]
        in_subscription = segments[1] == "subscriptions"
        return segments[position] if in_subscription and segments[position - 1].lower() == word else ""

    return found


_DERIVED: Mapping[str, Callable[[Mapping[str, object]], Value]] = {
    "subscriptionId": _segment(2, "subscriptions"),
    "resourceGroup": _segment(4, "resourcegroups"),
}
