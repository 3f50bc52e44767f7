"""The guards over what an identity is: protected, pinned to a principal, or the one that the run is signed in as.

Each is shown with what trips it, its words, what lifts it, and that nothing else does.
"""

from collections.abc import Mapping

import pytest

from reconciler.guards import NO_ALLOWANCES, Allowances, Runner, judge, parse_allowances, unknown_runner
from reconciler.guards.allowances import is_lifted, lifted_by_removal
from reconciler.manifest.desired import DesiredIdentity, DesiredRemoval, IdentitiesPolicy, Policy, RemovalAllowance
from reconciler.model.access import Access, FederatedCredential, RoleAssignment, Trust, assignment_name
from reconciler.model.identity import OWNER_TAG, PROTECT_TAG
from reconciler.model.ids import AssignmentId, CredentialId
from reconciler.model.violation import Violation
from reconciler.plan.changes import Changes
from reconciler.plan.diff_access import diff_access
from tests.builders import address, compare, desired_group, listed, live_group, live_identity, removed, resource_id
from tests.unit.guarding import codes, verdict

EVERY_ALLOWANCE = tuple(RemovalAllowance)
EVERY_POLICY = [
    Policy(IdentitiesPolicy.EXACT),
    Policy(IdentitiesPolicy.OWNED),
    Policy(IdentitiesPolicy.MERGE),
]
PROTECTED = {PROTECT_TAG: "true"}


# protected


def test_delete_of_a_protected_identity_is_refused() -> None:
    violations = verdict(desired_group("id-a"), live_group("id-a", live_identity("id-b", tags=PROTECTED)))

    assert violations == (
        Violation(
            "protected",
            resource_id("id-b"),
            "would delete an identity that has the tag uami-protect",
            "Nothing lifts this in the same run. To delete it: list it with protect: false, apply that, and have it"
            " deleted by a later run.",
            (resource_id("id-b"),),
        ),
    )


@pytest.mark.parametrize(
    "tags",
    [{PROTECT_TAG: "true"}, {PROTECT_TAG: ""}, {PROTECT_TAG: "false"}, {"UAMI-Protect": "no"}],
    ids=str,
)
def test_tag_protects_whatever_its_value_and_case(tags: Mapping[str, str]) -> None:
    violations = verdict(desired_group("id-a"), live_group("id-a", live_identity("id-b", tags=tags)))

    assert codes(violations) == [("protected", address("id-b"))]


@pytest.mark.parametrize("policy", EVERY_POLICY)
def test_protection_is_not_lifted_by_a_removal_with_every_allowance(policy: Policy) -> None:
    live = live_identity("id-b", tags={**PROTECTED, OWNER_TAG: "team-a"})
    entry = removed("id-b", *EVERY_ALLOWANCE, principal_id=live.principal_id)

    violations = verdict(desired_group("id-a", owner="team-a", policy=policy, remove=[entry]), live_group("id-a", live))

    assert codes(violations) == [("protected", address("id-b"))]


def test_protection_is_lifted_by_no_flag() -> None:
    live = live_group("id-a", live_identity("id-b", tags=PROTECTED))

    violations = verdict(
        desired_group("id-a"),
        live,
        "foreign-owner=rg-app/id-b",
        "self=rg-app/id-b",
        max_deletes=("1000", "100%"),
    )

    assert codes(violations) == [("protected", address("id-b"))]


@pytest.mark.parametrize("protect", [True, False, None])
def test_protected_identity_that_is_listed_is_updated_as_any_other(protect: bool | None) -> None:
    entry = listed("id-a", tags={"env": "prod"}, protect=protect)

    assert verdict(desired_group(entry), live_group(live_identity("id-a", tags=PROTECTED))) == ()


# principal-changed


@pytest.mark.parametrize("tags", [{}, {"env": "prod"}], ids=["no-op", "update"])
def test_another_principal_than_the_expected_one_is_refused(tags: dict[str, str | None]) -> None:
    desired = desired_group(listed("id-a", tags=tags, expect="p-1"))

    assert verdict(desired, live_group(live_identity("id-a", principal_id="p-2"))) == (
        Violation(
            "principal-changed",
            resource_id("id-a"),
            "the manifest pins it to the principal p-1, but the live identity of this name is p-2",
            "Another identity now has this name. If it is the right one, set expect.principalId: p-2 at"
            " identities.yaml:5:9, and move the roles and trust of the old one.",
            (resource_id("id-a"),),
        ),
    )


def test_expected_identity_that_does_not_live_is_refused_and_not_created() -> None:
    assert verdict(desired_group(listed("id-a", expect="p-1")), live_group()) == (
        Violation(
            "principal-changed",
            resource_id("id-a"),
            "the manifest pins it to the principal p-1, but no identity of this name is live",
            "Find out who deleted it. To create it again, as a new principal: remove expect at identities.yaml:5:9.",
            (resource_id("id-a"),),
        ),
    )


