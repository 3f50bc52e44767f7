"""The guardrails of a run, held against what it would write."""

from reconciler.guardrails import Facts, judge_changes, roles_to_look_up
from reconciler.guards import Runner
from reconciler.live.azure import Azure
from reconciler.live.role_lookups import look_up_roles
from reconciler.model import Access, Live, Violation, role_key
from reconciler.plan import Changes
from reconciler.workflow.declare import Declaration


def judge_guardrails(
    declaration: Declaration, changes: Changes, live: Live, access: Access, azure: Azure, runner: Runner | None
) -> tuple[Violation, ...]:
    """What the guardrails refuse; asks ARM for roles that only they name, and for nothing without guardrails."""
    rails = declaration.guardrails
    if not rails:
        return ()
    asked = roles_to_look_up(rails, changes)
    unknown = [one for one in asked if role_key(one.role, one.scope) not in access.lookups]
    roles = {**access.lookups, **look_up_roles(unknown, azure.resources)}
    tenants = tuple(one.tenant_id for one in live.subscriptions)
    return judge_changes(rails, changes, Facts(tenants, runner, roles))
