"""A hand-over from Terraform to the last revocation, with state files of the shape that Terraform 1.11.4 writes.

No Terraform runs here: `tests/test_example_clients` runs one where UAMI_TERRAFORM names it, with azurerm, and
`tests/contract/test_terraform` one without a provider.
"""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.command import Ended, Uami
from tests.cli.conftest import EXAMPLES
from tests.cli.inputs import SUBSCRIPTION, TENANT, add_to_state, group_scope, identity_scope, write_state
from tests.terraform_state import SECRET, Row, content, shown, state_file

SANDBOX = ("--sandbox", "sandbox.json")
OWNER = ("--owner", "contoso/orders")
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
KEY = 'a"b [c] é${x}'

IDENTITY = "azurerm_user_assigned_identity"
CREDENTIAL = "azurerm_federated_identity_credential"
ROLE = "azurerm_role_assignment"


def principal(number: int) -> str:
    return f"0b2c0000-0000-4000-8000-00000000000{number}"


def role_id(number: int) -> str:
    name = f"aaaaaaaa-0000-4000-8000-00000000000{number}"
    return f"{group_scope('rg-app')}/providers/Microsoft.Authorization/roleAssignments/{name}"


def trust(identity: str, name: str) -> str:
    return f"{identity_scope('rg-app', identity)}/federatedIdentityCredentials/{name}"


ROWS = (
    Row("azurerm_resource_group", "app", {"id": group_scope("rg-app")}),
    Row(IDENTITY, "root", {"id": identity_scope("rg-app", "id-root")}),
    Row(IDENTITY, "many", {"id": identity_scope("rg-app", "id-many")}, KEY, r'module.m["k\"1"].module.n[0]'),
    Row(IDENTITY, "counted", {"id": identity_scope("rg-app", "id-counted")}, 0),
    Row(CREDENTIAL, "main", {"id": trust("id-root", "main")}, KEY, depends_on=(f"{IDENTITY}.root",)),
    Row(ROLE, "reader", {"id": role_id(1)}, KEY, depends_on=(f"{IDENTITY}.root",)),
    Row(ROLE, "reader", {"id": role_id(2)}, "somebody", depends_on=(f"{IDENTITY}.root",)),
    Row("azurerm_linux_virtual_machine", "vm", {"id": "/vm"}, depends_on=(f"{IDENTITY}.root",)),
)
"""Everything that is hard: keys with quotes, brackets and more, modules with keys, and another's role in a resource."""


@pytest.fixture
def state(folder: Path) -> Path:
    """The sandbox that has what the rows say, an identity that Terraform does not know, and another one's role."""
    path = write_state(
        folder / "sandbox.json", {"rg-app": {"id-counted": {}, "id-many": {}, "id-other": {}, "id-root": {"a": "b"}}}
    )
    document = json.loads(path.read_text(encoding="utf-8"))
    principals = {one["id"].rpartition("/")[2]: one["properties"]["principalId"] for one in document["identities"]}
    roles = {1: principals["id-root"], 2: principals["id-other"]}
    add_to_state(
        path,
        federatedIdentityCredentials=[
            {
                "id": trust("id-root", "main"),
                "properties": {"issuer": "https://i", "subject": "s", "audiences": ["api://AzureADTokenExchange"]},
            }
        ],
        roleAssignments=[
            {
                "id": role_id(number),
                "properties": {
                    "roleDefinitionId": f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization"
                    f"/roleDefinitions/{READER}",
                    "principalId": principal_id,
                    "principalType": "ServicePrincipal",
                },
            }
            for number, principal_id in roles.items()
        ],
    )
    (folder / "out").mkdir()
    return path


def hand_over(uami: Uami, document: object, *more: str) -> Ended:
    (uami.folder / "terraform.json").write_bytes(content(document))
    return uami("export", "--tfstate", "terraform.json", *OWNER, "-o", "out", *SANDBOX, *more)


