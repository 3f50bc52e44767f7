"""What the tests of the reports share: a plan with one of each change, a refused one, and a run that went badly."""

from reconciler.apply.result import ApplyResult, ChangeResult
from reconciler.journal.call import Outcome
from reconciler.manifest.desired import Ignore
from reconciler.model.call_error import CallError
from reconciler.model.identity import OWNER_TAG, IsolationScope
from reconciler.plan.plan import Plan
from tests.builders import desired_group, listed, live_group, live_identity, plan_of

OURS = {OWNER_TAG: "team-a"}
CORRELATION_ID = "c0ffee00-0000-0000-0000-000000000000"


def plan_of_everything() -> Plan:
    """An adoption, an update, a create and a delete, beside an identity that is as it should be and an ignored one."""
    desired = desired_group(
        listed("id-adopt"),
        listed("id-api", tags={"env": "prod", "old": None}, isolation_scope=IsolationScope.REGIONAL, line=8),
        listed("id-new", location="northeurope", tags={"env": "prod"}, line=12),
        "id-same",
        owner="team-a",
        ignore=Ignore(identities=("aks-*",)),
    )
    live = live_group(
        "id-adopt",
        live_identity("id-api", tags={**OURS, "old": "x"}),
        live_identity("id-same", tags=OURS),
        live_identity("id-old", tags={**OURS, "env": "test"}),
        "aks-pool",
    )
    return plan_of(desired, live)


def refused_plan() -> Plan:
    """A create that is fine beside three changes that guards hold back, one of which would change nothing."""
    return plan_of(
        [desired_group(listed("id-api", location="uksouth"), "id-new"), desired_group("id-far", name="rg-none")],
        [
            live_group("id-api", live_identity("id-theirs", tags={OWNER_TAG: "team-b"})),
            live_group(name="rg-none", location=None),
        ],
    )


def result_of_everything(plan: Plan) -> ApplyResult:
    """A run of `plan_of_everything` in which each change ended in another way."""
    adopt, update, create, delete = plan.applicable
    error = CallError(409, "Conflict", "updating id-api: 409 Conflict (Busy.)", "Wait.", "corr-of-the-call")
    return ApplyResult(
        (
            ChangeResult(adopt, Outcome.DONE),
            ChangeResult(update, Outcome.FAILED, error.message, error),
            ChangeResult(create, Outcome.DONE, not_held=("tags.env came back as 'x', not 'prod'",)),
            ChangeResult(delete, Outcome.SKIPPED, "nothing is deleted in a group where a change failed (id-api)"),
        ),
        CORRELATION_ID,
    )


def complete_result(plan: Plan) -> ApplyResult:
    """A run in which every change is done and holds."""
    return ApplyResult(tuple(ChangeResult(change, Outcome.DONE) for change in plan.applicable), CORRELATION_ID)
