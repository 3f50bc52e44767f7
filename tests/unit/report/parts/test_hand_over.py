"""What is said of a hand-over from Terraform."""

from dataclasses import replace

from reconciler.model import CredentialId, ResourceId
from reconciler.report.parts.hand_over import render_hand_over
from reconciler.terraform import HandOver, Left, Reference, StateAssignment

APP = ResourceId("s", "rg-app", "id-app")
EMPTY = HandOver((), (), (), (), (), ())

WHOLE = HandOver(
    objects=(CredentialId(APP, "main"), StateAssignment("/x", "p"), StateAssignment("/y", "p"), APP),
    removed=("azurerm_user_assigned_identity.app", "azurerm_federated_identity_credential.main"),
    one_by_one=('azurerm_role_assignment.r["it\'s"]',),
    left=(Left('azurerm_role_assignment.r["b"]', "its principal is none of ours"),),
    others=(("azurerm_key_vault.kv", "azurerm_key_vault"),),
    references=(Reference("azurerm_user_assigned_identity.app", ("azurerm_key_vault.kv",), APP),),
)


def test_everything_is_said_once_and_commands_are_quoted_for_a_shell() -> None:
    assert render_hand_over(WHOLE, "out/removed.tf", color=False) == (
        "Taken over from Terraform: 1 identity, 1 federated credential, 2 role assignments.\n"
        "out/removed.tf has 2 `removed` blocks: put it into the root module, delete the\n"
        "blocks of these resources, run `terraform plan`, which must destroy nothing, and\n"
        "`terraform apply`. Do that before `uami apply`: as long as Terraform manages\n"
        "them too, it takes back what uami writes.\n"
        "\n"
        "Other instances of these resources stay, and a `removed` block names whole\n"
        "resources only:\n"
        "  terraform state rm 'azurerm_role_assignment.r[\"it'\"'\"'s\"]'\n"
        "\n"
        "Not taken over, and still Terraform's:\n"
        '  azurerm_role_assignment.r["b"]: its principal is none of ours\n'
        "  azurerm_key_vault.kv\n"
        "\n"
        "Resources that depend on what is taken over, themselves or through others, as\n"
        "far as the state says:\n"
        "  azurerm_user_assigned_identity.app\n"
        "    azurerm_key_vault.kv\n"
        "\n"
        "Where one of them has a credential or a role in its `depends_on`, take it out.\n"
        "Where one of them names an identity, let it name a data source, such as:\n"
        "\n"
        '  data "azurerm_user_assigned_identity" "example" {\n'
        '    name                = "id-app"\n'
        '    resource_group_name = "rg-app"\n'
        "  }\n"
    )


def test_nothing_taken_over_is_said_as_well() -> None:
    assert render_hand_over(EMPTY, None, color=False) == "Taken over from Terraform: nothing.\n"


def test_data_source_is_for_identities_alone() -> None:
    found = replace(EMPTY, references=(Reference("azurerm_role_assignment.r", ("azurerm_key_vault.kv",), None),))

    assert render_hand_over(found, None, color=False).endswith("in its `depends_on`, take it out.\n")
