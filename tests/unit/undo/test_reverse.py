"""The way back from a run: what returns, what is left alone because somebody else has changed it, and what is said."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from reconciler.errors import ReconcilerError, SourcePos
from reconciler.journal import Call, Outcome, RunRecord
from reconciler.manifest.desired import (
    DesiredAssignment,
    DesiredCredential,
    DesiredGroup,
    DesiredIdentity,
    DesiredTenant,
    Ignore,
    Limits,
    Policy,
)
from reconciler.model import (
    OWNER_TAG,
    AssignmentDetails,
    CredentialId,
    FederatedCredential,
    Identity,
    IsolationScope,
    PlannedIdentity,
    ResourceId,
    RoleAssignment,
    Tags,
    Target,
    Trust,
)
from reconciler.plan import Action
from reconciler.undo.reverse import LiveNow, Undo, make_undo, touched_identities
from tests.builders import TENANT, compare, desired_group, group_id, live_group
from tests.unit.journal.calls import (
    ASSIGNMENT_ID,
    CREATED,
    CREDENTIAL,
    CREDENTIAL_ID,
    DELETED,
    HEADER,
    IDENTITY,
    IDENTITY_ID,
    OURS,
    OWNER,
    PLANNED,
    READER,
    SCOPE,
    SOURCE,
    THEIRS,
    TRUST,
    UPDATED,
    call,
)

JOURNAL = "run.jsonl"
OTHER_TRUST = replace(TRUST, subject="repo:a/c")
OURS_AGAIN = DesiredAssignment(READER, SCOPE, SOURCE, AssignmentDetails(owner=OWNER).named())
OWNED = replace(IDENTITY, tags=Tags({OWNER_TAG: OWNER, "env": "prod"}))
NAME = "rg-app/id-api"


def undo(
    calls: Iterable[Call],
    *live: Identity,
    credentials: Iterable[FederatedCredential] = (),
    assignment: RoleAssignment | None = None,
) -> Undo:
    """The way back from a run of these calls, all of them done unless they say otherwise."""
    ended = tuple(one if one.outcome else replace(one, outcome=Outcome.DONE) for one in calls)
    record = RunRecord(HEADER, ended, None, torn=False)
    identities: dict[ResourceId, Identity | None] = dict.fromkeys(touched_identities(record))
    identities |= {one.resource_id: one for one in live}
    kept = {one.credential_id: one for one in credentials}
    given = {} if assignment is None else {ASSIGNMENT_ID: assignment}
    return make_undo(record, LiveNow(identities, kept, given), JOURNAL)


def entry_of(found: Undo) -> DesiredIdentity:
    """The one identity that an undo lists."""
    ((entry,),) = (group.identities for group in found.desired.groups)
    return entry


def notes_of(found: Undo) -> tuple[str, ...]:
    """What an undo says below its title."""
    return found.notes[1:]


def updated(
    before: Mapping[str, str], after: Mapping[str, str], old: IsolationScope | str, new: IsolationScope | str
) -> Call:
    return replace(
        UPDATED,
        before=replace(IDENTITY, tags=Tags(before), isolation_scope=old),
        after=PlannedIdentity("westeurope", Tags(after), new),
    )


def test_created_identity_goes_where_it_is_as_the_run_made_it() -> None:
    found = undo([replace(CREATED, made=IDENTITY)], IDENTITY)

    assert found.desired.groups == (
        DesiredGroup(
            group_id(),
            DesiredTenant(TENANT, SourcePos(JOURNAL, 1, 1)),
            OWNER,
            Policy(),
            Limits(),
            Ignore(),
            (),
            SOURCE,
        ),
    )
    assert found.targets == (Target(group_id(), "id-api", NAME),)
    assert found.limited_to == frozenset()
    assert found.seen == {IDENTITY_ID: IDENTITY}
    assert notes_of(found) == (
        f"In Git, at identities.yaml:5: take {NAME} off the list, or the next apply creates it again.",
    )


def test_children_of_a_created_identity_go_with_it() -> None:
    found = undo([replace(CREATED, made=IDENTITY), call(2, Action.CREATE, None, TRUST)], IDENTITY)

    assert found.limited_to == {CREDENTIAL_ID}


@pytest.mark.parametrize(
    ("made", "now", "why"),
    [
        (None, IDENTITY, "no answer says that the run created it; delete it yourself if it has"),
        (replace(IDENTITY, principal_id="old"), IDENTITY, "it has been deleted and created again since"),
        (OWNED, IDENTITY, "its owner is now absent"),
        (IDENTITY, OWNED, "its owner is now 'team-a'"),
    ],
)
def test_created_identity_that_is_no_longer_the_runs_own_is_left_alone(
    made: Identity | None, now: Identity, why: str
) -> None:
    found = undo([replace(CREATED, made=made)], now)

    assert (found.desired.groups, found.targets) == ((), ())
    assert notes_of(found) == (f"Left alone: {NAME}: {why}.",)


def test_created_identity_that_is_gone_is_no_matter() -> None:
    found = undo([replace(CREATED, made=IDENTITY)])

    assert (found.desired.groups, found.targets, notes_of(found)) == ((), (), ())


def test_deleted_identity_comes_back_with_its_children() -> None:
    gone = replace(DELETED, before=replace(OWNED, isolation_scope=IsolationScope.REGIONAL))

    found = undo([gone])

    assert entry_of(found) == DesiredIdentity(
        IDENTITY_ID,
        "westeurope",
        IsolationScope.REGIONAL,
        (("env", "prod"), (OWNER_TAG, OWNER)),
        SOURCE,
        (DesiredCredential("main", TRUST, SOURCE),),
        (replace(OURS_AGAIN, details=AssignmentDetails().named()),),
    )
    assert found.targets == (Target(group_id(), "id-api", NAME),)
    assert found.limited_to == {CREDENTIAL_ID, ASSIGNMENT_ID}
    assert notes_of(found)[-1] == (
        f"In Git, at identities.yaml:5: list {NAME} again, or the next apply deletes it again."
    )


@pytest.mark.parametrize("scope", [IsolationScope.NONE, "Unheard"])
def test_deleted_identity_whose_isolation_scope_no_manifest_can_name_comes_back_without_one(scope: str) -> None:
    assert entry_of(undo([replace(DELETED, before=replace(IDENTITY, isolation_scope=scope))])).isolation_scope is None


def test_role_that_the_run_took_away_before_comes_back_though_no_children_were_read() -> None:
    entry = entry_of(undo([call(1, Action.DELETE, OURS, None), replace(DELETED, children=None)]))

    assert (entry.federated_credentials, entry.role_assignments) == (
        None,
        (OURS_AGAIN,),
    )


@pytest.mark.parametrize(
    ("principal", "notes"),
    [
        ("principal", ()),
        ("another", (f"Left alone: {NAME}: there is another identity of its name already.",)),
    ],
)
def test_deleted_identity_whose_name_is_taken_does_not_come_back(principal: str, notes: tuple[str, ...]) -> None:
    found = undo([DELETED], replace(IDENTITY, principal_id=principal))

    assert (found.desired.groups, found.targets) == ((), ())
    assert notes_of(found) == notes


@pytest.mark.parametrize(
    ("before", "after", "now", "back", "notes"),
    [
        ({"env": "prod"}, {"env": "test"}, {"env": "test"}, {"env": "prod"}, ["tags.env"]),
        ({"env": "prod"}, {}, {}, {"env": "prod"}, ["tags.env"]),
        ({}, {"env": "test"}, {"ENV": "test"}, {"env": None}, ["tags.env"]),
        ({"env": "prod"}, {"env": "test"}, {"env": "prod"}, {}, []),
        ({"env": "prod"}, {"env": "prod"}, {"env": "else"}, {}, []),
        ({"env": "prod"}, {"env": "test"}, {"env": "else"}, {}, ["it is now 'else'"]),
        ({"env": "prod"}, {"env": "test"}, {}, {}, ["it is now absent"]),
        (
            {"a": "1", "b": "1"},
            {"a": "2", "b": "2"},
            {"a": "2", "b": "3"},
            {"a": "1"},
            ["it is now '3'", "tags.a of rg-app/id-api"],
        ),
    ],
)
def test_tag_returns_where_it_still_is_as_the_run_has_left_it(
    before: dict[str, str], after: dict[str, str], now: dict[str, str], back: dict[str, str | None], notes: list[str]
) -> None:
    same = IsolationScope.NONE
    live = replace(IDENTITY, tags=Tags({**now, OWNER_TAG: OWNER}))

    found = undo([updated(before, after, same, same)], live)

    tags = {**back, OWNER_TAG: OWNER} if back else None
    assert (dict(entry_of(found).tags) if found.targets else None) == tags
    assert len(notes_of(found)) == len(notes)
    assert all(note in text for note, text in zip(notes, notes_of(found), strict=True))


def test_owner_returns_to_what_it_was_before_the_run() -> None:
    same = IsolationScope.NONE

    found = undo([updated({}, {OWNER_TAG: OWNER}, same, same)], replace(IDENTITY, tags=Tags({OWNER_TAG: OWNER})))

    assert entry_of(found).tags == ((OWNER_TAG, None),)


@pytest.mark.parametrize(
    ("old", "new", "now", "back"),
    [
        (IsolationScope.NONE, IsolationScope.REGIONAL, IsolationScope.REGIONAL, IsolationScope.NONE),
        (IsolationScope.REGIONAL, IsolationScope.NONE, IsolationScope.NONE, IsolationScope.REGIONAL),
        (IsolationScope.REGIONAL, IsolationScope.NONE, IsolationScope.REGIONAL, None),
        (IsolationScope.NONE, IsolationScope.NONE, IsolationScope.REGIONAL, None),
        (IsolationScope.NONE, IsolationScope.REGIONAL, "Unheard", None),
    ],
)
def test_isolation_scope_returns_where_it_still_is_as_the_run_has_left_it(
    old: IsolationScope, new: IsolationScope, now: IsolationScope | str, back: IsolationScope | None
) -> None:
    found = undo([updated({}, {}, old, new)], replace(IDENTITY, isolation_scope=now))

    assert (entry_of(found).isolation_scope if found.targets else None) == back
    assert (f"Left alone: {NAME}: its isolation scope is now Unheard." in found.notes) is (now == "Unheard")


@pytest.mark.parametrize(
    ("call_", "live", "why"),
    [
        (UPDATED, (), "it has been deleted since"),
        (call(1, Action.CREATE, None, TRUST), (), "it has been deleted since"),
        (UPDATED, (replace(IDENTITY, principal_id="new"),), "it has been deleted and created again since"),
    ],
)
def test_identity_that_is_no_longer_the_one_of_the_run_is_left_alone(
    call_: Call, live: tuple[Identity, ...], why: str
) -> None:
    found = undo([call_], *live)

    assert (found.desired.groups, notes_of(found)) == ((), (f"Left alone: {NAME}: {why}.",))


CREATE, UPDATE = call(1, Action.CREATE, None, TRUST), call(1, Action.UPDATE, CREDENTIAL, OTHER_TRUST)
DELETE = call(1, Action.DELETE, CREDENTIAL, None)
LISTED = (DesiredCredential("main", TRUST, SOURCE),)
NOT_AS_LEFT = f"Left alone: {NAME}/federatedCredentials/main: it is no longer as the run has left it."
IN_GIT = f"In Git, at identities.yaml:5: change {NAME}/federatedCredentials/main in the manifest too."


@pytest.mark.parametrize(
    ("call_", "live", "listed", "notes"),
    [
        (CREATE, TRUST, (), (IN_GIT,)),
        (CREATE, OTHER_TRUST, None, (NOT_AS_LEFT,)),
        (CREATE, None, None, ()),
        (UPDATE, OTHER_TRUST, LISTED, (IN_GIT,)),
        (UPDATE, TRUST, None, ()),
        (UPDATE, replace(TRUST, audience="else"), None, (NOT_AS_LEFT,)),
        (UPDATE, None, None, (NOT_AS_LEFT,)),
        (DELETE, None, LISTED, (IN_GIT,)),
        (DELETE, TRUST, None, ()),
        (DELETE, OTHER_TRUST, None, (NOT_AS_LEFT,)),
    ],
)
def test_credential_returns_where_it_still_is_as_the_run_has_left_it(
    call_: Call, live: Trust | None, listed: tuple[DesiredCredential, ...] | None, notes: tuple[str, ...]
) -> None:
    found = undo([call_], OWNED, credentials=[] if live is None else [FederatedCredential(CREDENTIAL_ID, live)])

    assert (entry_of(found).federated_credentials if found.targets else None) == listed
    assert found.limited_to == (set() if listed is None else {CREDENTIAL_ID})
    assert notes_of(found) == notes


def test_credential_that_cannot_be_expressed_stays_gone() -> None:
    found = undo([call(1, Action.DELETE, FederatedCredential(CREDENTIAL_ID, None), None)], OWNED)

    assert entry_of(found).federated_credentials == ()


@pytest.mark.parametrize(
    ("call_", "listed"),
    [
        (call(1, Action.CREATE, None, OURS), ()),
        (
            call(1, Action.DELETE, OURS, None),
            (OURS_AGAIN,),
        ),
    ],
)
def test_role_returns_to_what_it_was(call_: Call, listed: tuple[DesiredAssignment, ...]) -> None:
    found = undo([call_], OWNED)

    entry = entry_of(found)
    assert (entry.federated_credentials, entry.role_assignments) == (None, listed)
    assert entry.tags == ((OWNER_TAG, OWNER),)
    assert found.limited_to == {ASSIGNMENT_ID}


@pytest.mark.parametrize("outcome", [Outcome.IN_DOUBT, Outcome.DONE])
def test_role_returns_to_an_identity_that_stays_though_a_call_to_delete_it_went_out(outcome: Outcome) -> None:
    taken, deleted = call(1, Action.DELETE, OURS, None), replace(DELETED, outcome=outcome)

    entry = entry_of(undo([taken, deleted], IDENTITY))

    assert entry.role_assignments == (OURS_AGAIN,)
    assert entry.federated_credentials is None


def test_role_that_was_given_back_is_no_matter() -> None:
    given_back = [call(1, Action.DELETE, OURS, None), call(2, Action.CREATE, None, OURS)]

    found = undo(given_back, OWNED, assignment=OURS)

    assert (found.targets, notes_of(found)) == ((), ())


def test_role_of_another_principal_is_left_alone() -> None:
    found = undo([call(1, Action.CREATE, None, replace(OURS, principal_id="gone"))], OWNED)

    assert found.targets == ()
    assert notes_of(found) == (
        f"Left alone: {NAME}/roleAssignments/Reader@{SCOPE}: its identity has been created again since.",
    )


def test_refused_calls_are_nothing_to_take_back() -> None:
    found = undo([replace(UPDATED, outcome=Outcome.FAILED), replace(DELETED, outcome=Outcome.FAILED)], IDENTITY)

    assert (found.desired.groups, found.targets, found.seen, notes_of(found)) == ((), (), {IDENTITY_ID: IDENTITY}, ())


def test_touched_identities_are_each_named_once_in_order() -> None:
    other = ResourceId(IDENTITY_ID.subscription_id, "rg-app", "id-b")
    calls = (
        replace(CREATE, resource_id=CredentialId(other, "x"), outcome=None),
        replace(CREATED, outcome=Outcome.DONE),
        replace(UPDATED, resource_id=other, outcome=Outcome.DONE),
    )

    assert touched_identities(RunRecord(HEADER, calls, None, torn=False)) == (other, IDENTITY_ID)


def test_identity_that_moved_while_the_way_back_was_worked_out_stops_the_run() -> None:
    found = undo([replace(UPDATED, before=OWNED, after=PLANNED)], OWNED)
    desired = desired_group("id-api", owner=OWNER)

    found.check_unmoved(compare(desired, live_group(OWNED)))
    with pytest.raises(ReconcilerError, match="id-api changed while the way back was worked out"):
        found.check_unmoved(compare(desired, live_group(replace(OWNED, client_id="other"))))


def test_assignments_that_others_gave_are_not_listed_twice() -> None:
    (role,) = entry_of(undo([call(1, Action.DELETE, OURS, None), DELETED])).role_assignments or ()

    assert (role.role, role.scope) == (THEIRS.role_guid, THEIRS.scope)
