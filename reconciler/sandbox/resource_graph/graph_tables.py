"""The tables of Resource Graph over what the sandbox holds: resources, resourcecontainers, authorizationresources, and
resourcechanges.

A caller finds what they may read, and does not learn whether there is anything else. Source: Azure documentation
(permissions in Resource Graph).
"""

from collections.abc import Iterator, Mapping
from functools import partial
from heapq import merge
from operator import itemgetter

from reconciler.sandbox.catalog.kinds import KINDS
from reconciler.sandbox.gateway import Call, GraphRows, GraphView, Kind
from reconciler.sandbox.resource_graph.change_rows import TABLE, change_rows
from reconciler.sandbox.resource_graph.graph_request import AuthorizationScope
from reconciler.sandbox.resource_graph.graph_rows import SCHEMA, rows_of
from reconciler.sandbox.resource_graph.graph_scope import GraphScope
from reconciler.sandbox.resource_graph.kql.compiled import Row
from reconciler.sandbox.resource_graph.kql.evaluation import Table
from reconciler.sandbox.state import Key, State, V


def graph_tables(state: State, call: Call, scope: GraphScope, asked: AuthorizationScope) -> Mapping[str, Table]:
    """The tables that a caller sees in a scope, by their names in lower case."""
    view = GraphView(tuple(one.resource_id for one in scope.subscriptions), lambda at: scope.holds(at, asked))
    names = {kind.graph_rows.table for kind in KINDS if kind.graph_rows is not None}
    subscriptions = [one.subscription_id for one in scope.subscriptions]
    return {
        **{name: Table(SCHEMA, partial(_rows, state, call, view, name)) for name in names},
        TABLE: Table(SCHEMA, partial(change_rows, state, call, subscriptions)),
    }


def _rows(state: State, call: Call, view: GraphView, table: str) -> Iterator[Row]:
    """In the order of their ids. Source: recorded traffic (pages of a query on resources that asks for no order)."""
    shown = [
        _shown(state, call, view, kind, kind.graph_rows)
        for kind in KINDS
        if kind.graph_rows is not None and kind.graph_rows.table == table
    ]
    return map(itemgetter(1), merge(*shown, key=itemgetter(0)))


def _shown(state: State, call: Call, view: GraphView, kind: Kind[V], graph: GraphRows[V]) -> Iterator[tuple[Key, Row]]:
    row_of = rows_of(kind, graph, state)
    return ((item.key, row_of(item)) for item in graph.find(state, call, view))
