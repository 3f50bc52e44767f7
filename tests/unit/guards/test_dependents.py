"""What is refused with a refused change: all that Azure would refuse without it, and nothing besides."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import SourcePos
from reconciler.guards import GUARDS, Allowances, judge
from reconciler.manifest.desired import CredentialsPolicy, DesiredAssignment, DesiredCredential, Policy
from reconciler.model.access import (
    MAX_CREDENTIALS,
    Access,
    FederatedCredential,
    RoleAssignment,
    RoleDefinition,
    RoleLookup,
    Trust,
    role_key,
)
from reconciler.model.ids import AnyId, CredentialId, ResourceId, identity_at, identity_of
from reconciler.model.violation import Violation
from reconciler.plan.changes import AccessChange, Action, AssignmentChange, Changes, CredentialChange
from reconciler.plan.diff_access import diff_access
from reconciler.plan.diff_identities import diff_states
from tests.builders import (
    MANIFEST,
    TODAY,
    compare,
    desired_group,
    given_role,
    listed,
    live_group,
    live_identity,
    resource_id,
)
from tests.exchanges import SEEDS, draw_world
from tests.strategies import FEW_EXAMPLES
from tests.unit.guarding import powerless

HERE = SourcePos(MANIFEST, 7, 13)
IDENTITY = resource_id("id-a")
READER = RoleDefinition("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader")
ALLOWED = Allowances(max_deletes=1000, max_revokes=1000)


def trust(subject: str) -> Trust:
    """The trust in a subject of the one issuer."""
    return Trust("https://issuer.example", subject, "audience")


def fic(name: str) -> CredentialId:
    """The id of a credential of the identity."""
    return CredentialId(IDENTITY, name)


def exchange(before: dict[str, str], after: dict[str, str]) -> Changes:
    """One identity's credentials, by name and subject, as they live and as they are listed."""
    entry = listed("id-a", federated_credentials=[DesiredCredential(*one, HERE) for one in _trusts(after)])
    live = tuple(FederatedCredential(fic(name), one) for name, one in _trusts(before))
    desired = desired_group(entry, policy=Policy(federated_credentials=CredentialsPolicy.EXACT))
    return powerless(diff_access(compare(desired, live_group("id-a")), Access({IDENTITY: live})))


def _trusts(subjects: dict[str, str]) -> list[tuple[str, Trust]]:
    return [(name, trust(subject)) for name, subject in subjects.items()]


def refusing(changes: Changes, *refused: AnyId) -> Violation:
    """The verdict where one guard refuses these changes and no other refuses any."""
    also = (Violation("test", None, "no", "", refused),)
    (violation,) = judge(changes, ALLOWED, also=also)
    return violation


@pytest.mark.parametrize(
    ("before", "after", "refused", "with_it"),
    [
        pytest.param({"old": "s"}, {"new": "s"}, "old", {"new": "the issuer and subject of old"}, id="renamed"),
        pytest.param({"old": "s"}, {"new": "t"}, "old", {}, id="replaced by another trust"),
        pytest.param(
            {"a": "s", "b": "t"}, {"a": "t", "b": "s"}, "a", {"b": "the issuer and subject of a"}, id="exchanged"
        ),
        pytest.param(
            {"a": "s", "b": "t", "c": "u"},
            {"a": "v", "b": "s", "c": "t", "d": "u"},
            "a",
            {
                "b": "the issuer and subject of a",
                "c": "the issuer and subject of b",
                "d": "the issuer and subject of c",
            },
            id="handed on along a chain",
        ),
        pytest.param(
            {"a": "s", "b": "t", "c": "u"},
            {"a": "v", "b": "s", "c": "t"},
            "c",
            {},
            id="the last of a chain, which nobody waits for",
        ),
    ],
)
def test_credential_is_refused_with_the_one_whose_trust_it_takes_over(
    before: dict[str, str], after: dict[str, str], refused: str, with_it: dict[str, str]
) -> None:
    violation = refusing(exchange(before, after), fic(refused))

    names = [f"rg-app/id-a/federatedCredentials/{name} (needs {what})" for name, what in with_it.items()]
    assert violation.refused == (fic(refused), *(fic(name) for name in with_it))
    assert violation.message == ("no; held back with it: " + ", ".join(names) if names else "no")


