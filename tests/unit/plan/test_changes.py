"""What changes say of themselves: their place in the manifest, what they write to, and what counts as a delete."""

from dataclasses import replace

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.desired import DesiredAssignment, DesiredCredential, IdentitiesPolicy, Policy
from reconciler.model import (
    AssignmentId,
    CredentialId,
    Impact,
    Impacts,
    Lock,
    PlannedAssignment,
    RoleLookup,
    Trust,
)
from reconciler.plan import (
    Action,
    AssignmentChange,
    CredentialChange,
    IdentityChange,
    Reason,
    UnresolvedRole,
    written_scope,
)
from tests.builders import MANIFEST, compare, desired_group, listed, live_group, live_identity, removed, resource_id

GROUP = desired_group("id-api", remove=[removed("id-bye", line=9)])
ENTRY = listed("id-api", line=5)
IDENTITY = resource_id("id-api")
TRUST = Trust("https://i", "s", "a")
CREDENTIAL = DesiredCredential("main", TRUST, SourcePos(MANIFEST, 7, 7))
ROLE = DesiredAssignment("Reader", "/subscriptions/1", SourcePos(MANIFEST, 8, 7))


def identity_change(**kinds: object) -> IdentityChange:
    change = IdentityChange(IDENTITY, Action.UPDATE, Reason.DIFFERS, GROUP, None, None, None)
    return replace(change, **kinds)  # type: ignore[arg-type]


CREDENTIAL_CHANGE = CredentialChange(
    CredentialId(IDENTITY, "main"), Action.CREATE, Reason.MISSING, GROUP, None, ENTRY, CREDENTIAL, None, TRUST
)
ROLE_CHANGE = AssignmentChange(
    AssignmentId(IDENTITY, "Reader", "guid", ROLE.scope),
    Action.CREATE,
    Reason.MISSING,
    GROUP,
    None,
    ENTRY,
    ROLE,
    None,
    PlannedAssignment("guid", ROLE.scope, None),
)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (identity_change(desired=ENTRY, removal=removed("id-api", line=9)), 5),
        (identity_change(removal=removed("id-api", line=9)), 9),
        (identity_change(), 3),
        (CREDENTIAL_CHANGE, 7),
        (replace(CREDENTIAL_CHANGE, desired=None), 5),
        (ROLE_CHANGE, 8),
        (replace(ROLE_CHANGE, desired=None), 5),
        (replace(ROLE_CHANGE, desired=None, entry=None), 3),
    ],
)
def test_source_of_a_change_is_the_nearest_place_that_asks_for_it(
    change: IdentityChange | CredentialChange | AssignmentChange, line: int
) -> None:
    assert change.source.line == line


@pytest.mark.parametrize(
    ("claimed", "live", "contradicts"),
    [
        ("uksouth", "westeurope", True),
        ("West Europe", "westeurope", False),
        (None, "westeurope", False),
        ("uksouth", None, False),
    ],
)
def test_location_is_contradicted_only_by_a_claim_of_another_one(
    claimed: str | None, live: str | None, contradicts: bool
) -> None:
    before = None if live is None else live_identity("id-api", location=live)

    assert (
        identity_change(desired=listed("id-api", location=claimed), before=before).contradicts_location is contradicts
    )
    assert not identity_change(before=before).contradicts_location


def test_change_writes_to_its_own_id_or_where_its_role_is_given() -> None:
    assert [written_scope(one) for one in (identity_change(), CREDENTIAL_CHANGE, ROLE_CHANGE)] == [
        str(IDENTITY),
        f"{IDENTITY}/federatedIdentityCredentials/main",
        "/subscriptions/1",
    ]


def test_identity_of_a_change_is_the_live_one() -> None:
    live = live_identity("id-api")

    assert (identity_change(before=live).identity, identity_change().identity) == (live, None)


def test_role_that_could_not_be_told_is_named_as_the_manifest_names_it() -> None:
    unresolved = UnresolvedRole(IDENTITY, ROLE, RoleLookup("Reader", ROLE.scope, ()))

    assert unresolved.resource_id == AssignmentId(IDENTITY, "Reader", "", "/subscriptions/1")


def test_deletes_under_remove_are_deletes_that_no_limit_counts() -> None:
    (group,) = compare(GROUP, live_group("id-api", "id-bye", "id-old")).groups

    assert [one.resource_id.name for one in group.deletes()] == ["id-bye", "id-old"]
    assert [one.resource_id.name for one in group.counted_deletes()] == ["id-old"]


def test_changes_are_those_of_identities_before_those_of_children() -> None:
    changes = compare(GROUP, live_group("id-api"))
    (group,) = changes.groups
    with_children = replace(changes, groups=(replace(group, access=(CREDENTIAL_CHANGE, ROLE_CHANGE)),))

    assert list(with_children.identities()) == list(group.changes)
    assert list(with_children.access()) == [CREDENTIAL_CHANGE, ROLE_CHANGE]
    assert list(with_children) == [*group.changes, CREDENTIAL_CHANGE, ROLE_CHANGE]
    assert with_children.addresses.short(IDENTITY) == "rg-app/id-api"


def test_impacts_go_to_their_own_deletes_and_replace_older_ones() -> None:
    changes = compare(desired_group(policy=Policy(IdentitiesPolicy.EXACT)), live_group("id-a", "id-b"))
    impact, lock = Impact(), Lock("ReadOnly", "keep", "/subscriptions/1")

    found = changes.with_impacts(Impacts({resource_id("ID-B"): impact}, (lock,)))

    assert [one.impact for one in found.identities()] == [None, impact]
    assert found.locks == (lock,)


def test_what_is_taken_from_an_identity_that_stays_is_revoked() -> None:
    (group,) = compare(desired_group("id-api"), live_group("id-api", "id-old")).groups
    going = resource_id("id-old")
    roles = [
        replace(ROLE_CHANGE, action=action, resource_id=AssignmentId(identity, "Reader", "guid", ROLE.scope))
        for identity in (IDENTITY, going)
        for action in (Action.DELETE, Action.CREATE)
    ]
    credential = replace(CREDENTIAL_CHANGE, action=Action.DELETE)

    assert replace(group, access=(credential, *roles)).revokes() == (credential, roles[0])


def test_children_are_compared_of_what_is_held_by_its_line_and_not_by_its_day() -> None:
    changes = compare(desired_group("id-api"), live_group("id-api"))
    (group,) = changes.groups
    by_line, by_day = identity_change(desired=ENTRY), identity_change(removal=removed("id-bye"))
    held = replace(changes, groups=(replace(group, held=(by_line, CREDENTIAL_CHANGE, by_day)),))

    assert list(held.with_children()) == [*group.changes, by_line]
