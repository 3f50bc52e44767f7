"""The guard over what a sign-in log shows in use: what trips it, what lifts it, and that silence lifts nothing."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.guards import RECENT_DAYS, judge, parse_allowances
from reconciler.guards.allowances import NO_ALLOWANCES
from reconciler.guards.recent_use import check_recently_used
from reconciler.manifest.desired import DesiredIdentity, Limits, RemovalAllowance
from reconciler.model import FederatedCredential, LastSignIn, SignIn, Trust
from reconciler.model.access import Access
from reconciler.model.ids import CredentialId
from reconciler.model.impact import AttachedResource, Impact, Impacts, Part
from reconciler.plan.changes import Changes, CredentialChange
from reconciler.plan.diff_access import diff_access
from tests.builders import GROUP, SUBSCRIPTION, compare, desired_group, listed, live_group, removed, resource_id

TODAY = date(2026, 11, 30)
ANY_SHARE = Limits(max_delete_percent=100)
VM = AttachedResource(
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Compute/virtualMachines/a"
)


def seen(days: int) -> LastSignIn:
    """A sign-in so many days ago."""
    return LastSignIn(TODAY, SignIn(datetime(2026, 11, 30, tzinfo=UTC) - timedelta(days=days), "Azure Key Vault"))


def deleting(known: LastSignIn | None, *allow: RemovalAllowance, impact: Impact = Impact()) -> Changes:  # noqa: B008
    """The delete of `id-old` beside an identity that stays; by an entry of `remove` where it allows something."""
    desired = desired_group("id-api", limits=ANY_SHARE)
    if allow:
        desired = replace(desired, remove=(removed("id-old", *allow),))
    changes = compare(desired, live_group("id-api", "id-old"))
    return changes.with_impacts(Impacts({resource_id("id-old"): replace(impact, last_sign_in=known)}))


def revoking(known: LastSignIn | None) -> Changes:
    """The delete of a federated credential of an identity that stays."""
    entry: DesiredIdentity = listed("id-b", federated_credentials=[])
    credential = FederatedCredential(CredentialId(resource_id("id-b"), "main"), Trust("https://i", "s", "a"))
    identities = compare(desired_group(entry), live_group("id-b"))
    changes = diff_access(identities, Access({resource_id("id-b"): (credential,)}, {}, {}, {}))
    (group,) = changes.groups
    access = tuple(replace(one, last_sign_in=known) for one in group.access if isinstance(one, CredentialChange))
    assert len(access) == 1
    return replace(changes, groups=(replace(group, access=access),))


def codes(changes: Changes, *allow: str) -> list[str]:
    """What the guards say, with `--allow` as given."""
    return [one.code for one in judge(changes, parse_allowances(allow, ()))]


def test_recent_sign_in_refuses_the_delete_and_says_when_and_what_for() -> None:
    (refused,) = check_recently_used(deleting(seen(3)), NO_ALLOWANCES)

    assert (refused.code, refused.about, refused.refused) == (
        "recently-used",
        resource_id("id-old"),
        (resource_id("id-old"),),
    )
    assert refused.message == (
        "recently used; last sign-in 3 days ago, for Azure Key Vault;"
        " an app may hold a token for up to 24 hours, and fails only then"
    )
    assert refused.hint.endswith("--allow recently-used=rg-app/id-old.")


@pytest.mark.parametrize(("days", "is_refused"), [(0, True), (30, True), (31, False)])
def test_sign_ins_of_the_last_days_count(days: int, *, is_refused: bool) -> None:
    assert (codes(deleting(seen(days))) == ["recently-used"]) is is_refused
    assert (codes(revoking(seen(days))) == ["recently-used"]) is is_refused


def test_it_is_lifted_at_its_address_for_its_group_and_by_remove() -> None:
    assert codes(deleting(seen(3)), "recently-used=rg-app/id-old") == []
    assert codes(deleting(seen(3)), "recently-used=rg-app") == []
    assert codes(deleting(seen(3)), "in-use=rg-app/id-old") == ["recently-used"]
    assert codes(deleting(seen(3), RemovalAllowance.RECENTLY_USED)) == []
    assert codes(deleting(seen(3), RemovalAllowance.IN_USE)) == ["recently-used"]


def test_credential_is_lifted_at_its_own_address() -> None:
    (refused,) = check_recently_used(revoking(seen(3)), NO_ALLOWANCES)

    assert "--allow recently-used=rg-app/id-b/federatedCredentials/main" in str(refused.hint)
    assert codes(revoking(seen(3)), "recently-used=rg-app/id-b/federatedCredentials/main") == []


SILENT = st.one_of(
    st.none(),
    st.just(LastSignIn(TODAY)),
    st.dates(date(2020, 1, 1), TODAY).map(lambda day: LastSignIn(TODAY, None, day)),
    st.integers(RECENT_DAYS + 1, 1000).map(seen),
    st.just(LastSignIn(TODAY, not_read="missing a/b")),
)


@given(SILENT)
def test_silent_log_refuses_nothing_and_lifts_nothing(known: LastSignIn | None) -> None:
    in_use, unknown = Impact(attachments=Part((VM,))), Impact(attachments=Part((), "missing a/b"))

    assert codes(deleting(known)) == []
    assert codes(deleting(known, impact=in_use)) == ["in-use"]
    assert codes(deleting(known, impact=unknown)) == ["use-unknown"]