def test_credentials_for_which_no_place_is_left_are_refused_with_those_that_stay() -> None:
    before = {f"old-{number:02}": f"o-{number}" for number in range(MAX_CREDENTIALS)}
    after = {f"old-{number:02}": f"o-{number}" for number in range(3, MAX_CREDENTIALS)}
    changes = exchange(before, after | {f"new-{number}": f"n-{number}" for number in range(3)})

    violation = refusing(changes, fic("old-00"), fic("old-02"))

    place, heir = "(needs the place of old-00, one of 20)", "(needs new-1, which may replace it)"
    assert violation.refused[2:] == tuple(fic(name) for name in ("new-1", "new-2", "new-0", "old-01"))
    assert violation.message == "no; held back with it: " + ", ".join(
        f"rg-app/id-a/federatedCredentials/{name} {what}"
        for name, what in {"new-1": place, "new-2": place, "new-0": place, "old-01": heir}.items()
    )


def test_credentials_that_fit_beside_those_that_stay_are_not_refused() -> None:
    before = {f"old-{number:02}": f"o-{number}" for number in range(MAX_CREDENTIALS)}
    kept = {f"old-{number:02}": f"o-{number}" for number in range(2, MAX_CREDENTIALS)}

    violation = refusing(exchange(before, kept | {"new": "n"}), fic("old-00"))

    assert violation.refused == (fic("old-00"),)


@pytest.mark.parametrize(
    ("after", "stays"),
    [
        pytest.param({"new": "n"}, ["b", "a"], id="all that may be replaced"),
        pytest.param({"new": "n", "heir": "s"}, ["b"], id="but for what has an heir"),
    ],
)
def test_what_may_be_replaced_by_a_refused_credential_stays(after: dict[str, str], stays: list[str]) -> None:
    violation = refusing(exchange({"a": "s", "b": "t"}, after), fic("new"))

    assert violation.refused == (fic("new"), *(fic(name) for name in sorted(stays)))


def test_places_that_two_guards_together_keep_are_missing_in_the_words_of_both() -> None:
    before = {f"old-{number:02}": f"o-{number}" for number in range(MAX_CREDENTIALS)}
    after = {f"old-{number:02}": f"o-{number}" for number in range(2, MAX_CREDENTIALS)} | {"new": "n"}
    also = tuple(Violation("test", None, "no", "", (fic(name),)) for name in ("old-00", "old-01"))

    both = judge(exchange(before, after), ALLOWED, also=also)
    (one,) = judge(exchange(before, after), ALLOWED, also=also[:1])

    assert [violation.refused[1:] for violation in both] == [
        (fic("new"), fic("old-01")),
        (fic("new"), fic("old-00")),
    ]
    assert one.refused == (fic("old-00"),)


def test_role_is_refused_with_the_identity_that_would_be_its_scope() -> None:
    scope = str(resource_id("id-new"))
    entry = listed("id-a", role_assignments=[DesiredAssignment("Reader", scope, HERE)])
    lookups = {role_key("Reader", scope): RoleLookup("Reader", scope, (READER,))}
    compared = compare(desired_group(entry, "id-new", owner="team-a"), live_group())
    changes = diff_access(compared, Access(lookups=lookups))

    violation = refusing(changes, resource_id("id-new"))

    (role,) = changes.access()
    assert violation.refused == (resource_id("id-new"), role.resource_id)
    assert violation.message.endswith("(needs its scope, id-new)")


def test_identity_is_refused_with_the_role_that_another_has_on_it() -> None:
    scope = str(resource_id("id-old"))
    given = given_role("team-a", scope, "principal-of-id-a", READER.guid)
    desired = desired_group(listed("id-a", role_assignments=[]), owner="team-a")
    live = live_group("id-a", live_identity("id-old", tags={"uami-owner": "team-a"}))
    changes = diff_access(compare(desired, live), Access({}, {IDENTITY: (given,), resource_id("id-old"): ()}))

    (role,) = changes.access()
    violation = refusing(powerless(changes), role.resource_id)

    assert violation.refused == (role.resource_id, resource_id("id-old"))
    assert violation.message.endswith("(needs the role Reader of id-a on it to be taken away first)")


def test_role_that_stays_keeps_no_identity_that_goes() -> None:
    scope = str(resource_id("id-old"))
    given = given_role("team-a", scope, "principal-of-id-a", READER.guid)
    entry = listed("id-a", role_assignments=[DesiredAssignment("Reader", scope, HERE)])
    live = live_group("id-a", live_identity("id-old", tags={"uami-owner": "team-a"}))
    lookups = {role_key("Reader", scope): RoleLookup("Reader", scope, (READER,))}
    live_roles: dict[ResourceId, tuple[RoleAssignment, ...]] = {IDENTITY: (given,), resource_id("id-old"): ()}
    changes = diff_access(compare(desired_group(entry, owner="team-a"), live), Access({}, live_roles, lookups))

    (role,) = changes.access()
    violation = refusing(powerless(changes), role.resource_id)

    assert role.action is Action.NO_OP
    assert violation.refused == (role.resource_id,)


