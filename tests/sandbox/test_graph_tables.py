"""What Resource Graph finds: identities and who uses them, containers, role assignments, by rights and by scope."""

from typing import Any

import pytest

from reconciler.sandbox.state.kinds import Resource
from reconciler.sandbox.state.state import Grant
from tests.sandbox.arm import GROUP, IN_SUBSCRIPTION, JSON, SUBSCRIPTION, TENANT, application, client, token_of
from tests.sandbox.graph import (
    ASSIGNMENT,
    BARE,
    ID_A,
    ID_B,
    ID_C,
    OTHER,
    READER,
    SCALE_SET,
    VM,
    WEB,
    details,
    estate,
    post,
    resource,
    rows,
)

INVENTORY = """
resources
| where type =~ 'Microsoft.ManagedIdentity/userAssignedIdentities'   // every identity in reach
| project id, name, location, resourceGroup, subscriptionId, tags,
    principalId = tostring(properties.principalId),
    clientId = tostring(properties.clientId)
| order by id asc
"""

ATTACHMENTS = """
resources
| where isnotempty(identity.userAssignedIdentities)
| mv-expand attached = bag_keys(identity.userAssignedIdentities)
| extend attachedId = tolower(tostring(attached))
| where attachedId in ('{0}', '{1}')
| project id, type, subscriptionId, resourceGroup, attachedId
| order by id asc
"""

ASSIGNMENTS = """
authorizationresources
| where type =~ 'Microsoft.Authorization/roleAssignments'
| extend principalId = tostring(properties.principalId)
| where principalId in ('principal of id-a', 'nobody')
| project id, principalId, scope = tostring(properties.scope), role = tostring(properties.roleDefinitionId)
"""


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in found]


def test_inventory_of_identities_is_the_one_of_the_lists() -> None:
    with client(application(estate())) as arm:
        found = rows(arm, INVENTORY)

    common = {"location": "westeurope", "resourceGroup": "rg-Payments", "subscriptionId": SUBSCRIPTION, "tags": {}}
    assert found == [
        {"id": ID_A, "name": "id-a", **common, "principalId": "principal of id-a", "clientId": "client of id-a"},
        {"id": ID_B, "name": "id-b", **common, "principalId": "principal of id-b", "clientId": "client of id-b"},
        {
            "id": ID_C,
            "name": "id-c",
            "location": "northeurope",
            "resourceGroup": "rg-data",
            "subscriptionId": OTHER,
            "tags": {"env": "prod"},
            "principalId": "principal of id-c",
            "clientId": "c",
        },
    ]


def test_attachments_are_found_whatever_the_spelling_of_their_ids() -> None:
    query = ATTACHMENTS.format(ID_A.lower(), ID_C.lower())

    with client(application(estate())) as arm:
        found = rows(arm, query)

    assert [(row["id"], row["type"], row["attachedId"]) for row in found] == [
        (SCALE_SET, "microsoft.compute/virtualmachinescalesets", ID_A.lower()),
        (VM, "microsoft.compute/virtualmachines", ID_A.lower()),
        (WEB, "microsoft.web/sites", ID_C.lower()),
        (WEB, "microsoft.web/sites", ID_A.lower()),
    ]
    assert (found[-1]["subscriptionId"], found[-1]["resourceGroup"]) == (OTHER, "rg-data")


def test_attachment_is_gone_once_it_is_detached() -> None:
    query = ATTACHMENTS.format(ID_A.lower(), ID_B.lower())
    block = {"type": "UserAssigned", "userAssignedIdentities": {ID_A: None}}

    with client(application(estate())) as arm:
        before = rows(arm, query)
        arm.patch(SCALE_SET, params={"api-version": "2024-07-01"}, json={"identity": block}).raise_for_status()
        after = rows(arm, query)

    pairs = [[(row["id"], row["attachedId"]) for row in found] for found in (before, after)]
    assert pairs[0][:2] == [(SCALE_SET, ID_A.lower()), (SCALE_SET, ID_B.lower())]
    assert pairs[1] == pairs[0][1:]


def test_role_assignments_of_principals_are_found_with_their_scopes_and_roles() -> None:
    with client(application(estate())) as arm:
        found = rows(arm, ASSIGNMENTS)

    role = f"/providers/Microsoft.Authorization/roleDefinitions/{READER}"
    assert found == [
        {
            "id": ASSIGNMENT.replace(GROUP, "").replace("a1", "a2"),
            "principalId": "principal of id-a",
            "scope": "/",
            "role": role,
        },
        {"id": ASSIGNMENT, "principalId": "principal of id-a", "scope": GROUP, "role": role},
    ]


