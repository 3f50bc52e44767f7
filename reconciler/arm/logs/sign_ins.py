"""The table AADManagedIdentitySignInLogs of a Log Analytics workspace: who signed in last, and since when it has rows.

A workspace is asked through ARM, with ARM's own token, in each cloud. The text of a query is fixed; ids stand in it as
quoted literals. A workspace has the table only where a diagnostic setting of Microsoft Entra sends the category
ManagedIdentitySignInLogs there, and a row comes some minutes after its sign-in.

Source: Azure Monitor's reference of the table, for the columns (`FederatedCredentialId` is empty where none was used);
Azure Monitor documentation (managing access: the rights `Microsoft.OperationalInsights/workspaces/query/read` and
`.../query/AADManagedIdentitySignInLogs/read`, which the role Log Analytics Reader has).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeVar

from reconciler.arm import resource_graph
from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.fields import FieldError, JsonObject, object_list, text
from reconciler.arm.http.paths import scope_path
from reconciler.model.sign_in.workspace import WorkspaceId

API_VERSION = "2017-01-01-preview"
"""Source: clients that users publish, which ask a workspace through ARM; the OpenAPI documents do not list the call."""

QUERY_IDS_LENGTH = 20_000
"""Characters of ids in one query; some five hundred identities. That longer ones are refused is assumed."""

_LAST = """AADManagedIdentitySignInLogs
| where ServicePrincipalId in~ {ids}
| summarize Last = max(TimeGenerated) by ServicePrincipalId, FederatedCredentialId, ResourceDisplayName
| order by Last desc"""

_DAYS = """AADManagedIdentitySignInLogs
| summarize Rows = count() by Day = startofday(TimeGenerated)
| order by Day asc"""

T = TypeVar("T")
_Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class SignInRow:
    """The newest sign-in of a principal with one credential and for one resource; `credential_id` is "" without one."""

    principal_id: str
    credential_id: str
    resource: str
    at: datetime


def last_sign_ins(client: ArmClient, workspace: WorkspaceId, principal_ids: Sequence[str]) -> tuple[SignInRow, ...]:
    """The newest sign-ins of these principals, whenever they were. Raises as ArmClient."""
    rows: list[SignInRow] = []
    for ids in resource_graph.chunks(sorted({one.lower() for one in principal_ids}), QUERY_IDS_LENGTH):
        rows += _query(client, workspace, _LAST.format(ids=resource_graph.in_list(ids)), _sign_in)
    return tuple(rows)


def days_with_rows(client: ArmClient, workspace: WorkspaceId) -> tuple[date, ...]:
    """The days, in UTC, of which the log has a row of whatever identity; sorted. Raises as ArmClient."""
    return tuple(sorted(_query(client, workspace, _DAYS, lambda row: _time(row, "Day").date())))


def _query(client: ArmClient, workspace: WorkspaceId, query: str, read: Callable[[_Row], T]) -> tuple[T, ...]:
    path = f"{scope_path(str(workspace))}/api/query"
    return client.query(path, API_VERSION, {"query": query}, lambda body: tuple(map(read, _rows(body))))


def _rows(body: JsonObject) -> list[_Row]:
    """The rows of the first table, by column.

    Names begin with capitals, or do not. Source: programs that users publish, for the one; Azure Monitor documentation
    (response format of the Logs query API) for the other, and for `error` beside the rows of an answer that is cut off.
    """
    if body.get("error") is not None:
        raise FieldError("the answer is not whole (`error` beside its rows)")
    form = ("Tables", "Columns", "ColumnName", "Rows") if "Tables" in body else ("tables", "columns", "name", "rows")
    tables = object_list(body, form[0])
    if not tables:
        raise FieldError(f"`{form[0]}` is empty")
    names = [text(column, form[2]) for column in object_list(tables[0], form[1])]
    found = tables[0].get(form[3])
    if not isinstance(found, list) or not all(isinstance(row, list) and len(row) == len(names) for row in found):
        raise FieldError(f"`{form[3]}` is not a list of rows with a cell for each column")
    return [dict(zip(names, row, strict=True)) for row in found]


def _sign_in(row: _Row) -> SignInRow:
    return SignInRow(
        text(row, "ServicePrincipalId").lower(),
        _cell(row, "FederatedCredentialId"),
        _cell(row, "ResourceDisplayName"),
        _time(row, "Last"),
    )


def _cell(row: _Row, name: str) -> str:
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise FieldError(f"`{name}` is not a text")
    return value or ""


def _time(row: _Row, name: str) -> datetime:
    try:
        when = datetime.fromisoformat(text(row, name))
    except ValueError as error:
        raise FieldError(f"`{name}` is not a time") from error
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
