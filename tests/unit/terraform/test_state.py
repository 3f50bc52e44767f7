"""Terraform states: the same read from both forms, and a reason for everything that is none."""

from pathlib import Path

import pytest

from reconciler.errors import InputFileError
from reconciler.model import CredentialId, ResourceId
from reconciler.terraform.state import MAX_DEPTH, parse_state, read_state
from reconciler.terraform.values import StateAssignment, StateInstance
from tests.terraform_state import SECRET, Row, content, shown, state_file

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-app"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-app"
ROLE = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/aaaaaaaa-0000-4000-8000-000000000001"
PRINCIPAL = "22222222-0000-0000-0000-000000000001"

APP = Row("azurerm_user_assigned_identity", "app", {"id": IDENTITY, "principal_id": PRINCIPAL})
TRUST = Row(
    "azurerm_federated_identity_credential",
    "main",
    {"id": f"{IDENTITY}/federatedIdentityCredentials/main"},
    key='a"[b]',
    module='module.x["k\\"1"].module.y',
    depends_on=("azurerm_user_assigned_identity.app",),
)
READER = Row(
    "azurerm_role_assignment",
    "reader",
    {"id": f"{ROLE}|33333333-0000-0000-0000-000000000001", "principal_id": PRINCIPAL},
    key=1,
    module="module.x[0]",
)
VM = Row("azurerm_linux_virtual_machine", "vm", {"id": "/x"}, depends_on=("azurerm_user_assigned_identity.app",))
DATA = Row("azurerm_user_assigned_identity", "other", {"id": IDENTITY}, mode="data")

ROWS = (APP, TRUST, READER, VM, DATA)


def reason(document: bytes) -> str:
    with pytest.raises(InputFileError) as caught:
        parse_state(document, "x.tfstate")
    assert caught.value.hint
    assert SECRET not in f"{caught.value} {caught.value.hint}"
    return str(caught.value)


@pytest.mark.parametrize("form", [state_file, shown])
def test_instances_are_known_by_address_and_by_what_they_are(form: type) -> None:
    state = parse_state(content(form(ROWS)), "x")

    identity = ResourceId.parse(IDENTITY)
    on_app = frozenset({"azurerm_user_assigned_identity.app"})
    assert {*state.instances} == {
        StateInstance(
            "azurerm_user_assigned_identity.app",
            "azurerm_user_assigned_identity.app",
            "azurerm_user_assigned_identity",
            is_managed=True,
            object=identity,
        ),
        StateInstance(
            "module.x.module.y.azurerm_federated_identity_credential.main",
            r'module.x["k\"1"].module.y.azurerm_federated_identity_credential.main["a\"[b]"]',
            "azurerm_federated_identity_credential",
            is_managed=True,
            object=CredentialId(identity, "main"),
            depends_on=on_app,
        ),
        StateInstance(
            "module.x.azurerm_role_assignment.reader",
            "module.x[0].azurerm_role_assignment.reader[1]",
            "azurerm_role_assignment",
            is_managed=True,
            object=StateAssignment(GROUP.casefold(), ROLE.rpartition("/")[2]),
        ),
        StateInstance(
            "azurerm_linux_virtual_machine.vm",
            "azurerm_linux_virtual_machine.vm",
            "azurerm_linux_virtual_machine",
            is_managed=True,
            object=None,
            depends_on=on_app,
        ),
        StateInstance(
            "data.azurerm_user_assigned_identity.other",
            "data.azurerm_user_assigned_identity.other",
            "azurerm_user_assigned_identity",
            is_managed=False,
            object=None,
        ),
    }
    assert state.identities == (identity,)


def test_mark_at_the_beginning_is_passed_over() -> None:
    assert parse_state(b"\xef\xbb\xbf" + content(state_file(ROWS)), "x") == parse_state(content(state_file(ROWS)), "x")


