"""`uami orphans`: find the role assignments of a subscription whose principal is gone, and plan the deletes of ours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from reconciler.arm import subscriptions
from reconciler.guardrails import Facts, Guardrails, combined_sha256, judge_orphans
from reconciler.guards import NO_ALLOWANCES, Allowances, check_allowances, judge, unused_allowances
from reconciler.journal import Place, read_known
from reconciler.live.azure import Azure
from reconciler.live.locks import read_locks
from reconciler.live.may_read import MayRead
from reconciler.live.orphans.directory import Pause
from reconciler.live.orphans.read import OrphanSearch, find_orphans
from reconciler.manifest.desired import Desired
from reconciler.manifest.tenants import check_subscription_tenant
from reconciler.model import GONE, Live, Orphan, ResourceGroupId, Subscription, sentences
from reconciler.outputs.orphans.report import OrphansReport
from reconciler.plan import Plan, make_plan, revocation_note
from reconciler.plan.orphans.notes import not_judged_note, orphan_notes
from reconciler.plan.orphans.removal import orphan_changes
from reconciler.workflow.apply import Planner
from reconciler.workflow.preflight import tenant_of_flag


@dataclass(frozen=True, slots=True)
class OrphansRequest:
    """Where to look, and by what to tell what is ours.

    Attributes:
        owners: whose role assignments are ours, beside those of the runs whose journals lie in the folder.
        journals: that are read in any case.
        folder: of the journals that runs leave; None where there is none.
        pause_s: between the two looks at the directory.
    """

    subscription_id: str
    owners: tuple[str, ...]
    journals: tuple[Path, ...]
    folder: Path | None
    pause_s: float


def run_orphans(
    request: OrphansRequest,
    azure: Azure,
    place: Place,
    sleep: Callable[[float], None],
    may_read: MayRead | None = None,
) -> OrphansReport:
    """Read the journals of this place, and the live side.

    Args:
        place: where this run's calls go.
        sleep: waits for seconds.
        may_read: of a phase in which more is asked than this needs.

    Raises:
        InputFileError: a journal that is named cannot be read.
        AuthError: no token, of another tenant, or without the right to list the role assignments of the subscription.
        ArmError: there is no such subscription, or something could not be read.
    """
    expected = tenant_of_flag(azure)
    subscription = subscriptions.find(azure.resources.client, request.subscription_id)
    check_subscription_tenant(subscription, expected)
    known = read_known(request.journals, request.folder, (azure.cloud, subscription.tenant_id, place))
    owners = known.owners.union(request.owners)
    runner = azure.runner()
    search = OrphanSearch(
        subscription.subscription_id,
        known.identities,
        owners,
        runner.object_id if runner is not None else None,
        known.hearsay,
    )
    found = find_orphans(search, azure.resources, Pause(request.pause_s, sleep), may_read)
    return OrphansReport(azure.cloud, subscription, tuple(sorted(owners)), known, found)


@dataclass(frozen=True, slots=True)
class RemovalRequest:
    """Within what orphans may be removed.

    Attributes:
        judged_on: the day of the run, in UTC.
    """

    allowances: Allowances = NO_ALLOWANCES
    guardrails: tuple[Guardrails, ...] = ()
    judged_on: date = field(kw_only=True)


def removal_planner(find: Callable[[MayRead], OrphansReport], request: RemovalRequest, azure: Azure) -> Planner:
    """What finds orphans, and plans the deletes of ours.

    Raises:
        UsageError: an allowance that can be of no orphan.
        ReconcilerError: whatever `find` raises; both as the plan is made.
    """

    def plan_now(may_read: MayRead) -> Plan:
        report = find(may_read)
        plan = plan_removal(report.found.orphans, report.subscription, request, azure, may_read)
        unknown = (*sentences(report.found.not_read), *not_judged_note(len(report.found.not_judged)))
        return replace(plan, notes=(*plan.notes, *unknown))

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
