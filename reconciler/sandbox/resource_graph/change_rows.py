"""The rows of the table `resourcechanges`: what the sandbox remembers of changes to what the table `resources` shows.

The real table follows within five minutes; here it follows at once.
"""

import json
from collections.abc import Collection, Iterator
from typing import cast

from reconciler.sandbox.gateway import Call
from reconciler.sandbox.resource_graph.graph_rows import DEFAULTS
from reconciler.sandbox.resource_graph.kql.compiled import Row
from reconciler.sandbox.rules import rights
from reconciler.sandbox.state import KEPT_FOR, State

TABLE = "resourcechanges"
"""Source: Azure documentation (get resource changes)."""

READ = "Microsoft.Resources/changes/read"
"""Source: Azure's list of provider operations for the name; that a query leaves out what a caller may not read is
documented (permissions in Resource Graph); that this right is what counts here is assumed."""


def change_rows(state: State, call: Call, subscriptions: Collection[str]) -> Iterator[Row]:
    """The records of the last 14 days in these subscriptions (their ids) that the caller may read, by their ids."""
    known = {one.casefold() for one in subscriptions}
    may_read, since = rights.permits(state, call.caller, READ), call.now - KEPT_FOR
    found = [
        json.loads(one.text)
        for one in state.resource_changes
        if since <= one.at and one.subscription_id.casefold() in known and may_read(one.target_id)
    ]
    for body in sorted(found, key=lambda one: str(one["id"]).casefold()):
        yield cast(Row, {**DEFAULTS, **body})
