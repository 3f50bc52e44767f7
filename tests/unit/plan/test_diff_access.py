"""What differs in credentials and roles."""

from datetime import date, timedelta

import pytest

from reconciler.guards import NO_ALLOWANCES
from reconciler.guards.access import check_roles
from reconciler.manifest.desired import (
    AssignmentsPolicy,
    DesiredAssignment,
    DesiredCredential,
    Ignore,
    IgnoredAssignment,
    Policy,
)
from reconciler.model.access import (
    Access,
    FederatedCredential,
    PlannedAssignment,
    RoleAssignment,
    RoleDefinition,
    RoleLookup,
    assignment_name,
    role_key,
)
from reconciler.model.identity import OWNER_TAG
from reconciler.model.ids import AssignmentId, CredentialId
from reconciler.plan.changes import Action, AssignmentChange, Changes, Skipped, SkipReason, UnresolvedRole
from reconciler.plan.diff_access import diff_access, trust_differences
from reconciler.plan.fields import Field, FieldChange
from tests.builders import (
    DEFAULT_POLICY,
    TODAY,
    compare,
    desired_group,
    given_role,
    listed,
    live_group,
    live_identity,
    resource_id,
)
from tests.unit.comparing import (
    EXACT,
    HERE,
    MERGE,
    OTHER,
    READER,
    SCOPE,
    TRUST,
    by_action,
    credential,
    live_credential,
    lookups,
)


def test_role_that_is_listed_by_its_name_and_by_its_guid_is_given_once() -> None:
    roles = [DesiredAssignment(role, scope, HERE) for role, scope in (("Reader", SCOPE), (READER, f"{SCOPE}/"))]
    group = desired_group(listed("id-a", role_assignments=roles))

    changes = diff_access(compare(group, live_group("id-a")), Access(lookups=lookups("Reader", READER)))

    assert by_action(changes) == [
        (Action.CREATE, AssignmentId(resource_id("id-a"), "Reader", READER, SCOPE)),
    ]


@pytest.mark.parametrize(("live", "principal_id"), [(("id-a",), "principal-of-id-a"), ((), None)])
def test_change_of_a_role_says_what_it_will_be(live: tuple[str, ...], principal_id: str | None) -> None:
    group = desired_group(listed("id-a", role_assignments=[DesiredAssignment("Reader", SCOPE, HERE)]))

    (change,) = diff_access(compare(group, live_group(*live)), Access(lookups=lookups("Reader"))).access()

    assert change.after == PlannedAssignment(READER, SCOPE, principal_id)


def test_role_that_is_taken_away_will_be_nothing() -> None:
    given = given_role("team-a", SCOPE, "principal-of-id-a", READER)
    group = desired_group(listed("id-a", role_assignments=[]), owner="team-a")

    access = Access(assignments={resource_id("id-a"): (given,)})
    (change,) = diff_access(compare(group, live_group("id-a")), access).access()

    assert isinstance(change, AssignmentChange)
    assert (change.action, change.before, change.after) == (Action.DELETE, given, None)


def test_credential_that_is_not_listed_stays_under_merge_and_goes_under_exact() -> None:
    access = Access({resource_id("id-a"): (live_credential("id-a", "old", TRUST),)})
    old = CredentialId(resource_id("id-a"), "old")

    def diff(policy: Policy) -> Changes:
        group = desired_group(listed("id-a", federated_credentials=[]), policy=policy)
        return diff_access(compare(group, live_group("id-a")), access)

    assert by_action(diff(EXACT)) == [(Action.DELETE, old)]
    assert (by_action(diff(MERGE)), diff(MERGE).groups[0].skipped) == ([], (Skipped(old, SkipReason.NOT_LISTED),))


def test_children_that_a_run_is_not_limited_to_are_left_alone() -> None:
    entry = listed("id-a", federated_credentials=[credential("one", TRUST), credential("two", OTHER)])
    one, two = (CredentialId(resource_id("id-a"), name) for name in ("one", "two"))

    changes = diff_access(compare(desired_group(entry), live_group("id-a")), Access(), frozenset({one}))

    assert (by_action(changes), changes.groups[0].skipped) == (
        [(Action.CREATE, one)],
        (Skipped(two, SkipReason.NOT_TARGETED),),
    )


