"""The guard over the scopes of roles: none is given at what does not exist and nothing in the run makes."""

import pytest

from reconciler.errors import SourcePos
from reconciler.guards import NO_ALLOWANCES
from reconciler.guards.scopes import check_scope_missing
from reconciler.manifest.desired import DesiredAssignment
from reconciler.model import (
    Access,
    Impacts,
    RoleDefinition,
    RoleLookup,
    Violation,
    normalize_scope,
    role_key,
)
from reconciler.plan import Action, Changes
from reconciler.plan.diff_access import diff_access
from tests.builders import (
    SUBSCRIPTION,
    compare,
    desired_group,
    given_role,
    listed,
    live_group,
    live_identity,
    resource_id,
)

READER = RoleDefinition("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader")
VAULT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-data/providers/Microsoft.KeyVault/vaults/kv"
NEW = str(resource_id("id-new"))


def giving(scope: str, *missing: str, group_lives: bool = True) -> Changes:
    """A role at a scope, given to an identity that lives beside a new one, where these scopes do not exist."""
    entry = listed("id-api", role_assignments=(DesiredAssignment("Reader", scope, SourcePos("a.yaml", 1, 1)),))
    live = live_group(live_identity("id-api")) if group_lives else live_group(location=None)
    lookups = {role_key("Reader", scope): RoleLookup("Reader", scope, (READER,))}
    changes = diff_access(compare(desired_group(entry, "id-new"), live), Access({}, {}, lookups))
    return changes.with_impacts(Impacts(missing_scopes=frozenset(normalize_scope(one) for one in missing)))


def refusal(scope: str, changes: Changes) -> Violation:
    (change,) = changes.access()
    return Violation(
        code="scope-missing",
        about=change.resource_id,
        message=f"{scope} does not exist, and no line of the manifest makes it",
        hint="Correct the scope in the manifest, or create what it names first.",
        refused=(change.resource_id,),
    )


def test_role_at_a_scope_that_does_not_exist_is_refused() -> None:
    changes = giving(VAULT, VAULT.upper())

    assert list(check_scope_missing(changes, NO_ALLOWANCES)) == [refusal(VAULT, changes)]


@pytest.mark.parametrize("scope", [VAULT, NEW])
def test_role_at_what_exists_or_is_made_passes(scope: str) -> None:
    assert list(check_scope_missing(giving(scope, f"{VAULT}-2"), NO_ALLOWANCES)) == []


def test_role_on_an_identity_whose_group_does_not_exist_is_refused() -> None:
    changes = giving(NEW, group_lives=False)

    assert list(check_scope_missing(changes, NO_ALLOWANCES)) == [refusal(NEW, changes)]


def test_role_on_an_identity_that_the_run_deletes_is_refused_with_the_line_that_deletes_it() -> None:
    scope = str(resource_id("id-old"))
    entry = listed("id-api", role_assignments=(DesiredAssignment("Reader", scope, SourcePos("a.yaml", 1, 1)),))
    lookups = {role_key("Reader", scope): RoleLookup("Reader", scope, (READER,))}
    live = live_group("id-api", live_identity("id-old", tags={"uami-owner": "team-a"}))
    changes = diff_access(compare(desired_group(entry, owner="team-a"), live), Access({}, {}, lookups))
    (going,) = (one for one in changes.identities() if one.action is Action.DELETE)

    (found,) = check_scope_missing(changes, NO_ALLOWANCES)

    assert found.code == "scope-missing"
    assert found.message == f"{scope} is to be deleted, by {going.source.file}:{going.source.line}"
    assert found.refused == tuple(one.resource_id for one in changes.access())


def test_role_on_an_identity_that_is_held_and_not_there_is_refused_with_the_line_that_holds_it() -> None:
    entry = listed("id-api", role_assignments=(DesiredAssignment("Reader", NEW, SourcePos("a.yaml", 1, 1)),))
    lookups = {role_key("Reader", NEW): RoleLookup("Reader", NEW, (READER,))}
    desired = desired_group(entry, listed("id-new", hold="why", line=20))
    changes = diff_access(compare(desired, live_group("id-api")), Access({}, {}, lookups))

    (found,) = check_scope_missing(
        changes.with_impacts(Impacts(missing_scopes=frozenset({normalize_scope(NEW)}))), NO_ALLOWANCES
    )

    assert found.message == f"{NEW} does not exist, and the manifest holds it at identities.yaml:21:15"
    assert found.hint == "Remove the line `hold` there, or create what it names first."
    assert [one.address for one in found.refused] == [one.resource_id.address for one in changes.access()]


@pytest.mark.parametrize("listed_roles", [("Reader",), ()], ids=["kept", "taken away"])
def test_role_that_is_there_is_not_refused_though_its_scope_is_not_found(listed_roles: tuple[str, ...]) -> None:
    given = given_role("team-a", VAULT, "principal-of-id-api", READER.guid)
    roles = [DesiredAssignment(one, VAULT, SourcePos("a.yaml", 1, 1)) for one in listed_roles]
    lookups = {role_key("Reader", VAULT): RoleLookup("Reader", VAULT, (READER,))}
    compared = compare(desired_group(listed("id-api", role_assignments=roles), owner="team-a"), live_group("id-api"))
    changes = diff_access(compared, Access({}, {resource_id("id-api"): (given,)}, lookups))
    assert len(list(changes.access())) == 1

    found = check_scope_missing(
        changes.with_impacts(Impacts(missing_scopes=frozenset({normalize_scope(VAULT)}))), NO_ALLOWANCES
    )

    assert list(found) == []
