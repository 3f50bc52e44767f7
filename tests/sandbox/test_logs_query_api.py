"""Log Analytics at the endpoint of its own: a workspace by its GUID, and answers and errors that are not ARM's."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from reconciler.sandbox.log_analytics.query import READ, READ_TABLE
from reconciler.sandbox.serving.application import Application
from reconciler.sandbox.state.kinds import Resource
from reconciler.sandbox.state.state import Contents, Grant
from tests.sandbox.arm import IN_SUBSCRIPTION, application, client, error, token_of
from tests.sandbox.test_sign_in_logs import WORKSPACE, ask, sign_in, start

LAST = "AADManagedIdentitySignInLogs | project ServicePrincipalName, TimeGenerated"
GIVEN = "63613592-b6f7-4c3d-a390-22ba13102111"


def guid_of(app: Application, token: str = "any") -> str:
    """The GUID of the workspace, as ARM shows it."""
    with client(app, token) as arm:
        found: dict[str, Any] = arm.get(WORKSPACE, params={"api-version": "2022-10-01"}).json()
    return str(found["properties"]["customerId"])


def query(app: Application, guid: str, text: str = LAST, token: str = "any") -> httpx.Response:
    """The answer to a query."""
    with client(app, token) as logs:
        return logs.post(f"/v1/workspaces/{guid}/query", json={"query": text})


def test_rows_are_those_that_arm_shows_in_small_letters() -> None:
    app = application(start())
    sign_in(app)

    answer = query(app, guid_of(app).upper())

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    (table,) = answer.json()["tables"]
    assert table["name"] == "PrimaryResult"
    assert table["columns"] == [
        {"name": "ServicePrincipalName", "type": "string"},
        {"name": "TimeGenerated", "type": "datetime"},
    ]
    assert table["rows"] == ask(app, LAST).json()["Tables"][0]["Rows"] == [["id-a", "2026-03-01T12:00:00.0000000Z"]]


def test_workspace_keeps_the_guid_that_its_state_has() -> None:
    (workspace,) = start().of(Resource)
    given = replace(workspace, fields=f'{{"properties": {{"customerId": "{GIVEN}"}}}}')

    app = application(start().having(Resource, (given,)))

    assert guid_of(app) == GIVEN
    assert query(app, GIVEN).status_code == 200


def bounded(missing: str) -> Contents:
    return start((Grant("reader", IN_SUBSCRIPTION, ("*/read",), (missing,)),))


@pytest.mark.parametrize(
    ("missing", "status", "code"),
    [(READ, 403, "InsufficientAccessError"), (READ_TABLE, 400, "BadArgumentError")],
)
def test_rights_are_those_at_the_workspace(missing: str, status: int, code: str) -> None:
    app = application(bounded(missing))

    reader, stranger = token_of("reader"), token_of("stranger")
    assert error(query(app, guid_of(app, reader), token=reader))[:2] == (status, code)
    assert error(query(app, guid_of(app, reader), token=stranger))[:2] == (403, "InsufficientAccessError")


def test_guid_of_no_workspace_tells_nothing() -> None:
    assert error(query(application(start()), GIVEN))[:2] == (403, "InsufficientAccessError")


def test_other_calls_are_said_to_be_not_served_and_no_token_is_refused() -> None:
    app = application(start())

    with client(app) as logs:
        for path in ("/v1", "/v1/$batch", f"/v1{WORKSPACE}/query", f"/v1/workspaces/{GIVEN}/query?timespan=P1D"):
            assert logs.post(path, json={"query": LAST}).status_code == 501
        del logs.headers["Authorization"]
        refused = logs.post(f"/v1/workspaces/{GIVEN}/query", json={"query": LAST})
    assert error(refused)[:2] == (401, "AuthenticationFailed")
    assert query(app, guid_of(app), "AADManagedIdentitySignInLogs | where").status_code == 400
