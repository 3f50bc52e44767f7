"""`uami apply`, and whatever else writes: plan, show, ask, carry out, verify."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from reconciler.apply.apply import apply_plan
from reconciler.apply.result import ApplyResult
from reconciler.apply.step import ApplyTools
from reconciler.apply.verify import verify_result
from reconciler.errors import Interrupted
from reconciler.live.azure import Azure
from reconciler.live.may_read import MayRead
from reconciler.live.rights import missing_rights, read_rights, unchecked_notes
from reconciler.model import PlanRefused, ResourceId
from reconciler.plan import Plan, Rights, needs_of_plan
from reconciler.saved_plan.staleness import check_unchanged
from reconciler.workflow.declare import Declaration
from reconciler.workflow.plan import compare_and_judge


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """How an apply goes about it: whether to apply the rest of a refused plan, and to read again what it changed."""

    skip_refused: bool = False
    verify: bool = True


Planner = Callable[[MayRead], Plan]
"""Compares and judges; what it asks of permissions is asked once for the whole phase before the confirmation."""


def planned(declaration: Declaration, azure: Azure) -> Planner:
    """The plan of what is declared; PlanStale is raised where it was reviewed, and is not that plan any more."""

    def plan_now(may_read: MayRead) -> Plan:
        plan = compare_and_judge(declaration, azure, may_read)
        if declaration.saved is not None:
            check_unchanged(declaration.saved, plan)
        return plan

    return plan_now


def run_apply(
    planner: Planner,
    azure: Azure,
    tools: ApplyTools,
    options: ApplyOptions,
    *,
    show: Callable[[Plan], None],
    confirm: Callable[[Plan], None],
) -> tuple[Plan, ApplyResult]:
    """Plan, show, and, once `confirm` has returned, apply and verify.

    Raises:
        PlanRefused: a guard refuses, and `skip_refused` does not ask for the rest to be applied all the same.
        AuthError: the caller lacks a right without which the run would end half-way.
        ReconcilerError: whatever `planner` raises.
    """
    # Ends with the confirmation: what could be seen before it says nothing about the moment of a delete.
    may_read = MayRead(azure.resources.client)
    plan = planner(may_read)
    refused = bool(plan.violations) and not options.skip_refused
    rights = Rights() if refused else read_rights(needs_of_plan(plan), may_read, azure.resources)
    plan = replace(plan, notes=(*plan.notes, *unchecked_notes(rights)))
    show(plan)
    if refused:
        raise PlanRefused(plan.violations)
    if rights.missing:
        raise missing_rights(rights)
    if plan.applicable:
        confirm(plan)
    result = apply_plan(plan, tools)
    return plan, _verify(result, plan, azure, tools) if options.verify else result


def _verify(result: ApplyResult, plan: Plan, azure: Azure, tools: ApplyTools) -> ApplyResult:
    if tools.over:
        # Asked to stop after the last change, too: a run that was not verified must not look like one that was.
        return replace(result, interrupted=tools.stop.requested)
    try:
        known = (one.resource_id for one in (*plan.changes, *plan.skipped))
        sizes = Counter(one.group_id for one in known if isinstance(one, ResourceId))
        return verify_result(result, azure.resources, sleep=tools.retries.sleep, sizes=sizes)
    except Interrupted:
        # What was done is done, and must be reported even if nobody waits for the second look.
        return replace(result, interrupted=True)
