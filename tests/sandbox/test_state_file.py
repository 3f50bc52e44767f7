"""The state file: what a person writes is read, what is saved is read again, and what is damaged says where."""

import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox.state.errors import StateError
from reconciler.sandbox.state.kinds import (
    Attachment,
    ClaimsExpression,
    FederatedCredential,
    Lock,
    Permission,
    Resource,
    RoleAssignment,
    RoleDefinition,
)
from reconciler.sandbox.state.state import DEFAULT_TENANT, Contents, Grant, Identity, ResourceGroup, State, Subscription
from reconciler.sandbox.state_file.document import format_state, parse_state
from reconciler.sandbox.state_file.file import StateSaver, load_state, locked, save_state
from tests.sandbox.arm import (
    GROUP,
    IDENTITIES,
    IN_SUBSCRIPTION,
    SUBSCRIPTION,
    TENANT,
    contents,
    files_in,
    group,
    identity,
)

SUBSCRIPTIONS = [{"subscriptionId": SUBSCRIPTION, "displayName": "Payments"}]
GROUPS = [{"id": GROUP, "location": "West Europe"}]
IDS = ("33333333-3333-3333-3333-333333333333", "44444444-4444-4444-4444-444444444444")


def full_contents() -> Contents:
    whole = replace(
        identity("id-Ä"),
        principal_id=IDS[0],
        client_id=IDS[1],
        tags=(("b", "1"), ("a", "ü\n")),
        isolation_scope="Regional",
        assigned_to_providers=("Microsoft.Compute",),
    )
    managed = replace(group("rg-managed"), managed_by="/x", tags=())
    grant = Grant("*", GROUP, ("*",), ("*/delete",))
    return replace(
        contents([whole], [grant], [group("rg-Payments"), managed])
        .having(Subscription, (Subscription(SUBSCRIPTION, "Payments", (("env", "prod"),)),))
        .having(
            FederatedCredential,
            (
                FederatedCredential(whole.resource_id, "fic-a", "https://issuer", "subject ü", ("one", "two")),
                FederatedCredential(
                    whole.resource_id,
                    "fic-b",
                    "https://issuer",
                    None,
                    ("one",),
                    ClaimsExpression("claims['sub'] eq 'x'", 1),
                ),
            ),
        )
        .having(
            RoleDefinition,
            (
                RoleDefinition(
                    IDS[0], "Röle", None, (), (GROUP, "/providers/Microsoft.Management/managementGroups/mg")
                ),
                RoleDefinition(
                    IDS[1],
                    "Built-in",
                    "",
                    (
                        Permission(("*",), ("*/a",), ("*/b",), ("*/c",)),
                        Permission(("*/d",), condition="c", condition_version="2.0"),
                    ),
                    ("/",),
                    True,
                    "t1",
                    "t2",
                    "me",
                    "you",
                ),
            ),
        )
        .having(
            RoleAssignment,
            (
                RoleAssignment("/", IDS[0], "/providers/Microsoft.Authorization/roleDefinitions/x", IDS[1], "Group"),
                RoleAssignment(
                    GROUP, IDS[1], "r", IDS[0], "User", "why", "when", "2.0", "/id", "t1", "t2", "me", "you"
                ),
                RoleAssignment(GROUP, IDS[0], "r", IDS[0], "User", ""),
            ),
        )
        .having(Lock, (Lock(IN_SUBSCRIPTION, "all", "ReadOnly"), Lock(GROUP, "l", "CanNotDelete", "", ("app",))))
        .having(
            Resource,
            (
                Resource(
                    f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm",
                    "Microsoft.Compute/virtualMachines",
                    "vm",
                    "westeurope",
                    (("a", "1"),),
                    (Attachment("/gone", IDS[0], IDS[1]), Attachment(whole.resource_id)),
                    IDS[0],
                    True,
                    '{"sku": {"name": "ü"}, "properties": {"n": [1, null]}}',
                ),
                Resource(f"{GROUP}/providers/Microsoft.X/a/b/c/d", "Microsoft.X/a/c", "d", None),
            ),
        ),
        identities_created=7,
    )


def state_of(**changes: object) -> str:
    document = {"version": 1, "subscriptions": SUBSCRIPTIONS, "resourceGroups": GROUPS, **changes}
    return json.dumps({name: value for name, value in document.items() if value is not ...})


