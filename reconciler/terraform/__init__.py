"""What Terraform manages, as its state says, and how it lets go of what a manifest lists from now on.

Nothing here runs Terraform or knows a manifest: a state is read, held against what was exported, and answered with
`removed` blocks.
"""

from reconciler.terraform.hand_over import HandOver, Left, Listed, Reference, hand_over
from reconciler.terraform.removed import FILE_NAME, example_data_source, removed_blocks
from reconciler.terraform.state import TerraformState, read_state
from reconciler.terraform.values import StateAssignment, StateInstance

__all__ = [
    "FILE_NAME",
    "HandOver",
    "Left",
    "Listed",
    "Reference",
    "StateAssignment",
    "StateInstance",
    "TerraformState",
    "example_data_source",
    "hand_over",
    "read_state",
    "removed_blocks",
]
