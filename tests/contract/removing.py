"""What the tests of a removal of orphans share: a place where orphans are, and a run of the removal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from reconciler.apply.result import ApplyResult
from reconciler.apply.step import ApplyTools
from reconciler.guardrails.model import Guardrails
from reconciler.guards import NO_ALLOWANCES, Allowances
from reconciler.live.may_read import MayRead
from reconciler.live.orphans.again import why_not_gone
from reconciler.live.orphans.directory import Pause
from reconciler.live.orphans.read import OrphanSearch, find_orphans
from reconciler.model.identity import Subscription
from reconciler.model.ids import ResourceId
from reconciler.plan.plan import Plan
from reconciler.sandbox.state.kinds import RoleAssignment
from reconciler.workflow.apply import ApplyOptions, run_apply
from reconciler.workflow.orphans import RemovalRequest, plan_removal
from tests.builders import SUBSCRIPTION, TENANT, TODAY
from tests.contract.access import CONTRIBUTOR, IN_GROUP, IN_SUBSCRIPTION, OWNER, READER, given, lives, with_roles
from tests.contract.applying import Run
from tests.contract.arm import Arm, contents

OLD = "2020-01-01T00:00:00.0000000Z"


def old(identity: str, role: str, scope: str = IN_GROUP, *, owner: str | None = OWNER) -> RoleAssignment:
    """A role of long ago, of an identity that may be gone."""
    return replace(given(identity, role, scope, owner=owner), created_on=OLD)


START = with_roles(
    contents(lives("id-stays")),
    old("id-stays", READER),
    old("id-a", READER),
    old("id-a", CONTRIBUTOR, IN_SUBSCRIPTION),
    old("id-b", READER),
    old("id-b", CONTRIBUTOR, owner=None),
    old("id-b", READER, IN_SUBSCRIPTION, owner="team-b"),
)
"""One identity is there; of two that are gone three roles are ours, one is nobody's and one another team's."""

OURS = {("id-a", READER, IN_GROUP), ("id-a", CONTRIBUTOR, IN_SUBSCRIPTION), ("id-b", READER, IN_GROUP)}


@dataclass
class Removal:
    """A removal of what is ours, with all that it asked and showed."""

    arm: Arm
    known: Mapping[str, ResourceId] = field(default_factory=dict)
    owners: tuple[str, ...] = (OWNER,)
    allowances: Allowances = NO_ALLOWANCES
    guardrails: tuple[Guardrails, ...] = ()
    shown: list[Plan] = field(default_factory=list)

    def plan(self, may_read: MayRead | None = None) -> Plan:
        """Find, and plan."""
        resources = self.arm.resources_with_graph
        search = OrphanSearch(SUBSCRIPTION, self.known, frozenset(self.owners))
        may_read = may_read or MayRead(self.arm.client)
        found = find_orphans(search, resources, Pause(30.0, self.arm.retries.sleep), may_read)
        request = RemovalRequest(self.allowances, self.guardrails, judged_on=TODAY)
        subscription = Subscription(SUBSCRIPTION, "Payments", TENANT)
        azure = replace(self.arm.azure, resources=resources)
        return plan_removal(found.orphans, subscription, request, azure, may_read)

    def tools(self, run: Run | None = None) -> ApplyTools:
        """What apply works with: it looks again, as the command does."""
        look = partial(why_not_gone, resources=self.arm.resources_with_graph)
        return replace((run or Run(self.arm)).tools(), why_not_gone=look)

    def carry_out(
        self, confirm: Callable[[Plan], None] = lambda _: None, *, skip_refused: bool = False, run: Run | None = None
    ) -> ApplyResult:
        """Plan, show, confirm, delete, verify."""
        _, result = run_apply(
            self.plan,
            self.arm.azure,
            self.tools(run),
            ApplyOptions(skip_refused),
            show=self.shown.append,
            confirm=confirm,
        )
        return result


def left(arm: Arm) -> set[str]:
    """The names of the role assignments that are there."""
    return {one.name for one in arm.application.state.contents().of(RoleAssignment)}


def names_of(*roles: RoleAssignment) -> set[str]:
    """Their names."""
    return {one.name for one in roles}
