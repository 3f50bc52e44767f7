"""The guards over what an identity is: protected, or pinned to a principal.

Each is shown with what trips it, its words, what lifts it, and that nothing else does.
"""

from collections.abc import Mapping

import pytest

from reconciler.guards import NO_ALLOWANCES, Allowances, judge
from reconciler.guards.allowances import is_lifted, lifted_by_removal
from reconciler.manifest.desired import DesiredIdentity, DesiredRemoval, IdentitiesPolicy, Policy, RemovalAllowance
from reconciler.model.identity import OWNER_TAG, PROTECT_TAG
from reconciler.model.violation import Violation
from tests.builders import address, compare, desired_group, listed, live_group, live_identity, removed, resource_id
from tests.unit.guarding import codes, own_access, verdict

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