def test_state_survives_its_own_text() -> None:
    text = format_state(full_contents())

    assert parse_state(text) == full_contents()
    assert format_state(parse_state(text)) == text


def test_state_is_one_resource_a_line() -> None:
    text = format_state(contents([replace(identity("id-a"), principal_id="p", client_id="c", tags=(("a", "ü"),))]))

    assert text == (
        "{\n"
        '  "version": 1,\n'
        f'  "tenantId": "{TENANT}",\n'
        '  "subscriptions": [\n'
        f'    {{"subscriptionId": "{SUBSCRIPTION}", "displayName": "Payments"}}\n'
        "  ],\n"
        '  "resourceGroups": [\n'
        f'    {{"id": "{GROUP}", "location": "westeurope"}}\n'
        "  ],\n"
        '  "identities": [\n'
        f'    {{"id": "{IDENTITIES.replace("resourceGroups", "resourcegroups")}/id-a", "location": "westeurope", '
        f'"tags": {{"a": "ü"}}, "properties": {{"tenantId": "{TENANT}", "principalId": "p", "clientId": "c"}}}}\n'
        "  ],\n"
        '  "federatedIdentityCredentials": [],\n'
        '  "roleDefinitions": [],\n'
        '  "roleAssignments": [],\n'
        '  "locks": [],\n'
        '  "resources": [],\n'
        '  "permissions": []\n'
        "}\n"
    )


def test_hand_written_identity_is_filled_the_same_way_every_time() -> None:
    text = state_of(identities=[{"id": f"{IDENTITIES}/id-a", "location": "West Europe"}])

    first, second = parse_state(text).of(Identity)[0], parse_state(text).of(Identity)[0]

    assert first == second
    assert (first.location, first.tenant_id, first.tags) == ("westeurope", DEFAULT_TENANT, ())
    assert len({first.principal_id, first.client_id, ""}) == 3


def test_json_of_arm_is_taken_as_it_comes() -> None:
    text = state_of(
        tenantId=TENANT,
        resourceGroups=[
            {
                "id": GROUP,
                "name": "rg-Payments",
                "type": "Microsoft.Resources/resourceGroups",
                "location": "westeurope",
                "properties": {"provisioningState": "Succeeded"},
            }
        ],
        identities=[
            {
                "id": f"{IDENTITIES.lower()}/id-a",
                "name": "id-a",
                "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
                "location": "westeurope",
                "tags": {"a": "1"},
                "properties": {"principalId": IDS[0], "clientId": IDS[1], "tenantId": TENANT},
            }
        ],
    )

    loaded = parse_state(text)

    expected = replace(identity("id-a", "rg-payments"), principal_id=IDS[0], client_id=IDS[1], tags=(("a", "1"),))
    assert (loaded.of(ResourceGroup), loaded.of(Identity)) == ((group(),), (expected,))


CREDENTIAL = {
    "id": f"{IDENTITIES}/id-a/federatedIdentityCredentials/fic",
    "properties": {"issuer": "https://issuer", "subject": "s", "audiences": ["one"]},
}
ROLES = "/providers/Microsoft.Authorization/roleDefinitions"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
ROLE: dict[str, Any] = {
    "id": f"{ROLES}/{IDS[0]}",
    "properties": {"roleName": "Restarter", "assignableScopes": [GROUP], "permissions": []},
}
LOCK_ID = f"{GROUP}/providers/Microsoft.Authorization/locks/l"
ONE = {"id": f"{IDENTITIES}/id-a", "location": "westeurope"}


def role_with(**properties: object) -> dict[str, Any]:
    return {**ROLE, "properties": {**ROLE["properties"], **properties}}