def test_trust_differs_by_field() -> None:
    assert trust_differences(TRUST, OTHER) == (FieldChange(Field.SUBJECT, "s", "s-2"),)
    assert [one.kind for one in trust_differences(None, TRUST)] == [Field.ISSUER, Field.SUBJECT, Field.AUDIENCE]


WRITER = "b24988ac-6180-42a0-ab88-20f7382dd24c"


def taken_away(*ignored: IgnoredAssignment, policy: Policy = DEFAULT_POLICY, entry: bool = True) -> Changes:
    """A role that this tool gave and no line lists any more, where these entries are ignored."""
    given = given_role("team-a", SCOPE, "principal-of-id-a", READER)
    entries = [listed("id-a", role_assignments=[])] if entry else []
    group = desired_group(
        *entries,
        "id-b",
        owner="team-a",
        policy=policy,
        ignore=Ignore(role_assignments=ignored),
        role_scopes=(SCOPE,),
    )
    roles = {"Reader": (READER,), READER: (READER,), "Writer": (WRITER,), "Raeder": (), "Two": (WRITER, READER)}
    lookups = {
        role_key(role, scope): RoleLookup(role, scope, tuple(RoleDefinition(guid, role) for guid in guids))
        for role, guids in roles.items()
        for scope in (SCOPE, "/")
    }
    live = live_group(live_identity("id-a", tags={OWNER_TAG: "team-a"}), live_identity("id-b"))
    return diff_access(compare(group, live), Access({}, {resource_id("id-a"): (given,)}, lookups, {READER: "Reader"}))


@pytest.mark.parametrize(
    ("role", "scope", "reason"),
    [
        ("Reader", SCOPE, SkipReason.IGNORED),
        ("reader", f"{SCOPE.upper()}/", SkipReason.IGNORED),
        (READER, SCOPE, SkipReason.IGNORED),
        (READER.upper(), SCOPE, SkipReason.IGNORED),
        ("Two", SCOPE, SkipReason.IGNORED),
        ("Raeder", SCOPE, SkipReason.UNRESOLVED),
        ("Writer", SCOPE, None),
        ("Reader", "/", None),
        ("Raeder", "/", None),
    ],
)
@pytest.mark.parametrize("policy", list(AssignmentsPolicy))
def test_role_that_an_entry_ignores_is_no_extra(
    role: str, scope: str, reason: SkipReason | None, policy: AssignmentsPolicy
) -> None:
    changes = taken_away(IgnoredAssignment(role, scope), policy=Policy(role_assignments=policy))

    reader = AssignmentId(resource_id("id-a"), "Reader", READER, SCOPE)
    stays = SkipReason.NOT_LISTED if policy is AssignmentsPolicy.MERGE and reason is not SkipReason.IGNORED else reason
    assert by_action(changes) == ([] if stays else [(Action.DELETE, reader)])
    assert changes.groups[0].skipped == ((Skipped(reader, stays),) if stays else ())


def test_ignored_role_goes_with_its_identity() -> None:
    changes = taken_away(IgnoredAssignment("Reader", SCOPE), entry=False)

    assert by_action(changes) == [(Action.DELETE, AssignmentId(resource_id("id-a"), "Reader", READER, SCOPE))]


@pytest.mark.parametrize(("listed_as", "ignored_as"), [("Reader", READER), (READER, "Reader"), ("Reader", "Two")])
@pytest.mark.parametrize("hold", [None, "why"])
def test_listed_role_that_is_ignored_by_another_name_is_neither_given_nor_taken(
    listed_as: str, ignored_as: str, hold: str | None
) -> None:
    line = DesiredAssignment(listed_as, SCOPE, HERE)
    entry = listed("id-a", role_assignments=[line], hold=hold)
    group = desired_group(
        entry, owner="team-a", ignore=Ignore(role_assignments=(IgnoredAssignment(ignored_as, SCOPE),))
    )
    found = {
        role: RoleLookup(role, SCOPE, (RoleDefinition(READER, "Reader"), *more))
        for role, more in {"Reader": (), READER: (), "Two": (RoleDefinition(WRITER, "Two"),)}.items()
    }
    access = Access(lookups={role_key(role, SCOPE): lookup for role, lookup in found.items()})

    changes = diff_access(compare(group, live_group()), access)

    unresolved = UnresolvedRole(resource_id("id-a"), line, found[listed_as], is_ignored=True)
    assert by_action(changes) == []
    assert changes.groups[0].unresolved_roles == ((unresolved,) if hold is None else ())
    assert changes.groups[0].skipped == (() if hold is None else (Skipped(unresolved.resource_id, SkipReason.IGNORED),))
    assert [one.code for one in check_roles(changes, NO_ALLOWANCES)] == ([] if hold else ["role-ignored"])


