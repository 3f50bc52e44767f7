"""Microsoft Graph, as far as clients of ARM ask it who a principal is: the objects of the directory, read only.

`az role assignment` looks principals up here, at the address that the cloud's metadata names. Nothing of it is ARM:
other paths, other errors, no api-version. Whoever has a token may look an object up; what it is related to is for those
who may read that, and so is looking up many at once, see `relations`.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import quote, unquote

from werkzeug.wrappers import Request, Response

from reconciler.sandbox.gateway import (
    HEADER,
    NOT_SERVED,
    Answer,
    ArmRefusalError,
    Caller,
    Settings,
    identify,
)
from reconciler.sandbox.microsoft_graph.directory_objects import (
    KINDS,
    SERVICE_PRINCIPAL,
    Body,
    Kind,
    objects_of,
)
from reconciler.sandbox.microsoft_graph.graph_filter import UnsupportedFilterError, parse_filter
from reconciler.sandbox.microsoft_graph.refusals import (
    GraphGapError,
    GraphRefusalError,
    denied,
    invalid,
    not_found,
)
from reconciler.sandbox.microsoft_graph.relations import (
    APP_ROLES,
    LOOKERS,
    MEMBER_OF,
    READERS,
    app_roles,
    has_any,
    memberships,
)
from reconciler.sandbox.rules import is_too_new
from reconciler.sandbox.state import State

_VERSIONS = ("v1.0", "beta")
_COLLECTIONS = {kind.collection.casefold(): kind for kind in KINDS}
_WRITES = ("POST", "PUT", "PATCH", "DELETE")
_RELATIONS = (MEMBER_OF.casefold(), APP_ROLES.casefold())
_BY_APP_ID = re.compile(r"(servicePrincipals)\(appId='([^']*)'\)", re.IGNORECASE)

_OTHER_SEGMENTS = frozenset(
    (
        "administrativeunits", "applications", "applicationtemplates", "auditlogs", "contacts", "contracts", "devices",
        "directory", "directoryroles", "directoryroletemplates", "domains", "grouplifecyclepolicies", "groupsettings",
        "identity", "identitygovernance", "identityprotection", "informationprotection", "invitations",
        "oauth2permissiongrants", "organization", "permissiongrants", "policies", "reports", "rolemanagement",
        "security", "servicehealth", "subscribedskus", "subscriptions", "tenantrelationships",
    )
)  # fmt: skip
"""Collections of Graph beside those that are served; those of mail and files, for which no client of ARM asks, are left
out. Source: Microsoft Graph v1.0 reference."""

_PAGE_SIZE, _MAX_PAGE_SIZE = 100, 999
"""Source: Microsoft Graph documentation (List servicePrincipals)."""

_MAX_IDS = 1000
"""Source: Microsoft Graph documentation (directoryObject: getByIds)."""


@dataclass(frozen=True, slots=True)
class _Asked:
    method: str
    version: str
    words: tuple[str, ...]
    query: Mapping[str, str]
    body: bytes
    caller: Caller
    base_url: str
    settings: Settings
    now: datetime

    def context(self, what: str) -> str:
        return f"{self.base_url}/{self.version}/$metadata#{what}"


class Graph:
    """The routes of Microsoft Graph."""

    def __init__(
        self,
        state: State,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        note_gap: Callable[[str, str], None],
        settings: Settings,
    ) -> None:
        self._state = state
        self._clock = clock
        self._new_id = new_id
        self._note_gap = note_gap
        self._settings = settings

    def answer(self, request: Request, path: str, query: Mapping[str, str]) -> Response | None:
        """The answer to a request below a version of Graph, None for every other path."""
        words = tuple(unquote(word) for word in path.split("/") if word)
        if not words or words[0] not in _VERSIONS:
            return None
        request_id = self._new_id()
        headers = {"request-id": request_id}
        try:
            answer = self._decide(request, words, query)
        except GraphRefusalError as refusal:
            if isinstance(refusal, GraphGapError):
                self._note_gap(request.method, refusal.what)
                headers[HEADER] = NOT_SERVED
            answer = self._refusal(refusal, request_id, request.headers.get("client-request-id", request_id))
        body = b"" if answer.body is None else json.dumps(answer.body).encode()
        # Source: recorded traffic (azure-cli, role tests: the content type and the name of the id).
        return Response(body, answer.status, headers, content_type="application/json;odata.metadata=minimal")

    def _decide(self, request: Request, words: tuple[str, ...], query: Mapping[str, str]) -> Answer:
        try:
            caller = identify(request.headers.get("Authorization"), self._state.tenant_id)
        except ArmRefusalError as refusal:  # Source: code and text as quoted by users
            raise GraphRefusalError(401, "InvalidAuthenticationToken", "Access token is empty.") from refusal
        base_url = request.host_url.rstrip("/")
        body, now = request.get_data(), self._clock()
        asked = _Asked(request.method, words[0], words[1:], query, body, caller, base_url, self._settings, now)
        with self._state.lock:
            owner = _owner_of_relation(asked)
            return _route(self._state, asked) if owner is None else _list_related(self._state, asked, owner)

    def _refusal(self, refusal: GraphRefusalError, request_id: str, client_request_id: str) -> Answer:
        # Source: Microsoft Graph documentation (error responses and resource types).
        inner = {
            "date": f"{self._clock().astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
            "request-id": request_id,
            "client-request-id": client_request_id,
        }
        return Answer(
            refusal.status, {"error": {"code": refusal.code, "message": refusal.message, "innerError": inner}}
        )


def _route(state: State, asked: _Asked) -> Answer:
    head = asked.words[0] if asked.words else ""
    match = _BY_APP_ID.fullmatch(head)
    if match is not None and len(asked.words) == 1:
        return _show_by(state, asked, _COLLECTIONS[match[1].casefold()], "appId", match[2])
    kind = _COLLECTIONS.get(head.casefold())
    if [word.casefold() for word in asked.words] == ["directoryobjects", "getbyids"]:
        return _get_by_ids(state, asked)
    if head.casefold() == "me":  # Source: as quoted by users (msgraph-sdk-php issue 1163); nobody here is a user
        raise GraphRefusalError(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    if len(asked.words) == 2 and head.casefold() == "directoryobjects":
        return _show_any(state, asked)
    if head.casefold() in _OTHER_SEGMENTS or (kind is not None and len(asked.words) > 2):
        # What an object is related to follows its id.
        name = head if kind is None else f"{kind.collection}/{{id}}/{asked.words[2]}"
        raise GraphGapError(f"`{name}` in Microsoft Graph")
    if kind is None:
        # Source: as quoted by users (azure-cli issue 10439 for the text); the code is that of other bad paths.
        raise GraphRefusalError(400, "BadRequest", f"Resource not found for the segment '{head}'.")
    if len(asked.words) == 2:
        return _show_by(state, asked, kind, "id", asked.words[1])
    return _list(state, asked, kind)


def _owner_of_relation(asked: _Asked) -> tuple[str, str] | None:
    """By what the service principal is named of which a relation is asked; None for everything else."""
    if len(asked.words) < 2 or asked.words[-1].casefold() not in _RELATIONS:
        return None
    match = _BY_APP_ID.fullmatch(asked.words[0])
    if match is not None and len(asked.words) == 2:
        return ("appId", match[2])
    is_by_id = len(asked.words) == 3 and _COLLECTIONS.get(asked.words[0].casefold()) == SERVICE_PRINCIPAL
    return ("id", asked.words[1]) if is_by_id else None


def _list(state: State, asked: _Asked, kind: Kind) -> Answer:
    """The objects of a kind in the order of their ids, by `$filter`, in pages."""
    _require(asked, "GET")
    try:
        fits = parse_filter(asked.query.get("$filter", ""), kind.properties)
    except UnsupportedFilterError as error:  # Source: as quoted by users
        raise GraphRefusalError(
            400,
            "Request_UnsupportedQuery",
            f"Unsupported or invalid query filter clause specified for property '{error}' of resource "
            f"'{kind.name[0].upper()}{kind.name[1:]}'.",
        ) from error
    return _page(asked, [item for item in objects_of(state, asked.caller, kind) if fits(item)], kind.collection)


def _page(asked: _Asked, items: list[Body], context: str) -> Answer:
    """The objects of a page in the order of their ids, and the link to the next one."""
    found = sorted(items, key=_order)
    size, after = _page_size(asked), asked.query.get("$skiptoken", "")
    rest = iter([item for item in found if _order(item) > after])
    shown = list(islice(rest, size))
    body: Body = {"@odata.context": asked.context(context)}
    if next(rest, None) is not None:
        body["@odata.nextLink"] = _next_link(asked, _order(shown[-1]))
    return Answer(200, {**body, "value": [_selected(asked, item) for item in shown]})


def _list_related(state: State, asked: _Asked, by: tuple[str, str]) -> Answer:
    """What a service principal is related to, in the order of the ids, in pages.

    That the principal is looked for before the rights: assumed.
    """
    _require(asked, "GET")
    name, value = by
    found = (item for item in objects_of(state, asked.caller, SERVICE_PRINCIPAL) if _is(item, name, value))
    principal = next(found, None)
    if principal is None:
        raise not_found(value)
    if not has_any(state, asked.caller, READERS):
        raise denied()
    if "$filter" in asked.query:
        raise GraphGapError(f"`$filter` of `servicePrincipals/{{id}}/{asked.words[-1]}` in Microsoft Graph")
    if asked.words[-1].casefold() == MEMBER_OF.casefold():
        return _page(asked, list(memberships(state, str(principal["id"]))), "directoryObjects")
    # Source: the example of the documentation (context of the answer).
    context = f"servicePrincipals('{principal['id']}')/{APP_ROLES}"
    return _page(asked, list(app_roles(state, principal)), context)


def _is(item: Body, name: str, value: str) -> bool:
    return str(item.get(name)).casefold() == value.casefold()


def _order(item: Body) -> str:
    return str(item["id"]).casefold()


def _page_size(asked: _Asked) -> int:
    top = asked.query.get("$top")
    if top is None:
        return _PAGE_SIZE
    if not top.isascii() or not top.isdigit() or not 1 <= int(top) <= _MAX_PAGE_SIZE:  # Source: assumed
        raise GraphRefusalError(400, "Request_BadRequest", f"Invalid page size specified: '{top}'.")
    return int(top)


def _next_link(asked: _Asked, last: str) -> str:
    query = {**asked.query, "$skiptoken": last}
    pairs = "&".join(f"{quote(name, safe='$-')}={quote(value, safe='')}" for name, value in query.items())
    return f"{asked.base_url}/{asked.version}/{'/'.join(asked.words)}?{pairs}"


def _selected(asked: _Asked, item: Body) -> Body:
    names = [name.strip() for name in asked.query.get("$select", "").split(",") if name.strip()]
    return {name: item[name] for name in names if name in item} if names else item


def _show_by(state: State, asked: _Asked, kind: Kind, name: str, value: str) -> Answer:
    _require(asked, "GET")
    for item in objects_of(state, asked.caller, kind):
        if _is(item, name, value):
            return Answer(
                200, {"@odata.context": asked.context(f"{kind.collection}/$entity"), **_selected(asked, item)}
            )
    raise not_found(value)


def _show_any(state: State, asked: _Asked) -> Answer:
    _require(asked, "GET")
    found = next(_typed(state, asked, {asked.words[1].casefold()}, KINDS), None)
    if found is None:
        raise not_found(asked.words[1])
    return Answer(200, {"@odata.context": asked.context("directoryObjects/$entity"), **found})


def _get_by_ids(state: State, asked: _Asked) -> Answer:
    """Those of the ids that exist, whatever they are; what is new is missing for as long as for role assignments.

    Source: Microsoft Graph documentation (getByIds); that it lags behind as role assignments do is assumed.
    """
    _require(asked, "POST")
    if not has_any(state, asked.caller, LOOKERS):
        raise denied()
    ids, types = _read_ids(asked.body)
    ids = {one for one in ids if not is_too_new(state, asked.settings, one, asked.now)}
    kinds = tuple(kind for kind in KINDS if not types or kind.name.casefold() in types)
    found = sorted(_typed(state, asked, ids, kinds), key=_order)
    return Answer(200, {"@odata.context": asked.context("directoryObjects"), "value": found})


def _typed(state: State, asked: _Asked, ids: set[str], kinds: tuple[Kind, ...]) -> Iterator[Body]:
    for kind in kinds:
        for item in objects_of(state, asked.caller, kind):
            if _order(item) in ids:
                yield {"@odata.type": kind.odata_type, **item}


def _read_ids(body: bytes) -> tuple[set[str], set[str]]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise invalid("The body is not JSON.") from error
    ids = value.get("ids") if isinstance(value, dict) else None
    types = (value.get("types") if isinstance(value, dict) else None) or []
    for names in (ids, types):
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise invalid("'ids' and 'types' must be lists of texts.")
    if len(ids or ()) > _MAX_IDS:
        raise invalid(f"There are more than {_MAX_IDS} ids.")
    return {item.casefold() for item in ids or ()}, {item.casefold() for item in types}


def _require(asked: _Asked, method: str) -> None:
    if method == "GET" and asked.method in _WRITES:
        raise GraphGapError("writes in Microsoft Graph")
    if asked.method != method:  # Source: as quoted by users
        raise GraphRefusalError(
            405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."
        )
