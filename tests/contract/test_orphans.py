"""Role assignments whose principal is gone: found where something proves it, and nobody else's named."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given as generated
from hypothesis import strategies as st

from reconciler.arm.http.client import OtherService
from reconciler.errors import AuthError, Interrupted
from reconciler.live.orphans.directory import Pause
from reconciler.live.orphans.judge import Reason
from reconciler.live.orphans.read import FoundOrphans, OrphanSearch, find_orphans
from reconciler.model.ids import ResourceId
from reconciler.model.orphan import Orphan
from reconciler.sandbox.state.kinds import RoleAssignment
from reconciler.sandbox.state.state import Identity, ResourceGroup
from tests.builders import GROUP, OTHER_SUBSCRIPTION, SUBSCRIPTION, resource_id
from tests.contract.access import (
    CONTRIBUTOR,
    IN_GROUP,
    IN_SUBSCRIPTION,
    OWNER,
    READER,
    given,
    lives,
    principal_of,
    with_roles,
)
from tests.contract.arm import Arm, OpenArm, contents, in_process, subscription, there
from tests.contract.faults import ALWAYS, Behaviour, Fault, answer, answer_body
from tests.contract.impact import without

BY_IDS = "/directoryObjects/getByIds"
OLD = "2020-01-01T00:00:00.0000000Z"
PAUSE_S = 30.0


def old(one: RoleAssignment) -> RoleAssignment:
    """A role that was given long ago."""
    return replace(one, created_on=OLD)


def of(principal_id: str, principal_type: str, scope: str = IN_GROUP) -> RoleAssignment:
    """An old role of somebody who is no identity of `lives`."""
    return replace(old(given(principal_id, READER, scope)), principal_id=principal_id, principal_type=principal_type)


def find(arm: Arm, known: Mapping[str, ResourceId] | None = None, owners: Iterable[str] = (OWNER,)) -> FoundOrphans:
    """What is found with Microsoft Graph."""
    search = OrphanSearch(SUBSCRIPTION, known or {}, frozenset(owners))
    return find_orphans(search, arm.resources_with_graph, Pause(PAUSE_S, arm.retries.sleep))


def names(orphans: Iterable[Orphan]) -> set[str]:
    """The names of assignments."""
    return {one.assignment.name for one in orphans}


def reasons(found: FoundOrphans) -> dict[str, Reason]:
    """Why principals were not judged."""
    return {one.holder.principal_id: one.reason for one in found.not_judged}


def known(*identities: str) -> dict[str, ResourceId]:
    """What a journal says of these."""
    return {principal_of(one): resource_id(one) for one in identities}


START = with_roles(
    contents(lives("id-a"), lives("id-b")),
    old(given("id-a", READER, owner=OWNER)),
    old(given("id-a", CONTRIBUTOR, IN_SUBSCRIPTION)),
    old(given("id-b", READER, owner=OWNER)),
)
"""Two identities with roles, of which two are ours."""


ELSEWHERE = (subscription(OTHER_SUBSCRIPTION), ResourceGroup(OTHER_SUBSCRIPTION, GROUP, "westeurope"))


@pytest.mark.parametrize("journalled", [True, False], ids=["journal", "directory"])
def test_exactly_the_roles_of_what_was_deleted_elsewhere_are_found(arm: OpenArm, journalled: bool) -> None:
    opened = arm(START)
    opened.delete("id-a")

    found = find(opened, known("id-a", "id-b") if journalled else None)

    assert {(one.assignment.principal_id, one.role, one.is_ours) for one in found.orphans} == {
        (principal_of("id-a"), "Reader", True),
        (principal_of("id-a"), "Contributor", False),
    }
    assert {one.identity for one in found.orphans} == {resource_id("id-a") if journalled else None}
    assert (found.assignments, found.principals, found.not_judged) == (3, 2, ())


def test_nothing_is_found_and_nobody_waits_where_everybody_lives(arm: OpenArm) -> None:
    opened = arm(START)

    found = find(opened)

    assert (found.orphans, found.not_judged, opened.time.slept_s) == ((), (), [])
    assert [method for method, _ in opened.asked] == ["GET"] * 3


def test_lists_come_in_pages_and_each_gone_principal_costs_one_read_more(arm: OpenArm) -> None:
    opened = arm(START, page_size=2)
    opened.delete("id-a")

    assert len(find(opened, known("id-a", "id-b")).orphans) == 2
    paths = [path.rpartition("/")[2] for _, path in opened.asked]
    assert paths[:5] == ["permissions", "roleAssignments", "roleAssignments", "userAssignedIdentities", "id-a"]
    assert set(paths[5:]) == {READER, CONTRIBUTOR}


def test_identity_that_was_created_again_has_left_its_old_roles_behind(arm: OpenArm) -> None:
    opened = arm(START)
    opened.recreate("id-a")

    found = find(opened, known("id-a"))

    (now,) = [one for one in opened.application.state.contents().of(Identity) if one.name == "id-a"]
    assert {one.created_again for one in found.orphans} == {now.principal_id}
    assert len(found.orphans) == 2


def test_second_look_after_the_pause_finds_who_was_late(arm: OpenArm) -> None:
    late = of(str(uuid.uuid4()), "ServicePrincipal")
    shown = {"id": late.principal_id, "@odata.type": "#microsoft.graph.servicePrincipal"}
    witness = {"id": principal_of("id-a"), "@odata.type": "#microsoft.graph.servicePrincipal"}
    opened = arm(with_roles(START, late), Fault("POST", BY_IDS, answer_body({"value": [shown, witness]}), passes=1))

    found = find(opened)

    assert (found.orphans, opened.time.slept_s) == ((), [PAUSE_S])


@pytest.mark.parametrize(("hearsay", "slept_s"), [(False, []), (True, [PAUSE_S])], ids=["own", "named"])
def test_nobody_waits_for_what_arm_proves_by_a_journal_of_the_users_own(
    arm: OpenArm, hearsay: bool, slept_s: list[float]
) -> None:
    opened = arm(START)
    opened.delete("id-a")
    said = known("id-a")
    search = OrphanSearch(SUBSCRIPTION, said, frozenset({OWNER}), hearsay=frozenset(said) if hearsay else frozenset())

    found = find_orphans(search, opened.resources_with_graph, Pause(PAUSE_S, opened.retries.sleep))

    assert {one.assignment.principal_id for one in found.orphans} == {principal_of("id-a")}
    assert {one.doubt for one in found.orphans} == {""}
    assert {one.is_hearsay for one in found.orphans} == {hearsay}
    assert opened.time.slept_s == slept_s


def test_who_is_missing_twice_is_gone(arm: OpenArm) -> None:
    gone = of(str(uuid.uuid4()), "ServicePrincipal")
    opened = arm(with_roles(START, gone))

    (orphan,) = find(opened).orphans

    assert orphan.assignment.name == gone.name
    assert orphan.evidence == "Microsoft Graph did not know it, asked twice, 30s apart"
    assert opened.time.slept_s == [PAUSE_S]


@pytest.mark.parametrize(
    ("fault", "because"),
    [
        (answer(403, "Authorization_RequestDenied"), "missing Directory.Read.All in Microsoft Graph"),
        (answer(404, "Request_ResourceNotFound"), "Microsoft Graph: 404 Request_ResourceNotFound"),
        (answer_body({"value": [], "@odata.nextLink": "x"}), "Microsoft Graph: no usable answer"),
    ],
    ids=["denied", "absent", "pages"],
)
@pytest.mark.parametrize("passes", [0, 1], ids=["first", "second"])
def test_directory_that_does_not_answer_calls_nobody_gone_but_journals_still_do(
    arm: OpenArm, fault: Behaviour, because: str, passes: int
) -> None:
    someone = of(str(uuid.uuid4()), "ServicePrincipal")
    opened = arm(with_roles(START, someone), Fault("POST", BY_IDS, fault, times=ALWAYS, passes=passes))
    opened.delete("id-a")

    found = find(opened, known("id-a"))

    assert {one.assignment.principal_id for one in found.orphans} == {principal_of("id-a")}
    (left,) = found.not_judged
    assert (left.holder.principal_id, left.because) == (someone.principal_id, f"not read, because {because}")


def test_directory_that_is_not_asked_says_why(arm: OpenArm) -> None:
    opened = arm(with_roles(START, of(str(uuid.uuid4()), "ServicePrincipal")))
    resources = replace(opened.resources, graph=OtherService(why_not="no token"))

    found = find_orphans(OrphanSearch(SUBSCRIPTION, {}, frozenset()), resources, Pause(0, opened.retries.sleep))

    assert [one.because for one in found.not_judged] == ["not read, because no token"]


@pytest.mark.parametrize("passes", [0, 1], ids=["first", "second"])
def test_directory_that_shows_nobody_of_a_type_proves_nothing_of_it(arm: OpenArm, passes: int) -> None:
    someone = of(str(uuid.uuid4()), "ServicePrincipal")
    opened = arm(with_roles(START, someone), Fault("POST", BY_IDS, answer_body({"value": []}), ALWAYS, passes))

    found = find(opened)

    assert (found.orphans, reasons(found)) == ((), {someone.principal_id: Reason.NOT_READ})
    assert len(opened.time.slept_s) == passes


@pytest.mark.parametrize(
    ("own", "kind"),
    [(str(uuid.uuid4()), "User"), (principal_of("id-a"), "ServicePrincipal")],
    ids=["user", "identity"],
)
def test_run_that_sees_nobody_but_itself_proves_nothing(arm: OpenArm, own: str, kind: str) -> None:
    someone = of(str(uuid.uuid4()), kind)
    shown = {"value": [{"id": own, "@odata.type": f"#microsoft.graph.{kind[0].lower()}{kind[1:]}"}]}
    opened = arm(with_roles(START, of(own, kind), someone), Fault("POST", BY_IDS, answer_body(shown), ALWAYS))
    search = OrphanSearch(SUBSCRIPTION, {}, frozenset(), own)

    found = find_orphans(search, opened.resources_with_graph, Pause(PAUSE_S, opened.retries.sleep))

    assert (found.orphans, reasons(found)) == ((), {someone.principal_id: Reason.NOT_READ})


def test_user_who_is_gone_is_found_where_another_is_shown(arm: OpenArm) -> None:
    there_, gone = of(str(uuid.uuid4()), "User"), of(str(uuid.uuid4()), "User")
    witnesses = [(there_.principal_id, "user"), (principal_of("id-a"), "servicePrincipal")]
    shown = {"value": [{"id": one, "@odata.type": f"#microsoft.graph.{kind}"} for one, kind in witnesses]}
    opened = arm(with_roles(START, there_, gone), Fault("POST", BY_IDS, answer_body(shown), ALWAYS))

    found = find(opened)

    assert (names(found.orphans), found.not_judged) == ({gone.name}, ())


def test_directory_that_still_knows_a_deleted_identity_is_said(arm: OpenArm) -> None:
    shown = {"value": [{"id": principal_of("id-a"), "@odata.type": "#microsoft.graph.servicePrincipal"}]}
    opened = arm(START, Fault("POST", BY_IDS, answer_body(shown), ALWAYS))
    opened.delete("id-a")

    found = find(opened, known("id-a"))

    assert (found.orphans, reasons(found)) == ((), {principal_of("id-a"): Reason.STILL_KNOWN})


def test_young_principal_is_not_judged_and_not_waited_for(arm: OpenArm) -> None:
    someone = replace(of(str(uuid.uuid4()), "ServicePrincipal"), created_on=datetime.now(UTC).isoformat())
    opened = arm(with_roles(START, someone))

    found = find(opened)

    assert (found.orphans, reasons(found)) == ((), {someone.principal_id: Reason.YOUNG})
    assert opened.time.slept_s == []


def test_principal_that_the_directory_is_late_with_is_not_called_gone(arm: OpenArm) -> None:
    # As though the identity were of a subscription that nobody lists.
    opened = arm(START, Fault("GET", "/userAssignedIdentities", answer(403, "AuthorizationFailed"), times=ALWAYS))
    opened.put("id-new")
    (new,) = [one for one in opened.application.state.contents().of(Identity) if one.name == "id-new"]
    role = given("id-new", READER)
    path = f"{IN_GROUP}/providers/Microsoft.Authorization/roleAssignments/{role.name}"
    body = {"roleDefinitionId": role.role_definition_id, "principalId": new.principal_id}
    opened.send("PUT", path, "2022-04-01", {"properties": {**body, "principalType": "ServicePrincipal"}})

    found = find(opened)

    assert (found.orphans, reasons(found)) == ((), {new.principal_id: Reason.YOUNG})


def test_who_is_of_another_directory_is_not_asked_for(arm: OpenArm) -> None:
    foreign = of(str(uuid.uuid4()), "ForeignGroup")
    delegated = replace(of(str(uuid.uuid4()), "ServicePrincipal"), delegated_identity_id=there("id-x").resource_id)
    opened = arm(with_roles(START, foreign, delegated))

    found = find(opened)

    assert found.orphans == ()
    assert set(reasons(found).values()) == {Reason.ELSEWHERE}
    assert not any(path.endswith(BY_IDS) for _, path in opened.asked)


def test_identities_elsewhere_are_alive_without_the_directory(arm: OpenArm) -> None:
    elsewhere = there("id-x", subscription_id=OTHER_SUBSCRIPTION)
    elsewhere = replace(elsewhere, principal_id=principal_of("id-x"))
    made = replace(START, items=(*START.items, *ELSEWHERE, elsewhere))
    opened = arm(with_roles(made, old(given("id-x", READER))), Fault("POST", BY_IDS, answer(403, "No"), times=ALWAYS))
    at = ResourceId(OTHER_SUBSCRIPTION, GROUP, "id-x")

    found = find(opened, {principal_of("id-x"): at})

    assert (found.orphans, found.not_judged) == ((), ())


def test_many_identities_elsewhere_are_read_by_one_list(arm: OpenArm) -> None:
    many = [f"id-{number:02}" for number in range(8)]
    others = tuple(
        replace(there(one, subscription_id=OTHER_SUBSCRIPTION), principal_id=principal_of(one)) for one in many[1:]
    )
    made = replace(START, items=(*START.items, *ELSEWHERE, *others))
    opened = arm(with_roles(made, *(old(given(one, READER)) for one in many)))

    found = find(opened, {principal_of(one): ResourceId(OTHER_SUBSCRIPTION, GROUP, one) for one in many})

    assert {one.assignment.principal_id for one in found.orphans} == {principal_of(many[0])}
    reads = [path for _, path in opened.asked if f"/{OTHER_SUBSCRIPTION}/" in path]
    assert [path.rpartition("/")[2] for path in reads] == ["userAssignedIdentities", many[0]]


def test_identity_that_may_not_be_read_says_nothing(arm: OpenArm) -> None:
    opened = arm(START, Fault("GET", "/id-a", answer(403, "AuthorizationFailed"), times=ALWAYS))
    opened.delete("id-a")

    found = find(opened, known("id-a"))

    assert {one.evidence for one in found.orphans} == {"Microsoft Graph did not know it, asked twice, 30s apart"}
    assert {one.identity for one in found.orphans} == {resource_id("id-a")}


def test_list_of_identities_that_may_not_be_read_is_said_and_the_directory_asked(arm: OpenArm) -> None:
    opened = arm(START, Fault("GET", "/userAssignedIdentities", answer(403, "AuthorizationFailed"), times=ALWAYS))
    opened.delete("id-a")

    found = find(opened)

    assert {one.assignment.principal_id for one in found.orphans} == {principal_of("id-a")}
    assert [(one.what, one.where) for one in found.not_read] == [("Identities", IN_SUBSCRIPTION)]


@pytest.mark.parametrize("passes", [0, ALWAYS], ids=["refused", "filtered"])
def test_journals_are_not_believed_where_not_all_identities_are_seen(arm: OpenArm, passes: int) -> None:
    """Who forges one says that a living identity's principal is that of an identity which does not exist."""
    fault = Fault("GET", "/userAssignedIdentities", answer(403, "AuthorizationFailed"), ALWAYS, passes)
    silent = Fault("POST", BY_IDS, answer(403, "Authorization_RequestDenied"), times=ALWAYS)
    hidden = without("Microsoft.ManagedIdentity/userAssignedIdentities/read")
    # Where it is said to be this caller may read.
    absent = Fault("GET", "/id-never", answer(404, "ResourceNotFound"), times=ALWAYS)
    opened = arm(replace(START, permissions=(hidden,)), fault, silent, absent)
    forged = {principal_of("id-a"): resource_id("id-never")}

    found = find(opened, forged)

    assert (found.orphans, reasons(found)[principal_of("id-a")]) == ((), Reason.NOT_READ)
    assert [one.what for one in found.not_read] == ["Identities"]


