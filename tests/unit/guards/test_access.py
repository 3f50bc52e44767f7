"""The guards over credentials and roles: what ARM would refuse half-way, and who is held back with it."""

import pytest

from reconciler.guards import NO_ALLOWANCES, judge, parse_allowances
from reconciler.manifest.desired import (
    DesiredAssignment,
)
from reconciler.model.access import (
    Access,
    RoleDefinition,
    RoleLookup,
    Trust,
    role_key,
)
from reconciler.model.identity import OWNER_TAG
from reconciler.model.ids import AssignmentId, CredentialId
from reconciler.plan.changes import Action, Changes
from reconciler.plan.diff_access import diff_access
from tests.builders import compare, desired_group, given_role, listed, live_group, live_identity, resource_id
from tests.unit.comparing import (
    EXACT,
    HERE,
    MERGE,
    OTHER,
    READER,
    SCOPE,
    TRUST,
    credential,
    live_credential,
)
from tests.unit.guarding import powerless


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


def unresolved(lookup: RoleLookup) -> list[tuple[str, str, str]]:
    """Code, message and hint of each violation where one role is listed that was looked up so."""
    group = desired_group(listed("id-a", role_assignments=[DesiredAssignment("Reader", SCOPE, HERE)]))
    access = Access(lookups={role_key("Reader", SCOPE): lookup})
    violations = judge(powerless(diff_access(compare(group, live_group("id-a")), access)), NO_ALLOWANCES)
    assert {one.about for one in violations} == {AssignmentId(resource_id("id-a"), "Reader", "", SCOPE)}
    return [(one.code, one.message, one.hint) for one in violations]


@pytest.mark.parametrize(
    ("lookup", "expected"),
    [
        (
            RoleLookup("Reader", SCOPE, ()),
            (
                "role-unknown",
                f"no role 'Reader' can be assigned at {SCOPE}",
                f"See: az role definition list --scope {SCOPE}",
            ),
        ),
        (
            RoleLookup("Reader", SCOPE, (), ("Read", "Reader2")),
            ("role-unknown", f"no role 'Reader' can be assigned at {SCOPE}", "Did you mean: Read, Reader2?"),
        ),
        (
            RoleLookup("Reader", SCOPE, (RoleDefinition("guid-1", "Reader"), RoleDefinition("guid-2", "Reader"))),
            (
                "role-ambiguous",
                f"2 roles at {SCOPE} are named 'Reader'",
                "Write the GUID of the one that is meant: guid-1, guid-2.",
            ),
        ),
        (
            RoleLookup("Reader", SCOPE, (), unread="403 Forbidden"),
            (
                "role-unknown",
                f"the roles at {SCOPE} could not be read: 403 Forbidden",
                "Correct the scope in the manifest, or ask for the role Reader there.",
            ),
        ),
        (
            RoleLookup("Reader", SCOPE, (), unread="404 NotFound", is_scope_missing=True),
            (
                "scope-missing",
                f"the roles at {SCOPE} could not be read: 404 NotFound",
                "Correct the scope in the manifest, or create what it names first.",
            ),
        ),
    ],
)
def test_role_that_could_not_be_identified_is_refused_with_what_is_known_of_it(
    lookup: RoleLookup, expected: tuple[str, str, str]
) -> None:
    assert unresolved(lookup) == [expected]


def limited(kept: int, new: int, *, others: int = 0) -> Changes:
    """`id-a` lists so many new credentials beside so many that stay, and `id-b` keeps some others."""
    entries = [
        listed(
            "id-a", federated_credentials=[credential(f"new-{one}", Trust("n", str(one), "a")) for one in range(new)]
        ),
        listed("id-b", federated_credentials=[credential("own", TRUST)]),
    ]
    access = Access(
        {
            resource_id(name): tuple(
                live_credential(name, f"old-{one}", Trust("o", str(one), "a")) for one in range(number)
            )
            for name, number in (("id-a", kept), ("id-b", others))
        }
    )
    group = desired_group(*entries, policy=MERGE)
    return powerless(diff_access(compare(group, live_group("id-a", "id-b")), access))


@pytest.mark.parametrize(("kept", "new", "others"), [(18, 2, 0), (1, 19, 19), (0, 20, 19)])
def test_as_many_credentials_as_an_identity_can_have_are_no_reason_to_refuse(kept: int, new: int, others: int) -> None:
    assert judge(limited(kept, new, others=others), NO_ALLOWANCES) == ()


@pytest.mark.parametrize(("kept", "new"), [(19, 2), (1, 20)])
def test_more_credentials_than_an_identity_can_have_are_refused_with_those_that_stay_counted(
    kept: int, new: int
) -> None:
    (violation,) = judge(limited(kept, new), NO_ALLOWANCES)

    assert (violation.code, violation.about) == ("credential-limit", resource_id("id-a"))
    assert violation.message == (
        f"would have 21 federated credentials with the {kept} that stay unlisted, over ARM's limit of 20"
    )
    assert violation.refused == tuple(
        CredentialId(resource_id("id-a"), f"new-{one}") for one in sorted(map(str, range(new)))
    )


def test_credential_limit_does_not_hold_back_what_is_only_updated() -> None:
    entries = [credential("a-live", TRUST), credential("b-new", OTHER)]
    kept = [live_credential("id-a", f"old-{one:02}", Trust("o", str(one), "a")) for one in range(19)]
    access = Access({resource_id("id-a"): (live_credential("id-a", "a-live", Trust("x", "y", "a")), *kept)})
    group = desired_group(listed("id-a", federated_credentials=entries), policy=MERGE)

    (violation,) = judge(powerless(diff_access(compare(group, live_group("id-a")), access)), NO_ALLOWANCES)

    assert (violation.code, violation.refused) == ("credential-limit", (CredentialId(resource_id("id-a"), "b-new"),))


def test_credential_under_the_name_of_azures_own_may_be_created() -> None:
    entry = listed("id-a", federated_credentials=[credential("aks-identity-binding", BINDING)])

    changes = diff_access(compare(desired_group(entry), live_group("id-a")), Access())

    assert [one.action for one in changes.access()] == [Action.CREATE]
    assert judge(powerless(changes), NO_ALLOWANCES) == ()


def test_credential_that_cannot_be_expressed_holds_back_neither_what_is_new_nor_roles() -> None:
    ids = resource_id("id-a")
    entry = listed(
        "id-a", federated_credentials=[credential("main", TRUST), credential("new", OTHER)], role_assignments=[]
    )
    access = Access(
        {ids: (live_credential("id-a", "main", None), live_credential("id-a", "old", Trust("o", "o", "a")))},
        {ids: (given_role("team-a", SCOPE, "principal-of-id-a", READER),)},
    )
    group = desired_group(entry, owner="team-a", policy=EXACT)
    live = live_group(live_identity("id-a", tags={OWNER_TAG: "team-a"}))

    (violation,) = judge(powerless(diff_access(compare(group, live), access)), NO_ALLOWANCES)

    assert (violation.code, violation.refused) == (
        "inexpressible",
        tuple(CredentialId(ids, one) for one in ("main", "old")),
    )


def test_trust_of_which_only_a_part_can_be_read_is_nobodys() -> None:
    entry = listed("id-a", federated_credentials=[credential("new", TRUST)])
    access = Access({resource_id("id-a"): (live_credential("id-a", "odd", None),)})

    changes = diff_access(compare(desired_group(entry, policy=MERGE), live_group("id-a")), access)

    assert judge(powerless(changes), NO_ALLOWANCES) == ()
