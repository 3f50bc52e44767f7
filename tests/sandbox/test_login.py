"""What clients ask before they have a token: the cloud's metadata, the login, and the hosts of managed identities."""

from collections.abc import Mapping

import httpx
import pytest

from reconciler.sandbox.gateway.calls import claims_of
from reconciler.sandbox.gateway.request_log import LoggedRequest
from reconciler.sandbox.login.tokens import encode
from reconciler.sandbox.serving.application import Application
from reconciler.sandbox.state.kinds import FederatedCredential
from reconciler.sandbox.state.state import Contents, Grant
from tests.sandbox.arm import GROUP, IDENTITIES, TENANT, VERSION, Clock, application, client, contents, error, identity

APPLICATION_ID = "aaaaaaaa-1111-2222-3333-444444444444"
ARM_SCOPE = "https://management.azure.com/.default"
OTHER_TENANT = "33333333-3333-3333-3333-333333333333"
AUDIENCE = "api://AzureADTokenExchange"
GITHUB = "https://token.actions.githubusercontent.com"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SECRET_FORM = {
    "grant_type": "client_credentials",
    "client_id": APPLICATION_ID,
    "client_secret": "any",
    "scope": ARM_SCOPE,
}
NOW_S = int(Clock().now.timestamp())


def anonymous(app: Application | None = None) -> httpx.Client:
    arm = client(app or application(contents([identity("id-a")])))
    del arm.headers["Authorization"]
    return arm


def token_endpoint(tenant: str = TENANT) -> str:
    return f"/{tenant}/oauth2/v2.0/token"


def claims_in(answer: httpx.Response) -> Mapping[str, object]:
    claims = claims_of(answer.json()["access_token"])
    assert claims is not None
    return claims


def trusting(*trusted: tuple[str, str]) -> Contents:
    """The identity `id-a`, which trusts these issuers and subjects."""
    trust = (
        FederatedCredential(identity("id-a").resource_id, f"fic-{number}", issuer, subject, (AUDIENCE,))
        for number, (issuer, subject) in enumerate(trusted)
    )
    return contents([identity("id-a")]).having(FederatedCredential, tuple(trust))


def assertion_form(client_id: str, **claims: object) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_assertion": encode(claims),
        "client_assertion_type": ASSERTION_TYPE,
        "scope": ARM_SCOPE,
    }


def test_metadata_is_one_cloud_that_leads_nowhere_but_back() -> None:
    with anonymous() as arm:
        cloud = arm.get("/metadata/endpoints", params={"api-version": "2022-09-01"}).json()

    assert cloud["resourceManager"] == "http://arm.localhost/"
    assert cloud["authentication"] == {
        "loginEndpoint": "http://arm.localhost/",
        "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
        "tenant": "common",
        "identityProvider": "AAD",
    }
    assert cloud["suffixes"]["storage"] == "core.windows.net"
    assert {value for value in cloud.values() if isinstance(value, str)} == {"AzureCloud", "http://arm.localhost/"}


def test_metadata_of_older_versions_is_a_list_of_clouds() -> None:
    with anonymous() as arm:
        clouds = arm.get("/metadata/endpoints", params={"api-version": "2020-06-01"}).json()
        cloud = arm.get("/metadata/endpoints", params={"api-version": "2022-09-01"}).json()

    assert clouds == [cloud]


def test_metadata_of_the_oldest_version_is_flat() -> None:
    with anonymous() as arm:
        cloud = arm.get("/metadata/endpoints", params={"api-version": "2015-01-01"}).json()

    assert cloud == {
        "galleryEndpoint": "http://arm.localhost/",
        "graphEndpoint": "http://arm.localhost/",
        "portalEndpoint": "http://arm.localhost/",
        "authentication": {
            "loginEndpoint": "http://arm.localhost/",
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
        },
    }


def test_metadata_without_an_api_version_is_refused() -> None:
    with anonymous() as arm:
        refused = arm.get("/metadata/endpoints")

    assert error(refused)[:2] == (400, "MissingApiVersionParameter")


@pytest.mark.parametrize(("version", "issuer"), [("/v2.0", "/v2.0"), ("", "/")])
def test_configuration_of_a_tenant_names_its_own_endpoints(version: str, issuer: str) -> None:
    with anonymous() as arm:
        found = arm.get(f"/{TENANT}{version}/.well-known/openid-configuration").json()
        keys = arm.get(found["jwks_uri"])

    assert found["token_endpoint"] == f"http://arm.localhost/{TENANT}/oauth2{version}/token"
    assert found["authorization_endpoint"] == f"http://arm.localhost/{TENANT}/oauth2{version}/authorize"
    assert found["issuer"] == f"http://arm.localhost/{TENANT}{issuer}"
    assert keys.json() == {"keys": []}


