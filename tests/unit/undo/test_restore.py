"""What returns of an identity that stays: what still is as the run has left it; the rest is named."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.journal import Call, Outcome
from reconciler.manifest.desired import DesiredAssignment, DesiredCredential
from reconciler.model import (
    NO_DETAILS,
    OWNER_TAG,
    AssignmentDetails,
    FederatedCredential,
    IsolationScope,
    RoleAssignment,
    Tags,
    Trust,
)
from reconciler.plan import Action, NotUndone
from reconciler.undo.restore import CONDITION_UNKNOWN, GIVE_BY_HAND
from tests.builders import TODAY
from tests.unit.journal.calls import (
    ASSIGNMENT_ID,
    CREDENTIAL,
    CREDENTIAL_ID,
    DELETED,
    IDENTITY,
    OURS,
    OWNER,
    READER,
    SCOPE,
    SOURCE,
    TRUST,
    call,
)
from tests.unit.undo.undoing import NAME, OTHER_TRUST, OWNED, entry_of, left_of, notes_of, undo, updated

ROLE = f"{NAME}/roleAssignments/Reader@{SCOPE}"

OURS_AGAIN = DesiredAssignment(READER, SCOPE, SOURCE, AssignmentDetails(owner=OWNER).named())


@pytest.mark.parametrize(
    ("before", "after", "now", "back", "left"),
    [
        ({"env": "prod"}, {"env": "test"}, {"env": "test"}, {"env": "prod"}, []),
        ({"env": "prod"}, {}, {}, {"env": "prod"}, []),
        ({}, {"env": "test"}, {"ENV": "test"}, {"env": None}, []),
        ({"env": "prod"}, {"env": "test"}, {"env": "prod"}, {}, []),
        ({"env": "prod"}, {"env": "prod"}, {"env": "else"}, {}, []),
        ({"env": "prod"}, {"env": "test"}, {"env": "else"}, {}, [("tags.env", "it is now 'else'")]),
        ({"env": "prod"}, {"env": "test"}, {}, {}, [("tags.env", "it is now absent")]),
        (
            {"a": "1", "b": "1"},
            {"a": "2", "b": "2"},
            {"a": "2", "b": "3"},
            {"a": "1"},
            [("tags.b", "it is now '3'")],
        ),
    ],
)
def test_tag_returns_where_it_still_is_as_the_run_has_left_it(
    before: dict[str, str],
    after: dict[str, str],
    now: dict[str, str],
    back: dict[str, str | None],
    left: list[tuple[str, str]],
) -> None:
    same = IsolationScope.NONE
    live = replace(IDENTITY, tags=Tags({**now, OWNER_TAG: OWNER}))

    found = undo([updated(before, after, same, same)], live)

    tags = {**back, OWNER_TAG: OWNER} if back else None
    assert (dict(entry_of(found).tags) if found.targets else None) == tags
    assert [(part, why) for _, part, why in left_of(found)] == left
    in_git = (
        f"identities.yaml:5: change tags.{next(iter(back), '')} of {NAME} in Git too, or the next apply sets it again."
    )
    assert notes_of(found) == ((in_git,) if back else ())


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
    assert left_of(found) == (((NAME, "isolationScope", "it is now Unheard"),) if now == "Unheard" else ())


CREATE, UPDATE = call(1, Action.CREATE, None, TRUST), call(1, Action.UPDATE, CREDENTIAL, OTHER_TRUST)
DELETE = call(1, Action.DELETE, CREDENTIAL, None)
LISTED = (DesiredCredential("main", TRUST, SOURCE),)
CHILD = f"{NAME}/federatedCredentials/main"
SHOWN = f"credential main of {NAME}"
NOT_AS_LEFT = (CHILD, "", "it is no longer as the run has left it")
IN_GIT = {
    Action.CREATE: f"identities.yaml:5: take {SHOWN} off the list in Git, or the next apply creates it again.",
    Action.UPDATE: f"identities.yaml:5: change {SHOWN} in Git too, or the next apply changes it again.",
    Action.DELETE: f"identities.yaml:5: list {SHOWN} again in Git, or the next apply deletes it again.",
}


@pytest.mark.parametrize(
    ("call_", "live", "listed", "left"),
    [
        (CREATE, TRUST, (), ()),
        (CREATE, OTHER_TRUST, None, (NOT_AS_LEFT,)),
        (CREATE, None, None, ()),
        (UPDATE, OTHER_TRUST, LISTED, ()),
        (UPDATE, TRUST, None, ()),
        (UPDATE, replace(TRUST, audience="else"), None, (NOT_AS_LEFT,)),
        (UPDATE, None, None, (NOT_AS_LEFT,)),
        (DELETE, None, LISTED, ()),
        (DELETE, TRUST, None, ()),
        (DELETE, OTHER_TRUST, None, (NOT_AS_LEFT,)),
    ],
)
def test_credential_returns_where_it_still_is_as_the_run_has_left_it(
    call_: Call,
    live: Trust | None,
    listed: tuple[DesiredCredential, ...] | None,
    left: tuple[tuple[str, str, str], ...],
) -> None:
    found = undo([call_], OWNED, credentials=[] if live is None else [FederatedCredential(CREDENTIAL_ID, live)])

    assert (entry_of(found).federated_credentials if found.targets else None) == listed
    assert found.limited_to == (set() if listed is None else {CREDENTIAL_ID})
    assert left_of(found) == left
    assert notes_of(found) == (() if listed is None else (IN_GIT[call_.action],))


def test_credential_that_cannot_be_expressed_stays_gone_and_is_named() -> None:
    found = undo([call(1, Action.DELETE, FederatedCredential(CREDENTIAL_ID, None), None)], OWNED)

    assert (found.targets, tuple(found.limited_to)) == ((), ())
    assert left_of(found) == ((CHILD, "", "it was flexible or had several audiences"),)


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
        f"Left alone: role Reader on rg-app of {NAME}: its identity has been created again since.",
    )


def test_role_that_was_taken_from_a_principal_that_is_gone_is_named() -> None:
    found = undo([call(1, Action.DELETE, replace(OURS, principal_id="gone"), None)], OWNED)

    assert (found.targets, notes_of(found)) == ((), ())
    assert left_of(found) == ((ROLE, "", "its identity has been created again since"),)


def test_role_whose_condition_was_not_recorded_is_not_given_back() -> None:
    found = undo([call(1, Action.DELETE, replace(OURS, details=None), None)], OWNED)

    assert found.targets == ()
    assert found.not_undone == (NotUndone(ASSIGNMENT_ID, "", CONDITION_UNKNOWN, GIVE_BY_HAND),)


def test_role_that_somebody_changed_since_is_left_and_named() -> None:
    changed = replace(OURS, details=replace(NO_DETAILS, description="theirs"))

    found = undo([call(1, Action.CREATE, None, OURS)], OWNED, assignment=changed)

    assert found.targets == ()
    assert left_of(found) == ((ROLE, "", "it is no longer as the run has left it"),)


@pytest.mark.parametrize(("days", "returns"), [(-1, True), (0, False), (9, False)])
@pytest.mark.parametrize("taken", [CREDENTIAL, OURS])
def test_what_has_expired_is_not_given_back_and_is_named(
    taken: FederatedCredential | RoleAssignment, days: int, returns: bool
) -> None:
    ended = replace(call(1, Action.DELETE, taken, None), expires=TODAY)

    found = undo([ended], OWNED, judged_on=TODAY + timedelta(days=days))

    assert bool(found.targets) == returns
    assert [(one.because, one.advice) for one in found.not_undone] == (
        [] if returns else [(f"it has expired on {TODAY}", "list it with a later day, and apply")]
    )