def test_example_is_handed_over_adopted_and_then_revoked_by_a_line_less(uami: Uami, folder: Path) -> None:
    for name in ("sandbox.json", "terraform-state.json"):
        shutil.copy(EXAMPLES / "moving-in" / name, folder)
    (folder / "out").mkdir()

    handed = uami("export", "--tfstate", "terraform-state.json", *OWNER, "-o", "out", *SANDBOX)
    manifest = folder / "out" / SUBSCRIPTION / "rg-orders.yaml"
    planned = uami("plan", "out", *SANDBOX, "--format", "json")
    applied = uami("apply", "out", "-y", *SANDBOX)
    again = uami("plan", "out", *SANDBOX, "--detailed-exitcode")
    lines = manifest.read_text(encoding="utf-8").splitlines(keepends=True)
    manifest.write_text("".join(one for one in lines if "name: github-main" not in one), encoding="utf-8")
    revoked = uami("apply", "out", "-y", *SANDBOX)

    assert handed.code == 0, handed
    assert {one["reason"] for one in planned.document["changes"]} == {"adopt", "equal"}
    assert "Apply complete! Resources: 0 added, 7 changed, 0 destroyed." in applied.stdout
    assert again.code == 0, again
    assert "Apply complete! Resources: 0 added, 0 changed, 1 destroyed." in revoked.stdout
    left = json.loads((folder / "sandbox.json").read_text(encoding="utf-8"))["federatedIdentityCredentials"]
    assert sorted(one["id"].rpartition("/")[2] for one in left) == ["aks", "aks", "github-production"]


def test_state_and_configurations_of_the_example_are_of_one_piece() -> None:
    folder = EXAMPLES / "moving-in"
    state = json.loads((folder / "terraform-state.json").read_text(encoding="utf-8"))
    sandbox = json.loads((folder / "sandbox.json").read_text(encoding="utf-8"))
    before = "".join(path.read_text(encoding="utf-8") for path in (folder / "terraform" / "before").rglob("*.tf"))

    declared = {(one["type"], one["name"]) for one in state["resources"]}
    ids = {instance["attributes"]["id"].casefold() for one in state["resources"] for instance in one["instances"]}
    live = {
        one["id"].casefold()
        for kind in ("resourceGroups", "identities", "federatedIdentityCredentials", "roleAssignments")
        for one in sandbox[kind]
    }
    assert all(f'resource "{type_}" "{name}" {{' in before for type_, name in declared)
    assert before.count('resource "') == len(declared)
    assert {one for one in ids if one.startswith("/")} <= live


def test_addresses_with_quotes_and_modules_come_to_blocks_and_commands(uami: Uami, state: Path) -> None:
    handed = hand_over(uami, state_file(ROWS))

    assert handed.code == 0, handed
    assert handed.stdout == (
        "Taken over from Terraform: 3 identities, 1 federated credential, 1 role assignment.\n"
        "out/removed.tf has 4 `removed` blocks: put it into the root module, delete the\n"
        "blocks of these resources, run `terraform plan`, which must destroy nothing, and\n"
        "`terraform apply`. Do that before `uami apply`: as long as Terraform manages\n"
        "them too, it takes back what uami writes.\n"
        "\n"
        "Other instances of these resources stay, and a `removed` block names whole\n"
        "resources only:\n"
        '  terraform state rm \'azurerm_role_assignment.reader["a\\"b [c] é$${x}"]\'\n'
        "\n"
        "Not taken over, and still Terraform's:\n"
        '  azurerm_role_assignment.reader["somebody"]: it is another principal\'s, Azure has it no more, or a manifest'
        " cannot list it\n"
        "  azurerm_linux_virtual_machine.vm\n"
        "  azurerm_resource_group.app\n"
        "\n"
        "Resources that depend on what is taken over, themselves or through others, as\n"
        "far as the state says:\n"
        "  azurerm_user_assigned_identity.root\n"
        "    azurerm_linux_virtual_machine.vm\n"
        "    azurerm_role_assignment.reader\n"
        "\n"
        "Where one of them has a credential or a role in its `depends_on`, take it out.\n"
        "Where one of them names an identity, let it name a data source, such as:\n"
        "\n"
        '  data "azurerm_user_assigned_identity" "example" {\n'
        '    name                = "id-root"\n'
        '    resource_group_name = "rg-app"\n'
        "  }\n"
    )
    blocks = (uami.folder / "out" / "removed.tf").read_text(encoding="utf-8")
    assert [line.strip() for line in blocks.splitlines() if "from" in line] == [
        "from = azurerm_federated_identity_credential.main",
        "from = azurerm_user_assigned_identity.counted",
        "from = azurerm_user_assigned_identity.root",
        "from = module.m.module.n.azurerm_user_assigned_identity.many",
    ]


