"""Resource groups: create, read, change, list, and the deletion that is accepted first and done later."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace

from reconciler.sandbox.gateway import (
    SUBSCRIPTION_PARENT,
    Answer,
    Call,
    GraphRows,
    GraphView,
    JsonObject,
    Kind,
    Loading,
    Route,
    by_gateway,
    origin_of,
    page,
    resume_after,
)
from reconciler.sandbox.resources.subscriptions import API_VERSIONS
from reconciler.sandbox.rules import (
    REGIONS,
    group_scope,
    normalize_location,
    read_tags,
    refuse_locked,
    require_group,
    require_location,
    require_writable_group,
    rights,
)
from reconciler.sandbox.state import GROUP_TYPE, GroupDeletion, Node, ResourceGroup, State, path_key

READ, WRITE, DELETE = f"{GROUP_TYPE}/read", f"{GROUP_TYPE}/write", f"{GROUP_TYPE}/delete"

_POLL_AFTER_S = 15
"""Source: recorded traffic (azure-service-operator, `Retry-After` of every 202)."""

_ID = re.compile(r"/subscriptions/([^/]+)/resourceGroups/([^/]+)", re.IGNORECASE)
_NAME = re.compile(r"[-\w._()]{1,90}")
_FILTER = re.compile(r"tagname\s+eq\s+'((?:[^']|'')*)'(?:\s+and\s+tagvalue\s+eq\s+'((?:[^']|'')*)')?", re.IGNORECASE)


def list_groups(state: State, call: Call) -> Answer:
    """The subscription's groups, those that the caller may read, by tag where `$filter` asks."""
    scope = f"/subscriptions/{call.names['subscription']}"
    groups = state.shelf(ResourceGroup).below(path_key(scope), after=resume_after(call))
    seen = rights.visible(state, call, READ, scope, groups, lambda group: group.resource_id)
    asked = _tag_filter(call)
    return page(
        call,
        (group for group in seen if asked is None or _has_tag(group, *asked)),
        lambda group: group.key,
        lambda group: show_group(state, group),
    )


def get_group(state: State, call: Call) -> Answer:
    """One group."""
    rights.require(state, call, READ, group_scope(call))
    return Answer(200, show_group(state, require_group(state, call)))


def head_group(state: State, call: Call) -> Answer:
    """Whether a group exists: 204, or 404 without a body. Source: recorded traffic (azure-cli, resource group
    tests)."""
    rights.require(state, call, READ, group_scope(call))
    if state.shelf(ResourceGroup).get(path_key(group_scope(call))) is None:
        return Answer(404, from_gateway=True)
    return Answer(204)


def put_group(state: State, call: Call) -> Answer:
    """Create a group (201) or replace what can change of it (200). Source: recorded traffic."""
    rights.require(state, call, WRITE, group_scope(call))
    refuse_locked(state, call)
    name = call.names["group"]
    existing = state.shelf(ResourceGroup).get(path_key(group_scope(call)))
    body = call.json_object()
    location = require_location(call, body)
    tags, managed_by = read_tags(body), call.text_field(body, "managedBy")
    if existing is None:
        _check_name(name)
        _check_location(location)
        group = ResourceGroup(call.names["subscription"], name, normalize_location(location), tags, managed_by)
        state.put(group)
        return Answer(201, show_group(state, group))
    require_writable_group(state, call)
    if normalize_location(location) != existing.location:
        raise by_gateway(
            409,
            "InvalidResourceGroupLocation",
            f"Invalid resource group location '{location}'. The Resource group already exists in location "
            f"'{existing.location}'.",
        )  # Source: text as quoted by users (azure-cli issue 22242); 409 as quoted by users (algo issue 1814).
    changed = replace(existing, tags=tags, managed_by=managed_by)
    state.put(changed)
    return Answer(200, show_group(state, changed))


def patch_group(state: State, call: Call) -> Answer:
    """Replace the tag map. Source: OpenAPI (ResourceGroups_Update); what it leaves out stays: assumed."""
    rights.require(state, call, WRITE, group_scope(call))
    group = require_writable_group(state, call)
    refuse_locked(state, call)
    body = call.json_object()
    tags, managed_by = read_tags(body), call.text_field(body, "managedBy")
    changed = replace(
        group,
        tags=group.tags if tags is None else tags,
        managed_by=group.managed_by if managed_by is None else managed_by,
    )
    state.put(changed)
    return Answer(200, show_group(state, changed))


def delete_group(state: State, call: Call) -> Answer:
    """Accept the deletion: 202 and a `Location` to poll. A lock in it refuses at once.

    Source: recorded traffic (azure-service-operator, azure-cli).
    """
    rights.require(state, call, DELETE, group_scope(call))
    group = require_group(state, call)
    refuse_locked(state, call)
    token = _operation_token(state, group)
    if not state.is_leaving(group.key):
        done_at = call.now + call.settings.group_deletion
        state.start_deletion(token, GroupDeletion(group.key, done_at, origin_of(state, call)))
    return _accepted(call, token)