def test_row_of_an_identity_has_every_column_in_order() -> None:
    with client(application(estate())) as arm:
        found = rows(arm, "resources | where name == 'id-a'")

    assert found == [
        {
            "id": ID_A,
            "name": "id-a",
            "type": "microsoft.managedidentity/userassignedidentities",
            "tenantId": TENANT,
            "kind": "",
            "location": "westeurope",
            "resourceGroup": "rg-Payments",
            "subscriptionId": SUBSCRIPTION,
            "managedBy": "",
            "sku": None,
            "plan": None,
            "properties": {
                "isolationScope": "None",
                "tenantId": TENANT,
                "principalId": "principal of id-a",
                "clientId": "client of id-a",
            },
            "tags": {},
            "identity": None,
            "zones": None,
            "extendedLocation": None,
        }
    ]
    assert list(found[0]) == [
        "id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId", "managedBy", "sku",
        "plan", "properties", "tags", "identity", "zones", "extendedLocation",
    ]  # fmt: skip


def test_row_of_a_resource_has_its_identity_block_and_what_its_provider_knows() -> None:
    fields = '{"kind": "app", "sku": {"name": "S1"}, "zones": ["1"], "properties": {"on": true}, "managedBy": "/x"}'
    start = estate()

    with client(application(start)) as arm:
        arm.put(
            f"{GROUP}/providers/Microsoft.Web/sites/new",
            params={"api-version": "2024-04-01"},
            content=fields[:-1] + ', "location": "West Europe", "tags": {"a": "b"}}',
            headers=JSON,
        ).raise_for_status()
        new, web = rows(arm, "where type == 'microsoft.web/sites' | order by name asc")

    assert {name: new[name] for name in ("kind", "sku", "zones", "properties", "managedBy", "tags", "identity")} == {
        "kind": "app",
        "sku": {"name": "S1"},
        "zones": ["1"],
        "properties": {"on": True, "provisioningState": "Succeeded"},
        "managedBy": "/x",
        "tags": {"a": "b"},
        "identity": None,
    }
    assert web["identity"] == {
        "type": "SystemAssigned, UserAssigned",
        "principalId": "principal of web",
        "tenantId": TENANT,
        "userAssignedIdentities": {
            ID_C: {"principalId": "a principal", "clientId": "a client"},
            ID_A: {"principalId": "a principal", "clientId": "a client"},
        },
    }
    assert (web["tags"], web["properties"]) == (None, {})


def test_rows_come_in_the_order_of_their_ids_whatever_they_are() -> None:
    with client(application(estate())) as arm:
        found = ids(rows(arm, "resources"))

    assert found == [VM, SCALE_SET, ID_A, ID_B, BARE, ID_C, WEB]


def test_query_costs_only_what_it_looks_at() -> None:
    disk = f"{GROUP}/providers/Microsoft.Compute/disks/disk"
    start = estate().having(Resource, (resource(disk, "Microsoft.Compute/disks", fields="no JSON"),))

    with client(application(start)) as arm:
        found = rows(arm, "where type == 'microsoft.compute/disks' | project id, identity")
        properties = post(arm, "where type == 'microsoft.compute/disks' | project properties")

    assert found == [{"id": disk, "identity": None}]
    assert properties.status_code == 500


def test_containers_are_subscriptions_and_groups() -> None:
    with client(application(estate())) as arm:
        found = rows(arm, "ResourceContainers | order by id asc")

    assert [(row["id"], row["name"], row["type"], row["resourceGroup"], row["subscriptionId"]) for row in found] == [
        (IN_SUBSCRIPTION, "Payments", "microsoft.resources/subscriptions", "", SUBSCRIPTION),
        (GROUP, "rg-Payments", "microsoft.resources/subscriptions/resourcegroups", "rg-Payments", SUBSCRIPTION),
        (f"/subscriptions/{OTHER}", "Data", "microsoft.resources/subscriptions", "", OTHER),
        (
            f"/subscriptions/{OTHER}/resourceGroups/rg-data",
            "rg-data",
            "microsoft.resources/subscriptions/resourcegroups",
            "rg-data",
            OTHER,
        ),
    ]
    assert found[0]["properties"]["state"] == "Enabled"
    assert (found[1]["location"], found[1]["properties"], found[1]["tags"]) == (
        "westeurope",
        {"provisioningState": "Succeeded"},
        None,
    )


def test_built_in_roles_are_found_by_their_names() -> None:
    query = (
        "authorizationresources | where type =~ 'Microsoft.Authorization/roleDefinitions' "
        "| where properties.roleName == 'Reader' | project id, name, kind = tostring(properties.type)"
    )

    with client(application(estate())) as arm:
        found = rows(arm, query)

    role = f"/providers/Microsoft.Authorization/roleDefinitions/{READER}"
    assert found == [{"id": role, "name": READER, "kind": "BuiltInRole"}]


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        ({}, [VM, SCALE_SET, ID_A, ID_B, BARE, ID_C, WEB]),
        ({"subscriptions": []}, [VM, SCALE_SET, ID_A, ID_B, BARE, ID_C, WEB]),
        ({"subscriptions": [OTHER.upper()]}, [ID_C, WEB]),
        ({"subscriptions": [OTHER, OTHER, SUBSCRIPTION]}, [VM, SCALE_SET, ID_A, ID_B, BARE, ID_C, WEB]),
        # One that is not there is passed over as long as there is another one.
        ({"subscriptions": [OTHER, "00000000-0000-0000-0000-000000000009"]}, [ID_C, WEB]),
        ({"managementGroups": ["any"]}, [VM, SCALE_SET, ID_A, ID_B, BARE, ID_C, WEB]),
    ],
)
def test_query_is_about_the_scopes_that_it_names(scope: dict[str, Any], found: list[str]) -> None:
    with client(application(estate())) as arm:
        assert ids(rows(arm, "resources", **scope)) == found


