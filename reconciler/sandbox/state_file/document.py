"""The state as JSON: what a person can write, a diff can show, and a listing of real Azure can be turned into.

The collections hold ARM's own JSON, one resource a line; fields that the emulator does not serve are passed over. A
document is whole or it is an error that names the place: a state that was half understood would let a rehearsal pass
that production would not.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from reconciler.sandbox.catalog.kinds import KINDS
from reconciler.sandbox.gateway import Kind, Loading
from reconciler.sandbox.state import (
    DEFAULT_TENANT,
    ActivityEvent,
    Contents,
    Grant,
    Item,
    Key,
    Node,
    ResourceChange,
    SignIn,
    StateError,
    V,
    change_of,
    event_of,
    parse_time,
    sign_in_of,
)

VERSION = 1
"""The one version of the format."""

_OTHERS = ("permissions", "activityLog", "resourceChanges", "signInLogs")
"""The lists that are no kind of resource."""

_CHANGE_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/.+/providers/Microsoft\.Resources/changes/[^/]+$",
    re.IGNORECASE,
)


def parse_state(text: str, random_seed: int = 0) -> Contents:
    """Read a state; what a hand-written identity leaves out is filled with ids that depend on its name and the seed.

    Raises:
        StateError: not JSON, or not a state; names the place.
    """
    root = Node(_decode(text), "")
    collections = (*(kind.collection for kind in KINDS), *_OTHERS)
    fields = root.only("version", "tenantId", "identitiesCreated", *collections)
    if root.required("version").value != VERSION:
        raise fields["version"].fail(f"must be {VERSION}, the version that this program knows")
    tenant = root.optional("tenantId")
    loading = Loading(DEFAULT_TENANT if tenant is None else tenant.guid(), random_seed)
    lists = {name: fields[name].items() if name in fields else () for name in collections}
    keys: dict[type[Item], dict[Key, str]] = {}
    items: list[Item] = []
    for kind in KINDS:
        items += _read(kind, lists[kind.collection], loading, keys)
    created = root.optional("identitiesCreated")
    return Contents(
        loading.tenant_id,
        tuple(items),
        tuple(_grant(node) for node in lists["permissions"]),
        0 if created is None else created.count(),
        tuple(_event(node) for node in lists["activityLog"]),
        tuple(_change(node) for node in lists["resourceChanges"]),
        tuple(_sign_in(node) for node in lists["signInLogs"]),
    )


def _read(kind: Kind[V], nodes: Iterable[Node], loading: Loading, keys: dict[type[Item], dict[Key, str]]) -> list[V]:
    """The resources of one kind, each in what it has to be in.

    Args:
        keys: the places of what was read before, by kind and key; those of this kind are added.
    """
    places = keys.setdefault(kind.value, {})
    items = []
    for node in nodes:
        item = kind.parse(node, loading)
        key = item.key
        place = places.setdefault(key, node.place)
        if place != node.place:
            raise node.required(kind.id_field).fail(f"is the same as that of {place}")
        parent = kind.parent
        if parent is not None and key[: parent.key_length] not in keys[parent.value]:
            raise node.required("id").fail(f"is in {parent.noun} that the file does not list")
        items.append(item)
    return items


def state_text_of(tenant_id: str, collections: Mapping[str, Sequence[object]]) -> str:
    """The text of a state with these collections, as `format_state` writes it; raises StateError as `parse_state`."""
    document = {"version": VERSION, "tenantId": tenant_id, **collections}
    return format_state(parse_state(json.dumps(document, ensure_ascii=False)))


def parse_permissions(value: object) -> tuple[Grant, ...]:
    """Read `{"permissions": [...]}`, the form in which a running sandbox takes new rights; raises StateError."""
    root = Node(value, "")
    root.only("permissions")
    return tuple(_grant(node) for node in root.required("permissions").items())


def _decode(text: str) -> object:
    try:
        value: object = json.loads(text, object_pairs_hook=_without_duplicates)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair could not be saved again
        return value
    except UnicodeEncodeError as error:
        raise StateError("a text holds half of a surrogate pair") from error
    except json.JSONDecodeError as error:
        raise StateError(f"line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from error
    except RecursionError as error:
        raise StateError("the document is nested too deeply") from error


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        raise StateError(f"the name {next(n for n in names if names.count(n) > 1)!r} appears twice in one object")
    return result


def _grant(node: Node) -> Grant:
    node.only("principalId", "scope", "actions", "notActions")
    scope = node.required("scope")
    if not scope.text().startswith("/"):
        raise scope.fail("must begin with /")
    not_actions = node.optional("notActions")
    return Grant(
        node.required("principalId").text(),
        scope.text(),
        tuple(action.text() for action in node.required("actions").items()),
        () if not_actions is None else tuple(action.text() for action in not_actions.items()),
    )


def format_state(contents: Contents) -> str:
    """The text of a state: the same contents always give the same text, and one resource is one line."""
    heads = [f'  "version": {VERSION}', f'  "tenantId": {json.dumps(contents.tenant_id)}']
    if contents.identities_created:
        heads.append(f'  "identitiesCreated": {contents.identities_created}')
    collections = [
        (kind.collection, [kind.show(item) for item in items])
        for kind in KINDS
        if (items := contents.of(kind.value)) or kind.is_always_written
    ]
    collections.append(("permissions", [grant_json(grant) for grant in contents.permissions]))
    # json.dumps with an indent runs in pure Python, which is too slow for 50,000 identities.
    bodies = [
        f'  "{name}": {_lines(json.dumps(item, ensure_ascii=False) for item in items)}' for name, items in collections
    ]
    recorded = (
        ("activityLog", [one.text for one in contents.activity_log]),
        ("resourceChanges", [one.text for one in contents.resource_changes]),
        ("signInLogs", [one.text for one in contents.sign_ins]),
    )
    bodies += [f'  "{name}": {_lines(texts)}' for name, texts in recorded if texts]
    return "{\n" + ",\n".join(heads + bodies) + "\n}\n"


def _lines(texts: Iterable[str]) -> str:
    lines = ",\n".join(f"    {text}" for text in texts)
    return f"[\n{lines}\n  ]" if lines else "[]"


def _event(node: Node) -> ActivityEvent:
    """An event of the Activity Log; what it has besides the fields that are read here is kept as it is."""
    timestamp = node.required("eventTimestamp")
    for name in ("caller", "correlationId", "resourceId"):
        node.required(name).text()
    for name in ("operationName", "status"):
        node.required(name).required("value").text()
    return event_of(node.plain(), _time(timestamp))


def _change(node: Node) -> ResourceChange:
    """A record of Resource Graph's history; what it has besides the fields that are read here is kept as it is."""
    record_id = node.required("id")
    if not _CHANGE_ID.match(record_id.text()):
        raise record_id.fail("must be the id of a change of a resource in a resource group")
    timestamp = node.required("properties").required("changeAttributes").required("timestamp")
    return change_of(node.plain(), _time(timestamp))


def _sign_in(node: Node) -> SignIn:
    """A row of the sign-in log; columns besides those that are read here are kept as they are."""
    timestamp = node.required("TimeGenerated")
    node.required("ServicePrincipalId").guid()
    node.optional_text("FederatedCredentialId")
    node.optional_text("ResourceDisplayName")
    return sign_in_of(node.plain(), _time(timestamp))


def _time(node: Node) -> datetime:
    try:
        return parse_time(node.text())
    except ValueError as error:
        raise node.fail("must be a time as 2026-03-01T12:00:00Z") from error


def grant_json(grant: Grant) -> dict[str, object]:
    """A grant in the form of the state file."""
    return {
        "principalId": grant.principal_id,
        "scope": grant.scope,
        "actions": list(grant.actions),
        "notActions": list(grant.not_actions),
    }