def test_list_of_roles_that_could_be_incomplete_is_an_error(arm: OpenArm) -> None:
    opened = arm(replace(START, permissions=(without("Microsoft.Authorization/roleAssignments/read"),)))

    with pytest.raises(AuthError, match="could be incomplete"):
        find(opened)


def test_roles_above_the_subscription_are_found_too(arm: OpenArm) -> None:
    above = of(str(uuid.uuid4()), "ServicePrincipal", "/providers/Microsoft.Management/managementGroups/contoso")
    opened = arm(with_roles(START, above))

    assert names(find(opened).orphans) == {above.name}


def test_only_marks_of_the_owners_are_ours(arm: OpenArm) -> None:
    opened = arm(START)
    opened.delete("id-a")

    others = ("somebody-else", OWNER.swapcase(), f"{OWNER} ", OWNER[:-1])
    assert [one.is_ours for one in find(opened, owners=others).orphans] == [False, False]
    assert sorted(one.is_ours for one in find(opened).orphans) == [False, True]


def test_run_that_is_interrupted_in_the_pause_ends_at_once(arm: OpenArm) -> None:
    opened = arm(with_roles(START, of(str(uuid.uuid4()), "ServicePrincipal")))

    def stop(_: float) -> None:
        opened.stop.request()
        opened.retries.sleep(1)

    with pytest.raises(Interrupted):
        find_orphans(OrphanSearch(SUBSCRIPTION, {}, frozenset()), opened.resources_with_graph, Pause(30, stop))


