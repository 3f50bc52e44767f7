"""Reports of orphans."""

from dataclasses import replace

from reconciler.journal.known import KnownPrincipals
from reconciler.live.orphans.judge import NotJudged, Reason
from reconciler.live.orphans.read import FoundOrphans
from reconciler.model.access import AssignmentDetails, assignment_name
from reconciler.model.identity import Subscription
from reconciler.model.orphan import Orphan
from reconciler.outputs.orphans.report import OrphansReport
from tests.builders import SUBSCRIPTION, TENANT, resource_id
from tests.unit.live.orphans.judging import DAY_S, NOW_S, PRINCIPAL, READER, SCOPE, holder, role

GROUP_SCOPE = "/providers/Microsoft.Management/managementGroups/contoso"
OTHER = "0b2c0000-0000-4000-8000-00000000000b"
AGAIN = "0b2c0000-0000-4000-8000-0000000000aa"
EVIDENCE = "a journal says which identity it was, and that has another principal now"


def orphan(
    *,
    owner: str | None = None,
    scope: str = SCOPE,
    name: str = "11111111-1111-4111-8111-111111111111",
    is_ours: bool = False,
) -> Orphan:
    """An orphan of an identity that was created again."""
    details = AssignmentDetails(owner=owner)
    given = role(NOW_S - 3 * DAY_S, scope=scope, details=details, name=name)
    return Orphan(given, "Reader", "ServicePrincipal", resource_id("id-a"), AGAIN, is_ours, EVIDENCE)


OURS = orphan(owner="team-a", is_ours=True)
FOREIGN = orphan(owner="team-b", scope=f"/subscriptions/{SUBSCRIPTION}")
UNMARKED = orphan(name=assignment_name(SCOPE, PRINCIPAL, READER))
ABOVE = orphan(scope=GROUP_SCOPE)
USERS = replace(
    orphan(),
    assignment=role(None, "User", principal_id=OTHER),
    principal_type="User",
    identity=None,
    created_again=None,
    evidence="Microsoft Graph did not know it, asked twice, 30s apart",
)
NOT_JUDGED = NotJudged(holder(principal_id="principal-z"), Reason.ELSEWHERE, "its id is none of a principal")


def report(*orphans: Orphan, not_judged: tuple[NotJudged, ...] = ()) -> OrphansReport:
    """What was found in a subscription that has 40 role assignments."""
    found = FoundOrphans(orphans, not_judged, 40, 12, (), NOW_S)
    subscription = Subscription(SUBSCRIPTION, "Payments", TENANT)
    return OrphansReport("AzureCloud", subscription, ("team-a",), KnownPrincipals(read=3, unreadable=1), found)