def test_expected_principal_in_another_case_passes() -> None:
    assert (
        verdict(desired_group(listed("id-a", expect="P-A")), live_group(live_identity("id-a", principal_id="p-a")))
        == ()
    )


def test_another_principal_than_the_one_to_remove_is_refused() -> None:
    desired = desired_group("id-a", remove=[removed("id-b", *EVERY_ALLOWANCE, principal_id="p-1")])

    assert verdict(desired, live_group("id-a", live_identity("id-b", principal_id="p-2"))) == (
        Violation(
            "principal-changed",
            resource_id("id-b"),
            "the manifest pins it to the principal p-1, but the live identity of this name is p-2",
            "Another identity now has this name. To delete it too, set principalId: p-2 at identities.yaml:9:9;"
            " otherwise take the entry off.",
            (resource_id("id-b"),),
        ),
    )


@pytest.mark.parametrize("policy", EVERY_POLICY)
def test_removal_of_the_pinned_principal_passes(policy: Policy) -> None:
    ours = live_identity("id-b", tags={OWNER_TAG: "team-a"}, principal_id="p-1")
    desired = desired_group("id-a", owner="team-a", policy=policy, remove=[removed("id-b", principal_id="P-1")])

    assert verdict(desired, live_group("id-a", ours)) == ()


def test_pinned_principal_is_lifted_by_no_flag() -> None:
    desired = desired_group("id-a", remove=[removed("id-b", principal_id="p-1")])

    violations = verdict(
        desired, live_group("id-a", "id-b"), "foreign-owner=rg-app/id-b", "self=rg-app/id-b", max_deletes=("9", "100%")
    )

    assert codes(violations) == [("principal-changed", address("id-b"))]


# foreign-owner, lifted by the entry that removes


def theirs_removed(*allow: RemovalAllowance) -> tuple[DesiredRemoval, ...]:
    return (removed("id-b", *allow, principal_id="p-b"),)


@pytest.mark.parametrize("owner", ["team-b", None])
def test_removal_of_what_is_not_ours_names_its_entry_and_the_flag(owner: str | None) -> None:
    theirs = live_identity("id-b", tags={} if owner is None else {OWNER_TAG: owner}, principal_id="p-b")
    desired = desired_group("id-a", owner="team-a", remove=theirs_removed(RemovalAllowance.IN_USE))

    (violation,) = verdict(desired, live_group(live_identity("id-a", tags={OWNER_TAG: "team-a"}), theirs))

    assert (violation.code, violation.refused) == ("foreign-owner", (resource_id("id-b"),))
    assert violation.hint == (
        "If it is meant: allow: [foreign-owner] at identities.yaml:9:9, or --allow foreign-owner=rg-app/id-b."
        " To leave it alone, take it off remove."
    )


def test_removal_of_what_is_not_ours_is_lifted_by_its_own_entry_alone() -> None:
    theirs = [live_identity(name, tags={OWNER_TAG: "team-b"}) for name in ("id-b", "id-c")]
    entries = [removed("id-b", RemovalAllowance.FOREIGN_OWNER), removed("id-c", RemovalAllowance.IN_USE)]

    violations = verdict(desired_group("id-a", remove=entries), live_group("id-a", *theirs))

    assert codes(violations) == [("foreign-owner", address("id-c"))]


@pytest.mark.parametrize("code", ["in-use", "use-unknown", "foreign-owner", "protected", "self", "delete-limit"])
@pytest.mark.parametrize("allowed", EVERY_ALLOWANCE)
def test_removal_lifts_what_it_allows_and_nothing_else(allowed: RemovalAllowance, code: str) -> None:
    changes = compare(desired_group("id-a", remove=[removed("id-b", allowed)]), live_group("id-a", "id-b", "id-c"))
    by_name = {change.resource_id.name: change for change in changes.identities()}

    assert lifted_by_removal(code, by_name["id-b"]) is (code == allowed.value)
    assert not lifted_by_removal(code, by_name["id-c"])
    assert is_lifted(code, by_name["id-b"], changes, NO_ALLOWANCES) is (code == allowed.value)
    assert is_lifted(code, by_name["id-c"], changes, Allowances()) is False


# self

OURS = {OWNER_TAG: "team-a"}
BY_OBJECT = Runner(object_id="Principal-of-id-b")
BY_CLIENT = Runner(object_id="somebody", client_id="client-of-ID-B")
SCOPE = "/subscriptions/1"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