@dataclass(frozen=True)
class Made:
    """A principal of a generated world: what it is, what became of it, and whether a journal knows it."""

    kind: str
    is_young: bool
    is_deleted: bool
    is_known: bool
    roles: int


KINDS = ("identity", "application", "User", "ForeignGroup")
WORLDS = st.lists(
    st.builds(Made, st.sampled_from(KINDS), st.booleans(), st.booleans(), st.booleans(), st.integers(1, 3)), max_size=6
)
SCOPES = (IN_GROUP, IN_SUBSCRIPTION, there("id-z").resource_id)


def roles_of_made(number: int, made: Made) -> tuple[RoleAssignment, ...]:
    """Its roles; all of one age."""
    kind = made.kind if made.kind in ("User", "ForeignGroup") else "ServicePrincipal"
    created_on = datetime.now(UTC).isoformat() if made.is_young else OLD
    return tuple(
        replace(given(f"id-{number}", READER, scope), principal_type=kind, created_on=created_on)
        for scope in SCOPES[: made.roles]
    )


@generated(WORLDS)
def test_what_is_found_in_any_world_is_what_is_gone_and_can_be_known_to_be(world: list[Made]) -> None:
    """An application of the directory is none that the emulator knows, and so it is gone; a user with a role is not."""
    identities = [number for number, one in enumerate(world) if one.kind == "identity"]
    start = with_roles(
        contents(*(lives(f"id-{number}") for number in identities)),
        *(role for number, one in enumerate(world) for role in roles_of_made(number, one)),
    )
    deleted = [number for number in identities if world[number].is_deleted]
    journal = known(*(f"id-{number}" for number in identities if world[number].is_known))

    with in_process(start) as opened:
        for number in deleted:
            opened.delete(f"id-{number}")
        found = find(opened, journal)

    sees = len(deleted) < len(identities)
    expected = {
        number
        for number, one in enumerate(world)
        if (number in deleted and one.is_known)
        or ((number in deleted or one.kind == "application") and sees and not one.is_young)
    }
    assert names(found.orphans) == {role.name for number in expected for role in roles_of_made(number, world[number])}
    left = {one.holder.principal_id for one in found.not_judged}
    assert left == {
        principal_of(f"id-{number}")
        for number, one in enumerate(world)
        if one.kind == "ForeignGroup" or ((number in deleted or one.kind == "application") and number not in expected)
    }