@pytest.mark.parametrize("first", ["Reader", READER])
@pytest.mark.parametrize("is_live", [False, True])
@pytest.mark.parametrize(
    ("details", "refused"), [((), False), ((("condition", "c"), ("condition_version", "2.0")), True)]
)
def test_role_listed_by_name_and_by_guid_must_have_one_condition(
    first: str, is_live: bool, details: tuple[tuple[str, str | None], ...], refused: bool
) -> None:
    other = READER if first == "Reader" else "Reader"
    lines = [DesiredAssignment(first, SCOPE, HERE), DesiredAssignment(other, SCOPE, HERE, details)]
    group = desired_group(listed("id-a", role_assignments=lines), owner="team-a")
    live = given_role("team-a", SCOPE, "principal-of-id-a", READER)
    lookups = {
        role_key(role, SCOPE): RoleLookup(role, SCOPE, (RoleDefinition(READER, "Reader"),))
        for role in ("Reader", READER)
    }
    access = Access(assignments={resource_id("id-a"): (live,) if is_live else ()}, lookups=lookups)

    changes = diff_access(compare(group, live_group("id-a")), access)

    assert [one.code for one in check_roles(changes, NO_ALLOWANCES)] == (["role-listed-twice"] * 2 if refused else [])
    assert len(list(changes.access())) == (0 if refused else 1)


def test_run_that_is_limited_still_says_what_it_leaves_alone_and_takes_roles_along() -> None:
    taken = given_role("team-a", SCOPE, "principal-of-id-old", READER)
    odd = FederatedCredential(CredentialId(resource_id("id-a"), "odd"), None)
    entry = listed("id-a", federated_credentials=[], role_assignments=[DesiredAssignment("No such role", SCOPE, HERE)])
    live = live_group(*(live_identity(one, tags={OWNER_TAG: "team-a"}) for one in ("id-a", "id-old")))
    access = Access(
        {resource_id("id-a"): (odd,)},
        {resource_id("id-old"): (taken,)},
        {role_key("No such role", SCOPE): RoleLookup("No such role", SCOPE, ())},
    )

    (group,) = diff_access(compare(desired_group(entry, owner="team-a"), live), access, frozenset()).groups

    assert [(one.action.value, one.before) for one in group.access] == [("delete", taken)]
    assert [(one.resource_id, one.reason) for one in group.skipped] == [(odd.credential_id, SkipReason.INEXPRESSIBLE)]
    assert group.kept_credentials == (odd,)
    assert [one.desired.role for one in group.unresolved_roles] == ["No such role"]


def test_role_of_ours_that_is_listed_and_lives_stays_as_it_is() -> None:
    given = given_role("team-a", SCOPE, "principal-of-id-a", READER)
    entry = listed("id-a", role_assignments=[DesiredAssignment("Reader", SCOPE, HERE)])
    compared = compare(desired_group(entry, owner="team-a"), live_group("id-a"))

    changes = diff_access(compared, Access({}, {resource_id("id-a"): (given,)}, lookups("Reader")))

    assert [(one.action, one.before, one.differences) for one in changes.access()] == [(Action.NO_OP, given, ())]


def test_new_role_comes_with_details_and_differs_from_nothing() -> None:
    line = DesiredAssignment("Reader", SCOPE, HERE, (("description", "why"),))

    changes = diff_access(
        compare(desired_group(listed("id-a", role_assignments=[line])), live_group("id-a")),
        Access(lookups=lookups("Reader")),
    )

    assert [(one.action, one.differences) for one in changes.access()] == [(Action.CREATE, ())]


