"""The way back from a run: what returns, what is left alone because somebody else has changed it, and what is said."""

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
    Identity,
    IsolationScope,
    ResourceId,
    Tags,
    Target,
)
from reconciler.plan import Action, NotUndone
from reconciler.undo.reversal import LiveNow
from reconciler.undo.reverse import make_undo, touched_identities
from tests.builders import TENANT, TODAY, compare, desired_group, group_id, live_group
from tests.orphans import orphan, removal_of
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
from tests.unit.undo.undoing import COMPARE, JOURNAL, NAME, OWNED, entry_of, left_of, notes_of, undo

OURS_AGAIN = DesiredAssignment(READER, SCOPE, SOURCE, AssignmentDetails(owner=OWNER).named())
CREATE = call(1, Action.CREATE, None, TRUST)


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
        f"identities.yaml:5: take {NAME} off the list in Git, or the next apply creates it again.",
    )


def test_children_of_a_created_identity_go_with_it() -> None:
    found = undo([replace(CREATED, made=IDENTITY), call(2, Action.CREATE, None, TRUST)], IDENTITY)

    assert found.limited_to == {CREDENTIAL_ID}


BY_HAND = f"az identity delete --ids {IDENTITY_ID}"
MAY_BE_IN_GIT = (
    f"identities.yaml:5: if {NAME} is to go, take it off the list in Git too, or the next apply creates it again."
)


@pytest.mark.parametrize(
    ("made", "now", "why", "advice"),
    [
        (None, IDENTITY, "no answer says that the run created it", f"if it did, delete it: {BY_HAND}"),
        (OWNED, IDENTITY, "its owner is now absent", f"if it is to go all the same: {BY_HAND}"),
        (IDENTITY, OWNED, "its owner is now 'team-a'", f"if it is to go all the same: {BY_HAND}"),
    ],
)
def test_created_identity_that_may_be_somebody_elses_is_left_and_named(
    made: Identity | None, now: Identity, why: str, advice: str
) -> None:
    found = undo([replace(CREATED, made=made)], now)

    assert (found.desired.groups, found.targets) == ((), ())
    assert found.not_undone == (NotUndone(IDENTITY_ID, "", why, advice),)
    assert notes_of(found) == (MAY_BE_IN_GIT,)


def test_created_identity_that_was_created_again_since_is_nothing_of_the_run() -> None:
    found = undo([replace(CREATED, made=replace(IDENTITY, principal_id="old"))], IDENTITY)

    assert (found.desired.groups, found.targets, found.not_undone) == ((), (), ())
    assert notes_of(found) == (f"Left alone: {NAME}: it has been deleted and created again since.",)


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
        f"identities.yaml:5: list {NAME} again, and not under `remove`, in Git, or the next apply deletes it again."
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


def test_delete_that_did_not_take_effect_needs_no_undoing() -> None:
    found = undo([DELETED], IDENTITY)

    assert (found.desired.groups, found.targets, found.not_undone, notes_of(found)) == ((), (), (), ())


def test_deleted_identity_whose_name_is_taken_does_not_come_back() -> None:
    found = undo([DELETED], replace(IDENTITY, principal_id="another", tags=Tags({"env": "else"})))

    assert (found.desired.groups, found.targets, notes_of(found)) == ((), (), ())
    assert found.not_undone == (NotUndone(IDENTITY_ID, "", "there is another identity of its name already", COMPARE),)


def test_deleted_identity_that_is_there_again_is_said_to_lack_what_it_lacks() -> None:
    again = replace(IDENTITY, principal_id="another", client_id="another")

    found = undo([DELETED], again)

    assert (found.desired.groups, found.targets) == ((), ())
    assert notes_of(found) == (f"Left alone: {NAME}: it is there again, as another principal.",)
    assert left_of(found) == (
        (f"{NAME}/federatedCredentials/main", "", "its identity is there again, and does not have it"),
        (f"{NAME}/roleAssignments/Reader@{SCOPE}", "", "its identity is there again, and does not have it"),
    )


def test_deleted_identity_that_is_there_again_with_all_it_had_is_undone() -> None:
    again = replace(IDENTITY, principal_id="another", client_id="another")

    found = undo([DELETED], again, credentials=[CREDENTIAL], assignment=replace(OURS, principal_id="another"))

    assert (found.desired.groups, found.not_undone) == ((), ())


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


def test_removal_of_orphans_gives_nothing_back() -> None:
    (change,) = removal_of(orphan()).changes
    call = Call(change.resource_id, Action.DELETE, 1, change.source, orphan().assignment, None, outcome=Outcome.DONE)
    record = RunRecord(replace(HEADER, command="orphans"), (call, replace(DELETED, outcome=None)), None, torn=False)

    found = make_undo(record, LiveNow(dict.fromkeys(touched_identities(record)), {}), "run.jsonl", judged_on=TODAY)

    assert (found.desired.groups, found.targets, found.limited_to, notes_of(found)) == ((), (), frozenset(), ())
    assert [(one.resource_id, one.because) for one in found.not_undone] == [
        (one, "its principal is gone, and a role can be given to nobody") for one in (change.resource_id, IDENTITY_ID)
    ]
