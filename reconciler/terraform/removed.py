"""The text of `removed` blocks, as `terraform fmt` would leave it."""

from collections.abc import Sequence

from reconciler.model import ResourceId
from reconciler.terraform.values import quoted_text

FILE_NAME = "removed.tf"

_HEAD = """\
# For the root module of the configuration; Terraform 1.7 or newer, or OpenTofu 1.10 or newer. Delete the blocks of
# these resources, then run `terraform plan`: it must destroy nothing. After its apply, this file can be deleted.
"""


def removed_blocks(resources: Sequence[str]) -> str:
    """A file with one block a resource; the addresses have no instance keys.

    Source: developer.hashicorp.com/terraform/language/block/removed (Terraform 1.7); opentofu/opentofu pull request
    2628 (the block `lifecycle`, from OpenTofu 1.10 on).
    """
    return "\n".join([_HEAD, *map(_block, resources)])


def _block(resource: str) -> str:
    return f"removed {{\n  from = {resource}\n\n  lifecycle {{\n    destroy = false\n  }}\n}}\n"


def example_data_source(identity: ResourceId) -> str:
    """A data source that reads an identity which Terraform does not manage."""
    return (
        'data "azurerm_user_assigned_identity" "example" {\n'
        f"  name                = {quoted_text(identity.name)}\n"
        f"  resource_group_name = {quoted_text(identity.resource_group)}\n"
        "}\n"
    )
