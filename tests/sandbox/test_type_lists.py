"""Lists of one type of another provider, and what `$expand` adds to the list of all of them."""

import httpx
import pytest

from reconciler.sandbox.serving.application import Application
from reconciler.sandbox.state.state import Grant
from tests.sandbox.arm import (
    GROUP,
    IDENTITIES,
    IN_SUBSCRIPTION,
    VERSION,
    Clock,
    application,
    client,
    contents,
    error,
    group,
    identity,
    names,
    token_of,
)

COMPUTE = {"api-version": "2024-07-01"}
RESOURCES = {"api-version": "2022-09-01"}
OTHER = f"{IN_SUBSCRIPTION}/resourceGroups/rg-other"
MACHINES = "providers/Microsoft.Compute/virtualMachines"


def sandbox(*grants: Grant, page_size: int = 1000, clock: Clock | None = None) -> Application:
    start = contents([identity("id-a")], grants, (group(), group("rg-other")))
    return application(start, page_size=page_size, clock=clock)


def put(arm: httpx.Client, path: str) -> None:
    body = {"location": "westeurope", "properties": {"size": 4}}
    arm.put(path, params=COMPUTE, json=body).raise_for_status()


def filled(app: Application) -> Application:
    with client(app, token_of("admin")) as arm:
        for path in (f"{GROUP}/{MACHINES}/vm-1", f"{OTHER}/{MACHINES}/vm-2", f"{GROUP}/{MACHINES}/vm-1/extensions/e"):
            put(arm, path)
        put(arm, f"{GROUP}/providers/Microsoft.Web/sites/web")
    return app


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (f"{IN_SUBSCRIPTION}/{MACHINES}", ["vm-2", "vm-1"]),
        (f"{GROUP}/{MACHINES.upper()}", ["vm-1"]),
        (f"{GROUP}/{MACHINES}/VM-1/extensions", ["e"]),
        (f"{OTHER}/{MACHINES}/vm-2/extensions", []),
        (f"{IN_SUBSCRIPTION}/providers/Microsoft.Web/sites", ["web"]),
        (f"{IN_SUBSCRIPTION}/providers/Microsoft.KeyVault/vaults", []),
        (f"{OTHER}/providers/Microsoft.Web/sites", []),
    ],
)
def test_type_is_listed_in_a_subscription_a_group_and_a_resource(path: str, found: list[str]) -> None:
    with client(filled(sandbox())) as arm:
        listed = arm.get(path, params=COMPUTE)
        shown = [arm.get(one["id"], params=COMPUTE).json() for one in listed.json()["value"]]

    assert (listed.status_code, names(listed)) == (200, found)
    assert listed.json() == {"value": shown}


def test_list_is_paged() -> None:
    with client(filled(sandbox(page_size=1))) as arm:
        first = arm.get(f"{IN_SUBSCRIPTION}/{MACHINES}", params=COMPUTE)
        second = arm.get(first.json()["nextLink"])

    assert (names(first), names(second), "nextLink" in second.json()) == (["vm-2"], ["vm-1"], False)


def test_list_has_what_the_caller_may_read() -> None:
    reads = Grant("me", OTHER, ("Microsoft.Compute/virtualMachines/read",))
    app = filled(sandbox(Grant("admin", "/", ("*",)), reads))

    with client(app, token_of("me")) as arm:
        machines = arm.get(f"{IN_SUBSCRIPTION}/{MACHINES}", params=COMPUTE)
        sites = arm.get(f"{IN_SUBSCRIPTION}/providers/Microsoft.Web/sites", params=COMPUTE)

    assert names(machines) == ["vm-2"]
    assert error(sites)[:2] == (403, "AuthorizationFailed")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{GROUP}-no/{MACHINES}", "ResourceGroupNotFound"),
        (f"{GROUP}/{MACHINES}/vm-9/extensions", "ResourceNotFound"),
    ],
)
def test_list_in_what_is_not_there_is_404(path: str, code: str) -> None:
    with client(sandbox()) as arm:
        refused = arm.get(path, params=COMPUTE)

    assert error(refused)[:2] == (404, code)


def test_type_that_no_table_knows_is_listed_where_there_is_one() -> None:
    with client(sandbox()) as arm:
        put(arm, f"{GROUP}/providers/Contoso.Things/things/t")
        listed = arm.get(f"{IN_SUBSCRIPTION}/providers/contoso.things/things", params=COMPUTE)

    assert names(listed) == ["t"]


@pytest.mark.parametrize(
    ("expand", "added"),
    [
        ("", set()),
        ("provisioningState", {"provisioningState"}),
        ("createdTime,changedTime,provisioningState", {"createdTime", "changedTime", "provisioningState"}),
        ("CHANGEDTIME, createdtime", {"createdTime", "changedTime"}),
        ("somethingElse", set()),
    ],
)
@pytest.mark.parametrize("scope", [IN_SUBSCRIPTION, GROUP])
def test_expand_adds_what_it_names(scope: str, expand: str, added: set[str]) -> None:
    clock = Clock()
    app = sandbox(clock=clock)

    with client(app) as arm:
        arm.put(f"{IDENTITIES}/id-new", params=VERSION, json={"location": "westeurope"})
        put(arm, f"{GROUP}/{MACHINES}/vm")
        clock.advance(60)
        arm.patch(f"{GROUP}/{MACHINES}/vm", params=COMPUTE, json={"tags": {"a": "1"}})
        plain = {one["name"]: one for one in arm.get(f"{scope}/resources", params=RESOURCES).json()["value"]}
        asked = arm.get(f"{scope}/resources", params={**RESOURCES, "$expand": expand}).json()["value"]

    values = {
        "createdTime": "2026-03-01T12:00:00.0000000Z",
        "changedTime": "2026-03-01T12:00:00.0000000Z",
        "provisioningState": "Succeeded",
    }
    changed = {"vm": {"changedTime": "2026-03-01T12:01:00.0000000Z"}}
    # Nothing is known of when an identity was made that the sandbox began with.
    known = {"id-a": added & {"provisioningState"}}
    for one in asked:
        name = one["name"]
        expected = {field: (values | changed.get(name, {}))[field] for field in known.get(name, added)}
        assert one == {**plain[name], **expected}


def test_time_of_a_resource_that_was_made_again_is_that_of_the_last_time() -> None:
    clock = Clock()

    with client(sandbox(clock=clock)) as arm:
        for method in ("PUT", "DELETE", "PUT"):
            arm.request(method, f"{IDENTITIES}/id-b", params=VERSION, json={"location": "westeurope"})
            clock.advance(60)
        listed = arm.get(f"{GROUP}/resources", params={**RESOURCES, "$expand": "createdTime"}).json()["value"]

    assert [one.get("createdTime") for one in listed] == [None, "2026-03-01T12:02:00.0000000Z"]
