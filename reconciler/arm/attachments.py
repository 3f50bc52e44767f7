"""What uses identities, as Resource Graph's index shows it: one question about all of them.

It finds what has an identity in its own `identity` block and what the caller may read, a little late. That proves use
and never its absence.
"""

from collections.abc import Sequence

from reconciler.arm import resource_graph
from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.fields import JsonObject, text
from reconciler.model import AttachedResource, ResourceId, attached

QUERY_IDS_LENGTH = 50_000
"""Characters of ids in one query; some three hundred identities. That longer ones are refused is assumed."""

# Without a limit of its own, mv-expand keeps 128 values of a row. Source: Azure documentation, "Understanding the Azure
# Resource Graph query language" (RowLimit of mv-expand: 128 unless given, 400 at most).
_QUERY = """resources
| where isnotempty(identity.userAssignedIdentities)
| mv-expand used = bag_keys(identity.userAssignedIdentities) limit 400
| extend identityId = tolower(tostring(used))
| where identityId in {ids}
| project id, identityId
| order by id asc, identityId asc"""


def find(client: ArmClient, identities: Sequence[ResourceId]) -> dict[ResourceId, tuple[AttachedResource, ...]]:
    """The resources that have each of the identities; one without an entry has none in sight. Raises as ArmClient."""
    by_id = {str(one).lower(): one for one in identities}
    found: dict[ResourceId, list[AttachedResource]] = {}
    for ids in resource_graph.chunks(list(by_id), QUERY_IDS_LENGTH):
        query = _QUERY.format(ids=resource_graph.in_list(ids))
        for resource, identity_id in resource_graph.query(client, query, _read):
            if identity_id in by_id:
                found.setdefault(by_id[identity_id], []).append(resource)
    return {identity: attached(resources) for identity, resources in found.items()}


def _read(row: JsonObject) -> tuple[AttachedResource, str]:
    return AttachedResource(text(row, "id")), text(row, "identityId").lower()