def poll_deletion(state: State, call: Call) -> Answer:
    """202 with a new `Location` until the group is gone, then 200 without a body. Source: recorded traffic."""
    token = call.names["operation"]
    deletion = state.deletions.get(token)
    if deletion is None:  # Source: assumed
        raise by_gateway(404, "OperationNotFound", f"The operation '{token}' could not be found.")
    return _accepted(call, token) if deletion.group else Answer(200)


def _accepted(call: Call, token: str) -> Answer:
    # The changing `t` makes each Location a new one, as the signed ones of ARM are.
    link = (
        f"{call.base_url}/subscriptions/{call.names['subscription']}/operationresults/{token}"
        f"?api-version={call.query['api-version']}&t={int(call.now.timestamp() * 1000)}"
    )
    return Answer(202, headers={"Location": link, "Retry-After": str(_POLL_AFTER_S)})


def _operation_token(state: State, group: ResourceGroup) -> str:
    for token, deletion in state.deletions.items():
        if deletion.group == group.key:
            return token
    # Source: the form of recorded tokens, base64 of {"jobId": ..., "jobLocation": ...}.
    job = f"RESOURCEGROUPDELETIONJOB-{group.name.upper()}-{len(state.deletions)}"
    text = json.dumps({"jobId": job, "jobLocation": group.location}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _check_name(name: str) -> None:
    # Source: OpenAPI (pattern, 90 characters) and documentation (no period at the end); the text is assumed.
    if not _NAME.fullmatch(name) or name.endswith("."):
        raise by_gateway(400, "InvalidResourceGroup", f"The provided resource group name '{name}' is not valid.")


def _check_location(location: str) -> None:
    # Source: text as quoted by users (vscode-azureresourcegroups issue 33); the code is assumed.
    if normalize_location(location) not in REGIONS:
        raise by_gateway(
            400,
            "LocationNotAvailableForResourceGroup",
            f"The provided location '{location}' is not available for resource group. List of available regions is "
            f"'{','.join(REGIONS)}'.",
        )


def _tag_filter(call: Call) -> tuple[str, str | None] | None:
    # Source: recorded traffic (azure-cli, `tagname eq 'a' and tagvalue eq 'b'`, and the name alone).
    text = call.query.get("$filter")
    if text is None:
        return None
    match = _FILTER.fullmatch(text.strip())
    if match is None:  # Source: assumed
        raise by_gateway(400, "InvalidFilterInQueryString", f"Invalid $filter '{text}' specified in the query string.")
    name, value = match.groups()
    return name.replace("''", "'"), None if value is None else value.replace("''", "'")


def _has_tag(group: ResourceGroup, name: str, value: str | None) -> bool:
    return any(tag.casefold() == name.casefold() and value in (None, text) for tag, text in group.tags or ())


def show_group(state: State, group: ResourceGroup) -> dict[str, object]:
    """A group as ARM shows it."""
    # Source: recorded traffic (key order, absent `tags` and `managedBy`, `Deleting` while a deletion runs).
    body: dict[str, object] = {
        "id": group.resource_id,
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        **_own_fields(group),
    }
    body["properties"] = {"provisioningState": "Deleting" if state.is_leaving(group.key) else "Succeeded"}
    return body


def _parse(node: Node, _loading: Loading) -> ResourceGroup:
    subscription_id, name = node.required("id").names(_ID, "a resource group")
    tags, managed_by = node.optional("tags"), node.optional("managedBy")
    return ResourceGroup(
        subscription_id,
        name,
        normalize_location(node.required("location").text()),
        None if tags is None else tags.tags(),
        None if managed_by is None else managed_by.any_text(),
    )


def _own_fields(group: ResourceGroup) -> JsonObject:
    result: JsonObject = {"location": group.location}
    if group.managed_by is not None:
        result["managedBy"] = group.managed_by
    if group.tags is not None:
        result["tags"] = dict(group.tags)
    return result


def _find(state: State, call: Call, view: GraphView) -> Iterator[ResourceGroup]:
    for scope in view.subscriptions:
        groups = state.shelf(ResourceGroup).below(path_key(scope))
        yield from rights.readable(state, call, READ, scope, groups, lambda group: group.resource_id)


_ROUTES = (
    Route("/subscriptions/{subscription}/resourceGroups", API_VERSIONS, {"GET": list_groups}),
    Route(
        "/subscriptions/{subscription}/resourceGroups/{group}",
        API_VERSIONS,
        {"GET": get_group, "HEAD": head_group, "PUT": put_group, "PATCH": patch_group, "DELETE": delete_group},
        other_options=("forcedeletiontypes",),  # Source: OpenAPI, Microsoft.Resources 2022-09-01
    ),
    Route("/subscriptions/{subscription}/operationresults/{operation}", API_VERSIONS, {"GET": poll_deletion}),
)

KIND = Kind(
    "resourceGroups",
    GROUP_TYPE,
    ResourceGroup,
    _parse,
    lambda group: {"id": group.resource_id, **_own_fields(group)},
    _ROUTES,
    graph_rows=GraphRows("resourcecontainers", _find, show_group),
    parent=SUBSCRIPTION_PARENT,
)
