"""What the tests of expiry share: a group in which something has expired, and something will."""

from datetime import timedelta

from reconciler.errors import SourcePos
from reconciler.manifest.desired import Desired, DesiredCredential, DesiredGroup
from reconciler.model.access import Access, FederatedCredential, Trust
from reconciler.model.ids import CredentialId
from reconciler.plan.changes import Changes
from reconciler.plan.diff_access import diff_access
from reconciler.plan.plan import Plan, make_plan
from tests.builders import MANIFEST, TODAY, compare, desired_group, listed, live_group, live_of, removed, resource_id

DAY = timedelta(days=1)
LIVE = live_group("id-a", "id-due", "id-early", "id-extra", "id-held", "id-now")


def _trust(name: str) -> Trust:
    return Trust("https://i", f"s-{name}", "a")


def _line(name: str, days: int | None) -> DesiredCredential:
    expires = None if days is None else TODAY + days * DAY
    return DesiredCredential(name, _trust(name), SourcePos(MANIFEST, 7, 7), expires=expires)


def group() -> DesiredGroup:
    """Lines that ended, that end in some days, and that never do; removals with days and without."""
    lines = [_line("gone", -1), _line("ended", 0), _line("soon", 14), _line("late", 15), _line("forever", None)]
    return desired_group(
        listed("id-a", tags={"env": "prod"}, location="elsewhere", federated_credentials=lines),
        listed("id-held", tags={"env": "prod"}, federated_credentials=[_line("ended", -9)], hold="incident"),
        remove=[
            removed("id-due", after=TODAY),
            removed("id-early", after=TODAY + DAY),
            removed("id-gone", after=TODAY + DAY),
            removed("id-now"),
        ],
    )


def changes() -> Changes:
    """The comparison: of the lines of id-a, only two live, and one by another name."""
    live = {"id-a": {"other-name": "ended", "soon": "soon"}, "id-held": {"ended": "ended"}}
    credentials = {
        resource_id(identity): tuple(
            FederatedCredential(CredentialId(resource_id(identity), name), _trust(of)) for name, of in names.items()
        )
        for identity, names in live.items()
    }
    return diff_access(compare(group(), LIVE), Access(credentials))


def plan(compared: Changes) -> Plan:
    """The plan of a comparison."""
    return make_plan(Desired((group(),)), live_of(LIVE), compared, (), cloud="AzureCloud", targets=())