@pytest.mark.parametrize(
    ("scope", "asked", "found"),
    [
        ({}, None, "12345"),
        ({}, "AtScopeExact", "2"),
        ({}, "AtScopeAndAbove", "2"),
        ({"subscriptions": [SUBSCRIPTION]}, None, "14"),
        ({"subscriptions": [SUBSCRIPTION]}, "atscopeandbelow", "14"),
        ({"subscriptions": [SUBSCRIPTION]}, "AtScopeExact", "4"),
        ({"subscriptions": [SUBSCRIPTION]}, "AtScopeAndAbove", "245"),
        ({"subscriptions": [SUBSCRIPTION]}, "AtScopeAboveAndBelow", "1245"),
        ({"managementGroups": ["MG-1"]}, None, "1345"),
        ({"managementGroups": ["mg-1"]}, "AtScopeExact", "5"),
        ({"managementGroups": ["mg-1"]}, "AtScopeAndAbove", "25"),
        ({"managementGroups": ["mg-2"]}, "AtScopeExact", ""),
    ],
)
def test_role_assignments_are_those_at_above_and_below_as_asked(
    scope: dict[str, Any], asked: str | None, found: str
) -> None:
    query = "authorizationresources | where type endswith '/roleassignments' | project name"
    options = {} if asked is None else {"authorizationScopeFilter": asked}

    with client(application(estate())) as arm:
        names = [row["name"] for row in rows(arm, query, options=options, **scope)]

    assert "".join(sorted(name[-1] for name in names)) == found


@pytest.mark.parametrize(
    ("grant", "found"),
    [
        (Grant("me", "/", ("*/read",)), [VM, SCALE_SET, ID_A, ID_B, BARE, ID_C, WEB]),
        (Grant("me", IN_SUBSCRIPTION, ("*/read",)), [VM, SCALE_SET, ID_A, ID_B, BARE]),
        (Grant("me", GROUP, ("Microsoft.Compute/*",)), [VM, SCALE_SET]),
        (Grant("me", VM.upper(), ("*",)), [VM]),
        (Grant("me", GROUP, ("Microsoft.ManagedIdentity/userAssignedIdentities/read",)), [ID_A, ID_B]),
        (Grant("me", ID_B, ("*/read",)), [ID_B]),
        (Grant("me", "/", ("*/write",)), []),
        (Grant("you", "/", ("*",)), []),
    ],
)
def test_caller_finds_what_they_may_read_and_is_not_told_of_the_rest(grant: Grant, found: list[str]) -> None:
    with client(application(estate(grant)), token_of("me")) as arm:
        assert ids(rows(arm, "resources")) == found


@pytest.mark.parametrize(
    ("actions", "table", "found"),
    [
        (("Microsoft.Resources/subscriptions/read",), "resourcecontainers", [IN_SUBSCRIPTION]),
        (("Microsoft.Resources/subscriptions/resourceGroups/read",), "resourcecontainers", [GROUP]),
        (
            ("Microsoft.Authorization/roleAssignments/read",),
            "authorizationresources | where type endswith 'assignments'",
            [f"{IN_SUBSCRIPTION}{ASSIGNMENT.removeprefix(GROUP)[:-1]}4", ASSIGNMENT],
        ),
    ],
)
def test_each_table_needs_the_actions_of_what_is_in_it(actions: tuple[str, ...], table: str, found: list[str]) -> None:
    grant = Grant("me", IN_SUBSCRIPTION, actions)

    with client(application(estate(grant)), token_of("me")) as arm:
        assert ids(rows(arm, table)) == found
        assert rows(arm, "resources") == []


def test_subscription_in_which_the_caller_has_no_rights_is_no_subscription() -> None:
    grant = Grant("me", GROUP, ("*/read",))

    with client(application(estate(grant)), token_of("me")) as arm:
        both = rows(arm, "resources | project id | take 1", subscriptions=[OTHER, SUBSCRIPTION])
        refused = post(arm, "resources", subscriptions=[OTHER])

    assert ids(both) == [VM]
    assert details(refused) == (
        400,
        "BadRequest",
        [
            {
                "code": "NoValidSubscriptionsInQueryRequest",
                "message": "There must be at least one subscription that is eligible to contain resources. Given: "
                f"'{OTHER}'.",
            }
        ],
    )
