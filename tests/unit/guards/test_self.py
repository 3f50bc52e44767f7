"""The guard over the identity that the run is signed in as: what trips it, its words, and what lifts it."""

import pytest

from reconciler.errors import SourcePos
from reconciler.guards import NO_ALLOWANCES, Runner, judge, parse_allowances, unknown_runner
from reconciler.manifest.desired import (
    DesiredAssignment,
    DesiredCredential,
    DesiredRemoval,
    RemovalAllowance,
)
from reconciler.model.access import Access, RoleDefinition, RoleLookup, Trust, role_key
from reconciler.model.ids import AnyId, AssignmentId, CredentialId
from reconciler.model.violation import Violation
from reconciler.plan.changes import Changes
from reconciler.plan.diff_access import diff_access
from tests.builders import MANIFEST, compare, desired_group, listed, live_group, removed, resource_id
from tests.unit.guarding import (
    CREDENTIAL,
    READER,
    ROLE,
    SCOPE,
    codes,
    own_access,
    powerless,
    verdict,
)

BY_OBJECT = Runner(object_id="Principal-of-id-b")
BY_CLIENT = Runner(object_id="somebody", client_id="client-of-ID-B")
HERE = SourcePos(MANIFEST, 7, 7)


@pytest.mark.parametrize("runner", [BY_OBJECT, BY_CLIENT], ids=["oid", "appid"])
@pytest.mark.parametrize("entries", [[], [removed("id-b", *RemovalAllowance)]], ids=["extra", "removed"])
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


# more of it


MORE_TRUST = DesiredCredential("gh-pr", Trust("https://i", "s-2", "a"), HERE)
OTHER_TRUST = DesiredCredential("gh-main", Trust("https://i", "s-2", "a"), HERE)
MORE_ROLE = DesiredAssignment("Contributor", SCOPE, HERE)
NARROWER = DesiredAssignment("Reader", SCOPE, HERE, (("condition", "x"), ("condition_version", "2.0")))
LOOKUPS = {
    role_key(name, SCOPE): RoleLookup(name, SCOPE, (RoleDefinition(guid, name),))
    for name, guid in (("Reader", READER), ("Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c"))
}


def changed(*, credential: DesiredCredential | None = None, role: DesiredAssignment | None = None) -> Changes:
    """The comparison with an identity that runs and lists one credential or one role, of which nothing else goes."""
    credentials = [credential, KEPT] if credential is MORE_TRUST else [credential]
    roles = [role, KEPT_ROLE] if role is MORE_ROLE else [role]
    entry = listed(
        "id-b",
        federated_credentials=None if credential is None else [one for one in credentials if one is not None],
        role_assignments=None if role is None else [one for one in roles if one is not None],
    )
    return powerless(own_access(entry, lookups=LOOKUPS))


KEPT = DesiredCredential("gh-main", Trust("https://i", "s", "a"), HERE)
KEPT_ROLE = DesiredAssignment("Reader", SCOPE, HERE)
NEW_CREDENTIAL = CredentialId(resource_id("id-b"), "gh-pr")
NEW_ROLE = AssignmentId(resource_id("id-b"), "Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c", SCOPE)


@pytest.mark.parametrize(
    ("changes", "about", "message"),
    [
        (changed(credential=MORE_TRUST), NEW_CREDENTIAL, "would create a federated credential"),
        (changed(credential=OTHER_TRUST), CREDENTIAL, "would update a federated credential"),
        (changed(role=MORE_ROLE), NEW_ROLE, "would create a role assignment"),
        (changed(role=NARROWER), ROLE, "would update a role assignment"),
    ],
    ids=["new trust", "other trust", "new role", "narrower role"],
)
def test_run_changes_neither_its_own_trust_nor_its_own_roles_until_that_is_allowed(
    changes: Changes, about: AnyId, message: str
) -> None:
    (violation,) = judge(changes, NO_ALLOWANCES, runner=BY_OBJECT)

    assert (violation.code, violation.about, violation.refused) == ("self", about, (about,))
    assert violation.message == f"{message} of the identity that this run is signed in as"
    short = changes.addresses.short(about)
    assert violation.hint.startswith(f"If it is meant: --allow self={short}. Afterwards ")
    assert judge(changes, parse_allowances((f"self={short}",), ()), runner=BY_OBJECT) == ()
    assert judge(changes, NO_ALLOWANCES, runner=Runner("somebody-else")) == ()


@pytest.mark.parametrize("value", ["rg-app", "rg-app/id-b"])
def test_no_group_and_no_identity_stands_for_all_of_its_own_access(value: str) -> None:
    (violation,) = judge(changed(role=MORE_ROLE), parse_allowances((f"self={value}",), ()), runner=BY_CLIENT)

    assert violation.code == "self"


def test_own_identity_that_is_as_listed_or_gets_other_tags_is_no_reason_to_refuse() -> None:
    entry = listed("id-b", tags={"env": "prod"}, federated_credentials=[KEPT], role_assignments=[KEPT_ROLE])

    assert judge(powerless(own_access(entry, lookups=LOOKUPS)), NO_ALLOWANCES, runner=BY_OBJECT) == ()


def test_run_that_does_not_know_itself_says_so_where_it_gives_more_to_what_lives() -> None:
    new = compare(desired_group(listed("id-new", federated_credentials=[MORE_TRUST])), live_group())

    assert len(unknown_runner(changed(credential=MORE_TRUST), None)) == 1
    assert unknown_runner(new, None) == ()


def test_trust_of_an_identity_that_is_still_to_be_made_is_nobody_s_own() -> None:
    entry = listed("id-new", federated_credentials=[DesiredCredential("main", Trust("https://i", "s", "a"), HERE)])
    changes = diff_access(compare(desired_group(entry), live_group()), Access())

    assert unknown_runner(changes, None) == ()
    assert judge(powerless(changes), NO_ALLOWANCES, runner=BY_OBJECT) == ()


def test_roles_of_its_own_identity_that_go_with_it_are_not_refused_twice() -> None:
    violations = judge(own_access(None), NO_ALLOWANCES, runner=BY_OBJECT)

    assert [(one.code, one.about) for one in violations if one.code == "self"] == [("self", resource_id("id-b"))]
