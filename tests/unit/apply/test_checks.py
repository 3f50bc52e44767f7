"""What a read means for a call: each kind of resource, each action, each way in which the live side may have moved."""

from dataclasses import replace

import pytest

from reconciler.apply.assignment import check_assignment
from reconciler.apply.checks import ANOTHER_PRINCIPAL, Done, Stale, Write, check_parent, nobody_looks
from reconciler.apply.credential import check_credential
from reconciler.apply.identity import check_identity
from reconciler.model.access import AssignmentDetails, FederatedCredential, PlannedAssignment, RoleAssignment, Trust
from reconciler.model.identity import OWNER_TAG, PROTECT_TAG, Identity, IsolationScope, PlannedIdentity, Tags
from reconciler.model.ids import AssignmentId, CredentialId
from reconciler.plan.changes import Action, AssignmentChange, CredentialChange, IdentityChange, Reason
from tests.builders import compare, desired_group, listed, live_group, live_identity
from tests.orphans import PRINCIPAL, orphan

OURS, THEIRS = {OWNER_TAG: "team-a"}, {OWNER_TAG: "team-b"}
GONE = "the identity has been deleted since the plan was made"
APPEARED = "an identity of this name has appeared since the plan was made"
OWNER_NOW = "its owner has changed since the plan was made, from 'team-a' to 'team-b'"


def lives(
    tags: dict[str, str], *, location: str = "westeurope", scope: str = "None", principal_id: str | None = None
) -> Identity:
    """The identity of these tests as a read shows it."""
    isolation_scope = next((one for one in IsolationScope if one.value == scope), scope)
    return live_identity(
        "id-api", tags=tags, location=location, isolation_scope=isolation_scope, principal_id=principal_id
    )


def change_of(before: Identity | None, *, is_listed: bool = True) -> IdentityChange:
    """The change of an identity that the manifest lists with one tag and an isolation scope, or does not list."""
    entry = listed("id-api", tags={"env": "prod"}, isolation_scope=IsolationScope.REGIONAL, location="westeurope")
    group = desired_group(*([entry] if is_listed else []), owner="team-a")
    (found,) = compare(group, live_group(*([before] if before else []))).groups
    (change,) = found.changes
    return change


CREATE = change_of(None)
UPDATE = change_of(lives(OURS | {"env": "test"}))
ADOPT = change_of(lives({"env": "test"}))
DELETE = change_of(lives(OURS), is_listed=False)
AS_PLANNED = OURS | {"env": "prod"}


