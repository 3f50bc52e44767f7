"""What the sandbox knows of a kind of resource, in one value: its place in the state file, its paths, its rows.

The file that owns a kind declares it; `catalog/kinds` lists them all, and whatever has to do with every kind walks that
list. A new kind is such a value and a row there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic

from reconciler.sandbox.gateway.calls import Call
from reconciler.sandbox.gateway.routing import Route
from reconciler.sandbox.state import Identity, Item, Key, Node, ResourceGroup, State, Subscription, V

JsonObject = dict[str, object]


@dataclass(frozen=True, slots=True)
class Loading:
    """What a resource of a state file depends on beside its own JSON: ids that it leaves out follow from the seed."""

    tenant_id: str
    random_seed: int


@dataclass(frozen=True, slots=True)
class Parent:
    """What a resource is in: the kind, in words, and how many segments its id has."""

    value: type[Item]
    noun: str
    key_length: int


SUBSCRIPTION_PARENT = Parent(Subscription, "a subscription", 2)
GROUP_PARENT = Parent(ResourceGroup, "a resource group", 4)
IDENTITY_PARENT = Parent(Identity, "an identity", 8)


@dataclass(frozen=True, slots=True)
class ProviderOperation:
    """An operation as its provider lists it, and what people are shown of it."""

    name: str
    resource: str
    operation: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class GraphView:
    """What a query is about: the subscriptions by their ids, and whether the result has what stands at a scope."""

    subscriptions: tuple[str, ...]
    holds: Callable[[Key], bool]


@dataclass(frozen=True, slots=True)
class GraphRows(Generic[V]):
    """How Resource Graph shows a kind.

    Attributes:
        table: where the rows are, in lower case.
        find: what the caller may see of it, in the order of the keys.
        body: the resource as ARM shows it; what it does not have is empty in the row.
        cells: columns that need not wait for the body, of the tenant's id and the resource.
    """

    table: str
    find: Callable[[State, Call, GraphView], Iterable[V]]
    body: Callable[[State, V], Mapping[str, object]]
    cells: Mapping[str, Callable[[str, V], object]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind(Generic[V]):
    """A kind of resource.

    Attributes:
        collection: its name in the state file.
        resource_type: ARM's, with the namespace; empty for what is of any type.
        value: what a state keeps of one.
        parse: reads one of the state file; raises StateError.
        show: writes one as the state file has it.
        operations: as the provider lists them; all others are the provider's own.
        id_field: what tells one in the state file from another.
        is_always_written: the state file has the collection even where it is empty.
    """

    collection: str
    resource_type: str
    value: type[V]
    parse: Callable[[Node, Loading], V]
    show: Callable[[V], JsonObject]
    routes: tuple[Route, ...]
    operations: tuple[ProviderOperation, ...] = ()
    graph_rows: GraphRows[V] | None = None
    parent: Parent | None = None
    id_field: str = "id"
    is_always_written: bool = True
