"""Events of the Activity Log: how they look, and the bounded collection that a state keeps of them.

An event is kept as the JSON that ARM shows, in one text, with what lists are filtered by beside it: a state is saved
far more often than its log is read, and a save must not cost more for the log that it carries.
"""

import json
import re
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from reconciler.sandbox.state.paths import path_key
from reconciler.sandbox.state.shelf import Key

RETENTION = timedelta(days=90)
"""Source: recorded traffic (azure-cli, activity log test: no list can start earlier)."""

KEPT = 10_000
"""Events of a state; the oldest go first. Azure has no such limit."""

STARTED, ACCEPTED, SUCCEEDED, FAILED = "Started", "Accepted", "Succeeded", "Failed"
"""Source: events that users published (a 202 is Accepted) and OpenAPI."""

_NAMESPACE = uuid.UUID("f0e2a7de-52e3-4a3c-8a6e-9d6d54c2b1f5")
_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?", re.IGNORECASE)
_FIRST_TICK = datetime(1, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Operation:
    """What was done to what: `action` is the right that it needs, `scope` where that right has to be given."""

    action: str
    resource_type: str
    resource_id: str
    scope: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an event comes from: a caller and the request; `claims` are named as the log names them.

    `client_type` is the program, as Resource Graph's history of changes names it.
    """

    caller: str
    claims: tuple[tuple[str, str], ...]
    tenant_id: str
    operation_id: str
    correlation_id: str
    client_request_id: str
    method: str
    uri: str
    client_type: str = "Unknown"

    @property
    def changed_by(self) -> str:
        """Who it was, as Resource Graph's history names them.

        Source: Azure documentation (get resource changes: an app id, or a person's email address).
        """
        claims = dict(self.claims)
        return claims.get("appid") or self.caller if self.changed_by_type == "Application" else self.caller

    @property
    def changed_by_type(self) -> str:
        """What kind of caller it was. Source: the same, for `User`; the other word is assumed."""
        return "Application" if dict(self.claims).get("idtyp") == "app" else "User"


@dataclass(frozen=True, slots=True)
class ActivityEvent:
    """One event: `text` is ARM's JSON, the rest is what lists compare; all but `at` as the event spells it.

    `subscription_id` is empty for what happens above all subscriptions.
    """

    text: str
    at: datetime
    subscription_id: str
    resource_group: str
    resource_id: str
    provider: str
    correlation_id: str
    caller: str
    status: str

    @property
    def resource_key(self) -> Key:
        """The resource as ids are compared."""
        return path_key(self.resource_id)


class ActivityLog:
    """The newest 10,000 events of the last 90 days, in the order in which they were recorded.

    Attributes:
        recorded: counts every event that was added; those that a state was loaded with are not in it.
    """

    def __init__(self, events: Iterable[ActivityEvent] = ()) -> None:
        self.recorded = 0
        self._events = deque(sorted(events, key=lambda event: event.at), maxlen=KEPT)

    def __iter__(self) -> Iterator[ActivityEvent]:
        """The events, oldest first."""
        return iter(self._events)

    def add(self, event: ActivityEvent) -> None:
        """Record an event, and forget those that are too old beside it."""
        while self._events and self._events[0].at < event.at - RETENTION:
            self._events.popleft()
        self._events.append(event)
        self.recorded += 1

    def newest_first(self, after: Key | None = None) -> Iterator[tuple[Key, ActivityEvent]]:
        """The events with the keys that pages go on after: one that is recorded meanwhile moves none of them."""
        last = self.recorded - 1
        for age, event in enumerate(reversed(self._events)):
            # Those that the state was loaded with have negative numbers: all fit into as many digits once shifted.
            key = (f"{KEPT + last - age:020}",)
            if after is None or key < after:
                yield key, event


def make_event(
    origin: Origin, operation: Operation, status: str, code: int | None, at: datetime, details: Mapping[str, str]
) -> ActivityEvent:
    """An event of the Administrative category.

    Source: Azure Monitor documentation (event schema), OpenAPI 2015-04-01, and events that users published: names and
    their order, `resourceGroupName` empty outside of groups, `subStatus` empty until there is a status code. Readable
    forms of the names (`localizedValue`) are the names themselves: assumed.

    Args:
        code: the HTTP status that the call was answered with, None where it is not answered yet.
        details: `properties`, besides those that every event has.
    """
    words = operation.resource_id.split("/")
    in_subscription = len(words) > 2 and words[1].casefold() == "subscriptions"
    in_group = in_subscription and len(words) > 4 and words[3].casefold() == "resourcegroups"
    event_id = str(uuid.uuid5(_NAMESPACE, f"{origin.operation_id}|{operation.resource_id}|{status}"))
    timestamp = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"
    ticks = (at - _FIRST_TICK) // _MICROSECOND * 10
    body = {
        "authorization": {"action": operation.action, "scope": operation.scope},
        "caller": origin.caller,
        "claims": dict(origin.claims),
        "correlationId": origin.correlation_id,
        "description": "",
        "eventDataId": event_id,
        "eventName": _EVENT_NAMES[status == STARTED],
        "category": _named("Administrative"),
        "eventTimestamp": timestamp,
        "httpRequest": {
            "clientRequestId": origin.client_request_id,
            "method": origin.method,
            "uri": origin.uri,
        },
        "id": f"{operation.resource_id}/events/{event_id}/ticks/{ticks}",
        "level": "Error" if status == FAILED else "Informational",
        "operationId": origin.operation_id,
        "operationName": _named(operation.action),
        "resourceGroupName": words[4] if in_group else "",
        "resourceProviderName": _named(operation.resource_type.partition("/")[0]),
        "resourceType": _named(operation.resource_type),
        "resourceId": operation.resource_id,
        "status": _named(status),
        "subStatus": _named("") if code is None else _sub_status(code),
        "submissionTimestamp": timestamp,
        "subscriptionId": words[2] if in_subscription else "",
        "tenantId": origin.tenant_id,
        "properties": {**({} if code is None else _of_answer(origin, code)), **details},
    }
    return event_of(body, at)


def event_of(body: Mapping[str, object], at: datetime) -> ActivityEvent:
    """The event whose JSON is `body` and whose time is `at`."""
    # Half a surrogate pair, from a token or a path, could not be saved.
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")
    return ActivityEvent(
        text,
        at,
        _text(body, "subscriptionId"),
        _text(body, "resourceGroupName"),
        _text(body, "resourceId"),
        _text(body, "resourceProviderName"),
        _text(body, "correlationId"),
        _text(body, "caller"),
        _text(body, "status"),
    )


def parse_time(text: str) -> datetime:
    """A time as the log writes it, or a date; without a zone it is UTC.

    Raises:
        ValueError: it is none of these.
    """
    if not _TIME.fullmatch(text):
        raise ValueError(text)
    time = datetime.fromisoformat(text.upper())
    try:
        return time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
    except OverflowError as error:  # the first or the last day of the calendar, in another zone
        raise ValueError(text) from error


def deletion_events(origin: Origin, group_id: str, resource_ids: Sequence[str], at: datetime) -> list[ActivityEvent]:
    """Events of a deleted resource group: one for everything that was in it, and last one for the group itself.

    Source: assumed; ARM deletes one resource of a group after the other, on behalf of whoever deleted the group.
    """
    # The log would forget all but the newest at once.
    gone = [*resource_ids[1 - KEPT :], group_id]
    return [make_event(origin, deletion_of(resource_id), SUCCEEDED, 200, at, {}) for resource_id in gone]


def deletion_of(resource_id: str) -> Operation:
    """The deletion of a resource group, or of a resource in one."""
    words = resource_id.split("/")
    resource_type = "/".join((words[6], *words[7::2])) if len(words) > 6 else GROUP_TYPE
    return Operation(f"{resource_type}/delete", resource_type, resource_id, resource_id)


GROUP_TYPE = "Microsoft.Resources/subscriptions/resourceGroups"
"""The type of a resource group as rights and events name it. Source: Azure's list of provider operations."""

_EVENT_NAMES = (
    {"value": "EndRequest", "localizedValue": "End request"},
    {"value": "BeginRequest", "localizedValue": "Begin request"},
)


def _named(value: str) -> dict[str, str]:
    return {"value": value, "localizedValue": value}


def _sub_status(code: int) -> dict[str, str]:
    return {"value": _code_name(code), "localizedValue": f"{HTTPStatus(code).phrase} (HTTP Status Code: {code})"}


def _code_name(code: int) -> str:
    return HTTPStatus(code).phrase.replace(" ", "")


def _of_answer(origin: Origin, code: int) -> dict[str, str]:
    return {
        "statusCode": _code_name(code),
        "serviceRequestId": origin.operation_id,
        "eventCategory": "Administrative",
    }


def _text(body: Mapping[str, object], name: str) -> str:
    value = body.get(name)
    if isinstance(value, dict):
        value = value.get("value")
    return value if isinstance(value, str) else ""
