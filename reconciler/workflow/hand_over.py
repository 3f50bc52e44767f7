"""`uami export --tfstate`: manifests of the identities that a Terraform state holds, and what Terraform lets go of."""

from collections import defaultdict
from dataclasses import dataclass, replace

from reconciler.errors import UsageError
from reconciler.export.choose import Terms
from reconciler.live.azure import Azure
from reconciler.model import ResourceGroupId, ResourceId, same_name
from reconciler.terraform import HandOver, Listed, StateAssignment, TerraformState, hand_over
from reconciler.workflow.export import Exported, ExportRequest, run_export


@dataclass(frozen=True, slots=True)
class HandOverRequest:
    """What to take over: the identities of a state, of one subscription or of all that it speaks of."""

    state: TerraformState
    subscription_id: str | None
    terms: Terms


def check_hand_over(request: HandOverRequest) -> None:
    """Raises UsageError where the state has no identity in the subscription."""
    if not _identities(request):
        raise UsageError(
            f"--subscription {request.subscription_id}: the state has no identity in it",
            "Leave the flag out: the state says which subscriptions it is about.",
        )


def run_hand_over(request: HandOverRequest, azure: Azure) -> tuple[Exported, HandOver]:
    """Export the identities of the state, and no others of their groups; raises as `run_export` does.

    What the state has and Azure does not is no error here: Terraform keeps it, and the result says so.
    """
    groups: defaultdict[str, list[ResourceGroupId]] = defaultdict(list)
    identities = _identities(request)
    for group_id in sorted({one.group_id for one in identities}, key=lambda one: one.key):
        groups[group_id.subscription_id.casefold()].append(group_id)
    terms = replace(request.terms, only=identities)
    exports = [
        run_export(
            ExportRequest(some[0].subscription_id, tuple(one.resource_group for one in some), terms),
            azure,
        )
        for some in groups.values()
    ]
    exported = Exported(
        tuple(group for one in exports for group in one.groups),
        tuple(dict.fromkeys(note for one in exports for note in one.notes)),
    )
    return exported, hand_over(request.state, _listed(exported))


def _identities(request: HandOverRequest) -> frozenset[ResourceId]:
    only = request.subscription_id
    return frozenset(one for one in request.state.identities if only is None or same_name(one.subscription_id, only))


def _listed(exported: Exported) -> Listed:
    groups = exported.groups
    return Listed(
        frozenset(one for group in groups for one in group.identities),
        frozenset(one for group in groups for one in group.credentials),
        frozenset(StateAssignment.of(one) for group in groups for one in group.assignments),
    )