@pytest.mark.parametrize(
    ("change", "live", "expected"),
    [
        (CREATE, None, Write(PlannedIdentity("westeurope", Tags(AS_PLANNED), IsolationScope.REGIONAL))),
        (CREATE, lives(OURS), Stale(APPEARED)),
        (CREATE, lives(AS_PLANNED), Stale(APPEARED)),
        (CREATE, lives(AS_PLANNED, scope="Regional"), Stale(APPEARED, as_planned=True)),
        (CREATE, lives(AS_PLANNED, scope="Regional", location="West Europe"), Stale(APPEARED, as_planned=True)),
        (CREATE, lives(AS_PLANNED, scope="Regional", location="eastus"), Stale(APPEARED)),
        (
            UPDATE,
            lives(OURS | {"env": "test"}),
            Write(PlannedIdentity("westeurope", Tags(AS_PLANNED), IsolationScope.REGIONAL)),
        ),
        (
            UPDATE,
            lives(OURS | {"env": "test", "later": "x"}),
            Write(PlannedIdentity("westeurope", Tags(AS_PLANNED | {"later": "x"}), IsolationScope.REGIONAL)),
        ),
        (
            ADOPT,
            lives({"env": "test"}),
            Write(PlannedIdentity("westeurope", Tags(AS_PLANNED), IsolationScope.REGIONAL)),
        ),
        (UPDATE, None, Stale(GONE)),
        (UPDATE, lives(OURS | {"env": "test"}, principal_id="another"), Stale(ANOTHER_PRINCIPAL)),
        (UPDATE, lives(AS_PLANNED, scope="Regional", principal_id="another"), Stale(ANOTHER_PRINCIPAL)),
        (UPDATE, lives(THEIRS | {"env": "test"}), Stale(OWNER_NOW)),
        (UPDATE, lives(OURS | {"env": "dev"}), Stale("changed since the plan was made: tags.env is now 'dev'")),
        (
            UPDATE,
            lives(OURS | {"env": "test"}, scope="Regional"),
            Stale("changed since the plan was made: isolation_scope is 'Regional' already"),
        ),
        (
            UPDATE,
            lives({"env": "test", OWNER_TAG: "team-a"}, scope="Other"),
            Stale("changed since the plan was made: isolation_scope is now 'Other'"),
        ),
        (
            UPDATE,
            lives(AS_PLANNED, scope="Regional"),
            Stale(
                "changed since the plan was made: tags.env is 'prod' already, isolation_scope is 'Regional' already",
                as_planned=True,
            ),
        ),
        (
            ADOPT,
            lives(AS_PLANNED, scope="Regional"),
            Stale(
                "changed since the plan was made: tags.env is 'prod' already, tags.uami-owner is 'team-a' already, "
                "isolation_scope is 'Regional' already",
                as_planned=True,
            ),
        ),
        (
            UPDATE,
            lives(AS_PLANNED, scope="Regional", location="eastus"),
            Stale("changed since the plan was made: tags.env is 'prod' already, isolation_scope is 'Regional' already"),
        ),
        (DELETE, None, Stale("the identity is already deleted", as_planned=True)),
        (DELETE, lives(OURS), Write(None)),
        (DELETE, lives(OURS | {"env": "any"}, scope="Regional"), Write(None)),
        (DELETE, lives(OURS, principal_id="another"), Stale(ANOTHER_PRINCIPAL)),
        (
            DELETE,
            lives(OURS | {PROTECT_TAG: "true"}),
            Stale(f"it now has the tag {PROTECT_TAG}, and is protected"),
        ),
        (DELETE, lives(THEIRS), Stale(OWNER_NOW)),
        (DELETE, lives({}), Stale("its owner has changed since the plan was made, from 'team-a' to absent")),
    ],
)
def test_identity_is_held_against_its_plan(change: IdentityChange, live: Identity | None, expected: object) -> None:
    assert check_identity(change, live) == expected


def test_owner_that_changed_is_named_though_all_else_is_as_planned() -> None:
    # Without an owner of its own, the manifest says nothing of the tag.
    entry = listed("id-api", tags={"env": "prod"})
    before = lives(OURS | {"env": "test"})
    (group,) = compare(desired_group(entry), live_group(before)).groups
    (change,) = group.changes

    found = check_identity(change, lives(THEIRS | {"env": "prod"}))

    assert found == Stale(OWNER_NOW, as_planned=True)


IDENTITY = lives(OURS)
CREDENTIAL = CredentialId(IDENTITY.resource_id, "main")
OLD, NEW, OTHER = (Trust("https://i.example", subject, "api://x") for subject in ("old", "new", "other"))


def has(trust: Trust | None) -> FederatedCredential:
    """The live credential."""
    return FederatedCredential(CREDENTIAL, trust)


def credential_change(action: Action, before: Trust | None, after: Trust | None) -> CredentialChange:
    """A change of the credential from one trust to another."""
    return CredentialChange(
        CREDENTIAL,
        action,
        Reason.DIFFERS,
        desired_group("id-api", owner="team-a"),
        IDENTITY,
        listed("id-api"),
        None,
        None if action is Action.CREATE else has(before),
        after,
    )


PUT = credential_change(Action.CREATE, None, NEW)
TURN = credential_change(Action.UPDATE, OLD, NEW)
DROP = credential_change(Action.DELETE, OLD, None)
DROP_UNREAD = credential_change(Action.DELETE, None, None)
DROP_UNSEEN = replace(DROP, before=None)
CREDENTIAL_GONE = Stale("the credential has been deleted since the plan was made")
CREDENTIAL_APPEARED = Stale("a credential of this name has appeared since the plan was made")
REPLACED = Stale("the credential has been replaced since the plan was made")
SUBJECT_NOW = Stale("changed since the plan was made: subject is now 'other'")


