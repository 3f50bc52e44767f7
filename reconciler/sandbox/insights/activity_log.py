"""Microsoft.Insights: the Activity Log, what was changed in a subscription, when and by whom.

Its errors are its own: `code` and `message` without ARM's `error` around them.
"""

import json
from collections.abc import Iterator

from reconciler.sandbox.gateway import Answer, Call, Route, page, resume_after
from reconciler.sandbox.insights.activity_filter import ActivityFilter, InvalidFilterError, parse_filter
from reconciler.sandbox.rules import rights
from reconciler.sandbox.state import RETENTION, ActivityEvent, Key, State

READ = "microsoft.insights/eventtypes/values/read"
"""Source: the refusal that users' tests quote (azure-libraries-for-java), which has it in lower case."""

API_VERSIONS = ("2015-04-01",)
"""Source: OpenAPI."""

_TENANT_SCOPE = "/providers/microsoft.insights/eventtypes/management"
"""Source: the same refusal."""

_PROPERTIES = (
    "authorization", "caller", "category", "claims", "correlationId", "description", "eventDataId", "eventName",
    "eventTimestamp", "httpRequest", "id", "level", "operationId", "operationName", "properties", "resourceGroupName",
    "resourceId", "resourceProviderName", "resourceType", "status", "subStatus", "submissionTimestamp",
    "subscriptionId", "tenantId",
)  # fmt: skip
"""Source: OpenAPI, `EventData`."""

_Item = tuple[Key, ActivityEvent]


class _BadRequestError(Exception):
    """A list that the log does not give; the message is the service's."""


def list_in_subscription(state: State, call: Call) -> Answer:
    """The events of a subscription that the caller may read, newest first; `$filter` has to name a start.

    Source: OpenAPI (`$filter`, `$select`, `nextLink`); the order as users' tools rely on it.
    """
    subscription_id = call.names["subscription"]
    events = (
        item
        for item in state.activity.newest_first(resume_after(call))
        if item[1].subscription_id.casefold() == subscription_id.casefold()
    )
    scope = f"/subscriptions/{subscription_id}"
    seen = rights.visible(state, call, READ, scope, events, lambda item: item[1].resource_id)
    return _list(call, seen, start_needed=True)


def list_in_tenant(state: State, call: Call) -> Answer:
    """The events above all subscriptions, such as a role that was given at the root or a management group.

    Source: Microsoft's documentation of the tenant's activity log, where the filter is optional.
    """
    rights.require(state, call, READ, _TENANT_SCOPE)
    events = state.activity.newest_first(resume_after(call))
    return _list(call, (item for item in events if not item[1].subscription_id), start_needed=False)


def _list(call: Call, events: Iterator[_Item], *, start_needed: bool) -> Answer:
    try:
        asked, selected = _filter(call, start_needed=start_needed), _selected(call)
    except _BadRequestError as error:
        # Source: recorded traffic (azure-cli, activity log test).
        return Answer(400, {"code": "BadRequest", "message": str(error)})
    # Events that are too old lie in the log until the next one is recorded.
    since = call.now - RETENTION
    fitting = (item for item in events if since <= item[1].at and asked.fits(item[1]))
    return page(call, fitting, lambda item: item[0], lambda item: _show(item[1], selected))


def _filter(call: Call, *, start_needed: bool) -> ActivityFilter:
    text = call.query.get("$filter", "").strip()
    try:
        asked = ActivityFilter(None, None, ()) if not text else parse_filter(text)
    except InvalidFilterError as error:
        # Source: text as quoted by users (MicrosoftDocs feedback issue 319) for a list without a filter.
        raise _BadRequestError("$filter searching parameters invalid.") from error
    if asked.start is None and (start_needed or text):
        raise _BadRequestError("$filter searching parameters invalid.")
    if asked.start is not None and asked.start < call.now - RETENTION:
        # Source: recorded traffic (azure-cli, activity log test).
        raise _BadRequestError("The start time cannot be more than 90 days in the past.")
    return asked


def _selected(call: Call) -> frozenset[str]:
    """The properties that `$select` names, in lower case; empty for all of them."""
    names = [name.strip().casefold() for name in call.query.get("$select", "").split(",") if name.strip()]
    known = {name.casefold() for name in _PROPERTIES}
    for name in names:
        if name not in known:  # Source: assumed
            raise _BadRequestError(f"$select names the property '{name}', which is not known.")
    return frozenset(names)


def _show(event: ActivityEvent, selected: frozenset[str]) -> object:
    body = json.loads(event.text)
    return {name: value for name, value in body.items() if not selected or name.casefold() in selected}


_VALUES = "/providers/Microsoft.Insights/eventtypes/management/values"

ROUTES = (
    Route("/subscriptions/{subscription}" + _VALUES, API_VERSIONS, {"GET": list_in_subscription}),
    Route(_VALUES, API_VERSIONS, {"GET": list_in_tenant}),
)