def test_fractions_and_deep_attributes_of_others_are_no_mistake() -> None:
    deep: object = 1.5
    for _ in range(100):
        deep = [deep]

    state = parse_state(content(state_file([APP, Row("a", "b", {"deep": deep})])), "x")

    assert [one.address for one in state.instances] == ["a.b", "azurerm_user_assigned_identity.app"]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"version": 3, "modules": []}, "this is a state of version 3, and only version 4 is read"),
        ({"version": 5, "resources": []}, "this is a state of version 5, and only version 4 is read"),
        ({"version": True}, "this is no Terraform state: its `version` is no number"),
        ({"version": "4"}, "this is no Terraform state: its `version` is no number"),
        ({"meta": {}, "encrypted_data": "x", "encryption_version": "v0"}, "this state is encrypted by OpenTofu"),
        (
            {"format_version": "1.2", "planned_values": {}, "prior_state": {}},
            "this is a plan, which says what may be, and not a state",
        ),
        ({"format_version": "1.0"}, "this state is empty"),
        ({"format_version": "2.0", "values": {}}, "its `format_version` is none of 1.x"),
        ({"format_version": "0.2", "values": {}}, "its `format_version` is none of 1.x"),
        ({"resourceGroups": {}}, "this is no Terraform state: it has neither `version` nor `values`"),
        ({"version": 4, "resources": {}}, "`resources` is no list"),
        ({"version": 4, "resources": [1]}, "`resources[0]` is no JSON object"),
        ({"version": 4, "resources": [{"instances": 1}]}, "`instances` of `resources[0]` is no list"),
        ({"version": 4, "resources": [{"instances": [{}]}]}, "`type` of `resources[0]` is no text"),
        (
            state_file([Row("a", "b c", {})]),
            "`resources[0]`: 'b c' is no name of Terraform's",
        ),
        (state_file([Row("a", "b", {}, module="x")]), "`resources[0]`: 'x' is no address of a module"),
        (
            state_file([Row("a", "b", {}, more={"index_key": True})]),
            "the key of an instance of `resources[0]` is neither a text nor a whole number",
        ),
        (
            state_file([Row("azurerm_user_assigned_identity", "a", {"id": SECRET})]),
            "the `id` of azurerm_user_assigned_identity.a is no ARM id of that type",
        ),
        (
            state_file([Row("azurerm_role_assignment", "a", {"id": f"{ROLE}x"})]),
            "the `id` of azurerm_role_assignment.a is no ARM id of that type",
        ),
        (
            state_file([Row("azurerm_role_assignment", "a", {})]),
            "`id` of azurerm_role_assignment.a is no text",
        ),
        (
            state_file([Row(APP.type, "a", APP.attributes, more={"deposed": "0a1b2c3d"})]),
            "azurerm_user_assigned_identity.a has an object that Terraform has replaced and still has to delete"
            " (it is deposed)",
        ),
        (
            shown([Row(APP.type, "a", APP.attributes, more={"deposed_key": "0a1b2c3d"})]),
            "azurerm_user_assigned_identity.a has an object that Terraform has replaced and still has to delete"
            " (it is deposed)",
        ),
    ],
)
def test_what_is_no_state_to_hand_over_is_refused_with_its_reason(document: object, said: str) -> None:
    assert reason(content(document)) == f"x.tfstate: {said}."


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"", "this is no Terraform state: it is not JSON: Expecting value at line 1, column 1"),
        (b"PK\x03\x04\xff", "this is no Terraform state: byte 5 is not UTF-8"),
        ('{"version": 4}'.encode("utf-16"), "this is UTF-16, as PowerShell writes"),
        (
            b'{"version": 4, "a": ' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}",
            f"this is no Terraform state: it is nested more than {MAX_DEPTH} levels deep",
        ),
    ],
    ids=["empty", "zip", "utf-16", "deep"],
)
def test_what_is_no_json_is_refused_with_its_reason(document: bytes, said: str) -> None:
    assert reason(document) == f"x.tfstate: {said}."


@pytest.mark.parametrize("rows", [(), (VM,), (DATA,), (TRUST,)])
def test_state_without_an_identity_has_nothing_to_hand_over(rows: tuple[Row, ...]) -> None:
    said = "x.tfstate: this state holds no azurerm_user_assigned_identity, so there is nothing to hand over."

    assert reason(content(state_file(rows))) == said
    assert reason(content(shown(rows))) == said


def test_state_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "terraform.tfstate"
    path.write_bytes(content(state_file(ROWS)))

    assert read_state(path) == parse_state(content(state_file(ROWS)), "x")


def test_file_that_is_not_there_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"none\.tfstate: no such file"):
        read_state(tmp_path / "none.tfstate")