@pytest.mark.parametrize(
    ("change", "action", "live", "expected"),
    [
        (PUT, Action.CREATE, None, Write(NEW)),
        (PUT, Action.CREATE, has(NEW), replace(CREDENTIAL_APPEARED, as_planned=True)),
        (PUT, Action.CREATE, has(OTHER), CREDENTIAL_APPEARED),
        (PUT, Action.CREATE, has(None), CREDENTIAL_APPEARED),
        (TURN, Action.UPDATE, None, CREDENTIAL_GONE),
        (TURN, Action.UPDATE, has(OLD), Write(NEW)),
        (TURN, Action.UPDATE, has(NEW), Done()),
        (TURN, Action.UPDATE, has(OTHER), SUBJECT_NOW),
        (TURN, Action.UPDATE, has(None), REPLACED),
        # A credential that is deleted, to be created again with another trust: two steps of one update.
        (TURN, Action.DELETE, None, Done()),
        (TURN, Action.DELETE, has(OLD), Write(None)),
        (TURN, Action.DELETE, has(NEW), Stale("changed since the plan was made: subject is now 'new'")),
        (TURN, Action.CREATE, None, Write(NEW)),
        (TURN, Action.CREATE, has(NEW), replace(CREDENTIAL_APPEARED, as_planned=True)),
        (TURN, Action.CREATE, has(OLD), CREDENTIAL_APPEARED),
        (DROP, Action.DELETE, None, Done()),
        (DROP, Action.DELETE, has(OLD), Write(None)),
        (DROP, Action.DELETE, has(OTHER), SUBJECT_NOW),
        (DROP, Action.DELETE, has(None), REPLACED),
        (DROP_UNREAD, Action.DELETE, has(None), Write(None)),
        (DROP_UNREAD, Action.DELETE, has(OLD), REPLACED),
        (DROP_UNSEEN, Action.DELETE, has(OLD), CREDENTIAL_APPEARED),
    ],
)
def test_credential_is_held_against_its_plan(
    change: CredentialChange, action: Action, live: FederatedCredential | None, expected: object
) -> None:
    assert check_credential(change, action, live) == expected


READER, WRITER = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "b24988ac-6180-42a0-ab88-20f7382dd24c"
SCOPE = "/subscriptions/s/resourceGroups/rg-app"
GIVEN = RoleAssignment("name", SCOPE, READER, "principal")
ROLE_APPEARED = Stale("a role assignment of this name has appeared since the plan was made")
NEW_DETAILS = AssignmentDetails("y", "2.0")


def role_change(action: Action, before: RoleAssignment | None, after: PlannedAssignment | None) -> AssignmentChange:
    """A change of the role assignment."""
    return AssignmentChange(
        AssignmentId(IDENTITY.resource_id, "Reader", READER, SCOPE),
        action,
        Reason.MISSING,
        desired_group("id-api"),
        IDENTITY,
        listed("id-api"),
        None,
        before,
        after,
    )


@pytest.mark.parametrize(
    ("action", "live", "expected"),
    [
        (Action.CREATE, None, Write(GIVEN)),
        (Action.CREATE, GIVEN, replace(ROLE_APPEARED, as_planned=True)),
        (Action.CREATE, replace(GIVEN, role_guid=READER.upper()), replace(ROLE_APPEARED, as_planned=True)),
        (Action.CREATE, replace(GIVEN, role_guid=WRITER), ROLE_APPEARED),
        (Action.DELETE, None, Done()),
        (Action.DELETE, replace(GIVEN, role_guid=READER.upper(), principal_id="PRINCIPAL"), Write(None)),
        (
            Action.DELETE,
            replace(GIVEN, role_guid=WRITER),
            Stale("the role assignment of this name is another one now"),
        ),
        (
            Action.CREATE,
            replace(GIVEN, details=AssignmentDetails("x", "2.0")),
            Stale("a role assignment of this name has appeared since the plan was made"),
        ),
        (
            Action.DELETE,
            replace(GIVEN, details=AssignmentDetails("x", "2.0")),
            Stale("changed since the plan was made: condition is now 'x', condition_version is now '2.0'"),
        ),
        (
            Action.DELETE,
            replace(GIVEN, principal_id="another"),
            Stale("the role assignment of this name is another one now"),
        ),
    ],
)
def test_role_assignment_is_held_against_its_plan(
    action: Action, live: RoleAssignment | None, expected: object
) -> None:
    is_delete = action is Action.DELETE
    after = None if is_delete else PlannedAssignment(READER, SCOPE, IDENTITY.principal_id)
    change = role_change(action, GIVEN if is_delete else None, after)

    assert check_assignment(change, GIVEN, live) == expected


