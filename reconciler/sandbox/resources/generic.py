"""Resources of any other provider: virtual machines, web apps, clusters, as far as identities are concerned.

What a provider would make of its resource is not known here: bodies are kept as they are sent, but for secrets, and
every write is done at once, where ARM answers 202 and goes on. Only the `identity` block is understood, which is how
identities come to be in use. Its references are left as they are when an identity is deleted; then the next change of
the block fails, as it does in Azure.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from reconciler.sandbox.gateway import (
    GROUP_PARENT,
    Answer,
    Call,
    GraphRows,
    GraphView,
    JsonObject,
    Kind,
    Loading,
    Route,
    by_gateway,
)
from reconciler.sandbox.resources.secrets import without_secrets
from reconciler.sandbox.resources.workspaces import customer_id, is_workspace
from reconciler.sandbox.rules import (
    attach,
    group_scope,
    identity_block,
    normalize_location,
    read_tags,
    refuse_locked,
    require_group,
    require_location,
    require_writable_group,
    resource_not_found,
    rights,
)
from reconciler.sandbox.state import Attachment, Node, Resource, State, path_key

_ID = re.compile(r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/([^/]+)((?:/[^/]+/[^/]+)+)", re.IGNORECASE)
_OWN_FIELDS = frozenset(("id", "name", "type", "location", "tags", "identity"))


def get_resource(state: State, call: Call) -> Answer:
    """One resource."""
    rights.require(state, call, f"{_type(call)}/read", _scope(call))
    return Answer(200, show_resource(state, _existing(state, call)))


def head_resource(state: State, call: Call) -> Answer:
    """Whether a resource exists: 204, or 404 without a body. Source: OpenAPI (Resources_CheckExistenceById)."""
    rights.require(state, call, f"{_type(call)}/read", _scope(call))
    found = state.shelf(Resource).get(path_key(_scope(call)))
    return Answer(404, from_gateway=True) if found is None else Answer(204)


def put_resource(state: State, call: Call) -> Answer:
    """Create a resource (201) or replace it (200), its identities included. Source: assumed to be as for others."""
    _require_writable(state, call)
    existing = state.shelf(Resource).get(path_key(_scope(call)))
    body = call.json_object()
    fields = {name: value for name, value in body.items() if name not in _OWN_FIELDS}
    bare = Resource(
        _scope(call) if existing is None else existing.resource_id,
        _type(call),
        call.names["types"].rpartition("/")[2],
        _location(call, body),
        read_tags(body),
        system_principal_id=None if existing is None else existing.system_principal_id,
        fields=_text(fields),
    )
    before = () if existing is None else existing.attachments
    resource = attach(state, call, bare, body.get("identity"), before, keep_others=False)
    state.put(resource)
    return Answer(201 if existing is None else 200, show_resource(state, resource))


def patch_resource(state: State, call: Call) -> Answer:
    """Change what the body names; of the identities those that it names, `null` detaching one.

    Source: recorded traffic (azure-libraries-for-net, CanUpdateEMSIAndLMSI: `null` detaches, a bare `type` keeps the
    rest); that properties merge one level deep is assumed.
    """
    _require_writable(state, call)
    existing = _existing(state, call)
    body = call.json_object()
    tags = read_tags(body)
    fields = json.loads(existing.fields)
    for name, value in body.items():
        if name not in _OWN_FIELDS:
            both = isinstance(value, dict) and isinstance(fields.get(name), dict)
            fields[name] = {**fields[name], **value} if both and isinstance(value, dict) else value
    changed = replace(existing, tags=existing.tags if tags is None else tags, fields=_text(fields))
    if body.get("identity") is not None:
        changed = attach(state, call, changed, body["identity"], existing.attachments, keep_others=True)
    state.put(changed)
    return Answer(200, show_resource(state, changed))


def delete_resource(state: State, call: Call) -> Answer:
    """200 without a body, or 204 where there is none; what is below is deleted with it. Source: assumed."""
    rights.require(state, call, f"{_type(call)}/delete", _scope(call))
    require_writable_group(state, call)
    refuse_locked(state, call)
    key = path_key(_scope(call))
    if state.shelf(Resource).get(key) is None:
        return Answer(204)
    state.remove_tree(key)
    return Answer(200)


def _require_writable(state: State, call: Call) -> None:
    rights.require(state, call, f"{_type(call)}/write", _scope(call))
    require_writable_group(state, call)
    refuse_locked(state, call)
    words = call.names["types"].split("/")
    parent = _scope(call).rsplit("/", 2)[0]
    if len(words) > 2 and state.shelf(Resource).get(path_key(parent)) is None:
        # Source: the text of recorded traffic about credentials; for other types assumed.
        raise by_gateway(
            404,
            "ParentResourceNotFound",
            f"Failed to perform 'write' on resource(s) of type '{_type(call).partition('/')[2]}', because the parent "
            f"resource '{parent}' could not be found.",
        )


def _existing(state: State, call: Call) -> Resource:
    require_group(state, call)
    found = state.shelf(Resource).get(path_key(_scope(call)))
    if found is None:
        raise resource_not_found(f"{call.names['namespace']}/{call.names['types']}", call.names["group"])
    return found


def _scope(call: Call) -> str:
    return f"{group_scope(call)}/providers/{call.names['namespace']}/{call.names['types']}"


def _type(call: Call) -> str:
    return "/".join((call.names["namespace"], *call.names["types"].split("/")[::2]))


def _location(call: Call, body: dict[str, object]) -> str | None:
    """Child resources may have none; the others must."""
    if "/" in call.names["types"].partition("/")[2]:
        location = call.text_field(body, "location")
        return normalize_location(location) if location else None
    return normalize_location(require_location(call, body))


def _text(fields: dict[str, object]) -> str:
    return json.dumps(without_secrets(fields), ensure_ascii=False)


def show_resource(state: State, resource: Resource, without: Iterable[str] = ()) -> dict[str, object]:
    """A resource as ARM shows it, but for some of the fields that its provider gives meaning to."""
    named = {"id": resource.resource_id, "name": resource.name, "type": resource.type}
    own = _own_fields(resource, state.tenant_id)
    fields = json.loads(resource.fields)
    if isinstance(fields.get("properties"), dict):
        # Pollers of the official clients wait for this word.
        fields["properties"] = {**fields["properties"], "provisioningState": "Succeeded"}
    if is_workspace(resource):
        fields["properties"] = {**(fields.get("properties") or {}), "customerId": customer_id(resource)}
    return {**named, **own, **{name: value for name, value in fields.items() if name not in without}}


def _own_fields(resource: Resource, tenant_id: str | None) -> JsonObject:
    """What ARM itself knows of a resource."""
    shown: JsonObject = {}
    if resource.location is not None:
        shown["location"] = resource.location
    if resource.tags is not None:
        shown["tags"] = dict(resource.tags)
    if resource.has_identity:
        shown["identity"] = identity_block(resource, tenant_id)
    return shown


def _parse(node: Node, _loading: Loading) -> Resource:
    """A resource of another provider, with everything that it has."""
    resource_id = node.required("id")
    namespace, types = resource_id.names(_ID, "a resource in a resource group")
    words = types.strip("/").split("/")
    tags, location, identity = node.optional("tags"), node.optional("location"), node.optional("identity")
    system = None if identity is None else identity.optional("principalId")
    fields = {name: field.value for name, field in node.mapping().items() if name not in _OWN_FIELDS}
    return Resource(
        resource_id.text(),
        "/".join((namespace, *words[::2])),
        words[-1],
        None if location is None else normalize_location(location.text()),
        None if tags is None else tags.tags(),
        () if identity is None else _attachments(identity),
        None if system is None else system.text(),
        identity is not None,
        _text(fields),
    )


def _attachments(identity: Node) -> tuple[Attachment, ...]:
    attached = identity.optional("userAssignedIdentities")
    if attached is None:
        return ()
    return tuple(
        Attachment(identity_id, node.optional_text("principalId"), node.optional_text("clientId"))
        for identity_id, node in attached.mapping().items()
    )


def _show(resource: Resource) -> JsonObject:
    return {"id": resource.resource_id, **_own_fields(resource, None), **json.loads(resource.fields)}


def _body(state: State, resource: Resource) -> JsonObject:
    shown = show_resource(state, resource)
    return {**shown, "properties": {} if shown.get("properties") is None else shown["properties"]}


def _find(state: State, call: Call, view: GraphView) -> Iterator[Resource]:
    """Children without a location are known to their provider alone: assumed."""
    may_read: dict[str, Callable[[str], bool]] = {}
    for scope in view.subscriptions:
        for resource in state.shelf(Resource).below(path_key(scope)):
            if resource.type not in may_read:
                may_read[resource.type] = rights.permits(state, call.caller, f"{resource.type}/read")
            if resource.location is not None and may_read[resource.type](resource.resource_id):
                yield resource


_ROUTES = (
    Route(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/{namespace}/{types}",
        (),
        {
            "GET": get_resource,
            "HEAD": head_resource,
            "PUT": put_resource,
            "PATCH": patch_resource,
            "DELETE": delete_resource,
        },
    ),
)
"""Any api-version, since every provider has its own."""

KIND = Kind(
    "resources",
    "",
    Resource,
    _parse,
    _show,
    _ROUTES,
    graph_rows=GraphRows(
        "resources",
        _find,
        _body,
        # A body has to be read from its text.
        {
            "id": lambda _tenant_id, one: one.resource_id,
            "name": lambda _tenant_id, one: one.name,
            "type": lambda _tenant_id, one: one.type.lower(),
            "location": lambda _tenant_id, one: one.location or "",
            "tags": lambda _tenant_id, one: None if one.tags is None else dict(one.tags),
            "identity": lambda tenant_id, one: identity_block(one, tenant_id) if one.has_identity else None,
        },
    ),
    parent=GROUP_PARENT,
)
