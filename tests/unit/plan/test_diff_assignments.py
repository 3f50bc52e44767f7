"""Which roles are adopted and which are taken away, by whose mark they have, where they are, and the policy."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import SourcePos
from reconciler.manifest.desired import AssignmentsPolicy, DesiredAssignment, DesiredGroup, Policy
from reconciler.model import (
    Access,
    AssignmentDetails,
    RoleAssignment,
    RoleDefinition,
    RoleLookup,
    is_within,
    role_key,
)
from reconciler.plan.changes import Action, AssignmentChange, Changes, Reason, SkipReason
from reconciler.plan.diff_access import diff_access
from reconciler.plan.diff_assignments import detail_differences
from reconciler.plan.fields import Field, FieldChange
from tests.builders import MANIFEST, compare, desired_group, given_role, listed, live_group, resource_id
from tests.strategies import FEW_EXAMPLES

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
ID, PRINCIPAL = resource_id("id-a"), "principal-of-id-a"
SUBSCRIPTION, DATA = "/subscriptions/1", "/subscriptions/1/resourceGroups/rg-data"
VAULT = f"{DATA}/providers/Microsoft.KeyVault/vaults/kv"
OWNED, EXACT, MERGE = (
    AssignmentsPolicy.OWNED,
    AssignmentsPolicy.EXACT,
    AssignmentsPolicy.MERGE,
)
OLD_NAME = "11111111-1111-1111-1111-111111111111"


def group_of(
    policy: AssignmentsPolicy,
    owner: str | None = "team-a",
    *roles: DesiredAssignment,
    scopes: tuple[str, ...] = (DATA,),
) -> DesiredGroup:
    """A manifest whose identity lists these roles."""
    entry = listed("id-a", role_assignments=roles)
    return replace(
        desired_group(entry, owner=owner, policy=Policy(role_assignments=policy)),
        role_scopes=scopes if policy is EXACT else (),
    )


def diff(group: DesiredGroup, *live: RoleAssignment) -> Changes:
    """The comparison with these roles."""
    lookups = {
        role_key("Reader", scope): RoleLookup("Reader", scope, (RoleDefinition(READER, "Reader"),))
        for scope in (SUBSCRIPTION, DATA, VAULT)
    }
    return diff_access(compare(group, live_group("id-a")), Access({}, {ID: live}, lookups))


def role(owner: str | None, scope: str = DATA, name: str = "") -> RoleAssignment:
    """A live role, with the mark of an owner; under our name unless it has another."""
    made = given_role(owner, scope, PRINCIPAL, READER)
    return replace(made, name=name or made.name)


@pytest.mark.parametrize(
    ("policy", "owner", "live", "stays"),
    [
        (OWNED, "team-a", role("team-a"), None),
        (OWNED, "team-a", role("team-a", name=OLD_NAME), None),
        (OWNED, "team-a", role("team-b"), SkipReason.NOT_OWNED),
        (OWNED, "team-a", role("TEAM-A"), SkipReason.NOT_OWNED),
        (OWNED, "team-a", role(None), SkipReason.UNMARKED),
        (OWNED, "team-a", role(None, name=OLD_NAME), SkipReason.NOT_OURS),
        (OWNED, "team-a", replace(role("team-a", name=OLD_NAME), details=None), SkipReason.NOT_OURS),
        (MERGE, "team-a", role("team-a"), SkipReason.NOT_LISTED),
        (MERGE, None, role(None), SkipReason.NOT_LISTED),
        (EXACT, "team-a", role("team-a"), None),
        (EXACT, "team-a", role("team-b"), None),
        (EXACT, None, role(None, name=OLD_NAME), None),
        (EXACT, None, role(None, VAULT), None),
        (EXACT, None, role(None, DATA.upper() + "/"), None),
        (EXACT, None, role(None, SUBSCRIPTION), SkipReason.INHERITED),
        (EXACT, None, role(None, "/"), SkipReason.INHERITED),
        (EXACT, None, role(None, f"{DATA}2"), SkipReason.OUT_OF_SCOPE),
        (EXACT, "team-a", role("team-a", f"{DATA}2"), SkipReason.OUT_OF_SCOPE),
    ],
)
def test_role_that_no_line_lists_goes_or_stays_as_the_policy_says(
    policy: AssignmentsPolicy, owner: str | None, live: RoleAssignment, stays: SkipReason | None
) -> None:
    (group,) = diff(group_of(policy, owner), live).groups

    assert [(one.action, one.before) for one in group.access] == ([(Action.DELETE, live)] if stays is None else [])
    assert [one.reason for one in group.skipped] == ([] if stays is None else [stays])


LINE = DesiredAssignment("Reader", DATA, SourcePos(MANIFEST, 7, 7))


@pytest.mark.parametrize("policy", list(AssignmentsPolicy))
@pytest.mark.parametrize(
    ("owner", "live_owner", "reason", "after"),
    [
        ("team-a", None, Reason.ADOPT, "team-a"),
        ("team-a", "team-b", Reason.ADOPT, "team-a"),
        ("team-a", "team-a", Reason.EQUAL, "team-a"),
        (None, None, Reason.EQUAL, None),
        (None, "team-b", Reason.EQUAL, "team-b"),
    ],
)
def test_listed_role_is_adopted_where_the_manifest_has_an_owner_and_the_role_has_not_that_one(
    policy: AssignmentsPolicy, owner: str | None, live_owner: str | None, reason: Reason, after: str | None
) -> None:
    details = AssignmentDetails("c", "2.0", "why", "/id", live_owner)
    live = replace(role(None, name=OLD_NAME), details=details)

    (change,) = diff(group_of(policy, owner, LINE), live).access()

    assert isinstance(change, AssignmentChange)
    assert (change.reason, change.before) == (reason, live)
    assert change.after is not None
    assert change.after.details == replace(details, owner=after)


@pytest.mark.parametrize("owner", ["team-a", None])
def test_new_role_has_the_mark_of_the_manifest(owner: str | None) -> None:
    (change,) = diff(group_of(MERGE, owner, LINE)).access()

    assert isinstance(change, AssignmentChange)
    assert (change.action, change.after and change.after.details.owner) == (Action.CREATE, owner)


def test_detail_that_differs_under_our_mark_is_no_adoption() -> None:
    line = replace(LINE, details=(("description", "new"),))

    (change,) = diff(group_of(OWNED, "team-a", line), role("team-a")).access()

    assert (change.reason, change.differences) == (
        Reason.DIFFERS,
        (FieldChange(Field.DESCRIPTION, None, "new"),),
    )


_ROLES = st.builds(
    lambda owner, scope, guid, name: replace(given_role(owner, scope, PRINCIPAL, guid), name=name),
    st.sampled_from([None, "team-a", "team-b"]),
    st.sampled_from(["/", SUBSCRIPTION, DATA, VAULT, f"{DATA}2", DATA.upper()]),
    st.sampled_from([READER, "other-role"]),
    st.sampled_from(["one", "two", "three"]),
)


@FEW_EXAMPLES
@given(
    st.lists(_ROLES, max_size=6),
    st.sampled_from(AssignmentsPolicy),
    st.sampled_from(["team-a", None]),
    st.lists(st.sampled_from([SUBSCRIPTION, DATA, VAULT]), max_size=2),
    st.booleans(),
)
def test_nothing_is_revoked_but_by_our_mark_or_where_the_manifest_says_exactly(
    live: list[RoleAssignment], policy: AssignmentsPolicy, owner: str | None, scopes: list[str], is_listed: bool
) -> None:
    group = group_of(policy, owner, *([LINE] if is_listed else []), scopes=tuple(scopes))

    for change in diff(group, *live).access():
        if change.action is Action.DELETE:
            assert isinstance(change.before, RoleAssignment)
            by_mark = policy is OWNED and owner is not None and change.before.owner == owner
            by_scope = policy is EXACT and any(is_within(change.before.scope, one) for one in scopes)
            assert by_mark or by_scope


@given(st.lists(_ROLES, max_size=4), st.sampled_from(AssignmentsPolicy))
def test_roles_of_an_identity_that_does_not_list_them_are_left_alone(
    live: list[RoleAssignment], policy: AssignmentsPolicy
) -> None:
    group = replace(desired_group("id-a", owner="team-a", policy=Policy(role_assignments=policy)), role_scopes=("/",))

    assert list(diff(group, *live).access()) == []


@pytest.mark.parametrize(
    ("before", "after", "differences"),
    [
        (None, None, ()),
        (None, AssignmentDetails(description="d"), (FieldChange(Field.DESCRIPTION, None, "d"),)),
        (AssignmentDetails(description="d"), None, (FieldChange(Field.DESCRIPTION, "d", None),)),
        (AssignmentDetails(description="d"), AssignmentDetails(description="d"), ()),
    ],
)
def test_details_that_nobody_recorded_count_as_not_there(
    before: AssignmentDetails | None, after: AssignmentDetails | None, differences: tuple[FieldChange, ...]
) -> None:
    assert detail_differences(before, after) == differences
