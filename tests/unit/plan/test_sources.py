"""Where a change comes from: the line of its identity, and that of the default that gives it."""

from dataclasses import replace

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.desired import DesiredAssignment, DesiredCredential, DesiredIdentity
from reconciler.model.access import Access, FederatedCredential, RoleDefinition, RoleLookup, Trust, role_key
from reconciler.model.ids import CredentialId
from reconciler.plan.changes import Action, Changes, Skipped, SkipReason
from reconciler.plan.diff_access import diff_access
from reconciler.plan.sources import given_by
from tests.builders import MANIFEST, SUBSCRIPTION, compare, desired_group, given_role, listed, live_group, resource_id

SCOPE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-data"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
DEFAULT = SourcePos(MANIFEST, 3, 5)
TRUST = Trust("https://issuer.example", "s", "a")
LIVE = live_group("id-a")


def entry(*, whole: bool) -> DesiredIdentity:
    """An identity that takes a credential and a role of a default; with `whole` it lists its own, which are none."""
    plain = listed(
        "id-a",
        federated_credentials=[DesiredCredential("given", TRUST, SourcePos(MANIFEST, 7, 13), (), DEFAULT)],
        role_assignments=[DesiredAssignment("Reader", SCOPE, SourcePos(MANIFEST, 7, 13), (), (), DEFAULT)],
    )
    return replace(plain, lists_all_credentials=whole, lists_all_assignments=whole)


def access(*roles: str) -> Access:
    """A credential and an assignment of ours that no line lists, and what the names of roles mean."""
    (live,) = LIVE.identities
    extra = FederatedCredential(CredentialId(live.resource_id, "extra"), replace(TRUST, subject="other"))
    ours = given_role("team-a", SCOPE, live.principal_id, "8e3af657-a8ff-443c-a75c-2fe8c4bcb635")
    found = {role_key(one, SCOPE): RoleLookup(one, SCOPE, (RoleDefinition(READER, "Reader"),)) for one in roles}
    return Access({live.resource_id: (extra,)}, {live.resource_id: (ours,)}, found)


def compared(identity: DesiredIdentity, *roles: str) -> Changes:
    return diff_access(compare(desired_group(identity, owner="team-a"), LIVE), access(*roles))


def test_change_that_a_default_asks_for_names_both_lines() -> None:
    changes = [one for one in compared(entry(whole=True), "Reader").access() if one.action is Action.CREATE]

    assert [(one.source.line, given_by(one)) for one in changes] == [(7, DEFAULT), (7, DEFAULT)]


@pytest.mark.parametrize("whole", [True, False])
def test_only_a_key_of_the_identity_makes_its_lists_whole(whole: bool) -> None:
    changes = compared(entry(whole=whole), "Reader")

    deletes = [one for one in changes.access() if one.action is Action.DELETE]
    left = [one.reason for one in changes.groups[0].skipped if isinstance(one, Skipped)]
    assert (len(deletes), left) == ((2, []) if whole else (0, [SkipReason.NOT_LISTED] * 2))
    assert [given_by(one) for one in deletes] == [None] * len(deletes)


def test_identity_has_no_line_of_a_default() -> None:
    assert [given_by(one) for one in compared(entry(whole=True), "Reader").identities()] == [None]


def test_line_of_the_identity_wins_over_a_default_that_writes_the_role_another_way() -> None:
    own = DesiredAssignment(READER, SCOPE, SourcePos(MANIFEST, 9, 9), (("description", "own"),))
    whole = entry(whole=True)
    both = replace(whole, role_assignments=(own, *(whole.role_assignments or ())))

    (group,) = compared(both, "Reader", READER).groups

    (role,) = [
        one
        for one in group.access
        if one.action is Action.CREATE and one.resource_id.identity == resource_id("id-a") and given_by(one) is None
    ]
    assert (role.source.line, group.unresolved_roles) == (9, ())
