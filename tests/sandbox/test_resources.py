"""Resources of other providers: attaching and detaching identities, what a deleted identity leaves, and the lists."""

import httpx
import pytest

from reconciler.sandbox.serving.application import Application
from reconciler.sandbox.state.state import Grant
from tests.sandbox.arm import (
    GROUP,
    GROUPS_VERSION,
    IDENTITIES,
    IN_SUBSCRIPTION,
    SUBSCRIPTION,
    TENANT,
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
PREVIEW = {"api-version": "2022-01-31-preview"}
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"
WEB = f"{IN_SUBSCRIPTION}/resourceGroups/rg-other/providers/Microsoft.Web/sites/web"
A, B = f"{IDENTITIES}/id-a", f"{IDENTITIES}/id-b"


def sandbox(*grants: Grant, page_size: int = 1000, clock: Clock | None = None) -> Application:
    start = contents([identity("id-a"), identity("id-b")], grants, (group(), group("rg-other")))
    return application(start, page_size=page_size, clock=clock)


def attached(*identity_ids: str) -> dict[str, object]:
    return {"type": "UserAssigned", "userAssignedIdentities": {identity_id: {} for identity_id in identity_ids}}


def put(arm: httpx.Client, path: str = VM, **more: object) -> httpx.Response:
    return arm.put(path, params=COMPUTE, json={"location": "West Europe", **more})


def shown_ids(response: httpx.Response) -> list[str]:
    return list(response.json()["identity"].get("userAssignedIdentities", {}))


def test_resource_is_201_then_200_and_keeps_what_its_provider_knows() -> None:
    sent = {"tags": {"a": "1"}, "sku": {"name": "small"}, "properties": {"size": 4}, "identity": attached(A)}

    with client(sandbox()) as arm:
        created, replaced = put(arm, VM, **sent), put(arm, VM, **sent)
        read = arm.get(VM.upper().replace("/SUBSCRIPTIONS/", "/subscriptions/"), params=COMPUTE)

    assert (created.status_code, replaced.status_code) == (201, 200)
    assert created.json() == replaced.json() == read.json()
    assert read.json() == {
        "id": VM,
        "name": "vm",
        "type": "Microsoft.Compute/virtualMachines",
        "location": "westeurope",
        "tags": {"a": "1"},
        "identity": {
            "type": "UserAssigned",
            "userAssignedIdentities": {A: {"principalId": "principal of id-a", "clientId": "client of id-a"}},
        },
        "sku": {"name": "small"},
        "properties": {"size": 4, "provisioningState": "Succeeded"},
    }


def test_patch_attaches_and_detaches_what_it_names_and_leaves_the_rest() -> None:
    with client(sandbox()) as arm:
        put(arm, identity=attached(A), tags={"a": "1"}, properties={"x": 1})
        both = arm.patch(VM, params=COMPUTE, json={"identity": attached(B), "properties": {"y": 2}})
        detach = {"type": "UserAssigned", "userAssignedIdentities": {A.upper(): None}}
        one = arm.patch(VM, params=COMPUTE, json={"identity": detach})
        untouched = arm.patch(VM, params=COMPUTE, json={"tags": {"b": "2"}})

    assert (shown_ids(both), both.json()["properties"]["x"], both.json()["properties"]["y"]) == ([A, B], 1, 2)
    assert shown_ids(one) == [B]
    assert (shown_ids(untouched), untouched.json()["tags"]) == ([B], {"b": "2"})


def test_put_attaches_exactly_what_it_names() -> None:
    with client(sandbox()) as arm:
        put(arm, identity=attached(A))
        other = put(arm, identity=attached(B))
        none = put(arm)

    assert (shown_ids(other), "identity" in none.json()) == ([B], False)


def test_type_none_detaches_everything() -> None:
    with client(sandbox()) as arm:
        put(arm, identity=attached(A))
        patched = arm.patch(VM, params=COMPUTE, json={"identity": {"type": "None"}})

    assert patched.json()["identity"] == {"type": "None"}


def test_system_assigned_identity_keeps_its_principal_while_it_is_on() -> None:
    block = {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {A: {}}}

    with client(sandbox()) as arm:
        first = put(arm, identity=block).json()["identity"]
        again = put(arm, identity=block).json()["identity"]
        off = put(arm, identity=attached(A)).json()["identity"]
        anew = put(arm, identity=block).json()["identity"]

    assert (first["type"], first == again, "principalId" in off) == ("SystemAssigned, UserAssigned", True, False)
    assert anew["principalId"] != first["principalId"]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "Robot"},
        {"userAssignedIdentities": {A: {}}},
        {"type": "SystemAssigned", "userAssignedIdentities": {A: {}}},
        {"type": "UserAssigned", "userAssignedIdentities": [A]},
        "UserAssigned",
    ],
)
def test_block_that_makes_no_sense_is_refused(block: object) -> None:
    with client(sandbox()) as arm:
        refused = put(arm, identity=block)

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InvalidIdentityType")