def test_tenant_that_is_none_is_refused_as_entra_refuses_it() -> None:
    with anonymous() as arm:
        refused = arm.get("/secrets/v2.0/.well-known/openid-configuration", headers={"client-request-id": TENANT})

    body = refused.json()
    assert (refused.status_code, body) == (
        400,
        {
            "error": "invalid_tenant",
            "error_description": (
                "AADSTS90002: Tenant 'secrets' not found. Check to make sure you have the correct tenant ID and are "
                f"signing into the correct cloud. Trace ID: {body['trace_id']} Correlation ID: {TENANT} "
                "Timestamp: 2026-03-01 12:00:00Z"
            ),
            "error_codes": [90002],
            "timestamp": "2026-03-01 12:00:00Z",
            "trace_id": body["trace_id"],
            "correlation_id": TENANT,
            "error_uri": "http://arm.localhost/error?code=90002",
        },
    )


def test_instance_discovery_knows_the_sandbox_and_leads_to_the_tenant() -> None:
    with anonymous() as arm:
        found = arm.get(
            "/common/discovery/instance",
            params={"api-version": "1.1", "authorization_endpoint": f"http://arm.localhost/{TENANT}/oauth2/authorize"},
        ).json()

    assert found == {
        "tenant_discovery_endpoint": f"http://arm.localhost/{TENANT}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [
            {"preferred_network": "arm.localhost", "preferred_cache": "arm.localhost", "aliases": ["arm.localhost"]}
        ],
    }