def test_what_no_plan_contains_is_never_held_to_be_written() -> None:
    as_listed = change_of(lives(AS_PLANNED, scope="Regional"))
    nowhere = replace(CREATE, after=PlannedIdentity(None, Tags(AS_PLANNED), IsolationScope.REGIONAL))

    assert as_listed.action is Action.NO_OP
    for change in (as_listed, nowhere, replace(UPDATE, desired=None), replace(DELETE, before=None)):
        with pytest.raises(AssertionError, match="a change that no plan makes"):
            check_identity(change, change.before)


@pytest.mark.parametrize(
    ("planned", "live", "expected"),
    [
        (IDENTITY, None, Stale(GONE)),
        (None, None, Stale(GONE)),
        (None, lives(THEIRS), lives(THEIRS)),
        (IDENTITY, IDENTITY, IDENTITY),
        (IDENTITY, lives(OURS | {"env": "any"}), lives(OURS | {"env": "any"})),
        (IDENTITY, lives(OURS, principal_id="another"), Stale(ANOTHER_PRINCIPAL)),
        (IDENTITY, lives(THEIRS), Stale(OWNER_NOW)),
        # Adopted meanwhile, by this run or another one of the same owner.
        (lives({}), IDENTITY, IDENTITY),
        (lives(THEIRS), lives(THEIRS), lives(THEIRS)),
    ],
)
def test_identity_of_a_child_is_held_against_its_plan(
    planned: Identity | None, live: Identity | None, expected: Identity | Stale
) -> None:
    assert check_parent(replace(PUT, identity=planned), live) == expected


@pytest.mark.parametrize(
    ("before", "live", "expected"),
    [
        (AssignmentDetails("x", "2.0"), None, Stale("the role assignment has been deleted since the plan was made")),
        (AssignmentDetails("x", "2.0"), AssignmentDetails("x", "2.0"), Write(replace(GIVEN, details=NEW_DETAILS))),
        (AssignmentDetails("x", "2.0"), NEW_DETAILS, Done()),
        (
            AssignmentDetails("x", "2.0"),
            AssignmentDetails("z", "2.0"),
            Stale("changed since the plan was made: condition is now 'z'"),
        ),
    ],
)
def test_role_assignment_that_gets_other_details_is_held_against_its_plan(
    before: AssignmentDetails, live: AssignmentDetails | None, expected: object
) -> None:
    planned = replace(GIVEN, details=before)
    change = role_change(Action.UPDATE, planned, PlannedAssignment(READER, SCOPE, IDENTITY.principal_id, NEW_DETAILS))

    assert check_assignment(change, planned, replace(GIVEN, details=live) if live else None) == expected


@pytest.mark.parametrize("other", [{"role_guid": WRITER}, {"principal_id": "another"}])
def test_role_assignment_that_is_another_one_now_is_not_updated(other: dict[str, str]) -> None:
    change = role_change(Action.UPDATE, GIVEN, PlannedAssignment(READER, SCOPE, IDENTITY.principal_id, NEW_DETAILS))

    found = check_assignment(change, GIVEN, replace(GIVEN, **other))  # type: ignore[arg-type]

    assert found == Stale("the role assignment of this name is another one now")


def test_new_role_assignment_is_written_and_held_with_the_details_of_its_line() -> None:
    change = role_change(Action.CREATE, None, PlannedAssignment(READER, SCOPE, IDENTITY.principal_id, NEW_DETAILS))
    bounded = replace(GIVEN, details=NEW_DETAILS)

    assert check_assignment(change, GIVEN, None) == Write(bounded)
    assert check_assignment(change, GIVEN, bounded) == replace(ROLE_APPEARED, as_planned=True)
    assert check_assignment(change, GIVEN, GIVEN) == ROLE_APPEARED
    assert check_assignment(change, GIVEN, replace(bounded, principal_id="another")) == ROLE_APPEARED


def test_where_nobody_looks_an_orphan_stays() -> None:
    assert nobody_looks(orphan()) == f"nobody looked whether principal {PRINCIPAL} is still gone"