def test_only_the_identities_of_the_state_are_listed_and_the_first_apply_only_adopts(uami: Uami, state: Path) -> None:
    hand_over(uami, state_file(ROWS))

    planned = uami("plan", "out", *SANDBOX, "--format", "json").document
    applied = uami("apply", "out", "-y", *SANDBOX)
    again = uami("plan", "out", *SANDBOX, "--detailed-exitcode")

    assert {one["address"].split("/")[2] for one in planned["changes"]} == {"id-counted", "id-many", "id-root"}
    assert {one["reason"] for one in planned["changes"]} <= {"adopt", "equal"}
    assert planned["summary"] == {**planned["summary"], "create": 0, "delete": 0, "update": 4}
    assert applied.code == again.code == 0
    tags = {one["id"].rpartition("/")[2]: one["tags"] for one in json.loads(state.read_text())["identities"]}
    assert tags["id-other"] == {}


def test_both_forms_of_a_state_are_handed_over_alike(uami: Uami, state: Path) -> None:
    from_file = hand_over(uami, state_file(ROWS))
    files = {path.name: path.read_bytes() for path in (uami.folder / "out").rglob("*") if path.is_file()}
    shutil.rmtree(uami.folder / "out")
    (uami.folder / "out").mkdir()

    from_shown = hand_over(uami, shown(ROWS))

    assert from_shown == from_file
    assert {path.name: path.read_bytes() for path in (uami.folder / "out").rglob("*") if path.is_file()} == files


def test_what_a_state_keeps_secret_is_nowhere(uami: Uami, state: Path) -> None:
    handed = hand_over(uami, state_file(ROWS))

    written = "".join(path.read_text() for path in (uami.folder / "out").rglob("*") if path.is_file())
    assert SECRET not in handed.stdout + handed.stderr + written


def test_without_an_owner_the_plan_is_empty(uami: Uami, state: Path) -> None:
    (uami.folder / "terraform.json").write_bytes(content(state_file(ROWS)))

    handed = uami("export", "--tfstate", "terraform.json", "-o", "out", *SANDBOX)

    assert handed.code == 0, handed
    assert uami("plan", "out", *SANDBOX, "--detailed-exitcode").code == 0


def test_roles_that_are_not_exported_stay_with_terraform(uami: Uami, state: Path) -> None:
    handed = hand_over(uami, state_file(ROWS), "--no-role-assignments")

    assert handed.code == 0, handed
    assert handed.stdout.startswith("Taken over from Terraform: 3 identities, 1 federated credential.\n")
    assert "terraform state rm" not in handed.stdout


def test_what_azure_does_not_have_stays_with_terraform(uami: Uami, state: Path) -> None:
    gone = Row(IDENTITY, "gone", {"id": identity_scope("rg-gone", "id-gone")})

    handed = hand_over(uami, state_file([*ROWS, gone]))

    assert handed.code == 0, handed
    assert "  azurerm_user_assigned_identity.gone: Azure has no such identity, or it was left out\n" in handed.stdout
    assert not (uami.folder / "out" / SUBSCRIPTION / "rg-gone.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--tfstate", "terraform.json"), "Error: --tfstate without -o: "),
        (
            ("--tfstate", "terraform.json", "-o", "out", "-g", "rg-app"),
            "Error: --tfstate and --resource-group cannot be combined: the state says which groups",
        ),
        (
            ("--tfstate", "terraform.json", "-o", "out", "--subscription", TENANT),
            f"Error: --subscription {TENANT}: the state has no identity in it",
        ),
        ((), "Error: --subscription is missing: nothing says what to export"),
    ],
)
def test_flags_that_do_not_fit_are_wrong_usage(uami: Uami, state: Path, arguments: tuple[str, ...], said: str) -> None:
    (uami.folder / "terraform.json").write_bytes(content(state_file(ROWS)))

    ended = uami("export", *arguments, *SANDBOX)

    assert (ended.code, ended.stdout) == (64, "")
    assert ended.stderr.startswith(said)
    assert [*(uami.folder / "out").iterdir()] == []


@pytest.mark.parametrize("document", [{"version": 3}, {"encrypted_data": "x"}, {"planned_values": {}}, {"version": 4}])
def test_what_is_no_state_is_an_invalid_file(uami: Uami, state: Path, document: object) -> None:
    ended = hand_over(uami, document)

    assert (ended.code, ended.stdout) == (65, "")
    assert ended.stderr.startswith("Error: terraform.json: ")


def test_blocks_are_not_written_over_others(uami: Uami, state: Path) -> None:
    (uami.folder / "out" / "removed.tf").write_text("removed {}\n", encoding="utf-8")

    ended = hand_over(uami, state_file(ROWS))

    assert (ended.code, ended.stdout) == (64, "")
    assert [path.name for path in (uami.folder / "out").rglob("*")] == ["removed.tf"]
