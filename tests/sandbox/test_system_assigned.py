"""The identity that a resource has of its own."""

from collections.abc import Mapping

import httpx
import pytest

from reconciler.sandbox.gateway.calls import claims_of
from reconciler.sandbox.serving.application import Application
from reconciler.sandbox.state.state import Grant
from tests.sandbox.arm import GROUP, TENANT, VERSION, application, client, contents, error, token_of

VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"
COMPUTE = {"api-version": "2024-07-01"}
OWN = "providers/Microsoft.ManagedIdentity/identities/default"
BODY = {"location": "West Europe", "tags": {"a": "1"}, "identity": {"type": "SystemAssigned"}}


def with_vm(app: Application, body: Mapping[str, object], path: str = VM) -> str:
    with client(app) as arm:
        made = arm.put(path, params=COMPUTE, json=body)
        made.raise_for_status()
    return str(made.json().get("identity", {}).get("principalId"))


def get(arm: httpx.Client, scope: str = VM) -> httpx.Response:
    return arm.get(f"{scope}/{OWN}", params=VERSION)


def test_identity_is_shown_with_the_principal_and_the_place_of_its_resource() -> None:
    app = application()
    principal_id = with_vm(app, BODY)

    with client(app) as arm:
        shown = get(arm, VM.upper())

    shown_id, client_id = VM.replace("resourceGroups", "resourcegroups"), shown.json()["properties"]["clientId"]
    assert (shown.status_code, shown.json()) == (
        200,
        {
            "id": shown_id,
            "name": "vm",
            "type": "Microsoft.Compute/virtualMachines",
            "location": "westeurope",
            "tags": {"a": "1"},
            "properties": {
                "tenantId": TENANT,
                "principalId": principal_id,
                "clientId": client_id,
                "clientSecretUrl": f"https://sandbox.invalid{shown_id}/credentials"
                f"?tid={TENANT}&oid={principal_id}&aid={client_id}",
            },
        },
    )


def test_client_id_belongs_to_the_principal_when_it_logs_in() -> None:
    app = application()
    principal_id = with_vm(app, BODY)

    with client(app) as arm:
        client_id = get(arm).json()["properties"]["clientId"]
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id.upper(),
            "client_secret": "any",
            "scope": "https://management.azure.com/.default",
        }
        token = arm.post(f"/{TENANT}/oauth2/v2.0/token", data=form).json()["access_token"]

    claims = claims_of(token) or {}
    assert (claims["oid"], claims["xms_mirid"]) == (principal_id, VM)


def test_resource_that_is_created_anew_has_another_identity() -> None:
    app = application()

    def ids() -> tuple[str, str]:
        with_vm(app, BODY)
        with client(app) as arm:
            properties = get(arm).json()["properties"]
            arm.delete(VM, params=COMPUTE)
        return properties["principalId"], properties["clientId"]

    first, second = ids(), ids()

    assert len({*first, *second}) == 4


def test_resource_without_an_identity_of_its_own_has_none_to_show() -> None:
    app = application()
    with_vm(app, {"location": "westeurope"})

    with client(app) as arm:
        refused = get(arm)

    assert error(refused) == (404, "NotFound", f"Resource '{VM}/{OWN}' was not found.")


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        (f"{VM}-absent", "ResourceNotFound"),
        (VM.replace("rg-Payments", "rg-none"), "ResourceGroupNotFound"),
        (GROUP, "NotFound"),
        ("", "NotFound"),
    ],
)
def test_scope_that_is_no_such_resource_is_not_found(scope: str, code: str) -> None:
    with client(application()) as arm:
        refused = get(arm, scope)

    assert error(refused)[:2] == (404, code)


def test_identity_is_shown_to_whoever_may_read_it() -> None:
    reader = Grant("reader", GROUP, ("Microsoft.ManagedIdentity/identities/read",))
    start = contents((), [reader, Grant("anonymous", "/", ("*",)), Grant("other", GROUP, ("Microsoft.Compute/*",))])
    app = application(start)
    with_vm(app, BODY)

    with client(app, token_of("reader")) as arm:
        shown = get(arm)
    with client(app, token_of("other")) as arm:
        refused = get(arm)

    assert (shown.status_code, error(refused)[:2]) == (200, (403, "AuthorizationFailed"))
    assert f"'Microsoft.ManagedIdentity/identities/read' over scope '{VM}/{OWN}'" in error(refused)[2]


def test_identity_of_a_resource_inside_another_is_global() -> None:
    app = application()
    with_vm(app, BODY)
    with_vm(app, {"identity": {"type": "SystemAssigned"}}, f"{VM}/extensions/e")

    with client(app) as arm:
        shown = get(arm, f"{VM}/extensions/e")

    assert (shown.json()["location"], shown.json()["tags"]) == ("global", {})
