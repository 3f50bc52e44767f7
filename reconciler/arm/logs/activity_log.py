"""The Activity Log: what was written and deleted in a subscription within 90 days, by whom; and the form of a record.

It knows every write, but of hardly any what it changed: a body is recorded of role assignments alone.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto

from reconciler.arm.actions import EVENTS
from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.fields import JsonObject, optional_time_s
from reconciler.model import normalize_scope

API_VERSION = "2015-04-01"
"""Source: Microsoft.Insights 2015-04-01 OpenAPI (activityLogs_API.json)."""

READ = f"{EVENTS}/read"
"""The right to read it."""

RETENTION_DAYS = 90
"""Source: recorded traffic (azure-cli, activity log test: no list may start earlier)."""

_VALUES = "/providers/Microsoft.Insights/eventtypes/management/values"

_CLIENTS: Mapping[str, str] = {
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46": "Azure CLI",
    "1950a258-227b-4e31-a9cf-717495945fc2": "Azure PowerShell",
    "c44b4083-3bb0-49c1-b47d-974e53cbdf3c": "Azure Portal",
}
"""Programs of Microsoft's by which people sign in. Source: Microsoft Entra documentation (first-party applications)."""


class ChangeKind(Enum):
    """What a record says of its resource; a write may have made it or not."""

    CREATE = auto()
    UPDATE = auto()
    DELETE = auto()


@dataclass(frozen=True, slots=True)
class GivenRole:
    """What a role assignment gave, compared without case; the role is the GUID of its definition."""

    scope: str
    principal_id: str
    role_guid: str


@dataclass(frozen=True, slots=True)
class RecordedChange:
    """A change as a log has it.

    Attributes:
        target: the id of what was changed, as ids are compared.
        at_s: epoch seconds.
        caller_type: `User`, `Application` or what else the log calls them; "" where it does not say.
        client: the program's name; "" where there is none.
        properties: the new values of what was changed, by paths such as `tags.env`, in lower case; None where the log
            does not say what was changed.
        is_of_graph: Resource Graph has it, and not the Activity Log.
        role: what a role assignment that was deleted had given.
    """

    kind: ChangeKind
    target: str
    at_s: float
    caller: str
    caller_type: str
    client: str
    application_id: str
    correlation_id: str
    properties: Mapping[str, str | None] | None = None
    is_of_graph: bool = False
    role: GivenRole | None = field(default=None, compare=False)


def list_changes(
    client: ArmClient, subscription_id: str, provider: str, since_s: float, until_s: float
) -> Iterator[RecordedChange | None]:
    """Yield what was written and deleted of a provider's resources, each once it was done. Raises as ArmClient.

    There is a None for every event that tells of no such thing, so that whoever asks can stop after so many events.

    Args:
        subscription_id: "" for what stands above all subscriptions.
        since_s: in epoch seconds; not older than 90 days.

    Source of the filter: the same OpenAPI, which allows these three conditions and hardly any others.
    """
    start, end = (_time_text(one) for one in (since_s, until_s))
    query = f"eventTimestamp ge '{start}' and eventTimestamp le '{end}' and resourceProvider eq '{provider}'"
    path = f"/subscriptions/{subscription_id}{_VALUES}" if subscription_id else _VALUES
    return client.get_pages(path, API_VERSION, _read, query)


def _time_text(epoch_s: float) -> str:
    return f"{datetime.fromtimestamp(epoch_s, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _read(event: JsonObject) -> RecordedChange | None:
    """What an event says was changed; None for what is no end of a change: its beginning, a failure, an action.

    Source: the same OpenAPI (`EventData`); events that users published (`status`, `subStatus`).
    """
    operation, status, code = (_value(event, name) for name in ("operationName", "status", "subStatus"))
    at_s, target = optional_time_s(event, "eventTimestamp"), event.get("resourceId")
    verb = operation.rpartition("/")[2].casefold()
    if verb not in ("write", "delete") or status.casefold() not in ("succeeded", "accepted"):
        return None
    if at_s is None or not isinstance(target, str) or code.casefold() == "nocontent":
        # A delete of what was not there is answered 204.
        return None
    claims = _object(event, "claims")
    application_id = _text(claims, "appid")
    kind = (
        ChangeKind.DELETE
        if verb == "delete"
        else ChangeKind.CREATE
        if code.casefold() == "created"
        else ChangeKind.UPDATE
    )
    return RecordedChange(
        kind,
        normalize_scope(target),
        at_s,
        _text(event, "caller"),
        _caller_type(claims, _text(event, "caller")),
        _CLIENTS.get(application_id.casefold(), ""),
        application_id,
        _text(event, "correlationId"),
        role=_role(_object(event, "properties")) if kind is ChangeKind.DELETE else None,
    )


def _caller_type(claims: JsonObject, caller: str) -> str:
    """Source: Microsoft identity platform, access token claims reference (`idtyp` is `app` for a program's own)."""
    if _text(claims, "idtyp") == "app":
        return "Application"
    return "User" if "@" in caller else ""


def _role(properties: JsonObject) -> GivenRole | None:
    """What a deleted role assignment gave. Source: azure-cli, whose list of role changes reads `responseBody`."""
    try:
        body: object = json.loads(_text(properties, "responseBody") or "null")
    except (ValueError, RecursionError):
        return None
    inner = _object(body, "properties") if isinstance(body, dict) else {}
    scope, principal, role = (_text(inner, name) for name in ("scope", "principalId", "roleDefinitionId"))
    return given_role(scope, principal, role.rpartition("/")[2]) if principal and role else None


def given_role(scope: str, principal_id: str, role_guid: str) -> GivenRole:
    """What a role assignment gives, as such are compared."""
    return GivenRole(normalize_scope(scope), principal_id.casefold(), role_guid.casefold())


def _value(event: JsonObject, name: str) -> str:
    return _text(_object(event, name), "value")


def _object(data: JsonObject, name: str) -> JsonObject:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _text(data: JsonObject, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
