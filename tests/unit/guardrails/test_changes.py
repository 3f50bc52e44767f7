"""What guardrails say of changes: each rule refuses exactly what is outside of it, and nothing that stays as it is."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from reconciler.errors import SourcePos
from reconciler.guardrails import Facts, judge_changes, roles_to_look_up
from reconciler.guardrails.model import Guardrails
from reconciler.guards import NO_ALLOWANCES, Runner, judge
from reconciler.manifest.desired import DesiredAssignment, DesiredCredential, DesiredIdentity
from reconciler.model import (
    NO_DETAILS,
    Access,
    CredentialId,
    FederatedCredential,
    GivenRole,
    HeldRoles,
    NotRead,
    RoleAssignment,
    RoleDefinition,
    RoleLookup,
    Trust,
    Violation,
    role_key,
)
from reconciler.plan import Changes
from reconciler.plan.diff_access import diff_access
from tests.builders import (
    SUBSCRIPTION,
    TENANT,
    compare,
    desired_group,
    listed,
    live_group,
    live_identity,
    resource_id,
)
from tests.unit.guardrails.rails import rails

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
DATA = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-data"
SOURCE = SourcePos("a.yaml", 1, 1)
TRUST = Trust("https://issuer.example", "repo:o/r:environment:prod", "audience")
NOBODY = Runner()
EVERYTHING = (
    "trust: [{identities: ['*'], issuer: 'https://issuer.example', subjects: ['repo:o/r:environment:*']}]",
    f"roles: [{{identities: ['*'], role: Reader, scopes: ['{DATA}/**']}}]",
)


def facts(*roles: RoleDefinition, tenants: tuple[str, ...] = (TENANT,), runner: Runner | None = NOBODY) -> Facts:
    """What is known of a run; the name Reader means these roles at DATA, by default Reader."""
    found = roles or (RoleDefinition(READER, "Reader"),)
    return Facts(tenants, runner, {role_key("Reader", DATA): RoleLookup("Reader", DATA, found)})


def trusting(trust: Trust = TRUST) -> DesiredCredential:
    return DesiredCredential("main", trust, SOURCE)


def having(role: str = READER, scope: str = DATA, condition: str | None = None) -> DesiredAssignment:
    return DesiredAssignment(role, scope, SOURCE, (("condition", condition),) if condition else ())


def changes_of(
    entry: DesiredIdentity,
    *,
    credentials: Iterable[FederatedCredential] = (),
    roles: Iterable[RoleAssignment] = (),
    is_live: bool = True,
    held: tuple[GivenRole, ...] | NotRead = (),
) -> Changes:
    """The comparison of one identity, which lives with these credentials and roles; `held` is read for new trust."""
    names = {READER: "Reader", OWNER: "Owner"}
    lookups = {
        role_key(one.role, one.scope): RoleLookup(one.role, one.scope, (RoleDefinition(one.role, names[one.role]),))
        for one in entry.role_assignments or ()
    }
    lives = live_group(live_identity(entry.resource_id.name)) if is_live else live_group()
    access = Access({entry.resource_id: tuple(credentials)}, {entry.resource_id: tuple(roles)}, lookups)
    compared = diff_access(compare(desired_group(entry, owner="us"), lives), access)
    return replace(compared, held_roles=HeldRoles({entry.resource_id: held}))


def rules(violations: Iterable[Violation]) -> list[tuple[str, tuple[str, ...]]]:
    """Rule of each refusal, and what it holds back."""
    return [
        (one.message.split(": ")[1], tuple(id_.below_identity or "itself" for id_ in one.refused)) for one in violations
    ]


def judged(guardrails: Guardrails, changes: Changes, known: Facts | None = None) -> list[tuple[str, tuple[str, ...]]]:
    return rules(judge_changes((guardrails,), changes, known or facts()))


NEW = listed("id-api", location="westeurope", federated_credentials=[trusting()], role_assignments=[having()])
CREATED = ("itself", "federatedCredentials/main", f"roleAssignments/Reader@{DATA}")


def test_changes_within_the_guardrails_pass() -> None:
    inside = rails(
        *EVERYTHING,
        f"tenant: {TENANT}",
        f"subscriptions: [{SUBSCRIPTION}]",
        "resourceGroups: [rg-*]",
        "owners: [us]",
        "locations: [westeurope]",
        "identities: {deny: [aks-*]}",
        "deletes: {maxPerRun: 0}",
        "revokes: {maxPerRun: 0}",
    )

    assert judged(inside, changes_of(NEW, is_live=False)) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("tenant: 00000000-0000-0000-0000-00000000000b", [("tenant", CREATED)]),
        ("subscriptions: []", [("subscriptions", CREATED)]),
        ("resourceGroups: [rg-other]", [("resourceGroups", CREATED)]),
        ("owners: [them]", [("owners", CREATED)]),
        ("identities: {deny: ['id-*']}", [("identities.deny", CREATED)]),
        ("locations: [northeurope]", [("locations", ("itself",))]),
    ],
)
def test_rule_holds_back_all_that_is_outside_of_it(line: str, found: list[tuple[str, tuple[str, ...]]]) -> None:
    assert judged(rails(*EVERYTHING, line), changes_of(NEW, is_live=False)) == found


@pytest.mark.parametrize("tenants", [(), ("",), (TENANT, "")])
def test_tenant_that_is_not_known_is_refused(tenants: tuple[str, ...]) -> None:
    limited = rails(*EVERYTHING, f"tenant: {TENANT}")

    violations = judge_changes((limited,), changes_of(NEW, is_live=False), facts(tenants=tenants))

    assert [one.message for one in violations] == [
        f"g.yaml:4: tenant: the tenant is not known, and only {TENANT} is let through"
    ]


def test_group_outside_is_refused_even_where_nothing_would_change() -> None:
    (violation,) = judge_changes((rails("owners: [them]"),), changes_of(listed("id-api", tags={})), facts())

    assert (violation.address, len(violation.refused)) == (f"{SUBSCRIPTION}/rg-app", 1)  # its adoption


def test_identity_that_is_never_touched_may_stay_as_it_is() -> None:
    owned = live_group(live_identity("id-api", tags={"uami-owner": "us"}))
    changes = compare(desired_group("id-api", owner="us"), owned)

    assert judged(rails("identities: {deny: ['*']}"), changes) == []


OTHER = FederatedCredential(
    CredentialId(resource_id("id-api"), "main"), Trust("https://issuer.example", "old", "audience")
)


@pytest.mark.parametrize("live", [(), (OTHER,)], ids=["create", "update"])
@pytest.mark.parametrize(
    ("trust", "passes"),
    [
        (TRUST, True),
        (replace(TRUST, subject="repo:evil/r:environment:prod"), False),
        (replace(TRUST, issuer="https://issuer.example/"), False),
    ],
)
def test_new_trust_is_of_an_entry(live: tuple[FederatedCredential, ...], trust: Trust, passes: bool) -> None:
    changes = changes_of(listed("id-api", federated_credentials=[trusting(trust)]), credentials=live)

    found = judged(rails(*EVERYTHING), changes)

    assert found == ([] if passes else [("trust", ("federatedCredentials/main",))])


def test_trust_that_stays_is_not_judged() -> None:
    stays = replace(OTHER, trust=TRUST)
    changes = changes_of(listed("id-api", federated_credentials=[trusting()]), credentials=[stays])

    assert judged(rails("trust: []"), changes) == []


def given(role: str = READER, condition: str | None = None) -> RoleAssignment:
    """A role that the identity has, under a name that says that nobody here gave it."""
    details = replace(NO_DETAILS, condition=condition, condition_version="2.0" if condition else None)
    return RoleAssignment("by-hand", DATA, role, "principal-of-id-api", details)


@pytest.mark.parametrize(
    ("role", "line", "passes"),
    [
        (READER, f"roles: [{{identities: ['*'], role: Reader, scopes: ['{DATA}']}}]", True),
        (READER, f"roles: [{{identities: ['*'], role: {READER.upper()}, scopes: ['{DATA}']}}]", True),
        (OWNER, f"roles: [{{identities: ['*'], role: Reader, scopes: ['{DATA}']}}]", False),
        (READER, f"roles: [{{identities: ['*'], role: Owner, scopes: ['{DATA}']}}]", False),
        (READER, f"roles: [{{identities: ['id-web'], role: Reader, scopes: ['{DATA}']}}]", False),
        (READER, f"roles: [{{identities: ['*'], role: Reader, scopes: ['{DATA}/x']}}]", False),
        (READER, "roles: []", False),
        (READER, "owners: [us]", False),
    ],
)
def test_role_is_given_only_where_an_entry_says_so(role: str, line: str, passes: bool) -> None:
    changes = changes_of(listed("id-api", role_assignments=[having(role)]))

    assert (judged(rails(line), changes) == []) is passes


@pytest.mark.parametrize(
    "roles",
    [
        (RoleDefinition(OWNER, "Reader"),),
        (RoleDefinition(READER, "Reader"), RoleDefinition(OWNER, "Reader")),
    ],
    ids=["another role has the name", "two roles have the name"],
)
def test_name_of_a_role_counts_for_what_it_means(roles: tuple[RoleDefinition, ...]) -> None:
    changes = changes_of(listed("id-api", role_assignments=[having()]))

    assert judged(rails(*EVERYTHING), changes, facts(*roles)) == [("roles", (f"roleAssignments/Reader@{DATA}",))]


def test_name_that_could_not_be_looked_up_lets_nothing_through() -> None:
    changes = changes_of(listed("id-api", role_assignments=[having()]))

    found = judge_changes((rails(*EVERYTHING),), changes, Facts((TENANT,), NOBODY))

    assert [one.code for one in found] == ["guardrail"]


@pytest.mark.parametrize(
    ("condition", "passes"),
    [(None, False), ("x == 1", True)],
)
def test_role_that_needs_a_condition_is_given_with_one(condition: str | None, passes: bool) -> None:
    line = f"roles: [{{identities: ['*'], role: {READER}, scopes: ['{DATA}'], condition: required}}]"
    changes = changes_of(listed("id-api", role_assignments=[having(condition=condition)]))

    assert (judged(rails(line), changes) == []) is passes


def test_condition_that_would_be_taken_away_is_missed() -> None:
    line = f"roles: [{{identities: ['*'], role: {READER}, scopes: ['{DATA}'], condition: required}}]"
    without = DesiredAssignment(READER, DATA, SOURCE, (("condition", None), ("condition_version", None)))
    changes = changes_of(listed("id-api", role_assignments=[without]), roles=[given(condition="x == 1")])

    assert judged(rails(line), changes) == [("roles", (f"roleAssignments/Reader@{DATA}",))]


def test_role_that_stays_is_not_judged() -> None:
    changes = changes_of(listed("id-api", role_assignments=[having()]), roles=[given()])

    assert judged(rails("roles: []"), changes) == []


@pytest.mark.parametrize("scope", ["/", "/providers/Microsoft.Management/managementGroups/m"])
def test_role_beyond_subscriptions_is_always_refused(scope: str) -> None:
    changes = changes_of(listed("id-api", role_assignments=[having(scope=scope)]))

    assert [rule for rule, _ in judged(rails(*EVERYTHING), changes)] == ["always"]


def holds(role: str = READER, scope: str = DATA, condition: str | None = None) -> GivenRole:
    """A role that the identity has, read for new trust."""
    return GivenRole(replace(given(role, condition), scope=scope), None)


TRUSTED = listed("id-api", federated_credentials=[trusting()])
OF_MAIN = ("federatedCredentials/main",)


@pytest.mark.parametrize(
    ("held", "found"),
    [
        ((), []),
        ((holds(),), []),
        ((holds(), holds(OWNER)), [("roles", OF_MAIN)]),
        ((holds(scope=f"/subscriptions/{SUBSCRIPTION}"),), [("roles", OF_MAIN)]),
        ((holds(scope="/"),), [("roles", OF_MAIN)]),
        (NotRead("Roles", "x", "a right is missing"), [("always", OF_MAIN)]),
    ],
)
@pytest.mark.parametrize("live", [(), (OTHER,)], ids=["create", "update"])
def test_new_trust_hands_out_no_role_that_could_not_be_given(
    live: tuple[FederatedCredential, ...],
    held: tuple[GivenRole, ...] | NotRead,
    found: list[tuple[str, tuple[str, ...]]],
) -> None:
    assert judged(rails(*EVERYTHING), changes_of(TRUSTED, credentials=live, held=held)) == found


def test_roles_that_new_trust_would_hand_out_are_named() -> None:
    changes = changes_of(TRUSTED, held=(holds(OWNER, f"/subscriptions/{SUBSCRIPTION}"),))

    (violation,) = judge_changes((rails(*EVERYTHING),), changes, facts())

    assert violation.message == (
        "g.yaml:3: roles: new trust would hand out roles that id-api has and no entry lets it have:"
        f" Owner on subscription {SUBSCRIPTION}"
    )


@pytest.mark.parametrize(("condition", "passes"), [("x == 1", True), (None, False)])
def test_role_that_needs_a_condition_is_handed_out_with_one(condition: str | None, passes: bool) -> None:
    needs = f"roles: [{{identities: ['*'], role: {READER}, scopes: ['{DATA}'], condition: required}}]"
    changes = changes_of(TRUSTED, held=(holds(condition=condition),))

    assert (judged(rails(EVERYTHING[0], needs), changes) == []) is passes


def test_without_the_key_roles_an_identity_that_has_one_gets_no_new_trust() -> None:
    assert judged(rails(EVERYTHING[0]), changes_of(TRUSTED, held=(holds(),))) == [("roles", OF_MAIN)]
    assert judged(rails(EVERYTHING[0]), changes_of(TRUSTED)) == []


def test_trust_that_stays_hands_out_nothing() -> None:
    changes = changes_of(TRUSTED, credentials=[replace(OTHER, trust=TRUST)], held=(holds(OWNER),))

    assert judged(rails(*EVERYTHING), changes) == []


def test_names_of_held_roles_are_looked_up_where_trust_is_new() -> None:
    changes = changes_of(TRUSTED, held=(holds(), holds(scope="/")))

    assert [(one.role, one.scope) for one in roles_to_look_up((rails(*EVERYTHING),), changes)] == [("Reader", DATA)]


ACCESS = listed("id-api", federated_credentials=[trusting()], role_assignments=[having()])


def test_own_trust_and_roles_are_always_refused() -> None:
    extra = replace(OTHER, credential_id=CredentialId(resource_id("id-api"), "extra"))
    changes = changes_of(ACCESS, credentials=[extra])

    found = judged(rails(*EVERYTHING), changes, facts(runner=Runner("principal-of-id-api")))

    assert found == [
        ("always", ("federatedCredentials/extra",)),
        ("always", ("federatedCredentials/main",)),
        ("always", (f"roleAssignments/Reader@{DATA}",)),
    ]


@pytest.mark.parametrize("runner", [Runner("principal-of-another"), Runner()])
def test_trust_and_roles_of_other_identities_are_not_the_runs_own(runner: Runner) -> None:
    assert judged(rails(*EVERYTHING), changes_of(ACCESS), facts(runner=runner)) == []


def test_where_nobody_knows_who_runs_no_live_identity_is_given_anything() -> None:
    unknown = facts(runner=None)

    assert [rule for rule, _ in judged(rails(*EVERYTHING), changes_of(ACCESS), unknown)] == ["always", "always"]
    assert judged(rails(*EVERYTHING), changes_of(NEW, is_live=False), unknown) == []


def test_every_file_refuses_for_itself_and_names_itself() -> None:
    found = judge_changes((rails("owners: [them]"), rails("owners: [us]")), changes_of(listed("id-api")), facts())

    assert len(found) == 1


def test_children_are_held_back_with_their_identity_as_by_any_guard() -> None:
    changes = changes_of(NEW, is_live=False)
    refused = judge_changes((rails(*EVERYTHING, "locations: []"),), changes, facts())

    (violation,) = judge(changes, NO_ALLOWANCES, also=refused)

    assert tuple(one.below_identity or "itself" for one in violation.refused) == CREATED


def test_names_are_looked_up_where_a_role_is_given_and_an_entry_could_let_it_through() -> None:
    changes = changes_of(listed("id-api", role_assignments=[having()]))
    lines = (
        "roles:",
        f"  - {{identities: ['*'], role: Reader, scopes: ['{DATA}']}}",
        f"  - {{identities: ['*'], role: reader, scopes: ['{DATA}']}}",
        f"  - {{identities: [id-web], role: Owner, scopes: ['{DATA}']}}",
        f"  - {{identities: ['*'], role: Owner, scopes: ['{DATA}/x']}}",
        f"  - {{identities: ['*'], role: {OWNER}, scopes: ['{DATA}']}}",
    )

    asked = roles_to_look_up((rails(*lines),), changes)

    assert [(one.role.casefold(), one.scope) for one in asked] == [("reader", DATA)]
    assert roles_to_look_up((rails(*lines),), changes_of(listed("id-api"))) == ()