# Whatever is refused


@FEW_EXAMPLES
@given(SEEDS, st.sampled_from([0.0, 0.1, 0.5]))
def test_no_change_needs_a_refused_one_and_none_is_refused_without_need(seed: int, share: float) -> None:
    random = Random(seed)
    world = draw_world(random)
    changes = powerless(diff_access(diff_states(world.desired, world.live, judged_on=TODAY), world.access))
    chosen = tuple(one.resource_id for one in changes if random.random() < share)
    also = (Violation("test", None, "no", "", chosen),)

    violations = judge(changes, ALLOWED, also=also)

    refused = {one for violation in violations for one in violation.refused}
    own = {one for check in GUARDS for violation in check(changes, ALLOWED) for one in violation.refused} | {*chosen}
    assert own <= refused
    assert impossible(changes, refused) == []
    assert [one for one in refused - own if not impossible(changes, refused - {one})] == []


def impossible(changes: Changes, refused: set[AnyId]) -> list[str]:
    """What Azure would not let come true, or nobody could find afterwards, of all changes but those refused."""
    there = {one.resource_id for one in changes.identities() if one.before is not None}
    not_yet = {one.resource_id for one in changes.identities() if one.action is Action.CREATE}
    made = not_yet - refused
    found = []
    for child in changes.access():
        identity = child.resource_id.identity
        if child.resource_id in refused:
            continue
        if identity in refused or identity not in there | made:
            found.append(f"{child.resource_id.address}: its identity is refused")
        if isinstance(child, AssignmentChange) and child.action is Action.CREATE:
            scope = identity_at(child.resource_id.scope)
            if scope in not_yet - made:
                found.append(f"{child.resource_id.address}: its scope is not made")
    for change in changes.identities():
        if change.action is Action.DELETE and change.resource_id not in refused:
            roles = [one.resource_id for one in changes.access() if one.resource_id.identity == change.resource_id]
            found += [f"{change.resource_id.address}: leaves a role behind" for one in roles if one in refused]
    return [*found, *_impossible_trust(changes, refused), *_missing(changes, refused)]


def _missing(changes: Changes, refused: set[AnyId]) -> list[str]:
    """What goes though something that may replace it does not come, unless what takes over its trust does."""
    puts = [one for one in changes.access() if one.action in (Action.CREATE, Action.UPDATE)]
    found = []
    for gone in changes.access():
        if gone.action is not Action.DELETE or gone.resource_id in refused:
            continue
        same_place = [
            one for one in puts if type(one) is type(gone) and one.resource_id.identity == gone.resource_id.identity
        ]
        heirs = [one.resource_id for one in same_place if _takes_over(one, gone)]
        found += [
            f"{gone.resource_id.address}: {one} does not come"
            for one in heirs or [one.resource_id for one in same_place]
            if one in refused
        ]
    return found


def _takes_over(put: AccessChange, gone: AccessChange) -> bool:
    match put, gone:
        case CredentialChange(after=Trust(who=new)), CredentialChange(before=FederatedCredential(trust=Trust(who=old))):
            return new == old
    return False


def _impossible_trust(changes: Changes, refused: set[AnyId]) -> list[str]:
    """Two credentials of an identity with one trust, or more than an identity has places for, at the end of the run."""
    at_end: dict[ResourceId, dict[CredentialId, Trust | None]] = {}
    for kept in (one for group in changes.groups for one in group.kept_credentials):
        at_end.setdefault(kept.credential_id.identity, {})[kept.credential_id] = kept.trust
    for change in changes.access():
        if isinstance(change, CredentialChange):
            is_done = change.resource_id not in refused
            live = change.before.trust if change.before is not None else None
            final = change.after if is_done else live
            if final is not None:
                at_end.setdefault(identity_of(change.resource_id), {})[change.resource_id] = final
    found = []
    for identity, credentials in at_end.items():
        trusts = [one.who for one in credentials.values() if one is not None]
        if len(set(trusts)) < len(trusts):
            found.append(f"{identity.address}: two credentials with one trust")
        if len(credentials) > MAX_CREDENTIALS:
            found.append(f"{identity.address}: {len(credentials)} credentials")
    return found
