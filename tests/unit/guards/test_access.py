"""The guards over credentials and roles: what ARM would refuse half-way, and who is held back with it."""

import pytest

from reconciler.errors import SourcePos
from reconciler.guards import NO_ALLOWANCES, judge, parse_allowances
from reconciler.manifest.desired import (
    AssignmentsPolicy,
    CredentialsPolicy,
    DesiredAssignment,
    DesiredCredential,
    Ignore,
    Policy,
)
from reconciler.model.access import (
    Access,
    FederatedCredential,
    PlannedAssignment,
    RoleAssignment,
    RoleDefinition,
    RoleLookup,
    Trust,
    assignment_name,
    role_key,
)
from reconciler.model.ids import AnyId, AssignmentId, CredentialId
from reconciler.plan.changes import Action, AssignmentChange, Changes, Field, FieldChange, Skipped, SkipReason
from reconciler.plan.diff_access import diff_access, trust_differences
from tests.builders import MANIFEST, compare, desired_group, listed, live_group, resource_id
from tests.unit.guarding import powerless

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
SCOPE = "/subscriptions/1"
HERE = SourcePos(MANIFEST, 7, 7)
TRUST, OTHER = Trust("https://i", "s", "a"), Trust("https://i", "s-2", "a")
MERGE, EXACT = (Policy(federated_credentials=one) for one in (CredentialsPolicy.MERGE, CredentialsPolicy.EXACT))


def credential(name: str, trust: Trust) -> DesiredCredential:
    return DesiredCredential(name, trust, HERE)


def live_credential(identity: str, name: str, trust: Trust | None) -> FederatedCredential:
    return FederatedCredential(CredentialId(resource_id(identity), name), trust)


def lookups(*roles: str) -> dict[tuple[str, str], RoleLookup]:
    """Each of the roles, by whatever name, is Reader."""
    return {role_key(role, SCOPE): RoleLookup(role, SCOPE, (RoleDefinition(READER, "Reader"),)) for role in roles}


def by_action(changes: Changes) -> list[tuple[Action, AnyId]]:
    return [(one.action, one.resource_id) for one in changes.access()]


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
    name = assignment_name("team-a", SCOPE, "principal-of-id-a", READER)
    given = RoleAssignment(name, SCOPE, READER, "principal-of-id-a")
    group = desired_group(listed("id-a", role_assignments=[]), owner="team-a")

    access = Access(assignments={resource_id("id-a"): (given,)})
    (change,) = diff_access(compare(group, live_group("id-a")), access).access()

    assert isinstance(change, AssignmentChange)
    assert (change.action, change.before, change.after) == (Action.DELETE, given, None)


def test_role_of_ours_that_is_not_listed_stays_under_merge_but_goes_with_its_identity() -> None:
    name = assignment_name("team-a", SCOPE, "principal-of-id-a", READER)
    access = Access(assignments={resource_id("id-a"): (RoleAssignment(name, SCOPE, READER, "principal-of-id-a"),)})
    policy = Policy(role_assignments=AssignmentsPolicy.MERGE)

    kept = desired_group(listed("id-a", role_assignments=[]), owner="team-a", policy=policy)
    changes = diff_access(compare(kept, live_group("id-a")), access)
    gone = diff_access(compare(desired_group(owner="team-a", policy=policy), live_group("id-a")), access)

    role = AssignmentId(resource_id("id-a"), READER, READER, SCOPE)
    assert (by_action(changes), changes.groups[0].skipped) == ([], (Skipped(role, SkipReason.NOT_LISTED),))
    assert by_action(gone) == [(Action.DELETE, role)]


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


def kept_and_new(holder: str) -> Changes:
    """One identity keeps a credential that it does not list, and `id-a` lists another one of the same trust."""
    entries = [
        listed("id-a", federated_credentials=[credential("new", TRUST)]),
        listed("id-b", federated_credentials=[]),
    ]
    access = Access({resource_id(holder): (live_credential(holder, "old", TRUST),)})
    return diff_access(compare(desired_group(*entries, policy=MERGE), live_group("id-a", "id-b")), access)


