"""Microsoft's own logins against the sandbox over https, with nothing replaced in them."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    AzurePipelinesCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
)

from reconciler.sandbox.gateway.calls import claims_of
from reconciler.sandbox.login.tokens import encode
from reconciler.sandbox.serving.application import Application
from reconciler.sandbox.serving.server import running
from reconciler.sandbox.serving.tls import throw_away_authority
from reconciler.sandbox.state.ids import derived_id
from tests.sandbox.arm import IDENTITIES, TENANT, VERSION
from tests.sandbox.test_login import APPLICATION_ID, ARM_SCOPE, AUDIENCE, GITHUB, trusting


@contextmanager
def served_with_tls() -> Iterator[tuple[str, str, Application]]:
    """An https sandbox by the clock of the machine: its URL, the file to trust, and what is behind it."""
    organization = derived_id(0, "organization", TENANT)
    app = Application(
        trusting(
            (GITHUB, "repo:contoso/identities:ref:refs/heads/main"),
            (f"https://vstoken.dev.azure.com/{organization}", "sc://contoso/identities/sc-1"),
        )
    )
    with throw_away_authority() as authority, running(app, authority=authority) as url:
        yield url, str(authority.certificate), app


def options(url: str, trusted: str) -> dict[str, object]:
    return {"authority": url, "disable_instance_discovery": True, "connection_verify": trusted}


def test_azure_identity_logs_in_with_a_secret() -> None:
    with (
        served_with_tls() as (url, trusted, app),
        ClientSecretCredential(TENANT, APPLICATION_ID, "any", **options(url, trusted)) as credential,
    ):
        token = credential.get_token(ARM_SCOPE)
        trust = ssl.create_default_context(cafile=trusted)
        with httpx.Client(verify=trust, trust_env=False) as arm:
            listed = arm.get(f"{url}{IDENTITIES}", params=VERSION, headers={"Authorization": f"Bearer {token.token}"})

    claims = claims_of(token.token) or {}
    assert 3500 < token.expires_on - time.time() <= 3599
    assert (claims["appid"], claims["tid"]) == (APPLICATION_ID, TENANT)
    assert (listed.status_code, app.requests[-1].principal) == (200, claims["oid"])


def test_azure_identity_logs_in_with_an_assertion_of_github() -> None:
    with served_with_tls() as (url, trusted, _app):
        trust = ssl.create_default_context(cafile=trusted)

        def assertion() -> str:
            with httpx.Client(verify=trust, trust_env=False, headers={"Authorization": "bearer any"}) as actions:
                return str(actions.get(f"{url}/oidc/github?api-version=2.0&audience={AUDIENCE}").json()["value"])

        with ClientAssertionCredential(TENANT, "client of id-a", assertion, **options(url, trusted)) as credential:
            token = credential.get_token(ARM_SCOPE)

    assert (claims_of(token.token) or {})["oid"] == "principal of id-a"


def test_azure_identity_logs_in_from_azure_pipelines(monkeypatch: pytest.MonkeyPatch) -> None:
    with served_with_tls() as (url, trusted, _app):
        monkeypatch.setenv("SYSTEM_OIDCREQUESTURI", f"{url}/oidc/pipelines")
        with AzurePipelinesCredential(
            tenant_id=TENANT,
            client_id="client of id-a",
            service_connection_id="sc-1",
            system_access_token="any",
            **options(url, trusted),
        ) as credential:
            token = credential.get_token(ARM_SCOPE)

    assert (claims_of(token.token) or {})["oid"] == "principal of id-a"


def test_azure_identity_logs_in_as_a_managed_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    with served_with_tls() as (url, trusted, _app):
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "any")
        with ManagedIdentityCredential(client_id="client of id-a", connection_verify=trusted) as credential:
            token = credential.get_token(ARM_SCOPE)

    assert (claims_of(token.token) or {})["oid"] == "principal of id-a"


def test_azure_identity_reports_what_entra_refuses() -> None:
    expired = encode({"exp": 1})

    with (
        served_with_tls() as (url, trusted, _app),
        ClientAssertionCredential(TENANT, APPLICATION_ID, lambda: expired, **options(url, trusted)) as credential,
        pytest.raises(ClientAuthenticationError, match="AADSTS700024"),
    ):
        credential.get_token(ARM_SCOPE)
