"""The sign-ins that the sandbox sees, and the workspace that is asked about them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from reconciler.sandbox.log_analytics.query import READ, READ_TABLE
from reconciler.sandbox.login.tokens import encode
from reconciler.sandbox.serving.application import Application
from reconciler.sandbox.state.errors import StateError
from reconciler.sandbox.state.kinds import FederatedCredential, Resource
from reconciler.sandbox.state.state import Contents, Grant
from reconciler.sandbox.state_file.document import format_state, parse_state
from tests.sandbox.arm import (
    GROUP,
    IN_SUBSCRIPTION,
    TENANT,
    Clock,
    application,
    client,
    contents,
    error,
    identity,
    token_of,
)
from tests.sandbox.test_login import ARM_SCOPE, ASSERTION_TYPE, AUDIENCE, NOW_S, SECRET_FORM

WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/logs"
QUERY = f"{WORKSPACE}/api/query"
VERSION = {"api-version": "2017-01-01-preview"}
COLUMNS = "project TimeGenerated, ServicePrincipalId, ServicePrincipalName, ResourceDisplayName, ResultType"
PRINCIPAL = "0b2c0000-0000-4000-8000-000000000001"
LAST = "summarize Last = max(TimeGenerated), First = min(TimeGenerated), n = count() by ServicePrincipalId"


def start(permissions: tuple[Grant, ...] = ()) -> Contents:
    """Two identities, of which `id-a` trusts a subject, and a workspace."""
    trust = FederatedCredential(identity("id-a").resource_id, "main", "https://i", "s", (AUDIENCE,))
    workspace = Resource(WORKSPACE, "Microsoft.OperationalInsights/workspaces", "logs", "westeurope")
    made = contents([identity("id-a"), identity("id-b")], permissions)
    return made.having(FederatedCredential, (trust,)).having(Resource, (workspace,))


def sign_in(app: Application, name: str = "id-a", subject: str = "s", scope: str = ARM_SCOPE) -> httpx.Response:
    """A token for an identity, by an assertion."""
    claims = {"iss": "https://i", "sub": subject, "aud": AUDIENCE, "exp": NOW_S + 10**8}
    form = {
        "grant_type": "client_credentials",
        "client_id": f"client of {name}",
        "client_assertion": encode(claims),
        "client_assertion_type": ASSERTION_TYPE,
        "scope": scope,
    }
    with client(app) as arm:
        return arm.post(f"/{TENANT}/oauth2/v2.0/token", data=form)


def ask(app: Application, query: str, token: str = "any", path: str = QUERY) -> httpx.Response:
    """The answer to a query."""
    with client(app, token) as arm:
        return arm.post(path, params=VERSION, json={"query": query})


def rows(app: Application, query: str) -> list[list[Any]]:
    """The rows of a query over the table of sign-ins."""
    answer = ask(app, f"AADManagedIdentitySignInLogs | {query}")
    assert answer.status_code == 200, answer.text
    found: list[list[Any]] = answer.json()["Tables"][0]["Rows"]
    return found


def test_token_of_an_identity_leaves_a_row_and_names_the_credential_by_an_id() -> None:
    app = application(start())

    assert sign_in(app, scope="https://vault.azure.net/.default").status_code == 200

    assert rows(app, COLUMNS) == [
        ["2026-03-01T12:00:00.0000000Z", "principal of id-a", "id-a", "Azure Key Vault", "0"],
    ]
    assert rows(app, "where isempty(FederatedCredentialId) | count") == [[0]]


def test_token_of_the_host_leaves_a_row_without_a_credential() -> None:
    app = application(start())
    asked = {"client_id": "client of id-b", "resource": "https://management.azure.com", "api-version": "2019-08-01"}

    with client(app) as arm:
        assert arm.get("/msi/token", params=asked, headers={"X-IDENTITY-HEADER": "any"}).status_code == 200

    assert rows(app, "project ServicePrincipalName, ResourceDisplayName, FederatedCredentialId") == [
        ["id-b", "Azure Resource Manager", ""]
    ]


@pytest.mark.parametrize("form", [SECRET_FORM, {**SECRET_FORM, "client_secret": ""}])
def test_applications_and_refused_requests_leave_none(form: Mapping[str, str]) -> None:
    app = application(start())

    with client(app) as arm:
        arm.post(f"/{TENANT}/oauth2/v2.0/token", data=dict(form))
    assert sign_in(app, subject="other").status_code == 400

    assert rows(app, "count") == [[0]]


def test_rows_are_grouped_by_day_and_by_principal_and_old_ones_are_gone() -> None:
    clock = Clock()
    app = application(start(), clock=clock)

    for hours in (0, 1, 24 * 5):
        clock.advance(3600 * hours)
        sign_in(app)

    days = "summarize n = count() by Day = startofday(TimeGenerated) | order by Day asc"
    assert rows(app, days) == [["2026-03-01T00:00:00.0000000Z", 2], ["2026-03-06T00:00:00.0000000Z", 1]]
    first, last = "2026-03-01T12:00:00.0000000Z", "2026-03-06T13:00:00.0000000Z"
    assert rows(app, LAST) == [["principal of id-a", last, first, 3]]
    clock.advance(timedelta(days=91).total_seconds())
    assert rows(app, "count") == [[0]]


@pytest.mark.parametrize("missing", [READ, READ_TABLE])
def test_each_right_is_asked_for_by_its_name(missing: str) -> None:
    app = application(start((Grant("reader", IN_SUBSCRIPTION, ("*/read",), (missing,)),)))

    refused = ask(app, "AADManagedIdentitySignInLogs | count", token_of("reader"))

    assert error(refused)[:2] == (403, "AuthorizationFailed")
    assert f"'{missing}'" in error(refused)[2]


def test_log_analytics_that_is_not_there_or_not_understood_says_so() -> None:
    app = application(start())

    absent = ask(app, "AADManagedIdentitySignInLogs", path=f"{WORKSPACE}x/api/query")

    assert error(absent)[:2] == (404, "ResourceNotFound")
    assert error(ask(app, "AADManagedIdentitySignInLogs | where"))[:2] == (400, "BadArgumentError")
    assert error(ask(app, "NoSuchTable | count"))[:2] == (400, "BadArgumentError")
    assert error(ask(app, "AADManagedIdentitySignInLogs | summarize max(AppId)"))[:2] == (400, "BadArgumentError")
    assert ask(app, "AADManagedIdentitySignInLogs | where TimeGenerated > ago(1d)").status_code == 501


def test_rows_are_part_of_the_state_file_and_change_its_revision() -> None:
    app = application(parse_written(start()))
    before = app.state.revision

    with client(app) as arm:
        asked = {"principal_id": PRINCIPAL, "resource": "https://storage.azure.com", "api-version": "2019-08-01"}
        assert arm.get("/msi/token", params=asked, headers={"X-IDENTITY-HEADER": "any"}).status_code == 200

    kept = app.state.contents()
    assert app.state.revision != before
    assert len(kept.sign_ins) == 1
    assert parse_state(format_state(kept)).sign_ins == kept.sign_ins


def parse_written(made: Contents) -> Contents:
    """The contents as a file has them, where ids are GUIDs."""
    text = format_state(made)
    for name, ids in (("id-a", "1"), ("id-b", "2")):
        text = text.replace(f"principal of {name}", PRINCIPAL[:-1] + ids)
        text = text.replace(f"client of {name}", f"c11e0000-0000-4000-8000-00000000000{ids}")
    return parse_state(text)


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ('{"ServicePrincipalId": "0b2c0000-0000-4000-8000-000000000001"}', "TimeGenerated"),
        (
            '{"TimeGenerated": "yesterday", "ServicePrincipalId": "0b2c0000-0000-4000-8000-000000000001"}',
            "TimeGenerated",
        ),
        ('{"TimeGenerated": "2026-03-01T12:00:00Z", "ServicePrincipalId": "me"}', "ServicePrincipalId"),
    ],
)
def test_row_of_a_file_that_is_none_is_refused_with_its_place(row: str, place: str) -> None:
    with pytest.raises(StateError, match=rf"signInLogs\[0\].*{place}"):
        parse_state(f'{{"version": 1, "signInLogs": [{row}]}}')


def test_reset_forgets_the_sign_ins() -> None:
    app = application(start())
    sign_in(app)

    with client(app) as arm:
        assert arm.post("/_sandbox/reset").is_success

    assert rows(app, "count") == [[0]]
