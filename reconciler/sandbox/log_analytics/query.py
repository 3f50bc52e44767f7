"""Queries to a Log Analytics workspace through ARM.

Workspaces are resources as any other. Every workspace of the sandbox holds the sign-in log of the tenant: that a
diagnostic setting of Microsoft Entra sends it there is taken as given, and so is that it came at once.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import cast

from reconciler.sandbox.gateway import Answer, Call, JsonObject, NotServedError, Route
from reconciler.sandbox.resource_graph.kql.compiled import Row, Schema
from reconciler.sandbox.resource_graph.kql.errors import NOT_SERVED, KqlError
from reconciler.sandbox.resource_graph.kql.evaluation import Result, Table, evaluate
from reconciler.sandbox.resource_graph.kql.query_parser import parse_query
from reconciler.sandbox.resource_graph.kql.values import Type, to_text
from reconciler.sandbox.resources.workspaces import WORKSPACES
from reconciler.sandbox.rules import group_scope, require_group, resource_not_found, rights
from reconciler.sandbox.state import SIGN_INS_KEPT_FOR, Resource, State, path_key

API_VERSIONS = ("2017-01-01-preview",)
"""Source: Azure Monitor documentation (migrating from batch and beta), which ends the support of this way on 31 March
2026; the sandbox serves it all the same."""

READ = f"{WORKSPACES}/query/read"
READ_TABLE = f"{WORKSPACES}/query/AADManagedIdentitySignInLogs/read"
"""Source: Azure Monitor documentation (manage access to Log Analytics workspaces: to query, and to query a table)."""

TABLE = "aadmanagedidentitysigninlogs"

_TEXTS = (
    "AppId", "AuthenticationContextClassReferences", "AuthenticationProcessingDetails", "Category",
    "ConditionalAccessPolicies", "ConditionalAccessStatus", "CorrelationId", "FederatedCredentialId", "Id", "Identity",
    "IPAddress", "Level", "Location", "LocationDetails", "OperationName", "OperationVersion", "ResourceDisplayName",
    "ResourceGroup", "ResourceIdentity", "ResourceServicePrincipalId", "ResultDescription", "ResultSignature",
    "ResultType", "ServicePrincipalCredentialKeyId", "ServicePrincipalCredentialThumbprint", "ServicePrincipalId",
    "ServicePrincipalName", "SourceSystem", "TenantId", "Type", "UniqueTokenIdentifier",
)  # fmt: skip
SCHEMA: Schema = {"TimeGenerated": Type.DATETIME, **dict.fromkeys(_TEXTS, Type.STRING), "DurationMs": Type.LONG}
"""Source: Azure Monitor's reference of AADManagedIdentitySignInLogs; columns about billing are left out."""

_TYPES = {
    Type.STRING: "String",
    Type.INT: "Int32",
    Type.LONG: "Int64",
    Type.REAL: "Double",
    Type.BOOL: "SByte",
    Type.DATETIME: "DateTime",
    Type.DYNAMIC: "Object",
}
"""Kusto's types as .NET names them. Source: Azure documentation (Kusto's query response, version 1)."""


def query_workspace(state: State, call: Call) -> Answer:
    """The rows of a query, all at once: the service's limits on their number are not served.

    Source: names and nesting of the answer as programs that users publish read them (`Tables`, `Columns`, `Rows`).
    """
    scope = f"{group_scope(call)}/providers/{WORKSPACES}/{call.names['workspace']}"
    rights.require(state, call, READ, scope)
    require_group(state, call)
    workspace = state.shelf(Resource).get(path_key(scope))
    if workspace is None:
        raise resource_not_found(f"{WORKSPACES}/{call.names['workspace']}", call.names["group"])

    def rows() -> Iterable[Row]:
        rights.require(state, call, READ_TABLE, scope)
        return sign_in_rows(state, call.now)

    return answer_query(call.json_object(), {TABLE: Table(SCHEMA, rows)}, _show)


def answer_query(
    body: Mapping[str, object], tables: Mapping[str, Table], show: Callable[[Result], JsonObject]
) -> Answer:
    """The answer to the body of a query about some tables, in the form that `show` gives it."""
    text = body.get("query")
    if body.get("timespan") is not None:
        raise NotServedError("the option `timespan` of queries to a workspace")
    try:
        result = evaluate(parse_query(text if isinstance(text, str) else ""), tables)
    except KqlError as error:
        if error.code == NOT_SERVED:
            raise NotServedError(error.message) from error
        return _bad_query(error)
    return Answer(200, show(result))


def sign_in_rows(state: State, now: datetime) -> Iterator[Row]:
    """The rows of the last 90 days; a cell that a row does not have is empty, or null where it is no text."""
    for row in state.sign_ins:
        if row.at >= now - SIGN_INS_KEPT_FOR:
            cells = json.loads(row.text)
            texts = {name: to_text(cells.get(name)) for name in _TEXTS}
            yield cast(Row, {"DurationMs": None, **cells, **texts, "Type": "AADManagedIdentitySignInLogs"})


def _show(result: Result) -> JsonObject:
    columns = [
        {"ColumnName": name, "DataType": _TYPES[kind], "ColumnType": kind.value} for name, kind in result.schema.items()
    ]
    rows = [[row[name] for name in result.schema] for row in result.rows]
    return {"Tables": [{"TableName": "Table_0", "Columns": columns, "Rows": rows}]}


def _bad_query(error: KqlError) -> Answer:
    """Source: Azure Monitor documentation (errors of the Logs query API); the inner code is the sandbox's own."""
    inner = {"code": error.code, "message": error.message}
    message = "The request had some invalid properties"
    return Answer(400, {"error": {"code": "BadArgumentError", "message": message, "innererror": inner}})


ROUTES = (
    Route(
        f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{WORKSPACES}/{{workspace}}/api/query",
        API_VERSIONS,
        {"POST": query_workspace},
    ),
)