@pytest.mark.parametrize("identity_id", [f"{IDENTITIES}/absent", "/not/an/identity"])
def test_identity_that_does_not_exist_cannot_be_attached(identity_id: str) -> None:
    with client(sandbox()) as arm:
        refused = put(arm, identity=attached(identity_id))
        missing = arm.get(VM, params=COMPUTE)

    assert error(refused) == (
        400,
        "FailedIdentityOperation",
        f"Identity operation for resource '{VM}' failed with error 'Failed to perform resource identity operation. "
        "Status: 'BadRequest'. Response: "
        f"""'{{"error":{{"code":"BadRequest","message":"Resource '{identity_id}' was not found."}}}}'.'.""",
    )
    assert missing.status_code == 404


@pytest.mark.parametrize("kind", ["SystemAssigned", "systemassigned,USERASSIGNED", "userAssigned", "none"])
def test_type_of_a_block_is_taken_in_any_case_and_shown_in_arms_own(kind: str) -> None:
    identities: dict[str, object] = {"userAssignedIdentities": {A: {}}} if "user" in kind.casefold() else {}

    with client(sandbox()) as arm:
        block = put(arm, identity={"type": kind, **identities}).json()["identity"]

    shown = {
        "SystemAssigned": "SystemAssigned",
        "systemassigned,USERASSIGNED": "SystemAssigned, UserAssigned",
        "userAssigned": "UserAssigned",
        "none": "None",
    }
    assert block["type"] == shown[kind]


@pytest.mark.parametrize(
    ("kind", "tenant"), [("SystemAssigned", TENANT), ("SystemAssigned, UserAssigned", TENANT), ("UserAssigned", None)]
)
@pytest.mark.parametrize("path", [VM, WEB])
def test_block_has_the_tenant_beside_an_identity_of_its_own(path: str, kind: str, tenant: str | None) -> None:
    identities: dict[str, object] = {"userAssignedIdentities": {A: {}}} if "User" in kind else {}

    with client(sandbox()) as arm:
        blocks = [put(arm, path, identity={"type": kind, **identities}).json()["identity"]]
        blocks.append(arm.get(path, params=COMPUTE).json()["identity"])
        listed = arm.get(f"{IN_SUBSCRIPTION}/resources", params=GROUPS_VERSION).json()["value"]
        blocks.extend(one["identity"] for one in listed if "identity" in one)

    assert [block.get("tenantId") for block in blocks] == [tenant] * 3


def test_deleted_identity_leaves_its_reference_which_breaks_the_next_change_until_it_is_detached() -> None:
    with client(sandbox()) as arm:
        put(arm, identity=attached(A))
        deleted = arm.delete(A, params=VERSION)
        dangling = arm.get(VM, params=COMPUTE)
        refused = arm.patch(VM, params=COMPUTE, json={"identity": attached(B)})
        repair = {"type": "UserAssigned", "userAssignedIdentities": {A: None, B: {}}}
        repaired = arm.patch(VM, params=COMPUTE, json={"identity": repair})

    assert (deleted.status_code, shown_ids(dangling), shown_ids(repaired)) == (200, [A], [B])
    assert refused.json()["error"]["code"] == "FailedIdentityOperation"


def test_recreated_identity_is_not_the_one_that_is_attached() -> None:
    with client(sandbox()) as arm:
        put(arm, identity=attached(A))
        arm.delete(A, params=VERSION)
        arm.put(A, params=VERSION, json={"location": "westeurope"})
        read = arm.get(VM, params=COMPUTE)

    assert read.json()["identity"]["userAssignedIdentities"][A]["principalId"] == "principal of id-a"


