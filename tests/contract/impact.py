"""What the tests of the impact of deletes share: resources of several kinds that identities are attached to."""

from collections.abc import Iterable

from reconciler.live.attachments import READ_GRAPH
from reconciler.model.impact import Impact
from reconciler.plan.plan import Plan
from reconciler.sandbox.state.kinds import Attachment, Resource
from reconciler.sandbox.state.state import Contents, Grant
from tests.builders import GROUP, SUBSCRIPTION, label
from tests.contract.arm import PIPELINE, Arm, there

IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
IN_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/{GROUP}"
VM = f"{IN_GROUP}/providers/Microsoft.Compute/virtualMachines/vm-a"
USERS = (
    VM,
    f"{IN_GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/vmss-a",
    f"{IN_GROUP}/providers/Microsoft.ContainerService/managedClusters/aks-a",
    f"{IN_GROUP}/providers/Microsoft.Web/sites/web-a",
)
"""One resource of each kind that the criteria name, in order of their ids."""

GRAPH = "/providers/Microsoft.ResourceGraph/resources"
EVERYTHING = ("*",)


def with_users(start: Contents, identity: str, resource_ids: Iterable[str]) -> Contents:
    """The contents with resources that an identity is attached to; ids there are spelled otherwise than ARM's own."""
    attachment = Attachment(there(identity).resource_id.upper(), "a principal", "a client")
    added = tuple(_resource(one, attachment) for one in resource_ids)
    return start.having(Resource, (*start.of(Resource), *added))


def _resource(resource_id: str, attachment: Attachment) -> Resource:
    words = resource_id.split("/")
    kind = "/".join(words[6:8])
    return Resource(resource_id, kind, words[-1], "westeurope", attachments=(attachment,), has_identity=True)


def without(*actions: str, scope: str = IN_SUBSCRIPTION) -> Grant:
    """Every right of our client but these."""
    return Grant(PIPELINE, scope, EVERYTHING, actions)


WITHOUT_GRAPH = without(READ_GRAPH)


def impact_of(plan: Plan, name: str = "id-old") -> Impact:
    """What the plan says that a delete would break."""
    (found,) = [change for change in plan.changes if label(change) == name]
    impact = getattr(found, "impact", None)
    assert isinstance(impact, Impact)
    return impact


def refusals(plan: Plan) -> list[tuple[str, str]]:
    """Code and message of each refusal."""
    return [(one.code, one.message) for one in plan.violations]


def asked(arm: Arm, end: str, method: str = "POST") -> int:
    """How many calls of ours ended so."""
    return sum(1 for verb, path in arm.asked if verb == method and path.casefold().endswith(end.casefold()))
