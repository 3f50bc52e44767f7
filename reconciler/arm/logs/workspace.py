"""Queries to a Log Analytics workspace: through ARM where ARM serves them, else to the cloud's own endpoint for them.

ARM takes its own token, and the other endpoint one of its own audience, which goes nowhere else. The text of a query is
its caller's.

Source: Azure Monitor documentation of the Logs query API: the path `/v1/workspaces/GUID/query`, whose GUID is the
workspace's `customerId` (request format), the answer (response format) and the errors; that queries through ARM are no
longer supported from 31 March 2026 on (migrating from batch and beta).
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from reconciler.arm.http.client import ArmClient, OtherService
from reconciler.arm.http.fields import FieldError, JsonObject, object_list, section, text
from reconciler.arm.http.paths import scope_path, segment
from reconciler.errors import ArmError, LoginError, NoServiceToken
from reconciler.model import WorkspaceId, is_guid

API_VERSION = "2017-01-01-preview"
"""Of queries. Source: Azure Monitor documentation (migrating from batch and beta)."""

WORKSPACE_API_VERSION = "2022-10-01"
"""Source: azure-rest-api-specs, Microsoft.OperationalInsights (Workspaces_Get)."""

_NO_WORKSPACE = frozenset(
    ("ResourceNotFound", "ResourceNotFoundError", "ResourceGroupNotFound", "SubscriptionNotFound")
)
"""Codes of a 404 that is about the workspace, or what holds it.

Source: recorded traffic, of other resources; Azure Monitor documentation (querying logs for resources), for the second.
"""

_NO_SUCH_CALL = frozenset(("InvalidApiVersionParameter", "InvalidResourceType", "NoRegisteredProviderFound"))
"""Codes of a 400 with which ARM says that it does not know a path or its api-version.

Source: azure-cli issue 22735 (NoRegisteredProviderFound); of the others the status is assumed.
"""

_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE, HTTPStatus.NOT_IMPLEMENTED)

T = TypeVar("T")
Row = dict[str, object]


class LogQueries:
    """Queries to one workspace; once ARM has not served one, it is not asked for another."""

    def __init__(self, client: ArmClient, service: OtherService, workspace: WorkspaceId) -> None:
        """`service` is Log Analytics itself, for what ARM does not serve."""
        self._client = client
        self._service = service
        self._scope = scope_path(str(workspace))
        self._own: tuple[ArmClient, str] | None = None

    def ask(self, query: str, read: Callable[[Row], T]) -> tuple[T, ...]:
        """The rows of the first table of an answer, as `read` has them.

        Raises:
            NoServiceToken: ARM does not serve queries, and what serves them is not asked, or refuses who asks.
            AuthError: without the right to query; its hint names the right and a role.
            ArmError: there is no such workspace or table, or no usable answer.
        """
        if self._own is None:
            try:
                return _ask(self._client, f"{self._scope}/api/query", API_VERSION, query, read)
            except ArmError as error:
                if not _is_not_served(error):
                    raise
                self._own = self._own_place(error)
        client, path = self._own
        try:
            return _ask(client, path, "", query, read)
        except LoginError as error:
            because = "ARM does not serve its queries, and there is no token for Log Analytics"
            raise NoServiceToken(error.lines, error.hint_lines, because) from error

    def _own_place(self, refusal: ArmError) -> tuple[ArmClient, str]:
        if self._service.open_client is None:
            because = f"ARM does not serve its queries ({refusal.said}), and {self._service.why_not}"
            hint = "Sign in with another --credential than `token`, and without --endpoint."
            raise NoServiceToken(f"{self._scope}: {because}", hint, because) from refusal
        guid = self._client.get(self._scope, WORKSPACE_API_VERSION, _customer_id)
        return self._service.open_client(), f"/v1/workspaces/{segment(guid)}/query"


def _is_not_served(error: ArmError) -> bool:
    """Whether ARM has no such call, whatever workspace it were about.

    What ARM says since the end of support is not documented: so any 404 that is not about a missing resource is taken
    for it, and so are 405, 410, and what the sandbox says of all that it does not serve. Source: assumed.
    """
    if error.status == HTTPStatus.BAD_REQUEST:
        return error.arm_code in _NO_SUCH_CALL
    return error.status in _GONE and error.arm_code not in _NO_WORKSPACE


def _customer_id(body: JsonObject) -> str:
    """The GUID by which Log Analytics knows a workspace. Source: OpenAPI 2022-10-01 (WorkspaceProperties)."""
    guid = text(section(body, "properties"), "customerId")
    if not is_guid(guid):
        raise FieldError("`customerId` is not a GUID")
    return guid


def _ask(client: ArmClient, path: str, api_version: str, query: str, read: Callable[[Row], T]) -> tuple[T, ...]:
    return client.query(path, api_version, {"query": query}, lambda body: tuple(map(read, _rows(body))))


def _rows(body: JsonObject) -> list[Row]:
    """The rows of the first table, by column.

    Names begin with capitals, or do not. Source: programs that users publish, for the one; Azure Monitor documentation
    (response format of the Logs query API) for the other, and for `error` beside the rows of an answer that is cut off;
    azure-kusto-data, for `Exceptions` beside rows; Kusto's documentation (partial query failures: no list among rows).
    """
    if body.get("error") is not None or body.get("Exceptions"):
        raise FieldError("the answer is not whole (an error beside its rows)")
    form = ("Tables", "Columns", "ColumnName", "Rows") if "Tables" in body else ("tables", "columns", "name", "rows")
    tables = object_list(body, form[0])
    if not tables:
        raise FieldError(f"`{form[0]}` is empty")
    names = [text(column, form[2]) for column in object_list(tables[0], form[1])]
    found = tables[0].get(form[3])
    if not isinstance(found, list) or not all(isinstance(row, list) and len(row) == len(names) for row in found):
        raise FieldError(f"`{form[3]}` is not a list of rows with a cell for each column")
    return [dict(zip(names, row, strict=True)) for row in found]
