"""Carrying out a plan, from its changes to their results.

Nothing is written blind. Every attempt at a write begins with a read that must show what the plan was made for, a
repeated attempt included: after a call whose outcome is unknown, that read also shows whether the call took effect. So
the HTTP layer never repeats a write by itself, and a change is done, not done, or in doubt, but never done twice.
"""

from dataclasses import replace

from reconciler.apply.failures import Failures
from reconciler.apply.forecast import Countdown
from reconciler.apply.result import ApplyResult
from reconciler.apply.step import ApplyTools
from reconciler.apply.workers import carry_out
from reconciler.arm.http.service import watched_clock
from reconciler.model import AnyId
from reconciler.plan import Plan, order_work


def apply_plan(plan: Plan, tools: ApplyTools) -> ApplyResult:
    """Carry out what no guard refuses: first creates and updates, then deletes, each group's only where nothing failed.

    Returns:
        One result for each applicable change, whatever happened; failures are results, not exceptions.
    """
    tools.retries.budget.finish_calls()
    works = order_work(plan.changes, plan.refused, plan.kept_credentials)
    number = len(plan.applicable)
    countdown = Countdown(works, tools.retries)
    with (
        watched_clock(tools.resources.client) as watch,
        tools.resources.activity.part("Applying", number, countdown.left_s) as one_more,
    ):

        def ended(change_id: AnyId) -> None:
            countdown.end(change_id)
            one_more()

        failures = Failures(ended)
        tools = replace(tools, arm_time=watch.now_s)
        results = {
            **carry_out([work for work in works if not work.is_deletion], tools, failures),
            **carry_out([work for work in works if work.is_deletion], tools, failures),
        }
    ordered = tuple(results[change.resource_id] for change in plan.applicable)
    return ApplyResult(ordered, tools.correlation_id, interrupted=tools.stop.requested, verified=False)