def test_attaching_needs_the_right_to_assign_the_identity() -> None:
    assign = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"

    with client(sandbox(Grant("me", GROUP, ("*",), (assign,))), token_of("me")) as arm:
        refused = put(arm, identity=attached(A))
        without = put(arm)

    assert error(refused)[:2] == (403, "LinkedAuthorizationFailed")
    assert without.status_code == 201


def test_delete_takes_children_along_and_is_200_then_204() -> None:
    with client(sandbox()) as arm:
        put(arm)
        child = arm.put(f"{VM}/extensions/agent", params=COMPUTE, json={"properties": {}})
        deleted = [arm.delete(VM, params=COMPUTE).status_code for _ in range(2)]
        missing = arm.get(f"{VM}/extensions/agent", params=COMPUTE)

    assert (child.status_code, child.json()["type"]) == (201, "Microsoft.Compute/virtualMachines/extensions")
    assert (deleted, error(missing)[:2]) == ([200, 204], (404, "ResourceNotFound"))


def test_child_without_its_parent_is_refused() -> None:
    with client(sandbox()) as arm:
        refused = arm.put(f"{VM}/extensions/agent", params=COMPUTE, json={})

    assert error(refused)[:2] == (404, "ParentResourceNotFound")


def test_absent_resource_is_404_and_head_says_so_without_a_body() -> None:
    with client(sandbox()) as arm:
        missing = arm.get(VM, params=COMPUTE)
        head_before = arm.head(VM, params=COMPUTE)
        put(arm)
        head_after = arm.head(VM, params=COMPUTE)

    assert error(missing)[2].startswith(
        "The Resource 'Microsoft.Compute/virtualMachines/vm' under resource group 'rg-Payments' was not found."
    )
    assert (head_before.status_code, head_after.status_code) == (404, 204)


@pytest.mark.parametrize(
    ("method", "action"), [("GET", "read"), ("PUT", "write"), ("PATCH", "write"), ("DELETE", "delete")]
)
def test_each_method_needs_the_action_of_its_type(method: str, action: str) -> None:
    denied = Grant("me", "/", ("*",), (f"Microsoft.Compute/virtualMachines/{action}",))

    with client(sandbox(denied), token_of("me")) as arm:
        refused = arm.request(method, VM, params=COMPUTE, json={"location": "westeurope"})

    assert error(refused)[:2] == (403, "AuthorizationFailed")


@pytest.mark.parametrize(
    ("path", "version", "code"),
    [
        (VM, "latest", "InvalidResourceType"),
        (f"{VM}/providers/Microsoft.Unknown/things/x", "2024-07-01", "InvalidResourceNamespace"),
        (f"{GROUP}/providers/Microsoft.ManagedIdentity/robots/r2", "2024-11-30", "InvalidResourceType"),
    ],
)
def test_path_of_no_resource_is_refused(path: str, version: str, code: str) -> None:
    with client(sandbox()) as arm:
        refused = arm.get(path, params={"api-version": version})

    assert (refused.status_code, refused.json()["error"]["code"]) == (404, code)


def test_deleted_group_takes_its_resources_along() -> None:
    clock = Clock()

    with client(sandbox(clock=clock)) as arm:
        put(arm)
        arm.delete(GROUP, params=GROUPS_VERSION)
        clock.advance(60)
        put(arm, GROUP)
        missing = arm.get(VM, params=COMPUTE)

    assert error(missing)[:2] == (404, "ResourceNotFound")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["vm", "id-a", "id-b"]),
        ("resourceType eq 'microsoft.compute/virtualmachines'", ["vm"]),
        ("tagName eq 'Env' and tagValue eq 'prod'", ["vm"]),
        ("name eq 'id-a' and location eq 'westeurope'", ["id-a"]),
        ("resourceGroup eq 'other'", []),
    ],
)
def test_list_of_a_group_holds_resources_and_identities_without_properties(asked: str, found: list[str]) -> None:
    with client(sandbox()) as arm:
        put(arm, tags={"env": "prod"}, identity=attached(A), properties={"size": 4})
        put(arm, WEB)
        query = {**COMPUTE, "$filter": asked} if asked else COMPUTE
        listed = arm.get(f"{GROUP}/resources", params=query)

    assert names(listed) == found
    assert all("properties" not in item for item in listed.json()["value"])


