"""Role assignments whose principal is gone, as the tests of their removal make them up."""

from dataclasses import replace

from reconciler.guards import NO_ALLOWANCES, Allowances, judge
from reconciler.manifest.desired import Desired
from reconciler.model import Live, Orphan, ResourceId, Subscription
from reconciler.plan import Plan, make_plan
from reconciler.plan.orphans.notes import orphan_notes
from reconciler.plan.orphans.removal import orphan_changes
from tests.builders import GROUP, SUBSCRIPTION, TENANT, TODAY, given_role

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
OWNER = "team-a"
PRINCIPAL = "0b2c0000-0000-0000-0000-000000000001"
OTHER_PRINCIPAL = "0b2c0000-0000-0000-0000-000000000002"
IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
IN_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/{GROUP}"
EVIDENCE = "Microsoft Graph did not know it, and 30 seconds later neither"


def orphan(
    scope: str = IN_GROUP,
    principal_id: str = PRINCIPAL,
    *,
    owner: str | None = OWNER,
    identity: ResourceId | None = None,
    is_ours: bool = True,
    evidence: str = EVIDENCE,
) -> Orphan:
    """The role Reader, as this tool gave it to an identity that is gone."""
    given = given_role(owner, scope, principal_id, READER)
    return Orphan(given, "Reader", "ServicePrincipal", identity, None, is_ours, evidence)


def removal_of(*orphans: Orphan, allowances: Allowances = NO_ALLOWANCES) -> Plan:
    """The plan that removes these."""
    changes = orphan_changes(orphans, SUBSCRIPTION, judged_on=TODAY)
    live = Live((Subscription(SUBSCRIPTION, "Payments", TENANT),), ())
    plan = make_plan(Desired(()), live, changes, judge(changes, allowances), cloud="AzureCloud", targets=())
    return replace(plan, notes=tuple(orphan_notes(orphans, SUBSCRIPTION)), is_of_orphans=True)
