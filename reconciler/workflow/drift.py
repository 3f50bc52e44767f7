"""`uami drift`: compare, and find out who made the differences; nothing is written."""

from dataclasses import dataclass, replace

from reconciler.live.attribution.read import OwnRuns, read_attributions
from reconciler.live.azure import Azure
from reconciler.live.may_read import MayRead
from reconciler.plan import Plan
from reconciler.plan.drift.differences import differs
from reconciler.plan.drift.pending import Base, Drift, pending_changes
from reconciler.report.rows import drifting
from reconciler.workflow.declare import Declaration
from reconciler.workflow.plan import compare_and_judge


@dataclass(frozen=True, slots=True)
class AgainstCommit:
    """That live is held against a commit: its name, and what the files as they are declare.

    `head` is None where they say the same as the commit.
    """

    base: Base
    head: Declaration | None


def run_drift(
    declaration: Declaration, azure: Azure, own_runs: OwnRuns | None, against: AgainstCommit | None = None
) -> Plan:
    """The comparison of what is declared with live, and what is known of its differences.

    Args:
        declaration: of the commit, where live is held against one.
        own_runs: tells runs of this tool by their correlation ids; None where nobody asks who made a difference.

    Raises:
        as `run_plan`; that nobody can say who made a difference is no error.
    """
    may_read = MayRead(azure.resources.client)
    plan = compare_and_judge(declaration, azure, may_read)
    differences = [change for change, _ in drifting(plan) if differs(change)]
    attributions = {} if own_runs is None else read_attributions(differences, azure.resources, may_read, own_runs)
    if against is None:
        return replace(plan, drift=Drift(attributions))
    if against.head is None:
        return replace(plan, drift=Drift(attributions, against.base))
    head = compare_and_judge(against.head, azure, may_read)
    pending = pending_changes((change for change, _ in drifting(plan)), head.changes)
    return replace(plan, drift=Drift(attributions, against.base, pending))