def test_list_of_a_subscription_is_paged_and_holds_every_group() -> None:
    with client(sandbox(page_size=3)) as arm:
        put(arm)
        put(arm, WEB)
        first = arm.get(f"{IN_SUBSCRIPTION}/resources", params=COMPUTE)
        second = arm.get(first.json()["nextLink"])

    assert sorted(names(first) + names(second)) == ["id-a", "id-b", "vm", "web"]


def test_list_with_an_unknown_filter_or_of_an_absent_group_is_refused() -> None:
    with client(sandbox()) as arm:
        refused = arm.get(f"{GROUP}/resources", params={**COMPUTE, "$filter": "kind eq 'x'"})
        missing = arm.get(f"{IN_SUBSCRIPTION}/resourceGroups/absent/resources", params=COMPUTE)

    assert (error(refused)[1], error(missing)[1]) == ("InvalidFilterInQueryString", "ResourceGroupNotFound")


def associated(arm: httpx.Client, path: str = A, **query: str) -> httpx.Response:
    return arm.post(f"{path}/listAssociatedResources", params={**PREVIEW, **query})


def test_associated_resources_are_those_that_have_the_identity_whoever_may_read_them() -> None:
    reader = Grant("me", GROUP, ("Microsoft.ManagedIdentity/*/read",))
    app = sandbox(Grant("admin", "/", ("*",)), reader)

    with client(app, token_of("admin")) as arm:
        put(arm, identity=attached(B))
        put(arm, WEB, identity=attached(A.lower(), B))
    with client(app, token_of("me")) as arm:
        found = associated(arm)

    assert found.json() == {
        "totalCount": 1,
        "value": [
            {
                "id": WEB,
                "name": "web",
                "type": "microsoft.web/sites",
                "resourceGroup": "rg-other",
                "subscriptionId": SUBSCRIPTION,
                "subscriptionDisplayName": "Payments",
            }
        ],
    }


@pytest.mark.parametrize(
    ("query", "found", "total"),
    [
        ({}, ["web", "vm"], 2),
        ({"$orderby": "name"}, ["vm", "web"], 2),
        ({"$orderby": "name desc"}, ["web", "vm"], 2),
        ({"$filter": "contains(name, 'W')"}, ["web"], 1),
        ({"$filter": "resourceGroup eq 'RG-OTHER'"}, ["web"], 1),
        ({"$skip": "1"}, ["vm"], 2),
        ({"$top": "1"}, ["web"], 2),
    ],
)
def test_associated_resources_are_filtered_ordered_and_cut(query: dict[str, str], found: list[str], total: int) -> None:
    with client(sandbox()) as arm:
        put(arm, identity=attached(A))
        put(arm, WEB, identity=attached(A))
        listed = associated(arm, **query)

    assert (names(listed), listed.json()["totalCount"]) == (found, total)


def test_associated_resources_are_paged() -> None:
    with client(sandbox(page_size=1)) as arm:
        put(arm, identity=attached(A))
        put(arm, WEB, identity=attached(A))
        first = associated(arm)
        second = arm.get(first.json()["nextLink"])

    assert (names(first), names(second), second.json()["totalCount"]) == (["web"], ["vm"], 2)
    assert "nextLink" not in second.json()


@pytest.mark.parametrize("query", [{"$filter": "x"}, {"$orderby": "x"}, {"$skip": "-1"}])
def test_associated_resources_by_an_unknown_query_are_refused(query: dict[str, str]) -> None:
    with client(sandbox()) as arm:
        put(arm, identity=attached(A))
        refused = associated(arm, **query)

    assert error(refused)[:2] == (400, "BadRequest")


def test_associated_resources_of_an_absent_identity_or_a_released_api_version_are_404() -> None:
    with client(sandbox()) as arm:
        missing = associated(arm, f"{IDENTITIES}/absent")
        released = arm.post(f"{A}/listAssociatedResources", params=VERSION)

    assert (error(missing)[:2], error(released)[:2]) == ((404, "ResourceNotFound"), (404, "InvalidResourceType"))