def test_custom_roles_may_share_a_name_and_an_unknown_built_in_role_may_be_among_them() -> None:
    same = {**ROLE, "id": f"/subscriptions/{SUBSCRIPTION}{ROLES}/{IDS[1]}"}
    built_in = {**role_with(type="BuiltInRole"), "id": f"{ROLES}/{READER}"}

    loaded = parse_state(state_of(roleDefinitions=[ROLE, same, built_in])).of(RoleDefinition)

    assert [(role.guid, role.role_name, role.built_in) for role in loaded] == [
        (IDS[0], "Restarter", False),
        (IDS[1], "Restarter", False),
        (READER, "Restarter", True),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1, column 1: not JSON: Expecting value"),
        ('{"version": 1,\n}', "line 2, column 1: not JSON: Expecting property name enclosed in double quotes"),
        ("[" * 100_000, "the document is nested too deeply"),
        ("[]", "the document must be an object"),
        ("{}", "the document has no version"),
        ('{"version": 1, "version": 1}', "the name 'version' appears twice in one object"),
        ('{"version": 1, "subscriptions": [{"subscriptionId": "\\ud800"}]}', "a text holds half of a surrogate pair"),
        (state_of(version=2), "version must be 1, the version that this program knows"),
        (state_of(tenantId="contoso"), "tenantId must be a GUID, not 'contoso'"),
        (state_of(identitiesCreated=-1), "identitiesCreated must be a whole number from 0"),
        (
            state_of(resourcegroups=[]),
            "resourcegroups is not known; known here: version, tenantId, identitiesCreated, subscriptions, "
            "resourceGroups, identities, federatedIdentityCredentials, roleDefinitions, roleAssignments, "
            "denyAssignments, locks, "
            "resources, directoryGroups, applications, appRoleAssignments, permissions, activityLog, resourceChanges, "
            "signInLogs",
        ),
        (state_of(subscriptions={}), "subscriptions must be a list"),
        (state_of(subscriptions=[7]), "subscriptions[0] must be an object"),
        (state_of(subscriptions=[{}]), "subscriptions[0] has no subscriptionId"),
        (state_of(subscriptions=[{"subscriptionId": "x"}]), "subscriptions[0].subscriptionId must be a GUID, not 'x'"),
        (
            state_of(subscriptions=SUBSCRIPTIONS * 2),
            "subscriptions[1].subscriptionId is the same as that of subscriptions[0]",
        ),
        (state_of(subscriptions=...), "resourceGroups[0].id is in a subscription that the file does not list"),
        (state_of(resourceGroups=[{"id": GROUP}]), "resourceGroups[0] has no location"),
        (
            state_of(resourceGroups=[{"id": "rg", "location": "x"}]),
            "resourceGroups[0].id must be the id of a resource group, not 'rg'",
        ),
        (
            state_of(resourceGroups=[{"id": GROUP, "location": "westeurope", "tags": {"a": 1}}]),
            "resourceGroups[0].tags.a must be a text",
        ),
        (state_of(identities=[{**ONE, "location": ""}]), "identities[0].location must be a text that is not empty"),
        (
            state_of(identities=[ONE, {**ONE, "id": f"{IDENTITIES}/ID-A"}]),
            "identities[1].id is the same as that of identities[0]",
        ),
        (
            state_of(resourceGroups=[], identities=[ONE]),
            "identities[0].id is in a resource group that the file does not list",
        ),
        (
            state_of(identities=[{**ONE, "properties": {"clientId": "x"}}]),
            "identities[0].properties.clientId must be a GUID, not 'x'",
        ),
        (
            state_of(federatedIdentityCredentials=[CREDENTIAL]),
            "federatedIdentityCredentials[0].id is in an identity that the file does not list",
        ),
        (
            state_of(locks=[{"id": LOCK_ID, "properties": {"level": "None"}}]),
            "locks[0].properties.level must be one of CanNotDelete, ReadOnly",
        ),
        (
            state_of(roleDefinitions=[{**ROLE, "id": LOCK_ID}]),
            f"roleDefinitions[0].id must be the id of a role definition, not '{LOCK_ID}'",
        ),
        (
            state_of(roleDefinitions=[{**ROLE, "id": f"{ROLES}/{READER}"}]),
            "roleDefinitions[0].id is that of a built-in role",
        ),
        (
            state_of(roleDefinitions=[ROLE, {**ROLE, "id": f"{GROUP}{ROLES}/{IDS[0]}"}]),
            "roleDefinitions[1].id is the same as that of roleDefinitions[0]",
        ),
        (
            state_of(roleDefinitions=[role_with(type="Custom")]),
            "roleDefinitions[0].properties.type must be BuiltInRole or CustomRole",
        ),
        (
            state_of(roleDefinitions=[role_with(assignableScopes=["rg"])]),
            "roleDefinitions[0].properties.assignableScopes[0] must begin with /",
        ),
        (
            state_of(roleDefinitions=[role_with(permissions=[{"actions": [1]}])]),
            "roleDefinitions[0].properties.permissions[0].actions[0] must be a text that is not empty",
        ),
        (
            state_of(roleAssignments=[{"id": LOCK_ID}]),
            f"roleAssignments[0].id must be the id of a role assignment, not '{LOCK_ID}'",
        ),
        (
            state_of(resourceGroups=[], resources=[{"id": f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"}]),
            "resources[0].id is in a resource group that the file does not list",
        ),
        (
            state_of(permissions=[{"principalId": "*", "scope": "rg", "actions": []}]),
            "permissions[0].scope must begin with /",
        ),
        (
            state_of(permissions=[{"principalId": "*", "scope": "/", "actions": ["*", 1]}]),
            "permissions[0].actions[1] must be a text that is not empty",
        ),
        (
            state_of(permissions=[{"principalId": "*", "scope": "/", "actions": [], "notaction": []}]),
            "permissions[0].notaction is not known; known here: principalId, scope, actions, notActions",
        ),
    ],
)  # fmt: skip
def test_damaged_state_names_the_place(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(StateError) as caught:
        load_state(path)

    assert str(caught.value) == f"{path}: {message}"


def test_file_that_is_not_utf8_says_so(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(b'{"version": 1, "tenantId": "\xff"}')

    with pytest.raises(StateError) as caught:
        load_state(path)

    assert str(caught.value) == f"{path}: not UTF-8: invalid start byte at byte 28"


def test_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(StateError) as caught:
        load_state(tmp_path / "state.json")

    assert str(caught.value) == f"{tmp_path / 'state.json'}: there is no such file"


def test_save_replaces_the_file_keeps_its_mode_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("{}", encoding="utf-8")
    path.chmod(0o640)

    save_state(path, full_contents())

    assert load_state(path) == full_contents()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert files_in(tmp_path) == ["state.json"]


@pytest.mark.parametrize("use", [load_state, lambda path: save_state(path, full_contents())])
def test_link_is_not_followed(tmp_path: Path, use: Callable[[Path], object]) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("{}", encoding="utf-8")
    link.symlink_to(target)

    with pytest.raises(StateError) as caught:
        use(link)

    assert str(caught.value).endswith("this is a link; name the file that it leads to")
    assert (link.is_symlink(), target.read_text(encoding="utf-8")) == (True, "{}")
    assert files_in(tmp_path) == ["link.json", "target.json"]


def test_lock_is_no_way_to_make_a_file_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "state.json.lock").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StateError), locked(tmp_path / "state.json"):
        pytest.fail("followed a link")

    assert files_in(tmp_path) == ["state.json.lock"]


def test_mode_of_the_file_is_kept_whatever_the_umask_takes(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("{}", encoding="utf-8")
    path.chmod(0o664)
    before = os.umask(0o077)
    try:
        save_state(path, full_contents())
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o664


@pytest.mark.parametrize("name", ["a\0b", "a" * 300])
def test_path_that_no_system_can_have_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(StateError):
        load_state(tmp_path / name)


def test_save_that_fails_leaves_the_file_and_says_why(tmp_path: Path) -> None:
    directory = tmp_path / "state.json"
    directory.mkdir()

    with pytest.raises(StateError) as caught:
        save_state(directory, full_contents())

    assert str(caught.value) == f"{directory}: cannot be written: Is a directory"
    assert files_in(tmp_path) == ["state.json"]


def test_state_that_did_not_change_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = State(contents([identity("id-a")]))
    saver = StateSaver(path, state)

    state.put(identity("id-a"))
    saver.save_if_changed()

    assert not path.exists()


def test_empty_texts_that_calls_can_leave_survive_their_own_text() -> None:
    empty = (
        full_contents()
        .having(ResourceGroup, (group("rg-Payments"), replace(group("rg-managed"), managed_by="")))
        .having(
            RoleAssignment, (RoleAssignment(GROUP, IDS[1], "r", IDS[0], "User", "", "", "", "", "t1", "t2", "me", ""),)
        )
        .having(Lock, (Lock(GROUP, "l", "CanNotDelete", "", ("",)),))
    )

    assert parse_state(format_state(empty)) == empty


def test_new_ids_are_never_those_of_a_loaded_identity() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    other = State(contents(), 7)
    given = [other.new_ids(now) for _ in range(3)]
    loaded = State(contents([replace(identity("id-a"), principal_id=given[1][0].upper())]), 7)

    new = [loaded.new_ids(now) for _ in range(2)]

    assert new == [given[0], given[2]]
