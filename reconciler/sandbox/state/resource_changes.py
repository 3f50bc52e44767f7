"""What Resource Graph remembers of changes: how a record looks, and the bounded history that a state keeps of them.

A record is kept as the JSON that a query shows, in one text, as the Activity Log keeps its events. It says what the
log does not: which properties changed, and by which program; and it is made only where something did change.
"""

import json
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from reconciler.sandbox.state.events import Origin

KEPT_FOR = timedelta(days=14)
"""Source: Azure documentation (get resource changes: the last fourteen days)."""

_MOST = 10_000
"""Records of a state; the oldest go first. Azure has no such limit."""

_TYPE = "microsoft.resources/changes"
_NAMESPACE = uuid.UUID("3f0a54c5-2f2e-4f3b-9a55-8f5d0f3a6c11")
_FIRST_TICK = datetime(1, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class ChangeType(StrEnum):
    """What became of a resource. Source: OpenAPI of Microsoft.Resources/changes 2022-05-01 (`changeType`)."""

    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"


Facts = Mapping[str, str]
"""The properties of a resource by their paths, such as `tags.env`, each as a text."""


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One record: `text` is its JSON, the rest is what queries look for before they read it."""

    text: str
    at: datetime
    target_id: str
    subscription_id: str


class ChangeHistory:
    """The newest 10,000 records of the last 14 days, in the order in which they were made."""

    def __init__(self, changes: Iterable[ResourceChange] = ()) -> None:
        self._changes = deque(sorted(changes, key=lambda change: change.at), maxlen=_MOST)

    def __iter__(self) -> Iterator[ResourceChange]:
        """The records, oldest first."""
        return iter(self._changes)

    def add(self, change: ResourceChange) -> None:
        """Keep a record, and forget those that are too old beside it."""
        while self._changes and self._changes[0].at < change.at - KEPT_FOR:
            self._changes.popleft()
        self._changes.append(change)


def make_change(
    origin: Origin, target_id: str, action: str, at: datetime, before: Facts | None, after: Facts | None
) -> ResourceChange | None:
    """The record of a change from `before` to `after`, None being no resource; None where they are the same.

    Source: Azure documentation (get resource changes: the example of a record; `System` and `Unknown`); the name of a
    record, and that creates and deletes list no properties, are assumed.
    """
    if before == after:
        return None
    kind = ChangeType.CREATE if before is None else ChangeType.DELETE if after is None else ChangeType.UPDATE
    changes = _differences(before, after) if before is not None and after is not None else {}
    words = target_id.split("/")
    words[3], words[6:-1] = "resourceGroups", [word.lower() for word in words[6:-1]]
    target = "/".join(words)
    ticks = (at - _FIRST_TICK) // _MICROSECOND * 10
    name = f"{ticks:020}_{uuid.uuid5(_NAMESPACE, f'{origin.operation_id}|{target}|{kind}')}"
    body = {
        "id": f"{target}/providers/Microsoft.Resources/changes/{name}",
        "name": name,
        "type": _TYPE,
        "tenantId": origin.tenant_id,
        "resourceGroup": words[4],
        "subscriptionId": words[2],
        "properties": {
            "targetResourceId": target,
            "targetResourceType": "/".join((words[6], *words[7::2])),
            "changeType": kind.value,
            "changeAttributes": {
                "correlationId": origin.correlation_id,
                "changedByType": origin.changed_by_type,
                "changesCount": len(changes),
                "clientType": origin.client_type,
                "changedBy": origin.changed_by,
                "operation": action.lower(),
                "timestamp": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "+00:00",
            },
            "changes": changes,
        },
    }
    return change_of(body, at)


def change_of(body: Mapping[str, object], at: datetime) -> ResourceChange:
    """The record whose JSON is `body` and whose time is `at`; its id has that of its resource in front."""
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")
    target = str(body["id"]).rpartition("/providers/")[0]
    return ResourceChange(text, at, target, target.split("/")[2])


def _differences(before: Facts, after: Facts) -> dict[str, dict[str, str]]:
    """The properties that differ. Source: the same example, which has the text `null` for what was not there."""
    paths = [path for path in {**before, **after} if before.get(path) != after.get(path)]
    return {
        path: {
            "newValue": after.get(path, "null"),
            "previousValue": before.get(path, "null"),
            "changeCategory": "User",
            "propertyChangeType": "Insert" if path not in before else "Remove" if path not in after else "Update",
        }
        for path in sorted(paths)
    }