@pytest.mark.parametrize("runner", [BY_OBJECT, BY_CLIENT], ids=["oid", "appid"])
@pytest.mark.parametrize("entries", [[], [removed("id-b", *EVERY_ALLOWANCE)]], ids=["extra", "removed"])
def test_run_does_not_delete_the_identity_that_it_is_signed_in_as(
    runner: Runner, entries: list[DesiredRemoval]
) -> None:
    desired = desired_group("id-a", remove=entries)

    violations = verdict(
        desired, live_group("id-a", "id-b"), "self=rg-app/id-b", max_deletes=("9", "100%"), runner=runner
    )

    assert violations == (
        Violation(
            "self",
            resource_id("id-b"),
            "would delete the identity that this run is signed in as",
            "Nothing lifts this. Keep it on the list; or, to delete it, run as another principal.",
            (resource_id("id-b"),),
        ),
    )


@pytest.mark.parametrize(
    "runner", [None, Runner(), Runner("principal-of-id-a", "client-of-id-a"), Runner("client-of-id-b")], ids=str
)
def test_run_as_anybody_else_may_delete_an_identity(runner: Runner | None) -> None:
    assert verdict(desired_group("id-a"), live_group("id-a", "id-b"), runner=runner) == ()


def own_access(entry: DesiredIdentity | None) -> Changes:
    """A comparison of the identity that runs, which has one credential and one role of ours."""
    credential = FederatedCredential(CredentialId(resource_id("id-b"), "gh-main"), Trust("https://i", "s", "a"))
    name = assignment_name("team-a", SCOPE, "principal-of-id-b", READER)
    given = RoleAssignment(name, SCOPE, READER, "principal-of-id-b")
    identities = compare(
        desired_group("id-a", *([] if entry is None else [entry]), owner="team-a"),
        live_group(live_identity("id-a", tags=OURS), live_identity("id-b", tags=OURS)),
    )
    access = Access({resource_id("id-b"): (credential,)}, {resource_id("id-b"): (given,)}, {}, {READER: "Reader"}, ())
    return diff_access(identities, access)


CREDENTIAL = CredentialId(resource_id("id-b"), "gh-main")
ROLE = AssignmentId(resource_id("id-b"), "Reader", READER, SCOPE)


def test_run_does_not_delete_its_own_credentials_and_roles() -> None:
    changes = own_access(listed("id-b", federated_credentials=[], role_assignments=[]))

    assert judge(changes, NO_ALLOWANCES, runner=BY_OBJECT) == (
        Violation(
            "self",
            CREDENTIAL,
            "would delete a federated credential of the identity that this run is signed in as",
            "If it is meant: --allow self=rg-app/id-b/federatedCredentials/gh-main. Afterwards this pipeline may no"
            " longer be able to sign in, or to do its work.",
            (CREDENTIAL,),
        ),
        Violation(
            "self",
            ROLE,
            "would delete a role assignment of the identity that this run is signed in as",
            "If it is meant: --allow self=rg-app/id-b/roleAssignments/Reader@/subscriptions/1. Afterwards this pipeline"
            " may no longer be able to sign in, or to do its work.",
            (ROLE,),
        ),
    )


def test_own_access_is_lifted_one_by_one_and_by_its_own_address() -> None:
    changes = own_access(listed("id-b", federated_credentials=[], role_assignments=[]))

    lifted = judge(changes, parse_allowances((f"self={CREDENTIAL.address}", "self=rg-app/id-b"), ()), runner=BY_OBJECT)

    assert codes(lifted) == [("self", ROLE.address)]


def test_roles_that_go_with_the_own_identity_are_held_back_with_it_whatever_is_allowed() -> None:
    changes = own_access(None)

    violations = judge(changes, parse_allowances((f"self={ROLE.address}",), ()), runner=BY_OBJECT)

    assert [(one.code, one.refused) for one in violations] == [("self", (resource_id("id-b"), ROLE))]


def test_access_of_others_may_go() -> None:
    changes = own_access(listed("id-b", federated_credentials=[], role_assignments=[]))

    assert judge(changes, NO_ALLOWANCES, runner=Runner("principal-of-id-a")) == ()


def test_run_that_does_not_know_itself_says_so_where_it_deletes() -> None:
    deleting, idle = (compare(desired_group("id-a"), live_group("id-a", *extra)) for extra in (["id-b"], []))

    assert unknown_runner(deleting, None) == (
        "The guard `self` was not checked: the token does not say which principal this run uses.",
    )
    assert (unknown_runner(idle, None), unknown_runner(deleting, Runner())) == ((), ())


# held back together


@pytest.mark.parametrize(
    "entry",
    [
        listed("id-b", federated_credentials=[], expect="another"),
        listed("id-b", federated_credentials=[], role_assignments=[], expect="another"),
    ],
    ids=["credentials", "credentials and roles"],
)
def test_whatever_hangs_on_a_pinned_identity_is_held_back_with_it(entry: DesiredIdentity) -> None:
    changes = own_access(entry)

    (violation,) = judge(changes, NO_ALLOWANCES)

    assert violation.code == "principal-changed"
    assert set(violation.refused) == {change.resource_id for change in changes} - {resource_id("id-a")}
