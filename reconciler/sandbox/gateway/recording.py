"""What goes into the Activity Log: every write that reaches its provider, whether it is carried out or refused.

Recording stands around the providers' handlers, inside the lock under which they decide, so that there is no moment at
which a change can be seen and its event cannot. What ARM refuses before it knows the operation (no token, too many
requests, no such path, api-version or subscription) leaves no event. Source: assumed.
"""

import json
from collections.abc import Mapping

from reconciler.sandbox.gateway.answers import Answer, ArmRefusalError
from reconciler.sandbox.gateway.calls import Call
from reconciler.sandbox.gateway.changes import client_type, facts_at, record_change, target_of
from reconciler.sandbox.gateway.not_served import NotServedError
from reconciler.sandbox.gateway.routing import RESOURCES, Route
from reconciler.sandbox.state import (
    ACCEPTED,
    FAILED,
    ROLE_ASSIGNMENT_TYPE,
    STARTED,
    SUCCEEDED,
    Operation,
    Origin,
    State,
    make_event,
    split_path,
)

_VERBS = {"PUT": "write", "PATCH": "write", "DELETE": "delete"}
"""Source: Azure Monitor documentation (operations are of type Write, Delete or Action)."""

_CLAIMS = "http://schemas.microsoft.com/identity/claims/"
_OLDER_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_CLAIM_NAMES: Mapping[str, str] = {
    "aud": "aud",
    "iss": "iss",
    "iat": "iat",
    "nbf": "nbf",
    "exp": "exp",
    "appid": "appid",
    "appidacr": "appidacr",
    "idp": f"{_CLAIMS}identityprovider",
    "idtyp": "idtyp",
    "name": "name",
    "oid": f"{_CLAIMS}objectidentifier",
    "scp": f"{_CLAIMS}scope",
    "sub": f"{_OLDER_CLAIMS}nameidentifier",
    "tid": f"{_CLAIMS}tenantid",
    "unique_name": f"{_OLDER_CLAIMS}name",
    "upn": f"{_OLDER_CLAIMS}upn",
    "ver": "ver",
    "xms_mirid": "xms_mirid",
}
"""The claims that are recorded, and the log's names for them. Source: Azure Monitor documentation (event schema) and
events that users published."""


def carry_out(route: Route, state: State, call: Call) -> Answer:
    """Let the handler of a route answer a call, and record what came of it."""
    handler, operation = route.handlers[call.method], operation_of(route, call)
    if operation is None:
        return handler(state, call)
    before = facts_at(state, target_of(operation.resource_id))
    try:
        answer = handler(state, call)
    except NotServedError:
        raise  # in Azure it would have gone otherwise
    except ArmRefusalError as refusal:
        answer = refusal.answer
    origin = origin_of(state, call)
    _record(state, origin, call, operation, answer)
    record_change(state, origin, operation, before, call.now)
    return answer


def operation_of(route: Route, call: Call) -> Operation | None:
    """What a call is in the log's terms, None where it changes nothing.

    Source: Azure's list of provider operations for the names; the resource id is spelled as asked, as the events show
    that users published.
    """
    resource_type = _resource_type(route, call)
    words = split_path(call.path)
    if call.method == "POST" and route.is_action:
        namespace, *types = resource_type.split("/")
        return _operation("/".join((resource_type, "action")), "/".join((namespace, *types[:-1])), words[:-1], call)
    verb = _VERBS.get(call.method)
    return None if verb is None else _operation(f"{resource_type}/{verb}", resource_type, words, call)


def _operation(action: str, resource_type: str, words: tuple[str, ...], call: Call) -> Operation:
    resource_id = "/" + "/".join(words)
    # Source: a role assignment's event that users published has the scope of the assignment.
    scope = call.names["scope"] if resource_type == ROLE_ASSIGNMENT_TYPE else resource_id
    return Operation(action, resource_type, resource_id, scope)


def _resource_type(route: Route, call: Call) -> str:
    if "namespace" in call.names:
        types = call.names.get("types") or call.names["collection"]
        return "/".join((call.names["namespace"], *types.split("/")[::2]))
    if route.namespace == RESOURCES:
        return "/".join((RESOURCES, *split_path(route.template)[::2]))
    return f"{route.namespace}/{route.resource_type}"


def origin_of(state: State, call: Call) -> Origin:
    """Who asked, and how. A caller is named by its `upn`, else by its object id: as in events that users published."""
    claims = call.caller.claims
    upn = claims.get("upn")
    return Origin(
        upn if isinstance(upn, str) and upn else call.caller.principal_id,
        tuple(
            (_CLAIM_NAMES[name], str(value))
            for name, value in claims.items()
            if name in _CLAIM_NAMES and isinstance(value, str | int)
        ),
        state.tenant_id,
        call.trace.request_id,
        call.trace.correlation_id,
        call.trace.client_request_id,
        call.method,
        f"{call.base_url}{call.target}",
        client_type(call.trace.user_agent, str(claims.get("appid", ""))),
    )


def _record(state: State, origin: Origin, call: Call, operation: Operation, answer: Answer) -> None:
    """The start and the end of an operation are one event each.

    Source: Azure Monitor documentation (both are recorded); azure-cli, which pairs them by `operationId`.
    """
    status, details = _outcome(operation, answer)
    state.activity.add(make_event(origin, operation, STARTED, None, call.now, _request_details(call, operation)))
    state.activity.add(make_event(origin, operation, status, answer.status, call.now, details))


def _request_details(call: Call, operation: Operation) -> dict[str, str]:
    """Bodies are recorded of role assignments only: those of other resources may hold secrets.

    Source: azure-cli, whose list of role changes reads `requestbody` and `responseBody` of their events.
    """
    if operation.resource_type != ROLE_ASSIGNMENT_TYPE or call.method != "PUT":
        return {}
    return {"requestbody": call.body.decode("utf-8", "replace")}


def _outcome(operation: Operation, answer: Answer) -> tuple[str, dict[str, str]]:
    body = "" if answer.body is None else json.dumps(answer.body, ensure_ascii=False, separators=(",", ":"))
    if answer.status >= 400:
        # Source: Azure documentation (troubleshooting of requests that a policy refuses shows `statusMessage`).
        return FAILED, {"statusMessage": body} if body else {}
    details = {"responseBody": body} if operation.resource_type == ROLE_ASSIGNMENT_TYPE and body else {}
    return ACCEPTED if answer.status == 202 else SUCCEEDED, details
