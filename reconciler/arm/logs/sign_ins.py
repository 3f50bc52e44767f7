"""The table AADManagedIdentitySignInLogs of a Log Analytics workspace: who signed in last, and since when it has rows.

The text of a query is fixed; ids stand in it as quoted literals. A workspace has the table only where a diagnostic
setting of Microsoft Entra sends the category ManagedIdentitySignInLogs there, and a row comes some minutes after its
sign-in.

Source: Azure Monitor's reference of the table, for the columns (`FederatedCredentialId` is empty where none was used);
Azure Monitor documentation (managing access: the rights `Microsoft.OperationalInsights/workspaces/query/read` and
`.../query/AADManagedIdentitySignInLogs/read`, which the role Log Analytics Reader has).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from reconciler.arm import resource_graph
from reconciler.arm.http.fields import FieldError, text
from reconciler.arm.logs.workspace import LogQueries, Row

QUERY_IDS_LENGTH = 20_000
"""Characters of ids in one query; some five hundred identities. That longer ones are refused is assumed."""

_LAST = """AADManagedIdentitySignInLogs
| where ServicePrincipalId in~ {ids}
| summarize Last = max(TimeGenerated) by ServicePrincipalId, FederatedCredentialId, ResourceDisplayName
| order by Last desc"""

_DAYS = """AADManagedIdentitySignInLogs
| summarize Rows = count() by Day = startofday(TimeGenerated)
| order by Day asc"""


@dataclass(frozen=True, slots=True)
class SignInRow:
    """The newest sign-in of a principal with one credential and for one resource; `credential_id` is "" without one."""

    principal_id: str
    credential_id: str
    resource: str
    at: datetime


def last_sign_ins(queries: LogQueries, principal_ids: Sequence[str]) -> tuple[SignInRow, ...]:
    """The newest sign-ins of these principals, whenever they were. Raises as LogQueries."""
    rows: list[SignInRow] = []
    for ids in resource_graph.chunks(sorted({one.lower() for one in principal_ids}), QUERY_IDS_LENGTH):
        rows += queries.ask(_LAST.format(ids=resource_graph.in_list(ids)), _sign_in)
    return tuple(rows)


def days_with_rows(queries: LogQueries) -> tuple[date, ...]:
    """The days, in UTC, of which the log has a row of whatever identity; sorted. Raises as LogQueries."""
    return tuple(sorted(queries.ask(_DAYS, lambda row: _time(row, "Day").date())))


def _sign_in(row: Row) -> SignInRow:
    return SignInRow(
        text(row, "ServicePrincipalId").lower(),
        _cell(row, "FederatedCredentialId"),
        _cell(row, "ResourceDisplayName"),
        _time(row, "Last"),
    )


def _cell(row: Row, name: str) -> str:
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise FieldError(f"`{name}` is not a text")
    return value or ""


def _time(row: Row, name: str) -> datetime:
    try:
        when = datetime.fromisoformat(text(row, name))
    except ValueError as error:
        raise FieldError(f"`{name}` is not a time") from error
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