def test_secret_gives_a_token_for_the_scope_and_the_tenant() -> None:
    with anonymous() as arm:
        answer = arm.post(token_endpoint(OTHER_TENANT), data=SECRET_FORM)

    claims = claims_in(answer)
    assert {**answer.json(), "access_token": ""} == {
        "token_type": "Bearer",
        "expires_in": 3599,
        "ext_expires_in": 3599,
        "access_token": "",
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert claims == {
        "aud": "https://management.azure.com",
        "iss": f"https://sts.windows.net/{OTHER_TENANT}/",
        "iat": NOW_S,
        "nbf": NOW_S,
        "exp": NOW_S + 3599,
        "appid": APPLICATION_ID,
        "idp": f"https://sts.windows.net/{OTHER_TENANT}/",
        "idtyp": "app",
        "oid": claims["oid"],
        "sub": claims["oid"],
        "tid": OTHER_TENANT,
        "ver": "1.0",
    }


def test_shared_tenant_stands_for_the_tenant_of_the_state() -> None:
    with anonymous() as arm:
        answer = arm.post(token_endpoint("common"), data=SECRET_FORM)

    assert claims_in(answer)["tid"] == TENANT


def test_client_id_always_is_the_same_principal_and_another_is_another() -> None:
    def principal_for(client_id: str) -> object:
        with anonymous() as arm:
            return claims_in(arm.post(token_endpoint(), data={**SECRET_FORM, "client_id": client_id}))["oid"]

    assert principal_for(APPLICATION_ID) == principal_for(APPLICATION_ID.upper())
    assert principal_for(APPLICATION_ID) != principal_for(OTHER_TENANT)


def test_older_endpoint_takes_a_resource_and_answers_texts() -> None:
    form = {**SECRET_FORM, "resource": "https://management.core.windows.net/"}

    with anonymous() as arm:
        answer = arm.post(f"/{TENANT}/oauth2/token", data=form)

    assert {**answer.json(), "access_token": ""} == {
        "token_type": "Bearer",
        "expires_in": "3599",
        "ext_expires_in": "3599",
        "expires_on": str(NOW_S + 3599),
        "not_before": str(NOW_S),
        "resource": "https://management.core.windows.net/",
        "access_token": "",
    }
    assert claims_in(answer)["aud"] == "https://management.core.windows.net/"


@pytest.mark.parametrize(
    ("changes", "status", "expected", "code"),
    [
        ({"grant_type": ""}, 400, "invalid_request", 900144),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"client_id": ""}, 400, "invalid_request", 900144),
        ({"client_secret": ""}, 401, "invalid_client", 7000218),
        ({"scope": ""}, 400, "invalid_request", 900144),
        ({"scope": "https://management.azure.com/"}, 400, "invalid_scope", 1002012),
        ({"client_assertion": "a.b.c"}, 400, "invalid_request", 900144),
        ({"client_assertion": "nonsense", "client_assertion_type": ASSERTION_TYPE}, 400, "invalid_request", 50027),
        ({"client_assertion": "a.!.c", "client_assertion_type": ASSERTION_TYPE}, 400, "invalid_request", 50027),
        (
            {"client_assertion": encode({"exp": NOW_S}), "client_assertion_type": ASSERTION_TYPE},
            401,
            "invalid_client",
            700024,
        ),
    ],
)
def test_request_that_makes_no_sense_is_refused_as_entra_refuses_it(
    changes: dict[str, str], status: int, expected: str, code: int
) -> None:
    with anonymous() as arm:
        refused = arm.post(token_endpoint(), data={**SECRET_FORM, **changes})

    body = refused.json()
    assert (refused.status_code, body["error"], body["error_codes"]) == (status, expected, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")


def test_token_endpoint_takes_no_other_method() -> None:
    with anonymous() as arm:
        refused = arm.get(token_endpoint())

    assert (refused.status_code, refused.headers["Allow"], refused.content) == (405, "POST", b"")


def test_assertion_gives_a_token_to_an_application() -> None:
    with anonymous() as arm:
        answer = arm.post(token_endpoint(), data=assertion_form(APPLICATION_ID, exp=NOW_S + 1))

    assert claims_in(answer)["appid"] == APPLICATION_ID


def test_assertion_gives_a_token_to_an_identity_that_trusts_it() -> None:
    app = application(trusting((GITHUB, "repo:x:y")))

    with anonymous(app) as arm:
        answer = arm.post(
            token_endpoint(), data=assertion_form("client of id-a", iss=GITHUB, sub="repo:x:y", aud=AUDIENCE)
        )

    assert claims_in(answer)["oid"] == "principal of id-a"


def test_assertion_of_kubernetes_has_its_audience_in_a_list() -> None:
    app = application(trusting((GITHUB, "repo:x:y")))
    client, claims = "client of id-a", {"iss": GITHUB, "sub": "repo:x:y"}

    with anonymous(app) as arm:
        answer = arm.post(token_endpoint(), data=assertion_form(client, **claims, aud=[AUDIENCE]))
        refused = arm.post(token_endpoint(), data=assertion_form(client, **claims, aud=["api://other"]))

    assert claims_in(answer)["oid"] == "principal of id-a"
    assert refused.json()["error_codes"] == [700212]


@pytest.mark.parametrize(
    ("issuer", "subject", "audience", "code", "named"),
    [
        (f"{GITHUB}/", "repo:x:y", AUDIENCE, 700211, f"assertion issuer '{GITHUB}/'."),
        (GITHUB, "repo:x:z", AUDIENCE, 700213, "assertion subject 'repo:x:z'. Check"),
        (GITHUB, "repo:x:Y", AUDIENCE, 7002138, "but not with case-sensitive comparison."),
        (GITHUB, "repo:x:y", "api://other", 700212, "assertion audience 'api://other'."),
    ],
)
def test_assertion_that_the_identity_does_not_trust_is_refused(
    issuer: str, subject: str, audience: str, code: int, named: str
) -> None:
    app = application(trusting((GITHUB, "repo:x:y")))

    with anonymous(app) as arm:
        refused = arm.post(
            token_endpoint(), data=assertion_form("client of id-a", iss=issuer, sub=subject, aud=audience)
        )

    body = refused.json()
    assert (refused.status_code, body["error"], body["error_codes"]) == (401, "invalid_client", [code])
    assert named in body["error_description"]


def test_identity_that_trusts_nobody_is_told_so() -> None:
    with anonymous() as arm:
        refused = arm.post(token_endpoint(), data=assertion_form("client of id-a", iss=GITHUB, sub="x", aud=AUDIENCE))

    assert refused.json()["error_codes"] == [70025]


def test_identity_is_not_found_in_another_tenant() -> None:
    app = application(trusting((GITHUB, "repo:x:y")))
    form = assertion_form("client of id-a", iss=GITHUB, sub="repo:x:y", aud=AUDIENCE)

    with anonymous(app) as arm:
        refused = arm.post(token_endpoint(OTHER_TENANT), data=form)

    assert (refused.status_code, refused.json()["error_codes"]) == (400, [700016])


def test_assertion_that_begins_later_is_refused() -> None:
    app = application(trusting((GITHUB, "repo:x:y")))
    form = assertion_form("client of id-a", iss=GITHUB, sub="repo:x:y", aud=AUDIENCE, nbf=NOW_S + 60)

    with anonymous(app) as arm:
        refused = arm.post(token_endpoint(), data=form)

    assert (refused.status_code, refused.json()["error_codes"]) == (401, [700024])


def test_token_of_an_identity_has_the_rights_of_its_principal() -> None:
    start = contents([identity("id-a")], [Grant("principal of id-a", GROUP, ("*/read",))])
    app = application(start)

    with anonymous(app) as arm:
        answer = arm.post(token_endpoint(), data={**SECRET_FORM, "client_id": "client of id-a"})
        arm.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        read = arm.get(f"{IDENTITIES}/id-a", params=VERSION)
        written = arm.delete(f"{IDENTITIES}/id-a", params=VERSION)

    assert (read.status_code, written.status_code) == (200, 403)


def test_lifetime_of_new_tokens_can_be_changed_while_it_runs() -> None:
    with anonymous() as arm:
        changed = arm.put("/_sandbox/tokens", json={"lifetimeSeconds": 5})
        answer = arm.post(token_endpoint(), data=SECRET_FORM)

    assert changed.json() == {"lifetimeSeconds": 5}
    assert (answer.json()["expires_in"], claims_in(answer)["exp"]) == (5, NOW_S + 5)


def test_lifetime_that_is_no_number_is_refused() -> None:
    with anonymous() as arm:
        refused = arm.put("/_sandbox/tokens", json={"lifetimeSeconds": "soon"})

    assert error(refused) == (400, "BadRequest", "lifetimeSeconds must be a whole number from 0")


@pytest.mark.parametrize(
    ("asked", "client_id"),
    [
        ({"client_id": "client of id-a"}, "client of id-a"),
        ({"principal_id": "principal of id-a"}, "client of id-a"),
        ({"object_id": "principal of id-a"}, "client of id-a"),
        ({"mi_res_id": f"{IDENTITIES}/ID-A"}, "client of id-a"),
    ],
)
def test_host_gives_a_token_of_the_identity_that_is_asked(asked: dict[str, str], client_id: str) -> None:
    query = {"api-version": "2019-08-01", "resource": "https://management.azure.com", **asked}

    with anonymous() as arm:
        answer = arm.get("/msi/token", params=query, headers={"X-IDENTITY-HEADER": "any"})

    claims = claims_in(answer)
    assert {**answer.json(), "access_token": ""} == {
        "access_token": "",
        "expires_on": str(NOW_S + 3599),
        "resource": "https://management.azure.com",
        "token_type": "Bearer",
        "client_id": client_id,
    }
    assert (claims["oid"], claims["tid"]) == ("principal of id-a", TENANT)
    assert claims["xms_mirid"] == f"{IDENTITIES}/id-a".replace("resourceGroups", "resourcegroups")


def test_host_has_an_identity_of_its_own() -> None:
    query = {"api-version": "2019-08-01", "resource": "https://management.azure.com"}

    with anonymous() as arm:
        first = arm.get("/msi/token", params=query, headers={"X-IDENTITY-HEADER": "any"})
        second = arm.get("/msi/token", params=query, headers={"X-IDENTITY-HEADER": "any"})

    assert claims_in(first) == claims_in(second)
    assert claims_in(first)["oid"] != "principal of id-a"


@pytest.mark.parametrize(
    ("query", "header", "refusal"),
    [
        ({"resource": "https://management.azure.com"}, "", (401, "The request has no X-IDENTITY-HEADER.")),
        ({}, "any", (400, "The request has no resource.")),
        (
            {"resource": "https://management.azure.com", "client_id": APPLICATION_ID},
            "any",
            (
                400,
                "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.",
            ),
        ),
    ],
)
def test_host_refuses_what_it_cannot_serve(query: dict[str, str], header: str, refusal: tuple[int, str]) -> None:
    with anonymous() as arm:
        refused = arm.get("/msi/token", params=query, headers={"X-IDENTITY-HEADER": header})

    assert (refused.status_code, refused.json()["message"]) == refusal


def test_workflow_of_github_gets_an_assertion_about_itself() -> None:
    subject = "repo:contoso/payments:environment:prod"

    with anonymous() as arm:
        answer = arm.get(
            "/oidc/github",
            params={"api-version": "2.0", "subject": subject, "audience": AUDIENCE},
            headers={"Authorization": "bearer any"},
        ).json()

    assert answer["count"] == len(answer["value"])
    assert claims_of(answer["value"]) == {
        "iss": GITHUB,
        "sub": subject,
        "aud": AUDIENCE,
        "iat": NOW_S,
        "nbf": NOW_S,
        "exp": NOW_S + 300,
    }


@pytest.mark.parametrize(("method", "path"), [("GET", "/oidc/github"), ("POST", "/oidc/pipelines")])
def test_assertions_are_not_given_without_the_token_of_the_pipeline(method: str, path: str) -> None:
    with anonymous() as arm:
        refused = arm.request(method, path, params={"serviceConnectionId": "sc-1"})

    assert refused.status_code == 401


def test_login_is_in_the_log_of_requests() -> None:
    app = application()

    with anonymous(app) as arm:
        arm.post(token_endpoint(), data=SECRET_FORM)

    assert app.requests == (LoggedRequest("POST", token_endpoint(), 200, ""),)
