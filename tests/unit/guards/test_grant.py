"""The guard over roles that can grow and trust in who has them: what trips it, its words, and what lifts it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import pytest

from reconciler.errors import SourcePos
from reconciler.guards import NO_ALLOWANCES, Allowances, accepted_grants, judge, parse_allowances
from reconciler.manifest.desired import DesiredAssignment, DesiredCredential, DesiredIdentity
from reconciler.manifest.finding import Acceptance
from reconciler.model.access import (
    NO_DETAILS,
    Access,
    AssignmentDetails,
    FederatedCredential,
    RoleAssignment,
    RoleDefinition,
    RoleLookup,
    Trust,
    role_key,
)
from reconciler.model.identity import OWNER_TAG
from reconciler.model.ids import AssignmentId, CredentialId
from reconciler.model.not_read import NotRead
from reconciler.model.roles.held import GivenRole, HeldRoles
from reconciler.model.roles.permissions import BECOME_OTHERS, GIVE_ROLES, PermissionEntry
from reconciler.model.violation import Violation
from reconciler.plan.changes import Changes
from reconciler.plan.diff_access import diff_access
from tests.builders import (
    MANIFEST,
    SUBSCRIPTION,
    compare,
    desired_group,
    given_role,
    listed,
    live_group,
    live_identity,
    resource_id,
)
from tests.unit.guarding import codes

HERE = SourcePos(MANIFEST, 7, 7)
IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
IN_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/rg-app"
ELSEWHERE = f"{IN_SUBSCRIPTION}/resourceGroups/rg-data"
MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/all"
GIVE, TRUST = GIVE_ROLES[0], BECOME_OTHERS[0]
ACCEPTED = (Acceptance("grant", "the pipeline", HERE),)
NO_HELD = HeldRoles()


def definition(name: str, actions: Sequence[str], not_actions: Sequence[str] = ()) -> RoleDefinition:
    """A role by its name, which is its GUID too."""
    return RoleDefinition(name.casefold(), name, (PermissionEntry(tuple(actions), tuple(not_actions)),))


OWNER = definition("Owner", ["*"])
CONTRIBUTOR = definition("Contributor", ["*"], ["Microsoft.Authorization/*/Write", "*/elevateAccess/action"])
READER = definition("Reader", ["*/read"])
ROLES = (OWNER, CONTRIBUTOR, READER)


def role(
    name: str,
    scope: str = IN_GROUP,
    *,
    accept: tuple[Acceptance, ...] = (),
    details: Mapping[str, str | None] = MappingProxyType({}),
) -> DesiredAssignment:
    """A role as a manifest lists it."""
    return DesiredAssignment(name, scope, HERE, tuple(sorted(details.items())), accept)


def trust(name: str = "main", *, accept: tuple[Acceptance, ...] = ()) -> DesiredCredential:
    """A credential as a manifest lists it."""
    return DesiredCredential(name, Trust("https://i", f"s-{name}", "a"), HERE, accept)


def changes_of(
    *entries: DesiredIdentity,
    live: Sequence[str] = ("id-a",),
    given: Mapping[str, tuple[RoleAssignment, ...]] | None = None,
    credentials: Sequence[FederatedCredential] = (),
    held: HeldRoles = NO_HELD,
) -> Changes:
    """The comparison of these entries with identities that live, and what was read of held roles."""
    lookups = {
        role_key(one.role, one.scope): RoleLookup(
            one.role, one.scope, tuple(known for known in ROLES if known.name == one.role)
        )
        for entry in entries
        for one in entry.role_assignments or ()
    }
    access = Access(
        {resource_id("id-a"): tuple(credentials)},
        {resource_id(name): roles for name, roles in (given or {}).items()},
        lookups,
    )
    return replace(diff_access(compare(desired_group(*entries), live_group(*live)), access), held_roles=held)


def assignment_id(name: str, scope: str = IN_GROUP, identity: str = "id-a") -> AssignmentId:
    return AssignmentId(resource_id(identity), name, name.casefold(), scope)


def holds(known: RoleDefinition | None, scope: str = ELSEWHERE) -> GivenRole:
    """A role that an identity has."""
    return GivenRole(RoleAssignment("n", scope, "guid", "p"), known)


# roles


def test_role_that_gives_roles_is_refused_with_its_action() -> None:
    changes = changes_of(listed("id-a", role_assignments=[role("Owner")]))

    assert judge(changes, NO_ALLOWANCES) == (
        Violation(
            "grant",
            assignment_id("Owner"),
            f"would give a role that lets its holder give itself every right ({GIVE})",
            f"If it is meant: --allow grant=rg-app/id-a/roleAssignments/Owner@{IN_GROUP}."
            " Or write accept: [{code: grant, reason: ...}] on that line.",
            (assignment_id("Owner"),),
        ),
    )


def test_flag_that_lifts_it_is_quoted_for_a_shell() -> None:
    scope = f"{IN_SUBSCRIPTION}/resourceGroups/$(id)"
    (violation,) = judge(changes_of(listed("id-a", role_assignments=[role("Owner", scope)])), NO_ALLOWANCES)

    flag = f"'grant=rg-app/id-a/roleAssignments/Owner@{scope}'"
    assert violation.hint.startswith(f"If it is meant: --allow {flag}. Or write accept: ")


@pytest.mark.parametrize("scope", ["/", MANAGEMENT_GROUP, MANAGEMENT_GROUP.upper()])
def test_any_role_above_the_subscriptions_is_refused(scope: str) -> None:
    (violation,) = judge(changes_of(listed("id-a", role_assignments=[role("Reader", scope)])), NO_ALLOWANCES)

    assert (violation.code, violation.about) == ("grant", assignment_id("Reader", scope))
    assert violation.message == f"would give a role that holds at {scope}, above all subscriptions"


def test_role_of_which_nobody_read_what_it_gives_is_refused() -> None:
    changes = changes_of(listed("id-a", role_assignments=[role("Reader")]))
    (group,) = changes.groups
    unread = replace(group, access=tuple(replace(one, definition=None) for one in group.access))  # type: ignore[arg-type]

    (violation,) = judge(replace(changes, groups=(unread,)), NO_ALLOWANCES)

    assert violation.message == "would give a role that could not be read: what it gives is not known"


GIVER = resource_id("id-giver", "rg-data")


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ((), None),
        (
            (GIVER,),
            f"would give a role that lets its holder become rg-data/id-giver, which can give roles ({TRUST})",
        ),
        (
            NotRead("Identities", ELSEWHERE, "missing x"),
            "would give a role that lets its holder become any identity in resource group rg-data"
            f" ({TRUST}), and whether one of them can give roles could not be read: missing x",
        ),
        (
            None,
            "would give a role that lets its holder become any identity in resource group rg-data"
            f" ({TRUST}), and whether one of them can give roles could not be read: nothing was looked at",
        ),
    ],
    ids=["nobody", "somebody", "not read", "not looked at"],
)
def test_role_that_becomes_others_is_refused_where_one_of_these_may_give_roles(
    found: tuple[()] | NotRead | None, message: str | None
) -> None:
    held = NO_HELD if found is None else HeldRoles(givers={ELSEWHERE.casefold(): found})
    changes = changes_of(listed("id-a", role_assignments=[role("Contributor", ELSEWHERE)]), held=held)

    assert [one.message for one in judge(changes, NO_ALLOWANCES)] == ([] if message is None else [message])


@pytest.mark.parametrize(("scope", "refused"), [(IN_GROUP, True), (IN_SUBSCRIPTION, True), (ELSEWHERE, False)])
def test_identity_that_gets_such_a_role_by_the_same_plan_counts(scope: str, refused: bool) -> None:
    changes = changes_of(
        listed("id-a", role_assignments=[role("Contributor", scope)]),
        listed("id-new", role_assignments=[role("Owner", ELSEWHERE, accept=ACCEPTED)]),
        held=HeldRoles(givers={scope.casefold(): ()}),
    )

    found = [(one.code, one.about) for one in judge(changes, NO_ALLOWANCES)]

    assert found == ([("grant", assignment_id("Contributor", scope))] if refused else [])


BOUNDED = AssignmentDetails("x", "2.0")


@pytest.mark.parametrize(
    ("live", "details", "refused"),
    [
        (NO_DETAILS, {}, False),
        (BOUNDED, {}, False),
        (NO_DETAILS, {"description": "text"}, False),
        (NO_DETAILS, {"condition": "x", "condition_version": "2.0"}, False),
        (BOUNDED, {"condition": None, "condition_version": None}, True),
        (BOUNDED, {"condition": "y", "condition_version": "2.0"}, True),
    ],
    ids=["no-op", "kept condition", "description", "narrower", "no condition", "another condition"],
)
def test_role_that_lives_is_refused_only_where_it_loses_what_narrowed_it(
    live: AssignmentDetails, details: dict[str, str | None], refused: bool
) -> None:
    given = RoleAssignment("n", IN_GROUP, "owner", "principal-of-id-a", live)
    changes = changes_of(listed("id-a", role_assignments=[role("Owner", details=details)]), given={"id-a": (given,)})

    found = judge(changes, NO_ALLOWANCES)

    assert [one.message for one in found] == (
        [f"would give without its condition a role that lets its holder give itself every right ({GIVE})"]
        if refused
        else []
    )


# trust


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ((), None),
        ((holds(READER),), None),
        (
            (holds(READER), holds(OWNER)),
            f"that has the role Owner on resource group rg-data: it lets its holder give itself every right ({GIVE})",
        ),
        (
            (holds(READER, MANAGEMENT_GROUP),),
            f"that has the role Reader on {MANAGEMENT_GROUP}: it holds at {MANAGEMENT_GROUP}, above all subscriptions",
        ),
        (
            (holds(None),),
            "that has the role guid on resource group rg-data: it could not be read: what it gives is not known",
        ),
        (
            (holds(CONTRIBUTOR),),
            "that has the role Contributor on resource group rg-data: it lets its holder become rg-data/id-giver, which"
            f" can give roles ({TRUST})",
        ),
        (NotRead("Role assignments", IN_GROUP, "missing y"), "whose roles could not be read: missing y"),
        (None, "whose roles could not be read: nothing was looked at"),
    ],
    ids=["none", "harmless", "gives roles", "above", "unknown", "becomes others", "not read", "not looked at"],
)
@pytest.mark.parametrize("name", ["main", "MAIN"], ids=["create", "update"])
def test_new_trust_is_refused_where_its_identity_has_too_much(
    name: str, held: tuple[GivenRole, ...] | NotRead | None, why: str | None
) -> None:
    old = FederatedCredential(CredentialId(resource_id("id-a"), "main"), Trust("https://i", "s-old", "a"))
    changes = changes_of(
        listed("id-a", federated_credentials=[trust(name)]),
        credentials=[old] if name == "MAIN" else [],
        held=HeldRoles({} if held is None else {resource_id("id-a"): held}, {ELSEWHERE.casefold(): (GIVER,)}),
    )

    found = [(one.code, one.message) for one in judge(changes, NO_ALLOWANCES)]

    assert found == ([] if why is None else [("grant", f"would let somebody new sign in as an identity {why}")])


@pytest.mark.parametrize("live", [("id-a",), ()], ids=["live", "new"])
def test_new_trust_is_refused_where_its_identity_gets_too_much_by_the_same_plan(live: tuple[str, ...]) -> None:
    changes = changes_of(
        listed("id-a", federated_credentials=[trust()], role_assignments=[role("Owner", accept=ACCEPTED)]),
        live=live,
        held=HeldRoles({resource_id("id-a"): ()}),
    )

    (violation,) = judge(changes, NO_ALLOWANCES)

    assert violation.about == CredentialId(resource_id("id-a"), "main")
    assert violation.message.endswith(
        f"that would get the role Owner on resource group rg-app: it lets its holder give itself every right ({GIVE})"
    )


def test_trust_in_an_identity_that_does_not_live_yet_needs_no_read() -> None:
    changes = changes_of(listed("id-new", federated_credentials=[trust()]), live=())

    assert judge(changes, NO_ALLOWANCES) == ()


def test_trust_that_stays_or_goes_is_no_reason_to_refuse() -> None:
    identity = resource_id("id-a")
    live = [
        FederatedCredential(CredentialId(identity, one), Trust("https://i", f"s-{one}", "a")) for one in ("main", "old")
    ]

    changes = changes_of(listed("id-a", federated_credentials=[trust()]), credentials=live)

    assert judge(changes, NO_ALLOWANCES) == ()


# what lifts it


def both(*, credential: tuple[Acceptance, ...] = (), assignment: tuple[Acceptance, ...] = ()) -> Changes:
    """A new identity that gets trust and Owner, each of which is refused for itself."""
    entry = listed(
        "id-a", federated_credentials=[trust(accept=credential)], role_assignments=[role("Owner", accept=assignment)]
    )
    return changes_of(entry, live=())


CREDENTIAL_ADDRESS = "rg-app/id-a/federatedCredentials/main"
ROLE_ADDRESS = f"rg-app/id-a/roleAssignments/Owner@{IN_GROUP}"
BOTH = [("grant", f"{SUBSCRIPTION}/{one}") for one in (CREDENTIAL_ADDRESS, ROLE_ADDRESS)]


@pytest.mark.parametrize(
    ("allow", "left"),
    [
        ((), BOTH),
        ((f"grant={CREDENTIAL_ADDRESS}",), BOTH[1:]),
        ((f"grant={SUBSCRIPTION}/{ROLE_ADDRESS}",), BOTH[:1]),
        ((f"grant={CREDENTIAL_ADDRESS}", f"grant={ROLE_ADDRESS}"), []),
        (("grant=rg-app",), BOTH),
        (("grant=rg-app/id-a",), BOTH),
        ((f"self={CREDENTIAL_ADDRESS}",), BOTH),
    ],
    ids=str,
)
def test_flag_lifts_it_at_one_address_and_at_no_group(allow: tuple[str, ...], left: list[tuple[str, str]]) -> None:
    assert codes(judge(both(), parse_allowances(allow, ()))) == left


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        (both(credential=ACCEPTED), BOTH[1:]),
        (both(assignment=ACCEPTED), BOTH[:1]),
        (both(credential=ACCEPTED, assignment=ACCEPTED), []),
        (both(credential=(Acceptance("another", "x", HERE),)), BOTH),
    ],
    ids=["credential", "role", "both", "another code"],
)
def test_line_lifts_it_for_itself_alone(changes: Changes, left: list[tuple[str, str]]) -> None:
    assert codes(judge(changes, NO_ALLOWANCES)) == left


def test_what_stands_above_a_line_does_not_lift_it() -> None:
    entry = listed("id-a", role_assignments=[role("Owner")])

    changes = changes_of(replace(entry, accept=ACCEPTED))

    assert codes(judge(changes, NO_ALLOWANCES)) == [("grant", assignment_id("Owner").address)]
    assert accepted_grants(changes, NO_ALLOWANCES) == ()


def test_no_line_lifts_it_where_lines_may_not() -> None:
    changes, strict = both(credential=ACCEPTED, assignment=ACCEPTED), Allowances(accept_lifts=False)

    violations = judge(changes, strict)

    assert codes(violations) == BOTH
    assert violations[0].hint == f"If it is meant: --allow grant={CREDENTIAL_ADDRESS}."
    assert accepted_grants(changes, strict) == ()


def test_what_lines_lifted_is_said_with_their_reasons() -> None:
    assert accepted_grants(both(assignment=ACCEPTED), NO_ALLOWANCES) == (
        f"The manifest accepts grant at {ROLE_ADDRESS}: it would give a role that lets its holder give itself every"
        f" right ({GIVE}). Reason: the pipeline",
    )
    assert accepted_grants(both(), NO_ALLOWANCES) == ()


def test_line_that_has_nothing_to_lift_is_not_mentioned() -> None:
    changes = changes_of(listed("id-a", role_assignments=[role("Reader", accept=ACCEPTED)]))

    assert (judge(changes, NO_ALLOWANCES), accepted_grants(changes, NO_ALLOWANCES)) == ((), ())


def test_line_accepts_what_it_names_and_nothing_else() -> None:
    other = (Acceptance("another", "the pipeline", HERE),)
    changes = changes_of(listed("id-a", role_assignments=[role("Owner", accept=other)]))

    assert codes(judge(changes, NO_ALLOWANCES)) == [("grant", assignment_id("Owner").address)]
    assert accepted_grants(changes, NO_ALLOWANCES) == ()


@pytest.mark.parametrize(("given_role", "count"), [("Owner", 2), ("Reader", 1)])
def test_identity_is_only_feared_for_planned_roles_that_give_roles(given_role: str, count: int) -> None:
    becoming = definition("Becomer", [TRUST])
    entries = [
        listed("id-a", role_assignments=[role("Becomer")]),
        listed("id-b", role_assignments=[role(given_role, ELSEWHERE)]),
    ]
    lookups = {
        role_key(one.role, one.scope): RoleLookup(
            one.role, one.scope, tuple(known for known in (*ROLES, becoming) if known.name == one.role)
        )
        for entry in entries
        for one in entry.role_assignments or ()
    }
    compared = compare(desired_group(*entries), live_group("id-a", "id-b"))
    changes = replace(diff_access(compared, Access(lookups=lookups)), held_roles=NO_HELD)

    assert len(judge(changes, NO_ALLOWANCES)) == count


def test_role_that_is_taken_away_is_none_that_trust_would_reach() -> None:
    given = given_role("team-a", IN_GROUP, "principal-of-id-a", "owner")
    entry = listed("id-a", federated_credentials=[trust()], role_assignments=[])
    live = live_group(live_identity("id-a", tags={OWNER_TAG: "team-a"}))
    access = Access({}, {resource_id("id-a"): (given,)})
    compared = diff_access(compare(desired_group(entry, owner="team-a"), live), access)
    assert [one.action.value for one in compared.access()] == ["create", "delete"]

    assert judge(replace(compared, held_roles=HeldRoles({resource_id("id-a"): ()})), NO_ALLOWANCES) == ()
