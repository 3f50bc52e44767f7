"""The text of `removed` blocks."""

from reconciler.model import ResourceId
from reconciler.terraform import example_data_source, removed_blocks


def test_every_resource_has_a_block_that_destroys_nothing() -> None:
    text = removed_blocks(["azurerm_role_assignment.a", "module.m.azurerm_role_assignment.b"])

    comment, _, blocks = text.partition("\n\n")
    assert all(line.startswith("# ") for line in comment.splitlines())
    assert blocks == (
        "removed {\n  from = azurerm_role_assignment.a\n\n  lifecycle {\n    destroy = false\n  }\n}\n\n"
        "removed {\n  from = module.m.azurerm_role_assignment.b\n\n  lifecycle {\n    destroy = false\n  }\n}\n"
    )


def test_example_reads_the_identity_by_name_and_group() -> None:
    assert example_data_source(ResourceId("s", "rg-app", 'id"${x}')) == (
        'data "azurerm_user_assigned_identity" "example" {\n'
        '  name                = "id\\"$${x}"\n'
        '  resource_group_name = "rg-app"\n'
        "}\n"
    )
