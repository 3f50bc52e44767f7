"""What Resource Graph remembers of changes to identities for 14 days: one question about all of them.

It knows who changed which property, by which program, some minutes later; and only of what the caller may read.
"""

from collections.abc import Iterator, Sequence

from reconciler.arm import resource_graph
from reconciler.arm.attachments import QUERY_IDS_LENGTH
from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.fields import FieldError, JsonObject, optional_time_s, text
from reconciler.arm.logs.activity_log import ChangeKind, RecordedChange
from reconciler.model import ResourceId, normalize_scope

READ = "Microsoft.Resources/changes/read"
"""The right to read them. Source: Azure's list of provider operations."""

RETENTION_DAYS = 14
"""Source: Azure documentation (get resource changes)."""

_KINDS = {"create": ChangeKind.CREATE, "update": ChangeKind.UPDATE, "delete": ChangeKind.DELETE}

_QUERY = """resourcechanges
| extend target = tolower(tostring(properties.targetResourceId))
| where target in {ids}
| project id, target, changeType = tostring(properties.changeType), attributes = properties.changeAttributes,
    changes = properties.changes
| order by id asc"""


def list_changes(client: ArmClient, identities: Sequence[ResourceId]) -> Iterator[RecordedChange]:
    """Yield the changes of these identities. Raises as ArmClient."""
    for ids in resource_graph.chunks([str(one).lower() for one in identities], QUERY_IDS_LENGTH):
        yield from resource_graph.query(client, _QUERY.format(ids=resource_graph.in_list(ids)), _read)


def _read(row: JsonObject) -> RecordedChange:
    """Source: Azure documentation (get resource changes: the example of a record)."""
    attributes = row.get("attributes")
    if not isinstance(attributes, dict):
        raise FieldError("`attributes` is not an object")
    at_s, kind = optional_time_s(attributes, "timestamp"), _KINDS.get(text(row, "changeType").casefold())
    if at_s is None or kind is None:
        raise FieldError("`changeType` or `timestamp` is none that is known")
    said = {name: str(attributes.get(name) or "") for name in ("changedBy", "changedByType", "clientType")}
    client = said["clientType"]
    return RecordedChange(
        kind,
        normalize_scope(text(row, "target")),
        at_s,
        said["changedBy"],
        said["changedByType"],
        "" if client.casefold() in ("unknown", "unspecified") else client,
        "",
        str(attributes.get("correlationId") or ""),
        _properties(row.get("changes")),
        is_of_graph=True,
    )


def _properties(changes: object) -> dict[str, str | None] | None:
    """The new values by path in lower case; None where the record lists none. The text `null` is no value."""
    if not isinstance(changes, dict) or not changes:
        return None
    values = {path: one.get("newValue") if isinstance(one, dict) else None for path, one in changes.items()}
    return {str(path).casefold(): None if value in (None, "null") else str(value) for path, value in values.items()}
