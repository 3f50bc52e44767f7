"""What Terraform lets go of: whole resources by a block, single instances by their address, and nothing else."""

from reconciler.model import CredentialId, ResourceId
from reconciler.terraform import HandOver, Left, Listed, Reference, StateAssignment, TerraformState, hand_over
from reconciler.terraform.state import parse_state
from tests.terraform_state import Row, content, state_file

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-app"
ROLES = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments"
A, B = (ResourceId.parse(f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-{n}") for n in "ab")
FIRST, SECOND, THIRD = (StateAssignment.parse(f"{ROLES}/aaaaaaaa-0000-4000-8000-00000000000{n}") for n in "123")

IDENTITY, CREDENTIAL, ROLE = (
    *("azurerm_user_assigned_identity", "azurerm_federated_identity_credential"),
    "azurerm_role_assignment",
)


def identity(one: ResourceId, key: str | int | None = None, module: str = "") -> Row:
    return Row(IDENTITY, "this", {"id": str(one)}, key, module)


def credential(one: ResourceId, key: str | None = None) -> Row:
    return Row(CREDENTIAL, "main", {"id": f"{one}/federatedIdentityCredentials/main"}, key)


def role(one: StateAssignment, key: str | int | None = None, depends_on: tuple[str, ...] = ()) -> Row:
    return Row(ROLE, "reader", {"id": f"{ROLES}/{one.name.upper()}"}, key, depends_on=depends_on)


def state_of(*rows: Row) -> TerraformState:
    return parse_state(content(state_file(rows)), "x")


def listed(*identities: ResourceId, assignments: tuple[StateAssignment, ...] = ()) -> Listed:
    credentials = (CredentialId(one, "main") for one in identities)
    return Listed(frozenset(identities), frozenset(credentials), frozenset(assignments))


def test_instances_of_all_modules_come_to_one_block() -> None:
    rows = (identity(A, "x", 'module.m["1"]'), identity(B, "y", 'module.m["2"]'), credential(A, 'q"'), credential(B))

    found = hand_over(state_of(*rows), listed(A, B))

    assert found == HandOver(
        objects=(CredentialId(B, "main"), CredentialId(A, "main"), A, B),
        removed=(f"{CREDENTIAL}.main", f"module.m.{IDENTITY}.this"),
        one_by_one=(),
        left=(),
        others=(),
        references=(),
    )


def test_resource_of_which_a_part_stays_has_no_block() -> None:
    rows = (identity(A), role(FIRST, "a"), role(SECOND, "b"))

    found = hand_over(state_of(*rows), listed(A, assignments=(FIRST, THIRD)))

    assert found.removed == (f"{IDENTITY}.this",)
    assert found.one_by_one == (f'{ROLE}.reader["a"]',)
    assert found.left == (
        Left(
            f'{ROLE}.reader["b"]',
            "it is another principal's, Azure has it no more, or a manifest cannot list it",
        ),
    )
    assert found.objects == (FIRST, A)


def test_what_azure_does_not_have_stays_with_its_reason() -> None:
    elsewhere = Row(CREDENTIAL, "extra", {"id": f"{A}/federatedIdentityCredentials/extra"})
    rows = (identity(A, 0), identity(B, 1), credential(B), elsewhere)

    found = hand_over(state_of(*rows), listed(A))

    assert (found.removed, found.one_by_one) == ((), (f"{IDENTITY}.this[0]",))
    assert found.left == (
        Left(f"{CREDENTIAL}.extra", "Azure has no such credential, or a manifest cannot list it"),
        Left(f"{CREDENTIAL}.main", "its identity id-b is not taken over"),
        Left(f"{IDENTITY}.this[1]", "Azure has no such identity, or it was left out"),
    )


def test_others_are_named_once_and_data_sources_are_none_of_them() -> None:
    others = (Row("azurerm_resource_group", "app", {}, key) for key in (0, 1))
    data = Row("azurerm_client_config", "me", {}, mode="data")

    found = hand_over(state_of(identity(A), *others, data), listed(A))

    assert found.others == (("azurerm_resource_group.app", "azurerm_resource_group"),)


def test_references_are_those_of_what_stays() -> None:
    this = f"module.m.{IDENTITY}.this"
    rows = (
        identity(A, module="module.m[0]"),
        Row(CREDENTIAL, "main", {"id": f"{A}/federatedIdentityCredentials/main"}, depends_on=(this,)),
        Row("azurerm_linux_virtual_machine", "vm", {}, 0, depends_on=(this, "azurerm_resource_group.app")),
        Row("azurerm_linux_virtual_machine", "vm", {}, 1, depends_on=(this,)),
        Row("azurerm_key_vault", "kv", {}, module="module.k", depends_on=(this,)),
        Row("azurerm_resource_group", "app", {}),
    )

    found = hand_over(state_of(*rows), listed(A))

    assert found.references == (
        Reference(this, ("azurerm_linux_virtual_machine.vm", "module.k.azurerm_key_vault.kv"), A),
    )


def test_part_that_stays_of_a_resource_still_refers_to_what_goes() -> None:
    depends_on = (f"{IDENTITY}.this",)
    rows = (identity(A), role(FIRST, "a", depends_on), role(SECOND, "b", depends_on))

    found = hand_over(state_of(*rows), listed(A, assignments=(FIRST,)))

    assert found.references == (Reference(f"{IDENTITY}.this", (f"{ROLE}.reader",), A),)