def test_trust_of_a_credential_that_stays_cannot_be_given_to_another_of_the_same_identity() -> None:
    (violation,) = judge(powerless(kept_and_new("id-a")), NO_ALLOWANCES)

    new = CredentialId(resource_id("id-a"), "new")
    assert (violation.code, violation.about, violation.refused) == ("trust-taken", new, (new,))


def test_trust_of_a_credential_of_another_identity_is_free() -> None:
    assert judge(powerless(kept_and_new("id-b")), NO_ALLOWANCES) == ()


def test_credential_that_cannot_be_expressed_holds_back_what_goes_from_its_own_identity_alone() -> None:
    entries = [listed(name, federated_credentials=[credential("main", TRUST)]) for name in ("id-a", "id-b")]
    access = Access(
        {
            resource_id("id-a"): (live_credential("id-a", "main", None), live_credential("id-a", "old", OTHER)),
            resource_id("id-b"): (live_credential("id-b", "main", TRUST), live_credential("id-b", "old", OTHER)),
        }
    )
    changes = diff_access(compare(desired_group(*entries, policy=EXACT), live_group("id-a", "id-b")), access)

    (violation,) = judge(powerless(changes), NO_ALLOWANCES)

    held_back = tuple(CredentialId(resource_id("id-a"), name) for name in ("main", "old"))
    assert (violation.code, violation.refused) == ("inexpressible", held_back)


BINDING = Trust("https://ib.oic.prod-aks.azure.com/tenant/client", "system:serviceaccount:a:b", "api://x")


@pytest.mark.parametrize(("name", "trust"), [("AKS-identity-binding", TRUST), ("other", BINDING)])
@pytest.mark.parametrize("listed_trust", [None, OTHER], ids=["delete", "update"])
def test_credential_that_azure_writes_itself_is_held_back_until_it_is_allowed_by_its_address(
    name: str, trust: Trust, listed_trust: Trust | None
) -> None:
    entries = [] if listed_trust is None else [credential(name, listed_trust)]
    access = Access({resource_id("id-a"): (live_credential("id-a", name, trust),)})
    group = desired_group(listed("id-a", federated_credentials=entries))
    changes = diff_access(compare(group, live_group("id-a")), access)
    (change,) = changes.access()

    def verdict(*allow: str) -> list[tuple[str, object]]:
        return [(one.code, one.refused) for one in judge(powerless(changes), parse_allowances(allow, ()))]

    held = [("managed-credential", (change.resource_id,))]
    assert verdict() == held
    assert verdict("managed-credential=rg-app") == held
    assert verdict("managed-credential=rg-app/id-a") == held
    assert verdict(f"managed-credential=rg-app/id-a/federatedCredentials/{name}") == []


def test_credential_that_azure_writes_itself_and_that_stays_is_no_reason_to_refuse() -> None:
    access = Access({resource_id("id-a"): (live_credential("id-a", "aks-identity-binding", BINDING),)})
    group = desired_group(listed("id-a", federated_credentials=[credential("aks-identity-binding", BINDING)]))

    assert judge(diff_access(compare(group, live_group("id-a")), access), NO_ALLOWANCES) == ()


def test_credential_whose_name_is_ignored_is_no_extra() -> None:
    access = Access({resource_id("id-a"): (live_credential("id-a", "AZWI-one", TRUST),)})
    ignore = Ignore(federated_credentials=("azwi-*",))
    group = desired_group(listed("id-a", federated_credentials=[]), ignore=ignore)

    changes = diff_access(compare(group, live_group("id-a")), access)

    one = CredentialId(resource_id("id-a"), "AZWI-one")
    assert (by_action(changes), changes.groups[0].skipped) == ([], (Skipped(one, SkipReason.IGNORED),))