@pytest.mark.parametrize(
    ("is_ours", "recorded", "is_limited", "reason"),
    [
        (True, True, True, None),
        (True, False, True, SkipReason.NOT_OURS),
        (False, True, True, SkipReason.NOT_OURS),
        (True, False, False, SkipReason.NOT_OURS),
    ],
)
def test_without_an_owner_a_role_goes_only_where_a_run_is_known_to_have_given_it(
    is_ours: bool, recorded: bool, is_limited: bool, reason: SkipReason | None
) -> None:
    name = assignment_name(SCOPE, "principal-of-id-a", READER) if is_ours else "another"
    given = RoleAssignment(name, SCOPE, READER, "principal-of-id-a")
    role = AssignmentId(resource_id("id-a"), READER, READER, SCOPE)
    limited_to = frozenset({role} if recorded else ()) if is_limited else None
    compared = compare(desired_group(listed("id-a", role_assignments=[])), live_group("id-a"))

    (group,) = diff_access(compared, Access({}, {resource_id("id-a"): (given,)}), limited_to).groups

    assert [one.before for one in group.access] == ([given] if reason is None else [])
    assert [one.reason for one in group.skipped] == ([] if reason is None else [reason])


@pytest.mark.parametrize(("day", "is_contradicted"), [(TODAY, False), (date(2027, 1, 31), True)])
def test_one_role_that_ends_on_two_days_is_contradicted(day: date, is_contradicted: bool) -> None:
    lines = [
        DesiredAssignment(role, SCOPE, HERE, expires=expires) for role, expires in (("Reader", TODAY), (READER, day))
    ]
    group = desired_group(listed("id-a", role_assignments=lines))

    (found,) = diff_access(compare(group, live_group("id-a")), Access(lookups=lookups("Reader", READER))).groups

    assert any(one.is_contradicted for one in found.unresolved_roles) == is_contradicted


@pytest.mark.parametrize(("days", "reason"), [(-1, "not-listed"), (0, "expired"), (1, "expired")])
def test_ignored_credential_stays_and_another_of_an_ended_line_goes(days: int, reason: str) -> None:
    line = DesiredCredential("guest", TRUST, HERE, expires=TODAY - timedelta(days=days))
    ignore = Ignore(federated_credentials=("azwi-*",))
    live = Access({resource_id("id-a"): (live_credential("id-a", "azwi-x", TRUST),)})
    other = Access({resource_id("id-a"): (live_credential("id-a", "by-hand", TRUST),)})
    groups = [desired_group(listed("id-a", federated_credentials=[line]), ignore=one) for one in (ignore, Ignore())]

    (kept,) = diff_access(compare(groups[0], live_group("id-a")), live).groups
    (found,) = diff_access(compare(groups[1], live_group("id-a")), other).groups

    assert [one.reason for one in kept.skipped] == [SkipReason.IGNORED]
    assert reason in [one.reason.value for one in found.access]


def test_role_of_ours_that_is_not_listed_stays_under_merge_but_goes_with_its_identity() -> None:
    access = Access(assignments={resource_id("id-a"): (given_role("team-a", SCOPE, "principal-of-id-a", READER),)})
    policy = Policy(role_assignments=AssignmentsPolicy.MERGE)

    kept = desired_group(listed("id-a", role_assignments=[]), owner="team-a", policy=policy)
    changes = diff_access(compare(kept, live_group("id-a")), access)
    gone = diff_access(compare(desired_group(owner="team-a", policy=policy), live_group("id-a")), access)

    role = AssignmentId(resource_id("id-a"), READER, READER, SCOPE)
    assert (by_action(changes), changes.groups[0].skipped) == ([], (Skipped(role, SkipReason.NOT_LISTED),))
    assert by_action(gone) == [(Action.DELETE, role)]


def test_credential_whose_name_is_ignored_is_no_extra() -> None:
    access = Access({resource_id("id-a"): (live_credential("id-a", "AZWI-one", TRUST),)})
    ignore = Ignore(federated_credentials=("azwi-*",))
    group = desired_group(listed("id-a", federated_credentials=[]), ignore=ignore)

    changes = diff_access(compare(group, live_group("id-a")), access)

    one = CredentialId(resource_id("id-a"), "AZWI-one")
    assert (by_action(changes), changes.groups[0].skipped) == ([], (Skipped(one, SkipReason.IGNORED),))
