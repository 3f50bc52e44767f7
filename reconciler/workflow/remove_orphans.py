"""`uami orphans --remove`: plan the deletes of those orphans that are ours, to be shown, approved and carried out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from reconciler.guardrails import Facts, Guardrails, combined_sha256, judge_orphans
from reconciler.guards import NO_ALLOWANCES, Allowances, check_allowances, judge, unused_allowances
from reconciler.live.azure import Azure
from reconciler.live.locks import read_locks
from reconciler.live.may_read import MayRead
from reconciler.manifest.desired import Desired
from reconciler.model import GONE, Live, Orphan, ResourceGroupId, Subscription, sentences
from reconciler.outputs.orphans.report import OrphansReport
from reconciler.plan import Plan, make_plan, revocation_note
from reconciler.plan.orphans.notes import not_judged_note, orphan_notes
from reconciler.plan.orphans.removal import orphan_changes
from reconciler.workflow.apply import Planner


@dataclass(frozen=True, slots=True)
class RemovalRequest:
    """Within what orphans may be removed.

    Attributes:
        judged_on: the day of the run, in UTC.
    """

    allowances: Allowances = NO_ALLOWANCES
    guardrails: tuple[Guardrails, ...] = ()
    judged_on: date = field(kw_only=True)


def removal_planner(find: Callable[[], OrphansReport], request: RemovalRequest, azure: Azure) -> Planner:
    """What finds orphans, and plans the deletes of ours.

    Raises:
        UsageError: an allowance that can be of no orphan.
        ReconcilerError: whatever `find` raises; both as the plan is made.
    """

    def plan_now(may_read: MayRead) -> Plan:
        report = find()
        plan = plan_removal(report.found.orphans, report.subscription, request, azure, may_read)
        not_judged = not_judged_note(len(report.found.not_judged))
        return replace(plan, notes=(*plan.notes, *not_judged))

    return plan_now


def plan_removal(
    orphans: Sequence[Orphan], subscription: Subscription, request: RemovalRequest, azure: Azure, may_read: MayRead
) -> Plan:
    """The plan that deletes what is ours and not given above the subscription; guards and guardrails judge it."""
    subscription_id, allowances = subscription.subscription_id, request.allowances
    whole = (ResourceGroupId(subscription_id, GONE),)
    check_allowances(allowances, whole, whole)
    found = orphan_changes(orphans, subscription_id, judged_on=request.judged_on)
    locks = read_locks(found, azure.resources, may_read)
    changes = replace(found, locks=locks.locks)
    beyond_guardrails = judge_orphans(request.guardrails, changes, Facts((subscription.tenant_id,), None))
    refused = judge(changes, allowances, also=beyond_guardrails)
    plan = make_plan(Desired(()), Live((subscription,), ()), changes, refused, cloud=azure.cloud, targets=())
    return replace(
        plan,
        notes=(
            *orphan_notes(orphans, subscription_id),
            *sentences(locks.not_read),
            *revocation_note(plan),
        ),
        unused_allowances=unused_allowances(changes, allowances),
        guardrails=combined_sha256(request.guardrails),
        is_of_orphans=True,
    )
