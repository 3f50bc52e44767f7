"""Queries to a workspace at the endpoint that Log Analytics has of its own, beside ARM.

Nothing of it is ARM: other paths, other errors, no api-version, and a workspace is named by its GUID. A token is taken
whatever its audience, as everywhere in the sandbox.

Source: Azure Monitor documentation of the Logs query API (request format, response format, errors).
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime

from werkzeug.wrappers import Request, Response

from reconciler.sandbox.gateway import (
    HEADER,
    NOT_SERVED,
    Answer,
    ArmRefusalError,
    Caller,
    JsonObject,
    NotServedError,
    error_body,
    identify,
    require_living_token,
)
from reconciler.sandbox.log_analytics.query import READ, READ_TABLE, SCHEMA, TABLE, answer_query, sign_in_rows
from reconciler.sandbox.resource_graph.kql.evaluation import Result, Table
from reconciler.sandbox.resources.workspaces import customer_id, is_workspace
from reconciler.sandbox.rules import rights
from reconciler.sandbox.state import Resource, State

_VERSION = "v1"
_INSUFFICIENT = "The provided credentials have insufficient access to perform the requested operation"


class LogAnalytics:
    """The routes of the Logs query API.

    A table that the caller may not see is as if it were not there. Source: the same (querying logs for resources).
    """

    def __init__(self, state: State, clock: Callable[[], datetime], note_gap: Callable[[str, str], None]) -> None:
        self._state = state
        self._clock = clock
        self._note_gap = note_gap

    def answer(self, request: Request, path: str, query: Mapping[str, str]) -> Response | None:
        """The answer to a request below the version of the API, None for every other path."""
        words = path.strip("/").split("/")
        if words[0] != _VERSION:
            return None
        headers: dict[str, str] = {}
        try:
            with self._state.lock:
                answer = self._decide(request, words[1:], query)
        except NotServedError as refusal:
            self._note_gap(request.method, refusal.what)
            headers[HEADER] = NOT_SERVED
            answer = refusal.answer
        except ArmRefusalError as refusal:
            answer = refusal.answer
        body = json.dumps(answer.body).encode()
        return Response(body, answer.status, headers, content_type="application/json; charset=utf-8")

    def _decide(self, request: Request, words: list[str], query: Mapping[str, str]) -> Answer:
        now = self._clock()
        caller = identify(request.headers.get("Authorization"), self._state.tenant_id)
        require_living_token(caller, self._state.tenant_id, now)
        match (request.method, *words):
            case ("POST", "workspaces", guid, "query") if not query:
                workspace = self._workspace(guid, caller)
            case _:
                raise NotServedError("this call to the Logs query API")
        if workspace is None:
            return Answer(403, error_body("InsufficientAccessError", _INSUFFICIENT))
        may_see = rights.permits(self._state, caller, READ_TABLE)(workspace.resource_id)
        table = Table(SCHEMA, lambda: sign_in_rows(self._state, now))
        return answer_query(_body(request), {TABLE: table} if may_see else {}, _show)

    def _workspace(self, guid: str, caller: Caller) -> Resource | None:
        """The workspace of a GUID, where the caller may query it; that nobody learns more of others is assumed."""
        may_query = rights.permits(self._state, caller, READ)
        found = (one for one in self._state.shelf(Resource) if is_workspace(one) and may_query(one.resource_id))
        return next((one for one in found if customer_id(one).casefold() == guid.casefold()), None)


def _body(request: Request) -> Mapping[str, object]:
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError):
        body = None
    return body if isinstance(body, dict) else {}


def _show(result: Result) -> JsonObject:
    columns = [{"name": name, "type": kind.value} for name, kind in result.schema.items()]
    rows = [[row[name] for name in result.schema] for row in result.rows]
    return {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]}
