"""Where else in the tenant principals have roles: asked of Resource Graph, looked up in ARM, and never just believed.

A role that this tool gave in another subscription, and whose line is gone from the manifest, can be found in no other
way: nothing in the manifest names that subscription any more.
"""

from collections.abc import Iterable

from reconciler.arm import resource_graph
from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.fields import JsonObject, text

_AT_ONCE = 500
"""Principals of one query: what is asked stays well below what one request may hold."""


def find_scopes(client: ArmClient, principal_ids: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Principal and scope of every role assignment that the index shows the caller; some may be gone or missing.

    Raises:
        AuthError, ArmError: Resource Graph did not answer.

    Source: Azure documentation on Resource Graph (table `authorizationresources`).
    """
    asked = sorted({principal_id.casefold() for principal_id in principal_ids})
    return tuple(
        row
        for start in range(0, len(asked), _AT_ONCE)
        for row in resource_graph.query(client, _query(asked[start : start + _AT_ONCE]), _read)
    )


def _query(principal_ids: list[str]) -> str:
    return (
        "authorizationresources"
        " | where type =~ 'microsoft.authorization/roleassignments'"
        " | extend principalId = tolower(tostring(properties.principalId))"
        f" | where principalId in {resource_graph.in_list(principal_ids)}"
        " | project id, principalId, scope = tostring(properties.scope)"
        " | order by id asc"
    )


def _read(row: JsonObject) -> tuple[str, str]:
    return text(row, "principalId"), text(row, "scope")
